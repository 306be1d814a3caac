//! Reads a job's inputs again as Spark does, with `spark.read.csv` and Spark's cast.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::counting::{CauseCounter, ReadEvent, clock_reader, kind_reader};
use super::evidence::{Evidence, EvidenceFilter};
use super::inputs::{WatchedFile, watch};
use crate::calendar::Zone;
use crate::compare::spark::SparkCsvOptions;
use crate::compare::spark::cast::Cast;
use crate::compare::spark::pattern::{PATTERNS, SparkPattern};
use crate::compare::spark::rows::{SparkLayout, SparkRow, each_row};
use crate::error::Result;
use crate::event::{LocalTimes, ReadTime, TimeFormat, TimeReader};
use crate::format::InputFormat;
use crate::format::csv::Sample;
use crate::job::{Job, ReportSpec};
use crate::settings::Settings;
use crate::source::InputFile;

/// The evidence in the inputs as Spark reads them.
#[derive(Clone, Debug)]
pub(super) struct SparkEvidence {
    pub(super) evidence: Evidence,
    /// What Spark does differently.
    pub(super) oddities: Oddities,
    /// Whether other options of the reader may give other rows.
    pub(super) has_quotes: bool,
}

/// How many rows Spark's reader treats differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Oddities {
    /// Cut: more fields than columns.
    pub(super) surplus: u64,
    /// Filled with null: fewer fields than columns.
    pub(super) missing: u64,
    /// With a quote in a key or a time.
    pub(super) quotes: u64,
    /// Null: times that the job reads.
    pub(super) without_time: u64,
    /// Times that the job does not read, or reads differently.
    pub(super) times: u64,
}

/// A job's inputs, to be read by Spark's rules.
pub(in crate::compare) struct SparkInputs<'i> {
    pub(in crate::compare) job: &'i Job,
    pub(in crate::compare) report: &'i ReportSpec,
    pub(in crate::compare) files: &'i [InputFile],
    /// Names of files that do not count.
    pub(in crate::compare) refused: &'i BTreeSet<String>,
    pub(in crate::compare) behind: &'i EvidenceFilter<'i>,
    /// When the old answer was written: Spark gives a time of day the date of that day.
    pub(in crate::compare) written_us: Option<i64>,
    pub(in crate::compare) settings: &'i Settings,
}

/// One item of the files, in order.
enum Met<'m> {
    File(&'m InputFile),
    /// A row, and how many columns there are.
    Row(SparkRow<'m>, usize),
    End,
}

impl SparkInputs<'_> {
    /// Reads all files once by these options, and times in each of these ways; `None`: they cannot be read so.
    pub(super) fn read(
        &self,
        reader: SparkCsvOptions,
        ways: &[CastOrPattern],
    ) -> Result<Option<Vec<SparkEvidence>>> {
        let counting = |way: &CastOrPattern| {
            let mut counting = CauseCounter::new(self.job, self.report, self.behind);
            counting.encoding = self.job.source.csv.encoding;
            Ok((SparkTimes::new(self.job, self.written_us, way)?, counting, Oddities::default()))
        };
        let mut all: Vec<(SparkTimes, CauseCounter<'_>, Oddities)> =
            ways.iter().map(counting).collect::<Result<_>>()?;
        let mut has_quotes = false;
        let is_whole = self.each(reader, |met| match met {
            Met::File(file) => {
                let accepted = !self.refused.contains(&file.name);
                all.iter_mut().for_each(|(_, counting, _)| counting.begin(file, accepted));
            }
            Met::Row(row, columns) => {
                has_quotes |= row.text.contains(&b'"');
                all.iter_mut()
                    .for_each(|(times, counting, oddities)| count(&row, columns, times, counting, oddities));
            }
            Met::End => all.iter_mut().for_each(|(_, counting, _)| counting.end()),
        })?;
        let evidence = |(_, counting, oddities): (_, CauseCounter<'_>, _)| SparkEvidence {
            evidence: counting.found(),
            oddities,
            has_quotes,
        };
        Ok(is_whole.then(|| all.into_iter().map(evidence).collect()))
    }

    /// The ways to read the times of these files by a pattern, apart where they do not read the same; or, if `none`, by
    /// those that read no time at all.
    pub(super) fn by_patterns(&self, none: bool) -> Result<Vec<CastOrPattern>> {
        if !is_text(self.job) {
            return Ok(vec![]);
        }
        let zone = &self.job.source.time.zone;
        let mut cast = Cast::new(zone.clone(), self.written_us);
        // What was read, in order, as a number.
        let mut read = [0u64; PATTERNS.len() + 1];
        let mut has_read = [false; PATTERNS.len()];
        let add = |sum: &mut u64, reading: Option<ReadTime>| {
            let us = reading.map_or(0, |reading| reading.us as u64 | 1 << 63);
            *sum = (sum.rotate_left(5) ^ us).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        };
        let is_whole = self.each(SparkCsvOptions::ALL[0], |met| {
            let Met::Row(SparkRow { values: [time, ..], .. }, _) = met else { return };
            for (at, pattern) in PATTERNS.iter().enumerate() {
                let reading = pattern.read(time, zone);
                has_read[at] |= reading.is_some();
                add(&mut read[at], reading);
            }
            add(&mut read[PATTERNS.len()], cast.read(time));
        })?;
        let mut ways: BTreeMap<u64, (usize, Vec<SparkPattern>)> = BTreeMap::new();
        for (at, pattern) in PATTERNS.iter().enumerate() {
            if is_whole && has_read[at] != none && read[at] != read[PATTERNS.len()] {
                ways.entry(read[at]).or_insert((at, vec![])).1.push(*pattern);
            }
        }
        let mut ways: Vec<(usize, Vec<SparkPattern>)> = ways.into_values().collect();
        ways.sort_by_key(|(at, _)| *at);
        Ok(ways.into_iter().map(|(_, patterns)| CastOrPattern { patterns }).collect())
    }

    /// Calls `each` with all rows of all files; false: they cannot be read so.
    fn each(&self, reader: SparkCsvOptions, mut each: impl FnMut(Met<'_>)) -> Result<bool> {
        let Some(columns) = self.columns()? else { return Ok(false) };
        watch(self.files, &self.settings.progress);
        for file in self.files {
            each(Met::File(file));
            let layout = SparkLayout {
                reader,
                delimiter: columns.delimiter,
                comment: columns.comment,
                wanted: &columns.wanted,
                columns: columns.count,
                has_header: self.job.source.csv.columns.is_empty(),
            };
            let open = WatchedFile::open(file, self.settings)?;
            let row = |row: SparkRow<'_>| each(Met::Row(row, columns.count));
            if !each_row(open, &file.name, &layout, &self.settings.stop, row)? {
                return Ok(false);
            }
            each(Met::End);
        }
        Ok(true)
    }

    /// Spark takes the columns from the header of one file, and reads other files by position. `None` without such a file.
    fn columns(&self) -> Result<Option<SparkColumns>> {
        let csv = &self.job.source.csv;
        let mut lead: Option<&InputFile> = None;
        for file in self.files {
            if lead.is_none_or(|lead| file.version.size_bytes > lead.version.size_bytes) {
                lead = Some(file);
            }
        }
        let Some(lead) = lead else { return Ok(None) };
        let sample = Sample::of(lead, Some(InputFormat::Csv), csv, 0)?;
        let names = std::iter::once(&self.job.source.time.column).chain(&self.job.source.keys);
        let wanted: Option<Vec<usize>> = names.map(|name| sample.position(name)).collect();
        Ok(wanted.map(|wanted| SparkColumns {
            wanted,
            count: sample.header.len(),
            delimiter: sample.head.dialect.delimiter(),
            comment: csv.comment,
        }))
    }
}

struct SparkColumns {
    /// The places of the time and the keys.
    wanted: Vec<usize>,
    count: usize,
    delimiter: u8,
    comment: Option<u8>,
}

fn count(
    row: &SparkRow<'_>,
    columns: usize,
    times: &mut SparkTimes,
    counting: &mut CauseCounter<'_>,
    oddities: &mut Oddities,
) {
    oddities.surplus += u64::from(row.fields > columns);
    oddities.missing += u64::from(row.fields < columns);
    oddities.quotes += u64::from(row.values.iter().any(|value| value.contains(&b'"')));
    let [time, keys @ ..] = row.values else { return };
    let key = |value| Some(value).filter(|value: &&Vec<u8>| !value.is_empty());
    let tuple = counting.tuple(keys.iter().map(|value| key(value).map(|value| Cow::Borrowed(&value[..]))));
    match times.read(time, oddities) {
        Some((reading, reading_us)) => {
            let (us, local) = (reading.us, reading.local);
            let event = ReadEvent { us, reading_us, local, tuple, is_broken: false };
            counting.event(event, row.text, row.line);
        }
        None => counting.without_time(tuple),
    }
}

/// How times are read: as Spark casts them, or by a pattern of `to_timestamp`, of which several may read the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CastOrPattern {
    pub(super) patterns: Vec<SparkPattern>,
}

impl CastOrPattern {
    /// The names of all its patterns, as any of them may be the right one; `None`: it is the cast.
    pub(super) fn name(&self) -> Option<String> {
        let names: Vec<&str> = self.patterns.iter().map(|pattern| pattern.0).collect();
        Some(names.join(" or ")).filter(|name| !name.is_empty())
    }
}

/// Whether times are texts that Spark casts.
fn is_text(job: &Job) -> bool {
    matches!(job.source.time.format, TimeFormat::Iso | TimeFormat::Date)
}

/// Reads times as Spark does where they are texts that it casts, else by the job's format.
struct SparkTimes {
    pattern: Option<SparkPattern>,
    zone: Zone,
    cast: Option<Cast>,
    /// The same, on the clock of UTC.
    clock_cast: Cast,
    by_job: TimeReader,
    kind: TimeReader,
    clock: TimeReader,
}

impl SparkTimes {
    fn new(job: &Job, written_us: Option<i64>, way: &CastOrPattern) -> Result<Self> {
        let zone = &job.source.time.zone;
        let cast = Cast::new(zone.clone(), written_us);
        Ok(SparkTimes {
            pattern: way.patterns.first().copied(),
            zone: zone.clone(),
            cast: is_text(job).then_some(cast),
            clock_cast: Cast::new(Zone::utc(), written_us),
            by_job: TimeReader::new(&job.source.time)?,
            kind: kind_reader(job, LocalTimes::Earlier)?,
            clock: clock_reader(job)?,
        })
    }

    /// The instant, and what the clock showed.
    fn read(&mut self, field: &[u8], oddities: &mut Oddities) -> Option<(ReadTime, i64)> {
        let own = self.by_job.read_next(field);
        let Some(cast) = &mut self.cast else {
            let reading = own.or_else(|_| self.kind.read(field)).ok()?;
            let clock_us = if reading.local { self.clock.read(field).ok()?.us } else { reading.us };
            return Some((reading, clock_us));
        };
        let read = match self.pattern {
            Some(pattern) => pattern.read(field, &self.zone),
            None => cast.read(field),
        };
        let Some(reading) = read else {
            oddities.without_time += u64::from(own.is_ok());
            return None;
        };
        oddities.times += u64::from(own.map(|own| own.us) != Ok(reading.us));
        let clock_us = match reading.local {
            true => match self.pattern {
                Some(pattern) => pattern.read(field, &Zone::utc()),
                None => self.clock_cast.read(field),
            }
            .map_or(reading.us, |reading| reading.us),
            false => reading.us,
        };
        Some((reading, clock_us))
    }
}
