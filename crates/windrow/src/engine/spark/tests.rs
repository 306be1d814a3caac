//! What can be known of the engine without a Spark. With one, `tests/spark` runs it beside the embedded engine.

use std::path::Path;

use spark_connect_proto::relation::RelType;
use spark_connect_proto::{Relation, WithRelations};

use super::layout::{Layout, layout_of};
use super::plan::{Asked, Wanted};
use super::reading::{Rejects, Unsure};
use super::*;
use crate::reject::Reason;

/// A job with these names in it, and a file of it.
fn job(folder: &Path, key: &str, comment: &str) -> (Job, InputFile) {
    let text = format!(
        "name = {key:?}\nversion = 1\n[source]\npath = \"a.csv\"\ntime = \"time\"\nkeys = [{key:?}]\n\
         comment = {comment:?}\nearliest = \"2016-01-01T00:00:00Z\"\n[reports.r]\nevery = \"10m\"\n"
    );
    let job = Job::from_toml(&text, &folder.join("job.toml")).unwrap();
    std::fs::write(folder.join("a.csv"), format!("time,{key}\n2016-07-28T04:19:28Z,Open\n")).unwrap();
    let files = crate::source::list(&job.source.path, &job.source.root).unwrap().files;
    (job, files.into_iter().next().unwrap())
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

/// The texts of all queries about a job.
fn texts(job: &Job, file: &InputFile) -> Vec<String> {
    let time = TimeReader::new(&job.source.time).unwrap();
    let input = Input::open(job, file, &time).unwrap();
    let layout: Layout = layout_of(&input);
    let asked = [Wanted::Rejects, Wanted::Unsure, Wanted::All].map(|wanted| Asked {
        name: input.name.clone(),
        address: input.address.clone(),
        wanted,
    });
    vec![
        text_of(plan::count(job, &layout, &[], false)),
        text_of(plan::count(job, &layout, &[], true)),
        text_of(plan::lines(job, &layout, &asked, 5)),
    ]
}

#[test]
fn no_name_and_no_value_is_in_the_text_of_a_query() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, file) = job(folder.path(), "action", "#");
    let expected = texts(&plain, &file);
    assert!(expected.iter().all(|text| text.contains(":header")), "the header is an argument");
    for (key, comment) in [("a`b", "!"), ("'; DROP TABLE lines --", "'"), (":header", ":"), ("größe\\", "\\")]
    {
        let folder = tempfile::tempdir().unwrap();
        let (hostile, file) = job(folder.path(), key, comment);
        assert_eq!(texts(&hostile, &file), expected, "{key}");
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
    let input = Input::open(&job, &file, &time).unwrap();
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
        let refusal = Input::open(&job, &file, &TimeReader::new(&job.source.time).unwrap()).unwrap_err();
        assert!(refusal.error.message().contains("Spark cannot read it"), "{name}: {}", refusal.error);
        assert!(refusal.error.next().is_some(), "{name}");
    }
}

/// What SQL cannot judge line by line, or may not: the lines of such a file all come.
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
        let input = Input::open(&job, &file, &TimeReader::new(&job.source.time).unwrap()).unwrap();
        assert_eq!(input.read_through, expected, "{text:?} {rules:?}");
    }
}

/// A line is a reject to windrow too, and for the same reason, or the engine has gone wrong.
#[test]
fn a_reject_is_one_for_the_reason_that_spark_has() {
    let folder = tempfile::tempdir().unwrap();
    let (job, file) = job(folder.path(), "action", "#");
    let time = TimeReader::new(&job.source.time).unwrap();
    let input = Input::open(&job, &file, &time).unwrap();
    let mut rejects = Rejects::new(&job, &input, &time);
    let reject = rejects.take(7, 90, b"soon,Open", Reason::BadTime).unwrap();
    assert_eq!((reject.line, reject.byte, reject.column.as_deref()), (7, 90, Some("time")));
    assert_eq!(rejects.take(8, 100, b"soon,Open", Reason::OutOfRange), None);
    assert_eq!(rejects.take(9, 110, b"2016-07-28T04:19:28Z,Open", Reason::BadTime), None);
}

/// Records over several lines, in stretches that begin anywhere, with lines between them that never come.
#[test]
fn unsure_lines_are_read_in_stretches() {
    let folder = tempfile::tempdir().unwrap();
    let (job, file) = job(folder.path(), "action", "#");
    let time = TimeReader::new(&job.source.time).unwrap();
    let input = Input::open(&job, &file, &time).unwrap();
    let mut unsure = Unsure::new(&job, &input, &time);
    let mut rejects = Vec::new();
    for (line, byte, text) in [
        (5, 100, "2016-07-28T04:19:28Z,\"Op"),
        (6, 124, "en\""),
        (9, 200, "2016-07-28T04:19:29Z,\"never"),
        (10, 227, "2016-07-28T04:19:30Z,Close"),
        (20, 900, "2016-07-28T04:19:31Z,Close"),
    ] {
        // In pieces, as long lines come.
        let (first, second) = text.as_bytes().split_at(2);
        rejects.extend(unsure.take(line, byte, first, false));
        rejects.extend(unsure.take(line, byte, second, true));
    }
    rejects.extend(unsure.end());
    let (partial, taken) = unsure.finish();
    assert_eq!((partial.tally.counted, partial.tally.read, taken.n), (3, 4, 5));
    assert_eq!(partial.counts.events(), 3);
    let places: Vec<_> = rejects.iter().map(|reject| (reject.line, reject.byte, reject.reason)).collect();
    assert_eq!(places, [(9, 200, Reason::UnclosedQuote)]);
}
