//! One answer: the same rows in every format, packed or not, in one file or several, through pipes, read in pieces of any size
//! by any number of threads. `PROPTEST_CASES` sets how many sets of rows are tried.

use std::sync::Arc;

use proptest::sample::{Index, select};

use super::packed::{PackedAs as Packing, in_ways, ways};
use super::parquet::{
    ParquetEvent, WrittenAs as Table, WrittenTime, job_of as table_job, label, said_by_rows, way as table,
};
use super::text::{common_log, job_of as text_job};
use super::*;
use crate::storage::{LocalFolder, Object, Storage};

/// The key: a column of combined logs.
const KEY: &str = "user_agent";
/// The time that database dumps use for "never".
const NEVER_US: i64 = 253_370_764_800_000_000;

/// How rows are written.
#[derive(Clone, Copy, Debug)]
enum RowForm {
    Csv,
    Combined,
    /// An object per line.
    Lines,
    Array,
    /// Consecutive objects.
    Objects,
    Parquet(Table),
}

/// How rows reach the engine.
#[derive(Clone, Debug)]
struct Delivery {
    form: RowForm,
    /// Where the rows are divided into files.
    cuts: Vec<Index>,
    packing: Vec<Packing>,
    /// Whether the files are objects in a store.
    is_stored: bool,
    /// Whether the job declares the format.
    is_declared: bool,
    threads: usize,
    read_size: usize,
    chunk_size: u64,
}

fn delivery() -> impl Strategy<Value = Delivery> {
    let texts =
        select(vec![RowForm::Csv, RowForm::Combined, RowForm::Lines, RowForm::Array, RowForm::Objects]);
    // Those that keep whole seconds of any year and an offset.
    let table =
        (table(), select(vec![WrittenTime::Ms, WrittenTime::Us, WrittenTime::Text, WrittenTime::EpochS]))
            .prop_map(|(mut table, time)| {
                table.time = time;
                RowForm::Parquet(table)
            });
    let form = prop_oneof![5 => texts, 1 => table];
    let pieces = (select(vec![1usize, 2, 7]), select(vec![1usize, 2, 13, 64, 1 << 16]));
    (
        form,
        prop::collection::vec(any::<Index>(), 0..4),
        (ways(), prop::bool::weighted(0.2)),
        any::<bool>(),
        pieces,
        select(vec![1u64, 40, 150, 1 << 22]),
    )
        .prop_map(|(form, cuts, (packing, is_stored), is_declared, (threads, read_size), chunk_size)| {
            Delivery { form, cuts, packing, is_stored, is_declared, threads, read_size, chunk_size }
        })
}

/// A row with at most one fault, which must be possible in every format.
fn row() -> impl Strategy<Value = ParquetEvent> {
    let second = prop_oneof![4 => 0i64..4_000, 1 => -100_000_000i64..2_000_000_000];
    let key = select(vec![
        Some("Open"),
        Some("Open"),
        Some("Close"),
        Some("caf\u{e9}"),
        Some("a,b; c|d"),
        Some("{x}"),
        Some("5"),
        Some("true"),
        Some("null"),
        Some("-"),
        Some("  padded "),
        Some("a value of more than sixteen bytes"),
        Some(""),
        None,
    ]);
    let good = (second, key).prop_map(|(second, key)| (Some(second * 1_000_000), key.map(str::as_bytes)));
    let bad: Vec<ParquetEvent> = vec![
        (None, Some(b"Open")),
        (Some(NEVER_US), Some(b"Open")),
        (Some(0), Some(b"nul \0")),
        (Some(0), Some(b"not \xff UTF-8")),
    ];
    prop_oneof![8 => good, 1 => select(bad)]
}

/// The texts of a row's time and key, by the number of the row.
fn texts(
    rows: &[ParquetEvent],
    time: fn(usize, i64) -> String,
) -> impl Iterator<Item = (String, Option<&[u8]>)> {
    let time = move |(at, us): (usize, Option<i64>)| us.map_or("yesterday".to_owned(), |us| time(at, us));
    rows.iter().enumerate().map(move |(at, (us, key))| (time((at, *us)), *key))
}

/// The time as servers write it, on the clocks of several zones.
fn of_server(at: usize, us: i64) -> String {
    let zone = jiff::tz::Offset::from_hours([0, 2, -7][at % 3]).unwrap().to_time_zone();
    jiff::Timestamp::from_microsecond(us).unwrap().to_zoned(zone).strftime("%d/%b/%Y:%H:%M:%S %z").to_string()
}

fn objects(rows: &[ParquetEvent], between: &str) -> Vec<u8> {
    let object = |(at, (time, key)): (usize, (String, Option<&[u8]>))| -> Vec<u8> {
        let key = match key {
            // Half of the missing keys are null, and half have no member.
            None if at % 2 == 0 => b",\"user_agent\": null".to_vec(),
            None => Vec::new(),
            Some(key) => {
                let key = key.iter().flat_map(|byte| match byte {
                    0 => b"\\u0000".to_vec(),
                    b'p' => b"\\u0070".to_vec(),
                    byte => vec![*byte],
                });
                [b",\"user_agent\":\"".to_vec(), key.collect(), b"\"".to_vec()].concat()
            }
        };
        [format!("{{\"n\":[{at}, {{}}],\"time\":\"{time}\"").into_bytes(), key, b"}".to_vec()].concat()
    };
    let objects: Vec<_> = texts(rows, |_, us| label(us)).enumerate().map(object).collect();
    objects.join(between.as_bytes())
}

fn written(rows: &[ParquetEvent], form: RowForm) -> Vec<u8> {
    let quoted = |key: &[u8]| if key.contains(&b',') { [b"\"", key, b"\""].concat() } else { key.to_vec() };
    match form {
        RowForm::Csv => {
            let line = |(time, key): (String, Option<&[u8]>)| {
                [time.as_bytes(), b",", &quoted(key.unwrap_or_default()), b"\n"].concat()
            };
            [b"time,user_agent\n".to_vec(), texts(rows, |_, us| label(us)).flat_map(line).collect()].concat()
        }
        RowForm::Combined => texts(rows, of_server)
            .flat_map(|(time, key)| {
                let before = format!("10.0.0.1 - - [{time}] \"GET / HTTP/1.1\" 200 5 \"-\" \"");
                [before.as_bytes(), key.unwrap_or_default(), b"\"\n"].concat()
            })
            .collect(),
        RowForm::Lines => objects(rows, "\n"),
        RowForm::Array => [b"[".to_vec(), objects(rows, ",\n  "), b"]\n".to_vec()].concat(),
        RowForm::Objects => objects(rows, " "),
        RowForm::Parquet(mut table) => {
            let is_text = rows.iter().all(|(_, key)| key.is_none_or(|key| std::str::from_utf8(key).is_ok()));
            table.is_dictionary &= is_text;
            super::parquet::written(rows, KEY, table)
        }
    }
}

/// The rows in files, and the job that reads them.
fn delivered(folder: &Path, rows: &[ParquetEvent], delivery: &Delivery) -> (Job, Vec<InputFile>) {
    let mut cuts: Vec<usize> = delivery.cuts.iter().map(|cut| cut.index(rows.len())).collect();
    cuts.extend([0, rows.len()]);
    cuts.sort_unstable();
    cuts.dedup();
    let files: Vec<_> = cuts.windows(2).map(|cut| written(&rows[cut[0]..cut[1]], delivery.form)).collect();
    let packing = match delivery.form {
        // A Parquet file is not packed as a whole, and is not read from a pipe, as its end is read first.
        RowForm::Parquet(_) => vec![(None, false); files.len()],
        _ => delivery.packing.clone(),
    };
    let mut inputs = in_ways(inputs(folder, &files), &files, &packing);
    if delivery.is_stored {
        inputs.iter_mut().for_each(|input| store(folder, input));
    }
    let mut job = match delivery.form {
        RowForm::Combined => text_job("combined", &[KEY], common_log()),
        RowForm::Parquet(table) => table_job(&[KEY], table.time),
        _ => job(&[KEY]),
    };
    job.source.csv.comment = None;
    job.source.format = match delivery.form {
        RowForm::Combined => Some(InputFormat::Text),
        _ if !delivery.is_declared => None,
        RowForm::Csv => Some(InputFormat::Csv),
        RowForm::Parquet(_) => Some(InputFormat::Parquet),
        RowForm::Lines | RowForm::Array | RowForm::Objects => Some(InputFormat::Json),
    };
    (job, inputs)
}

/// Makes a file an object in a storage, which then provides its bytes.
fn store(folder: &Path, input: &mut InputFile) {
    let storage = LocalFolder::new(folder);
    let name = input.path.file_name().unwrap().to_str().unwrap();
    let entry = storage.stat(name).unwrap().unwrap();
    (input.version, input.pipe) = (entry.version(), None);
    input.object = Some(Object::new(Arc::new(storage), &entry));
}

proptest! {
    #![proptest_config(ProptestConfig::default())]

    /// However rows are written and read, the answer and the tally are those of the rows themselves.
    #[test]
    fn rows_have_one_answer(
        rows in prop::collection::vec(row(), 1..60),
        deliveries in prop::collection::vec(delivery(), 2..4),
    ) {
        let (mut first, expected) = (None, said_by_rows(&job(&[KEY]), &rows, WrittenTime::Us));
        let reasons = |said: &EngineReport| -> Vec<_> { said.rejects.iter().map(|(_, reject)| reject.reason).collect() };
        for delivery in deliveries {
            let folder = tempfile::tempdir().unwrap();
            let (job, inputs) = delivered(folder.path(), &rows, &delivery);
            let settings = settings(delivery.threads, delivery.read_size, delivery.chunk_size);
            let (outcome, said) = match outcome_of(&job, &inputs, &settings) {
                Ok(found) => found,
                // Only an input without a counted row may be an error.
                Err(error) => {
                    prop_assert!(expected.tally.counted == 0, "{error}, {delivery:?}");
                    continue;
                }
            };
            if let Some(refused) = outcome.partly_refused() {
                prop_assert!(false, "{refused}, {delivery:?}");
            }
            prop_assert!(said.tally.adds_up(), "{:?}, {delivery:?}", said.tally);
            let bytes = (said.tally.bytes_read, said.tally.bytes_total);
            let tally = Tally { bytes_read: bytes.0, bytes_total: bytes.1, ..expected.tally.clone() };
            prop_assert_eq!(&said.tally, &tally, "{:?}", &delivery);
            prop_assert_eq!((&said.counts, said.span_us), (&expected.counts, expected.span_us), "{:?}", &delivery);
            prop_assert_eq!(reasons(&said), reasons(&expected), "{:?}", &delivery);
            if expected.tally.counted > 0 {
                let hash = digest(outcome.reports().unwrap()).unwrap();
                prop_assert_eq!(first.get_or_insert(hash.clone()), &hash, "{:?}", &delivery);
            }
        }
    }
}
