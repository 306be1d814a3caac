//! Event logs of any size and any dirt: the same recipe gives the same bytes on every machine.
//!
//! Everything is made of integers drawn from one named generator, so nothing depends on the processor, the
//! standard library or the clock. Times, keys, flaws and other columns draw from streams of their own: recipes
//! that differ only in format or columns describe the same events.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod access;
mod columns;
mod dice;
mod file;
mod flaw;
mod recipe;
mod rhythm;
mod stamp;
mod table;
#[cfg(test)]
mod tests;
mod times;
pub mod written;

use std::io::Write;

use windrow::Tally;
use windrow::{Error, Result};

pub use file::{COMPRESSIONS, Packing, WrittenForm, packer, write_log};
pub use flaw::Flaw;
pub use recipe::{Key, LineEnding, Order, Recipe, RowFormat, TimeLayout};

use columns::ColumnWriter;
use dice::{Dice, DrawStream};
use times::Times;

/// Bytes buffered before they are written.
const BUFFER_BYTES: usize = 256 << 10;

/// Writes one event log, header first, and returns the tally that a reader of it must find.
/// Memory does not grow with the number of events.
pub fn write(recipe: &Recipe, out: &mut dyn Write) -> Result<Tally> {
    Generator::new(recipe)?.write(recipe.events, out)
}

/// Writes one event log as `files` files, each with a header, of equally many lines; `open` gives the writer of
/// file 0, 1, ... and `close` takes it back when all of the file is written. Returns the tally that a reader of each must find.
pub fn write_files<W: Write>(
    recipe: &Recipe,
    files: u64,
    mut open: impl FnMut(u64) -> Result<W>,
    mut close: impl FnMut(W) -> Result<()>,
) -> Result<Vec<Tally>> {
    if files == 0 {
        return Err(Error::usage("events cannot be written to no file").with_help("write 1 or more"));
    }
    let mut generator = Generator::new(recipe)?;
    let lines_before = |file| (u128::from(recipe.events) * u128::from(file) / u128::from(files)) as u64;
    (0..files)
        .map(|file| {
            let mut out = open(file)?;
            let tally = generator.write(lines_before(file + 1) - lines_before(file), &mut out)?;
            close(out).map(|()| tally)
        })
        .collect()
}

/// A log in the making: what comes next.
struct Generator {
    times: Times,
    row: ColumnWriter,
    flaws: Dice,
    flaw_kinds: Vec<Flaw>,
    dirt_ppm: u64,
    layout: TimeLayout,
    format: RowFormat,
}

impl Generator {
    fn new(recipe: &Recipe) -> Result<Self> {
        recipe.check()?;
        let row = ColumnWriter::new(recipe);
        Ok(Generator {
            times: Times::new(recipe),
            flaws: Dice::new(recipe.seed, DrawStream::Flaws),
            flaw_kinds: Flaw::ALL.into_iter().filter(|flaw| flaw.fits(row.width())).collect(),
            dirt_ppm: recipe.dirt_ppm.into(),
            layout: recipe.time_layout,
            format: recipe.format,
            row,
        })
    }

    /// The header and the next `lines` lines.
    fn write(&mut self, lines: u64, out: &mut dyn Write) -> Result<Tally> {
        let mut tally = Tally::default();
        if self.format == RowFormat::Parquet {
            self.write_table(lines, &mut tally, out)?;
        } else {
            self.write_lines(lines, &mut tally, out)?;
        }
        out.flush().map_err(cannot_write)?;
        tally.read = lines;
        tally.bytes_total = tally.bytes_read;
        tally.without_offset = if self.layout == TimeLayout::Local { tally.counted } else { 0 };
        Ok(tally)
    }

    fn write_table(&mut self, rows: u64, tally: &mut Tally, out: &mut dyn Write) -> Result<()> {
        let mut table = self.row.table(self.layout)?;
        for _ in 0..rows {
            let time_us = self.times.draw();
            self.row.append(time_us, &mut table);
            table.write(false, out, &mut tally.bytes_read)?;
            tally.counted += 1;
        }
        table.finish(out, &mut tally.bytes_read)
    }

    fn write_lines(&mut self, lines: u64, tally: &mut Tally, out: &mut dyn Write) -> Result<()> {
        let mut buffer = Vec::with_capacity(BUFFER_BYTES + (64 << 10));
        self.row.write_header(&mut buffer);
        for _ in 0..lines {
            let time_us = self.times.draw();
            let flaw = self.draw_flaw();
            self.row.write(time_us, flaw, &mut buffer);
            match flaw {
                None => tally.counted += 1,
                Some(flaw) => flaw.add_to(tally),
            }
            if buffer.len() >= BUFFER_BYTES {
                write_out(&mut buffer, tally, out)?;
            }
        }
        write_out(&mut buffer, tally, out)
    }

    fn draw_flaw(&mut self) -> Option<Flaw> {
        (self.dirt_ppm > 0 && self.flaws.below(1_000_000) < self.dirt_ppm)
            .then(|| *self.flaws.pick(&self.flaw_kinds))
    }
}

fn write_out(buffer: &mut Vec<u8>, tally: &mut Tally, out: &mut dyn Write) -> Result<()> {
    out.write_all(buffer).map_err(cannot_write)?;
    tally.bytes_read += buffer.len() as u64;
    buffer.clear();
    Ok(())
}

fn cannot_write(error: std::io::Error) -> Error {
    Error::output("cannot write the events", &error)
}
