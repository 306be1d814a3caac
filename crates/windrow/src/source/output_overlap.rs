//! Reach: whether a file that is yet to be written would be an input, so that a run never reads what it writes.

use std::fs;
use std::path::{Path, PathBuf, absolute};

use super::ending::Endings;
use super::glob::{Glob, has_wildcard};
use super::skip::Rule;
use crate::storage::ObjectUrl;

/// Which of `paths` (relative ones start from `root`) would read a file at `target`, if one does. In folders files with these
/// `endings` count.
pub fn would_read<P: AsRef<Path>>(
    paths: &[P],
    root: &Path,
    endings: &Endings,
    target: &Path,
) -> Option<PathBuf> {
    let address = |path: &Path| path.to_str().and_then(|text| ObjectUrl::parse(text).ok().flatten());
    let object = address(target);
    let reads = |written: &Path| {
        match (address(written), &object) {
            (None, None) => {}
            (Some(written), Some(object)) => return reads_object(&written, object, endings),
            _ => return false,
        }
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
    counts_in_folder(&names, endings)
}

/// Whether a file counts that these names lead to from a folder.
fn counts_in_folder<S: AsRef<str>>(names: &[S], endings: &Endings) -> bool {
    match names.split_last() {
        Some((file, folders)) => {
            folders.iter().all(|name| Rule::of_name(name.as_ref()).is_none())
                && Rule::of_name_in_folder(file.as_ref(), endings).is_none()
        }
        None => false,
    }
}

fn reads_object(written: &ObjectUrl, object: &ObjectUrl, endings: &Endings) -> bool {
    if written.root() != object.root() {
        return false;
    }
    let names: Vec<&str> = object.key.split('/').collect();
    if has_wildcard(&written.key) {
        let Ok(glob) = Glob::new(Path::new(""), Path::new(&written.key)) else { return false };
        let from = glob.start().iter().count();
        return (from + 1..=names.len()).any(|end| glob.matches(&names[from..end]));
    }
    let folder = written.key.trim_end_matches('/');
    let depth = if folder.is_empty() { 0 } else { folder.split('/').count() };
    let is_inside = depth < names.len() && names[..depth].join("/") == folder;
    object.key == written.key || is_inside && counts_in_folder(&names[depth..], endings)
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
    use crate::source::NameEnding;

    fn csv() -> Endings {
        Endings::new([NameEnding::packed(".csv")])
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
    fn tells_what_would_read_an_object() {
        for (path, target, reader) in [
            ("s3://b/in", "s3://b/in/new.csv", true),
            ("s3a://b/in/", "s3://b/in/sub/new.csv", true),
            ("s3://b", "s3://b/new.csv", true),
            ("s3://b/in", "s3://b/in/new.json", false),
            ("s3://b/in", "s3://b/in/_out/new.csv", false),
            ("s3://b/in", "s3://b/inner/new.csv", false),
            ("s3://b/in", "s3://other/in/new.csv", false),
            ("s3://b/in", "gs://b/in/new.csv", false),
            ("s3://b/in/*.csv", "s3://b/in/new.csv", true),
            ("s3://b/in/*.csv", "s3://b/in/sub/new.csv", false),
            ("s3://b/i*", "s3://b/in/new.csv", true),
            ("s3://b/in/a.csv", "s3://b/in/a.csv", true),
            ("in", "s3://b/in/a.csv", false),
            ("s3://b/in", "in/a.csv", false),
        ] {
            let found = would_read(&[path], Path::new(""), &csv(), Path::new(target));
            assert_eq!(found, reader.then(|| PathBuf::from(path)), "{path} {target}");
        }
    }

    #[test]
    fn sees_through_links() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir(root.join("in")).unwrap();
        std::os::unix::fs::symlink("in", root.join("link")).unwrap();
        assert!(would_read(&["in"], root, &csv(), &root.join("link/new.csv")).is_some());
    }
}
