use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use windrow::delta::{DeltaTable, Store};
use windrow::ledger::{Change, KeptTable, read_rows};
use windrow::publish::delta::PublishedTable;
use windrow::{Job, Kind};

use crate::model::{HEADER, Model};
use crate::sequences::Draws;
use crate::storage::{Memory, OperationFate};
use crate::truth;
use crate::work::{JobWords, TestWork};

/// What stands before the run that dies.
struct BeforeCrash {
    work: TestWork,
    memory: Memory,
    model: Model,
}

impl BeforeCrash {
    fn nothing() -> BeforeCrash {
        BeforeCrash::nothing_of(JobWords::default())
    }

    fn nothing_of(question: JobWords) -> BeforeCrash {
        let mut dice = Draws(7);
        let mut work = TestWork::new(question);
        for name in ["in/a.csv", "in/b.csv", "in/c.csv"] {
            let text = format!("{HEADER}\n2024-03-31T00:30:00Z,Open\nbad\n{}", dice.lines(8));
            work.write(name, &text);
        }
        BeforeCrash { work, memory: Memory::default(), model: Model::default() }
    }

    fn one_run() -> BeforeCrash {
        BeforeCrash::one_run_of(JobWords::default())
    }

    fn one_run_of(question: JobWords) -> BeforeCrash {
        let mut before = BeforeCrash::nothing_of(question);
        before.work.run(&before.memory.calm()).unwrap();
        before.model.run(&before.work.job(), &before.work.files);
        before
    }
}

/// A store that is dead after some operations; the last one may still take effect.
pub(crate) fn dying(memory: &Memory, operations: u64, last: OperationFate) -> (Store, Arc<AtomicU64>) {
    let done = Arc::new(AtomicU64::new(0));
    let count = done.clone();
    let store = memory.wild(Box::new(move |_, _| match count.fetch_add(1, Ordering::Relaxed) + 1 {
        at if at < operations => OperationFate::Pass,
        at if at == operations => last,
        _ => OperationFate::Before,
    }));
    (store, done)
}

/// What changed and why, without when and by which run.
fn changes(memory: &Memory) -> Vec<String> {
    let mut rows = Vec::new();
    read_rows(&memory.calm(), KeptTable::Changes, None, &mut |c: Change| {
        let number = (c.report, c.window_start.0, c.keys, c.old, c.new);
        rows.push(format!("{number:?} {} {:?} {}", c.cause, c.file, c.files));
        Ok(())
    })
    .unwrap();
    rows.sort();
    rows
}

/// The run over `before` dies at each of its operations, and another one follows.
fn die_everywhere(before: &BeforeCrash) {
    let BeforeCrash { work, memory, model } = before;
    let job = work.job();
    let mut model = model.clone();
    model.run(&job, &work.files);
    let calm = memory.copy();
    work.run(&calm.calm()).unwrap();
    truth::check(&calm.calm(), &job, &model);
    for last in [OperationFate::Before, OperationFate::After] {
        let mut died = 0;
        for operations in 1.. {
            let memory = memory.copy();
            let (store, done) = dying(&memory, operations, last);
            let run = work.run(&store);
            if done.load(Ordering::Relaxed) < operations {
                run.unwrap();
                break;
            }
            died += 1;
            if let Err(error) = run {
                assert_eq!(error.kind(), Kind::Storage, "{error}");
            }
            work.run(&memory.calm()).unwrap_or_else(|error| panic!("after {operations} {last:?}: {error}"));
            truth::check(&memory.calm(), &job, &model);
            assert_eq!(changes(&memory), changes(&calm), "after {operations} {last:?}");
            clean_all(&memory, &job);
            for spec in &job.reports {
                assert_eq!(truth::published(&memory.calm(), &job, &spec.name), model.rows(&job, spec));
            }
        }
        println!("died at {died} operations, {last:?}");
        assert!(died > 10);
    }
}

/// After cleaning only what the tables name is stored.
fn clean_all(memory: &Memory, job: &Job) {
    // What was removed in this very millisecond stays.
    std::thread::sleep(Duration::from_millis(2));
    let reports = job.reports.iter().map(|spec| PublishedTable::path(&spec.name));
    let kept = KeptTable::ALL.iter().map(|kept| kept.path().to_owned());
    let mut named = BTreeSet::new();
    let others = ["state/ledger", "state/events", "events"].map(str::to_owned);
    for path in reports.chain(kept).chain(others) {
        let Some(mut table) = DeltaTable::open(&memory.calm(), &path).unwrap() else { continue };
        table.clean(0, &|_| false).unwrap();
        named.extend(table.files().map(|file| format!("{path}/{}", file.path())));
    }
    let stored = memory.names("").into_iter().filter(|name| !name.contains("_delta_log"));
    let orphans: Vec<String> = stored.filter(|name| !named.contains(name)).collect();
    assert!(orphans.is_empty(), "{orphans:?}");
}

#[test]
fn the_first_run_dies() {
    die_everywhere(&BeforeCrash::nothing());
}

#[test]
fn a_run_with_all_sorts_of_changes_dies() {
    dies_with_all_sorts_of_changes(JobWords::default());
}

#[test]
fn a_run_that_publishes_events_dies() {
    let question = || JobWords { events: true, ..JobWords::default() };
    die_everywhere(&BeforeCrash::nothing_of(question()));
    dies_with_all_sorts_of_changes(question());
}

#[test]
fn a_run_that_merges_events_dies() {
    let source = "on_gone = 'subtract'".to_owned();
    let mut before = BeforeCrash::nothing_of(JobWords { events: true, source, ..JobWords::default() });
    let lines = |minute: u32| {
        let line = |hour| format!("2024-03-30T{hour:02}:{minute}:00Z,Open\n");
        format!("{HEADER}\n{}", [0, 1, 4].map(line).concat())
    };
    (10..14).for_each(|minute| before.work.write(&format!("in/{minute}.csv"), &lines(minute)));
    before.work.run(&before.memory.calm()).unwrap();
    before.model.run(&before.work.job(), &before.work.files);
    before.work.write("in/10.csv", &lines(40));
    before.work.delete("in/11.csv");
    (20..22).for_each(|minute| before.work.write(&format!("in/{minute}.csv"), &lines(minute)));
    die_everywhere(&before);
}

fn dies_with_all_sorts_of_changes(question: JobWords) {
    let mut before = BeforeCrash::one_run_of(question);
    let work = &mut before.work;
    let grown = format!("{}2024-04-02T12:00:00Z,Close\n", work.files["in/a.csv"]);
    work.write("in/a.csv", &grown);
    work.rename("in/b.csv", "in/z.csv");
    work.delete("in/c.csv");
    work.write("in/late.csv", &format!("{HEADER}\n2020-01-01T00:00:00Z,Open\n2024-03-31T00:31:00Z,Open\n"));
    die_everywhere(&before);
}

#[test]
fn a_run_over_a_mended_file_dies() {
    let mut before = BeforeCrash::one_run();
    let mended = before.work.files["in/a.csv"].replace("bad\n", "2024-03-31T00:39:00Z,Open\n");
    before.work.write("in/a.csv", &mended);
    die_everywhere(&before);
}

#[test]
fn a_run_of_another_question_dies() {
    let mut before = BeforeCrash::one_run();
    before.work.question.reports[0].1 = "every = '1h'\nzone = 'UTC'\nvalues = []".to_owned();
    before.work.question.reports.push(("other", "every = '10m'\nzone = 'Europe/Berlin'".to_owned()));
    die_everywhere(&before);
}
