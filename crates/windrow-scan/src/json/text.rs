//! Text: strings, numbers and words of JSON, one byte at a time.

use super::ObjectFault;

/// The string whose opening quote is at `at`: where its closing quote is, and whether it has escapes.
pub(super) fn string(bytes: &[u8], at: usize) -> Result<(usize, bool), ObjectFault> {
    let (mut at, mut has_escapes) = (at + 1, false);
    loop {
        match *bytes.get(at).ok_or(ObjectFault::Unclosed)? {
            b'"' => return Ok((at, has_escapes)),
            b'\\' => {
                has_escapes = true;
                at = escape(bytes, at)?.1;
            }
            0..=0x1F => return Err(ObjectFault::ControlCharacter),
            0x20..=0x7F => at += 1,
            _ => at += character(&bytes[at..])?,
        }
    }
}

/// Bytes of the character that `bytes` begin with.
fn character(bytes: &[u8]) -> Result<usize, ObjectFault> {
    let first = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(first) {
        Ok(text) => text,
        Err(error) if error.valid_up_to() == 0 && error.error_len().is_none() => {
            return Err(ObjectFault::Unclosed);
        }
        Err(error) => std::str::from_utf8(&first[..error.valid_up_to()]).unwrap_or_default(),
    };
    valid.chars().next().map(char::len_utf8).ok_or(ObjectFault::InvalidUtf8)
}

/// The character of the escape whose backslash is at `at`, and where the escape ends.
pub(super) fn escape(bytes: &[u8], at: usize) -> Result<(char, usize), ObjectFault> {
    let plain = match *bytes.get(at + 1).ok_or(ObjectFault::Unclosed)? {
        byte @ (b'"' | b'\\' | b'/') => char::from(byte),
        b'b' => '\u{8}',
        b'f' => '\u{C}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let first = four_digits(bytes, at + 2)?;
            if let Some(c) = char::from_u32(first) {
                return Ok((c, at + 6));
            }
            let follows = [b'\\', b'u'].iter().enumerate().map(|(n, byte)| (at + 6 + n, *byte));
            for (at, wanted) in follows {
                if *bytes.get(at).ok_or(ObjectFault::Unclosed)? != wanted {
                    return Err(ObjectFault::BadEscape);
                }
            }
            let second = four_digits(bytes, at + 8)?;
            let is_pair = (0xD800..0xDC00).contains(&first) && (0xDC00..0xE000).contains(&second);
            let code = 0x10000 + ((first & 0x3FF) << 10) + (second & 0x3FF);
            let pair = char::from_u32(code).filter(|_| is_pair);
            return pair.map(|c| (c, at + 12)).ok_or(ObjectFault::BadEscape);
        }
        _ => return Err(ObjectFault::BadEscape),
    };
    Ok((plain, at + 2))
}

fn four_digits(bytes: &[u8], at: usize) -> Result<u32, ObjectFault> {
    let mut code = 0;
    for at in at..at + 4 {
        let digit = char::from(*bytes.get(at).ok_or(ObjectFault::Unclosed)?).to_digit(16);
        code = code * 16 + digit.ok_or(ObjectFault::BadEscape)?;
    }
    Ok(code)
}

/// The text of a string; `inner` is the well-formed text between its quotes.
pub fn unescape(inner: &[u8]) -> Vec<u8> {
    let (mut text, mut at) = (Vec::with_capacity(inner.len()), 0);
    while let Some(byte) = inner.get(at) {
        match escape(inner, at) {
            Ok((c, end)) if *byte == b'\\' => {
                text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                at = end;
            }
            _ => {
                text.push(*byte);
                at += 1;
            }
        }
    }
    text
}

/// [`unescape`] for any text; `None` if a backslash does not begin a JSON escape.
pub fn unescaped(inner: &[u8]) -> Option<Vec<u8>> {
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', inner.get(at..)?) {
        at = escape(inner, at + found).ok()?.1;
    }
    Some(unescape(inner))
}

/// Where the number or word that begins at `at` ends, and whether it is null.
pub(super) fn scalar(bytes: &[u8], at: usize) -> Result<(usize, bool), ObjectFault> {
    let word: &[u8] = match bytes.get(at) {
        Some(b'n') => b"null",
        Some(b't') => b"true",
        Some(b'f') => b"false",
        _ => return number(bytes, at).map(|end| (end, false)),
    };
    match &bytes[at..] {
        text if text.starts_with(word) => Ok((at + word.len(), word == b"null")),
        text if word.starts_with(text) => Err(ObjectFault::Unclosed),
        _ => Err(ObjectFault::BadToken),
    }
}

fn number(bytes: &[u8], at: usize) -> Result<usize, ObjectFault> {
    let is = |at: usize, wanted: &[u8]| bytes.get(at).is_some_and(|byte| wanted.contains(byte));
    let digits = |from: usize| {
        let end = from + bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        match end > from {
            true => Ok(end),
            false if end == bytes.len() => Err(ObjectFault::Unclosed),
            false => Err(ObjectFault::BadToken),
        }
    };
    let mut at = at + usize::from(is(at, b"-"));
    at = if is(at, b"0") { at + 1 } else { digits(at)? };
    if is(at, b".") {
        at = digits(at + 1)?;
    }
    if is(at, b"eE") {
        at = digits(at + 1 + usize::from(is(at + 1, b"+-")))?;
    }
    Ok(at)
}

/// White space between tokens.
#[inline(always)]
pub(super) fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
