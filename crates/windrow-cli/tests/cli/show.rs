//! `windrow show`: the tables behind a job.

use std::fs;

use super::kept::{LATE, edit, ok, put, two_runs};
use super::{contains, folder, run};

#[test]
fn windows_are_the_published_rows_or_wide_as_a_run_prints_them() {
    let folder = two_runs();
    let long = ok(&folder, &["show", "job.toml", "windows", "--report", "daily"]).out;
    assert_eq!(
        long,
        "window_start,window_end,action,count,is_final\n\
         2016-07-26T00:00:00+02:00,2016-07-27T00:00:00+02:00,Close,2,false\n\
         2016-07-26T00:00:00+02:00,2016-07-27T00:00:00+02:00,Open,4,false\n"
    );
    let both = ok(&folder, &["show", "job.toml", "windows"]).out;
    contains(
        &both,
        &["report,window_start", "\nten_minutes,2016-07-26T02:40:00Z,", "\ndaily,2016-07-26T00:00"],
    );
    let wide = ["show", "job.toml", "windows", "--report", "ten_minutes", "--shape", "wide"];
    let stateless = ["run", "job.toml", "logs", "--report", "ten_minutes"];
    assert_eq!(ok(&folder, &wide).out, ok(&folder, &stateless).out);
    let later = ["--from", "2016-07-26T03:35", "--to", "2016-07-26T03:40"];
    let some =
        ok(&folder, &[&["show", "job.toml", "windows", "--report", "ten_minutes"], &later[..]].concat());
    assert_eq!(
        some.out.lines().skip(1).collect::<Vec<_>>(),
        ["2016-07-26T03:30:00Z,2016-07-26T03:40:00Z,Close,1,false"]
    );
    let before = ["show", "job.toml", "windows", "--report", "ten_minutes", "--to", "2016-07-26T03:30"];
    assert_eq!(ok(&folder, &before).out.lines().count(), 3);
    edit(&folder, "zone = 'Europe/Berlin'", "zone = 'Europe/Madrid'");
    let stale = ok(&folder, &["show", "job.toml", "windows", "--report", "daily"]);
    contains(&stale.err, &["warning: report daily: the job has changed since it was published"]);
}

#[test]
fn rejects_are_those_that_count() {
    let folder = two_runs();
    let rejects =
        "file,line,byte,row,column,reason,value,raw\nlogs/a.csv,6,119,,time,bad_time,foo,\"foo,Open\"\n";
    assert_eq!(ok(&folder, &["show", "job.toml", "rejects"]).out, rejects);
    put(&folder, "logs/b.csv", &format!("bar,Open\n{LATE}x,y\n").replacen("bar,Open\n", "", 1));
    ok(&folder, &["run", "job.toml"]);
    let of_b = ok(&folder, &["show", "job.toml", "rejects", "--file", "logs/b.csv"]).out;
    contains(&of_b, &["logs/b.csv,4,64,,time,bad_time,x,\"x,y\"\n"]);
    assert_eq!(of_b.lines().count(), 2);
    let all = ok(&folder, &["show", "job.toml", "rejects", "--format", "ndjson"]).out;
    assert_eq!(all.lines().count(), 2);
    assert!(all.starts_with("{\"file\":\"logs/a.csv\",\"line\":6,"), "{all}");
    // A mended file has none, a moved one has those of its old name.
    put(&folder, "logs/b.csv", LATE);
    fs::rename(folder.path().join("logs/a.csv"), folder.path().join("logs/z.csv")).unwrap();
    ok(&folder, &["run", "job.toml"]);
    assert_eq!(ok(&folder, &["show", "job.toml", "rejects"]).out, rejects.replace("a.csv", "z.csv"));
    let said = run(&folder, &["show", "job.toml", "rejects", "--file", "logs/y.csv"]);
    assert_eq!(said.code, 2);
    contains(&said.err, &["the ledger has no file logs/y.csv", "did you mean logs/"]);
}

#[test]
fn files_runs_and_changes_say_what_happened() {
    let folder = two_runs();
    let files = ok(&folder, &["show", "job.toml", "files", "--format", "json"]).out;
    let files: serde_json::Value = serde_json::from_str(&files).unwrap();
    let told = ["file", "state", "rows", "counted", "rejected", "first_event"];
    assert_eq!(
        told.map(|key| files[0][key].to_string()),
        ["\"logs/a.csv\"", "\"counted\"", "5", "4", "1", "\"2016-07-26T02:40:00Z\""]
    );
    let runs = ok(&folder, &["show", "job.toml", "runs", "--format", "json"]).out;
    let runs: serde_json::Value = serde_json::from_str(&runs).unwrap();
    let newest = &runs[1];
    assert_eq!((&newest["rows"], &newest["files"]), (&2.into(), &"1 new, 1 same".into()), "{runs}");
    let stages = ["plan", "count", "commit", "publish"];
    let seconds = stages.map(|stage| newest[format!("{stage}_s")].as_f64().unwrap());
    let longest = stages.iter().zip(seconds).max_by(|a, b| a.1.total_cmp(&b.1)).unwrap().0;
    assert_eq!(newest["bottleneck"], *longest);
    let table = ok(&folder, &["show", "job.toml", "runs", "--format", "table", "--all"]).out;
    contains(&table, &["started", "count_s", "bottleneck", "1 new, 1 same"]);
    let changes = ok(&folder, &["show", "job.toml", "changes", "--report", "ten_minutes"]).out;
    contains(
        &changes,
        &["window_start,window_end,action,old,new,cause,file", ",Open,2,4,arrived late,logs/b.csv,1,"],
    );
    assert_eq!(changes.lines().count(), 2);
    let none = ok(&folder, &["show", "job.toml", "changes", "--from", "2016-07-27"]).out;
    assert_eq!(none.lines().count(), 1, "{none}");
}

#[test]
fn a_table_goes_to_a_file_by_its_ending_and_never_over_an_input() {
    let folder = two_runs();
    for (name, begins) in
        [("x.csv", "file,line"), ("x.ndjson", "{"), ("x.parquet", "PAR1"), ("x.txt", "file  ")]
    {
        let said = ok(&folder, &["show", "job.toml", "rejects", "--output", name]);
        assert_eq!(said.out, "");
        assert!(fs::read(folder.path().join(name)).unwrap().starts_with(begins.as_bytes()), "{name}");
    }
    for (arguments, part) in [
        (&["files", "--output", "logs/x.csv"][..], "is inside the input"),
        (&["files", "--output", "job.toml"], "job.toml"),
        (&["files", "--output", "x.html"], "a page is made of reports"),
        (&["files", "--from", "2016-07-26"], "--from is not for files"),
        (&["windows", "--report", "dialy"], "did you mean `daily`?"),
        (&["windows", "--report", "daily", "--shape", "wide"], "none is named"),
        (&["windows", "--from", "2016-07-27", "--to", "2016-07-26"], "from is not before to"),
    ] {
        let said = run(&folder, &[&["show", "job.toml"], arguments].concat());
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{arguments:?}: {}", said.err);
        contains(&said.err, &[part]);
    }
}

#[test]
fn keys_have_columns_whatever_their_names_are() {
    let job = "name = 'a'\nversion = 1\n[source]\npath = ['logs']\ntime = 'time'\n\
        keys = ['user id', 'Count', 'label', 'key_label', 'Action', 'action', 'old', 'key_old']\n\
        [reports.daily]\nevery = '1d'\n[output]\npath = 'out'\n";
    let header = "time,user id,Count,label,key_label,Action,action,old,key_old\n";
    let log = format!("{header}2024-01-01T00:00:00Z,u,c,x,y,A,a,o,k\n");
    let folder = folder(&[("job.toml", job), ("logs/a.csv", &log)]);
    ok(&folder, &["check", "job.toml"]);
    ok(&folder, &["run", "job.toml"]);
    let columns =
        "window_start,window_end,user_id,key_Count,key_key_label,key_label,Action,key_action,old,key_old";
    let windows = ok(&folder, &["show", "job.toml", "windows"]).out;
    let row = "2024-01-01T00:00:00Z,2024-01-02T00:00:00Z,u,c,x,y,A,a,o,k,1,false\n";
    assert_eq!(windows, format!("{columns},count,is_final\n{row}"));
    assert!(ok(&folder, &["run", "job.toml", "logs", "--format", "csv"]).out.starts_with(columns));
    put(&folder, "logs/b.csv", &log.replace("T00:00", "T01:00"));
    ok(&folder, &["run", "job.toml"]);
    let changes = ok(&folder, &["show", "job.toml", "changes"]).out;
    contains(
        &changes,
        &[
            ",user_id,Count,label,key_label,Action,key_action,key_key_old,key_old,old,new,",
            ",u,c,x,y,A,a,o,k,1,2,",
        ],
    );
    let told = ok(&folder, &["why", "job.toml", "2024-01-01", "--format", "json"]).out;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["numbers"][0]["values"], serde_json::json!(["u", "c", "x", "y", "A", "a", "o", "k"]));
    assert_eq!((&told["numbers"][0]["count"], &told["numbers"][0]["published"]), (&2.into(), &2.into()));
    ok(&folder, &["run", "job.toml", "logs", "-o", "windows.csv"]);
    ok(&folder, &["compare", "windows.csv", "job.toml"]);
}
