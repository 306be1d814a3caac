//! What pictures say is what the answer says, in few bytes, and nothing in them is markup of others.

use super::*;
use crate::calendar::Zone;
use crate::job::{ReportSpec, Top};
use crate::report::View;
use crate::report::fixture::{Fixture, MINUTE_US, cells, spec};
use crate::text::number::grouped;

const HOUR_US: i64 = 60 * MINUTE_US;
/// 2016-10-29T00:00:00Z, a Saturday.
const START_US: i64 = 17_103 * 24 * HOUR_US;

/// The values of `attribute` in order.
fn all<'s>(svg: &'s str, attribute: &str) -> Vec<&'s str> {
    let parts = svg.split(&format!(" {attribute}=\"")).skip(1).map(str::to_owned).collect::<Vec<_>>();
    let lens = parts.iter().map(|part| part.find('"').unwrap());
    let mut rest = svg;
    lens.map(|len| {
        let (_, after) = rest.split_once(&format!(" {attribute}=\"")).unwrap();
        rest = after;
        &after[..len]
    })
    .collect()
}

/// Where a text of the times stands.
fn x_of(svg: &str, text: &str) -> f64 {
    let (before, _) = svg.split_once(&format!(">{text}</text>")).unwrap();
    let (_, x) = before.rsplit_once("<text x=\"").unwrap();
    x.split_once('"').unwrap().0.parse().unwrap()
}

#[test]
fn a_bar_says_what_the_csv_says() {
    let events = |at: i64| [(at, "Open", at as u64 % 7 + 1), (at, "Close", at as u64 % 3), (at, "Zoom", 1)];
    let events = (0..60).flat_map(events).filter(|(_, _, n)| *n > 0);
    let fixture = Fixture::new(events.map(|(at, value, n)| (START_US + at * 10 * MINUTE_US, value, n)));
    fixture.with_report(&spec("10m", &["Open", "Close"]), |report| {
        let svg = chart_svg(report, 960, 300);
        let bars: Vec<&str> = all(&svg, "aria-label").split_off(1);
        let rows = cells(report.batches(View::Grid).unwrap());
        assert_eq!((bars.len(), rows.len()), (60, 60));
        for (bar, row) in bars.iter().zip(&rows) {
            let [open, close, other] = [2, 3, 4].map(|at| row[at].parse::<u64>().unwrap());
            let n = open + close + other;
            let (times, said) = bar.split_once(": ").unwrap();
            assert_eq!(said, format!("{n} events; Open {open}, Close {close}, other {other}"));
            assert!(times.starts_with("2016-10-29 "), "{times}");
        }
        assert!(svg.contains(">10 at 2016-10-29 03:20</text>"), "{svg}");
    });
}

#[test]
fn bars_are_as_high_as_their_events() {
    let fixture =
        Fixture::new([(START_US, "a", 30), (START_US, "b", 10), (START_US + 10 * MINUTE_US, "b", 20)]);
    fixture.with_report(&spec("10m", &["a", "b"]), |report| {
        let svg = chart_svg(report, 400, 100);
        let paths: Vec<&str> =
            all(&svg, "d").into_iter().filter(|path| path.contains('h') && path.contains('V')).collect();
        // Forty events are a hundred pixels high; the first value stands below.
        let ends = |path: &str| -> Vec<Vec<f64>> {
            let bars = path.split('M').skip(1);
            bars.map(|bar| {
                let ys = bar.split_once(' ').unwrap().1;
                ys.split(|c: char| c.is_alphabetic()).filter_map(|y| y.parse().ok()).collect()
            })
            .collect()
        };
        let (a, b) = (ends(paths[0]), ends(paths[1]));
        let base = a[0][0];
        assert_eq!((a.len(), b.len()), (1, 2));
        assert_eq!(a[0][1], base - 75.0);
        assert_eq!((b[0][0], b[0][1]), (base - 75.0, base - 100.0));
        assert_eq!((b[1][0], b[1][1]), (base, base - 50.0));
        let fills = all(&svg, "fill");
        assert!(
            fills.contains(&"#2b7fa8") && fills.iter().any(|fill| fill.starts_with("url(#w")),
            "{fills:?}"
        );
        for used in fills.iter().filter_map(|fill| fill.strip_prefix("url(#")) {
            let id = used.split_once(')').unwrap().0;
            assert!(svg.contains(&format!("<pattern id=\"{id}\"")), "{id}");
        }
    });
}

#[test]
fn the_name_of_a_peak_stands_above_the_bars_beside_it() {
    // The window with the most of b is low, and higher ones are next to it.
    let events =
        (0..40).flat_map(|at| [(START_US + at * HOUR_US, "a", 50), (START_US + at * HOUR_US, "b", 1)]);
    let events = events.filter(|(us, value, _)| *us != START_US + 20 * HOUR_US || *value == "b");
    let fixture = Fixture::new(events.chain([(START_US + 20 * HOUR_US, "b", 9)]));
    let top = Some(Top { by: Some("b".to_owned()), measure: None, n: 2 });
    fixture.with_report(&ReportSpec { top, ..spec("1h", &["a", "b"]) }, |report| {
        let svg = chart_svg(report, 960, 300);
        let (_, peak) = svg.split_once("<text class=\"peak\"").unwrap();
        let y: f64 = all(peak, "y")[0].parse().unwrap();
        let tops = all(&svg, "d").into_iter().filter(|path| path.contains('h') && path.contains('V'));
        let highest = tops
            .flat_map(|path| path.split('V').skip(1))
            .map(|rest| rest.split(|c: char| c.is_alphabetic()).next().unwrap().parse::<f64>().unwrap());
        let highest = highest.fold(f64::INFINITY, f64::min);
        assert!(y < highest - 11.0 && y > highest - 30.0, "{y} {highest}");
        assert!(svg.contains("class=\"leader\""), "{svg}");
    });
}

#[test]
fn times_are_those_of_the_zone_over_a_change_of_its_clocks() {
    // Berlin's clocks went back on 2016-10-30: that day has 25 hours.
    let from_us = START_US - 2 * HOUR_US;
    let events = (0..73).map(|at| (from_us + at * HOUR_US, "a", 1));
    let berlin = ReportSpec { zone: Zone::parse("Europe/Berlin").unwrap(), ..spec("1h", &[]) };
    Fixture::new(events).with_report(&berlin, |report| {
        let svg = chart_svg(report, 760, 200);
        let hour = (x_of(&svg, "2016-10-31") - x_of(&svg, "2016-10-30")) / 25.0;
        assert!(hour > 5.0);
        assert!((x_of(&svg, "2016-10-30") - x_of(&svg, "12:00") - 12.0 * hour).abs() < 0.3, "{hour}");
        let heat = hours_svg(report, 760);
        assert!(heat.contains("Sunday 02:00: 1.0 events per hour; 2 in 2 hours"), "{heat}");
        assert!(!heat.contains("Wednesday"), "no day that the report does not have");
    });
}

#[test]
fn names_are_text() {
    let hostile = "<b>]]>\x1b[31m\u{202e}'\"&\u{1}";
    let fixture = Fixture::of(&[hostile], (0..40).map(|at| (START_US + at * HOUR_US, vec![hostile], 2)));
    let top = Some(Top { by: Some(hostile.to_owned()), measure: None, n: 2 });
    let spec = ReportSpec { name: hostile.to_owned(), top, ..spec("1h", &[hostile]) };
    fixture.with_report(&spec, |report| {
        let svg = svg(std::slice::from_ref(report), PictureHome::Alone);
        assert!(!svg.contains("<b>") && svg.contains("&lt;b&gt;"), "{svg}");
        assert!(!svg.trim_end().contains(|c: char| c.is_control() || c == '\u{202e}'), "{svg}");
        assert!(!svg.contains("]]>") && svg.contains("by &lt;b&gt;"), "{svg}");
        assert!(!svg.contains("<script") && !svg.contains("href"), "{svg}");
    });
}

#[test]
fn many_windows_are_a_small_picture() {
    let values = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let events =
        (0..30_000).map(|at| (START_US + at * MINUTE_US, values[at as usize % 8], 1 + at as u64 % 5));
    Fixture::new(events).with_report(&spec("1m", &[]), |report| {
        let svg = chart_svg(report, 960, 300);
        let bars = all(&svg, "aria-label").len() - 1;
        assert!((100..=240).contains(&bars), "{bars}");
        assert!(svg.len() < 160_000, "{}", svg.len());
        assert!(svg.contains(">other<"), "six values, and all others in one: {svg}");
        let total: u64 = all(&svg, "aria-label")
            .iter()
            .filter_map(|label| {
                label.split_once(": ")?.1.split_once(" event")?.0.replace(',', "").parse::<u64>().ok()
            })
            .sum();
        assert_eq!(grouped(total), grouped(report.events_total()));
        let pixels = super::svg(std::slice::from_ref(report), PictureHome::Pixels);
        assert!(!pixels.contains("<style>") && pixels.len() < 60_000, "{}", pixels.len());
    });
}

#[test]
fn nothing_to_draw_is_no_picture() {
    let one = Fixture::new([(START_US, "a", 3)]);
    one.with_report(&spec("10m", &[]), |report| {
        assert_eq!((chart_svg(report, 400, 100), hours_svg(report, 400)), (String::new(), String::new()));
        assert!(svg(std::slice::from_ref(report), PictureHome::Alone).contains("Nothing to draw"));
    });
}
