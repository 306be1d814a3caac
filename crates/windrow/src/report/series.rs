//! Series: the events of each value over time, bar by bar, for charts that show more than the sum.

use super::timeline::Timeline;
use super::{PerWindow, ReportData, TopWindow};
use crate::counts::KeyId;

/// The events of one value, or of all that have no series of their own.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The value of each key; none: all other values.
    pub key: Option<Vec<Option<String>>>,
    /// Its events in each bar of the timeline.
    pub events: Vec<u64>,
    /// Its highest window; none where it has no event, and of other values.
    pub highest: Option<TopWindow>,
}

impl Series {
    /// Its events in all bars.
    pub fn total(&self) -> u64 {
        self.events.iter().sum()
    }
}

impl ReportData {
    /// The events of each value in the bars of `timeline`: of the named values in their order, also of those that never occur, or else
    /// of those with the most events; of more than `most` those with the most, and all others together. The events of a bar are the
    /// sum of its series. A report without keys has none.
    pub fn series(&self, timeline: &Timeline, most: usize) -> Vec<Series> {
        let (Some((first_us, end_us)), 1..) = (self.span_us(), self.keys().columns()) else {
            return Vec::new();
        };
        let mut series = Vec::new();
        // The series that a key is in; all that is left is in the last.
        let mut place = vec![usize::MAX; self.events.len()];
        for (key, id) in self.drawn(most) {
            if let Some(id) = id {
                place[id as usize] = series.len();
            }
            let counts = id.map_or(PerWindow::default(), |id| self.per_window(id));
            let events = vec![0; timeline.bars.len()];
            series.push(Series { key: Some(key), events, highest: self.highest_of(counts) });
        }
        let mut others = vec![0; timeline.bars.len()];
        let mut at = 0;
        self.counts.each_pane_count(&(first_us..end_us), |pane_us, key, n| {
            while timeline.bars.get(at).is_some_and(|bar| pane_us >= bar.end_us) {
                at += 1;
            }
            let events = series.get_mut(place[key as usize]).map_or(&mut others, |own| &mut own.events);
            if let Some(events) = events.get_mut(at) {
                *events += n;
            }
        });
        if others.iter().any(|n| *n > 0) {
            series.push(Series { key: None, events: others, highest: None });
        }
        series
    }

    /// The values that have a series of their own, and their keys.
    fn drawn(&self, most: usize) -> Vec<(Vec<Option<String>>, Option<KeyId>)> {
        let events = |id: Option<KeyId>| id.map_or(0, |id| self.events(id));
        let tuple = |id: KeyId| self.keys().tuple(id).map(|value| value.map(str::to_owned)).collect();
        let values = &self.spec.values;
        let named = values.iter().map(|value| vec![Some(value.clone()).filter(|value| !value.is_empty())]);
        let mut drawn: Vec<_> = named.zip(self.named()).collect();
        if values.is_empty() {
            let mut ids: Vec<KeyId> =
                (0..self.events.len() as KeyId).filter(|id| self.events(*id) > 0).collect();
            ids.sort_by_key(|id| (u64::MAX - self.events(*id), *id));
            ids.truncate(most);
            drawn = ids.into_iter().map(|id| (tuple(id), Some(id))).collect();
        }
        let mut ranked: Vec<usize> = (0..drawn.len()).collect();
        ranked.sort_by_key(|at| (u64::MAX - events(drawn[*at].1), *at));
        let left_out: Vec<usize> = ranked.split_off(most.min(ranked.len()));
        let mut at = 0..;
        drawn.retain(|_| at.next().is_some_and(|at| !left_out.contains(&at)));
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, MINUTE_US, spec};

    fn shown(values: &[&str], most: usize) -> Vec<(String, Vec<u64>)> {
        let events = [(0, "b", 1), (0, "a", 4), (10, "a", 2), (10, "c", 8), (25, "b", 2)];
        let events = events.map(|(minute, value, n)| (minute * MINUTE_US, value, n));
        Fixture::new(events).with_report(&spec("10m", values), |report| {
            let timeline = report.timeline(10);
            let series = report.series(&timeline, most);
            let of_bar = |bar: usize| series.iter().map(|one| one.events[bar]).sum::<u64>();
            assert!(timeline.bars.iter().enumerate().all(|(at, bar)| bar.events == of_bar(at)));
            let name = |key: &Option<Vec<Option<String>>>| match key {
                Some(values) => values[0].clone().unwrap_or_default(),
                None => "others".to_owned(),
            };
            series.iter().map(|one| (name(&one.key), one.events.clone())).collect()
        })
    }

    #[test]
    fn every_event_is_in_one_series() {
        let (a, b, c) = (vec![4, 2, 0], vec![1, 0, 2], vec![0, 8, 0]);
        let of = |name: &str, events: &[u64]| (name.to_owned(), events.to_vec());
        assert_eq!(shown(&[], 5), [of("c", &c), of("a", &a), of("b", &b)]);
        assert_eq!(shown(&[], 1), [of("c", &c), of("others", &[5, 2, 2])]);
        assert_eq!(shown(&["b", "never"], 5), [of("b", &b), of("never", &[0; 3]), of("others", &[4, 10, 0])]);
        assert_eq!(shown(&["b", "c", "a"], 2), [of("c", &c), of("a", &a), of("others", &b)]);
    }

    #[test]
    fn a_value_has_its_own_highest_window() {
        let events =
            [(0, "a", 4), (10, "a", 4), (10, "c", 9)].map(|(at, value, n)| (at * MINUTE_US, value, n));
        Fixture::new(events).with_report(&spec("10m", &[]), |report| {
            let series = report.series(&report.timeline(10), 5);
            let highest = series.iter().map(|one| one.highest.map(|top| (top.window.start_us, top.count)));
            assert_eq!(highest.collect::<Vec<_>>(), [Some((10 * MINUTE_US, 9)), Some((0, 4))]);
        });
    }
}
