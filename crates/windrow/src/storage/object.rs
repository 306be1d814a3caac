//! Objects: files in a store, which answers slowly, but many requests at a time. Bytes are fetched in blocks, before they are needed.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::pieces::BytePieces;
use super::version::became_shorter;
#[cfg(feature = "spark")]
use super::version::vanished;
use super::{ExpectedBytes, Fetched, FileVersion, Storage, StoredFile};
use crate::error::{Error, Result};
use crate::settings::Stop;

/// The most blocks that are fetched at once where all that follows is read in order.
const AHEAD_AT_FIRST: u64 = 8;
/// The number of blocks that are held; others are fetched again when they are read again.
const HELD_MAX: usize = 24;
/// How often a waiting reader checks whether the run is stopped.
const LOOK: Duration = Duration::from_millis(50);

/// A file in an object store.
#[derive(Clone, Debug)]
pub struct Object(Arc<Fetching>);

#[derive(Debug)]
struct Fetching {
    storage: Arc<dyn Storage>,
    path: String,
    version: FileVersion,
    fetched: Fetched,
    state: Mutex<ObjectState>,
    arrived: Condvar,
    /// What was seen of it when it was looked at again: none if it is gone. It is told once.
    #[cfg(feature = "spark")]
    seen: Mutex<Option<Option<FileVersion>>>,
}

#[derive(Debug, Default)]
struct ObjectState {
    blocks: BTreeMap<u64, BlockFetch>,
    /// The blocks that were read, the one read last at the end.
    read: Vec<u64>,
    /// How many blocks are fetched ahead: more and more while blocks are read in order.
    ahead: u64,
    /// Whether its first block stays after a look at it.
    is_kept: bool,
    /// Whether it is not read any more, so that blocks that arrive are dropped.
    closed: bool,
}

#[derive(Debug)]
enum BlockFetch {
    OnItsWay,
    Here(BytePieces),
    Failed(Error),
}

impl Object {
    /// The file `entry` of a storage.
    pub fn new(storage: Arc<dyn Storage>, entry: &StoredFile) -> Self {
        Object(Arc::new(Fetching {
            fetched: storage.fetched(),
            storage,
            path: entry.path.clone(),
            version: entry.version(),
            state: Mutex::default(),
            arrived: Condvar::new(),
            #[cfg(feature = "spark")]
            seen: Mutex::default(),
        }))
    }

    /// The version that was listed; no other version is read.
    pub fn version(&self) -> &FileVersion {
        &self.0.version
    }

    /// The present version.
    ///
    /// # Errors
    /// Storage: it is gone, or the store cannot be asked.
    #[cfg(feature = "spark")]
    pub(crate) fn version_now(&self) -> Result<FileVersion> {
        let seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner).take();
        let now = match seen {
            Some(seen) => seen,
            None => self.0.storage.stat(&self.0.path)?.map(|entry| entry.version()),
        };
        now.ok_or_else(vanished)
    }

    /// Says that bytes of these objects are read next, as far as they are in the store of the first one. A store takes as many of them
    /// as it makes use of.
    pub(crate) fn expect<'o>(objects: impl Iterator<Item = &'o Object>, bytes: ExpectedBytes) {
        let mut objects = objects.peekable();
        let Some(storage) = objects.peek().map(|first| Arc::clone(&first.0.storage)) else { return };
        let in_store = objects.take_while(|object| Arc::ptr_eq(&object.0.storage, &storage));
        storage.expect(&mut in_store.map(|object| (object.0.path.as_str(), &object.0.version)), bytes);
    }

    /// Looks at these objects again, so that [`Object::version_now`] tells of each what is seen now.
    ///
    /// # Errors
    /// Storage: a store cannot be asked.
    #[cfg(feature = "spark")]
    pub(crate) fn look_again(objects: &[&Object]) -> Result<()> {
        by_storage(objects).try_for_each(|(storage, files)| {
            let paths: Vec<_> = files.iter().map(|file| file.0.path.as_str()).collect();
            let mut seen = storage.look_again(&paths)?;
            for file in files {
                let now = seen.remove(&file.0.path).map(|found| found.map(|entry| entry.version()));
                *file.0.seen.lock().unwrap_or_else(PoisonError::into_inner) = now;
            }
            Ok(())
        })
    }

    /// Begins to fetch its first bytes.
    pub fn fetch(&self) {
        let mut state = self.0.lock();
        (state.closed, state.is_kept) = (false, false);
        self.request(&mut state, 0);
    }

    /// Begins to fetch the bytes from `at` on, as all of them are read, in order.
    pub(super) fn fetch_from(&self, at: u64) {
        let mut state = self.0.lock();
        let first = at / self.0.fetched.block_bytes;
        state.ahead = self.0.fetched.ahead_max.min(AHEAD_AT_FIRST);
        for number in first..=first + state.ahead {
            self.request(&mut state, number);
        }
    }

    /// Begins to fetch its first bytes for a look at it, and keeps them after that until [`Object::fetch`].
    pub(crate) fn fetch_and_keep(&self) {
        self.fetch();
        self.0.lock().is_kept = true;
    }

    /// Drops the bytes that were fetched.
    pub(super) fn close(&self) {
        let mut state = self.0.lock();
        let is_kept = state.is_kept;
        let first = state.blocks.remove(&0).filter(|block| is_kept && matches!(block, BlockFetch::Here(_)));
        let blocks = first.map(|block| (0, block)).into_iter().collect();
        *state = ObjectState { blocks, is_kept, closed: true, ..ObjectState::default() };
    }

    /// Reads some of the bytes from `at` on; 0: there are none.
    ///
    /// # Errors
    /// Storage: they cannot be fetched, or the object has changed. The run was stopped.
    pub(super) fn read_at(&self, into: &mut [u8], at: u64, stop: &Stop) -> Result<usize> {
        let wanted = self.0.version.size_bytes.saturating_sub(at).min(into.len() as u64) as usize;
        let mut read = 0;
        while read < wanted {
            let at = at + read as u64;
            let block_bytes = self.0.fetched.block_bytes;
            let block = self.block(at / block_bytes, stop)?;
            match block.copy_to((at % block_bytes) as usize, &mut into[read..wanted]) {
                0 => return Err(became_shorter()),
                copied => read += copied,
            }
        }
        Ok(read)
    }

    /// The block with this number, for which the caller waits.
    fn block(&self, number: u64, stop: &Stop) -> Result<BytePieces> {
        let mut state = self.0.lock();
        state.closed = false;
        state.touch(number, self.0.fetched.ahead_max);
        for ahead in number..=number + state.ahead {
            self.request(&mut state, ahead);
        }
        loop {
            match state.blocks.get(&number) {
                Some(BlockFetch::Here(pieces)) => return Ok(pieces.clone()),
                Some(BlockFetch::Failed(error)) => {
                    let error = error.clone();
                    state.blocks.remove(&number);
                    return Err(error);
                }
                Some(BlockFetch::OnItsWay) => stop.check()?,
                // Other readers have read so much that it was dropped again.
                None => self.request(&mut state, number),
            }
            let waited = self.0.arrived.wait_timeout(state, LOOK);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Fetches a block, on a thread of its own, unless it is here or on its way.
    fn request(&self, state: &mut ObjectState, number: u64) {
        if number * self.0.fetched.block_bytes >= self.0.version.size_bytes
            || state.blocks.contains_key(&number)
        {
            return;
        }
        let fetching = Arc::clone(&self.0);
        let spawned =
            std::thread::Builder::new().name("fetch".to_owned()).spawn(move || fetching.fetch(number));
        let block = match spawned {
            Ok(_) => BlockFetch::OnItsWay,
            Err(error) => BlockFetch::Failed(Error::io("cannot start a thread", &error)),
        };
        state.blocks.insert(number, block);
    }
}

/// Objects one after the other that are in the same store.
#[cfg(feature = "spark")]
fn by_storage<'o, 'a>(
    objects: &'o [&'a Object],
) -> impl Iterator<Item = (&'a dyn Storage, &'o [&'a Object])> {
    let same = |one: &&Object, other: &&Object| Arc::ptr_eq(&one.0.storage, &other.0.storage);
    objects.chunk_by(same).filter_map(|files| Some((&*files.first()?.0.storage, files)))
}

impl Fetching {
    fn fetch(&self, number: u64) {
        let block_bytes = self.fetched.block_bytes;
        let range = number * block_bytes..((number + 1) * block_bytes).min(self.version.size_bytes);
        let get = || self.storage.get_range_of(&self.path, &self.version, range);
        // A reader waits for the block, whatever happens.
        let got = catch_unwind(AssertUnwindSafe(get))
            .unwrap_or_else(|_| Err(Error::bug(format!("fetching {} failed", self.path))));
        let mut state = self.lock();
        if !state.closed {
            state.blocks.insert(number, got.map_or_else(BlockFetch::Failed, BlockFetch::Here));
            state.let_go();
        }
        self.arrived.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, ObjectState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ObjectState {
    /// Notes that a block is read, so that it is dropped last.
    fn touch(&mut self, number: u64, ahead_max: u64) {
        if self.read.last() == Some(&number) {
            return;
        }
        // Threads take blocks by turns, so the one before may not be the last one.
        self.ahead = match number.checked_sub(1) {
            Some(before) if self.read.contains(&before) => {
                (self.ahead * 4).clamp(1, ahead_max.max(1)).min(ahead_max)
            }
            _ if self.read.contains(&number) => self.ahead,
            _ => 0,
        };
        self.read.retain(|read| *read != number);
        self.read.push(number);
        if self.read.len() > HELD_MAX {
            self.read.remove(0);
        }
    }

    /// Drops blocks that were read long ago.
    fn let_go(&mut self) {
        let is_here = |block: &BlockFetch| matches!(block, BlockFetch::Here(_));
        while self.blocks.values().filter(|block| is_here(block)).count() > HELD_MAX {
            let here = self.blocks.iter().filter(|(_, block)| is_here(block)).map(|(number, _)| *number);
            // What was fetched ahead and not read yet is not in the list, and needed soon.
            let read_at = |number: &u64| self.read.iter().position(|read| read == number);
            let oldest = here.min_by_key(|number| (read_at(number).unwrap_or(usize::MAX), u64::MAX - number));
            match oldest {
                Some(number) => self.blocks.remove(&number),
                None => return,
            };
        }
    }
}

/// Objects are equal if they have the same address and version.
impl Ord for Object {
    fn cmp(&self, other: &Self) -> Ordering {
        let key =
            |object: &Object| (object.0.storage.place(), object.0.path.clone(), object.0.version.clone());
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Object {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Object {}

#[cfg(test)]
mod tests;
