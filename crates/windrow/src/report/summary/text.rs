//! The summary as lines for a person.

use std::fmt;

use super::{REFUSED_SHOWN, RefusedFile, ReportSummary, Summary, ValueSummary};
use crate::text::escape::{for_people, visible};
use crate::text::number::{bytes, counted, grouped, mean};

impl fmt::Display for Summary {
    /// The lines for a person; each ends with a line feed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.rows)?;
        let (read, _) = bytes(self.bytes_accepted, self.bytes_total);
        let (total, unit) = bytes(self.bytes_total, self.bytes_total);
        write!(f, "; bytes {read} of {total} {unit}")?;
        if let [report] = self.reports.as_slice() {
            write!(f, "; {}", counted(report.windows_observed, "window"))?;
        }
        writeln!(f)?;
        if let (Some(first), Some(last)) = (&self.first_event, &self.last_event) {
            write!(f, "events from {first} to {last}; ")?;
        }
        write!(f, "{} read", counted(self.files_read, "file"))?;
        if !self.files_refused.is_empty() {
            write!(f, ", {} refused", grouped(self.files_refused.len() as u64))?;
        }
        writeln!(f, "; {:.2} s", self.elapsed_s)?;
        for RefusedFile { file, message, .. } in self.files_refused.iter().take(REFUSED_SHOWN) {
            writeln!(f, "refused {}: {}", visible(file), visible(message))?;
        }
        if let Some(more @ 1..) = self.files_refused.len().checked_sub(REFUSED_SHOWN) {
            writeln!(f, "  and {} more", grouped(more as u64))?;
        }
        self.reports.iter().try_for_each(|report| report.fmt(f))
    }
}

impl fmt::Display for ReportSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "report {}: {} windows", for_people(&self.report), self.every)?;
        if self.size != self.every {
            write!(f, " of {}", self.size)?;
        }
        let (observed, grid) = (self.windows_observed, self.windows_in_grid);
        write!(f, " ({}), {} with events", self.zone, grouped(observed))?;
        writeln!(f, " of {} from the first to the last", grouped(grid))?;
        if observed > 0 {
            write!(f, "  mean per window over {} with events", grouped(observed))?;
            if grid != observed {
                write!(f, " (over all {})", grouped(grid))?;
            }
            write!(f, ":")?;
            let shown = |over_observed: f64, over_grid: f64| match grid == observed {
                true => mean(over_observed, 1),
                false => format!("{} ({})", mean(over_observed, 1), mean(over_grid, 1)),
            };
            for ValueSummary { key, means, .. } in &self.values {
                write!(f, " {} {},", label(key), shown(means.mean_observed, means.mean_in_grid))?;
            }
            if let Some(other) = &self.other {
                write!(f, " other {},", shown(other.mean_observed, other.mean_in_grid))?;
            }
            writeln!(f, " all {}", shown(self.all.mean_observed, self.all.mean_in_grid))?;
        }
        if self.events_outside > 0 {
            let are = if self.events_outside == 1 { "is" } else { "are" };
            writeln!(f, "  {} {are} outside from and to", counted(self.events_outside, "event"))?;
        }
        if !self.top.is_empty() {
            let by = self.top_by.as_deref().unwrap_or("all events");
            let windows = self.top_short.iter().zip(&self.top);
            let windows: Vec<_> = windows.map(|(start, top)| format!("{start} ({})", top.shown)).collect();
            writeln!(f, "  top by {}: {}", for_people(by), windows.join(", "))?;
        }
        for (start, peak) in self.peaks_short.iter().zip(self.peaks.iter().flatten()) {
            writeln!(f, "  {} {start}: {}", peak.kind, peak.reason)?;
        }
        self.warnings.iter().try_for_each(|warning| writeln!(f, "warning: {}", visible(warning)))
    }
}

/// The values of a key in one text; null is `null`.
fn label(key: &[Option<String>]) -> String {
    let values: Vec<_> = key.iter().map(|value| for_people(value.as_deref().unwrap_or("null"))).collect();
    values.join(" / ")
}
