//! How Spark's CSV reader reads an event log: its lines, records and times.
//!
//! It takes what windrow rejects: fields are cut or null, quotes out of place are text. `tests/spark` keeps a table of
//! examples, written by a live Spark, that these files must agree with.

pub(super) mod cast;
pub(super) mod pattern;
pub(super) mod record;
pub(super) mod rows;

#[cfg(test)]
mod tests;

/// The options of `spark.read.csv` that change what a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SparkCsvOptions {
    /// `multiLine=True`.
    pub(super) multi_line: bool,
    /// `escape='"'`; otherwise a backslash is the escape.
    pub(super) quote_escapes: bool,
    /// `mode='DROPMALFORMED'`: records with more or fewer fields than columns are dropped, where the parser reads all columns.
    pub(super) drops_malformed: bool,
}

impl SparkCsvOptions {
    /// Those with the fewest options first.
    pub(super) const ALL: [SparkCsvOptions; 8] = [
        SparkCsvOptions::new(false, false, false),
        SparkCsvOptions::new(true, false, false),
        SparkCsvOptions::new(false, true, false),
        SparkCsvOptions::new(false, false, true),
        SparkCsvOptions::new(true, true, false),
        SparkCsvOptions::new(true, false, true),
        SparkCsvOptions::new(false, true, true),
        SparkCsvOptions::new(true, true, true),
    ];

    const fn new(multi_line: bool, quote_escapes: bool, drops_malformed: bool) -> Self {
        SparkCsvOptions { multi_line, quote_escapes, drops_malformed }
    }

    /// The options as PySpark writes them; empty for the defaults.
    pub(super) fn options(self) -> Vec<&'static str> {
        let all = [
            (self.multi_line, "multiLine=True"),
            (self.quote_escapes, "escape='\"'"),
            (self.drops_malformed, "mode='DROPMALFORMED'"),
        ];
        all.into_iter().filter(|(is_set, _)| *is_set).map(|(_, option)| option).collect()
    }

    /// The byte before a quote, or itself, that makes it text.
    fn escape(self) -> u8 {
        if self.quote_escapes { b'"' } else { b'\\' }
    }

    /// Whether the parser knows which columns are wanted, and skips the others; with `multiLine` Spark does not tell it.
    fn is_pruned(self, wanted: usize, columns: usize) -> bool {
        !self.multi_line && wanted < columns
    }
}
