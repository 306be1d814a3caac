//! Folder markers: empty objects by which programs make folders show in stores that have none.

use std::collections::HashSet;

use super::StoredFile;

/// Sorted entries without the empty objects that mark folders: `logs/` beside `logs/a.csv`. The slash is not part of their path here.
///
/// # Errors
/// The path that two objects with bytes have.
pub(super) fn without_markers(entries: Vec<StoredFile>) -> std::result::Result<Vec<StoredFile>, String> {
    let folders: HashSet<&str> = entries
        .iter()
        .flat_map(|entry| entry.path.match_indices('/').map(|(end, _)| &entry.path[..end]))
        .collect();
    let is_marker = |entry: &StoredFile| {
        let name = entry.path.rsplit('/').next().unwrap_or_default();
        // An empty folder is known only by its marker.
        entry.size_bytes == 0 && (folders.contains(entry.path.as_str()) || !name.contains(['.', '_']))
    };
    let kept: Vec<bool> = entries.iter().map(|entry| !is_marker(entry)).collect();
    let mut kept = kept.into_iter();
    let mut entries = entries;
    entries.retain(|_| kept.next().unwrap_or(true));
    match entries.windows(2).find(|two| two[0].path == two[1].path) {
        Some(two) => Err(two[0].path.clone()),
        None => Ok(entries),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_a_folder_is_no_file() {
        let entries = |all: &[(&str, u64)]| -> Vec<StoredFile> {
            let entry = |(path, size_bytes): &(&str, u64)| StoredFile {
                path: (*path).to_owned(),
                size_bytes: *size_bytes,
                modified_ms: 0,
                etag: None,
            };
            all.iter().map(entry).collect()
        };
        for (all, kept) in [
            (&[("a", 0), ("a/x.csv", 3)][..], &[("a/x.csv", 3)][..]),
            (&[("empty", 0), ("empty.csv", 0), ("_SUCCESS", 0)], &[("empty.csv", 0), ("_SUCCESS", 0)]),
            (&[("a.csv", 0), ("a.csv", 5), ("a.csv/x.csv", 7)], &[("a.csv", 5), ("a.csv/x.csv", 7)]),
        ] {
            assert_eq!(without_markers(entries(all)), Ok(entries(kept)));
        }
        assert_eq!(without_markers(entries(&[("a.csv", 5), ("a.csv", 6)])), Err("a.csv".to_owned()));
    }
}
