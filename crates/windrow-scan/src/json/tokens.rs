//! Tokens: reads an object by its index, from token to token. It accepts only what the automaton accepts, and leaves anything
//! wrong or unusual to it.

use super::DEPTH_MAX;
use super::find::TokenIndex;
use super::object::{JsonValue, ObjectValues};
use super::path::{NodeId, Paths, ROOT};
use super::text::{escape, is_white, scalar};

/// Walks the objects in `bytes` by their index.
pub(super) struct Tokens<'a> {
    bytes: &'a [u8],
    paths: &'a Paths,
    tokens: &'a [u32],
    escapes: &'a [u32],
    /// The next token.
    at: usize,
    /// The next escape that is not checked.
    unchecked: usize,
    /// The next escape that is behind the last string that was wanted.
    escape: usize,
    /// The number of objects and arrays that are entered.
    depth: usize,
}

/// A token: where it is, and its first byte.
#[derive(Clone, Copy)]
struct Token {
    place: usize,
    byte: u8,
}

/// A line.
pub(super) struct TokenLine {
    /// Whether it is an object; if not, it is blank.
    pub(super) is_object: bool,
    /// Where it ends.
    pub(super) line_end: usize,
}

impl<'a> Tokens<'a> {
    /// Walks the whole lines in `index`.
    pub(super) fn of_lines(bytes: &'a [u8], paths: &'a Paths, index: &'a TokenIndex) -> Self {
        let is_line_end = |place: &u32| bytes[*place as usize] == b'\n';
        let whole = index.tokens.iter().rposition(is_line_end).map_or(0, |last| last + 1);
        let (tokens, escapes) = (&index.tokens[..whole], &index.escapes[..]);
        Tokens { bytes, paths, tokens, escapes, at: 0, unchecked: 0, escape: 0, depth: 0 }
    }

    /// Whether no line is left.
    pub(super) fn is_done(&self) -> bool {
        self.at == self.tokens.len()
    }

    /// The line that begins with the next token, if it is blank or an object; `values` receives the wanted values of an object.
    /// `None`: it is something else, and no token is taken.
    #[inline(always)]
    pub(super) fn line(&mut self, values: &mut ObjectValues) -> Option<TokenLine> {
        let begin = self.at;
        let line = self.object_or_blank(values);
        if line.is_none() {
            self.at = begin;
        }
        line
    }

    /// Skips the tokens of the line that begins with the next one, and returns the place of its line end.
    pub(super) fn skip_line(&mut self) -> usize {
        loop {
            match self.next() {
                Some(Token { byte, .. }) if byte != b'\n' => {}
                token => return token.map_or(self.bytes.len(), |token| token.place),
            }
        }
    }

    #[inline(always)]
    fn object_or_blank(&mut self, values: &mut ObjectValues) -> Option<TokenLine> {
        let first = self.next()?;
        if first.byte != b'{' {
            return (first.byte == b'\n').then_some(TokenLine { is_object: false, line_end: first.place });
        }
        values.begin(self.paths);
        self.depth = 1;
        self.object(ROOT, values)?;
        let end = self.next()?;
        let is_right = end.byte == b'\n' && self.escapes_are_right(first.place, end.place);
        is_right.then_some(TokenLine { is_object: true, line_end: end.place })
    }

    #[inline(always)]
    fn next(&mut self) -> Option<Token> {
        let place = *self.tokens.get(self.at)? as usize;
        self.at += 1;
        Some(Token { place, byte: *self.bytes.get(place)? })
    }

    /// The place of the quote that closes the string whose other quote was the last token: nothing is found in strings.
    #[inline(always)]
    fn closing_quote(&mut self) -> Option<usize> {
        self.next().map(|quote| quote.place)
    }

    /// The members of an object that a path goes through, and its end.
    fn object(&mut self, node: NodeId, values: &mut ObjectValues) -> Option<()> {
        let mut token = self.next()?;
        if token.byte == b'}' {
            return Some(());
        }
        loop {
            if token.byte != b'"' {
                return None;
            }
            let end = self.closing_quote()?;
            if self.has_escapes(token.place, end) || self.next()?.byte != b':' {
                return None;
            }
            let name = self.bytes.get(token.place + 1..end)?;
            let value = self.next()?;
            match self.paths.member(node, name) {
                None => self.pass(value)?,
                Some(wanted) => self.wanted(wanted, value, values)?,
            }
            match self.next()?.byte {
                b',' => token = self.next()?,
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    /// The elements of an array that a path goes through, and its end.
    fn array(&mut self, node: NodeId, values: &mut ObjectValues) -> Option<()> {
        let mut token = self.next()?;
        if token.byte == b']' {
            return Some(());
        }
        for index in 0.. {
            match self.paths.element(node, index) {
                None => self.pass(token)?,
                Some(wanted) => self.wanted(wanted, token, values)?,
            }
            match self.next()?.byte {
                b',' => token = self.next()?,
                b']' => break,
                _ => return None,
            }
        }
        Some(())
    }

    /// The value that begins with `token`, where a path goes.
    fn wanted(&mut self, node: NodeId, token: Token, values: &mut ObjectValues) -> Option<()> {
        if std::mem::replace(values.seen.get_mut(node as usize)?, true) {
            return None;
        }
        let start = token.place as u32;
        let value = match token.byte {
            b'"' => {
                let end = self.closing_quote()?;
                let (start, to) = (start + 1, end as u32);
                match self.has_escapes(token.place, end) {
                    true => JsonValue::Escaped { start, end: to },
                    false => JsonValue::Plain { start, end: to },
                }
            }
            b'{' | b'[' => {
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return None;
                }
                let nested = if token.byte == b'{' { Self::object } else { Self::array };
                nested(self, node, values)?;
                self.depth -= 1;
                JsonValue::Nested
            }
            _ => match number(self.bytes, token.place)? {
                (_, true) => JsonValue::Null,
                (end, false) => JsonValue::Plain { start, end: end as u32 },
            },
        };
        if let Some(wanted) = self.paths.nodes[node as usize].wanted {
            values.values[wanted] = value;
        }
        Some(())
    }

    /// The value that begins with `token`, where no path goes.
    #[inline(always)]
    fn pass(&mut self, token: Token) -> Option<()> {
        match token.byte {
            b'"' => self.closing_quote().map(|_| ()),
            b'{' | b'[' => self.pass_nested(token.byte),
            _ => number(self.bytes, token.place).map(|_| ()),
        }
    }

    /// The rest of the object or array that `opening` opens.
    fn pass_nested(&mut self, opening: u8) -> Option<()> {
        // A bit per level around the innermost one: whether it is an object.
        let (mut around, mut depth) = (0u128, 1);
        let mut is_object = opening == b'{';
        let mut token = self.next()?;
        let mut is_first = true;
        loop {
            let closing = |is_object| if is_object { b'}' } else { b']' };
            if !(is_first && token.byte == closing(is_object)) {
                if is_object {
                    if token.byte != b'"' {
                        return None;
                    }
                    self.closing_quote()?;
                    if self.next()?.byte != b':' {
                        return None;
                    }
                    token = self.next()?;
                }
                match token.byte {
                    b'"' => {
                        self.closing_quote()?;
                    }
                    b'{' | b'[' => {
                        if self.depth + depth == DEPTH_MAX {
                            return None;
                        }
                        (around, depth) = (around << 1 | u128::from(is_object), depth + 1);
                        is_object = token.byte == b'{';
                        (token, is_first) = (self.next()?, true);
                        continue;
                    }
                    _ => {
                        number(self.bytes, token.place)?;
                    }
                }
                token = self.next()?;
            }
            while token.byte == closing(is_object) {
                depth -= 1;
                if depth == 0 {
                    return Some(());
                }
                (is_object, around) = (around & 1 == 1, around >> 1);
                token = self.next()?;
            }
            if token.byte != b',' {
                return None;
            }
            (token, is_first) = (self.next()?, false);
        }
    }

    /// Whether the string between two quotes has escapes.
    #[inline(always)]
    fn has_escapes(&mut self, opening: usize, closing: usize) -> bool {
        while self.escapes.get(self.escape).is_some_and(|escape| (*escape as usize) < opening) {
            self.escape += 1;
        }
        self.escapes.get(self.escape).is_some_and(|escape| (*escape as usize) < closing)
    }

    /// Whether each escape between two places is one.
    #[inline(always)]
    fn escapes_are_right(&mut self, start: usize, end: usize) -> bool {
        let mut from = start;
        while let Some(place) = self.escapes.get(self.unchecked).map(|place| *place as usize)
            && place < end
        {
            // The second half of a surrogate pair belongs to the first; so do lines that were left to the automaton.
            if place >= from {
                match escape(self.bytes, place) {
                    Ok((_, behind)) => from = behind,
                    Err(_) => return false,
                }
            }
            self.unchecked += 1;
        }
        true
    }
}

/// The number or word at `place`, if it fills its token: where it ends, and whether it is null.
#[inline(always)]
pub(super) fn number(bytes: &[u8], place: usize) -> Option<(usize, bool)> {
    let is_end =
        |at: usize| bytes.get(at).is_some_and(|byte| is_white(*byte) || matches!(byte, b',' | b'}' | b']'));
    // Most are short numbers.
    if let Some(whole @ 1..) = digits(bytes, place)
        && (whole == 1 || bytes[place] != b'0')
    {
        let end = place + whole;
        let fraction = if bytes[end] == b'.' { digits(bytes, end + 1) } else { None };
        let end = fraction.filter(|fraction| *fraction > 0).map_or(end, |fraction| end + 1 + fraction);
        if is_end(end) {
            return Some((end, false));
        }
    }
    if bytes.get(place..).is_some_and(|text| text.starts_with(b"null")) && is_end(place + 4) {
        return Some((place + 4, true));
    }
    scalar(bytes, place).ok().filter(|(end, _)| is_end(*end))
}

/// How many digits begin at `at`, where they are at most seven and eight bytes are there.
#[inline(always)]
fn digits(bytes: &[u8], at: usize) -> Option<usize> {
    let word = u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?);
    // Digits become 0 to 9; the number added to them does not reach the highest bit.
    let values = word ^ 0x3030_3030_3030_3030;
    let others = (values.wrapping_add(0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080;
    (others != 0).then(|| (others.trailing_zeros() / 8) as usize)
}
