//! The digest: one hash by which two answers are compared.

use std::io::{self, Write};

use sha2::{Digest, Sha256};

use super::background_writer::write_behind;
use super::csv;
use super::table::Table;
use crate::calendar::Zone;
use crate::error::Result;
use crate::report::{ReportData, View};

/// SHA-256, in hex, of the canonical CSV of all reports: for each a line `# report NAME`, then its rows long, in UTC,
/// counts that are not zero only, by window and key.
pub fn digest(reports: &[ReportData]) -> Result<String> {
    let mut hash = Hash(Sha256::new());
    write_canonical(reports, &mut hash)?;
    Ok(hash.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Writes the canonical CSV of all reports.
pub fn write_canonical(reports: &[ReportData], out: &mut super::Out<'_>) -> Result<()> {
    write_behind(out, |out| {
        reports.iter().try_for_each(|report| {
            writeln!(out, "# report {}", report.spec().name).map_err(super::failed)?;
            csv::write(&mut Table::of_report(report, View::Canonical, &Zone::utc())?, out)
        })
    })
}

/// A hash that can be written to.
struct Hash(Sha256);

impl Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
