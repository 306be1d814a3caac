//! The pictures of a page, each drawn for a desk and for a phone: their texts are as large on both.

use maud::{Markup, html};

use crate::publish::picture::{self, Frame, PictureHome};
use crate::report::ReportData;

/// How wide and how high pictures are on a desk and on a phone.
const FRAMES: [(&str, u32, u32); 2] = [("wide", 1040, 250), ("narrow", 356, 190)];

/// The chart of a report's events; nothing where there are none, or it has less than two windows.
pub(super) fn draw(report: &ReportData) -> Markup {
    let frames = FRAMES.map(|(class, width, height)| (class, Frame::new(width, height, PictureHome::Page)));
    html! {
        @if picture::chart(report, &frames[0].1).is_some() {
            figure { @for (class, frame) in &frames { @if let Some(chart) = picture::chart(report, frame) {
                div class=(class) {
                    @let caption = picture::caption(report, frame);
                    figcaption { (caption) }
                    (picture::inline(&chart, frame, &caption))
                }
            } } }
        }
        @if let Some(caption) = picture::heat_caption(report) {
            figure {
                figcaption { (caption) }
                @for (class, frame) in &frames { @if let Some(heat) = picture::heat(report, frame) {
                    div class=(class) { (picture::inline(&heat, frame, &caption)) }
                } }
            }
        }
    }
}
