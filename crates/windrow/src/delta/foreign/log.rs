//! The log of a Delta table: its newest checkpoint and the commits since, line by line.

use std::collections::{BTreeMap, BTreeSet};

use arrow_json::LineDelimitedWriter;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use serde::Deserialize;

use super::ForeignFault;
use super::deleted::DeletionVector;
use crate::storage::Storage;
use crate::text::percent::decoded_text;

/// The folder of the log in that of the table.
const FOLDER: &str = "_delta_log";

/// One line. Other actions do not affect which rows a table has.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogLine {
    pub(super) protocol: Option<ForeignProtocol>,
    pub(super) meta_data: Option<ForeignMetaData>,
    pub(super) add: Option<ForeignAdd>,
    pub(super) remove: Option<ForeignRemove>,
    sidecar: Option<Sidecar>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ForeignProtocol {
    pub(super) min_reader_version: i64,
    #[serde(default)]
    pub(super) reader_features: Option<Vec<String>>,
}

impl ForeignProtocol {
    /// Whether readers have to apply the column mapping of the table.
    pub(super) fn maps_columns(&self) -> bool {
        let has_feature = |feature: &String| feature == "columnMapping";
        self.min_reader_version == 2 || self.reader_features.iter().flatten().any(has_feature)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ForeignMetaData {
    pub(super) schema_string: String,
    #[serde(default)]
    pub(super) partition_columns: Vec<String>,
    #[serde(default)]
    pub(super) configuration: BTreeMap<String, Option<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ForeignAdd {
    pub(super) path: String,
    #[serde(default)]
    pub(super) partition_values: BTreeMap<String, Option<String>>,
    #[serde(default)]
    pub(super) deletion_vector: Option<DeletionVector>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ForeignRemove {
    pub(super) path: String,
    #[serde(default)]
    pub(super) deletion_vector: Option<DeletionVector>,
}

/// A part of a checkpoint.
#[derive(Debug, Deserialize)]
struct Sidecar {
    path: String,
}

/// The columns of a checkpoint to read, by the beginnings of their names.
const COLUMNS: [&str; 12] = [
    "protocol.",
    "metaData.schemaString",
    "metaData.partitionColumns.",
    "metaData.configuration.",
    "add.path",
    "add.partitionValues.",
    "add.deletionVector.",
    "remove.path",
    "remove.deletionVector.",
    "sidecar.path",
    "sidecar.sizeInBytes",
    "checkpointMetadata.version",
];

/// The log lines that make up the table in `storage`; `None` if it has no version.
pub(super) fn lines(storage: &dyn Storage) -> Result<Option<Vec<LogLine>>, ForeignFault> {
    let mut commits = BTreeSet::new();
    // The files of checkpoints, by version and number of parts; 0: a single file.
    let mut checkpoints: BTreeMap<(u64, usize), Vec<String>> = BTreeMap::new();
    let paths = storage.names(FOLDER).map_err(ForeignFault::Storage)?;
    for path in &paths {
        let name = path.strip_prefix(FOLDER).and_then(|name| name.strip_prefix('/')).unwrap_or(path);
        let parts: Vec<&str> = name.split('.').collect();
        let Some(version) = parts.first().and_then(|digits| digits.parse::<u64>().ok()) else { continue };
        match parts[1..] {
            ["json"] => drop(commits.insert(version)),
            ["checkpoint", "parquet"] | ["checkpoint", _, "parquet" | "json"] => {
                checkpoints.insert((version, 0), vec![name.to_owned()]);
            }
            ["checkpoint", _, of, "parquet"] => {
                let Ok(of) = of.parse::<usize>() else { continue };
                checkpoints.entry((version, of)).or_default().push(name.to_owned());
            }
            _ => {}
        }
    }
    let whole = checkpoints.iter().rev().find(|((_, of), names)| names.len() == (*of).max(1));
    let (mut lines, from) = match whole {
        Some(((version, _), names)) => {
            let mut lines = Vec::new();
            for name in names {
                lines.extend(file(storage, name)?);
            }
            let sidecars: Vec<String> =
                lines.iter().filter_map(|line| Some(line.sidecar.as_ref()?.path.clone())).collect();
            for sidecar in sidecars {
                // The protocol puts them all in this folder, and lets a writer give more than the name.
                let name = sidecar.rsplit('/').next().and_then(decoded_text);
                let damaged = || ForeignFault::Damaged(format!("the path {sidecar:?} of its log is damaged"));
                let name = name.ok_or_else(damaged)?;
                lines.extend(file(storage, &format!("_sidecars/{name}"))?);
            }
            (lines, version + 1)
        }
        None if commits.is_empty() => return Ok(None),
        None => (Vec::new(), 0),
    };
    let newest = commits.last().copied().unwrap_or_default();
    for version in from..=newest {
        let name = format!("{version:020}.json");
        if !commits.contains(&version) {
            let what = format!("{name} of its log is missing, and later versions are there");
            return Err(ForeignFault::Damaged(what));
        }
        lines.extend(file(storage, &name)?);
    }
    Ok(Some(lines))
}

/// The lines of a file of the log.
fn file(storage: &dyn Storage, name: &str) -> Result<Vec<LogLine>, ForeignFault> {
    let wrong = |error: &dyn std::fmt::Display| {
        ForeignFault::Damaged(format!("{name} of its log is damaged: {error}"))
    };
    let bytes = storage.get(&format!("{FOLDER}/{name}")).map_err(ForeignFault::Storage)?;
    let bytes = bytes.ok_or_else(|| wrong(&"it is missing"))?;
    let bytes = match name.ends_with(".parquet") {
        true => json(bytes).map_err(|error| wrong(&error))?.into(),
        false => bytes,
    };
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    lines.map(|line| serde_json::from_slice(line).map_err(|error| wrong(&error))).collect()
}

/// A file of Parquet as lines of JSON.
fn json(bytes: Bytes) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(bytes, options)?;
    let columns = reader.parquet_schema().columns().iter().enumerate();
    let is_wanted = |name: &str| COLUMNS.iter().any(|wanted| name.starts_with(wanted));
    let wanted = columns.filter(|(_, column)| is_wanted(&column.path().string())).map(|(at, _)| at);
    let mask = ProjectionMask::leaves(reader.parquet_schema(), wanted.collect::<Vec<_>>());
    let mut writer = LineDelimitedWriter::new(Vec::new());
    for batch in reader.with_projection(mask).build()? {
        writer.write(&batch?)?;
    }
    writer.finish()?;
    Ok(writer.into_inner())
}

#[cfg(test)]
mod tests;
