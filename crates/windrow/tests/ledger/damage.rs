use windrow::delta::{Commit, DeltaTable, Store};
use windrow::ledger::Ledger;
use windrow::{Again, RunRequest};
use windrow::{Kind, Settings};

use crate::model::{HEADER, Model};
use crate::storage::Memory;
use crate::truth;
use crate::work::{JobWords, TestWork};

fn text(lines: &str) -> String {
    format!("{HEADER}\n{lines}")
}

/// Two files that were counted in two runs, the state after the first one, and what is expected after the second.
fn two_runs() -> (TestWork, Memory, Memory, Model) {
    let (mut work, memory, mut model) =
        (TestWork::new(JobWords::default()), Memory::default(), Model::default());
    work.write("in/a.csv", &text("2024-03-31T00:30:00Z,Open\n2024-03-31T00:31:00Z,Close\n"));
    work.run(&memory.calm()).unwrap();
    let before = memory.copy();
    work.write("in/b.csv", &text("2024-03-31T04:32:00Z,Open\n"));
    truth::run(&work, &memory, &mut model);
    (work, memory, before, model)
}

/// The run is refused and says what helps; that helps, and loses nothing.
#[track_caller]
fn is_refused_and_mended(mut work: TestWork, memory: &Memory, said: &str) {
    // A new file in the window of another: what counts for it is needed.
    work.write("in/c.csv", &text("2024-03-31T04:33:00Z,Open\n"));
    let before = memory.names("").len();
    let store = memory.calm();
    let ledger = Ledger::open(&store).unwrap().unwrap();
    let counts = windrow::kept_counts(&work.job(), &store, &ledger).unwrap_err();
    for error in [work.run(&store).unwrap_err(), work.try_forecast(&store).unwrap_err(), counts] {
        assert_eq!(error.kind(), Kind::Attention, "{error}");
        assert!(error.message().contains(said), "{error}");
        assert!(error.help_text().unwrap().contains("again = \"all\""), "{error:?}");
    }
    assert_eq!(memory.names("").len(), before, "nothing is written");
    // What was published of a window that has no events any more leaves, though what counted there is lost.
    work.write("in/a.csv", &text("2024-04-09T00:30:00Z,Open\n"));
    work.delete("in/b.csv");
    is_counted_again(work, memory);
}

/// Reading every file again gives what a full run gives, and the next run goes on from there.
#[track_caller]
fn is_counted_again(mut work: TestWork, memory: &Memory) {
    let again = RunRequest { again: Some(Again::All), gone_accepted: true, lists_all: false };
    work.run_asked(&memory.calm(), &Settings::default(), &again).unwrap();
    let mut model = Model::default();
    truth::follow(&work, memory, &mut model);
    work.write("in/d.csv", &text("2024-03-31T00:34:00Z,Close\n"));
    truth::run(&work, memory, &mut model);
}

#[test]
fn contributions_that_are_missing_are_damage() {
    let (work, memory, _, _) = two_runs();
    memory.remove("state/contributions");
    is_refused_and_mended(work, &memory, "are missing");
}

#[test]
fn contributions_of_an_older_moment_are_damage() {
    let (work, memory, before, _) = two_runs();
    memory.remove("state/contributions");
    memory.add(&before, "state/contributions");
    is_refused_and_mended(work, &memory, "not of one moment");
}

#[test]
fn contributions_of_another_ledger_are_damage() {
    let (work, memory, ..) = two_runs();
    let (_, other, ..) = two_runs();
    memory.remove("state/contributions");
    memory.add(&other, "state/contributions");
    is_refused_and_mended(work, &memory, "not the table that the ledger names");
}

#[test]
fn contributions_that_another_program_added_to_are_damage() {
    let (work, memory, ..) = two_runs();
    let store = memory.calm();
    let table = DeltaTable::open(&store, "state/contributions").unwrap().unwrap();
    let log = format!("state/contributions/_delta_log/{:020}.json", table.version());
    let add = String::from_utf8(store.get(&log).unwrap().unwrap().to_vec()).unwrap();
    let add = add.lines().find(|line| line.starts_with(r#"{"add""#)).unwrap().to_owned();
    let next = format!("state/contributions/_delta_log/{:020}.json", table.version() + 1);
    store.put(&next, add.into()).unwrap();
    is_refused_and_mended(work, &memory, "another program has changed it");
}

/// Adds the rows of a data file of contributions a second time, as if windrow had.
fn double(store: &Store) {
    let mut table = DeltaTable::open(store, "state/contributions").unwrap().unwrap();
    let file = table.files().next().unwrap().clone();
    let mut writer = table.writer(&Default::default()).unwrap();
    for batch in table.read(&file, None, None).unwrap() {
        writer.write(&batch.unwrap()).unwrap();
    }
    let (expected_version, adds) = (table.version(), vec![writer.finish().unwrap()]);
    table.commit(Commit { expected_version, adds, run_id: "x".to_owned(), ..Commit::default() }).unwrap();
}

#[test]
fn contributions_that_sum_otherwise_are_damage_to_those_who_read_them() {
    let (work, memory, ..) = two_runs();
    let store = memory.calm();
    double(&store);
    let ledger = Ledger::open(&store).unwrap().unwrap();
    let error = windrow::kept_counts(&work.job(), &store, &ledger).unwrap_err();
    assert_eq!(error.kind(), Kind::Attention, "{error}");
    // Which of the two files it is, its name decides.
    let said = |found, counted| format!("have {found} events, and the ledger has counted {counted}");
    assert!(error.message().contains(&said(4, 2)) || error.message().contains(&said(2, 1)), "{error}");
    assert!(error.help_text().unwrap().contains("again = \"all\""));
}

/// What happens to a file: a byte changes, its end is lost, it is lost.
const DAMAGES: [fn(&Memory, &str); 3] = [
    |memory, path| memory.change(path, |bytes| bytes[20] ^= 1),
    |memory, path| memory.change(path, |bytes| bytes.truncate(100)),
    |memory, path| memory.remove(path),
];

#[test]
fn data_files_of_contributions_that_are_damaged_are_counted_again() {
    // Each of the data files: the one that counts, and one that counted before, which the report was made from.
    for damage in DAMAGES {
        for at in 0..3 {
            let (mut work, memory, ..) = two_runs();
            work.write("in/a.csv", &text("2024-04-09T00:30:00Z,Open\n"));
            work.run(&memory.calm()).unwrap();
            let names = memory.names("state/contributions/");
            let files: Vec<_> = names.iter().filter(|name| name.ends_with(".parquet")).collect();
            assert_eq!(files.len(), 3, "{names:?}");
            damage(&memory, files[at]);
            work.write("in/c.csv", &text("2024-03-31T04:33:00Z,Open\n"));
            is_counted_again(work, &memory);
        }
    }
}

#[test]
fn a_run_that_finds_damage_after_its_commit_loses_nothing() {
    for (damage, is_gone) in DAMAGES.iter().flat_map(|damage| [(damage, false), (damage, true)]) {
        let (mut work, memory, ..) = two_runs();
        let names = memory.names("state/contributions/");
        names.iter().filter(|name| name.ends_with(".parquet")).for_each(|file| damage(&memory, file));
        if is_gone {
            work.delete("in/b.csv");
        }
        // It counts in a window of what is damaged: the file is in the ledger, and is not published.
        work.write("in/c.csv", &text("2024-03-31T00:32:00Z,Open\n"));
        for _ in 0..2 {
            let error = work.run(&memory.calm()).unwrap_err();
            assert_eq!(error.kind(), Kind::Attention, "{error}");
            assert!(error.help_text().unwrap().contains("again = \"all\""), "{error:?}");
        }
        is_counted_again(work, &memory);
    }
}

#[test]
fn a_report_that_shows_damaged_contributions_is_made_again_whole() {
    let (mut work, memory, ..) = two_runs();
    // The ledger counts the files again, and the run dies before it publishes.
    let store = memory.calm();
    memory.remove("state/contributions");
    work.write("in/a.csv", &text("2024-04-09T00:30:00Z,Open\n"));
    work.delete("in/b.csv");
    let dies = memory.wild(Box::new(|what, path| match (what, path.starts_with("reports/ten/")) {
        ("put", true) => crate::storage::OperationFate::Before,
        _ => crate::storage::OperationFate::Pass,
    }));
    let again = RunRequest { again: Some(Again::All), gone_accepted: true, lists_all: false };
    work.run_asked(&dies, &Settings::default(), &again).unwrap_err();
    work.run(&store).unwrap();
    let mut model = Model::default();
    model.run(&work.job(), &work.files);
    truth::check(&store, &work.job(), &model);
}

#[test]
fn a_report_that_another_program_changed_is_published_again() {
    let (work, memory, _, model) = two_runs();
    let store = memory.calm();
    let table = DeltaTable::open(&store, "reports/ten").unwrap().unwrap();
    let file = table.files().next().unwrap();
    let remove =
        format!(r#"{{"remove":{{"path":"{}","deletionTimestamp":1,"dataChange":true}}}}"#, file.path());
    let next = format!("reports/ten/_delta_log/{:020}.json", table.version() + 1);
    store.put(&next, remove.into()).unwrap();
    let done = work.run(&memory.calm()).unwrap();
    assert!(done.published[0].is_repaired);
    truth::check(&memory.calm(), &work.job(), &model);
    assert!(!work.run(&memory.calm()).unwrap().published[0].is_repaired);
}
