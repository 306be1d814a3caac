use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use windrow::delta::Store;
use windrow::delta::store::Operations;

use crate::model::{HEADER, Model};
use crate::storage::{Fate, Memory};
use crate::truth;
use crate::work::{Question, Work};

/// What one run does at the door of the store, and how many logs it lists.
fn cost(work: &Work, memory: &Memory) -> (Operations, usize) {
    let logs = Arc::new(AtomicUsize::new(0));
    let listed = logs.clone();
    let store: Store = memory.wild(Box::new(move |what, path| {
        if what == "list" && path.ends_with("_delta_log") {
            listed.fetch_add(1, Ordering::Relaxed);
        }
        Fate::Pass
    }));
    work.run(&store).unwrap();
    (store.operations(), logs.load(Ordering::Relaxed))
}

fn growing(files: usize) -> (Work, Memory, Model) {
    let source = "growing = true".to_owned();
    let mut work = Work::new(Question { source, ..Question::default() });
    for file in 0..files {
        work.write(&format!("in/{file:03}.csv"), &format!("{HEADER}\n2024-03-31T00:30:00Z,Open\nbad\n"));
    }
    (work, Memory::default(), Model::default())
}

fn append_to_all(work: &mut Work, minute: usize) {
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
            model.run(&work.job(), &work.files);
            truth::check(&memory.calm(), &work.job(), &model);
        }
        costs.push(of);
    }
    for (run, (one, many)) in costs[0].iter().zip(&costs[1]).enumerate() {
        assert_eq!((one.reads, one.puts), (many.reads, many.puts), "run {run}");
    }
}

#[test]
fn a_long_history_costs_a_run_nothing() {
    let (mut work, memory) = (Work::new(Question::default()), Memory::default());
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
