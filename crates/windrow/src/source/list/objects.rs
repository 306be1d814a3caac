//! Listing in object stores: objects, folders and globs by their addresses.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use super::FolderWalk;
use super::distinct::DistinctFile;
use super::not_found::missing_object;
use crate::error::{Code, Error, Result};
use crate::source::InputFile;
use crate::source::ending::Tables;
use crate::source::glob::{Glob, has_wildcard};
use crate::source::skip::{DELTA_LOG, Rule};
use crate::source::table::{self, no_table, tables_in};
use crate::storage::{FileVersion, Object, ObjectUrl, Storage, StoredFile};
use crate::text::escape;

/// A store that is searched.
pub(super) struct Bucket<'u> {
    pub(super) url: &'u ObjectUrl,
    pub(super) storage: Arc<dyn Storage>,
}

impl Bucket<'_> {
    fn file(&self, entry: &StoredFile) -> InputFile {
        InputFile {
            version: entry.version(),
            object: Some(Object::new(Arc::clone(&self.storage), entry)),
            ..self.missing(&entry.path)
        }
    }

    /// The beginning of the identities of the objects in a folder.
    pub(super) fn beginning(&self, folder: &str) -> String {
        match folder {
            "" => self.url.identity(""),
            folder => self.url.identity(folder) + "/",
        }
    }

    /// The object with this identity, in the version that the ledger knows.
    pub(super) fn known(&self, identity: &str, version: &FileVersion) -> Option<InputFile> {
        let url = ObjectUrl::parse(identity).ok().flatten()?;
        Some(self.file(&StoredFile::known(url.key, version)))
    }

    /// An object that is not there.
    fn missing(&self, key: &str) -> InputFile {
        let identity = self.url.identity(key);
        InputFile {
            name: self.url.shown(key),
            path: identity.clone().into(),
            identity: identity.into(),
            ..InputFile::default()
        }
    }
}

impl FolderWalk<'_> {
    /// Lists what an address leads to: an object, all objects below a folder, or those that match a glob.
    pub(super) fn address(&mut self, written: &Path, url: &ObjectUrl) -> Result<()> {
        let only_tables = self.endings.tables() == Tables::Only;
        let bucket = Bucket { url, storage: self.stores.of(url)? };
        if has_wildcard(&url.key) && !url.is_web() {
            return self.with_inputs(written, |walk| walk.objects_by_glob(&bucket));
        }
        let is_folder = only_tables || url.key.is_empty() || url.key.ends_with('/');
        let entry = if is_folder { None } else { bucket.storage.stat(&url.key)? };
        if let Some(entry) = entry {
            self.object(&bucket, &entry);
            return Ok(());
        }
        if url.is_web() {
            return Err(Error::usage(format!("{} does not exist, or is a folder", url.shown(&url.key)))
                .with_code(Code::NotFound)
                .with_help("name a file: web servers do not say what is in a folder"));
        }
        self.with_inputs(written, |walk| walk.objects_in_folder(written, &bucket))
    }

    fn objects_in_folder(&mut self, written: &Path, bucket: &Bucket<'_>) -> Result<()> {
        let folder = bucket.url.key.trim_end_matches('/');
        let entries = self.objects_below(bucket, folder, "")?;
        let odd_keys = bucket.storage.odd_keys(folder);
        if entries.is_empty() && odd_keys.is_empty() && !folder.is_empty() && !self.may_be_none {
            return Err(missing_object(&escape::path(written), bucket));
        }
        for key in odd_keys {
            self.skip_object(bucket, &key, Rule::OddKey);
        }
        let tables = tables_in(&entries);
        if tables.contains(folder) && self.endings.tables() != Tables::Skipped {
            return self.object_table(bucket, bucket.url, &entries);
        }
        if self.endings.tables() == Tables::Only {
            return Err(no_table(&bucket.url.shown(folder)));
        }
        let depth = if folder.is_empty() { 0 } else { folder.split('/').count() };
        for entry in &entries {
            self.object_in_folder(bucket, entry, depth, &tables);
        }
        Ok(())
    }

    /// Takes those of `entries` that the log of the table at `table` names. One that is missing is taken too: the run refuses it.
    fn object_table(&mut self, bucket: &Bucket<'_>, table: &ObjectUrl, entries: &[StoredFile]) -> Result<()> {
        let folder = table.folder();
        let below = entries.iter().filter(|entry| entry.path.starts_with(&folder));
        let by_path: HashMap<&str, &StoredFile> = below.map(|entry| (&*entry.path, entry)).collect();
        let address = table.identity(&folder);
        for (name, part) in table::object_parts(self.stores.folder(table)?, &address)? {
            let key = format!("{folder}{}", name.to_string_lossy());
            let file = match by_path.get(&*key) {
                Some(entry) => bucket.file(entry),
                None => bucket.missing(&key),
            };
            let file = part.of_file(file);
            self.found.push(DistinctFile { file, inode: None, argument: self.argument });
        }
        Ok(())
    }

    fn objects_by_glob(&mut self, bucket: &Bucket<'_>) -> Result<()> {
        let glob = Glob::new(Path::new(""), Path::new(&bucket.url.key))?;
        let start = glob.start().to_string_lossy();
        let entries = self.objects_below(bucket, &start, glob.beginning())?;
        // A key may have the characters of a glob in it.
        if let Ok(at) = entries.binary_search_by(|entry| entry.path.cmp(&bucket.url.key)) {
            self.object(bucket, &entries[at]);
            return Ok(());
        }
        let mut tables = tables_in(&entries);
        if !glob.beginning().is_empty() && entries.iter().any(|entry| table::is_data(&entry.path)) {
            // If the objects are in a table, the key of its log does not begin as theirs do.
            let log = format!("{start}/{DELTA_LOG}");
            if !bucket.storage.names(log.trim_start_matches('/'))?.is_empty() {
                tables.insert(start.to_string());
            }
        }
        let reads_tables = self.endings.tables() != Tables::Skipped;
        for key in bucket.storage.odd_keys(&start).iter().filter(|key| glob.leads_to(key)) {
            self.skip_object(bucket, key, Rule::OddKey);
        }
        let spelled_out = bucket.url.key.rsplit('/').next().and_then(Rule::of_name).is_some();
        let counts = |folder: &&String| {
            let name = folder.rsplit('/').next().unwrap_or_default();
            reads_tables && glob.matches_key(folder) && (spelled_out || Rule::of_name(name).is_none())
        };
        for folder in tables.iter().filter(counts) {
            self.object_table(bucket, &ObjectUrl { key: folder.clone(), ..bucket.url.clone() }, &entries)?;
        }
        let from = if start.is_empty() { 0 } else { start.split('/').count() };
        for entry in &entries {
            let names: Vec<&str> = entry.path.split('/').collect();
            let matched = (from + 1..=names.len()).find(|end| glob.matches(&names[from..*end]));
            let Some(depth) = matched else { continue };
            let path = names[..depth].join("/");
            match Rule::of_name(names[depth - 1]).filter(|_| !spelled_out) {
                Some(rule) => self.skip_object(bucket, &path, rule),
                None if reads_tables && tables.contains(&path) => {}
                None if self.endings.tables() == Tables::Only => {
                    self.skip_object(bucket, &path, Rule::NoTable)
                }
                None if depth == names.len() => match table::data_object(&names, &tables) {
                    Some(table) => self.skip_object(bucket, &table, Rule::DeltaTable),
                    None if self.is_apart(bucket, entry) => {
                        self.skip_object(bucket, &entry.path, Rule::Lookup);
                    }
                    None => self.object(bucket, entry),
                },
                None if glob.is_recursive() => {}
                None => self.object_in_folder(bucket, entry, depth, &tables),
            }
        }
        Ok(())
    }

    fn is_apart(&self, bucket: &Bucket<'_>, entry: &StoredFile) -> bool {
        self.apart.has_object(&bucket.url.identity(&entry.path))
    }

    /// Takes an object below a folder, which is `depth` names deep, unless a rule skips it or a folder that it is in.
    fn object_in_folder(
        &mut self,
        bucket: &Bucket<'_>,
        entry: &StoredFile,
        depth: usize,
        tables: &BTreeSet<String>,
    ) {
        let names: Vec<&str> = entry.path.split('/').collect();
        for end in depth..names.len() {
            let folder = names[..end].join("/");
            if tables.contains(&folder) {
                return self.skip_object(bucket, &folder, Rule::DeltaTable);
            }
            if let Some(rule) = (end > depth).then(|| Rule::of_name(names[end - 1])).flatten() {
                return self.skip_object(bucket, &folder, rule);
            }
        }
        let name = names.last().copied().unwrap_or_default();
        match Rule::of_name_in_folder(name, self.endings) {
            None if self.is_apart(bucket, entry) => self.skip_object(bucket, &entry.path, Rule::Lookup),
            Some(rule) => self.skip_object(bucket, &entry.path, rule),
            None => self.object(bucket, entry),
        }
    }

    fn object(&mut self, bucket: &Bucket<'_>, entry: &StoredFile) {
        self.found.push(DistinctFile { file: bucket.file(entry), inode: None, argument: self.argument });
    }

    fn skip_object(&mut self, bucket: &Bucket<'_>, key: &str, rule: Rule) {
        self.skip_named(bucket.url.shown(key), rule);
    }
}
