use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use windrow::Kind;
use windrow::delta::DeltaTable;
use windrow::publish::events::PATH;

use crate::model::{HEADER, Model};
use crate::storage::{Memory, OperationFate};
use crate::truth;
use crate::work::{JobWords, TestWork};

/// A job that publishes its events, and the state after some runs.
struct PublishingJob {
    work: TestWork,
    memory: Memory,
    model: Model,
}

impl PublishingJob {
    fn new(source: &str) -> Self {
        let question = JobWords { events: true, source: source.to_owned(), ..JobWords::default() };
        PublishingJob { work: TestWork::new(question), memory: Memory::default(), model: Model::default() }
    }

    fn write(&mut self, name: &str, lines: &str) {
        self.work.write(name, &format!("{HEADER}\n{lines}"));
    }

    /// Runs the job, and checks everything that must hold.
    fn run(&mut self) {
        self.work.run(&self.memory.calm()).unwrap();
        self.model.run(&self.work.job(), &self.work.files);
        truth::check(&self.memory.calm(), &self.work.job(), &self.model);
    }

    fn table(&self) -> DeltaTable {
        DeltaTable::open(&self.memory.calm(), PATH).unwrap().unwrap()
    }

    /// The number of data files in each folder.
    fn folders(&self) -> BTreeMap<String, usize> {
        let mut folders = BTreeMap::new();
        for file in self.table().files() {
            let folder = file.path().rsplit_once('/').unwrap().0;
            *folders.entry(folder.to_owned()).or_default() += 1;
        }
        folders
    }
}

/// Two events in each of these hours.
fn lines(hours: std::ops::Range<u32>, minute: u32) -> String {
    let line = |hour| {
        format!("2024-03-30T{hour:02}:{minute:02}:00Z,Open\n2024-03-30T{hour:02}:{minute:02}:30Z,close\n")
    };
    hours.map(line).collect()
}

/// Twelve inputs over the same six hours.
fn twelve(source: &str) -> PublishingJob {
    let mut there = PublishingJob::new(source);
    (10..22).for_each(|minute| there.write(&format!("in/{minute}.csv"), &lines(0..6, minute)));
    there.run();
    there
}

#[test]
fn data_files_of_closed_hours_are_made_one() {
    let there = twelve("");
    // The newest event is at 05:21, so the hour from 04:00 ended less than an hour ago.
    let files: Vec<usize> = there.folders().into_values().collect();
    assert_eq!(files, [1, 1, 1, 1, 12, 12]);
    let log = there.memory.names("events/_delta_log/");
    let last = log.iter().rfind(|name| name.ends_with(".json")).unwrap();
    let commit = there.memory.calm().get(last).unwrap().unwrap();
    let commit = String::from_utf8(commit.to_vec()).unwrap();
    assert!(commit.contains("OPTIMIZE"), "{commit}");
    assert_eq!(
        (commit.matches("\"dataChange\":false").count(), commit.matches("\"dataChange\":true").count()),
        (52, 0)
    );
}

#[test]
fn what_changes_in_a_closed_hour_is_replaced() {
    let mut there = twelve("on_gone = 'subtract'");
    there.write("in/13.csv", &lines(1..3, 13));
    there.work.delete("in/14.csv");
    there.work.rename("in/15.csv", "in/99.csv");
    there.run();
    there.work.write("in/16.csv", &format!("{HEADER}\n{}", "bad\n".repeat(9)));
    there.run();
    (17..22).for_each(|minute| there.work.delete(&format!("in/{minute}.csv")));
    there.run();
    for name in there.work.files.clone().into_keys().filter(|name| name != "in/10.csv") {
        there.work.delete(&name);
    }
    there.run();
    // Only the events of `in/10.csv` are left, each of them once.
    assert_eq!(there.table().files().filter_map(|file| file.rows()).sum::<u64>(), 12);
}

#[test]
fn what_comes_late_does_not_write_an_hour_again_each_time() {
    let mut there = twelve("");
    let (mut most, mut written) = (0, 0);
    for late in 0..60 {
        let before = there.memory.names("events/date=2024-03-30/hour=02");
        there.write(&format!("in/late{late}.csv"), &lines(2..3, late));
        there.run();
        let is_new = |file: &&windrow::delta::DataFile| {
            file.path().contains("hour=02") && !before.contains(&format!("events/{}", file.path()))
        };
        written += there.table().files().filter(is_new).filter_map(|file| file.rows()).sum::<u64>();
        most = most.max(there.folders()["date=2024-03-30/hour=02"]);
    }
    assert!(most <= 7, "{most}");
    // Sixty inputs each added two events to the first two dozen.
    assert!(written <= 120 * 7, "{written}");
}

#[test]
fn nothing_is_done_where_nothing_came() {
    let there = twelve("");
    let before = there.table().version();
    let store = there.memory.calm();
    there.work.run(&store).unwrap();
    assert_eq!(there.table().version(), before);
    assert!(store.operations().reads <= 40, "{:?}", store.operations());
}

#[test]
fn parts_of_growing_files_are_merged_and_folded() {
    let mut there = PublishingJob::new("growing = true");
    let names = ["in/a.csv", "in/b.csv"];
    names.iter().for_each(|name| there.write(name, &lines(0..1, 0)));
    for run in 1..70 {
        for (at, name) in names.iter().enumerate() {
            let (hour, minute) = (run / 4, run % 4 * 15 + at as u32);
            let text = there.work.files[*name].clone();
            there.work.write(name, &format!("{text}2024-03-30T{hour:02}:{minute:02}:00Z,Open\n"));
        }
        there.run();
    }
    let most = there.folders().into_values().max();
    assert!(most <= Some(12), "{:?}", there.folders());
}

#[test]
fn shares_that_count_for_two_files_are_merged_by_copy() {
    let mut there = twelve("growing = true\nduplicates = 'count'\non_gone = 'subtract'");
    let before = there.work.files["in/12.csv"].clone();
    for (minute, other) in [(33, "in/c.csv"), (34, "in/d.csv"), (35, "in/e.csv")] {
        let text = there.work.files["in/12.csv"].clone();
        there.work.write("in/12.csv", &format!("{text}2024-03-30T05:{minute}:00Z,Open\n"));
        there.work.write(other, &before);
        there.run();
    }
    for name in ["in/d.csv", "in/12.csv", "in/c.csv"] {
        there.work.delete(name);
        there.run();
    }
}

/// A run pauses before one of its puts below `events`, each of them in turn, while another run does all its work.
#[test]
fn a_run_that_stands_still_anywhere_in_the_events_harms_nothing() {
    let mut before = twelve("on_gone = 'subtract'");
    before.write("in/13.csv", &lines(1..3, 13));
    before.write("in/late.csv", &lines(0..2, 50));
    before.work.delete("in/14.csv");
    let (mut stops, mut lost) = (0, 0);
    for stop in 0.. {
        // The same content, with a new time of change.
        let text = before.work.files["in/15.csv"].clone();
        before.work.write("in/15.csv", &text);
        let (memory, count) = (before.memory.copy(), Arc::new(AtomicUsize::new(0)));
        let (mut other, shared, seen) = (before.work.clone(), memory.clone(), count.clone());
        let (tell, told) = mpsc::channel();
        let mut once = Some(tell);
        let store = memory.wild(Box::new(move |what, path| {
            if what == "put"
                && path.starts_with("events/")
                && seen.fetch_add(1, Ordering::Relaxed) == stop
                && let Some(tell) = once.take()
            {
                other.write("in/15.csv", &format!("{HEADER}\n{}", lines(2..4, 15 + stop as u32 % 5)));
                other.run(&shared.calm()).unwrap();
                tell.send(other.clone()).unwrap();
            }
            OperationFate::Pass
        }));
        let run = before.work.run(&store);
        let Ok(after) = told.try_recv() else { break };
        stops += 1;
        if let Err(error) = run {
            assert_eq!(error.kind(), Kind::Storage, "{error}");
            lost += 1;
        }
        let mut model = before.model.clone();
        model.run(&after.job(), &after.files);
        truth::check(&memory.calm(), &after.job(), &model);
        after.run(&memory.calm()).unwrap();
        truth::check(&memory.calm(), &after.job(), &model);
    }
    assert!(stops > 8 && lost > 2 && lost < stops, "{stops} {lost}");
}
