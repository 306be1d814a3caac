//! The shape of a file of objects: one per line, or in a stream whose objects may go over lines.

use memchr::memchr;

use super::line::{self, Next, What};
use super::object::walk;
use super::object::{Take, Value, Values};
use super::stream::end_of;
use super::text::is_white;
use super::{Fault, Paths, Wrong};

/// How the objects of a file are arranged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
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

impl Shape {
    /// The shape of a file that begins with `head`, which is all of it with `at_eof`.
    pub fn of(head: &[u8], at_eof: bool) -> Shape {
        let behind = |from: usize| head[from..].iter().position(|byte| !is_white(*byte)).map(|at| from + at);
        let Some(first) = behind(0) else { return Shape::Lines };
        if head[first] == b'[' {
            let second = behind(first + 1).map(|at| head[at]);
            let is_of_objects = matches!(second, Some(b'{' | b']') | None);
            return if is_of_objects { Shape::Array } else { Shape::Lines };
        }
        if head[first] != b'{' {
            return Shape::Lines;
        }
        let line_end = memchr(b'\n', &head[first..]).map_or(head.len(), |at| first + at);
        let on_a_line = |end| match behind(end) {
            // A second object on the line of the first.
            Some(next) if next < line_end && head[next] == b'{' => Shape::Concatenated,
            _ => Shape::Lines,
        };
        let wrong = match walk(head, first, &mut Nothing, &mut Vec::new()) {
            Ok(end) if end > line_end => return Shape::Concatenated,
            Ok(end) => return on_a_line(end),
            Err(wrong) => wrong,
        };
        let is_alone = || head[first + 1..line_end].iter().all(|byte| is_white(*byte));
        match end_of(&head[first..]) {
            // Even if it is wrong, its brackets show where it ends.
            Ok(Some(len)) if first + len <= line_end => on_a_line(first + len),
            Ok(Some(_)) if !has_object(head, line_end) => Shape::Concatenated,
            _ if wrong.fault == Fault::Unclosed && !at_eof && line_end < head.len() => Shape::Concatenated,
            _ if is_alone() && !has_object(head, line_end) => Shape::Concatenated,
            _ => Shape::Lines,
        }
    }
}

/// Whether one of the lines behind the first one is an object.
fn has_object(head: &[u8], line_end: usize) -> bool {
    let Ok(paths) = Paths::new([]) else { return false };
    let (mut at, mut values) = (line_end + 1, Values::default());
    for _ in 0..LINES_TRIED {
        match line::read(&paths, head.get(at..).unwrap_or_default(), false, &mut values) {
            Next::Line { what: What::Object, .. } => return true,
            Next::Line { whole: Some(whole), .. } => at += whole,
            _ => return false,
        }
    }
    false
}

/// Takes nothing.
struct Nothing;

impl Take for Nothing {
    fn member(&mut self, _: &[u8], _: bool) -> Result<(), Wrong> {
        Ok(())
    }

    fn element(&mut self, _: u64) -> Result<(), Wrong> {
        Ok(())
    }

    fn value(&mut self, _: Value) {}

    fn leave(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_tells_the_shape() {
        for (head, shape) in [
            ("", Shape::Lines),
            (" \n\n", Shape::Lines),
            ("{\"a\":1}\n{\"a\":2}\n", Shape::Lines),
            ("\r\n {\"a\":1} \r\n", Shape::Lines),
            ("{\"a\":1}", Shape::Lines),
            ("{\"a\":1", Shape::Lines),
            ("{\"a\":1}TRAILER\n", Shape::Lines),
            ("{\"a\":1,\n{\"a\":2}\n", Shape::Lines),
            ("{\"a\n{\"a\":2}\n", Shape::Lines),
            ("{\n{\"a\":2}\n", Shape::Lines),
            ("5\n{\"a\":2}\n", Shape::Lines),
            ("[1,2]\n{\"a\":2}\n", Shape::Lines),
            ("[{\"a\":1},{\"a\":2}]", Shape::Array),
            ("\n[\n  {\"a\":1}\n]", Shape::Array),
            ("[]", Shape::Array),
            ("[", Shape::Array),
            ("{\"a\":1}{\"a\":2}\n", Shape::Concatenated),
            ("{\"a\":1} {\"a\":2}\n", Shape::Concatenated),
            ("{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}\n", Shape::Concatenated),
            ("{\n  \"a\": {\n    \"b\": 2\n  }\n}", Shape::Concatenated),
            ("{\"a\": 1,\n \"b\": 2}\n", Shape::Concatenated),
            ("{\n  \"a\": NaN\n}\n", Shape::Concatenated),
            ("{\"a\":NaN} {\"a\":2}\n", Shape::Concatenated),
            ("{\"a\":NaN}\n{\"a\":2}\n", Shape::Lines),
            ("{\"a\": NaN,\n\"b\": 2}\n{\"a\": 1,\n\"b\": 3}\n", Shape::Concatenated),
            ("{\"a\":{\"b\":1}\n{\"a\":2}\n}\n", Shape::Lines),
        ] {
            assert_eq!(Shape::of(head.as_bytes(), true), shape, "{head:?}");
        }
        assert_eq!(Shape::of(b"{\n\"a\": 1,", false), Shape::Concatenated, "an object longer than the head");
        assert_eq!(Shape::of(b"{\"a\": 1,", false), Shape::Lines, "a line longer than the head");
    }
}
