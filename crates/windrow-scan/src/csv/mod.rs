//! CSV bytes to records: one grammar, fast.
//!
//! - [`record::read`] is the definition of a record: an automaton, plain and slow, one line at a time.
//! - [`RecordScanner::scan`] gives the same lines of a whole stretch of bytes, many times faster: bits of 64 bytes at a
//!   time where records are well-formed, the automaton everywhere else. Fields that are not asked for are not looked at.
//! - [`guess_start`] finds where threads may start in the middle of a file.
//!
//! What it does not do: it knows no header and no types; bytes above 0x7F are UTF-8 or, where the dialect says so, not
//! judged; an escape other than a doubled quote is not supported. Dialects are not guessed.

mod dialect;
mod fault;
mod find;
pub mod record;
mod scan;
mod split;

pub use crate::{RECORD_BYTES_MAX, Scanned};
pub use dialect::{Dialect, DialectError, LineEnd};
pub use fault::RecordFault;
pub use scan::{OtherLine, RecordRow, RecordScanner, RecordVisitor};
pub use split::guess_start;

/// A text of tests with the line ends of a dialect: LF and CR change places.
#[cfg(test)]
fn with_line_ends(mut text: Vec<u8>, line_end: LineEnd) -> Vec<u8> {
    if line_end == LineEnd::Cr {
        for byte in &mut text {
            *byte = match *byte {
                b'\n' => b'\r',
                b'\r' => b'\n',
                other => other,
            };
        }
    }
    text
}
