use std::collections::BTreeMap;

use windrow::engine::embedded::Embedded;
use windrow::engine::{Engine, Receiver};
use windrow::ledger::{KeptTable, Ledger, RunRow, read_rows};
use windrow::source::{self, InputFile};
use windrow::{Inputs, Job, Result, RunOptions, Settings, run_with};

use crate::model::HEADER;
use crate::storage::Memory;
use crate::work::{JobWords, TestWork};

/// The embedded engine under another name.
struct Other;

impl Engine for Other {
    fn name(&self) -> &'static str {
        "other"
    }

    fn count(
        &self,
        job: &Job,
        files: &[InputFile],
        settings: &Settings,
        receiver: &mut dyn Receiver,
    ) -> Result<()> {
        Embedded.count(job, files, settings, receiver)
    }
}

fn run(work: &TestWork, memory: &Memory, engine: &dyn Engine) {
    let job = work.job();
    let listing =
        source::list_present(&job.source.path, &job.source.root, &job.source.endings(), &job.stores())
            .unwrap();
    let store = memory.calm();
    let options = RunOptions { engine: Some(engine), store: Some(&store), ..RunOptions::default() };
    run_with(&job, Inputs::Files(&listing.files), &Settings::default(), options).unwrap();
}

/// The engine of each row that counts.
fn engines(memory: &Memory) -> BTreeMap<String, String> {
    let ledger = Ledger::open(&memory.calm()).unwrap().unwrap();
    let counted = ledger.rows().filter(|row| row.contribution.is_some());
    counted.map(|row| (row.file.to_string(), row.engine.to_string())).collect()
}

#[test]
fn a_row_has_the_engine_that_its_counts_are_from() {
    let (mut work, memory) = (TestWork::new(JobWords::default()), Memory::default());
    for (at, name) in ["same", "changed", "touched", "gone", "moved"].into_iter().enumerate() {
        work.write(&format!("in/{name}.csv"), &format!("{HEADER}\n2024-01-01T00:0{at}:00Z,Open\n"));
    }
    run(&work, &memory, &Embedded);
    assert!(engines(&memory).values().all(|engine| engine == "embedded"));

    work.write("in/changed.csv", &format!("{HEADER}\n2024-01-02T00:00:00Z,Open\n"));
    work.write("in/new.csv", &format!("{HEADER}\n2024-01-03T00:00:00Z,Open\n"));
    work.touch("in/touched.csv");
    work.delete("in/gone.csv");
    work.rename("in/moved.csv", "in/there.csv");
    run(&work, &memory, &Other);
    let engines = engines(&memory);
    let engines: Vec<(&str, &str)> =
        engines.iter().map(|(file, engine)| (file.as_str(), engine.as_str())).collect();
    assert_eq!(
        engines,
        [
            ("in/changed.csv", "other"),
            ("in/gone.csv", "embedded"),
            ("in/new.csv", "other"),
            ("in/same.csv", "embedded"),
            ("in/there.csv", "embedded"),
            ("in/touched.csv", "embedded"),
        ]
    );

    let mut runs: Vec<RunRow> = Vec::new();
    read_rows(&memory.calm(), KeptTable::Runs, None, &mut |run: RunRow| {
        runs.push(run);
        Ok(())
    })
    .unwrap();
    runs.sort_by(|a, b| a.run.cmp(&b.run));
    let of_runs: Vec<&str> = runs.iter().map(|run| run.engine.as_str()).collect();
    assert_eq!(of_runs, ["embedded", "other"]);
}
