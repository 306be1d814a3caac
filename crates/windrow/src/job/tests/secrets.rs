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
        account in proptest::option::of("[a-z0-9]{1,4}"),
    ) -> StoreAccess {
        let endpoint = endpoint.map(str::to_owned);
        let named = |keys: &[&'static str]| keys.iter().filter(|_| names && !anonymous).map(|key| (*key, key.to_uppercase())).collect();
        let kind = |keys| KindAccess { allow_http, anonymous, secrets: named(keys), ..KindAccess::default() };
        StoreAccess {
            proxy: proxy.map(|text: &str| match text.strip_prefix("env:") {
                Some(variable) => ProxyAddress::Variable(variable.to_owned()),
                None => ProxyAddress::Written(text.to_owned()),
            }),
            ca_file: has_ca.then(|| "jobs/ca \".pem".into()),
            gs: KindAccess { endpoint: endpoint.clone().filter(|_| names || anonymous), ..kind(&["service_account_key"]) },
            s3: KindAccess { endpoint, region, virtual_hosted, ..kind(&["access_key_id", "secret_access_key", "session_token"]) },
            az: KindAccess { account, ..kind(&["sas_token"]) },
            cluster: None,
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
