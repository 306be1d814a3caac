use super::*;
use crate::calendar::{YEAR_9998_US, Zone};
use crate::error::{HelpPart, Kind};
use crate::event::TimeFormat;
use crate::format::csv::{CsvRules, sample_of};

fn rules(format: TimeFormat) -> TimeRules {
    TimeRules::of(format)
}

/// A help as a program words it whose users type flags.
fn in_flags(help: &Help) -> String {
    let flag = |setting: &Setting| match setting {
        Setting::Keys => "--key".to_owned(),
        setting => format!("--{}", setting.key().replace('_', "-")),
    };
    let command = |file: &str, changes: &[(Setting, String)]| {
        let flags: Vec<String> =
            changes.iter().map(|(setting, value)| format!("{} '{value}'", flag(setting))).collect();
        format!("windrow run {file} {}", flags.join(" "))
    };
    let word = |part: &HelpPart| match part {
        HelpPart::Text(text) => text.clone(),
        HelpPart::Name(setting) => flag(setting),
        HelpPart::Set(setting, value) => format!("{} {value}", flag(setting)),
        HelpPart::Changed(changes) => command("in.csv", changes),
        other => other.to_string(),
    };
    help.parts().iter().map(word).collect()
}

fn said(lines: &[Help]) -> Vec<String> {
    lines.iter().map(in_flags).collect()
}

fn chosen(text: &str) -> Result<Chosen> {
    chosen_of(text, TimeFormat::Iso, None, &[], false)
}

fn chosen_of(
    text: &str,
    format: TimeFormat,
    time: Option<&str>,
    keys: &[&str],
    values_named: bool,
) -> Result<Chosen> {
    chosen_with(Some(b','), text, format, time, keys, values_named)
}

fn chosen_with(
    delimiter: Option<u8>,
    text: &str,
    format: TimeFormat,
    time: Option<&str>,
    keys: &[&str],
    values_named: bool,
) -> Result<Chosen> {
    let rules_of_csv = CsvRules { delimiter, ..CsvRules::default() };
    let sample = sample_of(text, &rules_of_csv);
    let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
    let wanted = NamedByUser {
        time,
        rules: &rules(format),
        keys: &keys,
        measures: Vec::new(),
        values_named,
        made: &[],
        named: &[],
    };
    choose(&sample, &wanted)
}

/// The message and the help of a usage error.
fn refused(chosen: Result<Chosen>) -> (String, String) {
    let error = chosen.unwrap_err();
    assert_eq!(error.kind(), Kind::Usage, "{error}");
    (error.message().to_owned(), in_flags(error.help().unwrap()))
}

#[test]
fn takes_the_only_time_and_the_only_usual_key() {
    let text = "user,when,Action\n7,2024-01-01 00:00,Open\n8,2024-01-01T00:01:00Z,Close\n9,oops,Open\n";
    let chosen = chosen(text).unwrap();
    assert_eq!((chosen.time.as_str(), chosen.keys), ("when", vec!["Action".to_owned()]));
    assert_eq!(
        said(&chosen.said),
        [
            "time column: when (the only one that reads as a time in the first 3 rows of in.csv)",
            "key: Action (the only column with a usual name, with 2 values in the first 3 rows of in.csv)",
        ]
    );
}

#[test]
fn without_a_sure_key_all_rows_are_counted_and_the_candidates_listed() {
    let two = chosen("time,type,event\n2024-01-01 00:00,a,b\n").unwrap();
    assert_eq!(two.keys, [""; 0]);
    assert!(said(&two.said)[1].contains("several columns have usual names"), "{:?}", said(&two.said));
    assert!(said(&two.said)[1].contains("type (1 value), event (1 value)"), "{:?}", said(&two.said));
    let none = chosen("time,country\n2024-01-01 00:00,de\n").unwrap();
    assert!(said(&none.said)[1].contains("--key may be country (1 value)"), "{:?}", said(&none.said));
    let many: String = (0..=FEW_VALUES).map(|n| format!("2024-01-01 00:00,a{n}\n")).collect();
    assert_eq!(chosen(&format!("time,action\n{many}")).unwrap().keys, [""; 0]);
}

#[test]
fn named_values_need_a_key() {
    let many: String = (0..=FEW_VALUES).map(|n| format!("2024-01-01 00:00,a{n}\n")).collect();
    let taken = chosen_of(&format!("time,action\n{many}"), TimeFormat::Iso, None, &[], true).unwrap();
    assert_eq!(taken.keys, ["action"]);
    let (message, help) =
        refused(chosen_of("time,kind\n2024-01-01 00:00,a\n", TimeFormat::Iso, None, &[], true));
    assert_eq!(message, "values are named, but not the column they are in");
    assert!(help.ends_with("windrow run in.csv --key 'kind'"), "{help}");
}

#[test]
fn a_key_that_is_not_sure_is_named_in_a_command_whatever_the_columns() {
    let many: String = (0..=FEW_VALUES).map(|n| format!("2024-01-01 00:00,a{n}\n")).collect();
    for (text, end) in [
        (format!("time,kind\n{many}"), "the columns are time, kind\n    windrow run in.csv --key 'kind'"),
        ("time,kind\n".to_owned(), "the columns are time, kind\n    windrow run in.csv --key 'kind'"),
        ("time\n2024-01-01 00:00\n".to_owned(), "time is the only column"),
    ] {
        let (_, help) = refused(chosen_of(&text, TimeFormat::Iso, None, &[], true));
        assert!(help.ends_with(end), "{help}");
    }
}

#[test]
fn times_that_are_not_believed_are_times() {
    let berlin = TimeRules { zone: Zone::parse("Europe/Berlin").unwrap(), ..rules(TimeFormat::Iso) };
    let late = TimeRules { earliest_us: YEAR_9998_US - 1, ..rules(TimeFormat::Iso) };
    let dialect = CsvRules::default();
    for (rules, time) in
        [(&berlin, "2024-03-31 02:30"), (&berlin, "2024-10-27 02:30"), (&late, "2024-01-01 00:00")]
    {
        let sample = sample_of(&format!("a,when\nx,{time}\ny,{time}\nz,oops\n"), &dialect);
        for time in [None, Some("when")] {
            let wanted = NamedByUser {
                time,
                rules,
                keys: &[],
                measures: Vec::new(),
                values_named: false,
                made: &[],
                named: &[],
            };
            assert_eq!(choose(&sample, &wanted).unwrap().time, "when");
        }
    }
}

#[test]
fn a_column_with_a_few_times_needs_no_format() {
    let (message, help) = refused(chosen("a,when\nx,2024-01-01 00:00\ny,oops\nz,oops\n"));
    assert!(message.starts_with("no column holds times"), "{message}");
    assert!(help.ends_with("to reject the others:\n    windrow run in.csv --time 'when'"), "{help}");
    let (_, help) = refused(chosen("a,b\nx,y\n"));
    assert!(help.ends_with("with --time-format; the columns are a, b"), "{help}");
}

#[test]
fn several_time_columns_are_listed_with_the_commands() {
    let (message, help) = refused(chosen("a,b\n2024-01-01 00:00,2024-01-01 00:00\n"));
    assert_eq!(message, "2 columns read as times in the only row of in.csv: a, b");
    assert!(help.contains("windrow run in.csv --time 'a'\n    windrow run in.csv --time 'b'"), "{help}");
}

#[test]
fn an_ambiguous_date_is_shown_as_both() {
    let (message, help) = refused(chosen("when,action\n01/02/2024,Open\n"));
    assert_eq!(message, "no column holds times written as YYYY-MM-DD hh:mm:ss in the only row of in.csv");
    for part in [
        "2024-02-01T00:00:00Z as \"%d/%m/%Y\" (1 of 1 values read, plausible)",
        "2024-01-02T00:00:00Z as \"%m/%d/%Y\"",
        "windrow run in.csv --time 'when' --time-format '%d/%m/%Y'",
        "windrow run in.csv --time 'when' --time-format '%m/%d/%Y'",
    ] {
        assert!(help.contains(part), "{part} in {help}");
    }
}

#[test]
fn an_epoch_is_never_guessed_but_shown() {
    for time in [None, Some("ts")] {
        let text = "ts,latency,action\n1469679568123,5,Open\n1469679569123,7,Close\n";
        let (_, help) = refused(chosen_of(text, TimeFormat::Iso, time, &[], false));
        assert!(
            help.contains("2016-07-28T04:19:28.123Z as \"epoch_ms\" (2 of 2 values read, plausible)"),
            "{help}"
        );
        assert!(
            help.ends_with("then:\n    windrow run in.csv --time 'ts' --time-format 'epoch_ms'"),
            "{help}"
        );
        assert!(!help.contains("latency"), "{help}");
    }
    let text = "ts,n\n1469679568123,5\n";
    assert_eq!(chosen_of(text, TimeFormat::EpochMs, Some("ts"), &["n"], false).unwrap().time, "ts");
}

#[test]
fn a_named_time_column_that_reads_in_no_format_is_left_to_the_run() {
    assert_eq!(chosen_of("a,b\nx,y\n", TimeFormat::Iso, Some("a"), &["b"], false).unwrap().time, "a");
    let error = no_time("a", &["x"], None, &rules(TimeFormat::Iso));
    assert_eq!(error.message(), "no row has a time in column a written as YYYY-MM-DD hh:mm:ss");
    assert!(error.help_text().unwrap().contains("a = \"x\" reads in no common format"), "{error:?}");
}

#[test]
fn a_wrong_header_is_refused() {
    let (message, help) = refused(chosen("time;action;n\n2024-01-01 00:00;Open;1\n"));
    assert_eq!(message, "1 column found in in.csv; delimiter ';' gives 3");
    assert_eq!(help, "windrow run in.csv --delimiter ';'");
    let (message, _) = refused(chosen("time\taction\n2024-01-01 00:00\tOpen\n"));
    assert_eq!(message, "1 column found in in.csv; delimiter '\\t' gives 2");
    assert_eq!(chosen("time\n2024-01-01 00:00\n").unwrap().time, "time");

    let (message, _) = refused(chosen("sep=;\ntime;action\n"));
    assert!(message.contains("a note for spreadsheets"), "{message}");
    let (message, _) = refused(chosen_of("time,ts,a,b,c,d,ts\n", TimeFormat::Iso, Some("ts"), &[], false));
    assert_eq!(message, "column \"ts\" appears more than once in in.csv (2, 7)");
    let named =
        chosen_of("time,ts,a,ts\n2024-01-01 00:00,1,2,3\n", TimeFormat::Iso, Some("time"), &["a"], false);
    assert_eq!(named.unwrap().keys, ["a"]);
    let (message, help) = refused(chosen("2024-01-01 00:00,Open\n2024-01-01 00:01,Close\n"));
    assert_eq!(message, "in.csv has no header: line 1 is data: 2024-01-01 00:00,Open");
    assert_eq!(help, "name the columns: windrow run in.csv --columns 'time,column_2'");
}

#[test]
fn a_date_by_its_type_is_a_time_where_it_is_named() {
    let rules = rules(TimeFormat::Iso);
    let of_types = Sample {
        times: vec!["ts".to_owned()],
        dates: vec!["d".to_owned()],
        format: crate::format::InputFormat::Parquet,
        ..sample_of("ts,d\n2024-01-01T00:00:00Z,2024-01-01\n", &CsvRules::default())
    };
    for (time, chosen) in [(None, "ts"), (Some("d"), "d")] {
        let wanted = NamedByUser {
            time,
            rules: &rules,
            keys: &[],
            measures: Vec::new(),
            values_named: false,
            made: &[],
            named: &[],
        };
        assert_eq!(choose(&of_types, &wanted).unwrap().time, chosen);
        let dates_alone = Sample {
            times: Vec::new(),
            header: vec!["x".into(), "d".into()],
            rows: vec![vec!["-".into(), "2024-01-01".into()]],
            ..of_types.clone()
        };
        assert_eq!(choose(&dates_alone, &NamedByUser { time: None, ..wanted }).unwrap().time, "d");
    }
}

#[test]
fn the_delimiter_is_seen_in_the_header() {
    for (text, time) in [
        ("time;action\n2024-01-01 00:00;Open\n", "time"),
        ("\"a;b;c\"\tts\n1\t2024-01-01 00:00\n", "ts"),
        ("time\n2024-01-01 00:00\n", "time"),
    ] {
        assert_eq!(chosen_with(None, text, TimeFormat::Iso, None, &[], false).unwrap().time, time);
    }
}

#[test]
fn only_a_needed_column_needs_a_name_of_its_own() {
    let text = ",time,type,type,,note\n0,2024-01-01 00:00,a,b,2024-01-01 00:00,x\n";
    let chosen = chosen(text).unwrap();
    assert_eq!((chosen.time.as_str(), chosen.keys.len()), ("time", 0));
    let error = |text, time, keys: &[&str]| refused(chosen_of(text, TimeFormat::Iso, time, keys, false)).0;
    let twice =
        |name: &str, places: &str| format!("column {name:?} appears more than once in in.csv ({places})");
    assert_eq!(error(text, Some("time"), &["type"]), twice("type", "3, 4"));
    assert_eq!(error("ts,ts\n2024-01-01 00:00,2024-01-01 00:00\n", None, &[]), twice("ts", "1, 2"));
    assert_eq!(error(",a\n2024-01-01 00:00,1\n", None, &[]), "the only time column of in.csv has no name");
}

#[test]
fn a_missing_column_suggests_the_nearest() {
    let text = "time,action\n2024-01-01 00:00,Open\n";
    let (message, help) = refused(chosen_of(text, TimeFormat::Iso, Some("Tme"), &[], false));
    assert_eq!(message, "in.csv has no column \"Tme\"");
    assert_eq!(help, "did you mean --time time? The columns are time, action");
    let (_, help) = refused(chosen_of(text, TimeFormat::Iso, None, &["country"], false));
    assert_eq!(help, "the columns are time, action");
}

#[test]
fn inputs_without_rows_have_nothing_to_choose_from() {
    assert_eq!(chosen("").unwrap().time, "time");
    let header = chosen("ts,action\n").unwrap();
    assert_eq!((header.time.as_str(), header.keys.len()), ("ts", 0));
    assert!(said(&header.said)[0].contains("in.csv has no row"), "{:?}", said(&header.said));
    let of = |text, keys: &[&str]| chosen_of(text, TimeFormat::Iso, None, keys, true).unwrap();
    for (text, keys, time, key) in [
        ("", &[][..], "time", "action"),
        ("time,action\n", &[], "time", "action"),
        ("action,time\n", &[], "time", "action"),
        ("kind,time\n", &["kind"], "time", "kind"),
    ] {
        let chosen = of(text, keys);
        assert_eq!((chosen.time.as_str(), chosen.keys), (time, vec![key.to_owned()]), "{text:?}");
    }
}

#[test]
fn a_column_that_is_mostly_empty_is_not_the_time() {
    let rows = "1469679568123,,Open\n".repeat(9);
    let (message, help) =
        refused(chosen(&format!("ts,deleted_at,action\n{rows}1469679569123,2024-01-01 00:00,Close\n")));
    assert!(message.starts_with("no column holds times"), "{message}");
    assert!(help.contains("windrow run in.csv --time 'ts' --time-format 'epoch_ms'\n"), "{help}");
    assert!(help.ends_with("of another column a few values do; to reject the others:\n    windrow run in.csv --time 'deleted_at'"), "{help}");
    let full = "2024-01-01 00:00,,Open\n".repeat(9);
    let chosen =
        chosen(&format!("ts,deleted_at,action\n{full}2024-01-01 00:00,2024-01-02 00:00,Close\n")).unwrap();
    assert_eq!(chosen.time, "ts");
}

#[test]
fn a_time_of_day_in_another_column_is_never_dropped() {
    for (rows, command) in [
        (
            "03/04/2024,10:20:30,a\n25/04/2024,10:20:31,b\n",
            "windrow run in.csv --time 'Date,Time' --time-format '%d/%m/%Y %H:%M:%S'",
        ),
        ("2024-04-03,10:20,a\n2024-04-25,10:21,b\n", "windrow run in.csv --time 'Date,Time'"),
        ("2024-04-03,10:20,a\n2024-04-25,,b\n", "windrow run in.csv --time 'Date,Time'"),
        (
            "20240403,1:20 PM,a\n20240425,10:21 AM,b\n",
            "windrow run in.csv --time 'Date,Time' --time-format '%Y%m%d %I:%M %p'",
        ),
    ] {
        let text = format!("Date,Time,user\n{rows}");
        for time in [None, Some("Date")] {
            let (_, help) = refused(chosen_of(&text, TimeFormat::Iso, time, &["user"], false));
            assert!(help.contains("Date is a date whose time of day is in the column Time"), "{help}");
            assert!(help.ends_with(command), "{help}");
            assert!(!help.contains("--time 'Date'"), "{help}");
        }
    }
    let (_, help) = refused(chosen("Date,user\n2024-04-03,10\n2024-04-25,12\n"));
    assert!(help.ends_with("--time 'Date' --time-format 'date'"), "{help}");
}

#[test]
fn a_wide_header_is_looked_at_once_per_column() {
    let header: Vec<String> = (0..100_000).map(|at| format!("c{at}")).collect();
    let row: Vec<String> = (0..100_000).map(|at| at.to_string()).collect();
    let text = format!("{}\n{}\n", header.join(","), row.join(","));
    let (_, help) = refused(chosen(&text));
    assert!(help.len() < 500, "{help}");
    assert!(help.contains("c18, c19 and 99980 more"), "{help}");
}
