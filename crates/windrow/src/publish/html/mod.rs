//! HTML: one page that needs no other file, light or dark as the reader's system is. A small script of its own sorts and saves tables and
//! moves through pictures by keys; without it the page says all the same.

mod chart;
mod fragment;
mod head;
mod report;
mod rows;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{AnswerOrigin, Out, failed};
use crate::error::Result;
use crate::report::ReportData;
use crate::report::summary::Summary;
use crate::text::escape::{for_people, visible};

pub use fragment::{fragment_of, outcome_fragment, report_fragment, summary_fragment, table_fragment};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// What a browser may do with the page: show it, and run the script with this hash.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; \
    script-src 'sha256-jFnr0AO/SFfWxGmSqkfqfkw0wM/0eXYbqw8M4OtspWM='; base-uri 'none'; form-action 'none'";
const MADE_BY: &str = concat!("windrow ", env!("CARGO_PKG_VERSION"));

/// More rows than this are cut in the middle: a browser has to lay out what a page holds.
const ROWS_MAX: usize = 2_000;

/// Refused files and inputs that a page names.
const NAMED_MAX: usize = 20;

/// Writes the page.
pub(super) fn write(
    reports: &[ReportData],
    summary: &Summary,
    origin: &AnswerOrigin,
    out: &mut Out<'_>,
) -> Result<()> {
    let sections = reports.iter().zip(&summary.reports).enumerate();
    let sections = sections
        .map(|(at, (report, of))| report::section(report, of, Some(&anchor(at)), ROWS_MAX))
        .collect::<Result<Vec<_>>>()?;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(MADE_BY);
                title { (head::title(summary)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (value(&summary.job)) }
                    (head::span_of(summary))
                    (head::source(summary, origin))
                }
                main {
                    (head::account(summary))
                    (head::rejects(summary))
                    (head::files(origin))
                    (head::contents(reports))
                    @for section in sections { (section) }
                }
                footer { "Made by " (MADE_BY) ". This page holds all that it shows, and asks nothing of a network." }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    out.write_all(page.into_string().as_bytes()).map_err(failed)
}

/// The name of a report's place in the page.
fn anchor(report: usize) -> String {
    format!("report-{}", report + 1)
}

/// A text from outside: what is hidden is written out, and its direction stays its own.
fn text(text: &str) -> Markup {
    html! { bdi { (visible(text)) } }
}

/// A value from outside, cut where it is long.
fn value(value: &str) -> Markup {
    html! { bdi { (for_people(value)) } }
}

/// The values of a key; null is set apart.
fn key(values: &[Option<String>]) -> Markup {
    html! {
        @for (at, text) in values.iter().enumerate() {
            @if at > 0 { " / " }
            @match text { Some(text) => (value(text)), None => em { "null" } }
        }
    }
}

#[cfg(test)]
mod tests;
