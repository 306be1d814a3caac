//! Fingerprints of a job: hashes that change when, and only when, what was kept of it no longer holds.
//!
//! There are four, one for each thing that may be kept: counts of files, windows of a report, its peaks, and the refusal
//! of a file. Settings, locations (root, output) and the look of a report are in none of them.

use std::fmt::{Display, Write};

use sha2::{Digest, Sha256};

use super::keyword::Word;
use super::{Counting, Fill, Job, RejectLimit, ReportSpec};
use crate::calendar::Zone;
use crate::event::TimeFormat;
use crate::format::csv::Dialect;

/// The version of the rules by which files are counted: what a record is, how a time is read, what a pane is. Another
/// version may count the same bytes differently.
pub const COUNT_RULES: u32 = 2;

/// The version of the rules by which windows are made of counts: cleaning, boundaries, the grid.
pub const REPORT_RULES: u32 = 2;

/// The version of the rules that say which windows stand out.
pub const PEAKS_RULES: u32 = 1;

impl Job {
    /// The fingerprint of all that decides what is counted in the files, with the widths of the panes it is counted in.
    pub fn count_fingerprint(&self) -> String {
        self.counting().to_string()
    }

    /// How the job counts.
    pub fn counting(&self) -> Counting {
        let hashes = self.source.records.rules.iter().flat_map(|rules| rules.hashes());
        Counting {
            events: self.event_fingerprint(),
            widths: self.pane_widths(),
            tables: hashes.map(|hash| format!("{hash:032x}")).collect(),
        }
    }

    /// The fingerprint of all that decides which events there are: another one needs every file again.
    fn event_fingerprint(&self) -> String {
        let mut text = Canonical::new("count", COUNT_RULES);
        let source = &self.source;
        // Which files there are does not depend on how often or in which order they are named.
        let mut paths: Vec<&String> = source.path.iter().collect();
        paths.sort();
        paths.dedup();
        text.list("path", paths);
        text.line("format", source.format.word().unwrap_or_default());
        let csv = &source.csv;
        text.line("delimiter", csv.delimiter.map_or_else(|| "auto".to_owned(), |byte| byte.to_string()));
        text.line("quote", Dialect::default().quote());
        text.line("comment", csv.comment.map_or(String::new(), |byte| byte.to_string()));
        // What is as it always was is not written, so that what was kept before there was a choice still holds.
        if let Some(pattern) = &csv.pattern {
            text.line("lines", pattern.as_str());
        }
        if csv.line_end.is_some() {
            text.line("line_end", csv.line_end.word().unwrap_or_default());
        }
        if csv.skip_lines > 0 {
            text.line("skip_lines", csv.skip_lines);
        }
        if !csv.columns.is_empty() {
            text.list("columns", &csv.columns);
        }
        if !csv.encoding.is_utf8() {
            text.line("encoding", csv.encoding.name());
        }
        text.line("growing", source.growing);
        let time = &source.time;
        text.line("time", &time.column);
        if let Some(beside) = &time.beside {
            text.line("beside", beside);
        }
        if let Some(year) = time.year {
            text.line("year", year);
        }
        match &time.format {
            TimeFormat::Pattern(pattern) => text.line("pattern", pattern),
            word => text.line("time_format", word.word().unwrap_or_default()),
        }
        text.zone(&time.zone);
        text.line("local_times", time.local.word().unwrap_or_default());
        text.line("earliest", time.earliest_us);
        text.line("latest", time.latest_us);
        text.list("keys", &source.keys);
        if !source.measured.is_empty() {
            text.list("measured", &texts(&source.measured));
        }
        if let Some(rules) = &source.records.rules {
            text.list("records", &rules.lines());
        }
        text.hash()
    }

    /// The fingerprint of all that decides the windows of the report `name`: another one needs them made again from
    /// the counts. None when there is no such report.
    pub fn report_fingerprint(&self, name: &str) -> Option<String> {
        let report = self.reports.iter().find(|report| report.name == name)?;
        let mut text = Canonical::new("report", REPORT_RULES);
        for (key, cleaning) in self.source.keys.iter().zip(&self.cleaning) {
            text.line("key", key);
            text.line("trim", cleaning.trim);
            text.line("case", cleaning.case.word().unwrap_or_default());
        }
        text.report(report);
        Some(text.hash())
    }

    /// The fingerprint of all that decides, beside the counts, which windows of the report `name` stand out. None if the report does not
    /// ask for peaks.
    pub fn peaks_fingerprint(&self, name: &str) -> Option<String> {
        let report = self.reports.iter().find(|report| report.name == name)?;
        let mut text = Canonical::new("peaks", PEAKS_RULES);
        text.line("report", self.report_fingerprint(name)?);
        text.line("peaks", report.peaks.as_ref()?.to_toml());
        Some(text.hash())
    }

    /// The fingerprint of all that decides whether a file is refused, beside its bytes and what the counts depend on:
    /// with another one a refused file is read again. The program's version is in it, as a newer one may read more.
    pub fn refusal_fingerprint(&self) -> String {
        let mut text = Canonical::new("refusal", COUNT_RULES);
        text.line("windrow", env!("CARGO_PKG_VERSION"));
        match self.limits.rejects {
            RejectLimit::Unlimited => text.line("rejects", "none"),
            RejectLimit::Rows(rows) => text.line("rejects rows", rows),
            RejectLimit::Share { per_million, at_least } => {
                text.line("rejects per million", per_million);
                text.line("rejects at least", at_least);
            }
        }
        if !self.source.csv.parquet.is_empty() {
            text.line("parquet", super::parquet::to_toml(&self.source.csv.parquet));
        }
        text.line("expansion", self.limits.expansion);
        text.line("unpacked bytes", self.limits.unpacked_bytes);
        text.hash()
    }
}

fn texts(items: &[impl Display]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

/// A text in which different choices are different, whatever their values hold: each value stands after its length.
struct Canonical(String);

impl Canonical {
    fn new(what: &str, rules: u32) -> Self {
        let mut text = Canonical(String::new());
        text.line(what, rules);
        text
    }

    fn line(&mut self, key: &str, value: impl Display) {
        let value = value.to_string();
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{key} {}:{value}", value.len());
    }

    fn list<'t>(&mut self, key: &str, items: impl IntoIterator<Item = &'t String>) {
        let items: Vec<_> = items.into_iter().collect();
        self.line(key, items.len());
        for item in items {
            self.line(key, item);
        }
    }

    /// A zone by its name and by what its clock has shown: a new database matters where it changes this zone.
    fn zone(&mut self, zone: &Zone) {
        self.line("zone", zone.name());
        for stretch in zone.stretches() {
            self.line("from", stretch.start_us);
            self.line("offset", stretch.offset_us);
        }
    }

    fn report(&mut self, report: &ReportSpec) {
        self.line("every", report.every);
        self.line("size", report.size);
        // What is as it always was is not written.
        match report.windows().offset_us() {
            0 => {}
            offset_us => self.line("offset", offset_us),
        }
        self.zone(&report.zone);
        self.list("values", &report.values);
        if !report.measures.is_empty() {
            self.list("measures", &texts(&report.measures));
        }
        if let Some(period) = report.moving.cumulative {
            self.line("cumulative", period);
        }
        if !report.moving.previous.is_empty() {
            self.list("previous", &texts(&report.moving.previous));
        }
        // Published tables do not depend on `fill`: the line is what it was by default when they were first made.
        self.line("fill", Fill::Zero.word().unwrap_or_default());
        let instant = |us: Option<i64>| us.map_or(String::new(), |us| us.to_string());
        self.line("from", instant(report.from_us));
        self.line("to", instant(report.to_us));
    }

    /// SHA-256, in hex.
    fn hash(&self) -> String {
        Sha256::digest(&self.0).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const JOB: &str = "name = 'a'\nversion = 1\n[source]\npath = ['a.csv', 'b.csv']\ntime = 't'\nkeys = ['k']\n\
        [reports.r]\nevery = '1h'\n[reports.other]\nevery = '10m'\n[output]\npath = 'out'\n";

    /// Which fingerprints are others: of counts, of the report `r`, of the other report, of refusals.
    fn changed(from: &str, to: &str) -> [bool; 4] {
        assert!(JOB.contains(from), "{from}");
        let of = |text: &str| {
            let job = Job::from_toml(text, Path::new("job.toml")).map_err(|error| format!("{error}: {text}"));
            let job = job.unwrap();
            let report = |name| job.report_fingerprint(name).unwrap();
            [job.count_fingerprint(), report("r"), report("other"), job.refusal_fingerprint()]
        };
        let (before, after) = (of(JOB), of(&JOB.replacen(from, to, 1)));
        [0, 1, 2, 3].map(|at| before[at] != after[at])
    }

    #[test]
    fn each_key_changes_the_fingerprints_of_what_it_decides() {
        let count = [true, false, false, false];
        let report = [false, true, false, false];
        let cleaning = [false, true, true, false];
        let refusal = [false, false, false, true];
        let nothing = [false; 4];
        let source = |line: &str| changed("keys = ['k']", &format!("keys = ['k']\n{line}"));
        let hourly = |line: &str| changed("every = '1h'", &format!("every = '1h'\n{line}"));
        let table = |lines: &str| changed("[output]", &format!("{lines}\n[output]"));
        for (became, expected, what) in [
            (changed("'b.csv'", "'c.csv'"), count, "path"),
            (source("format = 'json'"), count, "format"),
            (source("format = 'auto'"), count, "format of each file"),
            (source("delimiter = ';'"), count, "delimiter"),
            (source("comment = '#'"), count, "comment"),
            (source("delimiter = 'auto'"), count, "delimiter of each file"),
            (source("line_end = 'cr'"), count, "line_end"),
            (source("skip_lines = 1"), count, "skip_lines"),
            (source("header = false\ncolumns = ['t', 'k']"), count, "columns"),
            (source("header = true"), nothing, "a header"),
            (source("encoding = 'latin1'"), count, "encoding"),
            (source("growing = true"), count, "growing"),
            (changed("time = 't'", "time = 'u'"), count, "time"),
            (source("time_format = 'epoch_s'"), count, "time_format"),
            (source("time_format = '%s'"), count, "pattern"),
            (source("time_format = '%b %d'\nyear = 2005"), count, "year"),
            (changed("time = 't'", "time = ['t', 'u']"), count, "a time of two columns"),
            (source("format = 'text'\npattern = '(?P<t>.)(?P<k>.)'"), count, "pattern of lines"),
            (source("zone = 'Europe/Berlin'"), count, "source.zone"),
            (source("local_times = 'later'"), count, "local_times"),
            (source("earliest = 2024-01-01"), count, "earliest"),
            (source("latest = 2024-01-01"), count, "latest"),
            (changed("keys = ['k']", "keys = ['l']"), [true, true, true, false], "keys"),
            (table("[clean]\nk = { case = 'title' }"), cleaning, "case"),
            (table("[clean]\nk = { trim = false }"), cleaning, "trim"),
            (changed("every = '1h'", "every = '2h'"), report, "every"),
            (changed("every = '10m'", "every = '7m'"), [true, false, true, false], "pane width"),
            (hourly("size = '2h'"), report, "size"),
            (hourly("offset = '10m'"), report, "offset"),
            (hourly("offset = '7m'"), [true, true, false, false], "offset with narrower panes"),
            (hourly("zone = 'Etc/GMT+5'"), report, "zone"),
            (hourly("zone = 'Europe/Berlin'"), [true, true, false, false], "zone with narrower panes"),
            (hourly("values = ['A']"), report, "values"),
            (hourly("measures = ['sum(b)']"), [true, true, false, false], "measures"),
            (hourly("cumulative = '1d'"), report, "cumulative"),
            (hourly("previous = ['1d', '1w']"), report, "previous"),
            (hourly("fill = 'null'"), nothing, "fill"),
            (
                source("thousands = ','\non_bad_number = 'null'"),
                nothing,
                "how numbers are written that are not measured",
            ),
            (hourly("from = 2024-01-01"), report, "from"),
            (hourly("to = 2024-01-01"), report, "to"),
            (table("[limits]\nrejects = '1%'"), refusal, "limits.rejects"),
            (
                changed("time = 't'", "time = 't'\nformat = 'parquet'\nparquet.footer_key = 'env:A'"),
                [true, false, false, true],
                "keys",
            ),
            (table("[limits]\nexpansion = 5"), refusal, "limits.expansion"),
            (table("[limits]\nunpacked_bytes = 5"), refusal, "limits.unpacked_bytes"),
            (changed("['a.csv', 'b.csv']", "['b.csv', 'a.csv', 'b.csv']"), nothing, "order of paths"),
            (changed("name = 'a'", "name = 'b'"), nothing, "name"),
            (source("format = 'csv'"), nothing, "what is the default"),
            (
                source("delimiter = 'comma'\nline_end = 'auto'\nskip_lines = 0\nencoding = 'UTF8'"),
                nothing,
                "defaults",
            ),
            (source("root = '/data'"), nothing, "root"),
            (source("duplicates = 'count'"), nothing, "duplicates"),
            (source("on_gone = 'subtract'"), nothing, "on_gone"),
            (source("look_back = '7d'"), nothing, "look_back"),
            (table("[limits]\nstrict = true\ngroups = 5\ngrid_rows = 5"), nothing, "other limits"),
            (hourly("shape = 'long'"), nothing, "shape"),
            (hourly("top = { n = 3 }"), nothing, "top"),
            (hourly("peaks = { limit = 3, gaps = true }"), nothing, "peaks"),
            (changed("path = 'out'", "path = 'elsewhere'"), nothing, "output"),
            (changed("[output]\npath = 'out'", ""), nothing, "no output"),
            (table("[rejects]\nraw = 'none'\nkeep = '30d'"), nothing, "rejects"),
        ] {
            assert_eq!(became, expected, "{what}");
        }
    }

    #[cfg(feature = "sql")]
    #[test]
    fn what_is_made_of_records_is_of_the_counts() {
        let count = [true, false, false, false];
        let with = |lines: &str| format!("keys = ['k']\n{lines}\n[source.types]\na = 'integer'\n");
        let source = |lines: &str| changed("keys = ['k']", &with(lines));
        assert_eq!(source("where = 'a > 1'"), count);
        let of = |lines: &str| {
            let text = JOB.replace("keys = ['k']", lines);
            Job::from_toml(&text, Path::new("job.toml")).unwrap().count_fingerprint()
        };
        let all = [
            with("where = 'a > 1'"),
            with("where = 'a > 2'"),
            with("where = 'a > 1'").replace("integer", "decimal"),
            with("where = 'a > 1'") + "[source.derive]\nk = 'b'\n",
            with("where = 'a > 1'") + "[source.derive]\nk = 'c'\n",
            with("where = 'a > 1'") + "[source.derive]\nl = 'b'\n",
        ];
        let all: std::collections::BTreeSet<String> = all.iter().map(|lines| of(lines)).collect();
        assert_eq!(all.len(), 6);
    }

    #[test]
    fn values_cannot_pass_for_other_values() {
        let of = |paths: &str| {
            let text = JOB.replace("['a.csv', 'b.csv']", paths);
            Job::from_toml(&text, Path::new("job.toml")).unwrap().count_fingerprint()
        };
        assert_ne!(of(r#"["a", "b\npath c"]"#), of(r#"["a\npath b", "c"]"#));
    }

    #[test]
    fn other_fingerprints_need_another_version_of_the_rules() {
        let job = Job::from_toml(JOB, Path::new("job.toml")).unwrap();
        assert_eq!((COUNT_RULES, &job.count_fingerprint()[..16]), (2, "286d225e6e287151"));
        assert_eq!((REPORT_RULES, &job.report_fingerprint("r").unwrap()[..16]), (2, "03ae038dcace8416"));
        assert_eq!(job.report_fingerprint("none"), None);
    }
}
