//! The answer to a count: its columns, in an Arrow batch.

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int32Type, Int64Type};
use arrow_array::{Decimal128Array, Int32Array, Int64Array, ListArray, RecordBatch, StringArray};

use crate::error::{Error, Result};
use crate::job::Job;
use crate::measure::{Moments, States};

pub(super) fn whole(number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| Error::bug(format!("Spark has counted {number}")))
}

pub(super) fn odd_answer(column: &str) -> Error {
    Error::bug(format!("the column {column} of Spark's answer is not what was asked for"))
}

/// The columns of the answer to a count.
pub(super) struct Columns<'b> {
    pub(super) files: &'b Int64Array,
    pub(super) whats: &'b Int32Array,
    pub(super) places: &'b Int64Array,
    pub(super) n: &'b Int64Array,
    pub(super) more: &'b ListArray,
    pub(super) keys: Vec<&'b StringArray>,
    /// Moments by measured column. `None` for a column that does not keep them.
    pub(super) moments: Vec<Option<MomentsOf<'b>>>,
}

/// The moments of a column.
pub(super) struct MomentsOf<'b> {
    n: &'b Int64Array,
    sum: &'b Decimal128Array,
    min: &'b Decimal128Array,
    max: &'b Decimal128Array,
}

impl<'b> MomentsOf<'b> {
    fn of(batch: &'b RecordBatch, at: usize) -> Result<Self> {
        let column = |name: &str| {
            let name = format!("x{at}_{name}");
            batch.column_by_name(&name).ok_or_else(|| odd_answer(&name))
        };
        let decimals = |name: &str| {
            let found = column(name)?.as_primitive_opt::<Decimal128Type>();
            found.filter(|column| column.scale() == 9).ok_or_else(|| odd_answer(name))
        };
        Ok(MomentsOf {
            n: column("n")?.as_primitive_opt().ok_or_else(|| odd_answer("n"))?,
            sum: decimals("sum")?,
            min: decimals("min")?,
            max: decimals("max")?,
        })
    }

    pub(super) fn moments(&self, row: usize) -> Result<Moments> {
        match whole(self.n.value(row))? {
            0 => Ok(Moments::default()),
            n => Ok(Moments {
                n,
                sum: self.sum.value(row),
                min: self.min.value(row),
                max: self.max.value(row),
            }),
        }
    }
}

impl<'b> Columns<'b> {
    pub(super) fn of(batch: &'b RecordBatch, job: &Job) -> Result<Self> {
        let (keys, measured) = (job.source.keys.len(), job.source.measured.iter().enumerate());
        let column = |name: &str| batch.column_by_name(name).ok_or_else(|| odd_answer(name));
        let ints = |name: &str| column(name)?.as_primitive_opt::<Int32Type>().ok_or_else(|| odd_answer(name));
        let numbers =
            |name: &str| column(name)?.as_primitive_opt::<Int64Type>().ok_or_else(|| odd_answer(name));
        let texts = |name: &str| column(name)?.as_string_opt::<i32>().ok_or_else(|| odd_answer(name));
        Ok(Columns {
            files: numbers("at")?,
            whats: ints("what")?,
            places: numbers("place")?,
            n: numbers("n")?,
            more: column("more")?.as_list_opt().ok_or_else(|| odd_answer("more"))?,
            keys: (0..keys).map(|at| texts(&format!("k{at}"))).collect::<Result<_>>()?,
            moments: measured
                .map(|(at, column)| {
                    column.states.have(States::MOMENTS).then(|| MomentsOf::of(batch, at)).transpose()
                })
                .collect::<Result<_>>()?,
        })
    }

    pub(super) fn more(&self, row: usize) -> Result<Int64Array> {
        let more = self.more.value(row);
        more.as_primitive_opt::<Int64Type>().cloned().ok_or_else(|| odd_answer("more"))
    }
}
