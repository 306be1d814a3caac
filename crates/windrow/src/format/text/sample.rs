//! Samples: the columns of the first lines of a text log.

use windrow_scan::RECORD_BYTES_MAX;
use windrow_scan::text::{NextLine, logfmt, next_line};

use super::layout::{TextLayout, beginning};
use super::pattern::TextPattern;
use super::reader::LineReader;
use crate::codec::ReadAt;
use crate::error::Result;
use crate::format::InputFormat;
use crate::format::csv::{CsvRules, ROWS_MAX, Sample};

/// Bytes of a file that are read for a sample: few at first, up to a maximum if they hold no row.
const BYTES_AT_FIRST: usize = 256 << 10;
const BYTES_MAX: usize = 2 * RECORD_BYTES_MAX;

/// The sample of a file: those of its first `rows_max` lines that the pattern matches.
pub(crate) fn sample(name: &str, rules: &CsvRules, rows_max: usize, read_at: ReadAt<'_>) -> Result<Sample> {
    let (pattern, start) = beginning(name, rules, read_at)?;
    let rows_max = if rows_max == 0 { ROWS_MAX } else { rows_max };
    let mut wanted = BYTES_AT_FIRST;
    loop {
        let mut bytes = vec![0; wanted];
        let read = read_at(&mut bytes, start)?;
        bytes.truncate(read);
        let at_eof = read < wanted;
        let sample = of_bytes(name, &pattern, start, &bytes, at_eof, rows_max);
        if !sample.rows.is_empty() || at_eof || wanted >= BYTES_MAX {
            return Ok(sample);
        }
        wanted *= 2;
    }
}

fn of_bytes(
    name: &str,
    pattern: &TextPattern,
    start: u64,
    bytes: &[u8],
    at_eof: bool,
    rows_max: usize,
) -> Sample {
    let mut lines = Vec::new();
    let mut rest = bytes;
    while lines.len() < rows_max
        && let NextLine::Line { content, whole: Some(whole) } = next_line(rest, at_eof)
    {
        let line = &rest[..content];
        if !line.trim_ascii().is_empty() {
            lines.push(line);
        }
        rest = &rest[whole..];
    }
    let header: Vec<String> = match pattern.columns() {
        Some(columns) => columns.into_iter().map(str::to_owned).collect(),
        None => names_in(&lines),
    };
    let layout =
        TextLayout { pattern: pattern.clone(), keys: 1..header.len(), names: header, measured: Vec::new() };
    let mut reader = LineReader::new(&layout);
    let mut texts = |line: &&[u8]| -> Option<Vec<String>> {
        std::str::from_utf8(line).ok()?;
        reader.read(line).ok()?;
        let text = |number| reader.text(line, number).ok();
        let texts = (0..layout.names.len()).map(text).collect::<Option<Vec<_>>>()?;
        Some(texts.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect())
    };
    let rows: Vec<Vec<String>> = lines.iter().filter_map(&mut texts).collect();
    let first = lines.first().copied().unwrap_or_default();
    Sample {
        file: name.to_owned(),
        header_line: String::from_utf8_lossy(first).into_owned(),
        malformed: lines.len() - rows.len(),
        rows,
        header: layout.names.clone(),
        bytes: start + (bytes.len() - rest.len()) as u64,
        format: InputFormat::Text,
        written: layout.pattern.said().to_owned(),
        pattern: Some(layout.pattern.clone()),
        ..Sample::default()
    }
}

/// The names in lines of logfmt, in order of appearance.
fn names_in(lines: &[&[u8]]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for line in lines {
        let mut at = 0;
        while let Ok(Some(pair)) = logfmt::next_pair(line, at) {
            let name = String::from_utf8_lossy(&line[pair.name]);
            if names.len() < NAMES_MAX && !names.iter().any(|known| *known == name) {
                names.push(name.into_owned());
            }
            at = pair.end;
        }
    }
    names
}

/// Maximum number of names in a sample, because lines that are not logfmt may have any number of them.
const NAMES_MAX: usize = 1000;
