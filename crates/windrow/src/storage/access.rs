//! Access to object stores: credentials, region and endpoint, from the job, or else from the environment and the AWS profile files.
//!
//! The variables are those that the tools of each store read: `AWS_…`, `AZURE_STORAGE_…`, `GOOGLE_…`. What a job says about a
//! store takes precedence. If it names credentials, none are taken from elsewhere.

mod endpoint;
mod profile;

use std::env;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey as S3Key};
use object_store::azure::{AzureConfigKey as AzKey, MicrosoftAzureBuilder};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::list::PaginatedListStore;
use object_store::prefix::PrefixStore;
use object_store::{Certificate, ClientConfigKey, ClientOptions, ObjectStore, RetryConfig};

use self::endpoint::{Endpoint, endpoint_of};
use self::profile::Profile;
use super::list_answers::OddKeys;
use super::object_url::Scheme;
use super::remote::{PrefixListing, location};
use super::said::{METADATA, shown};
use super::stores::{KindAccess, ProxyAddress, StoreAccess};
use super::{ObjectStorage, ObjectUrl, Storage};
use crate::error::{Code, Error, Kind, Result};
use crate::text::escape;

/// A request that fails for a reason that may pass is sent again this often, and no longer than this after the first one.
const RETRIES_MAX: usize = 10;
const RETRY_TIME: Duration = Duration::from_secs(120);

/// A folder of the store that `url` is in; all of it where `folder` is empty.
pub(super) fn open(access: &StoreAccess, url: &ObjectUrl, folder: &str) -> Result<Arc<dyn Storage>> {
    let odd = OddKeys::default();
    let objects = match url.scheme {
        Scheme::S3 => s3(access, url, &odd)?,
        Scheme::Gs => google(access, url, &odd)?,
        Scheme::Az => azure(access, url, &odd)?,
        Scheme::Cluster => return Err(Error::bug("a file of a cluster as an object")),
        Scheme::Http | Scheme::Https => {
            let options = connections(access, None)?.with_allow_http(url.scheme == Scheme::Http);
            let builder = HttpBuilder::new().with_url(url.root()).with_client_options(options);
            let built = builder.with_retry(retries()).build();
            built.map(|store| (Box::new(store) as Box<dyn ObjectStore>, None))
        }
    };
    let (objects, pages) = objects.map_err(|error| {
        wrong(format!("cannot open {}: {}", url.root(), shown(&error.to_string())))
            .with_help("check [storage] of the job, and the environment variables that name the store and the credentials")
    })?;
    Ok(Arc::new(match folder {
        "" => ObjectStorage::new(url.root(), objects)?.listing(odd, pages),
        folder => {
            let place = url.shown(folder);
            ObjectStorage::new(place, Box::new(PrefixStore::new(objects, location(folder))))?
        }
    }))
}

fn retries() -> RetryConfig {
    RetryConfig { max_retries: RETRIES_MAX, retry_timeout: RETRY_TIME, ..RetryConfig::default() }
}

/// A cloud store, which can list keys by any prefix.
fn listed<S: ObjectStore + PaginatedListStore>(
    built: object_store::Result<S>,
) -> object_store::Result<OpenedStore> {
    let store = Arc::new(built?);
    let objects: Arc<dyn ObjectStore> = store.clone();
    Ok((Box::new(objects), Some(PrefixListing(store))))
}

/// A store, and what lists its keys by prefix.
type OpenedStore = (Box<dyn ObjectStore>, Option<PrefixListing>);

/// A store of an account, or why there cannot be one.
type Built = Result<object_store::Result<OpenedStore>>;

fn s3(access: &StoreAccess, url: &ObjectUrl, odd: &OddKeys) -> Built {
    let (said, place) = said_of(access, &access.s3, url);
    let is_left_out = |key: &S3Key| match key {
        S3Key::Endpoint | S3Key::S3Endpoint => said.endpoint.is_some(),
        S3Key::AccessKeyId | S3Key::SecretAccessKey | S3Key::Token | S3Key::SkipSignature => {
            said.names_credentials()
        }
        _ => false,
    };
    let mut builder = AmazonS3Builder::new().with_bucket_name(&url.store).with_retry(retries());
    builder =
        builder.with_http_connector(odd.clone()).with_client_options(connections(access, Some("AWS_"))?);
    for (name, value) in variables("AWS_") {
        match name.to_ascii_lowercase().parse::<S3Key>() {
            Ok(key) if !is_left_out(&key) => builder = builder.with_config(key, one_line(&name, &value)?),
            _ => {}
        }
    }
    for (key, value) in secrets(&place, said)? {
        builder = match key {
            "access_key_id" => builder.with_access_key_id(value),
            "secret_access_key" => builder.with_secret_access_key(value),
            _ => builder.with_token(value),
        };
    }
    if let Some(region) = &said.region {
        builder = builder.with_region(region);
    }
    if said.anonymous {
        builder = builder.with_skip_signature(true);
    }
    // What is in the environment counts before what is in a file.
    let profile = Profile::read()?;
    let keys = [
        ("aws_access_key_id", S3Key::AccessKeyId),
        ("aws_secret_access_key", S3Key::SecretAccessKey),
        ("aws_session_token", S3Key::Token),
    ];
    let has_keys =
        said.names_credentials() || keys.iter().any(|(_, key)| builder.get_config_value(key).is_some());
    let places = [("region", S3Key::Region), ("endpoint_url", S3Key::Endpoint)];
    let from_profile = places.into_iter().filter(|(_, key)| !is_left_out(key));
    for (name, key) in from_profile.chain(keys.into_iter().filter(|_| !has_keys)) {
        if let (None, Some(value)) = (builder.get_config_value(&key), profile.get(name)) {
            builder = builder.with_config(key, one_line(name, value)?);
        }
    }
    let of_environment = env::var("AWS_ENDPOINT_URL_S3").ok().filter(|endpoint| !endpoint.is_empty());
    let endpoint = said.endpoint.clone().or(of_environment);
    let endpoint = endpoint.or_else(|| builder.get_config_value(&S3Key::Endpoint));
    if let Some(mut endpoint) = endpoint {
        let may_be_open = builder.get_config_value(&S3Key::Client(ClientConfigKey::AllowHttp));
        let may_be_open = said.allow_http || may_be_open.is_some_and(|said| said == "true");
        let setting = format!("{place}.endpoint");
        let words = match &said.endpoint {
            Some(_) => (setting.as_str(), "allow_http = true"),
            None => ("AWS_ENDPOINT_URL", "AWS_ALLOW_HTTP=true"),
        };
        builder = builder.with_allow_http(is_open(&endpoint, may_be_open, words)?);
        let bucket = format!("://{}.", url.store);
        if said.virtual_hosted == Some(true) && !endpoint.contains(&bucket) {
            endpoint = endpoint.replacen("://", &bucket, 1);
        }
        builder = builder.with_endpoint(endpoint);
    }
    if let Some(is_virtual) = said.virtual_hosted {
        builder = builder.with_virtual_hosted_style_request(is_virtual);
    }
    Ok(listed(builder.build()))
}

fn google(access: &StoreAccess, url: &ObjectUrl, odd: &OddKeys) -> Built {
    let (said, place) = said_of(access, &access.gs, url);
    let mut builder = match said.names_credentials() {
        false => GoogleCloudStorageBuilder::from_env(),
        true => match env::var("GOOGLE_BASE_URL") {
            Ok(server) if !server.is_empty() => GoogleCloudStorageBuilder::new().with_base_url(&server),
            _ => GoogleCloudStorageBuilder::new(),
        },
    };
    // A key file may name a server of its own, such as a test server.
    let mut options = connections(access, Some("GOOGLE_"))?.with_allow_http(true);
    if let Some(endpoint) = &said.endpoint {
        let setting = format!("{place}.endpoint");
        let words = (setting.as_str(), "allow_http = true");
        options = options.with_allow_http(is_open(endpoint, said.allow_http, words)?);
        builder = builder.with_base_url(endpoint.trim_end_matches('/'));
    }
    for (_, value) in secrets(&place, said)? {
        builder = builder.with_service_account_key(value);
    }
    if said.anonymous {
        builder = builder.with_skip_signature(true);
    }
    builder = builder.with_http_connector(odd.clone()).with_client_options(options);
    builder = builder.with_bucket_name(&url.store).with_retry(retries());
    Ok(listed(builder.build()))
}

/// `az://container/…`, or `az://container@account.dfs.core.windows.net/…`.
fn azure(access: &StoreAccess, url: &ObjectUrl, odd: &OddKeys) -> Built {
    let (said, place) = said_of(access, &access.az, url);
    let is_left_out = |key: &AzKey| match key {
        AzKey::AccountName => false,
        AzKey::Endpoint | AzKey::UseFabricEndpoint | AzKey::UseEmulator => said.endpoint.is_some(),
        _ => said.names_credentials(),
    };
    let mut builder = match said.names_credentials() {
        false => MicrosoftAzureBuilder::from_env(),
        true => MicrosoftAzureBuilder::new(),
    };
    for (name, value) in variables("AZURE_").filter(|_| said.names_credentials()) {
        match name.to_ascii_lowercase().parse::<AzKey>() {
            Ok(key) if !is_left_out(&key) => builder = builder.with_config(key, value),
            _ => {}
        }
    }
    builder =
        builder.with_http_connector(odd.clone()).with_client_options(connections(access, Some("AZURE_"))?);
    if let Some(account) = &said.account {
        builder = builder.with_account(account);
    }
    if let Some(endpoint) = &said.endpoint {
        let may_be_open = builder.get_config_value(&AzKey::Client(ClientConfigKey::AllowHttp));
        let may_be_open = said.allow_http || may_be_open.is_some_and(|said| said == "true");
        let setting = format!("{place}.endpoint");
        let words = (setting.as_str(), "allow_http = true");
        builder = builder.with_allow_http(is_open(endpoint, may_be_open, words)?);
        builder = builder.with_endpoint(endpoint.trim_end_matches('/').to_owned());
    }
    for (key, value) in secrets(&place, said)? {
        builder = match key {
            "account_key" => builder.with_access_key(value),
            _ => builder.with_config(AzKey::SasKey, value),
        };
    }
    if said.anonymous {
        builder = builder.with_skip_signature(true);
    }
    builder = match url.store.split_once('@') {
        None => builder.with_container_name(&url.store),
        Some((container, host)) => {
            let account = host.split('.').next().unwrap_or(host);
            builder.with_container_name(container).with_account(account)
        }
    };
    Ok(listed(builder.with_retry(retries()).build()))
}

/// How to connect: as the job says, and as the store's variables say, whose names begin with `prefix`.
fn connections(access: &StoreAccess, prefix: Option<&str>) -> Result<ClientOptions> {
    let mut options = ClientOptions::new();
    for (name, value) in prefix.into_iter().flat_map(variables) {
        if let Ok(key) = name[prefix.map_or(0, str::len)..].to_ascii_lowercase().parse::<ClientConfigKey>() {
            options = options.with_config(key, one_line(&name, &value)?);
        }
    }
    if let Some(proxy) = &access.proxy {
        let address = match proxy {
            ProxyAddress::Written(address) => address.clone(),
            ProxyAddress::Variable(variable) => secret("storage.proxy", variable)?,
        };
        let address = one_line("storage.proxy", &address)?;
        if !address.parse::<http::Uri>().is_ok_and(|uri| uri.scheme().is_some() && uri.host().is_some()) {
            return Err(
                wrong("storage.proxy is not the address of a server").with_help("write http://host:port")
            );
        }
        // A machine's role comes from its own metadata service, which is asked without the proxy.
        let direct = ["NO_PROXY", "no_proxy"].into_iter().filter_map(|name| env::var(name).ok());
        let direct = METADATA.into_iter().map(str::to_owned).chain(direct).collect::<Vec<_>>().join(",");
        options = options.with_proxy_url(address).with_proxy_excludes(direct);
    }
    if let Some(file) = &access.ca_file {
        let shown = escape::path(file);
        let bundle = fs::read(file).map_err(|error| {
            Error::io(format!("storage.ca_file: cannot read {shown}"), &error).with_kind(Kind::Usage)
        })?;
        let certificates = Certificate::from_pem_bundle(&bundle).ok().filter(|all| !all.is_empty());
        let certificates = certificates.ok_or_else(|| {
            wrong(format!("storage.ca_file: {shown} holds no certificate"))
                .with_help("name a file of certificates in PEM, which begin with -----BEGIN CERTIFICATE-----")
        })?;
        options = certificates.into_iter().fold(options, ClientOptions::with_root_certificate);
    }
    Ok(options)
}

/// The variables whose names begin with `prefix`. As in the tools of stores, one that is empty counts as not set.
fn variables(prefix: &str) -> impl Iterator<Item = (String, String)> {
    let text = |text: std::ffi::OsString| text.into_string().ok();
    let all = env::vars_os().filter_map(move |(name, value)| Some((text(name)?, text(value)?)));
    all.filter(move |(name, value)| name.starts_with(prefix) && !value.is_empty())
}

/// What the job says of the bucket that `url` is in, or else of its kind, and the table where it says so.
fn said_of<'a>(access: &'a StoreAccess, kind: &'a KindAccess, url: &ObjectUrl) -> (&'a KindAccess, String) {
    match access.buckets.get_key_value(&url.root()) {
        Some((address, said)) => (said, format!("storage.buckets.\"{address}\"")),
        None => (kind, format!("storage.{}", url.scheme.name())),
    }
}

/// The secrets that the job names in the table at `place`, by their keys there.
fn secrets(place: &str, said: &KindAccess) -> Result<Vec<(&'static str, String)>> {
    let value = |(key, variable): (&&'static str, &String)| {
        let name = format!("{place}.{key}");
        let value = secret(&name, variable)?;
        // A Google key file is JSON on several lines.
        let value = if *key == "service_account_key" { &value } else { one_line(&name, &value)? };
        Ok((*key, value.to_owned()))
    };
    said.secrets.iter().map(value).collect()
}

/// The value of an environment variable that the job names.
fn secret(key: &str, variable: &str) -> Result<String> {
    env::var(variable).ok().filter(|value| !value.is_empty()).ok_or_else(|| {
        let variable = escape::quoted(variable);
        Error::usage(format!("{key}: the environment variable {variable} is not set"))
            .with_code(Code::MissingVariable)
            .with_help("set it, or remove the key from the job file")
    })
}

/// Whether requests to this endpoint may be unencrypted. `key` is the setting that holds the address, and `allowing` the one
/// that permits it.
fn is_open(endpoint: &str, may_be_open: bool, (key, allowing): (&str, &str)) -> Result<bool> {
    match endpoint_of(endpoint) {
        Endpoint::Https => Ok(may_be_open),
        // A server on this machine, such as a test server or a proxy.
        Endpoint::Here => Ok(true),
        Endpoint::Http if may_be_open => Ok(true),
        Endpoint::Http => Err(wrong(format!("{key} is unencrypted and not on this machine"))
            .with_help(format!("use https://, or allow it: {allowing}"))),
        Endpoint::Wrong => Err(wrong(format!("{key} is not the address of a server"))
            .with_help("write https://host:port, without a name, password or path")),
    }
}

fn wrong(message: impl Into<String>) -> Error {
    Error::usage(message).with_code(Code::Address)
}

/// `value`, which becomes part of an HTTP header.
fn one_line<'v>(name: &str, value: &'v str) -> Result<&'v str> {
    match value.chars().any(char::is_control) {
        true => Err(wrong(format!("{name} has a line end or another control character in it"))
            .with_help("set it again, without the control characters")),
        false => Ok(value),
    }
}

#[cfg(test)]
mod tests;
