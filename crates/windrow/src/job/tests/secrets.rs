//! Jobs that name secrets: of Spark, and of encrypted files.

use proptest::prelude::*;

use super::*;

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

pub(super) fn any_keys() -> impl Strategy<Value = Keys> {
    let columns = proptest::collection::btree_map("[a-zä.\" ]{1,4}", "[A-Z]{1,2}", 0..3);
    ("[A-Z_]{0,2}", columns, proptest::option::of("[a-zä\" ]{1,4}")).prop_map(
        |(footer, columns, aad_prefix)| Keys {
            footer: Some(footer).filter(|name| !name.is_empty()),
            columns,
            aad_prefix,
        },
    )
}
