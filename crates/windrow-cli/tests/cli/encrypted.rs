//! Encrypted Parquet: tests/data/encrypted, which pyarrow has written. Each file has the events of two hours, in each 10 of `Open`, 10 of
//! `Close` and 10 without an action, in two row groups of many pages. `all` is encrypted with one key, `columns` has another one for
//! the action, `plain-footer` as well, with a footer that is not encrypted; `prefix` does not hold the prefix `events` that it was written
//! with; `ctr` is of the other algorithm.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::restore::copy;
use super::{Said, contains, folder, said, windrow};

const KEYS: [(&str, &str); 6] = [
    ("ALL", "30313233343536373839303132333435"),
    ("FOOTER", "f4c4c69325ec7f63d281aadac93a8d36e79066859b12f90b36b666fd18e0acbd"),
    ("ACTION", "a2e0ff27dbc36485dbd42b46445f2e65d2d5f02840b4fd8b0d29f69f0d1948a0"),
    ("PLAIN_FOOTER", "7foYXobGBj4Usm3AU1sRpHlHPRQIAxD6mGBNKNgkSus="),
    ("PLAIN_ACTION", "+pl2CGNYIXWI+mWYMOAombaggeJXPAElqKXfjfvyt34="),
    ("OTHER", "00000000000000000000000000000000"),
];
const ANSWER: &str = "window_start,window_end,open_count,close_count,null_count,avg_actions\n\
    2024-01-01T00:00:00Z,2024-01-01T01:00:00Z,10,10,10,10.0\n2024-01-01T01:00:00Z,2024-01-01T02:00:00Z,10,10,10,10.0\n";

fn files() -> TempDir {
    let folder = folder(&[]);
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/encrypted"), folder.path());
    folder
}

/// What windrow says, in which no key is.
#[track_caller]
fn run(folder: &TempDir, arguments: &[&str]) -> Said {
    let said = said(windrow(folder, arguments).envs(KEYS).output().unwrap());
    for (name, key) in KEYS {
        assert!(!said.err.contains(key) && !said.out.contains(key), "{name} in {}", said.err);
    }
    said
}

#[track_caller]
fn refused(folder: &TempDir, arguments: &[&str], code: i32, parts: &[&str]) {
    let said = run(folder, &[&["run"], arguments].concat());
    assert_eq!(said.code, code, "{arguments:?}: {}", said.err);
    contains(&said.err, parts);
}

const QUESTION: [&str; 4] = ["--every", "1h", "--values", "Open,Close,"];

#[test]
fn encrypted_files_are_read_with_their_keys() {
    let folder = files();
    for (file, keys) in [
        ("all.parquet", &["env:ALL"][..]),
        ("columns.parquet", &["env:FOOTER", "action=env:ACTION"]),
        ("plain-footer.parquet", &["env:PLAIN_FOOTER", "action=env:PLAIN_ACTION"]),
    ] {
        let keys = keys.iter().flat_map(|key| ["--parquet-key", key]);
        for threads in ["1", "2"] {
            let flags: Vec<&str> =
                ["run", file, "--threads", threads].into_iter().chain(QUESTION).chain(keys.clone()).collect();
            let said = run(&folder, &flags);
            assert_eq!((said.code, said.out.as_str()), (0, ANSWER), "{file}: {}", said.err);
        }
    }
}

#[test]
fn what_is_not_encrypted_is_read_without_a_key() {
    let folder = files();
    let said =
        run(&folder, &["run", "columns.parquet", "--every", "1h", "--no-key", "--parquet-key", "env:FOOTER"]);
    assert_eq!(said.code, 0, "{}", said.err);
    contains(&said.err, &["format: Parquet (encrypted, without a key: action)", "rows 60 = counted 60"]);
    let said = run(&folder, &["run", "plain-footer.parquet", "--every", "1h", "--no-key"]);
    assert_eq!(said.code, 0, "{}", said.err);
    contains(&said.err, &["rows 60 = counted 60"]);
    refused(
        &folder,
        &["plain-footer.parquet", "--time", "time", "--key", "action", "--parquet-key", "env:PLAIN_FOOTER"],
        2,
        &["column \"action\" is encrypted, and its key is not given", "--parquet-key action=env:NAME"],
    );
}

#[test]
fn what_cannot_be_decrypted_says_why() {
    let folder = files();
    refused(
        &folder,
        &["all.parquet"],
        2,
        &["is encrypted, and its key is not given", "--parquet-key env:NAME"],
    );
    refused(&folder, &["all.parquet", "--parquet-key", "env:OTHER"], 4, &["cannot be decrypted: its footer"]);
    refused(
        &folder,
        &["columns.parquet", "--parquet-key", "env:FOOTER", "--parquet-key", "action=env:OTHER"],
        4,
        &["cannot be decrypted: "],
    );
    refused(
        &folder,
        &["all.parquet", "--parquet-key", "env:UNSET"],
        4,
        &["\"UNSET\", for a Parquet key, is not set"],
    );
    refused(
        &folder,
        &["all.parquet", "--parquet-key", "env:HOME"],
        4,
        &["\"HOME\" does not hold a key of 16 or 32 bytes"],
    );
    refused(
        &folder,
        &["ctr.parquet", "--parquet-key", "env:ALL"],
        2,
        &["encrypted with AES-GCM-CTR, which is not read"],
    );
    refused(
        &folder,
        &["prefix.parquet", "--parquet-key", "env:ALL"],
        2,
        &["AAD prefix", "parquet.aad_prefix"],
    );
    let written = run(&folder, &["run", "all.parquet", "--parquet-key", KEYS[0].1]);
    assert_eq!(written.code, 2);
    contains(&written.err, &["--parquet-key: the key of an encrypted file is a secret", "env:NAME"]);
    // One page that was changed.
    let mut bytes = fs::read(folder.path().join("all.parquet")).unwrap();
    bytes[200] ^= 1;
    fs::write(folder.path().join("all.parquet"), bytes).unwrap();
    refused(&folder, &["all.parquet", "--parquet-key", "env:ALL"], 4, &["cannot be decrypted: column "]);
}

/// A ledger reads a file again whose key was wrong, and keeps no key.
#[test]
fn a_job_names_its_keys() {
    let folder = files();
    let job = "name = 'a'\nversion = 1\n[source]\npath = 'prefix.parquet'\nformat = 'parquet'\ntime = 'time'\nkeys = ['action']\n\
        [source.parquet]\nfooter_key = 'env:KEY'\naad_prefix = 'events'\n[reports.r]\nevery = '1h'\n[output]\npath = 'out'\n";
    fs::write(folder.path().join("job.toml"), job).unwrap();
    let with = |value: &str| said(windrow(&folder, &["run", "job.toml"]).env("KEY", value).output().unwrap());
    assert_eq!(with(KEYS[5].1).code, 4, "another key");
    let read = with(KEYS[0].1);
    assert_eq!(read.code, 0, "{}", read.err);
    contains(&read.err, &["counted 60"]);
    let mut folders = vec![folder.path().join("out")];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let bytes = fs::read(&path).unwrap();
                    let key = KEYS[0].1.as_bytes();
                    assert!(!bytes.windows(key.len()).any(|part| part == key), "{}", path.display());
                }
            }
        }
    }
}
