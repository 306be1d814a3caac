//! The layout: which columns a report has. It follows from the job alone, save `other_count`, which shows when
//! something is in it.

use crate::error::{Error, Result};
use crate::job::{ReportSpec, Shape};

/// One column of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What its cells are.
    pub kind: ColumnKind,
}

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// Instants, never null.
    Time,
    /// Key values.
    Text,
    /// Whole numbers.
    Count,
    /// Means.
    Mean,
}

/// Which columns a report of a job has.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Wide or long.
    pub shape: Shape,
    key_columns: Vec<String>,
    value_columns: Vec<String>,
}

const OTHER: &str = "other_count";

impl Layout {
    /// The layout of the report `spec` over the key columns `keys`.
    ///
    /// # Errors
    /// Usage: a wide report without values or over several keys, values without a single key, and two columns of
    /// one name.
    pub fn of(spec: &ReportSpec, keys: &[String]) -> Result<Self> {
        let named = !spec.values.is_empty();
        let shape = spec.shape.unwrap_or(if named { Shape::Wide } else { Shape::Long });
        let refused = |what: &str, help: &str| {
            Err(Error::usage(format!("report {}: {what}", spec.name)).help(help.to_owned()))
        };
        let ranks_a_value = spec.top.as_ref().is_some_and(|top| top.by.is_some());
        if keys.len() != 1 && (named || ranks_a_value) {
            return refused(
                "named values need exactly one key",
                "name one key, or leave out values and top.by",
            );
        }
        if shape == Shape::Wide && !named {
            return refused(
                "a wide report has a column per named value and none is named",
                "add values = [...] or shape = \"long\"",
            );
        }
        let layout = Layout {
            shape,
            key_columns: keys.iter().map(|key| key_column(key)).collect(),
            value_columns: spec.values.iter().map(|value| value_column(value)).collect(),
        };
        if shape == Shape::Wide
            && let Some((value, name)) = layout.clash(&spec.values)
        {
            return refused(
                &format!("the value {value:?} needs the column {name}, which is there already"),
                "set shape = \"long\", or leave the value out",
            );
        }
        Ok(layout)
    }

    /// The first value whose column's name is taken.
    fn clash<'v>(&'v self, values: &'v [String]) -> Option<(&'v str, &'v str)> {
        let names = &self.value_columns;
        let taken = |at: usize| names[at] == OTHER || names[..at].contains(&names[at]);
        (0..names.len()).find(|at| taken(*at)).map(|at| (&*values[at], &*names[at]))
    }

    /// The columns in `shape`; `with_other`: something is outside the named values.
    pub(super) fn columns(&self, shape: Shape, with_other: bool) -> Vec<Column> {
        let times = ["window_start", "window_end"].map(|name| column(name, ColumnKind::Time));
        let mut columns = Vec::from(times);
        match shape {
            Shape::Long => {
                columns.extend(self.key_columns.iter().map(|name| column(name, ColumnKind::Text)));
                columns.push(column("count", ColumnKind::Count));
            }
            Shape::Wide => {
                columns.extend(self.value_columns.iter().map(|name| column(name, ColumnKind::Count)));
                if with_other {
                    columns.push(column(OTHER, ColumnKind::Count));
                }
                columns.push(column("avg_actions", ColumnKind::Mean));
            }
        }
        columns
    }
}

fn column(name: &str, kind: ColumnKind) -> Column {
    Column { name: name.to_owned(), kind }
}

/// A key's column has the key's name, unless reports have a column or a field of that name.
fn key_column(key: &str) -> String {
    match key {
        "window_start" | "window_end" | "count" | "report" => format!("key_{key}"),
        _ => key.to_owned(),
    }
}

/// The column of a value: lower case, what is outside `[a-z0-9_]` replaced by `_`, then `_count`. The empty value is null.
fn value_column(value: &str) -> String {
    if value.is_empty() {
        return "null_count".to_owned();
    }
    let plain = |c: char| if matches!(c, 'a'..='z' | '0'..='9' | '_') { c } else { '_' };
    let mut name: String = value.to_lowercase().chars().map(plain).collect();
    name.push_str("_count");
    name
}

#[cfg(test)]
mod tests {
    use super::super::fixture::spec;
    use super::*;

    fn names(spec: &ReportSpec, keys: &[&str], with_other: bool) -> Vec<String> {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let layout = Layout::of(spec, &keys).unwrap();
        layout.columns(layout.shape, with_other).into_iter().map(|column| column.name).collect()
    }

    fn refused(spec: &ReportSpec, keys: &[&str]) -> String {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let error = Layout::of(spec, &keys).unwrap_err();
        assert_eq!(error.kind().exit_code(), 2);
        format!("{error} / {}", error.next().unwrap())
    }

    #[test]
    fn columns_follow_from_the_job() {
        let long = spec("10m", &[]);
        assert_eq!(names(&long, &["action"], true), ["window_start", "window_end", "action", "count"]);
        assert_eq!(names(&long, &[], false), ["window_start", "window_end", "count"]);
        assert_eq!(names(&long, &["count"], false), ["window_start", "window_end", "key_count", "count"]);
        let wide = spec("10m", &["Open-Door", "Ä2", ""]);
        let columns = ["window_start", "window_end", "open_door_count", "_2_count", "null_count"];
        assert_eq!(names(&wide, &["action"], false), [&columns[..], &["avg_actions"]].concat());
        assert_eq!(names(&wide, &["action"], true), [&columns[..], &["other_count", "avg_actions"]].concat());
    }

    #[test]
    fn a_clash_offers_long() {
        for values in [["Open", "open"], ["a b", "a-b"], ["", "null"], ["x", "Other"]] {
            let error = refused(&spec("10m", &values), &["action"]);
            assert!(error.contains("shape = \"long\""), "{error}");
            let long = ReportSpec { shape: Some(Shape::Long), ..spec("10m", &values) };
            assert_eq!(names(&long, &["action"], false).len(), 4);
        }
    }

    #[test]
    fn wide_needs_values_and_values_need_one_key() {
        assert!(refused(&spec("10m", &["Open"]), &["action", "country"]).contains("one key"));
        assert!(refused(&spec("10m", &["Open"]), &[]).contains("one key"));
        let wide = ReportSpec { shape: Some(Shape::Wide), ..spec("10m", &[]) };
        assert!(refused(&wide, &["action"]).contains("values"));
    }
}
