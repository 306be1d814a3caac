//! Showing: the tables behind a job, each by its name.

use super::{Starts, changes, files, gaps, rejects, runs, standing, windows};
use crate::error::{Code, Error, Result};
use crate::job::{Job, ReportSpec, TableShape};
use crate::publish::table::Table;
use crate::publish::{self, Format, Out, Screen};
use crate::report::{ReportData, View};
use crate::run::counts;
use crate::text::escape::quoted;
use crate::text::named;

use super::Kept;

named! {
    /// The tables behind a job.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum TableName {
        /// The published windows, by time.
        Windows = "windows",
        /// The windows that stand out, from the ledger, for the job's `peaks`.
        Peaks = "peaks",
        /// The rows that are not events, by file and line.
        Rejects = "rejects",
        /// The input files, by name.
        Files = "files",
        /// What each run did and how long it took, the newest last.
        Runs = "runs",
        /// Published numbers that changed, and why, the newest last.
        Changes = "changes",
    }
}

impl TableName {
    /// The table of this name.
    ///
    /// # Errors
    /// Usage: there is none.
    pub fn named(name: &str) -> Result<Self> {
        TableName::ALL.into_iter().find(|table| table.name() == name).ok_or_else(|| {
            Error::usage(format!("no table is named {}", quoted(name)))
                .with_code(Code::UnknownTable)
                .with_help(format!("one of {}", TableName::ALL.map(TableName::name).join(", ")))
        })
    }
}

/// Which rows of a table are shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct WantedTable<'q> {
    /// Windows, peaks and changes: only of this report.
    pub report: Option<&'q str>,
    /// Windows and changes: only of windows with these starts.
    pub starts: Starts<'q>,
    /// Rejects: only of this file.
    pub file: Option<&'q str>,
    /// Windows: a column per named value, from the ledger; else the published rows.
    pub is_wide: bool,
}

/// A table behind a job.
pub struct ShownTable<'k> {
    /// What a person should know of it.
    pub warnings: Vec<String>,
    rows: ShownRows<'k>,
}

enum ShownRows<'k> {
    Table(Table<'k>),
    Reports(Vec<ReportData>, View),
}

/// The table `name` of what `job` keeps, or the wanted rows of it.
///
/// # Errors
/// Usage: the job has no such report, or the ledger no such file; a time cannot be read; no report asks for peaks.
/// Attention: a report was never published; a table is damaged.
pub fn show<'k>(
    job: &'k Job,
    kept: &'k Kept,
    name: TableName,
    wanted: WantedTable<'k>,
) -> Result<ShownTable<'k>> {
    let Kept { store, ledger } = kept;
    let reports: Vec<&ReportSpec> = match wanted.report {
        Some(name) => vec![job.report(name)?],
        None => job.reports.iter().collect(),
    };
    let mut warnings = Vec::new();
    let table = match name {
        TableName::Windows if wanted.is_wide => {
            let specs = reports.iter().map(|spec| wide(spec, wanted.starts)).collect::<Result<_>>()?;
            let rows = ShownRows::Reports(asked(job, specs, kept)?, View::Grid);
            return Ok(ShownTable { warnings, rows });
        }
        TableName::Peaks => {
            let asking = reports.into_iter().filter(|spec| spec.peaks.is_some()).cloned().collect();
            return Ok(ShownTable {
                warnings,
                rows: ShownRows::Reports(peaks(job, asking, kept)?, View::Peaks),
            });
        }
        TableName::Windows => {
            for spec in &reports {
                if let Some(stale) = standing(job, spec, store, Some(ledger))?.stale(ledger.version()) {
                    warnings
                        .push(format!("report {}: {stale}: run the job to bring it up to date", spec.name));
                }
            }
            windows::windows(job, store, &reports, wanted.starts)?
        }
        TableName::Rejects => rejects::rejects(job, store, ledger, wanted.file)?,
        TableName::Files => files::files(job, ledger)?,
        TableName::Runs => {
            warnings.extend(gaps::runs_lost(store, ledger)?);
            runs::runs(job, store)?
        }
        TableName::Changes => {
            warnings.extend(gaps::changes_untold(job, store, &reports)?);
            changes::changes(job, store, &reports, wanted.starts)?
        }
    };
    Ok(ShownTable { warnings, rows: ShownRows::Table(table) })
}

/// The windows that stand out in reports that ask for them.
fn peaks(job: &Job, asking: Vec<ReportSpec>, kept: &Kept) -> Result<Vec<ReportData>> {
    if asking.is_empty() {
        return Err(Error::usage("no report of this job asks for peaks")
            .with_code(Code::NoPeaks)
            .with_help("add `peaks = { limit = 10 }` to a report; nothing is read again for it"));
    }
    asked(job, asking, kept)
}

/// The answers to `specs`. The counts are those of the whole job: what is asked of them does not change them.
fn asked(job: &Job, specs: Vec<ReportSpec>, kept: &Kept) -> Result<Vec<ReportData>> {
    let counts = counts(job, &kept.store, &kept.ledger)?;
    ReportData::of_job(&Job { reports: specs, ..job.clone() }, &counts)
}

/// The report as a run without a ledger prints it, within `starts`.
fn wide(spec: &ReportSpec, starts: Starts<'_>) -> Result<ReportSpec> {
    let of_wide = spec.clone().in_shape(TableShape::Wide);
    let mut spec = of_wide.map_err(|fault| Error::from(fault).within("shape"))?;
    if let Some(from) = starts.from {
        spec.from_us = spec.from_us.max(Some(spec.instant(from)?));
    }
    if let Some(to) = starts.to {
        let to_us = spec.instant(to)?;
        spec.to_us = Some(spec.to_us.map_or(to_us, |of_job| of_job.min(to_us)));
    }
    Ok(spec)
}

impl<'k> ShownTable<'k> {
    /// Writes it to `out` as `format`.
    ///
    /// # Errors
    /// As [`publish::write`](publish::write()).
    pub fn write(self, format: Format, screen: &Screen, out: &mut Out<'_>) -> Result<()> {
        match self.rows {
            ShownRows::Table(table) => publish::write_table(format, table, screen, out),
            ShownRows::Reports(reports, View::Grid) => publish::write(format, &reports, None, screen, out),
            ShownRows::Reports(reports, view) => publish::write_rows(format, &reports, view, screen, out),
        }
    }

    /// Its rows.
    ///
    /// # Errors
    /// Usage: it has the rows of several reports, which have different columns.
    pub fn into_table(self) -> Result<Table<'k>> {
        match self.rows {
            ShownRows::Table(table) => Ok(table),
            ShownRows::Reports(reports, view) => match reports.as_slice() {
                [report] => Table::of_report(report, view, &report.spec().zone),
                _ => Err(Error::usage("several reports have such rows, each with its own columns")
                    .with_code(Code::OneTable)
                    .with_help("choose one of them")),
            },
        }
    }
}
