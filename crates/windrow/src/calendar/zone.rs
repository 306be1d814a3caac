//! Zones: what the clocks of a place show. The bundled database decides, never the machine's.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::civil::{CYCLE_DAYS, DAY_US};
use super::label::push_label;
use crate::error::{Error, Result};
use crate::text::escape::for_people;
use crate::text::suggest;

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
    let error = Error::invalid(format!("`{}` is not a time zone", for_people(name)));
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
        suggest::distance(&wanted, &zone).min(suggest::distance(&wanted, city))
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

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_US: i64 = 3_600_000_000;
    const ZONES: [&str; 7] = [
        "UTC",
        "Europe/Berlin",
        "America/St_Johns",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Asia/Kolkata",
        "Africa/Casablanca",
    ];

    fn zone(name: &str) -> Zone {
        Zone::parse(name).unwrap()
    }

    fn instant(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    /// The instants at which a clock is changed, by jiff: all of the past, and some of later centuries.
    fn changes(zone: &Zone) -> Vec<i64> {
        let from = |text: &str| zone.tz().following(text.parse().unwrap()).take(6);
        let past = zone.tz().following(Timestamp::MIN).take(150);
        let later =
            ["2099-06-01T00:00:00Z", "2369-06-01T00:00:00Z", "2500-01-01T00:00:00Z", "9000-01-01T00:00:00Z"];
        let changes = past.chain(later.into_iter().flat_map(from));
        let offset = |us| zone.tz().to_offset(Timestamp::from_microsecond(us).unwrap());
        changes
            .map(|change| change.timestamp().as_microsecond())
            .filter(|us| offset(*us) != offset(*us - 1))
            .collect()
    }

    #[test]
    fn a_clock_shows_what_jiff_says() {
        for zone in ZONES.map(zone) {
            let far = ["2299-01-01T00:00:00Z", "2650-07-01T00:00:00Z", "9990-07-01T00:00:00Z"].map(instant);
            let every = (-2_000..40_000).map(|at| at * 101 * HOUR_US);
            for us in changes(&zone).into_iter().flat_map(|us| [us - 1, us]).chain(far).chain(every) {
                let offset = zone.tz().to_offset(Timestamp::from_microsecond(us).unwrap());
                assert_eq!(zone.reading_us(us) - us, i64::from(offset.seconds()) * 1_000_000, "{zone} {us}");
            }
        }
    }

    #[test]
    fn a_stretch_lasts_from_change_to_change() {
        for zone in ZONES.map(zone) {
            let mut highest_us = i64::MIN;
            for us in changes(&zone) {
                let (before, after) = (zone.stretch_of(us - 1), zone.stretch_of(us));
                assert!(
                    before.start_us < us && before.end_us == us && after.start_us == us && us < after.end_us
                );
                highest_us = highest_us.max(us - 1 + before.offset_us);
                assert_eq!(after.highest_us, highest_us, "{zone} {us}");
            }
        }
        let utc = Stretch { start_us: i64::MIN, end_us: i64::MAX, offset_us: 0, highest_us: i64::MIN };
        assert_eq!(zone("UTC").stretches(), [utc]);
        let last = zone("Europe/Berlin").stretches().last().unwrap().end_us;
        assert!((instant("2500-01-01T00:00:00Z")..instant("2501-01-01T00:00:00Z")).contains(&last));
    }

    #[test]
    fn a_reading_is_its_first_instant_or_the_end_of_the_gap() {
        for zone in ZONES.map(zone) {
            for change in changes(&zone) {
                for at in -60..60 {
                    let reading_us = change + at * HOUR_US / 2;
                    let clock = Timestamp::from_microsecond(reading_us).unwrap();
                    let clock = jiff::tz::Offset::UTC.to_datetime(clock);
                    let read = zone.tz().to_ambiguous_timestamp(clock);
                    let is_gap = matches!(read.offset(), jiff::tz::AmbiguousOffset::Gap { .. });
                    let earlier = read.earlier().unwrap();
                    let us = match is_gap {
                        true => zone.tz().following(earlier).next().unwrap().timestamp().as_microsecond(),
                        false => earlier.as_microsecond(),
                    };
                    assert_eq!(zone.instant_us(reading_us), us, "{zone} {reading_us}");
                }
            }
        }
        assert_eq!(zone("UTC").instant_us(i64::MAX), i64::MAX);
    }

    #[test]
    fn a_zone_is_its_name() {
        for name in ["utc", "UTC"] {
            assert_eq!(zone(name), Zone::utc());
        }
        let berlin = zone("europe/BERLIN");
        assert_eq!((berlin.name(), berlin.tz().iana_name()), ("Europe/Berlin", Some("Europe/Berlin")));
        assert_eq!(
            (berlin.to_string(), format!("{berlin:?}")),
            ("Europe/Berlin".into(), "Zone(Europe/Berlin)".into())
        );
        assert_ne!(berlin, Zone::utc());
        assert!(berlin.label(0).contains("1970-01-01T01:00:00+01:00"));
        assert!(Zone::parse("Etc/Unknown").is_err());
    }

    #[test]
    fn the_nearest_name_is_proposed() {
        let help = |name: &str| Zone::parse(name).unwrap_err().help_text().unwrap().to_string();
        for (name, nearest) in [
            ("Europe/Berln", "Europe/Berlin"),
            ("berlim", "Europe/Berlin"),
            ("New York", "America/New_York"),
            ("oslp", "Europe/Oslo"),
        ] {
            assert_eq!(help(name), format!("did you mean `{nearest}`?"));
        }
        for name in ["osp", "nowhere at all", ""] {
            assert!(help(name).starts_with("name a zone of the IANA database"), "{name}");
        }
    }
}
