//! Checkpoints of each form that the protocol has, written here by its text: a version is the checkpoint and what came after it.

use std::fs::{self, File};
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use arrow_json::ReaderBuilder;
use arrow_schema::{DataType, Field, Fields, Schema};
use parquet::arrow::ArrowWriter;
use tempfile::TempDir;

use super::super::Foreign;

const META_DATA: &str = r#"{"metaData":{"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"time\",\"type\":\"timestamp\",\"nullable\":true,\"metadata\":{}},{\"name\":\"day\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":["day"],"configuration":{}}}"#;
const V1: &str = r#"{"protocol":{"minReaderVersion":1}}"#;
const V2: &str = r#"{"protocol":{"minReaderVersion":3,"readerFeatures":["v2Checkpoint"]}}"#;

/// A line that adds a file, which lies in the partition of the day before the slash.
fn add(path: &str) -> String {
    let day = path.split_once('/').map_or_else(String::new, |(day, _)| format!("\"day\":\"{day}\""));
    format!("{{\"add\":{{\"path\":\"{path}\",\"partitionValues\":{{{day}}}}}}}")
}

fn sidecar(path: &str) -> String {
    format!("{{\"sidecar\":{{\"path\":\"{path}\"}}}}")
}

/// The columns of checkpoints that are looked at, and one that is not.
fn schema() -> Arc<Schema> {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let texts = |name: &str| Field::new_list(name, Field::new_list_field(DataType::Utf8, true), true);
    let map = |name: &str| {
        let (key, value) = (Field::new("key", DataType::Utf8, false), text("value"));
        Field::new_map(name, "key_value", key, value, false, true)
    };
    let group = |name: &str, fields: Vec<Field>| Field::new_struct(name, Fields::from(fields), true);
    let number = |name: &str, of: DataType| Field::new(name, of, true);
    Arc::new(Schema::new(vec![
        group("txn", vec![text("appId"), number("version", DataType::Int64)]),
        group("protocol", vec![number("minReaderVersion", DataType::Int32), texts("readerFeatures")]),
        group("metaData", vec![text("schemaString"), texts("partitionColumns"), map("configuration")]),
        group("add", vec![text("path"), map("partitionValues"), number("size", DataType::Int64)]),
        group("remove", vec![text("path"), number("deletionTimestamp", DataType::Int64)]),
        group("checkpointMetadata", vec![number("version", DataType::Int64)]),
        group("sidecar", vec![text("path"), number("sizeInBytes", DataType::Int64)]),
    ]))
}

/// Writes a file of the log of the table in `folder`: as Parquet where its name says so.
fn write(folder: &TempDir, name: &str, lines: &[String]) {
    let path = folder.path().join("_delta_log").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let text = lines.join("\n");
    if !name.ends_with(".parquet") {
        return fs::write(path, text).unwrap();
    }
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), schema(), None).unwrap();
    for batch in ReaderBuilder::new(schema()).build(Cursor::new(text)).unwrap() {
        writer.write(&batch.unwrap()).unwrap();
    }
    writer.close().unwrap();
}

fn lines(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

/// The names of the live files, and the day of each.
fn live(table: &Path) -> Result<Vec<(String, Option<String>)>, String> {
    let table = Foreign::open(table).map_err(|error| error.message().to_owned())?;
    let day = |partition: Vec<(String, Option<String>)>| partition.into_iter().find_map(|(_, day)| day);
    Ok(table.files.into_iter().map(|file| (file.name, day(file.partition))).collect())
}

fn named(names: &[&str]) -> Vec<(String, Option<String>)> {
    let day = |name: &&str| name.split_once('/').map(|(day, _)| day.to_owned());
    names.iter().map(|name| ((*name).to_owned(), day(name))).collect()
}

#[test]
fn a_checkpoint_of_several_parts_counts_when_all_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let part = |part: usize| format!("{:020}.checkpoint.{part:010}.{:010}.parquet", 2, 3);
    write(&folder, &part(1), &lines(&[V1, META_DATA, &add("1/a.parquet")]));
    write(&folder, &part(2), &lines(&[&add("b.parquet"), "{\"remove\":{\"path\":\"old.parquet\"}}"]));
    write(&folder, &part(3), &lines(&[&add("2/c.parquet")]));
    write(
        &folder,
        &format!("{:020}.json", 3),
        &lines(&[&add("3/d.parquet"), "{\"remove\":{\"path\":\"b.parquet\"}}"]),
    );
    assert_eq!(live(folder.path()), Ok(named(&["1/a.parquet", "2/c.parquet", "3/d.parquet"])));
    // A checkpoint whose writer has died says nothing; the commits do, where they are all there.
    fs::remove_file(folder.path().join("_delta_log").join(part(2))).unwrap();
    assert_eq!(
        live(folder.path()),
        Err(format!(
            "{}: 00000000000000000000.json of its log is missing, and later versions are there",
            folder.path().display()
        ))
    );
    write(&folder, &format!("{:020}.json", 0), &lines(&[V1, META_DATA, &add("1/x.parquet")]));
    for version in [1, 2] {
        write(&folder, &format!("{version:020}.json"), &lines(&[&add(&format!("{version}/y.parquet"))]));
    }
    assert_eq!(live(folder.path()), Ok(named(&["1/x.parquet", "1/y.parquet", "2/y.parquet", "3/d.parquet"])));
}

#[test]
fn a_checkpoint_of_one_part_may_stand_beside_one_of_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let all = lines(&[V1, META_DATA, &add("1/a.parquet")]);
    write(&folder, &format!("{:020}.checkpoint.parquet", 5), &all);
    write(&folder, &format!("{:020}.checkpoint.{:010}.{:010}.parquet", 5, 1, 1), &all);
    assert_eq!(live(folder.path()), Ok(named(&["1/a.parquet"])));
}

#[test]
fn a_checkpoint_of_version_2_has_its_files_beside_it() {
    const METADATA: &str = "{\"checkpointMetadata\":{\"version\":7}}";
    for ending in ["parquet", "json"] {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("{:020}.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.{ending}", 7);
        let whole = "file:///lake/t/_delta_log/_sidecars/s%202.parquet";
        let top = lines(&[METADATA, V2, META_DATA, &sidecar("s1.parquet"), &sidecar(whole)]);
        write(&folder, &name, &top);
        write(&folder, "_sidecars/s1.parquet", &lines(&[&add("1/a.parquet"), &add("b.parquet")]));
        write(&folder, "_sidecars/s 2.parquet", &lines(&[&add("2/c.parquet")]));
        // Of another checkpoint.
        write(&folder, "_sidecars/s3.parquet", &lines(&[&add("2/old.parquet")]));
        assert_eq!(live(folder.path()), Ok(named(&["1/a.parquet", "2/c.parquet", "b.parquet"])), "{ending}");
        write(&folder, &format!("{:020}.json", 8), &lines(&["{\"remove\":{\"path\":\"2/c.parquet\"}}"]));
        assert_eq!(live(folder.path()), Ok(named(&["1/a.parquet", "b.parquet"])), "{ending}");
        fs::remove_file(folder.path().join("_delta_log/_sidecars/s1.parquet")).unwrap();
        let error = live(folder.path()).unwrap_err();
        assert!(error.contains("s1.parquet of its log is damaged"), "{error}");
        // Without files in it.
        let flat = lines(&[METADATA, V2, META_DATA, &add("1/a.parquet")]);
        write(&folder, &format!("{:020}.checkpoint.0.{ending}", 9), &flat);
        write(&folder, &format!("{:020}.json", 9), &[]);
        assert_eq!(live(folder.path()), Ok(named(&["1/a.parquet"])), "{ending}");
    }
}
