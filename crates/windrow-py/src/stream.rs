//! Streams: tables of other libraries as inputs. They come through Arrow's C stream interface and are written down as Parquet, which
//! is then read as any other file: a time of a type is a time, whatever it came in.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::ffi_stream::{ArrowArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use parquet::arrow::{ArrowSchemaConverter, ArrowWriter};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use windrow::text::escape;
use windrow::{Error, Kind, Result, Settings, Stop};

use crate::attend::attended;

/// Writes the rows that `source` streams to a file of Parquet at `path`: of these columns if it has them all, else of all that a file
/// can hold.
#[pyfunction]
pub(crate) fn keep_stream(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    path: PathBuf,
    columns: Option<Vec<String>>,
) -> PyResult<()> {
    let capsule = source.call_method0("__arrow_c_stream__")?.cast_into::<PyCapsule>()?;
    let reader = opened(&capsule)?;
    let settings = Settings::default();
    attended(py, (&settings.clone(), false), None, move || {
        keep(reader, &path, columns.as_deref(), &settings.stop)
    })
}

/// The stream of a capsule, which is taken out of it.
#[expect(unsafe_code, reason = "the interface is one of C")]
fn opened(capsule: &Bound<'_, PyCapsule>) -> PyResult<ArrowArrayStreamReader> {
    let stream = capsule.pointer_checked(Some(c"arrow_array_stream"))?.cast::<FFI_ArrowArrayStream>();
    // SAFETY: a capsule of this name holds a stream that is valid as long as the capsule, which is held here. It is moved out, and
    // one that is released is left in its place, as the interface asks of those who take it.
    let reader = unsafe { ArrowArrayStreamReader::from_raw(stream.as_ptr()) };
    reader.map_err(|error| PyTypeError::new_err(format!("the table cannot be read: {error}")))
}

fn keep(reader: ArrowArrayStreamReader, path: &Path, columns: Option<&[String]>, stop: &Stop) -> Result<()> {
    let schema = reader.schema();
    let named = columns.and_then(|names| names.iter().map(|name| schema.index_of(name).ok()).collect());
    let places: Vec<usize> =
        named.unwrap_or_else(|| (0..schema.fields().len()).filter(|at| can_be_kept(&schema, *at)).collect());
    let kept = plain(&schema.project(&places).map_err(of_table)?);
    let properties = WriterProperties::builder().set_statistics_enabled(EnabledStatistics::None).build();
    let cannot =
        |error: std::io::Error| Error::output(format!("cannot write {}", escape::path(path)), &error);
    let file = File::create_new(path).map_err(cannot)?;
    let failed = |error: parquet::errors::ParquetError| {
        Error::new(Kind::Storage, format!("the table cannot be kept while it is counted: {error}"))
            .help("free some space for temporary files (TMPDIR), then run again")
    };
    let mut writer = ArrowWriter::try_new(file, kept.clone(), Some(properties)).map_err(failed)?;
    for batch in reader {
        stop.check()?;
        let batch = batch.and_then(|batch| as_plain(&batch.project(&places)?, &kept)).map_err(of_table)?;
        writer.write(&batch).map_err(failed)?;
    }
    writer.close().map(drop).map_err(failed)
}

/// The schema with plain texts for dictionaries of views, such as categories of Polars: the writer of Parquet knows none.
fn plain(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| match field.data_type() {
        DataType::Dictionary(_, values) if matches!(**values, DataType::Utf8View | DataType::BinaryView) => {
            Arc::new(Field::new(field.name(), (**values).clone(), field.is_nullable()))
        }
        _ => field.clone(),
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The rows in the types of `schema`.
fn as_plain(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let columns = batch.columns().iter().zip(schema.fields()).map(|(column, field)| {
        if column.data_type() == field.data_type() {
            Ok(column.clone())
        } else {
            cast(column, field.data_type())
        }
    });
    RecordBatch::try_new(schema.clone(), columns.collect::<Result<_, _>>()?)
}

/// Whether a file of Parquet can hold the column.
fn can_be_kept(schema: &Schema, at: usize) -> bool {
    schema.project(&[at]).is_ok_and(|one| ArrowSchemaConverter::new().convert(&plain(&one)).is_ok())
}

fn of_table(error: ArrowError) -> Error {
    Error::data(format!("the table cannot be read: {error}")).help("look at where it comes from")
}
