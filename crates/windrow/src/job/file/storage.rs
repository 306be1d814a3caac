//! How stores are reached, as it was written. Secrets are named, never written.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

#[cfg(test)]
use schemars::JsonSchema;

/// `[storage]` as it was written.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct StorageFile {
    /// The proxy for all requests, except those to hosts in `NO_PROXY`: its address, or the environment variable that holds it.
    #[cfg_attr(test, schemars(extend("x-default" = "that of `HTTPS_PROXY`", "examples" = ["http://proxy:3128", "env:PROXY"])))]
    pub proxy: Option<String>,
    /// A PEM file of certificate authorities to trust in addition to the usual ones; relative to the job file's folder.
    #[cfg_attr(test, schemars(extend("examples" = ["company-ca.pem"])))]
    pub ca_file: Option<String>,
    /// How `s3://` is reached.
    pub s3: S3File,
    /// How `gs://` is reached.
    pub gs: GoogleFile,
    /// How `az://` is reached.
    pub az: AzureFile,
    /// How individual buckets and containers are reached, by address, if that differs from others of their kind.
    pub buckets: BTreeMap<String, BucketFile>,
}

/// `[storage.s3]` as it was written.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct S3File {
    /// The server, if it is not Amazon's.
    #[cfg_attr(test, schemars(extend("x-default" = "`AWS_ENDPOINT_URL`", "examples" = ["https://minio.example.com:9000"])))]
    pub endpoint: Option<String>,
    /// Whether connections to the endpoint may be unencrypted; to one on this machine they always may.
    #[cfg_attr(test, schemars(extend("default" = false, "examples" = [true])))]
    pub allow_http: Option<bool>,
    /// The region of the buckets.
    #[cfg_attr(test, schemars(extend("x-default" = "`AWS_REGION`", "examples" = ["eu-central-1"])))]
    pub region: Option<String>,
    /// Whether the bucket is part of the host name (`bucket.host`) rather than of the path.
    #[cfg_attr(test, schemars(extend("x-default" = "`false`", "examples" = [true])))]
    pub virtual_hosted: Option<bool>,
    /// Whether requests are not signed: for public buckets.
    #[cfg_attr(test, schemars(extend("default" = false, "examples" = [true])))]
    pub anonymous: Option<bool>,
    /// The environment variable that holds the ID of the access key.
    #[cfg_attr(test, schemars(extend("x-default" = "`env:AWS_ACCESS_KEY_ID`", "examples" = ["env:LAKE_KEY_ID"])))]
    pub access_key_id: Option<String>,
    /// The environment variable that holds the secret access key.
    #[cfg_attr(test, schemars(extend("x-default" = "`env:AWS_SECRET_ACCESS_KEY`", "examples" = ["env:LAKE_SECRET"])))]
    pub secret_access_key: Option<String>,
    /// The environment variable that holds the session token.
    #[cfg_attr(test, schemars(extend("x-default" = "`env:AWS_SESSION_TOKEN`", "examples" = ["env:LAKE_TOKEN"])))]
    pub session_token: Option<String>,
}

/// `[storage.gs]` as it was written.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct GoogleFile {
    /// The server, if it is not Google's; needs a key, or `anonymous`.
    #[cfg_attr(test, schemars(extend("examples" = ["https://storage.example.com"])))]
    pub endpoint: Option<String>,
    /// Whether connections to the endpoint may be unencrypted; to one on this machine they always may.
    #[cfg_attr(test, schemars(extend("default" = false, "examples" = [true])))]
    pub allow_http: Option<bool>,
    /// Whether requests carry no credentials: for public buckets.
    #[cfg_attr(test, schemars(extend("default" = false, "examples" = [true])))]
    pub anonymous: Option<bool>,
    /// The environment variable that holds the key of a service account, as JSON.
    #[cfg_attr(test, schemars(extend("x-default" = "`env:GOOGLE_SERVICE_ACCOUNT_KEY`", "examples" = ["env:LAKE_ACCOUNT"])))]
    pub service_account_key: Option<String>,
}

/// `[storage.az]` as it was written.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct AzureFile {
    /// The storage account, for addresses that do not name one.
    #[cfg_attr(test, schemars(extend("x-default" = "`AZURE_STORAGE_ACCOUNT_NAME`", "examples" = ["lake"])))]
    pub account: Option<String>,
    /// The server, if it is not Azure's; needs a key, a token, or `anonymous`.
    #[cfg_attr(test, schemars(extend("examples" = ["https://lake.blob.core.usgovcloudapi.net"])))]
    pub endpoint: Option<String>,
    /// Whether connections to the endpoint may be unencrypted; to one on this machine they always may.
    #[cfg_attr(test, schemars(extend("default" = false, "examples" = [true])))]
    pub allow_http: Option<bool>,
    /// Whether requests carry no credentials: for public containers.
    #[cfg_attr(test, schemars(extend("default" = false, "examples" = [true])))]
    pub anonymous: Option<bool>,
    /// The environment variable that holds the key of the account.
    #[cfg_attr(test, schemars(extend("x-default" = "`env:AZURE_STORAGE_ACCOUNT_KEY`", "examples" = ["env:LAKE_KEY"])))]
    pub account_key: Option<String>,
    /// The environment variable that holds a shared access signature.
    #[cfg_attr(test, schemars(extend("x-default" = "`env:AZURE_STORAGE_SAS_TOKEN`", "examples" = ["env:LAKE_SAS"])))]
    pub sas_token: Option<String>,
}

/// `[storage.buckets."s3://archive"]` as it was written. Which keys there are depends on the kind of store.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct BucketFile {
    /// The server of the bucket.
    #[cfg_attr(test, schemars(extend("x-default" = "that of its kind", "examples" = ["https://minio.example.com:9000"])))]
    pub endpoint: Option<String>,
    /// Whether connections to the endpoint may be unencrypted; to one on this machine they always may.
    #[cfg_attr(test, schemars(extend("x-default" = "`false` for another endpoint than that of its kind", "examples" = [true])))]
    pub allow_http: Option<bool>,
    /// Whether requests carry no credentials.
    #[cfg_attr(test, schemars(extend("x-default" = "as its kind", "examples" = [true])))]
    pub anonymous: Option<bool>,
    /// For `s3://`: the region of the bucket.
    #[cfg_attr(test, schemars(extend("x-default" = "that of its kind", "examples" = ["eu-west-1"])))]
    pub region: Option<String>,
    /// For `s3://`: whether the bucket is part of the host name.
    #[cfg_attr(test, schemars(extend("x-default" = "as its kind", "examples" = [true])))]
    pub virtual_hosted: Option<bool>,
    /// For `s3://`: the environment variable that holds the ID of the access key.
    #[cfg_attr(test, schemars(extend("x-default" = "that of its kind", "examples" = ["env:ARCHIVE_KEY_ID"])))]
    pub access_key_id: Option<String>,
    /// For `s3://`: the environment variable that holds the secret access key.
    #[cfg_attr(test, schemars(extend("x-default" = "that of its kind", "examples" = ["env:ARCHIVE_SECRET"])))]
    pub secret_access_key: Option<String>,
    /// For `s3://`: the environment variable that holds the session token.
    #[cfg_attr(test, schemars(extend("x-default" = "that of its kind", "examples" = ["env:ARCHIVE_TOKEN"])))]
    pub session_token: Option<String>,
    /// For `gs://`: the environment variable that holds the key of a service account, as JSON.
    #[cfg_attr(test, schemars(extend("x-default" = "that of its kind", "examples" = ["env:ARCHIVE_ACCOUNT"])))]
    pub service_account_key: Option<String>,
    /// For `az://`: the storage account.
    #[cfg_attr(test, schemars(extend("x-default" = "that of its kind", "examples" = ["archive"])))]
    pub account: Option<String>,
    /// For `az://`: the environment variable that holds the key of the account.
    #[cfg_attr(test, schemars(extend("x-default" = "that of its kind", "examples" = ["env:ARCHIVE_KEY"])))]
    pub account_key: Option<String>,
    /// For `az://`: the environment variable that holds a shared access signature.
    #[cfg_attr(test, schemars(extend("x-default" = "that of its kind", "examples" = ["env:ARCHIVE_SAS"])))]
    pub sas_token: Option<String>,
}

/// Nothing of what was written, which may be a secret by mistake.
macro_rules! shows_nothing {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

shows_nothing!(StorageFile S3File GoogleFile AzureFile BucketFile);
