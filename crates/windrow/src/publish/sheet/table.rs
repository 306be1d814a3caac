//! Sheets for people: the first and the last rows, in columns that fit the terminal.

use std::collections::VecDeque;

use arrow_schema::{DataType, Field};

use super::cell::{Cell, is_number};
use super::{Out, Sheet};
use crate::error::Result;
use crate::publish::Screen;
use crate::publish::failed;
use crate::publish::text::{Column, Holds, Ruled, Shown};
use crate::report::{Precision, TimeText};
use crate::text::escape::for_people;
use crate::text::number::{grouped, mean};

/// Lines around a table: header, rule, the lines that say what is hidden, and a prompt below it all.
const FRAME_LINES: u16 = 5;
/// However low the terminal, this many rows are shown.
const ROWS_MIN: u16 = 6;
/// What times are cut down to.
const MILLISECOND_US: i64 = 1_000;
/// The column that names a file in every sheet that has one.
const FILE: &str = "file";

pub(super) fn write(sheet: &mut Sheet<'_>, screen: &Screen, out: &mut Out<'_>) -> Result<()> {
    let columns = sheet.columns(true);
    let most =
        screen.height.map_or(usize::MAX, |height| height.saturating_sub(FRAME_LINES).max(ROWS_MIN).into());
    let null = |at: &usize| if sheet.keys.contains(sheet.schema.field(*at).name()) { "null" } else { "" };
    let nulls: Vec<&str> = columns.iter().map(null).collect();
    let mut rows = Ends::new(most);
    (sheet.rows)(&mut |zone, batch| {
        let mut time = TimeText::new(zone);
        for row in 0..batch.num_rows() {
            let cells = columns
                .iter()
                .zip(&nulls)
                .map(|(column, null)| Ok(text(Cell::of(batch, *column, row)?, null, &mut time)));
            rows.push(cells.collect::<Result<_>>()?);
        }
        Ok(())
    })?;
    let mut shown = Ruled::new(columns.iter().map(|at| column(sheet.schema.field(*at))));
    let cut = (rows.first.len(), rows.hidden);
    rows.first.into_iter().chain(rows.last).for_each(|row| shown.push(row));
    let width = usize::from(screen.width);
    let shown = if screen.height.is_some() { shown.fit(width) } else { shown };
    out.write_all(shown.lines(cut, width, screen.colour).as_bytes()).map_err(failed)
}

fn column(field: &Field) -> Column {
    let holds = match field.data_type() {
        DataType::Timestamp(..) => Holds::Time,
        DataType::Utf8 if field.name() == FILE => Holds::Path,
        DataType::Utf8 => Holds::Text,
        of if is_number(of) => Holds::Number,
        _ => Holds::Time,
    };
    Column { name: for_people(field.name()).into_owned(), holds }
}

fn text(cell: Cell<'_>, null: &str, time: &mut TimeText) -> Shown {
    let text = match cell {
        Cell::Null => null.to_owned(),
        Cell::Text(value) => for_people(value).into_owned(),
        Cell::Whole(n) => match u64::try_from(n) {
            Ok(n) => grouped(n),
            Err(_) => n.to_string(),
        },
        Cell::Real(n) => mean(n, 3),
        // The records of runs have microseconds, which nobody reads.
        Cell::Time(us) => time.rfc3339(us.div_euclid(MILLISECOND_US) * MILLISECOND_US).to_owned(),
        Cell::Yes(yes) => if yes { "yes" } else { "no" }.to_owned(),
    };
    let short = match cell {
        Cell::Time(us) => Some(time.short(us, Precision::Second)),
        _ => None,
    };
    Shown { text, short }
}

/// The first and the last of many rows.
struct Ends {
    first: Vec<Vec<Shown>>,
    last: VecDeque<Vec<Shown>>,
    hidden: u64,
    most: [usize; 2],
}

impl Ends {
    fn new(most: usize) -> Self {
        Ends { first: Vec::new(), last: VecDeque::new(), hidden: 0, most: [most.div_ceil(2), most / 2] }
    }

    fn push(&mut self, row: Vec<Shown>) {
        if self.first.len() < self.most[0] {
            return self.first.push(row);
        }
        self.last.push_back(row);
        if self.last.len() > self.most[1] {
            self.last.pop_front();
            self.hidden += 1;
        }
    }
}
