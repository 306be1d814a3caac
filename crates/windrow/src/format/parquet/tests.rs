//! The faster way is taken, and passes over times that it need not read: pages that must not be read are damaged.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use proptest::prelude::*;

use super::bytes::tests::PAGES_READ;
use super::{DecryptionKeys, ParquetDecoder, ParquetTable};
use crate::calendar::{Step, Zone};
use crate::counts::{Counts, EventCounter, Partial};
use crate::error::Result;
use crate::event::{TimeFormat, TimeReader, TimeRules};
use crate::format::header::NamedColumns;
use crate::pane::PaneWidths;
use crate::storage::Input;
use crate::tally::Tally;
use crate::window::Windows;

const ROWS: i64 = 1_000;

/// Events of so many seconds each after the other, in pages of 100 rows, with these statistics.
fn file(apart_s: i64, statistics: EnabledStatistics) -> Vec<u8> {
    file_with(apart_s, statistics, |row| if row % 3 == 0 { "Open" } else { "Close" })
}

fn file_with(apart_s: i64, statistics: EnabledStatistics, action: fn(i64) -> &'static str) -> Vec<u8> {
    let times: TimestampMicrosecondArray = (0..ROWS).map(|row| Some(row * apart_s * 1_000_000)).collect();
    let actions: StringArray = (0..ROWS).map(|row| Some(action(row))).collect();
    let columns: [(&str, ArrayRef); 2] =
        [("time", Arc::new(times.with_timezone("UTC"))), ("action", Arc::new(actions))];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_column_dictionary_enabled("time".into(), false)
        .set_data_page_row_count_limit(100)
        .set_write_batch_size(100)
        .set_statistics_enabled(statistics)
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

/// The table in these bytes.
fn opened(bytes: &[u8]) -> Result<ParquetTable> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    std::fs::write(&path, bytes).unwrap();
    let input = Arc::new(Input::open(&path, "cannot read").unwrap());
    let columns = NamedColumns {
        time: "time",
        beside: None,
        keys: &["action".to_owned()],
        reader: &reader(),
        measured: &[],
        record: None,
        mapped: None,
        in_path: &[],
    };
    ParquetTable::read(&input, columns, &DecryptionKeys::default())
}

fn reader() -> TimeReader {
    TimeReader::new(&TimeRules::of(TimeFormat::Iso)).unwrap()
}

fn decoder(table: &ParquetTable) -> ParquetDecoder<'_> {
    let hour: Step = "1h".parse().unwrap();
    let widths = PaneWidths::of(&[Windows::new(hour, hour, &Zone::utc())]);
    let events = EventCounter::new(Counts::new(1, u64::MAX, 1 << 20), reader(), widths);
    ParquetDecoder::new(table, events, None)
}

/// Whether the rows of the only row group are counted the faster way, and how many. The last bytes of the times are damaged
/// where `is_damaged`.
fn counted(mut bytes: Vec<u8>, is_damaged: bool) -> Result<(bool, u64)> {
    if is_damaged {
        let (start, len) = opened(&bytes)?.group(0).column(0).byte_range();
        bytes[(start + len - 9) as usize..(start + len) as usize].fill(0xff);
    }
    let table = opened(&bytes)?;
    let mut decoder = decoder(&table);
    PAGES_READ.take();
    let is_fast = decoder.count_in_lanes(0, &mut |_, _| Ok(()))?;
    Ok((is_fast, decoder.finish().counts.events()))
}

#[test]
fn usual_rows_are_counted_in_lanes() {
    for statistics in [EnabledStatistics::None, EnabledStatistics::Chunk, EnabledStatistics::Page] {
        for apart_s in [0, 1, 36, 5_000] {
            assert_eq!(counted(file(apart_s, statistics), false).unwrap(), (true, ROWS as u64));
        }
    }
}

#[test]
fn times_that_lie_in_one_pane_are_not_read() {
    // All rows in one hour, then each page in one, then no page.
    for (apart_s, statistics, is_read) in [
        (1, EnabledStatistics::Chunk, false),
        (1, EnabledStatistics::Page, false),
        (36, EnabledStatistics::Page, false),
        (36, EnabledStatistics::Chunk, true),
        (37, EnabledStatistics::Page, true),
        (1, EnabledStatistics::None, true),
    ] {
        let all = Ok((true, ROWS as u64));
        let counted = counted(file(apart_s, statistics), true).map_err(|error| error.to_string());
        assert_eq!(counted.clone() == all, !is_read, "{apart_s} s, {statistics:?}: {counted:?}");
    }
}

/// Rejects in several pages: their times, which were passed over, are read then, but no page twice.
#[test]
fn no_page_is_read_twice_for_rejects() {
    fn is_reject(row: i64) -> bool {
        row % 230 == 7
    }
    for (apart_s, statistics) in [
        (1, EnabledStatistics::Chunk),
        (1, EnabledStatistics::Page),
        (36, EnabledStatistics::Page),
        (37, EnabledStatistics::None),
    ] {
        let bytes = file_with(apart_s, statistics, |row| if is_reject(row) { "Op\0en" } else { "Open" });
        let rejects = (0..ROWS).filter(|row| is_reject(*row)).count() as u64;
        assert_eq!(counted(bytes, false).unwrap(), (true, ROWS as u64 - rejects));
        let mut pages = PAGES_READ.take();
        assert!(pages.len() > 10, "the keys are in ten pages and a dictionary");
        pages.sort_unstable();
        let read = pages.len();
        pages.dedup();
        assert_eq!(pages.len(), read, "{apart_s} s, {statistics:?}");
    }
}

#[test]
fn rows_that_are_left_out_are_no_rows_of_the_table() {
    // Rows 0, 230, 460, … would be rejects.
    let bytes = file_with(1, EnabledStatistics::Page, |row| if row % 230 == 0 { "Op\0en" } else { "Open" });
    for (left_out, events, rejects) in [
        (vec![], 995, 5),
        (vec![0], 995, 4),
        (vec![0, 230, 460, 690, 920, 999], 994, 0),
        ((0..999).collect(), 1, 0),
        ((0..1_000).collect(), 0, 0),
    ] {
        let mut table = opened(&bytes).unwrap();
        table.leave_out(left_out.iter().copied().collect()).unwrap();
        let mut decoder = decoder(&table);
        decoder.count(0, &mut |_, _| Ok(())).unwrap();
        let counted = decoder.finish();
        assert_eq!(
            (counted.counts.events(), counted.tally.rejected_total()),
            (events, rejects),
            "{left_out:?}"
        );
        assert_eq!(counted.tally.read, events + rejects, "{left_out:?}");
    }
    let error = opened(&bytes).unwrap().leave_out([5, 1_000].into_iter().collect()).unwrap_err();
    assert!(error.to_string().contains("row 1001 of it was deleted"), "{error}");
}

/// All that was counted: each count that is not zero by its pane and key, the tally, and the first and the last time.
type Counted = (Vec<(i64, Vec<u8>, u64)>, Tally, Option<(i64, i64)>);

fn answer(decoder: ParquetDecoder<'_>) -> Counted {
    let Partial { counts, tally, span_us, .. } = decoder.finish();
    let mut cells = Vec::new();
    for (pane, slot) in counts.panes_in_order() {
        counts.row(slot, |key, n| {
            let key = counts.keys.tuple(key).concat();
            cells.extend((n > 0).then_some((pane.start_us, key, n)));
        });
    }
    cells.sort();
    (cells, tally, span_us)
}

proptest! {
    #[test]
    fn rows_are_left_out_in_lanes_as_they_are_one_by_one(
        apart_s in 0_i64..50,
        which in 0_usize..3,
        few in proptest::collection::btree_set(0..ROWS as u64, 0..12),
        most in any::<bool>(),
        from in 0..ROWS as u64,
        len in 0..300_u64,
    ) {
        let statistics = [EnabledStatistics::None, EnabledStatistics::Chunk, EnabledStatistics::Page][which];
        let bytes = file_with(apart_s, statistics, |row| match row % 97 {
            0 => "Op\0en",
            1..60 => "Open",
            _ => "Close",
        });
        let is_left_out = |row: &u64| most ^ (few.contains(row) || (from..from + len).contains(row));
        let mut table = opened(&bytes).unwrap();
        table.leave_out((0..ROWS as u64).filter(is_left_out).collect()).unwrap();
        let (mut lanes, mut by_row) = (decoder(&table), decoder(&table));
        prop_assert!(lanes.count_in_lanes(0, &mut |_, _| Ok(())).unwrap());
        by_row.count_rows(0, &mut |_, _| Ok(())).unwrap();
        prop_assert_eq!(answer(lanes), answer(by_row));
    }
}
