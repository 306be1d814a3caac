//! Zones: what the clocks of a place show. The bundled database decides, never the machine's.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::civil::{CYCLE_DAYS, DAY_US};
use super::label::push_label;
use crate::error::{Code, Error, Result};
use crate::text::escape::for_people;

/// A time zone, its name, and the stretches of time over which its clock runs evenly.
#[derive(Clone)]
pub struct Zone {
    name: String,
    tz: TimeZone,
    stretches: Arc<[Stretch]>,
}

/// A time `[start, end)` over which a zone's clock keeps one offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// The first instant, in microseconds UTC; `i64::MIN` for the first stretch.
    pub(crate) start_us: i64,
    /// The instant after the last, in microseconds UTC; `i64::MAX` when the clock is never changed again.
    pub(crate) end_us: i64,
    /// How far the clock is ahead of UTC, in microseconds.
    pub(crate) offset_us: i64,
    /// The highest reading the clock has shown before `start_us`.
    pub(crate) highest_us: i64,
}

/// 2100-01-01T00:00:00Z. From here on zones either keep one offset or follow a yearly rule, which repeats with the calendar.
const CYCLES_FROM_US: i64 = 47_482 * DAY_US;
const CYCLE_US: i64 = CYCLE_DAYS * DAY_US;

/// No clock is this far from UTC.
const OFFSET_MAX_US: i64 = 26 * 3_600_000_000;

impl Zone {
    /// UTC.
    pub fn utc() -> Self {
        Zone::new("UTC", TimeZone::UTC)
    }

    /// The zone of an IANA name, for example `Europe/Berlin` or `UTC`, whatever the case of its letters.
    ///
    /// # Errors
    /// Usage: there is no such zone; the nearest name is proposed.
    pub fn parse(name: &str) -> Result<Self> {
        match TimeZoneDatabase::bundled().get(name) {
            Ok(tz) if tz == TimeZone::UTC => Ok(Zone::utc()),
            Ok(tz) if !tz.is_unknown() => Ok(Zone::new(tz.clone().iana_name().unwrap_or(name), tz)),
            _ => Err(unknown(name)),
        }
    }

    fn new(name: &str, tz: TimeZone) -> Self {
        Zone { name: name.to_owned(), stretches: stretches(&tz), tz }
    }

    /// The name, for example `Europe/Berlin`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The zone's rules.
    pub fn tz(&self) -> &TimeZone {
        &self.tz
    }

    /// What the clock shows at the instant `us`, in microseconds since it showed 1970-01-01T00:00.
    pub fn reading_us(&self, us: i64) -> i64 {
        us.saturating_add(self.stretch_of(us).offset_us)
    }

    /// The first instant at which the clock shows a reading; the end of the gap for a reading that is skipped.
    pub fn instant_us(&self, reading_us: i64) -> i64 {
        let mut stretch = self.stretch_of(reading_us.saturating_sub(OFFSET_MAX_US));
        loop {
            let us = reading_us.saturating_sub(stretch.offset_us).max(stretch.start_us);
            if us < stretch.end_us || stretch.end_us == i64::MAX {
                return us;
            }
            stretch = self.stretch_of(stretch.end_us);
        }
    }

    /// What the clock shows at the instant `us`, as RFC 3339 writes it: `2016-07-28T02:00:00+02:00`.
    pub fn label(&self, us: i64) -> String {
        let mut text = String::new();
        push_label(self, us, &mut text);
        text
    }

    /// The stretch that holds the instant `us`.
    pub(crate) fn stretch_of(&self, us: i64) -> Stretch {
        let known_until_us = self.stretches.last().map_or(i64::MAX, |last| last.end_us);
        let shift_us =
            if us < known_until_us { 0 } else { (us - CYCLES_FROM_US).div_euclid(CYCLE_US) * CYCLE_US };
        let at = self.stretches.partition_point(|stretch| stretch.start_us <= us - shift_us);
        let stretch = self.stretches[at.saturating_sub(1)];
        Stretch {
            start_us: stretch.start_us.saturating_add(shift_us),
            end_us: stretch.end_us.saturating_add(shift_us),
            offset_us: stretch.offset_us,
            highest_us: stretch.highest_us.saturating_add(shift_us),
        }
    }

    /// The stretches of all time. If a yearly rule repeats for ever, they end after one cycle of it.
    pub(crate) fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }
}

/// Walks the changes of a zone's clock.
fn stretches(tz: &TimeZone) -> Arc<[Stretch]> {
    let offset_us = i64::from(tz.to_offset(Timestamp::MIN).seconds()) * 1_000_000;
    let mut stretch = Stretch { start_us: i64::MIN, end_us: i64::MAX, offset_us, highest_us: i64::MIN };
    let mut list = Vec::new();
    for change in tz.following(Timestamp::MIN) {
        let start_us = change.timestamp().as_microsecond();
        let offset_us = i64::from(change.offset().seconds()) * 1_000_000;
        if offset_us == stretch.offset_us {
            continue;
        }
        list.push(Stretch { end_us: start_us, ..stretch });
        let highest_us = stretch.highest_us.max(start_us - 1 + stretch.offset_us);
        stretch = Stretch { start_us, end_us: i64::MAX, offset_us, highest_us };
        if start_us >= CYCLES_FROM_US + CYCLE_US {
            return list.into();
        }
    }
    list.push(stretch);
    list.into()
}

fn unknown(name: &str) -> Error {
    let error =
        Error::usage(format!("`{}` is not a time zone", for_people(name))).with_code(Code::InvalidValue);
    match nearest(name) {
        Some(nearest) => error.with_help(format!("did you mean `{nearest}`?")),
        None => error.with_help("name a zone of the IANA database, for example `Europe/Berlin`, or `UTC`"),
    }
}

/// The zone whose name, or the part of it after the last `/`, is nearest to `name`.
fn nearest(name: &str) -> Option<String> {
    let wanted = name.to_lowercase().replace(' ', "_");
    let distance = |zone: &str| {
        let zone = zone.to_lowercase();
        let city = zone.rsplit('/').next().unwrap_or(&zone);
        strsim::damerau_levenshtein(&wanted, &zone).min(strsim::damerau_levenshtein(&wanted, city))
    };
    TimeZoneDatabase::bundled()
        .available()
        .map(|zone| (distance(zone.as_str()), zone.to_string()))
        .min()
        .filter(|(distance, _)| distance * 4 <= wanted.len())
        .map(|(_, zone)| zone)
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
