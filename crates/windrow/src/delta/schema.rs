//! The schema of a table: in Arrow's form here, in Delta's form in the log.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Delta's name for a type, and the type.
type NamedType = (&'static str, fn() -> DataType);

/// The types of columns.
const TYPES: [NamedType; 10] = [
    ("boolean", || DataType::Boolean),
    ("short", || DataType::Int16),
    ("integer", || DataType::Int32),
    ("long", || DataType::Int64),
    ("double", || DataType::Float64),
    ("decimal(38,9)", || DataType::Decimal128(38, 9)),
    ("string", || DataType::Utf8),
    ("binary", || DataType::Binary),
    ("date", || DataType::Date32),
    ("timestamp", || DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
];

#[derive(Serialize, Deserialize)]
struct Struct {
    r#type: String,
    fields: Vec<StructField>,
}

#[derive(Serialize, Deserialize)]
struct StructField {
    name: String,
    r#type: serde_json::Value,
    nullable: bool,
    #[serde(default)]
    metadata: serde_json::Map<String, serde_json::Value>,
}

/// The schema in the form of the log.
///
/// # Errors
/// Bug: a type that tables cannot have, or a name that some readers refuse.
pub(crate) fn write(schema: &Schema) -> Result<String> {
    let field = |field: &Arc<Field>| {
        let known = TYPES.iter().find(|(_, of)| of() == *field.data_type());
        let (name, _) = known.ok_or_else(|| {
            Error::bug(format!("column {:?}: a table cannot keep {}", field.name(), field.data_type()))
        })?;
        if field.name().is_empty()
            || field.name().contains([' ', ',', ';', '{', '}', '(', ')', '\n', '\t', '='])
        {
            return Err(Error::bug(format!("column {:?}: a table cannot have this name", field.name())));
        }
        Ok(StructField {
            name: field.name().clone(),
            r#type: (*name).into(),
            nullable: field.is_nullable(),
            metadata: serde_json::Map::new(),
        })
    };
    let fields = schema.fields().iter().map(field).collect::<Result<Vec<_>>>()?;
    serde_json::to_string(&Struct { r#type: "struct".to_owned(), fields })
        .map_err(|error| Error::bug(format!("a schema cannot be written: {error}")))
}

/// Whether `wanted` is the columns `has`, with only more nullable ones behind them, which are null in existing rows; also true
/// if both are equal.
pub(crate) fn grows_to(has: &Schema, wanted: &Schema) -> bool {
    wanted.fields().len() >= has.fields().len()
        && wanted.fields()[..has.fields().len()] == has.fields()[..]
        && wanted.fields()[has.fields().len()..].iter().all(|field| field.is_nullable())
}

/// The schema from the log; `Err` says what is wrong with it.
pub(crate) fn read(text: &str) -> Result<SchemaRef, String> {
    let read: Struct =
        serde_json::from_str(text).map_err(|error| format!("the schema does not read: {error}"))?;
    let field = |field: StructField| {
        let known = TYPES.iter().find(|(name, _)| field.r#type == *name);
        let (_, of) = known.ok_or_else(|| {
            format!("column {:?} has the type {}, which it cannot read", field.name, field.r#type)
        })?;
        if let Some(rule) = field.metadata.keys().find(|key| key.starts_with("delta.")) {
            return Err(format!("column {:?} has the rule {rule}, which it cannot keep", field.name));
        }
        Ok(Field::new(field.name, of(), field.nullable))
    };
    let fields = read.fields.into_iter().map(field).collect::<Result<Vec<_>, String>>()?;
    Ok(Arc::new(Schema::new(fields)))
}
