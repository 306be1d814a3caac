//! The shape of a file of objects: one per line, or in a stream whose objects may go over lines.

use memchr::memchr;

use super::line::{self, NextObject, ObjectLine};
use super::object::walk;
use super::object::{JsonValue, MemberVisitor, ObjectValues};
use super::stream::end_of;
use super::text::is_white;
use super::{ObjectFault, PathFault, Paths};

/// How the objects of a file are arranged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ObjectShape {
    /// One per line. Lines can be read anywhere, by several threads.
    #[default]
    Lines,
    /// In one array.
    Array,
    /// One after the other, possibly over several lines.
    Concatenated,
}

/// The most lines to look at if the first object is not valid.
const LINES_TRIED: usize = 16;

impl ObjectShape {
    /// The shape of a file that begins with `head`, which is all of it with `at_eof`.
    pub fn of(head: &[u8], at_eof: bool) -> ObjectShape {
        let behind = |from: usize| head[from..].iter().position(|byte| !is_white(*byte)).map(|at| from + at);
        let Some(first) = behind(0) else { return ObjectShape::Lines };
        if head[first] == b'[' {
            let second = behind(first + 1).map(|at| head[at]);
            let is_of_objects = matches!(second, Some(b'{' | b']') | None);
            return if is_of_objects { ObjectShape::Array } else { ObjectShape::Lines };
        }
        if head[first] != b'{' {
            return ObjectShape::Lines;
        }
        let line_end = memchr(b'\n', &head[first..]).map_or(head.len(), |at| first + at);
        let on_a_line = |end| match behind(end) {
            // A second object on the line of the first.
            Some(next) if next < line_end && head[next] == b'{' => ObjectShape::Concatenated,
            _ => ObjectShape::Lines,
        };
        let wrong = match walk(head, first, &mut Nothing, &mut Vec::new()) {
            Ok(end) if end > line_end => return ObjectShape::Concatenated,
            Ok(end) => return on_a_line(end),
            Err(wrong) => wrong,
        };
        let is_alone = || head[first + 1..line_end].iter().all(|byte| is_white(*byte));
        match end_of(&head[first..]) {
            // Even if it is wrong, its brackets show where it ends.
            Ok(Some(len)) if first + len <= line_end => on_a_line(first + len),
            Ok(Some(_)) if !has_object(head, line_end) => ObjectShape::Concatenated,
            _ if wrong.fault == ObjectFault::Unclosed && !at_eof && line_end < head.len() => {
                ObjectShape::Concatenated
            }
            _ if is_alone() && !has_object(head, line_end) => ObjectShape::Concatenated,
            _ => ObjectShape::Lines,
        }
    }
}

/// Whether one of the lines behind the first one is an object.
fn has_object(head: &[u8], line_end: usize) -> bool {
    let Ok(paths) = Paths::new([]) else { return false };
    let (mut at, mut values) = (line_end + 1, ObjectValues::default());
    for _ in 0..LINES_TRIED {
        match line::read(&paths, head.get(at..).unwrap_or_default(), false, &mut values) {
            NextObject::Line { what: ObjectLine::Object, .. } => return true,
            NextObject::Line { whole: Some(whole), .. } => at += whole,
            _ => return false,
        }
    }
    false
}

/// Takes nothing.
struct Nothing;

impl MemberVisitor for Nothing {
    fn member(&mut self, _: &[u8], _: bool) -> Result<(), PathFault> {
        Ok(())
    }

    fn element(&mut self, _: u64) -> Result<(), PathFault> {
        Ok(())
    }

    fn value(&mut self, _: JsonValue) {}

    fn leave(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_tells_the_shape() {
        for (head, shape) in [
            ("", ObjectShape::Lines),
            (" \n\n", ObjectShape::Lines),
            ("{\"a\":1}\n{\"a\":2}\n", ObjectShape::Lines),
            ("\r\n {\"a\":1} \r\n", ObjectShape::Lines),
            ("{\"a\":1}", ObjectShape::Lines),
            ("{\"a\":1", ObjectShape::Lines),
            ("{\"a\":1}TRAILER\n", ObjectShape::Lines),
            ("{\"a\":1,\n{\"a\":2}\n", ObjectShape::Lines),
            ("{\"a\n{\"a\":2}\n", ObjectShape::Lines),
            ("{\n{\"a\":2}\n", ObjectShape::Lines),
            ("5\n{\"a\":2}\n", ObjectShape::Lines),
            ("[1,2]\n{\"a\":2}\n", ObjectShape::Lines),
            ("[{\"a\":1},{\"a\":2}]", ObjectShape::Array),
            ("\n[\n  {\"a\":1}\n]", ObjectShape::Array),
            ("[]", ObjectShape::Array),
            ("[", ObjectShape::Array),
            ("{\"a\":1}{\"a\":2}\n", ObjectShape::Concatenated),
            ("{\"a\":1} {\"a\":2}\n", ObjectShape::Concatenated),
            ("{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}\n", ObjectShape::Concatenated),
            ("{\n  \"a\": {\n    \"b\": 2\n  }\n}", ObjectShape::Concatenated),
            ("{\"a\": 1,\n \"b\": 2}\n", ObjectShape::Concatenated),
            ("{\n  \"a\": NaN\n}\n", ObjectShape::Concatenated),
            ("{\"a\":NaN} {\"a\":2}\n", ObjectShape::Concatenated),
            ("{\"a\":NaN}\n{\"a\":2}\n", ObjectShape::Lines),
            ("{\"a\": NaN,\n\"b\": 2}\n{\"a\": 1,\n\"b\": 3}\n", ObjectShape::Concatenated),
            ("{\"a\":{\"b\":1}\n{\"a\":2}\n}\n", ObjectShape::Lines),
        ] {
            assert_eq!(ObjectShape::of(head.as_bytes(), true), shape, "{head:?}");
        }
        assert_eq!(
            ObjectShape::of(b"{\n\"a\": 1,", false),
            ObjectShape::Concatenated,
            "an object longer than the head"
        );
        assert_eq!(ObjectShape::of(b"{\"a\": 1,", false), ObjectShape::Lines, "a line longer than the head");
    }
}
