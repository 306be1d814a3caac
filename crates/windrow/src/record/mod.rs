//! Records: what a job makes of one before it is an event. Look-ups and derived columns add columns to it, and `where` says
//! whether it counts. A job without any of these has no rules for records, and its rows never come here.
//!
//! Formats collect the columns that are needed in a [`Batch`]; it is worked on a column at a time, and then each row that is left is
//! counted as any other: its time, what is measured, its keys.

#![cfg_attr(not(feature = "sql"), allow(dead_code))]

mod at_once;
mod batch;
mod collected;
#[cfg(feature = "sql")]
mod computed;
mod counting;
#[cfg(feature = "sql")]
mod early;
mod fate;
mod joined;
mod lookup;
#[cfg(not(feature = "sql"))]
mod plain;
mod rules;

pub(crate) use at_once::TextsInPlace;
pub(crate) use batch::Batch;
pub(crate) use collected::Collected;
#[cfg(feature = "sql")]
pub(crate) use computed::expression;
pub use lookup::Unmatched;
pub(crate) use lookup::{Lookup, LookupTable};
#[cfg(all(feature = "spark", feature = "sql"))]
pub(crate) use rules::{ColumnOrigin, Join};
pub(crate) use rules::{FileColumn, RecordRules, RuleStep, WantedColumns};
