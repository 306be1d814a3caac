//! What a page says of itself, and that nothing on it breaks on a narrow screen.

use sha2::Digest;

use super::*;
use crate::job::{Moving, Peaks, PeaksBy, ReportSpec, Top};
use crate::report::fixture::{Fixture, MINUTE_US, Run, spec, step};
use crate::tally::Tally;

/// 2016-10-29T00:00:00Z
const START_US: i64 = 17_103 * 1_440 * MINUTE_US;
const HOSTILE: &str = "<b>\x1b[31m\u{202e}'\"&";

fn page(fixture: &Fixture, spec: &ReportSpec, run: &Run<'_>, origin: &AnswerOrigin) -> String {
    fixture.with_reports(std::slice::from_ref(spec), |reports| {
        let mut page = Vec::new();
        // 2024-10-27T00:00:00Z in milliseconds, as the names of runs begin.
        let summary = Summary { run: "0192cb45c40070008000000000000000".to_owned(), ..run.summary(reports) };
        write(reports, &summary, origin, &mut page).unwrap();
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
    let mut origin = AnswerOrigin {
        command: Some(format!("windrow run '{HOSTILE}'")),
        inputs: vec!["a.csv".to_owned(), HOSTILE.to_owned()],
        rows: vec![1, 2],
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
    let (_, files) = text.split_once("<caption>Files by rows</caption>").unwrap();
    let (most, least) = files.split_once("<td><bdi>a.csv</bdi></td><td class=\"number\">1</td>").unwrap();
    assert!(
        most.contains("&lt;b&gt;") && most.contains("width:100.0%") && least.contains("width:50.0%"),
        "{files}"
    );
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
    let text = page(&nothing, &spec("10m", &["Open"]), &none, &AnswerOrigin::default());
    assert!(text.contains("<title>doors · no events · windrow</title>"), "{text}");
    assert!(text.contains("<p class=\"alert\">No events: none of 1,000 rows was counted.</p>"), "{text}");
    assert_eq!(text.matches("<p class=\"alert\">Refused <bdi>a.csv</bdi>: ").count(), 20);
    assert!(text.contains("<p class=\"alert\">And 3 more refused files.</p>"), "{text}");
    let text = page(&nothing, &spec("10m", &[]), &run(&Tally::default()), &AnswerOrigin::default());
    assert!(text.contains("<p class=\"alert\">No events: the inputs have no rows.</p>"), "{text}");
    let outside = ReportSpec {
        from_us: Some(START_US),
        to_us: Some(START_US + 60 * MINUTE_US),
        ..spec("10m", &["Open"])
    };
    let tally = Tally { read: 1, counted: 1, ..Tally::default() };
    let counted = Run { span_us: Some((0, 0)), ..run(&tally) };
    let text = page(&Fixture::new([(0, "Open", 1)]), &outside, &counted, &AnswerOrigin::default());
    assert!(text.contains("<p class=\"alert\">No event is within from and to.</p>"), "{text}");
    assert!(!text.contains("<figure>"), "no empty chart: {text}");
}

#[test]
fn tables_scroll_and_charts_have_times_for_two_widths() {
    let fixture = Fixture::new((0..2_000).map(|at| (START_US + at * 10 * MINUTE_US, "Open", 1)));
    let tally = Tally { read: 2_000, counted: 2_000, ..Tally::default() };
    let text = page(&fixture, &spec("10m", &["Open"]), &run(&tally), &AnswerOrigin::default());
    let tables = text.matches("<table").count();
    let scrolled = text.split("<table").filter(|before| {
        before.rsplit_once("<div class=\"scroll").is_some_and(|(_, tag)| !tag.contains("</div>"))
    });
    assert_eq!((tables, scrolled.count()), (2, 2));
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

/// A report with most that can be asked beside counts.
fn asking_more() -> ReportSpec {
    let [day, week] = ["1d", "1w"].map(step);
    ReportSpec {
        top: Some(Top { by: None, measure: None, n: 1 }),
        peaks: Some(Peaks { by: PeaksBy::All, limit: 3, threshold: 5.0, gaps: false }),
        moving: Moving { cumulative: Some(week), previous: vec![day, week] },
        ..spec("1d", &[])
    }
}

#[test]
fn a_page_asks_its_question_and_says_when() {
    let fixture = Fixture::new([(START_US, "Open", 3), (START_US + 60 * MINUTE_US, "Close", 1)]);
    let tally = Tally { read: 4, counted: 4, ..Tally::default() };
    let top = Some(Top { by: Some("Open".to_owned()), measure: None, n: 2 });
    let specs = [
        ReportSpec { top, ..spec("10m", &["Open", ""]) },
        ReportSpec { name: "2".to_owned(), ..asking_more() },
    ];
    let text = fixture.with_reports(&specs, |reports| {
        let mut page = Vec::new();
        write(reports, &run(&tally).summary(reports), &AnswerOrigin::default(), &mut page).unwrap();
        String::from_utf8(page).unwrap()
    });
    assert!(text.contains(
        "How many events are there per 10 minutes, by action (Open, null)? Which 2 windows have the most of Open?"
    ));
    assert!(text.contains(
        "How many events are there per day, by action? How do they add up per week? How do they compare with 1d and 1w before? \
         Which window has the most? Which windows stand out?"
    ));
    // Several reports have a table of contents, and each a place.
    for at in [1, 2] {
        assert!(
            text.contains(&format!("<a href=\"#report-{at}\">"))
                && text.contains(&format!("<section id=\"report-{at}\">"))
        );
    }
    assert!(text.contains("<bdi>Open</bdi></td><td class=\"number\">3</td>"), "{text}");
    let one = page(&fixture, &spec("10m", &[]), &run(&tally), &AnswerOrigin::default());
    assert!(
        !one.contains("href=\"#report")
            && one.contains("datetime=\"2024-10-27T00:00:00Z\">2024-10-27 00:00:00 UTC</time>"),
        "{one}"
    );
}

#[test]
fn the_exact_values_are_beside_those_that_are_shown() {
    let long = "x".repeat(100);
    let events = [
        (START_US, "Open", 1_000),
        (START_US, "Close", 1),
        (START_US, long.as_str(), 1),
        (START_US, "a\nb", 1),
    ];
    let tally = Tally { read: 1_003, counted: 1_003, ..Tally::default() };
    let fixture = Fixture::new(events);
    let text =
        page(&fixture, &spec("10m", &["Open", "Close", "Zoom"]), &run(&tally), &AnswerOrigin::default());
    assert!(
        text.contains(
            "<td class=\"time\"><time datetime=\"2016-10-29T00:00:00Z\">2016-10-29 00:00</time></td>"
        ),
        "{text}"
    );
    assert!(text.contains("<td class=\"number\">1,000</td>"), "{text}");
    assert!(text.contains("<td class=\"number\" data-v=\"333.6666666666667\">333.67</td>"), "{text}");
    let text = page(&fixture, &spec("10m", &[]), &run(&tally), &AnswerOrigin::default());
    assert!(
        text.contains(&format!("<td data-v=\"{long}\">"))
            && text.contains("<td data-v=\"a&#10;b\"><bdi>a\\x0ab</bdi></td>"),
        "{text}"
    );
}

#[test]
fn a_change_keeps_its_sign() {
    let fixture = Fixture::new([(START_US, "Open", 2_000), (START_US + 10 * MINUTE_US, "Open", 1)]);
    let tally = Tally { read: 2_001, counted: 2_001, ..Tally::default() };
    let mut spec = spec("10m", &["Open"]);
    spec.moving.previous = vec![spec.every];
    let text = page(&fixture, &spec, &run(&tally), &AnswerOrigin::default());
    assert!(text.contains("<td class=\"number\">-1,999</td>"), "{text}");
}

#[test]
fn a_page_runs_its_own_script_and_asks_for_nothing() {
    let digest = sha2::Sha256::digest(SCRIPT.as_bytes());
    let bits = |at: usize| {
        (0..6).fold(0, |bits, n| {
            bits << 1
                | usize::from(
                    digest.get((at * 6 + n) / 8).is_some_and(|byte| byte >> (7 - (at * 6 + n) % 8) & 1 == 1),
                )
        })
    };
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let hash: String = (0..43).map(|at| char::from(letters[bits(at)])).collect();
    assert!(POLICY.contains(&format!("script-src 'sha256-{hash}='")), "the hash of script.js is {hash}=");
    assert!(!SCRIPT.contains("</") && !STYLE.contains("</"));
    let fixture = Fixture::new((0..48).map(|at| (START_US + at * 60 * MINUTE_US, "Open", 1)));
    let tally = Tally { read: 48, counted: 48, ..Tally::default() };
    let text = page(&fixture, &spec("1h", &[]), &run(&tally), &AnswerOrigin::default());
    for asks in ["http:", "https:", "src=", "url(//", "@import", "<link", "<img"] {
        assert!(!text.contains(asks), "{asks}: {text}");
    }
    assert_eq!(text.matches("<script").count(), 1);
    assert!(text.contains("<figcaption>Mean events per hour"), "{text}");
}
