//! Width: the columns that a text takes on a terminal, where `打` takes two, and texts cut to fit.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns that `text` takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` in at most `columns`, cut at its end: `a long te…`.
pub fn cut_end(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let len = fitting(text.chars(), columns).map(char::len_utf8).sum::<usize>();
    format!("{}…", &text[..len])
}

/// `text` in at most `columns`, cut at its start: `…/2024/01/31.csv`. For names of files, which differ at their end.
pub fn cut_start(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let len = fitting(text.chars().rev(), columns).map(char::len_utf8).sum::<usize>();
    format!("…{}", &text[text.len() - len..])
}

/// `text`, with spaces before it (`right`) or behind it, in `columns`.
pub(crate) fn padded(text: &str, columns: usize, right: bool) -> String {
    let spaces = " ".repeat(columns.saturating_sub(width(text)));
    if right { spaces + text } else { text.to_owned() + &spaces }
}

/// The first characters that leave room for a mark of the cut.
fn fitting(chars: impl Iterator<Item = char>, columns: usize) -> impl Iterator<Item = char> {
    let mut left = columns.saturating_sub(1);
    chars.take_while(move |char| {
        let fits = left.checked_sub(char.width().unwrap_or(0));
        left = fits.unwrap_or(0);
        fits.is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(["Open", "打开", "🚪x", "é", "e\u{301}"].map(width), [4, 4, 3, 1, 1]);
        assert_eq!(padded("打开", 6, true), "  打开");
        assert_eq!(padded("打开", 6, false), "打开  ");
        assert_eq!(padded("打开", 3, false), "打开");
    }

    #[test]
    fn cut_texts_fit() {
        assert_eq!((cut_end("Open", 4), cut_start("Open", 4)), ("Open".to_owned(), "Open".to_owned()));
        assert_eq!((cut_end("Opened", 4), cut_start("Opened", 4)), ("Ope…".to_owned(), "…ned".to_owned()));
        // A wide character that would be cut in two is left out.
        assert_eq!((cut_end("打开打开", 4), cut_start("打开打开", 4)), ("打…".to_owned(), "…开".to_owned()));
        for text in ["plain text", "打开 doors 🚪🚪", "e\u{301}e\u{301}e\u{301}"] {
            for columns in 1..20 {
                assert!(width(&cut_end(text, columns)) <= columns, "{text} in {columns}");
                assert!(width(&cut_start(text, columns)) <= columns, "{text} in {columns}");
            }
        }
    }
}
