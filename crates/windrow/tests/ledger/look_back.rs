use windrow::Forecast;
use windrow::delta::Store;
use windrow::{Again, Inputs, Outcome, RunOptions, RunRequest, Settings, plan, run_with};

use crate::storage::Memory;
use crate::work::{JobWords, TestWork};

fn options<'a>(store: &'a Store, asked: RunRequest) -> RunOptions<'a> {
    RunOptions { store: Some(store), asked, ..RunOptions::default() }
}

fn run(work: &TestWork, memory: &Memory, asked: RunRequest) -> Outcome {
    let store = memory.calm();
    run_with(&work.job(), Inputs::Listed, &Settings::default(), options(&store, asked)).unwrap()
}

fn forecast(work: &TestWork, memory: &Memory, asked: RunRequest) -> Forecast {
    plan(&work.job(), Inputs::Listed, &options(&memory.calm(), asked)).unwrap()
}

fn put(work: &mut TestWork, name: &str, events: u64) {
    let path = work.path(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let row = |at: u64| format!("2024-01-01T00:{:02}:00Z,{name}\n", at % 60);
    work.write(name, &("time,action\n".to_owned() + &(0..events).map(row).collect::<String>()));
}

/// The number of events that count.
fn counted(work: &TestWork, memory: &Memory) -> i64 {
    let ledger = windrow::ledger::Ledger::open(&memory.calm()).unwrap().unwrap();
    let _ = work;
    ledger.rows().filter(|row| row.contribution.is_some()).map(|row| row.counted).sum()
}

const NOW: RunRequest = RunRequest { again: None, gone_accepted: false, lists_all: false };
const WHOLE: RunRequest = RunRequest { lists_all: true, ..NOW };

#[test]
fn known_files_of_old_folders_count_as_unchanged_until_all_is_listed() {
    let source = "on_gone = 'subtract'\nlook_back = '7d'".to_owned();
    let (mut work, memory) = (TestWork::new(JobWords { source, ..JobWords::default() }), Memory::default());
    for day in 1..=20 {
        put(&mut work, &format!("in/date=2024-01-{day:02}/a.csv"), day);
    }
    // Without a ledger, all folders are listed, however old they are.
    run(&work, &memory, NOW);
    assert_eq!(counted(&work, &memory), 210);
    put(&mut work, "in/date=2024-01-02/late.csv", 1_000);
    put(&mut work, "in/date=2024-01-13/late.csv", 100);
    work.delete("in/date=2024-01-03/a.csv");
    put(&mut work, "in/date=2024-01-04/a.csv", 5_000);
    put(&mut work, "in/date=2024-01-21/a.csv", 21);
    let said = forecast(&work, &memory, NOW);
    let unlisted = said.unlisted.as_ref().unwrap();
    assert_eq!((unlisted.before.as_str(), unlisted.folders.len(), unlisted.files()), ("2024-01-13", 12, 12));
    let same = said.files.iter().filter(|file| file.cause == "same").count();
    assert_eq!((said.files_to_read, same), (2, 20));
    run(&work, &memory, NOW);
    assert_eq!(
        counted(&work, &memory),
        210 + 100 + 21,
        "late files of old folders are not seen, and none is gone"
    );
    assert_eq!(forecast(&work, &memory, NOW).unlisted.unwrap().before, "2024-01-14");
    let said = forecast(&work, &memory, WHOLE);
    assert_eq!((said.unlisted, said.files_to_read), (None, 2));
    run(&work, &memory, WHOLE);
    assert_eq!(counted(&work, &memory), 210 + 100 + 21 + 1_000 - 3 + 4_996);
    // A run that reads files again lists all folders.
    put(&mut work, "in/date=2024-01-01/late.csv", 7);
    run(&work, &memory, NOW);
    assert_eq!(counted(&work, &memory), 6_324);
    let span = Some(Again::Span { from_us: 0, to_us: 1 });
    run(&work, &memory, RunRequest { again: span, ..NOW });
    assert_eq!(counted(&work, &memory), 6_331);
}

#[test]
fn a_file_like_a_known_one_of_an_old_folder_is_a_duplicate() {
    let source = "look_back = '1d'".to_owned();
    let (mut work, memory) = (TestWork::new(JobWords { source, ..JobWords::default() }), Memory::default());
    put(&mut work, "in/2024-01-01/a.csv", 3);
    put(&mut work, "in/2024-01-09/b.csv", 4);
    run(&work, &memory, NOW);
    let text = work.files["in/2024-01-01/a.csv"].clone();
    work.write("in/2024-01-09/copy.csv", &text);
    let outcome = run(&work, &memory, NOW);
    assert_eq!((outcome.refused().count(), counted(&work, &memory)), (1, 7));
}
