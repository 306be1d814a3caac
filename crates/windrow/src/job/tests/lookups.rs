//! Look-up tables that cannot be joined, and the errors about them.

use super::*;
use crate::Stop;

/// A job with the look-up `table`, and `more` lines about it.
fn job(table: &str, more: &str) -> String {
    format!(
        "name = 'a'\nversion = 1\n[source]\npath = 'in'\ntime = 't'\nkeys = ['land']\n[[source.lookup]]\npath = '{table}'\non = 'user'\n{more}\n\
         [reports.r]\nevery = '1h'\n[output]\npath = 'out'\n"
    )
}

/// The error and the advice for a job with the look-up `table`, in a folder that has `bytes` in the file `name`.
fn wrong(table: &str, name: &str, bytes: &[u8]) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, bytes).unwrap();
    let job = Job::from_toml(&job(table, ""), &folder.path().join("job.toml")).unwrap();
    let error = job.with_lookups(&Stop::default()).unwrap_err();
    (error.message().to_owned(), error.help_text().unwrap().to_owned())
}

#[test]
fn a_table_is_not_a_part_of_the_output() {
    let rows = b"user,land\nu1,DE\n";
    let expected = "is a part of the output of this job";
    for (table, name) in [
        ("out/a.csv", "out/a.csv"),
        ("out/sub", "out/sub/a.csv"),
        ("o*/a.csv", "out/a.csv"),
        ("out/../out/a.csv", "out/a.csv"),
    ] {
        let (message, help) = wrong(table, name, rows);
        assert!(message.ends_with(expected) && help.contains("another job"), "{table}: {message}");
    }
}

#[test]
fn a_table_that_cannot_be_read_is_named_once() {
    let convert = "iconv -f latin1 -t utf-8 a.csv > utf8.csv";
    for (bytes, said, help) in [
        (&b"user,land\nu1,M\xfcnchen\n"[..], "line 2 cannot be read: invalid_utf8", convert),
        (b"user,l\xe4nder\nu1,DE\n", "line 1 is not a header: invalid_utf8", convert),
        (b"user,land\nu1,DE,x\n", "line 2 cannot be read: too_many_fields", "all rows of a look-up"),
        (
            b"user,land,land\nu1,DE,x\n",
            "column \"land\" appears more than once (2, 3)",
            "different names in the header",
        ),
    ] {
        let (message, next) = wrong("a.csv", "a.csv", bytes);
        assert_eq!(message, format!("the look-up a.csv: {said}"));
        assert!(next.contains(help), "{next}");
    }
}

#[test]
fn a_table_is_read_in_its_encoding() {
    let folder = tempfile::tempdir().unwrap();
    let tables = [
        ("latin.csv", "encoding = 'latin1'", &b"user,st\xe4dte,land\nu1,M\xfcnchen,DE\n"[..]),
        ("utf8.csv", "", "user,städte,land\nu1,München,DE\n".as_bytes()),
    ];
    let hashes = tables.map(|(table, more, bytes)| {
        std::fs::write(folder.path().join(table), bytes).unwrap();
        let text = job(table, more).replace("['land']", "['städte']");
        let job = Job::from_toml(&text, &folder.path().join("job.toml")).unwrap();
        let saved = job.to_toml(Path::new("saved.toml"));
        assert_eq!(saved.contains("encoding = \"windows-1252\""), !more.is_empty(), "{saved}");
        job.with_lookups(&Stop::default()).unwrap().source.records.rules.as_ref().unwrap().hashes()
    });
    assert_eq!(hashes[0], hashes[1]);
    let wrong = Job::from_toml(&job("utf8.csv", "encoding = 'latin-9000'"), &folder.path().join("job.toml"));
    assert!(wrong.unwrap_err().message().contains("`latin-9000` is not an encoding"));
}
