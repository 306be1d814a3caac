//! Bytes of text logs to lines, and the lines of common layouts to their fields.
//!
//! - [`LineScanner`] finds where lines begin and end.
//! - [`access::read`] splits the lines of web servers, [`logfmt::read`] lines of `name=value`. Patterns define these lines
//!   (`windrow::format::text`), and tests compare both.

pub mod access;
mod lines;
pub mod logfmt;

pub use lines::{LineScanner, LineVisitor, NextLine, next_line};

use std::ops::Range;

/// The place of a field in its line.
pub type FieldPlace = Range<usize>;

/// Where the quoted text that begins at `from` ends: at its closing quote. A backslash takes the byte after it along.
#[inline(always)]
fn end_of_quoted(line: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr::memchr2(b'"', b'\\', line.get(at..)?)?;
        match line[at] {
            b'"' => return Some(at),
            _ => at += 2,
        }
    }
}
