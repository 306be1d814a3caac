//! The reason of a peak in words.

use super::FoundPeak;
use super::usual::UsualWindows;
use crate::calendar::DAY_US;
use crate::job::PeaksBy;
use crate::text::escape::for_people;
use crate::text::number::{counted, grouped, mean};
use crate::window::Window;

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// What a window has: `Open 1,146`, `no events for 3 h 20 min`.
pub(super) fn what(found: &FoundPeak, by: &PeaksBy, is_quiet: bool, window: Window) -> String {
    if is_quiet {
        return quiet(found, by, window);
    }
    match by {
        PeaksBy::All => counted(found.value as u64, "event"),
        PeaksBy::Value(value) => format!("{} {}", name(value), grouped(found.value as u64)),
        PeaksBy::Measure(measure) => format!("{} {}", for_people(&measure.to_string()), shown(found.value)),
    }
}

/// What is usual: `: 5.2 times the usual Sunday 20:00`, `, usually about 40`.
pub(super) fn how(found: &FoundPeak, is_quiet: bool) -> String {
    if is_quiet {
        let few = mean(found.expected, 1);
        let many = grouped(found.expected.round() as u64);
        return format!(", usually about {}", if found.expected < 10.0 { few } else { many });
    }
    let times = found.value / found.expected;
    let usually = |n: &str| match found.place {
        UsualWindows::Around => format!("usually {n} in the windows around it"),
        UsualWindows::DayOfWeek(us) => format!("usually {n} on a {}", day(us)),
        UsualWindows::HourOfWeek(us) => format!("usually {n} on a {} at {}", day(us), clock(us)),
    };
    let how = match found.expected {
        0.0 => usually("none"),
        expected if expected < 0.0 => usually(&shown(expected)),
        _ => {
            let more = match times {
                times if times < 1.1 => format!("{:.1} % more than", (times - 1.0) * 100.0),
                times => format!("{} times", mean(times, usize::from(times < 100.0))),
            };
            match found.place {
                UsualWindows::Around => format!("{more} the usual of the windows around it"),
                UsualWindows::DayOfWeek(us) => format!("{more} the usual {}", day(us)),
                UsualWindows::HourOfWeek(us) => format!("{more} the usual {} {}", day(us), clock(us)),
            }
        }
    };
    format!(": {how}")
}

/// `no events for 3 h 20 min`
fn quiet(found: &FoundPeak, by: &PeaksBy, window: Window) -> String {
    let time = duration(window.end_us - window.start_us);
    let n = found.value as u64;
    match (by, n) {
        (PeaksBy::Value(value), 0) => format!("no {} for {time}", name(value)),
        (PeaksBy::Value(value), n) => format!("{} {} in {time}", name(value), grouped(n)),
        (_, 0) => format!("no events for {time}"),
        (_, n) => format!("{} in {time}", counted(n, "event")),
    }
}

fn name(value: &str) -> String {
    if value.is_empty() { "null".to_owned() } else { for_people(value).into_owned() }
}

/// A number of a measure.
fn shown(n: f64) -> String {
    match n {
        n if n < 0.0 => format!("-{}", mean(-n, 1)),
        n => mean(n, usize::from(n.fract() != 0.0)),
    }
}

/// So long after a Monday began.
fn day(us: i64) -> &'static str {
    let day = usize::try_from(us.div_euclid(DAY_US)).unwrap_or_default();
    DAYS[day % DAYS.len()]
}

fn clock(us: i64) -> String {
    let seconds = us.rem_euclid(DAY_US) / 1_000_000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match seconds {
        0 => format!("{hours:02}:{minutes:02}"),
        _ => format!("{hours:02}:{minutes:02}:{seconds:02}"),
    }
}

/// The two largest units of a length of time: `3 h 20 min`.
fn duration(us: i64) -> String {
    const UNITS: [(i64, &str); 5] =
        [(DAY_US, "d"), (DAY_US / 24, "h"), (60_000_000, "min"), (1_000_000, "s"), (1_000, "ms")];
    let Some(largest) = UNITS.iter().position(|(unit, _)| us >= *unit) else { return "0 ms".to_owned() };
    let mut rest = us;
    let mut parts = Vec::new();
    for (unit, name) in UNITS.iter().skip(largest).take(2) {
        let n = rest / unit;
        rest %= unit;
        if n > 0 {
            parts.push(format!("{n} {name}"));
        }
    }
    parts.join(" ")
}
