//! Differences: integers as DELTA_BINARY_PACKED writes them, in blocks of packed differences to the one before.

use parquet::errors::{ParquetError, Result};

use super::bits::unpacked;
use super::bytes::varint;

/// What stands before the first block.
struct DeltaHeader<'a> {
    block: usize,
    miniblocks: usize,
    values: usize,
    first: i64,
    rest: &'a [u8],
}

fn wrong() -> ParquetError {
    ParquetError::General("packed differences are not what they should be".to_owned())
}

fn signed(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

fn head(bytes: &[u8]) -> Option<DeltaHeader<'_>> {
    let (block, rest) = varint(bytes)?;
    let (miniblocks, rest) = varint(rest)?;
    let (values, rest) = varint(rest)?;
    let (first, rest) = varint(rest)?;
    let [block, miniblocks, values] = [block, miniblocks, values].map(|n| usize::try_from(n).ok());
    Some(DeltaHeader { block: block?, miniblocks: miniblocks?, values: values?, first: signed(first), rest })
}

/// How many values a stretch says that it has.
pub(super) fn count(bytes: &[u8]) -> Option<usize> {
    head(bytes).map(|head| head.values)
}

/// Appends `wanted` values, which are all that there are. What follows them comes back.
pub(super) fn read<'a>(bytes: &'a [u8], wanted: usize, out: &mut Vec<i64>) -> Result<&'a [u8]> {
    let DeltaHeader { block, miniblocks, values, first, mut rest } = head(bytes).ok_or_else(wrong)?;
    let mini = block.checked_div(miniblocks).filter(|mini| *mini > 0 && mini % 8 == 0 && block <= 1 << 20);
    let mini = mini.ok_or_else(wrong)?;
    if values != wanted {
        return Err(wrong());
    }
    let mut left = wanted;
    let mut last = first;
    if left > 0 {
        out.push(first);
        left -= 1;
    }
    while left > 0 {
        let (least, widths) = varint(rest).ok_or_else(wrong)?;
        let least = signed(least);
        let (widths, mut packed) = widths.split_at_checked(miniblocks).ok_or_else(wrong)?;
        for width in widths {
            if left == 0 {
                break;
            }
            let width = u32::from(*width);
            let bytes = mini / 8 * width as usize;
            let (these, behind) = packed.split_at(bytes.min(packed.len()));
            let some = mini.min(left);
            if width > 64 || (these.len() as u64) * 8 < some as u64 * u64::from(width) {
                return Err(wrong());
            }
            for at in 0..some as u64 {
                let more = unpacked(these, at * u64::from(width), width) as i64;
                last = last.wrapping_add(least).wrapping_add(more);
                out.push(last);
            }
            left -= some;
            packed = behind;
        }
        rest = packed;
    }
    Ok(rest)
}
