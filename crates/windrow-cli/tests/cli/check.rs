//! `windrow check`: what it says of a job and its inputs, and that it leaves nothing.

use std::fs;

use super::pipes::gzip;
use super::*;

#[test]
fn check_publishes_nothing() {
    let folder = folder(&[("in/a.csv", EVENTS), ("in/_SUCCESS", ""), ("in/b.csv", "when,action\n")]);
    run(&folder, &["run", "in/a.csv", "--save-job", "job.toml", "--output", "x.csv"]);
    let job = fs::read_to_string(folder.path().join("job.toml")).unwrap().replace("in/a.csv", "in");
    fs::write(folder.path().join("job.toml"), job).unwrap();
    let before = names(folder.path());
    let wrong = run(&folder, &["check", "job.toml"]);
    assert_eq!(wrong.code, 2, "{}", wrong.err);
    contains(&wrong.out, &["2 input files", "in/a.csv", "skipped: in/_SUCCESS (a marker or unfinished"]);
    contains(&wrong.err, &["in/b.csv has no column \"time\"", "the columns are when, action"]);
    let right = run(&folder, &["check", "job.toml", "in/a.csv"]);
    assert_eq!(right.code, 0, "{}", right.err);
    contains(&right.out, &["1 input file, "]);
    contains(&right.err, &["the first 3 rows of in/a.csv", "rows 3 = counted 3", "nothing was published"]);
    assert_eq!(names(folder.path()), before);
    let nowhere = folder.path().join("nowhere");
    let unkept = windrow(&folder, &["check", "job.toml", "in/a.csv"]).env("TMPDIR", nowhere).output();
    assert_eq!(said(unkept.unwrap()).code, 0, "the sample needs no place");
}

#[test]
fn a_sample_is_the_beginning_of_what_is_in_a_file() {
    let time = |row: u32| format!("2024-01-31T{:02}:{:02}:{:02}Z", row / 3600, row / 60 % 60, row % 60);
    let text = (0..20_000).fold("time,action\n".to_owned(), |text, row| text + &time(row) + ",Öffnen\n");
    let objects = (0..20_000).map(|row| format!(r#"{{"time": "{}", "action": "Open"}}"#, time(row)));
    let array = format!("[{}]", objects.collect::<Vec<_>>().join(",\n"));
    let folder = folder(&[("plain.csv", &text), ("array.json", &array)]);
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    fs::write(folder.path().join("utf16.csv"), utf16).unwrap();
    fs::write(folder.path().join("packed.csv.gz"), gzip(text.as_bytes())).unwrap();
    for file in ["plain.csv", "array.json", "utf16.csv", "packed.csv.gz"] {
        let said = run(&folder, &["check", file, "--every", "1h"]);
        assert_eq!(said.code, 0, "{file}: {}", said.err);
        contains(
            &said.err,
            &[&format!("sample: the first 1,000 rows of {file}"), "rows 1,000 = counted 1,000 + rejected 0"],
        );
    }
}
