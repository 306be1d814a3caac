//! Stores: from the address of a bucket to its storage, with the access that a job names and, for the rest, the environment.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::{ObjectUrl, Storage};
use crate::error::Result;

/// How stores are reached, as a job says it; what it leaves open, the environment says. It does not change the answer. Secrets are named by
/// the environment variables that hold them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreAccess {
    /// The server that all requests go through.
    pub proxy: Option<ProxyAddress>,
    /// The file of certificate authorities to trust in addition to the usual ones.
    pub ca_file: Option<PathBuf>,
    /// Of S3, and what speaks like it.
    pub s3: KindAccess,
    /// Of Google Cloud Storage.
    pub gs: KindAccess,
    /// Of Azure Blob Storage.
    pub az: KindAccess,
}

/// Where a proxy is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyAddress {
    /// An address without a password.
    Written(String),
    /// The environment variable that holds it, as it may have a password.
    Variable(String),
}

/// How the stores of one kind are reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KindAccess {
    /// The server; none: that of the cloud.
    pub endpoint: Option<String>,
    /// Whether the endpoint may be asked unencrypted though it is another machine.
    pub allow_http: bool,
    /// The region, of S3.
    pub region: Option<String>,
    /// Whether the bucket is a part of the host's name, of S3.
    pub virtual_hosted: Option<bool>,
    /// The storage account, of Azure.
    pub account: Option<String>,
    /// Whether nothing is signed: what is public needs no credentials.
    pub anonymous: bool,
    /// The variables that hold secrets, by the keys of a job file.
    pub secrets: BTreeMap<&'static str, String>,
}

impl KindAccess {
    /// Whether it says with which credentials, or that it is without.
    pub(crate) fn names_credentials(&self) -> bool {
        self.anonymous || !self.secrets.is_empty()
    }
}

/// The stores that a run reads and writes, each opened once.
#[derive(Debug, Default)]
pub struct Stores {
    access: StoreAccess,
    opened: Mutex<HashMap<String, Arc<dyn Storage>>>,
}

impl Stores {
    /// Stores that are reached so.
    pub fn new(access: &StoreAccess) -> Self {
        Stores { access: access.clone(), opened: Mutex::default() }
    }

    /// The store that `url` is in.
    ///
    /// # Errors
    /// Usage: this program has no access to stores, or what the job or the environment says of access cannot be used.
    pub(crate) fn of(&self, url: &ObjectUrl) -> Result<Arc<dyn Storage>> {
        let opened = || self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let root = url.root();
        if let Some(storage) = opened().get(&root) {
            return Ok(Arc::clone(storage));
        }
        let storage = open(&self.access, url, "")?;
        Ok(Arc::clone(opened().entry(root).or_insert(storage)))
    }

    /// The folder that `url` names, as a storage.
    ///
    /// # Errors
    /// As [`Stores::of`].
    pub(crate) fn folder(&self, url: &ObjectUrl) -> Result<Arc<dyn Storage>> {
        open(&self.access, url, url.key.trim_end_matches('/'))
    }

    /// One store, which is `storage`.
    #[cfg(test)]
    pub(crate) fn one(root: &str, storage: Arc<dyn Storage>) -> Self {
        let opened = Mutex::new(HashMap::from([(root.to_owned(), storage)]));
        Stores { access: StoreAccess::default(), opened }
    }
}

#[cfg(not(feature = "object-store"))]
fn open(_: &StoreAccess, url: &ObjectUrl, _: &str) -> Result<Arc<dyn Storage>> {
    use crate::error::{Code, Error};
    let message = format!("this windrow is built without {}:// addresses", url.scheme.name());
    Err(Error::usage(message)
        .with_code(Code::NotBuilt)
        .help("build it with the feature object-store, or copy the files to this machine"))
}

#[cfg(feature = "object-store")]
fn open(access: &StoreAccess, url: &ObjectUrl, folder: &str) -> Result<Arc<dyn Storage>> {
    super::access::open(access, url, folder)
}
