//! What counts, as a job file says it: `[engine]`. Secrets are named in it, never written, and never shown.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::file::{EngineFile, SparkFile};
use super::save::quoted;
use super::span::{At, Fault};
use crate::error::{Code, Error, Result};
use crate::text::{escape, variable};

/// How the address of a Spark Connect server begins.
pub const SPARK: &str = "sc://";

/// The engine that is always there.
pub const EMBEDDED: &str = "embedded";

/// What counts. It does not change the answer.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct JobEngine {
    /// `embedded`, or the address of a Spark Connect server, in which a token is `env:NAME`; none: nothing is said.
    pub address: Option<String>,
    /// Settings of Spark, by name; what is secret in them is `env:NAME`.
    pub spark_conf: BTreeMap<String, String>,
    /// Where Spark finds what is in a folder here, by the absolute path of that folder.
    pub spark_paths: BTreeMap<String, String>,
    /// Where files that the address names are sought: the folder of the job file, if it has an address.
    pub folder: PathBuf,
}

impl EngineFile {
    pub(super) fn check(&self, folder: &Path) -> Result<JobEngine, Fault> {
        if let Some(address) = &self.address {
            check_address(address).at(&["engine", "address"])?;
        }
        let conf = self.spark.conf.iter().map(|(name, value)| {
            let value = setting(name, value).at(&["engine", "spark", "conf", name])?;
            Ok((name.clone(), value))
        });
        let paths = self.spark.paths.iter().map(|(here, there)| {
            let there = place_of_spark(here, there).at(&["engine", "spark", "paths", here])?;
            Ok((here.clone(), there))
        });
        Ok(JobEngine {
            address: self.address.clone(),
            spark_conf: conf.collect::<Result<_, Fault>>()?,
            spark_paths: paths.collect::<Result<_, Fault>>()?,
            folder: self.address.as_ref().map(|_| folder.to_owned()).unwrap_or_default(),
        })
    }
}

/// A job file is read by many: a token in it would be no secret.
fn check_address(address: &str) -> Result<()> {
    if address != EMBEDDED && !address.starts_with(SPARK) {
        return Err(no_engine(address));
    }
    let parameters = address.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let is_written =
        |(name, value): &(&str, &str)| is_secret_header(name) && !value.starts_with(variable::PREFIX);
    match parameters.into_iter().find(is_written) {
        Some((name, _)) => {
            Err(Error::usage(format!("a {name} is a secret and does not stand in a job file"))
                .with_code(Code::Secret)
                .with_help(format!("name the variable that holds it: {name}=env:NAME")))
        }
        None => Ok(()),
    }
}

/// The error for an engine that does not exist.
pub(crate) fn no_engine(text: &str) -> Error {
    Error::invalid(format!("unknown engine {}", without_parameters(text)))
        .with_help("write embedded, or sc://host:port for the Spark Connect server of a cluster")
}

/// The value of a setting as Spark takes it.
fn setting(name: &str, value: &toml::Value) -> Result<String> {
    let has_parts = name.contains('.') && name.split('.').all(|part| !part.is_empty());
    if !has_parts || name.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(Error::invalid(format!("{name} is not a Spark setting", name = escape::quoted(name)))
            .with_help("write its whole name in quotes, for example \"spark.sql.shuffle.partitions\" = 64"));
    }
    let value = match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Integer(number) => number.to_string(),
        toml::Value::Boolean(truth) => truth.to_string(),
        _ => {
            return Err(Error::invalid(format!(
                "{name} is neither a text, a whole number, true nor false"
            ))
            .with_help("the names of settings have dots: write them in quotes, for example \"spark.sql.shuffle.partitions\" = 64"));
        }
    };
    if is_secret(name) && !value.starts_with(variable::PREFIX) {
        return Err(Error::usage(format!("{name} is a secret and does not stand in a job file"))
            .with_code(Code::Secret)
            .with_help(format!("name the variable that holds it: \"{name}\" = \"env:NAME\"")));
    }
    Ok(value)
}

/// Where Spark finds a folder: an address as Hadoop writes it.
fn place_of_spark(here: &str, there: &str) -> Result<String> {
    let shown = escape::quoted(there);
    if !Path::new(here).is_absolute() && !is_store(here) || goes_up(here) {
        return Err(Error::invalid(format!("{here} is neither an absolute path nor the address of a store", here = escape::quoted(here)))
            .with_help("write the folder as it is mounted here, or the address of a store: for example \"/mnt/lake\" = \"s3a://lake\""));
    }
    let (scheme, rest) = there.split_once(':').unwrap_or(("file", there));
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let starts = scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(letters);
    if !starts || !rest.starts_with('/') || goes_up(rest) {
        return Err(Error::invalid(format!("{shown} is not an address of Hadoop"))
            .with_help("write it as Spark reads it, for example s3a://lake, hdfs://namenode:8020/lake or file:///data/lake"));
    }
    let authority = rest.strip_prefix("//").map(|rest| rest.split('/').next().unwrap_or_default());
    if authority.and_then(|authority| authority.split_once('@')).is_some_and(|(user, _)| user.contains(':')) {
        return Err(Error::usage("a password does not stand in a job file")
            .with_code(Code::Secret)
            .with_help("give the credentials to the cluster, or to the session by [engine.spark.conf]"));
    }
    if authority == Some("") && scheme != "file" {
        return Err(Error::invalid(format!("{shown} names no host")).with_help(
            "write the host or bucket, as Spark's answers name it: for example hdfs://namenode:8020/lake",
        ));
    }
    Ok(there.to_owned())
}

/// Whether it is the address of a store, or of a folder in one, as the names of inputs begin.
fn is_store(here: &str) -> bool {
    ["s3://", "gs://", "az://"].iter().any(|scheme| here.starts_with(scheme))
}

fn goes_up(path: &str) -> bool {
    path.split('/').any(|part| part == "..")
}

/// Whether the setting with this name is a secret, by the words that Spark tells its own secrets by, and those of keys of
/// stores.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words = ["secret", "password", "token", "access.key", "accesskey", "account.key", "private.key"];
    words.iter().any(|word| name.contains(word))
}

/// Whether the parameter of an address with this name is a secret: those without a meaning are headers.
fn is_secret_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words = ["auth", "cookie", "credential", "key", "passw", "secret", "signature", "token"];
    !is_known(&name) && words.iter().any(|word| name.contains(word))
}

/// Whether the parameter of an address with this name in lower case is not a secret.
fn is_known(name: &str) -> bool {
    name == "use_ssl" || name.starts_with("ssl_") || name.starts_with("grpc_")
}

impl JobEngine {
    /// The settings of Spark with the values of the variables that they name.
    ///
    /// # Errors
    /// Usage: a variable is not set.
    pub fn conf(&self) -> Result<BTreeMap<String, String>> {
        let value = |(name, value): (&String, &String)| {
            let value = match value.strip_prefix(variable::PREFIX) {
                None => value.clone(),
                Some(variable) => std::env::var(variable).map_err(|_| {
                    Error::usage(format!(
                        "{name}: the environment variable {variable} is not set",
                        variable = escape::quoted(variable)
                    ))
                    .with_code(Code::MissingVariable)
                    .with_help("set it, or take the setting out of [engine.spark.conf]")
                })?,
            };
            Ok((name.clone(), value))
        };
        self.spark_conf.iter().map(value).collect()
    }

    /// The lines of a job file that say it; none where nothing is said.
    pub(super) fn to_toml(&self) -> String {
        let mut text = String::new();
        if let Some(address) = &self.address {
            text += &format!("\n[engine]\naddress = {}  # it does not change the answer\n", quoted(address));
        }
        if !self.spark_conf.is_empty() {
            text += "\n[engine.spark.conf]\n";
        }
        for (name, value) in &self.spark_conf {
            text += &format!("{} = {}\n", quoted(name), quoted(value));
        }
        if !self.spark_paths.is_empty() {
            text += "\n[engine.spark.paths]\n";
        }
        for (here, there) in &self.spark_paths {
            text += &format!("{} = {}\n", quoted(here), quoted(there));
        }
        text
    }
}

/// An address without what may be secret in it.
pub(crate) fn without_parameters(address: &str) -> &str {
    let parameters = address.find(';').unwrap_or(address.len());
    address[..parameters].trim_end_matches('/')
}

/// An address as a command is shown with it: what may be secret is `…`. Parameters that Spark gives no meaning are headers
/// of requests, which may be secrets too.
pub fn without_secrets(address: &str) -> String {
    let shown = |parameter: &str| match parameter.split_once('=') {
        Some((name, value))
            if is_known(&name.to_ascii_lowercase()) || value.starts_with(variable::PREFIX) =>
        {
            parameter.to_owned()
        }
        Some((name, _)) => format!("{name}=…"),
        None if parameter.is_empty() => String::new(),
        None => "…".to_owned(),
    };
    let mut parts = address.split(';');
    let host = parts.next().unwrap_or_default().to_owned();
    [host].into_iter().chain(parts.map(shown)).collect::<Vec<_>>().join(";")
}

impl fmt::Debug for JobEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.address.as_deref().map(without_secrets);
        let conf = self.spark_conf.keys();
        f.debug_struct("JobEngine")
            .field("address", &address)
            .field("spark_conf", &conf.collect::<Vec<_>>())
            .field("spark_paths", &self.spark_paths)
            .finish()
    }
}

impl fmt::Debug for EngineFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.address.as_deref().map(without_secrets);
        f.debug_struct("EngineFile").field("address", &address).field("spark", &self.spark).finish()
    }
}

impl fmt::Debug for SparkFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let conf = self.conf.keys().collect::<Vec<_>>();
        f.debug_struct("SparkFile").field("conf", &conf).field("paths", &self.paths).finish()
    }
}

#[cfg(test)]
mod tests;
