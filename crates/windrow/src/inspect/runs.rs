//! The runs behind a job: what each did, how long its stages took, and which took longest.

use std::collections::BTreeMap;

use serde_json::json;

use crate::delta::Store;
use crate::error::Result;
use crate::job::Job;
use crate::ledger::{KeptTable, RunRow, read_rows};
use crate::publish::table::Table;

use super::columns::{NamedRow, batch, integer, real, schema, text, time};
use super::order;

/// The stages, in order, and their columns.
const STAGES: [(&str, &str); 6] = [
    ("list", "list_s"),
    ("plan", "plan_s"),
    ("count", "count_s"),
    ("commit", "commit_s"),
    ("publish", "publish_s"),
    ("tidy", "tidy_s"),
];

/// The columns that people are shown of each run, the least needed last: a narrow terminal leaves those out.
const SHOWN: [&str; 12] = [
    "run",
    "started",
    "outcome",
    "seconds",
    "bottleneck",
    "files",
    "rows",
    "windows_changed",
    "count_s",
    "publish_s",
    "commit_s",
    "plan_s",
];

/// All runs in `store`, the newest last.
pub(super) fn all(store: &Store) -> Result<Vec<RunRow>> {
    let mut runs: Vec<RunRow> = Vec::new();
    read_rows(store, KeptTable::Runs, None, &mut |run| {
        runs.push(run);
        Ok(())
    })?;
    order::sort(&mut runs);
    Ok(runs)
}

/// The seconds of each stage of a run.
pub(super) fn stages(run: &RunRow) -> BTreeMap<String, f64> {
    // No number depends on them: if they cannot be read, they are not shown.
    serde_json::from_str(&run.stages).unwrap_or_default()
}

/// The runs in `store`, the newest last; times are in the zone of the job.
pub fn runs(job: &Job, store: &Store) -> Result<Table<'static>> {
    let mut fields = vec![
        text("run"),
        time("started"),
        time("ended"),
        text("outcome"),
        text("files"),
        integer("files_listed"),
        integer("files_read"),
        integer("rows"),
        integer("bytes_read"),
        integer("windows_changed"),
        real("seconds"),
    ];
    fields.extend(STAGES.map(|(_, column)| real(column)));
    fields.extend([
        text("bottleneck"),
        integer("ledger_before"),
        integer("ledger_version"),
        text("engine"),
        text("version"),
    ]);
    let rows: Vec<NamedRow> = all(store)?.iter().map(row).collect();
    Ok(Table::of(batch(&schema(fields), &rows)?, job.clock()).showing(&SHOWN))
}

fn row(run: &RunRow) -> NamedRow {
    let stages = stages(run);
    let mut row = NamedRow::new();
    let mut put = |name: &str, value: serde_json::Value| {
        row.insert(name.to_owned(), value);
    };
    put("run", json!(run.run));
    put("started", json!(run.started.0));
    put("ended", json!(run.ended.0));
    put("outcome", json!(run.outcome));
    put("files", json!(files_told(&run.files)));
    put("files_listed", json!(run.files_listed));
    put("files_read", json!(run.files_read));
    put("rows", json!(run.rows));
    put("bytes_read", json!(run.bytes_read));
    put("windows_changed", json!(run.windows_changed));
    put("seconds", json!((run.ended.0 - run.started.0) as f64 / 1e6));
    for (stage, column) in STAGES {
        put(column, json!(stages.get(stage)));
    }
    put("bottleneck", json!(run.bottleneck));
    put("ledger_before", json!(run.ledger_before));
    put("ledger_version", json!(run.ledger_version));
    put("engine", json!(run.engine));
    put("version", json!(run.version));
    row
}

/// `1 new, 11 same`, from the JSON that is kept.
fn files_told(files: &str) -> String {
    let counts: BTreeMap<String, u64> = serde_json::from_str(files).unwrap_or_default();
    let told: Vec<String> = counts.iter().map(|(became, n)| format!("{n} {became}")).collect();
    told.join(", ")
}
