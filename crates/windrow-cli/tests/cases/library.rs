//! A case through the library: the same answer for any threads, read sizes and order of files, and law 1 on the way.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::num::NonZeroUsize;

use windrow::RejectSink;
use windrow::engine::embedded::Embedded;
use windrow::format::csv::LineEnd;
use windrow::publish::Format;
use windrow::{
    Error, Inputs, Job, Outcome, ReportData, Result, RunOptions, Settings, View, run_with, source,
};
use windrow::{Place, Reject};

use crate::case::{Case, REJECTS_HEADER};

/// How the library is asked.
#[derive(Clone, Copy, Debug)]
struct LibraryCall {
    threads: usize,
    read_size_bytes: usize,
    chunk_size_bytes: u64,
    files_reversed: bool,
}

const WAYS: [LibraryCall; 5] = [
    LibraryCall { threads: 1, read_size_bytes: 256 << 10, chunk_size_bytes: 4 << 20, files_reversed: false },
    LibraryCall { threads: 3, read_size_bytes: 256 << 10, chunk_size_bytes: 4 << 20, files_reversed: true },
    LibraryCall { threads: 3, read_size_bytes: 1, chunk_size_bytes: 1, files_reversed: false },
    LibraryCall { threads: 1, read_size_bytes: 7, chunk_size_bytes: 24, files_reversed: true },
    LibraryCall { threads: 3, read_size_bytes: 64, chunk_size_bytes: 40, files_reversed: false },
];

/// What came of it.
#[derive(Default)]
struct LibraryAnswer {
    csv: Vec<u8>,
    rejects: Vec<(String, Reject)>,
    /// What breaks law 1.
    broken: Vec<String>,
}

impl RejectSink for LibraryAnswer {
    fn write(&mut self, name: &str, rejects: &[Reject]) -> Result<()> {
        self.rejects.extend(rejects.iter().map(|reject| (name.to_owned(), reject.clone())));
        Ok(())
    }
}

/// Where the library does not answer as the case expects. Cases of arguments are the program's business.
pub(crate) fn differences(case: &Case) -> Vec<String> {
    if !case.is_job {
        return Vec::new();
    }
    WAYS.iter().flat_map(|way| differences_of(case, *way)).collect()
}

fn differences_of(case: &Case, way: LibraryCall) -> Vec<String> {
    let mut answer = LibraryAnswer::default();
    let error = ask(case, way, &mut answer).err();
    let exit = error.as_ref().map_or(0, |error| error.kind().exit_code());
    let said = error.map_or_else(String::new, |error| error.to_string());
    let how = format!("library, {way:?}");
    let mut found = Vec::new();
    let mut compare = |what: &str, expected: &str, got: &str| {
        if expected != got {
            found.push(case.difference(&how, what, expected, got));
        }
    };
    if exit != case.exit {
        compare("exit code", &case.exit.to_string(), &format!("{exit} {said}"));
    }
    compare("answer", case.expect.as_deref().unwrap_or_default(), &String::from_utf8_lossy(&answer.csv));
    let rejects = case.rejects.as_deref().and_then(|text| text.strip_prefix(REJECTS_HEADER));
    let mut expected: Vec<&str> = rejects.unwrap_or_default().lines().collect();
    let mut got: Vec<String> = answer.rejects.iter().map(|(name, reject)| place(name, reject)).collect();
    if way.files_reversed {
        expected.sort_unstable();
        got.sort_unstable();
    }
    let are_equal = expected.len() == got.len()
        && expected.iter().zip(&got).all(|(line, place)| line.starts_with(place.as_str()));
    if !are_equal {
        compare("rejects", &expected.join("\n"), &got.join("\n"));
    }
    compare("law 1", "", &answer.broken.join("\n"));
    found
}

/// How the line of a reject begins; the raw text after it is compared with the file itself.
fn place(name: &str, reject: &Reject) -> String {
    let Reject { place, column, reason, .. } = reject;
    let (line, byte, row) = place.parts();
    let [line, byte, row] =
        [line, byte, row].map(|number| number.map_or_else(String::new, |n| n.to_string()));
    format!("{name},{line},{byte},{row},{},{},", column.as_deref().unwrap_or_default(), reason.name())
}

/// Runs the job of the case; the answer is complete when there is no error.
fn ask(case: &Case, way: LibraryCall, answer: &mut LibraryAnswer) -> Result<()> {
    let path = case.folder.join("job.toml");
    let job = Job::from_toml(&fs::read_to_string(&path).unwrap(), &path)?;
    let mut files =
        source::list(&job.source.path, &job.source.root, &job.source.endings(), &job.stores())?.files;
    if way.files_reversed {
        files.reverse();
    }
    let settings = Settings {
        threads: NonZeroUsize::new(way.threads).unwrap(),
        read_size_bytes: way.read_size_bytes,
        chunk_size_bytes: way.chunk_size_bytes,
        ..Settings::default()
    };
    let options =
        RunOptions { engine: Some(&Embedded), rejects: Some(&mut *answer), ..RunOptions::default() };
    let outcome = run_with(&job, Inputs::Files(&files), &settings, options)?;
    check_files(case, &job, &outcome, answer);
    let reports = outcome.reports()?;
    check_reports(&outcome, reports, answer);
    for (at, report) in reports.iter().enumerate() {
        if at > 0 {
            answer.csv.push(b'\n');
        }
        report.write(Format::Csv, View::Grid, &mut answer.csv)?;
    }
    outcome.error().map_or(Ok(()), Err)
}

/// What is in a file, unpacked.
fn content(case: &Case, name: &str) -> std::io::Result<Vec<u8>> {
    let packed = fs::read(case.folder.join(name))?;
    let mut bytes = Vec::new();
    match name.to_ascii_lowercase().rsplit_once('.').map_or("", |(_, ending)| ending) {
        "gz" => flate2::read::MultiGzDecoder::new(&packed[..]).read_to_end(&mut bytes)?,
        "bz2" => bzip2::read::MultiBzDecoder::new(&packed[..]).read_to_end(&mut bytes)?,
        "xz" => liblzma::read::XzDecoder::new_multi_decoder(&packed[..]).read_to_end(&mut bytes)?,
        _ => return Ok(in_utf8(packed)),
    };
    Ok(in_utf8(bytes))
}

/// UTF-16 as the UTF-8 that a case's rejects are places in; half a character has three bytes, like any other of its size.
fn in_utf8(bytes: Vec<u8>) -> Vec<u8> {
    let order = match bytes.get(..2) {
        Some([0xff, 0xfe] | [b'a'..=b'z', 0]) => u16::from_le_bytes,
        Some([0xfe, 0xff] | [0, b'a'..=b'z']) => u16::from_be_bytes,
        _ => return bytes,
    };
    let units = bytes.chunks_exact(2).map(|unit| order([unit[0], unit[1]]));
    let utf8 = |c: Result<char, _>| c.map_or(vec![0xed, 0xa0, 0x80], |c| c.to_string().into_bytes());
    char::decode_utf16(units).flat_map(|c| utf8(c.map_err(|_| Error::bug("half a character")))).collect()
}

/// Law 1, per file: rows and bytes add up, all bytes of the file are read, and each reject is what the file has at its place.
fn check_files(case: &Case, job: &Job, outcome: &Outcome, answer: &mut LibraryAnswer) {
    let mut rejected: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, reject) in &answer.rejects {
        *rejected.entry(name).or_default() += 1;
        let Place::Line { line: said, byte } = reject.place else { continue };
        let bytes = content(case, name).unwrap();
        let (before, rest) = bytes.split_at(byte as usize);
        let csv = &job.source.csv;
        let seen = if bytes.contains(&b'\n') { LineEnd::Lf } else { LineEnd::Cr };
        let line_end = csv.line_end.unwrap_or(seen).byte();
        let line = 1 + before.iter().filter(|byte| **byte == line_end).count() as u64;
        if line != said || !csv.encoding.decode(rest).starts_with(&reject.raw) || reject.raw.is_empty() {
            answer.broken.push(format!("{name}: {reject:?} is not at its place"));
        }
    }
    for file in &outcome.files {
        let tally = &file.tally;
        let size = content(case, &file.name).map(|content| content.len() as u64);
        let rejects = rejected.get(file.name.as_str()).copied().unwrap_or_default();
        let is_read = file.refused.is_some() || size.as_ref().is_ok_and(|size| tally.bytes_total == *size);
        if !tally.adds_up() || !is_read || tally.rejected_total() != rejects {
            answer.broken.push(format!("{} of {size:?} bytes, {rejects} rejects: {tally:?}", file.name));
        }
    }
}

/// Law 1, over the run: what is in reports or outside of their bounds is what was counted.
fn check_reports(outcome: &Outcome, reports: &[ReportData], answer: &mut LibraryAnswer) {
    let accepted = outcome.files.iter().filter(|file| file.refused.is_none());
    let counted: u64 = accepted.map(|file| file.tally.counted).sum();
    let shown = reports.iter().map(|report| report.events_total() + report.events_outside());
    if outcome.tally.counted != counted || shown.clone().any(|events| events != counted) {
        let shown: Vec<u64> = shown.collect();
        answer.broken.push(format!("{counted} rows counted, {shown:?} events in reports"));
    }
}
