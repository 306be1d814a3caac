//! Tables for people: the first and the last rows, in columns that fit the terminal, times on a clock, numbers to the right.

use arrow_schema::{DataType, Field};

use super::ruled::{Holds, Ruled, RuledColumn, Shown};
use crate::error::Result;
use crate::job::column;
use crate::measure::grouped_decimal;
use crate::publish::table::{Cell, ColumnValues, Table, is_number};
use crate::publish::{Out, Screen, failed};
use crate::report::{Precision, ReportData, TimeText, View};
use crate::text::escape::for_people;
use crate::text::number::{counted, grouped, grouped_signed, mean};

/// Lines around a table of its own: header, rule, the lines that say what is hidden, and a prompt below it all.
const FRAME_LINES: u16 = 5;
/// However low the terminal, this many rows are shown.
const ROWS_MIN: u16 = 6;
/// What times are cut down to.
const MILLISECOND_US: i64 = 1_000;
/// The column that names a file in every table that has one.
const FILE: &str = "file";

/// How values are written.
struct Look {
    /// How much of a time; none: all of it with its offset, or its seconds where the screen is narrow.
    precision: Option<Precision>,
    decimals: usize,
}

impl Look {
    fn of(report: &ReportData) -> Self {
        let spec = report.spec();
        // The mean of one or two whole numbers has at most one digit after the point.
        Look {
            precision: Some(Precision::of(spec.finest())),
            decimals: if spec.values.len() <= 2 { 1 } else { 2 },
        }
    }
}

/// Writes a table that is of no report.
pub(in crate::publish) fn write(mut table: Table<'_>, screen: &Screen, out: &mut Out<'_>) -> Result<()> {
    let most = screen.height.map(|height| height.saturating_sub(FRAME_LINES).max(ROWS_MIN));
    let text = ruled(&mut table, most, screen, &Look { precision: None, decimals: 3 })?;
    out.write_all(text.as_bytes()).map_err(failed)
}

/// The rows of `report` under `view`, at most `rows_max` of them, and lines that say what is hidden.
pub(super) fn rows(
    report: &ReportData,
    view: View,
    rows_max: Option<u16>,
    screen: &Screen,
) -> Result<String> {
    let mut table = Table::of_report(report, view, &report.spec().zone)?;
    ruled(&mut table, rows_max, screen, &Look::of(report))
}

fn ruled(table: &mut Table<'_>, rows_max: Option<u16>, screen: &Screen, look: &Look) -> Result<String> {
    let columns = table.columns(true);
    let null = |at: &usize| if table.keys.contains(table.schema.field(*at).name()) { "null" } else { "" };
    let nulls: Vec<&str> = columns.iter().map(null).collect();
    let mut shown = Ruled::new(columns.iter().map(|at| column(table.schema.field(*at))));
    let ends = table.ends(rows_max.map_or(usize::MAX, usize::from))?;
    for (zone, batch) in ends.batches() {
        let mut time = TimeText::new(zone);
        let values = ColumnValues::of(batch, &columns)?;
        for row in 0..batch.num_rows() {
            let cells = values.iter().zip(&nulls);
            shown.push(cells.map(|(values, null)| text(values.cell(row), null, &mut time, look)).collect());
        }
    }
    Ok(fitted(shown, screen).lines((ends.first(), ends.hidden), screen))
}

/// The busiest windows; nothing when none are asked for or there are none.
pub(super) fn top(report: &ReportData, screen: &Screen) -> String {
    let Some(top) = report.spec().top.as_ref().filter(|_| !report.top().is_empty()) else {
        return String::new();
    };
    let by = top.by_written();
    let by = match by.as_deref() {
        None => "all events".into(),
        Some("") => "null".into(),
        Some(by) => for_people(by),
    };
    let columns = [
        ("", Holds::Number),
        ("window_start", Holds::Time),
        ("window_end", Holds::Time),
        ("count", Holds::Number),
    ];
    let measured = top.measure.as_ref().map(column::of_measure);
    let columns = columns.into_iter().chain(measured.as_deref().map(|name| (name, Holds::Number)));
    let mut shown = Ruled::new(columns.map(|(name, holds)| RuledColumn { name: name.to_owned(), holds }));
    let (time, precision) = (TimeText::new(&report.spec().zone), Precision::of(report.spec().finest()));
    for (rank, top) in report.top().iter().enumerate() {
        let [start, end] =
            [top.window.start_us, top.window.end_us].map(|us| time.short(us, precision).into());
        let mut row = vec![Shown::from((rank + 1).to_string()), start, end, grouped(top.count).into()];
        row.extend(top.number.map(|number| number.shown().into()));
        shown.push(row);
    }
    let lines = fitted(shown, screen).lines((0, 0), screen);
    format!("top {} by {by}\n{lines}", report.top().len())
}

/// The windows that stand out, with their reasons; nothing when the job does not ask for them.
pub(super) fn peaks(report: &ReportData, screen: &Screen) -> Result<String> {
    if report.spec().peaks.is_none() {
        return Ok(String::new());
    }
    if report.peaks().is_empty() {
        return Ok("no window stands out\n".to_owned());
    }
    let peaks = Table::of_report(report, View::Peaks, &report.spec().zone)?;
    let mut peaks = peaks.showing(&["window_start", "score", "reason"]);
    let lines = ruled(&mut peaks, None, screen, &Look::of(report))?;
    Ok(format!("{}\n{lines}", counted_peaks(report)))
}

/// `3 peaks, 1 quiet gap`
fn counted_peaks(report: &ReportData) -> String {
    let quiet = report.peaks().iter().filter(|peak| peak.is_quiet).count() as u64;
    let peaks = report.peaks().len() as u64 - quiet;
    let parts = [(peaks, "peak"), (quiet, "quiet gap")].into_iter().filter(|(n, _)| *n > 0);
    parts.map(|(n, noun)| counted(n, noun)).collect::<Vec<_>>().join(", ")
}

/// All rows are shown whole, whatever the screen; else they fit it.
fn fitted(shown: Ruled, screen: &Screen) -> Ruled {
    if screen.height.is_some() { shown.fit(usize::from(screen.width)) } else { shown }
}

fn column(field: &Field) -> RuledColumn {
    let holds = match field.data_type() {
        DataType::Timestamp(..) => Holds::Time,
        DataType::Utf8 if field.name() == FILE => Holds::Path,
        DataType::Utf8 => Holds::Text,
        of if is_number(of) => Holds::Number,
        _ => Holds::Time,
    };
    RuledColumn { name: for_people(field.name()).into_owned(), holds }
}

fn text(cell: Cell<'_>, null: &str, time: &mut TimeText, look: &Look) -> Shown {
    let text = match (cell, look.precision) {
        (Cell::Null, _) => null.to_owned(),
        (Cell::Text(value), _) => for_people(value).into_owned(),
        (Cell::Whole(n), _) => grouped_signed(n),
        (Cell::Real(n), _) => mean(n, look.decimals),
        (Cell::Decimal(units), _) => grouped_decimal(units),
        (Cell::Time(us), Some(precision)) => time.short(us, precision),
        // The records of runs have microseconds, which are not needed here.
        (Cell::Time(us), None) => time.rfc3339(us.div_euclid(MILLISECOND_US) * MILLISECOND_US).to_owned(),
        (Cell::Yes(yes), _) => if yes { "yes" } else { "no" }.to_owned(),
    };
    let short = match (cell, look.precision) {
        (Cell::Time(us), None) => Some(time.short(us, Precision::Second)),
        _ => None,
    };
    Shown { text, short }
}
