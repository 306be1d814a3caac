//! Columns: the names by which keys and values are published, the same in every format.
//!
//! Readers of Delta tables compare names without case and refuse some characters. No two columns of a table have one
//! name by their rules.

use std::collections::HashSet;

use super::{Moving, ReportSpec};
use crate::measure::{Function, Measure};

/// The columns that reports have beside those of their keys, in one format or another.
pub const OF_REPORTS: [&str; 6] = ["window_start", "window_end", "label", "count", "is_final", "report"];

/// The columns of `keys` in a report, in their order.
pub fn of_keys(keys: &[String]) -> Vec<String> {
    beside(&OF_REPORTS, keys)
}

/// The columns of `keys`, in their order, in a table that also has the columns `others`. A key's column has the name of
/// the key, with `_` in place of characters that a table cannot have in a name, and `key_` before a name that is taken.
pub fn beside(others: &[&str], keys: &[String]) -> Vec<String> {
    let mut taken: HashSet<String> = others.iter().map(|name| name.to_lowercase()).collect();
    let mut columns = vec![String::new(); keys.len()];
    // Keys that can keep their names come first, so that no other key takes one.
    for keeps_name in [true, false] {
        for (key, column) in keys.iter().zip(&mut columns).filter(|(_, column)| column.is_empty()) {
            let mut name = plain(key);
            if keeps_name && (name != *key || taken.contains(&name.to_lowercase())) {
                continue;
            }
            while !taken.insert(name.to_lowercase()) {
                name.insert_str(0, "key_");
            }
            *column = name;
        }
    }
    columns
}

/// The column of a value in a wide report: lower case, `_` for what is outside `[a-z0-9_]`, then `_count`. The empty
/// value is null's.
pub fn of_value(value: &str) -> String {
    if value.is_empty() {
        return "null_count".to_owned();
    }
    let plain = |c: char| if matches!(c, 'a'..='z' | '0'..='9' | '_') { c } else { '_' };
    value.to_lowercase().chars().map(plain).chain("_count".chars()).collect()
}

/// The column of a measure in a report: its function, then what it is of, as in `sum_bytes` and `p99_9_ms`.
pub fn of_measure(measure: &Measure) -> String {
    let function = measure.function.to_string().replace('.', "_");
    format!("{function}_{}", plain(&measure.column))
}

/// The column of a measure of one value in a wide report, as in `open_mean_ms`.
pub fn of_measure_of(value: &str, measure: &Measure) -> String {
    let of_value = of_value(value);
    format!("{}_{}", of_value.strip_suffix("_count").unwrap_or(&of_value), of_measure(measure))
}

/// What a column of a moving view holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MovingColumn {
    /// A number of events.
    Events,
    /// Per cent.
    Percent,
    /// A number of the kind that this function gives.
    Of(Function),
}

/// The names of the columns of moving views, and what they hold. First those of events: of one value, as in `open_cumulative`, `open_change_1w`
/// and `open_change_1w_percent`, or, without a value, of the whole row, as in `cumulative`. Then those of each measure, as in
/// `open_sum_bytes_change_1w` and `sum_bytes_cumulative`.
pub fn of_moving(value: Option<&str>, report: &ReportSpec) -> Vec<(String, MovingColumn)> {
    let Moving { cumulative, previous } = &report.moving;
    let views = |of: &str, has_total: bool, kind: MovingColumn| {
        let total = cumulative.iter().filter(|_| has_total).map(|_| (format!("{of}cumulative"), kind));
        let changes = previous.iter().flat_map(|step| {
            let (change, percent) = (format!("{of}change_{step}"), format!("{of}change_{step}_percent"));
            [(change, kind), (percent, MovingColumn::Percent)]
        });
        total.chain(changes).collect::<Vec<_>>()
    };
    let of_value = value.map(of_value);
    let of = of_value.as_deref().map_or("", |of| of.strip_suffix("count").unwrap_or(of));
    let mut columns = views(of, true, MovingColumn::Events);
    for measure in &report.measures {
        let name = value.map_or_else(|| of_measure(measure), |value| of_measure_of(value, measure));
        let function = measure.function;
        columns.extend(views(&format!("{name}_"), function.has_total(), MovingColumn::Of(function)));
    }
    columns
}

/// Whether `name` has the form of a column of a moving view.
pub(crate) fn is_moving(name: &str) -> bool {
    let name = name.strip_suffix("_percent").unwrap_or(name);
    let is_change = |(before, step): (&str, &str)| {
        (before == "change" || before.ends_with("_change")) && step.parse::<crate::calendar::Step>().is_ok()
    };
    name == "cumulative" || name.ends_with("_cumulative") || name.rsplit_once('_').is_some_and(is_change)
}

/// Whether `name` has the form of a column of a measure: `sum_bytes`, `open_p99_9_ms`.
pub(crate) fn is_measure(name: &str) -> bool {
    const FUNCTIONS: [&str; 5] = ["sum", "mean", "min", "max", "distinct"];
    let is_quantile = |part: &str| {
        part.strip_prefix('p').is_some_and(|n| !n.is_empty() && n.bytes().all(|digit| digit.is_ascii_digit()))
    };
    let is_function = |part: &str| FUNCTIONS.contains(&part) || is_quantile(part);
    // A count of the value `min` is none.
    !name.ends_with("_count")
        && name.rsplit_once('_').is_some_and(|(before, _)| before.split('_').any(is_function))
}

/// Whether a column that is [`is_measure`] is of a measure that is exact: not a mean, nor a quantile.
pub(crate) fn is_exact_measure(name: &str) -> bool {
    let is_quantile = |part: &str| {
        part.strip_prefix('p').is_some_and(|n| !n.is_empty() && n.bytes().all(|digit| digit.is_ascii_digit()))
    };
    !name.split('_').any(|part| part == "mean" || is_quantile(part))
}

/// A name without what Delta tables refuse in the names of columns.
fn plain(name: &str) -> String {
    let is_refused = |c: char| c.is_control() || " ,;{}()=".contains(c);
    name.chars().map(|c| if is_refused(c) { '_' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_measures_are_known() {
        for name in ["sum_bytes", "open_mean_ms", "p95_ms", "shut_p99_9_ms", "distinct_user_id"] {
            assert!(is_measure(name), "{name}");
        }
        for name in ["count", "open_count", "min_count", "sum", "p_ms", "pause_ms", "action"] {
            assert!(!is_measure(name), "{name}");
        }
    }

    fn columns(keys: &[&str]) -> Vec<String> {
        of_keys(&keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_name_that_a_table_can_have_is_kept() {
        let names = ["action", "User-Agent", "a.b", "größe", "key_user"];
        assert_eq!(columns(&names), names);
    }

    #[test]
    fn what_delta_readers_refuse_in_a_name_is_replaced() {
        assert_eq!(
            columns(&["user id", "a,b;c{d}e(f)g=h", "x\ty\nz\r"]),
            ["user_id", "a_b_c_d_e_f_g_h", "x_y_z_"]
        );
    }

    #[test]
    fn names_of_other_columns_are_taken_whatever_their_case() {
        let columns = columns(&["Count", "LABEL", "is_final", "Report", "window start"]);
        assert_eq!(columns, ["key_Count", "key_LABEL", "key_is_final", "key_Report", "key_window_start"]);
    }

    #[test]
    fn no_two_keys_have_one_column() {
        assert_eq!(columns(&["label", "key_label"]), ["key_key_label", "key_label"]);
        assert_eq!(
            columns(&["user id", "user_id", "User_ID"]),
            ["key_user_id", "user_id", "key_key_User_ID"]
        );
        assert_eq!(columns(&["Action", "action"]), ["Action", "key_action"]);
        let keys = ["old", "key_old", "at"].map(str::to_owned);
        assert_eq!(beside(&["at", "old"], &keys), ["key_key_old", "key_old", "key_at"]);
    }
}
