use windrow::ledger::{Change, FileRow, KeptTable, Ledger, read_rows};
use windrow::{Kind, Settings};
use windrow::{Outcome, RunRequest};

use crate::model::{HEADER, Model};
use crate::storage::Memory;
use crate::truth;
use crate::work::{JobWords, TestWork};

const LOG: &str = "in/app.csv";
const ROTATED: &str = "in/app.1.csv";

/// Rows of one hour, so that each is told from all others.
fn rows(hour: u32, n: u32) -> String {
    (0..n).map(|at| format!("2024-03-30T{hour:02}:{at:02}:00Z,Open\n")).collect()
}

fn log(rows: &str) -> String {
    format!("{HEADER}\n{rows}")
}

struct Logs {
    work: TestWork,
    memory: Memory,
    model: Model,
}

impl Logs {
    /// A log with three rows, counted.
    fn new(source: &str, sees_bytes: bool) -> Self {
        let mut work = TestWork::new(JobWords { source: source.to_owned(), ..JobWords::default() });
        work.sees_bytes = sees_bytes;
        work.write(LOG, &log(&rows(1, 3)));
        let mut logs = Logs { work, memory: Memory::default(), model: Model::default() };
        logs.run();
        logs
    }

    /// The log grows and gets another name.
    fn rotate(&mut self, to: &str, more: &str) {
        let text = self.work.files[LOG].clone() + more;
        self.work.rename(LOG, to);
        self.work.write(to, &text);
    }

    #[track_caller]
    fn run(&mut self) -> Outcome {
        // That a file is gone which was only renamed needs no permission.
        let asked = RunRequest::default();
        let done = self.work.run_asked(&self.memory.calm(), &Settings::default(), &asked).unwrap();
        truth::follow(&self.work, &self.memory, &mut self.model);
        done
    }

    fn events(&self) -> u64 {
        let rows = truth::published(&self.memory.calm(), &self.work.job(), "ten");
        rows.iter().map(|row| row.count).sum()
    }

    fn row(&self, name: &str) -> FileRow {
        let ledger = Ledger::open(&self.memory.calm()).unwrap().unwrap();
        ledger.rows().find(|row| *row.file == *name).unwrap().clone()
    }
}

/// With and without `growing`, both ways with what is gone, and both kinds of engines.
fn everywhere(test: impl Fn(&str, bool)) {
    for source in ["", "growing = true", "on_gone = 'subtract'", "growing = true\non_gone = 'subtract'"] {
        for sees_bytes in [true, false] {
            println!("{source:?} {sees_bytes}");
            test(source, sees_bytes);
        }
    }
}

#[test]
fn a_log_that_grew_and_was_renamed_counts_once() {
    everywhere(|source, sees_bytes| {
        let mut logs = Logs::new(source, sees_bytes);
        logs.rotate(ROTATED, &rows(2, 2));
        logs.run();
        assert_eq!(logs.events(), 5);
        let row = logs.row(LOG);
        assert_eq!((&*row.state, row.other.as_deref()), ("moved", Some(ROTATED)));
        // The name is there again, and then rotated once more.
        logs.work.write(LOG, &log(&rows(3, 4)));
        logs.run();
        assert_eq!(logs.events(), 9);
        logs.work.rename(ROTATED, "in/app.2.csv");
        logs.rotate(ROTATED, &rows(4, 1));
        logs.run();
        assert_eq!(logs.events(), 10);
    });
}

/// A rotated log that is compressed as well: Vector, Filebeat and the OpenTelemetry collector count it twice.
#[test]
fn a_log_that_was_rotated_and_compressed_counts_once() {
    everywhere(|source, sees_bytes| {
        for more in ["", &rows(2, 2)] {
            let mut logs = Logs::new(source, sees_bytes);
            let text = logs.work.files[LOG].clone() + more;
            logs.work.delete(LOG);
            logs.work.write("in/app.1.csv.gz", &text);
            logs.work.write(LOG, &log(&rows(3, 4)));
            logs.run();
            assert_eq!(logs.events(), if more.is_empty() { 7 } else { 9 });
            // The next one, and the older one under its next name.
            logs.work.rename("in/app.1.csv.gz", "in/app.2.csv.gz");
            let text = logs.work.files[LOG].clone();
            logs.work.write("in/app.1.csv.gz", &text);
            logs.work.write(LOG, &log(&rows(4, 1)));
            logs.run();
            assert_eq!(logs.events(), if more.is_empty() { 8 } else { 10 });
            assert_eq!(logs.run().bytes_read, 0, "nothing is read again");
        }
    });
}

#[test]
fn several_rotations_between_two_runs_count_once() {
    everywhere(|source, sees_bytes| {
        for begins_anew in [true, false] {
            let mut logs = Logs::new(source, sees_bytes);
            logs.rotate("in/app.3.csv", &rows(2, 2));
            logs.work.write("in/app.2.csv", &log(&rows(3, 4)));
            logs.work.write(ROTATED, &log(&rows(4, 6)));
            if begins_anew {
                logs.work.write(LOG, &log(&rows(5, 1)));
            }
            logs.run();
            assert_eq!(logs.events(), 15 + u64::from(begins_anew));
        }
    });
}

#[test]
fn a_log_that_is_copied_and_cut_off_counts_once() {
    everywhere(|source, sees_bytes| {
        let mut logs = Logs::new(source, sees_bytes);
        logs.work.write(ROTATED, &log(&(rows(1, 3) + &rows(2, 2))));
        logs.work.write(LOG, &log(&rows(3, 4)));
        logs.run();
        assert_eq!(logs.events(), 9);
    });
}

#[test]
fn a_log_that_takes_the_place_of_an_older_one_counts_once() {
    everywhere(|source, sees_bytes| {
        let mut logs = Logs::new(source, sees_bytes);
        logs.work.write(ROTATED, &log(&rows(0, 7)));
        logs.run();
        logs.work.delete(ROTATED);
        logs.rotate(ROTATED, &rows(2, 2));
        logs.run();
        assert_eq!(logs.events(), 5, "what was in its place is replaced");
    });
}

#[test]
fn what_begins_otherwise_is_another_file() {
    for (text, events) in [
        // Longer, of the same time, and with another first row.
        (log(&(rows(1, 3).replacen("Open", "Shut", 1) + &rows(2, 2))), 8),
        // The same rows in another order.
        (log(&(rows(2, 2) + &rows(1, 3))), 8),
        // The beginning, and not all of it.
        (log(&rows(1, 2)), 5),
    ] {
        for sees_bytes in [true, false] {
            let mut logs = Logs::new("", sees_bytes);
            logs.work.delete(LOG);
            logs.work.write(ROTATED, &text);
            logs.run();
            assert_eq!(logs.events(), events, "{text}");
            assert_eq!(&*logs.row(LOG).state, "gone");
        }
    }
}

#[test]
fn a_file_that_grows_under_its_name_takes_no_others_place() {
    for sees_bytes in [true, false] {
        let mut logs = Logs::new("", sees_bytes);
        logs.work.write("in/b.csv", &log(&rows(1, 2)));
        logs.run();
        logs.work.delete(LOG);
        logs.work.write("in/b.csv", &log(&rows(1, 5)));
        logs.run();
        assert_eq!(logs.events(), 3 + 5, "the log that is gone keeps its counts");
    }
}

#[test]
fn a_rotated_log_that_is_refused_leaves_what_was_counted() {
    let mut logs = Logs::new("", true);
    logs.rotate(ROTATED, &"bad\n".repeat(9));
    let done = logs.run();
    assert_eq!((done.refused().count(), logs.events()), (1, 3));
    let text = logs.work.files[ROTATED].replace("bad\n", "2024-03-30T07:00:00Z,Open\n");
    logs.work.write(ROTATED, &text);
    logs.run();
    assert_eq!(logs.events(), 12);
}

#[test]
fn no_more_than_the_beginning_is_read_to_know_a_file_again() {
    let mut logs = Logs::new("", true);
    // Gone files of other times, and one of the same time.
    for hour in 5..15 {
        logs.work.write(&format!("in/{hour}.csv"), &log(&rows(hour, 50)));
    }
    logs.run();
    (5..15).for_each(|hour| logs.work.delete(&format!("in/{hour}.csv")));
    let counted = logs.work.files[LOG].len() as u64;
    logs.rotate(ROTATED, &rows(2, 60));
    let done = logs.run();
    assert_eq!(done.bytes_read, logs.work.files[ROTATED].len() as u64 + counted);
    // What is new, and begins like nothing that is gone, is read once.
    logs.work.write("in/new.csv", &log(&rows(20, 60)));
    let done = logs.run();
    assert_eq!(done.bytes_read, logs.work.files["in/new.csv"].len() as u64);
}

#[test]
fn many_files_that_are_gone_are_no_longer_gone_once_they_are_known_again() {
    let mut logs = Logs::new("on_gone = 'subtract'", true);
    logs.work.write("in/b.csv", &log(&rows(3, 3)));
    logs.run();
    logs.work.delete(LOG);
    logs.work.write("in/c.csv", &log(&rows(4, 4)));
    let asked = RunRequest::default();
    let error = logs.work.run_asked(&logs.memory.calm(), &Settings::default(), &asked).unwrap_err();
    assert_eq!(error.kind(), Kind::Attention, "one of two is gone: {error}");
}

#[test]
fn changes_name_the_renamed_file() {
    let mut logs = Logs::new("", true);
    logs.rotate(ROTATED, &rows(1, 1));
    logs.run();
    let mut changes = Vec::new();
    read_rows(&logs.memory.calm(), KeptTable::Changes, None, &mut |change: Change| {
        changes.push((change.old, change.new, change.cause, change.file));
        Ok(())
    })
    .unwrap();
    assert_eq!(changes, [(3, 4, "renamed and grown".to_owned(), Some(ROTATED.to_owned()))]);
}
