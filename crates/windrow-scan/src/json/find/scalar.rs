//! The index by a plain loop over the bytes: the oracle.

use super::TokenIndex;

/// Where the loop stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TextState {
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
pub(super) fn fill(index: &mut TokenIndex, bytes: &[u8], start: usize) -> bool {
    let (mut at, mut has_high) = (TextState::Outside, false);
    for (place, &byte) in bytes.iter().enumerate().skip(start) {
        has_high |= byte > 0x7F;
        let is_inside = matches!(at, TextState::Inside | TextState::Escape);
        let (is_token, next) = match byte {
            0..=0x1F if is_inside || !matches!(byte, b'\t' | b'\n' | b'\r') => {
                index.stop = Some(place);
                return has_high;
            }
            _ if at == TextState::Escape => (false, TextState::Inside),
            b'\\' if is_inside => {
                index.escapes.push(place as u32);
                (false, TextState::Escape)
            }
            b'\\' => {
                index.stop = Some(place);
                return has_high;
            }
            b'"' => (true, if is_inside { TextState::Outside } else { TextState::Inside }),
            _ if is_inside => (false, TextState::Inside),
            b'{' | b'}' | b'[' | b']' | b',' | b':' | b'\n' => (true, TextState::Outside),
            b' ' | b'\t' | b'\r' => (false, TextState::Outside),
            _ => (at == TextState::Outside, TextState::Word),
        };
        if is_token {
            index.tokens.push(place as u32);
        }
        at = next;
    }
    has_high
}
