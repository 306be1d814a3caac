//! Ends: where a row of a stream ends, by its strings and brackets alone, in bytes that come piece by piece.

use memchr::memchr2;

use super::DEPTH_MAX;
use super::text::is_white;

/// Looks for the end of the element of an array, or of an object.
#[derive(Clone, Debug, Default)]
pub(super) struct ElementEnd {
    /// The brackets that close those that are open.
    open: Vec<u8>,
    /// Inside a string: whether a backslash escapes the next byte.
    string: Option<bool>,
    /// The last byte outside strings that is not white space, or the quote that closed the last string.
    last: Option<u8>,
    /// Whether brackets may be nested as deep as in an object, and values stand only behind what may precede them.
    is_strict: bool,
}

impl ElementEnd {
    /// The same for elements too long to be read. If a quote is missing, what is text and what is not change places, and the
    /// next missing quote would end the element, far behind its own end. What stands beside strings shows that.
    pub(super) fn of_long() -> Self {
        ElementEnd { is_strict: true, ..ElementEnd::default() }
    }

    /// The end of the element, which goes on in `text`: behind its last bracket, or before the comma or bracket that follows it.
    /// `None` if `text` ends first.
    ///
    /// # Errors
    /// A bracket closes another one, or the end cannot be relied on.
    pub(super) fn find(&mut self, text: &[u8]) -> Result<Option<usize>, ()> {
        let mut at = 0;
        while at < text.len() {
            if let Some(is_escaped) = self.string {
                at += self.in_string(&text[at..], is_escaped);
                continue;
            }
            let byte = text[at];
            if self.is_strict && !is_white(byte) && !self.may_follow(byte) {
                return Err(());
            }
            match byte {
                b'"' => self.string = Some(false),
                b'{' => self.open.push(b'}'),
                b'[' => self.open.push(b']'),
                b',' | b'}' | b']' if self.open.is_empty() => return Ok(Some(at)),
                b'}' | b']' if self.open.pop() != Some(byte) => return Err(()),
                b'}' | b']' if self.open.is_empty() => return Ok(Some(at + 1)),
                _ => {}
            }
            if !is_white(byte) {
                self.last = Some(byte);
            }
            at += 1;
        }
        Ok(None)
    }

    /// How many bytes of `text`, which begins inside a string, belong to it.
    fn in_string(&mut self, text: &[u8], is_escaped: bool) -> usize {
        let from = usize::from(is_escaped);
        let Some(found) = memchr2(b'"', b'\\', &text[from..]) else {
            self.string = Some(false);
            return text.len();
        };
        self.string = (text[from + found] == b'\\').then_some(true);
        from + found + 1
    }

    /// Whether `byte` may come behind the last one.
    fn may_follow(&self, byte: u8) -> bool {
        match byte {
            b'{' | b'[' if self.open.len() == DEPTH_MAX => false,
            b'{' | b'[' | b'"' => matches!(self.last, None | Some(b'{' | b'[' | b',' | b':')),
            b',' | b':' | b'}' | b']' => true,
            _ => self.last != Some(b'"'),
        }
    }
}

/// A row that is too long, of which more may come.
#[derive(Clone, Debug)]
pub(super) enum LongRow {
    /// An element.
    Element(ElementEnd),
    /// Text between objects, up to the next line or object.
    Text,
}

impl LongRow {
    /// Where it ends in `bytes`, with which it goes on. `None` if it has more than these.
    ///
    /// # Errors
    /// Its end cannot be told.
    pub(super) fn end(&mut self, bytes: &[u8]) -> Result<Option<usize>, ()> {
        match self {
            LongRow::Element(element) => element.find(bytes),
            LongRow::Text => Ok(memchr2(b'\n', b'{', bytes)),
        }
    }
}
