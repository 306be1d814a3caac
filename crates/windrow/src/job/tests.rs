//! Job files: what they mean, what is refused and where, and that a saved job is the same job.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::calendar::{Unit, Weekday, YEAR_1_US, YEAR_9998_US};
use crate::codec::Encoding;
use crate::event::{LetterCase, LocalTimes, TimeFormat};
use crate::format::InputFormat;
use crate::format::csv::LineEnd;
use crate::format::parquet::DecryptionKeys;

mod lookups;
mod output;
mod peaks;
mod secrets;
#[cfg(not(feature = "sql"))]
mod sql;

const DESIGN: &str = r#"
name    = "app-events"
version = 1

[source]
path   = ["data/events-*.csv"]
format = "csv"
time   = "time"
keys   = ["action"]

[clean]
action = { trim = true, case = "title" }

[limits]
rejects = "0.1%"

[reports.ten_minutes]
every  = "10m"
zone   = "UTC"
values = ["Open", "Close"]
top    = { by = "Open", n = 10 }

[reports.daily]
every = "1d"
zone  = "Europe/Berlin"
"#;

const SHORTEST: &str =
    "name = 'a'\nversion = 1\n[source]\npath = 'a.csv'\ntime = 't'\n[reports.r]\nevery = '1h'\n";

fn read(text: &str) -> crate::Result<Job> {
    Job::from_toml(text, Path::new("jobs/job.toml"))
}

/// `SHORTEST` with `line` put after `after`.
fn with(after: &str, line: &str) -> String {
    assert!(SHORTEST.contains(after));
    SHORTEST.replace(after, &format!("{after}\n{line}"))
}

fn source(lines: &str) -> String {
    with("time = 't'", lines)
}

fn report(lines: &str) -> String {
    with("every = '1h'", lines)
}

fn top(lines: &str) -> String {
    with("version = 1", lines)
}

fn keyed(keys: &str, clean: &str, lines: &str) -> String {
    let text = report(lines).replace("time = 't'", &format!("time = 't'\nkeys = {keys}"));
    if clean.is_empty() { text } else { format!("{text}[clean]\n{clean}\n") }
}

/// Reads `text`, which must be refused with `message` and `help` in what is said.
fn refused(text: &str, message: &str, help: &str) {
    let error = read(text).expect_err(text);
    assert_eq!(error.kind().exit_code(), 2);
    assert!(error.message().contains(message), "{message}\n{error}");
    assert!(error.help_text().unwrap_or_default().contains(help), "{help}\n{:?}", error.help_text());
}

#[test]
fn a_job_file_means_what_it_says() {
    let job = read(DESIGN).unwrap();
    assert_eq!(job.name, "app-events");
    assert_eq!(job.source.root, Path::new("jobs"));
    assert_eq!(job.source.path, ["data/events-*.csv"]);
    assert_eq!(job.source.time.format, TimeFormat::Iso);
    assert_eq!(job.cleaning, [Cleaning { trim: true, case: LetterCase::Title }]);
    assert_eq!(job.limits.rejects, RejectLimit::Share { per_million: 1000, at_least: 0 });
    let names: Vec<&str> = job.reports.iter().map(|report| &*report.name).collect();
    assert_eq!(names, ["ten_minutes", "daily"]);
    assert_eq!(job.reports[0].top, Some(Top { by: Some("Open".into()), measure: None, n: 10 }));
    assert_eq!(job.reports[1].zone.name(), "Europe/Berlin");
    assert_eq!(job.reports[1].size, job.reports[1].every);
}

#[test]
fn what_is_not_written_has_a_default() {
    let job = read(SHORTEST).unwrap();
    assert_eq!(job.limits, Limits { rejects: RejectLimit::OF_JOB_FILES, ..Limits::default() });
    assert_eq!((job.source.time.earliest_us, job.source.time.latest_us), (YEAR_1_US, YEAR_9998_US));
    assert!(job.source.keys.is_empty() && job.reports[0].values.is_empty());
}

#[test]
fn times_are_dates_or_rfc_3339_quoted_or_not() {
    let day_us = 86_400_000_000;
    let job = read(&source("earliest = 1970-01-02\nlatest = '1970-01-03'")).unwrap();
    assert_eq!((job.source.time.earliest_us, job.source.time.latest_us), (day_us, 3 * day_us - 1));
    let job = read(&source("latest = 1970-01-02T01:00:00+01:00")).unwrap();
    assert_eq!(job.source.time.latest_us, day_us);
    let job = read(&report("zone = 'Europe/Berlin'\nfrom = '2024-03-31'\nto = 2024-03-31T02:30:00")).unwrap();
    let zone = &job.reports[0].zone;
    assert_eq!(zone.label(job.reports[0].from_us.unwrap()), "2024-03-31T00:00:00+01:00");
    assert_eq!(zone.label(job.reports[0].to_us.unwrap()), "2024-03-31T03:00:00+02:00");
}

#[test]
fn errors_say_line_and_column() {
    let at = |text: &str| read(text).unwrap_err().message().split(": ").next().unwrap().to_owned();
    assert_eq!(at("name = 'a'\nversion = = 1"), "jobs/job.toml:2:11");
    assert_eq!(at(&SHORTEST.replace("'1h'", "'1x'")), "jobs/job.toml:7:9");
    assert_eq!(at(&source("keys = ['ä', 'b', 'ä']")), "jobs/job.toml:6:19");
    assert_eq!(at(&SHORTEST.replace("every = '1h'", "")), "jobs/job.toml:6:10");
    assert_eq!(at(&report("values = 1")), "jobs/job.toml:8:10");
    assert_eq!(
        at(&source("[[source.lookup]]\npath = 'u.csv'\non = 'u'\nunmatched = 'kep'")),
        "jobs/job.toml:9:13"
    );
    assert_eq!(at(&report("colour = 1")), "jobs/job.toml:8:1");
    assert_eq!(at(""), "jobs/job.toml");
}

#[test]
fn values_of_the_wrong_type_are_refused_in_plain_words() {
    refused("name = 1", "integer `1`, expected a string", "in quotes");
    refused("reports = 5", "expected a table", "");
    refused("[source]\npath = 3", "expected a string or a list of strings", "");
    refused("[limits]\ngroups = -1", "expected a whole number from 0", "");
    refused("[reports.r]\nfrom = 5", "expected a time", "");
    refused(&keyed("['t']", "", ""), "toml:6:9: source.keys: `t` is the time column", "");
    refused(&keyed("['0']", "0 = { case = 'x' }", ""), "clean.0.case: `x`", "keep");
}

#[test]
fn unknown_keys_and_words_are_refused_with_the_nearest() {
    refused(&source("delimeter = ';'"), "unknown key `delimeter`", "did you mean `delimiter`?");
    refused(&report("valeus = []"), "unknown key `valeus`", "did you mean `values`?");
    refused(&report("top = { n = 1, bye = 'a' }"), "unknown key `bye`", "by, n");
    refused(&top("reprots = 1"), "unknown key `reprots`", "did you mean `reports`?");
    refused(
        &report("fill = 'zeor'"),
        "reports.r.fill: `zeor`",
        "did you mean `zero`? one of zero, null, none",
    );
    refused(&report("shape = 'tall'"), "`tall` is not a shape", "wide, long");
    refused(&report("zone = 'Europe/Berln'"), "`Europe/Berln`", "Europe/Berlin");
    refused(&source("local_times = 'first'"), "`first`", "earlier");
    refused(&source("time_format = 'epoch'"), "`epoch`", "epoch_s");
    refused(&source("time_format = '%H:%M'"), "time_format", "");
    refused(&keyed("['a']", "a = { case = 'titel' }", ""), "clean.a.case", "did you mean `title`?");
    refused(&keyed("['action']", "actoin = {}", ""), "`actoin` is not a key", "did you mean `action`?");
}

#[test]
fn what_is_not_built_yet_is_refused_by_name() {
    let text = SHORTEST.replace("a.csv", "ftp://node/a.csv");
    refused(&text, "`ftp://` is not built yet", "");
    assert!(read(&text).unwrap_err().help_text().is_some());
}

#[test]
fn what_contradicts_itself_is_refused() {
    refused(&SHORTEST.replace("name = 'a'\n", ""), "name is missing", "name = ");
    refused(&SHORTEST.replace("version = 1", ""), "version is missing", "version = 1");
    refused(&SHORTEST.replace("version = 1", "version = 2"), "2 is not a version", "version = 1");
    refused(&SHORTEST.replace("time = 't'", ""), "time is missing", "time = ");
    refused(&SHORTEST.replace("path = 'a.csv'", "path = []"), "path is missing", "path = ");
    refused(SHORTEST.split("[reports").next().unwrap(), "a report is missing", "[reports.ten_minutes]");
    refused(&SHORTEST.replace("reports.r", "reports.\"a/b\""), "`a/b` cannot be a report's name", "letters");
    refused(&source("keys = ['t']"), "`t` is the time column", "");
    refused(&source("keys = ['']"), "name is empty", "");
    refused(&source("keys = ['a', 'a']"), "named twice", "");
    assert!(read(&source("keys = ['count', 'key_a']")).is_ok());
    refused(&source("delimiter = ';;'"), "`;;` cannot be the delimiter", "one ASCII character");
    refused(&source("delimiter = '#'\ncomment = '#'"), "are the same", "");
    refused(&source("earliest = 2024-01-02\nlatest = 2024-01-01"), "not before latest", "");
    refused(&source("earliest = 'monday'"), "`monday` is not a time", "2024-01-31");
    refused(&report("from = 2024-01-02\nto = 2024-01-02"), "from is not before to", "");
    refused(&report("size = '90m'"), "not a whole number of steps", "by the clock");
    refused(&report("size = '1d'"), "not a whole number of steps", "by days");
    refused(&SHORTEST.replace("'1h'", "'1ms'\nsize = '24h'"), "86400000 windows", "100,000");
    refused(&report("top = { n = 0 }"), "top.n is 0", "1 or more");
    refused(&report("shape = 'wide'"), "none is named", "the shape long");
    refused(&format!("{SHORTEST}[limits]\ngroups = 0\n"), "limits.groups", "1 or more");
    for limit in ["'0.00001%'", "'101%'", "'-1'", "'1.%'", "'+1'", "-1", "0.5", "'%'"] {
        refused(&format!("{SHORTEST}[limits]\nrejects = {limit}\n"), "", "");
    }
}

#[test]
fn values_are_ones_that_the_key_can_have() {
    let title = "a = { case = 'title' }";
    refused(&keyed("['a']", title, "values = ['open']"), "`open` can never occur", "did you mean `Open`?");
    refused(&keyed("['a']", "", "values = [' Open']"), "can never occur", "did you mean `Open`?");
    refused(&keyed("['a']", "", "values = [' ']"), "can never occur", "\"\"");
    refused(&keyed("['a']", "", "values = ['A', 'A']"), "named twice", "");
    refused(&keyed("[]", "", "values = ['A']"), "exactly one key, and there are 0", "");
    refused(&keyed("['a', 'b']", "", "top = { by = 'A', n = 1 }"), "exactly one key, and there are 2", "");
    refused(
        &keyed("['a']", "", "values = ['Open']\ntop = { by = 'Opne', n = 1 }"),
        "`Opne`",
        "did you mean `Open`?",
    );
    refused(
        &keyed("['a']", title, "top = { by = 'open', n = 1 }"),
        "can never occur",
        "did you mean `Open`?",
    );
    refused(&keyed("['a']", "", "values = ['a-b', 'A b']"), "a_b_count", "the shape long");
    refused(&keyed("['a']", "", "values = ['other']"), "other_count", "the shape long");
    refused(&keyed("['a']", "", "values = ['', 'null']"), "null_count", "the shape long");
    for lines in
        ["values = ['a-b', 'A b']\nshape = 'long'", "values = ['', 'Open']", "top = { by = 'x', n = 1 }"]
    {
        read(&keyed("['a']", "", lines)).unwrap();
    }
    refused(&keyed("['a', 'b']", "", "shape = 'wide'"), "none is named", "");
}

#[test]
fn limits_of_rejects_are_exact() {
    let share = RejectLimit::Share { per_million: 10_000, at_least: 10 };
    assert_eq!([10, 11].map(|rejected| share.is_passed(rejected, 20)), [false, true]);
    assert_eq!([100, 101].map(|rejected| share.is_passed(rejected, 10_000)), [false, true]);
    assert_eq!([3, 4].map(|rejected| RejectLimit::Rows(3).is_passed(rejected, 4)), [false, true]);
    assert!(!RejectLimit::Unlimited.is_passed(u64::MAX, u64::MAX));
    for (text, per_million) in
        [("0%", 0), ("0.1%", 1000), ("0.0001%", 1), ("12.5%", 125_000), ("100%", 1_000_000)]
    {
        let limit: RejectLimit = text.parse().unwrap();
        assert_eq!(limit, RejectLimit::Share { per_million, at_least: 0 });
        assert_eq!(limit.to_string(), text);
    }
}

#[test]
fn a_job_saved_elsewhere_still_reads_the_same_folder() {
    let mut job = read(DESIGN).unwrap();
    for (saved_at, root) in
        [("jobs/saved.toml", "jobs"), ("saved.toml", "jobs"), ("a/./b/saved.toml", "a/./b/../../jobs")]
    {
        let path = Path::new(saved_at);
        let again = Job::from_toml(&job.to_toml(path), path).unwrap();
        assert_eq!(again.source.root, Path::new(root));
        job.source.root = "jobs".into();
    }
    job.source.root = "".into();
    let path = Path::new("/elsewhere/saved.toml");
    let again = Job::from_toml(&job.to_toml(path), path).unwrap();
    assert_eq!(again.source.root, std::env::current_dir().unwrap());
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,8}", "[a-z\"\\\\'#\t ,;ä\u{7f}\u{85}日]{1,8}x"]
}

fn one_of<T: Clone + std::fmt::Debug + 'static>(all: &[T]) -> impl Strategy<Value = T> + use<T> {
    prop::sample::select(all.to_vec())
}

fn words<W: Word + std::fmt::Debug>() -> impl Strategy<Value = W> {
    prop::sample::select(W::ALL).prop_map(|(_, meaning)| meaning)
}

prop_compose! {
    fn any_time_rules()(
        pattern in proptest::option::of(one_of(&["%d/%m/%Y \"%H:%M\"", "%s", "%b %d %H:%M"])), format in words::<TimeFormat>(),
        zone in one_of(&["UTC", "Asia/Tehran"]), local in words::<LocalTimes>(),
        beside in proptest::option::of(one_of(&["time of day"])), year in proptest::option::of(1..=9998u32), earliest_us in prop_oneof![Just(YEAR_1_US), YEAR_1_US..0], latest_us in prop_oneof![Just(YEAR_9998_US), 0..=YEAR_9998_US],
    ) -> TimeRules {
        let format = pattern.map_or(format, |pattern| TimeFormat::Pattern(pattern.to_owned()));
        let zone = Zone::parse(zone).unwrap();
        let year = (format == TimeFormat::Pattern("%b %d %H:%M".to_owned())).then_some(year.unwrap_or(2005));
        TimeRules { column: "the \"time\"".into(), beside: beside.map(str::to_owned), format, year, zone, local, earliest_us, latest_us }
    }
}

prop_compose! {
    fn any_report()(
        name in "[a-zA-Z0-9_-]{1,8}", (every, size) in one_of(&[("10m", "10m"), ("1h", "6h"), ("1d", "1w"), ("1w", "2w"), ("1mo", "1y")]),
        zone in one_of(&["UTC", "Europe/Berlin"]), values in proptest::collection::btree_set(any_text(), 0..4), named in any::<bool>(),
        top in proptest::option::of(1..50usize), peaks in proptest::option::of((1..50usize, 1..5_000u32, any::<bool>())), fill in words::<Fill>(), from_us in proptest::option::of(YEAR_1_US..0),
        to_us in proptest::option::of(0..=YEAR_9998_US), wide in any::<bool>(), is_later in any::<bool>(), moves in any::<bool>(),
    ) -> ReportSpec {
        let values: Vec<String> = values.into_iter().collect();
        let by = values.first().filter(|_| named).cloned();
        let shape = if values.is_empty() || !wide { Some(TableShape::Long) } else { None };
        let [every, size] = [every, size].map(|step: &str| step.parse::<Step>().unwrap());
        let zone = Zone::parse(zone).unwrap();
        let offset = is_later.then_some(Step { n: 90, unit: Unit::Second });
        let week_start = if every.unit == Unit::Week { Weekday::Sunday } else { Weekday::Monday };
        let peaks = peaks.map(|(limit, threshold, gaps)| Peaks {
            by: by.clone().map_or(PeaksBy::All, PeaksBy::Value), limit, threshold: f64::from(threshold) / 100.0, gaps,
        });
        let period = Step { n: 1, unit: Unit::Year };
        let moving = Moving { cumulative: (moves && size == every && every.unit != Unit::Week).then_some(period), previous: if moves { vec![size, Step { n: every.n * 3, ..every }] } else { vec![] } };
        let top = top.map(|n| Top { by, measure: None, n });
        ReportSpec { name, every, size, offset, week_start, zone, values, measures: Vec::new(), top, peaks, moving, fill: Some(fill), from_us, to_us, shape }
    }
}

prop_compose! {
    fn any_csv_rules()(
        delimiter in proptest::option::of(one_of(b",;\t|\\")), comment in proptest::option::of(one_of(b"#%x")),
        line_end in words::<Option<LineEnd>>(), skip_lines in one_of(&[0u64, 1, 1 << 40]),
        label in one_of(&["utf8", "latin1", "iso-8859-2", "KOI8-R"]), parquet in secrets::any_keys(),
    ) -> CsvRules {
        CsvRules { delimiter, comment, line_end, skip_lines, encoding: Encoding::of_label(label).unwrap(), columns: Vec::new(), pattern: None, parquet }
    }
}

prop_compose! {
    fn any_job()(
        name in "[a-zä\"\\\\]{1,8}", path in proptest::collection::vec(any_text(), 1..3), root in one_of(&["jobs", "/data", "jobs/deep"]),
        csv in any_csv_rules(), time in any_time_rules(),
        key in any_text(), trim in any::<bool>(), rejects in prop_oneof![
            Just(RejectLimit::Unlimited), Just(RejectLimit::OF_JOB_FILES), any::<u64>().prop_map(|rows| RejectLimit::Rows(rows >> 1)),
            (0..=1_000_000u32).prop_map(|per_million| RejectLimit::Share { per_million, at_least: 0 }),
        ],
        (strict, growing, duplicates, on_gone, raw, keep_days, output, (engine, storage)) in (
            any::<bool>(), any::<bool>(), words::<Duplicates>(), words::<OnGone>(), words::<RawText>(),
            proptest::option::of(1..36_600u32), proptest::option::of(one_of(&["jobs/out", "jobs/a/b", "/srv/out", "jobs"])),
            (secrets::any_engine(), secrets::any_access()),
        ),
        groups in 1..1u64 << 60, mut reports in proptest::collection::vec(any_report(), 1..4),
    ) -> Job {
        for (at, report) in reports.iter_mut().enumerate() {
            report.name.push_str(&at.to_string());
        }
        Job {
            name,
            source: Source {
                path, root: root.into(), csv: CsvRules { parquet: if strict { csv.parquet } else { DecryptionKeys::default() }, ..csv }, time, keys: vec![key.clone()], numbers: NumberRules { thousands: growing.then_some(b'\''), bad_is_null: strict }, measured: vec![], records: Default::default(), in_path: vec![], time_in_path: None,
                format: (!strict).then_some(InputFormat::Csv), growing, duplicates, on_gone, look_back_days: keep_days,
            },
            cleaning: vec![Cleaning { trim, case: LetterCase::Keep }],
            limits: Limits { rejects, strict, key_bytes: 9, lookup_bytes: 8, groups, grid_rows: 7, expansion: 6, unpacked_bytes: groups },
            engine, storage,
            reports,
            output: output.map(|path| Output { path: path.into(), events: growing.then_some(EventsOutput { by: if strict { EventsBy::Day } else { EventsBy::Hour }, compact_after: keep_days.map(|n| Step { n, unit: Unit::Day }), partition_by: if strict { vec![key.clone()] } else { vec![] } }) }),
            rejects: Rejects { raw, keep_days },
        }
    }
}

proptest! {
    #[test]
    fn a_saved_job_is_the_same_job(mut job in any_job()) {
        // Values that trimming would change, and columns that clash, are refused: such jobs cannot be.
        for report in &mut job.reports {
            let mut columns = std::collections::BTreeSet::new();
            report.values.retain(|value| value.trim() == value && columns.insert(column::of_value(value)));
            if report.values.is_empty() {
                report.shape = Some(TableShape::Long);
            }
            let first = report.values.first().cloned();
            if let Some(by) = report.top.as_mut().and_then(|top| top.by.as_mut()) {
                *by = first.clone().unwrap_or_else(|| "x".into());
            }
            if let Some(PeaksBy::Value(by)) = report.peaks.as_mut().map(|peaks| &mut peaks.by) {
                *by = first.unwrap_or_else(|| "x".into());
            }
        }
        let path = Path::new("jobs/job.toml");
        let text = job.to_toml(path);
        let mut again = Job::from_toml(&text, path).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        if job.source.root == Path::new("jobs/deep") {
            prop_assert_eq!(&again.source.root, Path::new("jobs/../jobs/deep"));
            again.source.root = job.source.root.clone();
        }
        prop_assert_eq!(again, job, "{}", text);
    }

    #[test]
    fn no_text_panics(text in "[a-z0-9=\\[\\]{}'\". \n%äx-]{0,60}", at in 0..200usize) {
        let mut mangled = DESIGN.to_owned();
        if let Some((at, _)) = DESIGN.char_indices().nth(at) {
            mangled.insert_str(at, &text);
        }
        let _ = read(&mangled);
        let _ = read(&text);
    }
}
