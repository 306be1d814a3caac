//! JSON bytes to objects: RFC 8259, with the wanted members by name or path.
//!
//! - [`read`] is the definition of an object: an automaton, plain and slow. [`read_line`] is that of a line.
//! - [`ObjectScanner::scan`] gives the same lines of a whole stretch of bytes, many times faster: tokens are found 64 bytes at a time,
//!   and well-formed objects are walked from token to token; the automaton reads everything else.
//! - [`ObjectStream`] reads objects in an array, or one after the other, wherever their lines end.
//!
//! Every object is checked to its end, whichever members are wanted.

mod end;
mod fault;
mod find;
mod line;
mod members;
mod object;
mod path;
mod quotes;
mod scan;
mod shape;
mod stream;
mod template;
mod text;
mod tokens;

pub use fault::{ObjectFault, PathFault};
pub use line::{NextObject, ObjectLine, read as read_line};
pub use members::{Member, ObjectList, list_of_objects, members};
pub use object::{JsonValue, ObjectValues, read};
pub use path::{PathError, PathStep, Paths, canonical, path_of_member, steps};
pub use scan::{ObjectRow, ObjectScanner, ObjectVisitor, guess_start};
pub use shape::ObjectShape;
pub use stream::{ObjectStream, Stopped};
pub use text::{unescape, unescaped};

/// The most objects and arrays nested in each other.
pub const DEPTH_MAX: usize = 128;

#[cfg(test)]
mod tests;
