//! Whole folders: Spark lists a folder sooner than it looks for each of very many files.
//!
//! Rows of files that Spark was not asked about are left out, so a file that is new in a folder never counts.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::path::Path;

use super::deliver::Looked;
use super::plan::QueriedFile;

/// Spark starts a job to list more paths than this.
const PATHS_MAX: usize = 32;

/// `files`, each with the address of its folder where the query is about all files of that folder, which are many.
pub(super) fn by_folder(inputs: &[Looked<'_>], files: &[QueriedFile]) -> Vec<QueriedFile> {
    let mut folders: HashMap<&Path, Vec<usize>> = HashMap::new();
    for (number, file) in files.iter().enumerate() {
        let input = inputs[file.at].as_ref().ok().filter(|input| input.file.object.is_none());
        if let Some(folder) = input.and_then(|input| input.file.path.parent()) {
            folders.entry(folder).or_default().push(number);
        }
    }
    let mut files = files.to_vec();
    for (folder, numbers) in folders {
        let names = numbers
            .iter()
            .filter_map(|number| inputs[files[*number].at].as_ref().ok()?.file.path.file_name());
        let names: HashSet<&OsStr> = names.collect();
        let address =
            |number: &usize| files[*number].address.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        let Some(first) = numbers.first().and_then(address) else { continue };
        let is_one = || numbers.iter().all(|number| address(number).is_some_and(|other| other == first));
        if numbers.len() > PATHS_MAX && first.contains('/') && is_one() && has_only(folder, &names) {
            numbers.iter().for_each(|number| files[*number].address.clone_from(&first));
        }
    }
    files
}

/// Whether Spark would find nothing but files of these names in a folder.
fn has_only(folder: &Path, names: &HashSet<&OsStr>) -> bool {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(mut entries) = folder.read_dir() else { return false };
    entries.all(|entry| {
        entry.is_ok_and(|entry| {
            let name = entry.file_name();
            is_left_out(&name.to_string_lossy()) || names.contains(name.as_os_str())
        })
    })
}

/// Whether Spark leaves out a file or folder of this name.
fn is_left_out(name: &str) -> bool {
    let is_hidden = name.starts_with('_') && !name.contains('=') || name.starts_with('.');
    let is_listed = name.starts_with("_metadata") || name.starts_with("_common_metadata");
    (is_hidden || name.ends_with("._COPYING_")) && !is_listed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_as_one_if_all_that_spark_finds_there_is_wanted() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.csv", "b.csv", ".c.crc", "_SUCCESS", "d.csv._COPYING_"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let names = |names: &'static [&str]| names.iter().map(OsStr::new).collect::<HashSet<_>>();
        assert!(has_only(folder.path(), &names(&["a.csv", "b.csv"])));
        assert!(!has_only(folder.path(), &names(&["a.csv"])));
        for other in ["c.txt", "_a=1", "_metadata", "folder"] {
            let path = folder.path().join(other);
            std::fs::create_dir(&path).unwrap();
            assert!(!has_only(folder.path(), &names(&["a.csv", "b.csv"])), "{other}");
            std::fs::remove_dir(path).unwrap();
        }
        assert!(!has_only(&folder.path().join("none"), &names(&["a.csv"])));
    }
}
