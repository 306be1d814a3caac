use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use windrow::RunRequest;
use windrow::delta::Store;
use windrow::ledger::Ledger;

use crate::model::{HEADER, Model};
use crate::sequences::{Draws, change_files, given};
use crate::truth;
use crate::work::{JobWords, TestWork};

/// Kills unless more are asked for.
const KILLS: u64 = 6;

/// The longest a run is left alive, in microseconds.
const ALIVE_US_MAX: u64 = 150_000;

/// Names the job file to the program that is killed.
const JOB: &str = "WINDROW_KILL_JOB";

/// Runs the job in a process of its own: windrow itself where it is named, else the victim below.
fn start(job_file: &Path) -> Command {
    let mut command = match std::env::var("WINDROW_BIN") {
        Ok(windrow) => {
            let mut command = Command::new(windrow);
            command.arg("run").arg(job_file);
            command
        }
        Err(_) => {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["--exact", "kill::victim", "--ignored"]).env(JOB, job_file);
            command
        }
    };
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
#[ignore = "the program that is killed"]
fn victim() {
    let Ok(job_file) = std::env::var(JOB) else { return };
    let (job, output) = TestWork::at(Path::new(&job_file));
    let asked = RunRequest { gone_accepted: true, ..RunRequest::default() };
    TestWork::run_job(&job, &Store::local(&output), &asked).unwrap();
}

#[test]
fn kills_at_any_time_lose_nothing() {
    let mut dice = Draws(given("WINDROW_SEED").unwrap_or(5));
    let mut work = TestWork::new(JobWords::default());
    let (store, mut model) = (Store::local(&work.path("out")), Model::default());
    let version = || Ledger::open(&store).unwrap().map_or(0, |ledger| ledger.version());
    work.write("in/first.csv", &format!("{HEADER}\n2024-03-31T00:30:00Z,Open\n"));
    let job = work.job();
    let (kills, mut killed) = (given("WINDROW_KILLS").unwrap_or(KILLS), 0);
    for kill in 0..kills {
        change_files(&mut dice, &mut work);
        let before = version();
        let mut child = start(&work.path("job.toml")).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(dice.below(ALIVE_US_MAX)));
        child.kill().unwrap();
        killed += u64::from(child.wait().unwrap().code().is_none());
        if version() != before {
            model.run(&job, &work.files);
        }
        if kill % 4 == 3 || kill + 1 == kills {
            work.run(&store).unwrap();
            model.run(&job, &work.files);
            truth::check(&store, &job, &model);
        }
    }
    println!("{killed} of {kills} runs were killed before their end");
}
