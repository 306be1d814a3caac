//! A comparison in words.

use std::fmt;

use super::Comparison;
use crate::text::escape::{for_people, visible};
use crate::text::number::{counted, grouped};

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = counted(self.values.len() as u64, "value");
        if self.equal {
            let (windows, events) = (counted(self.windows, "window"), counted(self.events[0], "event"));
            return writeln!(f, "equal: {windows}, {values}, {events}");
        }
        writeln!(f, "not equal: {}", self.extent())?;
        let [a, b] = &self.names;
        writeln!(f, "  A {a}: {}", counted(self.events[0], "event"))?;
        writeln!(f, "  B {b}: {}", counted(self.events[1], "event"))?;
        for cause in &self.causes {
            let word = if cause.verified { "verified" } else { "likely" };
            writeln!(f, "{word}: {}", visible(&cause.text))?;
        }
        if let Some(left) = self.windows_unexplained.filter(|left| *left > 0) {
            writeln!(
                f,
                "not explained: {}; no rule that was tried gives their counts",
                counted(left, "window")
            )?;
        }
        for window in &self.first {
            writeln!(f, "{}", window.window_start)?;
            for count in &window.counts {
                let (a, b) = (count.a, count.b);
                let sign = if b >= a { "+" } else { "-" };
                let by = grouped(a.abs_diff(b));
                writeln!(
                    f,
                    "  {}: A {}, B {} ({sign}{by})",
                    for_people(&count.value),
                    grouped(a),
                    grouped(b)
                )?;
            }
            if let Some([a, b]) = window.means {
                writeln!(f, "  mean: A {a}, B {b}")?;
            }
            if !window.files.is_empty() {
                writeln!(f, "  files: {}", visible(&window.files.join(", ")))?;
            }
            for line in &window.lines {
                writeln!(f, "  {}", visible(line))?;
            }
        }
        Ok(())
    }
}

impl Comparison {
    /// How many differing windows are not among the first.
    pub fn windows_left_out(&self) -> u64 {
        self.windows_differing.saturating_sub(self.first.len() as u64)
    }

    /// How many of how many windows differ.
    pub fn extent(&self) -> String {
        let of = counted(self.windows.max(self.windows_differing), "window");
        let differ = if self.windows_differing == 1 { "differs" } else { "differ" };
        format!("{} of {of} {differ}", grouped(self.windows_differing))
    }
}
