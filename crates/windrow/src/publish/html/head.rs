//! What a page says of the run: which job, when, from what, where every row went, and what is on the page.

use maud::{Markup, html};

use super::{MADE_BY, NAMED_MAX, anchor, text, value};
use crate::calendar::Zone;
use crate::publish::AnswerOrigin;
use crate::publish::picture::question;
use crate::report::summary::Summary;
use crate::report::{Precision, ReportData, TimeText};
use crate::text::escape::for_people;
use crate::text::number::{counted, grouped};

/// Files that have a bar of their own.
const FILES_MAX: usize = 12;

/// The job and the days of its events.
pub(super) fn title(summary: &Summary) -> String {
    let day = |time: &Option<String>| {
        time.as_deref().and_then(|time| time.split_once('T')).map(|(day, _)| day.to_owned())
    };
    let days = match (day(&summary.first_event), day(&summary.last_event)) {
        (Some(first), Some(last)) if first == last => first,
        (Some(first), Some(last)) => format!("{first} – {last}"),
        _ => "no events".to_owned(),
    };
    format!("{} · {days} · windrow", for_people(&summary.job))
}

/// When the events happened, and what keeps the answer from being whole.
pub(super) fn span_of(summary: &Summary) -> Markup {
    let (read, refused) = (summary.rows.read, &summary.files_refused);
    html! {
        @match (&summary.first_event, &summary.last_event) {
            (Some(first), Some(last)) => p.span { "Events from " time { (first) } " to " time { (last) } "." },
            _ if read == 0 => p.alert { "No events: the inputs have no rows." },
            _ => p.alert { "No events: none of " (counted(read, "row")) " was counted." },
        }
        @for refused in refused.iter().take(NAMED_MAX) {
            p.alert { "Refused " (text(&refused.file)) ": " (text(&refused.message)) }
        }
        @if refused.len() > NAMED_MAX {
            p.alert { "And " (counted((refused.len() - NAMED_MAX) as u64, "more refused file")) "." }
        }
    }
}

/// What the answer was made from, how to make it again, and when it was made.
pub(super) fn source(summary: &Summary, origin: &AnswerOrigin) -> Markup {
    let files = summary.files_read + summary.files_refused.len() as u64;
    html! {
        dl.source {
            dt { "Inputs" }
            dd {
                (counted(files, "file"))
                @for (at, input) in origin.inputs.iter().take(NAMED_MAX).enumerate() {
                    (if at == 0 { ": " } else { ", " }) (text(input))
                }
                @if origin.inputs.len() > NAMED_MAX { ", …" }
            }
            @if let Some(command) = &origin.command {
                dt { "Command" }
                dd { code { (text(command)) } }
            }
            dt { "Version" }
            dd { (MADE_BY) }
            @if let Some(us) = run_at_us(&summary.run) {
                dt { "Run" }
                dd { time.run datetime=(TimeText::new(&Zone::utc()).rfc3339(us)) { (TimeText::new(&Zone::utc()).short(us, Precision::Second)) " UTC" } }
            }
        }
    }
}

/// When a run began: its name is a UUID of version 7, which begins with the milliseconds since 1970.
fn run_at_us(run: &str) -> Option<i64> {
    i64::from_str_radix(run.get(..12)?, 16).ok()?.checked_mul(1_000)
}

/// Where every row went.
pub(super) fn account(summary: &Summary) -> Markup {
    let rows = &summary.rows;
    let kinds = rows.ignored_by_kind.iter().map(|(name, n)| format!("{name} {}", grouped(*n)));
    let part = |sign: &str, n: u64, name: &str, detail: String| {
        html! {
            div.term { span.sign { (sign) } div.part { strong { (grouped(n)) } span { (name) } @if !detail.is_empty() { small { (detail) } } } }
        }
    };
    let reasons = rows.rejected_by_reason.iter().map(|(name, n)| format!("{name} {}", grouped(*n)));
    html! {
        div.account {
            div.part { strong { (grouped(rows.read)) } span { "rows read" } }
            (part("=", rows.counted, "counted", String::new()))
            @if rows.filtered > 0 { (part("+", rows.filtered, "filtered", String::new())) }
            (part("+", rows.rejected, "rejected", reasons.collect::<Vec<_>>().join(", ")))
            (part("+", rows.ignored, "ignored", kinds.collect::<Vec<_>>().join(", ")))
        }
    }
}

/// The rejects by reason, the most first; nothing where there are less than two reasons.
pub(super) fn rejects(summary: &Summary) -> Markup {
    let mut reasons: Vec<_> = summary.rows.rejected_by_reason.iter().collect();
    reasons.sort_by_key(|(name, n)| (u64::MAX - **n, **name));
    let rows = reasons.iter().map(|(name, n)| (html! { code { (name) } }, **n)).collect::<Vec<_>>();
    if rows.len() < 2 {
        html! {}
    } else {
        bars("Rejects by reason", ["reason", "rejects"], &rows, None)
    }
}

/// The files by their rows, the most first; nothing where there are less than two.
pub(super) fn files(origin: &AnswerOrigin) -> Markup {
    let mut files: Vec<_> = origin.inputs.iter().zip(&origin.rows).collect();
    files.sort_by_key(|(name, rows)| (u64::MAX - **rows, *name));
    if files.len() < 2 {
        return html! {};
    }
    let others = files.split_off(files.len().min(FILES_MAX));
    let rows = files.iter().map(|(name, n)| (text(name), **n)).collect::<Vec<_>>();
    let more = others.iter().map(|(_, n)| **n).sum::<u64>();
    let more = (!others.is_empty()).then(|| (counted(others.len() as u64, "other file"), more));
    bars("Files by rows", ["file", "rows"], &rows, more)
}

/// A table of numbers, each with its bar.
fn bars(title: &str, names: [&str; 2], rows: &[(Markup, u64)], more: Option<(String, u64)>) -> Markup {
    let max = rows.iter().map(|(_, n)| *n).max().unwrap_or(0).max(1);
    html! {
        div.scroll tabindex="0" { table.bars {
            caption { (title) }
            thead { tr { th { (names[0]) } th.number { (names[1]) } td {} } }
            tbody {
                @for (name, n) in rows {
                    tr {
                        td { (name) }
                        td.number { (grouped(*n)) }
                        td.share { div style=(format!("width:{:.1}%", *n as f64 * 100.0 / max as f64)) {} }
                    }
                }
                @if let Some((name, n)) = more { tr { td { (name) } td.number { (grouped(n)) } td {} } }
            }
        } }
    }
}

/// The reports of a page that has several.
pub(super) fn contents(reports: &[ReportData]) -> Markup {
    if reports.len() < 2 {
        return html! {};
    }
    html! {
        nav aria-label="Reports" {
            h2 { "Reports" }
            ul { @for (at, report) in reports.iter().enumerate() {
                li { a href={ "#" (anchor(at)) } { (value(&report.spec().name)) } " " span.quiet { bdi { (question(report)) } } }
            } }
        }
    }
}
