//! Folders that are too old to be listed: the files that a ledger knows in them are taken instead.

use std::sync::Arc;

use super::*;
use crate::calendar::day_of;

/// The known files after a run that read all of `listing`.
fn known(listing: &Listing) -> Vec<(Arc<str>, FileVersion)> {
    listing.files.iter().map(|file| (file.identity.clone(), file.version.clone())).collect()
}

fn week(listing: &Listing) -> LookBack {
    LookBack::new(7, day_of(2024, 3, 1), known(listing)).unwrap()
}

const FILES: [&str; 9] = [
    "in/a.csv",
    "in/date=2024-02-01/a.csv",
    "in/date=2024-02-01/hour=05/b.csv",
    "in/date=2024-02-10/a.csv",
    "in/host=x/year=2023/month=12/day=31/a.csv",
    "in/host=x/year=2024/month=02/day=02/a.csv",
    "in/host=x/year=2024/month=02/day=03/a.csv",
    "in/host=y/2024/02/02/a.csv",
    "in/host=y/2024/02/03/a.csv",
];
const LATER: [&str; 5] = [
    "in/date=2024-02-01/late.csv",
    "in/date=2024-02-02/late.csv",
    "in/date=2024-02-03/new.csv",
    "in/date=2024-02-11/new.csv",
    "in/host=z/2020/01/01/new.csv",
];
const OLD: [(&str, u64); 5] = [
    ("in/date=2024-02-01/", 2),
    ("in/date=2024-02-02/", 0),
    ("in/host=x/year=2023/", 1),
    ("in/host=x/year=2024/month=02/day=02/", 1),
    ("in/host=y/2024/02/02/", 1),
];

#[track_caller]
fn check(written: &str, at: &str, list: &dyn Fn(&str, Option<&LookBack>) -> Listing, add: &dyn Fn(&str)) {
    let before = list(written, None);
    assert_eq!(before.files.len(), FILES.len());
    let week = week(&before);
    let same = list(written, Some(&week));
    assert_eq!(same.files, before.files, "{written}: as if all were listed");
    LATER.iter().for_each(|name| add(name));
    let after = list(written, Some(&week));
    let mut expected: Vec<String> =
        FILES.iter().chain(&LATER[2..]).map(|name| format!("{at}{name}")).collect();
    expected.sort();
    assert_eq!(names(&after), expected, "{written}");
    let unlisted = after.unlisted.unwrap();
    assert_eq!(unlisted.before, "2024-02-03");
    let folders: Vec<_> = unlisted.folders.iter().map(|old| (old.folder.clone(), old.files)).collect();
    assert_eq!(folders, OLD.map(|(folder, files)| (format!("{at}{folder}"), files)), "{written}");
}

#[test]
fn known_files_stand_for_old_folders_of_this_machine() {
    for written in ["in", "in/**/*.csv"] {
        let folder = folder(&FILES);
        let root = folder.path();
        let add = |name: &str| {
            fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            fs::write(root.join(name), name).unwrap();
        };
        let list = |written: &str, look_back: Option<&LookBack>| {
            list_since(&[written], root, &csv(), &Stores::default(), look_back).unwrap()
        };
        check(written, "", &list, &add);
        // A folder that the job names itself is listed. A folder that is gone has no files.
        let week = week(&list("in", None));
        let named = list("in/date=2024-02-01", Some(&week));
        assert_eq!(names(&named).len(), 3, "{named:?}");
        fs::remove_dir_all(root.join("in/date=2024-02-01")).unwrap();
        let left = list("in", Some(&week));
        assert!(!names(&left).iter().any(|name| name.contains("2024-02-01")), "{left:?}");
    }
}

#[cfg(feature = "object-store")]
#[test]
fn known_files_stand_for_old_folders_of_a_store() {
    use crate::storage::{ObjectStorage, Storage};
    for written in ["s3://b/in/", "s3://b", "s3://b/i*/**/*.csv"] {
        let memory = object_store::memory::InMemory::new();
        let storage = Arc::new(ObjectStorage::new("s3://b", Box::new(memory)).unwrap());
        let add = |name: &str| storage.put(name, name.as_bytes().to_vec().into()).unwrap();
        FILES.iter().for_each(|name| add(name));
        let list = |written: &str, look_back: Option<&LookBack>| {
            let stores = Stores::one("s3://b", storage.clone());
            list_since(&[written], Path::new(""), &csv(), &stores, look_back).unwrap()
        };
        check(written, "s3://b/", &list, &add);
    }
}
