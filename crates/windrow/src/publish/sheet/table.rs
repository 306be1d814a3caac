//! Sheets for people: the first and the last rows, in columns that fit the terminal.

use std::collections::VecDeque;

use arrow_schema::DataType;

use super::cell::{Cell, is_number};
use super::{Out, Sheet};
use crate::error::Result;
use crate::publish::Screen;
use crate::publish::failed;
use crate::publish::text::{Paint, align, paint, plain};
use crate::report::TimeText;
use crate::report::number::{counted, grouped, mean};
use crate::text::escape::for_people;

/// Lines around a table: header, rule, the line that says what is hidden, and a prompt below it all.
const FRAME_LINES: u16 = 4;
/// However low the terminal, this many rows are shown.
const ROWS_MIN: u16 = 6;
/// However narrow the terminal, a text keeps this many characters.
const CHARS_MIN: usize = 12;
/// What times are cut down to.
const MILLISECOND_US: i64 = 1_000;
/// Characters after each column.
const GAP: usize = 3;

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
    let mut header: Vec<String> = columns.iter().map(|at| sheet.schema.field(*at).name().clone()).collect();
    let numbers: Vec<bool> =
        columns.iter().map(|at| is_number(sheet.schema.field(*at).data_type())).collect();
    let Ends { mut first, last, hidden, .. } = rows;
    let cut_at = first.len();
    first.extend(last);
    if screen.height.is_some() {
        let texts = columns
            .iter()
            .map(|at| *sheet.schema.field(*at).data_type() == DataType::Utf8)
            .collect::<Vec<_>>();
        fit(&mut header, &texts, &mut first, usize::from(screen.width));
    }
    let left_out = columns.len() - header.len();
    let mut shown = plain(header);
    first.into_iter().for_each(|row| {
        shown.add_row(row);
    });
    numbers
        .iter()
        .take(columns.len() - left_out)
        .enumerate()
        .for_each(|(at, is_number)| align(&mut shown, at, *is_number));
    let mut text = String::new();
    for (at, line) in shown.lines().enumerate() {
        // The header and its rule come before the rows.
        if hidden > 0 && at == 2 + cut_at {
            let hidden = format!("  … {} more rows: --all shows them", grouped(hidden));
            text.push_str(&paint(&hidden, Paint::Dim, screen.colour));
            text.push('\n');
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    if left_out > 0 {
        let left_out = format!("  … {}: --all shows them", counted(left_out as u64, "more column"));
        text.push_str(&paint(&left_out, Paint::Dim, screen.colour));
        text.push('\n');
    }
    out.write_all(text.as_bytes()).map_err(failed)
}

fn text(cell: Cell<'_>, null: &str, time: &mut TimeText) -> String {
    match cell {
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
    }
}

/// The first and the last of many rows.
struct Ends {
    first: Vec<Vec<String>>,
    last: VecDeque<Vec<String>>,
    hidden: u64,
    most: [usize; 2],
}

impl Ends {
    fn new(most: usize) -> Self {
        Ends { first: Vec::new(), last: VecDeque::new(), hidden: 0, most: [most.div_ceil(2), most / 2] }
    }

    fn push(&mut self, row: Vec<String>) {
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

/// Cuts the longest texts until the lines fit `width`; where that is not enough, leaves out the last columns. Numbers and
/// times are never cut.
fn fit(header: &mut Vec<String>, texts: &[bool], rows: &mut [Vec<String>], width: usize) {
    let widest = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or_default();
    let mut widths: Vec<usize> =
        header.iter().enumerate().map(|(at, name)| widest(at).max(name.chars().count())).collect();
    loop {
        let total = widths.iter().sum::<usize>() + GAP * widths.len();
        let least = |at: usize| header[at].chars().count().max(CHARS_MIN);
        let longest = (0..widths.len())
            .filter(|at| texts[*at] && widths[*at] > least(*at))
            .max_by_key(|at| widths[*at]);
        match longest {
            Some(at) if total > width => widths[at] -= 1,
            _ => break,
        }
    }
    while widths.len() > 1 && widths.iter().sum::<usize>() + GAP * widths.len() > width + GAP {
        widths.pop();
    }
    header.truncate(widths.len());
    for row in rows {
        row.truncate(widths.len());
        for (cell, width) in row.iter_mut().zip(&widths) {
            if cell.chars().count() > *width {
                *cell = cell.chars().take(width - 1).chain(['…']).collect();
            }
        }
    }
}
