//! Delta tables, whatever wrote them, read leniently: only what says which rows a table has is looked at.
//!
//! The tables that windrow keeps are read by `delta`, which refuses what it could not write.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::deleted::Vector;
use super::log::{self, Line, MetaData, Protocol};
use super::part::{Part, field};
use crate::delta::decode;
use crate::error::{Code, Error, Kind, Result};
use crate::text::escape;

/// Features of the protocol that need nothing else of a reader than what is here.
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

/// A table at its newest version.
#[derive(Clone, Debug)]
pub(super) struct Foreign {
    pub(super) parts: Vec<Part>,
    /// What the columns are called, by what data files call them; structs flattened.
    pub(super) names: HashMap<String, String>,
    /// The columns, structs flattened.
    pub(super) columns: Vec<String>,
}

impl Foreign {
    /// The table in the folder `path`.
    ///
    /// # Errors
    /// Person: its log is damaged, or needs what cannot be read. Usage: there is no version.
    pub(super) fn open(path: &Path) -> Result<Foreign> {
        let wrong = |what: String| {
            Error::new(Kind::Person, format!("{}: {what}", escape::path(path))).with_code(Code::TableDamaged).help(format!(
                "let Spark write what it shows as Parquet, and name that: spark.read.format(\"delta\").load({:?}).write.parquet(DIR)",
                escape::path(path)
            ))
        };
        let lines = log::lines(path).map_err(wrong)?.ok_or_else(|| {
            Error::usage(format!("{}: its log has no version", escape::path(path)))
                .with_code(Code::TableDamaged)
                .help("was it written to its end?")
        })?;
        let (mut protocol, mut meta_data, mut adds) = (None, None, BTreeMap::new());
        for Line { protocol: its_protocol, meta_data: its_meta_data, add, remove, .. } in lines {
            protocol = its_protocol.or(protocol);
            meta_data = its_meta_data.or(meta_data);
            let id = |vector: &Option<Vector>| vector.as_ref().map(Vector::id);
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
        let columns = Columns::of(&meta_data).map_err(wrong)?;
        let part = |add: log::Add| -> Result<Part, String> {
            let value = |(name, value): (String, Option<String>)| {
                (columns.names.get(&name).cloned().unwrap_or(name), field(value.as_ref()))
            };
            let deleted = add.deletion_vector.map(|vector| vector.rows(path)).transpose()?;
            Ok(Part {
                path: place(path, &add.path)?,
                partition: add.partition_values.into_iter().map(value).collect(),
                deleted: deleted.map(Arc::new),
            })
        };
        let parts = adds.into_values().map(part).collect::<Result<_, _>>().map_err(wrong)?;
        Ok(Foreign { parts, names: columns.names, columns: columns.all })
    }
}

/// Refuses what a reader of this table would have to know.
fn check(protocol: &Protocol) -> Result<(), String> {
    let unknown = |feature: &&String| !FEATURES.contains(&feature.as_str());
    match protocol.reader_features.iter().flatten().find(unknown) {
        Some(feature) => Err(format!("this table has the feature {feature}, which cannot be read")),
        None if protocol.min_reader_version > 3 => {
            Err(format!("this table needs a reader of version {}", protocol.min_reader_version))
        }
        None => Ok(()),
    }
}

/// Where a data file is, from how the log names it: percent-encoded, below the table or whole.
fn place(table: &Path, path: &str) -> Result<PathBuf, String> {
    let whole = decode(path).ok_or_else(|| format!("the path {path:?} is damaged"))?;
    match whole.split_once(':') {
        Some(("file", rest)) => Ok(PathBuf::from(rest.strip_prefix("//").unwrap_or(rest))),
        Some((scheme, rest)) if rest.starts_with("//") => {
            Err(format!("its data files are at {scheme}://, which cannot be read"))
        }
        _ => Ok(table.join(whole)),
    }
}

/// The names of columns.
#[derive(Default)]
struct Columns {
    names: HashMap<String, String>,
    all: Vec<String>,
}

#[derive(Deserialize)]
struct StructType {
    fields: Vec<StructField>,
}

#[derive(Deserialize)]
struct StructField {
    name: String,
    r#type: serde_json::Value,
    #[serde(default)]
    metadata: HashMap<String, serde_json::Value>,
}

impl Columns {
    fn of(meta_data: &MetaData) -> Result<Columns, String> {
        let schema: StructType = serde_json::from_str(&meta_data.schema_string)
            .map_err(|error| format!("its schema does not read: {error}"))?;
        let mode = meta_data.configuration.get("delta.columnMapping.mode").cloned().flatten();
        let mut columns = Columns::default();
        columns.add(schema, mode.is_some_and(|mode| mode != "none"), ("", ""));
        Ok(columns)
    }

    /// Adds the fields of a struct, which are in the column `before`: as it is called, and as data files call it.
    fn add(&mut self, of: StructType, is_mapped: bool, before: (&str, &str)) {
        for StructField { name, r#type, metadata } in of.fields {
            let physical = metadata.get("delta.columnMapping.physicalName").and_then(|name| name.as_str());
            let physical = physical.filter(|_| is_mapped).unwrap_or(&name);
            let (name, physical) = (format!("{}{name}", before.0), format!("{}{physical}", before.1));
            match serde_json::from_value::<StructType>(r#type) {
                Ok(inside) => {
                    self.add(inside, is_mapped, (&format!("{name}."), &format!("{physical}.")));
                }
                Err(_) => {
                    self.names.insert(physical, name.clone());
                    self.all.push(name);
                }
            }
        }
    }
}
