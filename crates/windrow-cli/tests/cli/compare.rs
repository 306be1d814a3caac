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
