//! A file that is there whole or not at all: written under another name beside its place, then renamed; or sent to a store, which shows it
//! once it is complete.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::{Code, Error, Result};
use crate::settings::Stop;
use crate::storage::{ObjectUrl, Stores, Upload};
use crate::text::{escape, shell};

/// A file on its way to its place. Dropped before [`FileOut::finish`] it leaves nothing behind, and what was at the
/// place stays.
#[derive(Debug)]
pub struct FileOut {
    place: PathBuf,
    /// The name it is written under; none when the place is written as it is: a device, a pipe, an object.
    staged: Option<PathBuf>,
    writer: Option<Writer>,
}

#[derive(Debug)]
enum Writer {
    File(BufWriter<File>),
    Object(Upload),
}

/// The one name of the object that `path` is the address of; none for a file of this machine.
///
/// # Errors
/// Usage: it is an address that nothing can be written to.
pub fn object_name(path: &Path) -> Result<Option<String>> {
    let Some(url) = object_of(path)? else { return Ok(None) };
    url.names_a_file_to_write()?;
    Ok(Some(url.identity(&url.key)))
}

fn object_of(path: &Path) -> Result<Option<ObjectUrl>> {
    path.to_str().map_or(Ok(None), ObjectUrl::parse)
}

/// Removes the object that `path` is the address of, if there is one. Files of this machine stay.
///
/// # Errors
/// Usage, storage: it cannot be removed.
pub fn remove_object(path: &Path, stores: &Stores) -> Result<()> {
    match object_of(path)? {
        Some(url) => stores.of(&url)?.delete(&url.key),
        None => Ok(()),
    }
}

/// Names that are tried before giving up.
const NAMES_MAX: u32 = 1_000;

impl FileOut {
    /// Starts the file that will be at `path`, which may be an address in `stores`. A link there is followed.
    ///
    /// # Errors
    /// Usage: the folder is missing, or a folder is at `path`. What the system says, as in [`Error::output`].
    pub fn create(path: &Path, stores: &Stores) -> Result<Self> {
        let refused = |error: &io::Error| cannot_write(path, error);
        if let Some(url) = object_of(path)? {
            let writer = Some(Writer::Object(Upload::create(&url, stores)?));
            return Ok(FileOut { place: path.to_owned(), staged: None, writer });
        }
        let place = match fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                return Err(Error::usage(format!("cannot write {}: it is a folder", escape::path(path)))
                    .with_code(Code::NotAFile)
                    .with_help(format!(
                        "name a file in it, for example {}",
                        shell::word(path.join("result.csv"))
                    )));
            }
            Ok(found) if !found.is_file() => {
                let device = OpenOptions::new().write(true).open(path).map_err(|error| refused(&error))?;
                let writer = Some(Writer::File(BufWriter::new(device)));
                return Ok(FileOut { place: path.to_owned(), staged: None, writer });
            }
            Ok(_) => fs::canonicalize(path).map_err(|error| refused(&error))?,
            Err(_) => path.to_owned(),
        };
        let (staged, file) = stage(&place).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                Error::usage(format!("cannot write {}: its folder is missing", escape::path(path)))
                    .with_code(Code::NotFound)
                    .with_help(format!("mkdir -p {}", shell::word(folder_of(&place))))
            }
            _ => refused(&error),
        })?;
        Ok(FileOut { place, staged: Some(staged), writer: Some(Writer::File(BufWriter::new(file))) })
    }

    /// Brings the file to its place, on the disk and not only in the system's memory.
    ///
    /// # Errors
    /// Output, storage: what the system or the store says.
    pub fn finish(mut self) -> Result<()> {
        let refused = |error: io::Error| cannot_write(&self.place, &error);
        let writer = match self.writer.take() {
            None => return Ok(()),
            Some(Writer::Object(upload)) => return upload.finish(),
            Some(Writer::File(writer)) => writer,
        };
        let file = writer.into_inner().map_err(|error| refused(error.into_error()))?;
        let Some(staged) = &self.staged else { return Ok(()) };
        file.sync_all().map_err(refused)?;
        drop(file);
        if let Ok(before) = fs::metadata(&self.place) {
            fs::set_permissions(staged, before.permissions()).map_err(refused)?;
        }
        fs::rename(staged, &self.place).map_err(refused)?;
        self.staged = None;
        sync_folder(folder_of(&self.place)).map_err(refused)
    }

    /// Where the file will be.
    pub fn place(&self) -> &Path {
        &self.place
    }

    fn writer(&mut self) -> io::Result<&mut dyn Write> {
        match &mut self.writer {
            Some(Writer::File(file)) => Ok(file),
            Some(Writer::Object(upload)) => Ok(upload),
            None => Err(io::Error::other("the file is finished")),
        }
    }
}

impl Write for FileOut {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer()?.flush()
    }
}

impl Drop for FileOut {
    fn drop(&mut self) {
        if let Some(staged) = &self.staged {
            // Closed first: some systems do not remove open files. What cannot be removed is only a leftover.
            self.writer = None;
            let _ = fs::remove_file(staged);
        }
    }
}

/// Something to write to that fails once a stop was requested.
#[derive(Debug)]
pub struct Stoppable<'s, W> {
    /// What is written to.
    pub out: W,
    /// The request.
    pub stop: &'s Stop,
}

impl<W: Write> Write for Stoppable<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stop.check().map_err(io::Error::other)?;
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A new file beside `place`.
fn stage(place: &Path) -> io::Result<(PathBuf, File)> {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let mut failed = io::Error::other("every name is taken");
    for n in 0..NAMES_MAX {
        let staged = place.with_file_name(format!(".{name}.{}-{n}.part", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&staged) {
            Ok(file) => return Ok((staged, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => failed = error,
            Err(error) => return Err(error),
        }
    }
    Err(failed)
}

fn folder_of(place: &Path) -> &Path {
    match place.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes the rename last. Only Unix lets a folder be synced.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn cannot_write(path: &Path, error: &io::Error) -> Error {
    Error::output(format!("cannot write {}", escape::path(path)), error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_file_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        let mut file = FileOut::create(&path, &Stores::default()).unwrap();
        file.write_all(b"new").unwrap();
        file.flush().unwrap();
        assert!(!path.exists());
        assert_eq!(names(folder.path()).len(), 1, "written beside its place");
        drop(file);
        assert_eq!(names(folder.path()), Vec::<String>::new());

        fs::write(&path, "old").unwrap();
        let mut file = FileOut::create(&path, &Stores::default()).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        file.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["a.csv"]);
    }

    #[test]
    fn a_folder_is_no_file_and_a_missing_one_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let error = FileOut::create(folder.path(), &Stores::default()).unwrap_err();
        assert_eq!(error.kind().exit_code(), 2);
        assert!(error.message().contains("it is a folder"));
        let error = FileOut::create(&folder.path().join("no such/a.csv"), &Stores::default()).unwrap_err();
        assert_eq!(error.kind().exit_code(), 2);
        assert!(error.help_text().unwrap().starts_with("mkdir -p '/"), "{error:?}");
    }

    #[test]
    fn links_are_followed_and_devices_stay_devices() {
        use std::os::unix::fs::{FileTypeExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.csv"), folder.path().join("link.csv"));
        fs::write(&real, "old").unwrap();
        symlink(&real, &link).unwrap();
        let mut file = FileOut::create(&link, &Stores::default()).unwrap();
        file.write_all(b"new").unwrap();
        file.finish().unwrap();
        assert_eq!(fs::read(&real).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());

        let mut null = FileOut::create(Path::new("/dev/null"), &Stores::default()).unwrap();
        null.write_all(b"gone").unwrap();
        null.finish().unwrap();
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }
}
