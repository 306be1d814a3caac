//! The summary for machines, and errors as data: what programs read is what the documentation says.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::kept::{fresh, ok, put};
use super::{DIRTY, EVENTS, Said, folder, run};

/// The summary that a run has left, which the schema in the documentation describes.
#[track_caller]
fn summary(folder: &Path) -> Value {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/summary.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(docs).unwrap()).unwrap();
    let text = fs::read_to_string(folder.join("s.json")).unwrap();
    let summary: Value = serde_json::from_str(&text).unwrap();
    let wrong: Vec<String> = jsonschema::validator_for(&schema)
        .unwrap()
        .iter_errors(&summary)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "{wrong:?} in {text}");
    let known = schema["properties"].as_object().unwrap();
    let unknown: Vec<_> =
        summary.as_object().unwrap().keys().filter(|key| !known.contains_key(*key)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let rows = &summary["rows"];
    let of = |name: &str| rows[name].as_u64().unwrap();
    assert_eq!(of("read"), of("counted") + of("filtered") + of("rejected") + of("ignored"), "{text}");
    let by_reason = rows["rejected_by_reason"].as_object().unwrap().values();
    assert_eq!(by_reason.filter_map(Value::as_u64).sum::<u64>(), of("rejected"), "{text}");
    summary
}

/// What the schema does not say: how it ended, with which code, and what happened to the files.
#[track_caller]
fn ended(told: &Said, folder: &Path, outcome: &str, code: Option<&str>, files: Value) -> Value {
    let summary = summary(folder);
    assert_eq!(summary["outcome"], outcome, "{summary:#}");
    assert_eq!(summary["error"]["code"].as_str(), code, "{summary:#}");
    assert_eq!(summary["error"]["exit"].as_i64().unwrap_or(0), i64::from(told.code), "{summary:#}");
    assert_eq!(summary["files"], files, "{summary:#}");
    summary
}

#[test]
fn a_summary_without_a_ledger_is_as_documented() {
    let folder = folder(&[
        ("a.csv", EVENTS),
        ("b.csv", DIRTY),
        ("empty.csv", "time,action\n"),
        ("c.csv", "time,action\nx,y\n"),
    ]);
    let count =
        |arguments: &[&str]| run(&folder, &[&["run"], arguments, &["--summary-json", "s.json"]].concat());
    let told = count(&["a.csv"]);
    let first = ended(&told, folder.path(), "done", None, serde_json::json!({"new": 1}));
    assert_eq!(first["reports"].as_array().unwrap().len(), 1);
    let told = count(&["b.csv"]);
    let dirty = ended(&told, folder.path(), "done", None, serde_json::json!({"new": 1}));
    assert!(dirty["rows"]["rejected"].as_u64().unwrap() > 0, "{dirty:#}");
    assert_ne!(first["run"], dirty["run"]);
    let told = count(&["empty.csv"]);
    ended(&told, folder.path(), "done", None, serde_json::json!({"new": 1}));

    let told = count(&["a.csv", "b.csv", "--max-rejects", "0"]);
    let partly = ended(
        &told,
        folder.path(),
        "refused",
        Some("too-many-rejects"),
        serde_json::json!({"new": 1, "refused": 1}),
    );
    let refused = &partly["files_refused"][0];
    assert_eq!((&refused["file"], &refused["code"]), (&"b.csv".into(), &"too-many-rejects".into()));
    assert!(refused["message"].as_str().unwrap().starts_with("2 of 3 rows are rejects"), "{refused:#}");
    assert!(refused["help"].as_str().unwrap().contains("--rejects rejects.csv"), "{refused:#}");
    assert_eq!((&partly["rows"]["refused"], &partly["error"]["file"]), (&3.into(), &"b.csv".into()));

    let told = count(&["c.csv", "--time", "time", "--key", "action"]);
    let failed =
        ended(&told, folder.path(), "failed", Some("no-readable-time"), serde_json::json!({"new": 1}));
    assert_eq!(failed["reports"].as_array().unwrap().len(), 0);
}

#[test]
fn a_summary_with_a_ledger_is_as_documented() {
    let folder = fresh();
    let count =
        |more: &[&str]| run(&folder, &[&["run", "job.toml", "--summary-json", "s.json"], more].concat());
    let told = count(&[]);
    let first = ended(&told, folder.path(), "changed", None, serde_json::json!({"new": 1}));
    assert_eq!((&first["published"][0]["first"], &first["ledger_before"]), (&true.into(), &Value::Null));
    assert!(first["first_event"].as_str().unwrap() <= first["last_event"].as_str().unwrap());
    let told = count(&[]);
    let nothing = ended(&told, folder.path(), "nothing_new", None, serde_json::json!({"same": 1}));
    assert_eq!((&nothing["windows_changed"], &nothing["bytes_read"]), (&0.into(), &0.into()));
    assert_eq!((&nothing["ledger_before"], &nothing["files_read"]), (&nothing["ledger_version"], &0.into()));
    assert_eq!(
        (&nothing["first_event"], &nothing["last_event"]),
        (&first["first_event"], &first["last_event"])
    );
    let told = count(&["--expect-through", "2100-01-01"]);
    ended(&told, folder.path(), "nothing_new", Some("late-data"), serde_json::json!({"same": 1}));

    put(&folder, "logs/broken.csv", "SQLite format 3\0 and more\n");
    let told = count(&[]);
    let refused = ended(
        &told,
        folder.path(),
        "refused",
        Some("files-refused"),
        serde_json::json!({"same": 1, "refused": 1}),
    );
    let of = |summary: &Value| summary["files_refused"][0].clone();
    assert_eq!((&of(&refused)["code"], &of(&refused)["is_new"]), (&"unreadable-format".into(), &true.into()));
    let told = count(&[]);
    let still = ended(&told, folder.path(), "refused", Some("files-refused"), serde_json::json!({"same": 2}));
    assert_eq!((&of(&still)["code"], &of(&still)["is_new"]), (&"refused-before".into(), &false.into()));
    assert_eq!(of(&still)["message"], of(&refused)["message"]);

    // The table of runs knows a run by the same name.
    let runs: Value =
        serde_json::from_str(&ok(&folder, &["show", "job.toml", "runs", "--format", "json"]).out).unwrap();
    let names: Vec<&Value> = runs.as_array().unwrap().iter().map(|row| &row["run"]).collect();
    for summary in [&first, &nothing, &refused, &still] {
        assert!(names.contains(&&summary["run"]), "{names:?}");
    }
}

#[test]
fn a_run_without_an_answer_leaves_a_summary() {
    let folder = fresh();
    let count = |more: &[&str]| {
        let _ = fs::remove_file(folder.path().join("s.json"));
        run(&folder, &[&["run"], more, &["--summary-json", "s.json"]].concat())
    };
    put(&folder, "logs/a.csv", "time,action\nyesterday,Open\ntoday,Open\n");
    // The first run notes that it found no answer, so the second one reads nothing.
    for read in [2, 0] {
        let told = count(&["job.toml"]);
        let failed = summary(folder.path());
        assert_eq!((&failed["outcome"], &failed["error"]["exit"]), (&"failed".into(), &told.code.into()));
        assert_eq!((&failed["rows"]["read"], &failed["published"]), (&read.into(), &serde_json::json!([])));
        assert_eq!(failed["error"]["code"], "no-readable-time", "{failed:#}");
    }
    // A limit ends a run before it has an outcome.
    put(&folder, "logs/a.csv", "time,action\n2024-01-01T00:00:00Z,Open\n2024-01-01T00:00:00Z,Close\n");
    let job = fs::read_to_string(folder.path().join("job.toml")).unwrap();
    let limited = job.replace("[limits]", "[limits]\ngroups = 1");
    let limited = limited.split("[reports.daily]").next().unwrap();
    put(&folder, "limited.toml", limited);
    put(&folder, "limited-kept.toml", &format!("{limited}[output]\npath = 'other'\n"));
    for job in ["limited.toml", "limited-kept.toml"] {
        let told = count(&[job]);
        let failed = summary(folder.path());
        assert_eq!((&failed["outcome"], &failed["error"]["exit"]), (&"failed".into(), &told.code.into()));
        assert_eq!((told.code, &failed["rows"]["read"]), (6, &0.into()), "{failed:#}");
    }
}

#[test]
fn errors_are_data_in_a_log_for_machines() {
    let folder = folder(&[
        ("in.csv", EVENTS),
        (
            "job.toml",
            "name = 'j'\nversion = 1\n[source]\npath = 'in.csv'\ntime = 'time'\nkey = 'x'\n[reports.r]\nevery = '1h'\n",
        ),
    ]);
    let told = |arguments: &[&str]| -> Value {
        let said = run(&folder, &[arguments, &["--log-format", "json"]].concat()).err;
        let last =
            said.lines().rev().find(|line| line.contains("\"ERROR\"")).unwrap_or_else(|| panic!("{said}"));
        serde_json::from_str(last).unwrap()
    };
    let error = told(&["run", "job.toml"]);
    let place = ["file", "line", "byte", "column", "code", "exit"].map(|key| error[key].clone());
    let expected = ["job.toml".into(), 6.into(), 62.into(), "1".into(), "unknown-key".into(), 2.into()];
    assert_eq!(place, expected as [Value; 6], "{error:#}");
    assert!(error["help"].as_str().unwrap().contains("did you mean `keys`?"), "{error:#}");
    let error = told(&["run", "gone.csv"]);
    assert_eq!((&error["code"], &error["file"]), (&"not-found".into(), &"gone.csv".into()), "{error:#}");
    let error = told(&["run", "in.csv", "--time", "tme"]);
    assert_eq!((&error["code"], &error["file"]), (&"missing-column".into(), &"in.csv".into()), "{error:#}");
    assert!(error["help"].as_str().unwrap().contains("--time time"), "{error:#}");
}
