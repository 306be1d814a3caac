//! The errors for paths that do not exist, and for folders that cannot be read.

use std::fs;
use std::io;
use std::path::Path;

use super::objects::Bucket;
use crate::error::{Code, Error, Kind, Location};
use crate::text::suggest::nearest;
use crate::text::{escape, shell};

/// A usage error for a path that does not exist, with the nearest one that does.
pub(super) fn missing(written: &str, path: &Path) -> Error {
    let error = nothing_at(written);
    let Some(folder) =
        path.ancestors().skip(1).find(|folder| folder.is_dir() || folder.as_os_str().is_empty())
    else {
        return error.with_help("check the path");
    };
    let mut found = folder.to_owned();
    for name in path.strip_prefix(folder).unwrap_or(path) {
        let there = fs::read_dir(in_sight(&found)).into_iter().flatten().flatten();
        let there = there.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let Some(nearest) = nearest_name(there, &name.to_string_lossy()) else { break };
        found.push(nearest);
    }
    if found == folder {
        return error
            .with_help(format!("check the path; it is looked for in {}", escape::path(in_sight(folder))));
    }
    error.with_help(format!("did you mean {}?", shell::word(&found)))
}

/// The same for an address in a store. Each folder above it is listed until one has something in it.
pub(super) fn missing_object(written: &str, bucket: &Bucket<'_>) -> Error {
    let error = nothing_at(written);
    let key = bucket.url.key.trim_end_matches('/');
    let names: Vec<&str> = key.split('/').collect();
    let in_folder = |folder: &[&str]| -> Vec<String> {
        // A store that cannot be asked again leaves the error as it is.
        let level = bucket.storage.level(&folder.join("/"), "").unwrap_or_default();
        let paths = level.entries.into_iter().map(|entry| entry.path).chain(level.folders);
        paths.filter_map(|path| path.rsplit('/').next().map(str::to_owned)).collect()
    };
    let Some(depth) = (0..names.len()).rev().find(|depth| !in_folder(&names[..*depth]).is_empty()) else {
        return error.with_help("check the name of the bucket: nothing is in it");
    };
    let mut found: Vec<String> = names[..depth].iter().map(ToString::to_string).collect();
    for name in &names[depth..] {
        let folder: Vec<&str> = found.iter().map(String::as_str).collect();
        let Some(nearest) = nearest_name(in_folder(&folder).into_iter(), name) else { break };
        found.push(nearest);
    }
    let nearest = bucket.url.shown(&found.join("/"));
    error.with_help(match found.len() == depth {
        true => format!("check the path; it is looked for in {nearest}"),
        false => format!("did you mean {}?", shell::word(Path::new(&nearest))),
    })
}

fn nothing_at(written: &str) -> Error {
    Error::usage(format!("no such file or folder: {written}"))
        .with_code(Code::NotFound)
        .at(Location::of(written))
}

/// The folder as the system knows it: the one that a path without folders starts from has a name of its own.
fn in_sight(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

/// The one of `names` that is most like `wanted`; that name itself where it is there.
fn nearest_name(names: impl Iterator<Item = String>, wanted: &str) -> Option<String> {
    let names: Vec<String> = names.collect();
    let exact = names.iter().find(|name| *name == wanted).map(String::as_str);
    exact.or_else(|| nearest(wanted, names.iter().map(String::as_str))).map(str::to_owned)
}

/// One error for all folders that cannot be read.
pub(super) fn unreadable(all: &[(String, io::Error)]) -> Error {
    let lines: Vec<String> =
        all.iter().map(|(name, error)| Error::io(name, error).message().to_owned()).collect();
    let folders = if all.len() == 1 { "folder" } else { "folders" };
    Error::new(Kind::Storage, format!("cannot read {} {folders}{}", all.len(), indented(&lines, "not read"))).with_code(Code::StorageFailed)
        .with_help("check the owner and the permissions; files in them count, and cannot be told from files that are gone")
}

/// Up to 20 lines, indented, and how many more there are.
pub(super) fn indented<T: ToString>(lines: &[T], more: &str) -> String {
    const LINES_MAX: usize = 20;
    let mut text: String =
        lines.iter().take(LINES_MAX).map(|line| format!("\n    {}", line.to_string())).collect();
    if lines.len() > LINES_MAX {
        text += &format!("\n    and {} more {more}", lines.len() - LINES_MAX);
    }
    text
}
