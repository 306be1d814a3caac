//! How Spark's CSV reader reads an event log: its lines, records and times.
//!
//! It takes what windrow rejects: fields are cut or null, quotes out of place are text. `tests/spark` keeps a table of
//! examples, written by a live Spark, that these files must agree with.

pub(super) mod cast;
pub(super) mod record;
pub(super) mod rows;

#[cfg(test)]
mod tests;

/// The options of `spark.read.csv` that change what a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reader {
    /// `multiLine=True`.
    pub(super) multi_line: bool,
    /// `escape='"'`; otherwise a backslash is the escape.
    pub(super) quote_escapes: bool,
}

impl Reader {
    /// Those with the fewest options first.
    pub(super) const ALL: [Reader; 4] = [
        Reader { multi_line: false, quote_escapes: false },
        Reader { multi_line: true, quote_escapes: false },
        Reader { multi_line: false, quote_escapes: true },
        Reader { multi_line: true, quote_escapes: true },
    ];

    /// The options as PySpark writes them; empty for the defaults.
    pub(super) fn options(self) -> &'static str {
        match (self.multi_line, self.quote_escapes) {
            (false, false) => "",
            (true, false) => "multiLine=True",
            (false, true) => "escape='\"'",
            (true, true) => "multiLine=True, escape='\"'",
        }
    }

    /// The byte before a quote, or itself, that makes it text.
    fn escape(self) -> u8 {
        if self.quote_escapes { b'"' } else { b'\\' }
    }
}
