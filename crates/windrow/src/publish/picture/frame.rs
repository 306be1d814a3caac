//! What all pictures have in common: their size and place, colours and patterns, and texts.

use maud::{Markup, PreEscaped, html};
use twox_hash::XxHash64;

use super::Drawing;
use crate::report::ReportData;
use crate::text::escape::for_people;
use crate::text::width::{cut_end, width};

/// Where a picture is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::publish) enum PictureHome {
    /// In a page, whose colours it has.
    Page,
    /// By itself, light or dark as the reader's system is.
    Alone,
    /// By itself, as pixels: nothing moves.
    Pixels,
}

/// How large a picture is, and where it is shown.
#[derive(Clone, Copy, Debug)]
pub(in crate::publish) struct Frame {
    /// Pixels from its left to its right.
    pub(super) width: f64,
    /// The height of bars.
    pub(super) height: f64,
    place: PictureHome,
}

/// A picture is never smaller than this.
const WIDTH_MIN: u32 = 240;
const HEIGHT_MIN: u32 = 60;

/// The size of its letters, and the width that they take on average.
pub(super) const LETTER: f64 = 12.0;
pub(super) const LETTER_WIDTH: f64 = 6.7;
/// The height of a line of text.
pub(super) const LINE: f64 = 19.0;

/// Colours of series that are seen on white and on black. The next is told from the one before by its pattern too.
pub(super) const COLOURS: [&str; 6] = ["#2b7fa8", "#d4791c", "#2f9461", "#a45bb5", "#c9496b", "#8f6f33"];
/// The colour of all other values.
const OTHERS: &str = "#7d8894";
/// The lines of a pattern, per series; the first has none.
const PATTERNS: [&str; 6] = [
    "",
    "M-2 2L2 -2M0 8L8 0M6 10L10 6",
    "M2 2h2v2h-2zM6 6h2v2h-2z",
    "M-2 6L2 10M0 0L8 8M6 -2L10 2",
    "M0 2H8M0 6H8",
    "M2 0V8M6 0V8",
];

const FONT: &str = "system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif";
/// What is said of a bar is shown while it is pointed at, or has the focus.
const STYLE: &str = ".windrow-picture .bar{outline:0}.windrow-picture .tip{visibility:hidden;pointer-events:none}\
    .windrow-picture .bar:hover .tip,.windrow-picture .bar:focus .tip{visibility:visible}\
    .windrow-picture .bar:hover .over{fill-opacity:.14}.windrow-picture .bar:focus .over{fill-opacity:.14;stroke:currentColor}";
const PAPER_LIGHT: &str = "#ffffff";
const INK_LIGHT: &str = "#1c2530";
/// A picture by itself is dark where all around it is; printed it is not.
const DARK: &str = "@media screen and (prefers-color-scheme:dark){.windrow-picture{color:#e4e9ee}.windrow-picture .paper{fill:#14191f}}";

impl Frame {
    pub(in crate::publish) fn new(width: u32, height: u32, place: PictureHome) -> Self {
        let width = f64::from(width.max(WIDTH_MIN));
        Frame { width, height: f64::from(height.max(HEIGHT_MIN)), place }
    }

    /// Whether it shows what is pointed at.
    pub(super) fn is_live(&self) -> bool {
        self.place != PictureHome::Pixels
    }

    /// The characters that fit in it.
    pub(super) fn chars(&self) -> usize {
        (self.width / LETTER_WIDTH) as usize
    }

    /// The picture: `body` on its paper.
    pub(super) fn svg(&self, body: &Markup, width: f64, height: f64, label: &str) -> Markup {
        let id = pattern_id(&body.0);
        let body = body.0.replace(PATTERN, &id);
        let (width, height) = (num(width), num(height));
        let is_page = self.place == PictureHome::Page;
        html! {
            svg.windrow-picture xmlns=[(!is_page).then_some("http://www.w3.org/2000/svg")] viewBox=(format!("0 0 {width} {height}"))
                width=[(!is_page).then_some(&width)] height=[(!is_page).then_some(&height)] role="group" aria-label=(label)
                font-family=(FONT) font-size=(LETTER) fill="currentColor" color=[(!is_page).then_some(INK_LIGHT)] {
                @if self.is_live() { style { (PreEscaped(STYLE)) @if !is_page { (PreEscaped(DARK)) } } }
                defs { @for (at, lines) in PATTERNS.iter().enumerate().skip(1) {
                    @if body.contains(&format!("{id}{at})")) {
                        pattern id=(format!("{id}{at}")) width="8" height="8" patternUnits="userSpaceOnUse" {
                            rect width="8" height="8" fill=(COLOURS[at]) {}
                            path d=(lines) stroke="#fff" stroke-opacity=".4" stroke-width="1.2" fill="none" {}
                        }
                    }
                } }
                @if !is_page { rect.paper width="100%" height="100%" fill=(PAPER_LIGHT) {} }
                (PreEscaped(body))
            }
        }
    }

    /// The title of a report.
    pub(super) fn title(&self, report: &ReportData) -> Drawing {
        let title = cut_end(&for_people(&report.spec().name), self.chars() * 3 / 4);
        let question = cut_end(&super::question(report), self.chars());
        Drawing {
            body: html! {
                text y="14" font-size="17" font-weight="600" { (title) }
                text y="36" fill-opacity=".75" { (question) }
            },
            height: 48.0,
        }
    }

    /// A line of quiet text, or more of them.
    pub(super) fn note(&self, text: &str) -> Drawing {
        let lines = self.wrapped(text);
        Drawing {
            body: html! { @for (at, line) in lines.iter().enumerate() {
                text y=(num(12.0 + LINE * at as f64)) fill-opacity=".75" { (line) }
            } },
            height: LINE * lines.len() as f64 + 4.0,
        }
    }

    /// The words of `text` in lines that fit.
    fn wrapped(&self, text: &str) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split(' ') {
            match lines.last_mut().filter(|line| width(line) + 1 + width(word) <= self.chars()) {
                Some(line) => *line += &format!(" {word}"),
                None => lines.push(word.to_owned()),
            }
        }
        lines
    }
}

/// Stands for the name of a pattern, which is known when all is drawn: several pictures are in one page.
const PATTERN: &str = "\u{1}";

/// What a series is filled with.
pub(super) fn fill(series: usize, is_others: bool) -> String {
    let at = series % COLOURS.len();
    match is_others {
        true => OTHERS.to_owned(),
        false if PATTERNS[at].is_empty() => COLOURS[at].to_owned(),
        false => format!("url(#{PATTERN}{at}) {}", COLOURS[at]),
    }
}

/// A name that the same picture always has.
fn pattern_id(body: &str) -> String {
    format!("w{:x}-", XxHash64::oneshot(0, body.as_bytes()))
}

/// A number of pixels: `12`, `12.5`.
pub(super) fn num(pixels: f64) -> String {
    let text = format!("{pixels:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

/// The pixels that a text takes.
pub(super) fn text_width(text: &str) -> f64 {
    width(text) as f64 * LETTER_WIDTH
}
