//! Outliers: a few events far from all others (a clock that was wrong) make a grid of mostly empty windows.

use std::ops::Range;

use super::ReportData;
use super::time::TimeText;
use crate::text::number::grouped;

/// One event in this many may be a stray.
const EVENTS_PER_STRAY: u64 = 1_000;
/// With at least this many events a single one may be a stray.
const EVENTS_FOR_ONE_STRAY: u64 = 100;
/// A span is stretched when it would be this many times shorter without the strays.
const STRETCH: i128 = 10;

/// A warning when a few events at the ends stretch the span tenfold.
pub(super) fn warning(report: &ReportData, covered_us: &Range<i64>) -> Option<String> {
    let mut steps: Vec<(i64, u64)> = Vec::new();
    for (pane_us, n) in report.counts.events_by_pane(covered_us) {
        let start_us = report.windows.floor(pane_us);
        match steps.last_mut() {
            Some((last_us, events)) if *last_us == start_us => *events += n,
            _ => steps.push((start_us, n)),
        }
    }
    let total = report.events_total();
    let strays_max = (total / EVENTS_PER_STRAY).max(u64::from(total >= EVENTS_FOR_ONE_STRAY));
    let (start_us, last_us, events) = shortest(&steps, total - strays_max)?;
    let end_us = report.windows.next(last_us);
    let whole = i128::from(report.windows.next(steps.last()?.0)) - i128::from(steps.first()?.0);
    if whole < STRETCH * (i128::from(end_us) - i128::from(start_us)) {
        return None;
    }
    let mut time = TimeText::new(&report.spec.zone);
    let (start, end) = (time.rfc3339(start_us).to_owned(), time.rfc3339(end_us));
    Some(format!(
        "report {}: {} of {} events are outside {start} .. {end} and make the report more than {STRETCH} times \
         as long; if their times are wrong set source.earliest and source.latest",
        report.spec.name,
        grouped(total - events),
        grouped(total),
    ))
}

/// The shortest run of steps that holds at least `events`: its first and last start, and what it holds.
fn shortest(steps: &[(i64, u64)], events: u64) -> Option<(i64, i64, u64)> {
    let mut best: Option<(i64, i64, u64)> = None;
    let (mut first, mut held) = (0, 0);
    for (last_us, n) in steps {
        held += n;
        while held - steps[first].1 >= events && steps[first].0 < *last_us {
            held -= steps[first].1;
            first += 1;
        }
        let first_us = steps[first].0;
        if held >= events && best.is_none_or(|(a, b, _)| last_us.abs_diff(first_us) < b.abs_diff(a)) {
            best = Some((first_us, *last_us, held));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, spec};

    fn warned(events: &[(i64, u64)]) -> Vec<String> {
        let fixture = Fixture::new(events.iter().map(|(minute, n)| (minute * 60_000_000, "Open", *n)));
        let spec = spec("10m", &["Open"]);
        fixture.with_report(&spec, |report| report.warnings().to_vec())
    }

    #[test]
    fn a_stray_is_warned_of() {
        let dense: Vec<(i64, u64)> = (0..100).map(|at| (1_000_000 + at * 10, 10)).collect();
        assert_eq!(warned(&dense), Vec::<String>::new());
        let warnings = warned(&[&[(0, 1)], &dense[..]].concat());
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].contains("1 of 1,001 events are outside 1971-11-26"), "{warnings:?}");
        assert_eq!(
            warned(&[&[(0, 2)], &dense[..]].concat()),
            Vec::<String>::new(),
            "two in a thousand are not strays"
        );
    }

    #[test]
    fn few_events_are_no_strays() {
        assert_eq!(warned(&[(0, 1), (1_000, 98)]), Vec::<String>::new());
        assert_eq!(warned(&[(0, 1), (1_000, 99)]).len(), 1);
        assert_eq!(warned(&[]), Vec::<String>::new());
    }
}
