//! Spelling: a named value that never occurs is most likely another one, misspelt.

use std::collections::BTreeSet;

use super::{ReportData, find};
use crate::counts::KeyId;
use crate::text::escape::quoted;
use crate::text::suggest::nearest;

/// A warning for every named value, `values` or `top.by`, without an event in the report.
pub(super) fn warnings(report: &ReportData) -> Vec<String> {
    let spec = &report.spec;
    if report.events_total() == 0 {
        return Vec::new();
    }
    let by = spec.top.as_ref().and_then(|top| top.by.as_ref());
    let named: BTreeSet<&String> = spec.values.iter().chain(by).collect();
    named
        .into_iter()
        .filter_map(|value| {
            let missing = match find(&report.counts, value).map(|key| report.events(key)) {
                Some(0) => "occurs only outside from and to".to_owned(),
                Some(_) => return None,
                None => match nearest(value, occurring(report)) {
                    Some(nearest) => format!("never occurs; did you mean {}?", quoted(nearest)),
                    None => "never occurs".to_owned(),
                },
            };
            Some(format!("report {}: the value {} {missing}", spec.name, quoted(value)))
        })
        .collect()
}

/// The values that occur.
fn occurring(report: &ReportData) -> impl Iterator<Item = &str> {
    let keys = (0..report.keys().len() as KeyId).filter(|key| report.events(*key) > 0);
    keys.filter_map(|key| report.keys().tuple(key).flatten().next())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, spec};
    use crate::job::{ReportSpec, Top};

    #[test]
    fn a_value_that_never_occurs_is_warned_of_with_the_nearest() {
        let fixture = Fixture::new([(0, "Open", 3), (0, "Close", 2), (0, "", 1)]);
        let spec = ReportSpec {
            top: Some(Top { by: Some("closed".to_owned()), measure: None, n: 3 }),
            ..spec("10m", &["Opne", "Close", "", "Start"])
        };
        let warnings = fixture.with_report(&spec, |report| report.warnings().to_vec());
        assert_eq!(
            warnings,
            [
                "report r: the value \"Opne\" never occurs; did you mean \"Open\"?",
                "report r: the value \"Start\" never occurs",
                "report r: the value \"closed\" never occurs; did you mean \"Close\"?",
            ]
        );
    }

    #[test]
    fn a_value_that_occurs_outside_from_and_to_is_not_misspelt() {
        let fixture = Fixture::new([(0, "Open", 3), (3_600_000_000, "Opens", 2)]);
        let spec = ReportSpec { to_us: Some(600_000_000), ..spec("10m", &["Open", "Opens"]) };
        let warnings = fixture.with_report(&spec, |report| report.warnings().to_vec());
        assert_eq!(warnings, ["report r: the value \"Opens\" occurs only outside from and to"]);
    }

    #[test]
    fn without_events_nothing_is_misspelt() {
        let spec = spec("10m", &["Opne"]);
        assert!(Fixture::new([]).with_report(&spec, |report| report.warnings().is_empty()));
    }
}
