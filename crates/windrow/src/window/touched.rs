//! Touched windows: those that have to be looked at again when panes have changed.

use std::ops::Range;

use super::Windows;

/// Windows, by their starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// Stretches of starts, in order, apart from each other; from one window's start to just after another's.
    starts_us: Vec<Range<i64>>,
}

impl Touched {
    /// Every window there is.
    pub fn all() -> Self {
        Touched { starts_us: std::iter::once(i64::MIN..i64::MAX).collect() }
    }

    /// The windows that start at `start_us` or later.
    pub fn since(start_us: i64) -> Self {
        Touched { starts_us: std::iter::once(start_us..i64::MAX).collect() }
    }

    /// The windows that hold one of `instants_us`.
    pub fn of(windows: &Windows, instants_us: impl IntoIterator<Item = i64>) -> Self {
        let first = |us| windows.each_window_of(us).next().map_or(us, |window| window.start_us);
        let mut starts_us: Vec<Range<i64>> =
            instants_us.into_iter().map(|us| first(us)..windows.floor(us) + 1).collect();
        starts_us.sort_unstable_by_key(|starts| starts.start);
        let mut touched = Touched { starts_us: Vec::new() };
        for starts in starts_us {
            match touched.starts_us.last_mut() {
                Some(last) if starts.start <= windows.next(last.end - 1) => {
                    last.end = last.end.max(starts.end)
                }
                _ => touched.starts_us.push(starts),
            }
        }
        touched
    }

    /// These windows, and all that hold an instant from `from_us` to `to_us`.
    pub fn and(mut self, windows: &Windows, from_us: i64, to_us: i64) -> Self {
        let Some(mut all) = Touched::of(windows, [from_us, to_us]).hull() else { return self };
        self.starts_us.retain(|starts| {
            let apart = starts.end <= all.start || starts.start >= all.end;
            if !apart {
                all = all.start.min(starts.start)..all.end.max(starts.end);
            }
            apart
        });
        self.starts_us.push(all);
        self.starts_us.sort_unstable_by_key(|starts| starts.start);
        self
    }

    fn hull(&self) -> Option<Range<i64>> {
        Some(self.starts_us.first()?.start..self.starts_us.last()?.end)
    }

    /// The stretches of starts, in order.
    pub fn starts_us(&self) -> &[Range<i64>] {
        &self.starts_us
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.starts_us.is_empty()
    }

    /// Whether the window that starts at `start_us` is one of them.
    pub fn holds(&self, start_us: i64) -> bool {
        let at = self.starts_us.partition_point(|starts| starts.end <= start_us);
        self.starts_us.get(at).is_some_and(|starts| starts.start <= start_us)
    }

    /// The time that these windows cover: stretches in order, apart from each other.
    pub fn spans_us(&self, windows: &Windows) -> Vec<Range<i64>> {
        let mut spans: Vec<Range<i64>> = Vec::new();
        for starts in &self.starts_us {
            let end_us = match starts.end {
                i64::MAX => i64::MAX,
                end => windows.window_starting(end - 1).end_us,
            };
            match spans.last_mut() {
                Some(last) if last.end >= starts.start => last.end = last.end.max(end_us),
                _ => spans.push(starts.start..end_us),
            }
        }
        spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Zone;

    fn windows(every: &str, size: &str) -> Windows {
        Windows::new(every.parse().unwrap(), size.parse().unwrap(), &Zone::utc())
    }

    const MINUTE: i64 = 60_000_000;

    #[test]
    fn windows_next_to_each_other_are_one_stretch() {
        let windows = windows("10m", "10m");
        let touched = Touched::of(&windows, [31, 5, 19, 70].map(|minute| minute * MINUTE));
        assert_eq!(
            touched.starts_us(),
            [0..10 * MINUTE + 1, 30 * MINUTE..30 * MINUTE + 1, 70 * MINUTE..70 * MINUTE + 1]
        );
        for (start, holds) in
            [(-10, false), (0, true), (10, true), (20, false), (30, true), (40, false), (70, true)]
        {
            assert_eq!(touched.holds(start * MINUTE), holds, "{start}");
        }
        let spans = [0..20, 30..40, 70..80].map(|span: Range<i64>| span.start * MINUTE..span.end * MINUTE);
        assert_eq!(touched.spans_us(&windows), spans);
        let more = touched.and(&windows, 25 * MINUTE, 45 * MINUTE);
        assert_eq!(more.starts_us()[1], 20 * MINUTE..40 * MINUTE + 1);
        assert_eq!(more.starts_us().len(), 3);
    }

    #[test]
    fn overlapping_windows_are_all_touched() {
        let windows = windows("10m", "30m");
        let touched = Touched::of(&windows, [25 * MINUTE]);
        assert_eq!(touched.starts_us().first(), Some(&(0..20 * MINUTE + 1)));
        assert_eq!(touched.spans_us(&windows).first(), Some(&(0..50 * MINUTE)));
        // Starts that are apart, of windows that overlap.
        let touched = Touched::of(&windows, [25 * MINUTE, 65 * MINUTE]);
        let spans = touched.spans_us(&windows);
        assert_eq!((touched.starts_us().len(), spans.len()), (2, 1));
        assert_eq!(spans.first(), Some(&(0..90 * MINUTE)));
    }

    #[test]
    fn everything_and_nothing() {
        let windows = windows("1d", "1d");
        assert!(Touched::of(&windows, []).is_empty());
        assert_eq!(Touched::all().spans_us(&windows).first(), Some(&(i64::MIN..i64::MAX)));
        assert!(Touched::all().holds(0) && !Touched::all().is_empty());
        assert_eq!(Touched::all().and(&windows, 0, 5), Touched::all());
    }
}
