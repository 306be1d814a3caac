//! The chart: events over time as bars, drawn into a buffer of cells and written out as text.

use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::style::{Color, Style};
use ratatui_core::widgets::Widget;
use ratatui_widgets::sparkline::Sparkline;

use crate::publish::Screen;
use crate::report::number::grouped;
use crate::report::{Precision, Report, TimeText, Timeline};

/// Lines of bars.
pub(super) const HEIGHT: u16 = 7;
/// Levels a bar can have per line.
const LEVELS: u64 = 8;
const WIDTH_MIN: u16 = 40;
const WIDTH_MAX: u16 = 120;

const BARS: Style = Style::new().fg(Color::Cyan);
const AXIS: Style = Style::new().fg(Color::DarkGray);

/// The chart of a report's events; none where it has one window or the screen is too narrow.
pub(super) fn draw(report: &Report<'_>, screen: &Screen) -> Option<String> {
    let width = screen.width.min(WIDTH_MAX);
    let label_width = grouped(report.events_total()).len() as u16;
    let plot = Rect::new(label_width + 2, 0, width.saturating_sub(label_width + 2), HEIGHT);
    if width < WIDTH_MIN || report.windows_in_grid() < 2 || plot.width < WIDTH_MIN / 2 {
        return None;
    }
    let timeline = report.timeline(usize::from(plot.width));
    // Few bars are drawn wide, all equally.
    let bar_width = plot.width / timeline.bars.len().max(1) as u16;
    let plot = Rect { width: bar_width * timeline.bars.len() as u16, ..plot };
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, HEIGHT + 2));
    draw_bars(&timeline, bar_width, plot, &mut buffer);
    draw_axes(report, &timeline, plot, &mut buffer);
    Some(caption(report, &timeline) + &text(&buffer, screen.colour))
}

fn caption(report: &Report<'_>, timeline: &Timeline) -> String {
    match timeline.steps_per_bar {
        1 => format!("events every {}\n", report.spec().every),
        steps => format!("events, {} steps of {} per bar\n", grouped(steps), report.spec().every),
    }
}

fn draw_bars(timeline: &Timeline, bar_width: u16, plot: Rect, buffer: &mut Buffer) {
    let max = timeline.max().max(1);
    // What is not zero is seen.
    let least = max.div_ceil(u64::from(HEIGHT) * LEVELS);
    let heights = timeline.bars.iter().map(|bar| if bar.events == 0 { 0 } else { bar.events.max(least) });
    let columns = heights.flat_map(|height| (0..bar_width).map(move |_| height));
    Sparkline::default().data(columns.collect::<Vec<_>>()).max(max).style(BARS).render(plot, buffer);
}

fn draw_axes(report: &Report<'_>, timeline: &Timeline, plot: Rect, buffer: &mut Buffer) {
    let max = grouped(timeline.max());
    let label = |buffer: &mut Buffer, y: u16, text: &str| {
        buffer.set_string(plot.x - 2 - text.len() as u16, y, text, AXIS);
    };
    label(buffer, 0, &max);
    label(buffer, HEIGHT - 1, "0");
    for y in 0..HEIGHT {
        buffer.set_string(plot.x - 1, y, "│", AXIS);
    }
    buffer.set_string(plot.x - 1, HEIGHT, "└", AXIS);
    for x in plot.left()..plot.right() {
        buffer.set_string(x, HEIGHT, "─", AXIS);
    }
    let clock = TimeText::new(&report.spec().zone);
    let precision = Precision::of(report.spec().every);
    let mut free_from = 0;
    let bar_width = plot.width / timeline.bars.len().max(1) as u16;
    for (at, bar) in timeline.bars.iter().enumerate() {
        let x = plot.x + at as u16 * bar_width;
        let text = clock.short(bar.start_us, precision);
        let end = x + text.len() as u16;
        if x >= free_from && end <= buffer.area.right() {
            buffer.set_string(x, HEIGHT, "┴", AXIS);
            buffer.set_string(x, HEIGHT + 1, &text, AXIS);
            free_from = end + text.len() as u16 / 2;
        }
    }
}

/// The buffer's lines, without white space at their ends.
fn text(buffer: &Buffer, colour: bool) -> String {
    let mut text = String::new();
    for line in buffer.content().chunks(usize::from(buffer.area.width)) {
        let len = line.iter().rposition(|cell| cell.symbol() != " ").map_or(0, |last| last + 1);
        let mut current = Color::Reset;
        for cell in &line[..len] {
            if colour && cell.fg != current {
                text.push_str(escape_of(cell.fg));
                current = cell.fg;
            }
            text.push_str(cell.symbol());
        }
        if current != Color::Reset {
            text.push_str(escape_of(Color::Reset));
        }
        text.push('\n');
    }
    text
}

fn escape_of(colour: Color) -> &'static str {
    match colour {
        Color::Cyan => "\x1b[36m",
        Color::DarkGray => "\x1b[90m",
        _ => "\x1b[0m",
    }
}
