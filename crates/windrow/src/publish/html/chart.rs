//! The chart of a page: events over time as bars, drawn as inline SVG. Its texts are the page's own, so that they are as large on a
//! phone as elsewhere.

use maud::{Markup, html};

use crate::report::{Bar, Precision, ReportData, TimeText, Timeline};
use crate::text::number::{counted, grouped};

const BARS_MAX: usize = 240;
/// Characters that fit below the bars on a desk and on a phone.
const CHARS: [(&str, f64); 2] = [("times wide", 140.0), ("times narrow", 42.0)];

/// The chart of a report's events; nothing where there are none, or it has less than two windows.
pub(super) fn draw(report: &ReportData) -> Markup {
    let timeline = report.timeline(BARS_MAX);
    if timeline.bars.len() < 2 || timeline.max() == 0 {
        return html! {};
    }
    let step = tick(timeline.max());
    let ceiling = timeline.max().div_ceil(step).max(1) * step;
    let bars = timeline.bars.len() as f64;
    let highest = timeline.bars.iter().position(|bar| bar.events == timeline.max());
    html! {
        figure {
            figcaption { (caption(report, &timeline)) }
            div.plot {
                @for n in (0..=ceiling / step).map(|n| n * step) {
                    div.level style=(format!("bottom:{}", share(n as f64, ceiling as f64))) { span { (grouped(n)) } }
                }
                @if let Some(at) = highest {
                    span.peak style=(format!(
                        "left:{};bottom:{}",
                        share(at as f64 + 0.5, bars),
                        share(timeline.max() as f64, ceiling as f64)
                    )) { (grouped(timeline.max())) }
                }
                (drawn(report, &timeline, ceiling))
            }
            @for (class, chars) in CHARS {
                div class=(class) {
                    @for tick in timeline.ticks(chars / bars, chars) {
                        span style=(format!("left:{}", share(tick.bar as f64, bars))) { (tick.text) }
                    }
                }
            }
        }
    }
}

/// What a bar is, and the highest window.
fn caption(report: &ReportData, timeline: &Timeline) -> String {
    let spec = report.spec();
    let mut text = format!("Events per {}.", timeline.length.words());
    if let Some(highest) = report.highest() {
        let start = TimeText::new(&spec.zone).short(highest.window.start_us, Precision::of(spec.finest()));
        text += &format!(" Highest {} window: {} at {start}.", spec.size, grouped(highest.count));
    }
    if timeline.has_partial() {
        text += " Pale bars are partly outside the report.";
    }
    text
}

fn drawn(report: &ReportData, timeline: &Timeline, ceiling: u64) -> Markup {
    let spec = report.spec();
    let clock = TimeText::new(&spec.zone);
    let time = |bar: &Bar, us| {
        clock.short(us, Precision::of(if bar.is_partial { spec.finest() } else { timeline.length }))
    };
    let label = format!("Events per {}", timeline.length.words());
    html! {
        svg viewBox=(format!("0 0 {} 100", timeline.bars.len())) preserveAspectRatio="none" role="img" aria-label=(label) {
            @for (at, bar) in timeline.bars.iter().enumerate() {
                @let height = bar.events as f64 * 100.0 / ceiling as f64;
                g.partial[bar.is_partial] {
                    title { (time(bar, bar.start_us)) " – " (time(bar, bar.end_us)) ": " (counted(bar.events, "event")) }
                    rect.all x=(at) y="0" width="1" height="100" {}
                    rect.full x=(at) y=(format!("{:.2}", 100.0 - height)) width="0.88" height=(format!("{height:.2}")) {}
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

/// A part of a whole, for the page's style.
fn share(part: f64, whole: f64) -> String {
    format!("{:.3}%", part * 100.0 / whole)
}
