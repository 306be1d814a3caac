//! Rulers: the readings of a clock that are multiples of a step, numbered. They know no zone.

use crate::calendar::{DAY_US, Length, Step, Unit, date_of, day_of};

/// The marks of a clock at which steps begin. A reading is what a clock shows, in microseconds since it showed
/// 1970-01-01T00:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ruler {
    marks: Marks,
    /// How much later than these its marks are.
    offset_us: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marks {
    /// A mark every so often, one of them at `origin_us`.
    Even { length_us: i64, origin_us: i64 },
    /// A mark at the start of every so many months.
    Months(i64),
}

/// Weeks begin on a Monday: 1969-12-29 is the one before 1970-01-01.
const WEEK_ORIGIN_US: i64 = -3 * DAY_US;

impl Ruler {
    pub(super) fn of(step: Step) -> Self {
        let origin_us = if step.unit == Unit::Week { WEEK_ORIGIN_US } else { 0 };
        let marks = match step.length() {
            Length::Fixed(length_us) => Marks::Even { length_us, origin_us },
            Length::Days(days) => Marks::Even { length_us: days * DAY_US, origin_us },
            Length::Months(months) => Marks::Months(months),
        };
        Ruler { marks, offset_us: 0 }
    }

    /// Its marks `offset_us` later.
    pub(super) fn later_by(self, offset_us: i64) -> Self {
        Ruler { offset_us, ..self }
    }

    /// How much later its marks are than those of the step.
    pub(super) fn offset_us(&self) -> i64 {
        self.offset_us
    }

    /// The number of the last mark at or before a reading.
    pub(super) fn number(&self, reading_us: i64) -> i64 {
        let reading_us = reading_us.saturating_sub(self.offset_us);
        match self.marks {
            Marks::Even { length_us, origin_us } => (reading_us - origin_us).div_euclid(length_us),
            Marks::Months(months) => {
                let (year, month, _) = date_of(reading_us.div_euclid(DAY_US));
                ((year - 1970) * 12 + month - 1).div_euclid(months)
            }
        }
    }

    /// The reading of a mark.
    pub(super) fn mark(&self, number: i64) -> i64 {
        let mark_us = match self.marks {
            Marks::Even { length_us, origin_us } => {
                number.saturating_mul(length_us).saturating_add(origin_us)
            }
            Marks::Months(months) => {
                let month = number.saturating_mul(months).clamp(-MONTHS_MAX, MONTHS_MAX);
                day_of(1970 + month.div_euclid(12), month.rem_euclid(12) + 1, 1) * DAY_US
            }
        };
        mark_us.saturating_add(self.offset_us)
    }
}

/// The farthest month whose reading still fits an `i64`.
const MONTHS_MAX: i64 = 12 * 290_000;
