//! Delta tables as inputs: the live files of the newest version, with what the log says of each.
//!
//! The files of a table have its name, and lie in its folder, so that a ledger knows them as it knows any others. What is not in
//! them comes from the log: the values of partitions, and which columns there are.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use roaring::RoaringTreemap;

use super::InputFile;
use super::ending::{Endings, Tables, ends_with};
use super::glob::{Glob, has_wildcard};
use super::identity::Root;
use super::path_columns::PathColumns;
use super::skip::DELTA_LOG;
use crate::delta::{DeletionVector, Foreign, LiveFile, TableColumns};
use crate::error::{Code, Error, Kind, Result};
use crate::fingerprint::hash;
use crate::storage::{LocalFolder, ObjectUrl, Storage, StoredFile, Stores};
use crate::text::escape;

/// What the log of a table says of one of its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TablePart {
    /// The file's name in the log, and the suffix of its identity: a table may have the same rows twice, so it tells them apart.
    pub(crate) name: Arc<str>,
    /// The columns that have one value in all its rows.
    pub(crate) columns: PathColumns,
    /// The columns of the table: the file need not have them, and may have other names for them.
    pub(crate) declared: Arc<TableColumns>,
    /// The rows that were deleted from the file.
    pub(crate) deleted: Option<DeletedRows>,
}

/// The rows that were deleted from a data file, by their deletion vector.
#[derive(Clone, Debug)]
pub(crate) struct DeletedRows {
    vector: DeletionVector,
    /// The table's folder.
    table: Arc<dyn Storage>,
}

impl DeletedRows {
    /// Their numbers, from 0.
    ///
    /// # Errors
    /// Data: the vector is damaged. Storage: it cannot be read.
    pub(crate) fn numbers(&self) -> Result<RoaringTreemap> {
        self.vector.rows(&*self.table).map_err(|fault| of_data(fault.of(&self.table.place())))
    }
}

impl TablePart {
    /// The file `file` as this part of a table. If rows were deleted from it, its identity says which: without other rows it is another
    /// file, though its bytes are the same.
    pub(super) fn of_file(self, mut file: InputFile) -> InputFile {
        let deleted = self.deleted.as_ref().map(|deleted| deleted.vector.id());
        file.table = Some(Arc::new(self));
        match deleted {
            Some(id) => file.with_suffix("?deleted", &id),
            None => file,
        }
    }
}

impl InputFile {
    /// This file with a hash of `text` at the end of its identity, behind the word `what`.
    fn with_suffix(mut self, what: &str, text: &str) -> InputFile {
        let suffix = format!("{what}={:016x}", hash(text.as_bytes()) as u64);
        self.identity = format!("{}{suffix}", self.identity).into();
        if let Some(part) = &mut self.table {
            let part = Arc::make_mut(part);
            part.name = format!("{}{suffix}", part.name).into();
        }
        self
    }
}

impl TablePart {
    /// What the columns `named` of a job mean in its file; empty if each means the column of its own name.
    fn meaning(&self, named: &[String]) -> Arc<str> {
        // What the path says is not looked for in the file.
        let is_in_table = |name: &&String| self.declared.has(name) || self.columns.get(name).is_none();
        self.declared.meaning(named.iter().filter(is_in_table)).into()
    }
}

/// The files as the ledger of a job that reads these columns knows them. When one of these names comes to mean another column of a file, it
/// counts as another file, though its bytes are the same.
pub(crate) fn identified<'f>(files: Cow<'f, [InputFile]>, columns: &[String]) -> Cow<'f, [InputFile]> {
    if files.iter().all(|file| file.mapped_columns().is_none()) {
        return files;
    }
    // All files of a table mean the same, and follow one another.
    let mut last: Option<(Arc<TableColumns>, Arc<str>)> = None;
    let identified = |file: InputFile| {
        let Some(part) = &file.table else { return file };
        let meaning = match &last {
            Some((table, meaning)) if Arc::ptr_eq(table, &part.declared) => meaning.clone(),
            _ => last.insert((part.declared.clone(), part.meaning(columns))).1.clone(),
        };
        let what = if part.deleted.is_some() { "&columns" } else { "?columns" };
        if meaning.is_empty() { file } else { file.with_suffix(what, &meaning) }
    };
    files.into_owned().into_iter().map(identified).collect()
}

/// The error of a table, which is damaged data where it is an input.
fn of_data(error: Error) -> Error {
    match error.kind() {
        Kind::Attention => error.with_kind(Kind::Data),
        _ => error,
    }
}

impl PartialEq for DeletedRows {
    fn eq(&self, other: &Self) -> bool {
        self.vector == other.vector
    }
}

impl Eq for DeletedRows {}

/// Whether the folder is a Delta table.
pub(super) fn is_table(folder: &Path) -> bool {
    folder.join(DELTA_LOG).is_dir()
}

/// The tables that folders lie in, each folder looked at once.
#[derive(Debug, Default)]
pub(super) struct Around(HashMap<PathBuf, Option<PathBuf>>);

impl Around {
    /// The table whose data file this one may be: the innermost folder around it that is a table.
    pub(super) fn data_file(&mut self, path: &Path) -> Option<PathBuf> {
        match path.file_name().is_some_and(|name| is_data(&name.to_string_lossy())) {
            true => self.table(path.parent()?),
            false => None,
        }
    }

    fn table(&mut self, folder: &Path) -> Option<PathBuf> {
        if let Some(known) = self.0.get(folder) {
            return known.clone();
        }
        let table = match is_table(folder) {
            true if folder.as_os_str().is_empty() => Some(PathBuf::from(".")),
            true => Some(folder.to_owned()),
            false => match folder.parent() {
                Some(around) => self.table(around),
                // A relative path ends where the program was started.
                None if folder.is_relative() => {
                    std::path::absolute(".").ok()?.parent().and_then(|around| self.table(around))
                }
                None => None,
            },
        };
        self.0.insert(folder.to_owned(), table.clone());
        table
    }
}

/// Whether a file of this name may be a data file.
pub(super) fn is_data(name: &str) -> bool {
    ends_with(name, DATA_ENDING)
}

/// The ending of names of data files of tables.
const DATA_ENDING: &str = ".parquet";

/// The error for a file that was named, and lies in the folder of the table `table`.
pub(super) fn data_file_of_table(written: &str, table: &str) -> Error {
    Error::usage(format!(
        "{written} lies in the Delta table {table}, whose log says which files count, and which rows of them"
    ))
    .with_code(Code::NotAFile)
    .with_help(format!("name the table, {table}; to read the file by itself, copy it to another folder"))
}

/// The error for a table that was named, and has no data file.
pub(super) fn no_data_file(written: &str) -> Error {
    Error::usage(format!("the Delta table {written} is empty: its newest version has no data file"))
        .with_code(Code::NotFound)
        .with_help("write rows to it first, or check that it is the table you mean")
}

/// The data files of the table in `folder`, where each is, and what its log says of it. `root` is what identities are relative to.
///
/// # Errors
/// Usage: the table has a feature that is not supported. Data: its log is damaged.
pub(super) fn parts(folder: &Path, root: &Root) -> Result<Vec<(PathBuf, TablePart)>> {
    let storage: Arc<dyn Storage> = Arc::new(LocalFolder::new(folder));
    let table = Foreign::within(&*storage, folder).map_err(of_data)?;
    live(table, (folder, storage), &escape::path(folder), &root.identity(&folder.join(DELTA_LOG)))
}

/// The same for the table whose folder `storage` is; its files are named from there. `address` is that of the folder.
///
/// # Errors
/// As [`parts`]. Storage: the store cannot be asked.
pub(super) fn object_parts(storage: Arc<dyn Storage>, address: &str) -> Result<Vec<(PathBuf, TablePart)>> {
    let table = Foreign::within(&*storage, Path::new("")).map_err(of_data)?;
    let shown = storage.place();
    live(table, (Path::new(""), storage), &shown, &format!("{address}{DELTA_LOG}"))
}

fn live(
    table: Foreign,
    (folder, storage): (&Path, Arc<dyn Storage>),
    shown: &str,
    log: &str,
) -> Result<Vec<(PathBuf, TablePart)>> {
    let not_built = |what: &str, help: &str| {
        let in_python = shown.replace('\\', r"\\").replace('"', "\\\"");
        let help = help.replace("DIR", &format!("\"{in_python}\""));
        Error::not_built(format!("{shown}: {what}, which is not read")).with_help(help)
    };
    let declared = Arc::new(table.columns);
    let part = |file: LiveFile| {
        if !file.is_inside(folder) {
            return Err(not_built("data files are outside of its folder, as in a shallow clone", REWRITE));
        }
        // The folders above the table may name columns too. Those of the table are in its log.
        let columns = PathColumns::of(log).and(file.partition);
        let deleted = file.deleted.map(|vector| DeletedRows { vector, table: storage.clone() });
        let part = TablePart { name: file.name.into(), columns, declared: declared.clone(), deleted };
        Ok((file.path, part))
    };
    table.files.into_iter().map(part).collect()
}

/// How to turn a table into one that can be read: write all of it elsewhere.
const REWRITE: &str = "let Spark write what it shows as Parquet, and name that: spark.read.format(\"delta\").load(DIR).write.parquet(\"OTHER\")";

/// The Delta tables that `paths` lead to, by their identities; relative paths start from `root`. A known file of such a table that is not
/// listed has left the table.
pub fn tables<P: AsRef<Path>>(paths: &[P], root: &Path, endings: &Endings, stores: &Stores) -> Vec<String> {
    if endings.tables() == Tables::Skipped {
        return Vec::new();
    }
    let (mut folders, mut addresses) = (Vec::new(), Vec::new());
    for written in paths.iter().map(AsRef::as_ref) {
        if let Some(Ok(Some(url))) = written.to_str().map(ObjectUrl::parse) {
            addresses.extend(object_tables(&url, stores).unwrap_or_default());
            continue;
        }
        match Glob::new(root, written) {
            Ok(glob) if !root.join(written).exists() => {
                glob.find(&mut |path| folders.push(path), &mut |_, _| (), &mut |_| true);
            }
            _ => folders.push(root.join(written)),
        }
    }
    let identities = Root::new(root);
    let folders = folders.iter().filter(|folder| is_table(folder)).map(|folder| identities.folder(folder));
    folders.chain(addresses).collect()
}

/// The identities of the folders that `url` leads to and that are Delta tables.
fn object_tables(url: &ObjectUrl, stores: &Stores) -> Result<Vec<String>> {
    if url.is_web() || !has_wildcard(&url.key) {
        let names = stores.folder(url)?.names(DELTA_LOG)?;
        return Ok(if names.is_empty() { vec![] } else { vec![url.identity(&url.folder())] });
    }
    let glob = Glob::new(Path::new(""), Path::new(&url.key))?;
    let tables =
        tables_in(&stores.of(url)?.list_beginning(&glob.start().to_string_lossy(), glob.beginning())?);
    let matched = tables.iter().filter(|folder| glob.matches_key(folder));
    Ok(matched.map(|folder| url.identity(&format!("{folder}/"))).collect())
}

/// The folders that contain the log of a Delta table.
pub(super) fn tables_in(entries: &[StoredFile]) -> BTreeSet<String> {
    let log = format!("{DELTA_LOG}/");
    let folder = |entry: &StoredFile| match entry.path.find(&format!("/{log}")) {
        Some(end) => Some(entry.path[..end].to_owned()),
        None => entry.path.starts_with(&log).then(String::new),
    };
    entries.iter().filter_map(folder).collect()
}

/// The table that the object with these names may be a data file of: the innermost table folder around it.
pub(super) fn data_object(names: &[&str], tables: &BTreeSet<String>) -> Option<String> {
    let (name, folders) = names.split_last()?;
    let around = (0..=folders.len()).rev().map(|end| folders[..end].join("/"));
    around.filter(|_| is_data(name)).find(|folder| tables.contains(folder))
}

/// The error if a Delta table is declared and `written` is something else.
pub(super) fn no_table(written: &str) -> Error {
    Error::usage(format!("{written} is not a Delta table: it is not a folder with {DELTA_LOG} in it"))
        .with_code(Code::NotFound)
        .with_help("name the folder of a table, or declare another format")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The identity of the only file of a table in the folder `x=7/t?`, in a ledger that is kept for these columns. `action` is called
    /// `physical` in it.
    fn identity(physical: &str, is_deleted_from: bool, columns: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("x=7/t?");
        std::fs::create_dir_all(table.join(DELTA_LOG)).unwrap();
        let field = |name: &str, physical: &str, id: i32| {
            json!({"name": name, "type": "string", "nullable": true,
                "metadata": {"delta.columnMapping.id": id, "delta.columnMapping.physicalName": physical}})
        };
        let fields = [field("time", "time", 1), field("action", physical, 2)];
        let mut add = json!({"path": "a.parquet", "partitionValues": {}, "size": 1, "modificationTime": 0, "dataChange": true});
        if is_deleted_from {
            add["deletionVector"] =
                json!({"storageType": "i", "pathOrInlineDv": "00000", "sizeInBytes": 4, "cardinality": 1});
        }
        let log = [
            json!({"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["columnMapping", "deletionVectors"]}}),
            json!({"metaData": {"schemaString": json!({"type": "struct", "fields": fields}).to_string(),
                "partitionColumns": [], "configuration": {"delta.columnMapping.mode": "name"}}}),
            json!({ "add": add }),
        ];
        let lines: String = log.iter().map(|line| format!("{line}\n")).collect();
        std::fs::write(table.join(DELTA_LOG).join(format!("{:020}.json", 0)), lines).unwrap();
        let (path, part) = parts(&table, &Root::new(folder.path())).unwrap().remove(0);
        let file = InputFile { identity: "x=7/t%3F/a.parquet".into(), path, ..InputFile::default() };
        let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
        let file = identified(vec![part.of_file(file)].into(), &columns).into_owned().remove(0);
        let (identity, part) = (file.identity.to_string(), file.table.unwrap());
        assert_eq!(*part.name, identity["x=7/t%3F/".len()..], "a part is told apart as its file is");
        identity
    }

    #[test]
    fn a_file_is_another_one_when_a_column_of_the_job_is() {
        let plain = "x=7/t%3F/a.parquet";
        // Folders above the table name columns too.
        for columns in [&["time", "action", "x"][..], &["time"], &[]] {
            assert_eq!(identity("action", false, columns), plain, "{columns:?}");
        }
        assert_eq!(identity("col-2", false, &["time", "x"]), plain);
        let mapped = identity("col-2", false, &["time", "action", "x"]);
        assert!(mapped.starts_with(&format!("{plain}?columns=")), "{mapped}");
        assert_ne!(identity("col-3", false, &["time", "action", "x"]), mapped);
        // A column that the table does not have is not its own.
        assert_ne!(identity("action", false, &["time", "gone"]), plain);
        let deleted = identity("action", true, &["action"]);
        assert!(deleted.starts_with(&format!("{plain}?deleted=")), "{deleted}");
        let both = identity("col-2", true, &["action"]);
        assert!(both.starts_with(&format!("{deleted}&columns=")), "{both}");
    }
}
