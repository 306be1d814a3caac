//! Times that were passed over and are wanted after all, as a row beside them is a reject: those of page after page, never one twice.

use parquet::errors::ParquetError;

use super::column::{GroupColumn, column};
use super::contained::contained;
use super::decoder::BATCH_ROWS;
use super::path::Leaf;
use super::table::ParquetTable;
use super::value::StoredValue;
use crate::error::Result;

/// The times of a row group, read anew from its beginning on.
#[derive(Default)]
pub(super) struct RereadTimes {
    column: Option<Box<dyn GroupColumn>>,
    /// The rows of the row group that it is past.
    past: u64,
}

impl RereadTimes {
    /// The times of `len` rows from row `first` of the file on, in a row group and its column of times, and whether each is there. These rows lie
    /// behind those of the call before.
    pub(super) fn times(
        &mut self,
        table: &ParquetTable,
        (group, time): (usize, &Leaf),
        first: u64,
        len: usize,
    ) -> Result<(Vec<i64>, Vec<bool>)> {
        let what = format!("column {} in row group {}", time.name, group + 1);
        let before = first - table.rows(group).start;
        contained(&what, || {
            let times = match &mut self.column {
                Some(times) => times,
                none => none.insert(column(&table.file, table.group(group), time)?),
            };
            times.skip((before - self.past) as usize)?;
            self.past = before;
            let (mut values, mut is_there) = (Vec::with_capacity(len), Vec::with_capacity(len));
            while values.len() < len {
                let some = (len - values.len()).min(BATCH_ROWS as usize);
                times.fill(some)?;
                self.past += some as u64;
                for at in 0..some {
                    let time = match times.value(at) {
                        Some(StoredValue::Int64(time)) => Some(time),
                        None => None,
                        Some(_) => {
                            let message = "it has other values than integers".to_owned();
                            return Err(ParquetError::General(message));
                        }
                    };
                    values.push(time.unwrap_or_default());
                    is_there.push(time.is_some());
                }
            }
            Ok((values, is_there))
        })
    }
}
