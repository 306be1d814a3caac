//! Tests with tables as arrow-rs writes them, with every type of time and every kind of page, compared with the same rows counted one
//! by one, and with files that are damaged anywhere.

use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, Encoding, ZstdLevel};
use ::parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use arrow_array::builder::{StringBuilder, StringDictionaryBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BinaryArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray,
};
use proptest::sample::Index;

use super::*;
use crate::calendar::{YEAR_1_US, YEAR_9998_US, Zone};

/// How a file is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct WrittenAs {
    pub(super) time: WrittenTime,
    pub(super) is_dictionary: bool,
    is_v2: bool,
    compression: Compression,
    /// The encoding of keys that are not in a dictionary. `None`: a dictionary is always written.
    encoding: Option<Encoding>,
    time_encoding: Option<Encoding>,
    row_group: usize,
    page: usize,
    statistics: EnabledStatistics,
    is_sorted: bool,
}

/// How times are written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum WrittenTime {
    Ms,
    Us,
    Ns,
    Local,
    Text,
    Date,
    EpochS,
    EpochFloat,
}

pub(super) fn way() -> impl Strategy<Value = WrittenAs> {
    let time = prop::sample::select(vec![
        WrittenTime::Ms,
        WrittenTime::Us,
        WrittenTime::Us,
        WrittenTime::Ns,
        WrittenTime::Local,
        WrittenTime::Text,
        WrittenTime::Date,
        WrittenTime::EpochS,
        WrittenTime::EpochFloat,
    ]);
    let compression = prop::sample::select(vec![
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::LZ4_RAW,
        Compression::ZSTD(ZstdLevel::default()),
    ]);
    let text = prop::sample::select(vec![
        None,
        Some(Encoding::PLAIN),
        Some(Encoding::DELTA_LENGTH_BYTE_ARRAY),
        Some(Encoding::DELTA_BYTE_ARRAY),
    ]);
    let number = prop::sample::select(vec![
        None,
        Some(Encoding::PLAIN),
        Some(Encoding::DELTA_BINARY_PACKED),
        Some(Encoding::BYTE_STREAM_SPLIT),
    ]);
    let sizes =
        (prop::sample::select(vec![1usize, 7, 64, 1000]), prop::sample::select(vec![1usize, 3, 20, 300]));
    let statistics = prop::sample::select(vec![
        EnabledStatistics::None,
        EnabledStatistics::Chunk,
        EnabledStatistics::Page,
        EnabledStatistics::Page,
    ]);
    (time, any::<[bool; 3]>(), compression, text, number, sizes, statistics).prop_map(
        |(
            time,
            [is_dictionary, is_v2, is_sorted],
            compression,
            text,
            number,
            (row_group, page),
            statistics,
        )| WrittenAs {
            time,
            is_dictionary,
            is_v2,
            compression,
            encoding: text,
            time_encoding: number,
            row_group,
            page,
            statistics,
            is_sorted,
        },
    )
}

/// A row: its time in microseconds, and its key.
pub(super) type ParquetEvent = (Option<i64>, Option<&'static [u8]>);

fn event() -> impl Strategy<Value = ParquetEvent> {
    let second = prop_oneof![
        12 => (0i64..3_000).prop_map(Some),
        6 => (0i64..20).prop_map(Some),
        1 => Just(None),
        1 => prop::sample::select(vec![-1i64, -86_400, 253_370_764_800, -62_135_596_801]).prop_map(Some),
    ];
    let key = prop::sample::select(vec![
        Some(&b"Open"[..]),
        Some(b"Open"),
        Some(b"Close"),
        Some(b""),
        Some("caf\u{e9}".as_bytes()),
        Some(b"a value of more than sixteen bytes"),
        Some(b"nul\0"),
        None,
    ]);
    (second, 0i64..1_000_000, key).prop_map(|(second, us, key)| {
        (second.map(|second| second * 1_000_000 + us * i64::from((0..3_000).contains(&second))), key)
    })
}

/// The events as a file, with a column `other` beside those of the time and of the key.
pub(super) fn written(events: &[ParquetEvent], key_column: &str, way: WrittenAs) -> Vec<u8> {
    let us = || events.iter().map(|(us, _)| *us);
    let time: ArrayRef = match way.time {
        WrittenTime::Ms => Arc::new(
            us().map(|us| us.map(|us| us.div_euclid(1_000)))
                .collect::<TimestampMillisecondArray>()
                .with_timezone("UTC"),
        ),
        WrittenTime::Us => Arc::new(us().collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
        WrittenTime::Ns => Arc::new(
            us().map(|us| us.and_then(|us| us.checked_mul(1_000)))
                .collect::<TimestampNanosecondArray>()
                .with_timezone("UTC"),
        ),
        WrittenTime::Local => Arc::new(us().collect::<TimestampMicrosecondArray>()),
        WrittenTime::Text => Arc::new(us().map(|us| us.map(label)).collect::<StringArray>()),
        WrittenTime::Date => Arc::new(
            us().map(|us| us.map(|us| us.div_euclid(86_400_000_000) as i32)).collect::<Date32Array>(),
        ),
        WrittenTime::EpochS => {
            Arc::new(us().map(|us| us.map(|us| us.div_euclid(1_000_000))).collect::<Int64Array>())
        }
        WrittenTime::EpochFloat => {
            Arc::new(us().map(|us| us.map(|us| us.div_euclid(1_000_000) as f64)).collect::<Float64Array>())
        }
    };
    let key: ArrayRef = if way.is_dictionary {
        let mut keys = StringDictionaryBuilder::<Int32Type>::new();
        events
            .iter()
            .for_each(|(_, key)| keys.append_option(key.map(|key| std::str::from_utf8(key).unwrap())));
        Arc::new(keys.finish())
    } else {
        Arc::new(events.iter().map(|(_, key)| *key).collect::<BinaryArray>())
    };
    let mut other = StringBuilder::new();
    events.iter().enumerate().for_each(|(at, _)| other.append_value(format!("{at} and more text")));
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("other", Arc::new(other.finish()) as ArrayRef, false),
        (key_column, key, true),
        ("time", time, true),
    ])
    .unwrap();
    let mut properties = WriterProperties::builder()
        .set_compression(way.compression)
        .set_max_row_group_row_count(Some(way.row_group))
        .set_data_page_row_count_limit(way.page)
        .set_write_batch_size(way.page)
        .set_statistics_enabled(way.statistics)
        .set_dictionary_enabled(way.is_dictionary || way.encoding.is_none())
        .set_writer_version(if way.is_v2 { WriterVersion::PARQUET_2_0 } else { WriterVersion::PARQUET_1_0 });
    if let Some(encoding) = way.encoding {
        properties = properties.set_column_encoding(key_column.into(), encoding);
    }
    if let Some(encoding) =
        way.time_encoding.filter(|_| !matches!(way.time, WrittenTime::Text | WrittenTime::EpochFloat))
    {
        properties = properties
            .set_column_encoding("time".into(), encoding)
            .set_column_dictionary_enabled("time".into(), false);
    }
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties.build())).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

pub(super) fn label(us: i64) -> String {
    Zone::utc().label(us)
}

/// The expected result for the events: each one is counted by itself, in one map.
pub(super) fn said_by_rows(job: &Job, events: &[ParquetEvent], time: WrittenTime) -> EngineReport {
    let mut said = EngineReport::default();
    for (at, (us, key)) in events.iter().enumerate() {
        said.tally.read += 1;
        let floor = |unit: i64| us.map(|us| us.div_euclid(unit) * unit);
        let us = match time {
            WrittenTime::Us | WrittenTime::Local | WrittenTime::Text => *us,
            WrittenTime::Ns => us.filter(|us| us.checked_mul(1_000).is_some()),
            WrittenTime::Ms => floor(1_000),
            WrittenTime::Date => floor(86_400_000_000),
            WrittenTime::EpochS | WrittenTime::EpochFloat => floor(1_000_000),
        };
        let text = key.unwrap_or_default();
        let why = match us {
            None => Some((Reason::BadTime, "time")),
            // In a text, the year 0 is not a time.
            Some(us) if us < YEAR_1_US && time == WrittenTime::Text => Some((Reason::BadTime, "time")),
            Some(us) if !(YEAR_1_US..=YEAR_9998_US).contains(&us) => Some((Reason::OutOfRange, "time")),
            Some(_) if job.source.keys.is_empty() => None,
            Some(_) if text.contains(&0) => Some((Reason::Nul, "action")),
            Some(_) if std::str::from_utf8(text).is_err() => Some((Reason::InvalidUtf8, "action")),
            Some(_) => None,
        };
        if let Some((reason, column)) = why {
            said.tally.rejected[reason as usize] += 1;
            said.rejects.push((
                at.to_string(),
                Reject {
                    place: Place::Row(at as u64 + 1),
                    column: Some(column.to_owned()),
                    reason,
                    value: None,
                    raw: Vec::new(),
                },
            ));
            continue;
        }
        let us = us.unwrap();
        said.tally.counted += 1;
        said.tally.without_offset += u64::from(matches!(time, WrittenTime::Local | WrittenTime::Date));
        said.span_us = union(said.span_us, Some((us, us)));
        let keys = job.source.keys.iter().map(|_| text.to_vec()).collect();
        *said.counts.entry((job.pane_widths().pane_of(us).start_us, keys)).or_default() += 1;
    }
    said
}

/// The file as the only input.
fn input(folder: &Path, bytes: &[u8]) -> Vec<InputFile> {
    inputs(folder, &[bytes.to_vec()])
}

pub(super) fn job_of(keys: &[&str], time: WrittenTime) -> Job {
    let mut job = job(keys);
    job.source.format = Some(InputFormat::Parquet);
    if matches!(time, WrittenTime::EpochS | WrittenTime::EpochFloat) {
        job.source.time.format = TimeFormat::EpochS;
    }
    job
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// However a table is written, each of its rows is counted once, or is a reject with its number.
    #[test]
    fn engine_equals_rows(
        mut events in prop::collection::vec(event(), 1..200),
        way in way(),
        keys in prop::sample::select(vec![vec![], vec!["action"]]),
        threads in prop::sample::select(vec![1usize, 2, 7]),
    ) {
        if way.is_sorted {
            events.sort_by_key(|(us, _)| *us);
        }
        let folder = tempfile::tempdir().unwrap();
        let inputs = input(folder.path(), &written(&events, "action", way));
        let job = job_of(&keys, way.time);
        let mut expected = said_by_rows(&job, &events, way.time);
        let said = match said_by_engine(&job, &inputs, &settings(threads, 1 << 16, 1 << 22)) {
            Ok(said) => said,
            // Only an input without a counted row may be an error.
            Err(error) => {
                prop_assert!(expected.tally.counted == 0, "{error}");
                return Ok(());
            }
        };
        let places = |said: &EngineReport| -> Vec<_> {
            said.rejects.iter().map(|(_, reject)| (reject.place, reject.reason, reject.column.clone())).collect()
        };
        prop_assert_eq!(places(&said), places(&expected));
        let size = std::fs::metadata(&inputs[0].path).unwrap().len();
        (expected.tally.bytes_read, expected.tally.bytes_total) = (size, size);
        prop_assert_eq!(&said.tally, &expected.tally);
        prop_assert_eq!((&said.counts, said.span_us), (&expected.counts, expected.span_us));
    }

    /// Whatever the damage, a file is either refused whole, or all its rows are accounted for.
    #[test]
    fn a_damaged_file_is_refused_or_adds_up(
        events in prop::collection::vec(event(), 1..60),
        way in way(),
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 0..6),
        cut in prop::option::weighted(0.2, any::<Index>()),
    ) {
        let mut bytes = written(&events, "action", way);
        for (at, byte) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let folder = tempfile::tempdir().unwrap();
        let inputs = input(folder.path(), &bytes);
        let outcome = run(&job_of(&["action"], way.time), &inputs, &settings(2, 1 << 16, 1 << 22), None).unwrap();
        match outcome.partly_refused() {
            Some(_) => prop_assert_eq!(outcome.tally.counted, 0),
            None => prop_assert!(outcome.tally.adds_up()),
        }
    }
}
