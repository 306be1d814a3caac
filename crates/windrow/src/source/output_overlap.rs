//! Reach: whether a file that is yet to be written would be an input, so that a run never reads what it writes.

use std::fs;
use std::path::{Path, PathBuf, absolute};

use super::ending::Endings;
use super::skip::Rule;

/// Which of `paths` (relative ones start from `root`) would read a file at `target`, if one does. In folders files with these
/// `endings` count.
pub fn would_read<P: AsRef<Path>>(
    paths: &[P],
    root: &Path,
    endings: &Endings,
    target: &Path,
) -> Option<PathBuf> {
    let reads = |written: &Path| {
        let path = root.join(written);
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => reads_in_folder(&path, endings, target),
            Ok(_) => is_same(&path, target),
            Err(_) => reads_by_glob(&path, target),
        }
    };
    paths.iter().map(AsRef::as_ref).find(|written| reads(written)).map(Path::to_owned)
}

/// Whether two paths lead to the same file, which the second may not have yet.
fn is_same(path: &Path, target: &Path) -> bool {
    match (path.canonicalize(), settled(target)) {
        (Ok(path), Some(target)) => path == target,
        _ => false,
    }
}

fn reads_in_folder(folder: &Path, endings: &Endings, target: &Path) -> bool {
    let (Ok(folder), Some(target)) = (folder.canonicalize(), settled(target)) else { return false };
    let Ok(within) = target.strip_prefix(folder) else { return false };
    let names: Vec<_> = within.iter().map(|name| name.to_string_lossy()).collect();
    match names.split_last() {
        Some((file, folders)) => {
            folders.iter().all(|name| Rule::of_name(name).is_none())
                && Rule::of_name_in_folder(file, endings).is_none()
        }
        None => false,
    }
}

fn reads_by_glob(pattern: &Path, target: &Path) -> bool {
    let (Ok(pattern), Ok(target)) = (absolute(pattern), absolute(target)) else { return false };
    let options = glob::MatchOptions {
        require_literal_separator: true,
        require_literal_leading_dot: true,
        ..Default::default()
    };
    // A glob may match a folder that the target is in. Bytes that are not UTF-8 match as one character.
    let matches = |pattern: glob::Pattern| {
        target.ancestors().any(|part| pattern.matches_with(&part.to_string_lossy(), options))
    };
    glob::Pattern::new(&pattern.to_string_lossy()).is_ok_and(matches)
}

/// Where `target` is, links followed; its folder must exist.
fn settled(target: &Path) -> Option<PathBuf> {
    if let Ok(found) = target.canonicalize() {
        return Some(found);
    }
    let folder = absolute(target).ok()?.parent()?.canonicalize().ok()?;
    Some(folder.join(target.file_name()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Ending;

    fn csv() -> Endings {
        Endings::new([Ending::packed(".csv")])
    }

    #[test]
    fn tells_what_would_read_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("in/sub")).unwrap();
        fs::create_dir_all(root.join("out")).unwrap();
        fs::write(root.join("in/a.csv"), "").unwrap();
        for (paths, target, reader) in [
            ("in", "in/new.csv", true),
            ("in", "in/sub/new.csv", true),
            ("in", "in/sub/../sub/new.csv", true),
            ("in", "in/new.json", false),
            ("in", "in/_new.csv", false),
            ("in", "out/new.csv", false),
            ("in/*.csv", "in/new.csv", true),
            ("in/*.csv", "in/sub/new.csv", false),
            ("i*", "in/new.csv", true),
            ("in/**/*.csv", "in/sub/new.csv", true),
            ("in/a.csv", "in/sub/../a.csv", true),
            ("in/a.csv", "in/b.csv", false),
            ("gone.csv", "gone.csv", true),
        ] {
            let found = would_read(&["nothing*", paths], root, &csv(), &root.join(target));
            assert_eq!(found, reader.then(|| PathBuf::from(paths)), "{paths} {target}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn sees_through_links() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir(root.join("in")).unwrap();
        std::os::unix::fs::symlink("in", root.join("link")).unwrap();
        assert!(would_read(&["in"], root, &csv(), &root.join("link/new.csv")).is_some());
    }
}
