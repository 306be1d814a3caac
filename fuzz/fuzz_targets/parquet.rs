//! Whatever the bytes of a Parquet file are, it is refused whole, or every row is accounted for: no panic, and bounded memory.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use windrow::{Inputs, Job, Settings};

const JOB: &str = "
name = 'fuzz'
version = 1
[source]
path = 'x.parquet'
format = 'parquet'
time = 'time'
keys = ['action']
[limits]
rejects = 'none'
[reports.r]
every = '1h'
";

static JOB_READ: LazyLock<Job> = LazyLock::new(|| Job::from_toml(JOB, Path::new("job.toml")).unwrap());
static FOLDER: LazyLock<std::path::PathBuf> = LazyLock::new(|| {
    // What the crate panics over is contained, and must not end the fuzzer.
    std::panic::set_hook(Box::new(|_| {}));
    let folder = std::env::temp_dir().join(format!("windrow-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
});

fuzz_target!(|bytes: &[u8]| {
    let path = FOLDER.join("x.parquet");
    std::fs::write(&path, bytes).unwrap();
    let Ok(outcome) = windrow::run(&JOB_READ, Inputs::Paths(&[path]), &Settings::default()) else { return };
    let tally = &outcome.tally;
    if !tally.adds_up() || outcome.partly_refused().is_some() && tally.counted > 0 {
        eprintln!("{tally:?}");
        std::process::abort();
    }
});
