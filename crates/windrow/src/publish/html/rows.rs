//! The rows of a table in a page. People are shown short times, numbers with commas and means that are rounded; the exact values are
//! beside them, and are what is sorted by and saved.

use arrow_schema::{Field, FieldRef};
use maud::{Markup, PreEscaped, html};

use super::{key, value};
use crate::error::Result;
use crate::measure::grouped_decimal;
use crate::publish::csv::push_plain;
use crate::publish::table::{Cell, ColumnValues, Table, is_number};
use crate::report::{Precision, TimeText};
use crate::text::escape::{for_people, visible};
use crate::text::number::{grouped, grouped_signed, mean};

/// The rows of the table `name`, cut in the middle where they are more than `rows_max`.
pub(super) fn table_rows(
    mut table: Table<'_>,
    name: &str,
    rows_max: usize,
    precision: Precision,
    decimals: usize,
) -> Result<Markup> {
    let (columns, keys) = (table.columns(true), table.keys.clone());
    let fields: Vec<FieldRef> = columns.iter().map(|at| table.schema.fields()[*at].clone()).collect();
    let ends = table.ends(rows_max)?;
    let mut rows = Vec::new();
    for (zone, batch) in ends.batches() {
        let mut clock = TimeText::new(zone);
        let values = ColumnValues::of(batch, &columns)?;
        for row in 0..batch.num_rows() {
            let cells = fields.iter().zip(&values);
            let is_key = |field: &Field| keys.contains(field.name());
            let cells = cells.map(|(field, values)| {
                cell(values.cell(row), field, is_key(field), (&mut clock, precision, decimals))
            });
            rows.push(html! { tr { @for cell in cells { (cell) } } });
        }
    }
    let shown = rows.len();
    if ends.hidden > 0 {
        let note = html! {
            tr.hidden { td colspan=(fields.len()) {
                "… " (grouped(ends.hidden)) " more rows: write csv or parquet for all of them"
            } }
        };
        rows.insert(ends.first(), note);
    }
    Ok(html! {
        div.scroll.windows tabindex="0" role="region" aria-label=(if name.is_empty() { "Rows".to_owned() } else { format!("Rows of {}", for_people(name)) }) {
            table.rows data-name=(for_people(name)) data-rows=[(ends.hidden > 0).then(|| grouped(shown as u64))] {
                thead { tr { @for field in &fields {
                    th.number[is_number(field.data_type())] scope="col" data-v=[exact(field.name())] { (value(field.name())) }
                } } }
                tbody { @for row in rows { (row) } }
            }
        }
    })
}

/// How times and numbers are shown.
type ValueStyle<'c> = (&'c mut TimeText, Precision, usize);

fn cell(cell: Cell<'_>, of: &Field, is_key: bool, (clock, precision, decimals): ValueStyle<'_>) -> Markup {
    match cell {
        Cell::Time(us) => {
            let short = clock.short(us, precision);
            html! { td.time { time datetime=(clock.rfc3339(us)) { (short) } } }
        }
        Cell::Whole(n) => html! { td.number { (grouped_signed(n)) } },
        Cell::Real(_) | Cell::Decimal(_) => {
            let mut exact = Vec::new();
            push_plain(cell, &mut exact);
            let exact = String::from_utf8_lossy(&exact).into_owned();
            let shown = match cell {
                Cell::Real(n) => mean(n, decimals),
                Cell::Decimal(units) => grouped_decimal(units),
                _ => exact.clone(),
            };
            html! { td.number data-v=[(exact != shown.replace(',', "")).then_some(exact)] { (shown) } }
        }
        Cell::Text(text) => html! { td data-v=[exact(text)] { (key(&[Some(text.to_owned())])) } },
        Cell::Yes(yes) => html! { td data-v=(yes) { (if yes { "yes" } else { "no" }) } },
        Cell::Null if is_number(of.data_type()) => html! { td.number {} },
        Cell::Null if is_key => html! { td data-v="" { (key(&[None])) } },
        Cell::Null => html! { td {} },
    }
}

/// A text as it is, where people are shown another: for an attribute, in which hidden characters are written as references.
fn exact(text: &str) -> Option<PreEscaped<String>> {
    let is_shown = for_people(text) == text;
    // References of these mean others.
    let is_lost = text.contains(|c: char| matches!(c, '\0' | '\u{7f}'..='\u{9f}'));
    (!is_shown && !is_lost).then(|| {
        let written = text.chars().map(|c| match c {
            '&' | '<' | '>' | '"' => format!("&#{};", u32::from(c)),
            c if visible(c.encode_utf8(&mut [0; 4])).len() > c.len_utf8() => format!("&#{};", u32::from(c)),
            c => c.to_string(),
        });
        PreEscaped(written.collect())
    })
}
