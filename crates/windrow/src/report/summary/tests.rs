//! The summary's text word for word, and what its JSON promises.

use super::super::fixture::{Fixture, MINUTE_US, Run, spec};
use super::*;
use crate::job::{ReportSpec, Top};

/// 2016-07-26T02:40:00Z
const START_US: i64 = 1_469_500_800_000_000;

fn summary(fixture: &Fixture, specs: &[ReportSpec]) -> Summary {
    let mut tally = Tally {
        counted: 1_000_012,
        blank: 2,
        bytes_read: 3_149_000,
        bytes_total: 3_150_000,
        ..Tally::default()
    };
    tally.rejected[0] = 1;
    tally.rejected[8] = 4;
    tally.read = 1_000_019;
    let run = Run {
        job: "app",
        tally: &tally,
        span_us: Some((START_US, START_US + 31 * MINUTE_US)),
        files_read: 1,
        refused: vec![("in/b\n.csv", "7 of 10 rows are rejects")],
        elapsed_s: 0.031,
    };
    fixture.with_reports(specs, |reports| run.summary(reports))
}

fn events() -> Fixture {
    Fixture::new([
        (START_US, "Open", 1_000_000),
        (START_US + MINUTE_US, "Close", 10),
        (START_US + 31 * MINUTE_US, "", 2),
    ])
}

#[test]
fn the_text_says_where_every_row_went() {
    let top = Some(Top { by: Some("Open".to_owned()), measure: None, n: 5 });
    let text = summary(&events(), &[ReportSpec { top, ..spec("10m", &["Open", "Clos"]) }]).to_string();
    assert_eq!(
        text,
        "rows 1,000,019 = counted 1,000,012 + rejected 5 (bad_time 4, too_few_fields 1) \
         + ignored 2 (blank 2); bytes 3.1 of 3.1 MB; 2 windows\n\
         events from 2016-07-26T02:40:00Z to 2016-07-26T03:11:00Z; 1 file read, 1 refused; 0.03 s\n\
         refused in/b\\x0a.csv: 7 of 10 rows are rejects\n\
         report r: 10m windows (UTC), 2 with events of 4 from the first to the last\n  \
         mean per window over 2 with events (over all 4): Open 500,000.0 (250,000.0), Clos 0.0 (0.0), \
         other 6.0 (3.0), all 500,006.0 (250,003.0)\n  \
         top by Open: 2016-07-26 02:40 (1,000,000)\n\
         warning: report r: the value \"Clos\" never occurs; did you mean \"Close\"?\n"
    );
}

#[test]
fn without_named_values_the_largest_are_summed_up() {
    let summary = summary(&events(), &[spec("1h", &[])]);
    let json = serde_json::to_value(&summary).unwrap();
    assert_eq!(json["schema"], SCHEMA);
    assert_eq!(json["rows"]["rejected_by_reason"]["bad_time"], 4);
    let report = &json["reports"][0];
    let keys: Vec<_> =
        report["values"].as_array().unwrap().iter().map(|value| value["key"].clone()).collect();
    assert_eq!(keys, [serde_json::json!(["Open"]), serde_json::json!(["Close"]), serde_json::json!([null])]);
    assert_eq!(report["values"][0]["mean_in_grid"], 500_000.0);
    assert_eq!(report["first_window_start"], "2016-07-26T02:00:00Z");
    assert_eq!(report["last_window_end"], "2016-07-26T04:00:00Z");

    let many = Fixture::new((0..100).map(|n| (START_US, ["a", "b", "c"][n % 3], 1)));
    assert_eq!(self::summary(&many, &[spec("1h", &[])]).reports[0].values_total, 3);
}

#[test]
fn what_is_not_summed_up_alone_is_other() {
    // Twelve values in two windows: 20, 19, … 9 events; the last two are 10 + 9.
    let values: Vec<String> = (0..12).map(|n| format!("v{n:02}")).collect();
    let many = Fixture::new(
        values
            .iter()
            .enumerate()
            .map(|(n, value)| (START_US + n as i64 % 2 * 3600 * 1_000_000, value.as_str(), 20 - n as u64)),
    );
    let report = &summary(&many, &[spec("1h", &[])]).reports[0];
    let other = report.other.as_ref().unwrap();
    assert_eq!((report.values.len(), other.events, other.mean_observed), (10, 19, 9.5));
    assert!(report.to_string().contains(" v09 5.5, other 9.5, all 87.0\n"), "{report}");
    let named = &summary(&many, &[spec("1h", &["v00"])]).reports[0];
    assert!(named.to_string().contains(" v00 10.0, other 77.0, all 87.0\n"), "{named}");
    let all = &summary(&Fixture::new([(START_US, "a", 1)]), &[spec("1h", &["a"])]).reports[0];
    assert!(all.other.is_none() && !serde_json::to_string(all).unwrap().contains("\"other\""));
}

#[test]
fn a_run_without_events_has_a_summary() {
    let text = summary(&Fixture::new([]), &[spec("10m", &["Open"])]).to_string();
    assert!(text.contains("0 windows\n") && text.contains("0 with events of 0"), "{text}");
}

/// What a program may rely on: the schema in the documentation is made from the types, `WINDROW_BLESS=1` writes it.
#[test]
fn the_schema_in_the_documentation_is_that_of_the_types() {
    let schema =
        schemars::SchemaGenerator::new(schemars::generate::SchemaSettings::draft2020_12().for_serialize())
            .into_root_schema_for::<Summary>();
    let made = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/summary.schema.json");
    if std::env::var_os("WINDROW_BLESS").is_some() {
        std::fs::write(path, &made).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), made, "WINDROW_BLESS=1 writes it anew");
}
