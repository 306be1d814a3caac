//! Keywords: Python's keyword arguments, which are named like the program's flags, become keys of a job file.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyString};
use windrow::job::{JobFile, LookupFile, ParquetFile, PeaksFile, ReportFile, TopFile, named_values};
use windrow::sniff;
use windrow::text::suggest::nearest;

use crate::error::raised;

/// Every keyword of a question.
pub(crate) const ALL: [&str; 42] = [
    "every",
    "size",
    "offset",
    "week_start",
    "time",
    "time_format",
    "year",
    "source_zone",
    "local_times",
    "input_format",
    "pattern",
    "parquet_keys",
    "delimiter",
    "comment",
    "skip_lines",
    "columns",
    "line_end",
    "encoding",
    "lookups",
    "where",
    "derive",
    "types",
    "keys",
    "no_key",
    "duplicates",
    "case",
    "values",
    "measures",
    "thousands",
    "on_bad_number",
    "top",
    "peaks",
    "cumulative",
    "previous",
    "zone",
    "fill",
    "from_",
    "to",
    "shape",
    "max_rejects",
    "strict",
    "keep",
];

/// The question that keywords ask.
pub(crate) fn question(said: &Bound<'_, PyDict>) -> PyResult<sniff::Question> {
    let mut question = sniff::Question::default();
    question.said.reports = vec![(sniff::NAME.to_owned(), ReportFile::default())];
    for (name, value) in said {
        let name: String = name.extract()?;
        match name.as_str() {
            "case" => question.case = Some(text(&name, &value)?),
            "no_key" => question.no_key = value.extract()?,
            "keys" if value.len().is_ok_and(|n| n == 0) && !value.is_instance_of::<PyString>() => {
                question.no_key = true
            }
            _ => set(&mut question.said, 0, &name, &value)?,
        }
    }
    Ok(question)
}

/// The job with other values for some keywords. Keywords for reports change the one at `report`.
pub(crate) fn change(file: &mut JobFile, report: usize, changes: &Bound<'_, PyDict>) -> PyResult<()> {
    // A length that was that of the step stays that of the step.
    if let Some((_, report)) = file.reports.get_mut(report).filter(|(_, report)| report.size == report.every)
    {
        report.size = None;
    }
    for (name, value) in changes {
        let name: String = name.extract()?;
        match name.as_str() {
            "case" => {
                let case = Some(text(&name, &value)?);
                for key in file.source.keys.clone() {
                    file.clean.entry(key).or_default().case.clone_from(&case);
                }
            }
            "no_key" => file.source.keys.clear(),
            _ => set(file, report, &name, &value)?,
        }
    }
    file.clean.retain(|key, _| file.source.keys.contains(key));
    Ok(())
}

fn set(file: &mut JobFile, report: usize, name: &str, value: &Bound<'_, PyAny>) -> PyResult<()> {
    let (source, limits) = (&mut file.source, &mut file.limits);
    let report = file.reports.get_mut(report).map(|(_, report)| report);
    let report = report.ok_or_else(|| PyValueError::new_err("the job has no such report"))?;
    match name {
        "every" => report.every = Some(text(name, value)?),
        "size" => report.size = Some(text(name, value)?),
        "offset" => report.offset = Some(text(name, value)?),
        "week_start" => report.week_start = Some(text(name, value)?),
        "zone" => report.zone = Some(text(name, value)?),
        "values" => report.values = texts(name, value)?,
        "measures" => report.measures = texts(name, value)?,
        "top" => report.top = Some(top(value)?),
        "peaks" => report.peaks = Some(peaks(value)?),
        "cumulative" => report.cumulative = Some(text(name, value)?),
        "previous" => report.previous = texts(name, value)?,
        "fill" => report.fill = Some(text(name, value)?),
        "from_" => report.from = Some(text(name, value)?),
        "to" => report.to = Some(text(name, value)?),
        "shape" => report.shape = Some(text(name, value)?),
        "time" => source.time = texts(name, value)?,
        "time_format" => source.time_format = Some(text(name, value)?),
        "source_zone" => source.zone = Some(text(name, value)?),
        "local_times" => source.local_times = Some(text(name, value)?),
        "input_format" => source.format = Some(text(name, value)?),
        "pattern" => source.pattern = Some(text(name, value)?),
        "parquet_keys" => source.parquet = ParquetFile::of_keys(&texts(name, value)?),
        "delimiter" => source.delimiter = Some(text(name, value)?),
        "comment" => source.comment = Some(text(name, value)?),
        "skip_lines" => source.skip_lines = Some(value.extract()?),
        "year" => source.year = Some(value.extract()?),
        "columns" => (source.header, source.columns) = (Some(false), texts(name, value)?),
        "line_end" => source.line_end = Some(text(name, value)?),
        "encoding" => source.encoding = Some(text(name, value)?),
        "lookups" => source.lookup = lookups(value)?,
        "where" => source.r#where = Some(text(name, value)?),
        "derive" => source.derive = named(name, value)?,
        "types" => source.types = named(name, value)?.into_iter().collect(),
        "keys" => source.keys = texts(name, value)?,
        "thousands" => source.thousands = Some(text(name, value)?),
        "on_bad_number" => source.on_bad_number = Some(text(name, value)?),
        "duplicates" => source.duplicates = Some(text(name, value)?),
        "max_rejects" => limits.rejects = Some(text(name, value)?),
        "strict" => limits.strict = Some(value.extract()?),
        "keep" => file.output.get_or_insert_default().path = Some(text(name, value)?),
        _ => {
            let meant =
                nearest(name, ALL).map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
            return Err(PyTypeError::new_err(format!("windrow has no keyword {name}{meant}")));
        }
    }
    Ok(())
}

/// A text. Numbers, dates, times, zones and paths are converted to text.
pub(crate) fn text(name: &str, value: &Bound<'_, PyAny>) -> PyResult<String> {
    if value.is_instance_of::<PyBool>() {
        return Err(PyTypeError::new_err(format!("{name} is a text, not {}", value.repr()?)));
    }
    match value.call_method0("isoformat") {
        Ok(text) => text.extract(),
        Err(_) => value.str()?.extract(),
    }
}

/// One text, or several.
pub(crate) fn texts(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    if value.is_instance_of::<PyString>() {
        return Ok(vec![value.extract()?]);
    }
    value.try_iter()?.map(|item| text(name, &item?)).collect()
}

/// A dictionary, or one or several of `"name=value"`.
fn named(name: &str, value: &Bound<'_, PyAny>) -> PyResult<Vec<(String, String)>> {
    match value.cast::<PyDict>() {
        Ok(dict) => dict.iter().map(|(key, value)| Ok((key.extract()?, text(name, &value)?))).collect(),
        Err(_) => {
            named_values(&texts(name, value)?).map_err(|error| raised(value.py(), &error.within(name), false))
        }
    }
}

/// One of, or several of: `"users.csv on user"`, or `{"path": "users.csv", "on": "user", "columns": ["country"], "prefix": "user_",
/// "unmatched": "reject"}`.
fn lookups(value: &Bound<'_, PyAny>) -> PyResult<Vec<LookupFile>> {
    if value.is_instance_of::<PyString>() || value.cast::<PyDict>().is_ok() {
        return Ok(vec![lookup(value)?]);
    }
    value.try_iter()?.map(|item| lookup(&item?)).collect()
}

fn lookup(value: &Bound<'_, PyAny>) -> PyResult<LookupFile> {
    let Ok(keys) = value.cast::<PyDict>() else { return Ok(LookupFile::of_text(&text("lookups", value)?)) };
    let mut lookup = LookupFile::default();
    for (key, value) in keys {
        match key.extract::<String>()?.as_str() {
            "path" => lookup.path = Some(text("lookups", &value)?),
            "on" if value.cast::<PyDict>().is_ok() => lookup.on = named("lookups", &value)?,
            "on" => {
                lookup.on = texts("lookups", &value)?.into_iter().map(|name| (name.clone(), name)).collect()
            }
            "columns" => lookup.columns = texts("lookups", &value)?,
            "prefix" => lookup.prefix = Some(text("lookups", &value)?),
            "encoding" => lookup.encoding = Some(text("lookups", &value)?),
            "unmatched" => lookup.unmatched = Some(text("lookups", &value)?),
            other => {
                return Err(PyTypeError::new_err(format!(
                    "lookups: {other:?} is not one of path, on, columns, prefix, encoding, unmatched"
                )));
            }
        }
    }
    Ok(lookup)
}

/// `10`, `"Open:10"`, or `("Open", 10)`.
fn top(value: &Bound<'_, PyAny>) -> PyResult<TopFile> {
    if let Ok(n) = value.extract() {
        return Ok(TopFile { by: None, n: Some(n) });
    }
    if let Ok((by, n)) = value.extract() {
        return Ok(TopFile { by: Some(by), n: Some(n) });
    }
    let text: String = value.extract().map_err(|_| of_top(&format!("{value:?}")))?;
    let (by, n) = text.rsplit_once(':').map_or((None, text.as_str()), |(by, n)| (Some(by.to_owned()), n));
    Ok(TopFile { by, n: Some(n.parse().map_err(|_| of_top(n))?) })
}

/// `10`, `"Open:10"`, `("Open", 10)`, or `{"by": "Open", "limit": 10, "threshold": 5, "gaps": True}`.
fn peaks(value: &Bound<'_, PyAny>) -> PyResult<PeaksFile> {
    let Ok(keys) = value.cast::<PyDict>() else {
        let TopFile { by, n } = top(value).map_err(|_| of_peaks(&format!("{value:?}")))?;
        return Ok(PeaksFile { by, limit: n, ..PeaksFile::default() });
    };
    let mut peaks = PeaksFile::default();
    for (key, value) in keys {
        match key.extract::<String>()?.as_str() {
            "by" => peaks.by = Some(text("peaks", &value)?),
            "limit" => peaks.limit = Some(value.extract()?),
            "threshold" => peaks.threshold = Some(value.extract()?),
            "gaps" => peaks.gaps = Some(value.extract()?),
            other => return Err(of_peaks(&format!("{other:?}"))),
        }
    }
    Ok(peaks)
}

fn of_peaks(what: &str) -> PyErr {
    PyValueError::new_err(format!(
        "peaks: {what} is not a number of windows; write peaks=10, peaks=(\"Open\", 10), or a dict of by, limit, threshold, gaps"
    ))
}

fn of_top(n: &str) -> PyErr {
    PyValueError::new_err(format!("top: {n} is not a number of windows; write top=10, or top=(\"Open\", 10)"))
}

/// The keyword that gave a wrong key of a job.
pub(crate) fn of_keys(keys: &[String]) -> Option<String> {
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    Some(match keys.as_slice() {
        ["source", "path", ..] => return None,
        ["source", "format", ..] => "input_format".to_owned(),
        ["source", "zone", ..] => "source_zone".to_owned(),
        ["source", "lookup", ..] => "lookups".to_owned(),
        ["reports", _, "from", ..] => "from_".to_owned(),
        ["output", ..] => "keep".to_owned(),
        ["source", key, ..] | ["reports", _, key, ..] => (*key).to_owned(),
        ["clean", ..] => "case".to_owned(),
        ["limits", ..] => "max_rejects".to_owned(),
        _ => return None,
    })
}

/// A value in Python's notation.
pub(crate) fn literal(value: &str) -> String {
    if value.parse::<u64>().is_ok() || ["True", "False"].contains(&value) {
        return value.to_owned();
    }
    serde_json::to_string(value).unwrap_or_else(|_| format!("{value:?}"))
}
