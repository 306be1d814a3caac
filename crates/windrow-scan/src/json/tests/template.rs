use proptest::prelude::*;

use super::super::quotes::Quotes;
use super::super::template::{TemplateScan, Templates};
use super::*;
use crate::block::InstructionSet;

/// What a log puts between its values: `$` stands for a value.
const SHAPES: [&str; 7] = [
    r#"{"a":"$","b":$,"c":{"a":"$"}}"#,
    r#"{ "b" : [$, "$", null], "a" : $ , "long name of a member, of more than sixteen bytes": "$" }"#,
    r#"{"a":$}"#,
    r#"{"x":"$","c":{"x":[],"y":{}},"caf\u00e9":"$","b":"$"}"#,
    r#"{"a":"$","b":{"z":[$,$]},"c":{"a":[$]},"d":"$"}"#,
    r#"{"z":$,"c":$}"#,
    r#"{"a":"$","a":"$"}"#,
];

fn value() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "x",
        "",
        "null",
        "0",
        "12",
        "1234567",
        "12345678",
        "1469678400123",
        "1.5",
        "-3e5",
        "00",
        "1.",
        "true",
        "tru",
        "two words",
        "a \\\"quoted\\\" word",
        "\\u0041\\ud83d\\ude00",
        "\\ud83d",
        "\\",
        "\"",
        "caf\u{e9}",
        "{}",
        "[1]",
        "\t",
        "\u{1}",
        "a text that is so long that it does not fit into a single block of sixty-four bytes, and has an \\n in its last part",
    ])
}

/// Lines of a few shapes, most of them with values that fit.
fn lines() -> impl Strategy<Value = Vec<u8>> {
    let good = prop::sample::select(vec!["x", "12", "7", "1234567890", "0.25", "\\n", "caf\u{e9}"]);
    let values = prop::collection::vec(prop_oneof![12 => good, 1 => value()], 6);
    let invalid = prop::sample::select(vec![&b""[..], b"", b"", b"", b"", b"", b"", b"\xff", b" "]);
    let end = prop::sample::select(vec!["\n", "\n", "\n", "\n", "\n", "\n", "\n", "\r\n"]);
    let shapes = prop::collection::vec(prop::sample::select(SHAPES.to_vec()), 1..4);
    let line = (any::<prop::sample::Index>(), values, invalid, any::<prop::sample::Index>(), end);
    (shapes, prop::collection::vec(line, 0..60)).prop_map(|(shapes, lines)| {
        let line = |(shape, values, invalid, at, end): (
            prop::sample::Index,
            Vec<&str>,
            &[u8],
            prop::sample::Index,
            &str,
        )| {
            let mut values = values.into_iter();
            let mut pieces = shape.get(&shapes).split('$');
            let mut line = pieces.next().unwrap_or_default().as_bytes().to_vec();
            for piece in pieces {
                let value = values.next().unwrap_or_default();
                let is_text = line.ends_with(b"\"")
                    || value.starts_with(|c: char| !c.is_alphabetic() || value == "null");
                line.extend_from_slice(if is_text { value } else { "5" }.as_bytes());
                line.extend_from_slice(piece.as_bytes());
            }
            let at = at.index(line.len());
            line.splice(at..at, invalid.iter().copied());
            line.extend_from_slice(end.as_bytes());
            line
        };
        lines.into_iter().flat_map(line).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    /// Lines that look alike, and lines that look alike but for a fault: what the automaton says.
    #[test]
    fn templates_equal_the_automaton(text in lines(), read_size in prop::sample::select(vec![100usize, 1_000, 1 << 20])) {
        let oracle = by_automaton(&text);
        for scanner in ObjectScanner::of_each_way(&paths()) {
            prop_assert_eq!(&by_scan(scanner, &text, read_size).0, &oracle);
        }
    }
}

/// How many of the lines are taken by what is learned of the first one.
fn taken(lines: &[&str]) -> Option<u64> {
    let text = lines.concat() + &" ".repeat(64);
    let (paths, mut values) = (paths(), ObjectValues::default());
    let end = object::read(&paths, text.as_bytes(), 0, &mut values).unwrap();
    let mut templates = Templates::default();
    templates.learn(&text.as_bytes()[..=end], 0, &paths, &values);
    let (mut at, mut lines, mut visit) = (0, 0, Found::default());
    let way = InstructionSet::all().last().filter(|way| *way != InstructionSet::Scalar)?;
    way.run(TemplateScan {
        templates: &mut templates,
        quotes: &mut Quotes::default(),
        bytes: text.as_bytes(),
        limit: text.len(),
        values: &mut values,
        visit: &mut visit,
        at: &mut at,
        lines: &mut lines,
    });
    assert_eq!(visit.all, by_automaton(&text.as_bytes()[..at]));
    Some(lines)
}

#[test]
fn lines_that_look_alike_are_taken_by_their_template() {
    let first = "{\"a\":\"x\",\"b\":1,\"c\":{\"a\":\"y\"}}\n";
    for (second, is_like) in [
        (first, true),
        ("{\"a\":\"\\\"two\\\" words\",\"b\":-1.5e7,\"c\":{\"a\":\"caf\u{e9}\"}}\n", true),
        ("{\"a\":\"\",\"b\":null,\"c\":{\"a\":\"\"}}\n", true),
        ("{\"a\":\"\\ud83d\\ude00\",\"b\":1,\"c\":{\"a\":\"\\u00e9\\\\\"}}\n", true),
        ("{\"a\":\"\\ude00\",\"b\":1,\"c\":{\"a\":\"\"}}\n", false),
        ("{\"a\":\"x\",\"b\":1,\"c\":{\"a\": \"y\"}}\n", false),
        ("{\"a\":\"x\",\"b\":01,\"c\":{\"a\":\"y\"}}\n", false),
        ("{\"a\":\"x\",\"b\":1,\"c\":{\"a\":\"\ty\"}}\n", false),
        ("{\"a\":\"x\",\"b\":\"1\",\"c\":{\"a\":\"y\"}}\n", false),
        ("{\"a\":\"x\",\"b\":1,\"c\":{\"a\":\"y\"}} \n", false),
        ("{\"a\":\"x\",\"b\":1,\"c\":{\"A\":\"y\"}}\n", false),
    ] {
        let Some(taken) = taken(&[first, second, first]) else { return };
        assert_eq!(taken, if is_like { 3 } else { 1 }, "{second}");
    }
}
