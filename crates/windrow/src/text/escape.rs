//! The one escape of text from data, wherever people are shown it: a name or a value must not move the cursor, hide, or turn the
//! text around it. A byte that might is written `\x1b`: `\x` and two digits.

use std::borrow::Cow;
use std::fmt::Write;
use std::path::Path;

/// The characters of a value that people are shown.
const CHARS_MAX: usize = 80;

/// The value made visible, and cut where it is long.
pub fn for_people(value: &str) -> Cow<'_, str> {
    match value.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => Cow::Owned(visible(&value[..end]).into_owned() + "…"),
        None => visible(value),
    }
}

/// A name or value in a sentence: `"…"`, made visible and cut.
pub fn quoted(value: impl AsRef<str>) -> String {
    format!("\"{}\"", for_people(value.as_ref()))
}

/// A field of CSV (RFC 4180), in quotes where it must be. Null is empty, and no value is.
pub fn push_csv_field(field: &str, text: &mut Vec<u8>) {
    if !field.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        text.extend_from_slice(field.as_bytes());
        return;
    }
    text.push(b'"');
    for byte in field.bytes() {
        if byte == b'"' {
            text.push(b'"');
        }
        text.push(byte);
    }
    text.push(b'"');
}

/// Names in a sentence, the first few of many.
pub fn names<T: AsRef<str>>(names: &[T]) -> String {
    const NAMES_MAX: usize = 20;
    let shown: Vec<_> = names.iter().take(NAMES_MAX).map(|name| for_people(name.as_ref())).collect();
    let shown = shown.join(", ");
    match names.len().checked_sub(NAMES_MAX) {
        Some(more @ 1..) => format!("{shown} and {more} more"),
        _ => shown,
    }
}

/// The text with every byte written out that is invisible or has power over the text around it.
pub fn visible(text: &str) -> Cow<'_, str> {
    without(text, is_hidden)
}

/// The same for a text of several lines.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    without(text, |c| c != '\n' && is_hidden(c))
}

/// The same for lines of JSON, in JSON's own way: `\u202e`.
pub fn visible_json(json: &str) -> Cow<'_, str> {
    written(
        json,
        |c| c != '\n' && is_hidden(c),
        |text, c| {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        },
    )
}

/// The same for bytes that need not be UTF-8.
pub fn visible_bytes(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        shown.push_str(&visible(chunk.valid()));
        push_bytes(&mut shown, chunk.invalid());
    }
    shown
}

/// A path, for people.
pub fn path(path: impl AsRef<Path>) -> String {
    visible_bytes(path.as_ref().as_os_str().as_encoded_bytes())
}

/// Bytes as text from which they can be told exactly: a backslash is written `\\`.
pub fn exact(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        shown.push_str(&visible(&chunk.valid().replace('\\', "\\\\")));
        push_bytes(&mut shown, chunk.invalid());
    }
    shown
}

/// Whether something in the text would be written out.
pub(super) fn is_hidden_in(text: &str) -> bool {
    text.contains(is_hidden)
}

fn without(text: &str, is_hidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    written(text, is_hidden, |text, c| push_bytes(text, c.encode_utf8(&mut [0; 4]).as_bytes()))
}

/// The text with its hidden characters written by `push`.
fn written(text: &str, is_hidden: impl Fn(char) -> bool, push: impl Fn(&mut String, char)) -> Cow<'_, str> {
    if !text.contains(&is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match is_hidden(c) {
            true => push(&mut shown, c),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

fn push_bytes(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a String does not fail.
        let _ = write!(text, "\\x{byte:02x}");
    }
}

/// Control characters, and what Unicode shows as nothing: marks of direction, joiners, fillers, separators of lines, tags.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{e000}'..='\u{f8ff}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{10ffff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_power_is_written_out() {
        for (value, shown) in [
            ("Open", "Open"),
            ("Öffnen ✓ 打开", "Öffnen ✓ 打开"),
            ("a\0\x1b[31mred\x7f", r"a\x00\x1b[31mred\x7f"),
            ("a\nb\r\tc", r"a\x0ab\x0d\x09c"),
            ("\u{202e}nepO", r"\xe2\x80\xaenepO"),
            ("Op\u{200b}en", r"Op\xe2\x80\x8ben"),
            ("\u{9b}2J", r"\xc2\x9b2J"),
            ("\u{e0041}", r"\xf3\xa0\x81\x81"),
            (r"a\b", r"a\b"),
        ] {
            assert_eq!(for_people(value), shown);
        }
        assert_eq!(for_people(&"é".repeat(1000)).chars().count(), CHARS_MAX + 1);
        assert_eq!(for_people(&"e".repeat(1000)).chars().count(), CHARS_MAX + 1);
    }

    #[test]
    fn one_byte_is_written_in_one_way() {
        for bytes in [&b"a\0\xff"[..], b"\x1b[2J", "\u{202e}\u{feff}".as_bytes()] {
            assert_eq!(visible_bytes(bytes), exact(bytes));
        }
        assert_eq!(exact(br"\x00"), r"\\x00");
        assert_eq!(quoted("a\"\n"), r#""a"\x0a""#);
        assert_eq!(visible_lines("a\n\x1bb"), "a\n\\x1bb");
        let json = visible_json("{\"a\":\"\u{202e}\u{e0041}\"}\n");
        assert_eq!(json, "{\"a\":\"\\u202e\\udb40\\udc41\"}\n");
    }
}
