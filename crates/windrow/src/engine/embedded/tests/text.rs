//! Tests with the same events as CSV and as lines of text, and with lines with every kind of fault.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::packed::PackedAs;
use super::*;
use crate::event::COMMON_LOG;
use crate::format::text::{Preset, TextPattern};

static COMBINED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&Preset::Combined.pattern().unwrap()).unwrap());
static OWN: LazyLock<Regex> = LazyLock::new(|| Regex::new("<(?P<time>[^>]+)> .*: (?P<status>\\d+)").unwrap());

/// A job over text logs.
pub(super) fn job_of(pattern: &str, keys: &[&str], format: TimeFormat) -> Job {
    let mut job = job(keys);
    job.source.format = Some(InputFormat::Text);
    job.source.csv.pattern = (pattern != "auto").then(|| TextPattern::of_text(pattern).unwrap());
    job.source.time.format = format;
    job
}

pub(super) fn common_log() -> TimeFormat {
    TimeFormat::Pattern(COMMON_LOG.to_owned())
}

/// The same events as CSV, as a combined log, as logfmt, and as lines for a pattern.
fn written(events: &[(u32, u32, &str)]) -> [String; 4] {
    let mut texts = ["time,status\n".to_owned(), String::new(), String::new(), String::new()];
    for (minute, second, status) in events {
        let iso = format!("2016-07-28T04:{minute:02}:{second:02}Z");
        texts[0] += &format!("{iso},{status}\n");
        texts[1] += &format!(
            "10.0.0.{second} - - [28/Jul/2016:06:{minute:02}:{second:02} +0200] \"GET /{minute} HTTP/1.1\" {status} {second} \"-\" \"Mozilla/5.0\"\n"
        );
        texts[2] += &format!("level=info msg=\"took {second} \\\"ms\\\"\" status={status} time={iso}\r\n");
        texts[3] += &format!("<{iso}> caf\u{e9}: {status}!\n");
    }
    texts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The format of a file does not change the answer.
    #[test]
    fn text_has_the_answer_of_csv(
        events in prop::collection::vec((0u32..40, 0u32..60, prop::sample::select(vec!["200", "404", "500"])), 1..40),
        threads in prop::sample::select(vec![1usize, 2, 7]),
        read_size in prop::sample::select(vec![1usize, 2, 13, 64, 1 << 16]),
        chunk_size in prop::sample::select(vec![1u64, 40, 150, 1 << 22]),
        ways in ways(),
    ) {
        let texts = written(&events).map(String::into_bytes);
        let folder = tempfile::tempdir().unwrap();
        // A file that is read twice cannot be a pipe.
        let ways: Vec<PackedAs> = (0..).zip(ways).map(|(at, (packed, pipe))| (packed, pipe && at > 1)).collect();
        let inputs = in_ways(inputs(folder.path(), &texts), &texts, &ways);
        let settings = settings(threads, read_size, chunk_size);
        let csv = said_by_engine(&job(&["status"]), &inputs[..1], &settings).unwrap();
        prop_assert_eq!(csv.tally.counted, events.len() as u64);
        let mut own = job_of("auto", &["status"], TimeFormat::Iso);
        own.source.csv.pattern = Some(TextPattern::Regex(OWN.clone()));
        let jobs = [
            (1, job_of("combined", &["status"], common_log())),
            (1, job_of("auto", &["status"], common_log())),
            (2, job_of("logfmt", &["status"], TimeFormat::Iso)),
            (3, own),
        ];
        for (at, job) in jobs {
            let said = said_by_engine(&job, std::slice::from_ref(&inputs[at]), &settings).unwrap();
            prop_assert_eq!((&said.counts, said.span_us), (&csv.counts, csv.span_us), "{}", inputs[at].name);
            prop_assert_eq!((said.tally.read, said.tally.counted), (csv.tally.counted, csv.tally.counted));
        }
    }

    /// Lines with every kind of fault, parsed one by one with the pattern.
    #[test]
    fn engine_equals_the_pattern_on_lines(
        text in lines(),
        mark in prop::sample::select(vec!["", "\u{feff}"]),
        keys in prop::sample::select(vec![vec![], vec!["status"], vec!["path", "status"]]),
        preset in any::<bool>(),
        threads in prop::sample::select(vec![1usize, 2, 7]),
        read_size in prop::sample::select(vec![1usize, 2, 13, 64, 1 << 16]),
        chunk_size in prop::sample::select(vec![1u64, 40, 150, 1 << 22]),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let text = [mark.as_bytes(), text.as_slice()].concat();
        let inputs = inputs(folder.path(), std::slice::from_ref(&text));
        let mut job = job_of("combined", &keys, common_log());
        if !preset {
            job.source.csv.pattern = Some(TextPattern::Regex(COMBINED.clone()));
        }
        let oracle = said_by_pattern(&job, &text);
        match said_by_engine(&job, &inputs, &settings(threads, read_size, chunk_size)) {
            Ok(said) => prop_assert_eq!(said, oracle),
            // Only an input without a counted row may be an error.
            Err(error) => prop_assert!(oracle.tally.counted == 0, "{error}"),
        }
    }
}

/// Lines of a combined log, mostly good ones.
fn lines() -> impl Strategy<Value = Vec<u8>> {
    let good = (0u32..40, 0u32..60, prop::sample::select(vec!["200", "404"])).prop_map(
        |(minute, second, status)| written(&[(minute, second, status)])[1].trim_end().to_owned().into_bytes(),
    );
    let with = |request: &str, time: &str| {
        format!("h - - [{time}] \"{request}\" 200 5 \"-\" \"caf\u{e9}\"").into_bytes()
    };
    let time = "28/Jul/2016:04:19:28 +0000";
    let bad = prop::sample::select(vec![
        b"".to_vec(),
        b" \t\r".to_vec(),
        b"cut off".to_vec(),
        with("GET / HTTP/1.1", time),
        with("GET /\\\"x HTTP/1.1", time),
        with("GET / HTTP/1.1", "yesterday"),
        with("GET / HTTP/1.1", "28/Jul/2016:04:61:28 +0000"),
        with("GET / HTTP/1.1", "28/Jul/9999:04:19:28 +0000"),
        with("-", "8/jul/2016:4:19:28 Z"),
        with("GET / HTTP/1.1\"", time),
        [with("nul \0", time), b" rest".to_vec()].concat(),
        [with("x", time), b"\xff".to_vec()].concat(),
    ]);
    let line = prop_oneof![6 => good, 3 => bad, 1 => prop::collection::vec(any::<u8>(), 0..8)];
    let end = prop::sample::select(vec!["\n", "\n", "\r\n"]);
    (prop::collection::vec((line, end), 0..50), any::<bool>()).prop_map(|(lines, has_end)| {
        let lines = lines.into_iter().flat_map(|(line, end)| [line, end.as_bytes().to_vec()].concat());
        let mut text: Vec<u8> = lines.collect();
        if !has_end {
            text.pop();
        }
        text
    })
}

/// The oracle: the pattern parses each line, times are read one by one in the plain way, and one map holds all counts.
fn said_by_pattern(job: &Job, text: &[u8]) -> EngineReport {
    let (regex, reader) = (&*COMBINED, TimeReader::new(&job.source.time).unwrap());
    let mut said = EngineReport::default();
    (said.tally.bytes_read, said.tally.bytes_total) = (text.len() as u64, text.len() as u64);
    let mut at = if text.starts_with(BOM) { 3 } else { 0 };
    for (number, whole) in (1..).zip(text[at..].split_inclusive(|byte| *byte == b'\n')) {
        let line = whole.strip_suffix(b"\n").map_or(whole, |line| line.strip_suffix(b"\r").unwrap_or(line));
        let byte = at as u64;
        at += whole.len();
        said.tally.read += 1;
        if line.trim_ascii().is_empty() {
            said.tally.blank += 1;
            continue;
        }
        let mut reject = |reason: Reason, value: Option<&[u8]>| {
            said.tally.rejected[reason as usize] += 1;
            let column = value.map(|_| "time".to_owned());
            let value = value.map(<[u8]>::to_vec);
            let place = Place::Line { line: number, byte };
            let reject = Reject { place, column, reason, value, raw: line.to_vec() };
            said.rejects.push(("0.csv".to_owned(), reject));
        };
        if line.contains(&0) {
            reject(Reason::Nul, None);
        } else if std::str::from_utf8(line).is_err() {
            reject(Reason::InvalidUtf8, None);
        } else if let Some(found) = regex.captures(line) {
            let value = |name: &str| found.name(name).map_or(Vec::new(), |found| found.as_bytes().to_vec());
            match reader.read_plainly(&value("time")) {
                Err(reason) => reject(reason, Some(&value("time"))),
                Ok(reading) => {
                    said.tally.counted += 1;
                    said.tally.without_offset += u64::from(reading.local);
                    said.span_us = union(said.span_us, Some((reading.us, reading.us)));
                    let key = job.source.keys.iter().map(|key| value(key)).collect();
                    let pane_us = job.pane_widths().pane_of(reading.us).start_us;
                    *said.counts.entry((pane_us, key)).or_default() += 1;
                }
            }
        } else {
            reject(Reason::NoMatch, None);
        }
    }
    said
}

#[test]
fn a_line_that_is_too_long_is_a_reject_and_costs_no_other() {
    let [_, good, ..] = written(&[(1, 2, "200")]);
    let long = format!("{}{}\n", good.trim_end(), "x".repeat(windrow_scan::RECORD_BYTES_MAX));
    let folder = tempfile::tempdir().unwrap();
    let inputs = inputs(folder.path(), &[format!("{good}{long}{good}").into_bytes()]);
    let job = job_of("combined", &["status"], common_log());
    for (threads, read_size, chunk_size) in
        [(1, 1 << 16, 1 << 22), (2, 1 << 14, 1 << 16), (3, 1 << 22, 1 << 22)]
    {
        let said = said_by_engine(&job, &inputs, &settings(threads, read_size, chunk_size)).unwrap();
        assert_eq!((said.tally.counted, said.tally.rejected[Reason::TooLong as usize]), (2, 1));
        assert_eq!(said.rejects[0].1.place, Place::Line { line: 2, byte: good.len() as u64 });
        assert!(said.tally.adds_up());
    }
}
