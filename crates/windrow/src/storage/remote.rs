//! An object store as a storage: S3, Azure, Google Cloud, or memory.

use std::ops::Range;

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use tokio::runtime::{Builder, Runtime};

use super::{Entry, Put, Storage};
use crate::error::{Code, Error, Kind, Result};
use crate::wait::outside_runtime;

/// An object store, driven to its end call by call: on the outside nothing is asynchronous.
#[derive(Debug)]
pub struct ObjectStorage {
    place: String,
    objects: Box<dyn ObjectStore>,
    // None only while the storage is dropped.
    runtime: Option<Runtime>,
}

impl ObjectStorage {
    /// The objects of `objects`; `place` names its root for people.
    ///
    /// # Errors
    /// Storage: the system refuses what waiting for a network needs.
    pub fn new(place: impl Into<String>, objects: Box<dyn ObjectStore>) -> Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::io("cannot wait for the network", &error))?;
        Ok(ObjectStorage { place: place.into(), objects, runtime: Some(runtime) })
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
        let runtime = self.runtime.as_ref().ok_or_else(|| Error::bug("a storage was used after its end"))?;
        Ok(outside_runtime(|| runtime.block_on(work)))
    }

    fn cannot(&self, what: &str, path: &str, error: &object_store::Error) -> Error {
        use object_store::Error as E;
        let (kind, help) = match error {
            E::PermissionDenied { .. } | E::Unauthenticated { .. } => {
                (Kind::Usage, "check the credentials and the rights they give")
            }
            _ => (Kind::Storage, "a retry is safe"),
        };
        Error::new(kind, format!("cannot {what} {}/{path}: {error}", self.place))
            .with_code(Code::StorageFailed)
            .help(help)
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
        let location = Path::from(path);
        self.run("read", path, async { self.objects.get(&location).await?.bytes().await })
    }

    fn get_range(&self, path: &str, range: Range<u64>) -> Result<Option<Bytes>> {
        let location = Path::from(path);
        let length = range.end.saturating_sub(range.start);
        let bytes = self.run("read", path, self.objects.get_range(&location, range))?;
        match bytes {
            Some(bytes) if bytes.len() as u64 != length => Err(Error::new(
                Kind::Storage,
                format!("cannot read {}/{path}: it is shorter than it was", self.place),
            )
            .with_code(Code::FileChanged)
            .help("a retry is safe")),
            bytes => Ok(bytes),
        }
    }

    fn stat(&self, path: &str) -> Result<Option<Entry>> {
        let location = Path::from(path);
        Ok(self.run("read", path, self.objects.head(&location))?.map(entry))
    }

    fn put_new(&self, path: &str, bytes: Bytes) -> Result<Put> {
        let location = Path::from(path);
        let options = PutOptions::from(PutMode::Create);
        match self.wait_for(self.objects.put_opts(&location, bytes.into(), options))? {
            Ok(_) => Ok(Put::Done),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(Put::Taken),
            Err(error) => Err(self.cannot("write", path, &error)),
        }
    }

    fn put(&self, path: &str, bytes: Bytes) -> Result<()> {
        let location = Path::from(path);
        let put = self.wait_for(self.objects.put(&location, bytes.into()))?;
        put.map(drop).map_err(|error| self.cannot("write", path, &error))
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>> {
        let prefix = Path::from(folder);
        let listed = self.objects.list(Some(&prefix)).try_collect::<Vec<_>>();
        let found = self.run("list", folder, listed)?.unwrap_or_default();
        let mut entries: Vec<Entry> = found.into_iter().map(entry).collect();
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(entries)
    }

    fn delete(&self, path: &str) -> Result<()> {
        let location = Path::from(path);
        self.run("delete", path, self.objects.delete(&location)).map(drop)
    }
}

fn entry(meta: ObjectMeta) -> Entry {
    Entry {
        path: meta.location.to_string(),
        size_bytes: meta.size,
        modified_ms: meta.last_modified.timestamp_millis(),
    }
}
