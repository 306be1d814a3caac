//! What a page says of itself, and that nothing on it breaks on a narrow screen.

use super::*;
use crate::job::ReportSpec;
use crate::report::fixture::{Fixture, MINUTE_US, Run, spec};
use crate::tally::Tally;

/// 2016-10-29T00:00:00Z
const START_US: i64 = 17_103 * 1_440 * MINUTE_US;
const HOSTILE: &str = "<b>\x1b[31m\u{202e}'\"&";

fn page(fixture: &Fixture, spec: &ReportSpec, run: &Run<'_>, origin: &Origin) -> String {
    fixture.with_reports(std::slice::from_ref(spec), |reports| {
        let mut page = Vec::new();
        write(reports, &run.summary(reports), origin, &mut page).unwrap();
        String::from_utf8(page).unwrap()
    })
}

fn run(tally: &Tally) -> Run<'_> {
    Run { job: "doors", tally, span_us: None, files_read: 1, refused: Vec::new(), elapsed_s: 0.5 }
}

#[test]
fn a_page_says_where_it_comes_from() {
    let fixture = Fixture::new([(START_US, "Open", 1), (START_US + 1_500 * MINUTE_US, "Open", 1)]);
    let tally = Tally { read: 2, counted: 2, ..Tally::default() };
    let span_us = Some((START_US, START_US + 1_500 * MINUTE_US));
    let mut origin = Origin {
        command: Some(format!("windrow run '{HOSTILE}'")),
        inputs: vec!["a.csv".to_owned(), HOSTILE.to_owned()],
    };
    let run = Run { span_us, files_read: 2, ..run(&tally) };
    let text = page(&fixture, &spec("10m", &[]), &run, &origin);
    assert!(text.contains("<title>doors · 2016-10-29 – 2016-10-30 · windrow</title>"), "{text}");
    assert!(
        text.contains("Events from <time>2016-10-29T00:00:00Z</time> to <time>2016-10-30T01:00:00Z</time>.")
    );
    assert!(
        text.contains("2 files: <bdi>a.csv</bdi>, <bdi>&lt;b&gt;\\x1b[31m\\xe2\\x80\\xae'&quot;&amp;</bdi>"),
        "{text}"
    );
    assert!(text.contains("<code><bdi>windrow run '&lt;b&gt;\\x1b"), "{text}");
    assert!(text.contains(concat!("<dd>windrow ", env!("CARGO_PKG_VERSION"), "</dd>")));
    assert!(!text.contains("class=\"alert\"") && !text.contains("<b>"));
    origin.inputs = (0..30).map(|n| format!("{n}.csv")).collect();
    let text = page(&fixture, &spec("10m", &[]), &Run { files_read: 30, ..run }, &origin);
    assert!(text.contains("30 files: ") && text.contains("<bdi>19.csv</bdi>, …</dd>"), "{text}");
}

#[test]
fn a_run_without_an_answer_does_not_look_healthy() {
    let nothing = Fixture::new([]);
    let tally = Tally { read: 1_000, blank: 1_000, ..Tally::default() };
    let refusals = || vec![("a.csv", "7 of 10 rows are rejects"); 23];
    let none = Run { refused: refusals(), ..run(&tally) };
    let text = page(&nothing, &spec("10m", &["Open"]), &none, &Origin::default());
    assert!(text.contains("<title>doors · no events · windrow</title>"), "{text}");
    assert!(text.contains("<p class=\"alert\">No events: none of 1,000 rows was counted.</p>"), "{text}");
    assert_eq!(text.matches("<p class=\"alert\">Refused <bdi>a.csv</bdi>: ").count(), 20);
    assert!(text.contains("<p class=\"alert\">And 3 more refused files.</p>"), "{text}");
    let text = page(&nothing, &spec("10m", &[]), &run(&Tally::default()), &Origin::default());
    assert!(text.contains("<p class=\"alert\">No events: the inputs have no rows.</p>"), "{text}");
    let outside = ReportSpec {
        from_us: Some(START_US),
        to_us: Some(START_US + 60 * MINUTE_US),
        ..spec("10m", &["Open"])
    };
    let tally = Tally { read: 1, counted: 1, ..Tally::default() };
    let counted = Run { span_us: Some((0, 0)), ..run(&tally) };
    let text = page(&Fixture::new([(0, "Open", 1)]), &outside, &counted, &Origin::default());
    assert!(text.contains("<p class=\"alert\">No event is within from and to.</p>"), "{text}");
    assert!(!text.contains("<figure>"), "no empty chart: {text}");
}

#[test]
fn tables_scroll_and_charts_have_times_for_two_widths() {
    let fixture = Fixture::new((0..2_000).map(|at| (START_US + at * 10 * MINUTE_US, "Open", 1)));
    let tally = Tally { read: 2_000, counted: 2_000, ..Tally::default() };
    let text = page(&fixture, &spec("10m", &["Open"]), &run(&tally), &Origin::default());
    let tables = text.matches("<table>").count();
    let scrolled = text.matches("<div class=\"scroll\"><table>").count()
        + text.matches("<div class=\"scroll windows\" tabindex=\"0\"><table>").count();
    assert_eq!((tables, scrolled), (2, 2));
    // Drawn twice: fewer bars where there is less room, with texts of the same size.
    let drawn = |class: &str| {
        let (_, drawn) = text.split_once(&format!("<div class=\"{class}\">")).unwrap();
        drawn.split_once("</div>").unwrap().0.to_owned()
    };
    let [wide, narrow] = ["wide", "narrow"].map(drawn);
    let bars = |drawn: &str| drawn.matches("<g class=\"bar\"").count();
    assert!(bars(&narrow) > 20 && bars(&wide) > 2 * bars(&narrow), "{} {}", bars(&narrow), bars(&wide));
    // 2,000 windows are bars of 2 hours; the last is partial, and the highest holds twelve windows of one event.
    assert!(wide.contains("<figcaption>Events per 2 hours, on the clock of UTC. Pale bars"), "{wide}");
    assert!(wide.contains(">highest 10m window: 1 at 2016-10-29 00:00</text>"), "the peak is named: {wide}");
    assert!(wide.contains("2016-10-29 00:00 – 2016-10-29 02:00: 12 events"), "{wide}");
}
