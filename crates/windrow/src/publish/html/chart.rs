//! The chart of a page: events over time as bars, drawn as inline SVG.

use maud::{Markup, html};

use crate::report::number::{counted, grouped};
use crate::report::{Precision, Report, TimeText};

const BARS_MAX: usize = 240;
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 200.0;
/// Space at the left for the numbers and below for the times.
const LEFT: f64 = 56.0;
const BELOW: f64 = 26.0;
/// Width that a time on the axis needs.
const TIME_WIDTH: f64 = 125.0;

/// The chart of a report's events; nothing where it has less than two windows.
pub(super) fn draw(report: &Report<'_>) -> Markup {
    let timeline = report.timeline(BARS_MAX);
    if timeline.bars.len() < 2 {
        return html! {};
    }
    let clock = TimeText::new(&report.spec().zone);
    let precision = Precision::of(report.spec().every);
    let time = |us| clock.short(us, precision);
    let step = tick(timeline.max());
    let ceiling = timeline.max().div_ceil(step).max(1) * step;
    let y = |n: u64| HEIGHT * (1.0 - n as f64 / ceiling as f64);
    let width = (WIDTH - LEFT) / timeline.bars.len() as f64;
    let x = |at: usize| LEFT + width * at as f64;
    let bars_per_time = (TIME_WIDTH / width).ceil().max(1.0) as usize;
    let each = match timeline.steps_per_bar {
        1 => format!("Events every {}", report.spec().every),
        steps => format!("Events, {} steps of {} per bar", grouped(steps), report.spec().every),
    };
    html! {
        figure {
            figcaption { (each) }
            svg viewBox=(format!("0 -8 {WIDTH} {}", HEIGHT + BELOW + 8.0)) role="img" aria-label=(each) {
                @for n in (0..=ceiling / step).map(|n| n * step) {
                    line.rule x1=(LEFT) x2=(WIDTH) y1=(at(y(n))) y2=(at(y(n))) {}
                    text x=(LEFT - 8.0) y=(at(y(n) + 4.0)) text-anchor="end" { (grouped(n)) }
                }
                @for (place, bar) in timeline.bars.iter().enumerate() {
                    g.bar {
                        title { (time(bar.start_us)) " – " (time(bar.end_us)) ": " (counted(bar.events, "event")) }
                        rect.all x=(at(x(place))) y="0" width=(at(width)) height=(HEIGHT) {}
                        rect.full x=(at(x(place))) y=(at(y(bar.events))) width=(at(width * 0.88))
                            height=(at(HEIGHT - y(bar.events))) {}
                    }
                    @if place % bars_per_time == 0 && x(place) + TIME_WIDTH * 0.8 <= WIDTH {
                        line.rule x1=(at(x(place))) x2=(at(x(place))) y1=(HEIGHT) y2=(HEIGHT + 6.0) {}
                        text x=(at(x(place))) y=(HEIGHT + 20.0) { (time(bar.start_us)) }
                    }
                }
            }
        }
    }
}

/// A round step (1, 2 or 5 times a power of ten) of which three to five reach `max`.
fn tick(max: u64) -> u64 {
    let least = max.div_ceil(5).max(1);
    let ten = 10_u64.pow(least.ilog10());
    [1, 2, 5].into_iter().map(|n| n * ten).find(|step| *step >= least).unwrap_or(ten * 10)
}

/// A coordinate with two digits after the point.
fn at(coordinate: f64) -> String {
    format!("{coordinate:.2}")
}
