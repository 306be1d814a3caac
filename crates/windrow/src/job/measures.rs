//! Measures of a report: from `sum(bytes)` as written to what is asked of which column.

use super::check::word_or;
use super::file::SourceFile;
use super::span::{At, Fault};
use super::{ReportSpec, TableShape, column};
use crate::error::{Error, Result};
use crate::measure::{Function, Measure, NumberRules};
use crate::text::escape::for_people;

/// The measures that are written in the report `name`.
pub(super) fn measures(written: &[String], name: &str) -> Result<Vec<Measure>, Fault> {
    let mut measures: Vec<Measure> = Vec::with_capacity(written.len());
    for (at, text) in written.iter().enumerate() {
        let place = ["reports", name, "measures", &at.to_string()];
        let measure = measure(text).at(&place)?;
        if measures.contains(&measure) {
            return Err(Error::invalid(format!("`{}` is named twice", for_people(text)))).at(&place);
        }
        measures.push(measure);
    }
    Ok(measures)
}

/// How the numbers of measured columns are written.
pub(super) fn number_rules(written: &SourceFile) -> Result<NumberRules, Fault> {
    let thousands = written.thousands.as_deref().map(separator).transpose();
    let bad = word_or(written.on_bad_number.as_deref(), OnBadNumber::Reject);
    Ok(NumberRules {
        thousands: thousands.at(&["source", "thousands"])?,
        bad_is_null: bad.at(&["source", "on_bad_number"])? == OnBadNumber::Null,
    })
}

fn separator(text: &str) -> Result<u8> {
    match text.as_bytes() {
        [byte @ (b',' | b'\'' | b'_' | b' ')] => Ok(*byte),
        b"." => {
            Err(Error::invalid("a point stands before decimals, so it cannot separate thousands".to_owned())
                .with_help("write numbers with a point before their decimals"))
        }
        _ => Err(Error::invalid(format!("`{}` cannot separate thousands", for_people(text)))
            .with_help("one of a comma, an apostrophe, `_` and a space")),
    }
}

/// What is done with a value that should be a number, and is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnBadNumber {
    /// Its row is a reject.
    Reject,
    /// It is null.
    Null,
}

/// Those of the measures that are written right, whatever the others are.
pub(crate) fn readable(written: &[String]) -> impl Iterator<Item = Measure> {
    written.iter().filter_map(|text| measure(text).ok())
}

/// `function(column)`.
pub(super) fn measure(text: &str) -> Result<Measure> {
    let parts = text.trim().strip_suffix(')').and_then(|text| text.split_once('('));
    let Some((word, column)) = parts.map(|(word, column)| (word.trim(), column.trim())) else {
        let shown = for_people(text);
        let example = match Function::of_word(text.trim()) {
            Some(function) => format!("{function}(bytes)"),
            None => "sum(bytes)".to_owned(),
        };
        let error = Error::invalid(format!("`{shown}` is not a measure, which is a function of a column"));
        return Err(error.with_help(format!("write it as {example}; the functions are {}", Function::ALL)));
    };
    if let Some((first, second)) = column.split_once(')').filter(|(_, rest)| rest.contains('(')) {
        let second = second.trim_start_matches([',', ';', ' ']);
        let help =
            format!("write each by itself: {word}({first}) and {second})", second = for_people(second));
        return Err(
            Error::invalid(format!("`{}` is more than one measure", for_people(text))).with_help(help)
        );
    }
    let Some(function) = Function::of_word(word) else {
        let error = Error::invalid(format!("`{}` is not a function of a measure", for_people(word)));
        let all = format!("the functions are {}", Function::ALL);
        let instead = match word.to_lowercase().as_str() {
            "count" => Some("every report has the column `count`, so leave it out; to count different values, write `distinct(column)`".to_owned()),
            "p100" => Some(format!("the greatest value is `max({})`", for_people(column))),
            "p0" => Some(format!("the least value is `min({})`", for_people(column))),
            _ => None,
        };
        if let Some(instead) = instead {
            return Err(error.with_help(instead));
        }
        return Err(match Function::nearest(word) {
            Some(near) => error.with_help(format!("did you mean `{near}({})`? {all}", for_people(column))),
            None => error.with_help(all),
        });
    };
    if column.is_empty() {
        return Err(Error::invalid(format!("`{}` names no column", for_people(text)))
            .with_help(format!("write it as {function}(bytes)")));
    }
    Ok(Measure { function, column: column.to_owned() })
}

/// Every column that measures add to `report` over `keys` has a name of its own.
pub(super) fn check_columns(report: &ReportSpec, keys: &[String]) -> Result<(), Fault> {
    let lower = |names: Vec<String>| names.into_iter().map(|name| name.to_lowercase());
    let of_keys = column::of_keys(keys).into_iter().chain(column::OF_REPORTS.map(str::to_owned)).collect();
    let mut taken: Vec<String> = lower(of_keys).collect();
    taken.extend(report.values.iter().map(|value| column::of_value(value)));
    let add = |of: &str, at: usize, taken: &mut Vec<String>| {
        if taken.contains(&of.to_lowercase()) {
            let measure = &report.measures[at];
            let error = Error::invalid(format!(
                "`{measure}` needs the column {}, which is taken already",
                for_people(of)
            ));
            let help = "leave it out, or rename the column of the source";
            return Err(error.with_help(help)).at(&["reports", &report.name, "measures", &at.to_string()]);
        }
        taken.push(of.to_lowercase());
        Ok(())
    };
    for (at, measure) in report.measures.iter().enumerate() {
        add(&column::of_measure(measure), at, &mut taken)?;
    }
    if report.shape() == TableShape::Wide {
        for value in &report.values {
            for (at, measure) in report.measures.iter().enumerate() {
                add(&column::of_measure_of(value, measure), at, &mut taken)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_measure_is_told_with_what_to_write() {
        for (text, message, help) in [
            ("p100(ms)", "`p100` is not a function", "the greatest value is `max(ms)`"),
            ("p0(ms)", "`p0` is not a function", "the least value is `min(ms)`"),
            ("count(ms)", "`count` is not a function", "the column `count`"),
            ("avg(ms)", "`avg` is not a function", "did you mean `mean(ms)`?"),
            ("sum(a),mean(b)", "is more than one measure", "write each by itself: sum(a) and mean(b)"),
            ("sum(a) , mean(b) , max(c)", "is more than one measure", "sum(a) and mean(b) , max(c)"),
            ("sum", "is not a measure", "write it as sum(bytes)"),
            ("sum()", "names no column", "sum(bytes)"),
        ] {
            let error = measure(text).unwrap_err();
            assert!(error.message().contains(message), "{error}");
            assert!(error.help_text().unwrap().contains(help), "{text}: {:?}", error.help_text());
        }
        assert_eq!(measure(" sum( a(b) ) ").unwrap().column, "a(b)");
        assert_eq!(measure("sum(a)b)").unwrap().column, "a)b");
    }
}
