//! Delta tables of other programs, made as their protocol says: Spark's own need a JVM.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray};
use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use roaring::RoaringTreemap;
use serde_json::json;

use super::{Desk, EVENTS};
use crate::error::Kind;

const HOUR_12_US: i64 = 1_704_110_400_000_000;
const DIGITS: &[u8; 85] =
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/// What data files call the columns: `window.start`, `window.end`, the key, the count.
type Names = [&'static str; 5];
const PLAIN: Names = ["window", "start", "end", "action", "count"];

/// Rows (minute after 12:00, value, count), their window a struct of times without a zone.
fn rows(names: Names, rows: &[(i64, &str, i64)]) -> Vec<u8> {
    let time = |field: &str, after: i64| {
        let times: Vec<i64> =
            rows.iter().map(|(minute, ..)| HOUR_12_US + (minute + after) * 60_000_000).collect();
        let of = DataType::Timestamp(TimeUnit::Microsecond, None);
        (Arc::new(Field::new(field, of, true)), Arc::new(TimestampMicrosecondArray::from(times)) as ArrayRef)
    };
    let window = StructArray::from(vec![time(names[1], 0), time(names[2], 10)]);
    let values: StringArray = rows.iter().map(|(_, value, _)| Some(*value)).collect();
    let columns = [
        (names[0], Arc::new(window) as ArrayRef),
        (names[3], Arc::new(values)),
        (names[4], Arc::new(rows.iter().map(|(.., n)| Some(*n)).collect::<Int64Array>())),
    ];
    // If the table maps its columns, it once had others of the same names.
    let dropped: ArrayRef = Arc::new(rows.iter().map(|_| Some("Dropped")).collect::<StringArray>());
    let dropped = (names != PLAIN).then(|| ["action", "count"].map(|name| (name, dropped.clone())));
    let batch = RecordBatch::try_from_iter(dropped.into_iter().flatten().chain(columns));
    // Field ids: those of the columns of the table as `head` has them, and others.
    let ids: HashMap<&str, usize> = names.into_iter().zip(1..).collect();
    let batch = batch.unwrap();
    let batch =
        batch.clone().with_schema(Arc::new(Schema::new(numbered(batch.schema().fields(), &ids)))).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// The fields with the field ids that are in `ids`, and 99 for others.
fn numbered(fields: &Fields, ids: &HashMap<&str, usize>) -> Fields {
    let of = |field: &Arc<Field>| {
        let id = ids.get(field.name().as_str()).unwrap_or(&99).to_string();
        let of = match field.data_type() {
            DataType::Struct(inside) => DataType::Struct(numbered(inside, ids)),
            other => other.clone(),
        };
        let metadata = [("PARQUET:field_id".to_owned(), id)].into();
        Field::clone(field).with_data_type(of).with_metadata(metadata)
    };
    fields.iter().map(of).collect()
}

/// The first lines of a log: the protocol and the schema, whose columns data files call `names`. Their field ids count from 1.
fn head(names: Names, reader: i64, features: &[&str]) -> String {
    let field = |name: &str, physical: &str, of: serde_json::Value| {
        let id = names.iter().position(|name| *name == physical).map_or(6, |at| at + 1);
        let metadata = match names == PLAIN {
            true => json!({}),
            false => json!({"delta.columnMapping.id": id, "delta.columnMapping.physicalName": physical}),
        };
        json!({"name": name, "type": of, "nullable": true, "metadata": metadata})
    };
    let inside =
        [field("start", names[1], json!("timestamp_ntz")), field("end", names[2], json!("timestamp_ntz"))];
    let fields = [
        field("window", names[0], json!({"type": "struct", "fields": inside})),
        field("action", names[3], json!("string")),
        field("count", names[4], json!("long")),
        field("date", "date", json!("date")),
    ];
    let schema = json!({"type": "struct", "fields": fields}).to_string();
    let mode = if names == PLAIN { json!({}) } else { json!({"delta.columnMapping.mode": "name"}) };
    let protocol = json!({"protocol": {"minReaderVersion": reader, "minWriterVersion": 7,
        "readerFeatures": features, "writerFeatures": features}});
    let meta_data = json!({"metaData": {"id": "x", "format": {"provider": "parquet", "options": {}},
        "schemaString": schema, "partitionColumns": ["date"], "configuration": mode}});
    format!("{{\"commitInfo\":{{\"engineInfo\":\"Apache-Spark\"}}}}\n{protocol}\n{meta_data}\n")
}

fn add(path: &str, vector: Option<serde_json::Value>) -> String {
    let mut add = json!({"path": path, "partitionValues": {"date": "2024-01-01"}, "size": 1,
        "modificationTime": 0, "dataChange": true});
    if let Some(vector) = vector {
        add["deletionVector"] = vector;
    }
    json!({ "add": add }).to_string() + "\n"
}

fn remove(path: &str) -> String {
    json!({"remove": {"path": path, "deletionTimestamp": 0, "dataChange": true}}).to_string() + "\n"
}

fn log(desk: &Desk, version: u64, lines: &str) {
    desk.write(&format!("old/_delta_log/{version:020}.json"), lines.as_bytes());
}

/// The bytes of a deletion vector.
fn vector(rows: &[u64]) -> Vec<u8> {
    let mut bytes = 1_681_511_377_u32.to_le_bytes().to_vec();
    rows.iter().copied().collect::<RoaringTreemap>().serialize_into(&mut bytes).unwrap();
    bytes
}

fn base_85(bytes: &[u8]) -> String {
    let words = bytes.chunks(4).map(|word| u32::from_be_bytes(word.try_into().unwrap()));
    let digits = words.flat_map(|word| (0..5).rev().map(move |at| word / 85_u32.pow(at) % 85));
    digits.map(|digit| char::from(DIGITS[digit as usize])).collect()
}

const FIRST: [(i64, &str, i64); 3] = [(0, "Open", 2), (0, "Close", 1), (10, "Close", 1)];
const SECOND: [(i64, &str, i64); 3] = [(30, "Open", 1), (30, "Close", 2), (60, "Open", 1)];

#[track_caller]
fn is_equal(desk: &Desk) {
    let found = desk.with_the_job("old").unwrap();
    assert_eq!(found.to_string(), "equal: 4 windows, 2 values, 8 events\n", "{:?}", found.notes);
}

#[test]
fn structs_times_without_a_zone_and_partitions_are_read() {
    let desk = Desk::new(&[("in/a.csv", EVENTS)]);
    desk.write("old/date=2024-01-01/part 0.parquet", &rows(PLAIN, &FIRST));
    desk.write("old/date=2024-01-01/part-1.parquet", &rows(PLAIN, &SECOND));
    desk.write("old/date=2024-01-01/gone.parquet", &rows(PLAIN, &FIRST));
    let first = add("date=2024-01-01/part%200.parquet", None) + &add("date=2024-01-01/gone.parquet", None);
    log(&desk, 0, &(head(PLAIN, 3, &["timestampNtz"]) + &first));
    log(&desk, 1, &(remove("date=2024-01-01/gone.parquet") + &add("date=2024-01-01/part-1.parquet", None)));
    is_equal(&desk);
}

#[test]
fn rows_that_deletion_vectors_take_away_do_not_count() {
    let desk = Desk::new(&[("in/a.csv", EVENTS)]);
    let junk = (40, "Open", 7);
    desk.write("old/a.parquet", &rows(PLAIN, &[&[junk], &FIRST[..], &[junk]].concat()));
    desk.write("old/b.parquet", &rows(PLAIN, &[&SECOND[..2], &[junk], &SECOND[2..]].concat()));
    let inline = vector(&[0, 4]);
    let inline = json!({"storageType": "i", "pathOrInlineDv": base_85(&inline),
        "sizeInBytes": inline.len(), "cardinality": 2});
    let kept = vector(&[2]);
    let uuid = uuid::Uuid::from_u128(0xd297_9c15_22dd_4da4_9fe2_16c8_7a66_0c1b);
    let mut crc = flate2::Crc::new();
    crc.update(&kept);
    let of_file = [&[1][..], &(kept.len() as u32).to_be_bytes(), &kept, &crc.sum().to_be_bytes()].concat();
    desk.write(&format!("old/ab/deletion_vector_{uuid}.bin"), &of_file);
    let kept = json!({"storageType": "u", "pathOrInlineDv": format!("ab{}", base_85(uuid.as_bytes())),
        "offset": 1, "sizeInBytes": kept.len(), "cardinality": 1});
    let features = ["deletionVectors", "timestampNtz"];
    log(&desk, 0, &(head(PLAIN, 3, &features) + &add("a.parquet", None) + &add("b.parquet", None)));
    // The same files, with what is taken out of them.
    let again = [("a.parquet", inline), ("b.parquet", kept)]
        .map(|(path, vector)| remove(path) + &add(path, Some(vector)));
    log(&desk, 1, &again.concat());
    is_equal(&desk);
    log(
        &desk,
        2,
        &add(
            "b.parquet",
            Some(json!({"storageType": "i", "pathOrInlineDv": "00000", "sizeInBytes": 4, "cardinality": 1})),
        ),
    );
    let error = desk.with_the_job("old").unwrap_err();
    assert!(error.to_string().contains("the deletion vector 00000 is damaged"), "{error}");
}

#[test]
fn columns_have_the_names_that_the_schema_maps_them_to() {
    let mapped: Names = ["col-1", "col-2", "col-3", "col-4", "col-5"];
    let desk = Desk::new(&[("in/a.csv", EVENTS)]);
    desk.write("old/a.parquet", &rows(mapped, &[FIRST, SECOND].concat()));
    log(&desk, 0, &(head(mapped, 2, &[]) + &add("a.parquet", None)));
    is_equal(&desk);
}

#[test]
fn columns_are_found_by_field_ids_where_the_table_says_so() {
    let (in_file, physical) = (["x1", "x2", "x3", "x4", "x5"], ["col-1", "col-2", "col-3", "col-4", "col-5"]);
    let desk = Desk::new(&[("in/a.csv", EVENTS)]);
    desk.write("old/a.parquet", &rows(in_file, &[FIRST, SECOND].concat()));
    let by_id = head(physical, 2, &[]).replace("mode\":\"name", "mode\":\"id");
    log(&desk, 0, &(by_id + &add("a.parquet", None)));
    is_equal(&desk);
}

#[test]
fn what_cannot_be_read_is_named() {
    let desk = Desk::new(&[("in/a.csv", EVENTS)]);
    for (reader, features, part) in [
        (3, &["timestampNtz", "catalogManaged"][..], "the feature catalogManaged"),
        (4, &[][..], "a reader of version 4"),
    ] {
        log(&desk, 0, &head(PLAIN, reader, features));
        let error = desk.with_the_job("old").unwrap_err();
        assert_eq!(error.kind(), Kind::Attention);
        assert!(error.to_string().contains(part), "{error}");
        assert!(error.help_text().unwrap().contains(".write.parquet("), "{error}");
    }
    log(&desk, 0, &(head(PLAIN, 1, &[]) + &add("s3://bucket/a.parquet", None)));
    assert!(desk.with_the_job("old").unwrap_err().to_string().contains("are at s3://"));
    log(&desk, 0, &head(PLAIN, 1, &[]));
    log(&desk, 2, &add("a.parquet", None));
    assert!(desk.with_the_job("old").unwrap_err().to_string().contains("00000000000000000001.json"));
}

#[test]
fn a_table_is_read_from_its_checkpoint() {
    use crate::delta::{Commit, DeltaTable, Store, TableSpec};
    let desk = Desk::new(&[("in/a.csv", EVENTS)]);
    let store = Store::local(&desk.path(""));
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let schema = Arc::new(Schema::new(vec![
        Field::new("window_start", time, false),
        Field::new("action", DataType::Utf8, true),
        Field::new("count", DataType::Int64, false),
    ]));
    let spec = TableSpec {
        schema: schema.clone(),
        partition_columns: vec![],
        description: String::new(),
        properties: vec![],
        run_id: String::new(),
    };
    let mut table = DeltaTable::create(&store, "old", &spec).unwrap();
    for at in 0..12 {
        let rows = [FIRST, SECOND].concat();
        let (minute, value, n) = *rows.get(at).unwrap_or(&(at as i64 * 100, "None", 0));
        let start =
            TimestampMicrosecondArray::from(vec![HOUR_12_US + minute * 60_000_000]).with_timezone("UTC");
        let columns: Vec<ArrayRef> = vec![
            Arc::new(start),
            Arc::new(StringArray::from(vec![value])),
            Arc::new(Int64Array::from(vec![n])),
        ];
        let mut writer = table.writer(&Default::default()).unwrap();
        writer.write(&RecordBatch::try_new(schema.clone(), columns).unwrap()).unwrap();
        let adds = vec![writer.finish().unwrap()];
        table.commit(Commit { expected_version: table.version(), adds, ..Commit::default() }).unwrap();
    }
    for version in 0..10 {
        std::fs::remove_file(desk.path(&format!("old/_delta_log/{version:020}.json"))).unwrap();
    }
    is_equal(&desk);
}

#[test]
fn folders_of_part_files_may_be_partitioned_by_a_key() {
    let desk = Desk::new(&[("in/a.csv", EVENTS), ("old/_SUCCESS", "")]);
    for value in ["Open", "Close"] {
        let of_value = [FIRST, SECOND].concat().into_iter().filter(|(_, of, _)| *of == value);
        let lines = of_value
            .map(|(minute, _, n)| format!("2024-01-01 {}:{:02}:00,{n}\n", 12 + minute / 60, minute % 60));
        let text = "start,count\n".to_owned() + &lines.collect::<String>();
        desk.write(&format!("old/action={value}/part-0.csv"), text.as_bytes());
    }
    is_equal(&desk);
    let error = desk.with_map("count=n").with_the_job("old").unwrap_err();
    assert_eq!(error.help_text(), Some("the columns are start, count, action"));
}
