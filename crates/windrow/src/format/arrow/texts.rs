//! Texts: the values of a column that are texts or bytes, and the keys that they are.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::UInt32Type;
use arrow_array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, FixedSizeBinaryArray, GenericBinaryArray,
    LargeBinaryArray, OffsetSizeTrait, UInt32Array,
};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType};

use crate::counts::{KeyId, Keys};
use crate::format::parquet::fault;

/// Texts, in the ways that Arrow has for them.
#[derive(Debug)]
pub(super) enum ArrowTexts {
    /// All are null.
    None,
    Short(BinaryArray),
    Long(LargeBinaryArray),
    View(BinaryViewArray),
    Fixed(FixedSizeBinaryArray),
    /// Each is the number of one of some others.
    Numbered(UInt32Array, Box<ArrowTexts>, usize),
}

/// The keys of texts that were met. A text of up to 12 bytes stands in its view.
pub(super) struct KnownViews {
    views: Vec<(u128, KeyId)>,
    /// Of a dictionary, by the numbers of its texts.
    numbers: Vec<KeyId>,
}

/// Views that are known, at most: a power of two.
const VIEWS: usize = 1 << 10;

/// What no view of a short text is.
const NO_VIEW: u128 = u128::MAX;

/// The longest text that stands in its view.
const VIEW_BYTES: u32 = 12;

/// The key of a text that was not met yet.
const UNKNOWN: KeyId = KeyId::MAX;

impl Default for KnownViews {
    fn default() -> Self {
        KnownViews { views: vec![(NO_VIEW, UNKNOWN); VIEWS], numbers: Vec::new() }
    }
}

impl KnownViews {
    /// Other texts follow, with other numbers.
    pub(super) fn forget_numbers(&mut self) {
        self.numbers.clear();
    }
}

impl ArrowTexts {
    /// Whether values of this type are texts.
    pub(super) fn are(values: &DataType) -> bool {
        values.is_null() || values.is_string() || values.is_binary()
    }

    /// Those of an array.
    ///
    /// # Errors
    /// They are none.
    pub(super) fn of(array: &ArrayRef) -> Result<ArrowTexts, ArrowError> {
        Ok(match array.data_type() {
            DataType::Null => ArrowTexts::None,
            DataType::Utf8 => ArrowTexts::Short(array.as_string::<i32>().clone().into()),
            DataType::LargeUtf8 => ArrowTexts::Long(array.as_string::<i64>().clone().into()),
            DataType::Utf8View => ArrowTexts::View(array.as_string_view().clone().to_binary_view()),
            DataType::Binary => ArrowTexts::Short(array.as_binary::<i32>().clone()),
            DataType::LargeBinary => ArrowTexts::Long(array.as_binary::<i64>().clone()),
            DataType::BinaryView => ArrowTexts::View(array.as_binary_view().clone()),
            DataType::FixedSizeBinary(_) => ArrowTexts::Fixed(array.as_fixed_size_binary().clone()),
            DataType::Dictionary(..) => {
                let array = array.as_any_dictionary();
                let numbers = cast(array.keys(), &DataType::UInt32)?;
                let values = array.values();
                let texts = Box::new(ArrowTexts::of(values)?);
                ArrowTexts::Numbered(numbers.as_primitive::<UInt32Type>().clone(), texts, values.len())
            }
            other => return Err(ArrowError::SchemaError(format!("{other} is not a text"))),
        })
    }

    /// The text in a row; none: it is null.
    pub(super) fn get(&self, row: usize) -> Option<&[u8]> {
        match self {
            ArrowTexts::None => None,
            ArrowTexts::Short(array) => array.is_valid(row).then(|| array.value(row)),
            ArrowTexts::Long(array) => array.is_valid(row).then(|| array.value(row)),
            ArrowTexts::View(array) => array.is_valid(row).then(|| array.value(row)),
            ArrowTexts::Fixed(array) => array.is_valid(row).then(|| array.value(row)),
            ArrowTexts::Numbered(numbers, texts, len) => {
                let number = numbers.is_valid(row).then(|| numbers.value(row) as usize)?;
                // A number may be anything where it is null, and nothing else may be too large.
                if number < *len { texts.get(number) } else { None }
            }
        }
    }

    /// Puts the keys of some rows into `ids`; false, where one of them may be a reject.
    pub(super) fn keys(
        &self,
        rows: Range<usize>,
        known: &mut KnownViews,
        keys: &mut Keys,
        ids: &mut Vec<KeyId>,
    ) -> bool {
        ids.clear();
        match self {
            ArrowTexts::Short(array) if are_plain(array, &rows) => plain(array, rows, keys, ids),
            ArrowTexts::Long(array) if are_plain(array, &rows) => plain(array, rows, keys, ids),
            ArrowTexts::View(array) => {
                let views = array.views();
                let id = |row: usize| match array.is_valid(row) {
                    true => known.view(views[row], || array.value(row), keys),
                    false => key(None, keys),
                };
                rows.map(id).all(|id| push(id, ids))
            }
            ArrowTexts::Numbered(numbers, texts, len) if numbers.null_count() == 0 => {
                known.numbers.resize(*len, UNKNOWN);
                let mut all_known = true;
                for number in &numbers.values()[rows.clone()] {
                    let id = known.numbers.get(*number as usize).copied().unwrap_or(UNKNOWN);
                    all_known &= id != UNKNOWN;
                    ids.push(id);
                }
                if all_known {
                    return true;
                }
                ids.clear();
                rows.map(|row| known.number(numbers.value(row) as usize, texts, keys)).all(|id| push(id, ids))
            }
            _ => rows.map(|row| key(self.get(row), keys)).all(|id| push(id, ids)),
        }
    }
}

impl KnownViews {
    /// The key of text number `number` of `texts`; none: it may not be one.
    fn number(&mut self, number: usize, texts: &ArrowTexts, keys: &mut Keys) -> Option<KeyId> {
        let id = self.numbers.get_mut(number)?;
        if *id == UNKNOWN {
            *id = key(texts.get(number), keys)?;
        }
        Some(*id)
    }

    /// The key of the text with this view; none: it may not be one.
    #[inline(always)]
    fn view<'t>(&mut self, view: u128, text: impl FnOnce() -> &'t [u8], keys: &mut Keys) -> Option<KeyId> {
        if view as u32 > VIEW_BYTES {
            return key(Some(text()), keys);
        }
        let words = (view >> 64) as u64 ^ (view as u64).rotate_left(29);
        let place = (words.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - VIEWS.ilog2())) as usize;
        match self.views[place] {
            (found, id) if found == view => Some(id),
            _ => {
                let id = key(Some(text()), keys)?;
                self.views[place] = (view, id);
                Some(id)
            }
        }
    }
}

fn push(id: Option<KeyId>, ids: &mut Vec<KeyId>) -> bool {
    ids.extend(id);
    id.is_some()
}

/// The key of a text, which is empty where it is null; none: it may not be one.
fn key(text: Option<&[u8]>, keys: &mut Keys) -> Option<KeyId> {
    let text = text.unwrap_or_default();
    fault(text).is_none().then(|| keys.id_of_one(text, text.len()))
}

/// Whether all texts in some rows are ASCII without NUL, so that each of them can be a key.
fn are_plain<O: OffsetSizeTrait>(array: &GenericBinaryArray<O>, rows: &Range<usize>) -> bool {
    let offsets = array.value_offsets();
    let texts = &array.value_data()[offsets[rows.start].as_usize()..offsets[rows.end].as_usize()];
    texts.is_ascii() && memchr::memchr(0, texts).is_none()
}

/// The keys of texts that lie one behind the other, and of those that are null.
fn plain<O: OffsetSizeTrait>(
    array: &GenericBinaryArray<O>,
    rows: Range<usize>,
    keys: &mut Keys,
    ids: &mut Vec<KeyId>,
) -> bool {
    let texts = array.value_data();
    if array.null_count() > 0 {
        return rows
            .map(|row| key(array.is_valid(row).then(|| array.value(row)), keys))
            .all(|id| push(id, ids));
    }
    let ends = array.value_offsets()[rows.start..=rows.end].windows(2);
    ids.extend(ends.map(|ends| {
        let [start, end] = [ends[0].as_usize(), ends[1].as_usize()];
        keys.id_of_one(&texts[start..], end - start)
    }));
    true
}
