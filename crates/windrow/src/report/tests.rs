//! Reports against a naive oracle: every event put into every window that holds it, one map, no panes.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::fixture::{Fixture, MINUTE_US, cells, spec, step};
use super::{CleanCounts, ReportData, View, check_grid};
use crate::calendar::Zone;
use crate::event::LetterCase;
use crate::job::{Fill, Limits, ReportSpec, TableShape, Top};

/// Events at a minute, each with one of these raw values.
const RAW: [&str; 7] = ["open", "Open", " CLOSE", "close", "", "  ", "Zoom"];
const CLEAN: [&str; 7] = ["Open", "Open", "Close", "Close", "", "", "Zoom"];

type Events = Vec<(i64, usize)>;

/// The counts per window start and clean value; null sorts last, as `~`.
fn naive(events: &Events, spec: &ReportSpec) -> BTreeMap<(i64, &'static str), u64> {
    let (every, size) = (spec.every.fixed_us().unwrap(), spec.size.fixed_us().unwrap());
    let mut counts = BTreeMap::new();
    for (minute, value) in events {
        let us = minute * MINUTE_US;
        let mut start = us.div_euclid(every) * every;
        while start + size > us {
            let from = spec.from_us.is_none_or(|from| start >= from.div_euclid(every) * every);
            if from && spec.to_us.is_none_or(|to| start < to) {
                let value = if CLEAN[*value].is_empty() { "~" } else { CLEAN[*value] };
                *counts.entry((start, value)).or_insert(0) += 1;
            }
            start -= every;
        }
    }
    counts
}

/// The starts of all windows of the grid.
fn naive_grid(counts: &BTreeMap<(i64, &str), u64>, spec: &ReportSpec) -> Vec<i64> {
    let every = spec.every.fixed_us().unwrap();
    let floor = |us: i64| us.div_euclid(every) * every;
    let first = spec.from_us.map(floor).or(counts.keys().next().map(|(start, _)| *start));
    let last = spec.to_us.map(|to| floor(to - 1)).or(counts.keys().last().map(|(start, _)| *start));
    let (Some(first), Some(last)) = (first, last) else { return Vec::new() };
    (0..).map(|n| first + n * every).take_while(|start| *start <= last).collect()
}

/// The expected rows as text.
fn naive_rows(events: &Events, spec: &ReportSpec, view: View) -> Vec<String> {
    let counts = naive(events, spec);
    let values: BTreeSet<&str> = counts.keys().map(|(_, value)| *value).collect();
    let observed: BTreeSet<i64> = counts.keys().map(|(start, _)| *start).collect();
    let wide = view != View::Canonical && !spec.values.is_empty() && spec.shape != Some(TableShape::Long);
    let fill = spec.fill.unwrap_or(if wide { Fill::Zero } else { Fill::None });
    let grid = view == View::Grid && fill != Fill::None;
    let starts = if grid { naive_grid(&counts, spec) } else { observed.iter().copied().collect() };
    let count = |start, value| counts.get(&(start, value)).copied().unwrap_or(0);
    let total = |start| values.iter().map(|value| count(start, *value)).sum::<u64>();
    let names: Vec<&str> = spec.values.iter().map(|v| if v.is_empty() { "~" } else { v.as_str() }).collect();
    let named = |start| names.iter().map(|value| count(start, *value)).sum::<u64>();
    let others: u64 = observed.iter().map(|start| total(*start) - named(*start)).sum();

    let mut rows = Vec::new();
    for start in starts {
        let window = format!("{start},{}", start + spec.size.fixed_us().unwrap());
        let null = !observed.contains(&start) && fill == Fill::Null;
        let shown = |n: u64| if null { String::new() } else { n.to_string() };
        if wide {
            let mut row = window;
            for value in &names {
                row += &format!(",{}", shown(count(start, value)));
            }
            if others > 0 {
                row += &format!(",{}", shown(total(start) - named(start)));
            }
            let mean = named(start) as f64 / names.len() as f64;
            rows.push(row + "," + &if null { String::new() } else { format!("{mean:?}") });
            continue;
        }
        let listed = names.iter().copied().filter(|_| grid);
        for value in values.iter().copied().chain(listed).collect::<BTreeSet<&str>>() {
            let n = count(start, value);
            if grid || n > 0 {
                rows.push(format!("{window},{value},{}", shown(n)));
            }
        }
    }
    rows
}

/// The rows of a report as text.
fn rows(report: &ReportData, view: View) -> Vec<String> {
    let batches = report.batches(view).unwrap();
    let total = batches.rows_total();
    let rows: Vec<String> = cells(batches).iter().map(|cells| cells.join(",")).collect();
    assert_eq!(total, rows.len() as u64, "the length is known before the walk");
    rows
}

/// Counts of the events, merged from parts in the order given.
fn fixture(parts: &[Events]) -> Fixture {
    let mut fixtures = parts
        .iter()
        .map(|part| Fixture::new(part.iter().map(|(minute, value)| (minute * MINUTE_US, RAW[*value], 1))));
    let mut all = fixtures.next().unwrap();
    fixtures.for_each(|part| all.counts.merge(part.counts));
    all.cleaned(LetterCase::Title)
}

prop_compose! {
    fn any_spec()(
        every in prop::sample::select(vec!["1m", "7m", "10m", "1h"]),
        steps in prop::sample::select(vec![1u32, 1, 2, 5]),
        values in prop::sample::select(vec![vec![], vec!["Open", "Close"], vec!["", "Never"]]),
        shape in prop::sample::select(vec![None, Some(TableShape::Long)]),
        fill in prop::sample::select(vec![None, Some(Fill::Zero), Some(Fill::Null), Some(Fill::None)]),
        from in prop::option::of(-300i64..300),
        to in prop::option::of(-200i64..400),
        by in prop::sample::select(vec![None, Some("Open"), Some("Never")]),
        n in 0usize..6,
    ) -> ReportSpec {
        let every = step(every);
        ReportSpec {
            size: crate::calendar::Step { n: every.n * steps, ..every },
            shape,
            fill,
            from_us: from.map(|minute| minute * MINUTE_US),
            to_us: to.map(|minute| minute * MINUTE_US),
            top: Some(Top { by: by.map(str::to_owned), measure: None, n }),
            ..spec(&every.to_string(), &values)
        }
    }
}

fn any_events() -> impl Strategy<Value = Events> {
    prop::collection::vec((prop_oneof![-400i64..400, -20i64..20], 0..RAW.len()), 0..60)
}

proptest! {
    #[test]
    fn rows_are_what_one_map_says(events in any_events(), spec in any_spec()) {
        fixture(std::slice::from_ref(&events)).with_report(&spec, |report| {
            for view in [View::Grid, View::Observed, View::Canonical] {
                prop_assert_eq!(rows(report, view), naive_rows(&events, &spec, view), "{:?}", view);
            }
            Ok(())
        })?;
    }

    #[test]
    fn facts_are_what_one_map_says(events in any_events(), spec in any_spec()) {
        let counts = naive(&events, &spec);
        let mut totals = BTreeMap::<i64, u64>::new();
        counts.iter().for_each(|((start, _), n)| *totals.entry(*start).or_default() += n);
        fixture(std::slice::from_ref(&events)).with_report(&spec, |report| {
            prop_assert_eq!(report.windows_observed(), totals.len() as u64);
            prop_assert_eq!(report.windows_in_grid(), naive_grid(&counts, &spec).len() as u64);
            prop_assert_eq!(report.per_window_of_all().sum, totals.values().sum::<u64>());
            prop_assert_eq!(report.per_window_of_all().max, totals.values().max().copied().unwrap_or(0));
            let highest = totals.iter().map(|(start, n)| (*n, std::cmp::Reverse(*start))).max();
            let found = report.highest().map(|top| (top.count, std::cmp::Reverse(top.window.start_us)));
            prop_assert_eq!(found, highest);
            prop_assert_eq!(report.events_total() + report.events_outside(), events.len() as u64);
            for key in 0..report.keys().len() as u32 {
                let value = report.keys().tuple(key).next().unwrap().unwrap_or("~");
                let of_value = || counts.iter().filter(|((_, v), _)| *v == value).map(|(_, n)| *n);
                prop_assert_eq!(report.per_window(key).sum, of_value().sum::<u64>());
                prop_assert_eq!(report.per_window(key).max, of_value().max().unwrap_or(0));
            }
            let top = spec.top.as_ref().unwrap();
            let mut ranked: Vec<(u64, i64)> = match top.by.as_deref() {
                None => totals.iter().map(|(start, n)| (*n, *start)).collect(),
                Some(by) => counts.iter().filter(|((_, v), _)| *v == by).map(|((s, _), n)| (*n, *s)).collect(),
            };
            ranked.sort_by_key(|(n, start)| (u64::MAX - n, *start));
            ranked.truncate(top.n);
            let found: Vec<_> = report.top().iter().map(|top| (top.count, top.window.start_us)).collect();
            prop_assert_eq!(found, ranked);
            Ok(())
        })?;
    }

    #[test]
    fn the_order_of_merging_does_not_matter(
        parts in prop::collection::vec(any_events(), 1..5),
        spec in any_spec(),
        turn in 0usize..5,
    ) {
        let mut turned = parts.clone();
        turned.rotate_left(turn % parts.len());
        turned.iter_mut().for_each(|part| part.reverse());
        let answer = |parts: &[Events]| fixture(parts).with_report(&spec, |report| {
            (rows(report, View::Grid), rows(report, View::Canonical), report.top().to_vec(), report.warnings().to_vec())
        });
        prop_assert_eq!(answer(&parts), answer(&turned));
    }

    #[test]
    fn bars_hold_every_event_once(events in any_events(), spec in any_spec(), bars_max in 2usize..40) {
        let all = events.clone();
        fixture(&[events]).with_report(&spec, |report| {
            let timeline = report.timeline(bars_max);
            prop_assert!(timeline.bars.len() <= bars_max);
            prop_assert_eq!(timeline.bars.iter().map(|bar| bar.events).sum::<u64>(), report.events_total());
            let Some((start_us, end_us)) = report.span_us() else { return Ok(()) };
            prop_assert_eq!(timeline.bars[0].start_us, start_us);
            prop_assert_eq!(timeline.bars.last().unwrap().end_us, end_us);
            prop_assert!(timeline.bars.windows(2).all(|pair| pair[0].end_us == pair[1].start_us));
            for bar in &timeline.bars {
                let held = |minute: i64| (bar.start_us..bar.end_us).contains(&(minute * MINUTE_US));
                prop_assert_eq!(bar.events, all.iter().filter(|(minute, _)| held(*minute)).count() as u64);
            }
            Ok(())
        })?;
    }
}

proptest! {
    /// Calendar windows of any zone: every event in every window that holds it.
    #[test]
    fn windows_of_zones_hold_their_events(
        hours in prop::collection::vec(-9_000i64..9_000, 0..40),
        zone in prop::sample::select(vec!["Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns"]),
        (every, size) in prop::sample::select(vec![
            ("1d", "1d"), ("1d", "1w"), ("1mo", "1q"), ("6h", "6h"), ("1w", "1w"), ("1h", "3h"), ("1y", "1y"),
        ]),
        bars_max in 2usize..30,
    ) {
        // Around the changes of 2024.
        let us = |hour: i64| 1_718_000_000_000_000 / MINUTE_US * MINUTE_US + hour * 60 * MINUTE_US;
        let zone = Zone::parse(zone).unwrap();
        let spec = ReportSpec { zone, size: step(size), ..spec(every, &[]) };
        let windows = spec.windows();
        let mut naive = BTreeMap::<(i64, i64), u64>::new();
        for window in hours.iter().flat_map(|hour| windows.each_window_of(us(*hour))) {
            *naive.entry((window.start_us, window.end_us)).or_default() += 1;
        }
        let naive: Vec<_> = naive.iter().map(|((start, end), n)| format!("{start},{end},Open,{n}")).collect();
        let fixture = Fixture::new(hours.iter().map(|hour| (us(*hour), "Open", 1)));
        fixture.with_report(&spec, |report| {
            prop_assert_eq!(rows(report, View::Observed), naive);
            let grid = rows(report, View::Grid);
            let starts: Vec<i64> = grid.iter().map(|row| row.split(',').next().unwrap().parse().unwrap()).collect();
            prop_assert!(starts.windows(2).all(|pair| windows.next(pair[0]) == pair[1]));
            let timeline = report.timeline(bars_max);
            prop_assert!(timeline.bars.len() <= bars_max);
            prop_assert_eq!(timeline.bars.iter().map(|bar| bar.events).sum::<u64>(), hours.len() as u64);
            Ok(())
        })?;
    }
}

#[test]
fn a_grid_past_the_limit_is_refused_before_it_is_walked() {
    let mut fixture = Fixture::new([(0, "Open", 1), (i64::from(i32::MAX) * 1_000_000, "Close", 1)]);
    fixture.limits.grid_rows = 1_000;
    for (spec, size) in [(spec("1m", &["Open"]), "35,791,395 rows"), (spec("1m", &[]), "71,582,790 rows")] {
        fixture.with_report(&spec, |report| {
            let error = report.batches(View::Grid).unwrap_err();
            assert_eq!(error.kind().exit_code(), 6);
            assert!(error.message().contains(size), "{error}");
            assert!(
                error.help_text().unwrap().ends_with("write in [reports.r]: fill = \"none\""),
                "{error:?}"
            );
            assert_eq!(rows(report, View::Observed).len(), 2);
        });
        let unfilled = ReportSpec { fill: Some(Fill::None), ..spec };
        fixture.with_report(&unfilled, |report| assert_eq!(rows(report, View::Grid).len(), 2));
    }
}

#[test]
fn a_grid_that_from_and_to_make_too_large_is_refused_before_anything_is_counted() {
    let limits = Limits { grid_rows: 1_440, ..Limits::default() };
    let day = |to_us| ReportSpec { from_us: Some(30_000_000), to_us: Some(to_us), ..spec("1m", &[]) };
    let fits = day(1_440 * MINUTE_US);
    check_grid(&fits, 1, &limits).unwrap();
    let past = day(1_440 * MINUTE_US + 1);
    let error = check_grid(&past, 1, &limits).unwrap_err();
    assert_eq!(error.kind().exit_code(), 6);
    assert_eq!(error.message(), "report r: 1,441 windows, more than the limit of 1,440 rows");
    check_grid(&ReportSpec { fill: Some(Fill::None), ..past.clone() }, 1, &limits).unwrap();
    check_grid(&ReportSpec { fill: None, ..past.clone() }, 1, &limits).unwrap();
    check_grid(&ReportSpec { fill: None, ..past.clone() }, 0, &limits).unwrap_err();
    check_grid(&ReportSpec { to_us: None, ..past }, 1, &limits).unwrap();
}

#[test]
fn overlapping_windows_past_the_limit_are_refused_before_they_are_walked() {
    let mut fixture = Fixture::new([(0, "Open", 1), (MINUTE_US, "Open", 1), (90 * MINUTE_US, "Open", 1)]);
    let spec = ReportSpec { size: step("1h"), ..spec("1m", &[]) };
    fixture.limits.grid_rows = 121;
    fixture.with_report(&spec, |report| assert_eq!(report.windows_observed(), 121));
    fixture.limits.grid_rows = 120;
    let clean = CleanCounts::new(fixture.counts.clone(), &[Default::default()]).unwrap().into();
    let error = ReportData::new(&clean, &spec, &fixture.keys, &fixture.limits).unwrap_err();
    assert_eq!(error.kind().exit_code(), 6);
}

#[test]
fn several_keys_are_rows_sorted_by_key() {
    let fixture = Fixture::of(
        &["action", "country"],
        [
            (0, vec!["Open", "de"], 2),
            (0, vec!["", "de"], 1),
            (0, vec!["Open", ""], 3),
            (0, vec!["Close", "us"], 4),
        ],
    );
    fixture.with_report(&spec("1m", &[]), |report| {
        let rows: Vec<String> =
            rows(report, View::Grid).iter().map(|row| row.replace("0,60000000,", "")).collect();
        assert_eq!(rows, ["Close,us,4", "Open,de,2", "Open,~,3", "~,de,1"]);
    });
}

#[test]
fn a_raw_key_without_a_count_is_no_key() {
    let mut fixture = Fixture::new([(0, "Open", 1)]);
    let zoom = fixture.counts.keys.id_of_one(b"Zoom", 4);
    assert_eq!(fixture.counts.dense_row(0), Some(&[1, 0][..]));
    let report = |fixture: &Fixture| {
        fixture.with_report(&spec("10m", &[]), |report| (report.keys().len(), rows(report, View::Grid)))
    };
    assert_eq!(report(&fixture), (1, vec!["0,600000000,Open,1".to_owned()]));
    fixture.counts.add(0, zoom, 7);
    assert_eq!(report(&fixture), (2, vec!["0,600000000,Open,1".to_owned(), "0,600000000,Zoom,7".to_owned()]));
}
