use std::sync::Arc;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// What every storage must do.
fn keeps_the_contract(storage: Arc<dyn Storage>) {
    let store = Store::new(storage);
    assert_eq!(store.list("t").unwrap(), []);
    assert_eq!(store.get("t/a").unwrap(), None);
    assert_eq!(store.get_range("t/a", 0..1).unwrap(), None);
    assert_eq!(store.stat("t/a").unwrap(), None);
    store.delete("t/a").unwrap();

    assert_eq!(store.put_new("t/log/a", "one".into()).unwrap(), Put::Done);
    assert_eq!(store.put_new("t/log/a", "two".into()).unwrap(), Put::Taken);
    assert_eq!(store.get("t/log/a").unwrap().unwrap(), "one");
    store.put("t/log/a", "three".into()).unwrap();
    assert_eq!(store.get("t/log/a").unwrap().unwrap(), "three");
    assert_eq!(store.get_range("t/log/a", 1..4).unwrap().unwrap(), "hre");
    assert!(store.get_range("t/log/a", 1..9).is_err());
    let entry = store.stat("t/log/a").unwrap().unwrap();
    assert_eq!(entry.size_bytes, 5);
    assert!((clock_ms() - entry.modified_ms).abs() < 60_000);

    store.put("t/b", "b".into()).unwrap();
    store.put("tt/c", "c".into()).unwrap();
    let paths: Vec<String> = store.list("t").unwrap().into_iter().map(|entry| entry.path).collect();
    assert_eq!(paths, ["t/b", "t/log/a"]);
    store.delete("t/b").unwrap();
    assert_eq!(store.get("t/b").unwrap(), None);
    assert_eq!(store.operations(), Operations { reads: 9, puts: 5, lists: 2, deletes: 2 });

    let (won, barrier) = (AtomicUsize::new(0), Barrier::new(8));
    std::thread::scope(|scope| {
        for n in 0..8 {
            let (store, won, barrier) = (&store, &won, &barrier);
            scope.spawn(move || {
                barrier.wait();
                let put = store.put_new("t/race", format!("writer {n}").into()).unwrap();
                won.fetch_add(usize::from(put == Put::Done), Ordering::Relaxed);
            });
        }
    });
    assert_eq!(won.into_inner(), 1);
}

fn clock_ms() -> i64 {
    crate::clock::unix_ms()
}

#[test]
fn a_local_folder_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("made/when/needed");
    keeps_the_contract(Arc::new(LocalFolder::new(&root)));
    let staged = LocalFolder::new(&root).list("").unwrap();
    assert!(staged.iter().all(|entry| !entry.path.ends_with(".part")), "{staged:?}");
}

#[cfg(feature = "object-store")]
#[test]
fn an_object_store_keeps_the_contract() {
    use crate::storage::ObjectStorage;
    use object_store::memory::InMemory;
    keeps_the_contract(Arc::new(ObjectStorage::new("memory:", Box::new(InMemory::new())).unwrap()));
}

#[test]
fn links_are_not_followed_out_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), "s").unwrap();
    let root = folder.path().join("root");
    std::fs::create_dir_all(root.join("t")).unwrap();
    std::os::unix::fs::symlink(folder.path(), root.join("t/link")).unwrap();
    assert_eq!(LocalFolder::new(&root).list("t").unwrap(), []);
}
