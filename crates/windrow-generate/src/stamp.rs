//! Writing an instant: the date is written once a day, the rest digit by digit.

use jiff::{Timestamp, tz::Offset};
use windrow::DAY_US;

use super::dice::{Dice, DrawStream};
use super::recipe::{Recipe, TimeLayout};

const SECOND_US: i64 = 1_000_000;

/// Offsets of the layout that varies them, in minutes east of UTC.
const OFFSETS_MINUTES: [i64; 8] = [0, 60, 120, 330, 540, -180, -300, -570];

/// Writes instants in one layout; digits finer than the layout's are cut down.
pub(super) struct StampWriter {
    layout: TimeLayout,
    offsets: Dice,
    day: Option<i64>,
    date: Vec<u8>,
}

impl StampWriter {
    pub(super) fn new(recipe: &Recipe) -> Self {
        let offsets = Dice::new(recipe.seed, DrawStream::Offsets);
        StampWriter { layout: recipe.time_layout, offsets, day: None, date: Vec::new() }
    }

    pub(super) fn write(&mut self, us: i64, out: &mut Vec<u8>) {
        match self.layout {
            TimeLayout::Iso => {
                self.write_clock(us, true, out);
                out.push(b'Z');
            }
            TimeLayout::IsoSeconds => {
                self.write_clock(us, false, out);
                out.push(b'Z');
            }
            TimeLayout::CommonLog => self.write_common_log(us, out),
            TimeLayout::Local => self.write_clock(us, true, out),
            TimeLayout::Offset => {
                let minutes = *self.offsets.pick(&OFFSETS_MINUTES);
                self.write_clock(us + minutes * 60 * SECOND_US, true, out);
                out.push(if minutes < 0 { b'-' } else { b'+' });
                write_pair(minutes.unsigned_abs() / 60, out);
                out.push(b':');
                write_pair(minutes.unsigned_abs() % 60, out);
            }
            TimeLayout::EpochS => write_integer(us.div_euclid(SECOND_US), out),
            TimeLayout::EpochMs => write_integer(us.div_euclid(1_000), out),
            TimeLayout::EpochUs => write_integer(us, out),
            TimeLayout::EpochNs => write_integer(us * 1_000, out),
        }
    }

    /// `28/Jul/2016:04:19:28 +0000`
    fn write_common_log(&mut self, us: i64, out: &mut Vec<u8>) {
        const MONTHS: [&[u8]; 12] =
            [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
        let day = us.div_euclid(DAY_US);
        if self.day != Some(day) {
            self.day = Some(day);
            self.date.clear();
            let mut iso = Vec::new();
            write_date(day, &mut iso);
            // `2016-07-28T`
            let month = usize::from(iso[5] - b'0') * 10 + usize::from(iso[6] - b'0');
            let parts = [&iso[8..10], b"/", MONTHS[month - 1], b"/", &iso[..4], b":"];
            self.date = parts.concat();
        }
        out.extend_from_slice(&self.date);
        write_time_of_day((us - day * DAY_US) as u64 / 1_000_000, out);
        out.extend_from_slice(b" +0000");
    }

    /// `2016-07-28T04:19:28.000` of a clock that shows UTC.
    fn write_clock(&mut self, us: i64, milliseconds: bool, out: &mut Vec<u8>) {
        let day = us.div_euclid(DAY_US);
        if self.day != Some(day) {
            self.day = Some(day);
            self.date.clear();
            write_date(day, &mut self.date);
        }
        let within_ms = (us - day * DAY_US) as u64 / 1_000;
        let (second, ms) = (within_ms / 1_000, within_ms % 1_000);
        out.extend_from_slice(&self.date);
        write_time_of_day(second, out);
        if milliseconds {
            out.push(b'.');
            out.push(b'0' + (ms / 100) as u8);
            write_pair(ms % 100, out);
        }
    }
}

/// `04:19:28`
fn write_time_of_day(second: u64, out: &mut Vec<u8>) {
    write_pair(second / 3_600, out);
    out.push(b':');
    write_pair(second / 60 % 60, out);
    out.push(b':');
    write_pair(second % 60, out);
}

/// `2016-07-28T`, for days counted from 1970 that the recipe's check has found to be in the calendar.
fn write_date(day: i64, out: &mut Vec<u8>) {
    let date = Offset::UTC.to_datetime(Timestamp::from_second(day * 86_400).unwrap_or_default()).date();
    let year = u64::from(date.year().unsigned_abs());
    write_pair(year / 100, out);
    write_pair(year % 100, out);
    out.push(b'-');
    write_pair(date.month().unsigned_abs().into(), out);
    out.push(b'-');
    write_pair(date.day().unsigned_abs().into(), out);
    out.push(b'T');
}

pub(super) fn write_integer(n: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
}

/// Two digits of a number below 100.
pub(super) fn write_pair(n: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(&[b'0' + (n / 10) as u8, b'0' + (n % 10) as u8]);
}
