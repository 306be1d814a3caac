//! The chart: events over time as bars of eighths of a block.

use super::{Paint, paint};
use crate::publish::Screen;
use crate::report::{Precision, ReportData, TimeText, Timeline};
use crate::text::number::grouped;

/// Lines of bars.
const HEIGHT: usize = 7;
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const WIDTH_MIN: usize = 40;
const WIDTH_MAX: usize = 120;
/// Few bars are drawn wide, and with a space between them.
const BAR_WIDTH_MAX: usize = 18;
const BAR_WIDTH_SPACED: usize = 3;

/// Between what a caption says.
const SEPARATOR: &str = " · ";

/// The chart of a report's events; none where it has one window or the screen is too narrow.
pub(super) fn draw(report: &ReportData, screen: &Screen) -> Option<String> {
    let width = usize::from(screen.width).min(WIDTH_MAX);
    let plot = width.saturating_sub(grouped(report.events_total()).len() + 2);
    if width < WIDTH_MIN || report.windows_in_grid() < 2 || plot < WIDTH_MIN / 2 {
        return None;
    }
    let timeline = report.timeline(plot);
    let bar_width = (plot / timeline.bars.len().max(1)).min(BAR_WIDTH_MAX);
    let (bars, axis) = (bars(&timeline, bar_width), axis(&timeline, bar_width, plot));
    Some(caption(report, &timeline, screen) + &lines(&timeline, &bars, &axis, screen.colour))
}

/// What a bar is, and the highest window: where a bar is a window, it is the highest bar.
fn caption(report: &ReportData, timeline: &Timeline, screen: &Screen) -> String {
    let spec = report.spec();
    let mut parts = vec![format!("events per {}", timeline.length.words())];
    if let Some(highest) = report.highest() {
        let start = TimeText::new(&spec.zone).short(highest.window.start_us, Precision::of(spec.finest()));
        parts.push(format!("highest {} window: {} at {start}", spec.size, grouped(highest.count)));
    }
    if timeline.has_partial() {
        parts.push(format!("{PARTIAL} partly outside the report"));
    }
    let mut text = String::new();
    let mut taken = 0;
    for part in parts {
        let len = part.chars().count();
        let fits = taken > 0 && taken + SEPARATOR.len() + len <= usize::from(screen.width);
        text += if fits {
            SEPARATOR
        } else if taken > 0 {
            "\n"
        } else {
            ""
        };
        taken = if fits { taken + SEPARATOR.len() + len } else { len };
        text += &part;
    }
    text + "\n"
}

/// The lines of blocks, from the top, each a text per bar.
fn bars(timeline: &Timeline, bar_width: usize) -> Vec<Vec<String>> {
    let max = u128::from(timeline.max().max(1));
    let full = HEIGHT * (BLOCKS.len() - 1);
    let height = |events: u64| match usize::try_from(u128::from(events) * full as u128 / max) {
        // What is not zero is seen.
        Ok(0) if events > 0 => 1,
        height => height.unwrap_or(full),
    };
    let drawn = if bar_width >= BAR_WIDTH_SPACED { bar_width - 1 } else { bar_width };
    let line = |below: usize| {
        let block = |events| BLOCKS[height(events).saturating_sub(below).min(BLOCKS.len() - 1)];
        let bar = |events| block(events).to_string().repeat(drawn) + &" ".repeat(bar_width - drawn);
        timeline.bars.iter().map(|one| bar(one.events)).collect()
    };
    (0..HEIGHT).rev().map(|line_above| line(line_above * (BLOCKS.len() - 1))).collect()
}

/// The line below a bar of which the report has only a part.
const PARTIAL: char = '┄';

/// The line below the bars, and the times below it.
fn axis(timeline: &Timeline, bar_width: usize, room: usize) -> [String; 2] {
    let ticks = timeline.ticks(bar_width as f64, room as f64);
    let mut line: Vec<char> = timeline
        .bars
        .iter()
        .flat_map(|bar| std::iter::repeat_n(if bar.is_partial { PARTIAL } else { '─' }, bar_width))
        .collect();
    let mut times = String::new();
    for tick in ticks {
        line[tick.bar * bar_width] = '┴';
        times = format!("{times:0$}{1}", tick.bar * bar_width, tick.text);
    }
    [line.into_iter().collect(), times]
}

fn lines(timeline: &Timeline, bars: &[Vec<String>], [line, times]: &[String; 2], colour: bool) -> String {
    let max = grouped(timeline.max());
    let width = max.len();
    let mut text = String::new();
    for (at, blocks) in bars.iter().enumerate() {
        let label = match at {
            0 => max.as_str(),
            _ if at + 1 == HEIGHT => "0",
            _ => "",
        };
        text += &paint(&format!("{label:>width$} │"), Paint::Axis, colour);
        let end = blocks.iter().rposition(|bar| !bar.trim_end().is_empty()).map_or(0, |last| last + 1);
        let blocks: Vec<&str> = blocks[..end].iter().map(String::as_str).collect();
        let parts = timeline.bars[..end].chunk_by(|a, b| a.is_partial == b.is_partial);
        let mut from = 0;
        for part in parts {
            let blocks = blocks[from..from + part.len()].concat();
            let is_last = from + part.len() == end;
            let blocks = if is_last { blocks.trim_end() } else { &blocks };
            text += &paint(blocks, if part[0].is_partial { Paint::Faint } else { Paint::Bars }, colour);
            from += part.len();
        }
        text.push('\n');
    }
    text += &paint(&format!("{:width$} └{line}", ""), Paint::Axis, colour);
    text.push('\n');
    text += &paint(&format!("{:width$}  {times}", ""), Paint::Axis, colour);
    text.push('\n');
    text
}
