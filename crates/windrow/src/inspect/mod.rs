//! Inspecting: from a published number back to the files, rejects and runs behind it, and ahead to what a run would do.
//!
//! It reads stored tables only, and writes nothing; a check also counts a sample, and tries whether the output can be written.

mod answer;
mod check;
mod columns;
mod digest;
mod gaps;
mod kept;
mod order;
mod past;
mod plan;
mod since;

mod files;
mod rejects;
mod runs;
mod show;

mod changes;
mod windows;

mod lineage;
mod measured;
mod why;

pub use crate::run::counts;
use answer::standing;
pub use changes::keys_shown;
pub use check::{CheckFailure, Checked, CheckedOutput, CheckedSample, check};
pub use digest::{Answer, digest};
pub use kept::Kept;
pub use plan::{FileForecast, Forecast, ReportForecast, plan};
pub use show::{ShownTable, TableName, WantedTable, show};
pub use windows::Starts;

pub use lineage::{FileBehind, RawValueCount, RejectBehind};
pub use measured::MeasureBehind;
pub use why::{ChangeOf, Traced, WantedWindow, WindowNumber, why};
