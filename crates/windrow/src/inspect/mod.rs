//! Inspecting: from a published number back to the files, rejects and runs behind it, and ahead to what a run would do.
//!
//! It reads stored tables only: it reads no event and writes nothing.

mod answer;
mod columns;
mod gaps;
mod order;
mod past;
mod plan;
mod since;

mod files;
mod rejects;
mod runs;

mod changes;
mod windows;

mod lineage;
mod measured;
mod why;

pub use crate::run::counts;
pub use answer::{Standing, standing};
pub use changes::{changes, keys_shown};
pub use files::files;
pub use gaps::{changes_untold, runs_lost};
pub use plan::{FileForecast, Forecast, ReportForecast, plan};
pub use rejects::rejects;
pub use runs::runs;
pub use since::Since;
pub use windows::{Starts, windows};

pub use lineage::{FileBehind, RawValueCount, RejectBehind};
pub use measured::MeasureBehind;
pub use why::{ChangeOf, Traced, WindowNumber, why};
