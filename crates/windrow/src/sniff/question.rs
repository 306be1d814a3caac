//! Questions without a job file: what a person said, completed from a sample of the inputs.

use std::path::Path;

use super::named::{columns_named, may_be_path};
use super::recognised::Others;
use super::{NamedByUser, choose, rules_of};
use crate::error::{Help, Setting};
use crate::event::{TimeFormat, TimeReader, TimeRules};
use crate::format::csv::{ROWS_MAX, Sample, delimiter_word, mismatch};
use crate::format::text::TextPattern;
use crate::job::{CleanFile, Fault, Job, JobFile, Measure, ReportFile, readable_measures};
use crate::settings::Stop;
use crate::source::InputFile;

/// The name of a job without a job file, and of its only report.
pub const NAME: &str = "windows";

/// What a person said of a job. The time column, the keys and the delimiter may be left open.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// All that was said, except how keys are cleaned: their names are not known yet. A key `a,b` is two, unless a column is
    /// named so.
    pub said: JobFile,
    /// The case that the values of every key are brought to.
    pub case: Option<String>,
    /// Whether all rows are counted together, whatever columns there are.
    pub no_key: bool,
}

/// A question completed from its inputs.
#[derive(Clone, Debug)]
pub struct Answerable {
    /// The job.
    pub job: Job,
    /// What was chosen and why, a line each.
    pub chosen: Vec<Help>,
}

impl Question {
    /// The job before the time column and the keys are known: used to look into the inputs.
    ///
    /// # Errors
    /// What was said is wrong.
    pub fn draft(&self) -> Result<Job, Fault> {
        let mut file = self.said.clone();
        file.source.keys = Vec::new();
        for (_, report) in &mut file.reports {
            (report.values, report.top, report.measures) = (Vec::new(), None, Vec::new());
            report.peaks = None;
        }
        let delimiter = file.source.delimiter.take().map(|text| text.replace("\\t", "\t"));
        let is_csv = !matches!(self.format(), "json" | "text" | "parquet" | "delta");
        let written = InputForm {
            // Other formats have no delimiter.
            delimiter: delimiter.or_else(|| is_csv.then(|| delimiter_word(None))),
            format: self.format().to_owned(),
            pattern: file.source.pattern.take().or((self.format() == "text").then(|| "auto".to_owned())),
            time_format: file.source.time_format.take(),
        };
        // Which columns there are is not known yet.
        let time = match (self.time_in(&[], &self.derived()).into_iter().next(), &self.said.source.pattern) {
            (Some(time), None) => time,
            (_, Some(pattern)) => column_of(pattern),
            (None, None) => "time".to_owned(),
        };
        self.whole(file, vec![time], &[], written)
    }

    /// The format of the inputs: the named one, or that of a pattern, or what each file shows.
    fn format(&self) -> &str {
        let seen = if self.said.source.pattern.is_some() { "text" } else { "auto" };
        self.said.source.format.as_deref().unwrap_or(seen)
    }

    /// How rows are written, from a sample of the inputs, whose times are read by `time_format`. If `is_of_all`, all inputs have
    /// its delimiter.
    fn written(&self, sample: &Sample, time_format: &TimeFormat, is_of_all: bool) -> InputForm {
        let said = &self.said.source;
        let has_delimiter =
            said.delimiter.is_some() || !matches!(self.format(), "json" | "parquet" | "delta");
        let is_one = said.delimiter.is_some() || is_of_all;
        match &sample.pattern {
            Some(pattern) => InputForm {
                format: "text".to_owned(),
                pattern: Some(pattern.as_str().to_owned()),
                delimiter: said.delimiter.clone(),
                time_format: Some(time_format.written().to_owned()),
            },
            None => InputForm {
                format: self.format().to_owned(),
                pattern: None,
                delimiter: has_delimiter
                    .then(|| delimiter_word(Some(sample.head.dialect.delimiter()).filter(|_| is_one))),
                time_format: said.time_format.clone(),
            },
        }
    }

    /// The job, with the columns and the delimiter that a sample of the `files` shows; `draft` is the [`draft`](Question::draft).
    ///
    /// # Errors
    /// As [`choose`]; what was said is wrong.
    pub fn answerable(&self, draft: &Job, files: &[InputFile]) -> Result<Answerable, Fault> {
        let draft = &*draft.with_lookups(&Stop::default())?;
        let csv = &draft.source.csv;
        let made = draft.source.made();
        let has_columns = |header: &[String]| {
            let (time, keys) = (self.time_in(header, &made), self.keys_in(header, &made));
            let is_there = |column: &String| header.contains(column) || made.contains(column);
            // Whether a path leads anywhere is seen in the rows.
            time.iter().chain(&keys).all(|column| is_there(column) || may_be_path(column))
        };
        let sample = Sample::of_first(files, draft.source.format, csv, &has_columns)?;
        let keys = self.keys_in(&sample.header, &made);
        let time = self.time_in(&sample.header, &made);
        let written = self.said.reports.iter().map(|(_, report)| &*report.measures);
        let measures: Vec<Measure> = written.flat_map(readable_measures).collect();
        let of_expressions = draft.source.named_in_expressions();
        let measured = measures.iter().map(|measure| &*measure.column);
        let named = time.iter().chain(&keys).chain(&of_expressions).map(String::as_str).chain(measured);
        let is_made = |name: &&str| made.iter().any(|made| made == name);
        let sample = with_paths(sample, draft, files, named.filter(|name| !is_made(name)))?;
        let rules = match self.said.source.time_format {
            Some(_) => draft.source.time.clone(),
            None => rules_of(&sample, &draft.source.time),
        };
        let rules = TimeRules { beside: time.get(1).cloned(), ..rules };
        let named = time.first().map(String::as_str);
        let values_named = self.names_values();
        let wanted = NamedByUser {
            time: named,
            rules: &rules,
            keys: &keys,
            measures: measures.iter().collect(),
            values_named,
            made: &made,
            named: &of_expressions,
        };
        if (sample.rows.is_empty() || sample.header.iter().any(String::is_empty))
            && let Some(file) = files.iter().find(|file| file.name == sample.file)
            && sample.has_header()
            && let Some(error) = mismatch(file, csv, &TimeReader::new(&draft.source.time)?)
        {
            return Err(error.into());
        }
        let found = choose(&sample, &wanted)?;
        let of_columns = found.said.into_iter();
        let of_columns = of_columns.filter(|line| !self.no_key || line.text().starts_with("time column"));
        let others = Others::of(files, &sample, draft.source.format, csv);
        let recognised = others.said(&sample, csv).into_iter();
        let seen = recognised.chain(self.seen_times(&sample, &rules.format));
        let chosen = seen.chain(of_columns).collect();
        let keys = if self.no_key { &[] } else { found.keys.as_slice() };
        let written = self.written(&sample, &rules.format, others.have_its_delimiter(&sample));
        let time = std::iter::once(found.time).chain(time.into_iter().skip(1)).collect();
        Ok(Answerable { job: self.whole(self.said.clone(), time, keys, written)?, chosen })
    }

    /// A note on the time format of a text log, if it is not the usual one.
    fn seen_times(&self, sample: &Sample, format: &TimeFormat) -> Option<Help> {
        let usual = sample.pattern.as_ref()?.time_formats().into_iter().next()?;
        let is_seen = *format != usual && self.said.source.time_format.is_none();
        is_seen.then(|| {
            let line = Help::from(format!("time format: {} (in {}; ", format.written(), sample.file));
            line.name(Setting::TimeFormat).and(" names another)")
        })
    }

    /// The time columns in inputs with this header, for a job that computes these columns: `a,b` names two, unless one has that name.
    fn time_in(&self, header: &[String], made: &[String]) -> Vec<String> {
        match self.said.source.time.as_slice() {
            [_] => named_in(&self.said.source.time, header, made),
            columns => columns.to_vec(),
        }
    }

    /// The keys of inputs with this header, for a job that computes these columns.
    fn keys_in(&self, header: &[String], made: &[String]) -> Vec<String> {
        named_in(&self.said.source.keys, header, made)
    }

    /// The names of the columns that are computed.
    fn derived(&self) -> Vec<String> {
        self.said.source.derive.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Whether values are named, so that there must be one key.
    fn names_values(&self) -> bool {
        let of_peaks = |report: &ReportFile| report.peaks.as_ref().and_then(|peaks| peaks.by.clone());
        // A measure of all events needs no key.
        let is_value = |by: &String| readable_measures(std::slice::from_ref(by)).next().is_none();
        let names = |report: &ReportFile| {
            !report.values.is_empty()
                || report.top.as_ref().and_then(|top| top.by.as_ref()).is_some_and(is_value)
                || of_peaks(report).is_some_and(|by| !report.measures.contains(&by))
        };
        self.said.reports.iter().any(|(_, report)| names(report))
    }

    /// The job of `file` with these columns, written like this, and with the defaults for a question.
    fn whole(
        &self,
        mut file: JobFile,
        time: Vec<String>,
        keys: &[String],
        written: InputForm,
    ) -> Result<Job, Fault> {
        let clean = CleanFile { trim: None, case: self.case.clone() };
        file.name.get_or_insert_with(|| NAME.to_owned());
        file.version.get_or_insert(1);
        file.source.format = Some(written.format);
        file.source.pattern = written.pattern;
        file.source.delimiter = written.delimiter;
        file.source.time = time;
        file.source.time_format = written.time_format;
        file.source.keys = keys.to_vec();
        file.clean.extend(keys.iter().map(|key| (key.clone(), clean.clone())));
        file.limits.rejects.get_or_insert_with(|| "none".to_owned());
        if file.reports.is_empty() {
            file.reports.push((NAME.to_owned(), ReportFile::default()));
        }
        for (_, report) in &mut file.reports {
            report.every.get_or_insert_with(|| "10m".to_owned());
        }
        file.check(Path::new(""))
    }
}

/// The sample with the values that those of the `named` columns lead to that it lacks.
fn with_paths<'a>(
    sample: Sample,
    draft: &Job,
    files: &[InputFile],
    named: impl Iterator<Item = &'a str>,
) -> Result<Sample, Fault> {
    let paths = named.filter(|name| sample.position(name).is_none()).map(str::to_owned);
    let paths: Vec<String> = paths.filter(|_| sample.names_are_paths()).collect();
    match files.iter().find(|file| file.name == sample.file).filter(|_| !paths.is_empty()) {
        Some(file) => {
            Ok(Sample::with_paths(file, draft.source.format, &draft.source.csv, (ROWS_MAX, &paths))?)
        }
        None => Ok(sample),
    }
}

/// The columns that `texts` name in inputs with this header, for a job that computes these columns.
fn named_in(texts: &[String], header: &[String], made: &[String]) -> Vec<String> {
    columns_named(texts, &|name| header.iter().chain(made).any(|column| column == name))
}

/// How the rows of inputs are written, in the words of a job file.
struct InputForm {
    format: String,
    pattern: Option<String>,
    delimiter: Option<String>,
    time_format: Option<String>,
}

/// A column of a pattern: `time`, or else the first.
fn column_of(pattern: &str) -> String {
    let pattern = TextPattern::of_text(pattern).ok();
    let columns = pattern.as_ref().and_then(TextPattern::columns).unwrap_or_default();
    let first = columns.first().filter(|_| !columns.contains(&"time"));
    first.map_or_else(|| "time".to_owned(), |name| (*name).to_owned())
}
