//! The chart: events over time as bars of eighths of a block, a row per value where there are several.

use super::{Paint, paint};
use crate::publish::Screen;
use crate::publish::picture::name;
use crate::report::{Precision, ReportData, TimeText, Timeline, TopWindow};
use crate::text::number::grouped;
use crate::text::width::{cut_end, padded, width};

/// Lines of bars of one row, and of each of several rows: of all events, and of few and of many values.
const HEIGHT: usize = 6;
const HEIGHT_OF_ALL: usize = 2;
const HEIGHTS: [usize; 2] = [2, 1];
/// Values with a row of their own; more than a few have low ones.
const VALUES_MAX: usize = 5;
const FEW: usize = 2;
const NAME_MAX: usize = 16;
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const WIDTH_MIN: usize = 40;
const WIDTH_MAX: usize = 140;
/// On a screen as wide as this each row names its highest window.
const WIDTH_FOR_PEAKS: usize = 110;
/// Few bars are drawn wide, and with a space between them.
const BAR_WIDTH_MAX: usize = 18;
const BAR_WIDTH_SPACED: usize = 3;
/// The line below a bar of which the report has only a part.
const PARTIAL: char = '┄';
const PEAK: char = '▼';
/// Between what a caption says.
const SEPARATOR: &str = " · ";

/// A row of bars.
struct BarRow {
    name: String,
    events: Vec<u64>,
    /// What it says of its highest window.
    highest: String,
    height: usize,
    colour: usize,
}

/// What all rows stand on.
struct Plot<'t> {
    timeline: &'t Timeline,
    bar_width: usize,
    /// The columns that bars may take.
    room: usize,
    /// The columns before them.
    left: usize,
    colour: bool,
}

/// The chart of a report's events; none where it has one window or the screen is too narrow.
pub(super) fn draw(report: &ReportData, screen: &Screen) -> Option<String> {
    let screen_width = usize::from(screen.width).min(WIDTH_MAX);
    if screen_width < WIDTH_MIN || report.windows_in_grid() < 2 {
        return None;
    }
    let names = names(report);
    let peaks = if names > 0 && screen_width >= WIDTH_FOR_PEAKS { peak_width(report) } else { 0 };
    let room = screen_width.saturating_sub(names + grouped(report.events_total()).len() + 2 + peaks);
    if room < WIDTH_MIN / 2 {
        return None;
    }
    let timeline = report.timeline(room);
    let bar_width = (room / timeline.bars.len().max(1)).min(BAR_WIDTH_MAX);
    let rows = rows(report, &timeline);
    let left = names + grouped(timeline.max()).len();
    let plot = Plot { timeline: &timeline, bar_width, room, left, colour: screen.colour };
    let (mark, is_named) = mark(report, &plot);
    let mut text = caption(report, &timeline, rows.len() > 1, is_named, screen);
    text += &mark;
    for row in &rows {
        text += &plot.bars(row, rows.len() > 1, peaks);
    }
    Some(text + &plot.axis())
}

/// The columns that the names of rows take, with a space; none where there is one row.
fn names(report: &ReportData) -> usize {
    let series = report.series(&report.timeline(1), VALUES_MAX);
    let names = series.iter().map(|one| width(&name(&one.key)).min(NAME_MAX));
    if series.len() < 2 { 0 } else { names.max().unwrap_or(0).max(width(ALL)) + 1 }
}

const ALL: &str = "all";

/// One row of all events, and one of each value where there are several.
fn rows(report: &ReportData, timeline: &Timeline) -> Vec<BarRow> {
    let all = timeline.bars.iter().map(|bar| bar.events).collect();
    let series = report.series(timeline, VALUES_MAX);
    let said = |top: Option<TopWindow>| top.map_or(String::new(), |top| peak(report, &top));
    if series.len() < 2 {
        return vec![BarRow {
            name: String::new(),
            events: all,
            highest: String::new(),
            height: HEIGHT,
            colour: 0,
        }];
    }
    let height = HEIGHTS[usize::from(series.len() > FEW)];
    let all = BarRow {
        name: ALL.to_owned(),
        events: all,
        highest: said(report.highest()),
        height: HEIGHT_OF_ALL,
        colour: 0,
    };
    let values = series.into_iter().enumerate().map(|(at, one)| BarRow {
        name: cut_end(&name(&one.key), NAME_MAX),
        highest: said(one.highest),
        events: one.events,
        height,
        colour: at + 1,
    });
    std::iter::once(all).chain(values).collect()
}

/// `394 at 2016-07-27 20:50`
fn peak(report: &ReportData, top: &TopWindow) -> String {
    let spec = report.spec();
    let start = TimeText::new(&spec.zone).short(top.window.start_us, Precision::of(spec.finest()));
    format!("{} at {start}", grouped(top.count))
}

/// The columns behind the bars in which rows name their highest window.
fn peak_width(report: &ReportData) -> usize {
    report.highest().map_or(0, |top| width(&peak(report, &top)) + 3)
}

/// What a bar is, and what has no place elsewhere.
fn caption(
    report: &ReportData,
    timeline: &Timeline,
    own_scales: bool,
    is_named: bool,
    screen: &Screen,
) -> String {
    let mut parts = vec![format!("events per {}", timeline.length.words())];
    if own_scales {
        parts.push("each row has its own scale".to_owned());
    }
    if let Some(highest) = report.highest() {
        let named = if is_named { String::new() } else { format!(": {}", peak(report, &highest)) };
        parts.push(format!("{PEAK} highest {} window{named}", report.spec().size));
    }
    if timeline.has_partial() {
        parts.push(format!("{PARTIAL} partly outside the report"));
    }
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines
            .last_mut()
            .filter(|line| width(line) + width(SEPARATOR) + width(&part) <= usize::from(screen.width))
        {
            Some(line) => *line += &format!("{SEPARATOR}{part}"),
            None => lines.push(part),
        }
    }
    lines.join("\n") + "\n"
}

/// The line above the bars that marks the highest window, and whether there was room to name it.
fn mark(report: &ReportData, plot: &Plot<'_>) -> (String, bool) {
    let Some(highest) = report.highest() else { return (String::new(), true) };
    let bars = &plot.timeline.bars;
    let bar =
        bars.partition_point(|bar| bar.end_us <= highest.window.start_us).min(bars.len().saturating_sub(1));
    let column = bar * plot.bar_width + (plot.bar_width - 1) / 2;
    let named = peak(report, &highest);
    let (text, is_named) = if column + 2 + width(&named) <= plot.room {
        (format!("{:column$}{PEAK} {named}", ""), true)
    } else if width(&named) < column {
        (format!("{:1$}{named} {PEAK}", "", column - 1 - width(&named)), true)
    } else {
        (format!("{:column$}{PEAK}", ""), false)
    };
    (paint(&format!("{:1$}{text}", "", plot.left + 2), Paint::Bold, plot.colour) + "\n", is_named)
}

impl Plot<'_> {
    /// The lines of a row; `named` by the name of its value, and with the name of its highest window, which ends `peaks` columns behind the
    /// bars.
    fn bars(&self, row: &BarRow, named: bool, peaks: usize) -> String {
        let max = row.events.iter().max().copied().unwrap_or(0);
        let number = grouped(max);
        let label = match named {
            true => padded(&row.name, self.left - width(&number), false) + &number,
            false => padded(&number, self.left, true),
        };
        let mut text = String::new();
        for line in 0..row.height {
            let is_lowest = line + 1 == row.height;
            let label = match line {
                0 => label.clone(),
                _ if is_lowest && !named => padded("0", self.left, true),
                _ => " ".repeat(self.left),
            };
            text += &paint(&format!("{label} │"), Paint::Axis, self.colour);
            let highest = if line == 0 && !row.highest.is_empty() {
                padded(&row.highest, peaks, true)
            } else {
                String::new()
            };
            text += &self.line(row, max, row.height - 1 - line, if peaks > 0 { &highest } else { "" });
            text.push('\n');
        }
        text
    }

    /// One line of bars, of which `below` lines are below it, and what is said behind it.
    fn line(&self, row: &BarRow, max: u64, below: usize, behind: &str) -> String {
        let full = row.height * (BLOCKS.len() - 1);
        let height = |events: u64| match u128::from(events) * full as u128 / u128::from(max.max(1)) {
            // What is not zero is seen.
            0 if events > 0 => 1,
            height => usize::try_from(height).unwrap_or(full),
        };
        let drawn = if self.bar_width >= BAR_WIDTH_SPACED { self.bar_width - 1 } else { self.bar_width };
        let blocks = row.events.iter().map(|events| {
            let block = height(*events).saturating_sub(below * (BLOCKS.len() - 1)).min(BLOCKS.len() - 1);
            BLOCKS[block].to_string().repeat(drawn) + &" ".repeat(self.bar_width - drawn)
        });
        let blocks: Vec<String> = blocks.collect();
        let end = blocks.iter().rposition(|bar| !bar.trim_end().is_empty()).map_or(0, |last| last + 1);
        let mut text = String::new();
        let mut from = 0;
        for part in self.timeline.bars[..end].chunk_by(|a, b| a.is_partial == b.is_partial) {
            let bars = blocks[from..from + part.len()].concat();
            from += part.len();
            let bars = if from == end { bars.trim_end() } else { &bars };
            let colour = if part[0].is_partial { Paint::Faint(row.colour) } else { Paint::Bars(row.colour) };
            text += &paint(bars, colour, self.colour);
        }
        if !behind.is_empty() {
            let taken = blocks[..end].concat().trim_end().chars().count();
            text += &" ".repeat(self.bar_width * self.timeline.bars.len() - taken);
            text += &paint(behind, Paint::Dim, self.colour);
        }
        text
    }

    /// The line below the bars, and the times below it.
    fn axis(&self) -> String {
        let ticks = self.timeline.ticks(self.bar_width as f64, self.room as f64);
        let bars = self.timeline.bars.iter();
        let mut line: Vec<char> = bars
            .flat_map(|bar| std::iter::repeat_n(if bar.is_partial { PARTIAL } else { '─' }, self.bar_width))
            .collect();
        let mut times = String::new();
        for tick in ticks {
            line[tick.bar * self.bar_width] = '┴';
            times = format!("{times:0$}{1}", tick.bar * self.bar_width, tick.text);
        }
        let line: String = line.into_iter().collect();
        let [line, times] =
            [format!("{:1$} └{line}", "", self.left), format!("{:1$}  {times}", "", self.left)];
        paint(&line, Paint::Axis, self.colour) + "\n" + &paint(&times, Paint::Axis, self.colour) + "\n"
    }
}
