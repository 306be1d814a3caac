//! The dialect: which bytes separate, quote, comment and end lines.

use std::fmt;

/// Which bytes separate fields, quote them, begin a comment line and end a line.
///
/// ```
/// use windrow_scan::csv::Dialect;
///
/// let dialect = Dialect::new(b';', b'"', Some(b'#'))?;
/// assert_eq!(dialect.delimiter(), b';');
/// assert!(Dialect::new(b'"', b'"', None).is_err());
/// # Ok::<(), windrow_scan::csv::DialectError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    pub(crate) delimiter: u8,
    pub(crate) quote: u8,
    pub(crate) comment: Option<u8>,
    pub(crate) line_end: LineEnd,
    pub(crate) is_utf8: bool,
}

/// What ends a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineEnd {
    /// LF, and the CR before it.
    #[default]
    Lf,
    /// CR; a LF is white space.
    Cr,
}

impl LineEnd {
    /// The last byte of a line.
    #[inline(always)]
    pub fn byte(self) -> u8 {
        match self {
            LineEnd::Lf => b'\n',
            LineEnd::Cr => b'\r',
        }
    }
}

impl Dialect {
    /// A dialect of UTF-8 whose lines end with LF. `quote` stands around fields; doubled inside a quoted field it stands
    /// for itself. `comment` is the first byte of a comment line.
    ///
    /// # Errors
    /// Two of the bytes are equal, or one is NUL, CR, LF or no ASCII character: records could then be read in two ways.
    pub fn new(delimiter: u8, quote: u8, comment: Option<u8>) -> Result<Self, DialectError> {
        let bytes = [Some(delimiter), Some(quote), comment];
        for (at, byte) in bytes.iter().enumerate().filter_map(|(at, byte)| Some((at, (*byte)?))) {
            if matches!(byte, 0 | b'\r' | b'\n' | 0x80..) {
                return Err(DialectError::Unfit(byte));
            }
            if bytes[..at].contains(&Some(byte)) {
                return Err(DialectError::Twice(byte));
            }
        }
        Ok(Dialect { delimiter, quote, comment, line_end: LineEnd::Lf, is_utf8: true })
    }

    /// The same with this line end.
    pub fn with_line_end(self, line_end: LineEnd) -> Self {
        Dialect { line_end, ..self }
    }

    /// The same in an encoding that is not UTF-8 but has ASCII: bytes above 0x7F are taken as they are.
    pub fn with_any_bytes(self) -> Self {
        Dialect { is_utf8: false, ..self }
    }

    /// The same with another delimiter.
    ///
    /// # Errors
    /// As [`Dialect::new`].
    pub fn with_delimiter(self, delimiter: u8) -> Result<Self, DialectError> {
        let Dialect { quote, comment, line_end, is_utf8, .. } = self;
        Dialect::new(delimiter, quote, comment).map(|new| Dialect { line_end, is_utf8, ..new })
    }

    /// Between fields.
    #[inline(always)]
    pub fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Around fields.
    #[inline(always)]
    pub fn quote(&self) -> u8 {
        self.quote
    }

    /// The first byte of a comment line, if there are comments.
    #[inline(always)]
    pub fn comment(&self) -> Option<u8> {
        self.comment
    }

    /// What ends a line.
    #[inline(always)]
    pub fn line_end(&self) -> LineEnd {
        self.line_end
    }

    /// Whether a record must be UTF-8.
    #[inline(always)]
    pub fn is_utf8(&self) -> bool {
        self.is_utf8
    }
}

impl Default for Dialect {
    /// Commas, double quotes, no comments.
    fn default() -> Self {
        Dialect { delimiter: b',', quote: b'"', comment: None, line_end: LineEnd::Lf, is_utf8: true }
    }
}

/// Why bytes do not form a dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DialectError {
    /// This byte has two meanings.
    Twice(u8),
    /// This byte ends lines, is NUL, or is not an ASCII character.
    Unfit(u8),
}

impl fmt::Display for DialectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DialectError::Twice(byte) => {
                write!(f, "two of delimiter, quote and comment are the same: {:?}", char::from(*byte))
            }
            DialectError::Unfit(byte) => {
                write!(f, "{:?} cannot be a delimiter, a quote or a comment", char::from(*byte))
            }
        }
    }
}

impl std::error::Error for DialectError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_with_two_meanings_are_refused() {
        assert_eq!(Dialect::new(b',', b'"', None), Ok(Dialect::default()));
        assert_eq!(Dialect::new(b',', b',', None), Err(DialectError::Twice(b',')));
        assert_eq!(Dialect::new(b',', b'"', Some(b'"')), Err(DialectError::Twice(b'"')));
        assert_eq!(Dialect::new(b'#', b'"', Some(b'#')), Err(DialectError::Twice(b'#')));
        for byte in [0, b'\r', b'\n', 0x80, 0xFF] {
            assert_eq!(Dialect::new(byte, b'"', None), Err(DialectError::Unfit(byte)));
            assert_eq!(Dialect::new(b',', byte, None), Err(DialectError::Unfit(byte)));
            assert_eq!(Dialect::new(b',', b'"', Some(byte)), Err(DialectError::Unfit(byte)));
        }
        let cr = Dialect::default().with_line_end(LineEnd::Cr).with_any_bytes();
        let tab = cr.with_delimiter(b'\t').unwrap();
        assert_eq!((tab.delimiter(), tab.line_end(), tab.is_utf8()), (b'\t', LineEnd::Cr, false));
        assert_eq!(cr.with_delimiter(b'"'), Err(DialectError::Twice(b'"')));
    }
}
