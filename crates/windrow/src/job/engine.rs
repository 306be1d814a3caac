//! What counts, as a job file says it: `[engine]`.

use std::collections::BTreeMap;

use super::file::EngineFile;
use super::place::{At, Fault};
use crate::error::{Error, Result};

/// What counts. It does not change the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobEngine {
    /// `embedded`, or the address of a Spark Connect server, without a secret; none: nothing is said.
    pub address: Option<String>,
    /// Settings of Spark, by name.
    pub spark_conf: BTreeMap<String, String>,
}

impl EngineFile {
    pub(super) fn check(&self) -> Result<JobEngine, Fault> {
        if let Some(address) = &self.address {
            check_address(address).at(&["engine", "address"])?;
        }
        let conf = self.spark.conf.iter().map(|(name, value)| {
            let value = setting(name, value).at(&["engine", "spark", "conf", name])?;
            Ok((name.clone(), value))
        });
        Ok(JobEngine { address: self.address.clone(), spark_conf: conf.collect::<Result<_, Fault>>()? })
    }
}

/// A job file is read by many: a token in it would be no secret.
fn check_address(address: &str) -> Result<()> {
    let parameters = address.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    match parameters.into_iter().find(|(name, value)| *name == "token" && !value.starts_with("env:")) {
        Some(_) => Err(Error::usage("a token is a secret and does not stand in a job file")
            .help("name the variable that holds it: token=env:SPARK_TOKEN")),
        None => Ok(()),
    }
}

/// The value of a setting as Spark takes it.
fn setting(name: &str, value: &toml::Value) -> Result<String> {
    let is_name = name.contains('.') && !name.chars().any(|c| c.is_whitespace() || c.is_control());
    if !is_name {
        return Err(Error::usage(format!("{name:?} is no setting of Spark"))
            .help("write its whole name in quotes, for example \"spark.sql.shuffle.partitions\" = 64"));
    }
    match value {
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Boolean(truth) => Ok(truth.to_string()),
        _ => Err(Error::usage(format!("{name} is neither a text, a whole number, true nor false"))
            .help("the names of settings have dots: write them in quotes, for example \"spark.sql.shuffle.partitions\" = 64")),
    }
}
