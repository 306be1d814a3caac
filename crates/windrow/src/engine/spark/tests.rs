//! Tests of the engine without a Spark. With one, `tests/spark` compares it with the embedded engine.

mod gate;
#[cfg(feature = "sql")]
mod lookups;
mod objects;
mod packed;
#[cfg(feature = "sql")]
mod tables;

use crate::event::TimeReader;
use std::path::Path;

use spark_connect_proto::relation::RelType;
use spark_connect_proto::{Relation, WithRelations};

use super::asking::{asked, asked_objects};
use super::counted::{FileCount, FileSplit, OddLines};
use super::local_rescan::{LineRescan, RescannedLines};
use super::plan::{LineCheck, LineKind, QueriedFile};
use super::*;
use crate::reject::{Reason, Reject};
use crate::settings::Stop;

/// A job with this key and comment character, and a file for it.
fn job(folder: &Path, key: &str, comment: &str) -> (Job, InputFile) {
    job_of(folder, key, comment, &[])
}

/// The same, with these functions as measures of the key.
fn job_of(folder: &Path, key: &str, comment: &str, functions: &[&str]) -> (Job, InputFile) {
    job_with(folder, key, comment, functions, "")
}

/// The same with more in `[source]`.
fn job_with(folder: &Path, key: &str, comment: &str, functions: &[&str], more: &str) -> (Job, InputFile) {
    let measures: Vec<String> = functions.iter().map(|function| format!("{function}({key})")).collect();
    let text = format!(
        "name = {key:?}\nversion = 1\n[source]\npath = \"a.csv\"\ntime = \"time\"\nkeys = [{key:?}]\n\
         comment = {comment:?}\nearliest = \"2016-01-01T00:00:00Z\"\n{more}[reports.r]\nevery = \"10m\"\nmeasures = {measures:?}\n"
    );
    let job = Job::from_toml(&text, &folder.join("job.toml")).unwrap();
    std::fs::write(folder.join("a.csv"), format!("time,{key}\n2016-07-28T04:19:28Z,Open\n")).unwrap();
    let files = crate::source::list(&job.source.path, &job.source.root, &job.source.endings(), &job.stores())
        .unwrap()
        .files;
    (job, files.into_iter().next().unwrap())
}

/// A check refuses what a run refuses, before Spark is asked.
#[test]
fn events_are_not_written_on_spark() {
    let folder = tempfile::tempdir().unwrap();
    let of = |output: &str| {
        let text = format!(
            "name = \"j\"\nversion = 1\n[source]\npath = \"a.csv\"\ntime = \"time\"\nkeys = [\"action\"]\n{output}[reports.r]\nevery = \"1h\"\n"
        );
        plan::check(&Job::from_toml(&text, &folder.path().join("job.toml")).unwrap())
    };
    assert!(of("[output]\npath = \"out\"\n").is_ok());
    let error = of("[output]\npath = \"out\"\n[output.events]\n").unwrap_err();
    assert!(error.to_string().contains("[output.events] is not built for the engine spark"), "{error}");
}

/// The text of a query, without its arguments.
fn text_of(query: Relation) -> String {
    let Some(RelType::WithRelations(plan)) = query.rel_type else { panic!("a query of another kind") };
    let WithRelations { root, .. } = *plan;
    match root.and_then(|root| root.rel_type) {
        Some(RelType::Sql(sql)) => sql.query,
        _ => panic!("a query of another kind"),
    }
}

/// The texts of all queries about a job: for one file, for several files with one header, and for several headers.
fn texts(job: &Job, file: &InputFile) -> Vec<String> {
    let time = TimeReader::new(&job.source.time).unwrap();
    let looked = || Ok(SparkInput::open(job, file, &time).unwrap());
    let one = asked(job, &[looked()]).0;
    let two = asked(job, &[looked(), looked()]).0;
    let mut other = two.clone();
    other[1].layout.columns = 7;
    let text = |files: &[QueriedFile]| {
        [LineCheck::Plain, LineCheck::Full].map(|way| text_of(plan::count(job, files, way, true).unwrap()))
    };
    [one, two, other].map(|files| text(&files)).concat()
}

#[test]
fn a_query_has_no_more_than_its_files_need() {
    let folder = tempfile::tempdir().unwrap();
    let (job, file) = job_of(folder.path(), "action", "#", &[]);
    let time = TimeReader::new(&job.source.time).unwrap();
    let looked = || Ok(SparkInput::open(&job, &file, &time).unwrap());
    let files = asked(&job, &[looked(), looked()]).0;
    let text = |change: &dyn Fn(&mut QueriedFile)| {
        let mut files = files.clone();
        change(&mut files[1]);
        text_of(plan::count(&job, &files, LineCheck::Plain, true).unwrap())
    };
    let usual = text(&|_| {});
    assert!(usual.starts_with("SELECT "), "{usual}");
    assert!(!usual.contains("regexp_extract") && !usual.contains("BROADCAST"), "{usual}");
    assert!(text(&|file| file.has_quotes = true).contains("regexp_extract"));
    assert!(text(&|file| file.layout.columns = 7).contains("BROADCAST(f)"));
    // Fields are looked for behind the time if it is the first of several in all files.
    assert!(usual.contains(" AS behind"), "{usual}");
    assert!(!text(&|file| file.layout.time = 1).contains(" AS behind"));
    assert!(!text(&|file| file.layout.columns = 1).contains(" AS behind"));
    for delimiter in b":-. TZ0" {
        assert!(!text(&|file| file.layout.delimiter = *delimiter).contains(" AS behind"));
    }
    assert!(text(&|file| file.layout.delimiter = b'\t').contains(" AS behind"));
}

#[test]
fn no_name_and_no_value_is_in_the_text_of_a_query() {
    let folder = tempfile::tempdir().unwrap();
    for functions in [&[][..], &["distinct"], &["sum"], &["p95", "distinct"]] {
        no_name_and_no_value_is_in_the_text_of(folder.path(), functions);
    }
}

fn no_name_and_no_value_is_in_the_text_of(folder: &Path, functions: &[&str]) {
    let (plain, file) = job_of(folder, "action", "#", functions);
    let expected = texts(&plain, &file);
    assert_eq!(expected[0].contains("GROUPING SETS ((at, block"), functions.contains(&"distinct"));
    assert!(expected[..4].iter().all(|text| text.contains(":header AS header")), "the header is an argument");
    assert!(expected[4..].iter().all(|text| text.contains("f.header AS header")), "headers are data");
    for (key, comment) in [("a`b", "!"), ("'; DROP TABLE lines --", "'"), (":header", ":"), ("größe\\", "\\")]
    {
        let folder = tempfile::tempdir().unwrap();
        let (hostile, file) = job_of(folder.path(), key, comment, functions);
        assert_eq!(texts(&hostile, &file), expected, "{key}");
    }
}

/// The same for expressions.
#[test]
#[cfg(feature = "sql")]
fn no_expression_is_in_the_text_of_a_query() {
    let of = |key: &str, text: &str| {
        let folder = tempfile::tempdir().unwrap();
        let [column, value] = [("\"", "\"\""), ("'", "''")].map(|(quote, twice)| {
            format!("{quote}{}{quote}", if quote == "'" { text } else { key }.replace(quote, twice))
        });
        let filter = format!(
            "{column} <> {value} AND {column} LIKE {value} ESCAPE '~' AND CAST({column} AS INTEGER) > {}",
            text.len()
        );
        let more = format!(
            "where = {filter:?}\n[source.derive]\n{text:?} = {:?}\n",
            format!("lower({column} || {value})")
        );
        let (job, file) = job_with(folder.path(), key, "#", &["sum"], &more);
        texts(&job, &file)
    };
    let expected = of("action", "made");
    assert!(
        expected.iter().all(|text| text.contains("THEN 4") || text.contains("ELSE 4")),
        "{}",
        expected[0]
    );
    for (key, text) in
        [("a`b", "'; DROP TABLE x --"), (":header", ":value0"), ("x", "${x}\\"), ("size", "\t")]
    {
        assert_eq!(of(key, text), expected, "{key} {text}");
    }
}

/// A row for which `where` is not true does not count, on the cluster or here.
#[test]
#[cfg(feature = "sql")]
fn lines_that_are_left_to_windrow_may_be_filtered() {
    let text = "time,action\n2016-07-28T04:19:28Z,1\nsoon,-1\nsoon,\"\n5\"\n2016-07-28T04:19:28Z,x\n2016-07-28T04:19:28Z,5\n";
    let odd = [2, 3, 4, 5, 6, 7].map(|line| (line, LineKind::Unsure));
    let folder = tempfile::tempdir().unwrap();
    let (job, file) =
        job_with(folder.path(), "action", "#", &[], "where = \"CAST(action AS INTEGER) > 0\"\n");
    let (read, rejects) = read_by(&job, &file, text, 3, &odd).unwrap();
    let tally = read.added.unwrap().tally;
    assert_eq!((tally.counted, tally.filtered, tally.rejected_total(), tally.read), (2, 1, 2, 5));
    let reasons: Vec<_> = rejects.iter().map(|reject| (line_of(reject), reject.reason)).collect();
    assert_eq!(reasons, [(4, Reason::BadTime), (6, Reason::BadExpression)]);
}

/// Each kind of line can be recovered from its number.
#[test]
fn a_kind_of_line_has_a_number() {
    let all = [
        LineKind::Event,
        LineKind::Blank,
        LineKind::Comment,
        LineKind::Header,
        LineKind::Filtered,
        LineKind::Unsure,
    ];
    let rejects = Reason::ALL.map(LineKind::Reject);
    assert!(all.into_iter().chain(rejects).all(|what| LineKind::of(what.number()) == Some(what)));
    assert_eq!(LineKind::of(5), None);
}

#[test]
#[cfg(feature = "sql")]
fn a_time_that_is_made_is_in_no_column() {
    let folder = tempfile::tempdir().unwrap();
    let more = "[source.derive]\ntime = \"action || 'Z'\"\n";
    let (job, file) = job_with(folder.path(), "action", "#", &[], more);
    // The column that the time is computed from looks like a time.
    std::fs::write(&file.path, "time,action\nsoon,2016-07-28T04:19:28\n").unwrap();
    let input = SparkInput::open(&job, &file, &TimeReader::new(&job.source.time).unwrap()).unwrap();
    assert_eq!((input.clock, input.read_through), (None, false));
    let (plain, full) = asked(&job, &[Ok(input)]);
    assert_eq!((plain.len(), full[0].layout.record.as_slice()), (0, &[1][..]));
}

/// Spark accepts at most 64 columns in grouping sets.
#[test]
fn more_keys_than_spark_groups_by_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (functions, most) in [(&[][..], 59), (&["sum"], 59), (&["p95"], 57), (&["p95", "distinct"], 57)] {
        let (mut job, _) = job_of(folder.path(), "action", "#", functions);
        job.source.keys = (0..most).map(|at| format!("k{at}")).collect();
        assert!(plan::check(&job).is_ok(), "{functions:?}");
        job.source.keys.push("one more".to_owned());
        let error = plan::check(&job).unwrap_err();
        let expected = format!("Spark can count this job by at most {most} keys, and it has {}", most + 1);
        assert_eq!((error.message(), error.kind()), (expected.as_str(), crate::error::Kind::Usage));
    }
}

#[test]
fn a_file_has_the_name_that_java_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b%+ä\u{a0}#[1].csv");
    std::fs::write(&path, "time\n").unwrap();
    let (job, _) = job(folder.path(), "action", "#");
    let file = InputFile { name: "x".to_owned(), path, ..InputFile::default() };
    let job =
        Job { source: crate::job::Source { keys: Vec::new(), ..job.source }, cleaning: Vec::new(), ..job };
    let time = TimeReader::new(&job.source.time).unwrap();
    let input = SparkInput::open(&job, &file, &time).unwrap();
    assert_eq!(input.name.rsplit('/').next(), Some("a%20b%25+ä%C2%A0%23%5B1%5D.csv"));
    assert!(input.address.ends_with("/a b%+ä\u{a0}#\\[1\\].csv"), "{}", input.address);
}

#[test]
fn what_spark_would_not_read_is_refused() {
    for name in ["_a.csv", ".a.csv", "a.csv.gz", "a.ZST", "a:b.csv"] {
        let folder = tempfile::tempdir().unwrap();
        let (job, file) = job(folder.path(), "action", "#");
        let path = folder.path().join(name);
        std::fs::rename(&file.path, &path).unwrap();
        let file = InputFile { path, ..file };
        let refusal = SparkInput::open(&job, &file, &TimeReader::new(&job.source.time).unwrap()).unwrap_err();
        assert!(refusal.error.message().contains("Spark cannot read it"), "{name}: {}", refusal.error);
        assert!(refusal.error.help_text().is_some(), "{name}");
    }
}

/// windrow reads all lines of a file that SQL cannot judge line by line.
#[test]
fn what_only_windrow_can_read_is_read_through() {
    for (text, rules, expected) in [
        ("time,action\n2016-07-28T04:19:28Z,Open\n", "", false),
        ("\u{feff}time,action\r\n", "", false),
        ("time,action\n2016-07-28T04:19:28Z,Open\r", "", true),
        ("time,action,\"no\nte\"\n", "", true),
        ("# export\n\u{feff}id,time,action\n", "", true),
        ("time,action\n", "growing = true\n", true),
        ("time,action\n", "time_format = \"%Y %m %d\"\n", true),
        ("time,action\n", "time_format = \"epoch_ms\"\n", false),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (_, file) = job(folder.path(), "action", "#");
        std::fs::write(&file.path, text).unwrap();
        let toml = format!(
            "name = \"j\"\nversion = 1\n[source]\npath = \"a.csv\"\ntime = \"time\"\nkeys = [\"action\"]\n\
             comment = \"#\"\n{rules}[reports.r]\nevery = \"10m\"\n"
        );
        let job = Job::from_toml(&toml, &folder.path().join("job.toml")).unwrap();
        let input = SparkInput::open(&job, &file, &TimeReader::new(&job.source.time).unwrap()).unwrap();
        assert_eq!(input.read_through, expected, "{text:?} {rules:?}");
    }
}

/// What windrow reads in the lines that Spark leaves to it. `odd` has their numbers, from 1, and what Spark takes them for.
/// Spark has read the file in two blocks, the first one with `first` lines.
fn read(text: &str, first: usize, odd: &[(u64, LineKind)]) -> Result<(RescannedLines, Vec<Reject>)> {
    let folder = tempfile::tempdir().unwrap();
    let (job, file) = job(folder.path(), "action", "#");
    read_by(&job, &file, text, first, odd)
}

fn read_by(
    job: &Job,
    file: &InputFile,
    text: &str,
    first: usize,
    odd: &[(u64, LineKind)],
) -> Result<(RescannedLines, Vec<Reject>)> {
    std::fs::write(&file.path, text).unwrap();
    let time = TimeReader::new(&job.source.time).unwrap();
    let input = SparkInput::open(job, file, &time).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut counted = FileCount::nothing(job);
    // The `id` does not begin at 0 if the task has read other files before.
    for (start, first_id, lines) in [(0, 60, &lines[..first]), (1 << 20, 1 << 33, &lines[first..])] {
        let bytes = lines.iter().map(|line| line.trim_end_matches('\n').len() as u64 + 1).sum();
        counted.blocks.insert(0, FileSplit { start, first_id, lines: lines.len() as u64, bytes, sums: None });
    }
    for (line, what) in odd {
        let (block, id) = match (line - 1).checked_sub(first as u64) {
            Some(after) => (1 << 20, (1 << 33) + after),
            None => (0, 60 + line - 1),
        };
        counted.odd.insert(0, OddLines { block, what: *what, first_id: id / 64 * 64, bits: 1 << (id % 64) });
    }
    let mut rejects = Vec::new();
    let read = LineRescan::new(job, &input, input.size, &time, &Stop::default())?.all(
        &counted,
        usize::MAX,
        &mut |reject| {
            rejects.push(reject);
            Ok(())
        },
    )?;
    Ok((read, rejects))
}

fn line_of(reject: &Reject) -> u64 {
    reject.place.parts().0.unwrap()
}

/// windrow must reject the same lines as Spark, for the same reasons.
#[test]
fn a_reject_is_one_for_the_reason_that_spark_has() {
    let text =
        "time,action\n2016-07-28T04:19:28Z,Open\nsoon,Open\n2016-07-28T04:19:28Z,Open\nlater,Open\n\"a\"b,c";
    for first in [0, 1, 3, 6] {
        let bad_time = LineKind::Reject(Reason::BadTime);
        let odd = [(3, bad_time), (5, bad_time), (6, LineKind::Reject(Reason::TextAfterQuote))];
        let (read, rejects) = read(text, first, &odd).unwrap();
        let places: Vec<_> = rejects
            .iter()
            .map(|reject| (line_of(reject), reject.place.order(), reject.raw.as_slice()))
            .collect();
        assert_eq!(places, [(3, 38, &b"soon,Open"[..]), (5, 74, b"later,Open"), (6, 85, b"\"a\"b,c")]);
        assert_eq!(rejects[0].column.as_deref(), Some("time"));
        let found = read.rejected.unwrap();
        assert_eq!((found[Reason::BadTime as usize], found.iter().sum::<u64>()), (2, 3));
        assert!(read.added.is_none() && read.taken.is_none());
    }
    for (line, reason) in [(3, Reason::OutOfRange), (4, Reason::BadTime)] {
        assert!(read(text, 3, &[(line, LineKind::Reject(reason))]).is_err(), "line {line}");
    }
    let outside = read(text, 6, &[(7, LineKind::Reject(Reason::BadTime))]);
    assert_eq!(outside.err().map(|error| error.kind()), Some(crate::error::Kind::Bug));
}

/// For records over several lines, Spark's counts of the lines within them are taken away.
#[test]
fn unsure_lines_are_read_with_those_that_belong_to_their_record() {
    let text = concat!(
        "time,action\n",
        "2016-07-28T04:19:28Z,\"Op\n", // 2: open, over three lines
        "2016-07-28T05:19:28Z,Open\n",
        "en\"\n",
        "2016-07-28T04:19:29Z,Close\n",
        "2016-07-28T04:19:29Z,\"two\n", // 6: ends with a quote out of place, so line 7 is by itself
        "lines\",\"\n",
        "2016-07-28T04:19:30Z,Close\n",
        "2016-07-28T04:19:31Z,\"never\n", // 9: never closed, so the lines after it are by themselves
        "2016-07-28T04:19:32Z,Close\n",
        "#\n",
        "2016-07-28T04:19:32Z,Close", // 12
    );
    let odd = [
        (2, LineKind::Unsure),
        (4, LineKind::Reject(Reason::StrayQuote)),
        (6, LineKind::Unsure),
        (7, LineKind::Reject(Reason::StrayQuote)),
        (9, LineKind::Unsure),
        (12, LineKind::Unsure),
    ];
    for first in 0..12 {
        let (read, rejects) = read(text, first, &odd).unwrap();
        let (added, taken) = (read.added.unwrap(), read.taken.unwrap());
        assert_eq!((added.tally.counted, added.tally.read, read.unsure), (2, 4, 4), "{first}");
        assert_eq!((taken.tally.counted, taken.tally.read), (1, 1));
        assert_eq!((taken.counts.events(), taken.span_us.unwrap().0 % 3_600_000_000), (1, 1_168_000_000));
        assert_eq!((read.taken_rejects.read, read.taken_rejects.rejected_total()), (1, 1));
        let places: Vec<_> = rejects.iter().map(|reject| (line_of(reject), reject.reason)).collect();
        let expected = [(6, Reason::TextAfterQuote), (7, Reason::StrayQuote), (9, Reason::UnclosedQuote)];
        assert_eq!(places, expected, "{first}");
    }
}
