//! Whatever bytes a packed file has: no panic, no more content than is allowed, and one outcome whatever the threads.
#![no_main]

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use windrow::{Compression, Packer};
use windrow::{Inputs, Job, Settings};

const CONTENT_BYTES_MAX: u64 = 4_096;

/// `text`, packed in two members, with bytes changed, and cut.
fn packed(compression: Compression, text: &[u8], changes: &[(u16, u8)], cut: u8) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for part in text.chunks(text.len() / 2 + 1) {
        let mut packer = Packer::new(Some(compression), Vec::new()).ok()?;
        packer.write_all(part).ok()?;
        bytes.extend(packer.finish().ok()?);
    }
    let len = bytes.len().max(1);
    for (at, other) in changes.iter().take(4) {
        if let Some(byte) = bytes.get_mut(usize::from(*at) % len) {
            *byte ^= other;
        }
    }
    bytes.truncate(bytes.len().saturating_sub(cut.into()));
    Some(bytes)
}

fn outcome(path: &Path, threads: usize) -> Option<String> {
    let text = format!(
        "name = 'fuzz'\nversion = 1\n[source]\npath = '{}'\ntime = 'time'\nkeys = ['action']\n\
         [limits]\nunpacked_bytes = {CONTENT_BYTES_MAX}\n[reports.all]\nevery = '1h'\n",
        path.display()
    );
    let job = match Job::from_toml(&text, Path::new("job.toml")) {
        Ok(job) => job,
        Err(error) => panic!("the job is wrong: {error}"),
    };
    let settings = Settings { threads: NonZeroUsize::new(threads)?, ..Settings::default() };
    Some(match windrow::run(&job, Inputs::Listed, &settings) {
        Ok(outcome) => {
            let summary = outcome.summary();
            // What is not packed may be written anew in UTF-8, and is not limited.
            let bytes = std::fs::metadata(path).map_or(0, |file| file.len());
            let most = CONTENT_BYTES_MAX.max(2 * bytes);
            assert!(summary.bytes_accepted <= most, "{} bytes of {most}", summary.bytes_accepted);
            format!("{:?} {:?} {:?}", summary.rows, summary.bytes_accepted, summary.files_refused)
        }
        Err(error) => error.to_string(),
    })
}

fuzz_target!(|input: (u8, Vec<(u16, u8)>, u8, &[u8])| {
    let (choice, changes, cut, text) = input;
    let folder = if Path::new("/dev/shm").is_dir() { Path::new("/dev/shm").to_owned() } else { std::env::temp_dir() };
    let path = folder.join(format!("windrow-fuzz-{}.csv", std::process::id()));
    let bytes = match Compression::ALL.get(usize::from(choice % 5)) {
        Some((compression, _)) => packed(*compression, text, &changes, cut),
        None => Some(text.to_vec()),
    };
    let Some(bytes) = bytes else { return };
    if std::fs::write(&path, &bytes).is_err() {
        return;
    }
    assert_eq!(outcome(&path, 1), outcome(&path, 3));
});
