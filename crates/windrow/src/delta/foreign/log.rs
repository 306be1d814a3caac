//! The log of a Delta table: its newest checkpoint and the commits since, line by line.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;

use arrow_json::LineDelimitedWriter;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use serde::Deserialize;

use super::deleted::Vector;

/// One line. What is not listed here does not say which rows a table has.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    pub(super) protocol: Option<Protocol>,
    pub(super) meta_data: Option<MetaData>,
    pub(super) add: Option<Add>,
    pub(super) remove: Option<Remove>,
    sidecar: Option<Sidecar>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Protocol {
    pub(super) min_reader_version: i64,
    #[serde(default)]
    pub(super) reader_features: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MetaData {
    pub(super) schema_string: String,
    #[serde(default)]
    pub(super) partition_columns: Vec<String>,
    #[serde(default)]
    pub(super) configuration: BTreeMap<String, Option<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Add {
    pub(super) path: String,
    #[serde(default)]
    pub(super) partition_values: BTreeMap<String, Option<String>>,
    #[serde(default)]
    pub(super) deletion_vector: Option<Vector>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Remove {
    pub(super) path: String,
    #[serde(default)]
    pub(super) deletion_vector: Option<Vector>,
}

/// A part of a checkpoint.
#[derive(Debug, Deserialize)]
struct Sidecar {
    path: String,
}

/// What of a checkpoint is read, by the beginnings of its columns.
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

/// The lines that the table in the folder `table` is the sum of; none if it has no version. On the left what is wrong.
pub(super) fn lines(table: &Path) -> Result<Option<Vec<Line>>, String> {
    let folder = table.join("_delta_log");
    let mut commits = BTreeSet::new();
    // The files of checkpoints by their version, and by how many files they are.
    let mut checkpoints: BTreeMap<(u64, usize), Vec<String>> = BTreeMap::new();
    let entries = fs::read_dir(&folder).map_err(|error| format!("its log cannot be read: {error}"))?;
    for entry in entries {
        let name = entry.map_err(|error| format!("its log cannot be read: {error}"))?.file_name();
        let Some(name) = name.to_str() else { continue };
        let parts: Vec<&str> = name.split('.').collect();
        let Some(version) = parts.first().and_then(|digits| digits.parse::<u64>().ok()) else { continue };
        match parts[1..] {
            ["json"] => drop(commits.insert(version)),
            ["checkpoint", "parquet"] | ["checkpoint", _, "parquet" | "json"] => {
                checkpoints.insert((version, 1), vec![name.to_owned()]);
            }
            ["checkpoint", _, of, "parquet"] => {
                let of = of.parse().unwrap_or_default();
                checkpoints.entry((version, of)).or_default().push(name.to_owned());
            }
            _ => {}
        }
    }
    let whole = checkpoints.iter().rev().find(|((_, of), names)| names.len() == *of);
    let (mut lines, from) = match whole {
        Some(((version, _), names)) => {
            let mut lines = Vec::new();
            for name in names {
                lines.extend(file(&folder, name)?);
            }
            let sidecars: Vec<String> =
                lines.iter().filter_map(|line| Some(line.sidecar.as_ref()?.path.clone())).collect();
            for sidecar in sidecars {
                lines.extend(file(&folder.join("_sidecars"), &sidecar)?);
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
            return Err(format!("{name} of its log is missing, and later versions are there"));
        }
        lines.extend(file(&folder, &name)?);
    }
    Ok(Some(lines))
}

/// The lines of a file of the log.
fn file(folder: &Path, name: &str) -> Result<Vec<Line>, String> {
    let wrong = |error: &dyn std::fmt::Display| format!("{name} of its log is damaged: {error}");
    let path = folder.join(name);
    let bytes = match name.ends_with(".parquet") {
        true => json(&path).map_err(|error| wrong(&error))?,
        false => fs::read(&path).map_err(|error| wrong(&error))?,
    };
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    lines.map(|line| serde_json::from_slice(line).map_err(|error| wrong(&error))).collect()
}

/// A file of Parquet as lines of JSON.
fn json(path: &Path) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(File::open(path)?, options)?;
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
