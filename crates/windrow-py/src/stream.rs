//! Streams: tables of other libraries as inputs. They come through Arrow's C stream interface, without a copy.

use arrow_array::RecordBatchReader;
use arrow_array::ffi_stream::{ArrowArrayStreamReader, FFI_ArrowArrayStream};
use arrow_schema::ArrowError;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use windrow::storage::MemoryTable;
use windrow::{Error, Result, Settings, Stop};

use crate::attend::attended;

/// The rows of a table of another library.
#[pyclass(frozen, module = "windrow._native", name = "Batches")]
pub(crate) struct ArrowStream(pub(crate) MemoryTable);

/// The rows that `source` streams: these columns if it has them all, else all columns.
#[pyfunction]
pub(crate) fn batches(
    py: Python<'_>,
    source: &Bound<'_, PyAny>,
    columns: Option<Vec<String>>,
) -> PyResult<ArrowStream> {
    let capsule = source.call_method0("__arrow_c_stream__")?.cast_into::<PyCapsule>()?;
    let reader = opened(&capsule)?;
    let settings = Settings::default();
    attended(py, (&settings.clone(), false), None, move || read(reader, columns.as_deref(), &settings.stop))
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

fn read(reader: ArrowArrayStreamReader, columns: Option<&[String]>, stop: &Stop) -> Result<ArrowStream> {
    let schema = reader.schema();
    let named: Option<Vec<usize>> =
        columns.and_then(|names| names.iter().map(|name| schema.index_of(name).ok()).collect());
    let places = named.unwrap_or_else(|| (0..schema.fields().len()).collect());
    let schema = schema.project(&places).map_err(of_table)?;
    let mut batches = Vec::new();
    for batch in reader {
        stop.check()?;
        batches.push(batch.and_then(|batch| batch.project(&places)).map_err(of_table)?);
    }
    Ok(ArrowStream(MemoryTable::new(schema.into(), batches)))
}

fn of_table(error: ArrowError) -> Error {
    Error::data(format!("the table cannot be read: {error}")).with_help("look at where it comes from")
}
