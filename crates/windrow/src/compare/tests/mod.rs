mod causes;
mod empty;
mod fits;
mod foreign;
mod many;
mod merge;
mod reading;
mod spark;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::names::RoleMap;
use super::result::ResultFiles;
use super::{CompareOptions, Comparison, JobAnswer, JobSide, Side, compare};
use crate::calendar::Zone;
use crate::error::Result;
use crate::format::endings;
use crate::job::Job;
use crate::reject::Reason;
use crate::run::{Inputs, run};
use crate::settings::Settings;
use crate::source::list;

/// A job over `in/`, in windows of ten minutes.
const JOB: &str = r#"
name = "j"
version = 1
[source]
path = ["in"]
time = "time"
keys = ["action"]
[clean]
action = { case = "title" }
[limits]
rejects = "none"
[reports.r]
every = "10m"
values = ["Open", "Close"]
"#;

/// Events in four windows: 12:00 (Open 2, Close 1), 12:10 (Close 1), 12:30 (Open 1, Close 2), 13:00 (Open 1).
const EVENTS: &str = "time,action
2024-01-01T12:00:00Z,Open
2024-01-01T12:01:00Z,Open
2024-01-01T12:09:59Z,Close
2024-01-01T12:10:30Z,Close
2024-01-01T12:30:01Z,Close
2024-01-01T12:31:00Z,Open
2024-01-01T12:39:00Z,Close
2024-01-01T13:05:00Z,Open
";

/// The answer to it, as an old job writes it.
const OLD: &str = "window_start,window_end,Open,Close,avg_actions
2024-01-01T12:00:00.000Z,2024-01-01T12:10:00.000Z,2,1,1.5
2024-01-01T12:10:00.000Z,2024-01-01T12:20:00.000Z,0,1,0.5
2024-01-01T12:30:00.000Z,2024-01-01T12:40:00.000Z,1,2,1.5
2024-01-01T13:00:00.000Z,2024-01-01T13:10:00.000Z,1,0,0.5
";

/// A folder of files, the later ones changed later; `in/` is what the job reads.
struct Desk {
    folder: TempDir,
    job: String,
    map: Vec<String>,
    zone: Option<&'static str>,
    held: u64,
    settings: Settings,
}

impl Desk {
    fn new(files: &[(&str, &str)]) -> Desk {
        let desk = Desk {
            folder: tempfile::tempdir().unwrap(),
            job: JOB.to_owned(),
            map: vec![],
            zone: None,
            held: super::ROWS_HELD,
            settings: Settings::default(),
        };
        files.iter().for_each(|(name, text)| desk.write(name, text.as_bytes()));
        desk
    }

    fn with_job(self, from: &str, to: &str) -> Desk {
        assert!(self.job.contains(from), "{from}");
        Desk { job: self.job.replace(from, to), ..self }
    }

    fn with_map(self, map: &str) -> Desk {
        Desk { map: vec![map.to_owned()], ..self }
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn options(&self) -> CompareOptions {
        let zone = self.zone.map(|zone| Zone::parse(zone).unwrap());
        CompareOptions { map: RoleMap::parse(&self.map).unwrap(), zone, limit: 10, held: self.held }
    }

    /// Compares the result at `name` with the job's answer.
    fn with_the_job(&self, name: &str) -> Result<Comparison> {
        let old = Side::Result(ResultFiles::find(&self.path(name), None)?);
        let job = Job::from_toml(&self.job, &self.path("job.toml")).unwrap();
        let listing = list(&[Path::new("in")], self.folder.path(), &endings(None), &job.stores()).unwrap();
        let outcome = run(&job, Inputs::Files(&listing.files), &self.settings)?;
        let refused: BTreeSet<String> = outcome.refused().map(|refused| refused.file.to_owned()).collect();
        let new = JobSide {
            name: "job.toml".to_owned(),
            job: &job,
            report: &job.reports[0],
            answer: JobAnswer::Counted(outcome.counts()?),
            files: &listing.files,
            refused,
        };
        compare([old, Side::Job(new)], &self.options(), &self.settings)
    }

    /// The reasons for which the job rejects rows.
    fn reasons(&self) -> Vec<String> {
        let job = Job::from_toml(&self.job, &self.path("job.toml")).unwrap();
        let listing = list(&[Path::new("in")], self.folder.path(), &endings(None), &job.stores()).unwrap();
        let tally = run(&job, Inputs::Files(&listing.files), &Settings::default()).unwrap().tally;
        let reasons = Reason::ALL.iter().filter(|reason| tally.rejected[**reason as usize] > 0);
        reasons.map(|reason| reason.name().to_owned()).collect()
    }

    fn two(&self, a: &str, b: &str) -> Result<Comparison> {
        let sides = [a, b].map(|name| ResultFiles::find(&self.path(name), None).unwrap());
        compare(sides.map(Side::Result), &self.options(), &Settings::default())
    }
}

/// The kinds of the causes that were found.
fn kinds(comparison: &Comparison) -> Vec<&str> {
    comparison.causes.iter().filter(|cause| cause.verified).map(|cause| cause.kind).collect()
}
