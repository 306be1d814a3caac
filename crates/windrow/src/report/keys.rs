//! Clean keys: the distinct key tuples after cleaning, in the order reports list them.

use hashbrown::HashMap;

use crate::counts::{FastHash, KeyId, Keys};
use crate::error::{Error, Result};
use crate::event::Cleaning;

/// Distinct clean tuples, sorted by the bytes of their values, null last, and where each raw tuple went.
#[derive(Clone, Debug)]
pub struct CleanKeys {
    /// Per column its distinct values, sorted, null last.
    columns: Vec<Vec<Option<Box<str>>>>,
    /// The places of a tuple's values in `columns`, tuple after tuple.
    tuples: Vec<u32>,
    len: usize,
    of_raw: Vec<KeyId>,
}

impl CleanKeys {
    /// Cleans the raw tuples that `occur` (by raw number); the others get no clean key.
    pub fn new(raw: &Keys, occur: &[bool], cleaning: &[Cleaning]) -> Result<Self> {
        let mut columns: Vec<CleanColumn> = vec![CleanColumn::default(); raw.columns()];
        let mut found: Vec<(Vec<u32>, KeyId)> = Vec::new();
        for id in (0..raw.len() as KeyId).filter(|id| occur[*id as usize]) {
            let mut places = Vec::with_capacity(columns.len());
            for ((value, column), cleaning) in raw.tuple(id).into_iter().zip(&mut columns).zip(cleaning) {
                let text = std::str::from_utf8(value)
                    .map_err(|_| Error::bug("a key value that is not UTF-8 was counted"))?;
                places.push(column.place_of(cleaning.clean(text).map(|clean| clean.into())));
            }
            found.push((places, id));
        }
        let ranks: Vec<Vec<u32>> = columns.iter_mut().map(CleanColumn::sort).collect();
        for (places, _) in &mut found {
            places.iter_mut().zip(&ranks).for_each(|(place, rank)| *place = rank[*place as usize]);
        }
        found.sort_unstable();

        let mut keys = CleanKeys {
            columns: columns.into_iter().map(|column| column.values).collect(),
            tuples: Vec::new(),
            len: 0,
            of_raw: vec![KeyId::MAX; raw.len()],
        };
        let mut before = None;
        for (places, id) in &found {
            if before != Some(places) {
                keys.tuples.extend(places);
                keys.len += 1;
                before = Some(places);
            }
            keys.of_raw[*id as usize] = (keys.len - 1) as KeyId;
        }
        Ok(keys)
    }

    /// How many clean tuples there are; their numbers are `0..len`, in the order reports list them.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no tuple.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Values per tuple.
    pub fn columns(&self) -> usize {
        self.columns.len()
    }

    /// The values of tuple `key`; none is null.
    pub fn tuple(&self, key: KeyId) -> impl Iterator<Item = Option<&str>> {
        let from = key as usize * self.columns.len();
        let places = &self.tuples[from..from + self.columns.len()];
        places.iter().zip(&self.columns).map(|(place, values)| values[*place as usize].as_deref())
    }

    /// The key of one column that has this value; none when it never occurs.
    pub fn find(&self, value: Option<&str>) -> Option<KeyId> {
        let [values] = self.columns.as_slice() else { return None };
        // With one column the sorted distinct tuples are the sorted distinct values.
        let at = values.binary_search_by(|probe| order(probe.as_deref()).cmp(&order(value)));
        at.ok().map(|place| place as KeyId)
    }

    /// The clean key of the raw tuple `raw`, which occurs.
    #[inline]
    pub(super) fn of_raw(&self, raw: KeyId) -> KeyId {
        self.of_raw[raw as usize]
    }

    /// The clean key of every raw tuple, by its number; past the last one for those that do not occur.
    pub(super) fn of_all_raw(&self) -> &[KeyId] {
        &self.of_raw
    }
}

/// Sorts null last.
fn order(value: Option<&str>) -> (bool, Option<&str>) {
    (value.is_none(), value)
}

/// The distinct clean values of a column, first in the order they come, then sorted.
#[derive(Clone, Debug, Default)]
struct CleanColumn {
    places: HashMap<Option<Box<str>>, u32, FastHash>,
    values: Vec<Option<Box<str>>>,
}

impl CleanColumn {
    fn place_of(&mut self, value: Option<Box<str>>) -> u32 {
        let next = self.places.len() as u32;
        *self.places.entry(value).or_insert(next)
    }

    /// Sorts the values and returns the rank of each place.
    fn sort(&mut self) -> Vec<u32> {
        let mut found: Vec<_> = std::mem::take(&mut self.places).into_iter().collect();
        found.sort_unstable_by(|(a, _), (b, _)| order(a.as_deref()).cmp(&order(b.as_deref())));
        let mut ranks = vec![0; found.len()];
        for (rank, (_, place)) in found.iter().enumerate() {
            ranks[*place as usize] = rank as u32;
        }
        self.values = found.into_iter().map(|(value, _)| value).collect();
        ranks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::LetterCase;

    fn keys_of(tuples: &[&[&str]]) -> Keys {
        let mut keys = Keys::new(tuples[0].len());
        for tuple in tuples {
            keys.id_of(tuple.iter().map(|value| value.as_bytes()));
        }
        keys
    }

    fn listed(keys: &CleanKeys) -> Vec<Vec<Option<&str>>> {
        (0..keys.len() as KeyId).map(|key| keys.tuple(key).collect()).collect()
    }

    #[test]
    fn raw_values_that_clean_alike_are_one_key() {
        let raw = keys_of(&[&["open"], &[""], &["CLOSE"], &[" Open "], &["zoom"], &["close"], &["  "]]);
        let title = [Cleaning { trim: true, case: LetterCase::Title }];
        let keys = CleanKeys::new(&raw, &[true, true, true, true, false, true, true], &title).unwrap();
        assert_eq!(listed(&keys), [[Some("Close")], [Some("Open")], [None]]);
        let of_raw: Vec<_> = [0, 1, 2, 3, 5, 6].map(|raw| keys.of_raw(raw)).to_vec();
        assert_eq!(of_raw, [1, 2, 0, 1, 0, 2]);
        assert_eq!(keys.find(Some("Open")), Some(1));
        assert_eq!(keys.find(None), Some(2));
        assert_eq!(keys.find(Some("Zoom")), None, "what never occurs is not a key");
    }

    #[test]
    fn tuples_sort_column_by_column_by_bytes_and_null_last() {
        let raw = keys_of(&[&["é", "a"], &["a", ""], &["a", "b"], &["Z", "x"], &["", "a"]]);
        let keys = CleanKeys::new(&raw, &[true; 5], &[Cleaning::default(); 2]).unwrap();
        let expected = [
            [Some("Z"), Some("x")],
            [Some("a"), Some("b")],
            [Some("a"), None],
            [Some("é"), Some("a")],
            [None, Some("a")],
        ];
        assert_eq!(listed(&keys), expected);
    }

    #[test]
    fn without_key_columns_there_is_one_key() {
        let keys = CleanKeys::new(&Keys::new(0), &[true], &[]).unwrap();
        assert_eq!((keys.len(), keys.columns(), keys.of_raw(0)), (1, 0, 0));
    }
}
