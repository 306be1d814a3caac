//! The drill of docs/ledger.md, Backup and restore: copy, wipe, restore.

use std::fs;
use std::path::Path;

use super::kept::{LATE, fresh, ok, put};
use super::run;

/// Copies a folder with the times of its files, as `cp -a` does.
pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
            let modified = path.metadata().unwrap().modified().unwrap();
            fs::File::options().append(true).open(&to).unwrap().set_modified(modified).unwrap();
        }
    }
}

#[test]
fn what_is_wiped_and_restored_answers_as_before_and_goes_on() {
    let folder = fresh();
    let (out, backup) = (folder.path().join("out"), folder.path().join("backup"));
    ok(&folder, &["run", "job.toml"]);
    let digest = ok(&folder, &["digest", "job.toml"]).out;
    copy(&out, &backup);
    put(&folder, "logs/b.csv", LATE);
    ok(&folder, &["run", "job.toml"]);
    let later = ok(&folder, &["digest", "job.toml"]).out;
    assert_ne!(digest, later);

    fs::remove_dir_all(&out).unwrap();
    copy(&backup, &out);
    assert_eq!(ok(&folder, &["digest", "job.toml"]).out, digest);
    // What came after the backup is new again, and nothing else is read.
    let said = ok(&folder, &["run", "job.toml"]);
    assert!(said.err.contains("2 files: 1 same, 1 new"), "{}", said.err);
    assert_eq!(ok(&folder, &["digest", "job.toml"]).out, later);
}

#[test]
fn tables_of_different_moments_are_told() {
    let folder = fresh();
    let (out, backup) = (folder.path().join("out"), folder.path().join("backup"));
    ok(&folder, &["run", "job.toml"]);
    copy(&out, &backup);
    put(&folder, "logs/b.csv", LATE);
    ok(&folder, &["run", "job.toml"]);

    let later = folder.path().join("later");
    fs::rename(&out, &later).unwrap();
    for (state, reports) in [(&backup, &later), (&later, &backup)] {
        let _ = fs::remove_dir_all(&out);
        copy(reports, &out);
        fs::remove_dir_all(out.join("state")).unwrap();
        copy(&state.join("state"), &out.join("state"));
        let said = run(&folder, &["run", "job.toml"]);
        if state == &backup {
            assert_eq!(said.code, 5, "{}", said.err);
            assert!(said.err.contains("backup"), "{}", said.err);
        } else {
            // Reports that are behind are what a run that died has left: they are published again.
            assert_eq!(said.code, 0, "{}", said.err);
            let published = |report| ok(&folder, &["show", "job.toml", "windows", "--report", report]).out;
            assert!(published("ten_minutes").contains(",Open,4,"), "{}", published("ten_minutes"));
        }
    }
}
