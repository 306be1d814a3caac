//! Columns: which column of a result is the window's start, its end, a key, a count, the mean.
//!
//! The user names a column, or it is found by common names and by the values of the other side. If that is not clear,
//! the error shows what to write.

use std::collections::{HashMap, HashSet};

use super::instant::{reads_as_time, whole};
use super::measured::is_measure;
use super::names::{RoleMap, by_stem, stem};
use super::result::{Head, ResultField};
use crate::error::{Code, Error, Result};
use crate::job::column;
use crate::text::escape::quoted;

/// The columns of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultColumns {
    /// The column of window starts.
    pub start: String,
    /// The column of window ends.
    pub end: Option<String>,
    /// The columns of counts.
    pub shape: Shape,
    /// The columns of measures.
    pub measures: Vec<String>,
}

/// How a result holds its counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A column per value.
    Wide {
        /// The values, named as the user or the column names them, each with its column.
        values: Vec<(String, String)>,
        /// The column that counts all other values.
        other: Option<String>,
        /// The column of the mean.
        mean: Option<String>,
    },
    /// A row per value.
    Long {
        /// The columns of the keys.
        keys: Vec<String>,
        /// The column of the count.
        count: String,
    },
}

/// What is known of the other side.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// The job's keys, if it is a job.
    pub keys: Option<Vec<String>>,
    /// The values that its report names.
    pub named: Vec<String>,
    /// All its values, if known.
    pub values: Vec<String>,
}

impl Expected {
    /// The values by their stems. If the report names values of a stem, only those are given.
    fn by_stem(&self) -> HashMap<String, Vec<&String>> {
        let mut values = by_stem(&self.values);
        values.extend(by_stem(&self.named));
        values
    }
}

const STARTS: [&str; 3] = ["window_start", "window.start", "start"];
/// Names that may mark the start of windows, if only one of them is there.
const TIMES: [&str; 7] = ["ts", "time", "window", "timestamp", "start_time", "bucket", "datetime"];
const ENDS: [&str; 5] = ["window_end", "window.end", "end", "end_time", "bucket_end"];
const COUNTS: [&str; 8] = ["count", "n", "cnt", "counts", "events", "num_events", "event_count", "count(1)"];
const KEYS: [&str; 5] = ["action", "event", "event_name", "event_type", "type"];
const TOTALS: [&str; 5] = ["total", "total_count", "sum", "all", "all_count"];
/// Columns that describe a row and are not keys.
const NOTES: [&str; 4] = ["label", "is_final", "report", "date"];

impl ResultColumns {
    /// Finds the columns of the result `name` by its `head`, and says what was chosen.
    ///
    /// # Errors
    /// Usage: a column is missing or not clear.
    pub fn find(name: &str, head: &Head, expected: &Expected, map: &RoleMap) -> Result<(Self, Vec<String>)> {
        let search = ColumnSearch { name, head, map };
        if head.names.is_empty() {
            return Err(Error::data(format!("{name} has no row and no header"))
                .with_code(Code::UnreadableResult)
                .with_help(
                    "was it written to its end? In a folder with _SUCCESS, it is a result without rows",
                ));
        }
        let start = search.start(expected)?;
        let end = search.mapped(&["window.end", "window_end", "end"])?.or_else(|| search.one_of(&ENDS));
        let end = end.or_else(|| search.second_time(&start));
        let (measured, rest): (Vec<usize>, Vec<usize>) = (0..head.names.len())
            .filter(|at| head.names[*at] != start && Some(&head.names[*at]) != end.as_ref())
            .partition(|at| is_measure(head, *at, expected) && search.is_number(*at));
        let measures = measured.iter().map(|at| head.names[*at].clone()).collect();
        let shape = search.shape(&rest, expected).map_err(|error| match search.is_log(&start, &rest) {
            true => search.no_counts(&start),
            false => error,
        })?;
        let columns = ResultColumns { start, end, shape, measures };
        let said = columns.said(name, head);
        Ok((columns, said))
    }

    /// The columns in the order they are read in: start, end, and those of the shape.
    pub fn names(&self) -> Vec<String> {
        let mut names = vec![self.start.clone(), self.end.clone().unwrap_or_else(|| self.start.clone())];
        match &self.shape {
            Shape::Wide { values, other, mean } => {
                names.extend(values.iter().map(|(_, column)| column.clone()));
                names.extend(other.iter().chain(mean).cloned());
            }
            Shape::Long { keys, count } => {
                names.extend(keys.iter().cloned());
                names.push(count.clone());
            }
        }
        names
    }

    fn said(&self, name: &str, head: &Head) -> Vec<String> {
        let end = self.end.as_ref().map(|end| format!(", end {end}")).unwrap_or_default();
        let what = match &self.shape {
            Shape::Long { keys, count } if keys.is_empty() => format!("count {count}"),
            Shape::Long { keys, count } => format!("a row per value of {}, count {count}", keys.join(", ")),
            Shape::Wide { values, other, mean } => {
                let values = values.iter().map(|(_, column)| column.as_str());
                let all: Vec<&str> = values.chain(other.as_deref()).collect();
                let mean = mean.as_ref().map(|mean| format!(", mean {mean}")).unwrap_or_default();
                format!("counts {}{mean}", all.join(", "))
            }
        };
        let used: HashSet<String> = self.names().into_iter().chain(self.measures.iter().cloned()).collect();
        let is_unused = |column: &&String| !used.contains(*column) && !NOTES.contains(&column.as_str());
        let unused: Vec<&str> = head.names.iter().filter(is_unused).map(String::as_str).collect();
        let mut said = vec![format!("{name}: window start {}{end}; {what}", self.start)];
        if !unused.is_empty() {
            said.push(format!("{name}: not compared: {}", unused.join(", ")));
        }
        said
    }
}

fn is_total(name: &str) -> bool {
    TOTALS.contains(&name) || COUNTS.contains(&name)
}

pub(super) struct ColumnSearch<'s> {
    pub(super) name: &'s str,
    pub(super) head: &'s Head,
    map: &'s RoleMap,
}

impl ColumnSearch<'_> {
    pub(super) fn find(&self, wanted: &str) -> Option<usize> {
        let names = &self.head.names;
        let exact = names.iter().position(|name| name == wanted);
        exact.or_else(|| names.iter().position(|name| name.eq_ignore_ascii_case(wanted)))
    }

    fn one_of(&self, usual: &[&str]) -> Option<String> {
        usual.iter().find_map(|name| self.find(name)).map(|at| self.head.names[at].clone())
    }

    /// The column that the user gave for one of these names, if this result has it.
    fn mapped(&self, names: &[&str]) -> Result<Option<String>> {
        let Some(column) = self.map.column(|name| names.contains(&name)) else { return Ok(None) };
        match self.find(column) {
            Some(at) => Ok(Some(self.head.names[at].clone())),
            None => Ok(None),
        }
    }

    fn start(&self, expected: &Expected) -> Result<String> {
        let names = ["window.start", "window_start", "start"];
        if let Some(start) = self.mapped(&names)? {
            return Ok(start);
        }
        let times: Vec<usize> = (0..self.head.names.len()).filter(|at| self.is_time(*at)).collect();
        if self.head.without_header {
            return match times[..] {
                [first, ..] => Ok(self.head.names[first].clone()),
                [] => Err(self.unclear("has no column of times", expected)),
            };
        }
        let is_null = |at: usize| self.head.values(at).next().is_none();
        let of_time = |at: &usize| times.contains(at) || times.is_empty() && is_null(*at);
        let found = |usual: &[&str]| -> Vec<usize> {
            usual.iter().filter_map(|name| self.find(name)).filter(of_time).collect()
        };
        let (plain, other) = (found(&STARTS), found(&TIMES));
        match (&plain[..], &other[..], &times[..]) {
            ([at, ..], ..) | ([], [at], _) | ([], [], [at]) => Ok(self.head.names[*at].clone()),
            _ => Err(self
                .no_start(&STARTS)
                .unwrap_or_else(|| self.unclear("does not say where its windows start", expected))),
        }
    }

    /// Without a header the second time is the window's end.
    fn second_time(&self, start: &str) -> Option<String> {
        let times =
            (0..self.head.names.len()).filter(|at| self.is_time(*at) && self.head.names[*at] != start);
        times.take(1).find(|_| self.head.without_header).map(|at| self.head.names[at].clone())
    }

    fn is_time(&self, at: usize) -> bool {
        let is_time = |field: &ResultField| match field {
            ResultField::Instant(_) | ResultField::Reading(_) => true,
            ResultField::Text(text) => reads_as_time(text),
            ResultField::Whole(n) => *n >= 100_000_000,
            _ => false,
        };
        let mut values = self.head.values(at).peekable();
        values.peek().is_some() && values.all(is_time)
    }

    fn is_number(&self, at: usize) -> bool {
        let is_number = |field: &ResultField| match field {
            ResultField::Whole(_) | ResultField::Real(_) => true,
            ResultField::Text(text) => text.trim_ascii().parse::<f64>().is_ok(),
            _ => false,
        };
        self.head.values(at).all(is_number)
    }

    /// Whether it has a row per event: its time is not named as a window start, and no column is named as a count.
    fn is_log(&self, start: &str, rest: &[usize]) -> bool {
        let is_count = |at: &usize| self.head.names[*at].to_lowercase().contains("count");
        let is_window = |name: &&str| name.eq_ignore_ascii_case(start);
        let ends = ENDS.iter().any(|name| self.find(name).is_some());
        !self.head.rows.is_empty()
            && !STARTS.iter().any(is_window)
            && !ends
            && rest.iter().any(|at| !self.is_number(*at))
            && !rest.iter().any(is_count)
    }

    fn is_whole(&self, at: usize) -> bool {
        self.head.values(at).all(|field| whole(field).is_some())
    }

    fn shape(&self, rest: &[usize], expected: &Expected) -> Result<Shape> {
        let name = |at: usize| self.head.names[at].clone();
        let is_note = |at: &usize| NOTES.contains(&name(*at).as_str());
        let count = self.mapped(&["count"])?.or_else(|| {
            let usual = COUNTS.iter().find_map(|usual| self.find(usual)).filter(|at| rest.contains(at));
            usual.map(name)
        });
        // Without rows, only the names say what is text.
        let is_text = |at: usize| match (self.head.rows.is_empty(), &count) {
            (false, _) => !self.is_number(at),
            (true, Some(count)) => name(at) != *count && !is_total(&name(at).to_lowercase()),
            (true, None) => false,
        };
        let texts: Vec<usize> = rest.iter().copied().filter(|at| is_text(*at) && !is_note(at)).collect();
        let lone = match rest.iter().filter(|at| self.is_whole(**at)).collect::<Vec<_>>()[..] {
            [at] if texts.len() == 1 => Some(name(*at)),
            _ => None,
        };
        let keys = self.keys(rest, &texts, expected);
        if let Some(count) = count.or(lone)
            && !self.names_values(rest, &count)
        {
            let keys = match keys {
                Some(keys) if !keys.is_empty() => keys,
                _ if texts.is_empty() && self.counts_all(rest, expected) => vec![],
                _ if texts.is_empty() => return self.wide(rest, expected),
                _ => {
                    let what = "has several columns of text, any of which may be the key";
                    return Err(self.unclear(what, expected));
                }
            };
            return Ok(Shape::Long { keys, count });
        }
        self.wide(rest, expected)
    }

    /// Whether a result without keys counts all events together.
    fn counts_all(&self, rest: &[usize], expected: &Expected) -> bool {
        let counts = rest.iter().filter(|at| self.is_whole(**at)).count();
        expected.keys.as_ref().map_or(counts == 1, Vec::is_empty)
    }

    /// The columns of the keys in a long result.
    fn keys(&self, rest: &[usize], texts: &[usize], expected: &Expected) -> Option<Vec<String>> {
        let in_rest =
            |name: &str| self.find(name).filter(|at| rest.contains(at)).map(|at| self.head.names[at].clone());
        let keys = expected.keys.as_deref().unwrap_or_default();
        // In results of windrow, a key whose name another column has is renamed.
        let columns = keys.iter().zip(column::of_keys(keys)).map(|(key, published)| {
            let given = self.map.column(|name| name == key).and_then(in_rest);
            given.or_else(|| in_rest(&published)).or_else(|| in_rest(key))
        });
        let named: Option<Vec<String>> = expected.keys.as_ref().and_then(|_| columns.collect());
        let given = || {
            let is_text = |column: &String| texts.iter().any(|at| self.head.names[*at] == *column);
            let columns = self.map.pairs().map(|(_, column)| column).filter(|column| is_text(column));
            Some(columns.cloned().collect::<Vec<_>>()).filter(|columns| !columns.is_empty())
        };
        let usual = || {
            let found: Vec<usize> =
                texts.iter().copied().filter(|at| KEYS.contains(&self.head.names[*at].as_str())).collect();
            match (&found[..], texts) {
                ([one], _) | ([], [one]) => Some(vec![self.head.names[*one].clone()]),
                _ => None,
            }
        };
        // In results that windrow has written, all columns of text are keys.
        let all = || {
            let own = self.find("window_start").is_some() && self.find("window_end").is_some();
            own.then(|| texts.iter().map(|at| self.head.names[*at].clone()).collect::<Vec<_>>())
        };
        named.or_else(given).or_else(usual).or_else(all)
    }

    /// Whether the user has named a value's column other than the count.
    fn names_values(&self, rest: &[usize], count: &str) -> bool {
        self.map.pairs().any(|(name, column)| {
            let is_other = ![
                "count",
                "mean",
                "window.start",
                "window_start",
                "start",
                "window.end",
                "window_end",
                "end",
            ]
            .contains(&name.as_str());
            is_other
                && column != count
                && self
                    .find(column)
                    .is_some_and(|at| rest.contains(&at) && self.is_number(at) && !self.head.rows.is_empty())
        })
    }

    fn wide(&self, rest: &[usize], expected: &Expected) -> Result<Shape> {
        let (mut values, mut other, mut mean) = (Vec::new(), None, self.mapped(&["mean", "avg_actions"])?);
        let given =
            |column: &str| self.map.pairs().find(|(_, own)| own == column).map(|(name, _)| name.clone());
        let values_by_stem = expected.by_stem();
        let any_given = rest.iter().any(|at| given(&self.head.names[*at]).is_some_and(|name| name != "mean"));
        for at in rest.iter().copied().filter(|at| self.is_number(*at)) {
            let column = self.head.names[at].clone();
            let lower = column.to_lowercase();
            let is_mean = ["avg", "mean", "average"]
                .iter()
                .any(|word| lower.starts_with(word) || lower.ends_with(word));
            if let Some(name) = given(&column) {
                match name.as_str() {
                    "mean" | "avg_actions" => {}
                    "other" => other = Some(column),
                    _ => values.push((name, column)),
                }
            } else if is_mean {
                mean = mean.or(Some(column));
            } else if any_given || self.head.without_header {
                continue;
            } else if matches!(lower.as_str(), "other_count" | "other") {
                other = Some(column);
            } else {
                let alike = values_by_stem.get(&stem(&column)).map_or(&[][..], Vec::as_slice);
                // A column named like a value counts it, and must hold whole numbers. Other numbers may be anything.
                if alike.is_empty() && (!self.is_whole(at) || is_total(&lower)) {
                    continue;
                }
                let exact = alike.iter().find(|value| **value == &column);
                match (exact, alike) {
                    (Some(value), _) | (None, [value]) => values.push(((*value).clone(), column)),
                    (None, []) if expected.values.is_empty() || lower.contains("count") => {
                        values.push((column.clone(), column))
                    }
                    (None, []) => {}
                    (None, [..]) => {
                        let shown: Vec<String> = alike.iter().map(quoted).collect();
                        let what = format!("has the column {column}, which may count {}", shown.join(" or "));
                        return Err(self.unclear(&what, expected));
                    }
                }
            }
        }
        if values.is_empty() {
            return Err(self.unclear("does not say which columns are counts", expected));
        }
        let mut known = HashSet::new();
        if let Some((name, _)) = values.iter().find(|(name, _)| !known.insert(name)) {
            return Err(self.unclear(&format!("has more than one column for {name}"), expected));
        }
        Ok(Shape::Wide { values, other, mean })
    }
}
