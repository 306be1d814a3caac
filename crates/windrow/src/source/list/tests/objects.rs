//! In a store of objects the rules are those of folders.

use std::sync::Arc;

use bytes::Bytes;
use object_store::memory::InMemory;

use super::*;
use crate::storage::{ObjectStorage, Storage};

/// Lists `written` in a store with these objects, each holding its own key.
fn listed(keys: &[&str], written: &str, endings: &Endings) -> Result<Listing> {
    let storage = ObjectStorage::new("s3://b", Box::new(InMemory::new())).unwrap();
    for key in keys {
        storage.put(key, Bytes::from(key.as_bytes().to_vec())).unwrap();
    }
    let stores = Stores::one("s3://b", Arc::new(storage));
    super::super::list(&[written], Path::new(""), endings, &stores)
}

#[test]
fn objects_are_listed_by_the_rules_of_folders() {
    let keys = [
        "a.csv",
        "logs/a.csv",
        "logs/b.csv.gz",
        "logs/_SUCCESS",
        "logs/.tmp/a.csv",
        "logs/c.json",
        "logs/day=1/x.csv",
        "logs/day=1/_x.csv",
        "logs/table/_delta_log/00000000000000000000.json",
        "logs/table/part-0.csv",
        "logs/table/part-1.parquet",
        "logs2/a.csv",
        "logs2/[a].csv.gz",
    ];
    for (written, expected, also_skipped) in [
        ("s3://b/logs2/[a].csv.gz", &["s3://b/logs2/[a].csv.gz"][..], &[][..]),
        ("s3://b/logs2/[a].csv", &["s3://b/logs2/a.csv"], &[]),
        ("s3://b/a.csv", &["s3://b/a.csv"], &[]),
        ("s3a://b/logs2/", &["s3://b/logs2/[a].csv.gz", "s3://b/logs2/a.csv"], &[]),
        (
            "s3://b/logs/",
            &["s3://b/logs/a.csv", "s3://b/logs/b.csv.gz", "s3://b/logs/day=1/x.csv"],
            &[
                ("s3://b/logs/.tmp", Rule::Hidden),
                ("s3://b/logs/_SUCCESS", Rule::Underscore),
                ("s3://b/logs/c.json", Rule::OtherData),
                ("s3://b/logs/day=1/_x.csv", Rule::Underscore),
                ("s3://b/logs/table", Rule::DeltaTable),
            ],
        ),
        ("s3://b/logs/*.csv", &["s3://b/logs/a.csv"], &[]),
        ("s3://b/*/a.csv", &["s3://b/logs/a.csv", "s3://b/logs2/a.csv"], &[]),
        ("s3://b/**/x.csv", &["s3://b/logs/day=1/x.csv"], &[]),
        (
            "s3://b/logs/day=*",
            &["s3://b/logs/day=1/x.csv"],
            &[("s3://b/logs/day=1/_x.csv", Rule::Underscore)],
        ),
        ("s3://b/logs/day=1/_*.csv", &["s3://b/logs/day=1/_x.csv"], &[]),
        ("s3://b/logs/c.json", &["s3://b/logs/c.json"], &[]),
        (
            "s3://b/logs/t*/*",
            &["s3://b/logs/table/part-0.csv"],
            &[("s3://b/logs/table", Rule::DeltaTable), ("s3://b/logs/table/_delta_log", Rule::Underscore)],
        ),
    ] {
        let listing = listed(&keys, written, &csv()).unwrap_or_else(|error| panic!("{written}: {error}"));
        assert_eq!(names(&listing), expected, "{written}");
        let also_skipped: Vec<_> = also_skipped.iter().map(|(name, rule)| (*name, rule)).collect();
        assert_eq!(skipped(&listing), also_skipped, "{written}");
    }
    for (written, code, part) in [
        ("s3://b/none", Code::NotFound, "no such file or folder: s3://b/none"),
        ("s3://b/x*.csv", Code::NotFound, "no input in s3://b/x*.csv"),
        ("hdfs://b/a", Code::NotBuilt, "only a Spark cluster reads"),
    ] {
        let error = listed(&keys, written, &csv()).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(part), "{error}");
    }
    for (written, help) in [
        ("s3://b/none", "check the path; it is looked for in s3://b/"),
        ("s3://b/log/dy=1/x.csw", "did you mean s3://b/logs/day=1/x.csv?"),
    ] {
        let error = listed(&keys, written, &csv()).unwrap_err();
        assert_eq!(error.help_text(), Some(help), "{error}");
    }
}

#[test]
fn an_object_is_known_by_its_address_size_and_tag() {
    let listing = listed(&["logs/a b.csv"], "s3a://b/logs/a%20b.csv", &csv()).unwrap();
    let [file] = &listing.files[..] else { panic!("{listing:?}") };
    assert_eq!(&*file.identity, "s3://b/logs/a b.csv");
    assert_eq!(file.version.size_bytes, 12);
    assert!(matches!(file.version.stamp, crate::storage::Stamp::Etag(_)));
}
