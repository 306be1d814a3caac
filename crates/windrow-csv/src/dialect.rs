//! The dialect: which bytes separate, quote, comment and end lines.

/// Which bytes separate fields, quote them, begin a comment line and end a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Between fields.
    pub delimiter: u8,
    /// Around fields; doubled inside a quoted field it stands for itself.
    pub quote: u8,
    /// First byte of a comment line, if there are comments.
    pub comment: Option<u8>,
    /// What ends a line.
    pub line_end: LineEnd,
    /// Whether a record must be UTF-8. Without it bytes above 0x7F are taken as they are.
    pub is_utf8: bool,
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

impl Default for Dialect {
    fn default() -> Self {
        Dialect { delimiter: b',', quote: b'"', comment: None, line_end: LineEnd::Lf, is_utf8: true }
    }
}
