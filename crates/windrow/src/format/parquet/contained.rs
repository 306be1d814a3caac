//! Damage: what the crate `parquet` says of bytes that are not what they should be, as an error of the file.

use std::panic::{AssertUnwindSafe, catch_unwind};

use parquet::errors::ParquetError;

use crate::error::{Code, Error, Result};

/// What `read` reads by the crate. It may panic on a damaged file, which is the crate's fault and means the same as its
/// errors: the file is refused. This is the one place where a panic is caught; nothing that `read` has changed is used
/// afterwards.
///
/// # Errors
/// Storage: the bytes cannot be read. Data: they are damaged.
pub(super) fn contained<T>(what: &str, read: impl FnOnce() -> parquet::errors::Result<T>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(ParquetError::External(error))) => Err(match error.downcast::<Error>() {
            Ok(error) => *error,
            Err(error) => within(error.as_ref()).unwrap_or_else(|| damaged(what, &error.to_string())),
        }),
        Ok(Err(error)) => {
            let said = error.to_string();
            Err(damaged(what, said.strip_prefix("Parquet error: ").unwrap_or(&said)))
        }
        Err(_) => Err(damaged(what, "it cannot be decoded")),
    }
}

/// The error within what the crate has made of it on its way.
fn within(error: &(dyn std::error::Error + 'static)) -> Option<Error> {
    if let Some(error) = error.downcast_ref::<Error>() {
        return Some(error.clone());
    }
    let inner = match error.downcast_ref::<std::io::Error>() {
        Some(error) => error.get_ref().map(|inner| inner as &(dyn std::error::Error + 'static)),
        None => match error.downcast_ref::<ParquetError>() {
            Some(ParquetError::External(inner)) => Some(inner.as_ref() as &(dyn std::error::Error + 'static)),
            _ => error.source(),
        },
    };
    inner.and_then(within)
}

/// The error for a file that is damaged in `what`.
pub(super) fn damaged(what: &str, why: &str) -> Error {
    Error::data(format!("the Parquet file is damaged: {what}: {why}"))
        .with_code(Code::DamagedData)
        .with_help("fetch or write it again")
}
