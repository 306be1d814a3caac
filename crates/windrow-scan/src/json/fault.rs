//! Faults: why a text is not an object of JSON, or not one that can be counted.

/// Why a text is not an object of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectFault {
    /// Something other than an object.
    NotObject,
    /// Text after the object.
    TrailingText,
    /// A name that a wanted path goes through, twice in one object.
    DuplicateName,
    /// A backslash that begins no escape, or half of a surrogate pair.
    BadEscape,
    /// A control character inside a string.
    ControlCharacter,
    /// The text ends inside the object.
    Unclosed,
    /// Something that cannot stand at its place: a wrong word or number, a comma too many, a missing colon.
    BadToken,
    /// More nesting than [`DEPTH_MAX`](super::DEPTH_MAX).
    TooDeep,
    /// An object longer than [`RECORD_BYTES_MAX`](crate::RECORD_BYTES_MAX).
    TooLong,
    /// A string that is not UTF-8.
    InvalidUtf8,
}

/// A fault, and which of the wanted paths it is about, where it is about one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathFault {
    /// Why.
    pub fault: ObjectFault,
    /// The number of the path.
    pub wanted: Option<usize>,
}

impl From<ObjectFault> for PathFault {
    fn from(fault: ObjectFault) -> Self {
        PathFault { fault, wanted: None }
    }
}
