//! Listing: from the paths of a job to its input files, sorted and distinct, and what was skipped by which rule.

mod distinct;
mod inode;
mod left_out;
mod not_found;
mod objects;
mod old_folders;

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::Path;

use super::InputFile;
use super::ending::{Endings, Tables};
use super::glob::{Glob, has_wildcard};
use super::identity::Root;
use super::look_back::{LookBack, Unlisted, UnlistedFolder};
use super::skip::{Rule, Skipped, is_pipe, word_for};
use super::table::{self, data_file_of_table, is_table, no_data_file, no_table};
use crate::codec::Pipe;
use crate::error::{Code, Error, Kind, Result, Setting};
use crate::storage::{FileVersion, ObjectUrl, Stores};
use crate::text::escape;
use distinct::{DistinctFile, distinct};
use inode::{Inode, inode};
use left_out::ExcludedLookups;
use not_found::{indented, missing, unreadable};

/// What the paths of a job lead to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listing {
    /// The inputs, sorted by name, each file once.
    pub files: Vec<InputFile>,
    /// What was found and is not an input, sorted by name.
    pub skipped: Vec<Skipped>,
    /// The folders that were not listed, because they are older than the job's `look_back`.
    pub unlisted: Option<Unlisted>,
}

/// Lists the files, folders (with the folders in them) and globs in `paths`. Relative paths start from `root`; addresses are in
/// `stores`. In a folder, files with these `endings` count; in a Delta table, those that its log names.
///
/// Files and folders that may not be read are in the list: the run refuses each of them by itself.
///
/// # Errors
/// Usage: a path is missing, is not a file or folder, or leads to no input at all; a store does not permit to list. Storage: a store cannot
/// be asked.
pub fn list<P: AsRef<Path>>(paths: &[P], root: &Path, endings: &Endings, stores: &Stores) -> Result<Listing> {
    walk(paths, (root, endings, stores), false, None)
}

/// What is there now of `paths`, which may be nothing: files that were read before may be gone.
///
/// # Errors
/// As [`list`], but that a path is missing or leads to no input. Storage: a folder cannot be read, so it is unknown
/// which of its files are gone.
pub fn list_present<P: AsRef<Path>>(
    paths: &[P],
    root: &Path,
    endings: &Endings,
    stores: &Stores,
) -> Result<Listing> {
    list_since(paths, root, endings, stores, None)
}

/// As [`list_present`], but without the folders that `look_back` leaves out: the known files in them are taken as they were.
///
/// # Errors
/// As [`list_present`].
pub fn list_since<P: AsRef<Path>>(
    paths: &[P],
    root: &Path,
    endings: &Endings,
    stores: &Stores,
    look_back: Option<&LookBack>,
) -> Result<Listing> {
    walk(paths, (root, endings, stores), true, look_back)
}

fn walk<P: AsRef<Path>>(
    paths: &[P],
    (root, endings, stores): (&Path, &Endings, &Stores),
    may_be_none: bool,
    look_back: Option<&LookBack>,
) -> Result<Listing> {
    let mut walk = FolderWalk {
        root,
        endings,
        may_be_none,
        identities: Root::new(root),
        argument: 0,
        found: vec![],
        skipped: vec![],
        unreadable: vec![],
        folders: HashMap::new(),
        around: table::Around::default(),
        apart: ExcludedLookups::of(paths, root, endings, stores),
        stores,
        look_back,
        unlisted: vec![],
        stand_ins: vec![],
    };
    for path in paths {
        walk.path(path.as_ref())?;
        walk.argument += 1;
    }
    if may_be_none && !walk.unreadable.is_empty() {
        return Err(unreadable(&walk.unreadable));
    }
    let unlisted = look_back.map(|look_back| look_back.unlisted(walk.unlisted));
    Ok(Listing { unlisted, ..distinct(walk.found, walk.stand_ins, walk.skipped) })
}

struct FolderWalk<'a> {
    root: &'a Path,
    endings: &'a Endings,
    /// Whether paths may lead to no input.
    may_be_none: bool,
    identities: Root,
    argument: usize,
    found: Vec<DistinctFile>,
    skipped: Vec<Skipped>,
    /// The folders that cannot be read.
    unreadable: Vec<(String, io::Error)>,
    /// The folders that were listed, and their names.
    folders: HashMap<Inode, String>,
    around: table::Around,
    apart: ExcludedLookups,
    stores: &'a Stores,
    look_back: Option<&'a LookBack>,
    unlisted: Vec<UnlistedFolder>,
    /// The known files in folders that were not listed.
    stand_ins: Vec<InputFile>,
}

impl FolderWalk<'_> {
    fn path(&mut self, written: &Path) -> Result<()> {
        let text = escape::path(written);
        if let Some(url) = ObjectUrl::parse(&text)? {
            return self.address(written, &url);
        }
        if text == "-" {
            self.pipe(Path::new("-"), Pipe::stdin());
            return Ok(());
        }
        let path = self.root.join(written);
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() && self.reads_table(&path) => {
                let has_files = self.table(&path, inode(&metadata))?;
                if has_files || self.may_be_none { Ok(()) } else { Err(no_data_file(&text)) }
            }
            Ok(_) if self.endings.tables() == Tables::Only => Err(no_table(&text)),
            Ok(metadata) if metadata.is_dir() => self.with_inputs(written, |walk| {
                walk.folder(&path, inode(&metadata), &mut vec![]);
                Ok(())
            }),
            Ok(metadata) if metadata.is_file() => match self.around.data_file(&path) {
                Some(table) => Err(data_file_of_table(&text, &self.name(&table))),
                None => {
                    self.file(&path, &metadata);
                    Ok(())
                }
            },
            Ok(metadata) if is_pipe(metadata.file_type()) => {
                self.pipe(&path, Pipe::at(path.clone()));
                Ok(())
            }
            Ok(metadata) => {
                let word = word_for(metadata.file_type());
                Err(Error::usage(format!("{text} is {word}; windrow reads files and pipes"))
                    .with_code(Code::NotAFile)
                    .with_help("write it to a file first"))
            }
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                self.unreadable(&path, error);
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::NotFound => match fs::read_link(&path) {
                Ok(to) => Err(Error::usage(format!(
                    "{text} is a link to {}, which does not exist",
                    escape::path(&to)
                ))
                .with_code(Code::NotFound)
                .with_help("mend the link or name the file itself")),
                Err(_) if has_wildcard(&text) => self.with_inputs(written, |walk| walk.glob(written)),
                Err(_) if self.may_be_none => Ok(()),
                Err(_) => Err(missing(&text, &path)),
            },
            Err(error) => Err(Error::io(format!("cannot read {text}"), &error).with_kind(Kind::Usage)),
        }
    }

    /// Lists a folder or a glob, which must lead to an input, or to something that cannot be read, which is reported later.
    fn with_inputs(&mut self, written: &Path, list: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let (found, skipped) = (self.found.len(), self.skipped.len());
        list(self)?;
        if self.may_be_none || found != self.found.len() {
            return Ok(());
        }
        let skipped = &self.skipped[skipped..];
        if skipped.iter().any(|skipped| matches!(skipped.rule, Rule::SameAs(_))) {
            return Ok(());
        }
        let written = escape::path(written);
        let error = Error::usage(format!("no input in {written}{}", indented(skipped, "skipped")))
            .with_code(Code::NotFound);
        Err(if matches!(skipped, [Skipped { name, rule: Rule::DeltaTable }] if *name == written) {
            error.with_help("declare the format:").set(Setting::InputFormat, "delta")
        } else if let Some(table) = skipped.iter().find(|skipped| skipped.rule == Rule::DeltaTable) {
            error.with_help(format!("name the table, {}: its log says which of its files count", table.name))
        } else if skipped.is_empty() {
            error.with_help("check the path; a folder is searched with the folders in it")
        } else {
            error.with_help("name a file itself to have it read whatever its name")
        })
    }

    fn glob(&mut self, written: &Path) -> Result<()> {
        let glob = Glob::new(self.root, written)?;
        // With `**` the pattern itself says which files of a folder are meant.
        let into_folders = !glob.is_recursive();
        // A rule does not apply to a pattern that spells out what the rule is about: `_events*.csv`.
        let spelled_out = file_name(written).and_then(|name| Rule::of_name(&name)).is_some();
        let (mut matched, mut unreadable) = (Vec::new(), Vec::new());
        let mut old = Vec::new();
        glob.find(
            &mut |path| matched.push(path),
            &mut |path, error| unreadable.push((path, error)),
            &mut |path| {
                let is_old = self.is_old(path);
                old.extend(is_old.then(|| path.to_owned()));
                !is_old
            },
        );
        old.iter().for_each(|path| self.leave_out(path));
        for path in &matched {
            self.matched(path, into_folders, spelled_out)?;
        }
        unreadable.into_iter().for_each(|(path, error)| self.unreadable(&path, error));
        Ok(())
    }

    fn matched(&mut self, path: &Path, into_folders: bool, spelled_out: bool) -> Result<()> {
        let rule = file_name(path).and_then(|name| Rule::of_name(&name)).filter(|_| !spelled_out);
        match (rule, fs::metadata(path)) {
            (Some(rule), _) => self.skip(path, rule),
            (None, Ok(metadata)) if metadata.is_dir() && self.reads_table(path) => {
                self.table(path, inode(&metadata))?;
            }
            (None, Ok(_)) if self.endings.tables() == Tables::Only => self.skip(path, Rule::NoTable),
            (None, Ok(metadata)) if metadata.is_dir() && !into_folders => {}
            (None, Ok(metadata)) if metadata.is_dir() => {
                self.folder(path, inode(&metadata), &mut vec![]);
            }
            (None, metadata) => self.leaf(path, metadata),
        }
        Ok(())
    }

    /// Whether the folder is a table, and tables are read.
    fn reads_table(&self, path: &Path) -> bool {
        self.endings.tables() != Tables::Skipped && is_table(path)
    }

    /// Takes the files that the log of a table names: whether there are any. One that is not there is taken too: the run refuses it.
    fn table(&mut self, path: &Path, inode: Inode) -> Result<bool> {
        if let Some(name) = self.folders.get(&inode) {
            self.skip(path, Rule::SameAs(name.clone()));
            return Ok(true);
        }
        self.folders.insert(inode, self.name(path));
        let parts = table::parts(path, &self.identities)?;
        let has_files = !parts.is_empty();
        for (path, part) in parts {
            let metadata = fs::metadata(&path).ok();
            let version = metadata.as_ref().map(FileVersion::of).unwrap_or_default();
            let file = part.of_file(InputFile { version, ..self.input(&path) });
            let inode = metadata.map(|metadata| self::inode(&metadata));
            self.found.push(DistinctFile { file, inode, argument: self.argument });
        }
        Ok(has_files)
    }

    /// Lists a folder and the folders in it. `above` are those it is in.
    fn folder(&mut self, path: &Path, inode: Inode, above: &mut Vec<Inode>) {
        if above.contains(&inode) {
            return self.skip(path, Rule::LinkLoop);
        }
        if let Some(name) = self.folders.get(&inode) {
            return self.skip(path, Rule::SameAs(name.clone()));
        }
        self.folders.insert(inode.clone(), self.name(path));
        let is_lookup = self.apart.has(&inode);
        let entries = fs::read_dir(path).and_then(|entries| {
            let mut paths =
                entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
            paths.sort();
            Ok(paths)
        });
        above.push(inode);
        match entries {
            Ok(_) if is_table(path) => {
                self.skip(path, if is_lookup { Rule::Lookup } else { Rule::DeltaTable })
            }
            Ok(paths) => paths.iter().for_each(|path| self.entry(path, above)),
            Err(error) => self.unreadable(path, error),
        }
        above.pop();
    }

    fn entry(&mut self, path: &Path, above: &mut Vec<Inode>) {
        let name = file_name(path).unwrap_or_default();
        let metadata = fs::metadata(path);
        let rule = match &metadata {
            Ok(metadata) if metadata.is_file() => Rule::of_name_in_folder(&name, self.endings),
            _ => Rule::of_name(&name),
        };
        match (rule, metadata) {
            (Some(rule), _) => self.skip(path, rule),
            (None, Ok(metadata)) if metadata.is_dir() && self.is_old(path) => self.leave_out(path),
            (None, Ok(metadata)) if metadata.is_dir() => self.folder(path, self::inode(&metadata), above),
            (None, metadata) => self.leaf(path, metadata),
        }
    }

    /// Takes a file; skips anything else.
    fn leaf(&mut self, path: &Path, metadata: io::Result<Metadata>) {
        match metadata {
            Ok(metadata) if metadata.is_file() && self.apart.has(&self::inode(&metadata)) => {
                self.skip(path, Rule::Lookup);
            }
            Ok(metadata) if metadata.is_file() => match self.around.data_file(path) {
                Some(table) => self.skip(&table, Rule::DeltaTable),
                None => self.file(path, &metadata),
            },
            Ok(metadata) => self.skip(path, Rule::of_type(metadata.file_type())),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => self.unreadable(path, error),
            Err(_) => self.skip(path, Rule::BrokenLink),
        }
    }

    /// Takes a file. Whether it can be read, the run finds out.
    fn file(&mut self, path: &Path, metadata: &Metadata) {
        let version = FileVersion::of(metadata);
        self.found.push(DistinctFile {
            file: InputFile { version, ..self.input(path) },
            inode: Some(inode(metadata)),
            argument: self.argument,
        });
    }

    /// Takes a pipe, which was named itself: in a folder one is never opened.
    fn pipe(&mut self, path: &Path, pipe: Pipe) {
        let file = InputFile { version: pipe.version(), pipe: Some(pipe), ..self.input(path) };
        self.found.push(DistinctFile { file, inode: None, argument: self.argument });
    }

    /// Takes what cannot be looked into, so that the run says so.
    fn unreadable(&mut self, path: &Path, error: io::Error) {
        self.unreadable.push((self.name(path), error));
        self.found.push(DistinctFile { file: self.input(path), inode: None, argument: self.argument });
    }

    fn input(&self, path: &Path) -> InputFile {
        let (name, identity) = (self.name(path), self.identities.identity(path));
        InputFile { name, path: path.to_owned(), identity: identity.into(), ..InputFile::default() }
    }

    fn skip(&mut self, path: &Path, rule: Rule) {
        self.skip_named(self.name(path), rule);
    }

    fn skip_named(&mut self, name: String, rule: Rule) {
        let skipped = Skipped { name, rule };
        // A glob may lead to many files of one table.
        if self.skipped.last() != Some(&skipped) {
            self.skipped.push(skipped);
        }
    }

    /// The path as the user would write it: relative to the root where it is below, made visible.
    fn name(&self, path: &Path) -> String {
        let path = path.strip_prefix(self.root).unwrap_or(path);
        escape::path(path)
    }
}

fn file_name(path: &Path) -> Option<String> {
    path.file_name().map(|name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests;
