//! Functions: what can be computed of the values of a column, and how that is written.

use std::fmt::{self, Display};

use super::number::Number;
use crate::text::suggest;

/// A function of the values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Function {
    /// Their sum.
    Sum,
    /// Their mean.
    Mean,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The quantile, in thousandths: the value that this many of 1000 values do not exceed.
    Quantile(u16),
    /// The number of different values.
    Distinct,
}

/// The functions that are one word, and other words for them.
const WORDS: [(&str, Function, &[&str]); 5] = [
    ("sum", Function::Sum, &["total"]),
    ("mean", Function::Mean, &["avg", "average"]),
    ("min", Function::Min, &["minimum", "least"]),
    ("max", Function::Max, &["maximum", "greatest"]),
    (
        "distinct",
        Function::Distinct,
        &["nunique", "count_distinct", "approx_count_distinct", "unique", "uniq"],
    ),
];

impl Function {
    /// All functions, for messages.
    pub const ALL: &'static str = "sum, mean, min, max, p50 to p99.9, distinct";

    /// The function with this name.
    pub fn of_word(word: &str) -> Option<Self> {
        let known = WORDS.iter().find(|(known, ..)| *known == word);
        known.map(|(_, function, _)| *function).or_else(|| quantile(word))
    }

    /// The name of the function that a word probably means: a word of another program, or a word similar to a name.
    pub(crate) fn nearest(word: &str) -> Option<&'static str> {
        let lower = word.to_lowercase();
        if matches!(&*lower, "median" | "p50") {
            return Some("p50");
        }
        let is_meant = |(known, _, others): &&(&str, Function, &[&str])| {
            *known == lower || others.contains(&&*lower) || suggest::distance(&lower, known) == 1
        };
        WORDS.iter().find(is_meant).map(|(known, ..)| *known)
    }

    /// The states of a column that it needs.
    pub(crate) fn states(self) -> States {
        match self {
            Function::Sum | Function::Mean | Function::Min | Function::Max => States::MOMENTS,
            // The least and the greatest value bound a quantile.
            Function::Quantile(_) => States::MOMENTS.and(States::BUCKETS),
            Function::Distinct => States::DISTINCT,
        }
    }

    /// Whether it has a running total: sums and numbers of different values have one.
    pub(crate) fn has_total(self) -> bool {
        matches!(self, Function::Sum | Function::Distinct)
    }

    /// Null, as the kind of number that it returns.
    pub(crate) fn null(self) -> Number {
        match self {
            Function::Sum | Function::Min | Function::Max => Number::Decimal(None),
            Function::Mean | Function::Quantile(_) => Number::Real(None),
            Function::Distinct => Number::Whole(None),
        }
    }
}

/// `p95`, `p99.9`: more than p0 and less than p100, with at most one digit behind the point.
fn quantile(word: &str) -> Option<Function> {
    let (whole, tenth) = word.strip_prefix('p').map(|text| text.split_once('.').unwrap_or((text, "0")))?;
    let is_number = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_number(whole, 2) || !is_number(tenth, 1) {
        return None;
    }
    let per_mille = whole.parse::<u16>().ok()? * 10 + tenth.parse::<u16>().ok()?;
    (per_mille > 0).then_some(Function::Quantile(per_mille))
}

impl Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Function::Quantile(per_mille) if per_mille % 10 == 0 => write!(f, "p{}", per_mille / 10),
            Function::Quantile(per_mille) => write!(f, "p{}.{}", per_mille / 10, per_mille % 10),
            other => {
                let word = WORDS.iter().find(|(_, function, _)| function == other);
                f.write_str(word.map_or("", |(word, ..)| *word))
            }
        }
    }
}

/// A function of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// The function.
    pub function: Function,
    /// The name of the column.
    pub column: String,
}

impl Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.function, self.column)
    }
}

/// The states that are kept of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct States(u8);

impl States {
    /// The number of values, their sum, the least and the greatest.
    pub(crate) const MOMENTS: States = States(1);
    /// The number of values per range of sizes.
    pub(crate) const BUCKETS: States = States(2);
    /// Which different values there are.
    pub(crate) const DISTINCT: States = States(4);

    /// The states in either of them.
    pub(crate) fn and(self, other: States) -> States {
        States(self.0 | other.0)
    }

    /// Whether all of `other` are among them.
    #[inline(always)]
    pub(crate) fn have(self, other: States) -> bool {
        self.0 & other.0 == other.0
    }
}

/// How the numbers of measured columns are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NumberRules {
    /// The separator between groups of three digits.
    pub thousands: Option<u8>,
    /// Whether a value that is not a number is null instead of a reject.
    pub bad_is_null: bool,
}

/// A column that is measured, and what is kept of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasuredColumn {
    /// The column.
    pub(crate) name: String,
    /// The states that are kept.
    pub(crate) states: States,
    /// How its numbers are written.
    pub(crate) rules: NumberRules,
}

impl MeasuredColumn {
    /// Whether the column is kept as text, as `distinct` needs it, and not only as numbers.
    pub(crate) fn is_text(&self) -> bool {
        self.states.have(States::DISTINCT)
    }

    /// The columns that `measures` need, sorted by name, each once. Their numbers are written by these rules.
    pub(crate) fn all_by<'m>(
        rules: NumberRules,
        measures: impl Iterator<Item = &'m Measure>,
    ) -> Vec<MeasuredColumn> {
        let mut columns: Vec<MeasuredColumn> = Vec::new();
        for Measure { function, column } in measures {
            let states = function.states();
            match columns.iter_mut().find(|known| known.name == *column) {
                Some(known) => known.states = known.states.and(states),
                None => columns.push(MeasuredColumn { name: column.clone(), states, rules }),
            }
        }
        columns.sort_by(|a, b| a.name.cmp(&b.name));
        columns
    }

    /// The same, of plain numbers.
    #[cfg(test)]
    pub(crate) fn all<'m>(measures: impl Iterator<Item = &'m Measure>) -> Vec<MeasuredColumn> {
        MeasuredColumn::all_by(NumberRules::default(), measures)
    }
}

impl Display for MeasuredColumn {
    /// As a fingerprint has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NumberRules { thousands, bad_is_null } = self.rules;
        let rules = u32::from(bad_is_null) << 7 | u32::from(thousands.unwrap_or(0)) << 8;
        write!(f, "{} {}", u32::from(self.states.0) | rules, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_read_and_written() {
        for word in ["sum", "mean", "min", "max", "distinct", "p50", "p95", "p99.9", "p0.1", "p5"] {
            assert_eq!(Function::of_word(word).unwrap().to_string(), word);
        }
        assert_eq!(Function::of_word("p50.0"), Some(Function::Quantile(500)));
        for word in ["", "Sum", "avg", "p", "p0", "p100", "p99.99", "p-1", "p.5", "p5.", "q95", "p+5"] {
            assert_eq!(Function::of_word(word), None, "{word}");
        }
        for (word, near) in
            [("avg", "mean"), ("summ", "sum"), ("Median", "p50"), ("nunique", "distinct"), ("MAX", "max")]
        {
            assert_eq!(Function::nearest(word), Some(near));
        }
        for word in ["stddev", "", "p95", "xxsum"] {
            assert_eq!(Function::nearest(word), None, "{word}");
        }
        assert_eq!([Function::nearest("mi"), Function::nearest("P50")], [Some("min"), Some("p50")]);
    }

    #[test]
    fn each_function_has_its_states_and_its_null() {
        let with_buckets = States(States::MOMENTS.0 | States::BUCKETS.0);
        for (function, states, has_total, null) in [
            (Function::Sum, States::MOMENTS, true, Number::Decimal(None)),
            (Function::Mean, States::MOMENTS, false, Number::Real(None)),
            (Function::Min, States::MOMENTS, false, Number::Decimal(None)),
            (Function::Max, States::MOMENTS, false, Number::Decimal(None)),
            (Function::Quantile(950), with_buckets, false, Number::Real(None)),
            (Function::Distinct, States::DISTINCT, true, Number::Whole(None)),
        ] {
            assert_eq!(function.states(), states, "{function}");
            assert_eq!((function.has_total(), function.null()), (has_total, null), "{function}");
        }
        assert!(with_buckets.have(States::BUCKETS) && !with_buckets.have(States::DISTINCT));
        assert!(!States::MOMENTS.have(with_buckets));
        let measure = Measure { function: Function::Quantile(999), column: "ms".to_owned() };
        assert_eq!(measure.to_string(), "p99.9(ms)");
    }

    #[test]
    fn a_column_has_its_rules_in_its_fingerprint() {
        let column = |thousands, bad_is_null| MeasuredColumn {
            name: "ms".to_owned(),
            states: States::MOMENTS,
            rules: NumberRules { thousands, bad_is_null },
        };
        assert_eq!(column(None, false).to_string(), "1 ms");
        assert_eq!(column(None, true).to_string(), "129 ms");
        assert_eq!(column(Some(b','), false).to_string(), "11265 ms");
        assert_eq!(column(Some(b' '), true).to_string(), "8321 ms");
    }

    #[test]
    fn a_column_is_kept_once_with_all_that_is_asked_of_it() {
        let measure = |function, column: &str| Measure { function, column: column.to_owned() };
        let asked = [
            measure(Function::Quantile(950), "ms"),
            measure(Function::Sum, "bytes"),
            measure(Function::Distinct, "ms"),
            measure(Function::Mean, "bytes"),
        ];
        let columns = MeasuredColumn::all(asked.iter());
        let shown: Vec<String> = columns.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["1 bytes", "7 ms"]);
    }
}
