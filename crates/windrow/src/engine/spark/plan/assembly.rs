//! Assembly: which lines are unsure, said in SQL, for files that have some.
//!
//! A quoted field that is open at the end of its line goes on in the next ones. Whether it does is a matter of all lines
//! before; but how far that can reach is not. From a line that leaves a field open up to the first line after which no
//! field is open, whether one was before or not, or until a record would be too long: those lines are windrow's to read.
//! All others are what they are by themselves.

use windrow_csv::RECORD_BYTES_MAX;

use super::line::{LONG, OPEN, UNSURE};

/// The table `told`: that of the judged lines, with `unsure`. `line` (from 1) and `byte` (within the lines of the file) are
/// there where lines are assembled.
pub(super) fn told(assembled: bool) -> String {
    if !assembled {
        return format!("told AS (SELECT *, what >= {UNSURE} AS unsure FROM judged)");
    }
    // A line that begins further from the open one than this belongs to no record with it: lines end with CR LF at most.
    let reach = RECORD_BYTES_MAX + 2;
    format!(
        "lined AS (SELECT *, CAST(row_number() OVER in_file AS BIGINT) AS line, (sum(bytes) OVER in_file) - bytes AS byte FROM judged
    WINDOW in_file AS (PARTITION BY file ORDER BY block, id ROWS UNBOUNDED PRECEDING)),
opened AS (SELECT *, last_value(CASE WHEN what = {OPEN} THEN byte WHEN closes OR what = {LONG} THEN -1L END, true)
    OVER (PARTITION BY file ORDER BY block, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS open FROM lined),
told AS (SELECT *, what >= {UNSURE} OR coalesce(open >= 0 AND byte - open <= {reach}, false) AS unsure FROM opened)"
    )
}
