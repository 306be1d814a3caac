//! The heat map: the hours of the week, the darker the more events.

use maud::html;

use super::Drawing;
use super::frame::{COLOURS, Frame, LINE, num, text_width};
use crate::report::{Hours, ReportData};
use crate::text::number::{counted, grouped, mean};

/// Days from a Monday.
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const ROW_HEIGHT: f64 = 20.0;
/// Of a colour: the least and the most that is seen of it.
const FAINTEST: f64 = 0.08;
/// Hours from one that is named to the next, wide and narrow.
const EVERY_WIDE: usize = 1;
const EVERY_NARROW: usize = 3;

/// The hours of the week of a report; none where it has none.
pub(in crate::publish) fn heat(report: &ReportData, frame: &Frame) -> Option<Drawing> {
    let week = report.hours()?;
    let (least, most) = ends(&week);
    let days = days(report, &week);
    let left = text_width("Wed") + 10.0;
    let width = (frame.width - left) / 24.0;
    let shown_every = if width < 30.0 { EVERY_NARROW } else { EVERY_WIDE };
    let share = |n: f64| if most > least { (n - least) / (most - least) } else { 1.0 };
    let below = ROW_HEIGHT * days.len() as f64;
    let body = html! {
        @for (row, day) in days.iter().enumerate() {
            @let y = row as f64 * ROW_HEIGHT;
            text y=(num(y + 14.0)) fill-opacity=".75" { (&DAYS[*day][..3]) }
            @for (hour, (cell, mean_of)) in week[*day].iter().enumerate().filter_map(|(hour, cell)| Some((hour, (cell, cell.mean()?)))) {
                @let said = format!("{} {hour:02}:00: {} events per hour; {} in {}", DAYS[*day], mean(mean_of, 1),
                    grouped(cell.events), counted(cell.hours, "hour"));
                g.bar role=[frame.is_live().then_some("img")] tabindex=[frame.is_live().then_some("0")] aria-label=[frame.is_live().then_some(&said)] {
                    rect x=(num(left + width * hour as f64)) y=(num(y)) width=(num(width - 1.0)) height=(num(ROW_HEIGHT - 1.0))
                        fill=(COLOURS[0]) fill-opacity=(format!("{:.2}", FAINTEST + (1.0 - FAINTEST) * share(mean_of))) {}
                    @if frame.is_live() {
                        rect.over x=(num(left + width * hour as f64)) y=(num(y)) width=(num(width - 1.0)) height=(num(ROW_HEIGHT - 1.0)) fill-opacity="0" {}
                        text.tip visibility="hidden" y=(num(below + 2.0 * LINE + 4.0)) { (said) }
                    }
                }
            }
        }
        g fill-opacity=".68" {
            @for hour in (0..24).step_by(shown_every) {
                text x=(num(left + width * hour as f64)) y=(num(below + 14.0)) { (format!("{hour:02}")) }
            }
        }
    };
    let tip = if frame.is_live() { LINE + 6.0 } else { 4.0 };
    Some(Drawing { body, height: below + LINE + tip })
}

/// What the heat map shows, and its ends.
pub(in crate::publish) fn heat_caption(report: &ReportData) -> Option<String> {
    let week = report.hours()?;
    let (least, most) = ends(&week);
    let mut hours = (0..7).flat_map(|day| (0..24).map(move |hour| (day, hour)));
    let busiest = hours.find(|(day, hour)| week[*day][*hour].mean() == Some(most));
    let when = busiest.map_or(String::new(), |(day, hour)| format!(" on {} at {hour:02}:00", DAYS[day]));
    Some(format!(
        "Mean events per hour by day of the week and hour, on the clock of {}: from {} (pale) to {} (full colour){when}.",
        report.spec().zone.name(),
        mean(least, 1),
        mean(most, 1),
    ))
}

/// The least and the most events of an hour, in the mean.
fn ends(week: &Hours) -> (f64, f64) {
    let means = week.iter().flatten().filter_map(|hour| hour.mean());
    means.fold((f64::INFINITY, 0.0), |(least, most), n| (f64::min(least, n), f64::max(most, n)))
}

/// The days that have hours, in the order of the report's week.
fn days(report: &ReportData, week: &Hours) -> Vec<usize> {
    let first = report.spec().week_start.days_from_monday();
    let days = (0..7).map(|day| (day + first).rem_euclid(7) as usize);
    days.filter(|day| week[*day].iter().any(|hour| hour.hours > 0)).collect()
}
