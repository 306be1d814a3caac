//! The changes behind a job: which published numbers changed, their old and new values, and why.

use serde_json::json;

use crate::calendar::Zone;
use crate::delta::{ColumnRange, DataFile, StatsValue, Store};
use crate::error::Result;
use crate::job::{Job, ReportSpec, column};
use crate::ledger::{Change, KeptTable, read_in_order, read_rows};
use crate::publish::table::{BatchSink, Table};
use crate::source::identity_shown;

use super::columns::{NamedRow, batch, integer, schema, text, time};
use super::order::{Ledgers, Rank};
use super::runs;
use super::since::Since;
use super::windows::Starts;

/// The columns beside those of the keys.
const BEFORE: [&str; 4] = ["at", "report", "window_start", "window_end"];
const AFTER: [&str; 7] = ["old", "new", "cause", "file", "files", "run", "ledger_version"];
/// The columns of measures, placed before `AFTER`, if a report has measures.
const MEASURED: [&str; 3] = ["measure", "old_value", "new_value"];

/// The changes of `reports`, those of the newest run last, then by report, window and keys. Times are in the zone of
/// their report.
///
/// # Errors
/// Usage: a time cannot be read.
pub fn changes<'s>(
    job: &'s Job,
    store: &'s Store,
    reports: &[&'s ReportSpec],
    starts: Starts<'_>,
) -> Result<Table<'s>> {
    let has_measures = reports.iter().any(|spec| !spec.measures.is_empty());
    let measured = if has_measures { &MEASURED[..] } else { &[] };
    let others = [&BEFORE[..], measured, &AFTER].concat();
    let keys = column::beside(&others, &job.source.keys);
    let mut fields: Vec<_> = BEFORE
        .map(|name| if name == "report" { text(name) } else { time(name) })
        .into_iter()
        .chain(keys.iter().map(|key| text(key)))
        .collect();
    fields.extend(measured.iter().map(|name| text(name)));
    fields.extend(AFTER.map(|name| match name {
        "cause" | "file" | "run" => text(name),
        name => integer(name),
    }));
    let columns = schema(fields);
    let mut shown = vec!["window_start".to_owned()];
    if reports.len() > 1 {
        shown.insert(0, "report".to_owned());
    }
    shown.extend(keys.iter().cloned());
    shown.extend(measured.iter().map(|name| (*name).to_owned()));
    shown.extend(["old", "new", "cause", "file", "files", "at", "run"].map(str::to_owned));
    let mut wanted = Vec::new();
    for spec in reports {
        wanted.push((*spec, starts.of(spec)?));
    }
    let (of, keys_of) = (columns.clone(), keys.clone());
    let rows = Box::new(move |take: &mut BatchSink<'_>| {
        let ledgers = Ledgers::of(&runs::all(store)?);
        let by_version = |file: &&DataFile| rank_of(file, &ledgers);
        read_in_order(store, KeptTable::Changes, by_version, None, &mut |changes: Vec<Change>| {
            let is_wanted = |change: &Change| {
                let of = wanted.iter().find(|(spec, _)| spec.name == change.report);
                of.is_some_and(|(_, starts)| starts.contains(&change.window_start.0))
            };
            let changes: Vec<Change> = changes.into_iter().filter(is_wanted).collect();
            for changes in changes.chunk_by(|a, b| a.report == b.report) {
                let rows: Vec<NamedRow> = changes.iter().map(|change| row(change, &keys_of)).collect();
                take(zone(job, &wanted, &changes[0].report), &batch(&of, &rows)?)?;
            }
            Ok(())
        })
    });
    Ok(Table { schema: columns, shown, labels: Vec::new(), keys, rows })
}

fn zone<'z, T>(job: &'z Job, wanted: &[(&'z ReportSpec, T)], report: &str) -> &'z Zone {
    wanted.iter().find(|(spec, _)| spec.name == report).map_or(job.clock(), |(spec, _)| &spec.zone)
}

fn row(change: &Change, keys: &[String]) -> NamedRow {
    let mut row = NamedRow::new();
    let mut put = |name: &str, value: serde_json::Value| {
        row.insert(name.to_owned(), value);
    };
    put("at", json!(change.at.0));
    put("report", json!(change.report));
    put("window_start", json!(change.window_start.0));
    put("window_end", json!(change.window_end.0));
    let values = values(change);
    if values.len() == keys.len() {
        keys.iter().zip(values).for_each(|(key, value)| put(key, json!(value)));
    } else if let Some(key) = keys.first() {
        // The job had other keys then.
        put(key, json!(change.keys));
    }
    put("old", json!(change.old));
    put("new", json!(change.new));
    put("measure", json!(change.measure));
    put("old_value", json!(change.old_value));
    put("new_value", json!(change.new_value));
    put("cause", json!(change.cause));
    put("file", json!(change.file.as_deref().map(identity_shown)));
    put("files", json!(change.files));
    put("run", json!(change.run));
    put("ledger_version", json!(change.ledger_version));
    row
}

/// The values of the keys of a change.
pub(super) fn values(change: &Change) -> Vec<Option<String>> {
    serde_json::from_str(&change.keys).unwrap_or_default()
}

/// When the first changes of a data file were published.
fn rank_of(file: &DataFile, ledgers: &Ledgers) -> (Rank, i64) {
    let least = |column: &str| match file.bounds(column) {
        Some((StatsValue::TimeUs(least) | StatsValue::Int(least), _)) => least,
        _ => i64::MIN,
    };
    let at_us = least("at");
    (ledgers.rank(at_us, least("ledger_version")), at_us)
}

/// The values of the keys in all changes of `report`.
pub(super) fn values_in(store: &Store, report: &str, each: &mut dyn FnMut(Option<String>)) -> Result<()> {
    read_rows(store, KeptTable::Changes, None, &mut |change: Change| {
        if change.report == report {
            values(&change).into_iter().for_each(&mut *each);
        }
        Ok(())
    })
}

/// The changes of one window of `report` that were published `since`, the newest last.
pub(super) fn of_window(store: &Store, report: &str, start_us: i64, since: &Since) -> Result<Vec<Change>> {
    let at = |us| StatsValue::TimeUs(us);
    let range = ColumnRange { column: "window_start".to_owned(), from: at(start_us), to: at(start_us) };
    let mut found = Vec::new();
    read_rows(store, KeptTable::Changes, Some(&range), &mut |change: Change| {
        if change.window_start.0 == start_us && change.report == report && since.takes(&change) {
            found.push(change);
        }
        Ok(())
    })?;
    found.sort_by_key(|change| (since.rank(change), change.at));
    Ok(found)
}

/// The values of the keys, as people read them: `Open`, `Open DE`, `null`.
pub fn keys_shown(values: &[Option<String>]) -> String {
    match values {
        [] => "events".to_owned(),
        values => {
            let values: Vec<&str> = values.iter().map(|value| value.as_deref().unwrap_or("null")).collect();
            values.join(" ")
        }
    }
}
