use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray};
use arrow_schema::{DataType, Field, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::{Desk, EVENTS, OLD};
use crate::error::Kind;

#[track_caller]
fn is_equal(desk: &Desk, name: &str) {
    let found = desk.with_the_job(name).unwrap();
    assert!(found.equal, "{found}\n{:?}", found.notes);
    assert_eq!(found.to_string(), "equal: 4 windows, 2 values, 8 events\n");
}

#[test]
fn what_spark_writes_as_csv_is_equal_whatever_its_columns_are_called() {
    let lines: Vec<&str> = OLD.lines().collect();
    let part = |lines: &[&str]| {
        [&["window_start,window_end,Open,Close,avg_actions"], lines].concat().join("\n") + "\n"
    };
    let desk = Desk::new(&[("in/a.csv", EVENTS), ("old/_SUCCESS", ""), ("old/.part-0.csv.crc", "x\ny\n")]);
    desk.write("old/part-0.csv", part(&lines[1..3]).as_bytes());
    desk.write("old/part-1.csv", part(&lines[3..]).as_bytes());
    desk.write("old/part-2.csv", b"");
    is_equal(&desk, "old");
    for header in ["window.start,window.end,open_count,close_count,avg", "ts,end,OPEN,n_close,mean_actions"] {
        desk.write("one.csv", OLD.replace(lines[0], header).as_bytes());
        is_equal(&desk, "one.csv");
    }
    std::fs::remove_file(desk.path("old/_SUCCESS")).unwrap();
    let found = desk.with_the_job("old").unwrap();
    assert!(found.notes.iter().any(|note| note.contains("has no _SUCCESS")), "{:?}", found.notes);
}

#[test]
fn rows_of_zeros_and_rows_that_are_missing_are_equal() {
    let zeros = "2024-01-01T12:20:00Z,2024-01-01T12:30:00Z,0,0,0.0\n";
    let desk = Desk::new(&[("in/a.csv", EVENTS), ("old.csv", &(OLD.to_owned() + zeros))]);
    is_equal(&desk, "old.csv");
    desk.write("null.csv", OLD.replace(",0,1,0.5", ",,1,0.5").as_bytes());
    is_equal(&desk, "null.csv");
}

#[test]
fn without_a_header_columns_are_numbers_that_the_user_names() {
    let (_, rows) = OLD.split_once('\n').unwrap();
    let desk = Desk::new(&[("in/a.csv", EVENTS), ("old/part-00000", rows)]);
    let error = desk.with_the_job("old").unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    let help = error.help_text().unwrap();
    assert!(help.contains("map = \"window.start=COLUMN,Open=COLUMN,Close=COLUMN\", or, with"), "{help}");
    is_equal(&desk.with_map("window.start=1,Open=3,Close=4,mean=5"), "old");
}

#[test]
fn a_row_per_value_is_found_by_its_key_and_its_count() {
    let long = "window_start,action,count\n2024-01-01 13:00:00,Open,1\n2024-01-01 12:00:00,Open,2\n\
                2024-01-01 12:00:00,Close,1\n2024-01-01 12:10:00,Close,1\n2024-01-01 12:30:00,Open,1\n\
                2024-01-01 12:30:00,Close,2\n2024-01-01 12:30:00,Other,0\n";
    let desk = Desk::new(&[("in/a.csv", EVENTS), ("long.csv", long)]);
    is_equal(&desk, "long.csv");
    desk.write("named.csv", long.replace("window_start,action,count", "bucket,what,cnt").as_bytes());
    is_equal(&desk, "named.csv");
    desk.write("wide.csv", OLD.as_bytes());
    assert!(desk.two("wide.csv", "long.csv").unwrap().equal);
    assert!(desk.two("long.csv", "wide.csv").unwrap().equal);
    let two_texts = "start,action,place,count\n2024-01-01 13:00:00,Open,here,1\n";
    desk.write("texts.csv", two_texts.as_bytes());
    let other = desk.with_job("\"action\"", "\"kind\"").with_job("action = {", "kind = {");
    other.write("in/a.csv", EVENTS.replace("action", "kind").as_bytes());
    assert!(other.with_the_job("texts.csv").is_ok(), "a usual name is a key");
    other.write("texts.csv", two_texts.replace("action", "deed").as_bytes());
    let error = other.with_the_job("texts.csv").unwrap_err();
    assert!(
        error.help_text().unwrap().contains("map = \"window.start=COLUMN,kind=COLUMN,count=COLUMN\""),
        "{error:?}"
    );
    assert!(other.with_map("kind=deed,count=count").with_the_job("texts.csv").is_ok());
}

#[test]
fn times_are_read_however_they_are_written() {
    let us = |text: &str| {
        let hour_minute = text.split(':').map(|part| part.parse::<i64>().unwrap()).collect::<Vec<_>>();
        1_704_067_200 + hour_minute[0] * 3600 + hour_minute[1] * 60
    };
    let desk = Desk::new(&[("in/a.csv", EVENTS)]);
    for unit in ["", "000", "000000"] {
        let row = |time: &str, rest: &str| format!("{}{unit},{rest}\n", us(time));
        let text = "time,open_count,close_count\n".to_owned()
            + &row("12:00", "2,1.0")
            + &row("12:10", "0,1")
            + &row("12:30", "1,2")
            + &row("13:00", "1,0");
        desk.write("epoch.csv", text.as_bytes());
        is_equal(&desk, "epoch.csv");
    }
    let local = OLD
        .replace(".000Z", "")
        .replace('T', " ")
        .replace(" 12:", " 13:")
        .replace("-01 13:00:00,2024-01-01 13:10:00,1,0", "-01 14:00:00,2024-01-01 14:10:00,1,0");
    desk.write("local.csv", local.as_bytes());
    is_equal(&Desk { zone: Some("Europe/Berlin"), ..desk }, "local.csv");
}

#[test]
fn json_is_read_in_every_form() {
    let row = |time: &str, counts: &str| {
        format!(
            "{{\"window\":{{\"start\":\"2024-01-01T{time}:00.000Z\",\"end\":\"2024-01-01T{time}:00Z\"}},{counts}}}"
        )
    };
    let rows = [
        row("12:00", "\"Open\":2,\"Close\":1"),
        row("12:10", "\"Close\":1"),
        row("12:30", "\"Open\":1,\"Close\":2"),
        row("13:00", "\"Open\":1"),
    ]
    .map(|row| {
        let Some((start, rest)) = row.split_once(",\"end\":") else { unreachable!() };
        format!("{start}{}", &rest[rest.find('}').unwrap()..])
    });
    let desk = Desk::new(&[("in/a.csv", EVENTS)]);
    desk.write("old/part-0.json", (rows.join("\n") + "\n").as_bytes());
    is_equal(&desk, "old");
    desk.write("array.json", format!("[{}]\n", rows.join(",\n")).as_bytes());
    is_equal(&desk, "array.json");
    desk.write("reports.json", format!("{{\"r\": [{}], \"s\": [{}]}}", rows.join(","), rows[0]).as_bytes());
    assert!(desk.with_the_job("reports.json").unwrap_err().to_string().contains("several reports: r, s"));
    let one = super::ResultFiles::find(&desk.path("reports.json"), Some("r")).unwrap();
    assert_eq!(one.head().unwrap().rows.len(), 4);
    desk.write("cut.json", rows.join(",").as_bytes());
    assert_eq!(desk.with_the_job("cut.json").unwrap_err().kind(), Kind::Data);
}

#[test]
fn part_files_of_parquet_are_read_with_their_structs() {
    let starts: Vec<i64> = [0, 10, 30, 60].map(|minute| 1_704_110_400_000_000 + minute * 60_000_000).to_vec();
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let start: ArrayRef = Arc::new(TimestampMicrosecondArray::from(starts.clone()).with_timezone("UTC"));
    let window: ArrayRef =
        Arc::new(StructArray::from(vec![(Arc::new(Field::new("start", time, false)), start)]));
    let counts = |counts: [Option<i64>; 4]| Arc::new(Int64Array::from(counts.to_vec())) as ArrayRef;
    let note: ArrayRef = Arc::new(StringArray::from(vec!["x"; 4]));
    let batch = RecordBatch::try_from_iter([
        ("window", window),
        ("Open", counts([Some(2), None, Some(1), Some(1)])),
        ("Close", counts([Some(1), Some(1), Some(2), None])),
        ("note", note),
    ])
    .unwrap();
    let mut bytes = Vec::new();
    let snappy = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(snappy)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let desk = Desk::new(&[("in/a.csv", EVENTS), ("old/_SUCCESS", "")]);
    desk.write("old/part-0.snappy.parquet", &bytes);
    is_equal(&desk, "old");
    desk.write("cut.parquet", &bytes[..bytes.len() - 9]);
    assert_eq!(desk.with_the_job("cut.parquet").unwrap_err().kind(), Kind::Data);
}

#[test]
fn what_is_not_clear_is_an_error_that_shows_what_to_write() {
    let desk = Desk::new(&[
        ("in/a.csv", EVENTS),
        ("old.csv", &OLD.replace("window_start", "a").replace("window_end", "b")),
    ]);
    let error = desk.with_the_job("old.csv").unwrap_err();
    assert_eq!(
        (error.kind(), error.help_text().unwrap().contains("map = \"window.start=COLUMN,Open=COLUMN")),
        (Kind::Usage, true)
    );
    is_equal(&desk.with_map("window.start=a,window.end=b"), "old.csv");
    let desk = Desk::new(&[
        ("in/a.csv", EVENTS),
        ("old.csv", &OLD.replace("avg_actions", "open_count").replace(".5\n", "\n")),
    ]);
    assert!(desk.with_the_job("old.csv").unwrap_err().to_string().contains("more than one column for Open"));
    let desk = desk.with_map("Open=Opem");
    assert!(desk.with_the_job("old.csv").unwrap_err().to_string().contains("no column \"Opem\""));
    let desk = Desk::new(&[
        ("in/a.csv", EVENTS),
        ("old.csv", &OLD.replace("window_start", "ts").replace("window_end", "time")),
    ]);
    assert!(desk.with_the_job("old.csv").unwrap_err().to_string().contains("where its windows start"));
    let desk = Desk::new(&[
        ("in/a.csv", EVENTS),
        ("old.csv", &OLD.replace("avg_actions", "count").replace(".5\n", "\n")),
    ]);
    is_equal(&desk, "old.csv");
    let hours = "window_start,window_end,Open,Close\n2024-01-01T12:00:00Z,2024-01-01T13:00:00Z,3,4\n";
    let desk = Desk::new(&[("in/a.csv", EVENTS), ("old.csv", hours)]);
    assert!(desk.with_the_job("old.csv").unwrap_err().to_string().contains("windows of 60 minutes"));
    desk.write("old.csv", OLD.replace(",2,1,", ",2.5,1,").as_bytes());
    assert!(desk.with_the_job("old.csv").is_err(), "a count is a whole number");
}

#[test]
fn means_are_compared_too() {
    let desk = Desk::new(&[("in/a.csv", EVENTS), ("old.csv", &OLD.replace("0,1,0.5", "0,1,0.50000000001"))]);
    is_equal(&desk, "old.csv");
    desk.write("old.csv", OLD.replace("0,1,0.5", "0,1,1.0").as_bytes());
    let found = desk.with_the_job("old.csv").unwrap();
    assert_eq!((found.equal, found.windows_differing), (false, 1));
    assert_eq!(found.first[0].means, Some([1.0, 0.5]));
    assert_eq!(found.causes[0].kind, "mean");
    assert!(!found.causes[0].verified);
}
