use windrow::Settings;
use windrow::ledger::{FileRow, Ledger};
use windrow::{Again, RunRequest};
use windrow::{FileState, IN_DOUBT};

use crate::model::{Doubts, HEADER, Model};
use crate::storage::Memory;
use crate::truth;
use crate::work::{JobWords, TestWork};

fn text(key: &str) -> String {
    format!("{HEADER}\n2024-03-31T00:30:00Z,{key}\n")
}

/// A folder with one file, counted by an engine that does not see its bytes.
fn one_file(source: &str) -> (TestWork, Memory, Model) {
    let question = JobWords { source: source.to_owned(), ..JobWords::default() };
    let (mut work, memory, mut model) = (TestWork::new(question), Memory::default(), Model::default());
    work.sees_bytes = false;
    work.write("in/a.csv", &text("Open"));
    work.run(&memory.calm()).unwrap();
    model.run(&work.job(), &work.files);
    assert_eq!(row(&memory, "in/a.csv").fingerprint, None);
    (work, memory, model)
}

fn row(memory: &Memory, name: &str) -> FileRow {
    let ledger = Ledger::open(&memory.calm()).unwrap().unwrap();
    ledger.rows().find(|row| *row.file == *name).unwrap().clone()
}

fn ends_as(work: &TestWork, memory: &Memory, model: &mut Model) {
    work.run(&memory.calm()).unwrap();
    model.run(&work.job(), &work.files);
    truth::check(&memory.calm(), &work.job(), model);
    truth::check_fingerprints(&memory.calm(), model);
}

#[test]
fn a_copy_of_a_file_without_a_fingerprint_is_refused() {
    for growing in ["", "growing = true"] {
        let (mut work, memory, mut model) = one_file(growing);
        // A line that is not whole yet makes a growing file longer, not another.
        let more = if growing.is_empty() { "" } else { "2024" };
        work.write("in/b.csv", &(text("Open") + more));
        work.write("in/c.csv", &text("Shut"));
        ends_as(&work, &memory, &mut model);
        let refused = row(&memory, "in/b.csv");
        assert_eq!((&*refused.state, refused.other.as_deref()), ("refused", Some("in/a.csv")));
        assert_eq!(model.counted.keys().collect::<Vec<_>>(), ["in/a.csv", "in/c.csv"]);
        // What was hashed is kept: the next run reads nothing.
        let done = work.run(&memory.calm()).unwrap();
        assert_eq!((done.bytes_read, done.plan.reads().count()), (0, 0));
    }
}

#[test]
fn a_file_that_may_be_one_that_is_gone_does_not_count() {
    let (mut work, memory, mut model) = one_file("");
    work.rename("in/a.csv", "in/b.csv");
    let done = work.run(&memory.calm()).unwrap();
    let refused = done.partly_refused().unwrap();
    assert!(refused.message().contains("in/b.csv: it cannot be told from in/a.csv"), "{refused}");
    assert!(refused.message().contains("count all files again with the embedded engine"), "{refused}");
    assert_eq!(*row(&memory, "in/b.csv").refusal, *IN_DOUBT);
    truth::check(&memory.calm(), &work.job(), &model);
    // It is refused until somebody decides, and not read again.
    let done = work.run(&memory.calm()).unwrap();
    assert_eq!((done.bytes_read, done.plan.reads().count()), (0, 0));
    assert_eq!(*row(&memory, "in/b.csv").refusal, *IN_DOUBT);
    // The one way out: counted again by an engine that sees the bytes.
    work.sees_bytes = true;
    let asked = RunRequest { again: Some(Again::All), gone_accepted: true, lists_all: false };
    work.run_asked(&memory.calm(), &Settings::default(), &asked).unwrap();
    model.counted.clear();
    truth::follow(&work, &memory, &mut model);
    assert_eq!(model.counted.keys().collect::<Vec<_>>(), ["in/b.csv"]);
    work.rename("in/b.csv", "in/c.csv");
    ends_as(&work, &memory, &mut model);
    assert_eq!(row(&memory, "in/b.csv").seen().unwrap().state, FileState::Moved);
}

#[test]
fn a_file_in_doubt_counts_when_what_was_gone_is_back_and_another() {
    let (mut work, memory, mut model) = one_file("");
    work.delete("in/a.csv");
    work.write("in/b.csv", &text("Shut"));
    work.run(&memory.calm()).unwrap();
    truth::check(&memory.calm(), &work.job(), &model);
    work.write("in/a.csv", &text("Open"));
    ends_as(&work, &memory, &mut model);
    assert_eq!(model.counted.len(), 2);
}

#[test]
fn a_file_in_doubt_counts_where_copies_may() {
    let (mut work, memory, mut model) = one_file("duplicates = 'count'");
    work.rename("in/a.csv", "in/b.csv");
    let doubts = Doubts { unhashed: ["in/a.csv".to_owned()].into(), ..Doubts::default() };
    work.run(&memory.calm()).unwrap();
    model.run_in_doubt(&work.job(), &work.files, &doubts);
    truth::check(&memory.calm(), &work.job(), &model);
    assert_eq!(model.counted.len(), 2);
}

#[test]
fn a_strict_job_keeps_nothing_of_a_run_in_doubt() {
    let (mut work, memory, model) = one_file("");
    work.question.strict = true;
    work.rename("in/a.csv", "in/b.csv");
    for _ in 0..2 {
        work.run(&memory.calm()).unwrap_err();
        truth::check(&memory.calm(), &work.job(), &model);
    }
}
