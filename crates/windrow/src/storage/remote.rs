//! An object store as a storage: S3, Azure, Google Cloud, or memory.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path;
use object_store::{
    GetOptions, GetRange, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode,
    PutOptions,
};
use tokio::runtime::{Builder, Handle, Runtime};

use super::folder_markers::without_markers;
use super::list_answers::OddKeys;
use super::pieces::BytePieces;
use super::said::cannot;
use super::upload::UploadParts;
use super::version::{became_shorter, changed, vanished};
use super::{FileVersion, FolderLevel, Put, Stamp, Storage, StoredFile};
use crate::error::{Code, Error, Kind, Result};
use crate::wait::outside_runtime;

/// How many objects are looked at again at a time.
const LOOKS_AT_ONCE: usize = 32;
/// Threads that serve the connections, while callers wait for their answers. One thread copies less than a fast network brings.
const NETWORK_THREADS: usize = 2;

/// An object store. Each call waits for its result: callers see nothing asynchronous.
#[derive(Debug)]
pub struct ObjectStorage {
    place: String,
    objects: Box<dyn ObjectStore>,
    odd: OddKeys,
    /// Lists keys by any prefix, in stores that can.
    pages: Option<PrefixListing>,
    // None only while the storage is dropped.
    runtime: Option<Runtime>,
}

impl ObjectStorage {
    /// The objects of `objects`; `place` names its root for people.
    ///
    /// # Errors
    /// Storage: the system refuses what waiting for a network needs.
    pub fn new(place: impl Into<String>, objects: Box<dyn ObjectStore>) -> Result<Self> {
        hold_freed_memory();
        let runtime = Builder::new_multi_thread()
            .worker_threads(NETWORK_THREADS)
            .thread_name("network")
            .enable_all()
            .build()
            .map_err(|error| Error::io("cannot wait for the network", &error))?;
        let (place, odd, runtime) = (place.into(), OddKeys::default(), Some(runtime));
        Ok(ObjectStorage { place, objects, odd, pages: None, runtime })
    }

    /// The same storage, with connections that note odd keys in `odd`, and with `pages` for listing by prefix.
    pub(super) fn listing(mut self, odd: OddKeys, pages: Option<PrefixListing>) -> Self {
        (self.odd, self.pages) = (odd, pages);
        self
    }

    /// The listed objects as entries.
    fn entries(&self, found: Vec<ObjectMeta>) -> Result<Vec<StoredFile>> {
        let mut entries: Vec<StoredFile> = found.into_iter().map(entry).collect();
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        without_markers(entries).map_err(|path| {
            let place = self.place_of(&path);
            Error::usage(format!("two objects are called {place}: the name of one ends with a /"))
                .with_code(Code::Address)
                .with_help("rename one of them, or name a folder without them")
        })
    }

    /// All pages of the list of keys in `folder` that go on with `beginning`. With a `delimiter`, keys are cut at the first one behind that.
    fn paged(
        &self,
        pages: &Arc<dyn PaginatedListStore>,
        folder: &str,
        beginning: &str,
        delimiter: Option<&'static str>,
    ) -> Result<ListResult> {
        let prefix = if folder.is_empty() { beginning.to_owned() } else { format!("{folder}/{beginning}") };
        let listed = async {
            let mut all = ListResult { objects: Vec::new(), common_prefixes: Vec::new() };
            let mut page_token = None;
            loop {
                let delimiter = delimiter.map(Into::into);
                let options =
                    PaginatedListOptions { delimiter, page_token, ..PaginatedListOptions::default() };
                let page = pages.list_paginated(Some(&prefix), options).await?;
                all.objects.extend(page.result.objects);
                all.common_prefixes.extend(page.result.common_prefixes);
                page_token = page.page_token;
                if page_token.is_none() {
                    return Ok(all);
                }
            }
        };
        self.wait_for(listed)?.map_err(|error| self.cannot("list", folder, &error))
    }

    /// The result of `work` on the object at `path`; none if there is no such object.
    fn run<T>(
        &self,
        what: &str,
        path: &str,
        work: impl Future<Output = object_store::Result<T>> + Send,
    ) -> Result<Option<T>>
    where
        T: Send,
    {
        match self.wait_for(work)? {
            Ok(value) => Ok(Some(value)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.cannot(what, path, &error)),
        }
    }

    fn wait_for<T: Send>(&self, work: impl Future<Output = T> + Send) -> Result<T> {
        let runtime = self.runtime()?;
        Ok(outside_runtime(|| runtime.block_on(work)))
    }

    fn runtime(&self) -> Result<&Runtime> {
        self.runtime.as_ref().ok_or_else(|| Error::bug("a storage was used after its end"))
    }

    fn place_of(&self, path: &str) -> String {
        format!("{}/{path}", self.place)
    }

    fn cannot(&self, what: &str, path: &str, error: &object_store::Error) -> Error {
        cannot(what, &self.place_of(path), error)
    }
}

/// Lets the memory of answers be used again. The allocator of glibc gives large pieces back to the system when they are freed, and
/// each page of a new piece costs a fault; it holds on to pieces up to the size of the largest one that was freed, at most 32 MB.
fn hold_freed_memory() {
    const BYTES: usize = 31 << 20;
    drop(std::hint::black_box(Vec::<u8>::with_capacity(BYTES)));
}

/// A store that lists keys by any prefix.
#[derive(Clone)]
pub(super) struct PrefixListing(pub(super) Arc<dyn PaginatedListStore>);

impl fmt::Debug for PrefixListing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrefixListing")
    }
}

/// The parts of a file that are sent to an object store.
#[derive(Debug)]
struct SentParts {
    upload: Box<dyn MultipartUpload>,
    runtime: Handle,
    place: String,
}

impl UploadParts for SentParts {
    fn put(&mut self, bytes: Bytes) -> Result<()> {
        let sent = self.upload.put_part(bytes.into());
        let sent = outside_runtime(|| self.runtime.block_on(sent));
        sent.map_err(|error| cannot("write", &self.place, &error))
    }

    fn complete(&mut self) -> Result<()> {
        let (upload, runtime) = (&mut self.upload, &self.runtime);
        let complete = outside_runtime(|| runtime.block_on(upload.complete()));
        complete.map(drop).map_err(|error| cannot("write", &self.place, &error))
    }

    fn abort(&mut self) {
        let (upload, runtime) = (&mut self.upload, &self.runtime);
        // The error that made the caller give up the file is the one to report.
        let _ = outside_runtime(|| runtime.block_on(upload.abort()));
    }
}

/// A runtime waits for its work when it is dropped, which a thread of another one must not do.
impl Drop for ObjectStorage {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Storage for ObjectStorage {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn get(&self, path: &str) -> Result<Option<Bytes>> {
        let location = location(path);
        self.run("read", path, async { self.objects.get(&location).await?.bytes().await })
    }

    fn get_range(&self, path: &str, range: Range<u64>) -> Result<Option<Bytes>> {
        let location = location(path);
        let length = range.end.saturating_sub(range.start);
        let bytes = self.run("read", path, self.objects.get_range(&location, range))?;
        match bytes {
            Some(bytes) if bytes.len() as u64 != length => Err(Error::new(
                Kind::Storage,
                format!("cannot read {}: it is shorter than it was", self.place_of(path)),
            )
            .with_code(Code::FileChanged)
            .with_help("a retry is safe")),
            bytes => Ok(bytes),
        }
    }

    fn get_range_of(&self, path: &str, version: &FileVersion, range: Range<u64>) -> Result<BytePieces> {
        let length = range.end.saturating_sub(range.start);
        let if_match = match &version.stamp {
            Stamp::Etag(etag) => Some(quoted(etag)),
            Stamp::Mtime { .. } => None,
        };
        let wanted = GetOptions { range: Some(GetRange::Bounded(range)), if_match, ..GetOptions::default() };
        let location = location(path);
        let work = async {
            let got = self.objects.get_opts(&location, wanted).await?;
            let now = entry(got.meta.clone()).version();
            Ok((now, got.into_stream().try_collect::<Vec<Bytes>>().await?))
        };
        match self.wait_for(work)? {
            Ok((now, pieces)) => {
                version.ensure_unchanged(&now, false)?;
                let pieces = BytePieces::from(pieces);
                match pieces.bytes_total() == length {
                    true => Ok(pieces),
                    false => Err(became_shorter()),
                }
            }
            Err(object_store::Error::Precondition { .. }) => Err(changed("it has another tag")),
            Err(object_store::Error::NotFound { .. }) => Err(vanished()),
            Err(error) => Err(self.cannot("read", path, &error)),
        }
    }

    fn stat(&self, path: &str) -> Result<Option<StoredFile>> {
        let location = location(path);
        Ok(self.run("read", path, self.objects.head(&location))?.map(entry))
    }

    fn look_again(&self, paths: &[&str]) -> Result<HashMap<String, Option<StoredFile>>> {
        let objects = &self.objects;
        let looks = paths.iter().map(|path| (path, location(path)));
        let looks = looks.map(|(path, place)| async move { (*path, objects.head(&place).await) });
        let found: Vec<_> = self.wait_for(stream::iter(looks).buffer_unordered(LOOKS_AT_ONCE).collect())?;
        // What is wrong with the others is said when each is asked for by itself.
        let found = found.into_iter().filter_map(|(path, found)| Some((path.to_owned(), found.ok()?)));
        Ok(found.map(|(path, meta)| (path, Some(entry(meta)))).collect())
    }

    fn put_new(&self, path: &str, bytes: Bytes) -> Result<Put> {
        let location = location(path);
        let options = PutOptions::from(PutMode::Create);
        match self.wait_for(self.objects.put_opts(&location, bytes.into(), options))? {
            Ok(_) => Ok(Put::Done),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(Put::Taken),
            Err(error) => Err(self.cannot("write", path, &error)),
        }
    }

    fn put(&self, path: &str, bytes: Bytes) -> Result<()> {
        let location = location(path);
        let put = self.wait_for(self.objects.put(&location, bytes.into()))?;
        put.map(drop).map_err(|error| self.cannot("write", path, &error))
    }

    fn parts(&self, path: &str) -> Result<Option<Box<dyn UploadParts>>> {
        let runtime = self.runtime()?.handle().clone();
        let begun = self.wait_for(self.objects.put_multipart(&location(path)))?;
        let upload = begun.map_err(|error| self.cannot("write", path, &error))?;
        Ok(Some(Box::new(SentParts { upload, runtime, place: self.place_of(path) })))
    }

    fn list(&self, folder: &str) -> Result<Vec<StoredFile>> {
        let prefix = location(folder);
        let listed = self.objects.list(Some(&prefix)).try_collect::<Vec<_>>();
        // For a folder without files a store answers with an empty list. "Not found" means the store itself.
        let found = self.wait_for(listed)?.map_err(|error| self.cannot("list", folder, &error))?;
        self.entries(found)
    }

    fn list_beginning(&self, folder: &str, beginning: &str) -> Result<Vec<StoredFile>> {
        let Some(PrefixListing(pages)) = &self.pages else { return self.list(folder) };
        let found = self.paged(pages, folder, beginning, None)?;
        self.entries(found.objects)
    }

    fn level(&self, folder: &str, beginning: &str) -> Result<FolderLevel> {
        let found = match &self.pages {
            Some(PrefixListing(pages)) => self.paged(pages, folder, beginning, Some("/"))?,
            None => {
                let prefix = location(folder);
                let listed = self.objects.list_with_delimiter(Some(&prefix));
                self.wait_for(listed)?.map_err(|error| self.cannot("list", folder, &error))?
            }
        };
        // The marker of the folder itself is left out.
        let inside = found.objects.into_iter().filter(|object| object.location.as_ref() != folder);
        let mut folders: Vec<String> = found.common_prefixes.iter().map(ToString::to_string).collect();
        folders.sort();
        Ok(FolderLevel { entries: self.entries(inside.collect())?, folders })
    }
    fn odd_keys(&self, folder: &str) -> Vec<String> {
        self.odd.below(folder)
    }

    fn delete(&self, path: &str) -> Result<()> {
        let location = location(path);
        self.run("delete", path, self.objects.delete(&location)).map(drop)
    }
}

fn entry(meta: ObjectMeta) -> StoredFile {
    StoredFile {
        path: meta.location.to_string(),
        size_bytes: meta.size,
        modified_ms: meta.last_modified.timestamp_millis(),
        etag: meta.e_tag.map(unquoted),
    }
}

/// A tag without its quotes: Azure lists tags without them, and sends them along with the bytes.
fn unquoted(etag: String) -> String {
    let inside = etag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).map(str::to_owned);
    inside.unwrap_or(etag)
}

/// The tag as a request names it; a weak one (`W/"…"`) has its quotes.
fn quoted(etag: &str) -> String {
    if etag.contains('"') { etag.to_owned() } else { format!("\"{etag}\"") }
}

/// The key of an object, as stores have it.
pub(super) fn location(path: &str) -> Path {
    // A path that cannot be a key becomes one that no object has.
    Path::parse(path).unwrap_or_else(|_| Path::from(path))
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;
    use crate::storage::Object;

    #[test]
    fn objects_are_looked_at_again_together() {
        let storage = Arc::new(ObjectStorage::new("memory:", Box::new(InMemory::new())).unwrap());
        let names: Vec<String> = (0..100).map(|at| format!("{at}.csv")).collect();
        names.iter().for_each(|name| storage.put(name, "one".into()).unwrap());
        let listed = storage.list("").unwrap();
        let objects: Vec<Object> = listed.iter().map(|entry| Object::new(storage.clone(), entry)).collect();
        storage.put("7.csv", "another".into()).unwrap();
        storage.delete("8.csv").unwrap();
        let paths: Vec<&str> = listed.iter().map(|entry| entry.path.as_str()).collect();
        let seen = storage.look_again(&paths).unwrap();
        assert_eq!((seen.len(), seen["7.csv"].as_ref().map(|entry| entry.size_bytes)), (99, Some(7)));
        assert!(!seen.contains_key("8.csv"), "what is wrong is said when it is asked for");
        look_for_changes(&objects, &listed);
    }

    #[cfg(not(feature = "spark"))]
    fn look_for_changes(_: &[Object], _: &[StoredFile]) {}

    #[cfg(feature = "spark")]
    fn look_for_changes(objects: &[Object], listed: &[StoredFile]) {
        Object::look_again(&objects.iter().collect::<Vec<_>>()).unwrap();
        for (object, entry) in objects.iter().zip(listed) {
            let now = object.version_now();
            match entry.path.as_str() {
                "7.csv" => assert_eq!(now.unwrap().size_bytes, 7),
                "8.csv" => assert_eq!(now.unwrap_err().code(), Code::FileChanged),
                _ => assert_eq!(now.unwrap(), entry.version()),
            }
        }
    }

    #[test]
    fn a_tag_is_the_same_with_and_without_quotes() {
        for (sent, kept) in [("\"0x8D\"", "0x8D"), ("0x8D", "0x8D"), ("W/\"0x8D\"", "W/\"0x8D\"")] {
            assert_eq!(unquoted(sent.to_owned()), kept);
        }
        assert_eq!((quoted("0x8D").as_str(), quoted("W/\"0x8D\"").as_str()), ("\"0x8D\"", "W/\"0x8D\""));
    }
}
