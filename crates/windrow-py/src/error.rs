//! Errors: each kind becomes a subclass of `windrow.Error`.

use pyo3::exceptions::{PyKeyboardInterrupt, PyRuntimeError};
use pyo3::prelude::*;
use windrow::error::{Help, HelpPart, Setting};
use windrow::summary::Summary;
use windrow::{Error, Kind};

use crate::keyword;

/// The class of a kind, in `windrow._errors`.
fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Usage => "JobError",
        Kind::Data => "DataRefused",
        Kind::Storage => "StorageError",
        Kind::Attention => "StateError",
        Kind::Limit => "LimitError",
        _ => "BugError",
    }
}

/// The exception for an error. Its help names keys if the job is in a file.
pub(crate) fn raised(py: Python<'_>, error: &Error, of_file: bool) -> PyErr {
    raised_with(py, error, of_file, None)
}

/// The exception for an error, with the summary of the run that failed. Its help names keys if the job is in a file.
pub(crate) fn raised_with(py: Python<'_>, error: &Error, of_file: bool, summary: Option<&Summary>) -> PyErr {
    if matches!(error.kind(), Kind::Interrupted | Kind::Terminated) {
        return PyKeyboardInterrupt::new_err(error.message().to_owned());
    }
    let help = error.help().map(|help| worded(help, of_file));
    let location = error.location();
    let made = || -> PyResult<PyErr> {
        let class = py.import("windrow._errors")?.getattr(class(error.kind()))?;
        let place = (&location.file, location.line, location.byte, &location.column);
        let summary = summary.map(serde_json::to_string).transpose();
        let summary = summary.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        let (code, exit_code) = (error.code().name(), error.kind().exit_code());
        Ok(PyErr::from_value(class.call1((error.message(), code, exit_code, help, place, summary))?))
    };
    made().unwrap_or_else(|error| error)
}

/// A help text in the words of a job file, or with Python's keywords.
pub(crate) fn worded(help: &Help, of_file: bool) -> String {
    if of_file {
        return help.text().to_owned();
    }
    help.parts().iter().map(word).collect()
}

fn word(part: &HelpPart) -> String {
    match part {
        HelpPart::Text(text) => text.clone(),
        HelpPart::Name(setting) => named(setting),
        HelpPart::Set(Setting::Rejects, _) => "error.result.rejects".to_owned(),
        HelpPart::Set(setting, _) if is_of_files(setting) => part.to_string(),
        HelpPart::Set(setting, value) => format!("{}={}", named(setting), keyword::literal(value)),
        HelpPart::Changed(changes) if changes.iter().any(|(setting, _)| is_of_files(setting)) => {
            part.to_string()
        }
        HelpPart::Changed(changes) => changed(changes),
        HelpPart::Count { file, into } => format!("count {file} into {into}"),
        HelpPart::Run => "run the job once: windrow.run(job)".to_owned(),
        HelpPart::Table(table) => format!("windrow.show(job, \"{table}\")"),
    }
}

fn changed(changes: &[(Setting, String)]) -> String {
    let each =
        changes.iter().map(|(setting, value)| format!("{}={}", named(setting), keyword::literal(value)));
    each.collect::<Vec<_>>().join(", ")
}

/// Whether it can be set in a job file only.
fn is_of_files(setting: &Setting) -> bool {
    use Setting::{ExpansionMax, GridRowsMax, GroupsMax, KeyBytesMax, LookupBytesMax, UnpackedBytesMax};
    matches!(
        setting,
        KeyBytesMax | LookupBytesMax | GroupsMax | GridRowsMax | ExpansionMax | UnpackedBytesMax
    )
}

/// The keyword of a setting.
fn named(setting: &Setting) -> String {
    match setting {
        Setting::InputFormat => "input_format".to_owned(),
        Setting::RejectsMax => "max_rejects".to_owned(),
        Setting::Output => "keep".to_owned(),
        setting => setting.key().to_owned(),
    }
}
