mod delivery;
#[cfg(feature = "sql")]
mod filtered;
mod fingerprint;
mod growing;
mod json;
mod limits;
mod long;
mod lookups;
mod narrow;
mod one_answer;
mod packed;
mod parquet;
mod rules;
mod text;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;

use proptest::prelude::*;
use windrow_scan::csv::LineEnd;
use windrow_scan::csv::record::{self, NextRecord, RecordLine};

use super::*;
use crate::engine::union;
use crate::event::{Cleaning, TimeFormat, TimeReader, TimeRules};
use crate::format::{
    InputFormat,
    csv::{BOM, CsvRules},
};
use crate::job::{Limits, RejectLimit, ReportSpec, Source};
use crate::publish::digest::digest;
use crate::reject::{Place, Reason, Reject, RejectSink};
use crate::report::fixture::spec;
use crate::run::{Inputs, Outcome, RunOptions, run_with};
use crate::storage::FileVersion;
use crate::tally::Tally;
use packed::{in_ways, ways};
use rules::{csv_rules, run, with_line_ends};

fn job(keys: &[&str]) -> Job {
    Job {
        name: "test".to_owned(),
        source: Source {
            path: Vec::new(),
            root: ".".into(),
            format: Some(InputFormat::Csv),
            csv: CsvRules { comment: Some(b'#'), ..Default::default() },
            time: TimeRules::of(TimeFormat::Iso),
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
            numbers: crate::job::NumberRules::default(),
            measured: Vec::new(),
            records: Default::default(),
            in_path: Vec::new(),
            time_in_path: None,
            growing: false,
            duplicates: crate::job::Duplicates::Count,
            on_gone: Default::default(),
            look_back_days: None,
        },
        cleaning: vec![Cleaning::default(); keys.len()],
        limits: Limits::default(),
        reports: vec![ReportSpec { name: "report".to_owned(), fill: None, ..spec("10m", &[]) }],
        output: None,
        rejects: Default::default(),
        engine: Default::default(),
        storage: Default::default(),
    }
}

/// Everything that an engine reports about its inputs, in a form that can be compared.
#[derive(Debug, Default, PartialEq)]
struct EngineReport {
    counts: BTreeMap<(i64, Vec<Vec<u8>>), u64>,
    tally: Tally,
    span_us: Option<(i64, i64)>,
    rejects: Vec<(String, Reject)>,
}

#[derive(Default)]
struct AllRejects(Vec<(String, Reject)>);

impl RejectSink for AllRejects {
    fn write(&mut self, name: &str, rejects: &[Reject]) -> Result<()> {
        self.0.extend(rejects.iter().map(|reject| (name.to_owned(), reject.clone())));
        Ok(())
    }
}

fn inputs(folder: &Path, texts: &[Vec<u8>]) -> Vec<InputFile> {
    texts
        .iter()
        .enumerate()
        .map(|(at, text)| {
            let (name, path) = (format!("{at}.csv"), folder.join(format!("{at}.csv")));
            std::fs::write(&path, text).unwrap();
            let version = FileVersion { size_bytes: text.len() as u64, ..FileVersion::default() };
            InputFile { name, path, version, ..InputFile::default() }
        })
        .collect()
}

fn settings(threads: usize, read_size_bytes: usize, chunk_size_bytes: u64) -> Settings {
    let threads = NonZeroUsize::new(threads).unwrap();
    Settings { threads, read_size_bytes, chunk_size_bytes, ..Settings::default() }
}

fn said_by_engine(job: &Job, inputs: &[InputFile], settings: &Settings) -> Result<EngineReport> {
    outcome_of(job, inputs, settings).map(|(_, said)| said)
}

/// The states of what is measured, by pane and key.
fn states_of(outcome: &Outcome) -> Vec<Vec<u8>> {
    let (counts, mut states) = (outcome.raw_counts(), BTreeMap::new());
    for (pane, slot) in counts.panes_in_order() {
        counts.row(slot, |key, _| {
            let key_text = counts.keys.tuple(key).join(&0);
            states.insert((pane.start_us, key_text), counts.measured.bytes(slot, key).unwrap_or_default());
        });
    }
    states.into_values().collect()
}

fn outcome_of(job: &Job, inputs: &[InputFile], settings: &Settings) -> Result<(Outcome, EngineReport)> {
    let mut rejects = AllRejects::default();
    let outcome = run(job, inputs, settings, Some(&mut rejects))?;
    let (counts, tally, span_us) = (outcome.raw_counts(), outcome.tally.clone(), outcome.span_us);
    let mut said = EngineReport { tally, span_us, rejects: rejects.0, ..EngineReport::default() };
    for (pane, slot) in counts.panes_in_order() {
        counts.row(slot, |key, n| {
            let key = counts.keys.tuple(key).into_iter().map(<[u8]>::to_vec).collect();
            said.counts.insert((pane.start_us, key), n);
        });
    }
    Ok((outcome, said))
}

/// The oracle: the automaton reads each line, times are read one by one in the plain way, and one map holds all counts.
fn said_by_oracle(job: &Job, texts: &[Vec<u8>]) -> EngineReport {
    let reader = TimeReader::new(&job.source.time).unwrap();
    let (mut said, mut fields) = (EngineReport::default(), Vec::new());
    let csv = &job.source.csv;
    for (file, text) in texts.iter().enumerate() {
        let mut at = if text.starts_with(BOM) { 3 } else { 0 };
        let mut header: Option<(Vec<u8>, Vec<String>)> = None;
        said.tally.bytes_read += text.len() as u64;
        let has_lf = text.contains(&b'\n') || !text.contains(&b'\r');
        let seen = if has_lf { LineEnd::Lf } else { LineEnd::Cr };
        let dialect = csv.dialect(csv.line_end.unwrap_or(seen)).unwrap();
        let line_end = dialect.line_end().byte();
        said.tally.bytes_total += text.len() as u64;
        loop {
            let columns = header.as_ref().map(|(_, names)| names.len());
            let next = record::read(&dialect, columns, &text[at..], true, &mut fields);
            let NextRecord::Line { what, content, whole } = next else { break };
            let line = &text[at..at + content];
            let written: Vec<_> = match what {
                RecordLine::Record => {
                    fields.iter().map(|field| record::unquote(&dialect, &line[field.clone()])).collect()
                }
                _ => Vec::new(),
            };
            let values: Vec<_> =
                written.iter().map(|value| csv.encoding.decode(value).into_owned()).collect();
            let encoding = encoding_rs::Encoding::for_label(csv.encoding.name().as_bytes()).unwrap();
            let not_text = written.iter().position(|value| encoding.decode_without_bom_handling(value).1);
            let line_number = text[..at].iter().filter(|byte| **byte == line_end).count() as u64 + 1;
            let byte = at as u64;
            at += whole.unwrap();
            let Some((header_line, names)) = &header else {
                match what {
                    RecordLine::Record => {
                        let names =
                            values.into_iter().map(|name| csv.encoding.text(name.trim_ascii())).collect();
                        header = Some((line.to_vec(), names));
                        continue;
                    }
                    RecordLine::Blank => said.tally.blank += 1,
                    _ => said.tally.comment += 1,
                }
                said.tally.read += 1;
                continue;
            };
            said.tally.read += 1;
            let mut reject = |reason: Reason, column: Option<&String>, value: Option<Vec<u8>>| {
                said.tally.rejected[reason as usize] += 1;
                let (column, raw) = (column.cloned(), csv.encoding.decode(line).into_owned());
                let reject =
                    Reject { place: Place::Line { line: line_number, byte }, column, reason, value, raw };
                said.rejects.push((format!("{file}.csv"), reject));
            };
            let column = |name: &str| names.iter().position(|other| other == name).unwrap();
            match what {
                RecordLine::Blank => said.tally.blank += 1,
                RecordLine::Comment => said.tally.comment += 1,
                RecordLine::Malformed { fault, field } => {
                    reject(fault.into(), field.and_then(|field| names.get(field)), None);
                }
                RecordLine::Record if not_text.is_some() => {
                    reject(Reason::InvalidUtf8, not_text.and_then(|field| names.get(field)), None);
                }
                RecordLine::Record => match reader.read_plainly(&values[column("time")]) {
                    Ok(reading) => {
                        let us = reading.us;
                        said.tally.counted += 1;
                        said.tally.without_offset += u64::from(reading.local);
                        said.span_us = union(said.span_us, Some((us, us)));
                        let key = job.source.keys.iter().map(|key| values[column(key)].clone()).collect();
                        let pane_us = job.pane_widths().pane_of(us).start_us;
                        *said.counts.entry((pane_us, key)).or_default() += 1;
                    }
                    Err(_) if line == header_line => said.tally.repeated_header += 1,
                    Err(reason) => {
                        reject(reason, Some(&"time".to_owned()), Some(values[column("time")].clone()));
                    }
                },
            }
        }
    }
    said
}

/// A file of three columns with every kind of line, mostly good ones.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let good = (
        0u32..40,
        0u32..60,
        prop::sample::select(vec![
            "Open",
            "Close",
            "",
            "\"Op\"\"en\"",
            "\"a,\nb\"",
            "a value of more than sixteen bytes",
        ]),
    )
        .prop_map(|(minute, second, action)| {
            format!("note,2016-07-28T04:{minute:02}:{second:02}.{minute:03}Z,{action}\n")
        });
    let bad = prop::sample::select(vec![
        "\n",
        "  \r\n",
        "# comment, \"\n",
        "note,time,action\n",
        "x,not a time,Open\n",
        "x,2016-07-28T04:61:00Z,Open\n",
        "x,2016-07-28T04:19:28Z\n",
        "x,2016-07-28T04:19:28Z,Open,more\r\n",
        "\"quoted\nnote\",2016-07-28T04:19,Open\r\n",
        "\"never closed,2016-07-28T04:19:28Z,Open\n",
        "x\"y,2016-07-28T04:19:28Z,Open\n",
        "\"x\"y,2016-07-28T04:19:28Z,Open\n",
        "caf\u{e9},2016-07-28 06:19:28+02:00,caf\u{e9}\n",
        "\0,2016-07-28T04:19:28Z,Open\n",
        "\n\"\n",
        "\"\n,",
        "1969-12-31T23:59:59Z",
    ])
    .prop_map(str::to_owned);
    let raw = prop::collection::vec(any::<u8>(), 0..8);
    let piece = prop_oneof![
        12 => good.prop_map(String::into_bytes),
        4 => bad.prop_map(String::into_bytes),
        1 => raw,
    ];
    let head = prop::sample::select(vec![
        "note,time,action\n",
        "\u{feff}note,time,action\r\n",
        "\n# x\nnote,time,action\n",
    ]);
    (head, prop::collection::vec(piece, 0..60))
        .prop_map(|(head, pieces)| [head.as_bytes().to_vec(), pieces.concat()].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Threads, read size, compression, pipes and chunks never change the result.
    #[test]
    fn engine_equals_oracle(
        texts in prop::collection::vec(text(), 1..4),
        keys in prop::sample::select(vec![vec![], vec!["action"], vec!["action", "note"]]),
        threads in prop::sample::select(vec![1usize, 2, 7]),
        read_size in prop::sample::select(vec![1usize, 2, 13, 64, 1 << 16]),
        chunk_size in prop::sample::select(vec![1u64, 40, 150, 1 << 22]),
        csv in csv_rules(),
        ways in ways(),
    ) {
        let texts = with_line_ends(texts, &csv);
        let mut job = job(&keys);
        job.source.csv = csv;
        let folder = tempfile::tempdir().unwrap();
        let inputs = in_ways(inputs(folder.path(), &texts), &texts, &ways);
        let oracle = said_by_oracle(&job, &texts);
        match said_by_engine(&job, &inputs, &settings(threads, read_size, chunk_size)) {
            Ok(said) => prop_assert_eq!(said, oracle),
            // Only an input without a counted row may be an error.
            Err(error) => prop_assert!(oracle.tally.counted == 0, "{error}"),
        }
    }
}

#[test]
fn a_wrong_guess_is_noticed() {
    // A quoted field that looks like good rows: every guess inside it is wrong.
    let inner = "x,2016-07-28T04:19:28Z,Open\n".repeat(40);
    let text = format!("note,time,action\n\"{inner}\",2016-07-28T04:19:28Z,Close\ny,z,Open\n").into_bytes();
    let folder = tempfile::tempdir().unwrap();
    let (job, texts) = (job(&["action"]), [text]);
    let inputs = inputs(folder.path(), &texts);
    for threads in [1, 2, 7] {
        let said = said_by_engine(&job, &inputs, &settings(threads, 64, 100)).unwrap();
        assert_eq!(said, said_by_oracle(&job, &texts));
        assert_eq!(said.tally.counted, 1);
    }
}

#[test]
fn the_first_rejects_are_kept_whatever_the_read_size() {
    let rows: String = (0..40).map(|n| format!("x,2016-07-28T04:19:28Z,Open\nbad,row,{n}\n")).collect();
    let folder = tempfile::tempdir().unwrap();
    let inputs = inputs(folder.path(), &[format!("note,time,action\n{rows}").into_bytes()]);
    for read_size in [10, 64, 1 << 16] {
        let outcome = run(&job(&[]), &inputs, &settings(1, read_size, 1 << 20), None).unwrap();
        let lines: Vec<u64> =
            outcome.rejects().iter().map(|(_, reject)| reject.place.parts().0.unwrap()).collect();
        assert_eq!(lines, [3, 5, 7, 9, 11], "read size {read_size}");
    }
}

/// A log that is truncated while it is read, as soon as its rejects are delivered.
struct Cutter(std::path::PathBuf);

impl RejectSink for Cutter {
    fn write(&mut self, _: &str, _: &[Reject]) -> Result<()> {
        std::fs::OpenOptions::new().write(true).open(&self.0).unwrap().set_len(100).unwrap();
        Ok(())
    }
}

#[test]
fn a_file_cut_while_it_is_read_is_refused_and_the_others_go_on() {
    let rows = "x,2016-07-28T04:19:28Z,Open\n".repeat(20_000);
    let cut = format!("note,time,action\nx,y,z\n{rows}").into_bytes();
    let whole = b"note,time,action\nx,2016-07-28T04:19:28Z,Open\n".to_vec();
    for threads in [1, 2] {
        let folder = tempfile::tempdir().unwrap();
        let inputs = inputs(folder.path(), &[cut.clone(), whole.clone()]);
        let mut cutter = Cutter(inputs[0].path.clone());
        let settings = settings(threads, 1 << 10, 1 << 12);
        let outcome = run(&job(&["action"]), &inputs, &settings, Some(&mut cutter)).unwrap();
        assert_eq!(outcome.tally.counted, 1);
        let refused = outcome.partly_refused().unwrap();
        assert_eq!(refused.kind().exit_code(), 4, "{refused}");
        assert!(refused.message().starts_with("0.csv: changed while it was read"), "{refused}");
    }
}

#[test]
fn a_stop_ends_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = inputs(folder.path(), &[b"note,time,action\nx,2016-07-28T04:19:28Z,Open\n".to_vec()]);
    let settings = Settings::default();
    settings.stop.request(false);
    let error = run(&job(&[]), &inputs, &settings, None).unwrap_err();
    assert_eq!(error.kind().exit_code(), 130);
}

#[test]
fn columns_are_found_by_name_or_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = |text: &str| {
        let inputs = inputs(folder.path(), &[text.as_bytes().to_vec()]);
        let outcome = run(&job(&["action"]), &inputs, &Settings::default(), None).unwrap();
        let error = outcome.failure().unwrap();
        assert_eq!(error.kind().exit_code(), 2);
        format!("{error}; {}", error.help_text().unwrap_or_default())
    };
    assert!(error("Time,action\n").contains("did you mean \"Time\"?"));
    assert!(error("time,action,time\n").contains("appears more than once (1, 3)"));
    assert!(error("time;action\n2016-07-28T04:19:28Z;Open\n").contains("delimiter ';' gives 2"));
    assert!(error("2016-07-28T04:19:28Z,Open\n").contains("looks like data"));
    assert!(error("note,time,action\nx,01/02/2024,z\n").contains("01/02/2024"));
}
