use arrow_array::RecordBatch;
use proptest::prelude::*;

use super::*;
use crate::delta::stats::Stats;

fn texts(values: &[&str]) -> (Stats, Stats) {
    let schema = Arc::new(Schema::new(vec![Field::new("text", DataType::Utf8, true)]));
    let column: ArrayRef = Arc::new(StringArray::from(values.to_vec()));
    let mut exact = Stats::default();
    exact.add(&RecordBatch::try_new(schema.clone(), vec![column]).unwrap());
    let read = Stats::read(&exact.write().unwrap(), &schema).unwrap();
    (exact, read)
}

proptest! {
    #[test]
    fn bounds_of_text_hold_all_of_it(values in prop::collection::vec("[a-b\u{7f}-\u{81}\u{10ffff}ß]{0,40}", 1..4)) {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let (exact, read) = texts(&values);
        prop_assert!(read.least["text"] <= exact.least["text"]);
        if let Some(greatest) = read.greatest.get("text") {
            prop_assert!(*greatest >= exact.greatest["text"]);
        }
    }

    #[test]
    fn bounds_of_times_hold_all_of_them(values in prop::collection::vec(-62_000_000_000_000_000..250_000_000_000_000_000i64, 1..4)) {
        let of = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let schema = Arc::new(Schema::new(vec![Field::new("time", of, true)]));
        let column: ArrayRef = Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC"));
        let mut exact = Stats::default();
        exact.add(&RecordBatch::try_new(schema.clone(), vec![column]).unwrap());
        let read = Stats::read(&exact.write().unwrap(), &schema).unwrap();
        prop_assert!(read.least["time"] <= exact.least["time"]);
        prop_assert!(read.greatest["time"] >= exact.greatest["time"]);
    }
}

#[test]
fn long_text_is_cut() {
    let (_, read) = texts(&["b".repeat(100).as_str(), "a"]);
    assert_eq!(read.greatest["text"], StatsValue::Text(format!("{}{}", "b".repeat(32), char::MAX)));
    assert_eq!((read.rows, read.nulls["text"]), (2, 0));
}

#[test]
fn times_that_cannot_be_written_have_no_bound() {
    let of = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let schema = Arc::new(Schema::new(vec![Field::new("time", of, true)]));
    let column: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![0, i64::MAX]).with_timezone("UTC"));
    let mut stats = Stats::default();
    stats.add(&RecordBatch::try_new(schema.clone(), vec![column]).unwrap());
    let read = Stats::read(&stats.write().unwrap(), &schema).unwrap();
    assert_eq!(read.least["time"], StatsValue::TimeUs(0));
    assert!(!read.greatest.contains_key("time"));
}

#[test]
fn what_holds_nothing_in_a_range_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = DeltaTable::create(&Store::local(folder.path()), PATH, &spec()).unwrap();
    let many: Vec<i64> = (0..200_000).collect();
    append(&mut table, &many, "a").unwrap();
    append(&mut table, &[-5, -1], "b").unwrap();
    let table = open(folder.path());
    let range = |from, to| ColumnRange {
        column: "n".to_owned(),
        from: StatsValue::Int(from),
        to: StatsValue::Int(to),
    };
    let rows = |range: &ColumnRange| {
        let files = table.files().filter(|file| file.may_hold(range));
        files
            .map(|file| table.read(file, None, Some(range)).unwrap().map(|b| b.unwrap().num_rows()).sum())
            .collect()
    };
    let none: Vec<usize> = rows(&range(300_000, 400_000));
    assert!(none.is_empty());
    assert_eq!(rows(&range(-1, -1)), [2]);
    assert_eq!(rows(&range(0, 0)), [64 << 10]);
    assert_eq!(rows(&range(65_535, 65_536)), [128 << 10]);
    assert_eq!(rows(&range(199_999, i64::MAX)), [200_000 - 3 * (64 << 10)]);
    let reads = table.read(
        table.files().find(|f| f.rows() == Some(200_000)).unwrap(),
        Some(&["n"]),
        Some(&range(70_000, 70_000)),
    );
    let found: Vec<i64> = reads
        .unwrap()
        .flat_map(|b| b.unwrap().column(0).as_primitive::<Int64Type>().values().to_vec())
        .collect();
    assert!(found.contains(&70_000) && found.len() == 64 << 10);
}
