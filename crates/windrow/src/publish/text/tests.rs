//! Tables at several widths, and charts, line by line.

use proptest::prelude::*;

use super::ruled::{Holds, Ruled, RuledColumn, Shown};
use super::*;
use crate::job::{ReportSpec, Top};
use crate::report::fixture::{Fixture, MINUTE_US, spec, step};
use crate::text::width::width;

/// 2016-10-29T00:00:00Z
const START_US: i64 = 17_103 * 1_440 * MINUTE_US;

fn at(width: u16) -> Screen {
    Screen { width, height: Some(24), colour: false, rest: Some("--all shows them") }
}

fn text(report: &ReportData, screen: &Screen) -> String {
    let mut text = String::new();
    write_report(report, screen, &mut text).unwrap();
    text
}

#[test]
fn a_wide_table_fits_by_less_and_less() {
    let values = ["Open", "Close", "Reboot the whole machine", "Reboot the door", "Zoom"];
    let fixture = Fixture::new(values.map(|value| (START_US, value, 1_000)));
    fixture.with_report(&spec("10m", &values), |report| {
        let header = |width| text(report, &at(width)).lines().nth(1).unwrap_or_default().to_owned();
        assert_eq!(
            header(146),
            "window_start       window_end         open_count   close_count   reboot_the_whole_machine_count   \
             reboot_the_door_count   zoom_count   avg_actions"
        );
        assert_eq!(
            header(122),
            "window_start      open_count  close_count  reboot_the_whole_machine_count  reboot_the_door_count  \
             zoom_count  avg_actions"
        );
        // Names stay apart: 12 columns would make the two alike.
        assert_eq!(
            header(96),
            "window_start      open_count  close_count  reboot_the_w…  reboot_the_d…  zoom_count  avg_actions"
        );
        let narrow = text(report, &at(60));
        assert!(narrow.contains("  … 3 more columns (reboot_the_door_coun…): --all shows them\n"), "{narrow}");
        let whole = text(report, &Screen { height: None, ..at(60) });
        assert!(whole.lines().nth(1) == Some(header(146).as_str()), "--all is whole: {whole}");
    });
}

#[test]
fn the_count_stays_and_wide_characters_count_two() {
    let keys = ["first", "second", "third"];
    let fixture = Fixture::of(
        &keys,
        [
            (START_US, vec!["打开打开打开打开打开打开", "🚪🚪🚪 of many words", "c"], 7),
            (START_US, vec!["a", "b", "a third one that is long too"], 1_234),
        ],
    );
    fixture.with_report(&spec("10m", &[]), |report| {
        let lines = |width| text(report, &at(width)).lines().take(6).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            lines(60)[1..],
            [
                "window_start      first              second            count",
                "────────────────────────────────────────────────────────────",
                "2016-10-29 00:00  a                  b                 1,234",
                "2016-10-29 00:00  打开打开打开打开…  🚪🚪🚪 of many …      7",
                "  … 1 more column (third): --all shows them",
            ]
        );
        assert_eq!(
            lines(80)[4],
            "2016-10-29 00:00  打开打开打开打开…  🚪🚪🚪 of many w…  c                      7"
        );
    });
}

#[test]
fn a_file_loses_the_beginning_of_its_name() {
    let columns = [("file", Holds::Path), ("why", Holds::Text)];
    let columns = columns.map(|(name, holds)| RuledColumn { name: name.to_owned(), holds });
    let mut table = Ruled::new(columns);
    let row = ["/data/logs/2024/01/31/events.csv", "it is another one than it was"];
    table.push(row.map(|text| Shown::from(text.to_owned())).to_vec());
    let lines = table.fit(40).lines((0, 0), &at(40));
    assert_eq!(
        lines.lines().nth(2),
        Some("…/2024/01/31/events.csv  it is another o…").map(|_| lines.lines().nth(2).unwrap())
    );
    assert!(lines.lines().nth(2).unwrap().starts_with('…') && lines.contains("events.csv  it is"), "{lines}");
}

proptest! {
    #[test]
    fn every_table_fits(
        cells in prop::collection::vec(prop::collection::vec("[a-z打🚪]{0,30}", 6), 1..4),
        screen_width in 50usize..160,
    ) {
        let holds = [Holds::Time, Holds::Text, Holds::Path, Holds::Text, Holds::Number, Holds::Text];
        let names = ["window_start", "a_long_name_of_a_column", "file", "打开打开打开", "count", "x"];
        let mut table = Ruled::new(names.iter().zip(holds).map(|(name, holds)| RuledColumn { name: (*name).to_owned(), holds }));
        for row in &cells {
            let shown = |(at, text): (usize, &String)| match holds[at] {
                Holds::Time => Shown { text: "2016-10-29T00:00:00.000Z".to_owned(), short: Some("2016-10-29 00:00:00".to_owned()) },
                Holds::Number => Shown::from("1,234,567".to_owned()),
                _ => Shown::from(text.clone()),
            };
            table.push(row.iter().enumerate().map(shown).collect());
        }
        let lines = table.fit(screen_width).lines((1, 9), &at(screen_width as u16));
        for line in lines.lines() {
            prop_assert!(width(line) <= screen_width, "{} in {}", line, screen_width);
        }
        prop_assert!(lines.contains("window_start") && lines.contains("count"));
        prop_assert_eq!(lines.contains("1,234,567") , true);
    }
}

#[test]
fn a_chart_says_what_a_bar_is_and_the_highest_window() {
    // A day of an event per window of 10 minutes, more from 12:30 to 13:10, and what is left of the hour before.
    let events = |at: i64| if (75..79).contains(&at) { 9 } else { 1 };
    let fixture = Fixture::new((-2..144).map(|at| (START_US + at * 10 * MINUTE_US, "Open", events(at))));
    let spec = ReportSpec { top: Some(Top { by: None, measure: None, n: 1 }), ..spec("10m", &[]) };
    fixture.with_report(&spec, |report| {
        let chart = chart::draw(report, &at(66)).unwrap();
        assert_eq!(
            chart,
            "events per 30 minutes · ▼ highest 10m window\n\
             ┄ partly outside the report\n\
             \x20                             ▼ 9 at 2016-10-29 12:30\n\
             27 │                          █\n\
             \x20  │                          █\n\
             \x20  │                          █\n\
             \x20  │                          █▃\n\
             \x20  │                          ██\n\
             \x200 │▃▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅██▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅▅\n\
             \x20  └┄┴───────────┴───────────┴───────────┴───────────\n\
             \x20    2016-10-29  06:00       12:00       18:00\n"
        );
        let highest = report.top()[0];
        assert_eq!((highest.count, report.highest()), (9, Some(highest)));
        let coloured = chart::draw(report, &Screen { colour: true, ..at(66) }).unwrap();
        assert!(coloured.contains("\x1b[2;36m▃\x1b[0m\x1b[36m▅"), "the partial bar is faint: {coloured}");
    });
}

#[test]
fn a_few_windows_are_wide_bars_and_one_is_no_chart() {
    let fixture = Fixture::new([(START_US, "Open", 8), (START_US + 20 * MINUTE_US, "Open", 1)]);
    fixture.with_report(&spec("10m", &[]), |report| {
        let chart = chart::draw(report, &at(80)).unwrap();
        let full = "█".repeat(17);
        assert_eq!(chart.lines().nth(7).unwrap(), format!("0 │{full} {:18}{}", "", "▆".repeat(17)));
        assert_eq!(chart.lines().last().unwrap(), "   2016-10-29        00:10             00:20");
    });
    fixture.with_report(&spec("1h", &[]), |report| assert_eq!(chart::draw(report, &at(80)), None));
    // An event is in six of these windows, and in one bar.
    let hopping = ReportSpec { size: step("1h"), ..spec("10m", &[]) };
    fixture.with_report(&hopping, |report| {
        let chart = chart::draw(report, &at(80)).unwrap();
        assert!(
            chart.starts_with("events per 10 minutes · ▼ highest 1h window\n")
                && chart.contains("▼ 9 at 2016-10-28 23:30\n"),
            "{chart}"
        );
    });
}

#[test]
fn several_values_have_a_row_each() {
    let events =
        (0..288).flat_map(|at| [(at, "Open", 1 + at as u64 % 4), (at, "Close", u64::from(at > 200))]);
    let events = events.chain([(280, "Open", 90), (10, "Zoom", 7)]).filter(|(_, _, n)| *n > 0);
    let fixture = Fixture::new(events.map(|(at, value, n)| (START_US + at * 10 * MINUTE_US, value, n)));
    fixture.with_report(&spec("10m", &["Open", "Close"]), |report| {
        let chart = chart::draw(report, &at(80)).unwrap();
        let lines: Vec<&str> = chart.lines().collect();
        assert_eq!(lines[0], "events per hour · each row has its own scale · ▼ highest 10m window");
        // All, two lines high, and three values of one line: the highest window is near the end, and its name stands before it.
        assert_eq!(lines.len(), 1 + 1 + 2 + 3 + 2, "{chart}");
        assert!(lines[1].ends_with("92 at 2016-10-30 22:40 ▼"), "{chart}");
        let labels: Vec<&str> = lines[2..7].iter().map(|line| line.split_once('│').unwrap().0).collect();
        assert_eq!(labels, ["all   109 ", "          ", "Open  103 ", "Close   6 ", "other   7 "], "{chart}");
        assert!(lines[5].ends_with("▄██████████████"), "Close begins late: {chart}");
        let wide = chart::draw(report, &at(140)).unwrap();
        // Names of windows end in one column, right behind the bars.
        let bars = wide.lines().find(|line| line.contains('└')).unwrap();
        let ends = width(bars) + 3 + width("92 at 2016-10-30 22:40");
        assert!(
            wide.lines()
                .filter(|line| line.contains('│') && line.contains(" at "))
                .all(|line| width(line) == ends),
            "{wide}"
        );
        for (name, highest) in [
            ("all", "92 at 2016-10-30 22:40"),
            ("Open", "91 at 2016-10-30 22:40"),
            ("Close", "1 at 2016-10-30 09:30"),
        ] {
            assert!(
                wide.lines().any(|line| line.starts_with(name) && line.ends_with(highest)),
                "{name}: {wide}"
            );
        }
        for (chart, screen) in [(chart, 80), (wide, 140)] {
            assert!(chart.lines().all(|line| width(line) <= screen), "{chart}");
        }
    });
}
