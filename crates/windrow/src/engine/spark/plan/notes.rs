//! Notes on a job: what Spark leaves to windrow.

use crate::format::InputFormat;
use crate::job::Job;
use crate::measure::States;

use super::gate::Gate;
use super::time::{is_in_sql, is_on_a_clock};

/// Notes on what windrow reads itself for `job`. The result is exact, but no faster than on one machine.
pub(in crate::engine::spark) fn notes(job: &Job) -> Vec<String> {
    let rules = &job.source.time;
    let mut notes = Vec::new();
    if !is_in_sql(&rules.format) {
        notes.push(
            "time_format: files whose times have a pattern are read by windrow itself, not by Spark"
                .to_owned(),
        );
    } else if is_on_a_clock(rules) {
        let zone = &rules.zone;
        notes.push(format!(
            "zone = \"{zone}\": lines whose time has no offset are read by windrow itself, not by Spark"
        ));
    }
    if job.source.measured.iter().any(|column| column.states.have(States::MOMENTS)) {
        notes.push(
            "measures: lines whose numbers have an exponent, or more than 18 digits or 9 decimals, are read by windrow itself, not by Spark"
                .to_owned(),
        );
    }
    if job.source.format == Some(InputFormat::Json)
        && let Err(why) = Gate::new(&paths(job))
    {
        notes.push(format!("format: files of JSON are read by windrow itself, not by Spark: {why}"));
    }
    for (key, is_used) in [
        ("format", job.source.format == Some(InputFormat::Text)),
        ("time", rules.beside.is_some()),
        ("encoding", !job.source.csv.encoding.is_utf8()),
        ("skip_lines", job.source.csv.skip_lines > 0),
        ("columns", !job.source.csv.columns.is_empty()),
        ("growing", job.source.growing),
    ] {
        if is_used {
            notes.push(format!("{key}: files are read by windrow itself, not by Spark"));
        }
    }
    notes
}

/// The names of what the job wants of each row.
fn paths(job: &Job) -> Vec<String> {
    let source = &job.source;
    match &source.records.rules {
        Some(rules) => rules.names(),
        None => {
            let measured = source.measured.iter().map(|column| &column.name);
            std::iter::once(&source.time.column).chain(&source.keys).chain(measured).cloned().collect()
        }
    }
}
