//! Generating: an event log for trials and tests, by a recipe of keywords.

use std::path::{Path, PathBuf};

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use windrow::publish::file::FileOut;
use windrow::storage::Stores;
use windrow::{Result, Settings};
use windrow_generate::written::{count, duration_us, instant_us, one_of, share_ppm};
use windrow_generate::{
    COMPRESSIONS, LineEnding, Order, Packing, Recipe, RowFormat, TimeLayout, WrittenForm, write_log,
};

use crate::attend::attended;
use crate::error::raised;
use crate::keyword::{text, texts};

/// A log as its keywords say it.
#[derive(Default)]
struct GeneratedLog {
    recipe: Recipe,
    format: Option<RowFormat>,
    times: Option<TimeLayout>,
    late_share: Option<u32>,
    late_by: Option<i64>,
    files: Option<u64>,
    codec: Option<Packing>,
}

/// Writes an event log.
#[pyfunction]
pub(crate) fn generate(py: Python<'_>, output: PathBuf, options: &Bound<'_, PyDict>) -> PyResult<()> {
    let mut log = GeneratedLog::default();
    for (name, value) in options {
        let name: String = name.extract()?;
        let values = texts(&name, &value).or_else(|_| text(&name, &value).map(|text| vec![text]))?;
        match log.set(&name, &values) {
            Ok(true) => {}
            Ok(false) => return Err(PyTypeError::new_err(format!("windrow.generate has no keyword {name}"))),
            Err(error) => return Err(raised(py, &error.within(name), false)),
        }
    }
    let settings = Settings::default();
    attended(py, (&settings.clone(), false), None, move || log.write(&output, &settings))
}

impl GeneratedLog {
    /// Follows a keyword; false: there is none of that name.
    fn set(&mut self, name: &str, values: &[String]) -> Result<bool> {
        let recipe = &mut self.recipe;
        let value = values.join(",");
        match name {
            "events" => recipe.events = count(&value)?,
            "seed" => recipe.seed = count(&value)?,
            "start" => recipe.start_us = instant_us(&value)?,
            "span" => recipe.span_us = duration_us(&value)?,
            "keys" => recipe.keys = values.iter().map(|key| key.parse()).collect::<Result<_>>()?,
            "extra_columns" => recipe.extra_columns = usize::try_from(count(&value)?).unwrap_or(usize::MAX),
            "time_format" => self.times = Some(one_of(&value, &TimeLayout::ALL)?),
            "order" => recipe.order = one_of(&value, &Order::ALL)?,
            "late_share" => self.late_share = Some(share_ppm(&value)?),
            "late_by" => self.late_by = Some(duration_us(&value)?),
            "dirt" => recipe.dirt_ppm = share_ppm(&value)?,
            "format" => self.format = Some(one_of(&value, &RowFormat::ALL)?),
            "line_end" => recipe.line_end = one_of(&value, &LineEnding::ALL)?,
            "files" => self.files = Some(count(&value)?),
            "codec" => self.codec = Some(one_of(&value, &COMPRESSIONS)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn write(mut self, output: &Path, settings: &Settings) -> Result<()> {
        let files = self.files.unwrap_or(1);
        let form = WrittenForm::of(self.format, self.codec, Some(output).filter(|_| files == 1))?;
        self.recipe.format = form.format;
        self.recipe.time_layout = self.times.unwrap_or(form.format.usual_times());
        self.recipe.order = self.recipe.order.with_late(self.late_share, self.late_by);
        let begin = |path: &Path| FileOut::create(path, &Stores::default());
        write_log(&self.recipe, (files, form.codec), output, &settings.stop, begin)
    }
}
