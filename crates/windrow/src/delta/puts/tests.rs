use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::delta::store::faulty::{Faulty, InjectedFault};
use crate::delta::tests::{PATH, commit, numbers, open, spec, written};
use crate::delta::{DeltaTable, Store};
use crate::storage::{LocalFolder, Put, Storage, StoredFile};

/// A folder that holds back each data file until [`AT_ONCE`] of them came.
#[derive(Debug)]
struct SlowFolder {
    inner: LocalFolder,
    /// How many came so far, and whether one has waited for others in vain.
    came: Mutex<(usize, bool)>,
    changed: Condvar,
}

impl Storage for SlowFolder {
    fn place(&self) -> String {
        self.inner.place()
    }
    fn get(&self, path: &str) -> Result<Option<Bytes>> {
        self.inner.get(path)
    }
    fn get_range(&self, path: &str, range: Range<u64>) -> Result<Option<Bytes>> {
        self.inner.get_range(path, range)
    }
    fn stat(&self, path: &str) -> Result<Option<StoredFile>> {
        self.inner.stat(path)
    }
    fn put_new(&self, path: &str, bytes: Bytes) -> Result<Put> {
        if path.ends_with(".parquet") {
            let mut came = self.came.lock().unwrap();
            came.0 += 1;
            self.changed.notify_all();
            let is_alone = |came: &mut (usize, bool)| came.0 < AT_ONCE && !came.1;
            let waited = self.changed.wait_timeout_while(came, Duration::from_secs(20), is_alone).unwrap();
            let (mut came, waited) = waited;
            came.1 |= waited.timed_out();
        }
        self.inner.put_new(path, bytes)
    }
    fn put(&self, path: &str, bytes: Bytes) -> Result<()> {
        self.inner.put(path, bytes)
    }
    fn list(&self, folder: &str) -> Result<Vec<StoredFile>> {
        self.inner.list(folder)
    }
    fn delete(&self, path: &str) -> Result<()> {
        self.inner.delete(path)
    }
}

#[test]
fn files_are_stored_at_once_and_all_are_there_in_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let inner = LocalFolder::new(folder.path());
    let slow = Arc::new(SlowFolder { inner, came: Mutex::default(), changed: Condvar::new() });
    let mut table = DeltaTable::create(&Store::new(slow.clone()), PATH, &spec()).unwrap();
    let puts = BackgroundPuts::default();
    let all: Vec<i64> = (1..=10 * AT_ONCE as i64).collect();
    let files: Vec<DataFile> =
        all.iter().map(|n| puts.put(written(&table, &[*n]).unwrap()).unwrap()).collect();
    puts.finish().unwrap();
    assert_eq!(*slow.came.lock().unwrap(), (all.len(), false), "so many are stored at once");
    table.commit(commit(&table, files, vec![], "a")).unwrap();
    assert_eq!(numbers(&open(folder.path())), all);
}

#[test]
fn a_file_that_cannot_be_stored_is_told_and_nothing_follows_it() {
    let folder = tempfile::tempdir().unwrap();
    let faulty = Faulty::new(Arc::new(LocalFolder::new(folder.path())));
    let table = DeltaTable::create(&faulty.store(), PATH, &spec()).unwrap();
    let puts = BackgroundPuts::default();
    faulty.plan(".parquet", InjectedFault::Before);
    puts.put(written(&table, &[1]).unwrap()).unwrap();
    let told = puts.finish().unwrap_err();
    assert!(told.message().contains("503"), "{told}");
    assert_eq!(puts.put(written(&table, &[2]).unwrap()).unwrap_err().message(), told.message());
    assert_eq!(puts.finish().unwrap_err().message(), told.message());
    drop(puts);
    let stored = LocalFolder::new(folder.path()).list(PATH).unwrap();
    assert!(stored.iter().all(|entry| !entry.path.ends_with(".parquet")), "{stored:?}");
}

#[test]
fn a_file_whose_answer_is_lost_is_stored() {
    for fault in [InjectedFault::AfterThenTaken, InjectedFault::FalselyTaken] {
        let folder = tempfile::tempdir().unwrap();
        let faulty = Faulty::new(Arc::new(LocalFolder::new(folder.path())));
        let mut table = DeltaTable::create(&faulty.store(), PATH, &spec()).unwrap();
        faulty.plan(".parquet", fault);
        let file = written(&table, &[1]).unwrap().finish().unwrap();
        table.commit(commit(&table, vec![file], vec![], "a")).unwrap();
        assert_eq!(numbers(&open(folder.path())), [1], "{fault:?}");
    }
}

#[test]
fn more_bytes_than_wait_at_once_are_stored_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = DeltaTable::create(&Store::local(folder.path()), PATH, &spec()).unwrap();
    let puts = BackgroundPuts::default();
    puts.0.lock().bytes = BYTES_MAX - 1;
    let waiting = Arc::clone(&puts.0);
    let room = thread::spawn(move || {
        // Who puts may wait by now, or come later.
        waiting.lock().bytes -= BYTES_MAX - 1;
        waiting.stored.notify_all();
    });
    let file = puts.put(written(&table, &[1]).unwrap()).unwrap();
    room.join().unwrap();
    puts.finish().unwrap();
    assert_eq!(puts.0.lock().bytes, 0);
    table.commit(commit(&table, vec![file], vec![], "a")).unwrap();
    assert_eq!(numbers(&open(folder.path())), [1]);
}
