//! What a table in memory comes to is what a file of Parquet with the same columns comes to; the usual rows are counted in blocks.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::builder::{Int64Builder, ListBuilder, StringDictionaryBuilder};
use arrow_array::types::{Int8Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, BinaryArray, Date32Array, Decimal128Array, Float64Array, Int64Array, LargeStringArray,
    RecordBatch, StringArray, StringViewArray, StructArray, Time32MillisecondArray,
    TimestampMicrosecondArray, UInt64Array, make_array,
};
use arrow_cast::cast;
use arrow_schema::{DataType, Field, TimeUnit};
use parquet::arrow::ArrowWriter;

use super::{ArrowDecoder, ArrowTable};
use crate::calendar::{Step, Zone};
use crate::codec::{Encoding, Unpacked};
use crate::counts::{Counts, EventCounter, Partial};
use crate::error::Result;
use crate::event::{TimeFormat, TimeReader, TimeRules};
use crate::format;
use crate::format::csv::CsvRules;
use crate::format::header::{Header, NamedColumns};
use crate::pane::PaneWidths;
use crate::reject::{Place, Reject};
use crate::storage::MemoryTable;
use crate::window::Windows;

const ROWS: usize = 10_000;

fn reader(zone: &str, format: TimeFormat) -> TimeReader {
    let rules = TimeRules { zone: Zone::parse(zone).unwrap(), ..TimeRules::of(format) };
    TimeReader::new(&rules).unwrap()
}

fn events(reader: &TimeReader, keys: usize) -> EventCounter {
    let hour: Step = "1h".parse().unwrap();
    let widths = PaneWidths::of(&[Windows::new(hour, hour, &Zone::utc())]);
    let mut events = EventCounter::new(Counts::new(keys, u64::MAX, 1 << 20), reader.clone(), widths);
    events.rejects_wanted = usize::MAX;
    events
}

fn columns<'c>(reader: &'c TimeReader, keys: &'c [String]) -> NamedColumns<'c> {
    NamedColumns {
        time: "time",
        beside: None,
        keys,
        measured: &[],
        in_path: &[],
        reader,
        mapped: None,
        record: None,
    }
}

/// Counts by pane and keys, the rejects, and what is else known.
type CountedRows = (BTreeMap<(i64, Vec<Vec<u8>>), u64>, Vec<Reject>, String);

fn told(Partial { counts, tally, span_us, .. }: Partial, rejects: Vec<Reject>) -> CountedRows {
    let mut told = BTreeMap::new();
    for (pane, slot) in counts.panes_in_order() {
        counts.row(slot, |key, n| {
            let tuple = counts.keys.tuple(key).into_iter().map(<[u8]>::to_vec).collect();
            told.insert((pane.start_us, tuple), n);
        });
    }
    (told, rejects, format!("{tally:?} {span_us:?}"))
}

/// What the rows of an input come to.
fn counted(input: &Unpacked, reader: &TimeReader, keys: &[String]) -> Result<CountedRows> {
    counted_of(input, reader, columns(reader, keys))
}

fn counted_of(input: &Unpacked, reader: &TimeReader, columns: NamedColumns<'_>) -> Result<CountedRows> {
    let (rules, keys) = (CsvRules::default(), columns.keys);
    let (header, _) = Header::read("x", None, &rules, columns, None, input)?;
    let mut decoder =
        format::Decoder::new(&header.written, Encoding::default(), events(reader, keys.len()), None);
    let mut rejects = Vec::new();
    for piece in 0..header.pieces().unwrap() {
        decoder.count_piece(piece, &mut |_, _| Ok(()))?;
        rejects.extend(decoder.take_rejects(0, &[]));
    }
    Ok(told(decoder.finish(), rejects))
}

fn times() -> TimestampMicrosecondArray {
    (0..ROWS as i64).map(|row| Some(1_700_000_000_000_000 + row * 7_000_000)).collect()
}

/// The same, in another unit, and of a zone.
fn timestamps(unit: TimeUnit, zone: Option<Arc<str>>) -> ArrayRef {
    let times: ArrayRef = Arc::new(times());
    let times = cast(&times, &DataType::Timestamp(unit, None)).unwrap();
    make_array(times.to_data().into_builder().data_type(DataType::Timestamp(unit, zone)).build().unwrap())
}

fn batch(time: ArrayRef, keys: &[(&str, ArrayRef)]) -> RecordBatch {
    let keys = keys.iter().map(|(name, array)| (*name, array.clone(), true));
    RecordBatch::try_from_iter_with_nullable([("time", time, true)].into_iter().chain(keys)).unwrap()
}

/// The batch in three pieces, each with some of its rows in memory before its first.
fn cut(batch: &RecordBatch) -> MemoryTable {
    let third = batch.num_rows() / 3;
    let ends = [0, third, third, 2 * third, batch.num_rows()];
    let parts = ends.windows(2).map(|ends| batch.slice(ends[0], ends[1] - ends[0]));
    MemoryTable::new(batch.schema(), parts.collect())
}

fn check(batch: &RecordBatch, reader: &TimeReader, keys: &[&str]) -> CountedRows {
    check_with(batch, reader, None, keys)
}

fn check_with(batch: &RecordBatch, reader: &TimeReader, beside: Option<&str>, keys: &[&str]) -> CountedRows {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let mut writer =
        ArrowWriter::try_new(std::fs::File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    let columns = NamedColumns { beside, ..columns(reader, &keys) };
    let of_file = counted_of(&Unpacked::open(&path, "cannot read").unwrap(), reader, columns).unwrap();
    let of_table = counted_of(&Unpacked::of_table(cut(batch)), reader, columns).unwrap();
    assert_eq!(of_file.0, of_table.0);
    assert_eq!(of_file.1, of_table.1);
    assert_eq!(of_file.2, of_table.2);
    of_table
}

fn actions(of: impl Fn(usize) -> Option<&'static str>) -> StringArray {
    (0..ROWS).map(of).collect()
}

fn texts(row: usize) -> Option<&'static str> {
    Some(
        ["Open", "Close", "a text of more than sixteen bytes", "", "Zoë", "thirteen bytes"][row * 7 % 11 % 6],
    )
}

#[test]
fn keys_of_every_type_are_those_of_a_file() {
    let reader = reader("UTC", TimeFormat::Iso);
    let time: ArrayRef = Arc::new(times().with_timezone("UTC"));
    let mut dictionary = StringDictionaryBuilder::<Int8Type>::new();
    (0..ROWS).for_each(|row| dictionary.append_option(texts(row).filter(|_| row % 13 > 0)));
    let of = |nulls: usize| actions(move |row| texts(row).filter(|_| nulls == 0 || row % nulls > 0));
    let tags = {
        let mut lists = ListBuilder::new(Int64Builder::new());
        for row in 0..ROWS as i64 {
            (0..row % 3).for_each(|tag| lists.values().append_value(tag + row % 2));
            lists.append(row % 5 > 0);
        }
        lists.finish()
    };
    let inner: ArrayRef = Arc::new(of(3));
    let nested = StructArray::try_new(
        vec![Field::new("action", DataType::Utf8, true)].into(),
        vec![inner],
        Some((0..ROWS).map(|row| row % 4 > 0).collect()),
    )
    .unwrap();
    let utf8: ArrayRef = Arc::new(of(0));
    let keys: Vec<ArrayRef> = vec![
        utf8.clone(),
        Arc::new(of(13)),
        Arc::new(LargeStringArray::from_iter((0..ROWS).map(texts))),
        Arc::new(StringViewArray::from_iter((0..ROWS).map(texts))),
        Arc::new(StringViewArray::from_iter((0..ROWS).map(|row| texts(row).filter(|_| row % 5 > 0)))),
        Arc::new(BinaryArray::from_iter((0..ROWS).map(|row| {
            Some(match row % 700 {
                0 => &b"\xff"[..],
                1 => b"Open\0",
                _ => b"Open",
            })
        }))),
        Arc::new(actions(|row| Some(if row % 900 == 0 { "Open\0" } else { "Open" }))),
        Arc::new(dictionary.finish()),
        cast(&utf8, &DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8))).unwrap(),
        Arc::new(Int64Array::from_iter((0..ROWS as i64).map(|row| (row % 9 > 0).then_some(row % 7 - 3)))),
        Arc::new(UInt64Array::from_iter((0..ROWS as u64).map(|row| Some(u64::MAX - row % 3)))),
        Arc::new(Float64Array::from_iter((0..ROWS).map(|row| Some(row as f64 % 3.0 / 8.0)))),
        Arc::new(Date32Array::from_iter((0..ROWS as i32).map(|row| Some(row % 3)))),
        Arc::new(
            Decimal128Array::from_iter((0..ROWS as i128).map(|row| Some(row % 5 - 2)))
                .with_precision_and_scale(20, 1)
                .unwrap(),
        ),
    ];
    let mut met = 0;
    for key in keys {
        let of = format!("{:?}", key.data_type());
        let (counts, rejects, _) = check(&batch(time.clone(), &[("action", key)]), &reader, &["action"]);
        assert!(counts.len() >= 20, "{of}: {}", counts.len());
        met += rejects.len();
    }
    // A byte that is not UTF-8 and a NUL, each 15 or 14 times, and a NUL 12 times.
    assert_eq!(met, 15 + 15 + 12);
    let nested = batch(time, &[("payload", Arc::new(nested)), ("tags", Arc::new(tags))]);
    check(&nested, &reader, &["payload.action"]);
    check(&nested, &reader, &["tags[0]", "payload.action", "tags[1]"]);
    check(&nested, &reader, &[]);
    let memory = Unpacked::of_table(cut(&nested));
    for (key, error) in [
        ("payload", "x: column \"payload\" is a struct, not one value"),
        ("tags", "x: column \"tags\" is a list, not one value"),
        ("payload.actoin", "x: no column \"payload.actoin\""),
    ] {
        let found = counted(&memory, &reader, &[key.to_owned()]).unwrap_err();
        assert_eq!(found.message(), error);
    }
}

#[test]
fn times_of_every_type_are_those_of_a_file() {
    let us: ArrayRef = Arc::new(times());
    let in_berlin = reader("Europe/Berlin", TimeFormat::Iso);
    let utc = reader("UTC", TimeFormat::Iso);
    let with_null: TimestampMicrosecondArray =
        times().iter().enumerate().map(|(row, time)| time.filter(|_| row % 5_000 > 0)).collect();
    let far: TimestampMicrosecondArray =
        times().iter().enumerate().map(|(row, time)| if row == 77 { Some(i64::MAX) } else { time }).collect();
    let shuffled: TimestampMicrosecondArray =
        (0..ROWS as i64).map(|row| Some(row * 7_919 % 10_007 * 60_000_000 - 86_400_000_000)).collect();
    let mut all: Vec<ArrayRef> = vec![us.clone(), Arc::new(with_null), Arc::new(far), Arc::new(shuffled)];
    for unit in [TimeUnit::Millisecond, TimeUnit::Nanosecond] {
        for zone in [None, Some("UTC".into()), Some("Asia/Tokyo".into())] {
            all.push(timestamps(unit, zone));
        }
    }
    all.push(cast(&us, &DataType::Utf8).unwrap());
    all.push(cast(&us, &DataType::Date32).unwrap());
    all.push(Arc::new(times().reinterpret_cast::<Int64Type>()));
    let key: ArrayRef = Arc::new(actions(texts));
    for time in all {
        let batch = batch(time, &[("action", key.clone())]);
        for reader in [&utc, &in_berlin] {
            check(&batch, reader, &["action"]);
            check(&batch, reader, &[]);
        }
    }
    let epoch = reader("UTC", TimeFormat::EpochUs);
    let numbers: ArrayRef = Arc::new(times().reinterpret_cast::<Int64Type>());
    let (counts, ..) = check(&batch(numbers, &[("action", key.clone())]), &epoch, &["action"]);
    assert!(!counts.is_empty());
    // Parquet has no seconds: they are what milliseconds are.
    for zone in [None, Some("UTC".into())] {
        let to = |unit| {
            let batch = batch(timestamps(unit, zone.clone()), &[("action", key.clone())]);
            counted(&Unpacked::of_table(cut(&batch)), &utc, &["action".to_owned()]).unwrap()
        };
        assert_eq!(to(TimeUnit::Second), to(TimeUnit::Millisecond));
    }
}

#[test]
fn usual_rows_are_counted_in_blocks() {
    let reader = reader("UTC", TimeFormat::Iso);
    let time: ArrayRef = Arc::new(times());
    let in_blocks = |key: ArrayRef| {
        let table = cut(&batch(time.clone(), &[("action", key)]));
        let keys = ["action".to_owned()];
        let table = ArrowTable::new(&table, columns(&reader, &keys)).unwrap();
        let mut decoder = ArrowDecoder::new(&table, events(&reader, 1), None);
        decoder.count(0, &mut |_, _| Ok(())).unwrap();
        (decoder.in_blocks, decoder.finish().counts.events())
    };
    let utf8: ArrayRef = Arc::new(actions(texts));
    let all = ROWS as u64;
    for to in [
        DataType::Utf8,
        DataType::LargeUtf8,
        DataType::Utf8View,
        DataType::Dictionary(Box::new(DataType::UInt32), Box::new(DataType::Utf8View)),
    ] {
        assert_eq!(in_blocks(cast(&utf8, &to).unwrap()), (all, all), "{to}");
    }
    // The block with a reject, of the first of three batches, is counted row by row.
    let nul = actions(|row| Some(if row == 0 { "\0" } else { "Open" }));
    assert_eq!(in_blocks(Arc::new(nul)), (all - all / 3, all - 1));
}

#[test]
fn each_batch_has_a_dictionary_of_its_own() {
    let reader = reader("UTC", TimeFormat::Iso);
    let one = |texts: [&str; 2]| {
        let mut actions = StringDictionaryBuilder::<Int8Type>::new();
        actions.extend(texts.map(Some));
        let time: TimestampMicrosecondArray = [Some(0), Some(1)].into_iter().collect();
        batch(Arc::new(time), &[("action", Arc::new(actions.finish()))])
    };
    let batches = vec![one(["Open", "Close"]), one(["Close", "Halt"])];
    let table = MemoryTable::new(batches[0].schema(), batches);
    let (counts, ..) = counted(&Unpacked::of_table(table), &reader, &["action".to_owned()]).unwrap();
    let counts: Vec<(&[u8], u64)> = counts.iter().map(|((_, key), n)| (&*key[0], *n)).collect();
    assert_eq!(counts, [(&b"Close"[..], 2), (b"Halt", 1), (b"Open", 1)]);
}

#[test]
fn a_date_and_a_time_of_day_are_one_time() {
    let reader = reader("UTC", TimeFormat::Iso);
    let typed: (ArrayRef, ArrayRef) = (
        Arc::new(Date32Array::from(vec![Some(0), Some(1), None, Some(1), Some(1)])),
        Arc::new(Time32MillisecondArray::from(vec![
            Some(0),
            Some(3_600_000),
            Some(0),
            None,
            Some(3_601_000),
        ])),
    );
    let texts: (ArrayRef, ArrayRef) = (
        Arc::new(StringArray::from(vec![
            Some("1970-01-01"),
            Some("1970-01-02 "),
            None,
            Some("1970-01-02"),
            Some("1970-01-02"),
        ])),
        Arc::new(StringArray::from(vec![
            Some("00:00:00"),
            Some(" 01:00"),
            Some("00:00:00"),
            None,
            Some("01:00:01"),
        ])),
    );
    let key: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "c", "d", "b"]));
    let hour = 3_600_000_000;
    for (date, clock) in [typed, texts] {
        let batch = batch(date, &[("clock", clock), ("action", key.clone()), ("n", key.clone())]);
        let (counts, rejects, _) = check_with(&batch, &reader, Some("clock"), &["action"]);
        let expected = [((0, vec![b"a".to_vec()]), 1), ((25 * hour, vec![b"b".to_vec()]), 2)];
        assert_eq!(counts.into_iter().collect::<Vec<_>>(), expected);
        let told = rejects.iter().map(|reject| (reject.place, reject.column.as_deref()));
        assert_eq!(told.collect::<Vec<_>>(), [(Place::Row(3), Some("time")), (Place::Row(4), Some("time"))]);
        let (counts, ..) = check_with(&batch, &reader, Some("clock"), &["action", "n"]);
        assert_eq!(counts.values().sum::<u64>(), 3);
        check_with(&batch, &reader, Some("clock"), &[]);
    }
    // Parquet has no seconds.
    let to = |unit| {
        let clock: ArrayRef =
            Arc::new(Time32MillisecondArray::from(vec![Some(0), Some(3_600_000), Some(7_201_000)]));
        let date: ArrayRef = Arc::new(Date32Array::from(vec![0, 1, 2]));
        let batch = batch(date, &[("clock", cast(&clock, &DataType::Time32(unit)).unwrap())]);
        let columns = NamedColumns { beside: Some("clock"), ..columns(&reader, &[]) };
        counted_of(&Unpacked::of_table(cut(&batch)), &reader, columns).unwrap()
    };
    assert_eq!(to(TimeUnit::Second), to(TimeUnit::Millisecond));
}
