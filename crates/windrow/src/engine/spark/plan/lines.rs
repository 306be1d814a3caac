//! The lines that windrow has to see itself: rejects, what is unsure, and all lines of some files.

use spark_connect_proto::Relation;
use windrow_csv::RECORD_BYTES_MAX;

use crate::engine::spark::layout::Layout;
use crate::job::Job;

use super::assembly::told;
use super::line::{is_reject, judged};
use super::{Arguments, over_lines};

/// Bytes of a line that come in one piece: a whole record and the CR behind it.
const PIECE_BYTES: usize = RECORD_BYTES_MAX + 1;

/// Which lines of a file are wanted, each with its number and place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine::spark) enum Wanted {
    /// Its rejects.
    Rejects,
    /// Its rejects, and the lines that are unsure.
    Unsure,
    /// All lines, without numbers and places.
    All,
}

/// A file of which lines are wanted.
#[derive(Clone, Debug)]
pub(in crate::engine::spark) struct Asked {
    /// The name of the file in Spark's answers.
    pub(in crate::engine::spark) name: String,
    /// Its address.
    pub(in crate::engine::spark) address: String,
    /// Which lines.
    pub(in crate::engine::spark) wanted: Wanted,
}

/// The wanted lines of the files, which are of one layout, in the order of files and lines; of rejects only the first
/// `rejects_wanted` of each file.
///
/// Columns: `at` (the number of the file in `files`, from 0), `line` (from 1) and `byte` (where it begins among the lines;
/// both null where all lines are wanted), `what` (null likewise), `unsure`, `piece` (the bytes of the line, or some of them where it is long) and
/// `ends` (whether it is the last piece).
pub(in crate::engine::spark) fn lines(
    job: &Job,
    layout: &Layout,
    files: &[Asked],
    rejects_wanted: usize,
) -> Relation {
    let mut arguments = Arguments::default();
    let judged = judged(job, layout, &mut arguments);
    let most = i64::try_from(rejects_wanted).ok().map(|most| arguments.number("most", most));
    let mut parts = Vec::new();
    for (wanted, part) in
        [(Wanted::Rejects, rejects as fn(&Files) -> String), (Wanted::Unsure, unsure), (Wanted::All, all)]
    {
        let some: Vec<_> = files.iter().enumerate().filter(|(_, file)| file.wanted == wanted).collect();
        if !some.is_empty() {
            let names =
                some.iter().map(|(at, file)| arguments.text(&format!("file{at}"), file.name.as_str()));
            let names: Vec<String> = names.collect();
            let numbers: Vec<String> = some.iter().map(|(at, _)| at.to_string()).collect();
            let part = part(&Files { names: names.join(", "), numbers: numbers.join(", ") });
            parts.push(if wanted == Wanted::All { part } else { first(&part, most.as_deref()) });
        }
    }
    let told = told(files.iter().any(|file| file.wanted == Wanted::Unsure));
    let parts = parts.join("\nUNION ALL\n");
    let sql = format!(
        "{judged},
{told},
wanted AS ({parts})
SELECT at, line, byte, what, unsure, piece, nth = size(pieces) - 1 AS ends FROM (
    SELECT *, CASE WHEN octet_length(v) <= {PIECE_BYTES} THEN array(CAST(v AS BINARY))
        ELSE transform(sequence(0, octet_length(v) - 1, {PIECE_BYTES}),
            start -> substring(CAST(v AS BINARY), start + 1, {PIECE_BYTES})) END AS pieces
    FROM wanted
) LATERAL VIEW posexplode(pieces) AS nth, piece ORDER BY at, block, id, nth"
    );
    let paths: Vec<String> = files.iter().map(|file| file.address.clone()).collect();
    over_lines(sql, arguments, layout, &paths)
}

/// Some of the files of a query: the arguments that name them, and their numbers.
struct Files {
    names: String,
    numbers: String,
}

impl Files {
    /// Whether `file` is one of them.
    fn has(&self) -> String {
        format!("file IN ({})", self.names)
    }

    /// The number of `file`.
    fn at(&self) -> String {
        format!("get(array({}), CAST(array_position(array({}), file) AS INT) - 1)", self.numbers, self.names)
    }
}

/// The rejects. Lines and bytes are counted within blocks, and those of the blocks before are added, so that one great
/// file is work for many tasks.
fn rejects(files: &Files) -> String {
    let (has, at, is_reject) = (files.has(), files.at(), is_reject());
    format!(
        "SELECT {at} AS at, block, id, before.lines + within.line AS line, before.bytes + within.byte AS byte, v, what,
    false AS unsure
FROM (
    SELECT file, block, id, row_number() OVER in_block AS line, (sum(bytes) OVER in_block) - bytes AS byte,
        CASE WHEN {is_reject} THEN v END AS v, what
    FROM judged WHERE {has}
    WINDOW in_block AS (PARTITION BY file, block ORDER BY id ROWS UNBOUNDED PRECEDING)
) AS within
JOIN (
    SELECT file, block, coalesce(sum(lines) OVER blocks_before, 0) AS lines,
        coalesce(sum(bytes) OVER blocks_before, 0) AS bytes
    FROM (SELECT file, block, count(*) AS lines, sum(bytes) AS bytes FROM contents WHERE {has} GROUP BY file, block)
    WINDOW blocks_before AS
        (PARTITION BY file ORDER BY block ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
) AS before USING (file, block)
WHERE v IS NOT NULL"
    )
}

/// The rejects and what is unsure.
fn unsure(files: &Files) -> String {
    let (has, at, is_reject) = (files.has(), files.at(), is_reject());
    format!(
        "SELECT {at} AS at, block, id, line, byte, v, what, unsure FROM told WHERE {has} AND (unsure OR {is_reject})"
    )
}

/// The lines of `part` but for rejects after the first `most` of each file.
fn first(part: &str, most: Option<&str>) -> String {
    let Some(most) = most else { return part.to_owned() };
    format!(
        "SELECT at, block, id, line, byte, v, what, unsure FROM (
    SELECT *, row_number() OVER (PARTITION BY at, unsure ORDER BY block, id) AS rank FROM ({part})
) WHERE unsure OR rank <= {most}"
    )
}

/// All lines.
fn all(files: &Files) -> String {
    let (has, at) = (files.has(), files.at());
    format!(
        "SELECT {at} AS at, block, id, CAST(NULL AS BIGINT) AS line, CAST(NULL AS BIGINT) AS byte, v,
    CAST(NULL AS INT) AS what, true AS unsure
FROM lines WHERE {has}"
    )
}
