//! The layout: which columns a report has. It follows from the job alone, save `other_count`, which shows when
//! something is in it.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

use super::measured::kind;
use super::moving;
use crate::job::{Measure, ReportSpec, TableShape, column};

/// The columns of the report `spec` over the key columns `keys` in `shape`; `with_other`: something is outside the
/// named values. Windows are instants in UTC, counts whole numbers, the mean another; a key may be null.
pub(super) fn schema(spec: &ReportSpec, keys: &[String], shape: TableShape, with_other: bool) -> SchemaRef {
    let time = || DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let mut fields = vec![Field::new("window_start", time(), false), Field::new("window_end", time(), false)];
    let measure = |name, of: &Measure| Field::new(name, kind(of.function), true);
    let count = |name: String| Field::new(name, DataType::Int64, true);
    match shape {
        TableShape::Long => {
            let keys = column::of_keys(keys).into_iter();
            fields.extend(keys.map(|name| Field::new(name, DataType::Utf8, true)));
            fields.push(count("count".to_owned()));
            fields.extend(spec.measures.iter().map(|of| measure(column::of_measure(of), of)));
            fields.extend(moving::fields(None, spec));
        }
        TableShape::Wide => {
            fields.extend(spec.values.iter().map(|value| count(column::of_value(value))));
            fields.extend(with_other.then(|| count("other_count".to_owned())));
            fields.push(Field::new("avg_actions", DataType::Float64, true));
            fields.extend(spec.measures.iter().map(|of| measure(column::of_measure(of), of)));
            for value in &spec.values {
                let name = |of| column::of_measure_of(value, of);
                fields.extend(spec.measures.iter().map(|of| measure(name(of), of)));
            }
            for value in &spec.values {
                fields.extend(moving::fields(Some(value), spec));
            }
        }
    }
    Arc::new(Schema::new(fields))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::spec;
    use super::*;

    fn names(spec: &ReportSpec, keys: &[&str], with_other: bool) -> Vec<String> {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let schema = schema(spec, &keys, spec.shape(), with_other);
        schema.fields().iter().map(|field| field.name().clone()).collect()
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
