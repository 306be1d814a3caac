//! Escaping for people: a value from a log must not move the cursor, hide, or turn the text around it.

use std::borrow::Cow;
use std::fmt::Write;

/// The characters of a value that people are shown.
const CHARS_MAX: usize = 80;

/// The value made visible, and cut where it is long.
pub fn for_people(value: &str) -> Cow<'_, str> {
    match value.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => Cow::Owned(visible(&value[..end]).into_owned() + "…"),
        None => visible(value),
    }
}

/// The text with everything that is invisible or has power over the text around it written out (`\n`, `\u{1b}`).
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if is_hidden(c) => {
                // Writing to a String does not fail.
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
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
            ("a\x1b[31mred", "a\\u{1b}[31mred"),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\u{202e}nepO", "\\u{202e}nepO"),
            ("Op\u{200b}en", "Op\\u{200b}en"),
            ("\u{9b}2J", "\\u{9b}2J"),
            ("\u{e0041}", "\\u{e0041}"),
        ] {
            assert_eq!(for_people(value), shown);
        }
        assert_eq!(for_people(&"é".repeat(1000)).chars().count(), CHARS_MAX + 1);
        assert_eq!(for_people(&"e".repeat(1000)).chars().count(), CHARS_MAX + 1);
    }
}
