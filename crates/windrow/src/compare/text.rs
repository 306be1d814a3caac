//! A comparison in words.

use std::fmt;

use super::{Comparison, DifferingMeasure};
use crate::text::escape::{for_people, visible};
use crate::text::number::{counted, grouped};

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = counted(self.values.len() as u64, "value");
        if self.equal {
            let (windows, events) = (counted(self.windows, "window"), counted(self.events[0], "event"));
            let measures = match self.measures.as_slice() {
                [] => String::new(),
                measures => format!(", {}", measures.join(", ")),
            };
            return writeln!(f, "equal: {windows}, {values}, {events}{}", for_people(&measures));
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
        for DifferingMeasure { window_start, values, measure, a, b } in &self.first_measures {
            let of: Vec<_> = values
                .iter()
                .map(|value| for_people(value.as_deref().unwrap_or("null")).into_owned() + " ")
                .collect();
            let [a, b] = [a, b].map(|number| number.as_deref().unwrap_or("null"));
            writeln!(f, "{window_start}\n  {}{}: A {a}, B {b}", of.concat(), for_people(measure))?;
        }
        Ok(())
    }
}

impl Comparison {
    /// The number of differing windows beyond the first ones.
    pub fn windows_left_out(&self) -> u64 {
        self.windows_differing.saturating_sub(self.first.len() as u64)
    }

    /// How many windows differ, and of how many.
    pub fn extent(&self) -> String {
        if self.windows_differing == 0 && self.measures_differing > 0 {
            let numbers = match self.measures_differing {
                1 => "1 measured number differs".to_owned(),
                n => format!("{} measured numbers differ", grouped(n)),
            };
            return format!("{numbers}; the counts are equal");
        }
        let of = counted(self.windows.max(self.windows_differing), "window");
        let differ = if self.windows_differing == 1 { "differs" } else { "differ" };
        format!("{} of {of} {differ}", grouped(self.windows_differing))
    }
}
