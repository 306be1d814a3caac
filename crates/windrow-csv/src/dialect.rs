//! The dialect: which bytes separate, quote and comment.

/// Which bytes separate fields, quote them, and begin a comment line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Between fields.
    pub delimiter: u8,
    /// Around fields; doubled inside a quoted field it stands for itself.
    pub quote: u8,
    /// First byte of a comment line, if there are comments.
    pub comment: Option<u8>,
}

impl Default for Dialect {
    fn default() -> Self {
        Dialect { delimiter: b',', quote: b'"', comment: None }
    }
}
