//! Text for a terminal: each report as a table, a chart of its events over time, and its busiest windows.

mod chart;
mod table;

pub(super) use table::{align, plain};

use super::{Out, Screen, failed};
use crate::error::Result;
use crate::report::Report;
use crate::report::number::{counted, grouped};
use crate::text::escape;

/// Lines a chart takes, its axis and the blank line above included.
const CHART_LINES: u16 = chart::HEIGHT + 3;
/// Lines around a table: title, header, rule, the line that says what is hidden, and a prompt below it all.
const FRAME_LINES: u16 = 6;
/// However low the terminal, this many rows are shown.
const ROWS_MIN: u16 = 6;

/// Writes the reports one below the other.
pub(super) fn write(reports: &[Report<'_>], screen: &Screen, out: &mut Out<'_>) -> Result<()> {
    let mut text = String::new();
    for (at, report) in reports.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        write_report(report, screen, &mut text)?;
    }
    out.write_all(text.as_bytes()).map_err(failed)
}

fn write_report(report: &Report<'_>, screen: &Screen, text: &mut String) -> Result<()> {
    let top = table::top(report);
    let taken = FRAME_LINES + CHART_LINES + top.lines().count() as u16;
    let rows_max = screen.height.map(|height| height.saturating_sub(taken).max(ROWS_MIN));
    text.push_str(&paint(&title(report), Paint::Bold, screen.colour));
    text.push('\n');
    if report.windows_observed() == 0 {
        text.push_str("no events\n");
        return Ok(());
    }
    text.push_str(&table::rows(report, rows_max, screen.colour)?);
    if let Some(chart) = chart::draw(report, screen) {
        text.push('\n');
        text.push_str(&chart);
    }
    if !top.is_empty() {
        text.push('\n');
        text.push_str(&top);
    }
    Ok(())
}

/// The report's name, its windows, and how many of them hold events.
fn title(report: &Report<'_>) -> String {
    let spec = report.spec();
    let length = if spec.size == spec.every { String::new() } else { format!(" of {}", spec.size) };
    let (observed, grid) = (report.windows_observed(), report.windows_in_grid());
    let of_grid = if observed == grid { String::new() } else { format!(" of {}", grouped(grid)) };
    format!(
        "{} · every {}{length} · {} · {}{of_grid} · {}",
        escape::for_people(&spec.name),
        spec.every,
        spec.zone,
        counted(observed, "window"),
        counted(report.events_total(), "event"),
    )
}

/// How text is set apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    Bold,
    Dim,
}

pub(super) fn paint(text: &str, paint: Paint, colour: bool) -> String {
    match (colour, paint) {
        (false, _) => text.to_owned(),
        (true, Paint::Bold) => format!("\x1b[1m{text}\x1b[0m"),
        (true, Paint::Dim) => format!("\x1b[2m{text}\x1b[0m"),
    }
}
