use std::sync::Arc;

use super::*;
use crate::delta::store::faulty::Faulty;
use crate::storage::LocalFolder;

/// A run as the ledger does it: one commit that replaces what the same run may have made before.
fn run(store: &Store, count: i64) -> Result<()> {
    let mut table = DeltaTable::create(store, PATH, &spec())?;
    if table.txn("job") >= Some(count) {
        return Ok(());
    }
    let added = file(&table, &[count])?;
    let commit =
        Commit { txns: vec![("job".to_owned(), count)], ..commit(&table, vec![added], vec![], "run") };
    table.commit(commit).map(drop)
}

#[test]
fn wherever_a_run_dies_the_next_one_goes_on() {
    let mut points = 0;
    for with_effect in [false, true] {
        for operations in 1.. {
            let folder = tempfile::tempdir().unwrap();
            let calm = Store::local(folder.path());
            (1..=9).for_each(|count| run(&calm, count).unwrap());
            // The tenth run writes a checkpoint too.
            let faulty = Faulty::new(Arc::new(LocalFolder::new(folder.path())));
            faulty.die_after(operations, with_effect);
            let outcome = run(&faulty.store(), 10);
            let seen = numbers(&open(folder.path()));
            assert!(seen.len() == 9 || seen.len() == 10, "{operations}: {seen:?}");
            assert!(outcome.is_err() || seen.len() == 10, "{operations}: said done and is not");
            run(&calm, 10).unwrap();
            run(&calm, 11).unwrap();
            assert_eq!(numbers(&open(folder.path())), (1..=11).collect::<Vec<_>>(), "{operations}");
            if !faulty.is_dead() {
                break;
            }
            points += 1;
        }
    }
    assert!(points >= 12, "only {points} points to die at");
}

#[test]
fn wherever_a_creator_dies_the_next_one_creates() {
    for with_effect in [false, true] {
        for operations in 1..=4 {
            let folder = tempfile::tempdir().unwrap();
            let faulty = Faulty::new(Arc::new(LocalFolder::new(folder.path())));
            faulty.die_after(operations, with_effect);
            let _ = run(&faulty.store(), 1);
            run(&Store::local(folder.path()), 1).unwrap();
            assert_eq!(numbers(&open(folder.path())), [1]);
        }
    }
}
