use std::time::{Duration, SystemTime};

use windrow::delta::DeltaTable;
use windrow::ledger::{KeptTable, Ledger, RejectRow, read_rows};
use windrow::{Again, RunRequest};
use windrow::{Job, Kind, Settings};

use crate::model::{HEADER, Model};
use crate::storage::{Memory, OperationFate};
use crate::truth;
use crate::work::{JobWords, TestWork};

const ALL: RunRequest = RunRequest { again: Some(Again::All), gone_accepted: false, lists_all: false };

fn text(rows: &str) -> String {
    format!("{HEADER}\n{rows}")
}

/// Two files, one run.
fn two_files() -> (TestWork, Memory, Model) {
    let (mut work, memory, mut model) =
        (TestWork::new(JobWords::default()), Memory::default(), Model::default());
    work.write("in/a.csv", &text("2024-03-31T00:30:00Z,Open\n2024-03-31T00:31:00Z,Close\n"));
    work.write("in/b.csv", &text("2024-03-31T05:30:00Z,Open\n"));
    work.run(&memory.calm()).unwrap();
    model.run(&work.job(), &work.files);
    (work, memory, model)
}

fn again(work: &TestWork, memory: &Memory, asked: RunRequest) -> windrow::Result<()> {
    work.run_asked(&memory.calm(), &Settings::default(), &asked).map(drop)
}

#[test]
fn all_again_refuses_while_files_that_are_gone_count() {
    let (mut work, memory, mut model) = two_files();
    work.delete("in/b.csv");
    let error = again(&work, &memory, ALL).unwrap_err();
    assert_eq!(error.kind(), Kind::Attention, "{error}");
    truth::check(&memory.calm(), &work.job(), &model);
    again(&work, &memory, RunRequest { gone_accepted: true, ..ALL }).unwrap();
    model.counted.remove("in/b.csv");
    truth::check(&memory.calm(), &work.job(), &model);
}

#[test]
fn a_span_again_counts_a_renamed_file_once() {
    let (mut work, memory, mut model) = two_files();
    work.rename("in/b.csv", "in/c.csv");
    let span = Again::Span { from_us: 0, to_us: i64::MAX };
    again(&work, &memory, RunRequest { again: Some(span), gone_accepted: false, lists_all: false }).unwrap();
    truth::follow(&work, &memory, &mut model);
}

#[test]
fn a_span_again_sees_what_stamps_hide() {
    let (mut work, memory, mut model) = two_files();
    let hidden = std::fs::metadata(work.path("in/b.csv")).unwrap().modified().unwrap();
    let changed = work.files["in/b.csv"].replace("Open", "Shut");
    work.write("in/b.csv", &changed);
    work.set_modified("in/b.csv", hidden);
    let done = work.run(&memory.calm()).unwrap();
    assert_eq!(done.bytes_read, 0);
    let span = Again::Span { from_us: 1_711_861_200_000_000, to_us: i64::MAX };
    again(&work, &memory, RunRequest { again: Some(span), gone_accepted: false, lists_all: false }).unwrap();
    truth::follow(&work, &memory, &mut model);
}

#[test]
fn a_span_again_leaves_no_rejects_that_no_reading_names() {
    let (mut work, memory) = (TestWork::new(JobWords::default()), Memory::default());
    work.write("in/a.csv", &text("2024-03-31T00:30:00Z,Open\nbad a,Open\n"));
    work.write("in/b.csv", &text("2024-03-31T05:30:00Z,Open\nbad b,Open\n"));
    work.run(&memory.calm()).unwrap();
    // One of the files is another, so that there is something to commit; the other one keeps the reading that it has.
    work.write("in/b.csv", &text("2024-03-31T05:30:00Z,Shut\nbad c,Open\n"));
    let span = Again::Span { from_us: 0, to_us: i64::MAX };
    again(&work, &memory, RunRequest { again: Some(span), gone_accepted: false, lists_all: false }).unwrap();
    let readings = Ledger::open(&memory.calm()).unwrap().unwrap().readings();
    let mut kept = Vec::new();
    read_rows(&memory.calm(), KeptTable::Rejects, None, &mut |row: RejectRow| {
        assert!(readings.contains(&row.reading), "{row:?}");
        kept.push(row.value.unwrap_or_default());
        Ok(())
    })
    .unwrap();
    kept.sort();
    assert_eq!(kept, ["bad a", "bad c"]);
}

#[test]
fn other_keys_need_all_again_and_make_the_tables_again() {
    let (work, memory, _) = two_files();
    let other = |keys: &str| {
        let mut text = String::from("name = 'a'\nversion = 1\n[source]\npath = ['in']\ntime = 'time'\n");
        text += &format!("keys = {keys}\n[reports.ten]\nevery = '10m'\n[output]\npath = 'out'\n");
        Job::from_toml(&text, &work.path("job.toml")).unwrap()
    };
    for (keys, columns) in [("[]", 0), ("['action']", 1)] {
        let job = other(keys);
        let error = TestWork::run_job(&job, &memory.calm(), &RunRequest::default()).unwrap_err();
        assert_eq!(error.kind(), Kind::Attention, "{error}");
        TestWork::run_job(&job, &memory.calm(), &ALL).unwrap();
        let rows = truth::published(&memory.calm(), &job, "ten");
        assert!(rows.iter().all(|row| row.keys.len() == columns), "{rows:?}");
        assert_eq!(rows.iter().map(|row| row.count).sum::<u64>(), 3);
    }
}

#[test]
fn a_first_run_without_a_readable_time_keeps_nothing() {
    let (mut work, memory) =
        (TestWork::new(JobWords { rejects: "100", ..JobWords::default() }), Memory::default());
    work.write("in/a.csv", &text("01/02/2024,Open\n01/03/2024,Open\n"));
    let error = work.run(&memory.calm()).unwrap_err();
    assert_eq!(error.kind(), Kind::Usage, "{error}");
    assert!(Ledger::open(&memory.calm()).unwrap().is_none());
    assert!(memory.names("reports").is_empty());
}

#[test]
fn a_strict_job_keeps_nothing_of_a_run_that_refuses() {
    let (mut work, memory, model) = two_files();
    work.question.strict = true;
    work.write("in/bad.csv", &text(&"bad\n".repeat(9)));
    for _ in 0..2 {
        let error = work.run(&memory.calm()).unwrap_err();
        assert_eq!(error.kind(), Kind::Data, "{error}");
        truth::check(&memory.calm(), &work.job(), &model);
    }
    work.question.strict = false;
    work.run(&memory.calm()).unwrap();
    work.question.strict = true;
    assert_eq!(work.run(&memory.calm()).unwrap_err().kind(), Kind::Data, "it is refused still");
}

#[test]
fn files_that_were_refused_are_read_by_a_corrected_job() {
    let (mut work, memory) = (TestWork::new(JobWords::default()), Memory::default());
    work.write("in/a.csv", &text(&"1469679568,Open\n".repeat(9)));
    work.write("in/good.csv", &text("2024-03-31T00:30:00Z,Open\n"));
    work.run(&memory.calm()).unwrap();
    work.delete("in/good.csv");
    work.question.source = "time_format = 'epoch_s'".to_owned();
    again(&work, &memory, RunRequest { gone_accepted: true, ..ALL }).unwrap();
    work.question.source = String::new();
    again(&work, &memory, ALL).unwrap();
    work.question.source = "time_format = 'epoch_s'".to_owned();
    work.run(&memory.calm()).unwrap();
    let rows = truth::published(&memory.calm(), &work.job(), "ten");
    assert_eq!(rows.iter().map(|row| row.count).sum::<u64>(), 9);
}

#[test]
fn all_again_is_all_or_nothing() {
    let (work, memory, model) = two_files();
    let job = work.job();
    let mut listing =
        windrow::source::list(&job.source.path, &job.source.root, &job.source.endings(), &job.stores())
            .unwrap();
    // Between listing and reading it is deleted.
    listing.files[1].path = work.path("in/none.csv");
    let error =
        TestWork::run_listed(&job, &listing.files, &memory.calm(), &Settings::default(), &ALL).unwrap_err();
    assert_eq!(error.kind(), Kind::Storage, "{error}");
    truth::check(&memory.calm(), &job, &model);
}

#[test]
fn a_state_that_was_made_anew_is_published() {
    let (mut work, memory, mut model) = two_files();
    work.write("in/c.csv", &text("2024-03-31T05:31:00Z,Open\n"));
    work.run(&memory.calm()).unwrap();
    memory.remove("state/");
    work.delete("in/a.csv");
    work.run(&memory.calm()).unwrap();
    model.counted.clear();
    truth::follow(&work, &memory, &mut model);
}

#[test]
fn a_state_older_than_its_reports_is_told() {
    let (mut work, memory, _) = two_files();
    let old = memory.copy();
    work.write("in/c.csv", &text("2024-03-31T05:31:00Z,Open\n"));
    work.run(&memory.calm()).unwrap();
    memory.remove("state/");
    memory.add(&old, "state/");
    // Were it believed, the ledger would get a version of the number that the reports show, and other files in it.
    work.write("in/c.csv", &text("2024-03-31T05:31:00Z,Open\n2024-03-31T05:32:00Z,Open\n"));
    let state = memory.names("state/");
    let error = work.run(&memory.calm()).unwrap_err();
    assert_eq!(error.kind(), Kind::Attention, "{error}");
    assert_eq!(memory.names("state/"), state);
    work.delete("in/c.csv");
    let error = work.run(&memory.calm()).unwrap_err();
    assert_eq!(error.kind(), Kind::Attention, "{error}");
}

#[test]
fn contributions_that_are_missing_are_told() {
    let (mut work, memory, _) = two_files();
    memory.remove("state/contributions/");
    work.question.reports[0].1 = "every = '1h'\nzone = 'UTC'\nfrom = '2024-01-01'".to_owned();
    work.question.reports.push(("other", "every = '10m'\nzone = 'Europe/Berlin'".to_owned()));
    let error = work.run(&memory.calm()).unwrap_err();
    assert_eq!(error.kind(), Kind::Attention, "{error}");
}

#[test]
fn a_file_changed_within_one_stamp_is_seen() {
    let (mut work, memory, mut model) = two_files();
    for key in ["Open", "Shut"] {
        work.write("in/a.csv", &text(&format!("2024-03-31T00:30:00Z,{key}\n")));
        // As if it was changed twice in one tick of a coarse clock.
        let now = windrow::unix_us() as u64 / 1_000_000;
        let stamp = SystemTime::UNIX_EPOCH + Duration::from_secs(now + 3600);
        work.set_modified("in/a.csv", stamp);
        truth::run(&work, &memory, &mut model);
    }
}

#[test]
fn rejects_that_another_run_is_about_to_name_stay() {
    let (mut work, memory, mut model) = two_files();
    work.write("in/a.csv", &text("bad\n2024-03-31T00:31:00Z,Close\n"));
    work.run(&memory.calm()).unwrap();
    // A run that has written its rejects, and goes no further yet.
    work.write("in/c.csv", &text("bad\n2024-03-31T00:31:00Z,View\n"));
    let store = memory.wild(Box::new(|what, path| match what == "put" && path.starts_with("state/ledger") {
        true => OperationFate::Before,
        false => OperationFate::Pass,
    }));
    work.run(&store).unwrap_err();
    let rejects = || {
        let mut files = Vec::new();
        read_rows(&memory.calm(), KeptTable::Rejects, None, &mut |row: RejectRow| {
            files.push(row.file);
            Ok(())
        })
        .unwrap();
        files.sort();
        files
    };
    assert_eq!(rejects(), ["in/a.csv", "in/c.csv"]);
    work.delete("in/c.csv");
    work.write("in/a.csv", &text("2024-03-31T00:31:00Z,Close\n"));
    work.run(&memory.calm()).unwrap();
    assert_eq!(rejects(), ["in/c.csv"]);
    truth::follow(&work, &memory, &mut model);
}

#[test]
fn a_ledger_is_what_it_was_after_a_commit_that_failed() {
    let (_, memory, _) = two_files();
    let store = memory
        .wild(Box::new(|what, _| if what == "put" { OperationFate::Before } else { OperationFate::Pass }));
    let mut ledger = Ledger::open(&store).unwrap().unwrap();
    let rows: Vec<_> = ledger.rows().cloned().collect();
    let forgets = [rows[0].file.to_string()].into_iter().collect();
    ledger.commit("a", "run", Vec::new(), &forgets).unwrap_err();
    assert_eq!(ledger.rows().cloned().collect::<Vec<_>>(), rows);
}

#[test]
fn changes_that_were_published_and_cleaned_do_not_stop_a_run() {
    let (mut work, memory, mut model) = two_files();
    work.write("in/a.csv", &text("2024-03-31T00:30:00Z,Open\n"));
    let store = memory.wild(Box::new(|what, path| match what == "put" && path.starts_with("changes") {
        true => OperationFate::Before,
        false => OperationFate::Pass,
    }));
    work.run(&store).unwrap_err();
    std::thread::sleep(Duration::from_millis(2));
    for path in ["reports/ten", "state/ledger"] {
        DeltaTable::open(&memory.calm(), path).unwrap().unwrap().clean(0, &|_| false).unwrap();
    }
    work.run(&memory.calm()).unwrap();
    model.run(&work.job(), &work.files);
    let job = work.job();
    assert_eq!(truth::published(&memory.calm(), &job, "ten"), model.rows(&job, &job.reports[0]));
}

#[test]
fn another_zone_or_length_changes_windows_whose_numbers_stay() {
    let (mut work, memory, model) = two_files();
    // One event at the start of a window, whatever its length.
    for report in
        ["every = '10m'\nzone = 'UTC'", "every = '30m'\nzone = 'UTC'", "every = '30m'\nzone = 'Asia/Kolkata'"]
    {
        work.question.reports = vec![("ten", report.to_owned())];
        work.question.reports.push(("all", "every = '10m'\nzone = 'Europe/Berlin'".to_owned()));
        work.run(&memory.calm()).unwrap();
        truth::check(&memory.calm(), &work.job(), &model);
    }
}
