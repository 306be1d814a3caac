//! The lines that windrow has to see itself: the rejects of some files, and all lines of others.

use spark_connect_proto::Relation;
use windrow_csv::RECORD_BYTES_MAX;

use crate::engine::spark::layout::Layout;
use crate::job::Job;

use super::line::{is_reject, judged};
use super::{Arguments, over_lines};

/// Which lines of a file are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine::spark) enum Wanted {
    /// Its first rejects, at most so many.
    Rejects(usize),
    /// All.
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

/// The wanted lines of the files, which are of one layout, in the order of files and lines.
///
/// Columns: `at` (the number of the file in `files`, from 0), `line` (from 1) and `byte` (where it begins; null where all
/// lines are wanted), `piece` (the bytes of the line, or some of them where it is long) and `ends` (whether it is the last piece).
pub(in crate::engine::spark) fn lines(job: &Job, layout: &Layout, files: &[Asked]) -> Relation {
    let mut arguments = Arguments::default();
    let judged = judged(job, layout, &mut arguments);
    let (mut rejects, mut whole) = (Files::default(), Files::default());
    let mut most = 0;
    for (at, file) in files.iter().enumerate() {
        let name = arguments.text(&format!("file{at}"), file.name.as_str());
        match file.wanted {
            Wanted::Rejects(of_file) => {
                most = most.max(of_file);
                rejects.add(name, at);
            }
            Wanted::All => whole.add(name, at),
        }
    }
    let most = arguments.number("most", i64::try_from(most).unwrap_or(i64::MAX));
    let mut parts = Vec::new();
    if !rejects.is_empty() {
        parts.push(rejects_of(&rejects, &most));
    }
    if !whole.is_empty() {
        parts.push(all_of(&whole));
    }
    let sql = format!(
        "{judged}
SELECT at, line, byte, piece, ends FROM ({}) ORDER BY at, block, id, nth",
        parts.join("\nUNION ALL\n")
    );
    let paths: Vec<String> = files.iter().map(|file| file.address.clone()).collect();
    over_lines(sql, arguments, &paths)
}

/// Some of the files of a query: the arguments that name them, and their numbers.
#[derive(Default)]
struct Files {
    names: Vec<String>,
    numbers: Vec<String>,
}

impl Files {
    fn add(&mut self, name: String, at: usize) {
        self.names.push(name);
        self.numbers.push(at.to_string());
    }

    fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether `file` is one of them.
    fn has(&self) -> String {
        format!("file IN ({})", self.names.join(", "))
    }

    /// The number of `file`.
    fn at(&self) -> String {
        let (names, numbers) = (self.names.join(", "), self.numbers.join(", "));
        format!("get(array({numbers}), CAST(array_position(array({names}), file) AS INT) - 1)")
    }
}

/// The first rejects of each file. Lines and bytes are counted within blocks, and those of the blocks before are added, so
/// that one great file is work for many tasks.
fn rejects_of(files: &Files, most: &str) -> String {
    let (has, at, is_reject) = (files.has(), files.at(), is_reject());
    format!(
        "SELECT at, line, byte, piece, true AS ends, block, id, 0 AS nth FROM (
    SELECT {at} AS at, before.lines + within.line AS line, before.bytes + within.byte AS byte,
        CAST(v AS BINARY) AS piece, block, id,
        row_number() OVER (PARTITION BY file ORDER BY block, id) AS rank
    FROM (
        SELECT file, block, id, row_number() OVER lines_before AS line,
            (sum(bytes) OVER lines_before) - bytes AS byte, CASE WHEN {is_reject} THEN v END AS v
        FROM judged WHERE {has}
        WINDOW lines_before AS (PARTITION BY file, block ORDER BY id ROWS UNBOUNDED PRECEDING)
    ) AS within
    JOIN (
        SELECT file, block, coalesce(sum(lines) OVER blocks_before, 0) AS lines,
            coalesce(sum(bytes) OVER blocks_before, 0) AS bytes
        FROM (SELECT file, block, count(*) AS lines, sum(bytes) AS bytes FROM contents
            WHERE {has} GROUP BY file, block)
        WINDOW blocks_before AS
            (PARTITION BY file ORDER BY block ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ) AS before USING (file, block)
    WHERE v IS NOT NULL
) WHERE rank <= {most}"
    )
}

/// All lines of each file, long ones in pieces that fit in a message.
fn all_of(files: &Files) -> String {
    let (has, at) = (files.has(), files.at());
    format!(
        "SELECT {at} AS at, CAST(NULL AS BIGINT) AS line, CAST(NULL AS BIGINT) AS byte, piece,
    nth = size(pieces) - 1 AS ends, block, id, nth
FROM (
    SELECT file, block, id, CASE WHEN octet_length(v) <= {RECORD_BYTES_MAX} THEN array(CAST(v AS BINARY))
        ELSE transform(sequence(0, octet_length(v) - 1, {RECORD_BYTES_MAX}),
            start -> substring(CAST(v AS BINARY), start + 1, {RECORD_BYTES_MAX})) END AS pieces
    FROM lines WHERE {has}
) LATERAL VIEW posexplode(pieces) AS nth, piece"
    )
}
