//! Notes on a job: what Spark leaves to windrow.

use crate::format::InputFormat;
use crate::job::Job;
use crate::measure::States;

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
    for (key, is_used) in [
        ("format", matches!(job.source.format, Some(InputFormat::Json | InputFormat::Text))),
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
