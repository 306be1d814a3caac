//! Parquet on Spark, as far as it can be tested without Spark.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray,
};
use parquet::arrow::ArrowWriter;
use parquet::basic::Encoding;
use parquet::file::properties::WriterProperties;

use super::*;
use crate::engine::spark::asking::tables;
use crate::engine::spark::rows;
use crate::reject::Place;

const ROWS: u64 = 1_000;

/// Writes these columns in row groups of 100 rows.
fn write(path: &Path, columns: Vec<(&str, ArrayRef)>, properties: WriterProperties) {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = properties.into_builder().set_max_row_group_row_count(Some(100)).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    std::fs::write(path, writer.into_inner().unwrap()).unwrap();
}

/// The times of rows. Every seventh row has none.
fn times() -> ArrayRef {
    let times = (0..ROWS as i64).map(|row| (row % 7 != 3).then_some(1_469_491_200_000_000 + row));
    Arc::new(times.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
}

fn texts_of(text: &str) -> ArrayRef {
    Arc::new((0..ROWS).map(|_| Some(text)).collect::<StringArray>())
}

/// A job that counts a Parquet file with these columns, and the file.
fn job_over(folder: &Path, keys: &[&str], more: &str, columns: Vec<(&str, ArrayRef)>) -> (Job, InputFile) {
    write(&folder.join("a.parquet"), columns, WriterProperties::default());
    let text = format!(
        "name = \"t\"\nversion = 1\n[source]\npath = \"a.parquet\"\nformat = \"parquet\"\ntime = \"time\"\nkeys = {keys:?}\n{more}[reports.r]\nevery = \"10m\"\n"
    );
    let job = Job::from_toml(&text, &folder.join("job.toml")).unwrap();
    let files = crate::source::list(&job.source.path, &job.source.root, &job.source.endings(), &job.stores());
    (job, files.unwrap().files.swap_remove(0))
}

/// Why Spark does not read the file. Empty if it does.
fn why(keys: &[&str], more: &str, columns: Vec<(&str, ArrayRef)>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (job, file) = job_over(folder.path(), keys, more, columns);
    let time = job.source.time_reader().unwrap();
    let input = SparkInput::open(&job, &file, &time).unwrap();
    let asked = tables(&[Ok(input)]).len();
    let input = SparkInput::open(&job, &file, &time).unwrap();
    assert_eq!(asked == 1, !input.read_through);
    input.table.unwrap().err().unwrap_or_default()
}

#[test]
fn spark_reads_what_it_reads_as_windrow_does() {
    let numbers: ArrayRef = Arc::new((0..ROWS as i64).collect::<Int64Array>());
    let floats: ArrayRef = Arc::new((0..ROWS).map(|row| row as f64).collect::<Float64Array>());
    let field = Arc::new(arrow_schema::Field::new("a", arrow_schema::DataType::Utf8, true));
    let deep: ArrayRef = Arc::new(StructArray::from(vec![(field, texts_of("x"))]));
    let of = |key: ArrayRef| vec![("time", times()), ("x", key)];
    assert_eq!(why(&["x"], "", of(texts_of("Open"))), "");
    assert_eq!(why(&["x"], "", of(Arc::clone(&numbers))), "");
    assert_eq!(why(&[], "", of(Arc::clone(&floats))), "", "what a job does not name does not matter");
    for (keys, more, column, expected) in [
        (&["x"][..], "", &floats, "values in the column x"),
        (&["x.a"], "", &deep, "a value within another"),
        (&[], "where = \"x <> '1'\"\n", &floats, "values in the column x"),
    ] {
        let found = why(keys, more, of(Arc::clone(column)));
        assert!(found.contains(expected), "{found}");
    }
    // Numbers are times only if the job says so.
    let of_numbers = || vec![("time", Arc::clone(&numbers))];
    assert_eq!(why(&[], "time_format = \"epoch_ms\"\n", of_numbers()), "");
    assert!(why(&[], "", of_numbers()).contains("times in the column time"));
    // Only windrow reads times on the clock of a zone.
    let local: ArrayRef = Arc::new((0..ROWS as i64).map(Some).collect::<TimestampMicrosecondArray>());
    assert_eq!(why(&[], "", vec![("time", Arc::clone(&local))]), "");
    let zone = "zone = \"Europe/Berlin\"\n";
    assert!(why(&[], zone, vec![("time", local)]).contains("times in the column time"));
    assert_eq!(why(&[], zone, vec![("time", times())]), "");
}

#[test]
fn no_encoding_is_asked_of_spark_that_it_does_not_know() {
    let folder = tempfile::tempdir().unwrap();
    let columns = || vec![("time", times()), ("x", texts_of("Open"))];
    let (job, file) = job_over(folder.path(), &["x"], "", columns());
    let time = job.source.time_reader().unwrap();
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_column_encoding("time".into(), Encoding::BYTE_STREAM_SPLIT);
    write(&folder.path().join("a.parquet"), columns(), properties.build());
    let why = SparkInput::open(&job, &file, &time).unwrap().table.unwrap().unwrap_err();
    assert!(why.contains("BYTE_STREAM_SPLIT"), "{why}");
}

#[test]
fn no_name_and_no_value_of_a_table_is_in_the_text_of_a_query() {
    let of = |key: &str| {
        let folder = tempfile::tempdir().unwrap();
        let (job, file) = job_over(folder.path(), &[key], "", vec![("time", times()), (key, texts_of(key))]);
        let time = job.source.time_reader().unwrap();
        let looked = || Ok(SparkInput::open(&job, &file, &time).unwrap());
        let one = tables(&[looked()]);
        let two = tables(&[looked(), looked()]);
        [one, two].map(|files| text_of(plan::count_tables(&job, &files).unwrap()))
    };
    let expected = of("action");
    assert!(
        expected[0].contains(":at AS at") && expected[1].contains("xxhash64(r.file) AS at"),
        "{expected:?}"
    );
    for key in ["a`b", "'; DROP TABLE rows --", "größe\\", "${x}"] {
        assert_eq!(of(key), expected, "{key}");
    }
}

#[test]
fn files_of_other_columns_are_other_tables_of_one_query() {
    let folder = tempfile::tempdir().unwrap();
    let numbers: ArrayRef = Arc::new((0..ROWS as i64).collect::<Int64Array>());
    let (job, file) = job_over(folder.path(), &["x"], "", vec![("time", times()), ("x", texts_of("1"))]);
    let time = job.source.time_reader().unwrap();
    let text = SparkInput::open(&job, &file, &time).unwrap();
    write(&file.path, vec![("time", times()), ("x", numbers)], WriterProperties::default());
    let number = SparkInput::open(&job, &file, &time).unwrap();
    let query = text_of(plan::count_tables(&job, &tables(&[Ok(text), Ok(number)])).unwrap());
    assert!(query.contains(") AS rows0 UNION ALL SELECT * FROM (SELECT "), "{query}");
    assert_eq!(query.matches("raw0").count() + query.matches("raw1").count(), 2, "{query}");
    assert_eq!(query.matches("is_valid_utf8(").count(), 1, "{query}");
}

#[test]
fn rows_are_counted_by_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let (job, file) = job_over(folder.path(), &["x"], "", vec![("time", times()), ("x", texts_of("Open"))]);
    let time = job.source.time_reader().unwrap();
    let input = SparkInput::open(&job, &file, &time).unwrap();
    let count = |numbers: &[u64]| {
        let mut places = Vec::new();
        let mut each = |rejects: Vec<Reject>| {
            places.extend(rejects.iter().map(|reject| match reject.place {
                Place::Row(row) => row,
                _ => panic!("a row has a number"),
            }));
            Ok(())
        };
        let wanted = (usize::MAX, &mut each as &mut dyn FnMut(Vec<Reject>) -> Result<()>);
        let counted = rows::count(&job, &input, &time, &Stop::default(), numbers, wanted);
        counted.map(|partial| (partial.tally.read, partial.tally.counted, places))
    };
    // Neighbouring rows, both ends, the borders of row groups, and whole row groups that are skipped.
    let numbers = [0, 3, 4, 5, 98, 99, 100, 101, 350, 550, 999];
    let without: Vec<u64> = numbers.into_iter().filter(|row| row % 7 == 3).map(|row| row + 1).collect();
    let counted = numbers.len() - without.len();
    assert_eq!(count(&numbers).unwrap(), (numbers.len() as u64, counted as u64, without));
    let all: Vec<u64> = (0..ROWS).collect();
    assert_eq!(count(&all).unwrap().0, ROWS);
    assert!(count(&[ROWS]).is_err());
}

#[test]
fn a_table_that_has_other_rows_than_it_says_is_left_to_windrow() {
    let folder = tempfile::tempdir().unwrap();
    let (job, file) = job_over(folder.path(), &["x"], "", vec![("time", times()), ("x", texts_of("Open"))]);
    let time = job.source.time_reader().unwrap();
    let input = SparkInput::open(&job, &file, &time).unwrap();
    let block = |lines, bytes| FileSplit { start: 0, first_id: 0, lines, bytes, sums: None };
    let counted = |lines, bytes| {
        let mut counted = FileCount::nothing(&job);
        counted.blocks = vec![block(lines, bytes)];
        counted.tally.read = lines;
        counted
    };
    assert!(!counted(ROWS, input.size).is_left(&input));
    assert!(counted(ROWS - 1, input.size).is_left(&input));
    assert!(counted(ROWS, input.size).whole_tally(&input).is_ok());
    // With another size, Spark has read another file.
    assert!(!counted(ROWS - 1, input.size - 1).is_left(&input));
    assert!(counted(ROWS - 1, input.size - 1).whole_tally(&input).is_err());
}
