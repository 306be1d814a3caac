//! Fragments: parts of a page for a notebook, which bring their style along and keep it to themselves. Colours follow those of the
//! text around them, so that they fit a light and a dark theme. They need no script.

use maud::{Markup, PreEscaped, html};

use super::super::table::Table;
use super::STYLE;
use super::head::{account, span_of};
use super::report::section;
use super::rows::table_rows;
use crate::error::Result;
use crate::report::summary::Summary;
use crate::report::{Precision, ReportData};

const OWN_STYLE: &str = include_str!("fragment.css");

/// Rows that a fragment shows of a table.
const ROWS_MAX: usize = 20;

/// The whole outcome of a run: the account of its rows, and each report.
///
/// # Errors
/// As [`ReportData::batches`].
pub fn outcome_fragment(reports: &[ReportData], summary: &Summary) -> Result<String> {
    let sections = reports.iter().zip(&summary.reports);
    let sections =
        sections.map(|(report, of)| section(report, of, None, ROWS_MAX)).collect::<Result<Vec<_>>>()?;
    Ok(fragment(html! {
        (span_of(summary))
        (account(summary))
        @for section in sections { (section) }
    }))
}

/// One report of a run.
///
/// # Errors
/// As [`ReportData::batches`].
pub fn report_fragment(report: &ReportData, summary: &Summary) -> Result<String> {
    let of = summary.reports.iter().find(|of| of.report == report.spec().name);
    let section = of.map(|of| section(report, of, None, ROWS_MAX)).transpose()?;
    Ok(fragment(html! { (section.unwrap_or_default()) }))
}

/// Where the rows of a run went.
pub fn summary_fragment(summary: &Summary) -> String {
    fragment(html! { (span_of(summary)) (account(summary)) })
}

/// A table, cut in the middle where it is long.
///
/// # Errors
/// What its rows come to.
pub fn table_fragment(table: Table<'_>) -> Result<String> {
    table_rows(table, "", ROWS_MAX, Precision::Second, 2).map(fragment)
}

/// Markup of a caller's own in the style of the fragments. What is in it from outside is escaped already.
pub fn fragment_of(markup: String) -> String {
    fragment(PreEscaped(markup))
}

fn fragment(content: Markup) -> String {
    let page = STYLE.replace(":root {", "& {").replace("body {", "& {");
    // Three times: a notebook's own style for tables names two classes.
    let style = format!(".windrow.windrow.windrow {{\n{page}{OWN_STYLE}}}\n");
    html! { div.windrow { style { (PreEscaped(style)) } (content) } }.into_string()
}
