//! Writes Delta tables for other readers to read: `delta_table FOLDER` makes `FOLDER/table` and `FOLDER/expect.json`, and
//! says how long a commit takes; `delta_table FOLDER rows` counts the rows of the table as it is then.
// An example prints, takes the time, and may stop at the first error.
#![allow(clippy::print_stdout, clippy::expect_used)]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Float64Array, Int16Array, Int32Array, Int64Array, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use serde_json::{Value as Json, json};
use windrow::Stopwatch;
use windrow::delta::{Commit, DataFile, DeltaTable, Store, TableSpec, TextMap};

/// Commits of the table; more than two checkpoints.
const COMMITS: i64 = 25;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("which folder?")?;
    let store = Store::local(Path::new(&folder));
    if arguments.next().is_some() {
        let table = DeltaTable::open(&store, "table")?.ok_or("no table")?;
        println!("{}", count(&table)?);
        return Ok(());
    }
    let mut table = DeltaTable::create(&store, "table", &spec())?;
    let mut expect: Vec<(DataFile, Json)> = Vec::new();
    let mut took_ms = Vec::new();
    for n in 1..=COMMITS {
        let month = format!("2016-{:02}", n % 3 + 1);
        let (added, row) = write(&table, n, &month)?;
        let removed = if n % 4 == 0 { vec![expect.remove(0).0] } else { vec![] };
        expect.push((added.clone(), row));
        let watch = Stopwatch::start();
        table.commit(Commit {
            expected_version: table.version(),
            adds: vec![added],
            removes: removed,
            txns: vec![("readers".to_owned(), n)],
            operation: "RUN".to_owned(),
            run_id: format!("run {n}"),
            ..Commit::default()
        })?;
        took_ms.push(watch.elapsed().as_secs_f64() * 1e3);
    }
    let rows: Vec<&Json> = expect.iter().map(|(_, row)| row).collect();
    let expected = json!({ "version": table.version(), "rows": rows });
    std::fs::write(Path::new(&folder).join("expect.json"), expected.to_string())?;
    took_ms.sort_by(f64::total_cmp);
    println!(
        "commit: median {:.1} ms, longest {:.1} ms",
        took_ms[took_ms.len() / 2],
        took_ms[took_ms.len() - 1]
    );
    Ok(())
}

fn spec() -> TableSpec {
    let fields = [
        ("n", DataType::Int64),
        ("short", DataType::Int16),
        ("int", DataType::Int32),
        ("is_even", DataType::Boolean),
        ("half", DataType::Float64),
        ("text", DataType::Utf8),
        ("bytes", DataType::Binary),
        ("time", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
        ("month", DataType::Utf8),
    ];
    TableSpec {
        schema: Arc::new(Schema::new(fields.map(|(name, of)| Field::new(name, of, name != "n")).to_vec())),
        partition_columns: vec!["month".to_owned()],
        description: "every type, for other readers".to_owned(),
        properties: vec![],
        run_id: "readers".to_owned(),
    }
}

/// A file of one row, and that row as JSON.
fn write(table: &DeltaTable, n: i64, month: &str) -> Result<(DataFile, Json), Box<dyn Error>> {
    let fields = table.schema().fields().iter().filter(|field| field.name() != "month").cloned();
    let schema: SchemaRef = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    // Every fifth row has nulls, and each time has microseconds.
    let some = n % 5 != 0;
    let (text, time_us) = (format!("{} ä{n}", "long ".repeat(10)), 1_469_679_568_123_456 + n);
    let small = i16::try_from(n)?;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from(vec![n])),
        Arc::new(Int16Array::from(vec![some.then_some(small)])),
        Arc::new(Int32Array::from(vec![some.then_some(-i32::from(small))])),
        Arc::new(BooleanArray::from(vec![some.then_some(n % 2 == 0)])),
        Arc::new(Float64Array::from(vec![some.then_some(f64::from(small) / 2.0)])),
        Arc::new(StringArray::from(vec![some.then_some(text.as_str())])),
        Arc::new(BinaryArray::from(vec![some.then_some(&[0, 255][..])])),
        Arc::new(TimestampMicrosecondArray::from(vec![some.then_some(time_us)]).with_timezone("UTC")),
    ];
    let mut writer = table.writer(&TextMap::from([("month".to_owned(), Some(month.to_owned()))]))?;
    writer.write(&RecordBatch::try_new(schema, columns)?)?;
    let row = json!({
        "n": n, "short": some.then_some(n), "int": some.then_some(-n), "is_even": some.then_some(n % 2 == 0),
        "half": some.then_some(f64::from(small) / 2.0), "text": some.then_some(text),
        "bytes": some.then_some("00ff"), "time": some.then_some(time_us), "month": month,
    });
    Ok((writer.finish()?, row))
}

fn count(table: &DeltaTable) -> Result<usize, Box<dyn Error>> {
    let mut rows = 0;
    for file in table.files() {
        for batch in table.read(file, None, None)? {
            rows += batch?.num_rows();
        }
    }
    Ok(rows)
}
