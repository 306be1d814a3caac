//! Results in Parquet.

use std::collections::HashMap;
use std::fmt::Display;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_schema::{DataType, FieldRef, Fields, Schema, TimeUnit};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};

use super::part::ResultPart;
use super::{EachRow, Go, arrow, cannot_read};
use crate::delta::TableColumns;
use crate::error::{Code, Error, Result};
use crate::format::parquet::names_in_file;
use crate::text::escape;

/// Calls `each` with the rows of the file that count. `mapped` are the columns of its table, if the file may have other names for them.
pub(super) fn read(part: &ResultPart, mapped: Option<&TableColumns>, each: &mut EachRow<'_>) -> Result<Go> {
    let path = &part.path;
    let broken = |error: &dyn Display| broken(path, error);
    let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    let options = plain();
    let mut metadata = ArrowReaderMetadata::load(&file, options.clone()).map_err(|error| broken(&error))?;
    // Spark's old timestamps are instants, though their type does not say so, of years that do not fit in nanoseconds.
    let columns = metadata.parquet_schema().columns();
    let instants: Vec<String> = columns
        .iter()
        .filter(|column| column.physical_type() == parquet::basic::Type::INT96)
        .map(|column| column.path().string())
        .collect();
    if !instants.is_empty() {
        let fields = in_microseconds("", metadata.schema().fields(), &instants);
        let options = options.with_schema(Arc::new(Schema::new(fields)));
        metadata = ArrowReaderMetadata::try_new(metadata.metadata().clone(), options)
            .map_err(|error| broken(&error))?;
    }
    let names = match mapped {
        Some(columns) => names_in_file(metadata.parquet_schema(), columns)
            .map_err(|error| error.within(escape::path(path)))?,
        None => HashMap::new(),
    };
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
    let mut before = 0;
    for batch in builder.build().map_err(|error| broken(&error))? {
        let batch = batch.map_err(|error| broken(&error))?;
        let rows = arrow::ResultBatch { rows: &batch, before, names: &names, instants: &instants };
        let counts = |row: u64| part.deleted.as_ref().is_none_or(|deleted| !deleted.contains(row));
        if rows.each(&escape::path(path), &counts, each)? == Go::Stop {
            return Ok(Go::Stop);
        }
        before += batch.num_rows() as u64;
    }
    Ok(Go::On)
}

/// The names of the columns.
pub(super) fn names(path: &Path) -> Result<Vec<String>> {
    let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    let metadata = ArrowReaderMetadata::load(&file, plain()).map_err(|error| broken(path, &error))?;
    Ok(arrow::names("", metadata.schema().fields()))
}

/// Plain types: what a program wanted its columns to be read as does not matter here.
fn plain() -> ArrowReaderOptions {
    ArrowReaderOptions::new().with_skip_arrow_metadata(true)
}

fn broken(path: &Path, error: &dyn Display) -> Error {
    Error::data(format!("{} does not read as Parquet: {error}", escape::path(path)))
        .with_code(Code::UnreadableResult)
        .with_help("was it written to its end?")
}

/// The fields below `before`, the columns `instants` among them in microseconds.
fn in_microseconds(before: &str, fields: &Fields, instants: &[String]) -> Fields {
    let field = |field: &FieldRef| {
        let name = format!("{before}{}", field.name());
        let kind = match field.data_type() {
            DataType::Struct(fields) => {
                DataType::Struct(in_microseconds(&format!("{name}."), fields, instants))
            }
            _ if instants.contains(&name) => DataType::Timestamp(TimeUnit::Microsecond, None),
            kind => kind.clone(),
        };
        field.as_ref().clone().with_data_type(kind)
    };
    fields.iter().map(field).collect()
}
