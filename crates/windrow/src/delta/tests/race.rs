use std::sync::{Arc, Barrier, Mutex};

use super::*;
use crate::delta::store::faulty::{Faulty, InjectedFault};
use crate::error::Kind;
use crate::storage::LocalFolder;

#[test]
fn of_two_writers_one_makes_each_version() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::local(folder.path());
    DeltaTable::create(&store, PATH, &spec()).unwrap();
    let (barrier, made) = (Barrier::new(2), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let (store, barrier, made) = (&store, &barrier, &made);
            scope.spawn(move || {
                for round in 0..20 {
                    barrier.wait();
                    let mut table = DeltaTable::open(store, PATH).unwrap().unwrap();
                    let run = format!("{writer}-{round}");
                    let number = i64::from(writer) * 100 + round;
                    let added = file(&table, &[number]).unwrap();
                    barrier.wait();
                    match table.commit(commit(&table, vec![added], vec![], &run)) {
                        Ok(committed) => made.lock().unwrap().push((committed.version, number)),
                        Err(error) => {
                            assert_eq!(error.kind(), Kind::Storage);
                            let winner = format!("run {}-{round} has made version", 1 - writer);
                            assert!(error.message().contains(&winner), "{error}");
                        }
                    }
                }
            });
        }
    });
    let mut made = made.into_inner().unwrap();
    made.sort_unstable();
    assert_eq!(made.iter().map(|(version, _)| *version).collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
    let mut acknowledged: Vec<i64> = made.iter().map(|(_, number)| *number).collect();
    acknowledged.sort_unstable();
    assert_eq!(numbers(&open(folder.path())), acknowledged);
}

#[test]
fn of_racing_creators_one_creates_and_the_others_open() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::local(folder.path());
    let barrier = Barrier::new(5);
    std::thread::scope(|scope| {
        for n in 0..5 {
            let (store, barrier) = (&store, &barrier);
            scope.spawn(move || {
                barrier.wait();
                let spec = TableSpec { run_id: format!("{n}"), ..spec() };
                assert_eq!(DeltaTable::create(store, PATH, &spec).unwrap().version(), 0);
            });
        }
    });
    assert_eq!(open(folder.path()).history().unwrap().len(), 1);
    let other = TableSpec { partition_columns: vec![], ..spec() };
    let error = DeltaTable::create(&store, PATH, &other).unwrap_err();
    assert_eq!(error.kind(), Kind::Attention);
}

#[test]
fn who_computed_from_an_old_version_has_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = DeltaTable::create(&Store::local(folder.path()), PATH, &spec()).unwrap();
    let mut zombie = table.clone();
    append(&mut table, &[1], "quick").unwrap();
    let added = file(&zombie, &[2]).unwrap();
    let late = commit(&zombie, vec![added], vec![], "late");
    zombie.refresh().unwrap();
    assert_eq!(zombie.version(), 1);
    let error = zombie.commit(late).unwrap_err();
    assert_eq!(error.kind(), Kind::Storage);
    assert!(error.message().contains("run quick has made version 1 first"), "{error}");
    assert_eq!(numbers(&open(folder.path())), [1]);
}

/// A table on a storage with faults.
fn faulty(folder: &tempfile::TempDir) -> (Arc<Faulty>, DeltaTable) {
    let faulty = Faulty::new(Arc::new(LocalFolder::new(folder.path())));
    let table = DeltaTable::create(&faulty.store(), PATH, &spec()).unwrap();
    (faulty, table)
}

#[test]
fn a_commit_whose_answer_was_lost_is_made() {
    for fault in [InjectedFault::After, InjectedFault::AfterThenTaken] {
        let folder = tempfile::tempdir().unwrap();
        let (faulty, mut table) = faulty(&folder);
        faulty.plan("01.json", fault);
        assert_eq!(append(&mut table, &[1], "a").unwrap().version, 1);
        assert_eq!(append(&mut table, &[2], "b").unwrap().version, 2);
        assert_eq!(numbers(&open(folder.path())), [1, 2]);
    }
}

#[test]
fn a_commit_that_never_landed_may_be_tried_again() {
    for fault in [InjectedFault::Before, InjectedFault::FalselyTaken] {
        let folder = tempfile::tempdir().unwrap();
        let (faulty, mut table) = faulty(&folder);
        faulty.plan("01.json", fault);
        let error = append(&mut table, &[1], "a").unwrap_err();
        assert_eq!(error.kind(), Kind::Storage);
        assert!(error.help_text().unwrap().contains("nothing was committed"), "{error:?}");
        assert_eq!((table.version(), open(folder.path()).version()), (0, 0));
        append(&mut table, &[1], "a").unwrap();
        assert_eq!(numbers(&open(folder.path())), [1]);
    }
}

#[test]
fn a_commit_that_cannot_be_looked_up_is_neither_made_nor_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (faulty, mut table) = faulty(&folder);
    faulty.plan("01.json", InjectedFault::After);
    faulty.plan("01.json", InjectedFault::Before);
    let error = append(&mut table, &[1], "a").unwrap_err();
    assert_eq!(error.kind(), Kind::Storage);
    assert!(error.message().contains("cannot tell"), "{error}");
    assert_eq!(table.version(), 0);
    table.refresh().unwrap();
    assert_eq!((table.version(), table.txn("job")), (1, Some(1)));
}

#[test]
fn an_earlier_attempt_of_the_same_run_is_not_this_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = DeltaTable::create(&Store::local(folder.path()), PATH, &spec()).unwrap();
    let mut second = table.clone();
    append(&mut table, &[1], "same run").unwrap();
    let error = append(&mut second, &[2], "same run").unwrap_err();
    assert!(error.message().contains("run same run has made version 1 first"), "{error}");
    assert_eq!(numbers(&open(folder.path())), [1]);
}

#[test]
fn a_stale_list_hides_no_commit() {
    let folder = tempfile::tempdir().unwrap();
    let (faulty, mut table) = faulty(&folder);
    for n in 1..=13 {
        append(&mut table, &[n], "a").unwrap();
    }
    faulty.lists_are_behind(3);
    let stale = DeltaTable::open(&faulty.store(), PATH).unwrap().unwrap();
    assert_eq!((stale.version(), numbers(&stale).len()), (13, 13));
}

#[test]
fn a_failed_checkpoint_leaves_the_commit_made() {
    let folder = tempfile::tempdir().unwrap();
    let (faulty, mut table) = faulty(&folder);
    faulty.plan(".checkpoint.parquet", InjectedFault::Before);
    for n in 1..=11 {
        append(&mut table, &[n], "a").unwrap();
    }
    assert_eq!(open(folder.path()).version(), 11);
}
