//! The fast way of each preset against its pattern, on good lines and on lines with bytes changed.

use std::sync::LazyLock;

use proptest::prelude::*;
use regex::bytes::Regex;

use super::layout::TextLayout;
use super::preset::of_head;
use super::reader::LineReader;
use super::*;
use crate::reject::Reason;

const GOOD: [&str; 9] = [
    r#"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326"#,
    r#"::1 - - [10/Oct/2000:13:55:36 -0700] "GET /a?b=\"c\"d HTTP/1.1" 200 2326 "http://x/" "Mozilla/5.0 (X11)""#,
    r#"h i u [1700000000.123] "GET / HTTP/1.1" 301 - "-" "-" "10.0.0.1" 0.003"#,
    r#"h - john doe [10/Oct/2000:13:55:36 -0700] "-" 408 0 "-" "-""#,
    r#"h - - [x] "\x16\x03\x01" 400 150 "-" "a \"quoted\" \\ agent""#,
    r#"h - - [x] "GET /old" 200 1"#,
    r#"h - - [x] "GET /a b HTTP/1.1" 200 1 "" """#,
    r#"site:80 h - - [x] "GET / HTTP/1.1" 200 1"#,
    r#"h -x -y [x] "GET /\ a HTTP/1.1" 200 1 "-" "caf"#,
];

/// A good line with some bytes changed, put in or left out.
fn line(good: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop::sample::select(b" \" \"\\[]-/:09aZ=.".to_vec());
    let change = (any::<prop::sample::Index>(), byte, 0u8..3);
    (prop::sample::select(good), prop::collection::vec(change, 0..4)).prop_map(|(good, changes)| {
        let mut line = good.as_bytes().to_vec();
        for (at, byte, how) in changes {
            let at = at.index(line.len());
            match how {
                0 => line[at] = byte,
                1 => line.insert(at, byte),
                _ => drop(line.remove(at)),
            }
        }
        line
    })
}

static PATTERNS: LazyLock<[TextPattern; 2]> = LazyLock::new(|| {
    [Preset::Common, Preset::Combined].map(|preset| TextPattern::of_text(&preset.pattern().unwrap()).unwrap())
});

/// The texts of all columns, or none where the line is not of the pattern.
fn read(pattern: TextPattern, line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let names: Vec<String> = pattern.columns().unwrap().into_iter().map(str::to_owned).collect();
    let layout = TextLayout { pattern, keys: 1..names.len(), names, measured: Vec::new() };
    let mut reader = LineReader::new(&layout);
    reader.read(line).ok()?;
    Some((0..layout.names.len()).map(|number| reader.text(line, number).unwrap().into_owned()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn the_fast_way_of_servers_equals_the_pattern(line in line(&GOOD), combined in any::<bool>()) {
        let preset = if combined { Preset::Combined } else { Preset::Common };
        let pattern = &PATTERNS[usize::from(combined)];
        prop_assert_eq!(read(TextPattern::Preset(preset), &line), read(pattern.clone(), &line));
    }

    #[test]
    fn logfmt_is_pairs_between_white_space(line in line(&PAIRS), wanted in prop::sample::select(vec!["level", "msg", "a"])) {
        let names = vec!["time".to_owned(), wanted.to_owned()];
        let layout = TextLayout { pattern: TextPattern::Preset(Preset::Logfmt), keys: 1..names.len(), names: names.clone(), measured: Vec::new() };
        let mut reader = LineReader::new(&layout);
        let read = reader.read(&line).map_err(|(reason, _)| reason);
        let read = read.and_then(|()| {
            let texts = [0, 1].map(|number| reader.text(&line, number).map(|text| text.into_owned()));
            let [time, key] = texts.map(|text| text.map_err(|(reason, _)| reason));
            Ok(vec![time?, key?])
        });
        prop_assert_eq!(read, pairs(&line, &names));
    }
}

const PAIRS: [&str; 5] = [
    r#"time=2024-01-01T00:00:00Z level=info msg="hello world" a=1"#,
    r#"level=warn time=2024-01-01T00:00:00Z msg="a \"b\" \\ \u00e9 \ud83d\ude00" flag a="#,
    r#" a=b=c	time=x level="" "#,
    r#"msg="\q" level=x level=y"#,
    r#"alone words only"#,
];

/// A pair: its name, then nothing, a quoted or a bare value.
const PAIR: &str = r#"^(?P<name>[^\x00-\x20="]+)(?:=(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\x00-\x20"]*)))?(?:[\x00-\x20]+|$)"#;
/// What begins with a quote that is closed, and what begins with one that is not.
const CLOSED: &str = r#"^[^\x00-\x20="]+="(?:[^"\\]|\\.)*""#;
const OPEN: &str = r#"^[^\x00-\x20="]+=""#;

/// The oracle: pair after pair by a pattern; JSON says what escapes mean.
fn pairs(line: &[u8], names: &[String]) -> Result<Vec<Vec<u8>>, Reason> {
    static REGEXES: LazyLock<[Regex; 3]> =
        LazyLock::new(|| [PAIR, CLOSED, OPEN].map(|pattern| Regex::new(pattern).unwrap()));
    let [pair, closed, open] = &*REGEXES;
    let mut texts: Vec<Option<Result<Vec<u8>, Reason>>> = vec![None; names.len()];
    let (mut rest, mut has_value, mut is_twice) = (line.trim_ascii_start(), false, false);
    while !rest.is_empty() {
        let Some(found) = pair.captures(rest) else {
            return Err(match rest {
                rest if closed.is_match(rest) => Reason::TextAfterQuote,
                rest if open.is_match(rest) => Reason::UnclosedQuote,
                _ => Reason::NoMatch,
            });
        };
        rest = &rest[found.get(0).unwrap().end()..];
        has_value |= found.name("quoted").or(found.name("bare")).is_some();
        let text = match (found.name("quoted"), found.name("bare")) {
            (Some(quoted), _) if quoted.as_bytes().contains(&b'\\') => {
                let text = std::str::from_utf8(quoted.as_bytes()).unwrap();
                serde_json::from_str::<String>(&format!("\"{text}\""))
                    .map(String::into_bytes)
                    .map_err(|_| Reason::BadEscape)
            }
            (Some(plain), _) | (_, Some(plain)) => Ok(plain.as_bytes().to_vec()),
            _ => Ok(Vec::new()),
        };
        let name = &found["name"];
        if let Some(number) = names.iter().position(|wanted| wanted.as_bytes() == name) {
            is_twice |= texts[number].replace(text).is_some();
        }
    }
    match (has_value, is_twice) {
        (false, _) => Err(Reason::NoMatch),
        (_, true) => Err(Reason::DuplicateName),
        _ => texts.into_iter().map(|text| text.unwrap_or_else(|| Ok(Vec::new()))).collect(),
    }
}

#[test]
fn the_columns_of_a_line() {
    let texts = |preset, line: &str| {
        let texts = read(TextPattern::Preset(preset), line.as_bytes())?;
        Some(texts.into_iter().map(|text| String::from_utf8(text).unwrap()).collect::<Vec<_>>())
    };
    assert_eq!(
        texts(Preset::Common, GOOD[0]).unwrap(),
        [
            "127.0.0.1",
            "-",
            "frank",
            "10/Oct/2000:13:55:36 -0700",
            "GET /apache_pb.gif HTTP/1.0",
            "GET",
            "/apache_pb.gif",
            "HTTP/1.0",
            "200",
            "2326"
        ]
    );
    let with_more = texts(Preset::Combined, GOOD[2]).unwrap();
    assert_eq!(with_more[8..], ["301", "-", "-", "-", "\"10.0.0.1\" 0.003"]);
    assert_eq!(
        texts(Preset::Combined, GOOD[3]).unwrap()[2..8],
        ["john doe", "10/Oct/2000:13:55:36 -0700", "-", "", "", ""]
    );
    assert_eq!(texts(Preset::Common, GOOD[5]).unwrap()[4..8], ["GET /old", "GET", "/old", ""]);
    assert_eq!(texts(Preset::Common, GOOD[7]), None, "a host before the host");
    assert_eq!(texts(Preset::Common, GOOD[1]), None, "more than the common format has");
}

#[test]
fn a_layout_is_seen_in_the_first_lines() {
    let seen = |text: &str| of_head(text.as_bytes(), true);
    let (common, combined) = (GOOD[0], GOOD[1]);
    assert_eq!(seen(common), Some(Preset::Common));
    assert_eq!(seen(&format!("\u{feff}\n{combined}\r\n{combined}")), Some(Preset::Combined));
    assert_eq!(seen(&format!("cut off\n{common}\n{common}\n")), Some(Preset::Common), "most lines");
    assert_eq!(seen(&format!("cut off\n{common}\n")), None, "half of them");
    assert_eq!(seen(PAIRS[0]), Some(Preset::Logfmt));
    assert_eq!(seen("time=2024-01-01T00:00:00Z level=info n=1 flag\n"), Some(Preset::Logfmt));
    for other in ["warn a=1 b=2\n", "a=1 b=2 or not\n", "to be or a=1 b=2\n"] {
        assert_eq!(seen(other), None, "{other:?}");
    }
    for other in
        ["", "\n\n", "time,action\n", "a=1\n", "a=1 b\n", "x,y=1 z=2\n", "\"a=1 b=2\"\n", "{\"a\":1}\n"]
    {
        assert_eq!(seen(other), None, "{other:?}");
    }
    // A line that is not whole tells nothing.
    assert_eq!(of_head(common.as_bytes(), false), None);
}

#[test]
fn what_is_not_a_pattern_is_explained() {
    let error = |text: &str| TextPattern::of_text(text).unwrap_err().to_string();
    assert_eq!(error("(?P<time>"), "`(?P<time>` is not a pattern: unclosed group");
    assert_eq!(error("x"), "the pattern `x` names no column");
    assert_eq!(error("combine"), "the pattern `combine` names no column");
}
