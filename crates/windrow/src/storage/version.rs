//! Versions: what changes when a file changes, and the check that it has not changed.

use std::sync::Arc;

use std::fs::Metadata;
use std::time::UNIX_EPOCH;

use crate::error::{Code, Error, Kind, Result};

/// A version of a file, as it is known without reading the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileVersion {
    /// Its size in bytes.
    pub size_bytes: u64,
    /// When it was changed, or its tag.
    pub stamp: Stamp,
}

/// An input file as it was listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What makes it this file: its canonical address, relative to the root where it is below it.
    pub identity: Arc<str>,
    /// What it was.
    pub version: FileVersion,
}

/// A file as it was when it was opened, and still was when it had been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// What it was.
    pub version: FileVersion,
    /// When it was opened, in microseconds since 1970 UTC.
    pub at_us: i64,
}

impl FileVersion {
    /// The version of a file on this machine; times are cut down to microseconds.
    pub fn of(metadata: &Metadata) -> Self {
        let us = match metadata.modified().map(|time| time.duration_since(UNIX_EPOCH)) {
            Ok(Ok(after)) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
            Ok(Err(before)) => {
                let ns = i128::try_from(before.duration().as_nanos()).unwrap_or(i128::MAX);
                i64::try_from((-ns).div_euclid(1_000)).unwrap_or(i64::MIN)
            }
            // A store without times: the size alone tells, and every run looks again.
            Err(_) => i64::MAX,
        };
        FileVersion { size_bytes: metadata.len(), stamp: Stamp::Mtime { us } }
    }

    /// An error when a file of this version is now another one. One that `grows` may have grown, and its time of change
    /// may be ahead of its size while something is appended.
    ///
    /// # Errors
    /// Storage: it has changed.
    pub fn ensure_unchanged(&self, now: &FileVersion, grows: bool) -> Result<()> {
        match self == now || grows && now.size_bytes >= self.size_bytes {
            true => Ok(()),
            false => Err(changed("its size or time of change differs")),
        }
    }
}

/// The error of a file that ends before the bytes that it had when it was opened.
pub(crate) fn became_shorter() -> Error {
    changed("it became shorter")
}

/// The error of a file that is gone since it was listed.
pub(crate) fn vanished() -> Error {
    changed("it is gone")
}

/// The error for a file that changed while it was read.
pub(crate) fn changed(how: &str) -> Error {
    Error::new(Kind::Storage, format!("changed while it was read: {how}"))
        .with_code(Code::FileChanged)
        .with_help("run again when nothing writes to the file, or give windrow a copy of it")
}

/// A mark that changes when the file changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stamp {
    /// The time of change, in microseconds since 1970 UTC.
    Mtime {
        /// The time; cut down to what its store keeps.
        us: i64,
    },
    /// The tag that an object store gives each version.
    Etag(String),
}

impl Default for Stamp {
    /// 1970.
    fn default() -> Self {
        Stamp::Mtime { us: 0 }
    }
}

const SECOND_US: i64 = 1_000_000;
const RACY_US: i64 = 50_000;
const RACY_WHOLE_SECONDS_US: i64 = 2 * SECOND_US;

impl Stamp {
    /// The time after a change in which another one may get the same stamp, in microseconds: 50 ms, or 2 s where the
    /// store keeps whole seconds, which a time of whole seconds is the sign of. Tags are never the same.
    pub fn racy_us(&self) -> i64 {
        match self {
            Stamp::Mtime { us } if us % SECOND_US == 0 => RACY_WHOLE_SECONDS_US,
            Stamp::Mtime { .. } => RACY_US,
            Stamp::Etag(_) => 0,
        }
    }

    /// Whether a file with this stamp, opened at `opened_us`, may change and keep it. A time far ahead of the clock is
    /// that of another clock, which may be read once `again`, and then stands still.
    pub(crate) fn is_racy(&self, opened_us: i64, again: bool) -> bool {
        let Stamp::Mtime { us } = self else { return false };
        let age_us = opened_us.saturating_sub(*us);
        age_us < self.racy_us() && (age_us > -self.racy_us() || !again)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn times_are_cut_down_to_microseconds() {
        let file = tempfile::tempfile().unwrap();
        let stamp = |time| {
            file.set_modified(time).unwrap();
            FileVersion::of(&file.metadata().unwrap()).stamp
        };
        let [short, long] = [1_500, 86_400_000_001_999].map(Duration::from_nanos);
        assert_eq!(stamp(SystemTime::UNIX_EPOCH + long), Stamp::Mtime { us: 86_400_000_001 });
        assert_eq!(stamp(SystemTime::UNIX_EPOCH - short), Stamp::Mtime { us: -2 });
    }

    #[test]
    fn only_a_file_that_grows_may_be_longer() {
        let version = |size_bytes, us| FileVersion { size_bytes, stamp: Stamp::Mtime { us } };
        for (now, fixed, grows) in [
            (version(8, 1), true, true),
            (version(8, 2), false, true),
            (version(9, 2), false, true),
            (version(9, 1), false, true),
            (version(7, 2), false, false),
            (version(7, 1), false, false),
        ] {
            let passes = |grows| version(8, 1).ensure_unchanged(&now, grows).is_ok();
            assert_eq!((passes(false), passes(true)), (fixed, grows), "{now:?}");
        }
    }
}
