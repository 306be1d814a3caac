//! Panes: the fixed UTC buckets that are counted, the smallest unit any window is made of.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use crate::calendar::{DAY_US, Length, Step, day_of};
use crate::window::Windows;

/// How wide the panes of a job are. A function of the job alone, never of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaneWidths {
    /// Width in microseconds of panes from `even_from_us` on.
    pub even_us: i64,
    /// Width in microseconds of panes before, which divides `even_us`: clocks had offsets with seconds then.
    pub early_us: i64,
    /// Where the even panes begin: the start of one of them, in 1970 or before; `i64::MIN` when all panes are even.
    pub even_from_us: i64,
}

/// The even panes begin with one of these years or with 1970, so that most zones of the world can take each other's place
/// without counting anything again.
const EVEN_FROM_YEARS: [i64; 3] = [1902, 1920, 1946];

const SECOND_US: i64 = 1_000_000;

impl PaneWidths {
    /// The widest panes that divide every step, size and offset of `questions`, every offset that their zones have
    /// had since 1970, and every end of a gap that is a boundary. They begin after the last offset, and the last such end,
    /// that they do not divide. Panes before that are what they have in common with a second, which all old offsets
    /// are whole numbers of.
    pub fn of(questions: &[Windows]) -> Self {
        let mut even_us = 0;
        // Until when an offset, or an end of a gap that is a boundary, has to be divided.
        let mut early = Vec::new();
        for windows in questions {
            for step in windows.steps() {
                even_us = gcd(even_us, grain_us(step));
            }
            even_us = gcd(even_us, windows.offset_us());
            for stretch in windows.zone().stretches() {
                let is_boundary = windows.floor(stretch.start_us) == stretch.start_us;
                let boundary_us = if is_boundary { stretch.start_us } else { 0 };
                if stretch.end_us > 0 {
                    even_us = gcd(even_us, gcd(stretch.offset_us, boundary_us.max(0)));
                }
                if stretch.start_us < 0 {
                    early.push((stretch.offset_us, stretch.end_us));
                    early.push((boundary_us, boundary_us.saturating_add(1)));
                }
            }
        }
        let even_us = if even_us == 0 { DAY_US } else { even_us };
        let odd = early.iter().filter(|(divided_us, _)| divided_us % even_us != 0);
        let even_from_us = odd.map(|(_, until_us)| *until_us).max().map_or(i64::MIN, |until_us| {
            let year_us = |year: i64| day_of(year, 1, 1) * DAY_US;
            let from_us = EVEN_FROM_YEARS.into_iter().map(year_us).find(|from_us| until_us <= *from_us);
            // The start of the next even pane.
            -(-from_us.unwrap_or(0)).div_euclid(even_us) * even_us
        });
        match gcd(even_us, SECOND_US) {
            early_us if even_from_us > i64::MIN && early_us < even_us => {
                PaneWidths { even_us, early_us, even_from_us }
            }
            _ => PaneWidths { even_us, early_us: even_us, even_from_us: i64::MIN },
        }
    }

    /// Whether each pane that has events lies within one of the panes `wider`. No event is before `first_us`.
    pub fn fit_in(&self, wider: &PaneWidths, first_us: i64) -> bool {
        let early_us = if self.even_from_us < wider.even_from_us { self.even_us } else { self.early_us };
        let fit_early = first_us >= wider.even_from_us || wider.early_us % early_us == 0;
        wider.even_us % self.even_us == 0 && fit_early
    }

    /// The pane that holds the instant `us`.
    pub fn pane_of(&self, us: i64) -> Pane {
        let width_us = if us >= self.even_from_us { self.even_us } else { self.early_us };
        Pane { start_us: us.div_euclid(width_us) * width_us, width_us }
    }
}

impl fmt::Display for PaneWidths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.even_us, self.early_us, self.even_from_us)
    }
}

impl FromStr for PaneWidths {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let mut numbers = text.split('/').map(|number| number.parse::<i64>());
        let mut next = || numbers.next().unwrap_or_else(|| "".parse());
        Ok(PaneWidths { even_us: next()?.max(1), early_us: next()?.max(1), even_from_us: next()? })
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
pub(crate) fn gcd(a: i64, b: i64) -> i64 {
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
    use crate::calendar::{YEAR_1_US, YEAR_9998_US, Zone};

    /// The windows of each (every, size, zone).
    fn windows(questions: &[(&str, &str, &str)]) -> Vec<Windows> {
        let step = |text: &str| text.parse::<Step>().unwrap();
        let of = |(every, size, zone): &(&str, &str, &str)| {
            Windows::new(step(every), step(size), &Zone::parse(zone).unwrap())
        };
        questions.iter().map(of).collect()
    }

    fn widths(questions: &[(&str, &str, &str)]) -> (i64, i64) {
        let widths = PaneWidths::of(&windows(questions));
        (widths.even_us, widths.early_us)
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
        let widths = PaneWidths { even_us: 600, early_us: 60, even_from_us: -600 };
        let starts = [-661, -660, -601, -600, -1, 0, 599, 600].map(|us| widths.pane_of(us).start_us);
        assert_eq!(starts, [-720, -660, -660, -600, -600, 0, 0, 600]);
    }

    #[test]
    fn panes_are_narrow_only_up_to_the_last_offset_with_seconds() {
        let from = |every: &str, zone: &str| {
            let widths = PaneWidths::of(&windows(&[(every, every, zone)]));
            Zone::utc().label(widths.even_from_us.max(YEAR_1_US))
        };
        // Local mean time (+00:53:28) ended in 1893.
        assert_eq!(from("1h", "Europe/Berlin"), "1902-01-01T00:00:00Z");
        assert_eq!(from("1d", "Europe/Berlin"), "1902-01-01T00:00:00Z");
        assert_eq!(from("7h", "Europe/Madrid"), "1902-01-01T00:00:00Z");
        assert_eq!(from("10m", "America/New_York"), "1902-01-01T00:00:00Z");
        // Paris's own time ended in 1911, Moscow's last offset with seconds in 1919.
        assert_eq!(from("10m", "Europe/Paris"), "1920-01-01T00:00:00Z");
        assert_eq!(from("10m", "Europe/Moscow"), "1920-01-01T00:00:00Z");
        // The half hours of Dutch Guiana had 2 minutes and 40 seconds more until 1945: an offset of -03:40:36.
        assert_eq!(from("1h", "America/Paramaribo"), "1946-01-01T00:00:00Z");
        assert_eq!(from("10m", "UTC"), "0001-01-01T00:00:00Z");
        assert_eq!(from("250ms", "Europe/Berlin"), "0001-01-01T00:00:00Z");
        // Monrovia's clock had an offset of 44 minutes and 30 seconds until 1972, which the even panes divide.
        assert_eq!(widths(&[("1h", "1h", "Africa/Monrovia")]), (30 * SECOND_US, SECOND_US));
    }

    #[test]
    fn panes_of_two_widths_are_apart() {
        for (every, zone) in [
            ("1h", "Europe/Berlin"),
            ("1d", "Asia/Kathmandu"),
            ("1h", "Africa/Monrovia"),
            ("7h", "Europe/Dublin"),
        ] {
            let widths = PaneWidths::of(&windows(&[(every, every, zone)]));
            let (last, first) =
                (widths.pane_of(widths.even_from_us - 1), widths.pane_of(widths.even_from_us));
            assert_eq!(last.start_us + last.width_us, first.start_us, "{every} in {zone}");
            assert!(first.start_us <= 0 && last.width_us < first.width_us);
            let number = |pane: Pane| pane.start_us / pane.width_us;
            assert!(number(last) < number(first), "no two panes share a number");
        }
    }

    proptest! {
        #[test]
        fn every_boundary_is_the_start_of_a_pane(
            questions in prop::collection::vec((
                prop::sample::select(vec!["1500ms", "7s", "10m", "7m", "1h", "6h", "7h", "1d", "2w", "1mo", "1y"]),
                prop::sample::select(jiff::tz::db().available().map(|name| name.to_string())
                    .filter(|name| name != "Etc/Unknown").collect::<Vec<_>>()),
            ), 1..3),
            at_us in YEAR_1_US..YEAR_9998_US, pick in any::<usize>(), near in any::<bool>(),
            offset_minutes in prop::sample::select(vec![0i64, 0, 1, 45, 360, -1440]),
        ) {
            let questions: Vec<_> = questions.iter().map(|(every, zone)| (*every, *every, &**zone)).collect();
            let later = |windows: Windows| windows.later_by(offset_minutes * 60 * SECOND_US);
            let questions: Vec<Windows> = windows(&questions).into_iter().map(later).collect();
            let widths = PaneWidths::of(&questions);
            prop_assert_eq!(widths.even_us % widths.early_us, 0);
            for windows in &questions {
                let stretches = windows.zone().stretches().to_vec();
                let change_us = stretches[pick % stretches.len()].start_us.max(YEAR_1_US);
                let mut boundary_us = windows.floor(if near { change_us } else { at_us });
                for _ in 0..20 {
                    let start_us = widths.pane_of(boundary_us).start_us.max(YEAR_1_US);
                    if boundary_us == crate::window::LAST_BOUNDARY_US {
                        break;
                    }
                    prop_assert_eq!(start_us, boundary_us, "{:?} in {}", windows.steps(), windows.zone());
                    boundary_us = windows.next(boundary_us);
                }
            }
        }
    }

    #[test]
    fn panes_fit_in_those_that_none_of_them_reaches_out_of() {
        let wide = |every: &str, zone: &str| PaneWidths::of(&windows(&[(every, every, zone)]));
        let (fine, hour, day) = (wide("10m", "Etc/GMT-1"), wide("1h", "UTC"), wide("1d", "UTC"));
        let fit = |fine: &PaneWidths, wide: &PaneWidths| fine.fit_in(wide, i64::MIN);
        assert!(fit(&fine, &hour) && fit(&hour, &day) && fit(&fine, &fine) && !fit(&hour, &fine));
        assert!(!fit(&wide("7m", "UTC"), &hour));
        // Before the even panes begin, only what is as narrow fits.
        let berlin = wide("1h", "Europe/Berlin");
        assert!(!fit(&hour, &berlin) && fit(&berlin, &hour) && fit(&wide("10m", "Europe/Berlin"), &berlin));
        assert!(hour.fit_in(&berlin, 0) && !hour.fit_in(&berlin, berlin.even_from_us - 1));
        // Even panes that begin earlier do not fit in narrow ones.
        let from = |even_from_us| PaneWidths { even_us: 600, early_us: 60, even_from_us };
        assert!(fit(&from(0), &from(-600)) && fit(&from(0), &from(0)) && !fit(&from(-600), &from(0)));
        for widths in [fine, day, berlin] {
            assert_eq!(widths.to_string().parse(), Ok(widths));
        }
        assert!("".parse::<PaneWidths>().is_err() && "1/2".parse::<PaneWidths>().is_err());
    }
}
