//! Parts: where packed bytes can be cut, so that each part is unpacked by itself.
//!
//! BGZF, as genomics and log shippers write it, gives the length of each gzip member in its header (SAM specification, 4.1). A
//! Zstandard frame is a chain of blocks that give their lengths (RFC 8878), and programs that pack with several threads
//! write many frames. A wrong cut does not unpack; see [`Parallel`](super::parallel::Parallel).

use super::compression::Compression;

/// The most bytes of content of a part that is unpacked by itself: they are held in memory.
pub(super) const CONTENT_BYTES_MAX: u64 = 16 << 20;

/// Memory that a frame may ask for beside its content, as a power of two: windows of the highest levels are larger, and are
/// unpacked one after the other.
const WINDOW_LOG_MAX: u32 = 23;

/// A part that can be cut off.
struct CutPart {
    /// Its length.
    packed: usize,
    /// The most bytes that its content can have.
    content_max: u64,
}

/// The length of the whole parts that `packed` begins with and that may be held together; 0 if it begins with none.
pub(super) fn whole(compression: Compression, packed: &[u8]) -> usize {
    let part = match compression {
        Compression::Gzip => bgzf_block,
        Compression::Zstd => zstd_frame,
        Compression::Bzip2 | Compression::Xz => return 0,
    };
    let (mut end, mut content) = (0, 0);
    while let Some(part) = part(&packed[end..]) {
        content = part.content_max.saturating_add(content);
        if content > CONTENT_BYTES_MAX || part.packed > packed.len() - end {
            break;
        }
        end += part.packed;
    }
    end
}

fn number(bytes: &[u8], at: usize, len: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + len)?;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// The gzip member that `packed` begins with, if its header has its length.
fn bgzf_block(packed: &[u8]) -> Option<CutPart> {
    const EXTRA_FIELDS: u8 = 4;
    const FIXED_BYTES: usize = 12;
    if !packed.starts_with(&[0x1f, 0x8b, 8, EXTRA_FIELDS]) {
        return None;
    }
    let mut extra = packed.get(FIXED_BYTES..FIXED_BYTES + number(packed, 10, 2)? as usize)?;
    loop {
        let len = number(extra, 2, 2)? as usize;
        if extra.starts_with(b"BC") && len == 2 {
            return Some(CutPart { packed: number(extra, 4, 2)? as usize + 1, content_max: 1 << 16 });
        }
        extra = extra.get(4 + len..)?;
    }
}

/// The frame that `packed` begins with, if all of its blocks are there and its window is not too large.
fn zstd_frame(packed: &[u8]) -> Option<CutPart> {
    const BLOCK_CONTENT_MAX: u64 = 128 << 10;
    if number(packed, 0, 4)? & 0xFFFF_FFF0 == 0x184D_2A50 {
        return Some(CutPart { packed: 8 + number(packed, 4, 4)? as usize, content_max: 0 });
    }
    if !packed.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return None;
    }
    let descriptor = *packed.get(4)?;
    let (is_single, has_checksum) = (descriptor & 0x20 != 0, descriptor & 4 != 0);
    let mut at = 5;
    if !is_single {
        if 10 + u32::from(packed.get(at)? >> 3) > WINDOW_LOG_MAX {
            return None;
        }
        at += 1;
    }
    at += [0, 1, 2, 4][usize::from(descriptor & 3)];
    let size_bytes = match descriptor >> 6 {
        0 => usize::from(is_single),
        log => 1 << log,
    };
    let said = number(packed, at, size_bytes)?.saturating_add(if size_bytes == 2 { 256 } else { 0 });
    at += size_bytes;
    let mut content_max = 0;
    loop {
        content_max += BLOCK_CONTENT_MAX;
        let block = number(packed, at, 3)?;
        let is_repeated = block >> 1 & 3 == 1;
        at += 3 + if is_repeated { 1 } else { (block >> 3) as usize };
        if block & 1 == 1 {
            let content_max = if size_bytes > 0 { said } else { content_max };
            return Some(CutPart { packed: at + if has_checksum { 4 } else { 0 }, content_max });
        }
    }
}
