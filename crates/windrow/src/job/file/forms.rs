//! Values of the job file that may be written in more than one form.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use toml::Spanned;

/// A text, or a list of them.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "expected a string or a list of strings")]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// A time of TOML, or its text.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "expected a time, such as \"2024-01-31\" or \"2024-01-31T12:00:00Z\"")]
pub(super) enum Time {
    // Editors show a time of TOML to a schema as its text.
    Toml(#[cfg_attr(test, schemars(with = "String"))] toml::value::Datetime),
    Text(String),
}

/// A number of rows, or the text of a share.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "expected a share (\"0.1%\"), a number of rows (100) or \"none\"")]
pub(super) enum Limit {
    Rows(u64),
    Text(String),
}

/// The value of a setting of Spark.
#[cfg(test)]
#[derive(schemars::JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it is what the schema says")]
pub(super) enum SparkSetting {
    Text(String),
    Number(i64),
    Flag(bool),
}

pub(super) fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    Ok(match OneOrMany::deserialize(from)? {
        OneOrMany::One(text) => vec![text],
        OneOrMany::Many(list) => list,
    })
}

pub(super) fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Some(match Time::deserialize(from)? {
        Time::Toml(time) => time.to_string(),
        Time::Text(text) => text,
    }))
}

pub(super) fn limit<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Some(match Limit::deserialize(from)? {
        Limit::Rows(rows) => rows.to_string(),
        Limit::Text(text) => text,
    }))
}

/// Tables or values by name, in the order they were written.
pub(super) fn in_order<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Vec<(String, T)>, D::Error> {
    let tables = BTreeMap::<Spanned<String>, T>::deserialize(from)?;
    let mut tables: Vec<_> = tables.into_iter().collect();
    tables.sort_by_key(|(name, _)| name.span().start);
    Ok(tables.into_iter().map(|(name, table)| (name.into_inner(), table)).collect())
}
