//! Sheets: rows of any columns, written as what reports are written as. For the tables behind a job.

mod cell;
mod lines;
mod table;

use ::parquet::arrow::ArrowWriter;
use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use std::sync::Arc;

use super::behind::write_behind;
use super::{Format, Out, Screen, parquet};
use crate::calendar::Zone;
use crate::error::{Error, Result};

/// Takes the rows of a sheet, batch by batch, with the zone by whose clock their times are shown.
pub type Take<'t> = dyn FnMut(&Zone, &RecordBatch) -> Result<()> + 't;

/// Rows of any columns: text, whole and other numbers, yes and no, and times in microseconds UTC.
pub struct Sheet<'s> {
    /// Its columns.
    pub schema: SchemaRef,
    /// The columns that a table for people has, in its order; all if none are named.
    pub shown: Vec<String>,
    /// Columns that say by whose clock a time is, which text does not need: its times have an offset.
    pub labels: Vec<String>,
    /// Columns in which null is a value, which people are shown as `null`.
    pub keys: Vec<String>,
    /// Hands on its rows.
    pub rows: Box<Rows<'s>>,
}

/// Hands on the rows of a sheet.
pub type Rows<'s> = dyn FnMut(&mut Take<'_>) -> Result<()> + 's;

impl<'s> Sheet<'s> {
    /// A sheet of one batch.
    pub fn of(batch: RecordBatch, zone: &Zone) -> Self {
        let zone = zone.clone();
        Sheet {
            schema: batch.schema(),
            shown: Vec::new(),
            labels: Vec::new(),
            keys: Vec::new(),
            rows: Box::new(move |take| take(&zone, &batch)),
        }
    }

    /// The same sheet; people are shown these columns.
    pub fn showing(self, columns: &[&str]) -> Self {
        Sheet { shown: columns.iter().map(|name| (*name).to_owned()).collect(), ..self }
    }

    /// The places of the columns that text has.
    fn columns(&self, for_people: bool) -> Vec<usize> {
        let all = 0..self.schema.fields().len();
        let name = |at: &usize| self.schema.field(*at).name();
        if for_people && !self.shown.is_empty() {
            return self.shown.iter().filter_map(|name| self.schema.index_of(name).ok()).collect();
        }
        all.filter(|at| !self.labels.contains(name(at))).collect()
    }
}

/// Writes `sheet` to `out` as `format`. Text has times on the clock of their zone with its offset, Parquet has UTC.
///
/// # Errors
/// Usage: HTML, which is for reports. What the system says of `out`, as in [`Error::output`].
pub fn write_sheet(format: Format, sheet: &mut Sheet<'_>, screen: &Screen, out: &mut Out<'_>) -> Result<()> {
    write_behind(out, |out| match format {
        Format::Table => table::write(sheet, screen, out),
        Format::Csv => lines::write_csv(sheet, out),
        Format::Json => lines::write_json(sheet, out),
        Format::Ndjson => lines::write_ndjson(sheet, out),
        Format::Parquet => write_parquet(sheet, out),
        Format::Html => Err(Error::usage("a page is made of reports, not of the tables behind them")
            .help("choose csv, json, ndjson or parquet")),
    })
}

fn write_parquet(sheet: &mut Sheet<'_>, out: &mut Out<'_>) -> Result<()> {
    let schema: Arc<Schema> = sheet.schema.clone();
    let mut writer =
        ArrowWriter::try_new(out, schema, Some(parquet::properties())).map_err(parquet::refused)?;
    (sheet.rows)(&mut |_, batch| writer.write(batch).map_err(parquet::refused))?;
    writer.close().map_err(parquet::refused)?;
    Ok(())
}

#[cfg(test)]
mod tests;
