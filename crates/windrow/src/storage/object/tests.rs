use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use bytes::Bytes;

use super::*;
use crate::error::{Code, Kind};
use crate::storage::Put;

const BLOCK_BYTES: u64 = 64 << 10;

/// One file of this content, which counts the requests of each block, and fails or changes on demand.
#[derive(Debug)]
struct OneObject {
    content: Mutex<(Vec<u8>, &'static str)>,
    requests: Mutex<BTreeMap<u64, usize>>,
    failures: AtomicUsize,
    /// Nothing is answered while this is locked.
    gate: Mutex<()>,
}

impl OneObject {
    fn new(len: u64) -> Arc<Self> {
        let content = (0..len).map(|at| (at / 1000 + at % 251) as u8).collect();
        Arc::new(OneObject {
            content: Mutex::new((content, "first")),
            requests: Mutex::default(),
            failures: AtomicUsize::new(0),
            gate: Mutex::default(),
        })
    }

    fn object(self: &Arc<Self>) -> Object {
        Object::new(self.clone(), &self.stat("a").unwrap().unwrap())
    }

    fn bytes(&self, range: Range<u64>) -> Vec<u8> {
        self.content.lock().unwrap().0[range.start as usize..range.end as usize].to_vec()
    }

    fn most_requests(&self) -> usize {
        self.requests.lock().unwrap().values().copied().max().unwrap_or(0)
    }
}

impl Storage for OneObject {
    fn place(&self) -> String {
        "one:".to_owned()
    }
    fn fetched(&self) -> Fetched {
        Fetched { block_bytes: BLOCK_BYTES, ahead_max: 16 }
    }
    fn get(&self, _: &str) -> Result<Option<Bytes>> {
        unreachable!("objects are read by ranges")
    }
    fn get_range(&self, _: &str, range: Range<u64>) -> Result<Option<Bytes>> {
        drop(self.gate.lock());
        *self.requests.lock().unwrap().entry(range.start / BLOCK_BYTES).or_default() += 1;
        if self.failures.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
            return Err(Error::new(Kind::Storage, "cannot read one:/a: SlowDown"));
        }
        Ok(Some(self.bytes(range).into()))
    }
    fn stat(&self, path: &str) -> Result<Option<StoredFile>> {
        let content = self.content.lock().unwrap();
        Ok(Some(StoredFile {
            path: path.to_owned(),
            size_bytes: content.0.len() as u64,
            modified_ms: 0,
            etag: Some(content.1.to_owned()),
        }))
    }
    fn put_new(&self, _: &str, _: Bytes) -> Result<Put> {
        unreachable!("inputs are read")
    }
    fn put(&self, _: &str, _: Bytes) -> Result<()> {
        unreachable!("inputs are read")
    }
    fn list(&self, _: &str) -> Result<Vec<StoredFile>> {
        unreachable!("inputs are listed before")
    }
    fn delete(&self, _: &str) -> Result<()> {
        unreachable!("inputs are read")
    }
}

fn read(object: &Object, range: Range<u64>) -> Result<Vec<u8>> {
    let mut bytes = vec![0; (range.end - range.start) as usize];
    let read = object.read_at(&mut bytes, range.start, &Stop::default())?;
    bytes.truncate(read);
    Ok(bytes)
}

#[test]
fn any_bytes_are_those_of_the_object() {
    let one = OneObject::new(3 * BLOCK_BYTES + 7);
    let object = one.object();
    for range in [
        0..1,
        BLOCK_BYTES - 1..BLOCK_BYTES + 1,
        3 * BLOCK_BYTES + 6..3 * BLOCK_BYTES + 7,
        5..2 * BLOCK_BYTES + 5,
        0..3 * BLOCK_BYTES + 7,
    ] {
        assert!(read(&object, range.clone()).unwrap() == one.bytes(range.clone()), "{range:?}");
    }
    assert_eq!(read(&object, 3 * BLOCK_BYTES + 6..3 * BLOCK_BYTES + 9).unwrap().len(), 1, "no more is there");
    assert_eq!(read(&object, 3 * BLOCK_BYTES + 7..3 * BLOCK_BYTES + 9).unwrap().len(), 0);
    assert_eq!(one.most_requests(), 1, "each block is fetched once");
}

#[test]
fn what_is_read_in_order_is_fetched_ahead_once_and_not_all_held() {
    let blocks = 40;
    let one = OneObject::new(blocks * BLOCK_BYTES);
    let object = one.object();
    for number in 0..blocks {
        let at = number * BLOCK_BYTES;
        assert!(read(&object, at..at + 10).unwrap() == one.bytes(at..at + 10));
        let state = object.0.lock();
        // Those that are on their way are there too.
        assert!(number != 10 || state.blocks.keys().max() > Some(&12), "more than the next one is fetched");
        let held = state.blocks.values().filter(|block| matches!(block, BlockFetch::Here(_))).count();
        assert!(held <= state.held_max(16), "{held}");
    }
    assert_eq!(one.requests.lock().unwrap().len() as u64, blocks);
    assert_eq!(one.most_requests(), 1);
    object.close();
    assert!(object.0.lock().blocks.is_empty());
    assert!(read(&object, 0..10).unwrap() == one.bytes(0..10), "a closed one can be read again");
}

#[test]
fn what_is_read_in_order_is_fetched_ahead_at_once_and_what_is_looked_at_is_not() {
    let one = OneObject::new(13 * BLOCK_BYTES);
    for from in [None, Some(0), Some(3 * BLOCK_BYTES + 7)] {
        let object = one.object();
        read(&object, 0..10).unwrap();
        if let Some(from) = from {
            object.fetch_from(from, 1);
        }
        let mut expected = vec![0];
        expected.extend(
            from.iter().flat_map(|at| (0..=AHEAD_AT_FIRST).map(move |ahead| at / BLOCK_BYTES + ahead)),
        );
        expected.dedup();
        let asked: Vec<u64> = object.0.lock().blocks.keys().copied().collect();
        assert_eq!(asked, expected, "{from:?}");
    }
}

#[test]
fn what_a_look_has_fetched_is_there_for_who_reads_it_next() {
    let one = OneObject::new(3 * BLOCK_BYTES);
    let object = one.object();
    object.fetch_and_keep();
    read(&object, 0..10).unwrap();
    read(&object, 2 * BLOCK_BYTES..2 * BLOCK_BYTES + 10).unwrap();
    object.close();
    assert_eq!(object.0.lock().blocks.keys().collect::<Vec<_>>(), [&0], "and no more than that");
    object.fetch();
    read(&object, 0..3 * BLOCK_BYTES).unwrap();
    assert_eq!(*one.requests.lock().unwrap(), BTreeMap::from([(0, 1), (1, 1), (2, 2)]));
    object.close();
    assert!(object.0.lock().blocks.is_empty(), "once it was read, nothing stays");
}

#[test]
fn what_is_counted_after_a_look_is_fetched_during_it() {
    let one = OneObject::new(20 * BLOCK_BYTES);
    let object = one.object();
    object.fetch_and_keep_more();
    object.fetch_and_keep();
    read(&object, 0..10).unwrap();
    // What is on its way stays too.
    object.close();
    assert_eq!(object.0.lock().blocks.len() as u64, 1 + AHEAD_AT_FIRST);
    object.fetch();
    object.fetch_from(0, 1);
    read(&object, 0..20 * BLOCK_BYTES).unwrap();
    assert_eq!((one.most_requests(), one.requests.lock().unwrap().len()), (1, 20));
}

#[test]
fn what_was_fetched_ahead_and_is_not_read_makes_room() {
    let one = OneObject::new(100 * BLOCK_BYTES);
    let object = one.object();
    let read_part = |number: u64, part: u64| {
        let at = number * BLOCK_BYTES + part;
        assert!(read(&object, at..at + 10).unwrap() == one.bytes(at..at + 10));
    };
    for begin in [0, 25, 50] {
        for number in begin..begin + 6 {
            for part in 0..4 {
                read_part(number, part * BLOCK_BYTES / 4);
            }
        }
    }
    // What is on its way has to arrive before it can be dropped.
    read_part(90, 0);
    read_part(90, 10);
    assert_eq!(one.most_requests(), 1);
}

#[test]
fn many_threads_that_read_blocks_by_turns_get_each_from_one_request() {
    let (readers, blocks) = (40, 120);
    let one = OneObject::new(blocks * BLOCK_BYTES);
    let object = one.object();
    object.fetch_from(0, readers);
    // Each thread reads some of its block in turn, as those of a slow machine do.
    for first in (0..blocks).step_by(readers) {
        for part in [1, BLOCK_BYTES / 2, BLOCK_BYTES - 1] {
            for number in first..first + readers as u64 {
                read(&object, number * BLOCK_BYTES + part..number * BLOCK_BYTES + part + 1).unwrap();
            }
        }
    }
    assert_eq!((one.most_requests(), one.requests.lock().unwrap().len() as u64), (1, blocks));
}

#[test]
fn a_store_that_fetches_files_one_by_one_is_not_told_which_follow() {
    let one = OneObject::new(1);
    let objects: Vec<Object> = (0..100).map(|_| one.object()).collect();
    let taken = AtomicUsize::new(0);
    Object::expect(objects.iter().inspect(|_| _ = taken.fetch_add(1, Relaxed)), ExpectedBytes::Ends);
    assert_eq!(taken.into_inner(), 1);
}

#[test]
fn places_here_and_there_fetch_nothing_ahead() {
    let one = OneObject::new(40 * BLOCK_BYTES);
    let object = one.object();
    for number in [30, 3, 20, 9] {
        read(&object, number * BLOCK_BYTES..number * BLOCK_BYTES + 10).unwrap();
    }
    let requested: Vec<u64> = one.requests.lock().unwrap().keys().copied().collect();
    assert_eq!(requested, [3, 9, 20, 30]);
}

#[test]
fn an_object_that_changes_is_never_mixed() {
    let one = OneObject::new(2 * BLOCK_BYTES);
    let object = one.object();
    one.content.lock().unwrap().1 = "second";
    let error = read(&object, 0..10).unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Storage, Code::FileChanged), "{error}");
}

#[test]
fn an_error_is_told_and_may_pass() {
    let one = OneObject::new(BLOCK_BYTES);
    let object = one.object();
    one.failures.store(1, Relaxed);
    assert!(read(&object, 0..10).unwrap_err().to_string().contains("SlowDown"));
    assert!(read(&object, 0..10).unwrap() == one.bytes(0..10));
}

#[test]
fn who_waits_is_stopped() {
    let one = OneObject::new(BLOCK_BYTES);
    let object = one.object();
    let gate = one.gate.lock().unwrap();
    let stop = Stop::default();
    stop.request(false);
    let error = object.read_at(&mut [0; 10], 0, &stop).unwrap_err();
    assert_eq!(error.kind(), Kind::Interrupted);
    drop(gate);
}
