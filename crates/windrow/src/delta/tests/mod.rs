mod clean;
mod crash;
mod damage;
mod overtaken;
mod race;
mod stats;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Float64Array, Int16Array, Int32Array, Int64Array,
    RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use super::*;
use crate::error::Result;

pub(in crate::delta) const PATH: &str = "state/ledger";

/// A table of numbers, by month.
pub(in crate::delta) fn spec() -> TableSpec {
    TableSpec {
        schema: Arc::new(Schema::new(vec![
            Field::new("n", DataType::Int64, false),
            Field::new("month", DataType::Utf8, true),
            Field::new("text", DataType::Utf8, true),
        ])),
        partition_columns: vec!["month".to_owned()],
        description: "numbers".to_owned(),
        properties: vec![("windrow.format".to_owned(), "1".to_owned())],
        run_id: "first".to_owned(),
    }
}

pub(in crate::delta) fn file(table: &DeltaTable, numbers: &[i64]) -> Result<DataFile> {
    written(table, numbers)?.finish()
}

/// Such a file, which is not stored yet.
pub(in crate::delta) fn written(table: &DeltaTable, numbers: &[i64]) -> Result<DataWriter> {
    let month = TextMap::from([("month".to_owned(), Some("2016-07".to_owned()))]);
    let mut writer = table.writer(&month)?;
    let fields = table.schema().fields().iter().filter(|field| field.name() != "month").cloned();
    let text: StringArray = numbers.iter().map(|n| (*n > 0).then(|| format!("row {n}"))).collect();
    let columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(numbers.to_vec())), Arc::new(text)];
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    writer.write(&RecordBatch::try_new(schema, columns).unwrap())?;
    Ok(writer)
}

pub(in crate::delta) fn commit(
    table: &DeltaTable,
    adds: Vec<DataFile>,
    removes: Vec<DataFile>,
    run: &str,
) -> Commit {
    Commit {
        expected_version: table.version(),
        adds,
        removes,
        txns: vec![("job".to_owned(), i64::try_from(table.version()).unwrap() + 1)],
        operation: "RUN".to_owned(),
        run_id: run.to_owned(),
        info: serde_json::json!({ "files": 1 }),
        ..Commit::default()
    }
}

/// One more file, in one commit.
pub(in crate::delta) fn append(table: &mut DeltaTable, numbers: &[i64], run: &str) -> Result<Committed> {
    let added = file(table, numbers)?;
    table.commit(commit(table, vec![added], vec![], run))
}

/// All numbers of a table, sorted.
pub(in crate::delta) fn numbers(table: &DeltaTable) -> Vec<i64> {
    let mut numbers = Vec::new();
    for file in table.files() {
        for batch in table.read(file, Some(&["n"]), None).unwrap() {
            numbers.extend(batch.unwrap().column(0).as_primitive::<Int64Type>().values());
        }
    }
    numbers.sort_unstable();
    numbers
}

pub(in crate::delta) fn open(root: &Path) -> DeltaTable {
    DeltaTable::open(&Store::local(root), PATH).unwrap().unwrap()
}

#[test]
fn what_is_committed_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::local(folder.path());
    assert!(DeltaTable::open(&store, PATH).unwrap().is_none());
    let mut table = DeltaTable::create(&store, PATH, &spec()).unwrap();
    assert_eq!((table.version(), table.files().len(), table.txn("job")), (0, 0, None));

    let first = file(&table, &[3, 1, -2]).unwrap().with_tag("window", "10m");
    assert_eq!(table.files().len(), 0, "not visible before the commit");
    table.commit(commit(&table, vec![first.clone()], vec![], "a")).unwrap();
    append(&mut table, &[7], "b").unwrap();
    let second = file(&table, &[8]).unwrap();
    let made = table.commit(commit(&table, vec![second], vec![first], "c")).unwrap();
    assert_eq!(made, Committed { version: 3 });

    let reopened = open(folder.path());
    for table in [&table, &reopened] {
        assert_eq!(numbers(table), [7, 8]);
        assert_eq!(table.txn("job"), Some(3));
        assert_eq!(table.properties()["windrow.format"].as_deref(), Some("1"));
    }
    assert!(table.files().eq(reopened.files()));
    let batch = table.read(table.files().next().unwrap(), None, None).unwrap().next().unwrap().unwrap();
    assert_eq!(batch.schema_ref(), table.schema());
    assert_eq!(batch.column(1).as_string::<i32>().value(0), "2016-07");
    assert!(batch.column(2).as_string::<i32>().value(0).starts_with("row "));

    let runs: Vec<_> =
        reopened.history().unwrap().into_iter().map(|c| (c.version, c.run_id.unwrap())).collect();
    assert_eq!(runs, [(3, "c"), (2, "b"), (1, "a"), (0, "first")].map(|(v, r)| (v, r.to_owned())));
    assert_eq!(reopened.history().unwrap()[0].info["files"], 1);
}

#[test]
fn every_type_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let fields = [
        ("bool", DataType::Boolean),
        ("short", DataType::Int16),
        ("int", DataType::Int32),
        ("long", DataType::Int64),
        ("double", DataType::Float64),
        ("text", DataType::Utf8),
        ("bytes", DataType::Binary),
        ("time", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
    ];
    let schema = Arc::new(Schema::new(fields.map(|(name, of)| Field::new(name, of, true)).to_vec()));
    let spec = TableSpec { schema: schema.clone(), partition_columns: vec![], ..spec() };
    let mut table = DeltaTable::create(&Store::local(folder.path()), PATH, &spec).unwrap();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(BooleanArray::from(vec![Some(true), None])),
        Arc::new(Int16Array::from(vec![Some(-5), None])),
        Arc::new(Int32Array::from(vec![Some(i32::MIN), None])),
        Arc::new(Int64Array::from(vec![Some(i64::MAX), None])),
        Arc::new(Float64Array::from(vec![Some(0.1), None])),
        Arc::new(StringArray::from(vec![Some("ä\0\"\n"), None])),
        Arc::new(BinaryArray::from_opt_vec(vec![Some(&[0, 255]), None])),
        Arc::new(TimestampMicrosecondArray::from(vec![Some(-1), None]).with_timezone("UTC")),
    ];
    let batch = RecordBatch::try_new(schema, columns).unwrap();
    let mut writer = table.writer(&TextMap::new()).unwrap();
    writer.write(&batch).unwrap();
    let added = writer.finish().unwrap();
    table.commit(commit(&table, vec![added], vec![], "a")).unwrap();
    let table = open(folder.path());
    let rows = table.read(table.files().next().unwrap(), None, None).unwrap();
    assert_eq!(rows.collect::<Result<Vec<_>>>().unwrap(), [batch]);
}

#[test]
fn many_commits_read_the_same_with_and_without_checkpoints() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = DeltaTable::create(&Store::local(folder.path()), PATH, &spec()).unwrap();
    let mut expected = BTreeSet::new();
    for n in 1..=60 {
        let added = file(&table, &[n]).unwrap();
        let removed: Vec<_> = table.files().filter(|_| n % 3 == 0).take(1).cloned().collect();
        for file in &removed {
            let batch = table.read(file, None, None).unwrap().next().unwrap().unwrap();
            expected.remove(&batch.column(0).as_primitive::<Int64Type>().value(0));
        }
        table.commit(commit(&table, vec![added], removed, &format!("run {n}"))).unwrap();
        expected.insert(n);
        if n % 7 == 0 {
            table = open(folder.path());
        }
    }
    let log = folder.path().join(PATH).join("_delta_log");
    let checkpoints = || {
        let names = std::fs::read_dir(&log).unwrap().map(|entry| entry.unwrap().path());
        names.filter(|path| path.to_str().unwrap().contains(".checkpoint.")).collect::<Vec<_>>()
    };
    assert_eq!(checkpoints().len(), 6);
    let with = open(folder.path());
    checkpoints().iter().for_each(|path| std::fs::remove_file(path).unwrap());
    let without = open(folder.path());
    for other in [&with, &without] {
        assert_eq!((other.version(), other.txn("job")), (60, Some(60)));
        assert_eq!(numbers(other), expected.iter().copied().collect::<Vec<_>>());
        assert_eq!(other.properties(), table.properties());
        let parts = |table: &DeltaTable| {
            table.files().map(|f| (f.path().to_owned(), f.rows(), f.partition().clone())).collect::<Vec<_>>()
        };
        assert_eq!(parts(other), parts(&table));
    }
}

#[test]
fn a_column_that_came_later_is_null_in_older_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = DeltaTable::create(&Store::local(folder.path()), PATH, &spec()).unwrap();
    append(&mut table, &[1], "a").unwrap();
    let log = folder.path().join(PATH).join("_delta_log");
    let first = std::fs::read_to_string(log.join(format!("{:020}.json", 0))).unwrap();
    let column = r#"{\"name\":\"text\""#;
    let later = r#"{\"name\":\"later\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}},"#;
    let meta_data = first.lines().find(|line| line.contains("metaData")).unwrap();
    let changed = meta_data.replace(column, &format!("{later}{column}"));
    std::fs::write(log.join(format!("{:020}.json", 2)), changed).unwrap();
    table.refresh().unwrap();
    let batch = table.read(table.files().next().unwrap(), None, None).unwrap().next().unwrap().unwrap();
    assert_eq!(batch.schema_ref(), table.schema());
    assert_eq!((batch.num_columns(), batch.column_by_name("later").unwrap().null_count()), (4, 1));
}

#[test]
fn a_partition_may_have_any_value_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = DeltaTable::create(&Store::local(folder.path()), PATH, &spec()).unwrap();
    let month = |value: Option<&str>| TextMap::from([("month".to_owned(), value.map(str::to_owned))]);
    assert!(table.writer(&TextMap::new()).is_err());
    assert_eq!(table.writer(&month(Some(""))).unwrap_err().kind().exit_code(), 1);
    let long = "é/".repeat(200);
    for value in [None, Some(".."), Some("a/b"), Some("a=b"), Some("%41"), Some("\u{0}"), Some(&long)] {
        let mut writer = table.writer(&month(value)).unwrap();
        let fields = ["n", "text"].map(|name| table.schema().field_with_name(name).unwrap().clone());
        let columns: Vec<ArrayRef> =
            vec![Arc::new(Int64Array::from(vec![1])), Arc::new(StringArray::from(vec!["a"]))];
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields.to_vec())), columns).unwrap();
        writer.write(&batch).unwrap();
        let added = writer.finish().unwrap();
        let (inside, path) = (added.place.clone(), added.path().to_owned());
        assert!(inside.starts_with("month=") && inside.matches('/').count() == 1, "{inside}");
        table.commit(commit(&table, vec![added], vec![], "a")).unwrap();
        let table = open(folder.path());
        let file = table.file(&path).unwrap();
        assert_eq!((file.place.as_str(), file.partition()), (inside.as_str(), &month(value)));
        let batch = table.read(file, Some(&["month"]), None).unwrap().next().unwrap().unwrap();
        let months = batch.column(0).as_string::<i32>();
        assert_eq!((batch.num_rows(), months.iter().next().unwrap()), (1, value));
    }
}

#[cfg(feature = "object-store")]
#[test]
fn a_table_on_an_object_store_is_the_same() {
    let objects = Box::new(object_store::memory::InMemory::new());
    let store = Store::new(Arc::new(crate::storage::ObjectStorage::new("memory:", objects).unwrap()));
    let mut table = DeltaTable::create(&store, PATH, &spec()).unwrap();
    let mut late = table.clone();
    (1..=12).for_each(|n| assert!(append(&mut table, &[n], "a").is_ok()));
    let error = append(&mut late, &[0], "late").unwrap_err();
    assert!(error.message().contains("run a has made version 1 first"), "{error}");
    let mut table = DeltaTable::open(&store, PATH).unwrap().unwrap();
    assert_eq!((table.version(), numbers(&table)), (12, (1..=12).collect()));
    assert_eq!(table.clean(86_400_000, &|_| false).unwrap(), Cleaned::default());
}

/// The text of a commit without the hash of its lines: what a test bends must not be seen for that alone.
pub(in crate::delta) fn unhashed(commit: &str) -> String {
    let Some((before, rest)) = commit.split_once(r#","hash":""#) else { return commit.to_owned() };
    let (_, after) = rest.split_once('"').unwrap();
    format!("{before}{after}")
}

#[test]
fn what_lies_together_in_a_data_file_is_read_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = DeltaTable::create(&Store::local(folder.path()), PATH, &spec()).unwrap();
    // Two row groups of two columns, all of them large.
    let many: Vec<i64> = (0..100_000_i64).map(|at| at.wrapping_mul(0x5851_f42d_4c95_7f2d) >> 20).collect();
    append(&mut table, &many, "a").unwrap();
    for (columns, expected) in [(&["n", "text"][..], 3), (&["n"], 4)] {
        let store = Store::local(folder.path());
        let table = DeltaTable::open(&store, PATH).unwrap().unwrap();
        let (before, file) = (store.operations().reads, table.files().next().unwrap());
        let rows: usize =
            table.read(file, Some(columns), None).unwrap().map(|batch| batch.unwrap().num_rows()).sum();
        assert_eq!(rows, many.len());
        // Its size, its end, and what lies together.
        assert_eq!(store.operations().reads - before, expected, "{columns:?} of {} bytes", file.size_bytes());
    }
}
