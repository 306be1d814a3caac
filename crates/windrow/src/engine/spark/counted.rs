//! Results of a count, file by file: from the rows of Spark's answer to counts and tallies.

use std::collections::HashMap;

use arrow_array::{Array, Int64Array, RecordBatch};

use super::answer::{Columns, odd_answer, whole};
use super::layout::SparkInput;
use super::plan::{FACTS, LineKind, PARTS};
use super::table::SparkTable;
use crate::counts::{Counts, KeyId, Slot, sum_past_limit};
use crate::engine::union;
use crate::error::{Code, Error, Kind, Result};
use crate::fingerprint::{LineSums, spark_hash};
use crate::job::Job;
use crate::measure::StatePart;
use crate::tally::Tally;

/// A file with at most this many unsure lines is not counted again, however large their share.
const UNSURE_MAX: u64 = 10_000;

/// Maximum number of rows of a table that windrow reads by row number. If there are more, it reads the whole file.
const ODD_ROWS_MAX: u64 = 1 << 20;

/// Spark's count of one file.
#[derive(Clone, Debug)]
pub(super) struct FileCount {
    /// Counts per pane and raw key.
    pub(super) counts: Counts,
    /// Where its rows went, except unsure ones. The header counts as a row, and bytes are not counted.
    pub(super) tally: Tally,
    /// The times of the first and the last event, in microseconds.
    pub(super) span_us: Option<(i64, i64)>,
    /// How many of its lines or rows are unsure.
    pub(super) unsure: u64,
    /// The parts in which Spark has read it, in any order.
    pub(super) blocks: Vec<FileSplit>,
    /// The lines or rows that windrow reads, in any order.
    pub(super) odd: Vec<OddLines>,
    /// The hash of the lines of a Parquet file, if it is wanted. For other files it follows from `blocks`.
    pub(super) hash: Option<u128>,
    /// Whether Spark could not read the file.
    pub(super) is_unread: bool,
}

/// The part of a file that one task has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileSplit {
    /// Where it begins, in bytes. Its first line may begin earlier or later.
    pub(super) start: i64,
    /// The `id` of its first line in Spark.
    pub(super) first_id: u64,
    /// How many lines it has.
    pub(super) lines: u64,
    /// Their bytes, each with an LF.
    pub(super) bytes: u64,
    /// The sums over the hashes of its lines, if they are wanted. The number of a line is its `id` in Spark.
    pub(super) sums: Option<LineSums>,
}

/// Lines of one kind that windrow reads, as a bit set over 64 consecutive lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OddLines {
    /// Where the part of the file begins that holds them.
    pub(super) block: i64,
    /// What they are.
    pub(super) what: LineKind,
    /// The `id` in Spark of the first of the 64 lines.
    pub(super) first_id: u64,
    /// Which of the 64 lines they are. The lowest bit is the first line.
    pub(super) bits: u64,
}

impl FileCount {
    /// An empty count.
    pub(super) fn nothing(job: &Job) -> Self {
        FileCount {
            counts: Counts::new(job.source.keys.len(), &job.limits, 0).measuring(&job.source.measured),
            tally: Tally::default(),
            span_us: None,
            unsure: 0,
            blocks: Vec::new(),
            odd: Vec::new(),
            hash: None,
            is_unread: false,
        }
    }

    /// Whether windrow reads the whole file `input`. It does if Spark cannot read the file, is unsure of most lines or of too many rows,
    /// or has read another number of rows than the metadata gives.
    pub(super) fn is_left(&self, input: &SparkInput<'_>) -> bool {
        let is_table_left = |table: &SparkTable| {
            self.bytes() == input.size && self.lines_read() != table.rows || self.unsure > ODD_ROWS_MAX
        };
        let is_cut = input.packed.is_some_and(|packed| packed.is_left(self));
        let is_mostly_unsure = self.unsure > self.tally.read;
        self.is_unread || is_cut || is_mostly_unsure || input.table().is_some_and(is_table_left)
    }

    /// The row numbers, from 0 and in ascending order, of the rows of a table that windrow reads.
    pub(super) fn odd_rows(&self) -> Vec<u64> {
        let rows = |odd: &OddLines| {
            let (first, bits) = (odd.first_id, odd.bits);
            (0..64).filter(move |bit| bits >> bit & 1 == 1).map(move |bit| first + bit)
        };
        let mut numbers: Vec<u64> = self.odd.iter().flat_map(rows).collect();
        numbers.sort_unstable();
        numbers
    }

    /// The bytes of its lines, or the size of a Parquet file.
    pub(super) fn bytes(&self) -> u64 {
        self.blocks.iter().map(|block| block.bytes).sum()
    }

    /// How many lines or rows Spark has read.
    fn lines_read(&self) -> u64 {
        self.blocks.iter().map(|block| block.lines).sum()
    }

    /// The hash of the lines of a file of `bytes` bytes. `None` if hashes were not asked for.
    pub(super) fn lines(&self, bytes: u64) -> Option<u128> {
        let mut blocks: Vec<&FileSplit> = self.blocks.iter().collect();
        blocks.sort_unstable_by_key(|block| block.start);
        let (mut sums, mut line) = (LineSums::default(), 0);
        for block in blocks {
            sums.add(&block.sums?, block.first_id, line);
            line += block.lines;
        }
        Some(sums.finish(bytes))
    }

    /// The tally of the sure lines, including the header, with the size of the whole file in bytes.
    ///
    /// # Errors
    /// Storage: the lines do not add up to the size of the file.
    pub(super) fn whole_tally(&self, input: &SparkInput<'_>) -> Result<Tally> {
        let (lines, bytes, content) = (self.lines_read(), self.bytes(), input.content_bytes(self)?);
        let wanted = if input.table().is_some() { content } else { input.bytes_of_lines(content) };
        if lines != self.tally.read + self.unsure {
            return Err(Error::bug(format!(
                "Spark has {lines} lines of {}, and counts others",
                input.file.name
            )));
        }
        match bytes == wanted {
            true => Ok(Tally { bytes_read: content, bytes_total: content, ..self.tally.clone() }),
            false => Err(lines_do_not_add_up(input, bytes)),
        }
    }
}

/// The error if the lines that Spark has read do not add up to the size of the file.
pub(super) fn lines_do_not_add_up(input: &SparkInput<'_>, bytes: u64) -> Error {
    let (has, name) = (input.size, &input.file.name);
    Error::new(Kind::Storage, format!("{name}: Spark has read {bytes} of its {has} bytes")).with_code(Code::SparkFile)
        .with_help("run again when nothing writes to the file; every machine of the cluster must see the same file under this path, or where [engine.spark.paths] says")
}

/// Takes in the rows of Spark's answer to a count.
pub(super) struct CountCollector<'a> {
    job: &'a Job,
    /// The numbers of the files that Spark is asked about, by the hash of the name that Spark gives them. Two places may lead to one file.
    asked: HashMap<i64, Vec<usize>>,
    /// The counts, by file number.
    pub(super) files: HashMap<usize, FileCount>,
}

impl<'a> CountCollector<'a> {
    /// A collector for the files with these numbers and names. Without files it only adds up what others have collected.
    pub(super) fn about<'f>(job: &'a Job, files: impl Iterator<Item = (usize, &'f str)>) -> Self {
        let mut asked: HashMap<i64, Vec<usize>> = HashMap::new();
        files.for_each(|(at, name)| asked.entry(spark_hash(name.as_bytes())).or_default().push(at));
        CountCollector { job, asked, files: HashMap::new() }
    }

    /// Whether Spark was unsure of so many lines of a file that it has to count it again. If so, the first count is discarded.
    pub(super) fn takes_again(&mut self, at: usize) -> bool {
        let again = self.files.get(&at).is_some_and(|file| {
            file.unsure > UNSURE_MAX && file.unsure > (file.tally.read + file.unsure) / 10
        });
        again && self.files.remove(&at).is_some()
    }

    /// Takes in some rows. Those of files that Spark was not asked about, which are new in a folder, are left out.
    pub(super) fn take(&mut self, batch: &RecordBatch) -> Result<()> {
        let rows = Columns::of(batch, self.job)?;
        let ats = |row| self.asked.get(&rows.files.value(row)).into_iter().flatten();
        for (row, &at) in (0..batch.num_rows()).flat_map(|row| ats(row).map(move |at| (row, at))) {
            let file = self.files.entry(at).or_insert_with(|| FileCount::nothing(self.job));
            let n = whole(rows.n.value(row))?;
            match rows.whats.value(row) {
                FACTS => file.take_block(rows.places.value(row), n, &rows.more(row)?)?,
                part if part <= PARTS => file.take_part(self.job, (PARTS - part) as usize, &rows, row)?,
                what => {
                    let what = LineKind::of(what).ok_or_else(|| odd_answer("what"))?;
                    if rows.more.is_valid(row) {
                        file.take_odd(what, rows.places.value(row), &rows.more(row)?)?;
                    }
                    file.take_lines(self.job, what, n, &rows, row)?;
                    file.check_room(self.job)?;
                }
            }
        }
        Ok(())
    }
}

impl FileCount {
    /// Fails if there are more than twice as many counts as the limits allow. Some counts may be from lines within a quoted value and
    /// will be subtracted, so the limits themselves are checked later.
    fn check_room(&self, job: &Job) -> Result<()> {
        let (groups, bytes) = (self.counts.groups(), self.counts.keys.bytes());
        let is_within = groups / 2 <= job.limits.groups && bytes / 2 <= job.limits.key_bytes;
        if is_within { Ok(()) } else { self.counts.check_limit() }
    }

    fn take_block(&mut self, start: i64, lines: u64, more: &Int64Array) -> Result<()> {
        let sums = match more.len() {
            5 => None,
            9 => Some(LineSums {
                parts: [whole(more.value(5))?, whole(more.value(6))?],
                products: [whole(more.value(7))?, whole(more.value(8))?],
            }),
            _ => return Err(odd_answer("more")),
        };
        let (bytes, first_id) = (whole(more.value(0))?, whole(more.value(1))?);
        self.tally.without_offset += whole(more.value(4))?;
        self.blocks.push(FileSplit { start, first_id, lines, bytes, sums });
        if more.is_valid(2) && more.is_valid(3) {
            self.span_us = union(self.span_us, Some((more.value(2), more.value(3))));
        }
        Ok(())
    }

    fn take_odd(&mut self, what: LineKind, place: i64, more: &Int64Array) -> Result<()> {
        if more.len() != 2 {
            return Err(odd_answer("more"));
        }
        let (block, bits) = (more.value(0), more.value(1).cast_unsigned());
        self.odd.push(OddLines { block, what, first_id: whole(place)? * 64, bits });
        Ok(())
    }

    fn take_lines(
        &mut self,
        job: &Job,
        what: LineKind,
        n: u64,
        rows: &Columns<'_>,
        row: usize,
    ) -> Result<()> {
        if what == LineKind::Unsure {
            self.unsure += n;
            return Ok(());
        }
        let tally = &mut self.tally;
        tally.read += n;
        match what {
            LineKind::Blank => tally.blank += n,
            LineKind::Comment => tally.comment += n,
            LineKind::Header => tally.repeated_header += n,
            LineKind::Filtered => tally.filtered += n,
            LineKind::Reject(reason) => tally.rejected[reason as usize] += n,
            LineKind::Unsure => {}
            LineKind::Event => {
                tally.counted += n;
                let (slot, key) = self.cell(job, rows, row)?;
                self.counts.add(slot, key, n);
                for (at, column) in rows.moments.iter().enumerate() {
                    let moments = column.as_ref().map(|column| column.moments(row)).transpose()?;
                    let part = StatePart::Moments(moments.unwrap_or_default());
                    if !self.counts.measured.take((slot, key), at, part) {
                        return Err(sum_past_limit());
                    }
                }
            }
        }
        Ok(())
    }

    /// The slot of the pane and the id of the key of a row.
    fn cell(&mut self, job: &Job, rows: &Columns<'_>, row: usize) -> Result<(Slot, KeyId)> {
        let (start_us, pane) = (rows.places.value(row), job.pane_widths().pane_of(rows.places.value(row)));
        if pane.start_us != start_us {
            return Err(Error::bug(format!("Spark has a pane that begins at {start_us}")));
        }
        let slot = self.counts.slot(pane);
        let key = self.counts.keys.id_of(rows.keys.iter().map(|key| key.value(row).as_bytes()));
        Ok((slot, key))
    }

    /// Takes in a bucket, hashes or a register. The lower values of `part` number the columns for buckets, the higher ones the columns
    /// for hashes and registers.
    fn take_part(&mut self, job: &Job, part: usize, rows: &Columns<'_>, row: usize) -> Result<()> {
        let (columns, more, n) = (job.source.measured.len(), rows.more(row)?, whole(rows.n.value(row))?);
        let number = |at: usize| more.value(at).cast_unsigned();
        let parts = match (part.checked_sub(columns), more.values().first(), more.len()) {
            (None, Some(bucket), 1) => vec![StatePart::Bucket(*bucket, n)],
            (Some(_), Some(0), len) => (1..len).map(|at| StatePart::Hash(number(at))).collect(),
            (Some(_), Some(1), 3) => {
                vec![StatePart::Register(number(1), u8::try_from(number(2)).unwrap_or(u8::MAX))]
            }
            _ => return Err(odd_answer("more")),
        };
        let (cell, column) = (self.cell(job, rows, row)?, part % columns.max(1));
        match parts.into_iter().all(|part| self.counts.measured.take(cell, column, part)) {
            true => Ok(()),
            false => Err(odd_answer("more")),
        }
    }
}
