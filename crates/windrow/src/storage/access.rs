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
use object_store::{ClientConfigKey, ClientOptions, ObjectStore, RetryConfig};

use super::object_url::Scheme;
use super::remote::location;
use super::said::shown;
use super::{ObjectStorage, ObjectUrl, Storage};
use crate::error::{Code, Error, Result};
use crate::text::escape::visible;

/// A request that fails for a reason that may pass is sent again this often, and no longer than this after the first one.
const RETRIES_MAX: usize = 10;
const RETRY_TIME: Duration = Duration::from_secs(120);

/// A folder of the store that `url` is in; all of it where `folder` is empty.
pub(super) fn open(url: &ObjectUrl, folder: &str) -> Result<Arc<dyn Storage>> {
    let objects = match url.scheme {
        Scheme::S3 => s3(url)?,
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

fn s3(url: &ObjectUrl) -> Result<object_store::Result<Box<dyn ObjectStore>>> {
    let mut builder = AmazonS3Builder::new().with_bucket_name(&url.store).with_retry(retries());
    // A variable that is empty is one that is not set, as the tools of AWS take it.
    for (name, value) in env::vars().filter(|(_, value)| !value.is_empty()) {
        let key = name.starts_with("AWS_").then(|| name.to_ascii_lowercase().parse().ok()).flatten();
        if let Some(key) = key {
            builder = builder.with_config(key, one_line(&name, &value)?);
        }
    }
    // What is in the environment counts before what is in a file.
    let profile = Profile::read()?;
    let keys = [
        ("aws_access_key_id", AmazonS3ConfigKey::AccessKeyId),
        ("aws_secret_access_key", AmazonS3ConfigKey::SecretAccessKey),
        ("aws_session_token", AmazonS3ConfigKey::Token),
    ];
    let has_keys = keys.iter().any(|(_, key)| builder.get_config_value(key).is_some());
    let places = [("region", AmazonS3ConfigKey::Region), ("endpoint_url", AmazonS3ConfigKey::Endpoint)];
    for (name, key) in places.into_iter().chain(keys.into_iter().filter(|_| !has_keys)) {
        if let (None, Some(value)) = (builder.get_config_value(&key), profile.get(name)) {
            builder = builder.with_config(key, one_line(name, value)?);
        }
    }
    if let Some(endpoint) = env::var("AWS_ENDPOINT_URL_S3").ok().filter(|endpoint| !endpoint.is_empty()) {
        builder = builder.with_endpoint(endpoint);
    }
    let may_be_open = builder.get_config_value(&AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp));
    match builder.get_config_value(&AmazonS3ConfigKey::Endpoint).map(|endpoint| endpoint_of(&endpoint)) {
        None | Some(Endpoint::Https) => {}
        // A server on this machine, of a test or a proxy.
        Some(Endpoint::Here) => builder = builder.with_allow_http(true),
        Some(Endpoint::Http) if may_be_open.is_some_and(|said| said == "true") => {}
        Some(Endpoint::Http) => {
            return Err(wrong("AWS_ENDPOINT_URL is unencrypted and not on this machine")
                .help("use https://, or allow it: AWS_ALLOW_HTTP=true"));
        }
        Some(Endpoint::Wrong) => {
            return Err(wrong("AWS_ENDPOINT_URL is not the address of a server")
                .help("write https://host:port, without a name, password or path"));
        }
    }
    Ok(boxed(builder.build()))
}

fn wrong(message: impl Into<String>) -> Error {
    Error::usage(message).with_code(Code::Address)
}

/// `value`, which becomes part of a header of HTTP.
fn one_line<'v>(name: &str, value: &'v str) -> Result<&'v str> {
    match value.chars().any(char::is_control) {
        true => Err(wrong(format!("{name} has a line end or another control character in it"))
            .help("set it again, without what was copied along")),
        false => Ok(value),
    }
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

/// What the endpoint of a store is.
#[derive(Debug, PartialEq, Eq)]
enum Endpoint {
    Https,
    Http,
    /// Unencrypted, and on this machine.
    Here,
    Wrong,
}

fn endpoint_of(endpoint: &str) -> Endpoint {
    let Ok(uri) = endpoint.parse::<http::Uri>() else { return Endpoint::Wrong };
    let host = match uri.authority() {
        Some(authority) if authority.as_str().contains('@') => return Endpoint::Wrong,
        // What is behind the host is a port.
        Some(authority) if authority.host() != authority.as_str() && authority.port_u16().is_none() => {
            return Endpoint::Wrong;
        }
        Some(authority) => authority.host(),
        None => return Endpoint::Wrong,
    };
    match uri.scheme_str() {
        Some("https") => Endpoint::Https,
        Some("http") if ["127.0.0.1", "localhost", "[::1]"].contains(&host) => Endpoint::Here,
        Some("http") => Endpoint::Http,
        _ => Endpoint::Wrong,
    }
}

/// What the profile files of AWS say of the profile that `AWS_PROFILE` names, or else of `default`.
#[derive(Debug, Default)]
struct Profile(Vec<(String, String)>);

impl Profile {
    /// # Errors
    /// Usage: `AWS_PROFILE` names one that is in no file.
    fn read() -> Result<Self> {
        let named = env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty());
        let name = named.as_deref().unwrap_or("default");
        let (mut profile, mut is_there) = (Profile::default(), false);
        for (variable, file) in
            [("AWS_SHARED_CREDENTIALS_FILE", "credentials"), ("AWS_CONFIG_FILE", "config")]
        {
            let place = env::var_os(variable)
                .map(PathBuf::from)
                .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".aws").join(file)));
            // There need not be one.
            if let Some(text) = place.and_then(|place| std::fs::read_to_string(place).ok()) {
                is_there |= profile.take(&text, name);
            }
        }
        match named {
            Some(name) if !is_there => {
                Err(wrong(format!("AWS_PROFILE names `{}`, and no profile file has it", visible(&name)))
                    .help("check the name in ~/.aws/config and ~/.aws/credentials"))
            }
            _ => Ok(profile),
        }
    }

    /// Takes the lines of one profile; whether there is one. What another file has said before counts.
    fn take(&mut self, text: &str, name: &str) -> bool {
        let (mut is_wanted, mut is_there) = (false, false);
        for line in text.lines() {
            let trimmed = line.trim();
            if let Some(section) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                let section = section.trim();
                is_wanted = section.strip_prefix("profile ").unwrap_or(section).trim() == name;
                is_there |= is_wanted;
            } else if let (true, false, Some((key, value))) =
                // What is indented belongs to a service of its own.
                (is_wanted, line.starts_with([' ', '\t', '#', ';']), trimmed.split_once('='))
            {
                self.0.push((key.trim().to_owned(), value.trim().to_owned()));
            }
        }
        is_there
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
        assert!(Profile::default().take(text, "other") && !Profile::default().take(text, "none"));
    }

    #[test]
    fn endpoints_are_servers_and_only_this_machine_is_asked_unencrypted() {
        for (endpoint, expected) in [
            ("http://127.0.0.1:5000", Endpoint::Here),
            ("http://localhost", Endpoint::Here),
            ("http://[::1]:9000/", Endpoint::Here),
            ("http://127.0.0.1.example.com", Endpoint::Http),
            ("http://minio:9000", Endpoint::Http),
            ("https://s3.example.com", Endpoint::Https),
            ("127.0.0.1:9000", Endpoint::Wrong),
            ("localhost", Endpoint::Wrong),
            ("http://", Endpoint::Wrong),
            ("http://127.0.0.1:99999", Endpoint::Wrong),
            ("http://me:secret@host", Endpoint::Wrong),
        ] {
            assert_eq!(endpoint_of(endpoint), expected, "{endpoint}");
        }
    }

    #[test]
    fn what_was_copied_along_is_named() {
        assert!(one_line("AWS_SESSION_TOKEN", "a\nb").unwrap_err().to_string().contains("AWS_SESSION_TOKEN"));
        assert_eq!(one_line("AWS_SESSION_TOKEN", "ab"), Ok("ab"));
    }
}
