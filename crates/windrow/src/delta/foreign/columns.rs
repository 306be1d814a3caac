//! The columns of a Delta table, and what its data files call them.
//!
//! With column mapping a column keeps the name or the number that data files know it by, while the table renames or drops it. What
//! a data file has beside the columns of the table is not read: those columns were dropped.

use std::collections::HashMap;

use serde::Deserialize;
use windrow_scan::json::{PathStep, path_of_member, steps};

use super::log::ForeignMetaData;

/// The columns of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TableColumns {
    fields: Vec<TableField>,
    mapping: ColumnMapping,
}

/// How data files know the columns of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ColumnMapping {
    /// By the names that the table has for them.
    #[default]
    None,
    /// By names of their own.
    Name,
    /// By numbers.
    Id,
}

/// A column, or a field of a struct.
#[derive(Clone, Debug, PartialEq, Eq)]
struct TableField {
    name: String,
    /// Its name in data files.
    physical: String,
    /// Its number in data files.
    id: Option<i32>,
    holds: FieldType,
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum FieldType {
    /// One value, or a map.
    Value,
    Struct(Vec<TableField>),
    List(Box<FieldType>),
}

/// A step towards a value in a data file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FileStep {
    /// To the field of this name.
    Named(Box<[u8]>),
    /// To the field with this number.
    Numbered(i32),
    /// To the element with this number, from 0.
    Element(u64),
}

impl From<&PathStep> for FileStep {
    fn from(step: &PathStep) -> FileStep {
        match step {
            PathStep::Member(name) => FileStep::Named(name.clone()),
            PathStep::Element(at) => FileStep::Element(*at),
        }
    }
}

/// A struct in the JSON of a schema.
#[derive(Deserialize)]
struct StructType {
    fields: Vec<JsonField>,
}

/// A field in the JSON of a schema.
#[derive(Deserialize)]
struct JsonField {
    name: String,
    r#type: serde_json::Value,
    #[serde(default)]
    metadata: HashMap<String, serde_json::Value>,
}

impl TableColumns {
    /// The columns that the log declares.
    ///
    /// # Errors
    /// What is wrong with the schema.
    pub(super) fn of(meta_data: &ForeignMetaData) -> Result<TableColumns, String> {
        let schema: StructType = serde_json::from_str(&meta_data.schema_string)
            .map_err(|error| format!("its schema does not read: {error}"))?;
        let mode = meta_data.configuration.get("delta.columnMapping.mode").and_then(Option::as_deref);
        let mapping = match mode {
            None | Some("none") => ColumnMapping::None,
            Some("name") => ColumnMapping::Name,
            Some("id") => ColumnMapping::Id,
            Some(other) => {
                return Err(format!("this table maps its columns by {other:?}, which cannot be read"));
            }
        };
        Ok(TableColumns { fields: schema.into_fields(mapping)?, mapping })
    }

    /// Whether data files may know columns by other names than the table has for them.
    pub(crate) fn is_mapped(&self) -> bool {
        self.mapping != ColumnMapping::None
    }

    /// Whether data files know the columns by numbers.
    pub(crate) fn is_numbered(&self) -> bool {
        self.mapping == ColumnMapping::Id
    }

    /// The columns outside lists and maps by their paths, and how to get to each in a data file.
    pub(crate) fn values(&self) -> Vec<(String, Vec<FileStep>)> {
        let mut values = Vec::new();
        self.walk(&self.fields, &mut Vec::new(), &mut |way| {
            let path = match way {
                // A top-level name is used as it is, without quotes.
                [column] => column.name.clone(),
                way => way.iter().fold(String::new(), |within, field| path_of_member(&within, &field.name)),
            };
            values.push((path, way.iter().map(|field| self.step(field)).collect()));
        });
        values
    }

    /// The names of these columns, and their names in data files, which are the keys; fields of structs behind a dot.
    pub(crate) fn names(&self) -> HashMap<String, String> {
        let mut names = HashMap::new();
        self.walk(&self.fields, &mut Vec::new(), &mut |way| {
            let joined = |name: fn(&TableField) -> &str| {
                way.iter().map(|field| name(field)).collect::<Vec<_>>().join(".")
            };
            names.insert(joined(|field| &field.physical), joined(|field| &field.name));
        });
        names
    }

    /// The name in data files of the top-level column `name`.
    pub(super) fn physical<'a>(&'a self, name: &'a str) -> &'a str {
        self.fields.iter().find(|field| field.name == name).map_or(name, |field| &field.physical)
    }

    /// How to get to what `path` leads to, in a data file; a column of exactly this name counts first. `None`: the table has no such
    /// column.
    pub(crate) fn steps(&self, path: &str) -> Option<Vec<FileStep>> {
        let path = match self.fields.iter().any(|field| field.name == path) {
            true => vec![PathStep::Member(path.as_bytes().into())],
            false => steps(path).ok()?,
        };
        let (mut found, mut fields) = (Vec::new(), Some(&self.fields));
        let mut holds: Option<&FieldType> = None;
        for step in &path {
            let next = match step {
                PathStep::Member(name) => {
                    let field = fields?.iter().find(|field| field.name.as_bytes() == &**name)?;
                    found.push(self.step(field));
                    &field.holds
                }
                PathStep::Element(at) => {
                    let Some(FieldType::List(element)) = holds else { return None };
                    found.push(FileStep::Element(*at));
                    element
                }
            };
            holds = Some(next);
            fields = match next {
                FieldType::Struct(fields) => Some(fields),
                FieldType::Value | FieldType::List(_) => None,
            };
        }
        Some(found)
    }

    /// The columns of these paths in words that are others once a path means another column of data files, and empty as long as each
    /// means the column of its own name.
    pub(crate) fn meaning(&self, paths: &[String]) -> String {
        if !self.is_mapped() {
            return String::new();
        }
        let is_own = |path: &String, found: &Option<Vec<FileStep>>| {
            let own = steps(path).ok().map(|steps| steps.iter().map(FileStep::from).collect());
            *found == own || *found == Some(vec![FileStep::Named(path.as_bytes().into())])
        };
        let mut found: Vec<_> = paths.iter().map(|path| (path, self.steps(path))).collect();
        found.retain(|(path, found)| !is_own(path, found));
        found.sort_by_key(|(path, _)| *path);
        found.dedup_by_key(|(path, _)| *path);
        found.iter().map(|(path, steps)| format!("{path:?}={steps:?};")).collect()
    }

    fn step(&self, field: &TableField) -> FileStep {
        match field.id.filter(|_| self.is_numbered()) {
            Some(id) => FileStep::Numbered(id),
            None => FileStep::Named(field.physical.as_bytes().into()),
        }
    }

    /// Calls `each` with the way to every field of `fields`, and of structs in them, that is not a struct.
    fn walk<'a>(
        &'a self,
        fields: &'a [TableField],
        way: &mut Vec<&'a TableField>,
        each: &mut dyn FnMut(&[&TableField]),
    ) {
        for field in fields {
            way.push(field);
            match &field.holds {
                FieldType::Struct(inside) => self.walk(inside, way, each),
                FieldType::Value | FieldType::List(_) => each(way),
            }
            way.pop();
        }
    }
}

impl StructType {
    fn into_fields(self, mapping: ColumnMapping) -> Result<Vec<TableField>, String> {
        let field = |JsonField { name, r#type, metadata }| {
            let physical = metadata.get("delta.columnMapping.physicalName").and_then(|name| name.as_str());
            let physical = physical.filter(|_| mapping != ColumnMapping::None).unwrap_or(&name).to_owned();
            let id = metadata.get("delta.columnMapping.id").and_then(|id| i32::try_from(id.as_i64()?).ok());
            if mapping == ColumnMapping::Id && id.is_none() {
                return Err(format!("its schema has no number for the column {name:?}"));
            }
            Ok(TableField { name, physical, id, holds: FieldType::of(r#type, mapping)? })
        };
        self.fields.into_iter().map(field).collect()
    }
}

impl FieldType {
    fn of(mut json: serde_json::Value, mapping: ColumnMapping) -> Result<FieldType, String> {
        let fault = |error| format!("its schema does not read: {error}");
        match json.get("type").and_then(|name| name.as_str()) {
            Some("struct") => {
                let of: StructType = serde_json::from_value(json).map_err(fault)?;
                Ok(FieldType::Struct(of.into_fields(mapping)?))
            }
            Some("array") => {
                Ok(FieldType::List(Box::new(FieldType::of(json["elementType"].take(), mapping)?)))
            }
            _ => Ok(FieldType::Value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns of a table with this mapping: of each the name, its name in data files, its number, and its type.
    fn columns(mode: &str, fields: serde_json::Value) -> TableColumns {
        let schema = serde_json::json!({"type": "struct", "fields": fields}).to_string();
        let configuration = [("delta.columnMapping.mode".to_owned(), Some(mode.to_owned()))].into();
        TableColumns::of(&ForeignMetaData { schema_string: schema, partition_columns: vec![], configuration })
            .unwrap()
    }

    fn field(name: &str, physical: &str, id: i32, of: serde_json::Value) -> serde_json::Value {
        let metadata =
            serde_json::json!({"delta.columnMapping.id": id, "delta.columnMapping.physicalName": physical});
        serde_json::json!({"name": name, "type": of, "nullable": true, "metadata": metadata})
    }

    /// `time`, `payload.user`, `tags[].name` and `a.b`.
    fn nested(mode: &str) -> TableColumns {
        let inside = |name, physical, id| serde_json::json!({"type": "struct", "fields": [field(name, physical, id, "string".into())]});
        let list =
            serde_json::json!({"type": "array", "elementType": inside("name", "n", 6), "containsNull": true});
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
    }

    #[test]
    fn columns_are_listed_by_their_paths() {
        let paths: Vec<String> = nested("name").values().into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["time", "payload.user", "a.b", "tags"]);
        assert_eq!(nested("name").names()["p.u"], "payload.user");
        assert_eq!(nested("name").physical("payload"), "p");
        assert_eq!(nested("none").physical("payload"), "payload");
    }

    #[test]
    fn a_meaning_changes_with_the_columns_it_is_about_only() {
        let mapped = |fields: &[(&str, &str)]| {
            let numbered = fields
                .iter()
                .zip(1..)
                .map(|((name, physical), id)| field(name, physical, id, "string".into()));
            columns("name", numbered.collect())
        };
        let about = |columns: &TableColumns, named: &[&str]| {
            columns.meaning(&named.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
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
        // The order of names has no meaning.
        assert_eq!(about(&other, &["n", "count"]), about(&other, &["count", "n", "n"]));
    }

    #[test]
    fn an_unknown_mapping_is_an_error() {
        let meta_data = |mode: &str, fields: serde_json::Value| ForeignMetaData {
            schema_string: serde_json::json!({"type": "struct", "fields": fields}).to_string(),
            partition_columns: vec![],
            configuration: [("delta.columnMapping.mode".to_owned(), Some(mode.to_owned()))].into(),
        };
        let plain = serde_json::json!([{"name": "a", "type": "string", "nullable": true, "metadata": {}}]);
        assert!(TableColumns::of(&meta_data("none", plain.clone())).is_ok());
        assert!(TableColumns::of(&meta_data("name", plain.clone())).is_ok());
        assert!(TableColumns::of(&meta_data("id", plain.clone())).unwrap_err().contains("\"a\""));
        assert!(TableColumns::of(&meta_data("hash", plain)).unwrap_err().contains("\"hash\""));
    }
}
