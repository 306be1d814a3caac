//! Inputs that are not what they are taken for: each is named, and the help says how it is read.

use super::kept::{ok, put, two_runs};
use super::*;

#[test]
fn a_page_and_xml_are_named_unless_a_pattern_reads_them() {
    let page = "<!DOCTYPE html>\n<html><body>Not found, sorry</body></html>\n";
    let error = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>";
    let events = "<?xml version='1.0'?>\n<e t='2024-01-01T00:00:00Z'/>\n<e t='2024-01-01T00:00:01Z'/>\n";
    let folder =
        folder(&[("a.csv", page), ("b.json", page), ("c.csv", error), ("d.xml", events), ("job.toml", JOB)]);
    for (file, what) in [("a.csv", "a page (HTML)"), ("b.json", "a page (HTML)"), ("c.csv", "XML")] {
        for flags in [&[][..], &["--input-format", "csv"]] {
            let said = run(&folder, &[&["run", file], flags].concat());
            assert_eq!(said.code, 3, "{}", said.err);
            contains(&said.err, &[&format!("{file} is {what}, which is not read"), "head -c 500"]);
        }
    }
    let said = run(&folder, &["run", "job.toml", "a.csv"]);
    contains(&said.err, &["a.csv is a page (HTML), which is not read"]);
    let read = ok(&folder, &["run", "d.xml", "--pattern", "t='(?P<time>[^']+)'", "--no-key", "-q"]);
    contains(&read.out, &[",2\n"]);
}

const JOB: &str = "name = 'app'\nversion = 1\n[source]\npath = ['in']\ntime = 'time'\nkeys = []\n[reports.r]\nevery = '1d'\n";

#[test]
fn a_log_of_text_is_no_header_even_of_one_line() {
    for (line, pattern) in [
        ("2024-01-01 00:00:00 INFO started", r"--pattern '(?P<time>\S+ \S+) "),
        ("2024-01-01 00:00:00,123 INFO started, at last", r"--pattern '(?P<time>\S+ \S+) "),
        ("2024-01-01T00:00:00Z INFO it started, at last", r"--pattern '(?P<time>\S+) "),
        ("Jan  1 00:00:00 host sshd[1]: it started", "--time-format '%b %d %H:%M:%S' --year 2024"),
    ] {
        for lines in [1, 2, 30] {
            let folder = folder(&[("app.log", &format!("{line}\n").repeat(lines))]);
            let said = run(&folder, &["run", "app.log"]);
            assert_eq!((said.code, said.out.as_str()), (2, ""), "{line}: {}", said.err);
            contains(&said.err, &["app.log has no header: line 1 is data: ", "if it is a text log", pattern]);
        }
        // Lines that do not have the commas of the first.
        let folder = folder(&[("app.log", &format!("{line}\n{line}, and, more\n"))]);
        contains(&run(&folder, &["run", "app.log"]).err, &["if it is a text log", pattern]);
    }
    let folder = folder(&[
        ("a.csv", "2024-01-01 00:00:00,Open,a long text\n"),
        ("b.csv", "time of the event,user name,what was done\n"),
    ]);
    contains(&run(&folder, &["run", "a.csv"]).err, &["a.csv --columns time,column_2,column_3"]);
    contains(&ok(&folder, &["run", "b.csv"]).err, &["no input has a row"]);
}

#[test]
fn objects_within_an_object_are_taken_out_of_their_list() {
    let rows = "[{\"time\":\"2024-01-01T00:00:00Z\"},{\"time\":\"2024-01-01T00:00:01Z\"}]";
    let folder = folder(&[
        ("count.json", &format!("{{\"count\":2,\"records\":{rows}}}")),
        ("deep.json", &format!("{{\n\"tags\":[\"a\"],\"data\":{{\"my list\":{rows}}}}}\n")),
        ("event.json", &format!("{{\"time\":\"2024-01-01T00:00:00Z\",\"items\":{rows}}}\n")),
    ]);
    for (file, command) in [
        ("count.json", "jq -c '.records[]' count.json | windrow run -"),
        ("deep.json", "jq -c '.data.\"my list\"[]' deep.json | windrow run -"),
    ] {
        let said = run(&folder, &["run", file]);
        assert_eq!(said.code, 2, "{}", said.err);
        contains(&said.err, &["is one object with a list of objects", command]);
    }
    let event = ok(&folder, &["run", "event.json"]);
    contains(&event.out, &[",1\n"]);
    contains(&event.err, &["event.json is one object; to count those in its list items: jq -c '.items[]'"]);
}

#[test]
fn a_pattern_for_a_table_and_a_quoted_name_for_no_header() {
    let folder = folder(&[("a.csv", "2024-01-01T00:00:00Z,Open\n2024-01-01T00:00:01Z,Close\n")]);
    ok(&folder, &["generate", "--events", "5", "-o", "a.parquet"]);
    let said = run(&folder, &["run", "a.parquet", "--pattern", "(?P<time>.*)"]);
    assert_eq!(said.code, 3, "{}", said.err);
    contains(&said.err, &["a.parquet is Parquet, whose rows are not lines", "leave out --pattern"]);
    let flags = ["--columns", "time,\"what, or who\"", "--key", "\"what, or who\"", "-q"];
    let said = ok(&folder, &[&["run", "a.csv"], &flags[..]].concat());
    contains(&said.out, &["window_end,what__or_who,count\n", ",Open,1\n"]);
}

#[test]
fn a_table_that_was_not_written_is_not_an_empty_answer() {
    let folder = folder(&[("a.parquet", ""), ("b.parquet", "time,action\n2024-01-01T00:00:00Z,Open\n")]);
    for file in ["a.parquet", "b.parquet"] {
        let said = run(&folder, &["run", file]);
        assert_eq!(said.code, 3, "{}", said.err);
        contains(
            &said.err,
            &["is named like Parquet, but does not begin like it", "it was not fully written"],
        );
    }
    contains(&ok(&folder, &["run", "b.parquet", "--input-format", "csv", "-q"]).out, &[",Open,1\n"]);
    contains(&run(&folder, &["run", "."]).err, &["./a.parquet is named like Parquet"]);
}

#[test]
fn what_a_file_named_like_json_more_likely_is_comes_first() {
    for (text, first) in [("[1,2]\n", "json"), ("null", "json"), ("time,action\n", "csv")] {
        let folder = folder(&[("a.json", text)]);
        let said = run(&folder, &["run", "a.json"]);
        assert_eq!(said.code, 2, "{}", said.err);
        contains(&said.err, &["is named like JSON", "rows that are not objects are rejected"]);
        let command = said.err.lines().find(|line| line.contains("windrow run")).unwrap();
        assert!(command.ends_with(&format!("--input-format {first}")), "{}", said.err);
    }
}

#[test]
fn files_have_the_names_that_people_know() {
    let folder = two_runs();
    let bad = "time,action\n2016-07-26T02:44:00Z,Open\nfoo,Open\n";
    put(&folder, "logs/100%.csv", bad);
    put(&folder, "logs/100%25.csv", &bad.replace("44", "46"));
    put(&folder, "logs/z%25.csv", bad);
    assert_eq!(run(&folder, &["run", "job.toml"]).code, 3, "z%25.csv is a copy");
    let files = ok(&folder, &["show", "job.toml", "files", "--format", "json"]).out;
    let files: serde_json::Value = serde_json::from_str(&files).unwrap();
    let names: Vec<&str> =
        files.as_array().unwrap().iter().map(|file| file["file"].as_str().unwrap()).collect();
    assert_eq!(names, ["logs/100%.csv", "logs/100%25.csv", "logs/a.csv", "logs/b.csv", "logs/z%25.csv"]);
    assert_eq!(files[4]["other"], "logs/100%.csv");
    assert_eq!(files[4]["reason"], "its content is that of logs/100%.csv, which counts");
    let rejects = |name: &str| ok(&folder, &["show", "job.toml", "rejects", "--file", name]).out;
    for (name, file) in [
        ("logs/100%.csv", "logs/100%.csv"),
        ("logs/100%25.csv", "logs/100%25.csv"),
        // As the ledger keeps it.
        ("logs/100%2525.csv", "logs/100%25.csv"),
    ] {
        let rejects = rejects(name);
        assert_eq!(
            (rejects.lines().count(), rejects.contains(&format!("\n{file},3,"))),
            (2, true),
            "{rejects}"
        );
    }
    contains(
        &run(&folder, &["show", "job.toml", "rejects", "--file", "100%.csv"]).err,
        &["did you mean logs/100%.csv?"],
    );
    let why = ["why", "job.toml", "2016-07-26T02:40", "--report", "ten_minutes"];
    contains(&ok(&folder, &why).out, &["\nlogs/100%.csv: 1 event", "\nlogs/100%25.csv: 1 event"]);
    let traced = ok(&folder, &[&why[..], &["--format", "json"]].concat()).out;
    contains(&traced, &["\"logs/100%.csv\"", "\"logs/100%25.csv\""]);
    let changes = ok(&folder, &["show", "job.toml", "changes", "--report", "daily"]).out;
    contains(&changes, &[",logs/100%.csv,2,"]);
}
