//! Tables: Arrow record batches that other libraries take without a copy, through Arrow's C stream interface.

use std::path::PathBuf;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatch, RecordBatchIterator};
use arrow_schema::SchemaRef;
use arrow_schema::ffi::FFI_ArrowSchema;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use windrow::Zone;
use windrow::publish::file::FileOut;
use windrow::publish::{self, Format, Screen};
use windrow::storage::{StoreAccess, Stores};
use windrow::text::escape;
use windrow::{Error, Result};

use crate::error::raised;

/// Rows in columns, with the zone by whose clock text shows their times.
#[pyclass(frozen, module = "windrow._native", name = "Table")]
pub(crate) struct PyTable {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    zone: Zone,
    /// The columns that are displayed; all if none are named.
    shown: Vec<String>,
    /// Columns in which null is a value.
    keys: Vec<String>,
    /// How to reach the stores that the table may be written to.
    access: StoreAccess,
}

impl PyTable {
    /// The rows of `table`.
    pub(crate) fn of(mut table: publish::table::Table<'_>, zone: &Zone) -> Result<Self> {
        let mut batches = Vec::new();
        (table.rows)(&mut |_, batch| {
            batches.push(batch.clone());
            Ok(())
        })?;
        let publish::table::Table { schema, shown, keys, .. } = table;
        Ok(PyTable { schema, batches, zone: zone.clone(), shown, keys, access: StoreAccess::default() })
    }

    /// The rows of one batch.
    pub(crate) fn of_batch(batch: RecordBatch, zone: &Zone) -> Self {
        PyTable {
            schema: batch.schema(),
            batches: vec![batch],
            zone: zone.clone(),
            shown: vec![],
            keys: vec![],
            access: StoreAccess::default(),
        }
    }

    /// The same table, to be written to stores with this access.
    pub(crate) fn reached_by(self, access: &StoreAccess) -> Self {
        PyTable { access: access.clone(), ..self }
    }

    fn table(&self) -> publish::table::Table<'_> {
        publish::table::Table {
            schema: self.schema.clone(),
            shown: self.shown.clone(),
            labels: Vec::new(),
            keys: self.keys.clone(),
            rows: Box::new(|take| self.batches.iter().try_for_each(|batch| take(&self.zone, batch))),
        }
    }

    fn text(&self, format: Format, width: u16, height: Option<u16>) -> Result<String> {
        let mut text = Vec::new();
        let screen = Screen { width, height, colour: false, rest: None };
        publish::write_table(format, self.table(), &screen, &mut text)?;
        String::from_utf8(text).map_err(|error| Error::bug(format!("a table as text: {error}")))
    }

    fn save(&self, path: &PathBuf, format: Option<&str>) -> Result<()> {
        let format = format.map_or_else(|| Format::of_path(path), Format::named)?;
        let mut out = FileOut::create(path, &Stores::new(&self.access))?;
        let screen = Screen { width: 80, height: None, colour: false, rest: None };
        publish::write_table(format, self.table(), &screen, &mut out)
            .map_err(|error| error.within(escape::path(path)))?;
        out.finish()
    }
}

#[pymethods]
impl PyTable {
    /// The table as a stream of Arrow record batches. It may be asked for any number of times.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // The protocol lets a producer give its own types.
        drop(requested_schema);
        let batches = self.batches.clone().into_iter().map(Ok);
        let reader = RecordBatchIterator::new(batches, self.schema.clone());
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), c"arrow_array_stream")
    }

    /// The columns and their types, as Arrow's C schema.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = FFI_ArrowSchema::try_from(self.schema.as_ref())
            .map_err(|error| raised(py, &Error::bug(format!("a table's columns: {error}")), false))?;
        PyCapsule::new_with_value(py, schema, c"arrow_schema")
    }

    fn __len__(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The names of the columns.
    #[getter]
    fn columns(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    /// The table as text: `csv`, `json`, `ndjson` or `table`, which is cut to `height` lines if that is given.
    #[pyo3(signature = (format, width=80, height=None))]
    fn to_text(&self, py: Python<'_>, format: &str, width: u16, height: Option<u16>) -> PyResult<String> {
        let made = py.detach(|| self.text(Format::named(format)?, width, height));
        made.map_err(|error| raised(py, &error, false))
    }

    /// Writes the table to a file, in the format that its name ends in.
    #[pyo3(signature = (path, format=None))]
    fn write(&self, py: Python<'_>, path: PathBuf, format: Option<&str>) -> PyResult<()> {
        py.detach(|| self.save(&path, format)).map_err(|error| raised(py, &error, false))
    }

    /// The table as a part of a page.
    fn to_html(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| publish::table_fragment(self.table())).map_err(|error| raised(py, &error, false))
    }
}
