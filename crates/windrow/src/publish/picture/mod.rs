//! Pictures: what a report says, drawn as SVG. One way to draw serves pages, notebooks, and files of their own.

mod chart;
mod frame;
mod heat;
#[cfg(feature = "png")]
mod pixels;
mod question;
mod shape;

use maud::{Markup, html};

use super::{Out, failed};
#[cfg(not(feature = "png"))]
use crate::error::Error;
use crate::error::Result;
use crate::report::ReportData;

pub(super) use chart::{caption, chart, name};
use frame::num;
pub(super) use frame::{Frame, PictureHome};
pub(super) use heat::{heat, heat_caption};
pub(super) use question::question;

/// The size of a picture that is a file.
const WIDTH: u32 = 960;
const HEIGHT: u32 = 300;
/// Between the pictures of a file, and around them.
const SPACE: f64 = 20.0;

/// A part of a picture: what is drawn, from the point 0 0 on, and how high it is.
pub(super) struct Drawing {
    body: Markup,
    height: f64,
}

/// The chart of a report as an SVG that stands alone: its events over time, a series per value, `width` pixels wide, its bars `height`
/// high. Empty where the report has fewer than two windows, or no events. It needs no script and no other file, and shows the values of
/// a bar that is pointed at, or has the focus. In a notebook it can be shown as it is.
pub fn chart_svg(report: &ReportData, width: u32, height: u32) -> String {
    let frame = Frame::new(width, height, PictureHome::Alone);
    chart(report, &frame).map(|chart| alone(&[chart], &frame)).unwrap_or_default()
}

/// The hours of the week of a report as an SVG that stands alone, `width` pixels wide: the mean events of each hour by day of the week.
/// Empty where its windows are not parts of an hour, or it has less than a day.
pub fn hours_svg(report: &ReportData, width: u32) -> String {
    let frame = Frame::new(width, HEIGHT, PictureHome::Alone);
    heat(report, &frame).map(|heat| alone(&[heat], &frame)).unwrap_or_default()
}

/// The chart of a report as a PNG, as [`chart_svg`] draws it, with twice as many pixels across and down. Empty where that is empty.
///
/// # Errors
/// Usage: no font is installed, or this windrow was built without the feature `png`.
pub fn chart_png(report: &ReportData, width: u32, height: u32) -> Result<Vec<u8>> {
    let frame = Frame::new(width, height, PictureHome::Pixels);
    chart(report, &frame).map(|chart| png(&alone(&[chart], &frame))).unwrap_or_else(|| Ok(Vec::new()))
}

/// Refuses a PNG where none can be drawn.
pub(super) fn check_png() -> Result<()> {
    #[cfg(feature = "png")]
    return pixels::check();
    #[cfg(not(feature = "png"))]
    png("").map(drop)
}

#[cfg(feature = "png")]
use pixels::png;

#[cfg(not(feature = "png"))]
fn png(_: &str) -> Result<Vec<u8>> {
    Err(Error::without_feature("PNG", "png"))
}

/// Writes the pictures of `reports` as a PNG, one below the other.
pub(super) fn write_png(reports: &[ReportData], out: &mut Out<'_>) -> Result<()> {
    out.write_all(&png(&svg(reports, PictureHome::Pixels))?).map_err(failed)
}

/// Writes the pictures of `reports`, one below the other.
pub(super) fn write(reports: &[ReportData], out: &mut Out<'_>) -> Result<()> {
    out.write_all(svg(reports, PictureHome::Alone).as_bytes()).map_err(failed)
}

/// The pictures of `reports`, one below the other, each with its title.
pub(super) fn svg(reports: &[ReportData], place: PictureHome) -> String {
    let frame = Frame::new(WIDTH, HEIGHT, place);
    let mut parts = Vec::new();
    for report in reports {
        parts.push(frame.title(report));
        match chart(report, &frame) {
            Some(chart) => parts.extend([frame.note(&caption(report, &frame)), chart]),
            None => parts.push(frame.note("Nothing to draw: it takes two windows, and events in them.")),
        }
        if let Some((heat, caption)) = heat(report, &frame).zip(heat_caption(report)) {
            parts.extend([frame.note(&caption), heat]);
        }
    }
    alone(&parts, &frame)
}

/// A file of drawings, one below the other.
fn alone(parts: &[Drawing], frame: &Frame) -> String {
    let mut y = SPACE;
    let placed = parts.iter().map(|part| {
        let below = y + part.height;
        let at = std::mem::replace(&mut y, below);
        html! { g transform=(format!("translate({SPACE} {})", num(at))) { (part.body) } }
    });
    let body = html! { @for part in placed { (part) } };
    let height = y + SPACE;
    frame.svg(&body, frame.width + 2.0 * SPACE, height, "Events over time").into_string() + "\n"
}

/// A drawing as a part of a page.
pub(super) fn inline(drawing: &Drawing, frame: &Frame, label: &str) -> Markup {
    frame.svg(&drawing.body, frame.width, drawing.height, label)
}

#[cfg(test)]
mod tests;
