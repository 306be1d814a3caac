use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;

use super::{Desk, EVENTS, kinds};
use crate::error::Kind;

/// Its windows are not those of the other file; it has a value that is null.
const OTHER: &str = "time,action\n2024-01-01T18:00:00Z,Close\n2024-01-01T18:01:00Z,\n";

#[track_caller]
fn is_without_counts(desk: &Desk, name: &str) {
    let found = desk.with_the_job(name).unwrap();
    assert!(!found.equal && found.events == [0, 10], "{found}");
    assert_eq!(kinds(&found), ["either"], "{name}: {found}");
    let text = &found.causes[0].text;
    let path = desk.path(name);
    let start = format!("either {} reads no time (no time in the inputs fits the pattern ", path.display());
    let rest = text.strip_prefix(&start).unwrap_or_else(|| panic!("{text}"));
    let (patterns, rest) = rest.split_once(')').unwrap();
    assert_eq!(
        patterns,
        "yyyy-MM-dd'T'HH:mm:ss.SSS'Z' or yyyy-MM-dd'T'HH:mm:ss.SSSX or yyyy-MM-dd'T'HH:mm:ss.SSSXXX or \
         yyyy-MM-dd'T'HH:mm:ss.SSSSSSX or yyyy-MM-dd'T'HH:mm:ss or yyyy-MM-dd HH:mm:ss or \
         yyyy-MM-dd HH:mm:ss.SSS or yyyy-MM-dd HH:mm or yyyy-MM-dd'T'HH:mmX or yyyy-MM-dd"
    );
    assert_eq!(
        rest,
        ", or it reads no file, or it counts none of the rows that it reads (the counts fit each of them); the inputs counted so, \
         all windows are equal"
    );
    assert_eq!(found.windows_unexplained, Some(0), "{found}");
    assert!(found.notes.iter().any(|note| note.contains(" has no rows")), "{:?}", found.notes);
}

/// A file of Parquet without rows, as Spark writes it.
fn parquet() -> Vec<u8> {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let start = Field::new("start", time, true);
    let schema = Schema::new(vec![
        Field::new("window", DataType::Struct(vec![start].into()), true),
        Field::new("action", DataType::Utf8, true),
        Field::new("count", DataType::Int64, true),
    ]);
    let mut bytes = Vec::new();
    ArrowWriter::try_new(&mut bytes, Arc::new(schema), None).unwrap().close().unwrap();
    bytes
}

#[test]
fn a_result_that_is_whole_and_has_no_rows_is_compared() {
    let desk = Desk::new(&[("in/a.csv", EVENTS), ("in/b.csv", OTHER)])
        .with_job("values = [\"Open\", \"Close\"]\n", "");
    desk.write("header.csv", b"window_start,action,count\n");
    desk.write("array.json", b"[]\n");
    desk.write("schema.parquet", &parquet());
    desk.write("nothing/_SUCCESS", b"");
    for name in ["csv", "json"] {
        desk.write(&format!("{name}/_SUCCESS"), b"");
        desk.write(&format!("{name}/part-00000-c000.{name}"), b"");
    }
    for name in ["header.csv", "array.json", "schema.parquet", "nothing", "csv", "json"] {
        is_without_counts(&desk, name);
    }
    assert!(desk.two("json", "nothing").unwrap().equal);
    // Columns that the user names are not missed in it.
    is_without_counts(&desk.with_map("window.start=ts,action=what,count=n"), "json");
}

#[test]
fn a_result_of_no_bytes_may_not_be_whole() {
    let desk = Desk::new(&[("in/a.csv", EVENTS), ("old.json", ""), ("old/part-00000-c000.csv", "")]);
    for name in ["old.json", "old"] {
        let error = desk.with_the_job(name).unwrap_err();
        assert_eq!(error.kind(), Kind::Data);
        assert!(error.help_text().unwrap().contains("_SUCCESS"), "{error}");
    }
    std::fs::remove_file(desk.path("old/part-00000-c000.csv")).unwrap();
    assert_eq!(desk.with_the_job("old").unwrap_err().kind(), Kind::Usage);
}
