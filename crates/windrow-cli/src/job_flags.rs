//! The flags that change the answer. They say what a job file says, and become one.

mod choices;

use std::path::Path;

use clap::Args;
use windrow::job::{
    Fault, JobFile, LimitsFile, LookupFile, OutputFile, ParquetFile, PeaksFile, ReportFile, SourceFile,
    TopFile, named_values,
};
use windrow::sniff;
use windrow::text::escape;
use windrow::{Error, Result};

use choices::{CASE, DUPLICATES, FILL, LOCAL_TIMES, ON_BAD_NUMBER, UNMATCHED, word};

/// Above these flags in the help.
pub(crate) const HEADING: &str = "Question (without a job file)";

/// The flags that change the answer; with a job file they are its business.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = HEADING)]
pub(crate) struct JobFlags {
    /// Step from one window's start to the next: 30s, 10m, 6h by the clock; 1d, 1w, 1mo, 1q, 1y by the calendar [default: 10m]
    #[arg(long, value_name = "STEP")]
    every: Option<String>,
    /// Length of a window, a multiple of --every: windows longer than the step overlap [default: as --every]
    #[arg(long, value_name = "STEP")]
    size: Option<String>,
    /// Shift of the start of windows: 6h for days that begin at 06:00 [default: 0]
    #[arg(long, value_name = "DURATION")]
    offset: Option<String>,
    /// First day of the week: monday, or any other day, such as sunday [default: monday]
    #[arg(long, value_name = "DAY")]
    week_start: Option<String>,
    /// Column that holds the time, or two columns for date and time of day: Date,Time [default: the only column that reads as a time]
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// Format of times: date, epoch_s, epoch_ms, epoch_us, epoch_ns, or a pattern such as '%d/%m/%Y %H:%M:%S' [default: YYYY-MM-DD hh:mm:ss, with or without digits after it and an offset]
    #[arg(long, value_name = "FORMAT")]
    time_format: Option<String>,
    /// Year of times whose --time-format has no year, such as '%b %d %H:%M:%S'
    #[arg(long, value_name = "YEAR")]
    year: Option<u32>,
    /// Time zone of times without an offset [default: UTC]
    #[arg(long, value_name = "ZONE")]
    source_zone: Option<String>,
    /// How to treat local times in a DST gap or overlap [default: reject]
    #[arg(long, value_parser = word(LOCAL_TIMES), value_name = "READING")]
    local_times: Option<String>,
    /// Format of the inputs: csv, json, parquet, delta, text [default: auto, recognised for each file]
    #[arg(long, value_name = "FORMAT")]
    input_format: Option<String>,
    /// How to split the lines of text logs: common, combined, logfmt, or a regular expression with a named group for each column, such as '(?P<time>\S+) (?P<level>\w+)' [default: auto, recognised by the first lines]
    #[arg(long, value_name = "PATTERN", allow_hyphen_values = true)]
    pattern: Option<String>,
    /// Environment variable that holds the key of encrypted Parquet, in hexadecimal or base64: env:NAME, or COLUMN=env:NAME for the key of one column; may be repeated [default: none]
    #[arg(long = "parquet-key", value_name = "[COLUMN=]env:NAME")]
    parquet_keys: Vec<String>,
    /// Separator of fields: one character, or comma, semicolon, tab, pipe [default: auto, found in the header]
    #[arg(long, value_name = "CHARACTER", allow_hyphen_values = true)]
    delimiter: Option<String>,
    /// First character of comment lines [default: no comments]
    #[arg(long, value_name = "CHARACTER")]
    comment: Option<String>,
    /// Number of lines before the header to skip, such as a title [default: 0]
    #[arg(long, value_name = "N")]
    skip_lines: Option<u64>,
    /// Column names of files without a header, in order: time,action,user [default: from the header]
    #[arg(long, value_name = "NAMES")]
    columns: Vec<String>,
    /// Line end: lf, cr [default: auto, CR in a file that has no LF in its first MiB]
    #[arg(long, value_name = "LINE_END")]
    line_end: Option<String>,
    /// Encoding of the files: latin1, windows-1252, shift_jis, gb18030, euc-jp and others; UTF-16 is detected [default: utf-8]
    #[arg(long, value_name = "LABEL")]
    encoding: Option<String>,
    /// Small table to join: 'users.csv on user', 'prices.parquet on shop,product', or 'users.csv on user=id' if the column is called id in the table; may be repeated [default: none]
    #[arg(long = "lookup", value_name = "TABLE on COLUMN")]
    lookups: Vec<String>,
    /// What to do with a row without a match in a --lookup: keep it without values, reject it, or filter it out [default: keep]
    #[arg(long, value_parser = word(UNMATCHED), value_name = "RULE", requires = "lookups")]
    unmatched: Option<String>,
    /// Condition for the rows that count, in SQL: "status >= 500 AND method <> 'HEAD'" [default: every row counts]
    #[arg(long = "where", value_name = "CONDITION", allow_hyphen_values = true)]
    filter: Option<String>,
    /// Column computed in SQL, for --key, --time, --measure and --where: "class=substr(status, 1, 1) || 'xx'"; may be repeated [default: none]
    #[arg(long, value_name = "NAME=EXPRESSION")]
    derive: Vec<String>,
    /// Type of a column in expressions (integer, decimal, boolean, timestamp, date): status=integer; may be repeated [default: text]
    #[arg(long = "type", value_name = "COLUMN=TYPE")]
    types: Vec<String>,
    /// Columns to group counts by: action,user; may be repeated [default: the only column with a usual name: action, event, event_name, event_type, type]
    #[arg(long = "key", value_name = "COLUMN")]
    keys: Vec<String>,
    /// Count all rows together, without a key
    #[arg(long, conflicts_with_all = ["keys", "values", "case"])]
    no_key: bool,
    /// What to do with a file whose content equals that of another: refuse it, or count it too [default: refuse]
    #[arg(long, value_parser = word(DUPLICATES), value_name = "RULE")]
    duplicates: Option<String>,
    /// Case to convert the values of keys to [default: keep]
    #[arg(long, value_parser = word(CASE), value_name = "CASE")]
    case: Option<String>,
    /// Values of the key that get a column each: Open,Close
    #[arg(long, value_name = "VALUES", value_delimiter = ',')]
    values: Vec<String>,
    /// What to compute from the values of a column, in addition to the count: 'sum(bytes)', 'mean(ms)', 'min(ms)', 'max(ms)', 'p95(ms)', 'distinct(user)'; separated by commas, or repeated
    #[arg(long = "measure", value_name = "MEASURE")]
    measures: Vec<String>,
    /// Thousands separator of measured numbers: one of , ' _ and a space [default: nothing]
    #[arg(long, value_name = "CHARACTER")]
    thousands: Option<String>,
    /// What to do with a measured value that is not a number [default: reject]
    #[arg(long, value_parser = word(ON_BAD_NUMBER), value_name = "RULE")]
    on_bad_number: Option<String>,
    /// Show the busiest windows, by all events, one value or a measure: 10, Open:10, 'p95(ms):10'
    #[arg(long, value_name = "[VALUE:]N")]
    top: Option<String>,
    /// Show at most this many windows that stand out from the usual, by all events, by one value or by a measure: 10, Open:10
    #[arg(long, value_name = "[BY:]N")]
    peaks: Option<String>,
    /// How far from the usual --peaks stand out, in robust standard deviations [default: 5]
    #[arg(long, value_name = "SCORE", requires = "peaks")]
    peaks_threshold: Option<f64>,
    /// With --peaks, also show windows with far fewer events than usual
    #[arg(long, requires = "peaks")]
    peaks_gaps: bool,
    /// Add a column with the running total of counts within this period: 1d
    #[arg(long, value_name = "PERIOD")]
    cumulative: Option<String>,
    /// Add columns that compare each window with an earlier one, by this much: 1d,1w; may be repeated
    #[arg(long, value_name = "STEPS", value_delimiter = ',')]
    previous: Vec<String>,
    /// Time zone whose clock and calendar the windows follow [default: UTC]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// What exports show for a window without events [default: zero]
    #[arg(long, value_parser = word(FILL))]
    fill: Option<String>,
    /// Where the windows begin: 2016-07-26, or a time [default: the first event]
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Where the windows end (exclusive) [default: after the last event]
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Refuse a file with more rejects than this: 100, 0.1%, none [default: none]
    #[arg(long, value_name = "LIMIT")]
    max_rejects: Option<String>,
    /// Publish nothing if any file is refused
    #[arg(long)]
    strict: bool,
    /// Keep a ledger in this folder and publish there: later runs read only what has changed
    #[arg(long, value_name = "DIR", help_heading = "Answer")]
    pub(crate) keep: Option<String>,
}

impl JobFlags {
    /// Refuses flags that would change the answer of a job file.
    pub(crate) fn leaves(&self, job_file: &Path) -> Result<()> {
        let (given, shown) = (self.given(), escape::path(job_file));
        if given.is_empty() {
            return Ok(());
        }
        Err(Error::usage(format!("{} would change the answer of {shown}", given.join(", ")))
            .with_help(format!("edit {shown}; to ask something else, leave it out and name the files")))
    }

    /// The flags that were given, as they are written.
    fn given(&self) -> Vec<&'static str> {
        let flags = [
            ("--every", self.every.is_some()),
            ("--size", self.size.is_some()),
            ("--offset", self.offset.is_some()),
            ("--week-start", self.week_start.is_some()),
            ("--time", self.time.is_some()),
            ("--time-format", self.time_format.is_some()),
            ("--year", self.year.is_some()),
            ("--source-zone", self.source_zone.is_some()),
            ("--local-times", self.local_times.is_some()),
            ("--input-format", self.input_format.is_some()),
            ("--pattern", self.pattern.is_some()),
            ("--parquet-key", !self.parquet_keys.is_empty()),
            ("--delimiter", self.delimiter.is_some()),
            ("--comment", self.comment.is_some()),
            ("--skip-lines", self.skip_lines.is_some()),
            ("--columns", !self.columns.is_empty()),
            ("--line-end", self.line_end.is_some()),
            ("--encoding", self.encoding.is_some()),
            ("--lookup", !self.lookups.is_empty()),
            ("--unmatched", self.unmatched.is_some()),
            ("--where", self.filter.is_some()),
            ("--derive", !self.derive.is_empty()),
            ("--type", !self.types.is_empty()),
            ("--key", !self.keys.is_empty()),
            ("--no-key", self.no_key),
            ("--duplicates", self.duplicates.is_some()),
            ("--case", self.case.is_some()),
            ("--values", !self.values.is_empty()),
            ("--measure", !self.measures.is_empty()),
            ("--thousands", self.thousands.is_some()),
            ("--on-bad-number", self.on_bad_number.is_some()),
            ("--top", self.top.is_some()),
            ("--peaks", self.peaks.is_some()),
            ("--cumulative", self.cumulative.is_some()),
            ("--previous", !self.previous.is_empty()),
            ("--zone", self.zone.is_some()),
            ("--fill", self.fill.is_some()),
            ("--from", self.from.is_some()),
            ("--to", self.to.is_some()),
            ("--max-rejects", self.max_rejects.is_some()),
            ("--strict", self.strict),
            ("--keep", self.keep.is_some()),
        ];
        flags.into_iter().filter_map(|(flag, given)| given.then_some(flag)).collect()
    }

    /// The choice that is made when a window's step is not.
    pub(crate) fn note_on_every(&self) -> Option<&'static str> {
        self.every
            .is_none()
            .then_some("windows: of 10 minutes (--every 10m); other steps: --every 1h, --every 1d")
    }

    /// What the flags say of a job over `paths`.
    ///
    /// # Errors
    /// Usage: `--top`, `--peaks`, `--derive` or `--type` is wrong.
    pub(crate) fn said(&self, paths: &[String]) -> Result<sniff::Question> {
        let said = JobFile {
            source: SourceFile {
                path: paths.to_vec(),
                format: self.input_format.clone(),
                pattern: self.pattern.clone(),
                parquet: ParquetFile::of_keys(&self.parquet_keys),
                delimiter: self.delimiter.clone(),
                comment: self.comment.clone(),
                skip_lines: self.skip_lines,
                header: (!self.columns.is_empty()).then_some(false),
                columns: sniff::names_in(&self.columns),
                line_end: self.line_end.clone(),
                encoding: self.encoding.clone(),
                time: self.time.iter().cloned().collect(),
                year: self.year,
                time_format: self.time_format.clone(),
                zone: self.source_zone.clone(),
                local_times: self.local_times.clone(),
                keys: self.keys.clone(),
                duplicates: self.duplicates.clone(),
                thousands: self.thousands.clone(),
                on_bad_number: self.on_bad_number.clone(),
                lookup: self.lookups().collect(),
                r#where: self.filter.clone(),
                derive: named_by("--derive", &self.derive)?,
                types: named_by("--type", &self.types)?.into_iter().collect(),
                ..SourceFile::default()
            },
            limits: LimitsFile {
                rejects: self.max_rejects.clone(),
                strict: Some(self.strict),
                ..LimitsFile::default()
            },
            output: self.keep.clone().map(|path| OutputFile { path: Some(path), events: None }),
            reports: vec![(sniff::NAME.to_owned(), self.report()?)],
            ..JobFile::default()
        };
        Ok(sniff::Question { said, case: self.case.clone(), no_key: self.no_key })
    }

    fn lookups(&self) -> impl Iterator<Item = LookupFile> {
        let of_text =
            |text: &String| LookupFile { unmatched: self.unmatched.clone(), ..LookupFile::of_text(text) };
        self.lookups.iter().map(of_text)
    }

    fn report(&self) -> Result<ReportFile> {
        Ok(ReportFile {
            every: self.every.clone(),
            size: self.size.clone(),
            offset: self.offset.clone(),
            week_start: self.week_start.clone(),
            zone: self.zone.clone(),
            values: self.values.clone(),
            measures: self.measures.iter().flat_map(|text| measures_in(text)).collect(),
            top: self.top()?,
            peaks: self.peaks()?,
            cumulative: self.cumulative.clone(),
            previous: self.previous.clone(),
            fill: self.fill.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            ..ReportFile::default()
        })
    }

    /// `10` or `Open:10`, and what is said beside it.
    fn peaks(&self) -> Result<Option<PeaksFile>> {
        let Some(text) = &self.peaks else { return Ok(None) };
        let peaks = PeaksFile::of_text(text).map_err(|error| error.within("--peaks"))?;
        let gaps = self.peaks_gaps.then_some(true);
        Ok(Some(PeaksFile { threshold: self.peaks_threshold, gaps, ..peaks }))
    }

    /// `10` or `Open:10`.
    fn top(&self) -> Result<Option<TopFile>> {
        let Some(text) = &self.top else { return Ok(None) };
        let (by, n) = text.rsplit_once(':').map_or((None, text.as_str()), |(by, n)| (Some(by.to_owned()), n));
        match n.parse() {
            Ok(n) => Ok(Some(TopFile { by, n: Some(n) })),
            Err(_) => Err(Error::usage(format!("--top: {n:?} is not a number of windows"))
                .with_help("write --top 10, or --top Open:10")),
        }
    }
}

/// What a flag says of each name.
fn named_by(flag: &str, written: &[String]) -> Result<Vec<(String, String)>> {
    named_values(written).map_err(|error| error.within(flag))
}

/// The measures in `sum(bytes),mean(ms)`. A comma that follows no `)` is part of a column's name.
fn measures_in(text: &str) -> Vec<String> {
    let mut measures: Vec<String> = Vec::new();
    for part in text.split(',') {
        match measures.last_mut().filter(|last| !last.trim_end().ends_with(')')) {
            Some(last) => *last = format!("{last},{part}"),
            None => measures.push(part.to_owned()),
        }
    }
    measures
}

/// What is wrong with a job made of flags, in the words of the flags.
pub(crate) fn in_flags(fault: Fault) -> Error {
    let keys: Vec<&str> = fault.keys.iter().map(String::as_str).collect();
    let flag = match keys.as_slice() {
        ["source", "path", ..] => return fault.error,
        ["source", "format", ..] => "--input-format".to_owned(),
        ["source", "zone", ..] => "--source-zone".to_owned(),
        ["source", "keys", ..] => "--key".to_owned(),
        ["source", "parquet", ..] => "--parquet-key".to_owned(),
        ["source", "types", ..] => "--type".to_owned(),
        ["reports", _, "measures", ..] => "--measure".to_owned(),
        ["reports", _, "peaks", key @ ("threshold" | "gaps")] => format!("--peaks-{key}"),
        ["output", ..] => "--keep".to_owned(),
        ["source", key, ..] | ["reports", _, key, ..] => format!("--{}", key.replace('_', "-")),
        ["clean", ..] => "--case".to_owned(),
        ["limits", ..] => "--max-rejects".to_owned(),
        _ => return fault.error,
    };
    fault.error.within(flag)
}
