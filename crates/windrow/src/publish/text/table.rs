//! Tables for a terminal: short local times, numbers to the right, long tables cut in the middle.

use comfy_table::{CellAlignment, ContentArrangement, ContentLineStyle, LineStyle, Row, Table, TableStyle};

use super::{Paint, paint};
use crate::error::Result;
use crate::publish::cut::Cut;
use crate::report::number::{grouped, mean};
use crate::report::{Cell, Precision, Report, TimeText, View};
use crate::text::escape::for_people;

/// The report's rows, at most `rows_max` of them, and a line that says how many are hidden.
pub(super) fn rows(report: &Report<'_>, rows_max: Option<u16>, colour: bool) -> Result<String> {
    let table = report.table(View::Observed)?;
    let cut = Cut::new(table.len(), rows_max.map_or(u64::MAX, u64::from));
    let mut shown = plain(table.columns().iter().map(|column| for_people(&column.name).into_owned()));
    let reader = Reader::new(report);
    cut.rows(&table, &mut |cells| {
        shown.add_row(cells.iter().map(|cell| reader.text(cell)).collect::<Vec<_>>());
    })?;
    for (at, column) in table.columns().iter().enumerate() {
        align(&mut shown, at, column.kind.is_number());
    }
    let mut text = String::new();
    for (at, line) in shown.lines().enumerate() {
        // The header and its rule come before the rows.
        if cut.hidden > 0 && at as u64 == 2 + cut.first {
            let hidden = format!("  … {} more rows: --all shows them", grouped(cut.hidden));
            text.push_str(&paint(&hidden, Paint::Dim, colour));
            text.push('\n');
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    Ok(text)
}

/// The busiest windows; nothing when none are asked for or there are none.
pub(super) fn top(report: &Report<'_>) -> String {
    let Some(top) = report.spec().top.as_ref().filter(|_| !report.top().is_empty()) else {
        return String::new();
    };
    let by = match top.by.as_deref() {
        None => "all events".into(),
        Some("") => "null".into(),
        Some(by) => for_people(by),
    };
    let reader = Reader::new(report);
    let mut shown = plain(["", "window_start", "window_end", "count"].map(str::to_owned));
    for (rank, top) in report.top().iter().enumerate() {
        let times = [top.window.start_us, top.window.end_us].map(|us| reader.text(&Cell::Time(us)));
        let [start, end] = times;
        shown.add_row(vec![(rank + 1).to_string(), start, end, grouped(top.count)]);
    }
    align(&mut shown, 0, true);
    align(&mut shown, 3, true);
    let lines: Vec<String> = shown.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    format!("top {} by {by}\n{}", report.top().len(), lines.concat())
}

/// Turns cells into text for people.
struct Reader {
    time: TimeText,
    precision: Precision,
    decimals: usize,
}

impl Reader {
    fn new(report: &Report<'_>) -> Self {
        let spec = report.spec();
        Reader {
            time: TimeText::new(&spec.zone),
            precision: Precision::of(spec.every),
            // The mean of one or two whole numbers has at most one digit after the point.
            decimals: if spec.values.len() <= 2 { 1 } else { 2 },
        }
    }

    fn text(&self, cell: &Cell<'_>) -> String {
        match *cell {
            Cell::Time(us) => self.time.short(us, self.precision),
            Cell::Text(value) => {
                value.map_or_else(|| "null".to_owned(), |value| for_people(value).into_owned())
            }
            Cell::Count(n) => n.map(grouped).unwrap_or_default(),
            Cell::Mean(value) => value.map(|value| mean(value, self.decimals)).unwrap_or_default(),
        }
    }
}

/// An empty table: no frame, a rule below the header, a row per line.
pub(in crate::publish) fn plain(header: impl IntoIterator<Item = String>) -> Table {
    let style = TableStyle::new()
        .header_lines(ContentLineStyle::none())
        .header_separator(LineStyle::none().fill('─').junction('─'))
        .content_lines(ContentLineStyle::none());
    let mut table = Table::new();
    table.load_style(style).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(Row::from(header.into_iter().collect::<Vec<_>>()));
    table
}

pub(in crate::publish) fn align(table: &mut Table, column: usize, right: bool) {
    if let Some(column) = table.column_mut(column) {
        column.set_cell_alignment(if right { CellAlignment::Right } else { CellAlignment::Left });
        column.set_padding((0, 2));
    }
}
