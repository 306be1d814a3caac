//! The description of a new table, and its first version.

use arrow_schema::{DataType, Field, SchemaRef};

use super::action::{Action, DataFormat, MetaData, RunInfo, TextMap, Txn};
use super::checkpoint;
use super::commit::signed;
use super::schema;
use super::snapshot::{PROTOCOL, SEAL};
use crate::clock;
use crate::error::{Error, Result};

/// The description of a new table.
#[derive(Clone, Debug)]
pub struct TableSpec {
    /// Its columns. Types: bool, i16, i32, i64, f64, decimals, text, bytes, dates, and times in microseconds UTC.
    pub schema: SchemaRef,
    /// Columns, of text, integers or dates, whose values are kept once per data file and not in it.
    pub partition_columns: Vec<String>,
    /// Its purpose, for those who look at it with other programs.
    pub description: String,
    /// Properties, by their names.
    pub properties: Vec<(String, String)>,
    /// The run that creates it.
    pub run_id: String,
}

/// The first version of a table.
pub(crate) fn first_actions(spec: &TableSpec) -> Result<Vec<Action>> {
    let has_one_form = |field: &Field| {
        let of = field.data_type();
        of.is_integer() || of.is_string() || *of == DataType::Date32
    };
    for name in &spec.partition_columns {
        if !spec.schema.field_with_name(name).is_ok_and(has_one_form) {
            return Err(Error::bug(format!("{name:?} cannot be a partition column")));
        }
    }
    let (name, days) = checkpoint::REMEMBERED;
    let own = (name.to_owned(), Some(days.to_owned()));
    let properties = spec.properties.iter().map(|(name, value)| (name.clone(), Some(value.clone())));
    let meta_data = MetaData {
        id: uuid::Uuid::new_v4().to_string(),
        name: None,
        description: Some(spec.description.clone()),
        format: DataFormat { provider: "parquet".to_owned(), options: TextMap::new() },
        schema_string: schema::write(&spec.schema)?,
        partition_columns: spec.partition_columns.clone(),
        configuration: properties.chain([own]).collect(),
        created_time: Some(clock::unix_ms()),
    };
    let actions = vec![
        Action { protocol: Some(PROTOCOL), ..Action::default() },
        Action { meta_data: Some(meta_data), ..Action::default() },
        Action {
            txn: Some(Txn { app_id: SEAL.to_owned(), version: 0, last_updated: None }),
            ..Action::default()
        },
    ];
    let run = RunInfo { run_id: spec.run_id.clone(), ..RunInfo::default() };
    signed(actions, "CREATE TABLE".to_owned(), run)
}
