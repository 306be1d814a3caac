//! Windows from panes: half-open `[start, end)`, fixed or calendar, in a time zone.

use std::fmt;

use jiff::tz::TimeZone;

/// A time zone and the name it was given by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    name: String,
    tz: TimeZone,
}

impl Zone {
    /// UTC.
    pub fn utc() -> Self {
        Zone { name: "UTC".to_owned(), tz: TimeZone::UTC }
    }

    /// The name, for example `Europe/Berlin`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The zone's rules.
    pub fn tz(&self) -> &TimeZone {
        &self.tz
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
