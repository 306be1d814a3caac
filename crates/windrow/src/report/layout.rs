//! The layout: which columns a report has. It follows from the job alone, save `other_count`, which shows when
//! something is in it.

use crate::job::{ReportSpec, Shape, column};

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

impl ColumnKind {
    /// Whether its cells are numbers, which people read from the right.
    pub fn is_number(self) -> bool {
        matches!(self, ColumnKind::Count | ColumnKind::Mean)
    }
}

/// The columns of the report `spec` over the key columns `keys` in `shape`; `with_other`: something is outside the
/// named values.
pub(super) fn columns(spec: &ReportSpec, keys: &[String], shape: Shape, with_other: bool) -> Vec<Column> {
    let mut columns = vec![column("window_start", ColumnKind::Time), column("window_end", ColumnKind::Time)];
    match shape {
        Shape::Long => {
            columns.extend(column::of_keys(keys).into_iter().map(|name| column(name, ColumnKind::Text)));
            columns.push(column("count", ColumnKind::Count));
        }
        Shape::Wide => {
            let values = spec.values.iter().map(|value| column::of_value(value));
            columns.extend(values.map(|name| column(name, ColumnKind::Count)));
            if with_other {
                columns.push(column("other_count", ColumnKind::Count));
            }
            columns.push(column("avg_actions", ColumnKind::Mean));
        }
    }
    columns
}

fn column(name: impl Into<String>, kind: ColumnKind) -> Column {
    Column { name: name.into(), kind }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::spec;
    use super::*;

    fn names(spec: &ReportSpec, keys: &[&str], with_other: bool) -> Vec<String> {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        columns(spec, &keys, spec.shape(), with_other).into_iter().map(|column| column.name).collect()
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
}
