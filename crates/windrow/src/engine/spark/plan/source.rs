//! The lines of some files, each with the hash of its file's name and what the file's header says.
//!
//! A file is known by the hash of its name, a number of eight bytes. What headers say is data: an argument if it is the same for all
//! files, else a column of a small table that is joined by that hash. So files with different headers share a query.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow_ipc::writer::StreamWriter;
use spark_connect_proto::{
    Expression, LocalRelation, Project, Read, Relation, Sql, SubqueryAlias, WithRelations,
    expression::{ExprType, ExpressionString},
    read::{DataSource, ReadType},
    relation::RelType,
};

use crate::engine::spark::layout::FileLayout;
use crate::engine::spark::template::LineTemplates;
use crate::error::{Code, Error, Result};
use crate::fingerprint::spark_hash;

use super::Arguments;
use super::nested::nested;

/// A file that Spark is asked about.
#[derive(Clone, Debug)]
pub(in crate::engine::spark) struct QueriedFile {
    /// Its number among the inputs.
    pub(in crate::engine::spark) at: usize,
    /// The name that Spark gives it. Its hash is the file's number in answers.
    pub(in crate::engine::spark) name: String,
    /// Its address for Spark, or that of its folder.
    pub(in crate::engine::spark) address: String,
    /// What its header says.
    pub(in crate::engine::spark) layout: FileLayout,
    /// Whether any of its first lines has all fields quoted, if it is CSV.
    pub(in crate::engine::spark) has_quotes: bool,
    /// Whether Spark unpacks it. A query is about such files alone, or about others.
    pub(in crate::engine::spark) is_packed: bool,
    /// The templates of its first lines, if it is JSON.
    pub(in crate::engine::spark) templates: LineTemplates,
}

/// The names in queries of what a header says: the texts, then the numbers.
const TEXTS: [&str; 5] = ["delimiter", "delimiter_pattern", "white", "header", "time_mark"];
const NUMBERS: [&str; 6] =
    ["columns", "time_at", "time_bytes", "time_mark_at", "time_digit_at", "time_is_local"];

/// The query that provides the table `lines` and continues with `rest`. The columns of `lines`: `at` (the hash of the file's name),
/// `block` (where the part of the file begins that one task reads), `id` (rising by one within a block), `v` (the bytes up to
/// the line end), and what the header says: [`TEXTS`], [`NUMBERS`], `key_at0`, `key_at1` and `measure_at0`, or `file_at0` for
/// jobs with rules for records. The query can also use the tables of `beside`.
pub(super) fn over_lines(
    rest: &str,
    mut arguments: Arguments,
    files: &[QueriedFile],
    beside: Vec<Relation>,
) -> Result<Relation> {
    let Some(first) = files.first() else { return Err(Error::bug("Spark is asked about no file")) };
    let is_one_layout = files.iter().all(|file| file.layout == first.layout);
    let names: Vec<String> = names(&first.layout).collect();
    let said: Vec<String> = match is_one_layout {
        true => {
            let texts = texts(&first.layout);
            let numbers = numbers(&first.layout);
            let texts = TEXTS.iter().zip(texts).map(|(name, text)| arguments.text(name, text));
            let mut said: Vec<String> = texts.collect();
            said.extend(names[TEXTS.len()..].iter().zip(numbers).map(|(name, n)| arguments.int(name, n)));
            said
        }
        false => names.iter().map(|name| format!("f.{name}")).collect(),
    };
    let said: String = said.iter().zip(&names).map(|(said, name)| format!(", {said} AS {name}")).collect();
    let mut references = vec![named("raw", raw(files))];
    let lines = match is_one_layout {
        true => {
            let at = hash_of_name(&mut arguments, files.iter().map(|file| &*file.name), "file");
            format!("SELECT {at} AS at, block, id, v{said} FROM raw")
        }
        false => {
            references.push(named("files", layouts(files)?));
            format!(
                "SELECT /*+ BROADCAST(f) */ f.hash AS at, block, id, v{said} FROM raw JOIN files AS f ON xxhash64(raw.file) = f.hash"
            )
        }
    };
    references.extend(beside);
    Ok(over(format!("WITH lines AS ({lines}),\n{rest}"), arguments, references))
}

/// The SQL for the hash of the name of a file, which is in the column `column`, in a query about files of these `names`.
pub(super) fn hash_of_name<'f>(
    arguments: &mut Arguments,
    mut names: impl Iterator<Item = &'f str>,
    column: &str,
) -> String {
    match (names.next(), names.next()) {
        (Some(only), None) => arguments.number("at", spark_hash(only.as_bytes())),
        _ => format!("xxhash64({column})"),
    }
}

/// The query with this text and these arguments over the tables `references`.
pub(super) fn over(query: String, arguments: Arguments, references: Vec<Relation>) -> Relation {
    let sql = Sql { query: nested(&query), named_arguments: arguments.0, ..Sql::default() };
    let plan = WithRelations { root: Some(Box::new(relation(RelType::Sql(sql)))), references };
    relation(RelType::WithRelations(Box::new(plan)))
}

/// The names of what a header says.
fn names(layout: &FileLayout) -> impl Iterator<Item = String> {
    let keys = (0..layout.keys.len()).map(|at| format!("key_at{at}"));
    let measured = (0..layout.measured.len()).map(|at| format!("measure_at{at}"));
    let record = (0..layout.record.len()).map(|at| format!("file_at{at}"));
    TEXTS.iter().chain(&NUMBERS).map(|name| (*name).to_owned()).chain(keys).chain(measured).chain(record)
}

/// What a header says, in the order of [`TEXTS`].
fn texts(layout: &FileLayout) -> [String; 5] {
    let white = ["\t", "\r", "\u{c}", " "];
    let white = white.into_iter().filter(|white| white.as_bytes() != [layout.delimiter]).collect();
    [
        char::from(layout.delimiter).to_string(),
        pattern(layout.delimiter),
        white,
        layout.header_text().to_owned(),
        layout.clock.mark().to_owned(),
    ]
}

/// What a header says, in the order of [`NUMBERS`], then the columns of keys, of measures and of rules for records.
fn numbers(layout: &FileLayout) -> impl Iterator<Item = i32> {
    let clock = layout.clock;
    let places = [
        layout.columns,
        layout.time,
        clock.bytes,
        clock.mark_at(),
        clock.digit_at(),
        usize::from(clock.is_local),
    ];
    let places = places.into_iter().chain(layout.keys.clone()).chain(layout.measured.clone());
    let places = places.chain(layout.record.clone());
    // A header is a record, so it has fewer than 2^20 columns.
    places.map(|place| i32::try_from(place).unwrap_or(i32::MAX))
}

/// A pattern that matches this byte only. Punctuation is escaped.
pub(super) fn pattern(byte: u8) -> String {
    let byte = char::from(byte);
    if byte.is_ascii_punctuation() { format!("\\{byte}") } else { byte.to_string() }
}

/// The table of what the headers of files say, with the column `hash` of the file's name.
fn layouts(files: &[QueriedFile]) -> Result<Relation> {
    let hashes = files.iter().map(|file| spark_hash(file.name.as_bytes()));
    let hashes: ArrayRef = Arc::new(Int64Array::from_iter_values(hashes));
    let mut columns = vec![("hash".to_owned(), hashes)];
    let all_texts: Vec<[String; 5]> = files.iter().map(|file| texts(&file.layout)).collect();
    let all_numbers: Vec<Vec<i32>> = files.iter().map(|file| numbers(&file.layout).collect()).collect();
    let names = files.first().map(|first| names(&first.layout));
    for (at, name) in names.into_iter().flatten().enumerate() {
        let column: ArrayRef = match at.checked_sub(TEXTS.len()) {
            None => Arc::new(StringArray::from_iter_values(all_texts.iter().map(|texts| &texts[at]))),
            Some(at) => {
                Arc::new(all_numbers.iter().map(|numbers| numbers.get(at).copied()).collect::<Int32Array>())
            }
        };
        columns.push((name, column));
    }
    sent(columns)
}

/// A table that is sent with a query.
pub(in crate::engine::spark) fn sent(columns: Vec<(String, ArrayRef)>) -> Result<Relation> {
    let odd = |error: arrow_schema::ArrowError| Error::bug(format!("a table for Spark: {error}"));
    let columns = columns.into_iter().map(|(name, column)| (name, column, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).map_err(odd)?;
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).map_err(odd)?;
    writer.write(&batch).map_err(odd)?;
    let data = writer.into_inner().map_err(odd)?;
    Ok(relation(RelType::LocalRelation(LocalRelation {
        data: Some(data.into()),
        ..LocalRelation::default()
    })))
}

/// The number of a file in queries.
pub(in crate::engine::spark) fn file_number(at: usize) -> Result<i32> {
    i32::try_from(at)
        .map_err(|_| Error::limit("there are more than 2^31 inputs").with_code(Code::TooManyInputs))
}

/// The lines as Spark reads them: `file`, `block`, `id`, `v`.
fn raw(files: &[QueriedFile]) -> Relation {
    // One task reads all of a packed file, so its only block is named by the size of the file.
    let is_packed = files.first().is_some_and(|file| file.is_packed);
    let columns = [
        "_metadata.file_path AS file",
        if is_packed {
            "_metadata.file_block_length AS block"
        } else {
            "_metadata.file_block_start AS block"
        },
        "monotonically_increasing_id() AS id",
        "value AS v",
    ];
    // Files may have the address of one folder.
    let addresses: BTreeSet<&String> = files.iter().map(|file| &file.address).collect();
    lines(addresses.into_iter().cloned().collect(), &columns)
}

/// The lines of the files at `addresses`, with these columns of Spark's text source.
pub(in crate::engine::spark) fn lines(addresses: Vec<String>, columns: &[&str]) -> Relation {
    // Without this, Spark would end lines at LF and at CR. windrow reads files with other line ends itself.
    read("text", &[("lineSep", "\n")], addresses, columns)
}

/// Whole files at or below `addresses`, with these columns of `binaryFile`. Without its `content` no file is opened.
pub(in crate::engine::spark) fn files(addresses: Vec<String>, columns: &[&str]) -> Relation {
    read("binaryFile", &[], addresses, columns)
}

fn read(format: &str, options: &[(&str, &str)], paths: Vec<String>, columns: &[&str]) -> Relation {
    // Without this, folders such as `day=1` would be columns.
    let options = options.iter().chain(&[("recursiveFileLookup", "true")]);
    let source = DataSource {
        format: Some(format.to_owned()),
        options: options.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        paths,
        ..DataSource::default()
    };
    let read = Read { read_type: Some(ReadType::DataSource(source)), is_streaming: false };
    let project = Project {
        input: Some(Box::new(relation(RelType::Read(read)))),
        expressions: columns.iter().map(|column| column_of(column)).collect(),
    };
    relation(RelType::Project(Box::new(project)))
}

/// The query with this text over these tables.
pub(in crate::engine::spark) fn over_tables(query: String, tables: Vec<(&str, Relation)>) -> Relation {
    let tables = tables.into_iter().map(|(name, table)| named(name, table));
    over(query, Arguments::default(), tables.collect())
}

/// The column that this SQL text defines.
pub(super) fn column_of(text: &str) -> Expression {
    Expression {
        expr_type: Some(ExprType::ExpressionString(ExpressionString { expression: text.to_owned() })),
        ..Expression::default()
    }
}

pub(super) fn named(name: &str, of: Relation) -> Relation {
    let alias = SubqueryAlias { input: Some(Box::new(of)), alias: name.to_owned(), qualifier: Vec::new() };
    relation(RelType::SubqueryAlias(Box::new(alias)))
}

pub(super) fn relation(rel_type: RelType) -> Relation {
    Relation { rel_type: Some(rel_type), common: None }
}
