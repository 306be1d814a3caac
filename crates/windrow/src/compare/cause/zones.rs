//! Causes in the clock: windows or times of another zone.

use std::sync::LazyLock;

use super::spelling::by;
use super::{Disagreement, JobInputs, Trial};
use crate::calendar::Zone;
use crate::compare::answer::CountsByWindow;
use crate::window::Windows;

/// Zones to try, beside those of the job and of the windows.
const ZONES: [&str; 12] = [
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Europe/Athens",
];

const MINUTE_US: i64 = 60_000_000;

static USUAL: LazyLock<Vec<Zone>> =
    LazyLock::new(|| ZONES.iter().filter_map(|name| Zone::parse(name).ok()).collect());

fn zones(own: &[&Zone]) -> Vec<Zone> {
    let mut zones: Vec<Zone> = own.iter().map(|zone| (*zone).clone()).collect();
    zones.extend(USUAL.iter().cloned());
    let mut known: Vec<String> = Vec::new();
    zones.retain(|zone| {
        let is_new = !known.iter().any(|name| name == zone.name());
        known.push(zone.name().to_owned());
        is_new
    });
    zones
}

fn moved(cells: &CountsByWindow, to_us: impl Fn(i64) -> i64) -> CountsByWindow {
    let mut moved = CountsByWindow::new();
    for ((start_us, value), n) in cells {
        *moved.entry((to_us(*start_us), *value)).or_default() += n;
    }
    moved
}

/// The old windows are the new ones at other times.
pub(super) fn try_shifts(case: &Disagreement<'_>, trial: &mut Trial) {
    if trial.is_done() || trial.old.len() > trial.new.len() {
        return;
    }
    let [old, _] = case.names;
    let source = case.job.map(|(job, ..)| &job.source.time.zone);
    let own: Vec<&Zone> = [case.zone].into_iter().chain(source).collect();
    let first = |cells: &CountsByWindow| cells.keys().next().map(|(start_us, _)| *start_us);
    let Some((first_old, first_new)) = first(&trial.old).zip(first(&trial.new)) else { return };
    // All counts must fall on their places: where the first does not, no other is looked at.
    for zone in zones(&own) {
        let name = zone.name().to_owned();
        if zone.reading_us(first_new) == first_old {
            let predicted = moved(&trial.new, |us| zone.reading_us(us));
            if predicted == trial.old
                && trial.explains("zone", Some(predicted), |found| {
                    format!("{old} writes what the clock of {name} shows, as if it were UTC; read so, in the zone {name}, {found}")
                })
            {
                return;
            }
        }
        if zone.instant_us(first_new) == first_old {
            let predicted = moved(&trial.new, |us| zone.instant_us(us));
            if predicted == trial.old
                && trial.explains("zone", Some(predicted), |found| {
                    format!("{old} takes times for those of the clock of {name}; shifted so, {found}")
                })
            {
                return;
            }
        }
    }
    let shift_us = first_old - first_new;
    if shift_us % (15 * MINUTE_US) != 0 || shift_us.abs() > 15 * 60 * MINUTE_US {
        return;
    }
    let predicted = moved(&trial.new, |us| us + shift_us);
    if predicted == trial.old {
        let way = if shift_us > 0 { "later" } else { "earlier" };
        let minutes = shift_us.abs() / MINUTE_US;
        trial.explains("zone", Some(predicted), |found| {
            format!(
                "the windows of {old} are {}:{:02} h {way}; shifted so, {found}",
                minutes / 60,
                minutes % 60
            )
        });
    }
}

/// The inputs counted again with times, or windows, of another zone.
pub(super) fn try_recounts(input: &JobInputs<'_>, trial: &mut Trial) {
    // Events only move from window to window.
    let totals = |cells: &CountsByWindow| by(cells, |(_, value)| value);
    if trial.is_done() || totals(&trial.old) != totals(&trial.new) {
        return;
    }
    let report_zone = input.case.zone;
    let source_zone = &input.job.source.time.zone;
    let [old, _] = input.case.names;
    let own = input.counts(input.evidence.recount(|us| us, source_zone, input.windows).iter());
    let differs = |predicted: &CountsByWindow| super::changed(&trial.new, predicted, &own);
    let utc = Zone::utc();
    let mut found: Option<(Option<CountsByWindow>, String)> = None;
    for zone in zones(&[report_zone, source_zone, &utc]) {
        let name = zone.name();
        let of_times = input.counts(input.evidence.recount(|us| us, &zone, input.windows).iter());
        let of_windows = Windows::new(input.evidence.every, input.evidence.size, &zone);
        let by_zone = input.evidence.recount(|us| us, source_zone, &of_windows);
        let windows = input.counts(by_zone.iter());
        let relabelled = moved(&windows, |us| report_zone.instant_us(zone.reading_us(us)));
        let tries = [
            (of_times, format!("{old} reads the times without an offset by the clock of {name}")),
            (windows, format!("the windows of {old} follow the clock of {name}")),
            (relabelled, format!("the windows of {old} follow the clock of {name}")),
        ];
        let fitting = tries
            .into_iter()
            .find(|(counts, _)| *counts != own && differs(counts).as_ref() == Some(&trial.old));
        if let Some((counts, text)) = fitting {
            found = Some((differs(&counts), text));
            break;
        }
    }
    if let Some((predicted, text)) = found {
        trial.explains("zone", predicted, |found| format!("{text}; the inputs counted so, {found}"));
    }
}
