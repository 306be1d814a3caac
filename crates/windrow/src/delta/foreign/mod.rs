//! Delta tables of any writer, read leniently: only actions that affect which rows a table has are read.
//!
//! Windrow's own tables are read by `delta`, which refuses tables that it could not have written.

mod columns;
mod deleted;
mod log;

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use crate::error::{Code, Error, Kind, Result};
use crate::storage::{LocalFolder, Storage};
use crate::text::percent::decoded_text;
pub(crate) use columns::{FileStep, TableColumns};
pub(crate) use deleted::DeletionVector;
use log::{ForeignProtocol, LogLine};

/// Features of the protocol that this reader supports.
const FEATURES: [&str; 9] = [
    "columnMapping",
    "deletionVectors",
    "timestampNtz",
    "typeWidening",
    "typeWidening-preview",
    "v2Checkpoint",
    "vacuumProtocolCheck",
    "variantType",
    "variantType-preview",
];

/// Why a table, or a part of it, cannot be read.
#[derive(Debug)]
pub(crate) enum ForeignFault {
    /// It is damaged, or has what is not read; the text says what.
    Damaged(String),
    /// The storage could not read it.
    Storage(Error),
}

impl ForeignFault {
    /// The error for the table `shown`.
    pub(crate) fn of(self, shown: &str) -> Error {
        match self {
            ForeignFault::Damaged(what) => Foreign::unreadable(shown, what),
            ForeignFault::Storage(error) => error,
        }
    }
}

/// A table at its newest version.
#[derive(Clone, Debug)]
pub(crate) struct Foreign {
    /// The data files, in order of their names.
    pub(crate) files: Vec<LiveFile>,
    /// The columns.
    pub(crate) columns: TableColumns,
}

/// A data file of a table.
#[derive(Clone, Debug)]
pub(crate) struct LiveFile {
    /// Its decoded name from the log.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) path: PathBuf,
    /// The partition values, which are the same for all of its rows.
    pub(crate) partition: Vec<(String, Option<String>)>,
    /// The rows that were deleted from it, if they are recorded in a deletion vector.
    pub(crate) deleted: Option<DeletionVector>,
}

impl Foreign {
    /// The table in the folder `path`.
    ///
    /// # Errors
    /// Attention: its log is damaged, or needs what cannot be read. Usage: the table has no version.
    pub(crate) fn open(path: &Path) -> Result<Foreign> {
        Foreign::within(&LocalFolder::new(path), path)
    }

    /// The table whose folder is the root of `storage`; its files are below `path`.
    ///
    /// # Errors
    /// As [`Foreign::open`].
    pub(crate) fn within(storage: &dyn Storage, path: &Path) -> Result<Foreign> {
        let shown = storage.place();
        let wrong = |what: String| Foreign::unreadable(&shown, what);
        let lines = log::lines(storage).map_err(|fault| fault.of(&shown))?;
        let lines = lines.ok_or_else(|| {
            Error::usage(format!("{shown}: its log has no version"))
                .with_code(Code::TableDamaged)
                .with_help("was it written to its end?")
        })?;
        let (mut protocol, mut meta_data, mut adds) = (None, None, BTreeMap::new());
        for LogLine { protocol: its_protocol, meta_data: its_meta_data, add, remove, .. } in lines {
            protocol = its_protocol.or(protocol);
            meta_data = its_meta_data.or(meta_data);
            let id = |vector: &Option<DeletionVector>| vector.as_ref().map(DeletionVector::id);
            if let Some(remove) = remove {
                adds.remove(&(remove.path, id(&remove.deletion_vector)));
            }
            if let Some(add) = add {
                adds.insert((add.path.clone(), id(&add.deletion_vector)), add);
            }
        }
        let (Some(protocol), Some(meta_data)) = (protocol, meta_data) else {
            return Err(wrong("its log does not say what the table is".to_owned()));
        };
        check(&protocol).map_err(wrong)?;
        let columns = TableColumns::of(&meta_data, &protocol).map_err(wrong)?;
        let live = |add: log::ForeignAdd| -> Result<LiveFile, String> {
            // In a checkpoint, values that are null may be missing.
            let partition = meta_data.partition_columns.iter().map(|name| {
                (name.clone(), add.partition_values.get(columns.physical(name)).cloned().flatten())
            });
            let name =
                decoded_text(&add.path).ok_or_else(|| format!("the path {:?} is damaged", add.path))?;
            Ok(LiveFile {
                path: place(path, &name)?,
                name,
                partition: partition.collect(),
                deleted: add.deletion_vector,
            })
        };
        let files = adds.into_values().map(live).collect::<Result<_, _>>().map_err(wrong)?;
        Ok(Foreign { files, columns })
    }

    /// The error for the table `path`, if it cannot be read; `what` says why.
    pub(crate) fn unreadable(path: &str, what: String) -> Error {
        Error::new(Kind::Attention, format!("{path}: {what}")).with_code(Code::TableDamaged).with_help(format!(
            "let Spark write what it shows as Parquet, and name that: spark.read.format(\"delta\").load({path:?}).write.parquet(DIR)"
        ))
    }
}

impl LiveFile {
    /// Whether it is in the folder of the table.
    pub(crate) fn is_inside(&self, table: &Path) -> bool {
        let goes_up = |path: &Path| {
            path.components().any(|part| matches!(part, Component::ParentDir | Component::RootDir))
        };
        self.path.strip_prefix(table).is_ok_and(|below| !goes_up(below))
    }
}

/// Refuses a protocol with features that this reader does not know.
fn check(protocol: &ForeignProtocol) -> Result<(), String> {
    let unknown = |feature: &&String| !FEATURES.contains(&feature.as_str());
    match protocol.reader_features.iter().flatten().find(unknown) {
        Some(feature) => Err(format!("this table has the feature {feature}, which cannot be read")),
        None if protocol.min_reader_version > 3 => {
            Err(format!("this table needs a reader of version {}", protocol.min_reader_version))
        }
        None => Ok(()),
    }
}

/// The path of the data file of this name: below the table, or an absolute path.
fn place(table: &Path, name: &str) -> Result<PathBuf, String> {
    match name.split_once(':') {
        Some(("file", rest)) => Ok(PathBuf::from(rest.strip_prefix("//").unwrap_or(rest))),
        Some((scheme, rest)) if rest.starts_with("//") => {
            Err(format!("its data files are at {scheme}://, which cannot be read"))
        }
        _ => Ok(table.join(name)),
    }
}
