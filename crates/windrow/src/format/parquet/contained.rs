//! Damage: errors and panics of the crate `parquet` on damaged bytes, as errors of the file.

use std::panic::{AssertUnwindSafe, catch_unwind};

use parquet::errors::ParquetError;

use crate::error::{Code, Error, Result};

/// Runs `read`, which reads with the crate. The crate may panic on a damaged file. That is a fault of the crate, and is treated
/// like its errors: the file is refused. Panics are caught here only, and nothing that `read` has changed is used afterwards.
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

/// windrow's own error within an error of the crate that wraps it.
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
