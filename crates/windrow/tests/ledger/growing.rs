use windrow::Settings;
use windrow::ledger::{FileRow, Ledger};
use windrow::{Outcome, RunRequest};

use crate::model::{HEADER, Model};
use crate::storage::Memory;
use crate::truth;
use crate::work::{JobWords, TestWork};

const GOOD: &str = "2024-03-31T00:30:00Z,Open\n";
const NO_TIME: &str = "no time,Open\n";
const SHORT: &str = "2024-03-31T00:30:00Z\n";

/// A growing file, whatever is appended to it, and its model.
struct Growing {
    work: TestWork,
    memory: Memory,
    model: Model,
}

impl Growing {
    fn new(rejects: &'static str, strict: bool) -> Self {
        let question =
            JobWords { source: "growing = true".to_owned(), rejects, strict, ..JobWords::default() };
        let (work, memory, model) = (TestWork::new(question), Memory::default(), Model::default());
        Growing { work, memory, model }
    }

    /// Appends `rows`, runs, and checks all that must hold.
    fn append(&mut self, rows: &str) -> windrow::Result<Outcome> {
        let header = format!("{HEADER}\n");
        let text = self.work.files.get("in/a.csv").map_or(header, Clone::clone) + rows;
        self.work.write("in/a.csv", &text);
        let done = self.work.run(&self.memory.calm())?;
        truth::follow(&self.work, &self.memory, &mut self.model);
        truth::check_fingerprints(&self.memory.calm(), &self.model);
        Ok(done)
    }

    fn row(&self) -> FileRow {
        let ledger = Ledger::open(&self.memory.calm()).unwrap().unwrap();
        ledger.rows().next().unwrap().clone()
    }
}

#[test]
fn rejects_are_judged_on_the_whole_file() {
    // The limit; good and bad rows that are counted first, then those that are appended; whether that is too much.
    for (rejects, first, more, is_refused) in [
        ("", (2_000, 0), (9, 11), false),
        ("", (20, 9), (9, 1), false),
        ("", (20, 9), (9, 2), true),
        ("'1%'", (199, 0), (0, 1), false),
        ("'1%'", (199, 0), (0, 3), true),
        ("'30%'", (8, 2), (0, 2), true),
        ("3", (2, 2), (0, 1), false),
        ("3", (9, 2), (9, 2), true),
        ("0", (9, 0), (1, 1), true),
        ("'none'", (1, 0), (0, 50), false),
    ] {
        let mut growing = Growing::new(rejects, false);
        let rows = |(good, bad): (usize, usize)| GOOD.repeat(good) + &NO_TIME.repeat(bad);
        growing.append(&rows(first)).unwrap();
        let done = growing.append(&rows(more)).unwrap();
        assert_eq!(done.refused().count(), usize::from(is_refused), "{rejects} {first:?} {more:?}");
        let row = growing.row();
        let all = (first.0 + more.0, first.1 + more.1);
        let expected = ((all.0 + all.1) as i64, all.0 as i64, all.1 as i64);
        assert_eq!((row.rows, row.counted, row.rejected), expected, "the row is of the whole file");
        assert_eq!(row.contribution.is_none(), is_refused);
        assert_eq!(done.bytes_read, rows(more).len() as u64, "the tail alone is read");
    }
}

#[test]
fn the_row_of_a_file_is_that_of_all_it_has_after_many_appends() {
    let mut growing = Growing::new("'40%'", false);
    for rows in [GOOD.repeat(3), GOOD.repeat(2) + SHORT, NO_TIME.to_owned() + GOOD, "\n".to_owned() + NO_TIME]
    {
        growing.append(&rows).unwrap();
    }
    let row = growing.row();
    assert_eq!((row.rows, row.counted, row.rejected, row.blank), (10, 6, 3, 1));
    assert_eq!(&*row.rejected_by_reason, r#"{"bad_time":2,"too_few_fields":1}"#);
    assert_eq!(row.counted_bytes, row.size);
    // What was torn waits for its end, and is not counted twice.
    growing.append("2024-03-31T00:3").unwrap();
    growing.append("0:00Z,Open\n").unwrap();
    assert_eq!(growing.row().counted, 7);
}

#[test]
fn a_strict_job_judges_the_whole_file_too() {
    let mut growing = Growing::new("'10%'", true);
    growing.append(&GOOD.repeat(18)).unwrap();
    growing.append(NO_TIME).unwrap();
    let error = growing.append(NO_TIME).map(drop);
    error.unwrap();
    let before = growing.row();
    assert_eq!(growing.append(NO_TIME).unwrap_err().kind(), windrow::Kind::Data);
    assert_eq!(growing.row(), before, "nothing was kept");
}

#[test]
fn a_file_that_is_past_the_limit_is_told_by_every_run() {
    let mut growing = Growing::new("3", false);
    growing.append(&GOOD.repeat(5)).unwrap();
    growing.append(&NO_TIME.repeat(4)).unwrap();
    let again = || {
        let asked = RunRequest::default();
        growing.work.run_asked(&growing.memory.calm(), &Settings::default(), &asked).unwrap()
    };
    for _ in 0..2 {
        let done = again();
        assert_eq!((done.bytes_read, done.windows_changed()), (0, 0), "nothing is new");
        assert_eq!(done.partly_refused().unwrap().kind(), windrow::Kind::Data);
    }
}
