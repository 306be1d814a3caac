//! The chart: events over time as bars, of which each value has its part, with the peaks named.

use maud::{Markup, html};

use super::Drawing;
use super::frame::{Frame, LETTER_WIDTH, LINE, fill, num, text_width};
use super::shape::{BarLayout, round_step};
use crate::job::Top;
use crate::report::{Bar, Peak, Precision, ReportData, Series, TimeText, Timeline, TopWindow};
use crate::text::escape::for_people;
use crate::text::number::{counted, grouped};
use crate::text::width::cut_end;

const BARS_MAX: usize = 240;
/// Bars are at least this wide where they are many.
const BAR_MIN: f64 = 3.6;
/// Values with a series of their own.
const SERIES_MAX: usize = 6;
/// Peaks that are marked.
const PEAKS_MAX: usize = 5;
/// What quiet gaps are marked with.
const QUIET: &str = "#d03a2b";
/// How much wider than usual letters bold ones are.
const BOLD: f64 = 1.25;
/// Above the bars, for the name of the peak.
const PEAK_ROOM: f64 = 32.0;
const TICKS_HEIGHT: f64 = 24.0;
/// Below the times, for what is said of a bar.
const TIP_HEIGHT: f64 = 2.0 * LINE;
/// The characters of a value in a legend.
const NAME_MAX: usize = 28;

/// The chart of a report's events; none where there are none, or it has less than two windows.
pub(in crate::publish) fn chart(report: &ReportData, frame: &Frame) -> Option<Drawing> {
    let timeline = timeline(report, frame);
    if timeline.bars.len() < 2 || timeline.max() == 0 {
        return None;
    }
    let series = series(report, &timeline);
    let ceiling = timeline.max();
    let (legend, legend_height) = legend(&series, frame);
    let left = text_width(&grouped(ceiling)) + 10.0;
    let plot = BarLayout {
        left,
        top: legend_height + PEAK_ROOM,
        width: frame.width - left,
        height: frame.height,
        ceiling,
        bars: timeline.bars.len(),
    };
    let below = plot.top + plot.height;
    let body = html! {
        (legend)
        (levels(&plot))
        @for partial in [false, true] {
            g opacity=[partial.then_some(".45")] {
                @for (at, path) in plot.stacked(&timeline, &series, partial).iter().enumerate() {
                    @if !path.is_empty() { path d=(path) fill=(fill(at, series[at].key.is_none())) {} }
                }
            }
        }
        (times(&timeline, &plot))
        @if frame.is_live() { (live(report, &timeline, &series, &plot, frame)) }
        (peaks(report, &timeline, &plot))
    };
    let tip = if frame.is_live() { TIP_HEIGHT } else { LINE };
    Some(Drawing { body, height: below + TICKS_HEIGHT + tip })
}

/// What a bar is, and what is marked.
pub(in crate::publish) fn caption(report: &ReportData, frame: &Frame) -> String {
    let timeline = timeline(report, frame);
    let spec = report.spec();
    let mut text = format!("Events per {}, on the clock of {}.", timeline.length.words(), spec.zone.name());
    let marked = marks(report).len();
    if spec.peaks.is_some() {
        let quiet = quiet(report).count();
        if marked > 0 {
            text += &format!(" ▼ marks {}.", stands_out(marked, "window"));
        }
        if quiet > 0 {
            text += &format!(" The line below the bars marks {}.", counted(quiet as u64, "quiet gap"));
        }
    } else if marked > 1 {
        text += &format!(" ▼ marks the {marked} highest {} windows{}.", spec.size, by(report));
    }
    if timeline.has_partial() {
        text += " Pale bars are partly outside the report.";
    }
    text
}

/// `1 window that stands out`
fn stands_out(n: usize, noun: &str) -> String {
    let stands = if n == 1 { "stands" } else { "stand" };
    format!("{} that {stands} out", counted(n as u64, noun))
}

/// The quiet gaps that are marked.
fn quiet(report: &ReportData) -> impl Iterator<Item = &Peak> {
    report.peaks().iter().filter(|peak| peak.is_quiet)
}

/// A window that is marked: its start, what it has, and what is said of it where it is pointed at.
struct Mark {
    start_us: i64,
    number: String,
    said: Option<String>,
}

/// The windows that are marked: those that stand out, where the job asks for them, or the highest.
fn marks(report: &ReportData) -> Vec<Mark> {
    if report.spec().peaks.is_some() {
        let peaks = report.peaks().iter().filter(|peak| !peak.is_quiet).take(PEAKS_MAX);
        let mark = |peak: &Peak| Mark {
            start_us: peak.window.start_us,
            number: peak.what.clone(),
            said: Some(peak.reason.clone()),
        };
        return peaks.map(mark).collect();
    }
    let highest: Vec<TopWindow> = match report.top() {
        [] => report.highest().into_iter().collect(),
        top => top.iter().take(PEAKS_MAX).copied().collect(),
    };
    let mark = |top: TopWindow| Mark { start_us: top.window.start_us, number: top.shown(), said: None };
    highest.into_iter().map(mark).collect()
}

/// What windows are ranked by, where that is a value.
fn by(report: &ReportData) -> String {
    let by = report.spec().top.as_ref().and_then(Top::by_written);
    by.map_or(String::new(), |by| format!(" by {}", name(&Some(vec![Some(by).filter(|by| !by.is_empty())]))))
}

fn timeline(report: &ReportData, frame: &Frame) -> Timeline {
    report.timeline(BARS_MAX.min((frame.width / BAR_MIN) as usize))
}

/// The series; of a report without keys that of all events.
fn series(report: &ReportData, timeline: &Timeline) -> Vec<Series> {
    let series = report.series(timeline, SERIES_MAX);
    if series.is_empty() {
        let events = timeline.bars.iter().map(|bar| bar.events).collect();
        return vec![Series { key: Some(Vec::new()), events, highest: None }];
    }
    series
}

/// What is what, where there is more than one.
fn legend(series: &[Series], frame: &Frame) -> (Markup, f64) {
    if series.iter().all(|one| one.key.as_ref().is_some_and(Vec::is_empty)) {
        return (html! {}, 0.0);
    }
    let (mut x, mut y) = (0.0, 0.0);
    let items = series.iter().enumerate().map(|(at, one)| {
        let (name, events) = (cut_end(&name(&one.key), NAME_MAX), grouped(one.total()));
        let width = 20.0 + text_width(&name) + 8.0 + text_width(&events) + 22.0;
        if x > 0.0 && x + width > frame.width {
            (x, y) = (0.0, y + LINE);
        }
        let item = html! {
            g transform=(format!("translate({} {})", num(x), num(y))) {
                rect width="13" height="13" fill=(fill(at, one.key.is_none())) {}
                text x="20" y="11" { (name) tspan dx="6" fill-opacity=".68" { (events) } }
            }
        };
        x += width;
        item
    });
    let items: Vec<Markup> = items.collect();
    (html! { @for item in items { (item) } }, y + LINE)
}

/// A value, or all others.
pub(in crate::publish) fn name(key: &Option<Vec<Option<String>>>) -> String {
    let Some(values) = key else { return "other".to_owned() };
    let values: Vec<_> =
        values.iter().map(|value| value.as_deref().map_or("null".into(), for_people)).collect();
    values.join(" / ")
}

/// The lines behind the bars, and their numbers.
fn levels(plot: &BarLayout) -> Markup {
    let step = round_step(plot.ceiling);
    let levels = (0..=plot.ceiling / step).map(|n| n * step);
    let line = |n| num(if n == 0 { plot.top + plot.height } else { plot.y(n) });
    html! {
        path d=(levels.clone().map(|n| format!("M{} {}H{}", num(plot.left), line(n), num(plot.left + plot.width))).collect::<String>())
            stroke="currentColor" stroke-opacity=".16" fill="none" {}
        g text-anchor="end" fill-opacity=".68" {
            @for n in levels { text x=(num(plot.left - 8.0)) y=(line(n)) dy="4" { (grouped(n)) } }
        }
    }
}

/// The times below the bars.
fn times(timeline: &Timeline, plot: &BarLayout) -> Markup {
    let ticks = timeline.ticks(plot.bar_width() / LETTER_WIDTH, plot.width / LETTER_WIDTH);
    let y = plot.top + plot.height;
    html! {
        path d=(ticks.iter().map(|tick| format!("M{} {}v18", num(plot.x(tick.bar)), num(y))).collect::<String>())
            stroke="currentColor" stroke-opacity=".3" fill="none" {}
        g fill-opacity=".68" {
            @for tick in &ticks { text x=(num(plot.x(tick.bar) + 4.0)) y=(num(y + 17.0)) { (tick.text) } }
        }
    }
}

/// The values of each bar, shown while it is pointed at or has the focus.
fn live(
    report: &ReportData,
    timeline: &Timeline,
    series: &[Series],
    plot: &BarLayout,
    frame: &Frame,
) -> Markup {
    let spec = report.spec();
    let clock = TimeText::new(&spec.zone);
    let time = |bar: &Bar, us| {
        clock.short(us, Precision::of(if bar.is_partial { spec.finest() } else { timeline.length }))
    };
    let y = plot.top + plot.height + TICKS_HEIGHT + 12.0;
    let names: Vec<String> = series.iter().map(|one| name(&one.key)).collect();
    html! {
        @for (at, bar) in timeline.bars.iter().enumerate() {
            @let when = format!("{} – {}: {}", time(bar, bar.start_us), time(bar, bar.end_us), counted(bar.events, "event"));
            @let parts: Vec<String> = series.iter().zip(&names).filter(|(_, name)| !name.is_empty())
                .map(|(one, name)| format!("{name} {}", grouped(one.events[at]))).collect();
            @let parts = parts.join(", ");
            g.bar role="img" tabindex="0" aria-label=(if parts.is_empty() { when.clone() } else { format!("{when}; {parts}") }) {
                rect.over x=(num(plot.x(at))) y=(num(plot.top)) width=(num(plot.bar_width())) height=(num(plot.height)) fill-opacity="0" {}
                text.tip visibility="hidden" y=(num(y)) {
                    (when) @if !parts.is_empty() { tspan x="0" dy="17" { (cut_end(&parts, frame.chars())) } }
                }
            }
        }
    }
}

/// Where the highest bar between two places ends.
fn above(timeline: &Timeline, plot: &BarLayout, from: f64, to: f64) -> f64 {
    let bars = timeline.bars.iter().enumerate();
    let between = bars.filter(|(at, _)| plot.x(*at) < to && plot.x(at + 1) > from);
    between.map(|(_, bar)| plot.y(bar.events)).fold(plot.top + plot.height, f64::min)
}

/// The marks of windows and of quiet gaps; the first window is named.
fn peaks(report: &ReportData, timeline: &Timeline, plot: &BarLayout) -> Markup {
    let spec = report.spec();
    let clock = TimeText::new(&spec.zone);
    let what = match timeline.length == spec.size {
        _ if spec.peaks.is_some() => String::new(),
        true if by(report).is_empty() => String::new(),
        true => format!("highest{}: ", by(report)),
        false => format!("highest {} window{}: ", spec.size, by(report)),
    };
    let said = |mark: &Mark| {
        let start = clock.short(mark.start_us, Precision::of(spec.finest()));
        format!("{what}{} at {start}", mark.number)
    };
    let bar_of = |us: i64| timeline.bars.partition_point(|bar| bar.end_us <= us).min(timeline.bars.len() - 1);
    let below = plot.top + plot.height + 2.0;
    html! {
        @for gap in quiet(report) {
            @let (from, to) = (plot.x(bar_of(gap.window.start_us)), plot.x(bar_of(gap.window.end_us - 1) + 1));
            path.quiet d=(format!("M{} {}H{}", num(from), num(below), num(to))) stroke=(QUIET) stroke-width="4" fill="none" {
                title { (gap.reason) }
            }
        }
        @for (rank, mark) in marks(report).iter().enumerate() {
            @let (bar, said) = (bar_of(mark.start_us), said(mark));
            @let (x, y) = (plot.x(bar) + plot.bar_width() / 2.0, plot.y(timeline.bars[bar].events) - 4.0);
            @if rank == 0 {
                // A narrow picture has room for the number and its time; its caption says which window that is.
                @let name = if text_width(&said) * BOLD > plot.width { said.trim_start_matches(&what) } else { &said };
                @let half = text_width(name) * BOLD / 2.0;
                @let middle = x.clamp(half, (plot.left + plot.width - half).max(half));
                @let above = above(timeline, plot, middle - half, middle + half) - 16.0;
                @if above < y - 16.0 {
                    path.leader d=(format!("M{} {}V{}", num(x), num(above + 4.0), num(y - 7.0))) stroke="currentColor" stroke-opacity=".5" fill="none" {}
                }
                text.peak x=(num(middle)) y=(num(above)) text-anchor="middle" font-weight="600" { (name) }
            }
            path d=(format!("M{} {}h8l-4 6z", num(x - 4.0), num(y - 7.0))) fill-opacity=(if rank == 0 { "1" } else { ".6" }) {
                title { @match &mark.said { None => (said), Some(reason) => { (said) " – " (reason) } } }
            }
        }
    }
}
