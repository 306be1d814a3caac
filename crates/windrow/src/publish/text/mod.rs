//! Text for a terminal: each report as a table, a chart of its events over time, and its busiest windows.

mod chart;
mod ruled;
mod table;

pub(super) use table::write as write_table;

use super::{Out, Screen, failed};
use crate::error::Result;
use crate::report::{ReportData, View};
use crate::text::escape;
use crate::text::number::{counted, grouped};

/// Lines around a table: title, header, rule, the lines that say what is hidden, and a prompt below it all.
const FRAME_LINES: u16 = 7;
/// However low the terminal, this many rows are shown.
const ROWS_MIN: u16 = 6;

/// Writes the reports one below the other.
pub(super) fn write(reports: &[ReportData], screen: &Screen, out: &mut Out<'_>) -> Result<()> {
    let mut text = String::new();
    for (at, report) in reports.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        write_report(report, screen, &mut text)?;
    }
    out.write_all(text.as_bytes()).map_err(failed)
}

/// Writes the rows of the reports under `view` one below the other.
pub(super) fn write_rows(
    reports: &[ReportData],
    view: View,
    screen: &Screen,
    out: &mut Out<'_>,
) -> Result<()> {
    let rows_max = screen.height.map(|height| height.saturating_sub(FRAME_LINES).max(ROWS_MIN));
    let mut text = String::new();
    for (at, report) in reports.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        if reports.len() > 1 {
            text.push_str(&paint(&title(report), Paint::Bold, screen.colour));
            text.push('\n');
        }
        text.push_str(&table::rows(report, view, rows_max, screen)?);
    }
    out.write_all(text.as_bytes()).map_err(failed)
}

fn write_report(report: &ReportData, screen: &Screen, text: &mut String) -> Result<()> {
    text.push_str(&paint(&title(report), Paint::Bold, screen.colour));
    text.push('\n');
    if report.windows_observed() == 0 {
        text.push_str("no events\n");
        return Ok(());
    }
    let chart = chart::draw(report, screen).unwrap_or_default();
    let below: Vec<String> = [chart, table::top(report, screen), table::peaks(report, screen)?]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    let lines = below.iter().map(|part| part.lines().count() + 1).sum::<usize>();
    let taken = FRAME_LINES.saturating_add(u16::try_from(lines).unwrap_or(u16::MAX));
    let rows_max = screen.height.map(|height| height.saturating_sub(taken).max(ROWS_MIN));
    text.push_str(&table::rows(report, View::Observed, rows_max, screen)?);
    for part in below {
        text.push('\n');
        text.push_str(&part);
    }
    Ok(())
}

/// The report's name, its windows, and how many of them hold events.
fn title(report: &ReportData) -> String {
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
enum Paint {
    Bold,
    Dim,
    Axis,
    /// Bars of the series of this number.
    Bars(usize),
    /// The same of a bar that is partly outside.
    Faint(usize),
}

/// The colours of series.
const COLOURS: [&str; 6] = ["36", "34", "33", "32", "35", "31"];

fn paint(text: &str, paint: Paint, colour: bool) -> String {
    let code = match paint {
        Paint::Bold => "1".to_owned(),
        Paint::Dim => "2".to_owned(),
        Paint::Axis => "90".to_owned(),
        Paint::Bars(series) => COLOURS[series % COLOURS.len()].to_owned(),
        Paint::Faint(series) => format!("2;{}", COLOURS[series % COLOURS.len()]),
    };
    if colour && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests;
