use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::read::GzEncoder;
use windrow::Forecast;
use windrow::RunRequest;
use windrow::delta::Store;
use windrow::engine::Engine;
use windrow::engine::embedded::Embedded;
use windrow::source::InputFile;
use windrow::{Inputs, Job, Outcome, Result, RunOptions, Settings, plan, run_with, source};

use crate::blind::Blind;

/// Whether a file of this name is written as gzip.
pub(crate) fn is_packed(name: &str) -> bool {
    name.ends_with(".gz")
}

/// What a job says beside its source.
#[derive(Clone, Debug)]
pub(crate) struct JobWords {
    pub(crate) source: String,
    /// The limit of rejects, as a job file has it; empty: what holds where it says nothing.
    pub(crate) rejects: &'static str,
    pub(crate) strict: bool,
    pub(crate) case: &'static str,
    /// Whether the events themselves are published.
    pub(crate) events: bool,
    /// What the job says about them.
    pub(crate) of_events: &'static str,
    /// Name, and the lines of a report.
    pub(crate) reports: Vec<(&'static str, String)>,
}

impl Default for JobWords {
    fn default() -> Self {
        JobWords {
            source: String::new(),
            rejects: "3",
            strict: false,
            case: "title",
            events: false,
            of_events: "",
            reports: vec![("ten", "every = '10m'\nzone = 'Europe/Berlin'".to_owned())],
        }
    }
}

/// A folder with inputs, and the job over them.
#[derive(Clone)]
pub(crate) struct TestWork {
    folder: Arc<tempfile::TempDir>,
    pub(crate) question: JobWords,
    /// What is in the inputs, by their names.
    pub(crate) files: BTreeMap<String, String>,
    changes: u64,
    /// Whether the engine sees the bytes of the files.
    pub(crate) sees_bytes: bool,
    /// The job of the last question: to check one takes a while.
    checked: Arc<Mutex<Option<(String, Job)>>>,
}

impl TestWork {
    pub(crate) fn new(question: JobWords) -> TestWork {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("in")).unwrap();
        TestWork {
            folder: Arc::new(folder),
            question,
            files: BTreeMap::new(),
            changes: 0,
            sees_bytes: true,
            checked: Arc::default(),
        }
    }

    /// The job and the inputs of another process.
    pub(crate) fn at(job_file: &Path) -> (Job, PathBuf) {
        let text = fs::read_to_string(job_file).unwrap();
        (Job::from_toml(&text, job_file).unwrap(), job_file.parent().unwrap().join("out"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn job(&self) -> Job {
        let JobWords { source, rejects, strict, case, events, of_events, reports } = &self.question;
        let events = if *events { format!("[output.events]\n{of_events}\n") } else { String::new() };
        let rejects = if rejects.is_empty() { String::new() } else { format!("rejects = {rejects}") };
        let mut text = format!(
            "name = 'a'\nversion = 1\n[source]\npath = ['in']\ntime = 'time'\nkeys = ['action']\n{source}\n\
             [clean]\naction = {{ trim = true, case = '{case}' }}\n[limits]\n{rejects}\nstrict = {strict}\n\
             [output]\npath = 'out'\n{events}"
        );
        for (name, lines) in reports {
            text += &format!("[reports.{name}]\n{lines}\n");
        }
        let mut checked = self.checked.lock().unwrap();
        match &*checked {
            Some((of, job)) if *of == text => job.clone(),
            _ => {
                let job = Job::from_toml(&text, &self.path("job.toml"));
                let job = job.unwrap_or_else(|error| panic!("{error}: {text}"));
                fs::write(self.path("job.toml"), &text).unwrap();
                *checked = Some((text, job.clone()));
                job
            }
        }
    }

    /// Writes a file, packed if its name says so. Each change has a time of its own, years ago.
    pub(crate) fn write(&mut self, name: &str, text: &str) {
        let mut bytes = Vec::new();
        match is_packed(name) {
            true => GzEncoder::new(text.as_bytes(), Compression::default()).read_to_end(&mut bytes).map(drop),
            false => {
                bytes.extend_from_slice(text.as_bytes());
                Ok(())
            }
        }
        .unwrap();
        fs::write(self.path(name), bytes).unwrap();
        self.files.insert(name.to_owned(), text.to_owned());
        self.touch(name);
    }

    pub(crate) fn touch(&mut self, name: &str) {
        self.changes += 1;
        let since = Duration::from_secs(1_500_000_000) + Duration::from_micros(1 + 1_000_000 * self.changes);
        self.set_modified(name, SystemTime::UNIX_EPOCH + since);
    }

    pub(crate) fn set_modified(&self, name: &str, time: SystemTime) {
        File::options().append(true).open(self.path(name)).unwrap().set_modified(time).unwrap();
    }

    pub(crate) fn delete(&mut self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
        self.files.remove(name);
    }

    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
        let text = self.files.remove(from).unwrap();
        match is_packed(from) == is_packed(to) {
            true => drop(self.files.insert(to.to_owned(), text)),
            false => self.write(to, &text),
        }
    }

    pub(crate) fn run(&self, store: &Store) -> Result<Outcome> {
        self.run_asked(
            store,
            &Settings::default(),
            &RunRequest { gone_accepted: true, ..RunRequest::default() },
        )
    }

    /// What is said that a run will do.
    pub(crate) fn forecast(&self, store: &Store) -> Forecast {
        self.try_forecast(store).unwrap()
    }

    pub(crate) fn try_forecast(&self, store: &Store) -> Result<Forecast> {
        let asked = RunRequest { gone_accepted: true, ..RunRequest::default() };
        let options = RunOptions { store: Some(store), asked, ..RunOptions::default() };
        let job = self.job();
        let listing =
            source::list_present(&job.source.path, &job.source.root, &job.source.endings(), &job.stores())
                .unwrap();
        plan(&job, Inputs::Files(&listing.files), &options)
    }

    pub(crate) fn run_asked(
        &self,
        store: &Store,
        settings: &Settings,
        asked: &RunRequest,
    ) -> Result<Outcome> {
        let job = self.job();
        let listing =
            source::list_present(&job.source.path, &job.source.root, &job.source.endings(), &job.stores())?;
        let engine: &dyn Engine = if self.sees_bytes { &Embedded } else { &Blind };
        TestWork::run_on(engine, &job, &listing.files, store, settings, asked)
    }

    /// Runs another job over the same files.
    pub(crate) fn run_job(job: &Job, store: &Store, asked: &RunRequest) -> Result<Outcome> {
        let listing =
            source::list_present(&job.source.path, &job.source.root, &job.source.endings(), &job.stores())?;
        TestWork::run_listed(job, &listing.files, store, &Settings::default(), asked)
    }

    pub(crate) fn run_listed(
        job: &Job,
        files: &[InputFile],
        store: &Store,
        settings: &Settings,
        asked: &RunRequest,
    ) -> Result<Outcome> {
        TestWork::run_on(&Embedded, job, files, store, settings, asked)
    }

    fn run_on(
        engine: &dyn Engine,
        job: &Job,
        files: &[InputFile],
        store: &Store,
        settings: &Settings,
        asked: &RunRequest,
    ) -> Result<Outcome> {
        let settings = Settings { threads: std::num::NonZeroUsize::MIN, ..settings.clone() };
        let options =
            RunOptions { engine: Some(engine), store: Some(store), asked: *asked, ..RunOptions::default() };
        run_with(job, Inputs::Files(files), &settings, options)
    }
}
