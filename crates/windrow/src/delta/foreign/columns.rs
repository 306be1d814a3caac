//! The columns of a Delta table, and their names or field ids in its data files.
//!
//! With column mapping, a column keeps its name or id in data files when the table renames it. Columns that only a data file has were dropped
//! from the table, and are not read.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Write as _};

use serde::Deserialize;
use windrow_scan::json::{PathStep, path_of_member, steps};

use super::log::{ForeignMetaData, ForeignProtocol};

/// The columns of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TableColumns {
    fields: Vec<TableField>,
    mapping: ColumnMapping,
}

/// How columns are found in data files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ColumnMapping {
    /// By their names in the table.
    #[default]
    None,
    /// By names of their own.
    Name,
    /// By field ids.
    Id,
}

/// A column, or a field of a struct.
#[derive(Clone, Debug, PartialEq, Eq)]
struct TableField {
    name: String,
    /// Its name in data files.
    physical: String,
    /// Its field id in data files.
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
    /// To the field with this id.
    Numbered(i32),
    /// To the element with this number, from 0.
    Element(u64),
}

impl fmt::Display for FileStep {
    /// Ledgers keep a hash of this form, so it stays as it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileStep::Named(name) => write!(f, ".{}:{}", name.len(), String::from_utf8_lossy(name)),
            FileStep::Numbered(number) => write!(f, "#{number}"),
            FileStep::Element(at) => write!(f, "[{at}]"),
        }
    }
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
    pub(super) fn of(
        meta_data: &ForeignMetaData,
        protocol: &ForeignProtocol,
    ) -> Result<TableColumns, String> {
        let schema: StructType = serde_json::from_str(&meta_data.schema_string).map_err(unread)?;
        let mode = meta_data.configuration.get("delta.columnMapping.mode").and_then(Option::as_deref);
        let mapping = match mode.map(str::to_ascii_lowercase).as_deref() {
            // Readers that do not know the feature find columns by their names.
            _ if !protocol.maps_columns() => ColumnMapping::None,
            None | Some("none") => ColumnMapping::None,
            Some("name") => ColumnMapping::Name,
            Some("id") => ColumnMapping::Id,
            Some(other) => return Err(format!("the column mapping mode {other:?} is not supported")),
        };
        Ok(TableColumns { fields: schema.into_fields(mapping, &mut HashSet::new())?, mapping })
    }

    /// Whether columns may have other names in data files than in the table.
    pub(crate) fn is_mapped(&self) -> bool {
        self.mapping != ColumnMapping::None
    }

    /// Whether columns are found by field ids.
    pub(crate) fn is_by_id(&self) -> bool {
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

    /// The paths of the columns outside lists and maps.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.values().into_iter().map(|(path, _)| path).collect()
    }

    /// The name in data files of the top-level column `name`.
    pub(super) fn physical<'a>(&'a self, name: &'a str) -> &'a str {
        self.fields.iter().find(|field| field.name == name).map_or(name, |field| &field.physical)
    }

    /// How to get to what `path` leads to, in a data file; a column of exactly this name counts first. `None`: the table has no such
    /// column.
    pub(crate) fn steps(&self, path: &str) -> Option<Vec<FileStep>> {
        self.find(path).map(|(steps, _)| steps)
    }

    fn find(&self, path: &str) -> Option<(Vec<FileStep>, &FieldType)> {
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
        Some((found, holds?))
    }

    /// Whether `path` leads to single values.
    pub(crate) fn has(&self, path: &str) -> bool {
        matches!(self.find(path), Some((_, FieldType::Value)))
    }

    /// Which columns of data files these paths mean, as a text that two states of a table share only if each path means the same in both.
    /// It is empty while each path means the column of its own name.
    pub(crate) fn meaning<'p>(&self, paths: impl Iterator<Item = &'p String>) -> String {
        if !self.is_mapped() {
            return String::new();
        }
        // A column `a.b` and the field `b` of a struct `a` have the same path: only one of them is its own.
        let is_own = |path: &String, found: &Option<Vec<FileStep>>| {
            let own = match steps(path) {
                Ok(steps) => steps.iter().map(FileStep::from).collect(),
                Err(_) => vec![FileStep::Named(path.as_bytes().into())],
            };
            *found == Some(own)
        };
        let mut found: Vec<_> = paths.map(|path| (path, self.steps(path))).collect();
        found.retain(|(path, found)| !is_own(path, found));
        found.sort_by_key(|(path, _)| *path);
        found.dedup_by_key(|(path, _)| *path);
        let mut meaning = String::new();
        for (path, steps) in found {
            let steps = steps.map(|steps| steps.iter().map(FileStep::to_string).collect::<String>());
            let _ = writeln!(meaning, "{}:{path}={}", path.len(), steps.as_deref().unwrap_or("-"));
        }
        meaning
    }

    fn step(&self, field: &TableField) -> FileStep {
        match field.id.filter(|_| self.is_by_id()) {
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

/// The error for a schema that is not one.
fn unread(error: serde_json::Error) -> String {
    format!("its schema cannot be read: {error}")
}

impl StructType {
    /// Its fields. `ids` are the column-mapping ids of the fields before.
    fn into_fields(self, mapping: ColumnMapping, ids: &mut HashSet<i32>) -> Result<Vec<TableField>, String> {
        let mut known = HashSet::new();
        let mut field = |JsonField { name, r#type, metadata }: JsonField| {
            let wrong = |what: &str| format!("its schema has {what} for the column {name:?}");
            let physical = match metadata.get("delta.columnMapping.physicalName") {
                _ if mapping == ColumnMapping::None => name.clone(),
                Some(serde_json::Value::String(physical)) => physical.clone(),
                _ => return Err(wrong("no physical name")),
            };
            if !known.insert(physical.clone()) {
                return Err(wrong("a physical name that is used twice"));
            }
            let id = metadata.get("delta.columnMapping.id").and_then(|id| i32::try_from(id.as_i64()?).ok());
            match id {
                _ if mapping != ColumnMapping::Id => {}
                None => return Err(wrong("no column-mapping id")),
                Some(id) if !ids.insert(id) => return Err(wrong("a column-mapping id that is used twice")),
                Some(_) => {}
            }
            Ok(TableField { holds: FieldType::of(r#type, mapping, ids)?, name, physical, id })
        };
        self.fields.into_iter().map(&mut field).collect()
    }
}

impl FieldType {
    fn of(
        mut json: serde_json::Value,
        mapping: ColumnMapping,
        ids: &mut HashSet<i32>,
    ) -> Result<FieldType, String> {
        let kind = json.get("type").and_then(|name| name.as_str()).map(str::to_owned);
        match (kind.as_deref(), json.get_mut("elementType").map(serde_json::Value::take)) {
            (Some("struct"), _) => {
                let of: StructType = serde_json::from_value(json).map_err(unread)?;
                Ok(FieldType::Struct(of.into_fields(mapping, ids)?))
            }
            (Some("array"), Some(element)) => {
                Ok(FieldType::List(Box::new(FieldType::of(element, mapping, ids)?)))
            }
            (Some("array"), None) => {
                Err("its schema has an array without the type of its elements".to_owned())
            }
            (Some(_), _) => Ok(FieldType::Value),
            (None, _) if json.is_string() => Ok(FieldType::Value),
            (None, _) => Err(format!("its schema has {json} where a type has to be")),
        }
    }
}
