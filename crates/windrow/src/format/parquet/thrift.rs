//! Thrift, in its compact protocol, as far as a field of a struct is found by it: what stands before is passed over.

use super::bytes::varint;

/// The type of a field that holds bytes.
const BINARY: u8 = 8;
/// The type of a field that is a struct.
const STRUCT: u8 = 12;
/// The type of a field that is true.
const TRUE: u8 = 1;

/// Structs in structs, at most.
const DEPTH_MAX: usize = 32;

/// A field: its type, and the bytes from its value on.
#[derive(Clone, Copy)]
pub(super) struct ThriftField<'b>(u8, &'b [u8]);

impl<'b> ThriftField<'b> {
    /// The bytes that it holds.
    pub(super) fn binary(self) -> Option<&'b [u8]> {
        let (len, rest) = varint(self.1).filter(|_| self.0 == BINARY)?;
        rest.get(..usize::try_from(len).ok()?)
    }

    /// Whether it is true.
    pub(super) fn is_true(self) -> bool {
        self.0 == TRUE
    }
}

/// The field with these numbers, from struct to struct, in the one that `bytes` begin with.
pub(super) fn field<'b>(bytes: &'b [u8], numbers: &[i64]) -> Option<ThriftField<'b>> {
    let (number, deeper) = numbers.split_first()?;
    let (mut rest, mut at) = (bytes, 0);
    loop {
        let (kind, after) = head(rest, &mut at)?;
        match (at == *number, deeper) {
            (true, []) => return Some(ThriftField(kind, after)),
            (true, deeper) if kind == STRUCT => return field(after, deeper),
            (true, _) => return None,
            (false, _) => rest = after_value(after, kind, 0)?,
        }
    }
}

/// The type of the next field, whose number `at` becomes, and what follows; none at the end of the struct.
fn head<'b>(bytes: &'b [u8], at: &mut i64) -> Option<(u8, &'b [u8])> {
    let (head, rest) = bytes.split_first().filter(|(head, _)| **head != 0)?;
    match head >> 4 {
        0 => {
            let (number, rest) = varint(rest)?;
            *at = (number >> 1) as i64 ^ -((number & 1) as i64);
            Some((head & 0xF, rest))
        }
        more => {
            *at = at.checked_add(i64::from(more))?;
            Some((head & 0xF, rest))
        }
    }
}

/// What follows a value of the type `kind`.
fn after_value(bytes: &[u8], kind: u8, depth: usize) -> Option<&[u8]> {
    if depth > DEPTH_MAX {
        return None;
    }
    match kind {
        1 | 2 => Some(bytes),
        3 => bytes.get(1..),
        4..=6 => varint(bytes).map(|(_, rest)| rest),
        7 => bytes.get(8..),
        BINARY => {
            let (len, rest) = varint(bytes)?;
            rest.get(usize::try_from(len).ok()?..)
        }
        // A list or a set. What is true or false in it takes a byte.
        9 | 10 => {
            let (head, mut rest) = bytes.split_first()?;
            let mut len = u64::from(head >> 4);
            if len == 15 {
                (len, rest) = varint(rest)?;
            }
            let kind = if matches!(head & 0xF, 1 | 2) { 3 } else { head & 0xF };
            (0..len).try_fold(rest, |rest, _| after_value(rest, kind, depth + 1))
        }
        STRUCT => {
            let (mut rest, mut at) = (bytes, 0);
            while let Some((kind, after)) = head(rest, &mut at) {
                rest = after_value(after, kind, depth + 1)?;
            }
            rest.strip_prefix(&[0])
        }
        // Maps are in no metadata of Parquet.
        _ => None,
    }
}
