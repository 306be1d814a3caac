use arrow_array::ArrayRef;
use windrow::publish::delta::PublishedTable;
use windrow::{Again, Inputs, Kind, RunRequest, Settings, View};
use windrow::{Kept, WantedWindow};

use crate::storage::Memory;
use crate::work::{JobWords, TestWork};

const MEASURES: &str = "measures = ['sum(n)', 'mean(n)', 'min(n)', 'max(n)', 'p90(n)', 'distinct(user)']";

/// Rows with numbers that differ from each other, some of them null.
pub(super) fn rows(from: u32, n: u32) -> String {
    let row = |at: u32| {
        let (minute, action) = (at * 7 % 60, if at.is_multiple_of(3) { "close" } else { "Open" });
        let number =
            if at.is_multiple_of(5) { String::new() } else { format!("{}.{:03}", at * 37 % 1_000, at) };
        format!("2024-03-30T{:02}:{minute:02}:00Z,{action},{number},user{}\n", at % 4, at % 11)
    };
    (from..from + n).map(row).collect()
}

fn file(from: u32, n: u32) -> String {
    format!("time,action,n,user\n{}", rows(from, n))
}

fn work(source: &str) -> TestWork {
    let reports = vec![
        ("ten", format!("every = '10m'\n{MEASURES}")),
        ("sliding", format!("every = '10m'\nsize = '40m'\nzone = 'Europe/Berlin'\n{MEASURES}")),
    ];
    TestWork::new(JobWords { source: source.to_owned(), reports, ..JobWords::default() })
}

/// The numbers of each report: those that are published, and those of one run over all files.
pub(super) fn check(work: &TestWork, memory: &Memory) {
    let (job, store) = (work.job(), memory.calm());
    let mut once = job.clone();
    once.output = None;
    let once = windrow::run(&once, Inputs::Listed, &Settings::default()).unwrap();
    for spec in &job.reports {
        let published = PublishedTable::open(&store, spec, &job.source.keys).unwrap().unwrap();
        let mut of_ledger: Vec<Vec<ArrayRef>> = Vec::new();
        let all = i64::MIN..i64::MAX;
        published
            .each_row(&all, None, &mut |batch| {
                of_ledger.push(
                    batch
                        .schema_ref()
                        .fields()
                        .iter()
                        .zip(batch.columns())
                        .filter(|(field, _)| !["label", "is_final"].contains(&field.name().as_str()))
                        .map(|(_, column)| column.clone())
                        .collect(),
                );
                Ok(())
            })
            .unwrap();
        let fresh: Vec<_> = once.report(&spec.name).unwrap().batches(View::Observed).unwrap().collect();
        assert!(of_ledger.len() == 1 && fresh.len() == 1, "one batch each");
        let fresh = fresh[0].as_ref().unwrap();
        assert_eq!(of_ledger[0].len(), fresh.num_columns());
        for (at, column) in fresh.columns().iter().enumerate() {
            let name = fresh.schema_ref().field(at).name().clone();
            assert!(column.len() > 20 && *of_ledger[0][at] == **column, "{} {name}", spec.name);
        }
    }
}

#[test]
fn increments_end_as_one_full_run() {
    let (mut work, memory) = (work("on_gone = 'subtract'"), Memory::default());
    let run = |work: &TestWork| work.run(&memory.calm()).unwrap().bytes_read;
    work.write("in/a.csv", &file(0, 200));
    run(&work);
    check(&work, &memory);
    // Another file, one that changes, one that is gone, one that is renamed.
    work.write("in/b.csv", &file(200, 150));
    work.write("in/c.csv", &file(900, 5));
    assert_eq!(run(&work), (file(200, 150).len() + file(900, 5).len()) as u64);
    check(&work, &memory);
    work.write("in/a.csv", &file(50, 120));
    run(&work);
    check(&work, &memory);
    work.delete("in/c.csv");
    work.rename("in/b.csv", "in/d.csv");
    run(&work);
    check(&work, &memory);
    let asked = RunRequest { again: Some(Again::All), gone_accepted: false, lists_all: false };
    work.run_asked(&memory.calm(), &Settings::default(), &asked).unwrap();
    check(&work, &memory);
}

#[test]
fn what_is_appended_is_merged() {
    let (mut work, memory) = (work("growing = true"), Memory::default());
    let mut text = file(0, 90);
    for at in 0..20 {
        work.write("in/a.csv", &text);
        work.run(&memory.calm()).unwrap();
        check(&work, &memory);
        text += &rows(90 + at * 10, 10);
    }
}

#[test]
fn a_measure_that_needs_no_other_state_reads_nothing() {
    let (mut work, memory) = (work(""), Memory::default());
    work.write("in/a.csv", &file(0, 200));
    work.question.reports = vec![("ten", "every = '10m'\nmeasures = ['sum(n)']".to_owned())];
    work.run(&memory.calm()).unwrap();
    work.question.reports = vec![("ten", "every = '10m'\nmeasures = ['max(n)', 'mean(n)']".to_owned())];
    assert_eq!(work.run(&memory.calm()).unwrap().bytes_read, 0);
    check(&work, &memory);
    // A quantile needs what was not kept, and the job counts by other rules.
    let all = RunRequest { again: Some(Again::All), gone_accepted: false, lists_all: false };
    for lines in ["every = '10m'\nmeasures = ['p50(n)']", "every = '10m'"] {
        work.question.reports = vec![("ten", lines.to_owned())];
        assert_eq!(work.run(&memory.calm()).unwrap_err().kind(), Kind::Attention);
        work.run_asked(&memory.calm(), &Settings::default(), &all).unwrap();
        check(&work, &memory);
    }
}

#[test]
fn a_measure_that_changes_is_told_with_its_file() {
    let (mut work, memory) = (work(""), Memory::default());
    work.question.reports =
        vec![("ten", "every = '10m'\nmeasures = ['sum(n)', 'distinct(user)']".to_owned())];
    let file = |n: &str| {
        format!("time,action,n,user\n2024-03-30T00:00:00Z,Open,{n},ann\n2024-03-30T00:11:00Z,Open,1,ann\n")
    };
    work.write("in/a.csv", &file("2.5"));
    work.write("in/b.csv", &file("7"));
    work.run(&memory.calm()).unwrap();
    // The count is the same, and so is how many different users there are.
    work.write("in/a.csv", &file(""));
    let done = work.run(&memory.calm()).unwrap();
    let report = &done.published[0];
    let told: Vec<_> = report
        .changes
        .iter()
        .map(|change| {
            (&*change.label, change.old, change.new, change.measured.clone(), change.cause, change.files)
        })
        .collect();
    let measured = ("sum_n".to_owned(), Some("9.5".to_owned()), Some("7".to_owned()));
    assert_eq!(told, [("2024-03-30T00:00:00Z", 2, 2, Some(measured), "changed", 1)]);
    assert_eq!(report.changes[0].file.as_deref().map(|file| file.ends_with("a.csv")), Some(true));
    assert_eq!(report.changes_total, 1);
}

#[test]
fn a_sum_is_told_with_the_files_behind_it() {
    let (mut work, memory) = (work(""), Memory::default());
    work.question.reports =
        vec![("ten", "every = '10m'\nmeasures = ['sum(n)', 'max(n)', 'distinct(user)']".to_owned())];
    let row = |minute: u32, n: &str| format!("2024-03-30T00:{minute:02}:00Z,Open,{n},ann\n");
    work.write("in/a.csv", &format!("time,action,n,user\n{}{}", row(1, "1.5"), row(2, "6")));
    work.write("in/b.csv", &format!("time,action,n,user\n{}{}", row(3, "2.5"), row(13, "90")));
    work.write("in/c.csv", &format!("time,action,n,user\n{}", row(4, "")));
    work.run(&memory.calm()).unwrap();
    let (job, store) = (work.job(), memory.calm());
    let ledger = windrow::ledger::Ledger::open(&store).unwrap().unwrap();
    let wanted = WantedWindow { window: "2024-03-30T00:05:00Z", ..WantedWindow::default() };
    let traced = windrow::why(&job, &Kept { store, ledger }, wanted).unwrap();
    let told = |measures: &[windrow::MeasureBehind]| -> Vec<_> {
        measures.iter().map(|of| (of.value.clone().unwrap_or_default(), of.share)).collect()
    };
    let of = |texts: [(&str, Option<f64>); 3]| texts.map(|(text, share)| (text.to_owned(), share)).to_vec();
    assert_eq!(told(&traced.measures), of([("10", None), ("6", None), ("1", None)]));
    let files: Vec<_> = traced.files.iter().map(|file| told(&file.measures)).collect();
    assert_eq!(files[0], of([("7.5", Some(0.75)), ("6", None), ("1", None)]));
    assert_eq!(files[1], of([("2.5", Some(0.25)), ("2.5", None), ("1", None)]));
    assert_eq!(files[2], of([("", None), ("", None), ("1", None)]));
}
