//! What is fetched before it is read: the first bytes of objects, as a store answers slowly, but many requests at a time.

use std::borrow::Borrow;
use std::num::NonZeroUsize;
use std::ops::Range;

use super::InputFile;
use crate::storage::{ExpectedBytes, Object};

/// The most files whose first bytes are fetched before they are opened.
const FILES_MAX: usize = 32;
/// The most bytes of files that are fetched before they are opened, for each thread that counts.
const BYTES_PER_THREAD: u64 = 16 << 20;
/// The most bytes that wait while files are looked at, and the most that are kept of those that were.
const LOOK_BYTES: u64 = 32 << 20;
/// How many files a store is told of that fetches bytes of many files together.
pub(crate) const EXPECTED: usize = 256;

/// Begins to fetch the first bytes of `files` that are read soon, where they are objects. It is called once for each file, with its place `at`,
/// when that file is opened: so each is fetched once, and not again when another thread is done with it.
pub(crate) fn fetch_ahead(files: &[InputFile], at: usize, threads: NonZeroUsize) {
    if files[at].object.is_some() {
        let objects = files[at..].iter().take(EXPECTED).filter_map(|file| file.object.as_ref());
        Object::expect(objects, ExpectedBytes::Ends);
    }
    let bytes_max = BYTES_PER_THREAD * threads.get() as u64;
    files[newly_fetched(files, at, bytes_max)]
        .iter()
        .filter_map(|file| file.object.as_ref())
        .for_each(Object::fetch);
}

/// Begins to fetch the first bytes of a file that is looked at now, and keeps them until it is counted.
pub(crate) fn fetch_to_look(file: &InputFile) {
    Object::expect(file.object.iter(), ExpectedBytes::Ends);
    file.object.iter().for_each(Object::fetch_and_keep);
}

/// Begins to fetch the bytes of the first of `files`, which are looked at and then counted. Of a table in Parquet, bytes here and there are read.
pub(crate) fn fetch_to_count(files: &[InputFile]) {
    let is_table = |file: &&InputFile| file.table.is_some() || file.name.ends_with(".parquet");
    let first = files.first().filter(|file| !is_table(file));
    first.and_then(|file| file.object.as_ref()).into_iter().for_each(Object::fetch_and_keep_more);
}

/// The files to look at, in order. The first bytes of the next ones are fetched meanwhile, and some are kept until the files are counted.
pub(crate) fn fetched_to_look<'f>(files: &'f [&'f InputFile]) -> impl Iterator<Item = &'f InputFile> {
    Object::expect(files.iter().filter_map(|file| file.object.as_ref()), ExpectedBytes::Ends);
    let mut kept_bytes = 0;
    files.iter().enumerate().map(move |(at, file)| {
        for next in &files[newly_fetched(files, at, LOOK_BYTES)] {
            let Some(object) = &next.object else { continue };
            kept_bytes += object.first_bytes();
            match kept_bytes <= LOOK_BYTES {
                true => object.fetch_and_keep(),
                false => object.fetch(),
            }
        }
        *file
    })
}

/// The files that are fetched when the one at `at` is opened: those that its window has and the one before had not.
fn newly_fetched<F: Borrow<InputFile>>(files: &[F], at: usize, bytes_max: u64) -> Range<usize> {
    let end_of_window = |at: usize| {
        let mut bytes = 0;
        let fits = |file: &&F| {
            bytes += (*file).borrow().object.as_ref().map_or(0, Object::first_bytes);
            bytes <= bytes_max
        };
        at + files[at..].iter().take(FILES_MAX).take_while(fits).count().max(1)
    };
    at.checked_sub(1).map_or(at, end_of_window)..end_of_window(at)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::storage::{LocalFolder, Storage, StoredFile};

    fn files(sizes: impl Iterator<Item = u64>) -> Vec<InputFile> {
        let store = Arc::new(LocalFolder::new(Path::new("/")));
        let file = |size_bytes| {
            let entry = StoredFile { path: "none".to_owned(), size_bytes, modified_ms: 0, etag: None };
            InputFile { object: Some(Object::new(store.clone(), &entry)), ..InputFile::default() }
        };
        sizes.map(file).collect()
    }

    #[test]
    fn of_what_was_looked_at_no_more_is_kept_than_is_allowed() {
        let folder = tempfile::tempdir().unwrap();
        for at in 10..30 {
            let file = std::fs::File::create(folder.path().join(format!("{at}.csv"))).unwrap();
            file.set_len(5 << 20).unwrap();
        }
        let store = Arc::new(LocalFolder::new(folder.path()));
        let object = |entry: &StoredFile| Some(Object::new(store.clone(), entry));
        let file = |entry: &StoredFile| InputFile { object: object(entry), ..InputFile::default() };
        let files: Vec<InputFile> = store.list("").unwrap().iter().map(file).collect();
        let held = || files.iter().flat_map(|file| &file.object).map(Object::held_bytes).sum::<u64>();
        let looked_at: Vec<&InputFile> = files.iter().collect();
        for file in fetched_to_look(&looked_at) {
            assert_eq!(file.beginning(10).unwrap(), [0; 10]);
            assert!(held() <= 2 * LOOK_BYTES);
        }
        assert_eq!(held(), LOOK_BYTES);
    }

    #[test]
    fn each_file_is_fetched_once_and_no_more_bytes_wait_than_are_allowed() {
        let sizes = |at: u64| [20 << 10, 3 << 20, 1 << 40, 5 << 20][(at * at / 50 % 4) as usize];
        let files = files((0..400).map(sizes));
        let bytes = |files: &[InputFile]| {
            files.iter().flat_map(|file| &file.object).map(Object::first_bytes).sum::<u64>()
        };
        for bytes_max in [1, 16 << 20, 1 << 40] {
            let (mut fetched, mut most) = (0, 0);
            for at in 0..files.len() {
                let new = newly_fetched(&files, at, bytes_max);
                assert_eq!(new.start, fetched, "each once, in order");
                fetched = new.end;
                assert!(fetched > at, "the one that is opened is fetched");
                let ahead = &files[at..fetched];
                assert!(ahead.len() <= FILES_MAX && (ahead.len() == 1 || bytes(ahead) <= bytes_max));
                most = most.max(bytes(ahead));
            }
            assert_eq!(fetched, files.len());
            assert!(most * 2 > bytes_max.min(32 << 22), "and as many as are allowed");
        }
    }
}
