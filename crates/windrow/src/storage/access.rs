//! Access to object stores: credentials, region and endpoint, from the environment and from the profile files of AWS.
//!
//! What a job says is the same on every machine, so nothing of this stands in a job file. The variables are those that the tools of
//! each store read: `AWS_…`, `AZURE_STORAGE_…`, `GOOGLE_…`.

use std::env;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, ObjectStore, RetryConfig};

use super::object_url::Scheme;
use super::remote::{location, shown};
use super::{ObjectStorage, ObjectUrl, Storage};
use crate::error::{Code, Error, Result};

/// A request that fails for a reason that may pass is sent again this often, and no longer than this after the first one.
const RETRIES_MAX: usize = 10;
const RETRY_TIME: Duration = Duration::from_secs(120);

/// A folder of the store that `url` is in; all of it where `folder` is empty.
pub(super) fn open(url: &ObjectUrl, folder: &str) -> Result<Arc<dyn Storage>> {
    let objects = match url.scheme {
        Scheme::S3 => s3(url),
        Scheme::Gs => {
            let builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(&url.store);
            boxed(builder.with_retry(retries()).build())
        }
        Scheme::Az => azure(url),
        Scheme::Http | Scheme::Https => {
            let options = ClientOptions::new().with_allow_http(url.scheme == Scheme::Http);
            let builder = HttpBuilder::new().with_url(url.root()).with_client_options(options);
            boxed(builder.with_retry(retries()).build())
        }
    };
    let objects = objects.map_err(|error| {
        let message = format!("cannot open {}: {}", url.root(), shown(&error.to_string()));
        Error::usage(message)
            .with_code(Code::Address)
            .help("check the environment variables that name the store and the credentials")
    })?;
    Ok(Arc::new(match folder {
        "" => ObjectStorage::new(url.root(), objects)?,
        folder => {
            let place = url.shown(folder);
            ObjectStorage::new(place, Box::new(PrefixStore::new(objects, location(folder))))?
        }
    }))
}

fn retries() -> RetryConfig {
    RetryConfig { max_retries: RETRIES_MAX, retry_timeout: RETRY_TIME, ..RetryConfig::default() }
}

fn boxed<S: ObjectStore>(built: object_store::Result<S>) -> object_store::Result<Box<dyn ObjectStore>> {
    built.map(|store| Box::new(store) as Box<dyn ObjectStore>)
}

fn s3(url: &ObjectUrl) -> object_store::Result<Box<dyn ObjectStore>> {
    let mut builder = AmazonS3Builder::from_env().with_bucket_name(&url.store).with_retry(retries());
    // What is in the environment counts before what is in a file.
    let profile = Profile::read();
    for (name, key) in
        [("region", AmazonS3ConfigKey::DefaultRegion), ("endpoint_url", AmazonS3ConfigKey::Endpoint)]
    {
        if let (None, Some(value)) = (builder.get_config_value(&key), profile.get(name)) {
            builder = builder.with_config(key, value);
        }
    }
    let keys = [
        ("aws_access_key_id", AmazonS3ConfigKey::AccessKeyId),
        ("aws_secret_access_key", AmazonS3ConfigKey::SecretAccessKey),
        ("aws_session_token", AmazonS3ConfigKey::Token),
    ];
    if keys.iter().all(|(_, key)| builder.get_config_value(key).is_none()) {
        for (name, key) in keys {
            if let Some(value) = profile.get(name) {
                builder = builder.with_config(key, value);
            }
        }
    }
    if let Ok(endpoint) = env::var("AWS_ENDPOINT_URL_S3") {
        builder = builder.with_endpoint(endpoint);
    }
    // A server on this machine, of a test or a proxy. To others only `AWS_ALLOW_HTTP` sends unencrypted.
    let endpoint = builder.get_config_value(&AmazonS3ConfigKey::Endpoint).unwrap_or_default();
    if is_here(&endpoint) {
        builder = builder.with_allow_http(true);
    }
    boxed(builder.build())
}

/// `az://container/…`, or `az://container@account.dfs.core.windows.net/…`.
fn azure(url: &ObjectUrl) -> object_store::Result<Box<dyn ObjectStore>> {
    let builder = MicrosoftAzureBuilder::from_env().with_retry(retries());
    boxed(match url.store.split_once('@') {
        None => builder.with_container_name(&url.store).build(),
        Some((container, host)) => {
            let account = host.split('.').next().unwrap_or(host);
            builder.with_container_name(container).with_account(account).build()
        }
    })
}

/// Whether a URL leads to this machine without encryption.
fn is_here(endpoint: &str) -> bool {
    let Some(rest) = endpoint.strip_prefix("http://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    ["127.0.0.1", "localhost", "[::1]"].contains(&host)
}

/// What the profile files of AWS say of the profile that `AWS_PROFILE` names, or else of `default`.
#[derive(Debug, Default)]
struct Profile(Vec<(String, String)>);

impl Profile {
    fn read() -> Self {
        let name = env::var("AWS_PROFILE").unwrap_or_else(|_| "default".to_owned());
        let mut profile = Profile::default();
        for (variable, file) in
            [("AWS_SHARED_CREDENTIALS_FILE", "credentials"), ("AWS_CONFIG_FILE", "config")]
        {
            let place = env::var_os(variable)
                .map(PathBuf::from)
                .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".aws").join(file)));
            // There need not be one.
            if let Some(text) = place.and_then(|place| std::fs::read_to_string(place).ok()) {
                profile.take(&text, &name);
            }
        }
        profile
    }

    /// Takes the lines of one profile. What another file has said before counts.
    fn take(&mut self, text: &str, name: &str) {
        let mut is_wanted = false;
        for line in text.lines() {
            let trimmed = line.trim();
            if let Some(section) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                let section = section.trim();
                is_wanted = section.strip_prefix("profile ").unwrap_or(section).trim() == name;
            } else if let (true, false, Some((key, value))) =
                // What is indented belongs to a service of its own.
                (is_wanted, line.starts_with([' ', '\t', '#', ';']), trimmed.split_once('='))
            {
                self.0.push((key.trim().to_owned(), value.trim().to_owned()));
            }
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_read_by_its_name() {
        let text = "[default]\nregion = eu-west-1\n# a comment\n[profile logs]\nregion=eu-central-1\n\
                    s3 =\n  addressing_style = path\naws_access_key_id = AKIA\n[other]\nregion = x\n";
        let of = |name: &str| {
            let mut profile = Profile::default();
            profile.take(text, name);
            profile
        };
        assert_eq!(of("default").get("region"), Some("eu-west-1"));
        assert_eq!(of("logs").get("region"), Some("eu-central-1"));
        assert_eq!(of("logs").get("aws_access_key_id"), Some("AKIA"));
        assert_eq!(of("logs").get("addressing_style"), None);
        assert_eq!(of("none").get("region"), None);
    }

    #[test]
    fn only_this_machine_is_asked_unencrypted() {
        for (endpoint, expected) in [
            ("http://127.0.0.1:5000", true),
            ("http://localhost", true),
            ("http://[::1]:9000/", true),
            ("http://127.0.0.1.example.com", false),
            ("http://minio:9000", false),
            ("https://localhost", false),
        ] {
            assert_eq!(is_here(endpoint), expected, "{endpoint}");
        }
    }
}
