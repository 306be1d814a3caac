use serde_json::json;

use super::*;

fn tried(reader: i64, mode: &str, fields: serde_json::Value) -> Result<TableColumns, String> {
    let about = ForeignMetaData {
        schema_string: json!({"type": "struct", "fields": fields}).to_string(),
        partition_columns: vec![],
        configuration: [("delta.columnMapping.mode".to_owned(), Some(mode.to_owned()))].into(),
    };
    TableColumns::of(&about, &ForeignProtocol { min_reader_version: reader, reader_features: None })
}

/// The columns of a table with this mapping.
fn columns(mode: &str, fields: serde_json::Value) -> TableColumns {
    tried(2, mode, fields).unwrap()
}

fn field(name: &str, physical: &str, id: i32, of: serde_json::Value) -> serde_json::Value {
    let metadata = json!({"delta.columnMapping.id": id, "delta.columnMapping.physicalName": physical});
    json!({"name": name, "type": of, "nullable": true, "metadata": metadata})
}

/// `time`, `payload.user`, `tags[].name` and `a.b`.
fn nested(mode: &str) -> TableColumns {
    let inside = |name, physical, id| json!({"type": "struct", "fields": [field(name, physical, id, "string".into())]});
    let list = json!({"type": "array", "elementType": inside("name", "n", 6), "containsNull": true});
    let fields = [
        field("time", "t", 1, "timestamp".into()),
        field("payload", "p", 2, inside("user", "u", 3)),
        field("a.b", "ab", 4, "long".into()),
        field("tags", "s", 5, list),
    ];
    columns(mode, fields.to_vec().into())
}

fn named(name: &str) -> FileStep {
    FileStep::Named(name.as_bytes().into())
}

#[test]
fn paths_lead_to_what_data_files_call_otherwise() {
    use FileStep::{Element, Numbered};
    for (path, by_name, by_number) in [
        ("time", vec![named("t")], vec![Numbered(1)]),
        ("payload.user", vec![named("p"), named("u")], vec![Numbered(2), Numbered(3)]),
        ("a.b", vec![named("ab")], vec![Numbered(4)]),
        (
            "tags[7].name",
            vec![named("s"), Element(7), named("n")],
            vec![Numbered(5), Element(7), Numbered(6)],
        ),
    ] {
        assert_eq!(nested("name").steps(path), Some(by_name), "{path}");
        assert_eq!(nested("id").steps(path), Some(by_number), "{path}");
    }
    // The table does not know them by the names that data files have.
    for path in ["t", "p.u", "payload.u", "payload.user.x", "time[0]", "tags.name", "tags[0][0]", ""] {
        assert_eq!(nested("name").steps(path), None, "{path}");
    }
    assert_eq!(nested("none").steps("payload.user"), Some(vec![named("payload"), named("user")]));
    for (path, has_values) in
        [("payload.user", true), ("tags[1].name", true), ("payload", false), ("tags", false)]
    {
        assert_eq!(nested("name").has(path), has_values, "{path}");
    }
}

#[test]
fn columns_are_listed_by_their_paths() {
    assert_eq!(nested("name").paths(), ["time", "payload.user", "a.b", "tags"]);
    assert_eq!(nested("name").values()[1].1, [named("p"), named("u")]);
    assert_eq!(nested("name").physical("payload"), "p");
    assert_eq!(nested("none").physical("payload"), "payload");
}

#[test]
fn a_meaning_changes_with_the_columns_it_is_about_only() {
    let mapped = |fields: &[(&str, &str)]| {
        let numbered =
            fields.iter().zip(1..).map(|((name, physical), id)| field(name, physical, id, "string".into()));
        columns("name", numbered.collect())
    };
    let about = |columns: &TableColumns, named: &[&str]| {
        columns.meaning(named.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>().iter())
    };
    // The mapping begins: no column means another than before.
    let first = mapped(&[("time", "time"), ("action", "action"), ("n", "n")]);
    assert_eq!(about(&first, &["time", "action"]), "");
    assert_eq!(about(&nested("none"), &["time", "payload.user"]), "");
    // Another column is renamed, and another is new.
    let other = mapped(&[("time", "time"), ("action", "action"), ("count", "n"), ("n", "col-1")]);
    assert_eq!(about(&other, &["time", "action"]), "");
    assert_ne!(about(&other, &["time", "n"]), "");
    // One is renamed, and then there is another of its name.
    let renamed = mapped(&[("time", "time"), ("act", "action")]);
    let again = mapped(&[("time", "time"), ("act", "action"), ("action", "col-2")]);
    let meanings = [&first, &renamed, &again].map(|columns| about(columns, &["time", "action"]));
    assert!(meanings[0] != meanings[1] && meanings[1] != meanings[2] && meanings[0] != meanings[2]);
    // A column and a field of a struct that have one path.
    let pair = |of: serde_json::Value, name: &str| columns("name", json!([field(name, name, 1, of)]));
    let inside = json!({"type": "struct", "fields": [field("b", "b", 2, "string".into())]});
    assert_ne!(about(&pair("string".into(), "a.b"), &["a.b"]), about(&pair(inside, "a"), &["a.b"]));
    // Ledgers keep a hash of this text.
    assert_eq!(about(&other, &["time", "n", "gone"]), "4:gone=-\n1:n=.5:col-1\n");
    assert_eq!(about(&nested("id"), &["tags[7].name"]), "12:tags[7].name=#5[7]#6\n");
    // The order of names has no meaning.
    assert_eq!(about(&other, &["n", "count"]), about(&other, &["count", "n", "n"]));
}

#[test]
fn a_schema_that_maps_columns_in_part_is_an_error() {
    let plain = json!({"name": "a", "type": "string", "nullable": true, "metadata": {}});
    let [a, same_name, same_id] = [("a", "p", 1), ("b", "p", 2), ("b", "q", 1)]
        .map(|(name, physical, id)| field(name, physical, id, "string".into()));
    let of_type = |of: serde_json::Value| field("a", "p", 1, of);
    for (mode, fields, part) in [
        ("none", json!([plain]), ""),
        ("NAME", json!([a]), ""),
        ("name", json!([same_id, a]), ""),
        ("name", json!([plain]), "no physical name for the column \"a\""),
        ("id", json!([plain]), "no physical name"),
        ("name", json!([a, same_name]), "a physical name that is used twice for the column \"b\""),
        ("id", json!([a, same_id]), "a column-mapping id that is used twice for the column \"b\""),
        ("hash", json!([a]), "mode \"hash\""),
        ("none", json!([of_type(json!({"type": "array"}))]), "an array without"),
        ("none", json!([of_type(json!(5))]), "has 5 where a type has to be"),
        ("none", json!([of_type(json!({"type": "struct"}))]), "cannot be read: missing field `fields`"),
    ] {
        match tried(2, mode, fields) {
            Ok(_) => assert_eq!(part, "", "{mode}"),
            Err(error) => assert!(!part.is_empty() && error.contains(part), "{mode}: {error}"),
        }
    }
    // To readers of version 1 the mode means nothing.
    assert!(!tried(1, "name", json!([a])).unwrap().is_mapped());
}
