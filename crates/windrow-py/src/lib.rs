//! The extension module behind the Python package `windrow`: the library's API for Python. What users call and read about is in
//! `python/windrow`.
#![deny(unsafe_code)]

mod attend;
mod behind;
mod comparison;
mod error;
mod generate;
mod job;
mod keyword;
mod log;
mod outcome;
mod rejects;
mod report;
mod stream;
mod table;
mod work;

use pyo3::prelude::*;
use pyo3::types::PyList;

#[pymodule(gil_used = false)]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add("KEYWORDS", PyList::new(module.py(), keyword::ALL)?)?;
    module.add_class::<job::PyJob>()?;
    module.add_class::<outcome::PyOutcome>()?;
    module.add_class::<report::Report>()?;
    module.add_class::<stream::ArrowStream>()?;
    module.add_class::<table::PyTable>()?;
    module.add_function(wrap_pyfunction!(outcome::run, module)?)?;
    module.add_function(wrap_pyfunction!(outcome::digest, module)?)?;
    module.add_function(wrap_pyfunction!(stream::batches, module)?)?;
    module.add_function(wrap_pyfunction!(behind::check, module)?)?;
    module.add_function(wrap_pyfunction!(behind::plan, module)?)?;
    module.add_function(wrap_pyfunction!(behind::why, module)?)?;
    module.add_function(wrap_pyfunction!(behind::show, module)?)?;
    module.add_function(wrap_pyfunction!(behind::backup, module)?)?;
    module.add_function(wrap_pyfunction!(behind::restore, module)?)?;
    module.add_function(wrap_pyfunction!(comparison::compare, module)?)?;
    module.add_function(wrap_pyfunction!(generate::generate, module)?)?;
    module.add_function(wrap_pyfunction!(styled, module)?)?;
    module.add_function(wrap_pyfunction!(command, module)?)
}

/// Markup that the package makes itself, as a part of a page.
#[pyfunction]
fn styled(markup: String) -> String {
    windrow::publish::fragment_of(markup)
}

/// The program `windrow`, with `arguments` after its name.
#[pyfunction]
fn command(py: Python<'_>, arguments: Vec<std::ffi::OsString>) -> u8 {
    py.detach(|| windrow_cli::main(arguments))
}
