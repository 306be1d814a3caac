//! The batches of a result, joined from their chunks, and checked so that none is lost or duplicated.

use std::io::Cursor;

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use bytes::Bytes;
use spark_connect_proto::execute_plan_response::ArrowBatch;

use crate::error::{Code, Error, Kind, Result};

/// Maximum size of a batch that is joined from chunks, in bytes.
const BATCH_MAX_BYTES: usize = 1 << 30;

/// The row of the result at which the next batch begins, and the chunks of it that have arrived.
#[derive(Debug, Default)]
pub(super) struct BatchAssembly {
    rows: i64,
    part: Option<PartialBatch>,
}

/// A batch that lacks chunks.
#[derive(Debug)]
struct PartialBatch {
    rows: i64,
    offset: Option<i64>,
    next: i64,
    chunks: i64,
    bytes: Vec<u8>,
}

impl BatchAssembly {
    /// Takes a message. Returns the batches that it completes, usually one.
    ///
    /// # Errors
    /// Storage: the message does not follow the previous one, or its bytes do not match its description.
    pub(super) fn take(&mut self, message: ArrowBatch) -> Result<Vec<RecordBatch>> {
        let chunks = message.num_chunks_in_batch.unwrap_or(1);
        let index = message.chunk_index.unwrap_or(0);
        let (rows, offset, bytes) = match self.part.take() {
            None if chunks <= 1 && index == 0 => (message.row_count, message.start_offset, message.data),
            None if index == 0 => {
                self.part = Some(PartialBatch {
                    rows: message.row_count,
                    offset: message.start_offset,
                    next: 1,
                    chunks,
                    bytes: message.data.to_vec(),
                });
                return Ok(Vec::new());
            }
            None => return Err(broken(format_args!("chunk {index} of {chunks} came first"))),
            Some(mut part) => {
                let fits = index == part.next
                    && chunks == part.chunks
                    && message.row_count == part.rows
                    && message.start_offset == part.offset;
                if !fits {
                    return Err(broken(format_args!(
                        "chunk {index} of {chunks} came where chunk {} of {} was due",
                        part.next, part.chunks
                    )));
                }
                if part.bytes.len() + message.data.len() > BATCH_MAX_BYTES {
                    return Err(Error::limit(format!(
                        "Spark sent a batch of more than {BATCH_MAX_BYTES} bytes"
                    ))
                    .with_code(Code::MessageTooLarge)
                    .with_help("lower spark.connect.grpc.arrow.maxBatchSize on the server"));
                }
                part.bytes.extend_from_slice(&message.data);
                part.next += 1;
                if part.next < part.chunks {
                    self.part = Some(part);
                    return Ok(Vec::new());
                }
                (part.rows, part.offset, Bytes::from(part.bytes))
            }
        };
        if offset.is_some_and(|offset| offset != self.rows) {
            return Err(broken(format_args!(
                "a batch begins at row {} where row {} was due",
                offset.unwrap_or_default(),
                self.rows
            )));
        }
        let batches = decoded(bytes)?;
        let found: usize = batches.iter().map(RecordBatch::num_rows).sum();
        if i64::try_from(found) != Ok(rows) {
            return Err(broken(format_args!("a batch of {rows} rows holds {found}")));
        }
        self.rows += rows;
        Ok(batches)
    }

    /// Checks that nothing is missing at the end of the result.
    ///
    /// # Errors
    /// Storage: chunks are missing.
    pub(super) fn finish(&self) -> Result<()> {
        match &self.part {
            None => Ok(()),
            Some(part) => Err(broken(format_args!(
                "the result ended after chunk {} of {} of a batch",
                part.next, part.chunks
            ))),
        }
    }
}

fn decoded(bytes: Bytes) -> Result<Vec<RecordBatch>> {
    let unreadable =
        |error: arrow_schema::ArrowError| broken(format_args!("a batch cannot be read: {error}"));
    let reader = StreamReader::try_new(Cursor::new(bytes), None).map_err(unreadable)?;
    reader.collect::<Result<_, _>>().map_err(unreadable)
}

fn broken(what: impl std::fmt::Display) -> Error {
    Error::new(Kind::Storage, format!("Spark's answer does not add up: {what}"))
        .with_code(Code::SparkLost)
        .with_help("a retry is safe; if it happens again, please report it with the version of Spark")
}
