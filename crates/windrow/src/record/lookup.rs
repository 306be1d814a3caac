//! Look-ups: small tables whose columns are joined to rows, by the texts of one or more columns.

use std::fmt;
use std::sync::Arc;

use crate::counts::{KeyId, Keys, ShortValue, ShortValues};
use crate::fingerprint::hash;

/// What happens to a row that no row of a look-up matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unmatched {
    /// It stays, and has no values in the columns of the look-up.
    #[default]
    Keep,
    /// It is a reject.
    Reject,
    /// It is filtered.
    Filter,
}

/// A look-up of a job: what is joined, and by which columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lookup {
    /// The columns of rows that are joined on, each with the column of the table.
    pub(crate) on: Vec<(String, String)>,
    /// The columns that rows get, each with the column of the table.
    pub(crate) columns: Vec<(String, String)>,
    /// What happens to rows without a match.
    pub(crate) unmatched: Unmatched,
}

impl Lookup {
    /// All that decides what is joined, but for what is in the table.
    pub(super) fn line(&self) -> String {
        format!("lookup {:?} {:?}", self.on, self.unmatched)
    }
}

/// The rows of a small table: their keys, and the columns that rows get.
pub(crate) struct LookupTable {
    /// The number of join columns.
    #[cfg(all(feature = "spark", feature = "sql"))]
    on: usize,
    /// The number of a key is that of its row.
    keys: Keys,
    /// The same for keys of one text, for fast look-ups of many rows; none if keys have several texts.
    short: Option<ShortValues>,
    columns: Vec<LookupTexts>,
    rows: u32,
    /// The hash of the content; see [`LookupTable::hash`].
    hash: u128,
}

impl fmt::Debug for LookupTable {
    /// The same text for tables with the same content, as it goes into what tells whether a job has changed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LookupTable({:032x})", self.hash)
    }
}

/// The texts of a column, and an empty one behind them.
#[derive(Debug, Default)]
struct LookupTexts {
    bytes: Vec<u8>,
    /// Where each text begins, which is where the one before it ends.
    starts: Vec<usize>,
}

/// Bytes behind the last text, so that short texts can be read as two words of 8 bytes, beyond their ends.
const SLACK: [u8; 16] = [0; 16];

impl LookupTable {
    /// A table without rows, of so many columns that are joined `on` and that rows get.
    pub(crate) fn new(on: usize, columns: usize) -> Self {
        let columns = (0..columns).map(|_| LookupTexts::default()).collect();
        LookupTable {
            #[cfg(all(feature = "spark", feature = "sql"))]
            on,
            keys: Keys::new(on),
            short: None,
            columns,
            rows: 0,
            hash: 0,
        }
    }

    /// Adds a row. No text of its key may be empty. If a row has this key already, its number is the error.
    pub(crate) fn add<'t>(
        &mut self,
        key: impl Iterator<Item = &'t [u8]>,
        values: impl Iterator<Item = &'t [u8]>,
    ) -> Result<(), u32> {
        match self.keys.id_of(key) {
            known if known < self.rows => return Err(known),
            _ => self.rows += 1,
        }
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.starts.push(column.bytes.len());
            column.bytes.extend_from_slice(value);
        }
        Ok(())
    }

    /// Completes the table.
    pub(crate) fn finish(mut self) -> Arc<Self> {
        for column in &mut self.columns {
            column.starts.extend([column.bytes.len(); 2]);
            column.bytes.extend_from_slice(&SLACK);
        }
        self.hash = self.hashed();
        self.short = (self.keys.columns() == 1)
            .then(|| ShortValues::new((0..self.rows).flat_map(|row| self.keys.tuple(row))));
        Arc::new(self)
    }

    /// The number that stands for no match: that of a row behind the last, whose texts are empty.
    pub(super) fn no_row(&self) -> u32 {
        self.rows
    }

    /// The matching rows of `count` rows with keys of one text. `key` gives, by row, the bytes from the key's start on, and the key's length.
    pub(super) fn rows_of_one<'t>(&self, count: usize, key: impl Fn(usize) -> (&'t [u8], usize)) -> Vec<u32> {
        let known = |row| self.row_of([key(row)].into_iter());
        let short = |row| {
            let (following, len) = key(row);
            ShortValue::new(following, len)
        };
        match &self.short {
            Some(table) => table.numbers((0..count).map(short), self.rows, known),
            None => (0..count).map(known).collect(),
        }
    }

    /// The matching rows of rows with these keys of one text.
    pub(super) fn rows_of_short(&self, keys: &[ShortValue]) -> Vec<u32> {
        match &self.short {
            Some(table) => table.numbers(keys.iter().copied().map(Some), self.rows, |_| self.rows),
            None => vec![self.rows; keys.len()],
        }
    }

    /// The row with this key, of one or more texts; each is given as the bytes from its start on, and its length.
    pub(super) fn row_of<'t>(&self, key: impl Iterator<Item = (&'t [u8], usize)>) -> u32 {
        // No key has an empty text.
        self.keys.known(key).unwrap_or(self.rows)
    }

    /// The text of a row in a column: the bytes from there on, and its length.
    #[inline(always)]
    pub(super) fn text(&self, column: usize, row: u32) -> (&[u8], usize) {
        let LookupTexts { bytes, starts } = &self.columns[column];
        let (start, end) = (starts[row as usize], starts[row as usize + 1]);
        (&bytes[start..], end - start)
    }

    /// The texts of all rows by column: first the join columns, then the columns that rows get.
    #[cfg(all(feature = "spark", feature = "sql"))]
    pub(crate) fn texts(&self) -> Vec<Vec<&[u8]>> {
        let keys: Vec<Vec<&[u8]>> = (0..self.rows).map(|row| self.keys.tuple(row)).collect();
        let on = (0..self.on).map(|at| keys.iter().map(|key| key[at]).collect());
        let columns = (0..self.columns.len()).map(|column| {
            let text = |row| {
                let (following, len) = self.text(column, row);
                &following[..len]
            };
            (0..self.rows).map(text).collect()
        });
        on.chain(columns).collect()
    }

    /// The hash of the content. Tables with the same rows have the same hash, whatever the order and the format they are written in.
    pub(crate) fn hash(&self) -> u128 {
        self.hash
    }

    fn hashed(&self) -> u128 {
        let mut rows: Vec<(Vec<&[u8]>, KeyId)> =
            (0..self.rows).map(|row| (self.keys.tuple(row), row)).collect();
        rows.sort_unstable();
        let mut text = Vec::new();
        let mut add = |value: &[u8]| {
            text.extend((value.len() as u64).to_le_bytes());
            text.extend(value);
        };
        for (key, row) in &rows {
            key.iter().for_each(|value| add(value));
            for column in 0..self.columns.len() {
                let (following, len) = self.text(column, *row);
                add(&following[..len]);
            }
        }
        hash(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[[&str; 3]]) -> Arc<LookupTable> {
        let mut table = LookupTable::new(2, 1);
        for [one, other, value] in rows {
            let key = [one.as_bytes(), other.as_bytes()];
            table.add(key.into_iter(), [value.as_bytes()].into_iter()).unwrap();
        }
        table.finish()
    }

    #[test]
    fn finds_the_row_of_a_key_and_else_an_empty_one() {
        let table = table(&[["a", "b", "1"], ["ab", "c", "a value longer than sixteen bytes"]]);
        let value = |one: &'static str, other: &'static str| {
            let key = [one, other].map(|text| (text.as_bytes(), text.len()));
            let (following, len) = table.text(0, table.row_of(key.into_iter()));
            String::from_utf8(following[..len].to_vec()).unwrap()
        };
        assert_eq!(value("a", "b"), "1");
        assert_eq!(value("ab", "c"), "a value longer than sixteen bytes");
        for (one, other) in [("a", "c"), ("b", "a"), ("", ""), ("ab", ""), ("a", "bc")] {
            assert_eq!(value(one, other), "");
        }
    }

    #[test]
    fn a_key_that_is_there_is_told_with_its_row() {
        let mut table = LookupTable::new(1, 0);
        let mut add = |key: &'static str| table.add([key.as_bytes()].into_iter(), std::iter::empty());
        assert_eq!(["a", "b", "b", "a", "c"].map(&mut add), [Ok(()), Ok(()), Err(1), Err(0), Ok(())]);
    }

    #[test]
    fn the_hash_is_of_what_the_table_says() {
        let [one, other] = [["a", "b", "1"], ["ab", "c", "2"]];
        assert_eq!(table(&[one, other]).hash(), table(&[other, one]).hash());
        for changed in [["a", "b", "2"], ["ab", "", "1"], ["a", "c", "1"]] {
            assert_ne!(table(&[one, other]).hash(), table(&[changed, other]).hash());
        }
        assert_ne!(table(&[one, other]).hash(), table(&[one]).hash());
    }
}
