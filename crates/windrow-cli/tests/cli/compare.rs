//! Comparing: exit codes, what is said where, jobs with a ledger.

use super::{EVENTS, contains, folder, run};

const JOB: &str = "name = \"j\"\nversion = 1\n[source]\npath = [\"in\"]\ntime = \"time\"\nkeys = [\"action\"]\n\
                   [reports.r]\nevery = \"10m\"\nvalues = [\"Open\", \"Close\"]\n";

const OLD: &str = "start,Open,Close\n2024-01-01 00:00:00,1,1\n2024-01-01 00:20:00,1,0\n";

#[test]
fn equal_is_0_and_not_equal_is_3() {
    let folder =
        folder(&[("in/a.csv", EVENTS), ("job.toml", JOB), ("old/part-0.csv", OLD), ("old/_SUCCESS", "")]);
    let said = run(&folder, &["compare", "old", "job.toml"]);
    assert_eq!((said.code, said.out.as_str()), (0, "equal: 2 windows, 2 values, 3 events\n"), "{}", said.err);
    contains(&said.err, &["old: window start start; counts Open, Close"]);
    let said = run(&folder, &["compare", "old", "job.toml", "-q", "--format", "json"]);
    assert_eq!(said.err, "");
    contains(&said.out, &["\"schema\": 1", "\"equal\": true", "\"windows\": 2"]);

    std::fs::write(folder.path().join("old/part-0.csv"), OLD.replace("00:00,1,1", "00:00,4,9")).unwrap();
    let said = run(&folder, &["compare", "old", "job.toml", "--limit", "5"]);
    assert_eq!(said.code, 3, "{}", said.err);
    contains(&said.err, &["error: old and job.toml are not equal: 1 of 2 windows differs"]);
    contains(
        &said.out,
        &["2024-01-01T00:00:00Z\n  Open: A 4, B 1 (-3)\n  Close: A 9, B 1 (-8)\n", "in/a.csv:2: "],
    );
    assert!(!said.out.contains("verified"), "{}", said.out);
    let said = run(&folder, &["compare", "job.toml", "old", "--limit", "0"]);
    contains(&said.out, &["not equal", "… 1 window more: --limit"]);
    assert!(!said.out.contains("Open"), "{}", said.out);
    let json = run(&folder, &["compare", "old", "job.toml", "--format", "json"]);
    assert_eq!(json.code, 3);
    contains(&json.out, &["\"windows_differing\": 1", "\"value\": \"Close\""]);
}

#[test]
fn files_that_do_not_count_are_told() {
    let folder =
        folder(&[("in/a.csv", EVENTS), ("in/b.csv", "action\nOpen\n"), ("job.toml", JOB), ("old.csv", OLD)]);
    let said = run(&folder, &["compare", "old.csv", "job.toml"]);
    assert_eq!(said.code, 0, "{}", said.err);
    contains(&said.err, &["warning: refused in/b.csv: "]);
}

#[test]
fn every_format_that_is_written_is_read_back() {
    let folder = folder(&[("in/a.csv", EVENTS), ("job.toml", JOB)]);
    for (name, shape) in [("a.csv", "wide"), ("b.json", "long"), ("c.ndjson", "wide"), ("d.parquet", "long")]
    {
        assert_eq!(run(&folder, &["run", "job.toml", "-o", name, "--shape", shape]).code, 0);
        let said = run(&folder, &["compare", name, "job.toml"]);
        assert_eq!(
            (said.code, said.out.as_str()),
            (0, "equal: 2 windows, 2 values, 3 events\n"),
            "{name}: {}",
            said.err
        );
    }
    let said = run(&folder, &["compare", "d.parquet", "a.csv"]);
    assert_eq!((said.code, said.out.as_str()), (0, "equal: 2 windows, 2 values, 3 events\n"), "{}", said.err);
}

#[test]
fn a_job_with_a_ledger_shows_what_it_has_published() {
    let kept = JOB.to_owned() + "[output]\npath = \"out\"\n";
    let folder = folder(&[("in/a.csv", EVENTS), ("kept.toml", &kept), ("job.toml", JOB)]);
    let said = run(&folder, &["compare", "kept.toml", "job.toml"]);
    assert_eq!(said.code, 2);
    contains(&said.err, &["has no ledger yet", "windrow run kept.toml"]);
    assert_eq!(run(&folder, &["run", "kept.toml"]).code, 0);
    for a in ["kept.toml", "out/reports/r"] {
        let said = run(&folder, &["compare", a, "job.toml"]);
        assert_eq!(
            (said.code, said.out.as_str()),
            (0, "equal: 2 windows, 2 values, 3 events\n"),
            "{a}: {}",
            said.err
        );
    }
    std::fs::write(folder.path().join("in/b.csv"), "time,action\n2024-01-01T05:00:00Z,Open\n").unwrap();
    let said = run(&folder, &["compare", "kept.toml", "job.toml"]);
    assert_eq!(said.code, 3, "{}", said.err);
    contains(&said.out, &["verified: in/b.csv is not in kept.toml", "all windows are equal"]);
}

#[test]
fn what_is_not_clear_is_usage() {
    let two = JOB.to_owned() + "[reports.hours]\nevery = \"1h\"\n";
    let folder = folder(&[("in/a.csv", EVENTS), ("job.toml", &two), ("old.csv", OLD), ("x.html", "<html>")]);
    for (arguments, part, help) in [
        (&["compare", "old.csv", "job.toml"][..], "job.toml has several reports", "--report r | hours"),
        (&["compare", "old.csv", "job.toml", "--report", "s"], "has no such report", "name one of r, hours"),
        (&["compare", "old.csv", "none.csv"], "cannot read none.csv", "check the path"),
        (&["compare", "old.csv", "x.html"], "not a result that can be read back", ".parquet"),
        (&["compare", "old.csv", "old.csv", "--map", "Open"], "names no column", "--map window.start=COLUMN"),
        (
            &["compare", "old.csv", "old.csv", "--map", "Open=oepn"],
            "no column \"oepn\"",
            "the columns are start",
        ),
        (&["compare", "old.csv", "old.csv", "--zone", "Europe/Belrin"], "Europe/Belrin", "Europe/Berlin"),
    ] {
        let said = run(&folder, arguments);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{arguments:?}: {}", said.err);
        contains(&said.err, &[part, "\n  help: ", help]);
    }
    let said = run(
        &folder,
        &[
            "compare",
            "old.csv",
            "job.toml",
            "--report",
            "r",
            "--map",
            "window.start=start,Open=Open,Close=Close",
        ],
    );
    assert_eq!(said.code, 0, "{}", said.err);
    let said = run(&folder, &["compare", "old.csv", "job.toml", "--report", "r", "--zone", "Europe/Berlin"]);
    assert_eq!(said.code, 3);
    contains(&said.out, &["verified: old.csv takes times for those of the clock of Europe/Berlin"]);
}

const LONG: &str = "window_start,window_end,action,count\n\
                    2024-01-01T00:00:00Z,2024-01-01T00:10:00Z,Open,3\n2024-01-01T00:10:00Z,2024-01-01T00:20:00Z,Close,2\n";

#[test]
fn what_is_not_a_result_is_told_with_what_to_do() {
    let folder = folder(&[
        ("long.csv", LONG),
        ("monday.csv", "window_start,window_end,action,count\nmonday,tuesday,Open,3\n"),
        ("log.csv", EVENTS),
        ("ms.csv", "time,action,user,ms\n2024-01-01T00:00:00Z,Open,a,12\n2024-01-01T00:01:00Z,Close,b,14\n"),
        ("torn.csv", &format!("{LONG}2024-01-01T00:20:00Z,2024\n")),
    ]);
    let is_told = |file: &str, code: i32, parts: &[&str]| {
        for (a, b) in [(file, "long.csv"), ("long.csv", file)] {
            let said = run(&folder, &["compare", a, b]);
            assert_eq!((said.code, said.out.as_str()), (code, ""), "{file}: {}", said.err);
            contains(&said.err, parts);
        }
    };
    is_told("monday.csv", 3, &["the column \"window_start\" holds \"monday\", which is not a time", "--map"]);
    let log = ["has no column of counts: is it a log of events, at the times in \"time\"?", "windrow run"];
    is_told("log.csv", 2, &log);
    is_told("ms.csv", 2, &log);
    is_told("torn.csv", 3, &["torn.csv:4 is not a row: too_few_fields", "correct the row"]);
}

#[test]
fn a_result_without_rows_has_no_events() {
    let header = LONG.lines().next().unwrap();
    let wide = "window_start,window_end,open_count,close_count\n";
    let folder = folder(&[("long.csv", LONG), ("header.csv", header), ("wide.csv", wide)]);
    for file in ["header.csv", "wide.csv"] {
        let said = run(&folder, &["compare", file, "long.csv"]);
        assert_eq!(said.code, 3, "{}", said.err);
        contains(&said.err, &[&format!("warning: {file} has no rows"), "2 of 2 windows differ"]);
        contains(&said.out, &[&format!("A {file}: 0 events"), "B long.csv: 5 events"]);
        let said = run(&folder, &["compare", file, file]);
        assert_eq!(said.code, 0, "{}", said.err);
        contains(&said.err, &["has no rows"]);
    }
}

#[test]
fn of_several_reports_one_is_chosen() {
    let row = |report: &str, line: &str| format!("{report},{line}\n");
    let lines: Vec<&str> = LONG.lines().collect();
    let several = row("report", lines[0]) + &row("a", lines[1]) + &row("b", lines[1]) + &row("a", lines[2]);
    let one = several.lines().filter(|line| !line.starts_with("b,")).collect::<Vec<_>>().join("\n");
    let folder = folder(&[("long.csv", LONG), ("several.csv", &several), ("one.csv", &one)]);
    for other in ["long.csv", "several.csv"] {
        let said = run(&folder, &["compare", "several.csv", other]);
        assert_eq!(said.code, 2, "{}", said.err);
        contains(&said.err, &["several.csv has several reports", "choose one: --report a | b"]);
    }
    for arguments in [&["several.csv", "long.csv", "--report", "a"][..], &["one.csv", "long.csv"]] {
        let said = run(&folder, &[&["compare"], arguments].concat());
        assert_eq!(
            (said.code, said.out.as_str()),
            (0, "equal: 2 windows, 2 values, 5 events\n"),
            "{}",
            said.err
        );
    }
    assert_eq!(run(&folder, &["compare", "several.csv", "long.csv", "--report", "b"]).code, 3);
    let said = run(&folder, &["compare", "several.csv", "long.csv", "--report", "c"]);
    assert_eq!(said.code, 2, "{}", said.err);
    contains(&said.err, &["several.csv has no report \"c\"", "name one of a, b"]);
}

#[test]
fn results_are_compared_by_their_counts_and_measures() {
    let long = "window_start,window_end,count,sum_bytes,distinct_user\n\
                2024-01-01T00:00:00Z,2024-01-01T01:00:00Z,3,2000,2\n";
    let wide = "window_start,window_end,open_count,min_count,avg_actions,sum_bytes,open_p95_ms\n\
                2024-01-01T00:00:00Z,2024-01-01T01:00:00Z,3,1,2,2000,7\n";
    let folder = folder(&[
        ("a.csv", long),
        ("b.csv", &long.replace(",3,", ",4,")),
        ("c.csv", &long.replace("2000", "3000")),
        ("float.csv", &long.replace("2000", "2000.0000000001")),
        ("none.csv", &long.replace(",sum_bytes,distinct_user", "").replace(",2000,2", "")),
        ("wide.csv", wide),
        ("other.csv", &wide.replace("2000,7", "4000,8")),
    ]);
    for (one, other, code, part) in [
        ("a.csv", "b.csv", 3, "count: A 3, B 4"),
        ("a.csv", "a.csv", 0, "equal: 1 window, 1 value, 3 events, sum_bytes, distinct_user"),
        ("a.csv", "c.csv", 3, "sum_bytes: A 2000, B 3000"),
        ("a.csv", "c.csv", 3, "1 measured number differs"),
        ("a.csv", "float.csv", 0, "equal"),
        ("a.csv", "none.csv", 0, "not compared: sum_bytes, distinct_user"),
        ("wide.csv", "other.csv", 3, "open_p95_ms: A 7, B 8"),
        ("wide.csv", "other.csv", 3, "counts open_count, min_count, mean avg_actions"),
    ] {
        let said = run(&folder, &["compare", one, other]);
        assert_eq!(said.code, code, "{one} {other}: {}", said.err);
        contains(&format!("{}{}", said.out, said.err), &[part]);
    }
}
