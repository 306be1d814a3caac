//! The scanner finds the lines that the automaton defines, however the bytes arrive, and an object is what serde_json takes for one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windrow_scan::json::{
    JsonValue, NextObject, ObjectFault, ObjectLine, ObjectRow, ObjectScanner, ObjectValues, ObjectVisitor,
    PathFault, Paths, read_line, unescape,
};

/// A line: where it begins, how long its content is, and the texts of an object, or why it is none.
type Found = (usize, usize, Result<Vec<Option<Vec<u8>>>, PathFault>);

const PATHS: [&str; 4] = ["a", "b.c", "d[1]", "b"];

#[derive(Default)]
struct Lines {
    base: usize,
    found: Vec<Found>,
    blank: usize,
}

impl ObjectVisitor for Lines {
    fn row(&mut self, row: ObjectRow<'_>) {
        let values = (0..PATHS.len()).map(|path| row.value(path).map(|value| value.into_owned())).collect();
        self.found.push((self.base + row.start(), row.content().len(), Ok(values)));
    }

    fn blank(&mut self) {
        self.blank += 1;
    }

    fn malformed(&mut self, start: usize, content: &[u8], wrong: PathFault) {
        self.found.push((self.base + start, content.len(), Err(wrong)));
    }
}

fn by_automaton(paths: &Paths, text: &[u8]) -> Lines {
    let (mut at, mut values, mut lines) = (0, ObjectValues::default(), Lines::default());
    while let NextObject::Line { what, content, whole } = read_line(paths, &text[at..], true, &mut values) {
        let line = &text[at..at + content];
        is_as_serde_json_has_it(line, what);
        match what {
            ObjectLine::Object => {
                let values = values.iter().map(|value| text_of(line, *value)).collect();
                lines.found.push((at, content, Ok(values)));
            }
            ObjectLine::Malformed(wrong) => lines.found.push((at, content, Err(wrong))),
            ObjectLine::Blank => lines.blank += 1,
        }
        let end = || text[at..].iter().position(|byte| *byte == b'\n');
        at += whole.or_else(|| end().map(|end| end + 1)).unwrap_or(text.len() - at);
    }
    lines
}

fn text_of(line: &[u8], value: JsonValue) -> Option<Vec<u8>> {
    match value {
        JsonValue::Null => Some(Vec::new()),
        JsonValue::Plain { start, end } => Some(line[start as usize..end as usize].to_vec()),
        JsonValue::Escaped { start, end } => Some(unescape(&line[start as usize..end as usize])),
        JsonValue::Nested => None,
    }
}

/// What serde_json takes is taken, but for members that stand twice. It has limits of its own for numbers and depths.
fn is_as_serde_json_has_it(line: &[u8], what: ObjectLine) {
    let theirs = serde_json::from_slice::<serde_json::Value>(line);
    let is_limit = |text: &str| text.contains("number out of range") || text.contains("recursion limit");
    match (what, theirs) {
        (ObjectLine::Object, Err(error)) if !is_limit(&error.to_string()) => {
            panic!("{line:?} is not an object: {error}")
        }
        (ObjectLine::Malformed(wrong), Ok(value)) if value.is_object() => {
            assert!(
                matches!(wrong.fault, ObjectFault::DuplicateName | ObjectFault::TooDeep),
                "{line:?} is an object: {wrong:?}"
            );
        }
        _ => {}
    }
}

fn by_scan(paths: &Paths, text: &[u8], read_size: usize) -> Lines {
    let mut scanner = ObjectScanner::new(paths.clone());
    let (mut lines, mut at, mut held) = (Lines::default(), 0, 0);
    loop {
        held = (held + read_size).min(text.len() - at);
        let at_eof = at + held == text.len();
        lines.base = at;
        let scanned = scanner.scan(&text[at..at + held], usize::MAX, at_eof, &mut lines);
        (at, held) = (at + scanned.bytes, held - scanned.bytes);
        if at_eof && scanned.bytes == 0 {
            assert_eq!(at, text.len(), "every byte is consumed");
            return lines;
        }
    }
}

fuzz_target!(|input: (u16, &[u8])| {
    let (read_size, text) = input;
    let Ok(paths) = Paths::new(PATHS) else { return };
    let (scanned, defined) =
        (by_scan(&paths, text, usize::from(read_size % 600) + 1), by_automaton(&paths, text));
    assert_eq!((scanned.found, scanned.blank), (defined.found, defined.blank));
});
