//! Location: the place in a file that an error is about, as data beside the message that names it.

use serde::{Deserialize, Serialize};

/// A place in a file, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Location {
    /// The file, as the message names it.
    pub file: Option<String>,
    /// The line, from 1 on.
    pub line: Option<u64>,
    /// The bytes of the file that stand before the place.
    pub byte: Option<u64>,
    /// The column: of data its name, of a job file the number of the character in the line, from 1 on.
    pub column: Option<String>,
}

impl Location {
    /// A file.
    pub fn of(file: impl Into<String>) -> Self {
        Location { file: Some(file.into()), ..Location::default() }
    }

    /// The same with the line.
    pub fn line(self, line: u64) -> Self {
        Location { line: Some(line), ..self }
    }

    /// The same with the byte.
    pub fn byte(self, byte: u64) -> Self {
        Location { byte: Some(byte), ..self }
    }

    /// The same with the column.
    pub fn column(self, column: impl Into<String>) -> Self {
        Location { column: Some(column.into()), ..self }
    }
}
