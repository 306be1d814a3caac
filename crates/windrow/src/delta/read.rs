//! Reads a data file: only the wanted columns, and only row groups that may hold wanted rows.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::{
    ArrayRef, Date32Array, Int16Array, Int32Array, Int64Array, RecordBatch, StringArray, new_null_array,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use bytes::{Buf, Bytes};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
    RowSelection,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::statistics::Statistics;

use super::blocks::BlockHashes;
use super::file::DataFile;
use super::log::Log;
use super::stats::{ColumnRange, StatsValue};
use crate::calendar::day_of;
use crate::error::{Error, Result};

/// Bytes at the end of a file to read first: they usually hold the footer.
const TAIL_BYTES: u64 = 64 << 10;

/// A file of at most this many bytes is read at once.
const SMALL_BYTES: u64 = 256 << 10;

/// Two ranges with at most this many bytes between them are read in one request.
const GAP_BYTES: u64 = 64 << 10;

/// Rows of a batch.
const BATCH_ROWS: usize = 8 << 10;

/// Which rows of a data file to read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum WantedRows<'w> {
    All,
    /// Skips row groups that hold no values in this range.
    InRange(&'w ColumnRange),
    /// These ranges of row numbers, which count from 0, in ascending order and disjoint.
    Stretches(&'w [Range<u64>]),
}

/// The rows of a data file, batch by batch.
#[derive(Debug)]
pub struct DataFileRows {
    log: Log,
    path: String,
    schema: SchemaRef,
    partition: Vec<(String, Option<String>)>,
    reader: ParquetRecordBatchReader,
}

impl DataFileRows {
    /// Opens `file` for the columns of `schema` and the rows that are `wanted`.
    pub(crate) fn open(
        log: &Log,
        file: &DataFile,
        schema: SchemaRef,
        wanted: WantedRows<'_>,
    ) -> Result<Self> {
        let path = log.path(&file.place);
        guarded(|| DataFileRows::open_unguarded(log, file, schema, wanted))
            .unwrap_or_else(|| Err(confused(log, &path)))
    }

    fn open_unguarded(log: &Log, file: &DataFile, schema: SchemaRef, wanted: WantedRows<'_>) -> Result<Self> {
        let path = log.path(&file.place);
        let size_bytes = file.size_bytes();
        let mut segments = Segments { size_bytes, blocks: file.blocks(), parts: Vec::new() };
        let found = match size_bytes <= SMALL_BYTES {
            true => log.store.get(&path)?.map(|whole| {
                segments.parts.push((0, whole.clone()));
                whole.len() as u64
            }),
            false => log.store.stat(&path)?.map(|found| found.size_bytes),
        };
        match found {
            None => return Err(log.damaged(&path, "this data file is missing")),
            Some(found) if found != size_bytes => {
                return Err(
                    log.damaged(&path, format!("this data file has {found} bytes and had {size_bytes}"))
                );
            }
            Some(_) => segments.check(log, &path)?,
        }
        let metadata = footer(log, &path, &mut segments)?;
        let broken = |error: ParquetError| log.damaged(&path, format!("this data file is damaged: {error}"));
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = ArrowReaderMetadata::try_new(Arc::new(metadata), options).map_err(broken)?;

        let stored = metadata.schema().clone();
        let columns: Vec<usize> = (0..stored.fields().len())
            .filter(|at| schema.field_with_name(stored.field(*at).name()).is_ok())
            .collect();
        let groups: Vec<usize> = (0..metadata.metadata().num_row_groups())
            .filter(|at| match wanted {
                WantedRows::InRange(range) => may_hold(metadata.metadata().row_group(*at), range),
                WantedRows::All | WantedRows::Stretches(_) => true,
            })
            .collect();
        let mut ranges = Vec::new();
        for group in &groups {
            for column in metadata.metadata().row_group(*group).columns() {
                let name = column.column_path().parts().first();
                if name.is_some_and(|name| schema.field_with_name(name).is_ok()) {
                    let (start, length) = column.byte_range();
                    ranges.push(start..start.saturating_add(length));
                }
            }
        }
        segments.fetch_all(log, &path, ranges)?;
        let mask = ProjectionMask::roots(metadata.parquet_schema(), columns);
        let rows = metadata.metadata().file_metadata().num_rows();
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(segments, metadata)
            .with_projection(mask)
            .with_row_groups(groups)
            .with_batch_size(BATCH_ROWS);
        let builder = match wanted {
            WantedRows::Stretches(stretches) => {
                if stretches.last().is_some_and(|last| i64::try_from(last.end).map_or(true, |end| end > rows))
                {
                    return Err(log.damaged(&path, format!("this data file is damaged: it has {rows} rows")));
                }
                let stretches = stretches.iter().map(|rows| rows.start as usize..rows.end as usize);
                builder.with_row_selection(RowSelection::from_consecutive_ranges(stretches, rows as usize))
            }
            WantedRows::All | WantedRows::InRange(_) => builder,
        };
        let reader = builder.build().map_err(broken)?;
        let partition = file.partition().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        Ok(DataFileRows { log: log.clone(), path, schema, partition, reader })
    }

    /// The columns of the rows.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The wanted columns: stored ones, partition values, and nulls for columns that were added after the file.
    fn complete(&self, stored: &RecordBatch) -> Result<RecordBatch, String> {
        let column = |field: &Arc<Field>| -> Result<ArrayRef, String> {
            let partition = self.partition.iter().find(|(name, _)| name == field.name());
            match (stored.column_by_name(field.name()), partition) {
                (_, Some((_, value))) => repeated(field.data_type(), value.as_deref(), stored.num_rows()),
                (Some(column), None) => Ok(column.clone()),
                (None, None) => Ok(new_null_array(field.data_type(), stored.num_rows())),
            }
        };
        let columns = self.schema.fields().iter().map(column).collect::<Result<Vec<_>, _>>()?;
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(stored.num_rows()));
        RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)
            .map_err(|error| error.to_string())
    }
}

impl Iterator for DataFileRows {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let Some(stored) = guarded(|| self.reader.next()) else {
            return Some(Err(confused(&self.log, &self.path)));
        };
        let stored = stored?;
        let batch = stored.map_err(|error| error.to_string()).and_then(|stored| self.complete(&stored));
        Some(batch.map_err(|what| self.log.damaged(&self.path, format!("this data file is damaged: {what}"))))
    }
}

/// The result of `work`; `None` if it panics: the Parquet reader does so for some damaged files.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

fn confused(log: &Log, path: &str) -> Error {
    log.damaged(path, "this data file is damaged: what it says of itself cannot be")
}

/// The wanted columns of `schema`, in its order; all if `columns` is `None`.
pub(crate) fn projected(schema: &SchemaRef, columns: Option<&[&str]>) -> Result<SchemaRef> {
    let Some(columns) = columns else { return Ok(schema.clone()) };
    if let Some(unknown) = columns.iter().find(|name| schema.field_with_name(name).is_err()) {
        return Err(Error::bug(format!("column {unknown:?} is asked for and is not in the table")));
    }
    let fields = schema.fields().iter().filter(|field| columns.contains(&field.name().as_str()));
    Ok(Arc::new(Schema::new(fields.cloned().collect::<Vec<_>>())))
}

/// Reads the footer, which says where everything is in the file.
fn footer(log: &Log, path: &str, segments: &mut Segments) -> Result<ParquetMetaData> {
    let size = segments.size_bytes;
    let mut tail = TAIL_BYTES.min(size);
    loop {
        segments.fetch(log, path, size - tail..size)?;
        let mut reader = ParquetMetaDataReader::new();
        match reader.try_parse_sized(segments, size).and_then(|()| reader.finish()) {
            Ok(metadata) => return Ok(metadata),
            Err(ParquetError::NeedMoreData(more)) if more as u64 > tail && more as u64 <= size => {
                tail = more as u64
            }
            Err(error) => return Err(log.damaged(path, format!("this data file is damaged: {error}"))),
        }
    }
}

/// Whether a row group may hold a value in `range`; true if its statistics are missing.
fn may_hold(group: &RowGroupMetaData, range: &ColumnRange) -> bool {
    let column = group.columns().iter().find(|column| column.column_path().string() == range.column);
    let span = match (column.and_then(|column| column.statistics()), &range.from) {
        (Some(Statistics::Int32(of)), StatsValue::Int(_)) => of
            .min_opt()
            .zip(of.max_opt())
            .map(|(min, max)| (StatsValue::Int((*min).into()), StatsValue::Int((*max).into()))),
        (Some(Statistics::Int64(of)), StatsValue::Int(_)) => {
            of.min_opt().zip(of.max_opt()).map(|(min, max)| (StatsValue::Int(*min), StatsValue::Int(*max)))
        }
        (Some(Statistics::Int64(of)), StatsValue::TimeUs(_)) => of
            .min_opt()
            .zip(of.max_opt())
            .map(|(min, max)| (StatsValue::TimeUs(*min), StatsValue::TimeUs(*max))),
        (Some(Statistics::ByteArray(of)), StatsValue::Text(_)) => {
            of.min_opt().zip(of.max_opt()).and_then(|(min, max)| {
                let text = |bytes: &[u8]| Some(StatsValue::Text(std::str::from_utf8(bytes).ok()?.to_owned()));
                text(min.data()).zip(text(max.data()))
            })
        }
        _ => None,
    };
    span.is_none_or(|(min, max)| min <= range.to && max >= range.from)
}

/// A column of one value.
fn repeated(of: &DataType, value: Option<&str>, rows: usize) -> Result<ArrayRef, String> {
    let Some(value) = value.filter(|value| !value.is_empty()) else { return Ok(new_null_array(of, rows)) };
    let wrong = || format!("the partition value {value:?} is not {of}");
    Ok(match of {
        DataType::Utf8 => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(value, rows))),
        DataType::Int16 => Arc::new(Int16Array::from_value(value.parse().map_err(|_| wrong())?, rows)),
        DataType::Int32 => Arc::new(Int32Array::from_value(value.parse().map_err(|_| wrong())?, rows)),
        DataType::Int64 => Arc::new(Int64Array::from_value(value.parse().map_err(|_| wrong())?, rows)),
        DataType::Date32 => {
            let date: jiff::civil::Date = value.parse().map_err(|_| wrong())?;
            let day = day_of(date.year().into(), date.month().into(), date.day().into());
            let day = i32::try_from(day).map_err(|_| wrong())?;
            Arc::new(Date32Array::from_value(day, rows))
        }
        _ => return Err(wrong()),
    })
}

/// The parts of a file that were read, each with its offset.
#[derive(Debug)]
struct Segments {
    size_bytes: u64,
    /// The expected hashes, if known.
    blocks: Option<BlockHashes>,
    parts: Vec<(u64, Bytes)>,
}

impl Segments {
    /// Fetches these ranges; ranges near each other in one request.
    fn fetch_all(&mut self, log: &Log, path: &str, mut ranges: Vec<Range<u64>>) -> Result<()> {
        ranges.retain(|range| self.find(range.start, range.end.saturating_sub(range.start)).is_none());
        ranges.sort_unstable_by_key(|range| range.start);
        let mut together: Vec<Range<u64>> = Vec::new();
        for range in ranges {
            match together.last_mut() {
                Some(last) if range.start <= last.end.saturating_add(GAP_BYTES) => {
                    last.end = last.end.max(range.end);
                }
                _ => together.push(range),
            }
        }
        together.into_iter().try_for_each(|range| self.fetch(log, path, range))
    }

    fn fetch(&mut self, log: &Log, path: &str, range: Range<u64>) -> Result<()> {
        if range.end > self.size_bytes {
            return Err(log.damaged(path, "this data file is damaged: a column lies behind its end"));
        }
        if self.find(range.start, range.end.saturating_sub(range.start)).is_none() {
            let range = match &self.blocks {
                Some(blocks) => blocks.around(range, self.size_bytes),
                None => range,
            };
            let part = log.store.get_range(path, range.clone())?;
            let part = part.ok_or_else(|| log.damaged(path, "this data file is missing"))?;
            self.parts.push((range.start, part));
            self.check(log, path)?;
        }
        Ok(())
    }

    /// An error if the part that was read last differs from what was written.
    fn check(&self, log: &Log, path: &str) -> Result<()> {
        match (&self.blocks, self.parts.last()) {
            (Some(blocks), Some((start, part))) if !blocks.hold(*start, part) => {
                Err(log.damaged(path, "this data file is damaged: its bytes are not those that were written"))
            }
            _ => Ok(()),
        }
    }

    fn find(&self, start: u64, length: u64) -> Option<Bytes> {
        self.parts.iter().find_map(|(at, part)| {
            let from = usize::try_from(start.checked_sub(*at)?).ok()?;
            let to = from.checked_add(usize::try_from(length).ok()?)?;
            (to <= part.len()).then(|| part.slice(from..to))
        })
    }
}

impl Length for Segments {
    fn len(&self) -> u64 {
        self.size_bytes
    }
}

impl ChunkReader for Segments {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        let part = self.parts.iter().find_map(|(at, part)| {
            let from = usize::try_from(start.checked_sub(*at)?).ok()?;
            (from < part.len()).then(|| part.slice(from..))
        });
        part.map(Buf::reader).ok_or_else(|| outside(start))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        self.find(start, length as u64).ok_or_else(|| match start.checked_add(length as u64) {
            // The footer has its own length; it may begin before the part of the end that was read.
            Some(end) if end <= self.size_bytes => {
                ParquetError::NeedMoreData(usize::try_from(self.size_bytes - start).unwrap_or(usize::MAX))
            }
            _ => outside(start),
        })
    }
}

fn outside(start: u64) -> ParquetError {
    ParquetError::General(format!("a page begins at byte {start}, outside its column"))
}
