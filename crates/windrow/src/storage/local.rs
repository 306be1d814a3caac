//! A local folder as a storage. What is put is on the disk, its name included, before the call returns.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use bytes::Bytes;

use super::{Put, Storage, StoredFile};
use crate::error::{Code, Error, Kind, Result};
use crate::text::escape;

/// A folder of the local file system. It needs hard links: they are how a name is taken by exactly one of all who try.
#[derive(Debug)]
pub struct LocalFolder {
    root: PathBuf,
    /// Makes the names in a folder last.
    pub(crate) sync: fn(&Path) -> io::Result<()>,
}

impl LocalFolder {
    /// The folder at `root`, which need not be there yet.
    pub fn new(root: &Path) -> Self {
        LocalFolder { root: root.to_owned(), sync: sync_folder }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }
}

/// A file on its way, under a name of its own that begins with a dot and ends in `.part`.
struct Staged(PathBuf);

impl Staged {
    /// The bytes beside `place`, on the disk.
    fn write(place: &Path, bytes: &[u8]) -> io::Result<Staged> {
        let folder = folder_of(place);
        make_folder(folder)?;
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let staged = Staged(folder.join(format!(".{name}.{}.part", uuid::Uuid::new_v4().simple())));
        let mut file = OpenOptions::new().write(true).create_new(true).open(&staged.0)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(staged)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // A leftover does no harm and is cleaned up later.
        let _ = fs::remove_file(&self.0);
    }
}

impl Storage for LocalFolder {
    fn place(&self) -> String {
        escape::path(&self.root)
    }

    fn get(&self, path: &str) -> Result<Option<Bytes>> {
        let place = self.at(path);
        let bytes = found(fs::read(&place)).map_err(|error| cannot("read", &place, &error))?;
        Ok(bytes.map(Bytes::from))
    }

    fn get_range(&self, path: &str, range: Range<u64>) -> Result<Option<Bytes>> {
        let place = self.at(path);
        let read = || -> io::Result<Bytes> {
            let mut file = File::open(&place)?;
            file.seek(SeekFrom::Start(range.start))?;
            let length = range.end.saturating_sub(range.start);
            let mut bytes = Vec::new();
            file.take(length).read_to_end(&mut bytes)?;
            if bytes.len() as u64 == length { Ok(bytes.into()) } else { Err(ErrorKind::UnexpectedEof.into()) }
        };
        found(read()).map_err(|error| cannot("read", &place, &error))
    }

    fn stat(&self, path: &str) -> Result<Option<StoredFile>> {
        let place = self.at(path);
        found(fs::metadata(&place).and_then(|metadata| entry(path.to_owned(), &metadata)))
            .map_err(|error| cannot("read", &place, &error))
    }

    fn put_new(&self, path: &str, bytes: Bytes) -> Result<Put> {
        let place = self.at(path);
        let put = || -> io::Result<Put> {
            let staged = Staged::write(&place, &bytes)?;
            match fs::hard_link(&staged.0, &place) {
                Ok(()) => match (self.sync)(folder_of(&place)) {
                    Ok(()) => Ok(Put::Done),
                    Err(error) => Ok(Put::NotLasting(error.kind())),
                },
                Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Put::Taken),
                Err(error) => Err(error),
            }
        };
        put().map_err(|error| match error.kind() {
            ErrorKind::Unsupported => Error::new(
                Kind::Attention,
                format!("cannot write {}: its file system has no hard links", escape::path(place)),
            )
            .with_code(Code::FileSystem)
            .with_help("choose a folder on another file system as output"),
            _ => cannot("write", &place, &error),
        })
    }

    fn put(&self, path: &str, bytes: Bytes) -> Result<()> {
        let place = self.at(path);
        let put = || -> io::Result<()> {
            let staged = Staged::write(&place, &bytes)?;
            fs::rename(&staged.0, &place)?;
            (self.sync)(folder_of(&place))
        };
        put().map_err(|error| cannot("write", &place, &error))
    }

    fn list(&self, folder: &str) -> Result<Vec<StoredFile>> {
        let mut folders = vec![folder.trim_end_matches('/').to_owned()];
        let mut entries = Vec::new();
        while let Some(folder) = folders.pop() {
            let place = self.at(&folder);
            let mut walk = || -> io::Result<()> {
                let Some(inside) = found(fs::read_dir(&place))? else { return Ok(()) };
                for inside in inside {
                    let inside = inside?;
                    let Ok(name) = inside.file_name().into_string() else { continue };
                    let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                    // A link is not followed: it may lead out of the folder. A file may be gone by now.
                    let Some(metadata) = found(inside.metadata())? else { continue };
                    if metadata.is_dir() {
                        folders.push(path);
                    } else if metadata.is_file() {
                        entries.push(entry(path, &metadata)?);
                    }
                }
                Ok(())
            };
            walk().map_err(|error| cannot("list", &place, &error))?;
        }
        entries.sort_by(|a: &StoredFile, b| a.path.cmp(&b.path));
        Ok(entries)
    }

    fn names(&self, folder: &str) -> Result<Vec<String>> {
        let place = self.at(folder);
        let names = || -> io::Result<Vec<String>> {
            let Some(inside) = found(fs::read_dir(&place))? else { return Ok(Vec::new()) };
            let names = inside.map(|inside| Ok(inside?.file_name().into_string().ok()));
            let names = names.collect::<io::Result<Vec<_>>>()?;
            Ok(names.into_iter().flatten().map(|name| format!("{folder}/{name}")).collect())
        };
        names().map_err(|error| cannot("list", &place, &error))
    }

    fn delete(&self, path: &str) -> Result<()> {
        let place = self.at(path);
        found(fs::remove_file(&place)).map(drop).map_err(|error| cannot("delete", &place, &error))
    }
}

/// None for what is not there.
fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn entry(path: String, metadata: &fs::Metadata) -> io::Result<StoredFile> {
    let since = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let modified_ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    Ok(StoredFile { path, size_bytes: metadata.len(), modified_ms, etag: None })
}

fn folder_of(place: &Path) -> &Path {
    match place.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes a folder and those above it, each on the disk before something is put into it.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder_of(folder);
    make_folder(above)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => sync_folder(above),
    }
}

/// Makes names in a folder last. Only Unix lets a folder be synced.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn cannot(what: &str, place: &Path, error: &io::Error) -> Error {
    Error::output(format!("cannot {what} {}", escape::path(place)), error)
}
