//! The choice of an engine: which one counts, and how it is reached. This setting does not change answers.

use std::fmt;
use std::path::{Path, PathBuf};

use super::Engine;
use super::embedded::Embedded;
use crate::error::Result;
#[cfg(not(feature = "spark"))]
use crate::error::{Code, Error};
use crate::job::{EMBEDDED, JobEngine, SPARK, no_engine, without_parameters};

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
        of_job.address.as_ref().map(within).transpose()
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

#[cfg(not(feature = "spark"))]
fn spark(address: &str, _: &Path, _: &JobEngine) -> Result<Box<dyn Engine>> {
    Err(Error::usage(format!(
        "{}: this windrow was built without the Spark engine",
        without_parameters(address)
    ))
    .with_code(Code::NotBuilt)
    .with_help("build windrow with its cargo feature spark, for which protoc has to be there"))
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
