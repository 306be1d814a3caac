mod stream;
mod template;

use proptest::prelude::*;
use serde_json::Value as Serde;

use super::*;

/// What a text is alone on its line: the texts that the paths lead to, or its fault.
fn line(paths: &[&str], text: &str) -> Result<Vec<Option<String>>, ObjectFault> {
    line_of_bytes(paths, text.as_bytes())
}

fn line_of_bytes(paths: &[&str], text: &[u8]) -> Result<Vec<Option<String>>, ObjectFault> {
    let paths = Paths::new(paths.iter().copied()).unwrap();
    let mut values = ObjectValues::default();
    let NextObject::Line { what, content, whole } = read_line(&paths, text, true, &mut values) else {
        panic!("no line in {text:?}")
    };
    assert_eq!((content, whole), (text.len(), Some(text.len())));
    match what {
        ObjectLine::Object => Ok(values.iter().map(|value| text_of(text, *value)).collect()),
        ObjectLine::Malformed(wrong) => Err(wrong.fault),
        ObjectLine::Blank => panic!("{text:?} is blank"),
    }
}

fn text_of(bytes: &[u8], value: JsonValue) -> Option<String> {
    let text = match value {
        JsonValue::Null => Vec::new(),
        JsonValue::Plain { start, end } => bytes[start as usize..end as usize].to_vec(),
        JsonValue::Escaped { start, end } => unescape(&bytes[start as usize..end as usize]),
        JsonValue::Nested => return None,
    };
    Some(String::from_utf8(text).unwrap())
}

#[test]
fn what_is_an_object_is_taken() {
    for (text, value) in [
        (r#"{"a":"x"}"#, "x"),
        (r#" { "a" : "x" } "#, "x"),
        ("{\t\"a\"\t:\t\"x\"\t}\r", "x"),
        (r#"{"a":""}"#, ""),
        (r#"{"a":null}"#, ""),
        (r#"{}"#, ""),
        (r#"{"A":"x"}"#, ""),
        (r#"{"a":"null"}"#, "null"),
        (r#"{"a":true}"#, "true"),
        (r#"{"a":-0}"#, "-0"),
        (r#"{"a":-12.50e+07}"#, "-12.50e+07"),
        (r#"{"a":1E400}"#, "1E400"),
        (r#"{"a":123456789012345678901234567890}"#, "123456789012345678901234567890"),
        (r#"{"a":"caf\u00e9 \ud83d\ude00 \"\\\/\b\f\n\r\t"}"#, "caf\u{e9} \u{1f600} \"\\/\u{8}\u{c}\n\r\t"),
        ("{\"a\":\"caf\u{e9} \u{1f600}\u{2028}\u{7f}\"}", "caf\u{e9} \u{1f600}\u{2028}\u{7f}"),
        (r#"{"\u0061":"x"}"#, "x"),
        (r#"{"b":[1,{"a":"no"},[]],"a":"x","c":{"a":"no"},"b":2}"#, "x"),
        (r#"{"a":"{[\"}"}"#, "{[\"}"),
        (r#"{"b":"\\","a":"x"}"#, "x"),
        (r#"{"b":"\\\"","a":"x"}"#, "x"),
    ] {
        assert_eq!(line(&["a"], text), Ok(vec![Some(value.to_owned())]), "{text}");
    }
}

#[test]
fn every_fault_has_its_name() {
    let deep = |depth: usize| format!("{{\"b\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(line(&["a"], &deep(DEPTH_MAX - 1)).is_ok());
    assert_eq!(line(&["a"], &deep(DEPTH_MAX)), Err(ObjectFault::TooDeep));
    assert_eq!(line(&["a"], &format!("{{\"b\":{}", "[".repeat(100_000))), Err(ObjectFault::TooDeep));
    for (text, fault) in [
        ("x", ObjectFault::NotObject),
        ("null", ObjectFault::NotObject),
        ("[1]", ObjectFault::NotObject),
        ("[{\"a\":1}]", ObjectFault::NotObject),
        ("\"a\"", ObjectFault::NotObject),
        ("5", ObjectFault::NotObject),
        ("\u{feff}{}", ObjectFault::NotObject),
        ("{}TRAILER", ObjectFault::TrailingText),
        ("{}{}", ObjectFault::TrailingText),
        ("{},", ObjectFault::TrailingText),
        ("{} }", ObjectFault::TrailingText),
        ("{}\0", ObjectFault::TrailingText),
        (r#"{"a":1,"a":2}"#, ObjectFault::DuplicateName),
        (r#"{"a":1,"\u0061":1}"#, ObjectFault::DuplicateName),
        (r#"{"a":null,"a":{}}"#, ObjectFault::DuplicateName),
        (r#"{"a":"\x"}"#, ObjectFault::BadEscape),
        (r#"{"b":"\'"}"#, ObjectFault::BadEscape),
        (r#"{"b":"\ud800"}"#, ObjectFault::BadEscape),
        (r#"{"b":"\udc00"}"#, ObjectFault::BadEscape),
        (r#"{"b":"\ud800\ud800"}"#, ObjectFault::BadEscape),
        (r#"{"b":"\ud800x"}"#, ObjectFault::BadEscape),
        (r#"{"b":"\u12g4"}"#, ObjectFault::BadEscape),
        (r#"{"b":"\u+123"}"#, ObjectFault::BadEscape),
        (r#"{"b\q":1}"#, ObjectFault::BadEscape),
        ("{\"a\":\"x\ty\"}", ObjectFault::ControlCharacter),
        ("{\"a\":\"x\0y\"}", ObjectFault::ControlCharacter),
        ("{\"a\":\"x\u{1f}\"}", ObjectFault::ControlCharacter),
        ("{\"a\r\":1}", ObjectFault::ControlCharacter),
        ("{", ObjectFault::Unclosed),
        ("{\"a", ObjectFault::Unclosed),
        ("{\"a\\", ObjectFault::Unclosed),
        ("{\"a\\u00", ObjectFault::Unclosed),
        ("{\"a\\ud83d\\", ObjectFault::Unclosed),
        ("{\"a\"", ObjectFault::Unclosed),
        ("{\"a\":", ObjectFault::Unclosed),
        ("{\"a\":1", ObjectFault::Unclosed),
        ("{\"a\":-", ObjectFault::Unclosed),
        ("{\"a\":1.", ObjectFault::Unclosed),
        ("{\"a\":1e", ObjectFault::Unclosed),
        ("{\"a\":tru", ObjectFault::Unclosed),
        ("{\"a\":1,", ObjectFault::Unclosed),
        ("{\"a\":[", ObjectFault::Unclosed),
        ("{\"a\":{\"b\":1}", ObjectFault::Unclosed),
        (r#"{"a":NaN}"#, ObjectFault::BadToken),
        (r#"{"a":Infinity}"#, ObjectFault::BadToken),
        (r#"{"a":True}"#, ObjectFault::BadToken),
        (r#"{"a":nulL}"#, ObjectFault::BadToken),
        (r#"{"a":truex}"#, ObjectFault::BadToken),
        (r#"{"a":01}"#, ObjectFault::BadToken),
        (r#"{"a":+1}"#, ObjectFault::BadToken),
        (r#"{"a":.5}"#, ObjectFault::BadToken),
        (r#"{"a":5.}"#, ObjectFault::BadToken),
        (r#"{"a":1e}"#, ObjectFault::BadToken),
        (r#"{"a":0x1}"#, ObjectFault::BadToken),
        (r#"{"a":1 2}"#, ObjectFault::BadToken),
        (r#"{"a":}"#, ObjectFault::BadToken),
        (r#"{"a"}"#, ObjectFault::BadToken),
        (r#"{"a" "b"}"#, ObjectFault::BadToken),
        (r#"{"a"::1}"#, ObjectFault::BadToken),
        (r#"{"a":1,}"#, ObjectFault::BadToken),
        (r#"{,"a":1}"#, ObjectFault::BadToken),
        (r#"{"a":1,,"b":2}"#, ObjectFault::BadToken),
        (r#"{"a":1 "b":2}"#, ObjectFault::BadToken),
        (r#"{a:1}"#, ObjectFault::BadToken),
        (r#"{'a':1}"#, ObjectFault::BadToken),
        (r#"{1:1}"#, ObjectFault::BadToken),
        (r#"{"b":[1,]}"#, ObjectFault::BadToken),
        (r#"{"b":[,1]}"#, ObjectFault::BadToken),
        (r#"{"b":[1}"#, ObjectFault::BadToken),
        (r#"{"b":{]}"#, ObjectFault::BadToken),
        (r#"{"a":1//}"#, ObjectFault::BadToken),
        ("{\"a\":1\u{c}}", ObjectFault::BadToken),
        ("{\"a\":1\0}", ObjectFault::BadToken),
        ("{\u{a0}\"a\":1}", ObjectFault::BadToken),
    ] {
        assert_eq!(line(&["a"], text), Err(fault), "{text:?}");
    }
    for text in [
        &b"{\"b\":\"\xff\"}"[..],
        b"{\"b\":\"\xc3(\"}",
        b"{\"b\":\"\xed\xa0\x80\"}",
        b"{\"b\":\"\xf4\x90\x80\x80\"}",
    ] {
        assert_eq!(line_of_bytes(&["a"], text), Err(ObjectFault::InvalidUtf8));
    }
}

#[test]
fn paths_lead_through_objects_and_arrays() {
    let text =
        r#"{"payload":{"user":{"id":7,"tags":["x","y",["z"]]}},"log.level":"info","payload.user":"flat"}"#;
    let paths = [
        "payload.user.id",
        "payload.user.tags[1]",
        "payload.user.tags[2][0]",
        "\"log.level\"",
        "payload.user",
        "\"payload.user\"",
        "payload.user.tags[9]",
        "payload.user.id.deeper",
        "log.level",
    ];
    let found = line(&paths, text).unwrap();
    let expected =
        [Some("7"), Some("y"), Some("z"), Some("info"), None, Some("flat"), Some(""), Some(""), Some("")];
    assert_eq!(found, expected.map(|text| text.map(str::to_owned)));
    assert_eq!(line(&["p.a"], r#"{"p":{"a":1},"p":{"a":2}}"#), Err(ObjectFault::DuplicateName));
    assert_eq!(line(&["p.a"], r#"{"p":{"a":1,"a":2}}"#), Err(ObjectFault::DuplicateName));
    assert_eq!(line(&["p.a"], r#"{"p":{"a":1,"b":2,"b":3},"q":1,"q":2}"#), Ok(vec![Some("1".into())]));
}

/// Pieces of objects, most of which fit together.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let value = prop::sample::select(vec![
        "1",
        "-2.5e3",
        "0",
        "12.75",
        "12345678",
        "123.12345678",
        "null",
        "true",
        "false",
        "\"\"",
        "\"Open\"",
        "\"caf\u{e9}\"",
        "[]",
        "{}",
        "[1,\"a\",{\"a\":null}]",
        "{\"a\":\"inner\"}",
        "\"\\u0061\\n\"",
        "\"\\ud83d\\ude00\"",
        "\"a\\\"b\\\\\"",
        "\"a value of more than sixteen bytes\"",
    ]);
    let name = prop::sample::select(vec!["a", "b", "c", "", "\\u0061", "caf\u{e9}", "a.b"]);
    let space = prop::sample::select(vec!["", "", "", " ", "\t", "  "]);
    let member =
        (name, value, space).prop_map(|(name, value, space)| format!("\"{name}\":{space}{value}{space}"));
    let good = prop::collection::vec(member, 0..6).prop_map(|members| format!("{{{}}}", members.join(",")));
    let broken = (
        good.clone(),
        any::<prop::sample::Index>(),
        prop::sample::select(vec![
            "\"", "\\", "{", "}", "[", "]", ",", ":", " ", "x", "\u{1}", "\t", "1", "\u{e9}", "\\u12",
            "\\ud800", "true", "0", ".", "01", "00", "1.", "",
        ]),
    )
        .prop_map(|(text, at, piece)| {
            let mut bytes = text.into_bytes();
            let at = at.index(bytes.len() + 1);
            bytes.splice(at..(at + usize::from(piece.is_empty())).min(bytes.len()), piece.bytes());
            bytes
        });
    let raw = prop::collection::vec(any::<u8>(), 0..8);
    let line =
        prop_oneof![8 => good.prop_map(String::into_bytes), 4 => broken, 1 => raw, 1 => Just(b" ".to_vec())];
    let end = prop::sample::select(vec!["\n", "\n", "\n", "\r\n", "\n\n"]);
    prop::collection::vec((line, end), 0..12).prop_map(|lines| {
        lines.into_iter().flat_map(|(line, end)| [line, end.as_bytes().to_vec()].concat()).collect()
    })
}

/// What a scan found, as text.
#[derive(Default)]
struct Found {
    base: usize,
    all: Vec<String>,
}

impl ObjectVisitor for Found {
    fn row(&mut self, row: ObjectRow<'_>) {
        let paths = row.values.len();
        let values: Vec<_> = (0..paths)
            .map(|path| {
                let value = row.value(path).map(|value| String::from_utf8_lossy(&value).into_owned());
                if let Some((following, len)) = row.value_in_place(path) {
                    assert_eq!(value.as_deref().unwrap().as_bytes(), &following[..len]);
                }
                value
            })
            .collect();
        self.all.push(format!("{} {values:?} {}", self.base + row.start(), row.content().len()));
    }

    fn blank(&mut self) {
        self.all.push("blank".to_owned());
    }

    fn malformed(&mut self, start: usize, content: &[u8], wrong: PathFault) {
        self.all.push(format!("{} {wrong:?} {}", self.base + start, content.len()));
    }
}

fn paths() -> Paths {
    Paths::new(["a", "b", "c.a", "b[1]"]).unwrap()
}

/// The oracle: the automaton alone, over the whole text.
fn by_automaton(text: &[u8]) -> Vec<String> {
    let (paths, mut at, mut values, mut found) = (paths(), 0, ObjectValues::default(), Found::default());
    while let NextObject::Line { what, content, whole } = read_line(&paths, &text[at..], true, &mut values) {
        match what {
            ObjectLine::Object => {
                found.row(ObjectRow { bytes: text, start: at, end: at + content, base: at, values: &values });
            }
            ObjectLine::Blank => found.blank(),
            ObjectLine::Malformed(wrong) => found.malformed(at, &text[at..at + content], wrong),
        }
        at = match whole {
            Some(whole) => at + whole,
            None => memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |end| at + end + 1),
        };
    }
    found.all
}

/// A scan in reads of `read_size` bytes.
fn by_scan(scanner: ObjectScanner, text: &[u8], read_size: usize) -> (Vec<String>, u64) {
    by_limited(scanner, text, read_size, usize::MAX)
}

/// A scan in reads of `read_size` bytes that takes the lines that begin in the first `limit` of them.
fn by_limited(mut scanner: ObjectScanner, text: &[u8], read_size: usize, limit: usize) -> (Vec<String>, u64) {
    let (mut found, mut at, mut held, mut line_ends, mut lines) = (Found::default(), 0, 0, 0, 0);
    loop {
        held = (held + read_size).min(text.len() - at);
        let at_eof = at + held == text.len();
        found.base = at;
        let scanned = scanner.scan(&text[at..at + held], limit, at_eof, &mut found);
        lines += scanned.lines;
        (at, held, line_ends) = (at + scanned.bytes, held - scanned.bytes, line_ends + scanned.line_ends);
        if at_eof && scanned.bytes == 0 {
            assert_eq!(at, text.len(), "every byte is consumed");
            assert_eq!(lines, found.all.len() as u64);
            return (found.all, line_ends);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    /// What serde_json takes is taken, with the same texts, and nothing else.
    #[test]
    fn automaton_equals_serde_json(text in text()) {
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
            let ours = line_of_bytes(&["a"], line);
            let theirs = serde_json::from_slice::<Serde>(line).ok().filter(Serde::is_object);
            match (&ours, theirs) {
                (Ok(_), None) => prop_assert!(false, "{line:?} is {ours:?}"),
                (Err(fault), Some(_)) => prop_assert_eq!(*fault, ObjectFault::DuplicateName, "{:?}", line),
                (Ok(values), Some(theirs)) => match theirs.get("a") {
                    None | Some(Serde::Null) => prop_assert_eq!(values[0].as_deref(), Some("")),
                    Some(Serde::String(text)) => prop_assert_eq!(values[0].as_ref(), Some(text)),
                    Some(Serde::Bool(truth)) => prop_assert_eq!(values[0].clone(), Some(truth.to_string())),
                    Some(Serde::Number(_)) => prop_assert!(values[0].is_some()),
                    Some(_) => prop_assert_eq!(values[0].as_ref(), None),
                },
                (Err(_), None) => {}
            }
        }
    }

    /// Whatever the read size and the text: what the automaton says.
    #[test]
    fn scan_equals_automaton(text in text(), read_size in prop::sample::select(vec![1usize, 2, 3, 7, 64, 65, 1 << 20])) {
        let oracle = by_automaton(&text);
        let line_ends = text.iter().filter(|byte| **byte == b'\n').count() as u64;
        for scanner in ObjectScanner::of_each_way(&paths()) {
            let (found, counted) = by_scan(scanner, &text, read_size);
            prop_assert_eq!(&found, &oracle);
            prop_assert_eq!(counted, line_ends);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// However long lines are, and wherever what is indexed at once ends.
    #[test]
    fn many_and_long_lines(
        text in text(),
        long in prop::sample::select(vec![10usize, 3_000, 5_000, 40_000, 300_000]),
        broken in prop::sample::select(vec!["", "{\"a\":\"\t\"}\n", "{\"b\":\"\n", "{\"a\":nan}\n", "\\\n"]),
        read_size in prop::sample::select(vec![30_000usize, 1 << 20]),
        limit in prop::sample::select(vec![1usize, 5_000, usize::MAX]),
    ) {
        let long = format!("{{\"a\":\"{}\",\"c\":{{\"a\":[{}]}}}}\n", "x\u{e9}".repeat(long / 2), "1, ".repeat(long / 9) + "0");
        let once = [&text[..], long.as_bytes(), broken.as_bytes()].concat();
        let text = once.repeat(100_000 / once.len() + 2);
        let oracle = by_automaton(&text);
        for scanner in ObjectScanner::of_each_way(&paths()) {
            prop_assert!(by_limited(scanner, &text, read_size, limit).0 == oracle);
        }
    }
}

#[test]
fn however_deep_objects_go() {
    for depth in [1, 5, DEPTH_MAX - 3, DEPTH_MAX - 2, DEPTH_MAX - 1, DEPTH_MAX, DEPTH_MAX + 1] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]"), ("[0,", "]")] {
            let levels = depth / open.matches(['[', '{']).count();
            let value = format!("{}1{}", open.repeat(levels), close.repeat(levels));
            let text = format!(
                "{{\"x\":{value}}}\n{{\"c\":{value}}}\n{{\"c\":{{\"a\":{value}}}}}\n{{\"b\":[{value},{value}]}}\n"
            );
            let oracle = by_automaton(text.as_bytes());
            for scanner in ObjectScanner::of_each_way(&paths()) {
                assert_eq!(by_scan(scanner, text.as_bytes(), 1 << 20).0, oracle, "{depth} levels of {open}");
            }
        }
    }
}

#[test]
fn lines_too_long_to_hold() {
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(3 * crate::RECORD_BYTES_MAX));
    let text = format!("{{\"a\":1}}\n{long}\n{{\"a\":2}}\n{long}");
    let oracle = by_automaton(text.as_bytes());
    assert_eq!(oracle.len(), 4);
    for read_size in [60_000, 1 << 20, 5 << 20] {
        for scanner in ObjectScanner::of_each_way(&paths()) {
            assert!(by_scan(scanner, text.as_bytes(), read_size).0 == oracle, "read size {read_size}");
        }
    }
}
