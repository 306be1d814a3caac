//! The count: one scan returns the counts of each file, where its rows and bytes went, and where the lines are that windrow
//! reads itself.
//!
//! Lines are grouped by block first, so that the answer can give the number of lines of each block and the `id` of its first
//! line. From these windrow finds every line in its own copy of the file. A line that windrow reads is one bit, and 64
//! consecutive lines share a row of the answer, so that the answer is small even for a file of nothing but rejects.

use spark_connect_proto::Relation;

use crate::error::Result;
use crate::fingerprint::{MODULUS, PART_BITS};
use crate::job::Job;

use super::line::{self, LineKind, is_odd};
use super::measures::Measures;
use super::source::{QueriedFile, over_lines};
use super::{Arguments, objects, plain, records, time};

/// How lines are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine::spark) enum LineCheck {
    /// The fast way, which recognises events and leaves everything else to windrow. For files whose first lines are plain.
    Plain,
    /// The way that recognises everything that can be told from a line alone.
    Full,
    /// For lines of JSON, with the time in one layout if the first lines of the files show it.
    Objects { has_clock: bool },
}

/// The two parts of a line's hash.
fn parts() -> [String; 2] {
    [format!("(h & {MODULUS}L)"), format!("(shiftrightunsigned(h, {PART_BITS}) & {MODULUS}L)")]
}

/// The sums of both parts, and of both parts times the number of the line.
fn sums() -> String {
    let [part, other] = parts();
    format!(
        ", sum({part}) AS s0, sum({other}) AS s1, sum({part} * (id % {MODULUS}L) % {MODULUS}L) AS p0,
    sum({other} * (id % {MODULUS}L) % {MODULUS}L) AS p1"
    )
}

/// The value of `what` in a row about a block.
pub(in crate::engine::spark) const FACTS: i32 = -1;

/// The query that counts `files`. The rows of its answer, in any order:
///
/// | `what` | `place` | `n` | `more` |
/// |---|---|---|---|
/// | events | their pane (its start in microseconds) | how many | none |
/// | lines that windrow reads | their `id` without its last six bits | how many | the block; the last six bits, as a set |
/// | other lines | none | how many | none |
/// | [`FACTS`] | the block | its lines | their bytes, each with an LF; the first `id`; the first and the last time of an event; how many events have no offset; if `hashed`, the sums of [`LineSums`](crate::fingerprint::LineSums) |
/// | less than that | the pane of a part of a state, see [`PARTS`](super::PARTS) | how many values | the bucket; or 0 and hashes; or 1, a register and its rank |
///
/// All rows also have `at` (the hash of the file's name). Rows of events and parts have the keys, and rows of events have the moments.
/// Facts about a whole file are in the rows of its blocks, so that the answer is small.
pub(in crate::engine::spark) fn count(
    job: &Job,
    files: &[QueriedFile],
    way: LineCheck,
    hashed: bool,
) -> Result<Relation> {
    let mut arguments = Arguments::default();
    let judged = match way {
        LineCheck::Plain => plain::judged(job, &mut arguments, files)?,
        LineCheck::Full => line::judged(job, &mut arguments)?,
        LineCheck::Objects { has_clock } => objects::judged(job, &mut arguments, files, has_clock)?,
    };
    let rest = added_up(job, hashed, &judged, &mut arguments);
    over_lines(&rest, arguments, files, records::tables_beside(job)?)
}

/// The SQL that adds up judged rows. It begins with `judged`, the SQL for the tables that end in the table `judged`.
pub(super) fn added_up(job: &Job, hashed: bool, judged: &str, arguments: &mut Arguments) -> String {
    let pane = time::pane(job, arguments);
    let (event, odd) = (LineKind::Event.number(), is_odd());
    let keys = |text: &dyn Fn(usize) -> String| (0..job.source.keys.len()).map(text).collect::<String>();
    let of_events = keys(&|at| format!(", CASE WHEN what = {event} THEN k{at} END AS k{at}"));
    let names = keys(&|at| format!(", k{at}"));
    let if_hashed = |text: &str| if hashed { text.to_owned() } else { String::new() };
    let hash = if_hashed(", xxhash64(v) AS h");
    let sums = if_hashed(&sums());
    let all_sums = if_hashed(", sum(s0) AS s0, sum(s1) AS s1, sum(p0) AS p0, sum(p1) AS p1");
    let told_sums = if_hashed(", s0, s1, p0, p1");
    let measures = Measures(&job.source.measured);
    let (tables, judged_table) = measures.tables();
    let values = measures.values();
    let (moments, all_moments, told_moments) =
        (measures.moments(), measures.moments_again(), measures.moments_told());
    let (groups, part_and_item, block) =
        measures.grouping(&format!("at, block, what, place{names}"), &format!("at, place{names}"));
    let (spots, of_parts, without_nulls) = measures.places();
    let (registers, but_parts) = measures.registers();
    let (sized, table) = measures.sized("files_and_blocks", &format!("at, place{names}"));
    let (what_of_part, more_of_part) = measures.told();
    format!(
        "{judged}{tables},
events AS (SELECT at, block, id, bytes, what{hash},
    CASE WHEN what = {event} THEN {pane} WHEN {odd} THEN shiftright(id, 6) END AS place,
    CASE WHEN what = {event} THEN us END AS us, what = {event} AND local AS local,
    CASE WHEN {odd} THEN shiftleft(1L, CAST(id & 63 AS INT)) END AS bit{of_events}{values} FROM {judged_table}),
blocks AS (SELECT at, {block}, what, place, count(*) AS n, sum(bytes) AS bytes, min(id) AS id, min(us) AS first,
    max(us) AS last, count_if(local) AS local, bit_or(bit) AS bits{sums}{moments}{part_and_item}{names}
FROM events GROUP BY {groups}),
files_and_blocks AS (SELECT at, what, place, block, odd, grouping(what) AS is_block, sum(n) AS n, sum(bytes) AS bytes,
    min(id) AS id, min(first) AS first, max(last) AS last, sum(local) AS local, bit_or(bits) AS bits{all_sums}{all_moments}{registers}{names}
FROM (SELECT *, CASE WHEN bits IS NOT NULL THEN block END AS odd{spots} FROM blocks{without_nulls})
GROUP BY GROUPING SETS ((at, what, place, odd{of_parts}{names}), (at, block)){but_parts}){sized}
SELECT at, CASE WHEN is_block = 1 THEN {FACTS} {what_of_part}ELSE what END AS what,
    CASE WHEN is_block = 1 THEN block ELSE place END AS place, n,
    CASE WHEN is_block = 1 THEN array(bytes, id, first, last, local{told_sums}) WHEN odd IS NOT NULL THEN array(odd, bits){more_of_part} END AS more{told_moments}{names}
FROM {table}"
    )
}

/// The query that hashes the lines of `files`, whatever they hold. Its answer has the [`FACTS`] rows of [`count`] for each block.
pub(in crate::engine::spark) fn hashes(job: &Job, files: &[QueriedFile]) -> Result<Relation> {
    let keys: String =
        (0..job.source.keys.len()).map(|at| format!(", CAST(NULL AS STRING) AS k{at}")).collect();
    let moments = Measures(&job.source.measured).no_moments();
    let (sums, none) = (sums(), "CAST(NULL AS BIGINT)");
    let rest = format!(
        "hashed AS (SELECT at, block, id, octet_length(v) + 1 AS bytes, xxhash64(v) AS h FROM lines),
blocks AS (SELECT at, block, count(*) AS n, sum(bytes) AS bytes, min(id) AS id{sums} FROM hashed GROUP BY at, block)
SELECT at, {FACTS} AS what, block AS place, n, array(bytes, id, {none}, {none}, 0L, s0, s1, p0, p1) AS more{moments}{keys} FROM blocks"
    );
    over_lines(&rest, Arguments::default(), files, Vec::new())
}
