//! Rows of Parquet files on Spark: from stored columns to `judged`, the same table that lines are turned into.
//!
//! Files whose columns are stored alike are read as one table, and one query takes the rows of all tables. A row that is neither
//! surely an event nor surely filtered is left to windrow.

use spark_connect_proto::{
    Expression, Project, Read, Relation,
    expression::{Alias, ExprType, UnresolvedAttribute},
    read::{DataSource, ReadType},
    relation::RelType,
};

use crate::engine::spark::table::{AskedTable, TableLayout};
use crate::error::{Error, Result};
use crate::format::parquet::StoredColumn;
use crate::job::Job;
use crate::measure::States;

use super::count::added_up;
use super::line::LineKind;
use super::measures::Measures;
use super::records::{self, RecordPlan};
use super::source::{column_of, hash_of_name, named, over, relation};
use super::stored::{self, StoredText};
use super::{Arguments, time};

/// The query that counts the rows of these Parquet files. Its answer has the form of [`count`](super::count()). A file is one block:
/// its lines are the rows of the file, and its bytes are the size of the file.
pub(in crate::engine::spark) fn count_tables(job: &Job, files: &[AskedTable]) -> Result<Relation> {
    let mut arguments = Arguments::default();
    let mut layouts: Vec<(&TableLayout, Vec<&AskedTable>)> = Vec::new();
    for file in files {
        match layouts.iter_mut().find(|(layout, _)| **layout == file.layout) {
            Some((_, alike)) => alike.push(file),
            None => layouts.push((&file.layout, vec![file])),
        }
    }
    let (mut tables, mut references) = (String::new(), Vec::new());
    let at = hash_of_name(&mut arguments, files.iter().map(|file| &*file.name), "r.file");
    arguments.text("nul", "\0");
    for (number, (layout, alike)) in layouts.iter().enumerate() {
        references.push(named(&format!("raw{number}"), raw(layout, alike)?));
        let from = format!("SELECT {at} AS at, r.* FROM raw{number} AS r");
        let rows = rows(job, layout, &mut arguments, &from).map_err(Error::bug)?;
        tables.push_str(&format!("rows{number} AS ({rows}),\n"));
    }
    let all = (0..layouts.len()).map(|number| format!("SELECT * FROM rows{number}"));
    let all = all.collect::<Vec<_>>().join(" UNION ALL ");
    let judged = judged(job, &mut arguments)?;
    let rest = added_up(job, false, &judged, &mut arguments);
    references.extend(records::tables_beside(job)?);
    Ok(over(format!("WITH {tables}stored AS ({all}),\n{rest}"), arguments, references))
}

/// Checks that the rows of a table with this layout can be read in SQL.
///
/// # Errors
/// Why they cannot.
pub(in crate::engine::spark) fn check_layout(job: &Job, layout: &TableLayout) -> Result<(), String> {
    rows(job, layout, &mut Arguments::default(), "").map(|_| ())
}

/// The SQL for the rows of one table: `at`, `id` (the row number), `bytes` (the size of the file in its first row, else 0), `us`,
/// `local`, `fits` (whether all texts are sure), and the texts `key0` and `measure0`, or `file0` for jobs with rules for records.
fn rows(job: &Job, layout: &TableLayout, arguments: &mut Arguments, from: &str) -> Result<String, String> {
    let place = |column: &StoredColumn| {
        let place = layout.columns().iter().position(|other| other.name == column.name);
        format!("c{}", place.unwrap_or_default())
    };
    let unlike = |column: &StoredColumn, what: &str| {
        format!("Spark reads the {what} in the column {} in another way", column.name)
    };
    let time = stored::time_of(&layout.time, &job.source.time, arguments, &place(&layout.time));
    let time = time.ok_or_else(|| unlike(&layout.time, "times"))?;
    let (mut texts, mut fits) = (String::new(), Vec::new());
    let mut add = |name: &str, number: usize, text: Option<StoredText>, column: &StoredColumn| {
        let text = text.ok_or_else(|| unlike(column, "values"))?;
        fits.extend(text.fits.filter(|fit| !fits.contains(fit)));
        Ok::<String, String>(format!(", {} AS {name}{number}", text.sql))
    };
    for (number, column) in layout.record.iter().enumerate() {
        // Rules for records see each of their columns as text.
        let text = stored::text(column, &place(column));
        texts += &add("file", number, text, column)?;
    }
    for (number, column) in layout.measured.iter().enumerate() {
        let states = job.source.measured.get(number).map_or(States::MOMENTS, |measured| measured.states);
        texts += &add("measure", number, stored::number(column, states, &place(column)), column)?;
    }
    // Rows of all tables are put together column by column, so each table has its columns in the same order.
    for (number, column) in layout.keys.iter().enumerate() {
        match column {
            Some(column) => texts += &add("key", number, stored::text(column, &place(column)), column)?,
            None => texts += &format!(", '' AS key{number}"),
        }
    }
    let fits = if fits.is_empty() { "true".to_owned() } else { fits.join(" AND ") };
    Ok(format!(
        "SELECT at, id, CASE WHEN id = 0 THEN size ELSE 0L END AS bytes, us, {} AS local, {fits} AS fits{texts}
    FROM (SELECT *, {} AS us FROM (SELECT *, {} AS t FROM ({from})))",
        time.local, time.us, time.text
    ))
}

/// The tables after `stored`. The last one is `judged`, as in [`line::judged`](super::line::judged).
fn judged(job: &Job, arguments: &mut Arguments) -> Result<String> {
    let rules = &job.source.time;
    let field = |name: &str| match name.split_once("_at") {
        Some(("time", _)) | None => "''".to_owned(),
        Some((of, number)) => format!("{of}{number}"),
    };
    let records = RecordPlan::of(job, arguments, "stored", &field)?;
    let values = records.keys() + &records.fates();
    let measures = Measures(&job.source.measured);
    let (are_plain, measured) = (measures.are_plain(arguments), measures.texts(arguments, &records.measured));
    let keys: String = (0..records.keys.len()).map(|at| format!(", k{at}")).collect();
    let names = keys + &measures.names();
    let (earliest, latest) =
        (arguments.number("earliest", rules.earliest_us), arguments.number("latest", rules.latest_us));
    let (event, unsure, filtered) =
        (LineKind::Event.number(), LineKind::Unsure.number(), LineKind::Filtered.number());
    // windrow reads rejects itself to show them, including rows without a match in a look-up.
    let no_event = match records.fate {
        Some(_) => format!("WHEN fate = {filtered} THEN {filtered} WHEN fate <> {event} THEN {unsure} "),
        None => String::new(),
    };
    let on_a_clock = if time::is_on_a_clock(rules) { " AND NOT local" } else { "" };
    let (made, last) = (records.tables, records.last);
    Ok(format!(
        "{made}named AS (SELECT *{values}{measured} FROM {last}),
judged AS (SELECT at, 0L AS block, id, bytes, us, local, CASE WHEN NOT fits THEN {unsure} {no_event}WHEN us >= {earliest} AND us <= {latest}{on_a_clock}{are_plain}
    THEN {event} ELSE {unsure} END AS what{names} FROM named)"
    ))
}

/// A table as Spark reads it: `file` (its path), `id` (the row number), `size` (of the file, in bytes), and the columns `c0`, `c1`.
fn raw(layout: &TableLayout, files: &[&AskedTable]) -> Result<Relation> {
    let columns = layout.columns();
    let mut fields = Vec::with_capacity(columns.len());
    for column in &columns {
        let spark_type =
            stored::spark_type(column).ok_or_else(|| Error::bug("a column that Spark cannot read"))?;
        fields.push(serde_json::json!({
            "name": column.name, "type": spark_type, "nullable": true, "metadata": {}
        }));
    }
    let source = DataSource {
        format: Some("parquet".to_owned()),
        // With a schema Spark opens no file to infer one, and merges none.
        schema: Some(serde_json::json!({ "type": "struct", "fields": fields }).to_string()),
        // Without this, folders such as `day=1` would be columns.
        options: [("recursiveFileLookup".to_owned(), "true".to_owned())].into(),
        paths: files.iter().map(|file| file.address.clone()).collect(),
        ..DataSource::default()
    };
    let read = Read { read_type: Some(ReadType::DataSource(source)), is_streaming: false };
    let about = ["_metadata.file_path AS file", "_metadata.row_index AS id", "_metadata.file_size AS size"];
    let stored = columns.iter().enumerate().map(|(number, column)| {
        let name = format!("`{}`", column.name.replace('`', "``"));
        let attribute = UnresolvedAttribute { unparsed_identifier: name, ..UnresolvedAttribute::default() };
        let expression =
            Expression { expr_type: Some(ExprType::UnresolvedAttribute(attribute)), ..Expression::default() };
        let alias =
            Alias { expr: Some(Box::new(expression)), name: vec![format!("c{number}")], metadata: None };
        Expression { expr_type: Some(ExprType::Alias(Box::new(alias))), ..Expression::default() }
    });
    let project = Project {
        input: Some(Box::new(relation(RelType::Read(read)))),
        expressions: about.map(column_of).into_iter().chain(stored).collect(),
    };
    Ok(relation(RelType::Project(Box::new(project))))
}
