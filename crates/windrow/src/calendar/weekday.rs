//! Days of the week.

/// A day of the week.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weekday {
    /// The first day of a week (ISO 8601).
    #[default]
    Monday,
    /// The second.
    Tuesday,
    /// The third.
    Wednesday,
    /// The fourth.
    Thursday,
    /// The fifth.
    Friday,
    /// The sixth.
    Saturday,
    /// The last, with which weeks begin in some countries.
    Sunday,
}

impl Weekday {
    /// The days from a Monday to the start of a week that begins with this day; -1 for Sunday.
    pub fn days_from_monday(self) -> i64 {
        match self {
            Weekday::Sunday => -1,
            day => day as i64,
        }
    }
}
