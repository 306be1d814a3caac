//! Jobs that name secrets: for Spark, for stores, and for encrypted files.

use proptest::prelude::*;

use super::*;
use crate::storage::{KindAccess, ProxyAddress, StoreAccess};

prop_compose! {
    pub(super) fn any_engine()(
        address in proptest::option::of(one_of(&["embedded", "sc://host", "sc://host:1/;token=env:T;a=\"b\""])),
        spark_conf in proptest::collection::btree_map("[a-z\\\\\"]{1,4}\\.[ä=]", any_text(), 0..3),
        spark_paths in proptest::collection::btree_map("/[a-zä \"]{0,4}", "(s3a://lake|/data|dbfs:)/[a-zä \"]{1,4}", 0..3),
    ) -> JobEngine {
        let folder = address.map(|_| "jobs".into()).unwrap_or_default();
        JobEngine { address: address.map(str::to_owned), spark_conf, spark_paths, folder }
    }
}

prop_compose! {
    pub(super) fn any_access()(
        proxy in proptest::option::of(one_of(&["http://proxy:3128", "env:P"])), has_ca in any::<bool>(),
        endpoint in proptest::option::of(one_of(&["https://host:9000", "http://h"])), region in proptest::option::of("[a-z0-9-]{1,4}"),
        virtual_hosted in any::<Option<bool>>(), allow_http in any::<bool>(), anonymous in any::<bool>(), names in any::<bool>(),
        account in proptest::option::of("[a-z0-9]{1,4}"), buckets in proptest::collection::btree_map("s3://[a-z.]{1,3}", any_bucket(), 0..3),
    ) -> StoreAccess {
        let endpoint = endpoint.map(str::to_owned);
        let named = |keys: &[&'static str]| keys.iter().filter(|_| names && !anonymous).map(|key| (*key, key.to_uppercase())).collect();
        let kind = |keys| KindAccess { allow_http, anonymous, secrets: named(keys), ..KindAccess::default() };
        let s3 = KindAccess { endpoint: endpoint.clone(), region, virtual_hosted, ..kind(&["access_key_id", "secret_access_key", "session_token"]) };
        // What is not said of a bucket is said of its kind.
        let over_kind = |bucket: KindAccess| KindAccess {
            endpoint: bucket.endpoint.or_else(|| s3.endpoint.clone()),
            region: bucket.region.or_else(|| s3.region.clone()),
            virtual_hosted: bucket.virtual_hosted.or(s3.virtual_hosted),
            ..bucket
        };
        StoreAccess {
            buckets: buckets.into_iter().map(|(address, bucket)| (address, over_kind(bucket))).collect(),
            proxy: proxy.map(|text: &str| match text.strip_prefix("env:") {
                Some(variable) => ProxyAddress::Variable(variable.to_owned()),
                None => ProxyAddress::Written(text.to_owned()),
            }),
            ca_file: has_ca.then(|| "jobs/ca \".pem".into()),
            gs: KindAccess { endpoint: endpoint.clone().filter(|_| names || anonymous), ..kind(&["service_account_key"]) },
            s3,
            az: KindAccess { account, ..kind(&["sas_token"]) },
            cluster: None,
        }
    }
}

prop_compose! {
    fn any_bucket()(
        endpoint in proptest::option::of(one_of(&["https://other:9000", "http://o"])), region in proptest::option::of("[a-z0-9-]{1,4}"),
        allow_http in any::<bool>(), anonymous in any::<bool>(), names in any::<bool>(),
    ) -> KindAccess {
        let secrets = ["access_key_id", "secret_access_key"].into_iter().filter(|_| names && !anonymous);
        KindAccess {
            endpoint: endpoint.map(str::to_owned), region, allow_http, anonymous,
            secrets: secrets.map(|key| (key, key.to_uppercase())).collect(),
            ..KindAccess::default()
        }
    }
}

pub(super) fn any_keys() -> impl Strategy<Value = DecryptionKeys> {
    let columns = proptest::collection::btree_map("[a-zä.\" ]{1,4}", "[A-Z]{1,2}", 0..3);
    ("[A-Z_]{0,2}", columns, proptest::option::of("[a-zä\" ]{1,4}")).prop_map(
        |(footer, columns, aad_prefix)| DecryptionKeys {
            footer: Some(footer).filter(|name| !name.is_empty()),
            columns,
            aad_prefix,
        },
    )
}
