use windrow::Kind;
use windrow::delta::{Commit, DeltaTable, Store};
use windrow::ledger::{FORMAT, Ledger};

use crate::model::{HEADER, Model};
use crate::storage::Memory;
use crate::truth;
use crate::work::{JobWords, TestWork};

const FORMAT_PROPERTY: &str = "windrow.format";

/// The ledger in `store` says that it is of this format.
fn put_format(store: &Store, format: u32) {
    let mut table = DeltaTable::open(store, "state/ledger").unwrap().unwrap();
    assert_eq!(table.properties()[FORMAT_PROPERTY], Some(FORMAT.to_string()));
    let (expected_version, properties) =
        (table.version(), vec![(FORMAT_PROPERTY.to_owned(), format.to_string())]);
    table
        .commit(Commit { expected_version, properties, run_id: "x".to_owned(), ..Commit::default() })
        .unwrap();
}

fn one_run() -> (TestWork, Memory) {
    let source = "growing = true".to_owned();
    let (mut work, memory) = (TestWork::new(JobWords { source, ..JobWords::default() }), Memory::default());
    work.write("in/a.csv", &format!("{HEADER}\n2024-03-31T00:30:00Z,Open\n"));
    work.run(&memory.calm()).unwrap();
    (work, memory)
}

#[test]
fn an_older_ledger_is_upgraded_before_it_has_what_older_programs_cannot_read() {
    let (mut work, memory) = one_run();
    put_format(&memory.calm(), 1);
    let log = "state/ledger/_delta_log";
    let before = memory.names(log);
    work.run(&memory.calm()).unwrap();
    assert_eq!(memory.names(log), before, "nothing is new, and nothing is written");

    let text = format!("{}2024-03-31T00:31:00Z,Close\n", work.files["in/a.csv"]);
    work.write("in/a.csv", &text);
    work.run(&memory.calm()).unwrap();
    let store = memory.calm();
    let ledger = Ledger::open(&store).unwrap().unwrap();
    assert!(ledger.rows().any(|row| row.contribution.as_deref().is_some_and(|name| name.contains('+'))));
    let table = DeltaTable::open(&store, "state/ledger").unwrap().unwrap();
    assert_eq!(table.properties()[FORMAT_PROPERTY], Some(FORMAT.to_string()));
    let mut model = Model::default();
    truth::follow(&work, &memory, &mut model);
}

#[test]
fn a_newer_ledger_is_not_read() {
    let (work, memory) = one_run();
    put_format(&memory.calm(), FORMAT + 1);
    let error = work.run(&memory.calm()).unwrap_err();
    assert_eq!(error.kind(), Kind::Attention, "{error}");
    assert!(error.message().contains("in format 5; this version reads formats up to 4"), "{error}");
}
