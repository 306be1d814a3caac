//! `[storage.buckets]`: how single buckets are reached. What is not said of one is as it is for all stores of its kind.

use std::collections::BTreeMap;

use super::super::file::{AzureFile, BucketFile, GoogleFile, S3File, StorageFile};
use super::super::span::{At, Fault};
use super::invalid;
use crate::error::{Error, Result};
use crate::storage::{KindAccess, ObjectUrl, Scheme};

/// How each bucket is reached, by its address.
pub(super) fn check(file: &StorageFile) -> Result<BTreeMap<String, KindAccess>, Fault> {
    let mut all = BTreeMap::new();
    for (written, bucket) in &file.buckets {
        let place = ["storage", "buckets", written.as_str()];
        let url = address(written).at(&place)?;
        bucket.ensure_keys_of(url.scheme, &place)?;
        let access = match url.scheme {
            Scheme::Gs => bucket.over_google(&file.gs).check(&place)?,
            Scheme::Az => bucket.over_azure(&file.az).check(&place)?,
            _ => bucket.over_s3(&file.s3).check(&place)?,
        };
        if all.insert(url.root(), access).is_some() {
            return Err(invalid("this bucket is named twice", "leave out one of them")).at(&place);
        }
    }
    Ok(all)
}

/// The address of a bucket, without a path.
fn address(written: &str) -> Result<ObjectUrl> {
    let is_bucket = |url: &ObjectUrl| matches!(url.scheme, Scheme::S3 | Scheme::Gs | Scheme::Az);
    let url = ObjectUrl::parse(written)?.filter(|url| is_bucket(url) && url.key.is_empty());
    url.ok_or_else(|| {
        let example = "write for example [storage.buckets.\"s3://archive\"]";
        invalid("this is not the address of a bucket", example)
    })
}

impl BucketFile {
    /// Whether it says whose credentials to use. They belong together, so that none of those of its kind are used then.
    fn names_credentials(&self) -> bool {
        let secrets = [
            &self.access_key_id,
            &self.secret_access_key,
            &self.session_token,
            &self.service_account_key,
            &self.account_key,
            &self.sas_token,
        ];
        self.anonymous.is_some() || secrets.into_iter().any(Option::is_some)
    }

    /// Leave to send requests unencrypted was given for one endpoint.
    fn allow_http(&self, of_kind: Option<bool>) -> Option<bool> {
        self.allow_http.or(of_kind.filter(|_| self.endpoint.is_none()))
    }

    /// Refuses what stores of this kind do not have.
    fn ensure_keys_of(&self, scheme: Scheme, place: &[&str]) -> Result<(), Fault> {
        let keys = [
            ("region", Scheme::S3, self.region.is_some()),
            ("virtual_hosted", Scheme::S3, self.virtual_hosted.is_some()),
            ("access_key_id", Scheme::S3, self.access_key_id.is_some()),
            ("secret_access_key", Scheme::S3, self.secret_access_key.is_some()),
            ("session_token", Scheme::S3, self.session_token.is_some()),
            ("service_account_key", Scheme::Gs, self.service_account_key.is_some()),
            ("account", Scheme::Az, self.account.is_some()),
            ("account_key", Scheme::Az, self.account_key.is_some()),
            ("sas_token", Scheme::Az, self.sas_token.is_some()),
        ];
        match keys.into_iter().find(|(_, of, is_said)| *is_said && *of != scheme) {
            Some((key, of, _)) => {
                let message = format!("this is for {}:// alone", of.name());
                Err::<(), Error>(invalid(&message, "leave it out")).at(&[place, &[key]].concat())
            }
            None => Ok(()),
        }
    }

    fn over_s3(&self, kind: &S3File) -> S3File {
        let of_kind = if self.names_credentials() { S3File::default() } else { kind.clone() };
        S3File {
            endpoint: self.endpoint.clone().or_else(|| kind.endpoint.clone()),
            allow_http: self.allow_http(kind.allow_http),
            region: self.region.clone().or_else(|| kind.region.clone()),
            virtual_hosted: self.virtual_hosted.or(kind.virtual_hosted),
            anonymous: self.anonymous.or(of_kind.anonymous),
            access_key_id: self.access_key_id.clone().or(of_kind.access_key_id),
            secret_access_key: self.secret_access_key.clone().or(of_kind.secret_access_key),
            session_token: self.session_token.clone().or(of_kind.session_token),
        }
    }

    fn over_google(&self, kind: &GoogleFile) -> GoogleFile {
        let of_kind = if self.names_credentials() { GoogleFile::default() } else { kind.clone() };
        GoogleFile {
            endpoint: self.endpoint.clone().or_else(|| kind.endpoint.clone()),
            allow_http: self.allow_http(kind.allow_http),
            anonymous: self.anonymous.or(of_kind.anonymous),
            service_account_key: self.service_account_key.clone().or(of_kind.service_account_key),
        }
    }

    fn over_azure(&self, kind: &AzureFile) -> AzureFile {
        let of_kind = if self.names_credentials() { AzureFile::default() } else { kind.clone() };
        AzureFile {
            account: self.account.clone().or_else(|| kind.account.clone()),
            endpoint: self.endpoint.clone().or_else(|| kind.endpoint.clone()),
            allow_http: self.allow_http(kind.allow_http),
            anonymous: self.anonymous.or(of_kind.anonymous),
            account_key: self.account_key.clone().or(of_kind.account_key),
            sas_token: self.sas_token.clone().or(of_kind.sas_token),
        }
    }
}
