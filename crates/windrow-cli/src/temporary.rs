//! Temporary files: begun and not brought to their places, for the moment when the process must end at once.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use windrow::Result;
use windrow::publish::file::FileOut;
use windrow::storage::Stores;

/// The places of the files that were begun.
static BEGUN: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Starts the file that will be at `path`, which may be an address in `stores`.
pub(crate) fn create(path: &Path, stores: &Stores) -> Result<FileOut> {
    let file = FileOut::create(path, stores)?;
    BEGUN.lock().unwrap_or_else(PoisonError::into_inner).push(file.place().to_owned());
    Ok(file)
}

/// Removes what this process has begun and not finished.
pub(crate) fn remove() {
    for place in BEGUN.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let begun = format!(".{name}.{}-", std::process::id());
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let found = entry.file_name();
            let found = found.to_string_lossy();
            if found.starts_with(&begun) && found.ends_with(".part") {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_what_was_begun_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        fs::write(folder.path().join(".a.csv.1-0.part"), "another's").unwrap();
        fs::write(&path, "before").unwrap();
        let begun = create(&path, &Stores::default()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
        remove();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        drop(begun);
    }
}
