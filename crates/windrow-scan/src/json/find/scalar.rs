//! The index by a plain loop over the bytes: the oracle.

use super::Index;

/// Where the loop stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// Between tokens.
    Outside,
    /// In a number or a word.
    Word,
    /// In a string.
    Inside,
    /// Behind a backslash.
    Escape,
}

/// Fills the index; true when there is a byte above 0x7F.
pub(super) fn fill(index: &mut Index, bytes: &[u8], start: usize) -> bool {
    let (mut at, mut has_high) = (At::Outside, false);
    for (place, &byte) in bytes.iter().enumerate().skip(start) {
        has_high |= byte > 0x7F;
        let is_inside = matches!(at, At::Inside | At::Escape);
        let (is_token, next) = match byte {
            0..=0x1F if is_inside || !matches!(byte, b'\t' | b'\n' | b'\r') => {
                index.stop = Some(place);
                return has_high;
            }
            _ if at == At::Escape => (false, At::Inside),
            b'\\' if is_inside => {
                index.escapes.push(place as u32);
                (false, At::Escape)
            }
            b'\\' => {
                index.stop = Some(place);
                return has_high;
            }
            b'"' => (true, if is_inside { At::Outside } else { At::Inside }),
            _ if is_inside => (false, At::Inside),
            b'{' | b'}' | b'[' | b']' | b',' | b':' | b'\n' => (true, At::Outside),
            b' ' | b'\t' | b'\r' => (false, At::Outside),
            _ => (at == At::Outside, At::Word),
        };
        if is_token {
            index.tokens.push(place as u32);
        }
        at = next;
    }
    has_high
}
