use std::path::Path;
use std::time::SystemTime;

use super::*;
use crate::report::ReportData;

const JOB: &str = "name = 'a'\nversion = 1\n[source]\npath = ['in']\ntime = 'time'\nkeys = ['action']\n[reports.r]\nevery = '10m'\n";

const EVENTS: &str = "time,action\n2024-01-01T12:00:00Z,Open\n2024-01-01T12:01:00Z,Close\n";

fn job(rest: &str, events: &str) -> (tempfile::TempDir, Job) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("in")).unwrap();
    let path = folder.path().join("in/a.csv");
    std::fs::write(&path, events).unwrap();
    // Long enough ago to be known again.
    std::fs::File::options().append(true).open(path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    let job = Job::from_toml(&format!("{JOB}{rest}"), &folder.path().join("job.toml")).unwrap();
    (folder, job)
}

#[cfg(feature = "object-store")]
#[test]
fn a_run_with_a_ledger_works_inside_an_asynchronous_runtime() {
    use crate::storage::ObjectStorage;
    use object_store::memory::InMemory;
    use std::sync::Arc;
    let (_folder, job) = job("[output]\npath = 'out'\n", EVENTS);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let objects = ObjectStorage::new("memory:", Box::new(InMemory::new())).unwrap();
        let store = Store::new(Arc::new(objects));
        for bytes_read in [EVENTS.len() as u64, 0] {
            let options = RunOptions { store: Some(&store), ..RunOptions::default() };
            let outcome = run_with(&job, Inputs::Listed, &Settings::default(), options).unwrap();
            assert_eq!(outcome.bytes_read, bytes_read, "what is new alone is read");
            assert_eq!(outcome.report("r").unwrap().events_total(), 2, "a report is of all that counts");
        }
        // The job's own folder, which is local.
        let outcome = run(&job, Inputs::Listed, &Settings::default()).unwrap();
        assert_eq!(outcome.published.len(), 1);
    });
}

#[test]
fn other_paths_are_counted_without_a_ledger() {
    let (folder, job) = job("[output]\npath = 'out'\n", EVENTS);
    let path = folder.path().join("in/a.csv");
    let outcome = run(&job, Inputs::Paths(&[path]), &Settings::default()).unwrap();
    assert_eq!((outcome.tally.counted, outcome.ledger_version), (2, None));
    assert!(!folder.path().join("out").exists());
}

#[test]
fn what_must_not_be_published_is_no_report() {
    let (_folder, job) = job("", "time,action\nyesterday,Open\n");
    let outcome = run(&job, Inputs::Listed, &Settings::default()).unwrap();
    assert_eq!(outcome.report("r").unwrap_err(), *outcome.failure().unwrap());
    assert!(outcome.summary().reports.is_empty());
    assert_eq!(outcome.rejects().len(), 1);
}

#[test]
fn a_report_outlives_its_run_on_another_thread() {
    let (folder, job) = job("", EVENTS);
    let report: ReportData = run(&job, Inputs::Listed, &Settings::default()).unwrap().report("r").unwrap();
    drop((folder, job));
    let events = std::thread::spawn(move || report.events_total()).join().unwrap();
    assert_eq!(events, 2);
    let error =
        run(&self::job("", EVENTS).1, Inputs::Paths(&[Path::new("/nowhere").into()]), &Settings::default());
    assert_eq!(error.unwrap_err().kind(), Kind::Usage);
}
