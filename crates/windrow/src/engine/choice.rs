//! The choice of an engine: which one counts, and how it is reached. A setting: it changes no answer.

use std::collections::BTreeMap;
use std::fmt;

use super::Engine;
use super::embedded::Embedded;
use crate::error::{Error, Result};

/// Which engine counts.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct EngineChoice {
    /// The address of a Spark Connect server; none: the embedded engine.
    address: Option<String>,
}

/// How the address of a Spark Connect server begins.
const SPARK: &str = "sc://";

impl EngineChoice {
    /// The choice that is written `embedded` or `sc://host:port[/;token=…;use_ssl=true]`.
    ///
    /// # Errors
    /// Usage: there is no such engine.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "embedded" => Ok(EngineChoice::default()),
            spark if spark.starts_with(SPARK) => {
                check_address(spark)?;
                Ok(EngineChoice { address: Some(spark.to_owned()) })
            }
            other => Err(Error::usage(format!("there is no engine {}", without_parameters(other)))
                .help("write embedded, or sc://host:port for the Spark Connect server of a cluster")),
        }
    }

    /// The engine; `conf` are settings of Spark. Nothing is connected yet.
    ///
    /// # Errors
    /// Usage: windrow was built without it.
    pub fn open(&self, conf: &BTreeMap<String, String>) -> Result<Box<dyn Engine>> {
        match &self.address {
            None => Ok(Box::new(Embedded)),
            Some(address) => spark(address, conf),
        }
    }

    /// Whether a secret stands in it: a token that is not the name of a variable.
    pub fn holds_a_secret(&self) -> bool {
        let parameters = self.address.iter().flat_map(|address| address.split(';').skip(1));
        let mut tokens =
            parameters.filter_map(|parameter| parameter.split_once('=')).filter(|(name, _)| *name == "token");
        tokens.any(|(_, token)| !token.starts_with("env:"))
    }
}

#[cfg(feature = "spark")]
fn check_address(address: &str) -> Result<()> {
    super::spark::Spark::new(address, BTreeMap::new()).map(drop)
}

#[cfg(not(feature = "spark"))]
fn check_address(_: &str) -> Result<()> {
    Ok(())
}

#[cfg(feature = "spark")]
fn spark(address: &str, conf: &BTreeMap<String, String>) -> Result<Box<dyn Engine>> {
    Ok(Box::new(super::spark::Spark::new(address, conf.clone())?))
}

#[cfg(not(feature = "spark"))]
fn spark(address: &str, _: &BTreeMap<String, String>) -> Result<Box<dyn Engine>> {
    Err(Error::usage(format!("{}: this windrow was built without the Spark engine", without_parameters(address)))
        .help("build it with --features spark, for which protoc has to be there: cargo install --path crates/windrow-cli --features spark"))
}

/// An address without what may be secret in it.
fn without_parameters(address: &str) -> &str {
    let parameters = address.find(';').unwrap_or(address.len());
    address[..parameters].trim_end_matches('/')
}

/// As it is shown: without parameters, one of which may be a token.
impl fmt::Display for EngineChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.address.as_deref().map_or("embedded", without_parameters))
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

    #[test]
    fn a_choice_is_shown_without_its_token() {
        let choice = EngineChoice::parse("sc://host:15002/;token=geheim;use_ssl=true").unwrap();
        assert_eq!(choice.to_string(), "sc://host:15002");
        assert_eq!(format!("{choice:?}"), "EngineChoice(sc://host:15002)");
        assert!(choice.holds_a_secret());
        assert!(
            !EngineChoice::parse("sc://host:15002/;use_ssl=true;token=env:PATH").unwrap().holds_a_secret()
        );
        assert_eq!(EngineChoice::parse("embedded").unwrap(), EngineChoice::default());
        let error = EngineChoice::parse("spark://host:7077;token=geheim").unwrap_err();
        assert_eq!(error.message(), "there is no engine spark://host:7077");
    }
}
