//! Stores: from the address of a bucket to its storage. The access comes from the job and, for the rest, from the environment.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::{ObjectUrl, Storage};
use crate::error::{Code, Error, Result};

/// How to reach stores, as a job says; the environment provides the rest. It does not change the answer. Secrets are named by
/// the environment variables that hold them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreAccess {
    /// The proxy that all requests go through.
    pub proxy: Option<ProxyAddress>,
    /// A file of certificate authorities to trust in addition to the usual ones.
    pub ca_file: Option<PathBuf>,
    /// For S3 and compatible stores.
    pub s3: KindAccess,
    /// For Google Cloud Storage.
    pub gs: KindAccess,
    /// For Azure Blob Storage.
    pub az: KindAccess,
    /// For the files that only the cluster sees which counts.
    pub cluster: Option<Cluster>,
    /// For single buckets, by their addresses (`s3://archive`), in place of that of their kind.
    pub buckets: BTreeMap<String, KindAccess>,
}

impl StoreAccess {
    /// That of the kind of the store at `address`. `None` for an address that is of none.
    pub(crate) fn kind_of(&self, address: &str) -> Option<&KindAccess> {
        let kinds = [("s3", &self.s3), ("gs", &self.gs), ("az", &self.az)];
        let (scheme, _) = address.split_once("://")?;
        kinds.into_iter().find(|(name, _)| *name == scheme).map(|(_, kind)| kind)
    }
}

/// The address of a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyAddress {
    /// An address without a password.
    Written(String),
    /// The environment variable that holds the address, which may contain a password.
    Variable(String),
}

/// How to reach stores of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KindAccess {
    /// The server; `None` for that of the cloud.
    pub endpoint: Option<String>,
    /// Whether requests to an endpoint on another machine may be unencrypted.
    pub allow_http: bool,
    /// The region, for S3.
    pub region: Option<String>,
    /// Whether the bucket is part of the host name, for S3.
    pub virtual_hosted: Option<bool>,
    /// The storage account, for Azure.
    pub account: Option<String>,
    /// Whether requests are not signed: public data needs no credentials.
    pub anonymous: bool,
    /// The environment variables that hold secrets, by their keys in a job file.
    pub secrets: BTreeMap<&'static str, String>,
}

impl KindAccess {
    /// Whether it names credentials, or says that there are none.
    pub(crate) fn names_credentials(&self) -> bool {
        self.anonymous || !self.secrets.is_empty()
    }
}

/// The files that a cluster sees and this program does not, as stores.
pub trait ClusterStores: fmt::Debug + Send + Sync {
    /// The folder at this address, which begins with the scheme that Hadoop has for it.
    ///
    /// # Errors
    /// Usage: it cannot be an address.
    fn open(&self, address: &str) -> Result<Arc<dyn Storage>>;
}

/// A cluster that sees files.
#[derive(Clone, Debug)]
pub struct Cluster(pub Arc<dyn ClusterStores>);

impl PartialEq for Cluster {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Cluster {}

/// The stores that a run reads and writes, each opened once.
#[derive(Debug, Default)]
pub struct Stores {
    access: StoreAccess,
    opened: Mutex<HashMap<String, Arc<dyn Storage>>>,
}

impl Stores {
    /// Stores with this access.
    pub fn new(access: &StoreAccess) -> Self {
        Stores { access: access.clone(), ..Stores::default() }
    }

    /// The store that `url` is in.
    ///
    /// # Errors
    /// Usage: this program is built without access to stores, or the job or the environment describes access that cannot be used.
    pub(crate) fn of(&self, url: &ObjectUrl) -> Result<Arc<dyn Storage>> {
        let opened = || self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let root = url.root();
        if let Some(storage) = opened().get(&root) {
            return Ok(Arc::clone(storage));
        }
        let storage = self.open(url, "")?;
        Ok(Arc::clone(opened().entry(root).or_insert(storage)))
    }

    /// The folder that `url` names, as its own storage.
    ///
    /// # Errors
    /// As [`Stores::of`].
    pub(crate) fn folder(&self, url: &ObjectUrl) -> Result<Arc<dyn Storage>> {
        self.open(url, url.key.trim_end_matches('/'))
    }

    fn open(&self, url: &ObjectUrl, folder: &str) -> Result<Arc<dyn Storage>> {
        match (url.on_cluster(folder), &self.access.cluster) {
            (None, _) => open(&self.access, url, folder),
            (Some(address), Some(cluster)) => cluster.0.open(&address),
            (Some(_), None) => Err(Error::usage(format!("only a Spark cluster reads {}", url.shown(&url.key)))
                .with_code(Code::NotBuilt)
                .with_help("let Spark count, on a cluster that sees it: name its Connect server as the engine, sc://HOST:15002")),
        }
    }

    /// One store, which is `storage`.
    #[cfg(test)]
    pub(crate) fn one(root: &str, storage: Arc<dyn Storage>) -> Self {
        let opened = Mutex::new(HashMap::from([(root.to_owned(), storage)]));
        Stores { opened, ..Stores::default() }
    }
}

#[cfg(not(feature = "object-store"))]
fn open(_: &StoreAccess, url: &ObjectUrl, _: &str) -> Result<Arc<dyn Storage>> {
    Err(Error::without_feature(format!("{}:// addresses", url.scheme.name()), "object-store"))
}

#[cfg(feature = "object-store")]
fn open(access: &StoreAccess, url: &ObjectUrl, folder: &str) -> Result<Arc<dyn Storage>> {
    super::access::open(access, url, folder)
}
