use std::cell::Cell;

use super::*;
use crate::codec::of_text;
use crate::event::TimeRules;

/// What is found in `text`, and how often it was read for that.
fn found(text: &str) -> (Option<(Setting, String)>, usize) {
    let reads = Cell::new(0);
    let read_at = |bytes: &mut [u8], at: u64| {
        reads.set(reads.get() + 1);
        of_text(text.as_bytes())(bytes, at)
    };
    let found = later_header(&CsvRules::default(), &["action", "time"], &read_at);
    (found, reads.get())
}

#[test]
fn a_later_header_is_found_and_the_file_is_read_once() {
    let row = "1,2\n".repeat(30);
    let found_in = |text: String| match found(&text) {
        (found, 1) => found,
        (_, reads) => panic!("{reads} reads of {text}"),
    };
    assert_eq!(found_in(format!("tijd,action\n{row}")), None);
    assert_eq!(found_in("tijd,action\n".to_owned()), None);
    assert_eq!(
        found_in(format!("A title\nBy me\ntime,action\n{row}")),
        Some((Setting::SkipLines, "2".to_owned()))
    );
    assert_eq!(found_in(format!("# a,b\ntime,action\n{row}")), Some((Setting::Comment, "#".to_owned())));
    // Lines that no header can be are passed over.
    assert_eq!(
        found_in(format!("A\n\"B\"x\ntime,action\n{row}")),
        Some((Setting::SkipLines, "2".to_owned()))
    );
    assert_eq!(found_in(format!("{row}time,action\n")), None, "behind the lines that are tried");
}

#[test]
fn of_rows_behind_one_that_cannot_be_held_nothing_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    let file = InputFile { name: "a.csv".into(), path, ..InputFile::default() };
    let time = TimeReader::new(&TimeRules {
        earliest_us: i64::MIN,
        latest_us: i64::MAX,
        ..TimeRules::of(TimeFormat::Iso)
    })
    .unwrap();
    let long = format!("1,{}\n", "x".repeat(SAMPLE_BYTES_MAX));
    for (rows, is_told) in
        [("1,2,3\n".repeat(9), true), (long.clone(), false), (format!("1,2,3\n{long}"), false)]
    {
        std::fs::write(&file.path, format!("time,a\n{rows}")).unwrap();
        assert_eq!(mismatch(&file, &CsvRules::default(), &time).is_some(), is_told, "{}", &rows[..9]);
    }
}
