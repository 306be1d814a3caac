#[cfg(feature = "object-store")]
mod objects;
mod old_folders;

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::Command;

use super::*;
use crate::Kind;
use crate::source::NameEnding;

/// As [`super::list`], with access to stores from the environment.
fn list<P: AsRef<Path>>(paths: &[P], root: &Path, endings: &Endings) -> Result<Listing> {
    super::list(paths, root, endings, &Stores::default())
}

/// The endings of CSV.
fn csv() -> Endings {
    Endings::new([NameEnding::packed(".csv"), NameEnding::packed(".tsv")])
}

/// A folder with these files, each holding its own name.
fn folder(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }
    folder
}

fn names(listing: &Listing) -> Vec<&str> {
    listing.files.iter().map(|file| file.name.as_str()).collect()
}

fn skipped(listing: &Listing) -> Vec<(&str, &Rule)> {
    listing.skipped.iter().map(|skipped| (skipped.name.as_str(), &skipped.rule)).collect()
}

#[test]
fn tables_of_look_ups_are_left_out() {
    let folder =
        folder(&["in/a.csv", "in/users.csv", "in/sub/b.csv", "in/sub/c.csv", "in/table/_delta_log/0.json"]);
    let listed = |inputs: &[&str], lookups: &[&str]| {
        let lookups = lookups.iter().map(|path| (*path).to_owned()).collect();
        let listing = list(inputs, folder.path(), &csv().without(lookups, csv())).unwrap();
        let left_out = listing.skipped.iter().filter(|skipped| skipped.rule == Rule::Lookup);
        let left_out: Vec<String> = left_out.map(|skipped| skipped.name.clone()).collect();
        (names(&listing).join(" "), left_out.join(" "))
    };
    let of = |files: &str, left_out: &str| (files.to_owned(), left_out.to_owned());
    let users = of("in/a.csv in/sub/b.csv in/sub/c.csv", "in/users.csv");
    for (inputs, lookups, expected) in [
        ("in", "in/users.csv", users.clone()),
        ("in", "in/sub/../users.csv", users.clone()),
        ("in/**/*.csv", "in/u*.csv", users),
        ("in", "in/sub", of("in/a.csv in/users.csv", "in/sub/b.csv in/sub/c.csv")),
        ("in", "in/table", of("in/a.csv in/sub/b.csv in/sub/c.csv in/users.csv", "in/table")),
        // It is named explicitly.
        ("in/users.csv", "in/users.csv", of("in/users.csv", "")),
        ("in", "gone.csv", of("in/a.csv in/sub/b.csv in/sub/c.csv in/users.csv", "")),
    ] {
        assert_eq!(listed(&[inputs], &[lookups]), expected, "{inputs} {lookups}");
    }
    let all = list(&["in"], folder.path(), &csv().without(vec!["in".to_owned()], csv())).unwrap_err();
    assert!(
        all.message().contains("no input in in") && all.message().contains("the table of a look-up"),
        "{all}"
    );
}

#[test]
fn a_folder_gives_its_files_sorted_and_says_what_it_skips() {
    let folder = folder(&[
        "in/b.csv",
        "in/a.csv",
        "in/sub/c.TSV",
        "in/_SUCCESS",
        "in/.hidden.csv",
        "in/d.csv.gz",
        "in/readme.md",
        "in/_temporary/0.csv",
        "in/x.csv/part-0.csv",
    ]);
    let listing = list(&["in"], folder.path(), &csv()).unwrap();
    assert_eq!(
        names(&listing),
        ["in/a.csv", "in/b.csv", "in/d.csv.gz", "in/sub/c.TSV", "in/x.csv/part-0.csv"]
    );
    assert_eq!(
        skipped(&listing),
        [
            ("in/.hidden.csv", &Rule::Hidden),
            ("in/_SUCCESS", &Rule::Underscore),
            ("in/_temporary", &Rule::Underscore),
            ("in/readme.md", &Rule::Ending(csv().to_string())),
        ]
    );
    assert_eq!(listing.files[3].version.size_bytes, "in/sub/c.TSV".len() as u64);
    assert_eq!(listing.files[3].path, folder.path().join("in/sub/c.TSV"));
}

#[test]
fn other_data_in_a_folder_is_skipped_and_never_in_silence() {
    let folder = folder(&[
        "in/a.csv",
        "in/b.json",
        "in/c.ndjson.gz",
        "in/t/_delta_log/0.json",
        "in/t/part.csv",
        "in/x.xlsx",
    ]);
    let listing = list(&["in"], folder.path(), &csv()).unwrap();
    assert_eq!(names(&listing), ["in/a.csv"]);
    let other = [
        ("in/b.json", &Rule::OtherData),
        ("in/c.ndjson.gz", &Rule::OtherData),
        ("in/t", &Rule::DeltaTable),
        ("in/x.xlsx", &Rule::OtherData),
    ];
    assert_eq!(skipped(&listing), other);
    assert!(listing.skipped.iter().all(|skipped| skipped.rule.may_hide_rows()));
    let json = Endings::new([NameEnding::packed(".json"), NameEnding::packed(".ndjson")]);
    let listing = list(&["in"], folder.path(), &json).unwrap();
    assert_eq!(names(&listing), ["in/b.json", "in/c.ndjson.gz"]);
    assert!(listing.skipped.iter().any(|skipped| skipped.name == "in/a.csv" && skipped.rule.may_hide_rows()));
}

#[test]
fn a_named_file_is_taken_whatever_its_name() {
    let folder = folder(&["_events.tmp", "a[1]*.csv"]);
    let listing = list(&["_events.tmp", "a[1]*.csv"], folder.path(), &csv()).unwrap();
    assert_eq!(names(&listing), ["_events.tmp", "a[1]*.csv"]);
}

#[test]
fn a_glob_matches_files_folders_and_below_a_root_with_glob_characters() {
    let folder =
        folder(&["r[1]/e-1.log", "r[1]/e-2.log", "r[1]/e-3.tmp", "r[1]/e-days/a.csv", "r[1]/e-days/b.txt"]);
    let root = folder.path().join("r[1]");
    let listing = list(&["e-*"], &root, &csv()).unwrap();
    assert_eq!(names(&listing), ["e-1.log", "e-2.log", "e-days/a.csv"]);
    assert_eq!(
        skipped(&listing),
        [("e-3.tmp", &Rule::Temporary), ("e-days/b.txt", &Rule::Ending(csv().to_string()))]
    );
    assert_eq!(names(&list(&["e-*.tmp"], &root, &csv()).unwrap()), ["e-3.tmp"]);
    assert_eq!(names(&list(&["**/*.csv"], &root, &csv()).unwrap()), ["e-days/a.csv"]);
    let all = list(&["**/*"], &root, &csv()).unwrap();
    assert_eq!(names(&all), ["e-1.log", "e-2.log", "e-days/a.csv", "e-days/b.txt"]);
    assert_eq!(
        skipped(&all),
        [("e-3.tmp", &Rule::Temporary)],
        "what ** matches is not judged as in a folder"
    );
    let absolute = format!("{}/e-?.log", glob::Pattern::escape(root.to_str().unwrap()));
    assert_eq!(names(&list(&[absolute], &root, &csv()).unwrap()), ["e-1.log", "e-2.log"]);
    let error = list(&["e-**x"], &root, &csv()).unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
}

#[test]
fn a_file_counts_once_however_often_it_is_found() {
    let folder = folder(&["a.csv", "b.csv", "far/c.csv"]);
    let at = |name: &str| folder.path().join(name);
    fs::hard_link(at("b.csv"), at("b2.csv")).unwrap();
    symlink(at("a.csv"), at("z.csv")).unwrap();
    symlink(at("far"), at("near")).unwrap();
    let whole = list(&["a*.csv", "?.csv", "."], folder.path(), &csv()).unwrap();
    assert_eq!(whole.files.len(), 3);
    let listing =
        list(&["near/c.csv", "z.csv", "b2.csv", "b.csv", "a.csv", "a.csv"], folder.path(), &csv()).unwrap();
    assert_eq!(names(&listing), ["a.csv", "b.csv", "near/c.csv"]);
    assert_eq!(
        skipped(&listing),
        [
            ("a.csv", &Rule::SameAs("a.csv".into())),
            ("b2.csv", &Rule::SameAs("b.csv".into())),
            ("z.csv", &Rule::SameAs("a.csv".into())),
        ]
    );
}

#[test]
fn links_that_lead_nowhere_or_in_circles_are_skipped() {
    let folder = folder(&["in/a.csv"]);
    let at = |name: &str| folder.path().join(name);
    symlink("gone.csv", at("in/broken.csv")).unwrap();
    symlink("self.csv", at("in/self.csv")).unwrap();
    symlink("../in", at("in/loop")).unwrap();
    let listing = list(&["in"], folder.path(), &csv()).unwrap();
    assert_eq!(names(&listing), ["in/a.csv"]);
    assert_eq!(
        skipped(&listing),
        [
            ("in/broken.csv", &Rule::BrokenLink),
            ("in/loop", &Rule::LinkLoop),
            ("in/self.csv", &Rule::BrokenLink)
        ]
    );
    let error = list(&["in/broken.csv"], folder.path(), &csv()).unwrap_err();
    assert_eq!(error.message(), "in/broken.csv is a link to gone.csv, which does not exist");
}

#[test]
fn pipes_and_sockets_in_a_folder_are_never_opened() {
    let folder = folder(&["in/a.csv"]);
    let pipe = folder.path().join("in/pipe.csv");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let _socket = UnixListener::bind(folder.path().join("in/socket.csv")).unwrap();
    let listing = list(&["in"], folder.path(), &csv()).unwrap();
    assert_eq!(names(&listing), ["in/a.csv"]);
    assert_eq!(
        skipped(&listing),
        [("in/pipe.csv", &Rule::Special("a pipe (FIFO)")), ("in/socket.csv", &Rule::Special("a socket"))]
    );
    let named = list(&["in/pipe.csv", "-", "in/a.csv", "-"], folder.path(), &csv()).unwrap();
    assert_eq!(names(&named), ["standard input", "in/a.csv", "in/pipe.csv"]);
    assert_eq!(named.files.iter().map(|file| file.pipe.is_some()).collect::<Vec<_>>(), [true, false, true]);
    let error = list(&["in/socket.csv"], folder.path(), &csv()).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (Kind::Usage, "in/socket.csv is a socket; windrow reads files and pipes")
    );
}

#[test]
fn a_missing_path_suggests_the_nearest_name() {
    let folder = folder(&["data/events.csv", "other.txt"]);
    let error = list(&["data/evnts.csv"], folder.path(), &csv()).unwrap_err();
    assert_eq!((error.kind(), error.message()), (Kind::Usage, "no such file or folder: data/evnts.csv"));
    let wanted = folder.path().join("data/events.csv");
    assert_eq!(error.help_text().unwrap(), format!("did you mean {}?", wanted.display()));
    let error = list(&["dta/events.csv"], folder.path(), &csv()).unwrap_err();
    assert_eq!(error.help_text().unwrap(), format!("did you mean {}?", wanted.display()));
    let error = list(&["dta/quite-another-name.csv"], folder.path(), &csv()).unwrap_err();
    assert_eq!(error.help_text().unwrap(), format!("did you mean {}?", folder.path().join("data").display()));
    let error = list(&["srcc/lib.rs"], Path::new(""), &csv()).unwrap_err();
    assert_eq!(error.help_text().unwrap(), "did you mean src/lib.rs?");
    let error = list(&["data/quite-another-name.csv"], folder.path(), &csv()).unwrap_err();
    assert!(error.help_text().unwrap().starts_with("check the path"), "{error:?}");
}

#[test]
fn a_folder_or_glob_without_inputs_says_what_it_skipped() {
    let folder = folder(&["in/_SUCCESS", "in/a.parquet", "empty/deep/.keep"]);
    let error = list(&["in"], folder.path(), &csv()).unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    for part in ["no input in in", "in/_SUCCESS (a marker", "in/a.parquet (not read in a folder"] {
        assert!(error.message().contains(part), "{error:?}");
    }
    assert_eq!(list(&["*.csv"], folder.path(), &csv()).unwrap_err().message(), "no input in *.csv");
    assert_eq!(list(&["hdfs://host/a.csv"], folder.path(), &csv()).unwrap_err().kind(), Kind::Usage);
    assert_eq!(list(&["in/_SUCCESS/x"], folder.path(), &csv()).unwrap_err().kind(), Kind::Usage);
}

#[test]
fn what_is_listed_is_what_a_ledger_is_told() {
    let folder = folder(&["in/a b.csv"]);
    let path = folder.path().join("in/a b.csv");
    let changed = std::time::UNIX_EPOCH + std::time::Duration::from_micros(1_500_000);
    fs::File::options().append(true).open(&path).unwrap().set_modified(changed).unwrap();
    let mut listing = list(&["in/../in/./a b.csv"], folder.path(), &csv()).unwrap();
    let stamp = crate::storage::Stamp::Mtime { us: 1_500_000 };
    let listed = listing.files.remove(0).listed();
    assert_eq!(
        (&*listed.identity, listed.version.size_bytes, listed.version.stamp),
        ("in/a b.csv", 10, stamp)
    );
}

#[test]
fn names_that_are_not_utf8_stay_apart() {
    use std::os::unix::ffi::OsStrExt;
    let folder = folder(&[]);
    for name in [&b"a\xff.csv"[..], b"a\xfe.csv"] {
        fs::write(folder.path().join(std::ffi::OsStr::from_bytes(name)), "").unwrap();
    }
    assert_eq!(names(&list(&["."], folder.path(), &csv()).unwrap()), ["a\\xfe.csv", "a\\xff.csv"]);
}

#[test]
fn everything_unreadable_is_in_one_error() {
    let denied = || io::Error::from(ErrorKind::PermissionDenied);
    let error = unreadable(&[("in/a".into(), denied()), ("in/b".into(), denied())]);
    assert_eq!(error.kind(), Kind::Storage);
    assert_eq!(
        error.message(),
        "cannot read 2 folders\n    in/a: permission denied\n    in/b: permission denied"
    );
}

#[test]
fn globs_match_names_that_are_not_utf8() {
    use std::os::unix::ffi::OsStrExt;
    let bytes = std::ffi::OsStr::from_bytes;
    let folder = folder(&["in/a.csv", "in/.hidden/b.csv"]);
    for name in [&b"in/x\xff.csv"[..], b"in/\xfe.log", b"in/\xfd/b.csv"] {
        let path = folder.path().join(bytes(name));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "time\n").unwrap();
    }
    let listed = |glob: &[u8]| {
        let listing = list(&[bytes(glob)], folder.path(), &csv()).unwrap();
        listing.files.iter().map(|file| file.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(listed(b"in/*.csv"), ["in/a.csv", "in/x\\xff.csv"]);
    assert_eq!(listed(b"in/x?.csv"), ["in/x\\xff.csv"]);
    assert_eq!(listed(b"in/\xfd/*.csv"), ["in/\\xfd/b.csv"]);
    assert_eq!(listed(b"**/*.csv"), ["in/\\xfd/b.csv", "in/a.csv", "in/x\\xff.csv"]);
    assert_eq!(listed(b"**/**/in/*"), ["in/\\xfe.log", "in/a.csv", "in/x\\xff.csv"]);
}

#[test]
fn a_glob_ends_where_links_lead_in_circles() {
    let folder = folder(&["in/deep/a.csv"]);
    std::os::unix::fs::symlink("..", folder.path().join("in/deep/up")).unwrap();
    let listing = list(&["**/*.csv"], folder.path(), &csv()).unwrap();
    assert_eq!(names(&listing), ["in/deep/a.csv"]);
}
