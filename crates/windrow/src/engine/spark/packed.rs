//! Files that gzip has packed: Spark unpacks them, and windrow checks that it has read all of each.
//!
//! How large the content is shows only when it is unpacked. The last bytes of a gzip file say the size of its last member, modulo 2^32, and the lines
//! that Spark has read must add up to that. If they do not, the file has several members or no line end at its end, or it is damaged. Then
//! windrow reads the whole file. It also does so if a line after the first one is left to it, as it would have to unpack the file to find it.

use crate::codec::Expansion;
use crate::engine::file::OpenFile;
use crate::error::Result;
use crate::format::csv::BOM;
use crate::job::Job;

use super::counted::{FileCount, lines_do_not_add_up};
use super::layout::SparkInput;
use super::odd::odd_lines;

/// What is known of a gzip file that Spark unpacks.
#[derive(Clone, Copy, Debug)]
pub(super) struct GzipText {
    /// Its size in bytes, as it is packed.
    pub(super) bytes: u64,
    /// The size of the content of its last member, modulo 2^32.
    said: u32,
    expansion: Expansion,
}

impl GzipText {
    /// `None` if windrow reads the file itself: it is not packed by gzip, begins with a byte order mark, or ends with an empty member, as
    /// files do that have many.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn of(job: &Job, open: &OpenFile) -> Result<Option<Self>> {
        let said = open.gzip_size()?.filter(|said| *said > 0);
        let mut head = [0; BOM.len()];
        if said.is_none() || open.read_at(&mut head, 0)? == BOM.len() && head == BOM {
            return Ok(None);
        }
        let expansion = Expansion { ratio: job.limits.expansion, bytes: job.limits.unpacked_bytes };
        let bytes = open.opened.version.size_bytes;
        Ok(said.map(|said| GzipText { bytes, said, expansion }))
    }

    /// Whether Spark has read a file of the same size. In a query about packed files, a block is named by its length.
    pub(super) fn is_same(&self, counted: &FileCount) -> bool {
        matches!(counted.blocks.as_slice(), [block] if u64::try_from(block.start) == Ok(self.bytes))
    }

    /// Whether windrow has to read the file after Spark has.
    pub(super) fn is_left(&self, counted: &FileCount) -> bool {
        let content = counted.bytes();
        let is_all = content & u64::from(u32::MAX) == u64::from(self.said);
        let has_odd = || odd_lines(counted).is_ok_and(|mut lines| lines.any(|odd| odd.line > 1));
        self.is_same(counted) && (!is_all || !self.expansion.allows(self.bytes, content) || has_odd())
    }
}

impl SparkInput<'_> {
    /// The size of its content in bytes, which of a packed file is known when Spark has read it.
    ///
    /// # Errors
    /// Storage: Spark has read a packed file of another size.
    pub(super) fn content_bytes(&self, counted: &FileCount) -> Result<u64> {
        match self.packed {
            None => Ok(self.size),
            Some(packed) if packed.is_same(counted) => Ok(counted.bytes()),
            Some(_) => {
                let read = counted.blocks.iter().map(|block| block.start.max(0).cast_unsigned());
                Err(lines_do_not_add_up(self, read.sum()))
            }
        }
    }
}
