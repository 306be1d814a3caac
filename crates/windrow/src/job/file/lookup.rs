//! `[[source.lookup]]` as it was written.

use serde::{Deserialize, Deserializer};

use super::forms;

#[cfg(test)]
use {super::words, crate::record::Unmatched, schemars::JsonSchema};

/// `[[source.lookup]]` as it was written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("required" = ["path", "on"])))]
pub struct LookupFile {
    /// The table: CSV, JSON, Parquet, or the folder of a Delta table. Its format may differ from that of the inputs. A relative path is resolved like those of the inputs.
    #[cfg_attr(test, schemars(extend("examples" = ["users.csv"])))]
    pub path: Option<String>,
    /// The columns to join on: one, a list, or `{ user = "id" }` if the column `user` of the rows is called `id` in the table.
    #[serde(deserialize_with = "on")]
    #[cfg_attr(test, schemars(with = "On", extend("examples" = ["user", ["shop", "product"], {"user": "id"}])))]
    pub on: Vec<(String, String)>,
    /// The columns of the table that rows get.
    #[serde(deserialize_with = "forms::one_or_many")]
    #[cfg_attr(test, schemars(with = "forms::OneOrMany", extend("x-default" = "all that are not joined on", "examples" = [["country", "plan"]])))]
    pub columns: Vec<String>,
    /// A prefix for the names of these columns in the rows.
    #[cfg_attr(test, schemars(extend("x-default" = "none", "examples" = ["user_"])))]
    pub prefix: Option<String>,
    /// The encoding of the table if it is CSV, by its WHATWG label; see [csv.md](csv.md).
    #[cfg_attr(test, schemars(extend("default" = "utf-8", "examples" = ["latin1"])))]
    pub encoding: Option<String>,
    /// What happens to a row without a match in the table: it is kept with null in the columns of the table, is a
    /// [reject](rejects.md) `unmatched`, or is filtered.
    #[cfg_attr(test, schemars(extend("default" = "keep", "examples" = ["reject"], "enum" = words::<Unmatched>())))]
    pub unmatched: Option<String>,
}

/// Columns that are joined on.
#[derive(Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(untagged, expecting = "expected a column, a list of columns, or a table such as { user = \"id\" }")]
enum On {
    One(String),
    Many(Vec<String>),
    Named(std::collections::BTreeMap<String, String>),
}

fn on<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(String, String)>, D::Error> {
    Ok(match On::deserialize(from)? {
        On::One(name) => vec![(name.clone(), name)],
        On::Many(names) => names.into_iter().map(|name| (name.clone(), name)).collect(),
        On::Named(names) => names.into_iter().collect(),
    })
}
