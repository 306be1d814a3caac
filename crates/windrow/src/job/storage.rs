//! The `[storage]` settings of a job: checks them, and writes them back. Secrets are named by the variables that hold them,
//! never written.

mod buckets;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::file::{AzureFile, GoogleFile, S3File, StorageFile};
use super::save::{path_from, quoted};
use super::span::{At, Fault};
use crate::error::{Code, Error, Result};
use crate::storage::{KindAccess, ProxyAddress, StoreAccess};
use crate::text::variable::{self, PREFIX};

impl StorageFile {
    pub(super) fn check(&self, folder: &Path) -> Result<StoreAccess, Fault> {
        let proxy = self.proxy.as_deref().map(proxy).transpose().at(&["storage", "proxy"])?;
        let ca_file = self.ca_file.as_deref().map(|file| ca_file(file, folder)).transpose();
        Ok(StoreAccess {
            proxy,
            ca_file: ca_file.at(&["storage", "ca_file"])?,
            s3: self.s3.check(&["storage", "s3"])?,
            gs: self.gs.check(&["storage", "gs"])?,
            az: self.az.check(&["storage", "az"])?,
            buckets: buckets::check(self)?,
            cluster: None,
        })
    }
}

impl S3File {
    /// Checks what is written in the table at `place`.
    fn check(&self, place: &[&str]) -> Result<KindAccess, Fault> {
        let access = KindAccess {
            allow_http: self.allow_http.unwrap_or_default(),
            region: self.region.clone(),
            virtual_hosted: self.virtual_hosted,
            ..KindAccess::default()
        };
        let keys = [
            ("access_key_id", &self.access_key_id),
            ("secret_access_key", &self.secret_access_key),
            ("session_token", &self.session_token),
        ];
        let access = checked(place, access, &self.endpoint, self.anonymous, &keys)?;
        let region = access.region.as_deref().unwrap_or("-");
        if region.is_empty() || !region.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Err(invalid("this is not the name of a region", "write for example eu-central-1")).at(&[
                place,
                &["region"],
            ]
            .concat());
        }
        for key in ["access_key_id", "secret_access_key"] {
            if !access.secrets.is_empty() && !access.secrets.contains_key(key) {
                let message = format!("an access key is an ID and a secret, and {key} is not named");
                return Err(Error::usage(message)
                    .with_code(Code::MissingKey)
                    .with_help(format!("add `{key} = \"env:NAME\"`")))
                .at(place);
            }
        }
        Ok(access)
    }
}

impl GoogleFile {
    /// Checks what is written in the table at `place`.
    fn check(&self, place: &[&str]) -> Result<KindAccess, Fault> {
        let access = KindAccess { allow_http: self.allow_http.unwrap_or_default(), ..KindAccess::default() };
        let keys = [("service_account_key", &self.service_account_key)];
        let access = checked(place, access, &self.endpoint, self.anonymous, &keys)?;
        sends_named_credentials(place, access, "service_account_key")
    }
}

impl AzureFile {
    /// Checks what is written in the table at `place`.
    fn check(&self, place: &[&str]) -> Result<KindAccess, Fault> {
        let access = KindAccess {
            allow_http: self.allow_http.unwrap_or_default(),
            account: self.account.clone(),
            ..KindAccess::default()
        };
        let keys = [("account_key", &self.account_key), ("sas_token", &self.sas_token)];
        let access = checked(place, access, &self.endpoint, self.anonymous, &keys)?;
        if access.secrets.len() > 1 {
            return Err(invalid("a key and a token are both named", "name one of them")).at(place);
        }
        let account = access.account.as_deref().unwrap_or("-");
        if account.is_empty() || !account.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Err(invalid("this is not the name of an account", "write for example \"lake\"")).at(&[
                place,
                &["account"],
            ]
            .concat());
        }
        sends_named_credentials(place, access, "account_key")
    }
}

/// Checks what all kinds of stores have in common: an endpoint, and either secrets or no credentials.
fn checked(
    place: &[&str],
    access: KindAccess,
    written: &Option<String>,
    anonymous: Option<bool>,
    keys: &[(&'static str, &Option<String>)],
) -> Result<KindAccess, Fault> {
    let key_at = |key: &'static str| [place, &[key]].concat();
    let mut secrets = BTreeMap::new();
    for &(key, value) in keys {
        if let Some(value) = value {
            secrets.insert(key, variable(key, value).at(&key_at(key))?);
        }
    }
    let anonymous = anonymous.unwrap_or_default();
    if anonymous && !secrets.is_empty() {
        return Err(invalid("requests without credentials need no secret", "leave out one of them"))
            .at(&key_at("anonymous"));
    }
    let endpoint = written.as_deref().map(endpoint).transpose().at(&key_at("endpoint"))?;
    Ok(KindAccess { endpoint, anonymous, secrets, ..access })
}

/// Refuses an endpoint if the job takes the credentials from the environment: requests to these stores carry a token, which the
/// server could use itself. Requests to S3 are signed for one server.
fn sends_named_credentials(place: &[&str], access: KindAccess, key: &str) -> Result<KindAccess, Fault> {
    match access.endpoint.is_some() && !access.names_credentials() {
        true => {
            Err(Error::usage("a server of the job's choice gets no credentials of the environment unasked")
                .with_code(Code::MissingKey)
                .with_help(format!("name them: `{key} = \"env:NAME\"`, or write `anonymous = true`")))
            .at(&[place, &["endpoint"]].concat())
        }
        false => Ok(access),
    }
}

fn invalid(what: &str, help: &str) -> Error {
    Error::invalid(what).with_help(help)
}

/// The variable that `written` names. Many people read a job file, so a secret in it would not stay secret.
fn variable(key: &str, written: &str) -> Result<String> {
    variable::named(written).map(str::to_owned).ok_or_else(|| {
        Error::usage("this is a secret and does not stand in a job file")
            .with_code(Code::Secret)
            .with_help(format!("name the variable that holds it: {key} = \"env:NAME\""))
    })
}

/// Checks the address of a server.
fn endpoint(written: &str) -> Result<String> {
    let rest = written.strip_prefix("https://").or_else(|| written.strip_prefix("http://"));
    match rest {
        Some(rest) if rest.contains(['@', '?', '#']) => Err(Error::usage(
            "this holds a name, a password or a signature, which do not stand in a job file",
        )
        .with_code(Code::Secret)
        .with_help("write https://host:port, and name the credentials with the other keys of this table")),
        Some(rest) if !rest.is_empty() && !rest.starts_with('/') && !has_gaps(rest) => Ok(written.to_owned()),
        _ => Err(invalid("this is not the address of a server", "write https://host:port")),
    }
}

/// Checks the address of a proxy.
fn proxy(written: &str) -> Result<ProxyAddress> {
    if written.starts_with(PREFIX) {
        return variable("proxy", written).map(ProxyAddress::Variable);
    }
    match written.split_once("://") {
        Some((_, rest)) if rest.contains('@') => {
            Err(Error::usage("the password of a proxy is a secret and does not stand in a job file")
                .with_code(Code::Secret)
                .with_help(
                    "put the whole address into a variable, and name the variable: proxy = \"env:NAME\"",
                ))
        }
        Some(("http" | "https", rest)) if !rest.is_empty() && !has_gaps(rest) => {
            Ok(ProxyAddress::Written(written.to_owned()))
        }
        _ => Err(invalid("this is not the address of a proxy", "write http://host:port, or env:NAME")),
    }
}

fn has_gaps(text: &str) -> bool {
    text.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn ca_file(written: &str, folder: &Path) -> Result<PathBuf> {
    match written.is_empty() || written.contains("-----BEGIN") {
        true => Err(invalid("this is not the name of a file", "name a file of certificates in PEM")),
        false => Ok(folder.join(written)),
    }
}

/// The lines for `access` in a job file in `folder`; empty if it says nothing.
pub(super) fn to_toml(access: &StoreAccess, folder: &Path) -> String {
    let StoreAccess { proxy, ca_file, s3, gs, az, buckets, cluster: _ } = access;
    let mut lines = Vec::new();
    if let Some(proxy) = proxy {
        let written = match proxy {
            ProxyAddress::Written(address) => address.clone(),
            ProxyAddress::Variable(variable) => format!("{PREFIX}{variable}"),
        };
        lines.push(format!("proxy = {}", quoted(&written)));
    }
    if let Some(file) = ca_file {
        lines.push(format!("ca_file = {}", quoted(&path_from(folder, file).to_string_lossy())));
    }
    let kinds = [("storage.s3", s3), ("storage.gs", gs), ("storage.az", az)];
    let kinds = kinds.map(|(name, said)| (name.to_owned(), kind_lines(said, None)));
    let tables = [("storage".to_owned(), lines)].into_iter().chain(kinds);
    let tables = tables.filter(|(_, lines)| !lines.is_empty());
    let buckets = buckets.iter().map(|(address, said)| {
        (format!("storage.buckets.{}", quoted(address)), kind_lines(said, access.kind_of(address)))
    });
    let mut text = String::new();
    for (name, lines) in tables.chain(buckets) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n[{name}]\n{}", lines.join("\n"));
    }
    text
}

/// The lines for stores of one kind, or for a bucket of it, whose kind says what lines that it lacks would mean.
fn kind_lines(access: &KindAccess, kind: Option<&KindAccess>) -> Vec<String> {
    let KindAccess { endpoint, allow_http, region, virtual_hosted, account, anonymous, secrets } = access;
    let texts = [("endpoint", endpoint), ("region", region), ("account", account)];
    let texts =
        texts.into_iter().filter_map(|(key, text)| Some(format!("{key} = {}", quoted(text.as_ref()?))));
    let is_open = kind.is_some_and(|kind| kind.allow_http);
    let has_credentials = secrets.is_empty() && kind.is_some_and(KindAccess::names_credentials);
    let truths = [
        ("allow_http", (*allow_http || is_open).then_some(*allow_http)),
        ("virtual_hosted", *virtual_hosted),
        ("anonymous", (*anonymous || has_credentials).then_some(*anonymous)),
    ];
    let truths = truths.into_iter().filter_map(|(key, truth)| Some(format!("{key} = {}", truth?)));
    let named = |(key, name): (&&str, &String)| format!("{key} = {}", quoted(&format!("{PREFIX}{name}")));
    texts.chain(truths).chain(secrets.iter().map(named)).collect()
}

#[cfg(test)]
mod tests;
