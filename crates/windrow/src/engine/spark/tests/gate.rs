//! The gate for JSON against the automaton: what it lets through is an object with the same values. `tests/spark` tries it in Java.

use std::sync::LazyLock;

use fancy_regex::Regex;
use proptest::prelude::*;
use windrow_scan::json::{JsonValue, NextObject, ObjectLine, ObjectValues, Paths, read_line};

use super::*;
use crate::engine::spark::plan::Gate;

const PATHS: [&str; 5] = ["time", "action", "user.id", "user.name", "\"x.y\""];

/// The gate for [`PATHS`], and the names of the groups that have the value of each path.
static GATE: LazyLock<(Regex, Vec<String>)> = LazyLock::new(|| {
    let (pattern, found) = Gate::new(&PATHS.map(str::to_owned)).unwrap().into_parts();
    let groups = found.split('\u{1}').skip(1).map(str::to_owned).collect();
    (Regex::new(&pattern).unwrap(), groups)
});

/// The values that the gate gives; `None` if it does not let the line through.
fn through(line: &str) -> Option<Vec<String>> {
    let (pattern, groups) = &*GATE;
    let found = pattern.captures(line).unwrap()?;
    let value = |groups: &String| {
        let names = groups.split('$').skip(1).map(|name| name.trim_matches(['{', '}']));
        names.map(|name| found.name(name).map_or("", |value| value.as_str())).collect::<String>()
    };
    Some(groups.iter().map(value).collect())
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
    (prop::collection::vec(member(), 0..7), comma, edit, ends).prop_map(|(members, comma, edit, end)| {
        let mut line: Vec<char> = format!("{{{}}}{end}", members.join(&comma)).chars().collect();
        if let Some((at, taken, new)) = edit {
            let at = at.index(line.len());
            line.splice(at..(at + taken).min(line.len()), [new]);
        }
        line.into_iter().collect()
    })
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
    for paths in [&["tags[0]"][..], &["\"a\\\"b\""], &["a", "a.b"], &["a.b", "a"], &[]] {
        assert!(of(paths).is_some(), "{paths:?}");
    }
}

/// windrow reads the other files of JSON, and lines of which Spark does not tell what they are.
#[test]
fn spark_reads_files_with_an_object_per_line() {
    let row = "{\"time\":\"2016-07-28T04:19:28Z\",\"action\":\"Open\"}\n";
    let two = format!("{row}{row}");
    for (text, rules, expected) in [
        (two.as_str(), "", Some(true)),
        ("{\"time\":\"2016-07-28T04:19Z\"}\n", "", Some(false)),
        (&format!("[{}]", row.trim()), "", None),
        ("{\n\"time\":\"2016-07-28T04:19:28Z\"\n}\n", "", None),
        ("", "", None),
        ("\u{feff}", "", None),
        (&two, "growing = true\n", None),
        (&two, "time_format = \"%Y %m %d\"\n", None),
        (&two, "time_format = \"epoch_ms\"\n", Some(true)),
        (&two.replace('Z', ""), "zone = \"Europe/Berlin\"\n", None),
    ] {
        let (job, file) = objects(text, rules);
        let input = SparkInput::open(&job, &file, &TimeReader::new(&job.source.time).unwrap()).unwrap();
        let is_asked = |at: usize| {
            asked_objects(
                &job,
                &[Ok(SparkInput::open(&job, &file, &TimeReader::new(&job.source.time).unwrap()).unwrap())],
            )[at]
                .0
                .len()
                == 1
        };
        assert_eq!(
            (is_asked(0), is_asked(1)),
            (expected == Some(true), expected == Some(false)),
            "{text:?} {rules:?}"
        );
        assert_eq!(input.read_through, expected.is_none(), "{text:?} {rules:?}");
    }
}

/// Spark leaves out such files, or takes them for compressed ones.
#[test]
fn files_of_json_that_spark_does_not_find_are_read_here() {
    let (job, file) = objects("{\"time\":\"2016-07-28T04:19:28Z\"}\n", "");
    let time = TimeReader::new(&job.source.time).unwrap();
    for (name, is_left) in [("a.json", false), ("_a.json", true), ("a.json.gz", true), ("a:b.json", true)] {
        let path = file.path.with_file_name(name);
        std::fs::copy(&file.path, &path).unwrap();
        let file = InputFile { path, ..file.clone() };
        let input = SparkInput::open(&job, &file, &time).unwrap();
        assert_eq!((input.read_through, input.objects.is_none()), (is_left, is_left), "{name}");
    }
}

fn objects(text: &str, rules: &str) -> (Job, InputFile) {
    let folder = tempfile::tempdir().unwrap().keep();
    let (_, file) = job(&folder, "action", "#");
    std::fs::write(&file.path, text).unwrap();
    let toml = format!(
        "name = \"j\"\nversion = 1\n[source]\npath = \"a.csv\"\nformat = \"json\"\ntime = \"time\"\nkeys = [\"action\"]\n{rules}[reports.r]\nevery = \"10m\"\n"
    );
    (Job::from_toml(&toml, &folder.join("job.toml")).unwrap(), file)
}

#[test]
fn lines_of_json_that_are_left_to_windrow_are_read_here() {
    let text = "{\"time\":\"2016-07-28T04:19:28Z\",\"action\":\"\\u004fpen\"}\nno\n\n{\"time\":\"soon\"}\n{\"time\":\"2016-07-28T04:19:28Z\"";
    let (job, file) = objects(text, "");
    let odd = [1, 2, 3, 4, 5].map(|line| (line, LineKind::Unsure));
    for first in 0..=5 {
        let (read, rejects) = read_by(&job, &file, text, first, &odd).unwrap();
        let tally = read.added.unwrap().tally;
        assert_eq!(
            (tally.counted, tally.blank, tally.rejected_total(), tally.read, read.unsure),
            (1, 1, 3, 5, 5)
        );
        let reasons: Vec<_> = rejects.iter().map(|reject| (line_of(reject), reject.reason)).collect();
        assert_eq!(reasons, [(2, Reason::NotObject), (4, Reason::BadTime), (5, Reason::Unclosed)]);
    }
}

#[test]
fn no_path_is_in_the_text_of_a_query() {
    let of = |key: &str| {
        let (mut job, file) = objects("{\"time\":\"2016-07-28T04:19:28Z\"}\n", "");
        job.source.keys = vec![key.to_owned()];
        let time = TimeReader::new(&job.source.time).unwrap();
        let looked = || Ok(SparkInput::open(&job, &file, &time).unwrap());
        let files = asked_objects(&job, &[looked(), looked()]).map(|(files, _)| files).concat();
        [true, false].map(|has_clock| {
            text_of(plan::count(&job, &files, LineCheck::Objects { has_clock }, true).unwrap())
        })
    };
    let expected = of("action");
    for key in ["a`b", "'; DROP TABLE lines --", ":gate", "gr\u{f6}\u{df}e", "user.id", "${s0}"] {
        assert_eq!(of(key), expected, "{key}");
    }
}
