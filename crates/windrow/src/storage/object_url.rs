//! Addresses of objects: `s3://bucket/logs/a.csv`.

use super::cluster_url::{self, BY_SPARK};
use crate::error::{Code, Error, Result};
use crate::text::escape::{for_people, visible};
use crate::text::percent::{decoded_text, encoded};

/// The address of an object, or of all objects below a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObjectUrl {
    /// The kind of its store.
    pub(crate) scheme: Scheme,
    /// What names the store: a bucket, a container, a host.
    pub(crate) store: String,
    /// The key in the store. That of a folder may end in `/`. Empty means the whole store.
    pub(crate) key: String,
}

/// The stores that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Amazon S3, and what speaks like it.
    S3,
    /// Google Cloud Storage.
    Gs,
    /// Azure Blob Storage.
    Az,
    /// A web server, unencrypted.
    Http,
    /// A web server.
    Https,
    /// What only a cluster sees: a file system of Hadoop.
    Cluster,
}

impl Scheme {
    /// Its one name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Scheme::S3 => "s3",
            Scheme::Gs => "gs",
            Scheme::Az => "az",
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::Cluster => "spark",
        }
    }
}

impl ObjectUrl {
    /// Reads an address; none if `text` is a path.
    ///
    /// # Errors
    /// Usage: it names a store that is not read, or is not a valid address.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>> {
        if let Some(url) = cluster_url::parse(text)? {
            return Ok(Some(url));
        }
        let Some((scheme, rest)) = text.split_once("://") else { return Ok(None) };
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "s3" | "s3a" | "s3n" => Scheme::S3,
            "gs" | "gcs" => Scheme::Gs,
            "az" | "abfs" | "abfss" => Scheme::Az,
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other => {
                let message = format!("`{}://` is not built yet", visible(other));
                return Err(Error::usage(message).with_code(Code::NotBuilt).with_help(
                    "files are read from paths of this machine and from s3://, gs://, az://, https:// addresses; \
                     write spark: before any other that your Spark cluster reads",
                ));
            }
        };
        let wrong = |what: &str, help: &str| {
            // What is behind the path may be a signature, and before the host a password.
            let shown = rest.split(['?', '#']).next().unwrap_or_default();
            let shown = shown.rsplit_once('@').map_or(shown, |(_, shown)| shown);
            let shown = format!("{}://{}", scheme.name(), for_people(shown));
            Err(Error::usage(format!("{shown} {what}")).with_code(Code::Address).with_help(help))
        };
        let (store, key) = rest.split_once('/').unwrap_or((rest, ""));
        let is_web = matches!(scheme, Scheme::Http | Scheme::Https);
        if is_web && rest.contains(['?', '#']) {
            return wrong(
                "has something behind its path, such as a signature",
                "fetch it and pipe it: curl URL | windrow run -",
            );
        }
        if is_web && store.contains('@') {
            return wrong("has a name or password in it", "leave them out");
        }
        if store.is_empty() && is_web {
            return wrong("does not name a host", "write for example https://example.com/logs/a.csv");
        }
        if store.is_empty() {
            return wrong("does not name a bucket", "write for example s3://bucket/logs/");
        }
        let more = match scheme {
            Scheme::Az => "-._$@",
            Scheme::Http | Scheme::Https => "-._:[]",
            Scheme::S3 | Scheme::Gs | Scheme::Cluster => "-._",
        };
        if !store.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c)) {
            return wrong("has a name of a store that none can have", "write for example s3://bucket/logs/");
        }
        let Some(key) = decoded_text(key) else {
            return wrong(
                "has a % without two hexadecimal digits behind it, or one that is not UTF-8",
                "write a % that stands for itself as %25",
            );
        };
        if key.starts_with('/') || key.contains("//") {
            return wrong("has an empty name between two slashes", "check the path");
        }
        Ok(Some(ObjectUrl { scheme, store: store.to_owned(), key }))
    }

    /// Whether it is on a web server, which does not say what is in a folder.
    pub(crate) fn is_web(&self) -> bool {
        matches!(self.scheme, Scheme::Http | Scheme::Https)
    }

    /// Whether only a cluster reads it.
    pub(crate) fn is_of_cluster(&self) -> bool {
        self.scheme == Scheme::Cluster
    }

    /// The folder `folder` of the store, as Hadoop writes its address. `None` for a store that is not of a cluster.
    pub(crate) fn on_cluster(&self, folder: &str) -> Option<String> {
        let root = self.store.strip_prefix(BY_SPARK).unwrap_or(&self.store);
        self.is_of_cluster().then(|| format!("{root}/{folder}"))
    }

    /// The address of the store itself, for people.
    pub(crate) fn root(&self) -> String {
        match self.scheme {
            Scheme::Cluster => self.store.clone(),
            scheme => format!("{}://{}", scheme.name(), self.store),
        }
    }

    /// The key of the folder: what the keys of its objects begin with.
    pub(crate) fn folder(&self) -> String {
        match self.key.trim_end_matches('/') {
            "" => String::new(),
            folder => format!("{folder}/"),
        }
    }

    /// The one address of the object with this key: what makes it this file to a ledger.
    pub(crate) fn identity(&self, key: &str) -> String {
        format!("{}/{}", self.root(), encoded(key.as_bytes()))
    }

    /// The object with this key, for people.
    pub(crate) fn shown(&self, key: &str) -> String {
        visible(&self.identity(key)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_a_store_and_a_key() {
        for (text, root, key) in [
            ("s3://bucket/logs/a.csv", "s3://bucket", "logs/a.csv"),
            ("S3A://bucket/logs/", "s3://bucket", "logs/"),
            ("s3://bucket", "s3://bucket", ""),
            ("gs://bucket/a b%20c.csv", "gs://bucket", "a b c.csv"),
            (
                "abfss://logs@account.dfs.core.windows.net/a.csv",
                "az://logs@account.dfs.core.windows.net",
                "a.csv",
            ),
            ("https://host:8443/a/b.csv", "https://host:8443", "a/b.csv"),
            ("s3://bucket/what?.csv", "s3://bucket", "what?.csv"),
        ] {
            let url = ObjectUrl::parse(text).unwrap().unwrap();
            assert_eq!((url.root().as_str(), url.key.as_str()), (root, key), "{text}");
        }
        assert_eq!(ObjectUrl::parse("logs/a.csv"), Ok(None));
    }

    #[test]
    fn one_object_has_one_identity() {
        let identity = |text| {
            let url = ObjectUrl::parse(text).unwrap().unwrap();
            url.identity(&url.key)
        };
        for (url, expected) in [
            ("s3a://bucket/a%20b.csv", "s3://bucket/a b.csv"),
            ("S3://bucket/a b.csv", "s3://bucket/a b.csv"),
            ("s3://bucket/%C3%A4=ä", "s3://bucket/ä=ä"),
            ("s3://bucket/a%2520b", "s3://bucket/a%2520b"),
            ("s3://bucket/%0a", "s3://bucket/%0A"),
            ("gs://bucket/a%2fb", "gs://bucket/a/b"),
            ("abfss://box@account/a", "az://box@account/a"),
        ] {
            assert_eq!(identity(url), expected);
        }
    }

    #[test]
    fn wrong_addresses_say_what_is_wrong_and_no_secret() {
        for (text, part) in [
            ("ftp://nn/a.csv", "`ftp://` is not built yet"),
            ("s3:///a.csv", "does not name a bucket"),
            ("s3://b/100%.csv", "has a % without"),
            ("s3://b//a.csv", "an empty name"),
            ("https://h/a.csv?X-Amz-Signature=secret", "behind its path"),
            ("https://me:secret@h/a.csv", "a name or password"),
            ("s3://me:secret@b/a.csv", "none can have"),
            ("s3://a b/c.csv", "none can have"),
            ("http:///a.csv", "does not name a host"),
            ("s3://b/%ff", "not UTF-8"),
        ] {
            let error = ObjectUrl::parse(text).unwrap_err();
            assert!(error.to_string().contains(part), "{text}: {error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
