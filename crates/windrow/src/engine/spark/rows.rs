//! Rows of a Parquet file that Spark leaves to windrow. They are read by row number, with the decoder and the counter of the
//! embedded engine.

use crate::counts::Partial;
use crate::engine;
use crate::engine::file::OpenFile;
use crate::error::{Error, Result};
use crate::event::TimeReader;
use crate::format::RowLayout;
use crate::format::parquet::ParquetDecoder;
use crate::job::Job;
use crate::record::Batch;
use crate::reject::Reject;
use crate::settings::Stop;

use super::deliver::REJECTS_TOGETHER;
use super::layout::SparkInput;

/// Counts the rows with these numbers. `each` gets the first `wanted` rejects among them, in batches.
///
/// # Errors
/// Storage or data: the file cannot be read. The run was stopped. The errors of `each`.
pub(super) fn count(
    job: &Job,
    input: &SparkInput<'_>,
    time: &TimeReader,
    stop: &Stop,
    numbers: &[u64],
    (wanted, each): (usize, &mut dyn FnMut(Vec<Reject>) -> Result<()>),
) -> Result<Partial> {
    let open = OpenFile::open(0, input.file, job, time, stop).map_err(|refusal| refusal.error)?;
    let RowLayout::Parquet(table) = &open.header.written else {
        return Err(Error::bug("a Parquet file is none any more"));
    };
    let events = engine::events(job, time.clone(), 1, None);
    let batch = job.source.records.rules.as_ref().map(|rules| Batch::new(rules, &[]));
    let mut decoder = ParquetDecoder::new(table, events, batch);
    decoder.events().rejects_wanted = wanted;
    let counted = decoder.count_single(numbers, &mut |events, _| {
        stop.check()?;
        match events.rejects.len() {
            ..REJECTS_TOGETHER => Ok(()),
            _ => each(events.take_rejects(0, b'\n', 0, &[])),
        }
    });
    counted.map_err(|error| open.fault(error).within(&input.file.name))?;
    open.ensure_unchanged().map_err(|error| error.within(&input.file.name))?;
    each(decoder.events().take_rejects(0, b'\n', 0, &[]))?;
    Ok(decoder.finish())
}
