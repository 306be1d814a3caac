//! The files a command is asked to write, checked before anything is read.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf, absolute};

use windrow::format::endings;
use windrow::job::Source;
use windrow::publish::REJECTS_HEADER;
use windrow::publish::file::{object_name, remove_object};
use windrow::source::{InputFile, would_read};
use windrow::storage::Stores;
use windrow::text::{escape, shell};
use windrow::{Error, Result};

use crate::parts;

/// A file to be written, and the flag that names it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutputPath<'a> {
    /// The flag, for messages.
    pub(crate) flag: &'static str,
    /// The file.
    pub(crate) path: &'a Path,
}

/// What is read: no output may be one of these, or become one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadPaths<'a> {
    /// The paths that were listed.
    pub(crate) paths: &'a [PathBuf],
    /// What the job says of them.
    pub(crate) source: &'a Source,
    /// The folder that they start from.
    pub(crate) root: &'a Path,
    /// The files that they lead to.
    pub(crate) files: &'a [InputFile],
    /// The job file.
    pub(crate) job: Option<&'a Path>,
}

/// Refuses outputs that cannot be written, or that are the same.
pub(crate) fn can_be_written(outputs: &[OutputPath]) -> Result<()> {
    for (at, output) in outputs.iter().enumerate() {
        has_folder(output)?;
        if let Some(other) = outputs[..at].iter().find(|other| is_same(other.path, output.path)) {
            let (flag, shown) = (output.flag, escape::path(output.path));
            return Err(Error::usage(format!("{} and {flag} both name {shown}", other.flag))
                .with_help("give each a file of its own"));
        }
    }
    Ok(())
}

/// Refuses outputs that would destroy what is read, or add to it.
pub(crate) fn are_no_inputs(outputs: &[OutputPath], inputs: ReadPaths) -> Result<()> {
    outputs.iter().try_for_each(|output| is_no_input(output, inputs))
}

/// Removes what an earlier run has written to outputs that tell of a run: it must not pass for what this one tells.
/// They are not inputs.
///
/// # Errors
/// Storage: it cannot be removed.
pub(crate) fn clear(outputs: &[OutputPath], stores: &Stores) -> Result<()> {
    outputs.iter().filter(|output| output.tells_of_a_run()).try_for_each(|output| {
        // A device stays; a link stays, and what it leads to goes.
        match fs::canonicalize(output.path) {
            Ok(file) if file.is_file() => fs::remove_file(&file).map_err(|error| {
                Error::output(format!("cannot replace {}", escape::path(output.path)), &error)
            }),
            _ => remove_object(output.path, stores),
        }
    })
}

/// The same for a run that fails before its inputs are known: only what is certainly from an earlier run is removed.
pub(crate) fn clear_own(outputs: &[OutputPath], arguments: &[PathBuf]) {
    for output in outputs.iter().filter(|output| output.tells_of_a_run() && output.path.is_file()) {
        let mut head = [0; 64];
        let read = fs::File::open(output.path).and_then(|mut file| file.read(&mut head)).unwrap_or(0);
        let head = &head[..read];
        let is_own = head.starts_with(b"{\n  \"schema\": ")
            || head.starts_with(REJECTS_HEADER.as_bytes())
            || head.starts_with(b"{\"file\":");
        if is_own && would_read(arguments, Path::new(""), &endings(None), output.path).is_none() {
            // The error that the run ends with is the one to tell.
            let _ = clear(&[*output], &Stores::default());
        }
    }
}

impl OutputPath<'_> {
    fn tells_of_a_run(&self) -> bool {
        matches!(self.flag, "--summary-json" | "--rejects")
    }
}

fn has_folder(output: &OutputPath) -> Result<()> {
    let OutputPath { flag, path } = output;
    if path.as_os_str() == "-" {
        return Err(Error::usage(format!("{flag} -: only the answer goes to stdout by this name"))
            .with_help(format!("name a file; to write to stdout: {flag} /dev/stdout")));
    }
    if object_name(path).map_err(|error| error.within(*flag))?.is_some() {
        return Ok(());
    }
    // The file of each report is an output of its own.
    if parts::is_pattern(path) {
        return Ok(());
    }
    let shown = escape::path(path);
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            return Err(Error::usage(format!("{flag} {shown} is a folder"))
                .with_help(format!("name a file in it: {flag} {}", shell::word(path.join("windows.csv")))));
        }
        Ok(_) => return Ok(()),
        Err(_) => {}
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => return Ok(()),
    };
    if folder.is_dir() {
        return Ok(());
    }
    Err(Error::usage(format!("{flag}: the folder {} does not exist", escape::path(folder)))
        .with_help(format!("make it first: mkdir -p {}", shell::word(folder))))
}

fn is_no_input(output: &OutputPath, inputs: ReadPaths) -> Result<()> {
    let OutputPath { flag, path } = output;
    let shown = escape::path(path);
    if let Some(job) = inputs.job.filter(|job| is_same(job, path)) {
        return Err(Error::usage(format!("{flag} {shown} is the job file {}", escape::path(job)))
            .with_help("name another file"));
    }
    if let Some(input) = inputs.files.iter().find(|input| is_same(&input.path, path)) {
        return Err(Error::usage(format!("{flag} {shown} is the input {}", input.name))
            .with_help("name another file"));
    }
    let tables: Vec<PathBuf> = inputs.source.lookup_paths().map(PathBuf::from).collect();
    if would_read(&tables, &inputs.source.root, &endings(None), path).is_some() {
        return Err(
            Error::usage(format!("{flag} {shown} is a part of a look-up")).with_help("name another file")
        );
    }
    match would_read(inputs.paths, inputs.root, &inputs.source.endings(), path) {
        Some(reader) => Err(Error::usage(format!(
            "{flag} {shown} is inside the input {}: the next run would read it",
            escape::path(&reader)
        ))
        .with_help("name a file elsewhere")),
        None => Ok(()),
    }
}

/// Whether two paths are the same file or object; a file that is not there is known by its folder and name.
fn is_same(one: &Path, other: &Path) -> bool {
    if let (Ok(Some(one)), Ok(Some(other))) = (object_name(one), object_name(other)) {
        return one == other;
    }
    let settled = |path: &Path| {
        path.canonicalize().ok().or_else(|| {
            let path = absolute(path).ok()?;
            Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?))
        })
    };
    matches!((settled(one), settled(other)), (Some(one), Some(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: &str =
        "name = \"a\"\nversion = 1\n[source]\npath = \"in\"\ntime = \"t\"\n[reports.r]\nevery = \"1h\"\n";

    #[test]
    fn refuses_places_before_anything_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("in")).unwrap();
        fs::create_dir_all(root.join("out")).unwrap();
        fs::write(root.join("in/a.csv"), "time\n").unwrap();
        fs::write(root.join("job.toml"), "").unwrap();
        let paths = [root.join("in")];
        let job = windrow::Job::from_toml(JOB, Path::new("")).unwrap();
        let source = &job.source;
        let files =
            windrow::source::list(&paths, Path::new(""), &source.endings(), &job.stores()).unwrap().files;
        let job = root.join("job.toml");
        let inputs = ReadPaths { paths: &paths, source, root: Path::new(""), files: &files, job: Some(&job) };
        for (name, said) in [
            ("out", Some("is a folder")),
            ("gone/x.csv", Some("does not exist")),
            ("in/a.csv", Some("is the input")),
            ("out/../in/a.csv", Some("is the input")),
            ("in/new.csv", Some("is inside the input")),
            ("job.toml", Some("is the job file")),
            ("in/new.json", None),
            ("out/new.csv", None),
        ] {
            let path = root.join(name);
            let outputs = [OutputPath { flag: "--output", path: &path }];
            let checked = can_be_written(&outputs).and_then(|()| are_no_inputs(&outputs, inputs));
            match (said, checked) {
                (None, Ok(())) => {}
                (Some(said), Err(error)) => assert!(error.message().contains(said), "{name}: {error}"),
                (_, checked) => panic!("{name}: {checked:?}"),
            }
        }
        let (one, same) = (root.join("out/x.csv"), root.join("out/../out/x.csv"));
        let twice =
            [OutputPath { flag: "--output", path: &one }, OutputPath { flag: "--rejects", path: &same }];
        assert!(
            can_be_written(&twice).unwrap_err().message().starts_with("--output and --rejects both name")
        );
    }
}
