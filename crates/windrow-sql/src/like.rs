//! LIKE: a pattern in which `%` stands for any text and `_` for one character.

use memchr::memmem::Finder;
use regex::bytes::Regex;

/// A pattern, in the form that is fastest to match.
#[derive(Clone, Debug)]
pub(crate) enum Like {
    Exactly(Vec<u8>),
    Begins(Vec<u8>),
    Ends(Vec<u8>),
    Contains(Box<Finder<'static>>),
    Regex {
        regex: Regex,
        /// The pattern with a backslash as its escape.
        pattern: String,
    },
}

impl Like {
    /// The pattern in `text`, in which `escape` makes the special character after it plain; an error if another character follows it.
    pub(crate) fn of(text: &str, escape: Option<char>) -> Result<Like, String> {
        let (mut pieces, mut piece, mut is_special) = (Vec::new(), String::new(), false);
        let mut regex = String::from(r"(?s)\A");
        let mut pattern = String::new();
        let push = |character: char, regex: &mut String, pattern: &mut String| {
            regex.push_str(&regex::escape(character.encode_utf8(&mut [0; 4])));
            if matches!(character, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(character);
        };
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match character {
                _ if Some(character) == escape => match characters.next() {
                    Some(next) if next == '%' || next == '_' || Some(next) == escape => {
                        piece.push(next);
                        push(next, &mut regex, &mut pattern);
                    }
                    _ => return Err(format!("{character} stands before a character that needs no escape")),
                },
                '%' => {
                    pieces.push(std::mem::take(&mut piece));
                    regex.push_str(".*");
                    pattern.push('%');
                }
                '_' => {
                    is_special = true;
                    regex.push('.');
                    pattern.push('_');
                }
                _ => {
                    piece.push(character);
                    push(character, &mut regex, &mut pattern);
                }
            }
        }
        pieces.push(piece);
        regex.push_str(r"\z");
        let bytes = |text: &String| text.as_bytes().to_vec();
        match pieces.as_slice() {
            [all] if !is_special => Ok(Like::Exactly(bytes(all))),
            [start, end] if !is_special && end.is_empty() => Ok(Like::Begins(bytes(start))),
            [start, end] if !is_special && start.is_empty() => Ok(Like::Ends(bytes(end))),
            [start, inner, end] if !is_special && start.is_empty() && end.is_empty() => {
                Ok(Like::Contains(Box::new(Finder::new(inner.as_bytes()).into_owned())))
            }
            _ => match Regex::new(&regex) {
                Ok(regex) => Ok(Like::Regex { regex, pattern }),
                Err(_) => Err("the pattern is too long".to_owned()),
            },
        }
    }

    /// Whether a text matches it.
    pub(crate) fn is_like(&self, text: &[u8]) -> bool {
        match self {
            Like::Exactly(all) => text == all,
            Like::Begins(start) => text.starts_with(start),
            Like::Ends(end) => text.ends_with(end),
            Like::Contains(inner) => inner.find(text).is_some(),
            Like::Regex { regex, .. } => regex.is_match(text),
        }
    }
}
