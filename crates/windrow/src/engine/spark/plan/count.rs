//! The count: one aggregation over all lines gives what each file adds and where its rows and bytes went.

use spark_connect_proto::Relation;

use crate::engine::spark::layout::Layout;
use crate::job::Job;

use super::assembly::told;
use super::line::{What, judged};
use super::{Arguments, over_lines};

/// How many lines of each file are what, and of events how many are in each pane with each key. With `assembled`, lines
/// are unsure that may belong to a record with others; else only those by which that is seen.
///
/// Columns: `file`, `what`, `pane` (its start in microseconds), `n`, `bytes`, `first`, `last`, `local`, and the keys.
pub(in crate::engine::spark) fn count(
    job: &Job,
    layout: &Layout,
    paths: &[String],
    assembled: bool,
) -> Relation {
    let mut arguments = Arguments::default();
    let judged = judged(job, layout, &mut arguments);
    let told = told(assembled);
    let pane = pane(job, &mut arguments);
    let (event, unsure) = (What::Event.number(), What::Unsure.number());
    let of_event = format!("what = {event} AND NOT unsure");
    let keys: String =
        (0..layout.keys.len()).map(|at| format!(", CASE WHEN {of_event} THEN k{at} END AS k{at}")).collect();
    let names: String = (0..layout.keys.len()).map(|at| format!(", k{at}")).collect();
    let sql = format!(
        "{judged},
{told},
events AS (SELECT file, CASE WHEN unsure THEN {unsure} ELSE what END AS what,
    CASE WHEN {of_event} THEN {pane} END AS pane, bytes,
    CASE WHEN {of_event} THEN us END AS us, {of_event} AND local AS local{keys} FROM told)
SELECT file, what, pane, count(*) AS n, sum(bytes) AS bytes, min(us) AS first, max(us) AS last,
    count_if(local) AS local{names}
FROM events GROUP BY file, what, pane{names}"
    );
    over_lines(sql, arguments, layout, paths)
}

/// The start of the pane that holds the instant `us`; early panes may have a width of their own.
fn pane(job: &Job, arguments: &mut Arguments) -> String {
    let widths = job.pane_widths();
    let from = arguments.number("even_from", widths.even_from_us);
    let even = arguments.number("even_pane", widths.even_us);
    let early = arguments.number("early_pane", widths.early_us);
    format!("CASE WHEN us >= {from} THEN us - pmod(us, {even}) ELSE us - pmod(us, {early}) END")
}
