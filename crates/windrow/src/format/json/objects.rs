//! Objects: how they are arranged in a file, and the paths to the values that a job names.

use std::ops::Range;

use windrow_scan::json::{ObjectShape, PathError, Paths};

use super::sample::sample;
use crate::codec::ReadAt;
use crate::error::{Code, Error, Result};
use crate::format::csv::{BOM, CsvRules};
use crate::format::header::NamedColumns;

/// How the rows of a file are written.
#[derive(Clone, Debug)]
pub(crate) struct Objects {
    /// How its objects are arranged.
    pub(crate) shape: ObjectShape,
    /// The paths of the time, of its second part, of the keys, and of the other measured values.
    pub(crate) paths: Paths,
    /// Their names.
    pub(crate) names: Vec<String>,
    /// The numbers of the keys.
    pub(crate) keys: Range<usize>,
    /// The numbers of the measured values.
    pub(crate) measured: Vec<usize>,
}

/// Bytes at the start of a file that show its shape, if the file is not shorter.
const SHAPE_BYTES: usize = 64 << 10;

impl Objects {
    /// How the objects of the file `name` are written, and where the first one may begin.
    ///
    /// # Errors
    /// The file cannot be read, a declared setting does not fit JSON, or a wanted name is not a path.
    pub(crate) fn read(
        name: &str,
        rules: &CsvRules,
        wanted: NamedColumns<'_>,
        grows: bool,
        read_at: ReadAt<'_>,
    ) -> Result<(Objects, u64)> {
        let (shape, start) = beginning(name, rules, read_at)?;
        if grows && shape != ObjectShape::Lines {
            let shape = said(shape);
            return Err(Error::usage(format!(
                "{name}: a growing file of JSON has one object per line, not {shape}"
            ))
            .with_code(Code::UnreadableFormat)
            .with_help("write one object per line, or leave out growing = true"));
        }
        if let Some(record) = wanted.record.filter(|record| record.is_joining()) {
            // Any object may have any member. Only the members of the first objects are checked.
            let members = sample(name, rules, 0, &[], read_at)?.header;
            let checked = record.check_joined(&mut |name| members.iter().any(|member| member == name));
            checked.map_err(|error| error.within(name))?;
        }
        let names = wanted.names();
        let (keys, measured) = (wanted.numbers_of_keys(), wanted.numbers_of_measured());
        let paths = paths(&names).map_err(|error| error.within(name))?;
        Ok((Objects { shape, paths, names, keys, measured }, start))
    }
}

/// The paths with these names.
///
/// # Errors
/// Usage: one is not a path.
pub(crate) fn paths(names: &[String]) -> Result<Paths> {
    Paths::new(names.iter().map(String::as_str)).map_err(|error| {
        let quoted = matches!(error, PathError::Empty(_) | PathError::BadName(_) | PathError::BadIndex(_));
        let help = match quoted {
            true => {
                "a path is names with dots between them, such as payload.user.id or tags[0]; \
                     write a name with a dot or a bracket in double quotes: \\\"log.level\\\""
            }
            false => "name each member once",
        };
        Error::invalid(error.to_string()).with_help(help)
    })
}

/// The shape of a file, and where its text begins after a byte order mark.
pub(super) fn beginning(name: &str, rules: &CsvRules, read_at: ReadAt<'_>) -> Result<(ObjectShape, u64)> {
    if !rules.encoding.is_utf8() {
        let encoding = rules.encoding.name();
        return Err(Error::usage(format!(
            "{name} is JSON, which is UTF-8, and is declared to be {encoding}"
        ))
        .with_code(Code::EncodingMismatch)
        .with_help("leave the encoding out for this file"));
    }
    let mut head = vec![0; SHAPE_BYTES];
    let read = read_at(&mut head, 0)?;
    head.truncate(read);
    let start = if head.starts_with(BOM) { BOM.len() } else { 0 };
    Ok((ObjectShape::of(&head[start..], read < SHAPE_BYTES), start as u64))
}

/// A shape in words.
pub fn said(shape: ObjectShape) -> &'static str {
    match shape {
        ObjectShape::Lines => "one object per line",
        ObjectShape::Array => "an array of objects",
        ObjectShape::Concatenated => "objects one after the other",
    }
}
