//! Uploads: files that are sent to a store piece by piece. They exist whole once they are finished, or not at all.

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use bytes::Bytes;

use super::{ObjectUrl, Storage, Stores};
use crate::error::{Code, Error, Result};

/// Bytes that are held before they are sent. Stores take at most 10,000 parts, so that a file may have some 150 GB.
const PART_BYTES: usize = 16 << 20;

/// The parts of a file that a store puts together.
pub trait UploadParts: fmt::Debug + Send {
    /// Sends the next part.
    fn put(&mut self, bytes: Bytes) -> Result<()>;
    /// Joins the parts to a file, which replaces one that exists.
    fn complete(&mut self) -> Result<()>;
    /// Deletes the parts. Parts that are not deleted stay in the store and cost money.
    fn abort(&mut self);
}

/// A file on its way to a store. If it is dropped before [`Upload::finish`], it leaves nothing, and a file that existed before stays.
#[derive(Debug)]
pub(crate) struct Upload {
    storage: Arc<dyn Storage>,
    path: String,
    held: Vec<u8>,
    parts: Option<Box<dyn UploadParts>>,
}

impl Upload {
    /// Begins the file that will be at `url`. No request is sent before there is a part to send.
    ///
    /// # Errors
    /// Usage: nothing can be written there, or as in [`Stores::of`].
    pub(crate) fn create(url: &ObjectUrl, stores: &Stores) -> Result<Self> {
        url.names_a_file_to_write()?;
        let storage = stores.of(url)?;
        Ok(Upload { storage, path: url.key.clone(), held: Vec::new(), parts: None })
    }

    /// Brings the file to its place.
    pub(crate) fn finish(mut self) -> Result<()> {
        let held = std::mem::take(&mut self.held);
        let Some(parts) = &mut self.parts else { return self.storage.put(&self.path, held.into()) };
        if !held.is_empty() {
            parts.put(held.into())?;
        }
        parts.complete()?;
        self.parts = None;
        Ok(())
    }

    fn send(&mut self) -> Result<()> {
        if self.parts.is_none() {
            self.parts = self.storage.parts(&self.path)?;
        }
        match &mut self.parts {
            Some(parts) => parts.put(std::mem::take(&mut self.held).into()),
            None => Ok(()),
        }
    }
}

impl Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= PART_BYTES {
            self.send().map_err(io::Error::other)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(parts) = &mut self.parts {
            parts.abort();
        }
    }
}

impl ObjectUrl {
    /// Refuses what is not the address of one object that can be written.
    ///
    /// # Errors
    /// Usage.
    pub(crate) fn names_a_file_to_write(&self) -> Result<()> {
        let shown = self.shown(&self.key);
        let wrong = |message: String, help: String| {
            Err(Error::usage(message).with_code(Code::Address).with_help(help))
        };
        match self.key.as_str() {
            _ if self.is_web() => wrong(
                format!("{shown}: web servers take no files"),
                "name a file of this machine, or an address in s3://, gs:// or az://".to_owned(),
            ),
            _ if self.is_of_cluster() => wrong(
                format!("{shown}: nothing is written through Spark"),
                "name a file of this machine, or an address in s3://, gs:// or az://".to_owned(),
            ),
            key if key.is_empty() || key.ends_with('/') => wrong(
                format!("{shown} is a folder"),
                format!("name a file in it: {}/windows.csv", shown.trim_end_matches('/')),
            ),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::storage::LocalFolder;

    /// What a store was asked of its parts.
    #[derive(Clone, Debug, Default)]
    struct RecordedParts(Arc<Mutex<Vec<String>>>);

    impl UploadParts for RecordedParts {
        fn put(&mut self, bytes: Bytes) -> Result<()> {
            self.0.lock().unwrap().push(format!("{} bytes", bytes.len()));
            Ok(())
        }

        fn complete(&mut self) -> Result<()> {
            self.0.lock().unwrap().push("complete".to_owned());
            Ok(())
        }

        fn abort(&mut self) {
            self.0.lock().unwrap().push("abort".to_owned());
        }
    }

    fn upload(folder: &tempfile::TempDir, parts: Option<RecordedParts>) -> Upload {
        let parts = parts.map(|told| Box::new(told) as Box<dyn UploadParts>);
        let storage = Arc::new(LocalFolder::new(folder.path()));
        Upload { storage, path: "a".to_owned(), held: Vec::new(), parts }
    }

    #[test]
    fn a_small_file_is_put_whole_and_an_unfinished_one_never() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut file = upload(&folder, None);
        file.write_all(b"time\n").unwrap();
        drop(file);
        assert!(!path.exists());
        let mut file = upload(&folder, None);
        file.write_all(b"time\n").unwrap();
        assert!(!path.exists());
        file.finish().unwrap();
        assert_eq!(std::fs::read(path).unwrap(), b"time\n");
    }

    #[test]
    fn a_large_file_is_sent_in_parts_that_are_let_go_of_if_it_fails() {
        let folder = tempfile::tempdir().unwrap();
        let told = RecordedParts::default();
        let mut file = upload(&folder, Some(told.clone()));
        for _ in 0..3 {
            file.write_all(&vec![b'x'; PART_BYTES - 1]).unwrap();
        }
        file.finish().unwrap();
        let sent = (PART_BYTES - 1) * 2;
        let said = [format!("{sent} bytes"), format!("{} bytes", PART_BYTES - 1), "complete".to_owned()];
        assert_eq!(*told.0.lock().unwrap(), said);
        let told = RecordedParts::default();
        drop(upload(&folder, Some(told.clone())));
        assert_eq!(*told.0.lock().unwrap(), ["abort"]);
    }

    #[test]
    fn folders_and_web_servers_take_no_file() {
        for (text, part) in [
            ("s3://bucket", "is a folder"),
            ("s3://bucket/out/", "is a folder"),
            ("https://example.com/a.csv", "web servers"),
        ] {
            let error = ObjectUrl::parse(text).unwrap().unwrap().names_a_file_to_write().unwrap_err();
            assert!(error.message().contains(part), "{error}");
        }
    }
}
