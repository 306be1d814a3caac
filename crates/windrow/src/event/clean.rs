//! Cleaning: from a raw key value to the one that is reported. Pure, and applied to distinct values only.

use std::borrow::Cow;

use super::{Cleaning, LetterCase};

impl Cleaning {
    /// The clean form of a raw value; `None` (null) if nothing is left of it.
    pub fn clean<'v>(&self, raw: &'v str) -> Option<Cow<'v, str>> {
        let value = if self.trim { raw.trim_matches(is_ascii_white_space) } else { raw };
        if value.is_empty() {
            return None;
        }
        Some(match self.case {
            LetterCase::Keep => Cow::Borrowed(value),
            LetterCase::Lower => Cow::Owned(value.to_lowercase()),
            LetterCase::Upper => Cow::Owned(value.to_uppercase()),
            LetterCase::Title => Cow::Owned(title_case(value)),
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

/// Lower case, and the first letter of each word in title case; U+0020 alone separates words.
fn title_case(value: &str) -> String {
    let mut titled = String::with_capacity(value.len());
    for (number, word) in value.split(' ').enumerate() {
        if number > 0 {
            titled.push(' ');
        }
        let Some(first) = word.chars().next() else { continue };
        push_title(first, &mut titled);
        titled.extend(word.to_lowercase().chars().skip(first.to_lowercase().count()));
    }
    titled
}

/// Appends the title case of a letter: a capital stays as it is, another is its upper case, save where Unicode gives a
/// letter a third form.
fn push_title(c: char, to: &mut String) {
    match c {
        'Ǆ' | 'ǅ' | 'ǆ' => to.push('ǅ'),
        'Ǉ' | 'ǈ' | 'ǉ' => to.push('ǈ'),
        'Ǌ' | 'ǋ' | 'ǌ' => to.push('ǋ'),
        'Ǳ' | 'ǲ' | 'ǳ' => to.push('ǲ'),
        'ŉ' => to.push_str("ʼN"),
        _ if c.to_lowercase().ne([c]) => to.push(c),
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
    let up = if c < '\u{1FB0}' { 8 } else { 9 };
    char::from_u32(u32::from(c) + up).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    fn cleaned(case: LetterCase, raw: &str) -> Option<String> {
        Cleaning { trim: true, case }.clean(raw).map(Cow::into_owned)
    }

    #[test]
    fn cuts_ascii_white_space_and_nothing_else() {
        for raw in ["Open", " Open\t", "\r\nOpen\x0b\x0c"] {
            assert_eq!(cleaned(LetterCase::Keep, raw).unwrap(), "Open");
        }
        assert_eq!(cleaned(LetterCase::Keep, "\u{a0}Open").unwrap(), "\u{a0}Open");
        assert_eq!(cleaned(LetterCase::Keep, " \t "), None);
        let untrimmed = Cleaning { trim: false, case: LetterCase::Keep };
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
            assert_eq!(cleaned(LetterCase::Title, raw).unwrap(), title);
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
            assert_eq!(cleaned(LetterCase::Title, raw).unwrap(), title, "{raw}");
        }
    }

    #[test]
    fn a_capital_that_begins_a_word_stays_as_it_is() {
        for (raw, title) in [
            ("İPTAL", "İptal"),
            ("İPTAL İX xİ", "İptal İx Xi\u{307}"),
            ("ẞTRASSE", "ẞtrasse"),
            ("ϴA", "ϴa"),
            ("\u{2126}A \u{212A}A \u{212B}A", "\u{2126}a \u{212A}a \u{212B}a"),
            ("\u{1C90}\u{1C91}", "\u{1C90}\u{10D1}"),
            ("ᾈΑ", "ᾈα"),
        ] {
            assert_eq!(cleaned(LetterCase::Title, raw).unwrap(), title, "{raw}");
        }
    }

    /// Spark 4.3.0 was asked for `initcap(c || 'XY')` and `initcap('x' || c || 'Y')` of every code point c except the blank. Its
    /// results for c are kept here as a hash, over a line `CODE TITLE LOWER` for each c that changes in one of them.
    #[test]
    fn every_code_point_is_cased_as_spark_does() {
        let mut table = String::new();
        let mut lines = 0;
        for c in ('\u{1}'..=char::MAX).filter(|c| *c != ' ') {
            let title = title_case(&format!("{c}XY"));
            let lower = title_case(&format!("x{c}Y"));
            let (title, lower) = (title.strip_suffix("xy").unwrap(), &lower[1..lower.len() - 1]);
            if title.chars().ne([c]) || lower.chars().ne([c]) {
                table += &format!("{:x} {title} {lower}\n", u32::from(c));
                lines += 1;
            }
        }
        let hash: String = Sha256::digest(&table).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(lines, 2991);
        assert_eq!(hash, "8801531b7280086328cf845aa40f028b246dcbab75b575a4880802efb87e2cc6");
    }

    #[test]
    fn each_key_is_cleaned_by_the_rule_of_its_column() {
        let rules = [LetterCase::Lower, LetterCase::Keep, LetterCase::Upper]
            .map(|case| Cleaning { trim: true, case });
        let raw = [" Open", " ", "shut "].map(str::to_owned);
        let clean = ["open", "", "SHUT"].map(|text| (!text.is_empty()).then(|| text.to_owned()));
        assert_eq!(Cleaning::clean_all(&rules, &raw), clean);
    }

    #[test]
    fn upper_and_lower_are_full_mappings() {
        assert_eq!(cleaned(LetterCase::Upper, "straße").unwrap(), "STRASSE");
        assert_eq!(cleaned(LetterCase::Lower, "OPEN İ").unwrap(), "open i\u{307}");
    }
}
