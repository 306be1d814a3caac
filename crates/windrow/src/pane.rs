//! Panes: the fixed UTC buckets that are counted, the smallest unit any window is made of.

use crate::job::{Length, ReportSpec, Step};
use crate::window::Windows;

/// How wide the panes of a job are. A function of the job alone, never of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaneWidths {
    /// Width in microseconds of panes from 1970 on.
    pub since_1970_us: i64,
    /// Width in microseconds of panes before 1970, which divides `since_1970_us`.
    pub before_1970_us: i64,
}

const SECOND_US: i64 = 1_000_000;
const DAY_US: i64 = 86_400 * SECOND_US;

impl PaneWidths {
    /// The widest panes that divide every step, size and origin of `reports`, every offset that their zones have
    /// had since 1970, and every end of a gap that is a boundary. Before 1970 the same where they divide what was
    /// before too; else what they have in common with a second, which all old offsets are whole numbers of.
    pub fn of(reports: &[ReportSpec]) -> Self {
        let (mut since_us, mut before_us) = (0, 0);
        for report in reports {
            let windows = Windows::of(report);
            for step in [report.every, report.size] {
                since_us = common(since_us, grain_us(step));
            }
            for stretch in report.zone.stretches() {
                let is_boundary = windows.floor(stretch.start_us) == stretch.start_us;
                let boundary_us = if is_boundary { stretch.start_us } else { 0 };
                if stretch.end_us > 0 {
                    since_us = common(since_us, common(stretch.offset_us, boundary_us.max(0)));
                }
                if stretch.start_us < 0 {
                    before_us = common(before_us, common(stretch.offset_us, boundary_us));
                }
            }
        }
        let since_us = if since_us == 0 { DAY_US } else { since_us };
        let fits_before = before_us % since_us == 0;
        PaneWidths {
            since_1970_us: since_us,
            before_1970_us: if fits_before { since_us } else { common(since_us, SECOND_US) },
        }
    }

    /// The pane that holds the instant `us`.
    pub fn pane_of(&self, us: i64) -> Pane {
        let width_us = if us >= 0 { self.since_1970_us } else { self.before_1970_us };
        Pane { start_us: us.div_euclid(width_us) * width_us, width_us }
    }
}

/// What every boundary of a step is a multiple of, on the clock. Days, weeks (from a Monday) and months begin at midnight.
fn grain_us(step: Step) -> i64 {
    match step.length() {
        Length::Fixed(us) => us,
        Length::Days(_) | Length::Months(_) => DAY_US,
    }
}

/// The greatest number that divides both; 0 is divided by all.
fn common(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// One pane: `[start, start + width)` in microseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pane {
    /// The first instant.
    pub start_us: i64,
    /// The length.
    pub width_us: i64,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::job::{JobFile, ReportFile};
    use crate::window::Zone;

    /// A report of each (every, size, zone).
    fn reports(questions: &[(&str, &str, &str)]) -> Vec<ReportSpec> {
        let mut file = JobFile { name: Some("job".into()), version: Some(1), ..JobFile::default() };
        file.source.path = vec!["events.csv".into()];
        file.source.time = Some("time".into());
        for (at, (every, size, zone)) in questions.iter().enumerate() {
            let [every, size, zone] = [every, size, zone].map(|text| Some((*text).to_owned()));
            file.reports.push((format!("r{at}"), ReportFile { every, size, zone, ..ReportFile::default() }));
        }
        file.check(std::path::Path::new("")).unwrap().reports
    }

    fn widths(questions: &[(&str, &str, &str)]) -> (i64, i64) {
        let widths = PaneWidths::of(&reports(questions));
        (widths.since_1970_us, widths.before_1970_us)
    }

    #[test]
    fn panes_are_as_wide_as_the_reports_allow() {
        const MINUTE_US: i64 = 60 * SECOND_US;
        let alike = |minutes: i64| (minutes * MINUTE_US, minutes * MINUTE_US);
        assert_eq!(widths(&[("10m", "10m", "UTC")]), alike(10));
        assert_eq!(widths(&[("1h", "6h", "UTC"), ("45m", "45m", "UTC")]), alike(15));
        assert_eq!(widths(&[("1mo", "1y", "UTC"), ("1w", "1w", "UTC")]), alike(24 * 60));
        assert_eq!(widths(&[("48h", "48h", "UTC")]), alike(48 * 60));
        assert_eq!(widths(&[("1d", "1d", "Europe/Berlin")]), (60 * MINUTE_US, SECOND_US));
        assert_eq!(widths(&[("1d", "1d", "Asia/Kathmandu")]), (15 * MINUTE_US, SECOND_US));
        assert_eq!(widths(&[("250ms", "1s", "Europe/Berlin")]), (250_000, 250_000));
        assert_eq!(widths(&[("1500ms", "3s", "Europe/Berlin")]).1, 500_000);
        // The clock of St. John's was moved at one past midnight for years: the gap's end is a boundary of hours.
        assert_eq!(widths(&[("1h", "1h", "America/St_Johns")]), (MINUTE_US, SECOND_US));
    }

    #[test]
    fn an_instant_is_in_the_pane_that_begins_at_or_before_it() {
        let widths = PaneWidths { since_1970_us: 600, before_1970_us: 60 };
        let starts = [-61, -60, -1, 0, 599, 600].map(|us| widths.pane_of(us).start_us);
        assert_eq!(starts, [-120, -60, -60, 0, 0, 600]);
    }

    proptest! {
        #[test]
        fn every_boundary_is_the_start_of_a_pane(
            questions in prop::collection::vec((
                prop::sample::select(vec!["1500ms", "7s", "10m", "7m", "1h", "6h", "7h", "1d", "2w", "1mo", "1y"]),
                prop::sample::select(jiff::tz::db().available().map(|name| name.to_string())
                    .filter(|name| name != "Etc/Unknown").collect::<Vec<_>>()),
            ), 1..3),
            at_us in crate::event::YEAR_1_US..crate::event::YEAR_9999_US, pick in any::<usize>(), near in any::<bool>(),
        ) {
            let questions: Vec<_> = questions.iter().map(|(every, zone)| (*every, *every, &**zone)).collect();
            let reports = reports(&questions);
            let widths = PaneWidths::of(&reports);
            prop_assert_eq!(widths.since_1970_us % widths.before_1970_us, 0);
            for report in &reports {
                let stretches = Zone::parse(report.zone.name()).unwrap().stretches().to_vec();
                let change_us = stretches[pick % stretches.len()].start_us.max(crate::event::YEAR_1_US);
                let windows = Windows::of(report);
                let mut boundary_us = windows.floor(if near { change_us } else { at_us });
                for _ in 0..20 {
                    let pane = widths.pane_of(boundary_us);
                    prop_assert_eq!(pane.start_us, boundary_us, "{} in {}", report.every, report.zone);
                    boundary_us = windows.next(boundary_us);
                }
            }
        }
    }
}
