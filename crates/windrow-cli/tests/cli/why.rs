//! `windrow why`: what is behind a number, and what changed it.

use serde_json::Value;

use super::kept::{edit, ok, put, two_runs};
use super::{contains, run};

fn json(folder: &tempfile::TempDir, arguments: &[&str]) -> Value {
    let said = ok(folder, &[&["why", "job.toml"], arguments, &["--format", "json"]].concat());
    serde_json::from_str(&said.out).unwrap()
}

#[test]
fn a_number_is_traced_to_files_spellings_rejects_and_runs() {
    let folder = two_runs();
    let said = ok(&folder, &["why", "job.toml", "2016-07-26 02:45", "open"]).out;
    contains(
        &said,
        &[
            "report ten_minutes: the window 2016-07-26T02:40:00Z to 2016-07-26T02:50:00Z\n",
            "  Open  4\n",
            "logs/a.csv: 2 events\n  Open 2, written \"Open\" 1, \"open \" 1\n",
            "rows 5 = counted 4 + rejected 1 + ignored 0, 128 B\n  rejects: bad_time 1\n",
            "    line 6 (byte 119, column time): bad_time: foo,Open\n",
            "logs/b.csv: 2 events\n  Open 2, written \"OPEN\" 1, \"Open\" 1\n",
            "from the ledger, version 2, which is published",
        ],
    );
    assert!(!said.contains("Close"), "{said}");
    let traced = json(&folder, &["2016-07-26T02:45"]);
    let numbers: Vec<_> =
        traced["numbers"].as_array().unwrap().iter().map(|n| (&n["count"], &n["published"])).collect();
    assert_eq!(numbers, [(&1.into(), &1.into()), (&4.into(), &4.into())]);
    let runs = super::kept::ok(&folder, &["show", "job.toml", "runs", "--format", "json"]).out;
    let runs: Value = serde_json::from_str(&runs).unwrap();
    assert_eq!([&traced["files"][0]["run"], &traced["files"][1]["run"]], [&runs[0]["run"], &runs[1]["run"]]);
}

#[test]
fn a_window_is_named_by_any_time_in_it_on_the_reports_clock() {
    let folder = two_runs();
    for (time, report, start) in [
        ("2016-07-26T02:49:59.999", "ten_minutes", "2016-07-26T02:40:00Z"),
        ("2016-07-26T04:45:00+02:00", "ten_minutes", "2016-07-26T02:40:00Z"),
        ("2016-07-26", "daily", "2016-07-26T00:00:00+02:00"),
        ("2016-07-25T22:00:00Z", "daily", "2016-07-26T00:00:00+02:00"),
    ] {
        assert_eq!(json(&folder, &[time, "--report", report])["window_start"], start, "{time}");
    }
    let empty = ok(&folder, &["why", "job.toml", "2016-07-26T03:00"]).out;
    contains(
        &empty,
        &["it holds no event", "before it: 2016-07-26T02:40:00Z", "after it: 2016-07-26T03:30:00Z"],
    );
    let zero = ok(&folder, &["why", "job.toml", "2016-07-26T03:30", "Open"]).out;
    contains(&zero, &["  Open  0\n"]);
    for (arguments, part) in [
        (&["2016-07-26", "opne"][..], "did you mean \"Open\"?"),
        (&["26.07.2016"], "is not a time"),
        (&["2016-07-26", "--report", "dialy"], "did you mean `daily`?"),
        (&["2016-07-26", "--since", "zz"], "zz is neither a run id nor a time"),
    ] {
        let said = run(&folder, &[&["why", "job.toml"], arguments].concat());
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{arguments:?}: {}", said.err);
        contains(&said.err, &[part]);
    }
}

#[test]
fn since_says_what_changed_it_after_a_run_or_a_time() {
    let folder = two_runs();
    let runs: Value =
        serde_json::from_str(&ok(&folder, &["show", "job.toml", "runs", "--format", "json"]).out).unwrap();
    let name = |at: usize| runs[at]["run"].as_str().unwrap();
    let window = ["why", "job.toml", "2016-07-26T02:40", "Open", "--since"];
    let line = format!("2016-07-26T02:40:00Z Open 2 → 4, run {}, logs/b.csv arrived late", name(1));
    for since in [name(0), &name(0)[..18], "2016-01-01"] {
        contains(&ok(&folder, &[&window[..], &[since]].concat()).out, &[&line]);
    }
    for since in [name(1), "2100-01-01"] {
        contains(&ok(&folder, &[&window[..], &[since]].concat()).out, &["nothing changed since"]);
    }
    let close = ok(&folder, &["why", "job.toml", "2016-07-26T02:40", "Close", "--since", name(0)]).out;
    contains(&close, &["nothing changed since"]);
    let both = run(&folder, &[&window[..], &["0"]].concat());
    assert_eq!(both.code, 2);
    contains(&both.err, &["2 runs begin with 0", name(0), name(1)]);
}

#[test]
fn what_is_published_and_what_the_ledger_says_may_differ_and_that_is_said() {
    let folder = two_runs();
    edit(&folder, "case = 'title'", "case = 'keep'");
    let said = ok(&folder, &["why", "job.toml", "2016-07-26T02:40"]);
    contains(&said.err, &["the job has changed since it was published"]);
    contains(&said.out, &["  OPEN   1\n", "  Open   2 (published: 4)\n", "  open   1\n"]);
    put(&folder, "logs/c.csv", "time,action\n2016-07-26T09:00:00Z,Open\n");
    ok(&folder, &["run", "job.toml"]);
    let said = ok(&folder, &["why", "job.toml", "2016-07-26T02:40"]);
    assert_eq!(said.err, "");
    assert!(!said.out.contains("(published:"), "{}", said.out);
}

#[test]
fn a_number_names_the_files_that_changed_it_and_no_others() {
    let folder = two_runs();
    for (name, second, action) in [("c", 0, "Open"), ("d", 1, "Close"), ("e", 2, "Close"), ("f", 3, "Close")]
    {
        let text = format!("time,action\n2016-07-26T02:46:0{second}Z,{action}\n");
        put(&folder, &format!("logs/{name}.csv"), &text);
    }
    let said = ok(&folder, &["run", "job.toml"]).err;
    let start = "2016-07-26T02:40:00Z";
    contains(&said, &[&format!("  {start} Open 4 → 5, logs/c.csv arrived late\n")]);
    contains(&said, &[&format!("  {start} Close 1 → 4, logs/d.csv and 2 more: arrived late\n")]);
    // One more Close in a file that is changed: its Open is what it was.
    put(&folder, "logs/c.csv", "time,action\n2016-07-26T02:46:00Z,Open\n2016-07-26T02:47:00Z,Close\n");
    put(&folder, "logs/b.csv", "time,action\n2016-07-26T02:42:00Z,OPEN\n2016-07-26T02:43:00Z,x\n");
    let said = ok(&folder, &["run", "job.toml"]).err;
    contains(&said, &[&format!("{start} Close 4 → 5, logs/c.csv changed\n")]);
    contains(&said, &[&format!("{start} Open 5 → 4, logs/b.csv changed\n")]);
    contains(&said, &[&format!("{start} X 0 → 1, logs/b.csv changed\n")]);
    let since = ["why", "job.toml", start, "Close", "--since", "2016-01-01"];
    contains(&ok(&folder, &since).out, &["logs/d.csv and 2 more: arrived late", "logs/c.csv changed"]);
    let changes = ok(&folder, &["show", "job.toml", "changes", "--report", "ten_minutes"]).out;
    contains(&changes, &["Close,1,4,arrived late,logs/d.csv,3,", "Open,4,5,arrived late,logs/c.csv,1,"]);
}

#[test]
fn a_value_that_vanished_is_known_with_its_changes() {
    let folder = two_runs();
    put(&folder, "logs/a.csv", "time,action\n2016-07-26T02:45:00Z,Open\n");
    edit(&folder, "values = ['Open', 'Close']", "");
    put(&folder, "logs/b.csv", "time,action\n2016-07-26T02:45:01Z,Zoom\n");
    ok(&folder, &["run", "job.toml"]);
    put(&folder, "logs/b.csv", "time,action\n2016-07-26T02:45:02Z,Close\n");
    ok(&folder, &["run", "job.toml"]);
    let window = ["why", "job.toml", "2016-07-26T02:45", "zoom"];
    contains(&ok(&folder, &window).out, &["  Zoom  0\n"]);
    let since = ok(&folder, &[&window[..], &["--since", "2016-01-01"]].concat()).out;
    contains(&since, &["  Zoom  0\n", "Zoom 1 → 0, run ", "logs/b.csv changed"]);
    let never = run(&folder, &["why", "job.toml", "2016-07-26T02:45", "Frobnicate"]);
    assert_eq!(never.code, 2);
    contains(&never.err, &["the value \"Frobnicate\" never occurs"]);
}

#[test]
fn a_number_that_falls_is_explained_by_what_is_gone() {
    let folder = two_runs();
    edit(&folder, "[source]\n", "[source]\non_gone = 'subtract'\n");
    std::fs::remove_file(folder.path().join("logs/b.csv")).unwrap();
    put(&folder, "logs/aa.csv", "time,action\n2016-07-26T02:44:00Z,Open\n");
    let said = ok(&folder, &["run", "job.toml", "--accept-gone"]).err;
    contains(&said, &["2016-07-26T02:40:00Z Open 4 → 3, logs/b.csv and 1 more: gone"]);
}
