//! Saving a job: the job file that says again, with every choice in it, what the job is.

use std::fmt::{Display, Write};
use std::path::{Component, Path, PathBuf};

use super::keyword::Word;
use super::output::NEVER;
use super::{Duplicates, Job, OnGone, RejectLimit, Rejects, ReportSpec, Source};
use super::{parquet, storage};
use crate::calendar::{Weekday, YEAR_1_US, YEAR_9998_US, Zone};
use crate::event::Cleaning;
use crate::format::InputFormat;
use crate::format::csv::{AUTO, delimiter_word};
use crate::format::text::TextPattern;

impl Job {
    /// The text of a job file that is this job when it is saved at `path`.
    pub fn to_toml(&self, path: &Path) -> String {
        let mut text = JobText::default();
        text.line("name", quoted(&self.name), "");
        text.line("version", 1, "of the job file's format");
        text.source(&self.source, path.parent().unwrap_or(Path::new("")));
        self.source.records.push_tables(&mut text.0);
        text.cleaning(&self.source.keys, &self.cleaning);
        text.limits(self);
        for report in &self.reports {
            text.report(report, self.source.keys.len());
        }
        text.kept(self, path.parent().unwrap_or(Path::new("")));
        text.0 += &self.engine.to_toml();
        text.0 += &storage::to_toml(&self.storage, path.parent().unwrap_or(Path::new("")));
        text.0
    }
}

/// A job file as it grows.
#[derive(Default)]
struct JobText(String);

impl JobText {
    fn table(&mut self, name: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "\n[{name}]");
    }

    fn line(&mut self, key: &str, value: impl Display, comment: &str) {
        let _ = match comment {
            "" => writeln!(self.0, "{key} = {value}"),
            comment => writeln!(self.0, "{key} = {value}  # {comment}"),
        };
    }

    fn source(&mut self, source: &Source, folder: &Path) {
        self.table("source");
        self.line("path", list(&source.path), "files, folders and globs");
        if let Some(root) = root_from(folder, &source.root) {
            self.line("root", quoted(&root.to_string_lossy()), "where paths start from");
        }
        self.line("format", quoted(source.format.word().unwrap_or_default()), "");
        let csv = &source.csv;
        if !csv.parquet.is_empty() {
            self.line("parquet", parquet::to_toml(&csv.parquet), "the variables that hold keys");
        }
        match source.format {
            Some(InputFormat::Json | InputFormat::Parquet | InputFormat::Delta) => {}
            Some(InputFormat::Text) => {
                let pattern = csv.pattern.as_ref().map_or(AUTO, TextPattern::as_str);
                self.line("pattern", quoted(pattern), "how lines are taken apart");
            }
            Some(InputFormat::Csv) | None => {
                self.line("delimiter", quoted(&delimiter_word(csv.delimiter)), "")
            }
        }
        if let Some(comment) = csv.comment {
            self.line(
                "comment",
                quoted(&char::from(comment).to_string()),
                "lines that begin with it are ignored",
            );
        }
        if csv.line_end.is_some() {
            self.line(
                "line_end",
                quoted(csv.line_end.word().unwrap_or_default()),
                "what ends lines: lf or cr",
            );
        }
        if csv.skip_lines > 0 {
            self.line("skip_lines", csv.skip_lines, "lines before the header that are not read");
        }
        if !csv.columns.is_empty() {
            self.line("header", false, "the files have none");
            self.line("columns", list(&csv.columns), "their columns, in their order");
        }
        if !csv.encoding.is_utf8() {
            self.line("encoding", quoted(&csv.encoding.name()), "of the files");
        }
        let time = &source.time;
        match &time.beside {
            None => self.line("time", quoted(&time.column), "the column that holds the time"),
            Some(_) => {
                let columns: Vec<String> = time.columns().cloned().collect();
                self.line("time", list(&columns), "the columns that hold the date and the time of day");
            }
        }
        self.line(
            "time_format",
            quoted(time.format.written()),
            "iso, date, epoch_s, epoch_ms, epoch_us, epoch_ns or a pattern",
        );
        if let Some(year) = time.year {
            self.line("year", year, "of all times");
        }
        self.line("zone", quoted(time.zone.name()), "of times without an offset");
        let local = time.local.word().unwrap_or_default();
        self.line("local_times", quoted(local), "skipped or shown twice: reject, earlier or later");
        if time.earliest_us != YEAR_1_US {
            self.line("earliest", instant(time.earliest_us), "earlier times are rejects");
        }
        if time.latest_us != YEAR_9998_US {
            self.line("latest", instant(time.latest_us), "later times are rejects");
        }
        self.line("keys", list(&source.keys), "the columns that counts are grouped by");
        if let Some(separator) = source.numbers.thousands {
            self.line(
                "thousands",
                quoted(&char::from(separator).to_string()),
                "between groups of three digits",
            );
        }
        if source.numbers.bad_is_null {
            self.line(
                "on_bad_number",
                quoted("null"),
                "measured values that are not numbers: reject or null",
            );
        }
        source.records.push_where(&mut self.0);
        // What only a ledger can tell is written where it was chosen.
        if source.growing {
            self.line("growing", true, "files are only ever appended to");
        }
        if source.duplicates != Duplicates::default() {
            let duplicates = source.duplicates.word().unwrap_or_default();
            self.line("duplicates", quoted(duplicates), "files of the same content: refuse or count");
        }
        if source.on_gone != OnGone::default() {
            let on_gone = source.on_gone.word().unwrap_or_default();
            self.line("on_gone", quoted(on_gone), "the counts of files that are gone: keep or subtract");
        }
        if let Some(days) = source.look_back_days {
            self.line("look_back", quoted(&format!("{days}d")), "older folders of days are not listed");
        }
    }

    fn cleaning(&mut self, keys: &[String], cleaning: &[Cleaning]) {
        if keys.is_empty() {
            return;
        }
        self.table("clean");
        for (key, clean) in keys.iter().zip(cleaning) {
            let case = quoted(clean.case.word().unwrap_or_default());
            let value = format!("{{ trim = {}, case = {case} }}", clean.trim);
            self.line(&quoted(key), value, "case: keep, lower, upper or title");
        }
    }

    fn limits(&mut self, job: &Job) {
        self.table("limits");
        match job.limits.rejects {
            RejectLimit::OF_JOB_FILES => {
                self.0.push_str(
                    "# rejects: 1 % of a file's rows, and at least 10 rows, unless it is written here\n",
                );
            }
            RejectLimit::Unlimited => self.line("rejects", quoted(&job.limits.rejects.to_string()), ""),
            RejectLimit::Rows(rows) => self.line("rejects", rows, "more in one file refuse the file"),
            limit => self.line("rejects", quoted(&limit.to_string()), "more in one file refuse the file"),
        }
        self.line("strict", job.limits.strict, "true: nothing is published when a file is refused");
        self.line("key_bytes", job.limits.key_bytes, "most bytes of the distinct values of keys");
        self.line("lookup_bytes", job.limits.lookup_bytes, "most bytes of the tables of look-ups");
        self.line("groups", job.limits.groups, "most counts (pane x keys) of a run");
        self.line("grid_rows", job.limits.grid_rows, "most rows of a report's grid");
        self.line(
            "expansion",
            job.limits.expansion,
            "most bytes of content for each byte of a compressed file",
        );
        self.line("unpacked_bytes", job.limits.unpacked_bytes, "most bytes of content of a compressed file");
    }

    fn kept(&mut self, job: &Job, folder: &Path) {
        if let Some(output) = &job.output {
            self.table("output");
            let path = match output.is_remote() {
                true => output.path.clone(),
                false => path_from(folder, &output.path),
            };
            self.line("path", quoted(&path.to_string_lossy()), "the ledger and the published tables");
            if let Some(events) = &output.events {
                self.table("output.events");
                let by = quoted(events.by.word().unwrap_or_default());
                self.line("by", by, "a folder of events per hour or day");
                if !events.partition_by.is_empty() {
                    self.line("partition_by", list(&events.partition_by), "and per value of these keys");
                }
                let after = events.compact_after.map_or_else(|| NEVER.to_owned(), |after| after.to_string());
                self.line("compact_after", quoted(&after), "how long after that its data files are merged");
            }
        }
        if job.rejects != Rejects::default() {
            self.table("rejects");
            let raw = job.rejects.raw.word().unwrap_or_default();
            self.line("raw", quoted(raw), "how much of a reject's text is kept: full or none");
            if let Some(days) = job.rejects.keep_days {
                self.line("keep", quoted(&format!("{days}d")), "how long rejects are kept");
            }
        }
    }

    fn report(&mut self, report: &ReportSpec, keys: usize) {
        self.table(&format!("reports.{}", report.name));
        self.line("every", quoted(&report.every.to_string()), "from one window's start to the next");
        self.line("size", quoted(&report.size.to_string()), "longer than every: windows overlap");
        if let Some(offset) = report.offset {
            self.line("offset", quoted(&offset.to_string()), "how much later each window begins");
        }
        if report.week_start != Weekday::default() {
            self.line("week_start", quoted(report.week_start.word().unwrap_or_default()), "");
        }
        self.line("zone", quoted(report.zone.name()), "whose clock the windows follow");
        if !report.values.is_empty() {
            self.line("values", list(&report.values), "the values with a column of their own");
        }
        if !report.measures.is_empty() {
            let measures: Vec<String> = report.measures.iter().map(ToString::to_string).collect();
            self.line("measures", list(&measures), "functions of the values of columns");
        }
        if let Some(top) = &report.top {
            let by = top.by_written();
            let by = by.map(|by| format!("by = {}, ", quoted(&by))).unwrap_or_default();
            self.line("top", format!("{{ {by}n = {} }}", top.n), "the busiest windows");
        }
        if let Some(peaks) = &report.peaks {
            self.line("peaks", peaks.to_toml(), "windows that stand out");
        }
        if let Some(period) = report.moving.cumulative {
            self.line("cumulative", quoted(&period.to_string()), "the period of running totals");
        }
        if !report.moving.previous.is_empty() {
            let steps: Vec<String> = report.moving.previous.iter().map(ToString::to_string).collect();
            self.line("previous", list(&steps), "how long before the windows are that it is compared with");
        }
        let fill = report.fill(keys).word().unwrap_or_default();
        self.line("fill", quoted(fill), "windows without events: zero, null or none (left out)");
        if let Some(from_us) = report.from_us {
            self.line("from", instant(from_us), "the grid's first instant");
        }
        if let Some(to_us) = report.to_us {
            self.line("to", instant(to_us), "the grid ends before it");
        }
        if let Some(shape) = report.shape.as_ref().and_then(Word::word) {
            self.line("shape", quoted(shape), "wide or long");
        }
    }
}

/// A TOML string, whatever its characters.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
    format!("[{}]", items.join(", "))
}

fn instant(us: i64) -> String {
    quoted(&Zone::utc().label(us))
}

/// How a file in `folder` refers to `path`.
pub(super) fn path_from(folder: &Path, path: &Path) -> PathBuf {
    match path.strip_prefix(folder) {
        Ok(below) if below != Path::new("") => below.to_owned(),
        _ => root_from(folder, path).unwrap_or_else(|| PathBuf::from(".")),
    }
}

/// How `root` is written in a file of `folder`; none when it is the folder.
fn root_from(folder: &Path, root: &Path) -> Option<PathBuf> {
    if root == folder {
        return None;
    }
    if root.is_absolute() {
        return Some(root.to_owned());
    }
    let is_below = |component: Component| matches!(component, Component::Normal(_) | Component::CurDir);
    if !folder.components().all(is_below) {
        // From a folder outside this one no way back is known without looking at the disk. The empty path is this one.
        let root = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        return Some(std::path::absolute(root).unwrap_or_else(|_| root.to_owned()));
    }
    let steps_down = folder.components().filter(|part| matches!(part, Component::Normal(_)));
    let back: PathBuf = steps_down.map(|_| Component::ParentDir).collect();
    Some(back.join(root))
}
