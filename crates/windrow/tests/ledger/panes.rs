use windrow::ledger::Ledger;
use windrow::{Again, Outcome, RunRequest};
use windrow::{Kind, Settings};

use crate::model::{HEADER, Model};
use crate::storage::Memory;
use crate::truth;
use crate::work::{JobWords, TestWork};

const FINE: &str = "every = '10m'\nzone = 'Europe/Berlin'";
const WIDE: &str = "every = '1h'\nzone = 'Europe/Berlin'";

fn rows(hour: u32, n: u32) -> String {
    (0..n).map(|at| format!("2024-03-30T{hour:02}:{:02}:00Z,Open\n", at % 60)).collect()
}

struct PaneJob {
    work: TestWork,
    memory: Memory,
    model: Model,
}

impl PaneJob {
    /// A log that was counted in panes of ten minutes, and another that is gone since.
    fn new(source: &str) -> Self {
        let reports = vec![("fine", FINE.to_owned()), ("day", "every = '1d'".to_owned())];
        let question = JobWords { source: source.to_owned(), reports, ..JobWords::default() };
        let mut job =
            PaneJob { work: TestWork::new(question), memory: Memory::default(), model: Model::default() };
        job.work.write("in/a.csv", &format!("{HEADER}\n{}", rows(1, 50)));
        job.work.write("in/gone.csv", &format!("{HEADER}\n{}", rows(1, 30)));
        job.run();
        job.work.delete("in/gone.csv");
        job
    }

    fn ask(&mut self, reports: &[&str]) {
        let names = ["fine", "day", "third"];
        self.work.question.reports =
            names.into_iter().zip(reports.iter().map(|report| (*report).to_owned())).collect();
    }

    #[track_caller]
    fn run(&mut self) -> Outcome {
        let done = truth::run(&self.work, &self.memory, &mut self.model);
        let fresh = truth::fresh(&self.model, &self.work.question);
        for (spec, rows) in self.work.job().reports.iter().zip(fresh) {
            assert_eq!(truth::published(&self.memory.calm(), &self.work.job(), &spec.name), rows);
        }
        done
    }
}

#[test]
fn wider_windows_come_from_the_ledger() {
    for reports in
        [&["every = '1d'"][..], &[WIDE], &["every = '30m'", "every = '1mo'"], &[WIDE, "every = '6h'"]]
    {
        let mut job = PaneJob::new("");
        job.ask(reports);
        let done = job.run();
        assert_eq!(done.bytes_read, 0, "{reports:?}");
    }
}

#[test]
fn counts_of_different_widths_stand_side_by_side() {
    for source in ["", "growing = true"] {
        let mut job = PaneJob::new(source);
        job.ask(&[WIDE]);
        job.work.write("in/b.csv", &format!("{HEADER}\n{}", rows(1, 20)));
        job.run();
        // What was counted in narrow panes grows in wide ones.
        let text = job.work.files["in/a.csv"].clone() + &rows(2, 9);
        job.work.write("in/a.csv", &text);
        job.run();
        job.ask(&["every = '1d'\nzone = 'Europe/Berlin'"]);
        assert_eq!(job.run().bytes_read, 0);
    }
}

#[test]
fn narrower_windows_need_the_files() {
    let mut job = PaneJob::new("");
    job.ask(&[WIDE]);
    job.work.write("in/b.csv", &format!("{HEADER}\n{}", rows(1, 20)));
    job.run();
    let state = job.memory.names("state/");
    job.ask(&[FINE]);
    let error = job.work.run(&job.memory.calm()).unwrap_err();
    assert_eq!(error.kind(), Kind::Attention, "{error}");
    assert!(error.message().contains("narrower windows"), "{error}");
    assert_eq!(job.memory.names("state/"), state);
    // Once all that was counted in wide panes has left, what was counted in narrow ones serves again.
    job.ask(&[WIDE]);
    job.work.write("in/b.csv", HEADER);
    job.work.write("in/b.csv", "no header that is known\n");
    job.run();
    job.ask(&[FINE]);
    assert_eq!(job.run().bytes_read, 0, "the refused file is as it was");
    job.work.write("in/b.csv", &format!("{HEADER}\n{}", rows(1, 20)));
    job.run();
}

#[test]
fn what_was_counted_narrowly_and_is_moved_stays_narrow() {
    let mut job = PaneJob::new("");
    job.ask(&[WIDE]);
    job.work.rename("in/a.csv", "in/b.csv");
    job.run();
    let ledger = Ledger::open(&job.memory.calm()).unwrap().unwrap();
    let counted: Vec<&str> =
        ledger.rows().filter(|row| row.contribution.is_some()).map(|row| &*row.counted_by).collect();
    assert!(counted.len() == 2 && counted[0] == counted[1], "{counted:?}");
    job.ask(&[FINE]);
    assert_eq!(job.run().bytes_read, 0);
}

#[test]
fn all_again_counts_in_the_panes_of_the_job() {
    let mut job = PaneJob::new("");
    job.ask(&[WIDE]);
    job.run();
    job.work.write("in/gone.csv", &format!("{HEADER}\n{}", rows(1, 30)));
    let asked = RunRequest { again: Some(Again::All), gone_accepted: false, lists_all: false };
    job.work.run_asked(&job.memory.calm(), &Settings::default(), &asked).unwrap();
    job.ask(&[FINE]);
    assert_eq!(job.work.run(&job.memory.calm()).unwrap_err().kind(), Kind::Attention);
}
