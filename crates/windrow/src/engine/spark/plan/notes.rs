//! What of a job Spark leaves to windrow.

use crate::job::Job;

use super::time::{is_in_sql, is_on_a_clock};

/// What of `job` is read by windrow itself, to which Spark sends the lines: exact, and slower.
pub(in crate::engine::spark) fn notes(job: &Job) -> Vec<String> {
    let rules = &job.source.time;
    let mut notes = Vec::new();
    if !is_in_sql(&rules.format) {
        notes.push(
            "time_format: times by a pattern are read by windrow, to which Spark sends every line".to_owned(),
        );
    } else if is_on_a_clock(rules) {
        let zone = &rules.zone;
        notes.push(format!(
            "zone = \"{zone}\": lines whose time has no offset are read by windrow, to which Spark sends them"
        ));
    }
    for (key, is_used) in
        [("encoding", !job.source.csv.encoding.is_utf8()), ("skip_lines", job.source.csv.skip_lines > 0)]
    {
        if is_used {
            notes.push(format!("{key}: files are read by windrow, to which Spark sends every line"));
        }
    }
    if job.source.growing {
        notes.push("growing: files are read by windrow, to which Spark sends every line; one that has grown is read whole".to_owned());
    }
    notes
}
