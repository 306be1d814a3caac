//! The errors for paths that lead nowhere, and for folders that cannot be read.

use std::fs;
use std::io;
use std::path::Path;

use crate::error::{Code, Error, Kind, Location};
use crate::text::{escape, shell};

/// A usage error for a path that leads nowhere, with the nearest that exists.
pub(super) fn missing(written: &str, path: &Path) -> Error {
    let error = Error::usage(format!("no such file or folder: {written}"))
        .with_code(Code::NotFound)
        .at(Location::of(written));
    let Some(folder) =
        path.ancestors().skip(1).find(|folder| folder.is_dir() || folder.as_os_str().is_empty())
    else {
        return error.with_help("check the path");
    };
    let mut found = folder.to_owned();
    for name in path.strip_prefix(folder).unwrap_or(path) {
        let Some(nearest) = nearest_name(in_sight(&found), &name.to_string_lossy()) else { break };
        found.push(nearest);
    }
    if found == folder {
        return error
            .with_help(format!("check the path; it is looked for in {}", escape::path(in_sight(folder))));
    }
    error.with_help(format!("did you mean {}?", shell::word(&found)))
}

/// The folder as the system knows it: the one that a path without folders starts from has a name of its own.
fn in_sight(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

/// The name in a folder that is most like `wanted`; that name itself where it is there.
fn nearest_name(folder: &Path, wanted: &str) -> Option<String> {
    let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names
        .map(|name| name.to_string_lossy().into_owned())
        .map(|name| (strsim::damerau_levenshtein(&name, wanted), name))
        .filter(|(distance, name)| *distance <= 1 + name.chars().count() / 3)
        .min()
        .map(|(_, name)| name)
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
