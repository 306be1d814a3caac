//! HTML: one page that needs no other file and no script, light or dark as the reader's system is.

mod chart;

use arrow_schema::DataType;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::table::{Cell, Table, Values, is_number};
use super::{Origin, Out, failed};
use crate::error::Result;
use crate::report::summary::{Means, ReportSummary, Summary};
use crate::report::{Precision, ReportData, TimeText, View};
use crate::text::escape::{for_people, visible};
use crate::text::number::{counted, grouped, mean};

const STYLE: &str = include_str!("style.css");
const MADE_BY: &str = concat!("windrow ", env!("CARGO_PKG_VERSION"));

/// More rows than this are cut in the middle: a browser has to lay out what a page holds.
const ROWS_MAX: usize = 2_000;

/// Refused files and inputs that a page names.
const NAMED_MAX: usize = 20;

/// Writes the page.
pub(super) fn write(
    reports: &[ReportData],
    summary: &Summary,
    origin: &Origin,
    out: &mut Out<'_>,
) -> Result<()> {
    let sections = reports.iter().zip(&summary.reports);
    let sections = sections.map(|(report, summary)| section(report, summary)).collect::<Result<Vec<_>>>()?;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(MADE_BY);
                title { (title(summary)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { (value(&summary.job)) }
                    (span_of(summary))
                    (source(summary, origin))
                }
                (account(summary))
                @for section in sections { (section) }
                footer { "Made by " (MADE_BY) "." }
            }
        }
    };
    out.write_all(page.into_string().as_bytes()).map_err(failed)
}

/// The job and the days of its events.
fn title(summary: &Summary) -> String {
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
fn span_of(summary: &Summary) -> Markup {
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

/// What the answer was made from, and how to make it again.
fn source(summary: &Summary, origin: &Origin) -> Markup {
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
        }
    }
}

/// Where every row went.
fn account(summary: &Summary) -> Markup {
    let rows = &summary.rows;
    let reasons = rows.rejected_by_reason.iter().map(|(name, n)| format!("{name} {}", grouped(*n)));
    let kinds = rows.ignored_by_kind.iter().map(|(name, n)| format!("{name} {}", grouped(*n)));
    let part = |sign: &str, n: u64, name: &str, detail: String| {
        html! {
            div.term { span.sign { (sign) } div.part { strong { (grouped(n)) } span { (name) } @if !detail.is_empty() { small { (detail) } } } }
        }
    };
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

fn section(report: &ReportData, summary: &ReportSummary) -> Result<Markup> {
    let spec = report.spec();
    Ok(html! {
        section {
            h2 { (value(&spec.name)) }
            p.span {
                "Windows every " (spec.every)
                @if spec.size != spec.every { ", each " (spec.size) " long" }
                ", times in " (spec.zone) ". "
                (counted(summary.windows_observed, "window")) " with events of "
                (grouped(summary.windows_in_grid)) " from the first to the last."
            }
            @if report.windows_observed() == 0 && report.events_outside() > 0 {
                p.alert { "No event is within from and to." }
            }
            @for warning in &summary.warnings { p.warning { (text(warning)) } }
            (chart::draw(report))
            div.columns {
                (means(summary))
                (top(report))
            }
            (windows(report)?)
        }
    })
}

/// The counts of each value per window.
fn means(summary: &ReportSummary) -> Markup {
    let gaps = summary.windows_observed != summary.windows_in_grid;
    let (observed, grid) = (grouped(summary.windows_observed), grouped(summary.windows_in_grid));
    let row = |name: Markup, events: u64, means: [f64; 2], max: Option<u64>| {
        html! {
            tr {
                td { (name) }
                td.number { (grouped(events)) }
                td.number { (mean(means[0], 1)) }
                @if gaps { td.number { (mean(means[1], 1)) } }
                td.number { @if let Some(max) = max { (grouped(max)) } }
            }
        }
    };
    let named = |name, events, means: &Means| {
        row(name, events, [means.mean_observed, means.mean_in_grid], Some(means.max))
    };
    html! {
        div.scroll { table {
            caption { "Per window" }
            thead { tr {
                th { "value" } th.number { "events" }
                th.number { "mean over " (observed) }
                @if gaps { th.number { "mean over " (grid) } }
                th.number { "highest" }
            } }
            tbody {
                @for value in &summary.values { (named(key(&value.key), value.events, &value.means)) }
                @if let Some(other) = &summary.other {
                    (row(html! { em { "other" } }, other.events, [other.mean_observed, other.mean_in_grid], None))
                }
                (named(html! { em { "all" } }, summary.events, &summary.all))
            }
        } }
    }
}

/// The busiest windows.
fn top(report: &ReportData) -> Markup {
    let Some(top) = report.spec().top.as_ref().filter(|_| !report.top().is_empty()) else { return html! {} };
    let clock = TimeText::new(&report.spec().zone);
    let precision = Precision::of(report.spec().finest());
    html! {
        div.scroll { table {
            caption { "Top " (report.top().len()) " by " @match &top.by {
                None => "all events",
                Some(by) => (key(&[Some(by.clone()).filter(|by| !by.is_empty())])),
            } }
            thead { tr { th.number { "" } th { "window_start" } th.number { "count" } } }
            tbody {
                @for (rank, top) in report.top().iter().enumerate() {
                    tr {
                        td.number { (rank + 1) }
                        td.time { (clock.short(top.window.start_us, precision)) }
                        td.number { (grouped(top.count)) }
                    }
                }
            }
        } }
    }
}

/// The windows, cut in the middle where they are many.
fn windows(report: &ReportData) -> Result<Markup> {
    let spec = report.spec();
    let mut table = Table::of_report(report, View::Grid, &spec.zone)?;
    let fields = table.schema.fields().clone();
    let precision = Precision::of(spec.finest());
    let decimals = if spec.values.len() <= 2 { 1 } else { 2 };
    let shown = |of: &DataType, cell: Cell<'_>, clock: &TimeText| match cell {
        Cell::Time(us) => html! { td.time { (clock.short(us, precision)) } },
        Cell::Whole(n) => html! { td.number { (grouped(n.unsigned_abs())) } },
        Cell::Real(value) => html! { td.number { (mean(value, decimals)) } },
        Cell::Null if is_number(of) => html! { td.number {} },
        Cell::Text(text) => html! { td { (key(&[Some(text.to_owned())])) } },
        Cell::Null | Cell::Yes(_) => html! { td { (key(&[None])) } },
    };
    let columns: Vec<usize> = (0..fields.len()).collect();
    let ends = table.ends(ROWS_MAX)?;
    let mut rows = Vec::new();
    for (zone, batch) in ends.batches() {
        let clock = TimeText::new(zone);
        let values = Values::of(batch, &columns)?;
        for row in 0..batch.num_rows() {
            let cells = fields.iter().zip(&values);
            let cells = cells.map(|(field, values)| shown(field.data_type(), values.cell(row), &clock));
            rows.push(html! { tr { @for cell in cells { (cell) } } });
        }
    }
    if ends.hidden > 0 {
        let note = html! {
            tr.hidden { td colspan=(fields.len()) {
                "… " (grouped(ends.hidden)) " more rows: write csv or parquet for all of them"
            } }
        };
        rows.insert(ends.first(), note);
    }
    Ok(html! {
        h3 { "Windows" }
        div.scroll.windows tabindex="0" { table {
            thead { tr { @for field in fields.iter() {
                th.number[is_number(field.data_type())] { (value(field.name())) }
            } } }
            tbody { @for row in rows { (row) } }
        } }
    })
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
