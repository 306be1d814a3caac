use std::fs;
use std::sync::mpsc;

use windrow::Kind;
use windrow::delta::Store;

use crate::model::{HEADER, Model};
use crate::storage::{Memory, OperationFate};
use crate::truth;
use crate::work::{JobWords, TestWork};

/// Where a run stands still: before it writes this.
pub(crate) const STOPS: [(&str, &str); 4] = [
    ("state read", "state/contributions/"),
    ("contributions written", "state/ledger/part-"),
    ("before the commit to the ledger", "state/ledger/_delta_log/"),
    ("before publishing", "reports/ten/"),
];

/// A run that stands still before it puts something whose path begins like this, until `other` is done.
pub(crate) fn stalled(memory: &Memory, at: &'static str, other: impl FnOnce() + Send + 'static) -> Store {
    let mut other = Some(other);
    memory.wild(Box::new(move |what, path| {
        if what == "put"
            && path.starts_with(at)
            && let Some(other) = other.take()
        {
            other();
        }
        OperationFate::Pass
    }))
}

/// One run stands still at `at` while a file is renamed and another run is done.
fn race(at: &'static str, is_first: bool, what: &str) {
    let (memory, mut model) = (Memory::default(), Model::default());
    let mut work = TestWork::new(JobWords::default());
    let text = |hour| format!("{HEADER}\n2024-03-31T0{hour}:30:00Z,Open\n");
    work.write("in/a.csv", &text(1));
    if !is_first {
        work.run(&memory.calm()).unwrap();
        model.run(&work.job(), &work.files);
    }
    work.write("in/new.csv", &text(2));
    let (tell, told) = mpsc::channel();
    let (mut winner, shared) = (work.clone(), memory.clone());
    let store = stalled(&memory, at, move || {
        winner.rename("in/new.csv", "in/renamed.csv");
        tell.send((winner.run(&shared.calm()).unwrap().run, winner)).unwrap();
    });
    let run = work.run(&store);
    let (name, winner) = told.recv().unwrap();
    if what == "before publishing" {
        run.unwrap();
    } else {
        let error = run.unwrap_err();
        assert_eq!(error.kind(), Kind::Storage, "{what}: {error}");
        assert!(error.message().contains(&name), "{what}: {error} does not name {name}");
    }
    let job = winner.job();
    model.run(&job, &winner.files);
    truth::check(&memory.calm(), &job, &model);
    let before = truth::versions(&memory.calm(), &job);
    winner.run(&memory.calm()).unwrap();
    assert_eq!(truth::versions(&memory.calm(), &job), before, "{what}: a retry has nothing to do");
}

#[test]
fn a_run_that_stood_still_loses_and_harms_nothing() {
    for (what, at) in STOPS {
        race(at, false, what);
        race(at, true, what);
    }
}

#[test]
fn many_writers_end_as_one() {
    const WRITERS: usize = 8;
    const RUNS: usize = 10;
    let mut work = TestWork::new(JobWords::default());
    let memory = Memory::default();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (work, memory) = (&work, &memory);
            scope.spawn(move || {
                for run in 0..RUNS {
                    let name = format!("in/{writer}-{run}.csv");
                    let text = format!("{HEADER}\n2024-03-31T{run:02}:{writer:02}:00Z,Open\n");
                    let staged = work.path(&format!("{writer}.part"));
                    fs::write(&staged, text).unwrap();
                    fs::rename(&staged, work.path(&name)).unwrap();
                    while let Err(error) = work.run(&memory.calm()) {
                        assert_eq!(error.kind(), Kind::Storage, "{error}");
                    }
                }
            });
        }
    });
    for writer in 0..WRITERS {
        for run in 0..RUNS {
            let name = format!("in/{writer}-{run}.csv");
            let text = fs::read_to_string(work.path(&name)).unwrap();
            work.files.insert(name, text);
        }
    }
    work.run(&memory.calm()).unwrap();
    let mut model = Model::default();
    truth::follow(&work, &memory, &mut model);
}
