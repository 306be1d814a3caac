use std::collections::BTreeSet;

use windrow::Kind;
use windrow::delta::{DeltaTable, Store};
use windrow::publish::events::PATH;

use crate::events::digest_of;
use crate::model::{HEADER, Model};
use crate::storage::Memory;
use crate::truth;
use crate::work::{JobWords, TestWork};

fn parted() -> JobWords {
    JobWords { events: true, case: "keep", of_events: "partition_by = ['action']", ..JobWords::default() }
}

/// A file with an event of each value in each of two hours.
fn text_of(values: &[&str], minute: u32) -> String {
    let lines = values.iter().flat_map(|value| {
        [1, 3]
            .map(|hour| format!("2024-03-30T{hour:02}:{minute:02}:00Z,\"{}\"\n", value.replace('"', "\"\"")))
    });
    format!("{HEADER}\n{}", lines.collect::<String>())
}

#[test]
fn any_value_names_a_folder_and_comes_back() {
    let long = "é".repeat(300);
    let values = [
        "a/b",
        "..",
        ".",
        "",
        "é ü",
        "%41",
        "A",
        "__HIVE_DEFAULT_PARTITION__",
        "a=b",
        "x\ty",
        "\\",
        "'\"'",
        &long,
        "null",
        "*?",
    ];
    let mut work = TestWork::new(parted());
    (10..14).for_each(|minute| work.write(&format!("in/{minute}.csv"), &text_of(&values, minute)));
    let (job, store) = (work.job(), Store::local(&work.path("out")));
    let mut of_events = job.clone();
    (of_events.source.path, of_events.source.root) = (vec!["out/events".to_owned()], work.path(""));
    of_events.source.format = None;
    work.run(&store).unwrap();
    assert_eq!(digest_of(&of_events), digest_of(&job));
    work.write("in/11.csv", &text_of(&values[3..], 41));
    work.delete("in/12.csv");
    work.run(&store).unwrap();
    let table = DeltaTable::open(&store, PATH).unwrap().unwrap();
    let found: BTreeSet<Option<String>> =
        table.files().map(|file| file.partition()["action"].clone()).collect();
    assert_eq!(found.len(), values.len(), "{found:?}");
    // The hour from 01:00 is closed, so its files are merged by value. Later changes are not merged yet.
    let closed = table.files().filter(|file| file.path().contains("hour=01")).count();
    assert_eq!(closed, 2 * values.len() - 3);
    // A deleted file stays counted.
    let expected = 2 * (3 * values.len() + values.len() - 3) as u64;
    assert_eq!(table.files().filter_map(|file| file.rows()).sum::<u64>(), expected);
    for file in table.files().filter(|file| file.path().contains("hour=01")) {
        let parts: Vec<&str> = file.path().split('/').collect();
        assert!(parts.len() == 4 && parts[2].starts_with("action=") && parts[2].len() < 300, "{parts:?}");
    }
}

#[test]
fn keys_with_as_many_values_as_users_part_no_events() {
    let mut work = TestWork::new(parted());
    let row = |user: u32| format!("2024-03-30T01:00:00Z,user{user}\n");
    work.write("in/a.csv", &format!("{HEADER}\n{}", (0..1_000).map(row).collect::<String>()));
    let memory = Memory::default();
    work.run(&memory.calm()).unwrap();
    work.write("in/b.csv", &format!("{HEADER}\n{}", row(1_000)));
    let error = work.run(&memory.calm()).unwrap_err();
    assert_eq!(error.kind(), Kind::Limit, "{error}");
    assert!(error.message().contains("partition_by") && error.message().contains("action"), "{error}");
    work.write("in/b.csv", &format!("{HEADER}\n{}", row(5)));
    work.run(&memory.calm()).unwrap();
    let mut model = Model::default();
    model.run(&work.job(), &work.files);
    truth::check(&memory.calm(), &work.job(), &model);
}

#[test]
fn other_folders_need_another_table() {
    let mut work = TestWork::new(parted());
    work.write("in/a.csv", &text_of(&["a"], 1));
    let memory = Memory::default();
    work.run(&memory.calm()).unwrap();
    work.question.of_events = "";
    let error = work.run(&memory.calm()).unwrap_err();
    assert_eq!(error.kind(), Kind::Attention, "{error}");
    assert!(error.message().contains("its folders are by date and hour and action"), "{error}");
}
