//! Tests with the same events as CSV and in each shape of JSON, and with lines of JSON with every kind of fault.

use windrow_scan::json::{
    JsonValue, NextObject as NextLine, ObjectLine as Line, ObjectValues, Paths, read_line, unescape,
};

use super::*;
use crate::codec::{Compression, pack};

/// An event: minute, second, and the text of its key in CSV and in JSON.
type JsonEvent = (u32, u32, [&'static str; 2]);

fn event() -> impl Strategy<Value = JsonEvent> {
    let action = prop::sample::select(vec![
        ["Open", "\"Open\""],
        ["Close", "\"Cl\\u006fse\""],
        ["", "null"],
        ["", "\"\""],
        ["\"Op\"\"en\"", "\"Op\\\"en\""],
        ["caf\u{e9}", "\"caf\\u00e9\""],
        ["caf\u{e9}", "\"caf\u{e9}\""],
        ["\"a,b\"", "\"a,b\""],
        ["5", "5"],
        ["true", "true"],
        ["{x}", "\"{x}\""],
        ["a value of more than sixteen bytes", "\"a value of more than sixteen bytes\""],
    ]);
    (0u32..40, 0u32..60, action)
}

/// The events as CSV, and as JSON lines, as an array and as consecutive objects, with `space` between tokens.
fn written(events: &[JsonEvent], space: &str, order: u32) -> [Vec<u8>; 4] {
    let mut csv = "time,action\n".to_owned();
    let mut objects = Vec::new();
    for (at, (minute, second, [in_csv, in_json])) in events.iter().enumerate() {
        let time = format!("2016-07-28T04:{minute:02}:{second:02}.{minute:03}Z");
        csv += &format!("{time},{in_csv}\n");
        let members = [
            format!("\"t\":{space}{{\"time\": \"{time}\"}}"),
            format!("\"action\":{space}{in_json}"),
            format!("\"n\":{space}[{at}, {{\"action\": \"no\"}}, \"}}\"]"),
        ];
        // The order of members changes within a file.
        let from = (order as usize + at / 3) % 3;
        let members = [&members[from], &members[(from + 1) % 3], &members[(from + 2) % 3]];
        objects.push(members.map(String::as_str).join(&format!(",{space}")));
    }
    let object = |inner: &String, space: &str| format!("{{{space}{inner}{space}}}");
    let all: Vec<String> = objects.iter().map(|inner| object(inner, space)).collect();
    let lines: String = objects.iter().map(|inner| object(&inner.replace('\n', " "), "") + "\n").collect();
    let array = format!("[{space}{}{space}]", all.join(&format!("{space},")));
    [csv.into_bytes(), lines.into_bytes(), array.into_bytes(), all.join(space).into_bytes()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The format of a file does not change the answer: CSV = lines = array = consecutive objects.
    #[test]
    fn every_format_has_one_answer(
        events in prop::collection::vec(event(), 1..25),
        space in prop::sample::select(vec!["", " ", "\n", "\n  ", "\r\n\t"]),
        order in 0u32..3,
        threads in prop::sample::select(vec![1usize, 2, 7]),
        read_size in prop::sample::select(vec![1usize, 2, 13, 64, 1 << 16]),
        chunk_size in prop::sample::select(vec![1u64, 40, 150, 1 << 22]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let texts = written(&events, space, order);
        let inputs = inputs(folder.path(), &texts);
        let settings = settings(threads, read_size, chunk_size);
        let csv = said_by_engine(&job(&["action"]), &inputs[..1], &settings).unwrap();
        prop_assert_eq!(csv.tally.counted, events.len() as u64);
        let mut job = job(&["action"]);
        job.source.time.column = "t.time".to_owned();
        for format in [None, Some(InputFormat::Json)] {
            job.source.format = format;
            for input in &inputs[1..] {
                let json = said_by_engine(&job, std::slice::from_ref(input), &settings).unwrap();
                prop_assert_eq!((&json.counts, json.span_us), (&csv.counts, csv.span_us), "{}", input.name);
                prop_assert_eq!((json.tally.read, json.tally.counted), (csv.tally.counted, csv.tally.counted));
            }
        }
    }

    /// Lines with every kind of fault, read by the automaton one by one.
    #[test]
    fn engine_equals_automaton_on_lines(
        text in lines(),
        mark in prop::sample::select(vec!["", "\u{feff}"]),
        keys in prop::sample::select(vec![vec![], vec!["action"], vec!["action", "n"], vec!["user.id", "action"]]),
        threads in prop::sample::select(vec![1usize, 2, 7]),
        read_size in prop::sample::select(vec![1usize, 2, 13, 64, 1 << 16]),
        chunk_size in prop::sample::select(vec![1u64, 40, 150, 1 << 22]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let text = [mark.as_bytes(), text.as_slice()].concat();
        let inputs = inputs(folder.path(), std::slice::from_ref(&text));
        let mut job = job(&keys);
        job.source.format = Some(InputFormat::Json);
        let oracle = said_by_automaton(&job, &text);
        match said_by_engine(&job, &inputs, &settings(threads, read_size, chunk_size)) {
            Ok(said) => prop_assert_eq!(said, oracle),
            // Only an input without a counted row may be an error.
            Err(error) => prop_assert!(oracle.tally.counted == 0, "{error}"),
        }
    }
}

/// Lines, mostly good ones. The first one is good, so that the file is recognised as one object per line.
fn lines() -> impl Strategy<Value = Vec<u8>> {
    let good = (event(), prop::sample::select(vec!["", " ", "\t"])).prop_map(|((minute, second, [_, action]), space)| {
        format!("{{\"time\":{space}\"2016-07-28T04:{minute:02}:{second:02}Z\",{space}\"action\":{space}{action}}}")
    }).boxed();
    let time = "\"time\":\"2016-07-28T04:19:28Z\"";
    let bad = prop::sample::select(vec![
        "".to_owned(),
        " \t\r".to_owned(),
        "[1,2]".to_owned(),
        "time,action".to_owned(),
        "{}".to_owned(),
        format!("{{{time}}}"),
        format!("{{{time}}} "),
        format!("{{{time}}}TRAILER"),
        format!("{{{time},{time}}}"),
        format!("{{{time},\"action\":\"Open\",\"action\":null}}"),
        format!("{{{time},\"other\":\"x\",\"other\":\"y\",\"n\":1}}"),
        format!("{{{time},\"action\":{{\"a\":1}}}}"),
        format!("{{{time},\"action\":[]}}"),
        format!("{{{time},\"user\":{{\"id\":7,\"name\":\"x\"}}}}"),
        format!("{{{time},\"user\":7}}"),
        format!("{{{time},\"action\":\"nul \\u0000\"}}"),
        format!("{{{time},\"action\":\"\\ud800\"}}"),
        format!("{{{time},\"action\":\"\\x\"}}"),
        format!("{{{time},\"action\":\"a\tb\"}}"),
        format!("{{{time},\"action\":NaN}}"),
        format!("{{{time},\"action\":\"Open"),
        format!("{{{time},"),
        "{\"time\":null,\"action\":\"Open\"}".to_owned(),
        "{\"time\":[\"2016-07-28T04:19:28Z\"]}".to_owned(),
        "{\"time\":1469679568}".to_owned(),
        "{\"time\":\"yesterday \\u2014 \"}".to_owned(),
        "{\"ti\\u006de\":\"2016-07-28T04:19:28\\u005a\",\"action\":\"Open\"}".to_owned(),
    ]);
    let raw = prop::collection::vec(any::<u8>(), 0..8);
    let line = prop_oneof![
        12 => good.clone().prop_map(String::into_bytes),
        8 => bad.prop_map(String::into_bytes),
        1 => raw,
    ];
    let end = prop::sample::select(vec!["\n", "\n", "\r\n"]);
    (good, prop::collection::vec((line, end), 0..50), any::<bool>()).prop_map(|(first, lines, has_end)| {
        let lines = lines.into_iter().flat_map(|(line, end)| [line, end.as_bytes().to_vec()].concat());
        let mut text: Vec<u8> = first.bytes().chain(*b"\n").chain(lines).collect();
        if !has_end {
            text.pop();
        }
        text
    })
}

/// The oracle: the automaton reads each line, times are read one by one in the plain way, and one map holds all counts.
fn said_by_automaton(job: &Job, text: &[u8]) -> EngineReport {
    let reader = TimeReader::new(&job.source.time).unwrap();
    let names: Vec<&str> = [job.source.time.column.as_str()]
        .into_iter()
        .chain(job.source.keys.iter().map(String::as_str))
        .collect();
    let paths = Paths::new(names.iter().copied()).unwrap();
    let (mut said, mut values) = (EngineReport::default(), ObjectValues::default());
    (said.tally.bytes_read, said.tally.bytes_total) = (text.len() as u64, text.len() as u64);
    let mut at = if text.starts_with(BOM) { 3 } else { 0 };
    while let NextLine::Line { what, content, whole } = read_line(&paths, &text[at..], true, &mut values) {
        let line = &text[at..at + content];
        let line_number = text[..at].iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        let byte = at as u64;
        at += whole.unwrap();
        said.tally.read += 1;
        let mut reject = |reason: Reason, path: Option<usize>, value: Option<Vec<u8>>| {
            said.tally.rejected[reason as usize] += 1;
            let column = path.map(|path| names[path].to_owned());
            let reject = Reject {
                place: Place::Line { line: line_number, byte },
                column,
                reason,
                value,
                raw: line.to_vec(),
            };
            said.rejects.push(("0.csv".to_owned(), reject));
        };
        match what {
            Line::Blank => said.tally.blank += 1,
            Line::Malformed(wrong) => reject(wrong.fault.into(), wrong.wanted, None),
            Line::Object => {
                let texts: Vec<Option<Vec<u8>>> = values.iter().map(|value| text_of(line, *value)).collect();
                let Some(time) = &texts[0] else {
                    reject(Reason::NotScalar, Some(0), None);
                    continue;
                };
                let reading = match reader.read_plainly(time) {
                    Ok(reading) => reading,
                    Err(reason) => {
                        reject(reason, Some(0), Some(time.clone()));
                        continue;
                    }
                };
                let odd =
                    texts.iter().skip(1).position(|text| text.as_ref().is_none_or(|text| text.contains(&0)));
                if let Some(odd) = odd {
                    let value = texts[odd + 1].clone();
                    let reason = if value.is_some() { Reason::Nul } else { Reason::NotScalar };
                    reject(reason, Some(odd + 1), value);
                    continue;
                }
                said.tally.counted += 1;
                said.tally.without_offset += u64::from(reading.local);
                said.span_us = union(said.span_us, Some((reading.us, reading.us)));
                let key = texts[1..].iter().map(|text| text.clone().unwrap()).collect();
                let pane_us = job.pane_widths().pane_of(reading.us).start_us;
                *said.counts.entry((pane_us, key)).or_default() += 1;
            }
        }
    }
    said
}

fn text_of(line: &[u8], value: JsonValue) -> Option<Vec<u8>> {
    match value {
        JsonValue::Null => Some(Vec::new()),
        JsonValue::Plain { start, end } => Some(line[start as usize..end as usize].to_vec()),
        JsonValue::Escaped { start, end } => Some(unescape(&line[start as usize..end as usize])),
        JsonValue::Nested => None,
    }
}

#[test]
fn a_broken_stream_is_refused_whole_and_the_others_go_on() {
    let good = b"[{\"time\":\"2016-07-28T04:19:28Z\",\"action\":\"Open\"}]".to_vec();
    let cut = good[..good.len() - 1].to_vec();
    let folder = tempfile::tempdir().unwrap();
    let inputs = inputs(folder.path(), &[cut, good]);
    let mut job = job(&["action"]);
    job.source.format = None;
    let outcome = run(&job, &inputs, &Settings::default(), None).unwrap();
    assert_eq!(outcome.tally.counted, 1);
    let error = outcome.partly_refused().unwrap();
    assert_eq!(error.kind().exit_code(), 3);
}

#[test]
fn an_object_that_is_too_long_is_a_reject_in_every_shape() {
    let object = |second: u32, x: &str| {
        format!("{{\"time\":\"2016-07-28T04:19:{second:02}Z\",\"action\":\"Open\"{x}}}")
    };
    let long = object(2, &format!(",\"x\":[\"{}\"]", "}\\\" ".repeat(windrow_scan::RECORD_BYTES_MAX)));
    let rows = [object(1, ""), long.clone(), object(3, ""), long];
    let folder = tempfile::tempdir().unwrap();
    let job = job(&["action"]);
    let job = Job { source: Source { format: None, ..job.source.clone() }, ..job };
    let line_of = |reject: &Reject| match reject.place {
        Place::Line { line, .. } => line,
        Place::Row(_) => panic!("{reject:?}"),
    };
    for text in
        [rows.join("\n") + "\n", format!("[{}]", rows.join("\n,")), rows.join("\n").replacen('{', "{\n", 1)]
    {
        let packed = pack(Compression::Gzip, text.as_bytes());
        let inputs = inputs(folder.path(), &[text.into_bytes(), packed]);
        for (threads, read_size, chunk_size) in [(1, 1 << 16, 1 << 18), (2, 1 << 22, 1 << 22)] {
            for input in &inputs {
                let inputs = std::slice::from_ref(input);
                let said = said_by_engine(&job, inputs, &settings(threads, read_size, chunk_size)).unwrap();
                assert_eq!((said.tally.counted, said.tally.rejected[Reason::TooLong as usize]), (2, 2));
                assert!(said.tally.adds_up());
                let lines: Vec<_> = said.rejects.iter().map(|(_, reject)| line_of(reject)).collect();
                let first = said.rejects[0].1.raw.starts_with(rows[1].as_bytes().get(..40).unwrap());
                assert!(first && lines[1] - lines[0] == 2, "{lines:?}");
            }
        }
    }
}
