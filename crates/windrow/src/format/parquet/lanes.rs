//! Lanes: the usual rows, a time and at most one text, counted a page at a time. Where the times of many rows lie in one pane, their texts
//! are counted by themselves; where statistics say so, these times are not read; and a run of one text is one addition.
//!
//! It counts what [`ParquetDecoder::count_rows`] counts, and leaves to it each row that may be a reject.

use parquet::basic::Encoding;

use super::again::RereadTimes;
use super::bits::NumberRun;
use super::contained::{contained, damaged};
use super::decoder::{Each, ParquetDecoder};
use super::kind::{ColumnKind, TickUnit};
use super::path::Leaf;
use super::row::ParquetRow;
use super::texts::{FAULTY, ParquetTexts};
use super::times::{PageTimes, ParquetTimes};
use super::value::StoredValue;
use crate::counts::Slot;
use crate::error::Result;

/// Rows after which a run is asked whether it goes on.
const ROWS_TOGETHER: u64 = 64 << 10;

/// A histogram is worth its clearing where it has this many rows per text.
const ROWS_PER_TEXT: usize = 4;

/// The texts of some rows: one, or the numbers of several.
#[derive(Clone, Copy)]
enum TextNumbers<'n> {
    One(u32, usize),
    Each(&'n [u32]),
}

impl TextNumbers<'_> {
    fn len(&self) -> usize {
        match self {
            TextNumbers::One(_, len) => *len,
            TextNumbers::Each(numbers) => numbers.len(),
        }
    }

    fn get(&self, at: usize) -> u32 {
        match self {
            TextNumbers::One(number, _) => *number,
            TextNumbers::Each(numbers) => numbers[at],
        }
    }

    fn part(&self, from: usize, to: usize) -> Self {
        match self {
            TextNumbers::One(number, _) => TextNumbers::One(*number, to - from),
            TextNumbers::Each(numbers) => TextNumbers::Each(&numbers[from..to]),
        }
    }
}

/// Where in the texts of a page the next row is.
#[derive(Default)]
struct TextCursor {
    stretch: usize,
    /// Rows of the stretch, and packed numbers, that are done.
    done: usize,
    packed: usize,
}

/// Where the rows come from that are counted together.
struct LaneRows<'t> {
    unit: TickUnit,
    /// The number of the first one in the file.
    first: u64,
    texts: Option<&'t mut ParquetTexts>,
    histogram: &'t mut Vec<u32>,
}

impl<'a> ParquetDecoder<'a> {
    /// Counts the rows of row group `group`, if that can be done here; false, and nothing is counted, where it cannot.
    ///
    /// # Errors
    /// As [`ParquetDecoder::count`].
    pub(super) fn count_in_lanes(&mut self, group: usize, each: &mut Each<'_>) -> Result<bool> {
        let Some((time_leaf, unit)) = self.lanes_fit(group) else { return Ok(false) };
        let mut counted = 0;
        match self.count_pages(group, (time_leaf, unit), &mut counted, each) {
            // What is read here only of newer files, or is damaged, the plain way knows.
            Err(error) if counted == 0 && error.kind() == crate::error::Kind::Data => Ok(false),
            done => done.map(|()| true),
        }
    }

    /// The column and the unit of the times, where they and the key are stored in a way that is read here.
    fn lanes_fit(&self, group: usize) -> Option<(&'a Leaf, TickUnit)> {
        let table = self.table;
        let time_leaf = table.named.time.as_ref()?;
        let unit = match time_leaf.kind {
            ColumnKind::Instant(unit) => unit,
            ColumnKind::OnClock(unit) if self.events.time.is_utc() => unit,
            _ => return None,
        };
        let is_read = |leaf: &Leaf, others: &[Encoding]| {
            let is_other = |encoding: Encoding| others.contains(&encoding);
            leaf.elements.is_empty() && !table.group(group).column(leaf.column).encodings().any(is_other)
        };
        let keys_fit = match table.named.keys.as_slice() {
            // Keys that its path names are put in row by row.
            _ if !table.named.absent.is_empty() => false,
            _ if table.named.beside.is_some() => false,
            _ if !table.named.measured.is_empty() => false,
            [] => true,
            [key] => {
                key.kind == ColumnKind::Text
                    && table.group(group).column(key.column).column_type() == parquet::basic::Type::BYTE_ARRAY
                    && is_read(key, &[Encoding::DELTA_BYTE_ARRAY, Encoding::DELTA_LENGTH_BYTE_ARRAY])
            }
            _ => false,
        };
        (keys_fit && is_read(time_leaf, &[Encoding::BYTE_STREAM_SPLIT])).then_some((time_leaf, unit))
    }

    fn count_pages(
        &mut self,
        group: usize,
        (time_leaf, unit): (&Leaf, TickUnit),
        counted: &mut u64,
        each: &mut Each<'_>,
    ) -> Result<()> {
        let table = self.table;
        let what = |leaf: &Leaf| format!("column {} in row group {}", leaf.name, group + 1);
        let of_group = table.group(group);
        let open =
            |leaf: &Leaf| contained(&what(leaf), || ParquetTexts::open(&table.file, of_group, leaf.column));
        let mut texts = table.named.keys.first().map(open).transpose()?;
        let mut is_one_pane = self.panes(unit);
        let mut times = contained(&what(time_leaf), || {
            ParquetTimes::open(&table.file, &table.metadata, group, time_leaf.column, &mut is_one_pane)
        })?;
        let rows = table.rows(group);
        let leaves_out = table.leaves_out(rows.clone());
        let (mut next, mut told) = (rows.start, rows.start);
        let (mut time, mut span, mut of_times) = (0, PageTimes::Read, 0);
        // The row that the times begin with.
        let mut began = next;
        let (mut cursor, mut of_texts, mut histogram) = (TextCursor::default(), 0, Vec::new());
        let mut again = RereadTimes::default();
        let fewer = |leaf: &Leaf| damaged(&what(leaf), "it has fewer values than its row group has rows");
        let more = |leaf: &Leaf| damaged(&what(leaf), "it has more values than its row group has rows");
        while next < rows.end {
            if of_times == 0 {
                let read = contained(&what(time_leaf), || times.next(&mut is_one_pane))?;
                (of_times, span) = read.ok_or_else(|| fewer(time_leaf))?;
                (time, began) = (0, next);
            }
            if let (Some(texts), 0, Some(key)) = (&mut texts, of_texts, table.named.keys.first()) {
                of_texts = contained(&what(key), || texts.next())?.ok_or_else(|| fewer(key))?;
                cursor = TextCursor::default();
            }
            if (rows.end - next) < of_times.min(if texts.is_some() { of_texts } else { of_times }) as u64 {
                return Err(more(time_leaf));
            }
            let packed = texts.as_mut().map(|texts| std::mem::take(&mut texts.numbers.packed));
            let numbers = match (&texts, &packed) {
                (Some(texts), Some(packed)) => cursor.take(&texts.numbers.stretches, packed, of_times),
                _ => TextNumbers::One(0, of_times),
            };
            let len = numbers.len();
            let has_left_out = leaves_out && table.leaves_out(next..next + len as u64);
            let mut some = LaneRows { unit, first: next, texts: texts.as_mut(), histogram: &mut histogram };
            if let PageTimes::Between(first, _) = span
                && (has_left_out || !self.count_span(&mut some, first, numbers))
            {
                // One of the rows is a reject or left out, and its time may be the first or the last: now all of them are read.
                (times.values, times.is_there) =
                    again.times(table, (group, time_leaf), began, time + of_times)?;
                let counted = || times.values[..time].iter().filter_map(|time| unit.in_us(*time));
                if let Some((first, last)) = counted().min().zip(counted().max()) {
                    self.events.reach(first, last);
                }
                span = PageTimes::Read;
            }
            if span == PageTimes::Read {
                let all = next..next + len as u64;
                let kept = has_left_out.then(|| table.stretches(all.clone()));
                for stretch in kept.as_deref().unwrap_or(std::slice::from_ref(&all)) {
                    let [from, to] = [stretch.start - next, stretch.end - next].map(|at| at as usize);
                    some.first = stretch.start;
                    let there = times.is_there.get(time + from..time + to);
                    self.count_read(
                        &mut some,
                        &times.values[time + from..time + to],
                        there,
                        numbers.part(from, to),
                    );
                    self.events.tally.read += stretch.end - stretch.start;
                }
            } else {
                self.events.tally.read += len as u64;
            }
            (next, *counted) = (next + len as u64, *counted + len as u64);
            (time, of_times) = (time + len, of_times - len);
            if let (PageTimes::Between(first, last), 0) = (span, of_times) {
                let [first, last] = [first, last].map(|time| unit.in_us(time).unwrap_or_default());
                self.events.reach(first, last);
            }
            if let (Some(texts), Some(packed)) = (&mut texts, packed) {
                of_texts -= len;
                texts.numbers.packed = packed;
            }
            if next - told >= ROWS_TOGETHER || next == rows.end {
                each(&mut self.events, next - told)?;
                told = next;
            }
        }
        if of_times > 0 || contained(&what(time_leaf), || times.next(&mut is_one_pane))?.is_some() {
            return Err(more(time_leaf));
        }
        if let (Some(texts), Some(key)) = (&mut texts, table.named.keys.first())
            && (of_texts > 0 || contained(&what(key), || texts.next())?.is_some())
        {
            return Err(more(key));
        }
        Ok(())
    }

    /// Whether times between two are in range and lie in one pane.
    fn panes(&self, unit: TickUnit) -> impl FnMut(i64, i64) -> bool + use<> {
        let (reader, widths) = (self.events.time.clone(), self.events.widths());
        move |first, last| {
            let us = |time: i64| unit.in_us(time).filter(|us| reader.instant(*us).is_ok());
            us(first).zip(us(last)).is_some_and(|(first, last)| widths.pane_of(first) == widths.pane_of(last))
        }
    }

    /// Counts rows whose times lie in the pane of `first`, and were not read; false, and nothing is counted, where one may be a reject.
    fn count_span(&mut self, rows: &mut LaneRows<'_>, first: i64, numbers: TextNumbers<'_>) -> bool {
        let slot = self.events.slot_at(rows.unit.in_us(first).unwrap_or_default());
        self.count_in_slot(rows, slot, numbers)
    }

    /// Counts rows whose times were read.
    fn count_read(
        &mut self,
        rows: &mut LaneRows<'_>,
        times: &[i64],
        is_there: Option<&[bool]>,
        numbers: TextNumbers<'_>,
    ) {
        let (first, last) = ends(times);
        let is_in_range =
            |time: i64| rows.unit.in_us(time).is_some_and(|us| self.events.time.instant(us).is_ok());
        if is_there.is_some_and(|is_there| is_there.contains(&false))
            || !is_in_range(first)
            || !is_in_range(last)
        {
            let time = |at: usize| times.get(at).copied().filter(|_| is_there.is_none_or(|there| there[at]));
            self.count_each(rows, &time, numbers);
            return;
        }
        let first_row = rows.first;
        let mut at = 0;
        while at < times.len() {
            let us = |time: i64| rows.unit.in_us(time).unwrap_or_default();
            let (slot, pane) = self.events.pane_at(us(times[at]));
            let bounds =
                (rows.unit.first_from(pane.start_us), rows.unit.first_from(pane.start_us + pane.width_us));
            let end = at + 1 + within(&times[at + 1..], bounds);
            let (first, last) = ends(&times[at..end]);
            let (first_us, last_us) = (us(first), us(last));
            rows.first = first_row + at as u64;
            if self.count_in_slot(rows, slot, numbers.part(at, end)) {
                self.events.reach(first_us, last_us);
            } else {
                let time = |row: usize| times.get(at + row).copied();
                self.count_each(rows, &time, numbers.part(at, end));
            }
            at = end;
        }
    }

    /// Counts rows in one pane; false, and nothing is counted, where one may be a reject.
    fn count_in_slot(&mut self, rows: &mut LaneRows<'_>, slot: Slot, numbers: TextNumbers<'_>) -> bool {
        let (counter, len) = (&mut self.events.counter, numbers.len());
        match (&mut rows.texts, numbers) {
            (None, _) => counter.count_many(slot, 0, len as u64),
            (Some(texts), TextNumbers::One(number, _)) => match texts.key(number, counter.keys()) {
                FAULTY => return false,
                key => counter.count_many(slot, key, len as u64),
            },
            (Some(texts), TextNumbers::Each(numbers)) if len >= ROWS_PER_TEXT * texts.len() => {
                rows.histogram.clear();
                rows.histogram.resize(texts.len(), 0);
                let histogram = rows.histogram.as_mut_slice();
                numbers.iter().for_each(|number| histogram[*number as usize] += 1);
                let histogram: &[u32] = histogram;
                let met = || (0..).zip(histogram.iter()).filter(|(_, n)| **n > 0);
                if met().any(|(number, _)| texts.key(number, counter.keys()) == FAULTY) {
                    return false;
                }
                for (number, n) in met() {
                    let key = texts.key(number, counter.keys());
                    counter.count_many(slot, key, u64::from(*n));
                }
            }
            (Some(texts), TextNumbers::Each(numbers)) => {
                if numbers.iter().any(|number| texts.key(*number, counter.keys()) == FAULTY) {
                    return false;
                }
                for number in numbers {
                    let key = texts.key(*number, counter.keys());
                    counter.count(slot, key);
                }
            }
        }
        self.events.tally.counted += len as u64;
        if matches!(self.table.named.kind_of_time(), Some(ColumnKind::OnClock(_))) {
            self.events.tally.without_offset += len as u64;
        }
        true
    }

    /// Counts rows one by one.
    fn count_each(
        &mut self,
        rows: &mut LaneRows<'_>,
        time: &dyn Fn(usize) -> Option<i64>,
        numbers: TextNumbers<'_>,
    ) {
        let table = self.table;
        for at in 0..numbers.len() {
            let texts = rows.texts.as_deref();
            let value = |column: usize| match column {
                0 => time(at).map(StoredValue::Int64),
                _ => texts?.text(numbers.get(at)).map(StoredValue::Bytes),
            };
            ParquetRow { named: &table.named, value: &value }.count(rows.first + at as u64, &mut self.events);
        }
    }
}

impl TextCursor {
    /// The next texts, at most so many; those of one stretch.
    fn take<'n>(&mut self, stretches: &[NumberRun], packed: &'n [u32], most: usize) -> TextNumbers<'n> {
        match stretches.get(self.stretch) {
            Some(NumberRun::Run { len, value }) => {
                let taken = (len - self.done).min(most);
                self.step(taken, *len);
                TextNumbers::One(*value, taken)
            }
            Some(NumberRun::Packed { len }) => {
                let (taken, from) = ((len - self.done).min(most), self.packed);
                self.packed += taken;
                self.step(taken, *len);
                TextNumbers::Each(&packed[from..from + taken])
            }
            None => TextNumbers::Each(&[]),
        }
    }

    fn step(&mut self, taken: usize, len: usize) {
        self.done += taken;
        if self.done == len {
            (self.stretch, self.done) = (self.stretch + 1, 0);
        }
    }
}

/// The least and the greatest of some times.
pub(in crate::format) fn ends(times: &[i64]) -> (i64, i64) {
    times.iter().fold((i64::MAX, i64::MIN), |(first, last), time| (first.min(*time), last.max(*time)))
}

/// How many of the first times are in `[from, to)`.
pub(in crate::format) fn within(times: &[i64], (from, to): (i64, i64)) -> usize {
    let width = to.wrapping_sub(from) as u64;
    let is_in = |time: &i64| (time.wrapping_sub(from) as u64) < width;
    let mut at = 0;
    for some in times.chunks_exact(32) {
        if !some.iter().fold(true, |all, time| all & is_in(time)) {
            break;
        }
        at += some.len();
    }
    at + times[at..].iter().take_while(|time| is_in(time)).count()
}
