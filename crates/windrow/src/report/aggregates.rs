//! Aggregates: what one pass over the windows finds. Integers; a mean is divided where it is shown.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use super::assemble::{CleanCounts, WindowCounts};
use super::measured::AskedMeasure;
use crate::counts::KeyId;
use crate::error::Result;
use crate::measure::Number;
use crate::text::number::grouped;
use crate::window::{Window, Windows};

/// Counts over windows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerWindow {
    /// The sum of the windows' counts; where windows overlap an event is in several.
    pub sum: u64,
    /// The highest count of a window.
    pub max: u64,
    /// The start of the first window with that count; of no meaning where it is zero.
    pub max_us: i64,
}

impl PerWindow {
    /// The mean over `windows` windows; zero of none.
    pub fn mean(self, windows: u64) -> f64 {
        if windows == 0 { 0.0 } else { self.sum as f64 / windows as f64 }
    }

    fn add(&mut self, n: u64, start_us: i64) {
        self.sum += n;
        if n > self.max {
            (self.max, self.max_us) = (n, start_us);
        }
    }
}

/// One of the busiest windows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TopWindow {
    /// Which window.
    pub window: Window,
    /// The count that it is ranked by; all events where it is ranked by a measure.
    pub count: u64,
    /// The measure that it is ranked by.
    pub(crate) number: Option<Number>,
}

impl TopWindow {
    /// What it is ranked by, as people read it.
    pub(crate) fn shown(&self) -> String {
        match self.number {
            None => grouped(self.count),
            Some(number) => number.shown(),
        }
    }
}

/// What a pass over the windows finds.
#[derive(Debug)]
pub(super) struct Facts {
    /// Windows that hold events.
    pub(super) observed: u64,
    /// Counts that are not zero (window x key).
    pub(super) cells: u64,
    /// The starts of the first and the last window that hold events.
    pub(super) span_us: Option<(i64, i64)>,
    pub(super) keys: Vec<PerWindow>,
    pub(super) all: PerWindow,
    pub(super) top: Vec<TopWindow>,
}

/// How many windows to rank, and by what.
pub(super) type Ranked = (usize, By);

/// What windows are ranked by.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum By {
    /// All events.
    #[default]
    Events,
    /// A value; none: one that never occurs.
    Key(Option<KeyId>),
    /// A measure of all events.
    Measure(AskedMeasure),
}

impl Facts {
    pub(super) fn of(
        counts: &CleanCounts,
        windows: &Windows,
        starts_us: &Range<i64>,
        ranked: Option<Ranked>,
    ) -> Result<Self> {
        let mut facts = Facts {
            observed: 0,
            cells: 0,
            span_us: None,
            keys: vec![PerWindow::default(); counts.keys().len()],
            all: PerWindow::default(),
            top: Vec::new(),
        };
        let mut busiest = Busiest::new(ranked);
        counts.each_window(windows, starts_us, |window, row| {
            facts.observed += 1;
            facts.span_us =
                Some((facts.span_us.map_or(window.start_us, |(first, _)| first), window.start_us));
            facts.all.add(row.total(), window.start_us);
            for (key, n) in row.iter() {
                facts.cells += 1;
                facts.keys[key as usize].add(n, window.start_us);
            }
            busiest.offer_row(window.start_us, row);
            Ok(())
        })?;
        if let By::Measure(asked) = busiest.by {
            counts.each_states(windows, starts_us, |window, row, states| {
                let number = asked.answer(states.of_all()?.as_deref());
                if let Some(rank) = number.rank() {
                    busiest.offer(window.start_us, rank, (row.total(), Some(number)));
                }
                Ok(())
            })?;
        }
        facts.top = busiest.into_top(windows);
        Ok(facts)
    }
}

/// The windows that rank highest so far, by rank and start, with what they are shown with; a smaller rank or a later start loses.
struct Busiest {
    n: usize,
    by: By,
    best: BTreeMap<(i128, Reverse<i64>), (u64, Option<Number>)>,
}

impl Busiest {
    fn new(ranked: Option<Ranked>) -> Self {
        let (n, by) = ranked.unwrap_or_default();
        Busiest { n, by, best: BTreeMap::new() }
    }

    /// Offers a window by a count.
    fn offer_row(&mut self, start_us: i64, row: &WindowCounts) {
        let count = match self.by {
            By::Events => row.total(),
            By::Key(key) => key.map_or(0, |key| row.count(key)),
            By::Measure(_) => return,
        };
        if count > 0 {
            self.offer(start_us, i128::from(count), (count, None));
        }
    }

    fn offer(&mut self, start_us: i64, rank: i128, shown: (u64, Option<Number>)) {
        let place = (rank, Reverse(start_us));
        if self.best.len() == self.n && self.best.first_key_value().is_none_or(|(least, _)| place < *least) {
            return;
        }
        self.best.insert(place, shown);
        if self.best.len() > self.n {
            self.best.pop_first();
        }
    }

    fn into_top(self, windows: &Windows) -> Vec<TopWindow> {
        let top = self.best.into_iter().rev().map(|((_, Reverse(start_us)), (count, number))| TopWindow {
            window: windows.window_starting(start_us),
            count,
            number,
        });
        top.collect()
    }
}

/// How many windows that start in `starts_us` hold events, found without a walk over them; never too few.
pub(super) fn observed_at_most(counts: &CleanCounts, windows: &Windows, starts_us: &Range<i64>) -> u64 {
    let per_pane = u64::from(windows.steps_per_window());
    let mut observed: u64 = 0;
    let mut before_us = None;
    for (pane, _) in counts.panes_in(&(starts_us.start..i64::MAX)) {
        let last_us = windows.floor(pane.start_us.min(starts_us.end.saturating_sub(1)));
        // The windows of the pane before and of this one share all but the steps between their last starts.
        let new =
            before_us.map_or(per_pane, |before_us| windows.steps_between(before_us, last_us).min(per_pane));
        observed = observed.saturating_add(new);
        before_us = Some(last_us);
    }
    observed
}
