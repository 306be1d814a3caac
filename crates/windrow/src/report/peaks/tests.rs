//! Peaks against what is worked out by hand, and against the plain reading of their definition.

use proptest::prelude::*;

use super::super::fixture::{Fixture, MINUTE_US, spec, step};
use super::*;
use crate::calendar::{DAY_US, Zone};
use crate::job::{Limits, PeaksBy, ReportSpec};

/// 1970-01-05T00:00:00Z, a Monday.
const MONDAY_US: i64 = 4 * DAY_US;
const HOUR_US: i64 = DAY_US / 24;

fn asking(every: &str, peaks: Peaks) -> ReportSpec {
    ReportSpec { peaks: Some(peaks), ..spec(every, &[]) }
}

fn gaps() -> Peaks {
    Peaks { gaps: true, ..Peaks::default() }
}

/// `n` windows of `every_us`, each with as many events as `events` says.
fn windows(n: i64, every_us: i64, events: impl Fn(i64) -> u64) -> Fixture {
    Fixture::new((0..n).map(|at| (MONDAY_US + at * every_us, "Open", events(at))))
}

fn found(fixture: &Fixture, spec: &ReportSpec) -> Vec<(i64, f64, f64, f64, String)> {
    fixture.with_report(spec, |report| {
        let each = report.peaks().iter();
        let short = |us: i64| (us - MONDAY_US) / MINUTE_US;
        each.map(|peak| {
            (short(peak.window.start_us), peak.value, peak.expected, peak.score, peak.reason.clone())
        })
        .collect()
    })
}

#[test]
fn a_window_is_compared_with_the_same_hour_of_other_weeks() {
    // Each hour has 100 events, Sunday 20:00 has 200, and in the fourth of five weeks 1,040: (1040 - 200) / √200 = 59.40.
    let sunday = 6 * 24 + 20;
    let events = |hour: i64| match (hour % 168 == sunday, hour / 168) {
        (true, 3) => 1_040,
        (true, _) => 200,
        _ => 100,
    };
    let fixture = windows(5 * 168, HOUR_US, events);
    let by = PeaksBy::Value("Open".to_owned());
    let peaks = found(&fixture, &asking("1h", Peaks { by, ..gaps() }));
    let place = (3 * 168 + sunday) * 60;
    let reason = "Open 1,040: 5.2 times the usual Sunday 20:00".to_owned();
    assert_eq!(peaks, [(place, 1_040.0, 200.0, 59.4, reason)]);

    // Of three weeks the hours of the week are not known: the Sundays stand out from the hours around them.
    let fixture = windows(3 * 168, HOUR_US, |hour| events(hour + 168));
    let peaks = found(&fixture, &asking("1h", Peaks::default()));
    assert_eq!(peaks.len(), 3, "{peaks:?}");
    assert_eq!(peaks[0].4, "1,040 events: 10.4 times the usual of the windows around it");
    assert_eq!((peaks[1].0, peaks[1].3), (sunday * 60, 10.0), "of equal scores the earliest comes first");
}

#[test]
fn nothing_stands_out_of_what_is_always_the_same() {
    for events in [0, 1, 2, 3, 1_000_000] {
        let fixture = windows(300, 10 * MINUTE_US, |at| if at == 0 || at == 299 { 1 } else { events });
        let peaks = found(&fixture, &asking("10m", gaps()));
        assert_eq!(peaks, [], "{events}");
    }
    let one = windows(1, MINUTE_US, |_| 7);
    assert_eq!(found(&one, &asking("1m", gaps())), []);
    assert_eq!(found(&Fixture::new([]), &asking("1m", gaps())), []);
    let seven = windows(7, MINUTE_US, |at| if at == 3 { 1_000 } else { 1 });
    assert_eq!(found(&seven, &asking("1m", gaps())), [], "seven windows have nothing usual");
    let eight = windows(8, MINUTE_US, |at| if at == 3 { 1_000 } else { 1 });
    assert_eq!(found(&eight, &asking("1m", gaps())).len(), 1);
}

#[test]
fn a_gap_says_how_long_and_how_many() {
    // 2 events per 10 minutes, none in 20 windows: (40 - 0) / √(20 × 2) = 6.32.
    let events = |at: i64| if (40..60).contains(&at) { 0 } else { 2 };
    let quiet = found(&windows(100, 10 * MINUTE_US, events), &asking("10m", gaps()));
    let reason = "no events for 3 h 20 min, usually about 40".to_owned();
    assert_eq!(quiet, [(400, 0.0, 40.0, 6.32, reason)]);
    // What is usual for a long gap is not taken from the gap itself.
    let events = |at: i64| if (30..70).contains(&at) { 0 } else { 2 };
    let quiet = found(&windows(100, 10 * MINUTE_US, events), &asking("10m", gaps()));
    assert_eq!(quiet[0].4, "no events for 6 h 40 min, usually about 80");
    // A quarter of the usual is few; more is not.
    let some = |n: u64| move |at: i64| if (40..60).contains(&at) { n } else { 100 };
    let quiet = found(&windows(100, 10 * MINUTE_US, some(25)), &asking("10m", gaps()));
    assert_eq!(quiet[0].4, "500 events in 3 h 20 min, usually about 2,000");
    assert_eq!(found(&windows(100, 10 * MINUTE_US, some(26)), &asking("10m", gaps())), []);
    assert_eq!(found(&windows(100, 10 * MINUTE_US, events), &asking("10m", Peaks::default())), []);
}

#[test]
fn the_ends_of_a_log_are_no_gaps_unless_from_and_to_are_named() {
    let fixture = windows(60, 10 * MINUTE_US, |at| if at == 59 { 1 } else { 100 });
    assert_eq!(found(&fixture, &asking("10m", gaps())), []);
    let to_us = Some(MONDAY_US + 62 * 10 * MINUTE_US);
    let quiet = found(&fixture, &ReportSpec { to_us, ..asking("10m", gaps()) });
    assert_eq!(quiet[0].4, "1 event in 30 min, usually about 300");
}

#[test]
fn windows_that_overlap_or_follow_one_another_are_one_peak() {
    let surge = |at: i64| match at {
        50 => 900,
        51 => 1_000,
        52 => 800,
        80 => 700,
        _ => 10,
    };
    let fixture = windows(100, 10 * MINUTE_US, surge);
    let starts = |spec: &ReportSpec| found(&fixture, spec).iter().map(|peak| peak.0).collect::<Vec<_>>();
    assert_eq!(starts(&asking("10m", Peaks::default())), [510, 800]);
    assert_eq!(starts(&asking("10m", Peaks { limit: 1, ..Peaks::default() })), [510]);
    let hourly =
        ReportSpec { size: step("1h"), ..asking("10m", Peaks { threshold: 10.0, ..Peaks::default() }) };
    assert_eq!(starts(&hourly), [470, 750], "the first of the hours that hold all of it");
}

#[test]
fn an_hour_is_that_of_the_clock_over_a_change_of_it() {
    // Berlin's clocks go forward on Sunday 2024-03-31. Mondays 09:00 there are 08:00 UTC before, and 07:00 after.
    let monday_us = 19_786 * DAY_US;
    let berlin = Zone::parse("Europe/Berlin").unwrap();
    let hours = (0..6 * 168).map(|hour| monday_us + hour * HOUR_US);
    let events = hours.map(|us| {
        let reading_us = berlin.reading_us(us);
        let is_busy = reading_us.rem_euclid(DAY_US) == 9 * HOUR_US && (reading_us / DAY_US + 3) % 7 == 0;
        (us, "a", if is_busy { 1_000 } else { 10 })
    });
    let fixture = Fixture::new(events);
    let busy = |zone: &Zone| {
        found(&fixture, &ReportSpec { zone: zone.clone(), ..asking("1h", Peaks::default()) }).len()
    };
    assert_eq!(busy(&berlin), 0);
    assert!(busy(&Zone::utc()) > 0, "an hour of UTC is another hour of the clock after the change");
}

#[test]
fn months_are_compared_with_the_months_around_them() {
    let fixture = windows(900, DAY_US, |day| if (300..310).contains(&day) { 500 } else { 10 });
    let peaks = found(&fixture, &asking("1mo", Peaks::default()));
    assert_eq!(peaks.len(), 1, "{peaks:?}");
    assert!(peaks[0].4.ends_with("times the usual of the windows around it"), "{peaks:?}");
    let days = found(&fixture, &asking("1d", Peaks::default()));
    assert_eq!(days.len(), 1, "ten days in a row are one peak: {days:?}");
    assert!(days[0].4.starts_with("500 events: 50.0 times the usual "), "{days:?}");
}

#[test]
fn names_are_made_safe() {
    let events =
        (0..60).map(|at| (MONDAY_US + at * MINUTE_US, "a\u{1b}[31m\n", if at == 30 { 99 } else { 1 }));
    let by = PeaksBy::Value("a\u{1b}[31m".to_owned());
    let peaks = found(&Fixture::new(events), &asking("1m", Peaks { by, ..Peaks::default() }));
    assert_eq!(peaks[0].4, "a\\x1b[31m 99: 99.0 times the usual of the windows around it");
    let by = PeaksBy::Value("never".to_owned());
    assert_eq!(found(&windows(60, MINUTE_US, |_| 5), &asking("1m", Peaks { by, ..gaps() })), []);
}

#[test]
fn a_grid_past_its_limit_is_refused() {
    let fixture = windows(100, MINUTE_US, |_| 1);
    let limits = Limits { grid_rows: 99, ..Limits::default() };
    let counts = super::super::CleanCounts::new(fixture.counts.clone(), &[Default::default()]).unwrap();
    let spec = asking("1m", Peaks::default());
    let error = ReportData::new(&std::sync::Arc::new(counts), &spec, &fixture.keys, &limits).unwrap_err();
    assert!(error.message().contains("100 windows, more than the limit of 99"), "{error}");
}

/// Median and spread of counts by their definition.
fn plainly(mut counts: Vec<f64>) -> (f64, f64) {
    let middle = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        (values[(values.len() - 1) / 2] + values[values.len() / 2]) / 2.0
    };
    let median = middle(&mut counts);
    let mut far: Vec<f64> = counts.iter().map(|count| (count - median).abs()).collect();
    (median, (1.4826 * middle(&mut far)).max(median.sqrt()).max(1.0))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn scores_are_what_their_definition_says(
        counts in prop::collection::vec(prop_oneof![8 => 0u64..30, 1 => 30..400u64], 2..260),
        (every, hours) in prop_oneof![Just(("6h", 6)), Just(("1d", 24)), Just(("30m", 0))],
        from in 0i64..7 * 24,
        zone in prop_oneof![Just("UTC"), Just("America/New_York")],
    ) {
        // 2024-02-12, four weeks before New York's clocks change.
        let start_us = 19_765 * DAY_US + from * HOUR_US;
        let every_us = if hours == 0 { HOUR_US / 2 } else { hours * HOUR_US };
        let mut counts = counts;
        let n = counts.len() as i64;
        counts[0] = counts[0].max(1);
        let events = (0..n).map(|at| (start_us + at * every_us, "a", counts[at as usize]));
        let threshold = 3.0;
        let zone = Zone::parse(zone).unwrap();
        let asked = Peaks { threshold, limit: 1_000, ..Peaks::default() };
        let spec = ReportSpec { zone: zone.clone(), ..asking(every, asked) };
        let wrong = Fixture::new(events).with_report(&spec, |report| {
            let (first_us, last_us) = report.grid_us.unwrap();
            let starts: Vec<i64> = std::iter::successors(Some(first_us), |us| Some(report.windows.next(*us)))
                .take_while(|us| *us <= last_us).collect();
            let grid = Grid::of(report, &PeaksBy::All).unwrap();
            assert_eq!(grid.starts_us, starts);
            let of = |us: i64| {
                let monday_us = zone.reading_us(us) + 3 * DAY_US;
                let unit_us = match hours { 0 => HOUR_US, 24 => DAY_US, _ => 1 };
                (monday_us.div_euclid(7 * DAY_US), monday_us.rem_euclid(7 * DAY_US) / unit_us)
            };
            let score = |at: usize| {
                let (week, hour) = of(starts[at]);
                let like: Vec<usize> = (0..starts.len())
                    .filter(|other| of(starts[*other]).1 == hour && (of(starts[*other]).0 - week).abs() <= 4).collect();
                let mut weeks: Vec<i64> = like.iter().map(|other| of(starts[*other]).0).collect();
                weeks.dedup();
                weeks.sort_unstable();
                weeks.dedup();
                let like = match weeks.len() {
                    4.. => like,
                    _ => (at.saturating_sub(12)..starts.len().min(at + 13)).collect(),
                };
                if like.len() < if weeks.len() >= 4 { 4 } else { 8 } {
                    return 0.0;
                }
                let (median, spread) = plainly(like.iter().map(|at| grid.values[*at]).collect());
                ((grid.values[at] - median) / spread * 100.0).round() / 100.0
            };
            let scores: Vec<f64> = (0..starts.len()).map(score).collect();
            let over: Vec<usize> = (0..starts.len()).filter(|at| scores[*at] >= threshold).collect();
            let mut expected: Vec<(f64, i64)> = over.chunk_by(|a, b| a + 1 == *b).map(|run| {
                let best = run.iter().copied().reduce(|a, b| {
                    if (scores[b], grid.values[b]) > (scores[a], grid.values[a]) { b } else { a }
                }).unwrap();
                (scores[best], starts[best])
            }).collect();
            expected.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let found: Vec<(f64, i64)> = report.peaks().iter().map(|peak| (peak.score, peak.window.start_us)).collect();
            (found != expected).then(|| format!("{found:?}, not {expected:?}"))
        });
        prop_assert_eq!(wrong, None);
    }
}
