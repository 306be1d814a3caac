//! The usual: what windows like one have, as median and spread. Like it are those of the same hour of the week, in its week and
//! up to four weeks before and after; where these are of fewer than four weeks, the twelve windows on either side and itself.

use std::collections::BTreeMap;
use std::ops::Range;

use super::grid::Grid;
use crate::calendar::{DAY_US, Length, Step, Zone};
use crate::job::PeaksBy;

/// Windows on either side of one, where hours of the week do not serve.
pub(super) const NEIGHBOURS: usize = 12;
/// Fewer windows have nothing usual.
const WINDOWS_MIN: usize = 8;
/// Weeks on either side of one.
const WEEKS: i64 = 4;
/// Fewer weeks have no hours of the week.
const WEEKS_MIN: usize = 4;

const HOUR_US: i64 = DAY_US / 24;
const WEEK_US: i64 = 7 * DAY_US;
/// 1970-01-01 was a Thursday.
const MONDAY_US: i64 = 3 * DAY_US;

/// From the median of distances to the standard deviation of a normal distribution, and from their mean.
const OF_MEDIAN: f64 = 1.4826;
const OF_MEAN: f64 = 1.2533;
/// The spread of a measure is at least this part of its median.
const SPREAD_MIN: f64 = 0.1;

/// Which windows say what is usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UsualWindows {
    /// Those of the same hour of the week: so long after its Monday began.
    HourOfWeek(i64),
    /// Those of the same day of the week.
    DayOfWeek(i64),
    /// Those around it.
    Around,
}

/// What is usual for a window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usual {
    pub(super) median: f64,
    pub(super) spread: f64,
    pub(super) place: UsualWindows,
}

/// What is usual for every window.
pub(super) struct Usuals(Vec<Option<Usual>>);

/// The windows of one hour of one week.
struct WeekHour {
    week: i64,
    windows: Range<usize>,
}

impl Usuals {
    /// For the windows of `grid`, every `every` on the clock of `zone`, whose values are `by`.
    pub(super) fn of(grid: &Grid, every: Step, zone: &Zone, by: &PeaksBy) -> Self {
        let is_count = !matches!(by, PeaksBy::Measure(_));
        let mut usuals = Usuals(vec![None; grid.values.len()]);
        for (place, blocks) in by_place(grid, every, zone) {
            usuals.of_blocks(grid, place, &blocks, is_count);
        }
        let mut around = Vec::with_capacity(2 * NEIGHBOURS + 1);
        for at in 0..grid.values.len() {
            if usuals.0[at].is_none() {
                let end = grid.values.len().min(at + NEIGHBOURS + 1);
                around.clear();
                around.extend_from_slice(&grid.values[at.saturating_sub(NEIGHBOURS)..end]);
                usuals.0[at] = usual(&mut around, is_count, UsualWindows::Around);
            }
        }
        usuals
    }

    /// What is usual for the window at `at`; none where too little is known.
    pub(super) fn at(&self, at: usize) -> Option<Usual> {
        self.0[at]
    }

    /// Fills in what the weeks on either side say.
    fn of_blocks(&mut self, grid: &Grid, place: UsualWindows, blocks: &[WeekHour], is_count: bool) {
        let mut values = Vec::new();
        for block in blocks {
            let from = blocks.partition_point(|other| other.week < block.week - WEEKS);
            let to = blocks.partition_point(|other| other.week <= block.week + WEEKS);
            let like = &blocks[from..to];
            // Blocks of one week are two where a clock shows an hour twice, apart from each other.
            let weeks = like.chunk_by(|a, b| a.week == b.week).count();
            if weeks >= WEEKS_MIN {
                values.clear();
                like.iter().for_each(|like| values.extend_from_slice(&grid.values[like.windows.clone()]));
                let usual = usual(&mut values, is_count, place);
                self.0[block.windows.clone()].fill(usual);
            }
        }
    }
}

/// The windows of `grid` by hour of the week, week by week; none where windows are as long as a week.
fn by_place(grid: &Grid, every: Step, zone: &Zone) -> Vec<(UsualWindows, Vec<WeekHour>)> {
    let mut places: BTreeMap<i64, Vec<WeekHour>> = BTreeMap::new();
    // What windows are told apart by, and what they are called.
    let (unit_us, place): (i64, fn(i64) -> UsualWindows) = match every.length() {
        Length::Fixed(us) if us < HOUR_US => (HOUR_US, UsualWindows::HourOfWeek),
        Length::Fixed(us) if us < WEEK_US => (1, UsualWindows::HourOfWeek),
        Length::Days(days) if days < 7 => (DAY_US, UsualWindows::DayOfWeek),
        _ => return Vec::new(),
    };
    for (at, start_us) in grid.starts_us.iter().enumerate() {
        let reading_us = zone.reading_us(*start_us) + MONDAY_US;
        let (week, in_week_us) = (reading_us.div_euclid(WEEK_US), reading_us.rem_euclid(WEEK_US));
        let blocks = places.entry(in_week_us / unit_us * unit_us).or_default();
        match blocks.last_mut().filter(|block| block.week == week && block.windows.end == at) {
            Some(block) => block.windows.end += 1,
            None => blocks.push(WeekHour { week, windows: at..at + 1 }),
        }
    }
    places.into_iter().map(|(us, blocks)| (place(us), blocks)).collect()
}

/// What is usual where these are the counts of the windows like one.
pub(super) fn usual_of(counts: &[f64], place: UsualWindows) -> Option<Usual> {
    usual(&mut counts.to_vec(), true, place)
}

/// Median and spread of `values`; the spread of counts is at least that of events that come by chance, the root of their number.
fn usual(values: &mut Vec<f64>, is_count: bool, place: UsualWindows) -> Option<Usual> {
    values.retain(|value| !value.is_nan());
    let least = if place == UsualWindows::Around { WINDOWS_MIN } else { WEEKS_MIN };
    if values.len() < least {
        return None;
    }
    let median = middle(values);
    values.iter_mut().for_each(|value| *value = (*value - median).abs());
    let spread = OF_MEDIAN * middle(values);
    let spread = match is_count {
        true => spread.max(median.sqrt()).max(1.0),
        false => spread.max(median.abs() * SPREAD_MIN),
    };
    let spread =
        if spread > 0.0 { spread } else { values.iter().sum::<f64>() / values.len() as f64 * OF_MEAN };
    (spread > 0.0).then_some(Usual { median, spread, place })
}

/// The median: of an even number the mean of the two in the middle.
fn middle(values: &mut [f64]) -> f64 {
    let half = values.len() / 2;
    let is_even = values.len().is_multiple_of(2);
    let (below, upper, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    let lower = below.iter().copied().max_by(f64::total_cmp).filter(|_| is_even);
    lower.map_or(*upper, |lower| (lower + *upper) / 2.0)
}
