//! Keys: the distinct tuples of raw key values of a count, each with a small number.
//!
//! A value is compared as the bytes it has in the file; cleaning comes later and only touches the distinct ones.

use hashbrown::HashMap;

use super::FastHash;
use super::short::SHORT_BYTES_MAX;
use super::values::DistinctValues;

/// The number of one tuple of key values.
pub type KeyId = u32;

/// Distinct tuples of raw key values. The tuple of a job without keys is empty and has the number 0.
#[derive(Clone, Debug)]
pub struct Keys {
    columns: Vec<DistinctValues>,
    /// For the second column on: the distinct pairs (number of the tuple so far, number of this column's value).
    pairs: Vec<Pairs>,
}

impl Keys {
    /// No tuples yet, of `columns` values each.
    pub fn new(columns: usize) -> Self {
        Keys {
            columns: (0..columns).map(|_| DistinctValues::default()).collect(),
            pairs: (1..columns).map(|_| Pairs::default()).collect(),
        }
    }

    /// Values per tuple.
    pub fn columns(&self) -> usize {
        self.columns.len()
    }

    /// How many tuples there are; their numbers are `0..len`.
    pub fn len(&self) -> usize {
        match (self.pairs.last(), self.columns.last()) {
            (Some(pairs), _) => pairs.list.len(),
            (None, Some(values)) => values.list.len(),
            (None, None) => 1,
        }
    }

    /// The bytes of all distinct values.
    pub fn bytes(&self) -> u64 {
        self.columns.iter().map(|values| values.bytes).sum()
    }

    /// Whether there is no tuple.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of a tuple of one value that is `value`, whose bytes may go on in `following`
    /// (`following` begins with `value`; the slack lets short values be compared in two words).
    #[inline(always)]
    pub fn id_of_one(&mut self, following: &[u8], len: usize) -> KeyId {
        self.columns[0].id_of(following, len)
    }

    /// The number that the tuple of one value of up to 16 bytes has, if it was met; the value begins `following`.
    #[inline(always)]
    pub fn find_one(&self, following: &[u8; SHORT_BYTES_MAX], len: usize) -> Option<KeyId> {
        self.columns.first()?.find_short(following, len)
    }

    /// The number that the tuple of these values has, if it was met.
    pub(crate) fn known<'a>(&self, values: impl Iterator<Item = (&'a [u8], usize)>) -> Option<KeyId> {
        let mut id = 0;
        for (at, (following, len)) in values.enumerate() {
            let value_id = self.columns.get(at)?.known_id(following, len)?;
            id = if at == 0 { value_id } else { self.pairs[at - 1].known(id, value_id)? };
        }
        Some(id)
    }

    /// The number of the tuple `values`; a new one for a new tuple.
    pub fn id_of<'a>(&mut self, values: impl Iterator<Item = &'a [u8]>) -> KeyId {
        let mut id = 0;
        for (at, value) in values.enumerate() {
            let value_id = self.columns[at].id_of(value, value.len());
            id = if at == 0 { value_id } else { self.pairs[at - 1].id_of(id, value_id) };
        }
        id
    }

    /// The raw values of tuple `id`.
    pub fn tuple(&self, id: KeyId) -> Vec<&[u8]> {
        let mut id = id;
        let mut values = Vec::with_capacity(self.columns.len());
        for at in (1..self.columns.len()).rev() {
            let (before, value) = self.pairs[at - 1].list[id as usize];
            values.push(&*self.columns[at].list[value as usize]);
            id = before;
        }
        if let Some(first) = self.columns.first() {
            values.push(&*first.list[id as usize]);
        }
        values.reverse();
        values
    }
}

/// Distinct pairs of numbers.
#[derive(Clone, Debug, Default)]
struct Pairs {
    list: Vec<(u32, u32)>,
    ids: HashMap<u64, KeyId, FastHash>,
}

impl Pairs {
    fn known(&self, before: u32, value: u32) -> Option<KeyId> {
        self.ids.get(&(u64::from(before) << 32 | u64::from(value))).copied()
    }

    fn id_of(&mut self, before: u32, value: u32) -> KeyId {
        let list = &mut self.list;
        *self.ids.entry(u64::from(before) << 32 | u64::from(value)).or_insert_with(|| {
            list.push((before, value));
            (list.len() - 1) as KeyId
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_tuples_in_the_order_they_come() {
        let mut keys = Keys::new(2);
        let tuples: [[&[u8]; 2]; 4] =
            [[b"Open", b"de"], [b"a value longer than sixteen bytes", b""], [b"Open", b"us"], [b"", b"de"]];
        for (at, tuple) in tuples.iter().enumerate() {
            assert_eq!(keys.id_of(tuple.iter().copied()), at as u32);
        }
        for (at, tuple) in tuples.iter().enumerate() {
            assert_eq!(keys.id_of(tuple.iter().copied()), at as u32);
            assert_eq!(keys.tuple(at as u32), tuple.to_vec());
        }
        assert_eq!(keys.len(), 4);
    }

    #[test]
    fn finds_the_tuples_that_were_met_and_no_others() {
        let mut keys = Keys::new(2);
        let values: Vec<Vec<u8>> = (0..40u8).map(|n| vec![b'a' + n % 26; usize::from(n) + 1]).collect();
        for (at, value) in values.iter().enumerate() {
            assert_eq!(keys.id_of([&value[..], b"x"].into_iter()), at as u32);
        }
        for (at, value) in values.iter().enumerate() {
            // With bytes behind it or without.
            for following in [value.clone(), [&value[..], b",more bytes than sixteen"].concat()] {
                let found = |last: &'static [u8]| {
                    keys.known([(&following[..], value.len()), (last, last.len())].into_iter())
                };
                assert_eq!((found(b"x"), found(b"y")), (Some(at as u32), None));
            }
        }
    }

    #[test]
    fn slack_after_a_value_does_not_matter() {
        let mut keys = Keys::new(1);
        let bytes = b"OpenCloseOpenClose,and more bytes to read over";
        assert_eq!(keys.id_of_one(bytes, 4), 0);
        assert_eq!(keys.id_of_one(b"Open", 4), 0);
        assert_eq!(keys.id_of_one(bytes, 9), 1);
        assert_eq!(keys.id_of_one(bytes, 0), 2);
        assert_eq!(keys.id_of_one(b"", 0), 2);
        assert_eq!(keys.tuple(2), vec![b"" as &[u8]]);
        for n in 0..1000u32 {
            let value = format!("action_{n}");
            assert_eq!(keys.id_of_one(value.as_bytes(), value.len()), 3 + n);
        }
    }
}
