use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use windrow::delta::Store;
use windrow::delta::store::Operations;
use windrow::engine::{Engine, Receiver};
use windrow::source::{self, InputFile};
use windrow::{Inputs, Job, Result, RunOptions, Settings, run_with};

use crate::model::{HEADER, Model};
use crate::storage::{Memory, OperationFate};
use crate::truth;
use crate::work::{JobWords, TestWork};

/// What one run does at the door of the store, and how many logs it lists.
fn cost(work: &TestWork, memory: &Memory) -> (Operations, usize) {
    let logs = Arc::new(AtomicUsize::new(0));
    let listed = logs.clone();
    let store: Store = memory.wild(Box::new(move |what, path| {
        if what == "list" && path.ends_with("_delta_log") {
            listed.fetch_add(1, Ordering::Relaxed);
        }
        OperationFate::Pass
    }));
    work.run(&store).unwrap();
    (store.operations(), logs.load(Ordering::Relaxed))
}

fn growing(files: usize) -> (TestWork, Memory, Model) {
    let source = "growing = true".to_owned();
    let mut work = TestWork::new(JobWords { source, ..JobWords::default() });
    for file in 0..files {
        work.write(&format!("in/{file:03}.csv"), &format!("{HEADER}\n2024-03-31T00:30:00Z,Open\nbad\n"));
    }
    (work, Memory::default(), Model::default())
}

fn append_to_all(work: &mut TestWork, minute: usize) {
    for (name, text) in work.files.clone() {
        work.write(&name, &format!("{text}2024-03-31T01:{minute:02}:00Z,Close\n"));
    }
}

#[test]
fn files_that_grow_cost_the_state_no_more_than_one_does() {
    let mut costs = Vec::new();
    for files in [1, 40] {
        let (mut work, memory, mut model) = growing(files);
        work.question.source += "\nduplicates = 'count'";
        work.run(&memory.calm()).unwrap();
        let mut of = Vec::new();
        for minute in 0..20 {
            append_to_all(&mut work, minute);
            of.push(cost(&work, &memory).0);
            truth::follow(&work, &memory, &mut model);
        }
        costs.push(of);
    }
    for (run, (one, many)) in costs[0].iter().zip(&costs[1]).enumerate() {
        assert_eq!((one.reads, one.puts), (many.reads, many.puts), "run {run}");
    }
}

#[test]
fn a_long_history_costs_a_run_nothing() {
    let (mut work, memory) = (TestWork::new(JobWords::default()), Memory::default());
    let mut idle = Vec::new();
    for run in 0..240 {
        let (hour, minute) = (run / 60, run % 60);
        work.write(
            &format!("in/{run:03}.csv"),
            &format!("{HEADER}\n2024-03-31T{hour:02}:{minute:02}:00Z,Open\n"),
        );
        work.run(&memory.calm()).unwrap();
        if run % 10 == 9 {
            idle.push(cost(&work, &memory));
        }
    }
    for (Operations { reads, puts, lists, .. }, logs) in idle {
        // Ledger, contributions, rejects, changes, runs and one report: each log is listed once.
        assert!(logs <= 6 && lists <= 8, "{lists} lists, {logs} of logs");
        assert!(reads <= 110 && puts <= 8, "{reads} reads, {puts} puts");
    }
}

/// The bytes of the files below `folder` that `memory` has and had not before.
fn bytes_put(memory: &Memory, folder: &str, before: &mut BTreeSet<String>) -> usize {
    let mut bytes = 0;
    for name in memory.names(folder) {
        if before.insert(name.clone()) {
            memory.change(&name, |file| bytes += file.len());
        }
    }
    bytes
}

#[test]
fn an_appended_line_does_not_write_again_what_counts_of_its_file() {
    const APPENDS: usize = 24;
    let source = "growing = true".to_owned();
    let (mut work, memory) = (TestWork::new(JobWords { source, ..JobWords::default() }), Memory::default());
    let mut text = format!("{HEADER}\n");
    for at in 0..6_000 {
        let (day, hour, minute) = (1 + at / 1_440, at / 60 % 24, at % 60);
        text += &format!("2024-02-{day:02}T{hour:02}:{minute:02}:00Z,{}\n", at * 7_919 % 6_007);
    }
    work.write("in/a.csv", &text);
    work.run(&memory.calm()).unwrap();
    let folder = "state/contributions/part-";
    let mut names = BTreeSet::new();
    let first = bytes_put(&memory, folder, &mut names);
    let mut appended = 0;
    for minute in 0..APPENDS {
        text += &format!("2024-03-31T{:02}:{:02}:00Z,Close\n", minute / 60, minute % 60);
        work.write("in/a.csv", &text);
        work.run(&memory.calm()).unwrap();
        appended += bytes_put(&memory, folder, &mut names);
    }
    println!("{first} bytes, and {appended} bytes for {APPENDS} appended lines");
    // A data file of a few rows has less than 2 kB.
    assert!(appended <= APPENDS * 2_000 && 3 * first > APPENDS * 2_000, "{first} {appended}");
    let mut model = Model::default();
    truth::follow(&work, &memory, &mut model);
}

/// Operations on a store: what was done, and on which path.
type SeenOperations = Arc<Mutex<Vec<(&'static str, String)>>>;

/// A store that keeps each operation on it, and where they are kept.
fn watched(memory: &Memory) -> (Store, SeenOperations) {
    let seen = SeenOperations::default();
    let keep = seen.clone();
    let store = memory.wild(Box::new(move |what, path| {
        keep.lock().unwrap().push((what, path.to_owned()));
        OperationFate::Pass
    }));
    (store, seen)
}

/// An engine that must not be asked.
#[derive(Debug)]
struct Unasked;

impl Engine for Unasked {
    fn name(&self) -> &'static str {
        "unasked"
    }

    fn count(&self, _: &Job, _: &[InputFile], _: &Settings, _: &mut dyn Receiver) -> Result<()> {
        panic!("there is nothing to count");
    }
}

#[test]
fn what_a_run_reads_of_the_state_does_not_grow_with_the_known_files() {
    let (mut idle, mut changed) = (Vec::new(), Vec::new());
    for files in [10, 100, 1_000] {
        let (mut work, memory) = (TestWork::new(JobWords::default()), Memory::default());
        for file in 0..files {
            let text = format!("{HEADER}\n2024-03-31T{:02}:{:02}:00Z,Open\n", file / 60, file % 60);
            work.write(&format!("in/{file:04}.csv"), &text);
        }
        work.run(&memory.calm()).unwrap();

        let (there, (store, seen)) = (memory.names(""), watched(&memory));
        let listing = source::list_present(
            &work.job().source.path,
            &work.job().source.root,
            &work.job().source.endings(),
            &work.job().stores(),
        )
        .unwrap();
        let options = RunOptions { engine: Some(&Unasked), store: Some(&store), ..RunOptions::default() };
        let done =
            run_with(&work.job(), Inputs::Files(&listing.files), &Settings::default(), options).unwrap();
        assert_eq!((done.bytes_read, done.windows_changed()), (0, 0));
        let seen = std::mem::take(&mut *seen.lock().unwrap());
        // Only the record of the run is written; each file of the other tables is read once.
        let is_read = |path: &&String| !path.starts_with("runs/");
        for path in there.iter().filter(is_read) {
            assert!(seen.iter().filter(|(_, of)| of == path).count() <= 1, "{path}: {seen:?}");
        }
        idle.push(store.operations());

        work.write("in/0003.csv", &format!("{HEADER}\n2024-03-31T00:04:00Z,Close\n"));
        let store = memory.calm();
        work.run(&store).unwrap();
        changed.push(store.operations());
    }
    assert!(idle.iter().all(|of| *of == idle[0] && of.reads <= 22), "{idle:?}");
    assert!(changed.iter().all(|of| *of == changed[0] && of.reads <= 44), "{changed:?}");
}
