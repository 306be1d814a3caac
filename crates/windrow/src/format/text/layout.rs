//! The layout of a text log: its pattern, and the columns of it that a job names.

use std::ops::Range;

use super::pattern::TextPattern;
use super::preset::seen_in;
use crate::codec::ReadAt;
use crate::error::{Code, Error, Result};
use crate::format::csv::{BOM, CsvRules};
use crate::format::header::{NamedColumns, time_in_both};
use crate::text::escape::{names, quoted};

/// How the lines of a file are parsed, and which columns are wanted.
#[derive(Clone, Debug)]
pub(crate) struct TextLayout {
    pub(crate) pattern: TextPattern,
    /// The names of the time column, of its second column, of the keys, and of the other measured columns. The pattern may lack
    /// columns that the path gives.
    pub(crate) names: Vec<String>,
    /// The numbers of the keys.
    pub(crate) keys: Range<usize>,
    /// The numbers of the measured columns.
    pub(crate) measured: Vec<usize>,
}

impl TextLayout {
    /// The layout of the file `name`, and where its first line begins.
    ///
    /// # Errors
    /// The file cannot be read, no pattern is declared and no preset fits, or its lines do not have the wanted columns.
    pub(crate) fn read(
        name: &str,
        rules: &CsvRules,
        wanted: NamedColumns<'_>,
        read_at: ReadAt<'_>,
    ) -> Result<(TextLayout, u64)> {
        let (pattern, start) = beginning(name, rules, read_at)?;
        let names = wanted.names();
        let (keys, measured) = (wanted.numbers_of_keys(), wanted.numbers_of_measured());
        let is_in_path = wanted.reader.in_path().is_some();
        let has = |column: &str| pattern.columns().is_some_and(|columns| columns.contains(&column));
        if is_in_path && has(wanted.time) {
            return Err(time_in_both(wanted.time).within(name));
        }
        if let Some(record) = wanted.record {
            record.check_joined(&mut |name| has(name)).map_err(|error| error.within(name))?;
        }
        let of_lines = names.iter().filter(|column| !wanted.in_path.contains(column));
        let of_lines: Vec<String> = of_lines.skip(usize::from(is_in_path)).cloned().collect();
        check(&pattern, &of_lines).map_err(|error| error.within(name))?;
        Ok((TextLayout { pattern, names, keys, measured }, start))
    }
}

/// The pattern of a file, and where its text begins after a byte order mark.
pub(super) fn beginning(name: &str, rules: &CsvRules, read_at: ReadAt<'_>) -> Result<(TextPattern, u64)> {
    if !rules.encoding.is_utf8() {
        let encoding = rules.encoding.name();
        return Err(Error::usage(format!(
            "{name} is a text log, which is read as UTF-8, and is declared to be {encoding}"
        ))
        .with_code(Code::EncodingMismatch)
        .with_help(format!("convert it first: iconv -f {encoding} -t UTF-8 {name} > utf8.log")));
    }
    let mut mark = [0; BOM.len()];
    let read = read_at(&mut mark, 0)?;
    let start = if &mark[..read] == BOM { BOM.len() as u64 } else { 0 };
    let pattern = match &rules.pattern {
        Some(pattern) => pattern.clone(),
        None => TextPattern::Preset(seen_in(read_at)?.ok_or_else(|| {
            Error::usage(format!("the lines of {name} are not of a layout that is recognised"))
                .with_code(Code::UnreadableFormat)
                .with_help("name a pattern: a regular expression with a named group for each column, such as (?P<time>\\S+)")
        })?),
    };
    Ok((pattern, start))
}

/// Refuses columns that lines of this pattern cannot have.
///
/// # Errors
/// Usage: which column is missing, and which columns there are.
fn check(pattern: &TextPattern, wanted: &[String]) -> Result<()> {
    let Some(columns) = pattern.columns() else { return Ok(()) };
    match wanted.iter().find(|name| !columns.contains(&name.as_str())) {
        None => Ok(()),
        Some(missing) => Err(Error::usage(format!("no column {} in the pattern", quoted(missing)))
            .with_code(Code::MissingColumn)
            .with_help(format!("its columns are {}", names(&columns)))),
    }
}
