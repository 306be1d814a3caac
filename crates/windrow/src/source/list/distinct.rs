//! Distinct files: the files that were found, sorted, each one once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Listing;
use super::inode::Inode;
use crate::codec::Pipe;
use crate::source::InputFile;
use crate::source::skip::{Rule, Skipped};
use crate::text::shell::STDIN;

pub(super) struct DistinctFile {
    pub(super) file: InputFile,
    /// What identifies the file on this machine; none for objects, pipes, and files that cannot be looked into.
    pub(super) inode: Option<Inode>,
    /// The number of the path of the job that led to it.
    pub(super) argument: usize,
}

/// Sorts the files, keeps the first name of each, and adds its other names to `skipped`. A stand-in, which is a known file of a folder that was
/// not listed, is added unless the same file was found.
pub(super) fn distinct(
    mut found: Vec<DistinctFile>,
    stand_ins: Vec<InputFile>,
    mut skipped: Vec<Skipped>,
) -> Listing {
    found.sort_by(|a, b| (a.file.order(), a.argument).cmp(&(b.file.order(), b.argument)));
    let mut first: HashMap<Inode, (String, usize)> = HashMap::new();
    // There may be very many files.
    let mut files = Vec::with_capacity(found.len());
    for DistinctFile { mut file, inode, argument } in found {
        let Some(inode) = inode else {
            if file.pipe.as_ref().is_some_and(Pipe::is_stdin) {
                file.name = STDIN.to_owned();
            }
            files.push(file);
            continue;
        };
        match first.get(&inode) {
            // One glob may match both a file and the folder around it.
            Some((name, argument_then)) if *name == file.name && *argument_then == argument => {}
            Some((name, _)) => skipped.push(Skipped { name: file.name, rule: Rule::SameAs(name.clone()) }),
            None => {
                first.insert(inode, (file.name.clone(), argument));
                files.push(file);
            }
        }
    }
    files.dedup_by(|one, other| one.name == other.name);
    if !stand_ins.is_empty() {
        let listed: HashSet<Arc<str>> = files.iter().map(|file| file.identity.clone()).collect();
        files.extend(stand_ins.into_iter().filter(|file| !listed.contains(&file.identity)));
        files.sort_by(|a, b| a.order().cmp(&b.order()));
        files.dedup_by(|one, other| one.name == other.name);
    }
    skipped.sort();
    skipped.dedup();
    Listing { files, skipped, unlisted: None }
}
