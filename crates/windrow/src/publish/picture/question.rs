//! The question that a report answers, in words.

use crate::report::ReportData;
use crate::text::escape::for_people;

/// Values that are named.
const VALUES_MAX: usize = 6;

/// How many events there are per hour, by action (Open, Close)?
pub(in crate::publish) fn question(report: &ReportData) -> String {
    let spec = report.spec();
    let mut text = format!("How many events are there per {}", spec.size.words());
    if spec.size != spec.every {
        text += &format!(", every {}", spec.every.words());
    }
    let keys: Vec<_> = report.key_names().iter().map(|key| for_people(key)).collect();
    if !keys.is_empty() {
        text += &format!(", by {}", keys.join(" and "));
    }
    if !spec.values.is_empty() {
        let values: Vec<_> = spec.values.iter().take(VALUES_MAX).map(|value| name(value)).collect();
        let more = spec.values.len().saturating_sub(VALUES_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        text += &format!(" ({}{more})", values.join(", "));
    }
    text += "?";
    if let Some(top) = &spec.top {
        let of = top.by.as_ref().map_or(String::new(), |by| format!(" of {}", name(by)));
        if let Some(measure) = &top.measure {
            let measure = for_people(&measure.to_string()).into_owned();
            text += &match top.n {
                1 => format!(" Which window has the greatest {measure}?"),
                n => format!(" Which {n} windows have the greatest {measure}?"),
            };
            return text;
        }
        text += &match top.n {
            1 => format!(" Which window has the most{of}?"),
            n => format!(" Which {n} windows have the most{of}?"),
        };
    }
    if spec.peaks.is_some() {
        text += " Which windows stand out?";
    }
    text
}

/// A value; the empty one is null.
fn name(value: &str) -> String {
    if value.is_empty() { "null".to_owned() } else { for_people(value).into_owned() }
}
