//! The rejects behind a job: the rows that are not events, in the readings that the ledger names.

use hashbrown::HashMap;

use crate::delta::{ColumnRange, StatsValue, Store};
use crate::error::{Code, Error, Help, HelpPart, Result};
use crate::job::Job;
use crate::ledger::{BATCH_ROWS, FileRow, KeptRejects, KeptTable, Ledger, RejectRow, parts, read_rows, rows};
use crate::publish::table::Table;
use crate::source::identity_shown;
use crate::text::suggest::nearest;

use super::columns::{integer, schema, text};

/// Rejects to sort at a time; if one file has more, they come in the order in which they were found.
const SORTED: u64 = 200_000;

/// The rejects that count, sorted by file and place; if a `file` is named, only its rejects.
///
/// # Errors
/// Usage: the ledger has no such file; the nearest name is proposed. Attention: rejects that the ledger has counted are lost.
pub fn rejects<'s>(
    job: &Job,
    store: &'s Store,
    ledger: &'s Ledger,
    file: Option<&'s str>,
) -> Result<Table<'s>> {
    let identity = file.map(|name| identity_of(ledger, name)).transpose()?;
    let files = with_rejects(ledger, identity.as_deref());
    KeptRejects::open(store, job)?.check(store, ledger, &files)?;
    let names = ["file", "line", "byte", "row", "column", "reason", "value", "raw"];
    let columns = schema(names.map(|name| match name {
        "line" | "byte" | "row" => integer(name),
        name => text(name),
    }));
    let (zone, of) = (job.clock().clone(), columns.clone());
    let rows = Box::new(move |take: &mut crate::publish::table::BatchSink<'_>| {
        each(store, &files, &mut |rows| {
            let shown = |row: &RejectRow| RejectRow { file: identity_shown(&row.file), ..row.clone() };
            let rows: Vec<RejectRow> = rows.iter().map(shown).collect();
            take(&zone, &rows::batch(&of, &rows)?)
        })
    });
    let shown = ["file", "line", "byte", "column", "reason", "raw"].map(str::to_owned).to_vec();
    Ok(Table { schema: columns, shown, labels: Vec::new(), keys: Vec::new(), rows })
}

/// The identity of the file that a person calls `name`: as messages show it, or as the ledger keeps it.
///
/// # Errors
/// Usage: there is none.
fn identity_of(ledger: &Ledger, name: &str) -> Result<String> {
    let known: Vec<String> = ledger.rows().map(|row| identity_shown(&row.file)).collect();
    let shown = ledger.rows().zip(&known).find(|(_, shown)| *shown == name).map(|(row, _)| row);
    if let Some(row) = shown.or_else(|| ledger.rows().find(|row| *row.file == *name)) {
        return Ok(row.file.to_string());
    }
    let error = Error::usage(format!("the ledger has no file {name}")).with_code(Code::UnknownFile);
    let known = || known.iter().map(String::as_str);
    let below = known().find(|known| known.ends_with(&format!("/{name}")));
    Err(match below.or_else(|| nearest(name, known())) {
        Some(nearest) => error.with_help(format!("did you mean {nearest}?")),
        None => error.with_help(Help::default().with(HelpPart::Table("files".to_owned())).and(" lists them")),
    })
}

/// The files whose rejects count, by name; only this `file` if one is named.
fn with_rejects<'l>(ledger: &'l Ledger, file: Option<&str>) -> Vec<&'l FileRow> {
    let has_rejects = |row: &&FileRow| {
        row.rejected > 0 && row.reading.is_some() && file.is_none_or(|file| *row.file == *file)
    };
    let mut files: Vec<&FileRow> = ledger.rows().filter(has_rejects).collect();
    files.sort_by(|a, b| a.file.cmp(&b.file));
    files
}

/// Calls `each` with the rejects of `files`, by file and place.
fn each(
    store: &Store,
    mut files: &[&FileRow],
    each: &mut dyn FnMut(&[RejectRow]) -> Result<()>,
) -> Result<()> {
    while !files.is_empty() {
        let mut rejected = 0;
        let taken = files.iter().take_while(|row| {
            let is_first = rejected == 0;
            rejected += row.rejected.unsigned_abs();
            is_first || rejected <= SORTED
        });
        let (some, rest) = files.split_at(taken.count());
        of_files(store, some, each)?;
        files = rest;
    }
    Ok(())
}

/// Calls `each` with the rejects of `files`, sorted.
pub(super) fn of_files(
    store: &Store,
    files: &[&FileRow],
    each: &mut dyn FnMut(&[RejectRow]) -> Result<()>,
) -> Result<()> {
    let mut names: HashMap<&str, Vec<&str>> = HashMap::new();
    for row in files {
        for part in row.reading.as_deref().into_iter().flat_map(parts) {
            names.entry(part).or_default().push(&row.file);
        }
    }
    let (Some(least), Some(greatest)) = (names.keys().min(), names.keys().max()) else { return Ok(()) };
    let range = ColumnRange {
        column: "reading".to_owned(),
        from: StatsValue::Text((*least).to_owned()),
        to: StatsValue::Text((*greatest).to_owned()),
    };
    let mut rows: Vec<RejectRow> = Vec::new();
    read_rows(store, KeptTable::Rejects, Some(&range), &mut |row: RejectRow| {
        // The rejects of a file that was moved have its old name.
        for name in names.get(row.reading.as_str()).into_iter().flatten() {
            rows.push(RejectRow { file: (*name).to_owned(), ..row.clone() });
        }
        // Beyond that number, they are delivered in the order in which they were found.
        if rows.len() as u64 >= SORTED {
            each(&std::mem::take(&mut rows))?;
        }
        Ok(())
    })?;
    rows.sort_by(|a, b| (&a.file, a.byte, a.row).cmp(&(&b.file, b.byte, b.row)));
    rows.chunks(BATCH_ROWS).try_for_each(each)
}
