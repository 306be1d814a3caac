//! Computed columns: the values of a job's expressions for the rows of a batch.

use windrow_sql::{Column, Expression, ExpressionFault, Presence, Readers, SqlType, TypeOf, TypedValues};

use super::batch::BatchTexts;
use super::fate::Fate;
use super::joined::Joined;
use super::rules::{ColumnOrigin, Join, RecordRules, RuleStep};
use crate::calendar::push_instant;
use crate::error::Result;
use crate::event::{TimeFormat, TimeReader, TimeRules};
use crate::measure::{push_decimal, units};
use crate::reject::Reason;

/// How SQL reads texts as values: numbers as measures do, times as the format `iso` in UTC.
const READERS: Readers = Readers {
    decimal: |text| units(text, text.len()),
    push_decimal,
    timestamp,
    push_timestamp: push_instant,
};

/// The instant in a text, or the midnight of a date.
fn timestamp(text: &[u8]) -> Option<i64> {
    thread_local! {
        static READ: Option<[TimeReader; 2]> = readers().ok();
    }
    READ.with(|read| {
        let [iso, date] = read.as_ref()?;
        let reading = iso.read_plainly(text).or_else(|_| date.read_plainly(text));
        reading.ok().map(|reading| reading.us)
    })
}

fn readers() -> Result<[TimeReader; 2]> {
    let reader = |format| TimeReader::new(&TimeRules::of(format));
    Ok([reader(TimeFormat::Iso)?, reader(TimeFormat::Date)?])
}

/// The expression in `text` over columns whose types `type_of` tells.
pub(crate) fn expression(text: &str, type_of: &TypeOf<'_>) -> Result<Expression, ExpressionFault> {
    Expression::parse(text, type_of, READERS)
}

/// The columns that expressions make for a batch.
pub(super) struct Made<'b> {
    columns: Vec<Column<'b>>,
}

impl Made<'_> {
    /// The text of a row in a column; none if it has no value, for a reason other than null.
    pub(super) fn text(&self, column: usize, row: usize) -> Option<&[u8]> {
        let Column { values, states } = &self.columns[column];
        match (states[row], values) {
            (Presence::Wrong, _) => None,
            (Presence::There, TypedValues::Text(texts)) => Some(texts.get(row)),
            _ => Some(&[]),
        }
    }
}

impl<'b> Joined<'b> {
    /// A column of the look-up `join` for expressions. A row that has no match, but must have one, has neither a value nor null
    /// in it.
    fn column(&self, join: usize, column: usize, rows: usize, sql_type: SqlType) -> Column<'b> {
        let text = |row: usize| {
            let (following, len) = self.text(join, column, row);
            &following[..len]
        };
        let mut read = Column::of_texts((0..rows).map(text).collect()).read_as(sql_type, READERS);
        for (row, state) in read.states.iter_mut().enumerate() {
            if self.lacks(join, row) {
                *state = Presence::Wrong;
            }
        }
        read
    }
}

impl<'b> BatchTexts<'b> {
    /// Goes the whole way of the records behind the look-ups: where each row leads, and the columns that were made.
    pub(super) fn run(&self, joined: &Joined<'b>, fates: &mut [Fate]) -> Made<'b> {
        let rules: &'b RecordRules = self.rules();
        let rows = self.rows();
        let of_joins: Vec<Vec<Option<Column<'b>>>> = rules
            .joins
            .iter()
            .enumerate()
            .map(|(join, Join { types, .. })| {
                let typed = types.iter().enumerate();
                typed
                    .map(|(column, sql_type)| Some(joined.column(join, column, rows, (*sql_type)?)))
                    .collect()
            })
            .collect();
        let file: Vec<Option<Column<'b>>> = (0..rules.file.len())
            .map(|number| {
                let sql_type = rules.types[number];
                let texts = || self.column(number, sql_type == SqlType::Text);
                rules.file[number].is_input.then(|| Column::of_texts(texts()).read_as(sql_type, READERS))
            })
            .collect();
        let mut made: Vec<Column<'b>> = Vec::with_capacity(rules.made.len());
        for (step, origins) in &rules.steps {
            let input = |origin: &ColumnOrigin| match origin {
                ColumnOrigin::File(number) => file[*number].as_ref(),
                ColumnOrigin::Joined { join, column } => of_joins[*join].get(*column)?.as_ref(),
                ColumnOrigin::Made(number) => made.get(*number),
            };
            let inputs: Vec<&Column<'b>> = origins.iter().filter_map(input).collect();
            match step {
                RuleStep::Derive { expression, .. } => {
                    let column = expression.evaluate(&inputs, rows);
                    made.push(column);
                }
                RuleStep::Where(expression) => {
                    let column = expression.evaluate(&inputs, rows);
                    for (row, (is_true, fate)) in
                        column.are_true().into_iter().zip(fates.iter_mut()).enumerate()
                    {
                        let is_wrong = column.states[row] == Presence::Wrong;
                        // What a row lacks is why `where` has no answer, or all that keeps it from counting.
                        let (is_lacking, may_count) =
                            (matches!(fate, Fate::Unmatched(_)), is_wrong || is_true);
                        let stays = *fate == Fate::Filtered || is_lacking && may_count;
                        if stays || is_true && !is_wrong {
                            continue;
                        }
                        *fate = match is_wrong {
                            true => {
                                let value = self.first_wrong(&file, origins, row);
                                Fate::rejected(Reason::BadExpression, "where", value)
                            }
                            false => Fate::Filtered,
                        };
                    }
                }
            }
        }
        // What is a key, a time or measured is wanted as text.
        let columns = made.into_iter().map(|column| column.read_as(SqlType::Text, READERS)).collect();
        Made { columns }
    }

    /// The text of the first column whose value in the row is not of its declared type.
    fn first_wrong(
        &self,
        file: &[Option<Column<'_>>],
        origins: &[ColumnOrigin],
        row: usize,
    ) -> Option<Vec<u8>> {
        let mut wrong = origins.iter().filter_map(|origin| match origin {
            ColumnOrigin::File(number) => Some(*number),
            ColumnOrigin::Made(_) | ColumnOrigin::Joined { .. } => None,
        });
        let is_wrong = |number: &usize| {
            file[*number].as_ref().is_some_and(|column| column.states[row] == Presence::Wrong)
        };
        let number = wrong.find(is_wrong)?;
        let (following, len) = self.following(number, row);
        Some(following[..len].to_vec())
    }
}
