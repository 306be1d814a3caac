use std::path::PathBuf;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::*;
use crate::job::{Job, Word};

/// The words of a closed list, for a schema.
pub(super) fn words<W: Word>() -> Vec<&'static str> {
    W::ALL.iter().map(|(word, _)| *word).collect()
}

/// The schema of a job file, made from its types.
fn schema() -> Value {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<JobFile>().to_value();
    simplify(&mut schema);
    schema["title"] = json!("windrow job file");
    schema["description"] =
        json!("What a job of windrow reads, counts and reports. docs/job-file.md explains the keys.");
    schema
}

/// Removes what only makes sense in Rust: null (TOML has none), type names, number widths, and defaults of required keys.
fn simplify(schema: &mut Value) {
    match schema {
        Value::Array(list) => list.iter_mut().for_each(simplify),
        Value::Object(object) => {
            if let Some(Value::Array(kinds)) = object.get_mut("type") {
                kinds.retain(|kind| kind != "null");
                if let [kind] = &kinds[..] {
                    object["type"] = kind.clone();
                }
            }
            object.retain(|key, value| match key.as_str() {
                "default" => !value.is_null(),
                "format" | "title" => !value.is_string(),
                _ => true,
            });
            if let Some(Value::Array(either)) = object.get_mut("anyOf") {
                either.retain(|kind| *kind != json!({ "type": "null" }));
                if let [Value::Object(only)] = &mut either[..] {
                    let only = std::mem::take(only);
                    object.remove("anyOf");
                    for (key, value) in only {
                        object.entry(key).or_insert(value);
                    }
                }
            }
            if let Some(Value::Array(required)) = object.get("required").cloned() {
                for key in required.iter().filter_map(Value::as_str) {
                    object["properties"][key].as_object_mut().unwrap().remove("default");
                }
            }
            object.values_mut().for_each(simplify);
        }
        _ => {}
    }
}

/// The tables of the reference: the heading above each, its keys in the schema, and a file with a key that it lacks.
const TABLES: [(&str, &str, &str); 19] = [
    ("## Top level", "", "? = 1"),
    ("## `[source]`", "/properties/source", "source = { ? = 1 }"),
    ("### `[source.parquet]`", "/properties/source/properties/parquet", "source.parquet = { ? = 1 }"),
    ("### `[[source.lookup]]`", "/properties/source/properties/lookup/items", "[[source.lookup]]\n? = 1"),
    ("## `[clean]`", "/properties/clean/additionalProperties", "clean.a = { ? = 1 }"),
    ("## `[limits]`", "/properties/limits", "limits = { ? = 1 }"),
    ("## `[reports.NAME]`", "/properties/reports/additionalProperties", "reports.r = { ? = 1 }"),
    ("### `top`", "/properties/reports/additionalProperties/properties/top", "reports.r.top = { ? = 1 }"),
    (
        "### `peaks`",
        "/properties/reports/additionalProperties/properties/peaks",
        "reports.r.peaks = { ? = 1 }",
    ),
    ("## `[output]`", "/properties/output", "output = { ? = 1 }"),
    ("### `[output.events]`", "/properties/output/properties/events", "output.events = { ? = 1 }"),
    ("## `[rejects]`", "/properties/rejects", "rejects = { ? = 1 }"),
    ("## `[engine]`", "/properties/engine", "engine = { ? = 1 }"),
    ("### `[engine.spark]`", "/properties/engine/properties/spark", "engine.spark = { ? = 1 }"),
    ("## `[storage]`", "/properties/storage", "storage = { ? = 1 }"),
    ("### `[storage.s3]`", "/properties/storage/properties/s3", "storage.s3 = { ? = 1 }"),
    ("### `[storage.gs]`", "/properties/storage/properties/gs", "storage.gs = { ? = 1 }"),
    ("### `[storage.az]`", "/properties/storage/properties/az", "storage.az = { ? = 1 }"),
    (
        "### `[storage.buckets.\"ADDRESS\"]`",
        "/properties/storage/properties/buckets/additionalProperties",
        "storage.buckets.\"s3://b\" = { ? = 1 }",
    ),
];

/// The keys that the reader of job files names where it met an unknown one, in their order.
fn keys(file: &str) -> Vec<String> {
    let error = toml::from_str::<JobFile>(&file.replace('?', "unknown")).unwrap_err();
    error.message().split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

/// The rows of the table of an object's keys.
fn rows(object: &Value, keys: &[String]) -> String {
    let mut rows = "| key | default | what it is | example |\n|---|---|---|---|\n".to_owned();
    assert_eq!(object["properties"].as_object().unwrap().len(), keys.len(), "{keys:?}");
    for key in keys {
        let value = &object["properties"][key];
        let is_required = object["required"].as_array().is_some_and(|keys| keys.contains(&json!(key)));
        let default = match (&value["x-default"], &value["default"]) {
            _ if is_required => "required".to_owned(),
            (Value::String(text), _) => text.clone(),
            (_, Value::Object(_) | Value::Null) => String::new(),
            (_, default) => code(default),
        };
        let mut what = value["description"].as_str().unwrap().trim_end_matches('.').replace('\n', " ");
        let words = value["enum"].as_array().or_else(|| value["anyOf"][0]["enum"].as_array());
        let words: Vec<String> = words.into_iter().flatten().map(code).collect();
        if !words.iter().all(|word| what.contains(word)) {
            what = format!("{what}: {}", words.join(", "));
        }
        let examples: Vec<String> = value["examples"].as_array().into_iter().flatten().map(code).collect();
        let is_table = value["type"] == "object" && examples.is_empty();
        let examples = if is_table { "a table".to_owned() } else { examples.join(", ") };
        rows += &format!("| `{key}` | {default} | {what} | {examples} |\n");
    }
    rows
}

fn code(value: &Value) -> String {
    format!("`{}`", toml_of(value))
}

/// A value as TOML writes it.
fn toml_of(value: &Value) -> String {
    match value {
        Value::Array(list) => format!("[{}]", list.iter().map(toml_of).collect::<Vec<_>>().join(", ")),
        Value::Object(table) => {
            let pairs: Vec<String> =
                table.iter().map(|(key, value)| format!("{key} = {}", toml_of(value))).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        other => other.to_string(),
    }
}

/// The reference with its tables made anew.
fn reference(document: &str, schema: &Value) -> String {
    let mut document = document.to_owned();
    for (heading, pointer, file) in TABLES {
        let at = document.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no heading {heading}"));
        let start = at + document[at..].find("\n| key |").unwrap() + 1;
        let end = document[start..].find("\n\n").map_or(document.len(), |length| start + length + 1);
        document.replace_range(start..end, &rows(schema.pointer(pointer).unwrap(), &keys(file)));
    }
    document
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_reference_and_the_schema_are_what_the_types_say() {
    let schema = schema();
    let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default();
    let document = root().join("docs/job-file.md");
    let told = [
        (root().join("docs/job.schema.json"), serde_json::to_string_pretty(&schema).unwrap() + "\n"),
        (document.clone(), reference(&read(&document), &schema)),
    ];
    for (path, now) in told {
        if std::env::var_os("WINDROW_BLESS").is_some() {
            std::fs::write(&path, &now).unwrap();
        }
        assert!(read(&path) == now, "{} is not what the types say: see job/file.rs", path.display());
    }
}

/// A job with every table, in which single keys are then written otherwise.
fn whole() -> Value {
    json!({
        "name": "a",
        "version": 1,
        "source": {
            "path": "a.csv", "time": "t", "keys": ["action"], "parquet": {},
            "lookup": [{ "path": "users.csv", "on": "user" }],
        },
        "clean": { "action": {} },
        "limits": {},
        "reports": { "r": { "every": "10m", "top": { "n": 1 }, "peaks": {} } },
        "output": { "path": "o", "events": {} },
        "rejects": {},
        "engine": { "spark": {} },
        "storage": {
            "s3": {}, "gs": {}, "az": {},
            "buckets": { "s3://b": {}, "gs://b": {}, "az://b": {} },
        },
    })
}

fn job(file: &Value) -> Result<Job> {
    Job::from_toml(&toml::to_string(file).unwrap(), Path::new("job.toml"))
}

/// `file` with the value at `pointer`, in a table that is there.
fn with(mut file: Value, pointer: &str, value: Value) -> Value {
    let (table, key) = pointer.rsplit_once('/').unwrap();
    file.pointer_mut(table).unwrap()[key] = value;
    file
}

#[test]
fn every_example_is_accepted_and_every_default_is_the_default() {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let plain = job(&whole()).unwrap();
    let (mut examples, mut defaults) = (0, 0);
    for (_, pointer, _) in TABLES {
        let place = pointer.replace("/properties", "").replace("/items", "/0");
        let names = ["clean", "reports"].map(|table| format!("/{table}/additionalProperties"));
        let place = place.replace(&names[0], "/clean/action").replace(&names[1], "/reports/r");
        let keys: &Map<String, Value> = schema.pointer(pointer).unwrap()["properties"].as_object().unwrap();
        for (key, says) in keys {
            let kind = match key.as_str() {
                "service_account_key" => "gs",
                "account" | "account_key" | "sas_token" => "az",
                _ => "s3",
            };
            let place = place.replace("buckets/additionalProperties", &format!("buckets/{kind}:~1~1b"));
            let at = format!("{place}/{key}");
            for example in says["examples"].as_array().into_iter().flatten() {
                let mut file = with(whole(), &at, example.clone());
                if ["offset", "week_start"].contains(&key.as_str()) {
                    file["reports"]["r"]["every"] = json!("1w");
                }
                if pointer.ends_with("parquet") {
                    file["source"]["format"] = json!("parquet");
                }
                let is_of_sql = ["where", "types", "derive"].contains(&key.as_str());
                if is_of_sql && !cfg!(feature = "sql") {
                    continue;
                }
                if key == "where" {
                    file["source"]["types"] = json!({ "status": "integer" });
                }
                if key == "types" {
                    file["source"]["where"] = json!("status >= 500");
                }
                if key == "year" {
                    file["source"]["time_format"] = json!("%b %d");
                }
                if ["/source/header", "/source/columns"].contains(&at.as_str()) {
                    (file["source"]["header"], file["source"]["columns"]) =
                        (json!(false), json!(["t", "action"]));
                }
                if key == "pattern" {
                    let source = &mut file["source"];
                    (source["format"], source["time"], source["keys"]) =
                        (json!("text"), json!("time"), json!(["status"]));
                }
                if pointer.starts_with("/properties/storage/properties") && key == "endpoint" {
                    for kind in ["gs", "az"] {
                        file["storage"][kind]["anonymous"] = json!(true);
                    }
                }
                if ["access_key_id", "secret_access_key", "session_token"].contains(&key.as_str()) {
                    let s3 = file.pointer_mut(&place).unwrap();
                    (s3["access_key_id"], s3["secret_access_key"]) = (json!("env:ID"), json!("env:SECRET"));
                }
                if key == "keys" || key == "pattern" {
                    file["clean"] = json!({});
                }
                assert!(validator.is_valid(&file), "{at} = {example}");
                assert!(job(&file).is_ok(), "{at} = {example}: {:?}", job(&file));
                examples += 1;
            }
            if let Some(default) = says.get("default").filter(|default| !default.is_object()) {
                let written = job(&with(whole(), &at, default.clone()));
                // What is said of the engine, and where its files are sought then, is kept as it was said.
                let same = |job: Job| Job { engine: plain.engine.clone(), ..job } == plain;
                assert!(written.is_ok_and(same) || key == "keys", "{at} = {default}");
                defaults += 1;
            }
        }
    }
    assert!(examples > 35 && defaults > 15, "{examples} examples, {defaults} defaults");
}

/// A value of TOML as editors show it to a schema: times are texts.
fn json_of(value: toml::Value) -> Value {
    match value {
        toml::Value::Datetime(time) => json!(time.to_string()),
        toml::Value::Array(list) => list.into_iter().map(json_of).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, json_of(value))).collect(),
        other => serde_json::to_value(other).unwrap(),
    }
}

#[test]
fn the_schema_accepts_every_job_file_that_is_read_and_refuses_what_it_names() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let mut folders = vec![root().join("cases"), root().join("examples")];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let is_job = path.extension().is_some_and(|ending| ending == "toml");
            let Some(text) = std::fs::read_to_string(&path).ok().filter(|_| is_job) else { continue };
            if Job::from_toml(&text, &path).is_ok() {
                let file: Value = json_of(toml::from_str(&text).unwrap());
                let error = validator.validate(&file).err();
                assert!(error.is_none(), "{}: {}", path.display(), error.unwrap());
                read += 1;
            }
        }
    }
    assert!(read > 100, "only {read} job files were found");
    for (pointer, value) in [
        ("/nme", json!("a")),
        ("/version", json!(2)),
        ("/source/path", json!(7)),
        ("/source/on_gone", json!("forget")),
        ("/source/skip_lines", json!(-1)),
        ("/source/time_format", json!("epoch")),
        ("/limits/groups", json!(0)),
        ("/reports/r/fill", json!(0)),
        ("/engine/spark/conf", json!({ "spark.x": [1] })),
    ] {
        assert!(!validator.is_valid(&with(whole(), pointer, value)), "{pointer}");
    }
    for pointer in ["/name", "/source/time", "/reports", "/output/path"] {
        let mut file = whole();
        let (table, key) = pointer.rsplit_once('/').unwrap();
        file.pointer_mut(table).unwrap().as_object_mut().unwrap().remove(key);
        assert!(!validator.is_valid(&file), "{pointer} is missing");
    }
}
