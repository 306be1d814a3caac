//! Templates: lines that have the members, the order and the spacing of a line before them.
//!
//! A log writes its objects alike: what stands between their values is the same, byte for byte. Where a line has these bytes,
//! with strings and scalars in the places of strings and scalars, it is an object with the same members, and each value is
//! found by one look at the bytes behind the one before. A line that differs is left to [`Tokens`](super::tokens::Tokens), from
//! which the next template is learned.

use super::Paths;
use super::object::{Value, Values};
use super::scan::{Row, Visit};
use super::text::{escape, is_white, scalar, string};
use super::tokens::number;
use crate::RECORD_BYTES_MAX;
use crate::block::{BLOCK_BYTES, Block, Search};

/// What the lines of a log look like.
#[derive(Clone, Debug, Default)]
pub(super) struct Templates {
    known: Vec<Template>,
    /// The one that the last line had.
    last: usize,
    /// The one that is forgotten next.
    oldest: usize,
}

/// What a line looks like, in steps.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Template {
    steps: Vec<Step>,
    /// Bytes of the line end.
    line_end: usize,
    /// What is the same in each line of what is wanted: that it is absent, or an object or an array.
    constants: Vec<(usize, Value)>,
}

/// Up to 16 bytes that are the same in each line, and what follows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    words: [u64; 2],
    masks: [u64; 2],
    len: usize,
    follows: Follows,
    /// The wanted path that leads to the value.
    wanted: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Follows {
    /// A string, whose opening quote is in the step.
    String,
    /// A number or a word.
    Scalar,
    /// More of what is the same, or the next line.
    Same,
}

/// Templates that are known at once: a log may have a few kinds of lines.
const TEMPLATES_MAX: usize = 4;

/// Bytes of a line from which a template is learned.
const LINE_BYTES_MAX: usize = 4 << 10;

/// Bytes that are the same, in a step.
const STEP_BYTES: usize = 16;

impl Templates {
    /// Learns what `line` looks like, which is an object and ends with its line end. `values`: what is wanted of it, whose
    /// places count from `base` bytes before it.
    #[inline(never)]
    pub(super) fn learn(&mut self, line: &[u8], base: usize, paths: &Paths, values: &Values) {
        let Some(template) = Template::of(line, base, paths, values) else { return };
        if self.known.contains(&template) {
            return;
        }
        if self.known.len() < TEMPLATES_MAX {
            self.known.push(template);
        } else {
            self.known[self.oldest] = template;
            self.oldest = (self.oldest + 1) % TEMPLATES_MAX;
        }
    }
}

impl Template {
    /// None where a wanted value is null: its place is not known.
    fn of(line: &[u8], base: usize, paths: &Paths, values: &Values) -> Option<Self> {
        let is_seen = |path| {
            paths.nodes.iter().zip(&values.seen).any(|(node, seen)| *seen && node.wanted == Some(path))
        };
        let (mut starts, mut constants) = (Vec::new(), Vec::new());
        for (path, value) in values.iter().enumerate() {
            match *value {
                Value::Plain { start, .. } | Value::Escaped { start, .. } => {
                    starts.push((start as usize - base, path));
                }
                Value::Null if is_seen(path) => return None,
                Value::Null | Value::Nested => constants.push((path, *value)),
            }
        }
        if line.len() > LINE_BYTES_MAX {
            return None;
        }
        let mut steps = Vec::new();
        let mut same = |text: &[u8], follows, start| {
            let mut words = text.chunks(STEP_BYTES).peekable();
            while let Some(word) = words.next() {
                let is_last = words.peek().is_none();
                let follows = if is_last { follows } else { Follows::Same };
                let wanted = starts.iter().find(|(at, _)| is_last && *at == start);
                steps.push(Step::of(word, follows, wanted.map(|(_, path)| *path)));
            }
        };
        let (mut from, mut at) = (0, 0);
        while let Some(byte) = line.get(at) {
            match byte {
                b'"' => {
                    let (end, _) = string(line, at).ok()?;
                    let behind = line[end + 1..].iter().find(|byte| !is_white(**byte));
                    if behind != Some(&b':') {
                        same(&line[from..=at], Follows::String, at + 1);
                        from = end;
                    }
                    at = end + 1;
                }
                b'-' | b'0'..=b'9' | b'a'..=b'z' => {
                    same(&line[from..at], Follows::Scalar, at);
                    (at, _) = scalar(line, at).ok()?;
                    from = at;
                }
                _ => at += 1,
            }
        }
        same(&line[from..], Follows::Same, line.len());
        let line_end = if line.ends_with(b"\r\n") { 2 } else { 1 };
        Some(Template { steps, line_end, constants })
    }

    /// Where the line ends that begins at `at`, if it looks like this; `values` receives what is wanted of it.
    ///
    /// # Safety
    /// The machine has the instruction set of `B`.
    #[inline(always)]
    unsafe fn line<B: Block>(&self, bytes: &[u8], mut at: usize, values: &mut [Value]) -> Option<usize> {
        for (path, value) in &self.constants {
            if let Some(value_of) = values.get_mut(*path) {
                *value_of = *value;
            }
        }
        for step in &self.steps {
            let [low, high] = words(bytes.get(at..)?.first_chunk()?);
            let [low_mask, high_mask] = step.masks;
            if ((low & low_mask) ^ step.words[0]) | ((high & high_mask) ^ step.words[1]) != 0 {
                return None;
            }
            at += step.len;
            let start = at as u32;
            let value = match step.follows {
                Follows::Same => continue,
                Follows::String => {
                    // SAFETY: the caller vouches for the instruction set.
                    let (end, has_escapes) = unsafe { string_end::<B>(bytes, at) }?;
                    at = end;
                    match has_escapes {
                        true => Value::Escaped { start, end: end as u32 },
                        false => Value::Plain { start, end: end as u32 },
                    }
                }
                Follows::Scalar => {
                    let (end, is_null) = number(bytes, at)?;
                    at = end;
                    if is_null { Value::Null } else { Value::Plain { start, end: end as u32 } }
                }
            };
            if let Some(value_of) = step.wanted.and_then(|wanted| values.get_mut(wanted)) {
                *value_of = value;
            }
        }
        Some(at)
    }
}

impl Step {
    fn of(text: &[u8], follows: Follows, wanted: Option<usize>) -> Self {
        let (mut same, mut mask) = ([0; STEP_BYTES], [0; STEP_BYTES]);
        same[..text.len()].copy_from_slice(text);
        mask[..text.len()].fill(0xFF);
        Step { words: words(&same), masks: words(&mask), len: text.len(), follows, wanted }
    }
}

/// Two words, which are compared sooner than one of 128 bits.
#[inline(always)]
fn words(bytes: &[u8; STEP_BYTES]) -> [u64; 2] {
    let (halves, _) = bytes.as_chunks::<8>();
    [u64::from_le_bytes(halves[0]), u64::from_le_bytes(halves[1])]
}

/// The place of the closing quote of the string whose content begins at `at`, and whether the string has escapes. None where more
/// bytes are needed, or it is not a string.
///
/// # Safety
/// The machine has the instruction set of `B`.
#[inline(always)]
unsafe fn string_end<B: Block>(bytes: &[u8], at: usize) -> Option<(usize, bool)> {
    let text = bytes.get(at..)?.first_chunk::<BLOCK_BYTES>()?;
    // SAFETY: 64 bytes are there; the caller vouches for the instruction set.
    let (quotes, others) = unsafe {
        let block = B::load(text.as_ptr());
        (block.equal(b'"'), block.equal(b'\\') | block.below(0x20))
    };
    let up_to_quote = quotes ^ quotes.wrapping_sub(1);
    if quotes != 0 && others & up_to_quote == 0 {
        return Some((at + quotes.trailing_zeros() as usize, false));
    }
    // SAFETY: as above.
    unsafe { long_string_end::<B>(bytes, at) }
}

/// The same for a string that is longer, or has escapes or characters beside ASCII.
///
/// # Safety
/// The machine has the instruction set of `B`.
#[inline(always)]
unsafe fn long_string_end<B: Block>(bytes: &[u8], start: usize) -> Option<(usize, bool)> {
    let (mut at, mut has_escapes, mut has_high) = (start, false, false);
    loop {
        let text = bytes.get(at..)?.first_chunk::<BLOCK_BYTES>()?;
        // SAFETY: 64 bytes are there; the caller vouches for the instruction set.
        let (special, high) = unsafe {
            let block = B::load(text.as_ptr());
            let high = block.below(0);
            (block.equal(b'"') | block.equal(b'\\') | (block.below(0x20) & !high), high)
        };
        let plain = special.trailing_zeros();
        has_high |= high & !u64::MAX.unbounded_shl(plain) != 0;
        at += plain as usize;
        match text.get(plain as usize) {
            None => {}
            Some(b'"') => break,
            Some(b'\\') => (has_escapes, at) = (true, escape(bytes, at).ok()?.1),
            Some(_) => return None,
        }
    }
    let is_text = !has_high || std::str::from_utf8(&bytes[start..at]).is_ok();
    is_text.then_some((at, has_escapes))
}

/// Visits lines as long as they look like known ones.
pub(super) struct Take<'a, V> {
    pub(super) templates: &'a mut Templates,
    pub(super) bytes: &'a [u8],
    /// No line is taken that begins here or behind.
    pub(super) limit: usize,
    pub(super) values: &'a mut Values,
    pub(super) visit: &'a mut V,
    /// Where the next line begins.
    pub(super) at: &'a mut usize,
    /// How many lines were taken.
    pub(super) lines: &'a mut u64,
}

impl<V: Visit> Search for Take<'_, V> {
    /// None: [`Tokens`](super::tokens::Tokens) takes them.
    fn plain(self) {}

    #[inline(always)]
    unsafe fn by_blocks<B: Block>(self) {
        let Take { templates, bytes, limit, values, visit, at, lines } = self;
        let Templates { known, last, .. } = templates;
        'lines: while *at < limit {
            for _ in 0..known.len() {
                let Some(template) = known.get(*last) else { break };
                // SAFETY: the caller vouches for the instruction set.
                let end = unsafe { template.line::<B>(bytes, *at, &mut values.values) };
                if let Some(end) = end.filter(|end| end - *at - template.line_end <= RECORD_BYTES_MAX) {
                    visit.row(Row { bytes, start: *at, end: end - template.line_end, base: 0, values });
                    (*at, *lines) = (end, *lines + 1);
                    continue 'lines;
                }
                *last = if *last + 1 < known.len() { *last + 1 } else { 0 };
            }
            break;
        }
    }
}
