//! A report in a page: the question, its pictures, and its numbers.

use maud::{Markup, html};

use super::rows::table_rows;
use super::{chart, key, text, value};
use crate::counts::KeyId;
use crate::error::Result;
use crate::job::column;
use crate::publish::picture::question;
use crate::publish::table::Table;
use crate::report::summary::{Means, ReportSummary, ValueSummary};
use crate::report::{Precision, ReportData, TimeText, TopWindow, View};
use crate::text::escape::for_people;
use crate::text::number::{counted, grouped, mean};

/// A report; its table shows `rows_max` rows.
pub(super) fn section(
    report: &ReportData,
    summary: &ReportSummary,
    id: Option<&str>,
    rows_max: usize,
) -> Result<Markup> {
    let spec = report.spec();
    Ok(html! {
        section id=[id] {
            h2 { (value(&spec.name)) }
            p.question { bdi { (question(report)) } }
            p.span {
                "Times in " (spec.zone) ". "
                (counted(summary.windows_observed, "window")) " with events of "
                (grouped(summary.windows_in_grid)) " from the first to the last; "
                (counted(summary.events, "event")) "."
            }
            @if report.windows_observed() == 0 && report.events_outside() > 0 {
                p.alert { "No event is within from and to." }
            }
            @for warning in &summary.warnings { p.warning { (text(warning)) } }
            (chart::draw(report))
            div.columns {
                (means(report, summary))
                (top(report))
            }
            (peaks(report))
            (windows(report, rows_max)?)
        }
    })
}

/// The counts of each value per window.
fn means(report: &ReportData, summary: &ReportSummary) -> Markup {
    let gaps = summary.windows_observed != summary.windows_in_grid;
    let (observed, grid) = (grouped(summary.windows_observed), grouped(summary.windows_in_grid));
    let row = |name: Markup, events: u64, means: [f64; 2], highest: Option<TopWindow>| {
        html! {
            tr {
                td { (name) }
                td.number { (grouped(events)) }
                td.number { (mean(means[0], 1)) }
                @if gaps { td.number { (mean(means[1], 1)) } }
                td.number { @if let Some(top) = highest { (grouped(top.count)) } }
                td { @if let Some(top) = highest { (start(report, &top)) } }
            }
        }
    };
    let of = |means: &Means| [means.mean_observed, means.mean_in_grid];
    let highest = |one: &ValueSummary| {
        let same = |id: &KeyId| report.keys().tuple(*id).eq(one.key.iter().map(Option::as_deref));
        let id = (0..report.keys().len() as KeyId).find(same)?;
        report.highest_of(report.per_window(id))
    };
    html! {
        div.scroll tabindex="0" { table {
            caption { "Per window" }
            thead { tr {
                th { "value" } th.number { "events" }
                th.number { "mean over " (observed) }
                @if gaps { th.number { "mean over " (grid) } }
                th.number { "highest" } th { "at" }
            } }
            tbody {
                @for one in &summary.values { (row(key(&one.key), one.events, of(&one.means), highest(one))) }
                @if let Some(other) = &summary.other {
                    (row(html! { em { "other" } }, other.events, [other.mean_observed, other.mean_in_grid], None))
                }
                (row(html! { em { "all" } }, summary.events, of(&summary.all), report.highest()))
            }
        } }
    }
}

/// When a window starts.
fn start(report: &ReportData, top: &TopWindow) -> Markup {
    let spec = report.spec();
    html! { span.time { (TimeText::new(&spec.zone).short(top.window.start_us, Precision::of(spec.finest()))) } }
}

/// The busiest windows.
fn top(report: &ReportData) -> Markup {
    let Some(top) = report.spec().top.as_ref().filter(|_| !report.top().is_empty()) else { return html! {} };
    html! {
        div.scroll tabindex="0" { table {
            caption { "Top " (report.top().len()) " by " @match (&top.measure, &top.by) {
                (Some(measure), _) => (for_people(&measure.to_string())),
                (None, None) => "all events",
                (None, Some(by)) => (key(&[Some(by.clone()).filter(|by| !by.is_empty())])),
            } }
            thead { tr { th.number { "rank" } th { "window_start" } th.number { "count" }
                @if let Some(measure) = &top.measure { th.number { (value(&column::of_measure(measure))) } }
            } }
            tbody {
                @for (rank, top) in report.top().iter().enumerate() {
                    tr {
                        td.number { (rank + 1) }
                        td { (start(report, top)) }
                        td.number { (grouped(top.count)) }
                        @if let Some(number) = top.number { td.number { (number.shown()) } }
                    }
                }
            }
        } }
    }
}

/// The windows that stand out, and why.
fn peaks(report: &ReportData) -> Markup {
    let spec = report.spec();
    if spec.peaks.is_none() {
        return html! {};
    }
    let clock = TimeText::new(&spec.zone);
    let start = |us| clock.short(us, Precision::of(spec.finest()));
    html! {
        @if report.peaks().is_empty() { p { "No window stands out." } } @else {
            div.scroll tabindex="0" { table {
                caption { "Peaks" }
                thead { tr { th { "window_start" } th.number { "score" } th { "reason" } } }
                tbody {
                    @for peak in report.peaks() {
                        tr {
                            td { span.time { (start(peak.window.start_us)) } }
                            td.number { (mean(peak.score, 1)) }
                            td.reason { bdi { (peak.reason) } }
                        }
                    }
                }
            } }
        }
    }
}

/// The windows, cut in the middle where they are many.
fn windows(report: &ReportData, rows_max: usize) -> Result<Markup> {
    let spec = report.spec();
    let table = Table::of_report(report, View::Grid, &spec.zone)?;
    let decimals = if spec.values.len() <= 2 { 1 } else { 2 };
    let rows = table_rows(table, &spec.name, rows_max, Precision::of(spec.finest()), decimals)?;
    Ok(html! { h3 { "Windows" } (rows) })
}
