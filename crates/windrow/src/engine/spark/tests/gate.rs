//! The gate for JSON against the automaton: what it lets through is an object with the same values. `tests/spark` tries it in Java.

use std::sync::LazyLock;

use fancy_regex::Regex;
use proptest::prelude::*;
use windrow_scan::json::{JsonValue, NextObject, ObjectLine, ObjectValues, Paths, read_line};

use crate::engine::spark::plan::Gate;
use crate::engine::spark::template::LineTemplates;

const PATHS: [&str; 5] = ["time", "action", "user.id", "user.name", "\"x.y\""];

/// The gate for [`PATHS`].
static GATE: LazyLock<ReadyGate> =
    LazyLock::new(|| ReadyGate::of(Gate::new(&PATHS.map(str::to_owned)).unwrap()));

/// A gate, and the groups that have the value of each path.
struct ReadyGate(Regex, Vec<Vec<String>>);

impl ReadyGate {
    fn of(gate: Gate) -> ReadyGate {
        let (pattern, found) = gate.into_parts();
        let names = |part: &str| {
            part.split('$').skip(1).map(|name| name.trim_matches(['{', '}']).to_owned()).collect()
        };
        let groups: Vec<Vec<String>> = found.split('\u{1}').skip(1).map(names).collect();
        ReadyGate(Regex::new(&pattern).unwrap(), groups)
    }

    /// The gate for lines that are written as those of `sample`, if there is one.
    fn usual(sample: &str) -> Option<ReadyGate> {
        let templates = LineTemplates::of(&Paths::new(PATHS).unwrap(), sample.as_bytes(), true);
        Gate::usual(&PATHS.map(str::to_owned), &templates).map(ReadyGate::of)
    }

    /// The values that it gives; `None` if it does not let the line through.
    fn through(&self, line: &str) -> Option<Vec<String>> {
        let found = self.0.captures(line).unwrap()?;
        let group = |name: &String| match name.parse() {
            Ok(number) => found.get(number),
            Err(_) => found.name(name),
        };
        let value = |names: &Vec<String>| {
            names.iter().map(|name| group(name).map_or("", |value| value.as_str())).collect()
        };
        Some(self.1.iter().map(value).collect())
    }
}

fn through(line: &str) -> Option<Vec<String>> {
    GATE.through(line)
}

/// The values that the automaton reads. `None` if the line is not an object with one value at each path.
fn read_values(line: &str) -> Option<Vec<String>> {
    let paths = Paths::new(PATHS).unwrap();
    let mut values = ObjectValues::default();
    match read_line(&paths, line.as_bytes(), true, &mut values) {
        NextObject::Line { what: ObjectLine::Object, whole: Some(whole), .. } if whole == line.len() => {}
        _ => return None,
    }
    let value = |value: &JsonValue| match value {
        JsonValue::Null => Some(String::new()),
        JsonValue::Plain { start, end } => Some(line[*start as usize..*end as usize].to_owned()),
        JsonValue::Escaped { .. } | JsonValue::Nested => None,
    };
    values.iter().map(value).collect()
}

fn value() -> impl Strategy<Value = String> {
    let plain = [
        "\"Open\"",
        "\"\"",
        "\"\u{e4}\u{1f600}\"",
        "0",
        "-1.50e+3",
        "1E5",
        "true",
        "false",
        "null",
        "[]",
        "{}",
        "[1 ,{\"a\": [null]}]",
        "{\"id\":1,\"id\":2}",
        "{\"b\":{\"c\":[[0]]}}",
        "\"a\\n\\u00e9\\ud83d\\ude00\"",
    ];
    let odd = [
        "01",
        "1.",
        "-",
        "1e",
        "NaN",
        "tru",
        "\"\\q\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\\u12g4\"",
        "\"a\tb\"",
        "\"a",
        "[1,]",
        "[,1]",
        "{\"a\":1,}",
        "{\"a\"}",
        "{1:1}",
        "[1 2]",
        "",
        "'a'",
        "\"a\"\"b\"",
        "{\"a\":1 \"b\":2}",
        "\u{c}1",
    ];
    prop_oneof![
        9 => prop::sample::select(plain.to_vec()).prop_map(str::to_owned),
        1 => prop::sample::select(odd.to_vec()).prop_map(str::to_owned),
    ]
}

fn member() -> impl Strategy<Value = String> {
    let names =
        ["time", "action", "user", "x.y", "other", "actio", "actions", "\\u0074ime", "a\\nb", "", "id"];
    let user =
        prop::collection::vec((prop::sample::select(vec!["id", "name", "more", "\\u0069d"]), value()), 0..4);
    let user = user.prop_map(|members| {
        let members: Vec<String> =
            members.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
        format!("\"user\":{{{}}}", members.join(","))
    });
    prop_oneof![
        3 => (prop::sample::select(names.to_vec()), value()).prop_map(|(name, value)| format!("\"{name}\":{value}")),
        1 => user,
    ]
}

fn line() -> impl Strategy<Value = String> {
    let comma = prop::sample::select(vec![",", ", ", " ,\t", ",,", " "]).prop_map(str::to_owned);
    let comma = prop_oneof![9 => Just(",".to_owned()), 1 => comma];
    let edit = prop::option::weighted(
        0.3,
        (
            any::<prop::sample::Index>(),
            0usize..3,
            prop::sample::select("\"\\,:{}[] \t\r\u{1}\u{b}ax01-\u{e4}\u{2028}".chars().collect::<Vec<_>>()),
        ),
    );
    let ends = prop::sample::select(vec!["", "", "", " ", "\r", " \t\r", "x", "}", ",", "\u{c}"]);
    (prop::collection::vec(member(), 0..7), comma, edit, ends)
        .prop_map(|(members, comma, edit, end)| edited(&format!("{{{}}}{end}", members.join(&comma)), edit))
}

/// A line in which some characters are replaced by another one.
fn edited(line: &str, edit: Option<(prop::sample::Index, usize, char)>) -> String {
    let mut line: Vec<char> = line.chars().collect();
    if let Some((at, taken, new)) = edit {
        let at = at.index(line.len());
        line.splice(at..(at + taken).min(line.len()), [new]);
    }
    line.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn what_the_gate_lets_through_is_an_object_with_its_values(line in line()) {
        if let Some(found) = through(&line) {
            prop_assert_eq!(Some(found), read_values(&line), "{}", line);
        }
    }
}

/// Objects as a log writes them: the same members in one order, of which some are left out now and then.
fn alike() -> impl Strategy<Value = Vec<String>> {
    let members = prop::collection::vec((member(), prop::collection::vec(value(), 4)), 1..6);
    let space = prop::sample::select(vec!["", " "]);
    (members, prop::collection::vec(prop::collection::vec(0u8..8, 6), 1..5), space).prop_map(
        |(members, lines, space)| {
            let line = |kept: &Vec<u8>| {
                let kept = members.iter().zip(kept).filter(|(_, chance)| **chance > 0);
                let of = |((member, values), chance): (&(String, Vec<String>), &u8)| match values
                    .get(*chance as usize)
                {
                    Some(value) => format!("{}:{value}", member.split_once(':').map_or("", |(name, _)| name)),
                    None => member.clone(),
                };
                let members: Vec<String> = kept.map(of).collect();
                format!("{{{}}}", members.join(&format!(",{space}"))).replace("\":", &format!("\":{space}"))
            };
            lines.iter().map(line).collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn what_a_template_lets_through_is_an_object_with_its_values(
        lines in alike(),
        other in line(),
        at in any::<prop::sample::Index>(),
        taken in 0usize..3,
        new in prop::sample::select("\"\\,:{}[] \t\r\u{1}ax01-.e\u{e4}".chars().collect::<Vec<_>>()),
    ) {
        if let Some(gate) = ReadyGate::usual(&lines.join("\n")) {
            let all = lines.iter().cloned().chain([other]);
            for line in all.flat_map(|line| [edited(&line, Some((at, taken, new))), line]) {
                if let Some(found) = gate.through(&line) {
                    prop_assert_eq!(Some(found), read_values(&line), "{} {:?}", line, lines);
                }
            }
        }
    }
}

#[test]
fn lines_that_fit_a_template_go_through() {
    for (sample, line, values) in [
        (
            "{\"time\":\"\u{f6}\",\"action\":\"a\"}",
            "{\"time\":\"\u{e4}\",\"action\":\"\"}",
            Some(["\u{e4}", "", "", "", ""]),
        ),
        ("{\"time\":\"\u{f6}\",\"action\":\"a\"}", "{\"time\":\"\u{fffd}\",\"action\":\"\"}", None),
        (
            "{\"time\":\"a\"}",
            "{\"time\":\" !#&'-/09@AZ[]^`az{|}~\"}",
            Some([" !#&'-/09@AZ[]^`az{|}~", "", "", "", ""]),
        ),
        ("{\"time\":\"a\"}", "{\"time\":\"\u{e4}\"}", None),
        ("{\"time\":\"a\"}", "{\"time\":\"a\\\"}", None),
        ("{\"time\":\"a\"}", "{\"time\":\"\u{1f}\"}", None),
        ("{\"time\":1,\"action\":null}\n{\"time\":-1.5e3}", "{\"time\":7}", Some(["7", "", "", "", ""])),
        ("{\"time\":1,\"action\":null}\n{\"time\":-1.5e3}", "{\"time\":7,\"action\":\"x\"}", None),
        (
            "{\"action\": \"x\", \"time\": true}\r\n",
            "{\"action\": \"y\", \"time\": false}\r",
            Some(["false", "y", "", "", ""]),
        ),
        (
            "{\"time\":1,\"user\":{\"id\":1,\"name\":\"n\"}}",
            "{\"time\":0,\"user\":{\"id\":20,\"name\":\"\"}}",
            Some(["0", "", "20", "", ""]),
        ),
        ("{\"a\":{\"time\":2},\"time\":1}", "{\"a\":{\"time\":3},\"time\":4}", Some(["4", "", "", "", ""])),
        (
            "{\"t\":[],\"time\":1}\n{\"t\":[1,\"\\n\"],\"time\":1}",
            "{\"t\":[\"\\\"\",5,6],\"time\":4}",
            Some(["4", "", "", "", ""]),
        ),
        // Of two templates, what the first one has taken is given back.
        (
            "{\"time\":1,\"action\":2,\"a\":3,\"b\":4}\n{\"time\":1,\"action\":2,\"b\":3,\"a\":4}\n{\"time\":1}",
            "{\"time\":5,\"action\":6,\"b\":7,\"a\":8}",
            Some(["5", "6", "", "", ""]),
        ),
        // No member is always there.
        ("{\"a\":1}\n{\"time\":1}", "{\"time\":7}", Some(["7", "", "", "", ""])),
        ("{\"a\":1}\n{\"time\":1}", "{\"time\":7,}", None),
        ("{\"time\":1}", "{\"time\":1,\"time\":1}", None),
        ("{\"time\":1}", "{\"time\":01}", None),
        ("{\"time\":1}", "{\"time\":1} ", None),
        ("{\"time\":1.5}", "{\"time\":1}", None),
    ] {
        let gate = ReadyGate::usual(sample).unwrap();
        assert_eq!(
            gate.through(line),
            values.map(|values| values.map(str::to_owned).to_vec()),
            "{sample} {line}"
        );
    }
    // No template has these lines, or no pattern.
    let wide: String = (0..300).map(|at| format!(",\"c{at}\":0")).collect();
    for sample in ["no", "{ }", "{\"time\":[]}", &format!("{{\"time\":0{wide}}}")] {
        assert!(ReadyGate::usual(sample).is_none(), "{sample}");
    }
}

#[test]
fn the_gate_lets_usual_objects_through() {
    for (line, values) in [
        ("{\"time\":\"t\",\"action\":\"Open\"}", ["t", "Open", "", "", ""]),
        (" { \"action\" : \"Open\" , \"time\" : 1.5e3 } \r", ["1.5e3", "Open", "", "", ""]),
        (
            "{\"a\":[1,{\"time\":2}],\"time\":null,\"b\":\"\\\"\",\"x.y\":true,\"c\":{}}",
            ["", "", "", "", "true"],
        ),
        ("{\"user\":{\"more\":{\"id\":0},\"name\":\"n\",\"id\":7},\"time\":0}", ["0", "", "7", "n", ""]),
        ("{\"user\":{},\"z\":\"\\ud83d\\ude00\"}", [""; 5]),
        ("{\"user\":[{\"id\":1}]}", [""; 5]),
        ("{}", [""; 5]),
    ] {
        assert_eq!(through(line), Some(values.map(str::to_owned).to_vec()), "{line}");
    }
}

#[test]
fn the_gate_refuses_what_windrow_has_to_see() {
    for line in [
        "{\"time\":1,\"action\":2,\"time\":1}",
        "{\"time\":1,\"time\":1}",
        "{\"user\":{\"id\":1,\"x\":0,\"id\":2}}",
        "{\"user\":1,\"user\":{}}",
        "{\"\\u0074ime\":1}",
        "{\"action\":\"\\n\"}",
        "{\"action\":{}}",
        "{\"action\":[]}",
        "{\"x\":\"\\ud800\"}",
        "{\"x\":\"\u{1}\"}",
        "{\"x\":\"\u{fffd}\"}",
        "{\"\u{fffd}\":0}",
        "{\"time\":\"\u{fffd}\"}",
        "[{\"time\":1}]",
        "{\"time\":1}x",
        "{\"time\":1,}",
        "{\"time\":01}",
        "",
        " ",
    ] {
        assert_eq!(through(line), None, "{line}");
    }
}

#[test]
fn not_every_path_has_a_gate() {
    let of =
        |paths: &[&str]| Gate::new(&paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>()).err();
    assert_eq!(of(&["time", "a^$(b)"]), None);
    for paths in [&["tags[0]"][..], &["\"a\\\"b\""], &["a", "a.b"], &["a.b", "a"], &["\u{fffd}"], &[]] {
        assert!(of(paths).is_some(), "{paths:?}");
    }
}
