use std::sync::Arc;

use arrow_array::ArrayRef;

use super::*;
use crate::publish::{Format, Screen, write_table};
use crate::report::fixture::{Fixture, MINUTE_US, spec};

const SCREEN: Screen = Screen { width: 80, height: None, colour: false, rest: Some("--all shows them") };

fn rows(rows: i64) -> Table<'static> {
    let at = |row: i64| 1_469_500_800_000_000 + row * 600_000_000;
    let text = |row: i64| (row != 1).then(|| format!("a \"{row}\", of many words that are long"));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("at", Arc::new(TimestampMicrosecondArray::from_iter_values((0..rows).map(at)).with_timezone("UTC"))),
        ("label", Arc::new(StringArray::from_iter_values((0..rows).map(|_| "local")))),
        ("text", Arc::new(StringArray::from_iter((0..rows).map(text)))),
        ("n", Arc::new(Int64Array::from_iter_values((0..rows).map(|row| row * 1_000 - 1)))),
        ("s", Arc::new(Float64Array::from_iter((0..rows).map(|row| Some(row as f64 / 4.0))))),
        ("yes", Arc::new(BooleanArray::from_iter((0..rows).map(|row| Some(row == 0))))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let table = Table::of(batch, &Zone::parse("Europe/Berlin").unwrap());
    Table { labels: vec!["label".to_owned()], ..table }
}

#[track_caller]
fn written(format: Format, table: Table<'_>, screen: Screen) -> String {
    let mut out = Vec::new();
    write_table(format, table, &screen, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn text_has_times_with_offset_and_no_labels() {
    assert_eq!(
        written(Format::Csv, rows(2), SCREEN),
        "at,text,n,s,yes\n\
         2016-07-26T04:40:00+02:00,\"a \"\"0\"\", of many words that are long\",-1,0.0,true\n\
         2016-07-26T04:50:00+02:00,,999,0.25,false\n"
    );
    let json = written(Format::Json, rows(2), SCREEN);
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read[1]["text"], serde_json::Value::Null);
    assert_eq!(read[0]["at"], "2016-07-26T04:40:00+02:00");
    let lines = written(Format::Ndjson, rows(2), SCREEN);
    assert_eq!(lines.lines().count(), 2);
    assert!(lines.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{lines}");
    for (format, nothing) in
        [(Format::Json, "[]\n"), (Format::Ndjson, ""), (Format::Csv, "at,text,n,s,yes\n")]
    {
        assert_eq!(written(format, rows(0), SCREEN), nothing);
    }
}

#[test]
fn a_table_is_cut_to_the_terminal() {
    let screen = Screen { height: Some(10), ..SCREEN };
    let table = written(Format::Table, rows(100), screen);
    assert!(table.contains("… 94 more rows: --all shows them"), "{table}");
    assert!(table.contains("98,999"), "{table}");
    // Of 88 columns: first the offsets go, then the text is cut.
    assert_eq!(
        table.lines().nth(2),
        Some("2016-07-26 04:40:00  a \"0\", of many words that are long       -1   0.000  yes")
    );
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    let narrow = written(Format::Table, rows(1), Screen { width: 45, ..screen });
    assert_eq!(
        narrow,
        "at                   text            n      s\n\
         ─────────────────────────────────────────────\n\
         2016-07-26 04:40:00  a \"0\", of ma…  -1  0.000\n\
         \x20 … 1 more column (yes): --all shows them\n"
    );
    let keys = Table { keys: vec!["text".to_owned()], ..rows(2) };
    assert!(written(Format::Table, keys.showing(&["text", "yes"]), screen).contains("\nnull "));
    let whole = written(Format::Table, rows(100), SCREEN);
    assert_eq!(whole.lines().count(), 102);
    assert!(whole.contains("of many words that are long"), "{whole}");
    let some = written(Format::Table, rows(1).showing(&["n", "yes"]), SCREEN);
    assert_eq!(some, " n   yes\n────────\n-1   yes\n");
}

#[test]
fn parquet_keeps_every_column_and_utc() {
    let mut out = Vec::new();
    write_table(Format::Parquet, rows(3), &SCREEN, &mut out).unwrap();
    let file = bytes::Bytes::from(out);
    let reader = ::parquet::arrow::arrow_reader::ParquetRecordBatchReader::try_new(file, 10).unwrap();
    let read: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    assert_eq!((read[0].num_rows(), read[0].num_columns()), (3, 6));
    assert_eq!(read[0].schema().fields(), rows(3).schema.fields());
}

#[test]
fn batches_made_ahead_come_in_order_until_one_is_refused() {
    let spec = spec("1m", &["Open"]);
    let events = (0..60_000).map(|minute| (minute * MINUTE_US, "Open", 1));
    Fixture::new(events).with_report(&spec, |report| {
        for wanted in [1, 2, 3, 60_000] {
            let mut table = Table::of_report(report, View::Grid, &Zone::utc()).unwrap();
            let (mut batches, mut minute) = (0, 0);
            let taken = (table.rows)(&mut |_, batch| {
                if batches == wanted {
                    return Err(Error::limit("enough"));
                }
                batches += 1;
                let starts = batch.column(0).as_primitive::<TimestampMicrosecondType>().values();
                for start in starts {
                    assert_eq!(*start, minute * MINUTE_US);
                    minute += 1;
                }
                Ok(())
            });
            match wanted {
                60_000 => assert_eq!((taken.is_ok(), minute), (true, 60_000)),
                _ => assert_eq!((taken.unwrap_err().to_string().contains("enough"), batches), (true, wanted)),
            }
        }
    });
}
