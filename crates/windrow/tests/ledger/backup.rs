use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use windrow::backup::{back_up, restore};
use windrow::delta::Store;
use windrow::ledger::Ledger;
use windrow::{Kind, Stop};

use crate::crash::dying;
use crate::model::HEADER;
use crate::sequences::Draws;
use crate::storage::{Memory, OperationFate};
use crate::truth::published;
use crate::work::{JobWords, TestWork};

/// A job after so many runs that its ledger has a checkpoint.
fn after_runs() -> (TestWork, Memory) {
    let (mut work, memory, mut dice) = (TestWork::new(JobWords::default()), Memory::default(), Draws(3));
    for at in 0..11 {
        work.write(&format!("in/{}.csv", at % 5), &format!("{HEADER}\nbad\n{}", dice.lines(6)));
        work.run(&memory.calm()).unwrap();
    }
    (work, memory)
}

/// The files that a backup must hold: all but those that only save time.
fn files(memory: &Memory) -> Vec<(String, Vec<u8>)> {
    let names = memory.names("").into_iter().filter(|name| !name.ends_with("_last_checkpoint"));
    let store = memory.calm();
    names.map(|name| (name.clone(), store.get(&name).unwrap().unwrap().to_vec())).collect()
}

#[track_caller]
fn is_whole(work: &TestWork, restored: &Memory, memory: &Memory) {
    assert!(files(restored) == files(memory));
    let (job, restored) = (work.job(), restored.copy());
    assert_eq!(work.run(&restored.calm()).unwrap().bytes_read, 0, "nothing is new");
    assert_eq!(published(&restored.calm(), &job, "ten"), published(&memory.calm(), &job, "ten"));
}

fn version(store: &Store) -> Option<u64> {
    Ledger::open(store).unwrap_or_default().map(|ledger| ledger.version())
}

#[test]
fn a_half_made_backup_is_never_taken_for_a_whole_one() {
    let (work, memory) = after_runs();
    let (job, stop) = (work.job(), Stop::default());
    for (fate, every) in
        [(OperationFate::Before, 1), (OperationFate::After, 1), (OperationFate::AfterThenTaken, 5)]
    {
        for operations in (1..).step_by(every) {
            let made = Memory::default();
            let (to, done) = dying(&made, operations, fate);
            let ended = back_up(&job, &memory.calm(), &to, &stop);
            let restored = Memory::default();
            let taken = restore(&job, &made.calm(), &restored.calm(), &stop);
            match (&ended, &taken) {
                (Ok(_), Ok(_)) => {}
                (Err(_), Ok(_)) => assert!(done.load(Ordering::Relaxed) >= operations, "its answer was lost"),
                (Err(_), Err(error)) => {
                    assert_eq!(error.kind(), Kind::Usage, "{error}");
                    assert!(restored.names("").is_empty());
                    back_up(&job, &memory.calm(), &made.calm(), &stop).unwrap();
                    restore(&job, &made.calm(), &restored.calm(), &stop).unwrap();
                }
                (Ok(_), Err(error)) => panic!("{fate:?} {operations}: {error}"),
            }
            if ended.is_ok() || operations % 20 == 0 {
                is_whole(&work, &restored, &memory);
            }
            if ended.is_ok() && done.load(Ordering::Relaxed) < operations {
                break;
            }
        }
    }
}

#[test]
fn a_half_restored_ledger_is_none_and_the_rest_follows() {
    let (work, memory) = after_runs();
    let (job, stop, made) = (work.job(), Stop::default(), Memory::default());
    let backup = back_up(&job, &memory.calm(), &made.calm(), &stop).unwrap();
    for (fate, every) in
        [(OperationFate::Before, 1), (OperationFate::After, 1), (OperationFate::AfterThenTaken, 5)]
    {
        for operations in (1..).step_by(every) {
            let restored = Memory::default();
            let (to, done) = dying(&restored, operations, fate);
            let ended = restore(&job, &made.calm(), &to, &stop);
            let seen = version(&restored.calm());
            match seen {
                None => assert!(ended.is_err(), "{fate:?} {operations}"),
                // Older commits may be missing: they are only history.
                Some(version) => assert_eq!(version, backup.ledger_version, "{fate:?} {operations}"),
            }
            restore(&job, &made.calm(), &restored.calm(), &stop).unwrap();
            if ended.is_ok() || operations % 20 == 0 {
                is_whole(&work, &restored, &memory);
            }
            if ended.is_ok() && done.load(Ordering::Relaxed) < operations {
                break;
            }
        }
    }
}

#[test]
fn a_backup_is_of_one_moment_whatever_runs_do_meanwhile() {
    let (mut work, memory) = after_runs();
    let (job, stop) = (work.job(), Stop::default());
    for at in [2, 9, 40] {
        work.write("in/new.csv", &format!("{HEADER}\n{}", Draws(at).lines(5)));
        let (done, made, restored) = (Arc::new(AtomicU64::new(0)), Memory::default(), Memory::default());
        let (run, of) = (work.clone(), memory.clone());
        let from = memory.wild(Box::new(move |_, _| {
            if done.fetch_add(1, Ordering::Relaxed) == at {
                run.run(&of.calm()).unwrap();
            }
            OperationFate::Pass
        }));
        let backup = back_up(&job, &from, &made.calm(), &stop).unwrap();
        assert_eq!(Some(backup.ledger_version), version(&memory.calm()));
        restore(&job, &made.calm(), &restored.calm(), &stop).unwrap();
        is_whole(&work, &restored, &memory);
    }
}

#[test]
fn what_is_damaged_or_in_the_way_is_refused() {
    let (mut work, memory) = after_runs();
    let (job, stop, made) = (work.job(), Stop::default(), Memory::default());
    back_up(&job, &memory.calm(), &made.calm(), &stop).unwrap();
    let again = back_up(&job, &memory.calm(), &made.calm(), &stop).unwrap_err();
    assert!(again.to_string().contains("holds a backup already"), "{again}");
    // The output folder has a file that the backup does not have, and a file with other content.
    work.write("in/x.csv", &format!("{HEADER}\n{}", Draws(1).lines(3)));
    let other = Memory::default();
    work.run(&other.calm()).unwrap();
    let error = restore(&job, &made.calm(), &other.calm(), &stop).unwrap_err();
    assert!(error.kind() == Kind::Usage && error.to_string().contains("is not empty"), "{error}");
    for name in made.names("files/") {
        let damaged = made.copy();
        damaged.change(&name, |bytes| bytes[0] ^= 1);
        let error = restore(&job, &damaged.calm(), &Memory::default().calm(), &stop).unwrap_err();
        assert_eq!(error.kind(), Kind::Attention, "{name}: {error}");
    }
    made.change("backup.json", |bytes| {
        *bytes = String::from_utf8_lossy(bytes).replacen("\"reports/", "\"../reports/", 1).into_bytes();
    });
    assert_eq!(
        restore(&job, &made.calm(), &Memory::default().calm(), &stop).unwrap_err().kind(),
        Kind::Attention
    );
}
