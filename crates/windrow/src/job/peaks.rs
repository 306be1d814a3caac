//! Peaks of a report: which windows stand out, from `[reports.NAME.peaks]` as written to a checked question.

use super::file::PeaksFile;
use super::report::check_value;
use super::save::quoted;
use super::span::{At, Fault};
use super::{ReportSpec, measures};
use crate::error::{Error, Result};
use crate::event::Cleaning;
use crate::measure::Measure;
use crate::text::escape::for_people;

/// Which windows stand out, and how far.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Peaks {
    /// What is looked at.
    pub by: PeaksBy,
    /// At most how many peaks are shown, and as many quiet gaps.
    pub limit: usize,
    /// The least score, in robust standard deviations.
    pub threshold: f64,
    /// Whether windows with far fewer events than usual are shown too.
    pub gaps: bool,
}

/// What a window is judged by.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PeaksBy {
    /// All its events.
    All,
    /// The events of a value, after cleaning.
    Value(String),
    /// What was measured of all its events.
    Measure(Measure),
}

impl Default for Peaks {
    fn default() -> Self {
        Peaks { by: PeaksBy::All, limit: 10, threshold: 5.0, gaps: false }
    }
}

impl Peaks {
    /// As a job file writes it.
    pub(super) fn to_toml(&self) -> String {
        let by = match &self.by {
            PeaksBy::All => String::new(),
            PeaksBy::Value(value) => format!("by = {}, ", quoted(value)),
            PeaksBy::Measure(measure) => format!("by = {}, ", quoted(&measure.to_string())),
        };
        format!("{{ {by}limit = {}, threshold = {:?}, gaps = {} }}", self.limit, self.threshold, self.gaps)
    }
}

impl PeaksFile {
    /// `10`, or `Open:10`: what a flag says.
    ///
    /// # Errors
    /// Usage: a text that should be a number is not one; it is in the error.
    pub fn of_text(text: &str) -> Result<Self> {
        let (by, n) = text.rsplit_once(':').map_or((None, text), |(by, n)| (Some(by.to_owned()), n));
        match n.parse() {
            Ok(limit) => Ok(PeaksFile { by, limit: Some(limit), ..PeaksFile::default() }),
            Err(_) => Err(Error::invalid(format!("`{}` is not a number of windows", for_people(n)))
                .with_help("write how many, such as 10, or of what and how many, such as Open:10")),
        }
    }

    /// The peaks of `report`, whose other keys are checked.
    pub(super) fn check(
        &self,
        report: &ReportSpec,
        (keys, cleaning): (&[String], &[Cleaning]),
    ) -> Result<Peaks, Fault> {
        let default = Peaks::default();
        let place = |key| ["reports", &report.name, "peaks", key];
        let by = self.by.as_deref().map_or(Ok(PeaksBy::All), |by| by_what(by, report, (keys, cleaning)));
        let by = by.at(&place("by"))?;
        let limit = self.limit.map_or(Ok(default.limit), |limit| match usize::try_from(limit) {
            Ok(limit) if limit > 0 => Ok(limit),
            _ => Err(Error::invalid("peaks.limit is 0, which shows nothing").with_help("write 1 or more")),
        });
        let limit = limit.at(&place("limit"))?;
        let threshold = self.threshold.unwrap_or(default.threshold);
        if !(threshold.is_finite() && threshold > 0.0) {
            let error = Error::invalid(format!("a threshold of {threshold} lets every window stand out"));
            let help = "write a number above 0: 5 is the default, 3.5 shows more";
            return Err(error.with_help(help)).at(&place("threshold"));
        }
        let gaps = self.gaps.unwrap_or(default.gaps);
        if let (true, PeaksBy::Measure(measure)) = (gaps, &by) {
            let error = Error::invalid(format!(
                "gaps are windows with few events, and {measure} does not count them"
            ));
            let help = "leave gaps out, or look at all events or at a value";
            return Err(error.with_help(help)).at(&place("gaps"));
        }
        Ok(Peaks { by, limit, threshold, gaps })
    }
}

/// A measure of the report, or a value of the key.
fn by_what(by: &str, report: &ReportSpec, (keys, cleaning): (&[String], &[Cleaning])) -> Result<PeaksBy> {
    if let Ok(measure) = measures::measure(by) {
        return match report.measures.contains(&measure) {
            true => Ok(PeaksBy::Measure(measure)),
            false => Err(Error::invalid(format!("{measure} is not one of the measures of the report"))
                .with_help(format!("add it: measures = [{}]", quoted(&measure.to_string())))),
        };
    }
    check_value(by, report, keys, cleaning)?;
    Ok(PeaksBy::Value(by.to_owned()))
}
