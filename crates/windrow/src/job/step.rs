//! Steps: the lengths that windows are made of, fixed (`10m`) or calendar (`1mo`).

use std::fmt;

/// A number of units: `10m`, `6h`, `1d`, `2w`, `1mo`, `1q`, `1y`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// How many units, at least 1.
    pub n: u32,
    /// Of what.
    pub unit: Unit,
}

/// The units of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// `ms`
    Millisecond,
    /// `s`
    Second,
    /// `m`
    Minute,
    /// `h`
    Hour,
    /// `d`, of 23, 24 or 25 hours
    Day,
    /// `w`, from a Monday
    Week,
    /// `mo`
    Month,
    /// `q`
    Quarter,
    /// `y`
    Year,
}

impl Step {
    /// The length in microseconds of a fixed step; none for calendar steps.
    pub fn fixed_us(self) -> Option<i64> {
        let unit = match self.unit {
            Unit::Millisecond => 1_000,
            Unit::Second => 1_000_000,
            Unit::Minute => 60_000_000,
            Unit::Hour => 3_600_000_000,
            _ => return None,
        };
        Some(i64::from(self.n) * unit)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Millisecond => "ms",
            Unit::Second => "s",
            Unit::Minute => "m",
            Unit::Hour => "h",
            Unit::Day => "d",
            Unit::Week => "w",
            Unit::Month => "mo",
            Unit::Quarter => "q",
            Unit::Year => "y",
        };
        write!(f, "{}{unit}", self.n)
    }
}
