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
    if !spec.measures.is_empty() {
        text += &format!(", with {}", shown(&spec.measures).join(" and "));
    }
    text += "?";
    if let Some(period) = spec.moving.cumulative {
        text += &format!(" How do they add up per {}?", period.words());
    }
    if !spec.moving.previous.is_empty() {
        text += &format!(" How do they compare with {} before?", shown(&spec.moving.previous).join(" and "));
    }
    if let Some(top) = &spec.top {
        let most = match (&top.measure, &top.by) {
            (Some(measure), _) => format!("the greatest {}", for_people(&measure.to_string())),
            (None, Some(by)) => format!("the most of {}", name(by)),
            (None, None) => "the most".to_owned(),
        };
        text += &match top.n {
            1 => format!(" Which window has {most}?"),
            n => format!(" Which {n} windows have {most}?"),
        };
    }
    if spec.peaks.is_some() {
        text += " Which windows stand out?";
    }
    text
}

/// What is asked for, as it was written.
fn shown(what: &[impl ToString]) -> Vec<String> {
    what.iter().map(|one| for_people(&one.to_string()).into_owned()).collect()
}

/// A value; the empty one is null.
fn name(value: &str) -> String {
    if value.is_empty() { "null".to_owned() } else { for_people(value).into_owned() }
}
