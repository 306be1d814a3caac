//! Cleaning: from a raw key value to the one that is reported. Pure, and applied to distinct values only.

use std::borrow::Cow;

use super::{Case, Cleaning};

impl Cleaning {
    /// The clean form of a raw value; none (null) when nothing is left of it.
    pub fn clean<'v>(&self, raw: &'v str) -> Option<Cow<'v, str>> {
        let value = if self.trim { raw.trim_matches(is_ascii_white_space) } else { raw };
        if value.is_empty() {
            return None;
        }
        Some(match self.case {
            Case::Keep => Cow::Borrowed(value),
            Case::Lower => Cow::Owned(value.to_lowercase()),
            Case::Upper => Cow::Owned(value.to_uppercase()),
            Case::Title => Cow::Owned(title_case(value)),
        })
    }

    /// The clean form of the raw values of a key tuple, each by the rule of its column.
    pub fn clean_all(cleaning: &[Cleaning], raw: &[String]) -> Vec<Option<String>> {
        let cleaned = raw.iter().zip(cleaning);
        cleaned.map(|(raw, cleaning)| cleaning.clean(raw).map(Cow::into_owned)).collect()
    }
}

/// Space, tab, line feed, vertical tab, form feed, carriage return.
fn is_ascii_white_space(c: char) -> bool {
    matches!(c, ' ' | '\t'..='\r')
}

/// Lower case, then the first letter of each word in title case; U+0020 alone separates words.
fn title_case(value: &str) -> String {
    let mut titled = String::with_capacity(value.len());
    let mut at_word_start = true;
    for c in value.to_lowercase().chars() {
        if at_word_start {
            push_title(c, &mut titled);
        } else {
            titled.push(c);
        }
        at_word_start = c == ' ';
    }
    titled
}

/// Appends the title case of a lower-case letter: its upper case, save where Unicode gives a letter a third form.
fn push_title(c: char, to: &mut String) {
    match c {
        'ǆ' => to.push('ǅ'),
        'ǉ' => to.push('ǈ'),
        'ǌ' => to.push('ǋ'),
        'ǳ' => to.push('ǲ'),
        'ŉ' => to.push_str("ʼN"),
        // Georgian has capitals for whole words only.
        'ა'..='ჺ' | 'ჽ'..='ჿ' => to.push(c),
        // Greek vowels with an iota below keep it there, as part of the letter or as a mark of its own.
        '\u{1F80}'..='\u{1FAF}' | '\u{1FB3}' | '\u{1FC3}' | '\u{1FF3}' => to.push(with_iota(c)),
        '\u{1FB2}'..='\u{1FF7}'
            if c.to_uppercase().last() == Some('\u{399}') && c.to_uppercase().count() > 1 =>
        {
            to.extend(c.to_uppercase().map(|upper| if upper == '\u{399}' { '\u{345}' } else { upper }));
        }
        _ => {
            let mut upper = c.to_uppercase();
            to.extend(upper.next());
            to.extend(upper.flat_map(char::to_lowercase));
        }
    }
}

/// The capital with an iota at its side of a Greek vowel with an iota below.
fn with_iota(c: char) -> char {
    let up = if c < '\u{1FB0}' { if u32::from(c) & 8 == 0 { 8 } else { 0 } } else { 9 };
    char::from_u32(u32::from(c) + up).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(case: Case, raw: &str) -> Option<String> {
        Cleaning { trim: true, case }.clean(raw).map(Cow::into_owned)
    }

    #[test]
    fn cuts_ascii_white_space_and_nothing_else() {
        for raw in ["Open", " Open\t", "\r\nOpen\x0b\x0c"] {
            assert_eq!(cleaned(Case::Keep, raw).unwrap(), "Open");
        }
        assert_eq!(cleaned(Case::Keep, "\u{a0}Open").unwrap(), "\u{a0}Open");
        assert_eq!(cleaned(Case::Keep, " \t "), None);
        let untrimmed = Cleaning { trim: false, case: Case::Keep };
        assert_eq!(untrimmed.clean(" ").unwrap(), " ");
        assert_eq!(untrimmed.clean(""), None);
    }

    #[test]
    fn a_title_word_begins_after_a_space_only() {
        for (raw, title) in [
            ("open", "Open"),
            ("OPEN DOOR", "Open Door"),
            ("open-door", "Open-door"),
            ("open\tdoor", "Open\tdoor"),
            ("open  door", "Open  Door"),
            ("1st door", "1st Door"),
            ("o'neil", "O'neil"),
            ("éCOLE", "École"),
            ("ΟΔΟΣ ΣΟΦΙΑΣ", "Οδος Σοφιας"),
        ] {
            assert_eq!(cleaned(Case::Title, raw).unwrap(), title);
        }
    }

    #[test]
    fn letters_with_a_title_form_of_their_own() {
        for (raw, title) in [
            ("ǆ", "ǅ"),
            ("Ǳ", "ǲ"),
            ("ßen", "Ssen"),
            ("ﬃ", "Ffi"),
            ("ŉ", "ʼN"),
            ("აბგ", "აბგ"),
            ("ᾳ", "ᾼ"),
            ("ᾀ", "ᾈ"),
            ("ᾲ", "Ὰ\u{345}"),
            ("ᾷ", "Α\u{342}\u{345}"),
            ("և", "Եւ"),
        ] {
            assert_eq!(cleaned(Case::Title, raw).unwrap(), title, "{raw}");
        }
    }

    #[test]
    fn upper_and_lower_are_full_mappings() {
        assert_eq!(cleaned(Case::Upper, "straße").unwrap(), "STRASSE");
        assert_eq!(cleaned(Case::Lower, "OPEN İ").unwrap(), "open i\u{307}");
    }
}
