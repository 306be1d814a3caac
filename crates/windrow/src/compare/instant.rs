//! Instants: the times of windows, in any form that results use.

use super::result::ResultField;
use super::spark::cast::Cast;
use crate::calendar::Zone;
use crate::error::Result;
use crate::event::{LocalTimes, TimeFormat, TimeReader, TimeRules};

/// Reads times of one result.
#[derive(Clone, Debug)]
pub struct Instants {
    zone: Zone,
    reader: TimeReader,
    /// Reads the years that only Spark writes.
    far: Cast,
    /// A factor and a divisor that turn whole numbers into microseconds.
    epoch: (i64, i64),
}

impl Instants {
    /// Times without an offset are read in `zone`; a local time that occurs twice is the earlier one.
    pub fn new(zone: &Zone) -> Result<Self> {
        let rules = TimeRules {
            zone: zone.clone(),
            local: LocalTimes::Earlier,
            earliest_us: i64::MIN,
            latest_us: i64::MAX,
            ..TimeRules::of(TimeFormat::Iso)
        };
        let far = Cast::new(zone.clone(), None);
        Ok(Instants { zone: zone.clone(), reader: TimeReader::new(&rules)?, far, epoch: (1, 1) })
    }

    /// Infers the unit of whole numbers from the greatest of these, and returns its name; `None` without such numbers.
    pub fn infer_epoch<'f>(&mut self, fields: impl Iterator<Item = &'f ResultField>) -> Option<&'static str> {
        let greatest = fields.filter_map(whole).map(i64::unsigned_abs).max()?;
        let (epoch, name) = match greatest {
            0..100_000_000_000 => ((1_000_000, 1), "seconds"),
            100_000_000_000..100_000_000_000_000 => ((1_000, 1), "milliseconds"),
            100_000_000_000_000..100_000_000_000_000_000 => ((1, 1), "microseconds"),
            _ => ((1, 1_000), "nanoseconds"),
        };
        self.epoch = epoch;
        Some(name)
    }

    /// The instant in microseconds UTC; `None`: it is not a time.
    pub fn read(&mut self, field: &ResultField) -> Option<i64> {
        match field {
            ResultField::Instant(us) => Some(*us),
            ResultField::Reading(us) => Some(self.zone.instant_us(*us)),
            ResultField::Text(text) => self.read_text(text).or_else(|| self.read_whole(whole(field)?)),
            ResultField::Whole(n) => self.read_whole(*n),
            ResultField::Real(_) => self.read_whole(whole(field)?),
            ResultField::Null | ResultField::Other => None,
        }
    }

    fn read_whole(&self, n: i64) -> Option<i64> {
        n.checked_mul(self.epoch.0).map(|us| us.div_euclid(self.epoch.1))
    }

    fn read_text(&mut self, text: &str) -> Option<i64> {
        let text = text.trim_ascii();
        let read = match is_date(text) {
            true => self.reader.read_next(format!("{text} 00:00").as_bytes()),
            false => self.reader.read_next(text.as_bytes()),
        };
        let far = || self.far.read(text.as_bytes()).filter(|_| is_of_far_year(text));
        read.ok().or_else(far).map(|reading| reading.us)
    }
}

/// The whole number in a field, if it holds one.
pub fn whole(field: &ResultField) -> Option<i64> {
    match field {
        ResultField::Whole(n) => Some(*n),
        ResultField::Real(n) if n.fract() == 0.0 && n.abs() < 9e15 => Some(*n as i64),
        ResultField::Text(text) => {
            let text = text.trim_ascii();
            let number = || {
                text.parse::<f64>()
                    .ok()
                    .filter(|_| text.starts_with(|c: char| c.is_ascii_digit() || c == '-'))
            };
            text.parse().ok().or_else(|| whole(&ResultField::Real(number()?)))
        }
        _ => None,
    }
}

/// Whether a text is a time, and so not the name of a column.
pub fn reads_as_time(text: &str) -> bool {
    let text = text.trim_ascii();
    let known = Instants::new(&Zone::utc()).ok().and_then(|mut instants| instants.read_text(text));
    known.is_some() || text.parse::<i64>().is_ok_and(|n| n.unsigned_abs() >= 100_000_000)
}

/// Whether a text has a year that Spark writes and windrow does not count, `0000-01-01`, `-0001-01-01`, `+20166-07-28`, or the
/// offset of such a year, in seconds.
fn is_of_far_year(text: &str) -> bool {
    let is_date = text.get(1..).is_some_and(|rest| rest.contains('-'));
    is_date && (text.starts_with(['+', '-', '0']) || text.contains('T'))
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-'
}
