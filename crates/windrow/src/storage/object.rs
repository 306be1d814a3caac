//! Objects: files in a store, which answers slowly, but many requests at a time. Bytes are fetched in blocks, before they are needed.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::pieces::BytePieces;
use super::version::became_shorter;
use super::{ExpectedBytes, Fetched, FileVersion, Storage, StoredFile};
#[cfg(feature = "spark")]
use super::{StoredLines, version::vanished};
use crate::error::{Error, Result};
use crate::settings::Stop;

/// The most blocks that are fetched at once where all that follows is read in order.
const AHEAD_AT_FIRST: u64 = 8;
/// The number of blocks that were read and are held, without those of the readers. Others are fetched again when they are read again.
const READ_MAX: usize = 4;
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
    /// When blocks were last read or fetched ahead, by a number that grows.
    wanted: BTreeMap<u64, u64>,
    /// The blocks that readers wait for. They stay until these have them.
    waited: Vec<u64>,
    /// How many blocks are fetched ahead: more and more while blocks are read in order.
    ahead: u64,
    /// How many threads read it. Each reads a block, and the ends of those beside it.
    readers: usize,
    /// How many of the first blocks stay after a look at it.
    kept: u64,
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

    /// How its lines are fetched, if bytes at any place are not.
    #[cfg(feature = "spark")]
    pub(crate) fn lines(&self) -> Option<ObjectLines<'_>> {
        let (path, version) = (self.0.path.as_str(), &self.0.version);
        self.0.storage.lines(version).map(|stored| ObjectLines { stored, path, version })
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
        (state.closed, state.kept) = (false, 0);
        self.request(&mut state, 0);
    }

    /// Begins to fetch the bytes from `at` on, as all of them are read in order, by so many threads.
    pub(super) fn fetch_from(&self, at: u64, readers: usize) {
        let mut state = self.0.lock();
        let first = at / self.0.fetched.block_bytes;
        (state.ahead, state.readers) = (self.0.fetched.ahead_max.min(AHEAD_AT_FIRST), readers);
        for number in first..=first + state.ahead {
            self.request(&mut state, number);
        }
    }

    /// How many bytes [`Object::fetch`] fetches.
    pub(crate) fn first_bytes(&self) -> u64 {
        self.0.version.size_bytes.min(self.0.fetched.block_bytes)
    }

    /// How many of its bytes are held now.
    #[cfg(test)]
    pub(crate) fn held_bytes(&self) -> u64 {
        let state = self.0.lock();
        let held = |block: &BlockFetch| match block {
            BlockFetch::Here(pieces) => pieces.bytes_total(),
            BlockFetch::OnItsWay | BlockFetch::Failed(_) => 0,
        };
        state.blocks.values().map(held).sum()
    }

    /// How many of its blocks are held or on their way.
    #[cfg(test)]
    pub(crate) fn blocks_fetched(&self) -> usize {
        self.0.lock().blocks.len()
    }

    /// Begins to fetch its first bytes for a look at it, and keeps them after that until [`Object::fetch`].
    pub(crate) fn fetch_and_keep(&self) {
        self.keep(1);
    }

    /// As [`Object::fetch_and_keep`], and the bytes that follow: all of them are read after the look, in order.
    pub(crate) fn fetch_and_keep_more(&self) {
        self.keep(1 + self.0.fetched.ahead_max.min(AHEAD_AT_FIRST));
    }

    fn keep(&self, blocks: u64) {
        let mut state = self.0.lock();
        (state.closed, state.kept) = (false, state.kept.max(blocks));
        (0..blocks).for_each(|number| self.request(&mut state, number));
    }

    /// Drops the bytes that were fetched.
    pub(super) fn close(&self) {
        let mut state = self.0.lock();
        let (kept, mut blocks) = (state.kept, std::mem::take(&mut state.blocks));
        blocks.retain(|number, block| *number < kept && !matches!(block, BlockFetch::Failed(_)));
        *state = ObjectState { blocks, kept, closed: true, ..ObjectState::default() };
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
        let now = state.wanted.values().max().map_or(0, |last| last + 1);
        for ahead in number..=number + state.ahead {
            self.request(&mut state, ahead);
            state.wanted.insert(ahead, now);
        }
        state.waited.push(number);
        let (mut state, block) = self.wait_for(state, number, stop);
        if let Some(at) = state.waited.iter().position(|waited| *waited == number) {
            state.waited.swap_remove(at);
        }
        block
    }

    fn wait_for<'s>(
        &'s self,
        mut state: MutexGuard<'s, ObjectState>,
        number: u64,
        stop: &Stop,
    ) -> (MutexGuard<'s, ObjectState>, Result<BytePieces>) {
        loop {
            match state.blocks.get(&number) {
                Some(BlockFetch::Here(pieces)) => {
                    let pieces = pieces.clone();
                    return (state, Ok(pieces));
                }
                Some(BlockFetch::Failed(error)) => {
                    let error = error.clone();
                    state.blocks.remove(&number);
                    return (state, Err(error));
                }
                Some(BlockFetch::OnItsWay) => {
                    if let Err(stopped) = stop.check() {
                        return (state, Err(stopped));
                    }
                }
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

/// The lines of an object.
#[cfg(feature = "spark")]
#[derive(Clone, Copy)]
pub(crate) struct ObjectLines<'o> {
    pub(crate) stored: &'o dyn StoredLines,
    pub(crate) path: &'o str,
    pub(crate) version: &'o FileVersion,
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
        if !state.closed || number < state.kept {
            state.blocks.insert(number, got.map_or_else(BlockFetch::Failed, BlockFetch::Here));
            state.let_go(self.fetched.ahead_max);
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
        if self.read.len() > self.held_max(ahead_max) {
            self.read.remove(0);
        }
    }

    /// The most blocks that are held: what is fetched ahead, and what is read.
    fn held_max(&self, ahead_max: u64) -> usize {
        ahead_max as usize + READ_MAX + 2 * self.readers
    }

    /// Drops blocks that were wanted long ago, whether they were read or not.
    fn let_go(&mut self, ahead_max: u64) {
        let held_max = self.held_max(ahead_max);
        let is_here = |block: &BlockFetch| matches!(block, BlockFetch::Here(_));
        while self.blocks.values().filter(|block| is_here(block)).count() > held_max {
            let here = self.blocks.iter().filter(|(_, block)| is_here(block)).map(|(number, _)| *number);
            let free = here.filter(|number| !self.waited.contains(number));
            let oldest = free.min_by_key(|number| (self.wanted.get(number).copied(), u64::MAX - number));
            match oldest {
                Some(number) => (self.blocks.remove(&number), self.wanted.remove(&number)),
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
