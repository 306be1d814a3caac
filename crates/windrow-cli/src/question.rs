//! The question: the flags that change the answer. They say what a job file says, and become one.

use clap::{Args, ValueEnum};
use toml::{Table, Value};
use windrow::{Error, Result};

/// The flags that change the answer; with a job file they are its business.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Question (without a job file)")]
pub struct Question {
    /// From one window's start to the next: 30s, 10m, 6h by the clock; 1d, 1w, 1mo, 1q, 1y by the calendar [default: 10m]
    #[arg(long, value_name = "STEP")]
    every: Option<String>,
    /// Length of a window, a multiple of --every: longer windows overlap [default: as --every]
    #[arg(long, value_name = "STEP")]
    size: Option<String>,
    /// Column that holds the time [default: the only one that reads as a time]
    #[arg(long, value_name = "COLUMN")]
    pub time: Option<String>,
    /// How times are written: epoch_s, epoch_ms, epoch_us, epoch_ns, or a pattern such as '%d/%m/%Y %H:%M:%S' [default: YYYY-MM-DD hh:mm:ss, with or without digits after it and an offset]
    #[arg(long, value_name = "FORMAT")]
    time_format: Option<String>,
    /// Zone of times that have no offset [default: UTC]
    #[arg(long, value_name = "ZONE")]
    source_zone: Option<String>,
    /// What becomes of a local time that its clock skipped or showed twice [default: reject]
    #[arg(long, value_enum, value_name = "READING")]
    local_times: Option<LocalTimes>,
    /// What the inputs are [default: csv]
    #[arg(long, value_name = "FORMAT")]
    input_format: Option<String>,
    /// What separates fields: one character, or \t [default: ,]
    #[arg(long, value_name = "CHARACTER", allow_hyphen_values = true)]
    delimiter: Option<String>,
    /// First character of lines that are comments [default: there are none]
    #[arg(long, value_name = "CHARACTER")]
    comment: Option<String>,
    /// Column that counts are grouped by; may be repeated [default: the only one with a usual name: action, event, event_name, event_type, type]
    #[arg(long = "key", value_name = "COLUMN")]
    pub keys: Vec<String>,
    /// Case that the values of keys are brought to [default: keep]
    #[arg(long, value_enum, value_name = "CASE")]
    case: Option<Case>,
    /// Values of the key that get a column of their own: Open,Close
    #[arg(long, value_name = "VALUES", value_delimiter = ',')]
    values: Vec<String>,
    /// The busiest windows, by all events or by one value: 10, Open:10
    #[arg(long, value_name = "[VALUE:]N")]
    top: Option<String>,
    /// Zone whose clock and calendar the windows follow [default: UTC]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// What a window without events shows in an export [default: zero]
    #[arg(long, value_enum)]
    fill: Option<Fill>,
    /// Where the windows begin: 2016-07-26, or a time [default: the first event]
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Where the windows end (exclusive) [default: after the last event]
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Refuse a file with more rejects than this: 100, 0.1%, none [default: none]
    #[arg(long, value_name = "LIMIT")]
    max_rejects: Option<String>,
    /// Publish nothing when any file is refused
    #[arg(long)]
    strict: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LocalTimes {
    /// It is a reject
    Reject,
    /// It is read as the earlier of the two instants
    Earlier,
    /// It is read as the later one
    Later,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Case {
    /// As it is
    Keep,
    /// lower case
    Lower,
    /// UPPER CASE
    Upper,
    /// First Letter Of Each Word
    Title,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Fill {
    /// 0
    Zero,
    /// Nothing: an empty field
    Null,
    /// The window is left out
    None,
}

/// The only report of a job made of flags.
const REPORT: &str = "windows";

impl Question {
    /// The flags that were given, as they are written.
    pub fn given(&self) -> Vec<&'static str> {
        let flags = [
            ("--every", self.every.is_some()),
            ("--size", self.size.is_some()),
            ("--time", self.time.is_some()),
            ("--time-format", self.time_format.is_some()),
            ("--source-zone", self.source_zone.is_some()),
            ("--local-times", self.local_times.is_some()),
            ("--input-format", self.input_format.is_some()),
            ("--delimiter", self.delimiter.is_some()),
            ("--comment", self.comment.is_some()),
            ("--key", !self.keys.is_empty()),
            ("--case", self.case.is_some()),
            ("--values", !self.values.is_empty()),
            ("--top", self.top.is_some()),
            ("--zone", self.zone.is_some()),
            ("--fill", self.fill.is_some()),
            ("--from", self.from.is_some()),
            ("--to", self.to.is_some()),
            ("--max-rejects", self.max_rejects.is_some()),
            ("--strict", self.strict),
        ];
        flags.into_iter().filter_map(|(flag, given)| given.then_some(flag)).collect()
    }

    /// Whether values are named, so that there must be one key.
    pub fn names_values(&self) -> bool {
        !self.values.is_empty() || self.top.as_ref().is_some_and(|top| top.contains(':'))
    }

    /// The choice that is made when a window's step is not.
    pub fn note_on_every(&self) -> Option<&'static str> {
        self.every.is_none().then_some("windows: of 10 minutes (--every 10m); other steps: --every 1h, --every 1d")
    }

    /// The job file that says what the flags say of `paths`, with this time column and these keys.
    pub fn job_text(&self, paths: &[String], time: &str, keys: &[String]) -> Result<String> {
        self.text(paths, time, keys, self.report(true)?)
    }

    /// The same without what needs the keys to be known: for looking into the inputs.
    pub fn draft_text(&self, paths: &[String]) -> Result<String> {
        self.text(paths, self.time.as_deref().unwrap_or("time"), &[], self.report(false)?)
    }

    fn text(&self, paths: &[String], time: &str, keys: &[String], report: Table) -> Result<String> {
        let mut source = Table::new();
        let strings = |texts: &[String]| texts.iter().cloned().map(Value::String).collect::<Vec<_>>();
        source.insert("path".into(), strings(paths).into());
        set(&mut source, "format", self.input_format.as_deref());
        set(&mut source, "delimiter", self.delimiter.as_deref().map(|text| if text == "\\t" { "\t" } else { text }));
        set(&mut source, "comment", self.comment.as_deref());
        set(&mut source, "time", Some(time));
        set(&mut source, "time_format", self.time_format.as_deref());
        set(&mut source, "zone", self.source_zone.as_deref());
        set(&mut source, "local_times", self.local_times.map(name).as_deref());
        source.insert("keys".into(), strings(keys).into());

        let mut clean = Table::new();
        if let Some(case) = self.case.map(name) {
            clean.extend(keys.iter().map(|key| (key.clone(), table([("case", case.clone().into())]))));
        }
        let limits = match self.max_rejects.as_deref().unwrap_or("none") {
            rows if rows.bytes().all(|byte| byte.is_ascii_digit()) => number(rows, "--max-rejects")?,
            other => other.into(),
        };
        let job = Table::from_iter([
            ("name".to_owned(), "windows".into()),
            ("version".to_owned(), 1.into()),
            ("source".to_owned(), source.into()),
            ("clean".to_owned(), clean.into()),
            ("limits".to_owned(), table([("rejects", limits), ("strict", self.strict.into())])),
            ("reports".to_owned(), table([(REPORT, report.into())])),
        ]);
        toml::to_string(&job).map_err(|error| Error::bug(format!("the flags as a job file: {error}")))
    }

    fn report(&self, with_values: bool) -> Result<Table> {
        let mut report = Table::new();
        set(&mut report, "every", Some(self.every.as_deref().unwrap_or("10m")));
        set(&mut report, "size", self.size.as_deref());
        set(&mut report, "zone", self.zone.as_deref());
        set(&mut report, "fill", self.fill.map(name).as_deref());
        set(&mut report, "from", self.from.as_deref());
        set(&mut report, "to", self.to.as_deref());
        if with_values && !self.values.is_empty() {
            report.insert("values".into(), self.values.iter().cloned().map(Value::String).collect::<Vec<_>>().into());
        }
        if let Some(top) = self.top.as_deref().filter(|_| with_values) {
            let (by, n) = top.rsplit_once(':').map_or((None, top), |(by, n)| (Some(by), n));
            let mut top = Table::from_iter([("n".to_owned(), number(n, "--top")?)]);
            set(&mut top, "by", by);
            report.insert("top".into(), top.into());
        }
        Ok(report)
    }
}

fn set(table: &mut Table, key: &str, value: Option<&str>) {
    if let Some(value) = value {
        table.insert(key.to_owned(), value.into());
    }
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Table(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// The name of a choice, as flags and job files write it.
fn name(choice: impl ValueEnum) -> String {
    choice.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

fn number(text: &str, flag: &str) -> Result<Value> {
    text.parse::<i64>().map(Value::Integer).map_err(|_| {
        Error::usage(format!("{flag}: {text:?} is not a number")).help(format!("for example {flag} 10"))
    })
}
