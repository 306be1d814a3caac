//! Templates: lines with the same members, order and spacing as an earlier line.
//!
//! A log writes its objects alike: the bytes between their values are the same. If a line has these bytes, with strings and
//! scalars in the places of strings and scalars, it is an object with the same members. A string ends at the next quote after
//! those of the members before it, whatever is between them: see [`Quotes`]. A line that differs is left to
//! [`Tokens`](super::tokens::Tokens), from which the next template is learned.

use std::ops::Range;

use memchr::memchr;

use super::Paths;
use super::object::{JsonValue, ObjectValues};
use super::quotes::Quotes;
use super::scan::{ObjectRow, ObjectVisitor};
use super::text::{is_white, scalar, string};
use super::tokens::number;
use crate::RECORD_BYTES_MAX;
use crate::block::{BLOCK_BYTES, Block, BlockSearch};

/// What the lines of a log look like.
#[derive(Clone, Debug, Default)]
pub(super) struct Templates {
    known: Vec<Template>,
    /// The template of the last line.
    last: usize,
    /// The template to forget next.
    oldest: usize,
}

/// The form of a line, in steps.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Template {
    steps: Vec<TemplateStep>,
    /// Quotes of a line that are not escaped.
    quotes: usize,
    /// Control characters of a line, with those of its end.
    controls: usize,
    /// Bytes of the line end.
    line_end: usize,
    /// Wanted values that are the same in each line: absent, or an object or an array.
    constants: Vec<(usize, JsonValue)>,
}

/// Up to 16 bytes that are the same in each line, and what follows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TemplateStep {
    words: [u64; 2],
    masks: [u64; 2],
    len: u32,
    /// Quotes of the line before the value.
    quotes: u32,
    /// The wanted path that leads to the value, or [`NO_PATH`].
    wanted: u32,
    follows: Follows,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Follows {
    /// A string, whose opening quote is in the step.
    String,
    /// A number or a word.
    Scalar,
    /// More of the same bytes, or the next line.
    Same,
}

/// The number of no path.
const NO_PATH: u32 = u32::MAX;

/// The most templates to know at a time: a log may have a few kinds of lines.
const TEMPLATES_MAX: usize = 4;

/// The most bytes of a line from which to learn a template.
const LINE_BYTES_MAX: usize = 4 << 10;

/// The most bytes of a step.
const STEP_BYTES: usize = 16;

impl Templates {
    /// Learns the form of `line`, which is an object and ends with its line end. `values` are its wanted values; their places
    /// count from `base` bytes before it.
    #[inline(never)]
    pub(super) fn learn(&mut self, line: &[u8], base: usize, paths: &Paths, values: &ObjectValues) {
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
    /// `None` if a wanted value is null: its place is not known.
    fn of(line: &[u8], base: usize, paths: &Paths, values: &ObjectValues) -> Option<Self> {
        let is_seen = |path| {
            paths.nodes.iter().zip(&values.seen).any(|(node, seen)| *seen && node.wanted == Some(path))
        };
        let (mut starts, mut constants) = (Vec::new(), Vec::new());
        for (path, value) in values.iter().enumerate() {
            match *value {
                JsonValue::Plain { start, .. } | JsonValue::Escaped { start, .. } => {
                    starts.push((start as usize - base, path));
                }
                JsonValue::Null if is_seen(path) => return None,
                JsonValue::Null | JsonValue::Nested => constants.push((path, *value)),
            }
        }
        if line.len() > LINE_BYTES_MAX {
            return None;
        }
        let (mut pieces, mut quotes) = (Vec::new(), Vec::new());
        let (mut from, mut at) = (0, 0);
        while let Some(byte) = line.get(at) {
            match byte {
                b'"' => {
                    let (end, _) = string(line, at).ok()?;
                    quotes.extend([at, end]);
                    let behind = line[end + 1..].iter().find(|byte| !is_white(**byte));
                    if behind != Some(&b':') {
                        pieces.push((from..at + 1, Follows::String));
                        from = end;
                    }
                    at = end + 1;
                }
                b'-' | b'0'..=b'9' | b'a'..=b'z' => {
                    pieces.push((from..at, Follows::Scalar));
                    (at, _) = scalar(line, at).ok()?;
                    from = at;
                }
                _ => at += 1,
            }
        }
        pieces.push((from..line.len(), Follows::Same));
        let wanted =
            |at| starts.iter().find(|(start, _)| *start == at).map_or(NO_PATH, |(_, path)| *path as u32);
        let quotes_before = |end| quotes.iter().filter(|at| **at < end).count() as u32;
        let mut steps = Vec::new();
        for (Range { start, end }, follows) in &pieces {
            for start in (*start..*end).step_by(STEP_BYTES) {
                let range = start..(start + STEP_BYTES).min(*end);
                let quotes = quotes_before(range.end);
                steps.push(match range.end == *end {
                    true => TemplateStep::of(&line[range], quotes, *follows, wanted(*end)),
                    false => TemplateStep::of(&line[range], quotes, Follows::Same, NO_PATH),
                });
            }
        }
        let same = pieces.into_iter().flat_map(|(range, _)| &line[range]);
        let controls = same.filter(|byte| **byte < b' ').count();
        let line_end = if line.ends_with(b"\r\n") { 2 } else { 1 };
        Some(Template { steps, quotes: quotes.len(), controls, line_end, constants })
    }

    /// The end of the line that begins at `at`, if it has this form; `quotes` are at the same place. `values` receives its wanted
    /// values.
    ///
    /// # Safety
    /// The machine has the instruction set of `B`.
    #[inline(always)]
    unsafe fn line<B: Block>(
        &self,
        bytes: &[u8],
        mut at: usize,
        quotes: &Quotes,
        values: &mut [JsonValue],
    ) -> Option<usize> {
        for (path, value) in &self.constants {
            if let Some(value_of) = values.get_mut(*path) {
                *value_of = *value;
            }
        }
        let places = quotes.places.get(quotes.next.place..quotes.next.place + self.quotes)?;
        for step in &self.steps {
            let [low, high] = words(bytes.get(at..)?.first_chunk()?);
            let [low_mask, high_mask] = step.masks;
            if ((low & low_mask) ^ step.words[0]) | ((high & high_mask) ^ step.words[1]) != 0 {
                return None;
            }
            at += step.len as usize;
            let start = at as u32;
            match step.follows {
                Follows::Same => {}
                Follows::String => {
                    at = *places.get(step.quotes as usize)? as usize;
                    if let Some(value) = values.get_mut(step.wanted as usize) {
                        let end = at as u32;
                        // SAFETY: the caller vouches for the instruction set.
                        *value = match unsafe { has_escapes::<B>(bytes, start as usize..at) } {
                            true => JsonValue::Escaped { start, end },
                            false => JsonValue::Plain { start, end },
                        };
                    }
                }
                Follows::Scalar => {
                    let (end, is_null) = number(bytes, at)?;
                    at = end;
                    if let Some(value) = values.get_mut(step.wanted as usize) {
                        *value = if is_null {
                            JsonValue::Null
                        } else {
                            JsonValue::Plain { start, end: end as u32 }
                        };
                    }
                }
            }
        }
        // If all control characters are accounted for, there are none in strings.
        let last_control = quotes.controls.get(quotes.next.control + self.controls - 1)?;
        let is_right = quotes.wrong.get(quotes.next.wrong).is_none_or(|wrong| *wrong as usize >= at);
        (*last_control as usize + 1 == at && is_right).then_some(at)
    }
}

impl TemplateStep {
    fn of(text: &[u8], quotes: u32, follows: Follows, wanted: u32) -> Self {
        let (mut same, mut mask) = ([0; STEP_BYTES], [0; STEP_BYTES]);
        same[..text.len()].copy_from_slice(text);
        mask[..text.len()].fill(0xFF);
        TemplateStep {
            words: words(&same),
            masks: words(&mask),
            len: text.len() as u32,
            quotes,
            wanted,
            follows,
        }
    }
}

/// Two words: they compare faster than one of 128 bits.
#[inline(always)]
fn words(bytes: &[u8; STEP_BYTES]) -> [u64; 2] {
    let (halves, _) = bytes.as_chunks::<8>();
    [u64::from_le_bytes(halves[0]), u64::from_le_bytes(halves[1])]
}

/// Whether the string at `range` has escapes.
///
/// # Safety
/// The machine has the instruction set of `B`.
#[inline(always)]
unsafe fn has_escapes<B: Block>(bytes: &[u8], range: Range<usize>) -> bool {
    let len = range.len();
    match bytes.get(range.start..).and_then(<[u8]>::first_chunk::<BLOCK_BYTES>) {
        // SAFETY: 64 bytes are there; the caller vouches for the instruction set.
        Some(text) if len < BLOCK_BYTES => unsafe {
            B::load(text.as_ptr()).equal(b'\\') & !(u64::MAX << len) != 0
        },
        _ => memchr(b'\\', &bytes[range]).is_some(),
    }
}

/// Visits lines as long as they have a known form.
pub(super) struct TemplateScan<'a, V> {
    pub(super) templates: &'a mut Templates,
    pub(super) quotes: &'a mut Quotes,
    pub(super) bytes: &'a [u8],
    /// Lines that begin here or later are not taken.
    pub(super) limit: usize,
    pub(super) values: &'a mut ObjectValues,
    pub(super) visit: &'a mut V,
    /// Where the next line begins.
    pub(super) at: &'a mut usize,
    /// How many lines were taken.
    pub(super) lines: &'a mut u64,
}

impl<V: ObjectVisitor> BlockSearch for TemplateScan<'_, V> {
    /// None: [`Tokens`](super::tokens::Tokens) takes them.
    fn plain(self) {}

    #[inline(always)]
    unsafe fn by_blocks<B: Block>(self) {
        let TemplateScan { templates, quotes, bytes, limit, values, visit, at, lines } = self;
        let Templates { known, last, .. } = templates;
        quotes.skip_to(*at);
        'lines: while *at < limit && !known.is_empty() {
            // SAFETY: the caller vouches for the instruction set.
            if *at >= quotes.end && !unsafe { quotes.fill::<B>(bytes, *at, limit) } {
                break;
            }
            for _ in 0..known.len() {
                let Some(template) = known.get(*last) else { break };
                // SAFETY: the caller vouches for the instruction set.
                let end = unsafe { template.line::<B>(bytes, *at, quotes, &mut values.values) };
                if let Some(end) = end.filter(|end| end - *at - template.line_end <= RECORD_BYTES_MAX) {
                    visit.row(ObjectRow { bytes, start: *at, end: end - template.line_end, base: 0, values });
                    (*at, *lines) = (end, *lines + 1);
                    quotes.next.place += template.quotes;
                    quotes.next.control += template.controls;
                    continue 'lines;
                }
                *last = if *last + 1 < known.len() { *last + 1 } else { 0 };
            }
            break;
        }
    }
}
