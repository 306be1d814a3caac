//! Lines of logfmt: pairs of `name=value`, with quotes around values that need them.

use std::borrow::Cow;

use super::{FieldPlace, end_of_quoted};

/// A name and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The name.
    pub name: FieldPlace,
    /// Its value.
    pub value: LogfmtValue,
    /// Where it ends, with its quotes.
    pub end: usize,
}

/// Where a value stands, without its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogfmtValue {
    /// Nowhere: the name stands alone.
    None,
    /// As it is.
    Plain(FieldPlace),
    /// With escapes.
    Escaped(FieldPlace),
}

/// Why a line is not one of logfmt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogfmtFault {
    /// It is something other than names and values, or has no value.
    NotPairs,
    /// A quote is not closed.
    UnclosedQuote,
    /// There is text after a closing quote.
    TextAfterQuote,
    /// The wanted name of this number occurs twice.
    DuplicateName(usize),
}

/// The next pair from `from` on; `None` if only white space follows.
///
/// # Errors
/// It is not a pair.
#[inline(always)]
pub fn next_pair(line: &[u8], from: usize) -> Result<Option<Pair>, LogfmtFault> {
    let mut at = from;
    while at < line.len() && is_white(line[at]) {
        at += 1;
    }
    let start = at;
    while at < line.len() && !is_white(line[at]) && !matches!(line[at], b'=' | b'"') {
        at += 1;
    }
    let name = start..at;
    match line.get(at) {
        None if name.is_empty() => return Ok(None),
        Some(b'"') => return Err(LogfmtFault::NotPairs),
        _ if name.is_empty() => return Err(LogfmtFault::NotPairs),
        Some(b'=') => {}
        _ => return Ok(Some(Pair { name, value: LogfmtValue::None, end: at })),
    }
    let start = at + 1;
    if line.get(start) == Some(&b'"') {
        let inner = start + 1..end_of_quoted(line, start + 1).ok_or(LogfmtFault::UnclosedQuote)?;
        let end = inner.end + 1;
        if line.get(end).is_some_and(|byte| !is_white(*byte)) {
            return Err(LogfmtFault::TextAfterQuote);
        }
        let has_escapes = memchr::memchr(b'\\', &line[inner.clone()]).is_some();
        let value = if has_escapes { LogfmtValue::Escaped(inner) } else { LogfmtValue::Plain(inner) };
        return Ok(Some(Pair { name, value, end }));
    }
    at = start;
    while at < line.len() && !is_white(line[at]) {
        if line[at] == b'"' {
            return Err(LogfmtFault::NotPairs);
        }
        at += 1;
    }
    Ok(Some(Pair { name, value: LogfmtValue::Plain(start..at), end: at }))
}

/// Reads a line: `values` receives the value of each `wanted` name.
///
/// # Errors
/// It is not a line of logfmt, or has a wanted name twice. It is read to its end.
pub fn read(
    line: &[u8],
    wanted: &[String],
    values: &mut Vec<Option<LogfmtValue>>,
) -> Result<(), LogfmtFault> {
    values.clear();
    values.resize(wanted.len(), None);
    let (mut has_value, mut twice, mut at) = (false, None, 0);
    while let Some(pair) = next_pair(line, at)? {
        at = pair.end;
        has_value |= pair.value != LogfmtValue::None;
        let name = &line[pair.name];
        if let Some(number) = wanted.iter().position(|wanted| wanted.as_bytes() == name)
            && values[number].replace(pair.value).is_some()
        {
            twice = twice.or(Some(number));
        }
    }
    match twice {
        _ if !has_value => Err(LogfmtFault::NotPairs),
        Some(number) => Err(LogfmtFault::DuplicateName(number)),
        None => Ok(()),
    }
}

/// What separates pairs.
#[inline(always)]
fn is_white(byte: u8) -> bool {
    byte <= b' '
}

/// The text of a value; `None` if a backslash does not begin an escape.
pub fn text_of<'l>(line: &'l [u8], value: &LogfmtValue) -> Option<Cow<'l, [u8]>> {
    match value {
        LogfmtValue::None => Some(Cow::Borrowed(&[])),
        LogfmtValue::Plain(place) => Some(Cow::Borrowed(&line[place.clone()])),
        LogfmtValue::Escaped(place) => crate::json::unescaped(&line[place.clone()]).map(Cow::Owned),
    }
}
