//! Moving views of a report: running totals, and changes against an earlier window, from what is written to what is checked.

use super::file::ReportFile;
use super::span::{At, Fault};
use super::{ReportSpec, TableShape, column};
use crate::calendar::{Length, Step};
use crate::error::{Error, Result};
use crate::text::escape::for_people;

/// What is shown beside the counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Moving {
    /// The period in which counts are added up, window after window.
    pub cumulative: Option<Step>,
    /// How much earlier the windows are that a window is compared with.
    pub previous: Vec<Step>,
}

impl ReportFile {
    /// The moving views of `report`, after its other keys were checked.
    pub(super) fn moving(&self, report: &ReportSpec) -> Result<Moving, Fault> {
        let place = |key| ["reports", &report.name, key];
        let cumulative = self.cumulative.as_deref().map(|text| period(text, report)).transpose();
        let cumulative = cumulative.at(&place("cumulative"))?;
        let mut previous: Vec<Step> = Vec::new();
        for text in &self.previous {
            let step = before(text, report.every).at(&place("previous"))?;
            if previous.contains(&step) {
                return Err(Error::invalid(format!("`{}` is named twice", for_people(text))))
                    .at(&place("previous"));
            }
            previous.push(step);
        }
        Ok(Moving { cumulative, previous })
    }
}

/// The period of running totals.
fn period(text: &str, report: &ReportSpec) -> Result<Step> {
    let (period, every): (Step, Step) = (text.parse()?, report.every);
    if report.size != every {
        return Err(Error::invalid(format!(
            "windows of {} every {every} overlap: a running total has events twice",
            report.size
        ))
        .with_help("leave cumulative out, or leave size out"));
    }
    match windows_in(period, every) > 1 {
        true => Ok(period),
        false => Err(Error::invalid(format!("{period} is not a period of several windows of {every}"))
            .with_help("name a longer one that windows fill, such as 1d of hours, or 1mo of days")),
    }
}

/// The step from a window of length `every` back to the window that it is compared with.
fn before(text: &str, every: Step) -> Result<Step> {
    let step: Step = text.parse()?;
    match windows_in(step, every) > 0 {
        true => Ok(step),
        false => Err(Error::invalid(format!("no window of {every} begins {step} before another"))
            .with_help("name a whole number of windows, or days, weeks or months of shorter windows")),
    }
}

/// How many windows of `every` fill `step`; 0 if a part of one is left over. A longer step by the calendar has many.
fn windows_in(step: Step, every: Step) -> u32 {
    match (step.length(), every.length()) {
        (Length::Days(_) | Length::Months(_), Length::Fixed(_)) | (Length::Months(_), Length::Days(1)) => {
            u32::MAX
        }
        _ => step.steps_of(every),
    }
}

/// Checks that no two columns have the same name once moving views are added to `report`.
pub(super) fn check_columns(report: &ReportSpec, keys: &[String]) -> Result<(), Fault> {
    let mut taken: Vec<String> = column::of_keys(keys);
    let measures = report.measures.iter();
    taken.extend(measures.clone().map(column::of_measure));
    let of = match report.shape() {
        TableShape::Long => vec![None],
        TableShape::Wide => {
            taken.extend(report.values.iter().map(|value| column::of_value(value)));
            let all = report
                .values
                .iter()
                .flat_map(|value| measures.clone().map(|of| column::of_measure_of(value, of)));
            taken.extend(all);
            report.values.iter().map(|value| Some(value.as_str())).collect()
        }
    };
    let mut taken: Vec<String> = taken.iter().map(|name| name.to_lowercase()).collect();
    for name in of.into_iter().flat_map(|of| column::of_moving(of, report)).map(|(name, _)| name) {
        if taken.contains(&name.to_lowercase()) {
            let key = if report.moving.cumulative.is_some() { "cumulative" } else { "previous" };
            let error =
                Error::invalid(format!("the column {} is needed, and is taken already", for_people(&name)));
            return Err(error.with_help("leave the key out, or rename the column of the source")).at(&[
                "reports",
                &report.name,
                key,
            ]);
        }
        taken.push(name.to_lowercase());
    }
    Ok(())
}
