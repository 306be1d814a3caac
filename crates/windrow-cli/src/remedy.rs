//! Remedies: the setting that mends an error, told as a flag to those who asked by flags, and as a key to those who have a job file.

use std::ffi::OsString;
use std::path::Path;

use windrow::Error;
use windrow::text::escape;

use crate::command_line::corrected;

/// The flags of settings whose flag is not their key.
const FLAGS: [(&str, &str); 4] = [
    ("source.zone", "--source-zone"),
    ("source.keys", "--key"),
    ("source.format", "--input-format"),
    ("limits.rejects", "--max-rejects"),
];

/// Settings that have no flag.
const ONLY_KEYS: [&str; 3] = ["limits.key_bytes", "limits.groups", "limits.grid_rows"];

/// The error with its setting as a command, or as a line of the job file.
pub(crate) fn worded(error: Error, job_file: Option<&Path>) -> Error {
    let Some((key, value)) = error.setting() else { return error };
    let (table, name) = key.rsplit_once('.').unwrap_or(("", key));
    let line = format!("{name} = {value}");
    let told = match job_file {
        Some(job) => format!("in {}, [{table}]: {line}", escape::path(job)),
        None if ONLY_KEYS.contains(&key) => {
            format!("save the job with --save-job job.toml, and write {line} in its [{table}]")
        }
        None => {
            let known = FLAGS.iter().find(|(of, _)| *of == key).map(|(_, flag)| (*flag).to_owned());
            let flag = known.unwrap_or_else(|| format!("--{}", name.replace('_', "-")));
            let given: Vec<OsString> = std::env::args_os().collect();
            corrected(&given, &[(&flag, value.trim_matches('"'))])
        }
    };
    let help = match error.next() {
        Some(help) => format!("{help}\n    {told}"),
        None => told,
    };
    error.help(help)
}
