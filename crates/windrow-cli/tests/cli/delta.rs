//! Delta tables as inputs: tests/data/delta, which delta-rs has written. Its versions: 0 has four rows in three partitions (one of a
//! null, one whose value is percent-encoded); 1 and 2 add a row, in files of equal bytes; 3 deletes a row; 4 joins files (OPTIMIZE),
//! and has a checkpoint; 5 adds a row.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::kept::ok;
use super::restore::copy;
use super::{contains, folder, run};

const JOB: &str = "name = 'app'\nversion = 1\n[source]\nformat = 'delta'\npath = ['t']\ntime = 'time'\nkeys = ['action']\n\
    [reports.daily]\nevery = '1d'\nvalues = ['Open', 'Shut', 'A/B 100%', '']\n[output]\npath = 'out'\n";

/// Brings the table in `t` to this version.
fn at_version(folder: &TempDir, version: u64) {
    let (from, to) =
        (Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/delta"), folder.path().join("t"));
    copy(&from, &to);
    for entry in fs::read_dir(to.join("_delta_log")).unwrap() {
        let entry = entry.unwrap();
        let of: Option<u64> = entry.file_name().to_str().unwrap().get(..20).and_then(|n| n.parse().ok());
        if of.is_none_or(|of| of > version) {
            fs::remove_file(entry.path()).unwrap();
        }
    }
}

/// The counts of the day: `Open`, `Shut`, `A/B 100%` and those without an action.
#[track_caller]
fn counts(csv: &str) -> Vec<u64> {
    let row = csv.lines().find(|line| line.starts_with("2024-01-01")).unwrap();
    row.split(',').skip(2).take(4).map(|n| n.parse().unwrap()).collect()
}

#[test]
fn the_newest_version_counts() {
    let folder = folder(&[("job.toml", &JOB.replace("[output]\npath = 'out'\n", ""))]);
    for (version, expected) in [
        (0, [2, 0, 1, 1]),
        (1, [3, 0, 1, 1]),
        (2, [4, 0, 1, 1]),
        (3, [3, 0, 1, 1]),
        (4, [3, 0, 1, 1]),
        (5, [3, 1, 1, 1]),
    ] {
        at_version(&folder, version);
        let said = ok(&folder, &["run", "job.toml"]);
        assert_eq!(counts(&said.out), expected, "version {version}");
    }
    // A checkpoint is enough.
    for version in 0..=4 {
        fs::remove_file(folder.path().join(format!("t/_delta_log/{version:020}.json"))).unwrap();
    }
    assert_eq!(counts(&ok(&folder, &["run", "job.toml"]).out), [3, 1, 1, 1]);
}

#[test]
fn a_ledger_follows_a_table_without_changing_what_did_not_change() {
    let folder = folder(&[("job.toml", JOB)]);
    for (version, expected, windows_changed) in [
        (0, [2, 0, 1, 1], 1),
        (2, [4, 0, 1, 1], 1),
        // More than a tenth of the files leave, as they may in a table.
        (3, [3, 0, 1, 1], 1),
        (4, [3, 0, 1, 1], 0),
        (5, [3, 1, 1, 1], 1),
        // A table that is brought back to an older version.
        (2, [4, 0, 1, 1], 1),
    ] {
        at_version(&folder, version);
        ok(&folder, &["plan", "job.toml"]);
        ok(&folder, &["run", "job.toml", "--summary-json", "s.json"]);
        let kept = ok(&folder, &["digest", "job.toml", "--csv"]).out;
        assert_eq!(kept, ok(&folder, &["digest", "job.toml", "t", "--csv"]).out, "version {version}");
        let fresh = ok(&folder, &["run", "job.toml", "t"]).out;
        assert_eq!(counts(&fresh), expected, "version {version}");
        let summary: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(folder.path().join("s.json")).unwrap()).unwrap();
        assert_eq!(summary["windows_changed"], windows_changed, "version {version}: {summary}");
        let again = ok(&folder, &["run", "job.toml"]);
        contains(&again.err, &["nothing new"]);
    }
}

#[test]
fn rows_leave_by_a_deletion_vector_and_come_back_without_it() {
    let folder = folder(&[("job.toml", JOB)]);
    at_version(&folder, 5);
    ok(&folder, &["run", "job.toml"]);
    let path = data_file(&folder).trim_start_matches("t/").to_owned();
    let protocol = r#"{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["deletionVectors"],"writerFeatures":["deletionVectors"]}}"#;
    // The set of the row number 0, in the log itself.
    let vector = r#","deletionVector":{"storageType":"i","pathOrInlineDv":"^Bg9^0rr910000000000iXQKl0rr91000005c8Xg00000","sizeInBytes":34,"cardinality":1}"#;
    let file = format!(
        r#""path":"{path}","partitionValues":{{"action":"Shut"}},"size":1,"modificationTime":0,"dataChange":true"#
    );
    for (version, before, after, expected) in [(6, "", vector, [3, 0, 1, 1]), (7, vector, "", [3, 1, 1, 1])] {
        let commit =
            format!("{protocol}\n{{\"remove\":{{{file}{before}}}}}\n{{\"add\":{{{file}{after}}}}}\n");
        fs::write(folder.path().join(format!("t/_delta_log/{version:020}.json")), commit).unwrap();
        let run = ok(&folder, &["run", "job.toml"]);
        contains(&run.err, &["1 window changed"]);
        let kept = ok(&folder, &["digest", "job.toml", "--csv"]).out;
        assert_eq!(kept, ok(&folder, &["digest", "job.toml", "t", "--csv"]).out, "version {version}");
        assert_eq!(counts(&ok(&folder, &["run", "job.toml", "t"]).out), expected, "version {version}");
    }
}

#[test]
fn columns_have_the_names_that_the_table_has_for_them() {
    let folder =
        folder(&[("job.toml", &JOB.replace("'Open', 'Shut', 'A/B 100%', ''", "'Open', 'Shut', 'a', 'd'"))]);
    at_version(&folder, 5);
    let by_flags = ["run", "t", "--every", "1d", "--time", "time", "--key", "action", "--keep", "daily"];
    ok(&folder, &by_flags);
    ok(&folder, &["run", "job.toml"]);
    let action_is = |version: u64, named: [(&str, &str, i32); 3]| {
        let fields = named.map(|(name, physical, id)| {
            let metadata =
                serde_json::json!({"delta.columnMapping.id": id, "delta.columnMapping.physicalName": physical});
            let of = if name == "time" { "timestamp" } else { "string" };
            serde_json::json!({"name": name, "type": of, "nullable": true, "metadata": metadata})
        });
        let partition = named.map(|(name, physical, _)| (physical == "action").then_some(name));
        let about = serde_json::json!({"metaData": {"id": "x", "format": {"provider": "parquet", "options": {}},
            "schemaString": serde_json::json!({"type": "struct", "fields": fields}).to_string(),
            "partitionColumns": partition.iter().flatten().collect::<Vec<_>>(), "configuration": {"delta.columnMapping.mode": "name"}}});
        let protocol = serde_json::json!({"protocol": {"minReaderVersion": 2, "minWriterVersion": 5}});
        let log = folder.path().join(format!("t/_delta_log/{version:020}.json"));
        fs::write(log, format!("{protocol}\n{about}\n")).unwrap();
    };
    // The mapping begins, and a column that the job does not read is renamed.
    for (version, user) in [(6, "user"), (7, "account")] {
        action_is(version, [("time", "time", 1), ("action", "action", 2), (user, "user", 3)]);
        contains(&ok(&folder, &["run", "job.toml"]).err, &["nothing new"]);
        contains(&ok(&folder, &by_flags).err, &["nothing new"]);
    }
    let names = ok(&folder, &["check", "t", "--time", "time", "--key", "account"]);
    contains(&names.err, &["columns time, account, action "]);
    // Two columns change their names.
    action_is(8, [("time", "time", 1), ("kind", "action", 2), ("action", "user", 3)]);
    contains(&ok(&folder, &["run", "job.toml"]).err, &["1 window changed"]);
    contains(&ok(&folder, &by_flags).err, &["1 window changed"]);
    for job in ["job.toml", "daily/job.toml"] {
        let kept = ok(&folder, &["digest", job, "--csv"]).out;
        assert_eq!(kept, ok(&folder, &["digest", job, "t", "--csv"]).out);
        contains(&ok(&folder, &["run", job]).err, &["nothing new"]);
    }
    assert_eq!(counts(&ok(&folder, &["run", "job.toml", "t"]).out), [0, 0, 2, 2]);
    // Data files without field ids are refused if the table finds columns by them.
    let log = folder.path().join("t/_delta_log/00000000000000000008.json");
    fs::write(&log, fs::read_to_string(&log).unwrap().replace("\"name\"}", "\"id\"}")).unwrap();
    let said = run(&folder, &["run", "t", "--every", "1d", "--key", "action"]);
    assert_eq!(said.code, 3, "{}", said.err);
    contains(&said.err, &["its columns have no field ids, and its table has the column mapping mode"]);
}

#[test]
fn a_column_that_older_files_lack_is_null_however_it_is_written() {
    let folder = folder(&[]);
    at_version(&folder, 5);
    let field = |name: &str, of: serde_json::Value| serde_json::json!({"name": name, "type": of, "nullable": true, "metadata": {}});
    let inside = serde_json::json!({"type": "struct", "fields": [field("name", "string".into())]});
    let list = serde_json::json!({"type": "array", "containsNull": true, "elementType": inside.clone()});
    let fields = [
        field("time", "timestamp".into()),
        field("tags", list),
        field("payload", inside),
        field("a.b", "string".into()),
    ];
    let schema = serde_json::json!({"type": "struct", "fields": fields}).to_string();
    let about = serde_json::json!({"metaData": {"id": "x", "format": {"provider": "parquet", "options": {}},
        "schemaString": schema, "partitionColumns": [], "configuration": {}}});
    fs::write(folder.path().join("t/_delta_log/00000000000000000006.json"), format!("{about}\n")).unwrap();
    let job = |key: &str| {
        JOB.replace("[output]\npath = 'out'\n", "")
            .replace("values = ['Open', 'Shut', 'A/B 100%', '']\n", "")
            .replace("'action'", &format!("'{key}'"))
    };
    for key in ["tags[1].name", "payload.name", "payload.\"name\"", "a.b", "\"a.b\""] {
        fs::write(folder.path().join("job.toml"), job(key)).unwrap();
        contains(&ok(&folder, &["run", "job.toml"]).out, &["2024-01-02T00:00:00Z,,6"]);
    }
    fs::write(folder.path().join("job.toml"), job("tags[1].nam")).unwrap();
    let said = run(&folder, &["run", "job.toml"]);
    assert_eq!(said.code, 3, "{}", said.err);
    contains(&said.err, &["no column \"tags[1].nam\""]);
}

#[test]
fn what_is_no_longer_an_input_leaves_only_by_the_log_of_its_table() {
    let folder = folder(&[("job.toml", JOB)]);
    at_version(&folder, 2);
    ok(&folder, &["run", "job.toml"]);
    // The folder is not there: no log says that its rows are gone.
    fs::rename(folder.path().join("t"), folder.path().join("away")).unwrap();
    let said = run(&folder, &["run", "job.toml"]);
    assert_eq!(said.code, 5, "{}", said.err);
}

#[test]
fn flags_recognise_a_table() {
    let folder = folder(&[("in/a.csv", "time,action\n2024-01-01T00:00:00Z,Open\n")]);
    at_version(&folder, 5);
    let said = ok(&folder, &["run", "t", "--every", "1d", "--key", "action"]);
    contains(&said.out, &["Open,3", "Shut,1", "A/B 100%,1"]);
    let both = ok(&folder, &["run", "t", "in", "--every", "1d", "--key", "action"]);
    contains(&both.out, &["Open,4"]);
    let said = ok(&folder, &["run", ".", "--every", "1d", "--key", "action"]);
    contains(&said.err, &["skipped ./t (a Delta table, read only where its folder is named)"]);
    for (arguments, parts) in [
        (&["run", "in", "--input-format", "delta"][..], &["in is not a Delta table"][..]),
        (&["run", "t", "--input-format", "csv"], &["no input in t", "--input-format delta"]),
    ] {
        let said = run(&folder, arguments);
        assert_eq!(said.code, 2, "{}", said.err);
        contains(&said.err, parts);
    }
}

#[test]
fn what_a_table_needs_and_is_not_read_is_named() {
    let folder = folder(&[("job.toml", JOB)]);
    let next = "t/_delta_log/00000000000000000006.json";
    let protocol = "{\"protocol\":{\"minReaderVersion\":3,\"minWriterVersion\":7,\"readerFeatures\":[FEATURES],\"writerFeatures\":[]}}";
    let add = "{\"add\":{\"path\":\"PATH\",\"partitionValues\":{\"action\":\"Open\"},\"size\":1,\"modificationTime\":0,\"dataChange\":true VECTOR}}";
    let vector = ",\"deletionVector\":{\"storageType\":\"u\",\"pathOrInlineDv\":\"ab^-aqEH.-t@S}K{vb[*k^\",\"offset\":4,\"sizeInBytes\":40,\"cardinality\":6}";
    for (line, code, part) in [
        (protocol.replace("FEATURES", "\"catalogManaged\""), 3, "the feature catalogManaged"),
        (add.replace("PATH", "file:///srv/a.parquet").replace("VECTOR", ""), 2, "outside of its folder"),
        (add.replace("PATH", "s3://b/a.parquet").replace("VECTOR", ""), 3, "are at s3://"),
        ("{\"add\":".to_owned(), 3, "00000000000000000006.json of its log is damaged"),
    ] {
        at_version(&folder, 5);
        fs::write(folder.path().join(next), line).unwrap();
        let said = run(&folder, &["run", "job.toml"]);
        assert_eq!(said.code, code, "{}", said.err);
        contains(&said.err, &[part]);
    }
    // A data file that is not there is refused by itself.
    at_version(&folder, 5);
    fs::write(folder.path().join(next), add.replace("PATH", "gone.parquet").replace("VECTOR", "")).unwrap();
    let said = run(&folder, &["run", "job.toml"]);
    assert_eq!(said.code, 3, "{}", said.err);
    contains(&said.err, &["t/gone.parquet"]);
    // So is one whose deletion vector is not there.
    let file = data_file(&folder);
    let path = file.trim_start_matches("t/");
    let of_vector = add.replace("PATH", path).replace("VECTOR", vector);
    let remove = format!("{{\"remove\":{{\"path\":\"{path}\",\"dataChange\":true}}}}\n");
    fs::write(folder.path().join(next), remove + &of_vector).unwrap();
    let said = run(&folder, &["run", "job.toml"]);
    assert_eq!(said.code, 3, "{}", said.err);
    contains(
        &said.err,
        &[&format!(
            "{file}?deleted=e1b2c4133d4f12fc: t: the deletion vector ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin is missing"
        )],
    );
}

/// A data file of the table in `t`.
fn data_file(folder: &TempDir) -> String {
    let file = fs::read_dir(folder.path().join("t/action=Shut")).unwrap().next().unwrap().unwrap();
    format!("t/action=Shut/{}", file.file_name().into_string().unwrap())
}

#[test]
fn data_files_of_a_table_are_not_read_by_themselves() {
    let folder = folder(&[("in/a.csv", "time,action\n2024-01-01T00:00:00Z,Open\n")]);
    at_version(&folder, 5);
    let file = data_file(&folder);
    for (path, part) in [
        (&*file, "lies in the Delta table t, whose log says which files count"),
        ("t/*/*.parquet", "no input in t/*/*.parquet\n    t (a Delta table"),
        ("t/**/*.parquet", "no input in t/**/*.parquet\n"),
        ("t/action=Open", "no input in t/action=Open\n    t (a Delta table"),
    ] {
        let said = run(&folder, &["run", path, "--every", "1d", "--key", "action"]);
        assert_eq!(said.code, 2, "{}", said.err);
        contains(&said.err, &[part, "help: name the table, t"]);
    }
    // Beside other inputs the table is left out, as one in a folder is; a copy of the file is not a part of it.
    fs::create_dir(folder.path().join("copy")).unwrap();
    fs::copy(folder.path().join(&file), folder.path().join("copy/x.parquet")).unwrap();
    let said = ok(&folder, &["run", "**/*.parquet", "--every", "1d", "--key", "user"]);
    assert_eq!(said.out.lines().count(), 2, "{}", said.out);
    contains(&said.err, &["skipped t (a Delta table, read only where its folder is named)"]);
}

/// The names of the data files that the log of the table in `t` adds.
fn added(folder: &TempDir) -> Vec<String> {
    let commits = fs::read_dir(folder.path().join("t/_delta_log")).unwrap();
    let commits =
        commits.map(|entry| entry.unwrap().path()).filter(|path| path.extension() == Some("json".as_ref()));
    let path_of = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["add"]["path"].as_str().map(str::to_owned)
    };
    commits
        .flat_map(|path| fs::read_to_string(path).unwrap().lines().filter_map(path_of).collect::<Vec<_>>())
        .collect()
}

#[test]
fn a_table_without_a_data_file_is_said_to_be_empty() {
    let folder = folder(&[("job.toml", JOB)]);
    at_version(&folder, 3);
    ok(&folder, &["run", "job.toml"]);
    let remove = |path| format!("{{\"remove\":{{\"path\":\"{path}\",\"dataChange\":true}}}}\n");
    let removed: String = added(&folder).into_iter().map(remove).collect();
    fs::write(folder.path().join("t/_delta_log/00000000000000000004.json"), removed).unwrap();
    let said = run(&folder, &["run", "t", "--every", "1d", "--key", "action"]);
    assert_eq!(said.code, 2, "{}", said.err);
    contains(
        &said.err,
        &["the Delta table t is empty: its newest version has no data file", "help: write rows to it"],
    );
    // To a ledger the rows have left the table.
    let said = ok(&folder, &["run", "job.toml"]);
    contains(&said.err, &["5 files: 5 gone"]);
}

#[test]
fn a_partition_may_be_the_time() {
    let folder = folder(&[]);
    at_version(&folder, 5);
    let (log, file) = (folder.path().join("d/_delta_log"), folder.path().join("d/x.parquet"));
    fs::create_dir_all(&log).unwrap();
    let from = fs::read_dir(folder.path().join("t/action=Shut")).unwrap().next().unwrap().unwrap();
    fs::copy(from.path(), &file).unwrap();
    let field = |name| {
        format!(
            "{{\\\"name\\\":\\\"{name}\\\",\\\"type\\\":\\\"string\\\",\\\"nullable\\\":true,\\\"metadata\\\":{{}}}}"
        )
    };
    let fields = ["user", "date", "hour"].map(field).join(",");
    let commit = |hour: &str| {
        format!(
            "{{\"protocol\":{{\"minReaderVersion\":1,\"minWriterVersion\":2}}}}\n{{\"metaData\":{{\"schemaString\":\"{{\\\"type\\\":\\\"struct\\\",\\\"fields\\\":[{fields}]}}\",\
             \"partitionColumns\":[\"date\",\"hour\"],\"configuration\":{{}}}}}}\n{{\"add\":{{\"path\":\"x.parquet\",\"partitionValues\":{{\"date\":\"2024-01-02\",\"hour\":\"{hour}\"}}}}}}\n"
        )
    };
    let flags =
        ["run", "d", "--every", "1h", "--time", "date,hour", "--time-format", "%Y-%m-%d %H", "--key", "user"];
    fs::write(log.join("00000000000000000000.json"), commit("05")).unwrap();
    let said = ok(&folder, &flags);
    contains(&said.out, &["2024-01-02T05:00:00Z,2024-01-02T06:00:00Z,"]);
    fs::write(log.join("00000000000000000000.json"), commit("late")).unwrap();
    let said = run(&folder, &[&flags[..], &["--rejects", "r.csv"]].concat());
    assert_eq!(said.code, 2, "{}", said.err);
    let rejects = fs::read_to_string(folder.path().join("r.csv")).unwrap();
    contains(&rejects, &["d/x.parquet,,,1,date,bad_time,"]);
}
