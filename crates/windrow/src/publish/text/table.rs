//! Tables of a report: short local times, numbers to the right, long tables cut in the middle.

use super::ruled::{Column, Holds, Ruled, Shown};
use crate::error::Result;
use crate::publish::Screen;
use crate::publish::cut::Cut;
use crate::report::{self, Cell, ColumnKind, Precision, ReportData, TimeText, View};
use crate::text::escape::for_people;
use crate::text::number::{grouped, mean};

/// The report's rows, at most `rows_max` of them, and lines that say what is hidden.
pub(super) fn rows(report: &ReportData, rows_max: Option<u16>, screen: &Screen) -> Result<String> {
    let table = report.table(View::Observed)?;
    let cut = Cut::new(table.len(), rows_max.map_or(u64::MAX, u64::from));
    let mut shown = Ruled::new(table.columns().iter().map(column));
    let reader = Reader::new(report);
    cut.rows(&table, &mut |cells| shown.push(cells.iter().map(|cell| reader.text(cell).into()).collect()))?;
    let place = usize::try_from(cut.first).unwrap_or(usize::MAX);
    Ok(fitted(shown, screen).lines((place, cut.hidden), usize::from(screen.width), screen.colour))
}

/// The busiest windows; nothing when none are asked for or there are none.
pub(super) fn top(report: &ReportData, screen: &Screen) -> String {
    let Some(top) = report.spec().top.as_ref().filter(|_| !report.top().is_empty()) else {
        return String::new();
    };
    let by = match top.by.as_deref() {
        None => "all events".into(),
        Some("") => "null".into(),
        Some(by) => for_people(by),
    };
    let reader = Reader::new(report);
    let columns = [
        ("", Holds::Number),
        ("window_start", Holds::Time),
        ("window_end", Holds::Time),
        ("count", Holds::Number),
    ];
    let mut shown = Ruled::new(columns.map(|(name, holds)| Column { name: name.to_owned(), holds }));
    for (rank, top) in report.top().iter().enumerate() {
        let [start, end] =
            [top.window.start_us, top.window.end_us].map(|us| reader.text(&Cell::Time(us)).into());
        shown.push(vec![Shown::from((rank + 1).to_string()), start, end, grouped(top.count).into()]);
    }
    let lines = fitted(shown, screen).lines((0, 0), usize::from(screen.width), screen.colour);
    format!("top {} by {by}\n{lines}", report.top().len())
}

/// All rows are shown whole, whatever the screen; else they fit it.
fn fitted(shown: Ruled, screen: &Screen) -> Ruled {
    if screen.height.is_some() { shown.fit(usize::from(screen.width)) } else { shown }
}

fn column(column: &report::Column) -> Column {
    let holds = match column.kind {
        ColumnKind::Time => Holds::Time,
        ColumnKind::Text => Holds::Text,
        ColumnKind::Count | ColumnKind::Mean => Holds::Number,
    };
    Column { name: for_people(&column.name).into_owned(), holds }
}

/// Turns cells into text for people.
struct Reader {
    time: TimeText,
    precision: Precision,
    decimals: usize,
}

impl Reader {
    fn new(report: &ReportData) -> Self {
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
