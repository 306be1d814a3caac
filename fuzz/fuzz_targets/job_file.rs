//! No text makes reading a job file panic, and a job that is read means the same when it is saved and read again.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use windrow::Job;

fuzz_target!(|text: &str| {
    let path = Path::new("job.toml");
    let Ok(job) = Job::from_toml(text, path) else { return };
    let saved = job.to_toml(path);
    let again = match Job::from_toml(&saved, path) {
        Ok(again) => again,
        Err(error) => panic!("a saved job does not read: {error}\n{saved}"),
    };
    assert_eq!(again.count_fingerprint(), job.count_fingerprint(), "{saved}");
    assert_eq!(again.refusal_fingerprint(), job.refusal_fingerprint(), "{saved}");
    for report in &job.reports {
        assert_eq!(again.report_fingerprint(&report.name), job.report_fingerprint(&report.name), "{saved}");
    }
});
