//! Turns UTF-16 into UTF-8, mark included. UTF-16 is recognised by its byte order mark, or by its first characters: text, of which
//! enough is ASCII.
//!
//! Half of a surrogate pair becomes the three bytes that it would have in UTF-8, and a last byte without its second becomes
//! 0xFF. UTF-8 allows neither, so such a row is a reject and is never mended in silence.

use std::io::{self, Read};
use std::sync::{Arc, OnceLock};

use super::stream::read_some;

/// Bytes of a unit of UTF-16.
const UNIT_BYTES: usize = 2;

/// Bytes to read at a time.
const READ_BYTES: usize = 64 << 10;

/// The byte order recognised from the first bytes of a text, and its name; `None`: it is not UTF-16. UTF-32 may begin like UTF-16.
pub(super) fn order_of(head: &[u8]) -> Option<(ByteOrder, &'static str)> {
    let (little, big): ((ByteOrder, _), (ByteOrder, _)) =
        ((u16::from_le_bytes, "UTF-16LE"), (u16::from_be_bytes, "UTF-16BE"));
    match head {
        [0xff, 0xfe, 0, 0, ..] => return None,
        [0xff, 0xfe, ..] => return Some(little),
        [0xfe, 0xff, ..] => return Some(big),
        _ => {}
    }
    let (units, _) = head[..head.len().min(HEAD_BYTES)].as_chunks::<UNIT_BYTES>();
    let read = |(order, name): (ByteOrder, _)| {
        let units: Vec<u16> = units.iter().map(|unit| order(*unit)).collect();
        let ascii = units.iter().filter(|unit| (0x01..0x80).contains(*unit)).count();
        let is_enough = ascii >= ASCII_MIN.max(units.len() / ASCII_SHARE);
        (is_enough && (ascii == units.len() || is_text(&units))).then_some((ascii, (order, name)))
    };
    let found = [little, big].into_iter().filter_map(read);
    found.max_by_key(|(ascii, _)| *ascii).map(|(_, order)| order)
}

/// Whether these are characters that text has. The last one may be cut off.
fn is_text(units: &[u16]) -> bool {
    let whole = match units.split_last() {
        Some((0xd800..0xdc00, whole)) => whole,
        _ => units,
    };
    let is_of_text =
        |c: char| matches!(c, '\t' | '\n' | '\r') || !c.is_control() && !matches!(c, '\u{fffe}'..='\u{ffff}');
    char::decode_utf16(whole.iter().copied()).all(|c| c.is_ok_and(is_of_text))
}

/// The least number of ASCII characters that show UTF-16 without a mark. In UTF-8, each second one would be a NUL.
const ASCII_MIN: usize = 4;
/// One character of so many has to be ASCII.
const ASCII_SHARE: usize = 4;

/// Turns two bytes into a unit.
pub(super) type ByteOrder = fn([u8; UNIT_BYTES]) -> u16;

/// Holds the name of an encoding once it is recognised.
pub(super) type SeenEncoding = Arc<OnceLock<&'static str>>;

/// First bytes that [`order_of`] looks at.
pub(super) const HEAD_BYTES: usize = 64;

/// Reads a text that may be UTF-16 as UTF-8.
pub(super) struct InUtf8<R> {
    text: R,
    state: Utf16State,
    seen: SeenEncoding,
    /// Bytes that were read and not given out yet: of the text itself, or of its UTF-8.
    held: Vec<u8>,
    given: usize,
    /// Half a character, and half a unit.
    high: Option<u16>,
    odd: Option<u8>,
}

enum Utf16State {
    /// Nothing was read.
    Begin,
    /// It is another encoding, which is passed on.
    Other,
    Utf16(ByteOrder),
    End,
}

impl<R: Read> InUtf8<R> {
    pub(super) fn new(text: R, seen: &SeenEncoding) -> Self {
        let (state, seen) = (Utf16State::Begin, Arc::clone(seen));
        InUtf8 { text, state, seen, held: Vec::new(), given: 0, high: None, odd: None }
    }

    /// Finds out what the text is.
    fn begin(&mut self) -> io::Result<()> {
        self.held.resize(HEAD_BYTES, 0);
        let mut have = 0;
        while have < HEAD_BYTES {
            match read_some(&mut self.text, &mut self.held[have..])? {
                0 => break,
                read => have += read,
            }
        }
        self.held.truncate(have);
        self.state = match order_of(&self.held) {
            None => Utf16State::Other,
            Some((order, name)) => {
                let head = std::mem::take(&mut self.held);
                self.seen.get_or_init(|| name);
                self.take(order, &head);
                Utf16State::Utf16(order)
            }
        };
        Ok(())
    }

    /// Reads more, and holds it as UTF-8.
    fn fill(&mut self, order: ByteOrder) -> io::Result<()> {
        let mut piece = vec![0; READ_BYTES];
        let read = read_some(&mut self.text, &mut piece)?;
        (self.given, self.state) = (0, Utf16State::Utf16(order));
        self.held.clear();
        if read > 0 {
            self.take(order, &piece[..read]);
        } else {
            let halves = (self.high.take(), self.odd.take());
            halves.0.into_iter().for_each(|high| self.push_half(high));
            self.held.extend(halves.1.map(|_| 0xff));
            self.state = Utf16State::End;
        }
        Ok(())
    }

    fn take(&mut self, order: ByteOrder, bytes: &[u8]) {
        self.held.reserve(bytes.len() + bytes.len() / 2);
        let mut bytes = bytes;
        if let (Some(first), Some((second, rest))) = (self.odd, bytes.split_first()) {
            self.odd = None;
            self.unit(order([first, *second]));
            bytes = rest;
        }
        let (units, odd) = bytes.as_chunks::<UNIT_BYTES>();
        for unit in units {
            self.unit(order(*unit));
        }
        self.odd = self.odd.or(odd.first().copied());
    }

    fn unit(&mut self, unit: u16) {
        if let (0..0x80, None) = (unit, self.high) {
            return self.held.push(unit as u8);
        }
        match (self.high.take(), unit) {
            (Some(high), low @ 0xdc00..=0xdfff) => {
                let c = 0x1_0000 + ((u32::from(high) - 0xd800) << 10) + (u32::from(low) - 0xdc00);
                self.push(char::from_u32(c).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            (high, unit) => {
                high.into_iter().for_each(|high| self.push_half(high));
                match (unit, char::from_u32(u32::from(unit))) {
                    (_, Some(c)) => self.push(c),
                    (0xd800..=0xdbff, None) => self.high = Some(unit),
                    (_, None) => self.push_half(unit),
                }
            }
        }
    }

    fn push(&mut self, c: char) {
        self.held.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn push_half(&mut self, half: u16) {
        let low = |bits: u16| 0x80 | (bits & 0x3f) as u8;
        self.held.extend([0xe0 | (half >> 12) as u8, low(half >> 6), low(half)]);
    }
}

impl<R: Read> Read for InUtf8<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Utf16State::Begin = self.state {
            self.begin()?;
        }
        loop {
            let left = &self.held[self.given..];
            if !left.is_empty() {
                let len = left.len().min(into.len());
                into[..len].copy_from_slice(&left[..len]);
                self.given += len;
                return Ok(len);
            }
            match self.state {
                Utf16State::Utf16(order) => self.fill(order)?,
                Utf16State::Other => return self.text.read(into),
                Utf16State::Begin | Utf16State::End => return Ok(0),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Delivers at most this many bytes at a time.
    struct Dripping<'a>(&'a [u8], usize);

    impl Read for Dripping<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let len = self.1.min(into.len()).min(self.0.len());
            into[..len].copy_from_slice(&self.0[..len]);
            self.0 = &self.0[len..];
            Ok(len)
        }
    }

    fn in_utf8(bytes: &[u8], at_a_time: usize) -> Vec<u8> {
        let mut text = Vec::new();
        InUtf8::new(Dripping(bytes, at_a_time), &SeenEncoding::default()).read_to_end(&mut text).unwrap();
        text
    }

    proptest! {
        #[test]
        fn any_text_comes_out_in_utf8(text in "\\PC*|[\n,a]*", at_a_time in 1usize..9, big in any::<bool>(), has_mark in any::<bool>()) {
            let text = format!("{}{text}", if has_mark { "\u{feff}" } else { "time," });
            let unit = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
            let bytes: Vec<u8> = text.encode_utf16().flat_map(unit).collect();
            // What begins with a NUL after its mark is taken for UTF-32.
            prop_assume!(!text.starts_with("\u{feff}\0"));
            // Without a mark its first characters tell it.
            prop_assume!(has_mark || text.chars().take(HEAD_BYTES / 2).all(|c| c.is_ascii() && c != '\0'));
            prop_assert_eq!(in_utf8(&bytes, at_a_time), text.as_bytes());
            prop_assert_eq!(in_utf8(text.as_bytes(), at_a_time), text.as_bytes());
        }

        #[test]
        fn any_bytes_come_out_as_units_do(bytes in prop::collection::vec(any::<u8>(), 0..40), at_a_time in 1usize..9) {
            let bytes = [&[0xff, 0xfe, b'a', 0][..], &bytes].concat();
            let text = in_utf8(&bytes, at_a_time);
            prop_assert_eq!(&text, &in_utf8(&bytes, 100));
            let units = bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
            let is_whole = bytes.len() % 2 == 0;
            match char::decode_utf16(units).collect::<Result<String, _>>() {
                Ok(whole) if is_whole => prop_assert_eq!(text, whole.into_bytes()),
                _ => prop_assert!(std::str::from_utf8(&text).is_err()),
            }
        }
    }

    #[test]
    fn text_without_a_mark_may_have_other_letters() {
        let names = [
            "\u{432}\u{440}\u{435}\u{43c}\u{44f},\u{434}",
            "\u{65f6}\u{95f4},\u{4e00}",
            "\u{3000}\u{1f600}x",
        ];
        for text in names.map(|names| format!("{names}\n2024-01-01T00:00:00Z,\u{4e00}\n")) {
            for order in [u16::to_le_bytes, u16::to_be_bytes] {
                let bytes: Vec<u8> = text.encode_utf16().flat_map(order).collect();
                assert_eq!(in_utf8(&bytes, 1), text.as_bytes());
                assert_eq!(
                    in_utf8(&bytes[..bytes.len() - 1], 1),
                    [&text.as_bytes()[..text.len() - 1], b"\xff"].concat()
                );
            }
        }
        let binary = [&b"\x04\0\0\0"[..], b"O\0p\0e\0n\0a\0b\0"].concat();
        assert_eq!(in_utf8(&binary, 1), binary);
        let mostly_other = "\u{65f6}".repeat(30) + "\n,";
        let bytes: Vec<u8> = mostly_other.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(in_utf8(&bytes, 1), bytes, "too little ASCII to tell");
    }

    #[test]
    fn halves_are_never_mended() {
        assert_eq!(in_utf8(b"\xff\xfea\0\x00\xd8b\0", 3), b"\xef\xbb\xbfa\xed\xa0\x80b");
        assert_eq!(in_utf8(b"\xff\xfea\0\x00\xdc\x00\xd8", 3), b"\xef\xbb\xbfa\xed\xb0\x80\xed\xa0\x80");
        assert_eq!(in_utf8(b"\xfe\xff\0a\0", 1), b"\xef\xbb\xbfa\xff");
        assert_eq!(in_utf8(b"\xff\xfe\0\0a\0\0\0", 1), b"\xff\xfe\0\0a\0\0\0", "UTF-32");
        assert_eq!(in_utf8(b"a\0b\0c\0", 1), b"a\0b\0c\0", "too few characters");
        assert_eq!(in_utf8(b"a\0b\0c\0\0\0", 1), b"a\0b\0c\0\0\0", "a NUL");
        assert_eq!(in_utf8(b"\0a\0b\0c\0d\0\xe4", 1), "abcd\u{e4}".as_bytes(), "another character");
        assert_eq!(
            in_utf8(b"\0a\0b\0c\0d\0\x85", 1),
            b"\0a\0b\0c\0d\0\x85",
            "a character that text does not have"
        );
        assert_eq!(in_utf8(b"", 1), b"");
        assert_eq!(in_utf8(b"\xff", 1), b"\xff");
    }
}
