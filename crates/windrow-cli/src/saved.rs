//! Saved jobs: the job file that flags make. One that is there and says something else is not replaced unasked.

use std::fs;
use std::io::Write;
use std::path::Path;

use windrow::job::Output;
use windrow::text::{escape, shell};
use windrow::{Error, Result};

use crate::messages::Messages;
use crate::temporary;
use crate::work::{Work, is_job_file};

/// Refuses a name by which no later run would know the job file.
pub(crate) fn check_name(path: &Path) -> Result<()> {
    if is_job_file(path) {
        return Ok(());
    }
    let mut named = path.as_os_str().to_owned();
    named.push(".toml");
    Err(Error::usage(format!("--save-job {}: the name of a job file ends in .toml", escape::path(path)))
        .with_help(format!("--save-job {}", shell::word(named))))
}

/// Writes the job with every choice in it.
pub(crate) fn save(path: &Path, work: &Work, force: bool, messages: &Messages) -> Result<()> {
    write(path, work, force)?;
    let word = shell::word(path);
    messages.note(&format!("job saved: {}; the same again: windrow run {word}", escape::path(path)));
    Ok(())
}

/// Writes the job of a folder that flags keep a ledger in, where later commands find it.
pub(crate) fn keep(output: &Output, work: &Work, messages: &Messages) -> Result<()> {
    let folder = &output.path;
    if output.is_remote() {
        return Err(Error::usage(format!(
            "--keep {}: the job itself is kept on this machine",
            escape::path(folder)
        ))
        .with_help("save the job with --save-job job.toml, and add [output] with this path to it"));
    }
    let path = folder.join(KEPT_AS);
    let is_new = !path.exists();
    fs::create_dir_all(folder)
        .map_err(|error| Error::output(format!("cannot make the folder {}", escape::path(folder)), &error))?;
    write(&path, work, false).map_err(|error| match error.kind() {
        windrow::Kind::Usage => error.with_help(format!(
            "to go on as it says: windrow run {}; else choose another folder",
            shell::word(&path)
        )),
        _ => error,
    })?;
    if is_new {
        messages.note(&format!("job saved: {}", escape::path(&path)));
    }
    Ok(())
}

/// The name of the job file in a folder of `--keep`.
pub(crate) const KEPT_AS: &str = "job.toml";

fn write(path: &Path, work: &Work, force: bool) -> Result<()> {
    if let Some(input) = work.job.source.path.iter().find(|input| input.contains('\u{fffd}')) {
        return Err(Error::usage(format!(
            "a job file cannot name {}: it is not UTF-8",
            escape::quoted(input)
        ))
        .with_help("rename it, or name the folder that it is in"));
    }
    let text = work.job.to_toml(path);
    match fs::read(path) {
        Ok(there) if there == text.as_bytes() => return Ok(()),
        Ok(_) if !force && path.is_file() => {
            return Err(Error::usage(format!("{} is there and says something else", escape::path(path)))
                .with_help("name another file, or add --force to replace it"));
        }
        _ => {}
    }
    let mut file = temporary::create(path, &work.job.stores())?;
    file.write_all(text.as_bytes())
        .map_err(|error| Error::output(format!("cannot write {}", escape::path(path)), &error))?;
    file.finish()
}
