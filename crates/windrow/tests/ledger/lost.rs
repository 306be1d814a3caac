use windrow::delta::DeltaTable;
use windrow::ledger::{KeepTimes, KeptTable, Ledger, keep_up};
use windrow::{Again, RunRequest};
use windrow::{Kept, TableName, Traced, WantedTable, WantedWindow};
use windrow::{Kind, Result, Settings};

use crate::model::HEADER;
use crate::storage::Memory;
use crate::work::{JobWords, TestWork};

/// Two files; one of them has three rejects.
fn counted(source: &str) -> (TestWork, Memory) {
    let question = JobWords { source: source.to_owned(), rejects: "'none'", ..JobWords::default() };
    let (mut work, memory) = (TestWork::new(question), Memory::default());
    work.write("in/a.csv", &format!("{HEADER}\n2024-03-31T00:30:00Z,Open\nbad,x\nbad,y\nbad,z\n"));
    work.write("in/b.csv", &format!("{HEADER}\n2024-03-31T00:30:00Z,Close\n"));
    work.run(&memory.calm()).unwrap();
    (work, memory)
}

/// How many rejects are shown.
fn shown(work: &TestWork, memory: &Memory) -> Result<usize> {
    let (job, store) = (work.job(), memory.calm());
    let ledger = Ledger::open(&store).unwrap().unwrap();
    let kept = Kept { store, ledger };
    let shown = windrow::show(&job, &kept, TableName::Rejects, WantedTable::default())?;
    let mut sheet = shown.into_table()?;
    let mut rows = 0;
    (sheet.rows)(&mut |_, batch| {
        rows += batch.num_rows();
        Ok(())
    })?;
    Ok(rows)
}

fn traced(work: &TestWork, memory: &Memory) -> Traced {
    let (job, store) = (work.job(), memory.calm());
    let ledger = Ledger::open(&store).unwrap().unwrap();
    let wanted = WantedWindow { window: "2024-03-31T00:30:00Z", ..WantedWindow::default() };
    windrow::why(&job, &Kept { store, ledger }, wanted).unwrap()
}

/// Every command says what is lost and what helps; that helps.
#[track_caller]
fn is_told_and_found_again(work: &TestWork, memory: &Memory, said: &str) {
    let error = shown(work, memory).unwrap_err();
    assert_eq!(error.kind(), Kind::Attention, "{error}");
    assert!(error.message().contains(said), "{error}");
    assert!(error.help_text().unwrap().contains("again = \"all\""), "{error:?}");
    let traced = traced(work, memory);
    assert_eq!(traced.damage, Some(error));
    let lost: Vec<bool> = traced.files.iter().map(|file| file.rejects_lost).collect();
    assert_eq!(lost, [true, false]);
    // A run counts on, and says it each time.
    for _ in 0..2 {
        assert!(work.run(&memory.calm()).unwrap().damage.unwrap().message().contains("rejects"));
    }
    let again = RunRequest { again: Some(Again::All), gone_accepted: false, lists_all: false };
    let done = work.run_asked(&memory.calm(), &Settings::default(), &again).unwrap();
    assert_eq!(done.damage, None);
    is_whole(work, memory, 3);
}

#[track_caller]
fn is_whole(work: &TestWork, memory: &Memory, rejects: usize) {
    assert_eq!(shown(work, memory).unwrap(), rejects);
    let traced = traced(work, memory);
    assert_eq!(traced.damage, None);
    assert!(traced.files.iter().all(|file| !file.rejects_lost));
    assert_eq!(work.run(&memory.calm()).unwrap().damage, None);
}

/// Drops all rejects for their age, as a later run does.
fn drop_all(work: &TestWork, memory: &Memory) {
    let store = memory.calm();
    let mut ledger = Ledger::open(&store).unwrap().unwrap();
    keep_up(&store, &mut ledger, "x", KeepTimes { rejects_ms: Some(-1_000), ..KeepTimes::of(&work.job()) })
        .unwrap();
    let table = DeltaTable::open(&store, KeptTable::Rejects.path()).unwrap().unwrap();
    assert_eq!(table.files().count(), 0);
}

#[test]
fn rejects_that_are_deleted_are_missed() {
    let (work, memory) = counted("");
    is_whole(&work, &memory, 3);
    memory.remove("rejects/");
    is_told_and_found_again(&work, &memory, "has counted 3 rejects of in/a.csv, and 0 are there");
}

#[test]
fn rejects_of_another_moment_are_missed() {
    let (mut work, memory) = counted("");
    let before = memory.copy();
    let text = format!("{HEADER}\n2024-03-31T00:31:00Z,Open\nbad,x\nbad,y\nbad,w\n");
    work.write("in/a.csv", &text);
    work.run(&memory.calm()).unwrap();
    is_whole(&work, &memory, 3);
    memory.remove("rejects/");
    memory.add(&before, "rejects/");
    let error = shown(&work, &memory).unwrap_err();
    assert!(error.message().contains("has counted 3 rejects of in/a.csv, and 0 are there"), "{error}");
}

#[test]
fn rejects_that_were_dropped_for_their_age_are_no_damage() {
    let (work, memory) = counted("");
    drop_all(&work, &memory);
    is_whole(&work, &memory, 0);
    // What says so is lost with the table.
    memory.remove("rejects/");
    is_told_and_found_again(&work, &memory, "0 are there");
}

/// Appends a reject to the first file so often that its contributions are made one.
fn append_until_folded(work: &mut TestWork, memory: &Memory) {
    for at in 0..10 {
        let text = format!("{}bad,{at}\n2024-03-31T00:3{at}:00Z,Open\n", work.files["in/a.csv"]);
        work.write("in/a.csv", &text);
        work.run(&memory.calm()).unwrap();
    }
    let ledger = Ledger::open(&memory.calm()).unwrap().unwrap();
    let readings: Vec<&String> = ledger.rows().filter_map(|row| row.reading.as_ref()).collect();
    assert!(readings.iter().any(|reading| reading.contains("-f")), "{readings:?}");
}

#[test]
fn rejects_of_folded_readings_are_missed() {
    let (mut work, memory) = counted("growing = true");
    append_until_folded(&mut work, &memory);
    is_whole(&work, &memory, 13);
    memory.remove("rejects/");
    let error = shown(&work, &memory).unwrap_err();
    assert!(error.message().contains("has counted 13 rejects of in/a.csv, and 0 are there"), "{error}");
    // What is folded later hides no loss.
    append_until_folded(&mut work, &memory);
    let error = shown(&work, &memory).unwrap_err();
    assert!(error.message().contains("has counted 23 rejects of in/a.csv, and 10 are there"), "{error}");
}

#[test]
fn folded_readings_may_have_lost_what_was_dropped_for_its_age() {
    let (mut work, memory) = counted("growing = true");
    drop_all(&work, &memory);
    append_until_folded(&mut work, &memory);
    is_whole(&work, &memory, 10);
}
