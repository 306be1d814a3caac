//! What was recognised in the inputs of a question: format, packing, encoding, delimiter and columns, in one line for all
//! files of the same form.

use std::collections::BTreeSet;
use std::path::Path;

use crate::codec::Compression;
use crate::error::{Help, Setting};
use crate::format::InputFormat;
use crate::format::csv::{CsvRules, DELIMITERS, LineEnd, Sample};
use crate::source::{InputFile, fetched_to_look};
use crate::text::escape::names;
use crate::text::number::counted;

/// The most files whose beginnings are looked at before the run.
const FILES_MAX: usize = 32;
/// The most lines to report about them.
const LINES_MAX: usize = 5;

/// The files other than the one of the sample.
pub(super) struct Others {
    samples: Vec<Sample>,
    /// How many files were not looked at.
    unseen: usize,
}

impl Others {
    /// Looks at some of `files`: one of each ending first. A pipe can be read only once, so only the needed part of it is read.
    pub(super) fn of(
        files: &[InputFile],
        sample: &Sample,
        format: Option<InputFormat>,
        rules: &CsvRules,
    ) -> Others {
        let mut endings: BTreeSet<Option<&str>> = BTreeSet::new();
        let (first, rest): (Vec<&InputFile>, Vec<&InputFile>) = files
            .iter()
            .filter(|file| file.pipe.is_none() && file.name != sample.file)
            .partition(|file| endings.insert(ending(&file.name)));
        let all = first.len() + rest.len();
        let looked_at: Vec<&InputFile> = first.into_iter().chain(rest).take(FILES_MAX - 1).collect();
        // The run refuses files that cannot be looked at.
        let samples =
            fetched_to_look(&looked_at).filter_map(|file| Sample::of(file, format, rules, 0).ok()).collect();
        Others { samples, unseen: all.saturating_sub(FILES_MAX - 1) }
    }

    /// Whether all inputs in CSV have the delimiter of the sample.
    pub(super) fn have_its_delimiter(&self, sample: &Sample) -> bool {
        let is_it = |other: &Sample| {
            other.format != InputFormat::Csv
                || other.head.dialect.delimiter() == sample.head.dialect.delimiter()
        };
        self.unseen == 0 && self.samples.iter().all(is_it)
    }

    /// A line for the sample, and one for each other form of files.
    pub(super) fn said(&self, sample: &Sample, rules: &CsvRules) -> Vec<Help> {
        // There is nothing to recognise in a table in memory.
        let is_in_memory = sample.format == InputFormat::Parquet && sample.written.is_empty();
        if is_in_memory || sample.format == InputFormat::Text && rules.pattern.is_some() {
            return Vec::new();
        }
        let mut forms: Vec<(String, &Sample, usize)> = vec![(form(sample, rules), sample, 0)];
        for other in &self.samples {
            let form = form(other, rules);
            match forms.iter_mut().find(|(known, ..)| *known == form) {
                Some((_, _, more)) => *more += 1,
                None => forms.push((form, other, 0)),
            }
        }
        let mut lines: Vec<Help> = forms.iter().take(LINES_MAX).map(|form| self.line(form, rules)).collect();
        if let Some(more) = forms.len().checked_sub(LINES_MAX).filter(|more| *more > 0) {
            lines.push(format!("format: {}", counted(more as u64, "more format")).into());
        }
        lines
    }

    fn line(&self, (form, sample, more): &(String, &Sample, usize), rules: &CsvRules) -> Help {
        let mut files = sample.file.clone();
        if *more > 0 {
            files += &format!(" and {more} more");
        }
        if self.unseen > 0 {
            files += &format!(" of the {FILES_MAX} looked at");
        }
        let line = Help::from(format!("format: {form} (in {files}; ")).name(Setting::InputFormat);
        match sample.format == InputFormat::Csv && rules.delimiter.is_none() {
            true => line.and(" and ").name(Setting::Delimiter).and(" name others)"),
            false => line.and(" names another)"),
        }
    }
}

/// The form of a file, in words.
fn form(sample: &Sample, rules: &CsvRules) -> String {
    let Sample { head, format, written, packing, header, .. } = sample;
    let mut parts: Vec<String> = Vec::new();
    match format {
        InputFormat::Csv => {
            let delimiter = head.dialect.delimiter();
            let name = DELIMITERS.iter().find(|(_, byte)| *byte == delimiter).map(|(name, _)| *name);
            let delimiter = name.map_or_else(|| char::from(delimiter).to_string(), str::to_owned);
            parts.extend(["CSV".to_owned(), format!("delimiter {delimiter}")]);
            if head.dialect.line_end() == LineEnd::Cr {
                parts.push("lines end with CR alone".to_owned());
            }
        }
        _ => parts.push(written.clone()),
    }
    let (encodings, codecs): (Vec<&String>, Vec<&String>) =
        packing.iter().partition(|packing| packing.starts_with("UTF"));
    match encodings.as_slice() {
        [] if *format != InputFormat::Parquet => parts.push(rules.encoding.shown()),
        seen => parts.extend(seen.iter().map(|encoding| (*encoding).clone())),
    }
    parts.extend(codecs.into_iter().cloned());
    if !header.is_empty() {
        let word = if header.len() == 1 { "column" } else { "columns" };
        parts.push(format!("{word} {}", names(header)));
    }
    parts.join(", ")
}

/// The ending of a file's name, before the ending of its compression.
fn ending(name: &str) -> Option<&str> {
    Path::new(Compression::without_ending(name)).extension()?.to_str()
}
