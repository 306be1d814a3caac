//! `windrow plan`: what a run would do.

use std::fs;

use serde_json::Value;

use super::kept::{LATE, all_files, edit, fresh, ok, put, two_runs};
use super::{contains, names, run};

fn json(said: &super::Said) -> Value {
    serde_json::from_str(&said.out).unwrap()
}

#[test]
fn a_plan_of_what_was_never_run_reads_and_writes_nothing() {
    let folder = fresh();
    let plan = ok(&folder, &["plan", "job.toml"]);
    contains(
        &plan.out,
        &[
            "there is no ledger yet",
            "1 file: 1 to read, 128 B; no past run tells",
            "report daily: all windows are made again: it was never published",
            "logs/a.csv   new",
        ],
    );
    assert_eq!(names(folder.path()), ["job.toml", "logs"]);
    // What cannot be read can be planned.
    put(&folder, "logs/a.csv", "no header that could be read\n");
    assert_eq!(ok(&folder, &["plan", "job.toml"]).err, "");
}

#[test]
fn a_plan_says_what_is_read_and_why_those_that_are_not_the_same_first() {
    let folder = two_runs();
    let before = all_files(&folder.path().join("out"));
    let same = json(&ok(&folder, &["plan", "job.toml", "--format", "json"]));
    assert_eq!((&same["files_to_read"], &same["bytes"]), (&0.into(), &0.into()), "{same}");
    assert_eq!(same["reports"][0]["windows"], "none");

    put(&folder, "logs/b.csv", &format!("{LATE}2016-07-26T02:44:00Z,Close\n"));
    put(&folder, "logs/c.csv", LATE);
    fs::remove_file(folder.path().join("logs/a.csv")).unwrap();
    let plan = json(&ok(&folder, &["plan", "job.toml", "--format", "json"]));
    let files = plan["files"].as_array().unwrap();
    let told: Vec<_> =
        files.iter().map(|file| ["file", "cause", "read"].map(|key| file[key].as_str().unwrap())).collect();
    assert_eq!(
        told,
        [["logs/b.csv", "changed", "all"], ["logs/c.csv", "new", "all"], ["logs/a.csv", "gone", "nothing"],]
    );
    contains(files[0]["why"].as_str().unwrap(), &["its size was 64 bytes and is 91"]);
    contains(files[2]["why"].as_str().unwrap(), &["its counts stay"]);
    // The runs before have read 7 rows in 192 bytes.
    assert_eq!((&plan["bytes"], &plan["rows_about"]), (&155.into(), &5.into()), "{plan}");
    assert!(plan["seconds_about"].as_f64().unwrap() > 0.0, "{plan}");
    assert_eq!(plan["reports"][1]["why"], "those with events of 2 files to read");
    assert_eq!(all_files(&folder.path().join("out")), before);
}

#[test]
fn a_plan_says_which_reports_are_made_again() {
    let folder = two_runs();
    edit(&folder, "zone = 'Europe/Berlin'", "zone = 'Europe/Madrid'");
    let plan = ok(&folder, &["plan", "job.toml"]).out;
    contains(
        &plan,
        &["report ten_minutes: no window", "report daily: all windows are made again: the job has"],
    );
    let again = ok(&folder, &["plan", "job.toml", "--again", "2016-07-26T03:00..2016-07-27"]).out;
    contains(&again, &["logs/a.csv   again", "it is asked for", "1 to read", "logs/b.csv   same"]);
}

#[test]
fn a_plan_ends_as_the_run_would() {
    let folder = two_runs();
    edit(&folder, "time = 'time'", "time = 'time'\nzone = 'Asia/Tokyo'");
    for (arguments, code) in [(&[][..], 5), (&["--again", "all"], 0)] {
        let said = run(&folder, &[&["plan", "job.toml"], arguments].concat());
        assert_eq!(said.code, code, "{}", said.err);
    }
    edit(&folder, "\nzone = 'Asia/Tokyo'", "");
    for name in ["logs/a.csv", "logs/b.csv"] {
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    let said = run(&folder, &["plan", "job.toml"]);
    assert_eq!(said.code, 5, "{}", said.err);
    contains(&said.err, &["no input is listed"]);
    contains(&ok(&folder, &["plan", "job.toml", "--accept-gone"]).out, &["nothing to read"]);
    let none = super::folder(&[(
        "j.toml",
        "name='j'\nversion=1\n[source]\npath='a'\ntime='t'\n[reports.r]\nevery='1h'\n",
    )]);
    let said = run(&none, &["plan", "j.toml"]);
    assert_eq!(said.code, 2);
    contains(&said.err, &["the job j keeps nothing: it has no [output]"]);
    contains(&run(&none, &["plan", "events.csv"]).err, &["events.csv is not a job file"]);
}

#[test]
fn a_plan_says_what_a_tightened_limit_will_refuse() {
    let folder = two_runs();
    edit(&folder, "rejects = 'none'", "rejects = 0");
    let plan = ok(&folder, &["plan", "job.toml", "--all"]).out;
    contains(
        &plan,
        &[
            "1 file will be refused, or stay so: the run ends with exit code 3",
            "report daily: some windows are made again: those with events of 1 file that will not count any more",
            "logs/a.csv   will be refused",
        ],
    );
    let plan = json(&ok(&folder, &["plan", "job.toml", "--format", "json"]));
    contains(
        plan["files"][0]["why"].as_str().unwrap(),
        &["1 of 5 rows are rejects, more than the limit allows"],
    );
    assert_eq!(run(&folder, &["run", "job.toml"]).code, 3);
    contains(
        &ok(&folder, &["plan", "job.toml"]).out,
        &["1 file will be refused, or stay so", "no window is made"],
    );
}

#[test]
fn a_plan_foresees_that_a_strict_job_stops() {
    let folder = two_runs();
    edit(&folder, "rejects = 'none'", "rejects = 0\nstrict = true");
    let [plan, done] = ["plan", "run"].map(|command| run(&folder, &[command, "job.toml"]));
    assert_eq!((plan.code, done.code), (3, 3), "{}{}", plan.err, done.err);
    contains(
        &plan.out,
        &[
            "the run will publish nothing and end with exit code 3: the job is strict, and 1 file",
            "no window is made again",
        ],
    );
    let told = json(&run(&folder, &["plan", "job.toml", "--format", "json"]));
    contains(told["will_stop"].as_str().unwrap(), &["the job is strict"]);
    assert_eq!(told["reports"][1]["windows"], "none");
}

#[test]
fn a_plan_foresees_that_a_report_is_repaired() {
    let folder = two_runs();
    let log = folder.path().join("out/reports/daily/_delta_log");
    let version = names(&log).iter().filter(|name| name.len() == 25 && name.ends_with(".json")).count();
    let foreign = r#"{"commitInfo":{"timestamp":1,"operation":"WRITE"}}"#;
    fs::write(log.join(format!("{version:020}.json")), foreign).unwrap();
    let plan = ok(&folder, &["plan", "job.toml"]).out;
    contains(&plan, &["report daily: all windows are made again: another program has changed its table"]);
    contains(&plan, &["report ten_minutes: no window is made again"]);
    let shown = ok(&folder, &["show", "job.toml", "windows", "--report", "daily"]);
    contains(&shown.err, &["warning: report daily: another program has changed its table: run the job"]);
    contains(&ok(&folder, &["run", "job.toml"]).err, &["daily: another program had changed the table"]);
    contains(&ok(&folder, &["plan", "job.toml"]).out, &["report daily: no window is made again"]);
}

#[test]
fn a_plan_says_where_a_run_may_stop() {
    let folder = two_runs();
    fs::remove_file(folder.path().join("logs/a.csv")).unwrap();
    ok(&folder, &["run", "job.toml"]);
    edit(&folder, "keys = ['action']", "keys = ['action']\non_gone = 'subtract'");
    // Nothing to read that it could be.
    assert_eq!(run(&folder, &["plan", "job.toml"]).code, 5);
    put(&folder, "logs/c.csv", "time,action\n2016-07-27T02:42:00Z,Open\n");
    let plan = ok(&folder, &["plan", "job.toml", "--all"]).out;
    contains(&plan, &["the run may end with exit code 5: 1 of 2 counted files are gone", "its counts l"]);
    assert_eq!(run(&folder, &["run", "job.toml"]).code, 5);
    contains(
        &ok(&folder, &["plan", "job.toml", "--accept-gone"]).out,
        &["or of 1 file that will not count any more"],
    );
}

#[test]
fn a_plan_says_which_folders_are_not_listed() {
    let folder = fresh();
    edit(&folder, "keys = ['action']", "keys = ['action']\nlook_back = '7d'");
    for day in 1..=20 {
        let text = format!("time,action\n2016-07-27T02:{day:02}:00Z,Open\n");
        fs::create_dir_all(folder.path().join(format!("logs/date=2016-07-{day:02}"))).unwrap();
        put(&folder, &format!("logs/date=2016-07-{day:02}/a.csv"), &text);
    }
    let plan = ok(&folder, &["plan", "job.toml"]).out;
    assert!(!plan.contains("not listed"), "{plan}");
    ok(&folder, &["run", "job.toml"]);
    put(&folder, "logs/date=2016-07-05/late.csv", "time,action\n2016-07-27T03:00:00Z,Open\n");
    let plan = ok(&folder, &["plan", "job.toml"]).out;
    contains(
        &plan,
        &[
            "21 files: nothing to read",
            "12 folders of days before 2016-07-13 are not listed; 12 known files in them count as unchanged",
            "logs/date=2016-07-12/: 1 known file",
            "and 7 more",
        ],
    );
    let told = json(&ok(&folder, &["plan", "job.toml", "--format", "json"]));
    assert_eq!(told["unlisted"]["folders"].as_array().unwrap().len(), 12);
    contains(&ok(&folder, &["run", "job.toml", "-v"]).err, &["12 folders of days before", "nothing new"]);
    for more in [&["--list-all"][..], &["--again", "2016-07-27..2016-07-28"]] {
        let plan = ok(&folder, &[&["plan", "job.toml"], more].concat()).out;
        assert!(plan.contains("to read") && !plan.contains("not listed"), "{plan}");
    }
    contains(&ok(&folder, &["run", "job.toml", "--list-all"]).err, &["21 same, 1 new"]);
}
