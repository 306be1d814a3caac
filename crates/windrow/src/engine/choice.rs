//! The choice of an engine: which one counts, and how it is reached. This setting does not change answers.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::Engine;
use super::embedded::Embedded;
use crate::error::{Error, Result};
use crate::job::{EMBEDDED, Job, JobEngine, SPARK, no_engine, without_parameters};
use crate::storage::{Cluster, ClusterStores, Storage};

/// Which engine counts.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineChoice {
    /// The address of a Spark Connect server. `None` for the embedded engine.
    address: Option<String>,
    /// The folder that files in the address are relative to.
    folder: PathBuf,
}

impl EngineChoice {
    /// The choice from its text: `embedded` or `sc://host:port[/;token=…;…]`. Files in the address are relative to the working
    /// directory.
    ///
    /// # Errors
    /// Usage: there is no such engine.
    pub fn parse(text: &str) -> Result<Self> {
        EngineChoice::within(text, Path::new(""))
    }

    /// The choice of the job, if it makes one. Files in the address are relative to the folder of the job file.
    ///
    /// # Errors
    /// As [`EngineChoice::parse`].
    pub fn of_job(of_job: &JobEngine) -> Result<Option<Self>> {
        let within = |address: &String| EngineChoice::within(address, &of_job.folder);
        of_job.address.as_ref().map(within).transpose().map_err(|error| error.within("[engine] address"))
    }

    /// The engine that counts: the chosen one, else that of the job, else the embedded one. It is not connected yet.
    ///
    /// # Errors
    /// As [`EngineChoice::of_job`] and [`EngineChoice::open`].
    pub fn opened(choice: Option<&EngineChoice>, of_job: &JobEngine) -> Result<Box<dyn Engine>> {
        match choice {
            Some(choice) => choice.open(of_job),
            None => EngineChoice::of_job(of_job)?.unwrap_or_default().open(of_job),
        }
    }

    fn within(text: &str, folder: &Path) -> Result<Self> {
        match text {
            EMBEDDED => Ok(EngineChoice::default()),
            spark if spark.starts_with(SPARK) => {
                check_address(spark, folder)?;
                Ok(EngineChoice { address: Some(spark.to_owned()), folder: folder.to_owned() })
            }
            other => Err(no_engine(other)),
        }
    }

    /// The engine, with the settings that the job has for it. It is not connected yet.
    ///
    /// # Errors
    /// Usage: windrow was built without it, or a setting names a variable that is not set.
    pub fn open(&self, of_job: &JobEngine) -> Result<Box<dyn Engine>> {
        match &self.address {
            None => Ok(Box::new(Embedded)),
            Some(address) => spark(address, &self.folder, of_job),
        }
    }
}

#[cfg(feature = "spark")]
fn check_address(address: &str, folder: &Path) -> Result<()> {
    super::spark::Spark::new(address, folder, &JobEngine::default()).map(drop)
}

#[cfg(not(feature = "spark"))]
fn check_address(_: &str, _: &Path) -> Result<()> {
    Ok(())
}

#[cfg(feature = "spark")]
fn spark(address: &str, folder: &Path, of_job: &JobEngine) -> Result<Box<dyn Engine>> {
    Ok(Box::new(super::spark::Spark::new(address, folder, of_job)?))
}

#[cfg(feature = "spark")]
fn cluster(address: &str, folder: &Path, of_job: &JobEngine) -> Result<Cluster> {
    Ok(super::spark::Spark::new(address, folder, of_job)?.files())
}

#[cfg(not(feature = "spark"))]
fn cluster(address: &str, _: &Path, _: &JobEngine) -> Result<Cluster> {
    Err(not_built(address))
}

#[cfg(not(feature = "spark"))]
fn spark(address: &str, _: &Path, _: &JobEngine) -> Result<Box<dyn Engine>> {
    Err(not_built(address))
}

#[cfg(not(feature = "spark"))]
fn not_built(address: &str) -> Error {
    Error::without_feature("the Spark engine", "spark").within(without_parameters(address))
}

/// `job`, with access to the files that only the cluster sees which counts: the one of `choice`, else the one that the job names.
pub fn reaching<'j>(job: &'j Job, choice: Option<&EngineChoice>) -> Cow<'j, Job> {
    let of_job = EngineChoice::of_job(&job.engine).ok().flatten();
    let choice = choice.or(of_job.as_ref()).filter(|choice| choice.address.is_some());
    match choice.filter(|_| job.storage.cluster.is_none()) {
        None => Cow::Borrowed(job),
        Some(choice) => {
            let (choice, of_job) = (choice.clone(), job.engine.clone());
            let cluster = ChosenCluster { choice, of_job, opened: Mutex::default() };
            let mut job = job.clone();
            job.storage.cluster = Some(Cluster(Arc::new(cluster)));
            Cow::Owned(job)
        }
    }
}

/// The cluster that counts. Its address is looked at when it is asked for files.
#[derive(Debug)]
struct ChosenCluster {
    choice: EngineChoice,
    of_job: JobEngine,
    opened: Mutex<Option<Cluster>>,
}

impl ClusterStores for ChosenCluster {
    fn open(&self, address: &str) -> Result<Arc<dyn Storage>> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let cluster = match (&*opened, &self.choice.address) {
            (Some(cluster), _) => cluster.clone(),
            (None, Some(of_spark)) => cluster(of_spark, &self.choice.folder, &self.of_job)?,
            (None, None) => return Err(Error::bug("the embedded engine has no cluster")),
        };
        opened.insert(cluster).0.open(address)
    }
}

/// Shows the address without parameters, as one of them may be a token.
impl fmt::Display for EngineChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.address.as_deref().map_or(EMBEDDED, without_parameters))
    }
}

impl fmt::Debug for EngineChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EngineChoice({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "sc://localhost:15002/;token=geheim;use_ssl=true";

    #[test]
    fn a_choice_is_shown_without_its_token() {
        let choice = EngineChoice::parse(SECRET).unwrap();
        assert_eq!(choice.to_string(), "sc://localhost:15002");
        assert_eq!(format!("{choice:?}"), "EngineChoice(sc://localhost:15002)");
        assert_eq!(EngineChoice::parse("embedded").unwrap(), EngineChoice::default());
        let error = EngineChoice::parse("spark://host:7077;token=geheim").unwrap_err();
        assert_eq!(error.message(), "unknown engine spark://host:7077");
    }

    #[test]
    fn the_choice_is_the_engine_that_counts() {
        let of_job = JobEngine::default();
        assert_eq!(EngineChoice::default().open(&of_job).unwrap().name(), "embedded");
        let spark = EngineChoice::parse(SECRET).unwrap().open(&of_job);
        #[cfg(feature = "spark")]
        assert_eq!(spark.unwrap().name(), "spark");
        #[cfg(not(feature = "spark"))]
        {
            let error = spark.map(|_| ()).unwrap_err();
            assert_eq!(
                error.message(),
                "sc://localhost:15002: this windrow was built without the Spark engine"
            );
            assert!(error.help_text().unwrap().contains("feature spark"), "{error:?}");
        }
    }
}
