//! Sources: from paths, folders and globs to a sorted list of input files, and a first look into them.

mod content;
mod list;
mod reach;
mod readings;
mod sample;
mod skip;
pub mod sniff;

use std::path::PathBuf;

pub use content::{HEAD_BYTES, refusal};
pub use list::{Listing, list};
pub use reach::would_read;
pub use readings::{Possible, possible};
pub use sample::{ROWS_MAX, Sample};
pub use skip::{ENDINGS, Rule, Skipped};

/// One input file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InputFile {
    /// The name users see: the path as they would write it.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes when it was listed.
    pub size_bytes: u64,
}
