//! Parquet: every column, instants in UTC, counts as 64-bit integers, zstd.

use std::io;

use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::table::Table;
use super::{Out, failed};
use crate::error::{Code, Error, Kind, Result};

/// Writes the rows of `table`.
pub(super) fn write(table: &mut Table<'_>, out: &mut Out<'_>) -> Result<()> {
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(Default::default()));
    let writer = ArrowWriter::try_new(out, table.schema.clone(), Some(properties.build()));
    let mut writer = writer.map_err(refused)?;
    (table.rows)(&mut |_, batch| writer.write(batch).map_err(refused))?;
    writer.close().map_err(refused)?;
    Ok(())
}

/// The writer's error; what the system said is inside.
fn refused(error: ParquetError) -> Error {
    match error {
        ParquetError::External(inside) => match inside.downcast::<io::Error>() {
            Ok(inside) => failed(*inside),
            Err(inside) => Error::new(Kind::Storage, format!("cannot write the result: {inside}"))
                .with_code(Code::StorageFailed),
        },
        error => Error::new(Kind::Storage, format!("cannot write the result: {error}"))
            .with_code(Code::StorageFailed),
    }
}
