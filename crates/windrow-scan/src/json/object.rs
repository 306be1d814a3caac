//! The automaton: the definition of an object (RFC 8259) and of its wanted members. Every faster way must agree with it,
//! byte for byte.
//!
//! - An object is read from its first byte to its last, whichever members are wanted: the part after the last wanted member
//!   is checked too.
//! - The first fault, from the left, is the fault of the object.
//! - A string is text in UTF-8: half of a surrogate pair is a bad escape wherever it stands.
//! - Two members of one name are a fault where a wanted path goes through them: either could be meant.

use std::ops::Deref;

use super::path::{NodeId, Paths, ROOT};
use super::text::{is_white, scalar, string, unescape};
use super::{DEPTH_MAX, ObjectFault, PathFault};

/// The value at a wanted path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JsonValue {
    /// Nothing, or null.
    #[default]
    Null,
    /// A number, a word, or a string without escapes, whose quotes are left out.
    Plain {
        /// Where its text begins.
        start: u32,
        /// Where it ends.
        end: u32,
    },
    /// A string with escapes, whose quotes are left out.
    Escaped {
        /// Where its text begins.
        start: u32,
        /// Where it ends.
        end: u32,
    },
    /// An object or an array.
    Nested,
}

/// Receives the members and values of an object, in order.
pub(super) trait MemberVisitor {
    /// A member of the object entered last, with its name exactly as between the quotes.
    fn member(&mut self, name: &[u8], has_escapes: bool) -> Result<(), PathFault>;
    /// An element of the array entered last.
    fn element(&mut self, index: u64) -> Result<(), PathFault>;
    /// The value of the last member or element; a nested one is entered by this call.
    fn value(&mut self, value: JsonValue);
    /// The object or array entered last ends.
    fn leave(&mut self);
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NextToken {
    /// A member, or the end of the object.
    FirstName,
    Name,
    /// An element, or the end of the array.
    FirstElement,
    Value,
    /// A comma, or the end of the object or array.
    Separator,
}

/// Per level of nesting: the number of elements so far in an array; `None` in an object.
pub(super) type Levels = Vec<Option<u64>>;

/// Reads the object that begins at `from`, where there is a brace: where it ends. `levels` is room for it.
pub(super) fn walk(
    bytes: &[u8],
    from: usize,
    take: &mut impl MemberVisitor,
    levels: &mut Levels,
) -> Result<usize, PathFault> {
    levels.clear();
    levels.push(None);
    let (mut at, mut next) = (from + 1, NextToken::FirstName);
    loop {
        while bytes.get(at).is_some_and(|byte| is_white(*byte)) {
            at += 1;
        }
        let byte = *bytes.get(at).ok_or(ObjectFault::Unclosed)?;
        let level = levels.last_mut().ok_or(ObjectFault::BadToken)?;
        let closing = if level.is_none() { b'}' } else { b']' };
        if byte == closing
            && matches!(next, NextToken::FirstName | NextToken::FirstElement | NextToken::Separator)
        {
            (at, next) = (at + 1, NextToken::Separator);
            levels.pop();
            if levels.is_empty() {
                return Ok(at);
            }
            take.leave();
            continue;
        }
        match next {
            NextToken::Separator => {
                if byte != b',' {
                    return Err(ObjectFault::BadToken.into());
                }
                (at, next) = (at + 1, if level.is_none() { NextToken::Name } else { NextToken::Value });
                continue;
            }
            NextToken::FirstName | NextToken::Name => {
                if byte != b'"' {
                    return Err(ObjectFault::BadToken.into());
                }
                let (end, has_escapes) = string(bytes, at)?;
                take.member(&bytes[at + 1..end], has_escapes)?;
                at = end + 1;
                while bytes.get(at).is_some_and(|byte| is_white(*byte)) {
                    at += 1;
                }
                if *bytes.get(at).ok_or(ObjectFault::Unclosed)? != b':' {
                    return Err(ObjectFault::BadToken.into());
                }
                (at, next) = (at + 1, NextToken::Value);
                continue;
            }
            NextToken::FirstElement | NextToken::Value => {}
        }
        if let Some(index) = level {
            take.element(*index)?;
            *index += 1;
        }
        next = NextToken::Separator;
        match byte {
            b'{' | b'[' => {
                if levels.len() == DEPTH_MAX {
                    return Err(ObjectFault::TooDeep.into());
                }
                take.value(JsonValue::Nested);
                levels.push((byte == b'[').then_some(0));
                (at, next) =
                    (at + 1, if byte == b'[' { NextToken::FirstElement } else { NextToken::FirstName });
            }
            b'"' => {
                let (end, has_escapes) = string(bytes, at)?;
                let (start, to) = (at as u32 + 1, end as u32);
                take.value(match has_escapes {
                    true => JsonValue::Escaped { start, end: to },
                    false => JsonValue::Plain { start, end: to },
                });
                at = end + 1;
            }
            _ => {
                let (end, is_null) = scalar(bytes, at)?;
                let (start, to) = (at as u32, end as u32);
                take.value(if is_null { JsonValue::Null } else { JsonValue::Plain { start, end: to } });
                at = end;
            }
        }
    }
}

/// The value at each wanted path of an object, by the number of the path.
#[derive(Clone, Debug, Default)]
pub struct ObjectValues {
    pub(super) values: Vec<JsonValue>,
    /// By node: whether the path went through it.
    pub(super) seen: Vec<bool>,
    /// The nodes of the objects and arrays that are entered; `None` where no path goes.
    entered: Vec<Option<NodeId>>,
    levels: Levels,
}

impl ObjectValues {
    /// Starts a new object, of which nothing is read yet.
    pub(super) fn begin(&mut self, paths: &Paths) {
        self.values.clear();
        self.values.resize(paths.len(), JsonValue::Null);
        self.seen.clear();
        self.seen.resize(paths.nodes.len(), false);
    }
}

impl Deref for ObjectValues {
    type Target = [JsonValue];

    fn deref(&self) -> &[JsonValue] {
        &self.values
    }
}

/// Reads the object that begins at `from`, where there is a brace: where it ends. `values` receives what each of `paths` leads
/// to; places count from the start of `bytes`, which are shorter than 4 GiB.
///
/// # Errors
/// The fault of the object. Where `bytes` end inside it, it is unclosed.
pub fn read(paths: &Paths, bytes: &[u8], from: usize, values: &mut ObjectValues) -> Result<usize, PathFault> {
    values.begin(paths);
    let ObjectValues { values, seen, entered, levels } = values;
    entered.clear();
    entered.push(Some(ROOT));
    walk(bytes, from, &mut WantedValues { paths, values, seen, entered, next: None }, levels)
}

/// Receives the values at wanted paths.
struct WantedValues<'a> {
    paths: &'a Paths,
    values: &'a mut [JsonValue],
    seen: &'a mut [bool],
    entered: &'a mut Vec<Option<NodeId>>,
    /// The node of the last member or element.
    next: Option<NodeId>,
}

impl MemberVisitor for WantedValues<'_> {
    fn member(&mut self, name: &[u8], has_escapes: bool) -> Result<(), PathFault> {
        let unescaped = has_escapes.then(|| unescape(name));
        let name = unescaped.as_deref().unwrap_or(name);
        let node = self.entered.last().copied().flatten();
        self.next = node.and_then(|node| self.paths.member(node, name));
        match self.next {
            Some(next) if std::mem::replace(&mut self.seen[next as usize], true) => Err(PathFault {
                fault: ObjectFault::DuplicateName,
                wanted: self.paths.nodes[next as usize].wanted,
            }),
            _ => Ok(()),
        }
    }

    fn element(&mut self, index: u64) -> Result<(), PathFault> {
        let node = self.entered.last().copied().flatten();
        self.next = node.and_then(|node| self.paths.element(node, index));
        Ok(())
    }

    fn value(&mut self, value: JsonValue) {
        if value == JsonValue::Nested {
            self.entered.push(self.next);
        }
        if let Some(wanted) = self.next.and_then(|node| self.paths.nodes[node as usize].wanted) {
            self.values[wanted] = value;
        }
    }

    fn leave(&mut self) {
        self.entered.pop();
    }
}
