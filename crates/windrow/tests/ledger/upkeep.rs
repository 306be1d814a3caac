use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use windrow::delta::Store;
use windrow::ledger::{KeptTable, Ledger, RejectRow, Sums, read_rows};
use windrow::{Kind, Result};

use crate::crash::dying;
use crate::model::{HEADER, Model};
use crate::races::{STOPS, stalled};
use crate::storage::{Memory, OperationFate};
use crate::truth;
use crate::work::{JobWords, TestWork};

/// More runs than versions of the state are kept.
const MANY: u64 = 45;

/// Files that do not become more, and runs over them.
#[derive(Clone)]
struct Busy {
    work: TestWork,
    memory: Memory,
    model: Model,
    runs: u64,
}

impl Busy {
    fn new() -> Busy {
        let mut work = TestWork::new(JobWords::default());
        work.write("in/a.csv", &format!("{HEADER}\n2024-03-31T00:30:00Z,Open\n"));
        Busy { work, memory: Memory::default(), model: Model::default(), runs: 0 }
    }

    /// A file changes, and has another reject.
    fn change(&mut self) {
        self.runs += 1;
        let (hour, minute) = (self.runs / 60 % 24, self.runs % 60);
        let text = format!("{HEADER}\n2024-03-31T{hour:02}:{minute:02}:00Z,Open\nbad {}\n", self.runs);
        self.work.write("in/b.csv", &text);
    }

    fn run(&mut self) {
        self.change();
        self.work.run(&self.memory.calm()).unwrap();
        self.model.run(&self.work.job(), &self.work.files);
    }

    fn run_many(mut self, runs: u64) -> Busy {
        (0..runs).for_each(|_| self.run());
        self
    }

    /// All of it as it is now, the files too, which clones share.
    fn restored(&self) -> Busy {
        let mut busy = Busy { memory: self.memory.copy(), ..self.clone() };
        self.work.files.iter().for_each(|(name, text)| busy.work.write(name, text));
        busy
    }

    fn check(&self) {
        truth::check(&self.memory.calm(), &self.work.job(), &self.model);
    }
}

#[test]
fn the_state_is_as_small_after_many_runs_as_after_few() {
    let mut busy = Busy::new().run_many(1);
    // Over some runs: the most files that are stored, and all operations.
    let mut cost = |from: u64| {
        let mut cost = [0; 5];
        while busy.runs < from + 40 {
            busy.change();
            let store = busy.memory.calm();
            busy.work.run(&store).unwrap();
            // A run every ten minutes.
            busy.memory.age(600_000);
            let done = store.operations();
            if busy.runs > from {
                cost[0] = cost[0].max(busy.memory.names("").len() as u64);
                let now = [done.reads, done.puts, done.lists, done.deletes];
                cost[1..].iter_mut().zip(now).for_each(|(sum, now)| *sum += now);
            }
        }
        cost
    };
    let (few, many) = (cost(140), cost(200));
    println!("files, and reads, puts, lists, deletes of 40 runs: {few:?}, {many:?}");
    for (few, many) in few.iter().zip(&many) {
        // Tables are cleaned in turns. What grows with the runs would be a third more.
        assert!(many * 10 <= few * 11, "{few:?}, {many:?}");
    }
}

/// What a command reads that looks at the state: the events that count, and the rejects.
fn read(busy: &Busy, store: &Store) -> Result<(u64, Vec<String>)> {
    let ledger = Ledger::open(store)?.unwrap();
    let sums = Sums::open(store, &ledger)?;
    let mut events = 0;
    sums.each_count(&ledger.contributions(), i64::MIN..i64::MAX, &mut |row| {
        events += row.count * row.times;
        Ok(())
    })?;
    let (mut rejects, readings) = (Vec::new(), ledger.readings());
    read_rows(store, KeptTable::Rejects, None, &mut |row: RejectRow| {
        rejects.extend(readings.contains(&row.reading).then_some(row.raw.unwrap_or_default()));
        Ok(())
    })?;
    assert_eq!(events, busy.work.files.len() as u64, "each file has one event");
    Ok((events, rejects))
}

/// A store that stands still before one of its operations, until `other` is done.
fn stalled_at(memory: &Memory, at: u64, other: impl FnOnce() + Send + 'static) -> (Store, Arc<AtomicU64>) {
    let (done, mut other) = (Arc::new(AtomicU64::new(0)), Some(other));
    let count = done.clone();
    let store = memory.wild(Box::new(move |_, _| {
        if count.fetch_add(1, Ordering::Relaxed) + 1 == at
            && let Some(other) = other.take()
        {
            other();
        }
        OperationFate::Pass
    }));
    (store, done)
}

#[test]
fn who_reads_while_many_runs_are_done_gets_an_answer_or_begins_again() {
    let before = Busy::new().run_many(5);
    let (mut answers, mut told) = (0, 0);
    for at in (1..).step_by(5) {
        let busy = Busy { memory: before.memory.copy(), ..before.clone() };
        let other = busy.clone();
        let (store, done) = stalled_at(&busy.memory, at, move || drop(other.run_many(MANY)));
        match read(&busy, &store) {
            Ok((_, rejects)) => {
                assert!(rejects.len() <= 1, "{rejects:?}");
                answers += 1;
            }
            Err(error) => {
                assert_eq!(error.kind(), Kind::Storage, "at {at}: {error}");
                told += 1;
            }
        }
        if done.load(Ordering::Relaxed) < at {
            break;
        }
    }
    println!("{answers} answers, {told} told to begin again");
    assert!(answers > 0 && told > 0);
}

#[test]
fn a_run_that_stood_still_while_many_were_done_loses_and_harms_nothing() {
    let before = Busy::new().run_many(5);
    for (what, at) in STOPS {
        let mut busy = Busy { memory: before.memory.copy(), ..before.clone() };
        busy.change();
        let (tell, told) = mpsc::channel();
        let other = busy.clone();
        let store = stalled(&busy.memory, at, move || tell.send(other.run_many(MANY)).unwrap());
        // What it was about to count is another file by now.
        let run = busy.work.run(&store);
        let now = told.recv().unwrap();
        match run {
            Ok(_) => assert_eq!(what, "before publishing"),
            Err(error) => assert_eq!(error.kind(), Kind::Storage, "{what}: {error}"),
        }
        // Another attempt of the same process finds what is true now.
        now.work.run(&store).unwrap_or_else(|error| panic!("{what}: {error}"));
        now.check();
        now.run_many(1).check();
    }
}

#[test]
fn a_run_that_dies_while_it_cleans_is_mended() {
    // The next run is the one that cleans.
    let mut before = Busy::new().run_many(34);
    before.change();
    before.model.run(&before.work.job(), &before.work.files);
    let at = Arc::new(Mutex::new(Vec::new()));
    let (seen, mut count) = (at.clone(), 0);
    let watched = before.memory.copy().wild(Box::new(move |what, path| {
        count += 1;
        if what == "delete" || path.ends_with("_last_checkpoint") {
            seen.lock().unwrap().push(count);
        }
        OperationFate::Pass
    }));
    before.work.run(&watched).unwrap();
    let at = at.lock().unwrap().clone();
    assert!(at.len() > 40, "it cleans: {at:?}");
    let calm = before.restored().run_many(20).memory.names("").len();
    let fates = [OperationFate::Before, OperationFate::After].into_iter().cycle();
    for (operations, last) in at.into_iter().step_by(11).zip(fates) {
        let busy = before.restored();
        let (store, _) = dying(&busy.memory, operations, last);
        if let Err(error) = busy.work.run(&store) {
            assert_eq!(error.kind(), Kind::Storage, "{error}");
        }
        let answer = busy.work.run(&busy.memory.calm());
        answer.unwrap_or_else(|error| panic!("after {operations} {last:?}: {error}"));
        busy.check();
        // What was left is cleaned in the next turn.
        let busy = busy.run_many(20);
        busy.check();
        let files = busy.memory.names("").len();
        assert!(files <= calm + 8, "after {operations} {last:?}: {files} files, {calm} without");
    }
}
