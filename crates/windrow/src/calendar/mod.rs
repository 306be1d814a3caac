//! The calendar: civil dates, steps, the clocks of zones, and instants as text. All code about time builds on it.

mod civil;
mod label;
mod step;
mod weekday;
mod zone;

pub use civil::DAY_US;
pub use civil::{YEAR_1_US, YEAR_9998_US};
pub(crate) use civil::{date_of, day_of};
#[cfg(feature = "sql")]
pub(crate) use label::push_instant;
pub(crate) use label::{Clock, push_label, push_offset};
pub use step::{Length, Step, Unit};
pub use weekday::Weekday;
pub(crate) use zone::Stretch;
pub use zone::Zone;
