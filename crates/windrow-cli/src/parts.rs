//! Outputs of several reports: a file of each, named by `{report}`, where a format holds one table.

use std::path::{Path, PathBuf};

use windrow::Job;
use windrow::publish::Format;
use windrow::text::shell;
use windrow::{Error, Result};

/// What stands for a report's name in the name of a file.
const REPORT: &str = "{report}";

/// Whether `output` names a file of each report.
pub(crate) fn is_pattern(output: &Path) -> bool {
    output.to_str().is_some_and(|name| name.contains(REPORT))
}

/// The file of a report.
pub(crate) fn file_of(output: &Path, report: &str) -> PathBuf {
    match output.to_str() {
        Some(name) => PathBuf::from(name.replace(REPORT, report)),
        None => output.to_owned(),
    }
}

/// Refuses several reports where one table is all that `format` holds.
pub(crate) fn check(format: Format, output: Option<&Path>, job: &Job) -> Result<()> {
    let one_table = matches!(format, Format::Csv | Format::Parquet);
    if !one_table || job.reports.len() < 2 || output.is_some_and(is_pattern) {
        return Ok(());
    }
    let names: Vec<&str> = job.reports.iter().map(|report| report.name.as_str()).collect();
    let file = match output {
        Some(path) => path.with_file_name(format!("{REPORT}.{format}")),
        None => PathBuf::from(format!("{REPORT}.{format}")),
    };
    let table = match output {
        None => ", or see them all with --format table",
        Some(_) => "",
    };
    Err(Error::usage(format!(
        "{format} holds one table, and the job has {} reports: {}",
        names.len(),
        names.join(", ")
    ))
    .with_help(format!(
        "choose one with --report {}, or write a file of each: -o {}{table}",
        names[0],
        shell::word(file)
    )))
}
