use std::fmt::Write;

use windrow::delta::{DeltaTable, Store};

use crate::storage::Memory;
use crate::truth::check_peaks;
use crate::work::{JobWords, TestWork};

fn work(peaks: &str) -> TestWork {
    let source = "on_gone = 'subtract'".to_owned();
    TestWork::new(JobWords { source, reports: reports(peaks), ..JobWords::default() })
}

/// Two reports; one of them asks for peaks.
fn reports(peaks: &str) -> Vec<(&'static str, String)> {
    let lines = format!("every = '1h'\nmeasures = ['max(n)']\n{peaks}");
    vec![("ten", "every = '10m'".to_owned()), ("hourly", lines)]
}

/// A file with a few rows for every hour of a day in March, and many for the hour `busy`.
fn day(day: u32, busy: u32) -> String {
    let mut rows = "time,action,n\n".to_owned();
    for hour in 0..24 {
        let n = if hour == busy { 90 } else { 3 + hour % 2 };
        for at in 0..n {
            writeln!(rows, "2024-03-{day:02}T{hour:02}:{:02}:00Z,open,{}", at % 60, at * day).unwrap();
        }
    }
    rows
}

fn version(store: &Store) -> u64 {
    DeltaTable::open(store, "peaks/hourly").unwrap().unwrap().version()
}

#[test]
fn the_table_of_peaks_follows_the_ledger() {
    let (mut work, memory) = (work("peaks = { limit = 3, gaps = true }"), Memory::default());
    let store = memory.calm();
    for (of, busy) in [(5, 7), (6, 30), (7, 20), (5, 8), (6, 2)] {
        work.write(&format!("in/{of}.csv"), &day(of, busy));
        work.run(&store).unwrap();
        check_peaks(&store, &work.job());
    }
    work.delete("in/7.csv");
    work.run(&store).unwrap();
    check_peaks(&store, &work.job());
    // A run that finds nothing new does not change the table.
    let before = version(&store);
    work.run(&store).unwrap();
    assert_eq!(version(&store), before);
    // The rules for peaks may change at any time, and with them the type of the values.
    for peaks in ["peaks = { limit = 1 }", "peaks = { by = 'max(n)' }", "peaks = { threshold = 900.0 }"] {
        let before = version(&store);
        work.question.reports = reports(peaks);
        assert_eq!(work.run(&store).unwrap().bytes_read, 0, "{peaks}");
        check_peaks(&store, &work.job());
        assert!(version(&store) > before, "{peaks}");
    }
    assert!(DeltaTable::open(&store, "peaks/ten").unwrap().is_none(), "it does not ask for them");
}

#[test]
fn peaks_that_another_program_has_changed_are_published_again() {
    let (mut work, memory) = (work("peaks = { limit = 3 }"), Memory::default());
    let store = memory.calm();
    work.write("in/a.csv", &day(5, 7));
    work.run(&store).unwrap();
    let table = DeltaTable::open(&store, "peaks/hourly").unwrap().unwrap();
    let (version, file) = (table.version() + 1, table.files().next().unwrap().path());
    let removed =
        format!(r#"{{"remove":{{"path":"{file}","dataChange":true,"deletionTimestamp":1700000000000}}}}"#);
    store.put_new(&format!("peaks/hourly/_delta_log/{version:020}.json"), removed.into()).unwrap();
    // A new store, as of another process, which does not remember the table.
    let store = memory.calm();
    work.run(&store).unwrap();
    check_peaks(&store, &work.job());
}
