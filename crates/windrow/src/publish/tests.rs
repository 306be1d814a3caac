//! What sinks write, read back by others: serde_json, the Parquet reader, and by eye.

use std::io;

use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use arrow_schema::DataType;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::calendar::Zone;
use crate::job::{Fill, ReportSpec, TableShape, Top};
use crate::report::fixture::{Fixture, MINUTE_US, cells, spec};
use crate::report::{TimeText, View};
use crate::tally::Tally;

const SCREEN: Screen = Screen { width: 80, height: None, colour: false, rest: Some("--all shows them") };
/// 2016-07-26T02:40:00Z
const START_US: i64 = 1_469_500_800_000_000;
const HOSTILE: [&str; 6] = [
    "a,b",
    "say \"hi\"\nthere",
    "two\rlines",
    "\x1b[31mred",
    "\u{202e}turned\u{200b}",
    "<script>alert('x')</script>&amp;",
];

fn summary(reports: &[ReportData]) -> Summary {
    let tally = Tally { counted: 7, read: 7, bytes_read: 90, bytes_total: 90, ..Tally::default() };
    let span_us = Some((START_US, START_US));
    Summary { files_read: 1, elapsed_s: 0.5, ..Summary::new("<job>", &tally, span_us, reports) }
}

fn write_to(format: Format, reports: &[ReportData], screen: &Screen, out: &mut Out<'_>) -> Result<()> {
    write(format, reports, Some((&summary(reports), &AnswerOrigin::default())), screen, out)
}

fn written(format: Format, reports: &[ReportData]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    write_to(format, reports, &SCREEN, &mut bytes)?;
    Ok(bytes)
}

fn text(format: Format, reports: &[ReportData]) -> String {
    String::from_utf8(written(format, reports).unwrap()).unwrap()
}

fn hostile() -> Fixture {
    Fixture::new(HOSTILE.iter().enumerate().map(|(at, value)| (START_US, *value, at as u64 + 1)))
}

#[test]
fn csv_is_wide_or_long_with_instants_and_exact_means() {
    let fixture = Fixture::new([
        (START_US, "Open", 147),
        (START_US, "Close", 34),
        (START_US + 25 * MINUTE_US, "Open", 1),
    ]);
    let wide = ReportSpec { fill: Some(Fill::Null), ..spec("10m", &["Open", "Close"]) };
    let expected = "window_start,window_end,open_count,close_count,avg_actions\n\
        2016-07-26T02:40:00Z,2016-07-26T02:50:00Z,147,34,90.5\n\
        2016-07-26T02:50:00Z,2016-07-26T03:00:00Z,,,\n\
        2016-07-26T03:00:00Z,2016-07-26T03:10:00Z,1,0,0.5\n";
    let long = spec("1h", &[]);
    let expected_long = "window_start,window_end,action,count\n\
        2016-07-26T02:00:00Z,2016-07-26T03:00:00Z,Close,34\n\
        2016-07-26T02:00:00Z,2016-07-26T03:00:00Z,Open,147\n\
        2016-07-26T03:00:00Z,2016-07-26T04:00:00Z,Close,0\n\
        2016-07-26T03:00:00Z,2016-07-26T04:00:00Z,Open,1\n";
    fixture.with_reports(&[wide, long], |reports| {
        assert_eq!(text(Format::Csv, &reports[..1]), expected);
        assert_eq!(text(Format::Csv, &reports[1..]), expected_long);
    });
}

#[test]
fn csv_of_a_zone_has_its_offset() {
    let fixture = Fixture::new([(1_729_994_400_000_000, "Open", 1)]);
    let zone = Zone::parse("Europe/Berlin").unwrap();
    fixture.with_reports(&[ReportSpec { zone, ..spec("1d", &[]) }], |reports| {
        let row = "2024-10-27T00:00:00+02:00,2024-10-28T00:00:00+01:00,Open,1";
        assert_eq!(text(Format::Csv, reports).lines().nth(1).unwrap(), row);
        assert!(text(Format::Json, reports).contains("\"2024-10-28T00:00:00+01:00\""));
        let mut canonical = Vec::new();
        digest::write_canonical(reports, &mut canonical).unwrap();
        let canonical = String::from_utf8(canonical).unwrap();
        assert!(canonical.contains("2024-10-26T22:00:00Z,2024-10-27T23:00:00Z,Open,1"), "{canonical}");
    });
}

#[test]
fn csv_keeps_hostile_values_byte_for_byte() {
    let fixture = hostile();
    fixture.with_report(&spec("10m", &[]), |report| {
        let csv = text(Format::Csv, std::slice::from_ref(report));
        for (n, field) in [
            (1, "\"a,b\""),
            (2, "\"say \"\"hi\"\"\nthere\""),
            (3, "\"two\rlines\""),
            (4, "\x1b[31mred"),
            (5, "\u{202e}turned\u{200b}"),
            (6, HOSTILE[5]),
        ] {
            assert!(csv.contains(&format!("Z,{field},{n}\n")), "{field:?} in {csv:?}");
        }
    });
}

#[test]
fn people_see_hostile_values_written_out() {
    let top = Some(Top { by: Some(HOSTILE[3].to_owned()), measure: None, n: 2 });
    let fixture = hostile();
    for spec in [
        ReportSpec { top: top.clone(), ..spec("10m", &[]) },
        ReportSpec {
            top,
            values: HOSTILE.map(str::to_owned).to_vec(),
            name: "\x1b]0;r\x07".to_owned(),
            ..spec("10m", &[])
        },
    ] {
        fixture.with_reports(&[spec], |reports| {
            for format in [Format::Table, Format::Html, Format::Svg] {
                let text = text(format, reports) + &summary(reports).to_string();
                let hidden =
                    text.chars().find(|c| (c.is_control() && *c != '\n') || "\u{202e}\u{200b}".contains(*c));
                assert_eq!(hidden, None, "{format}");
                assert!(text.contains(r"\x1b[31mred"));
            }
            let page = text(Format::Html, reports);
            assert_eq!(page.matches("<script").count(), 1, "its own");
            assert!(!page.contains("<job>") && !page.contains("http:") && !page.contains("https:"));
            assert!(page.contains("&lt;script&gt;") && page.contains("&lt;job&gt;"));
        });
    }
}

#[test]
fn several_reports_say_which_is_which() {
    let fixture = Fixture::new([(START_US, "Open", 1)]);
    let specs = ["a", "b\""].map(|name| ReportSpec { name: name.to_owned(), ..spec("10m", &["Open"]) });
    fixture.with_reports(&specs, |reports| {
        let row = serde_json::json!({
            "window_start": "2016-07-26T02:40:00Z", "window_end": "2016-07-26T02:50:00Z",
            "open_count": 1, "avg_actions": 1.0,
        });
        let json: Value = serde_json::from_str(&text(Format::Json, reports)).unwrap();
        assert_eq!(json, serde_json::json!({ "a": [row], "b\"": [row] }));
        let lines = text(Format::Ndjson, reports);
        let names: Vec<_> = lines.lines().map(|line| line.split(',').next().unwrap()).collect();
        assert_eq!(names, ["{\"report\":\"a\"", "{\"report\":\"b\\\"\""]);
        for format in [Format::Csv, Format::Parquet] {
            let error = written(format, reports).unwrap_err();
            assert_eq!(error.message(), format!("{format} holds one table, and the job has several reports"));
            assert_eq!(error.kind().exit_code(), 2);
        }
    });
}

/// The values of the grid of a report, for comparison with what was read back.
fn values(report: &ReportData) -> Vec<Vec<Value>> {
    let batches = report.batches(View::Grid).unwrap();
    let fields = batches.schema().fields().clone();
    let mut time = TimeText::new(&report.spec().zone);
    let mut value = |text: String, of: &DataType| -> Value {
        match (text.as_str(), of) {
            ("~", DataType::Utf8) | ("", DataType::Int64 | DataType::Float64) => Value::Null,
            (text, DataType::Utf8) => text.strip_prefix('~').unwrap_or(text).into(),
            (text, DataType::Int64) => text.parse::<u64>().unwrap().into(),
            (text, DataType::Float64) => text.parse::<f64>().unwrap().into(),
            (text, _) => time.rfc3339(text.parse().unwrap()).into(),
        }
    };
    let mut row = |texts: Vec<String>| {
        texts.into_iter().zip(&fields).map(|(text, field)| value(text, field.data_type())).collect()
    };
    cells(batches).into_iter().map(&mut row).collect()
}

fn any_report() -> impl Strategy<Value = (Fixture, ReportSpec)> {
    let events =
        prop::collection::vec((-50i64..50, "\\PC{0,3}|[\"\\\\\n\t,\x01]{1,3}", 1u64..1 << 40), 0..30);
    let values = prop::sample::select(vec![vec![], vec!["a", ""]]);
    let fill = prop::sample::select(vec![Some(Fill::Zero), Some(Fill::Null)]);
    (events, values, fill).prop_map(|(events, values, fill)| {
        let events = events.iter().map(|(minute, value, n)| (minute * MINUTE_US, value.as_str(), *n));
        (Fixture::new(events), ReportSpec { fill, ..spec("7m", &values) })
    })
}

proptest! {
    #[test]
    fn json_reads_back(( fixture, spec) in any_report()) {
        fixture.with_reports(&[spec], |reports| {
            let expected = values(&reports[0]);
            let columns = reports[0].batches(View::Grid).unwrap().schema();
            let object = |cells: Vec<Value>| -> Value {
                columns.fields().iter().map(|column| column.name().clone()).zip(cells).collect()
            };
            let expected = Value::Array(expected.into_iter().map(object).collect());
            let json: Value = serde_json::from_str(&text(Format::Json, reports)).unwrap();
            prop_assert_eq!(&json, &expected);
            let lines = text(Format::Ndjson, reports);
            let lines = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            prop_assert_eq!(Value::Array(lines), expected);
            Ok(())
        })?;
    }

    #[test]
    fn parquet_reads_back((fixture, spec) in any_report()) {
        fixture.with_reports(&[spec], |reports| {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), written(Format::Parquet, reports).unwrap()).unwrap();
            let reader = ParquetRecordBatchReaderBuilder::try_new(file.reopen().unwrap()).unwrap().build().unwrap();
            prop_assert_eq!(cells(reader), cells(reports[0].batches(View::Grid).unwrap()));
            Ok(())
        })?;
    }
}

#[test]
fn many_rows_pass_through_every_sink() {
    let fixture = Fixture::new((0..70_000).map(|minute| (minute * MINUTE_US, "Open", 1)));
    fixture.with_reports(&[spec("1m", &["Open"])], |reports| {
        assert_eq!(text(Format::Csv, reports).lines().count(), 70_001);
        assert_eq!(text(Format::Ndjson, reports).lines().count(), 70_000);
        let json: Value = serde_json::from_str(&text(Format::Json, reports)).unwrap();
        assert_eq!(json.as_array().unwrap().len(), 70_000);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), written(Format::Parquet, reports).unwrap()).unwrap();
        let reader =
            ParquetRecordBatchReaderBuilder::try_new(file.reopen().unwrap()).unwrap().build().unwrap();
        assert_eq!(reader.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), 70_000);
        assert!(text(Format::Html, reports).contains("68,000 more rows"));
        assert!(text(Format::Table, reports).lines().count() > 70_000);
    });
}

#[test]
fn a_table_is_cut_to_the_screen() {
    let fixture =
        Fixture::new((0..100).map(|minute| (START_US + minute * MINUTE_US, "Open", minute as u64 + 1)));
    let spec = ReportSpec { top: Some(Top { by: None, measure: None, n: 3 }), ..spec("1m", &["Open"]) };
    fixture.with_reports(&[spec], |reports| {
        for height in [30u16, 50, 200] {
            let screen = Screen { height: Some(height), ..SCREEN };
            let mut bytes = Vec::new();
            write_to(Format::Table, reports, &screen, &mut bytes).unwrap();
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.lines().count() <= usize::from(height), "{height}: {text}");
            assert!(text.contains("2016-07-26 02:40") && text.contains("2016-07-26 04:19"));
            let hidden = text.lines().find(|line| line.contains("--all"));
            assert_eq!(hidden.is_some(), height < 100, "{text}");
            let digits = |line: &str| line.chars().filter(char::is_ascii_digit).collect::<String>();
            let shown = text.lines().filter(|line| line.starts_with("2016-")).count();
            assert_eq!(shown + hidden.map_or(0, |line| digits(line).parse().unwrap()), 100, "{text}");
            let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= usize::from(SCREEN.width), "{text}");
        }
        let mut bytes = Vec::new();
        write_to(Format::Table, reports, &Screen { colour: true, ..SCREEN }, &mut bytes).unwrap();
        let coloured = String::from_utf8(bytes).unwrap();
        assert!(coloured.contains("\x1b[36m"));
        let plain = ["\x1b[36m", "\x1b[90m", "\x1b[0m", "\x1b[1m", "\x1b[2m"]
            .iter()
            .fold(coloured, |text, escape| text.replace(escape, ""));
        assert_eq!(plain, text(Format::Table, reports), "colour changes nothing else");
    });
}

#[test]
fn long_is_what_a_wide_report_is_compared_by() {
    let fixture =
        Fixture::new([(START_US, "Open", 2), (START_US, "Zoom", 1), (START_US + 20 * MINUTE_US, "", 1)]);
    let canonical = "# report r\n\
        window_start,window_end,action,count\n\
        2016-07-26T02:40:00Z,2016-07-26T02:50:00Z,Open,2\n\
        2016-07-26T02:40:00Z,2016-07-26T02:50:00Z,Zoom,1\n\
        2016-07-26T03:00:00Z,2016-07-26T03:10:00Z,,1\n";
    let wide = spec("10m", &["Open"]);
    for spec in [
        ReportSpec { shape: Some(TableShape::Long), ..wide.clone() },
        ReportSpec { fill: Some(Fill::Null), ..wide },
    ] {
        fixture.with_reports(&[spec], |reports| {
            let mut bytes = Vec::new();
            digest::write_canonical(reports, &mut bytes).unwrap();
            assert_eq!(String::from_utf8(bytes).unwrap(), canonical);
            // sha256sum of the text above.
            let hash = "8e5f1a9e916c87aa7e064a0941e45469e8987f741d63373eeaeaa617e86c769e";
            assert_eq!(digest::digest(reports).unwrap(), hash);
        });
    }
}

/// Takes a number of bytes, then the disk is full.
struct FullDisk(usize);

impl Write for FullDisk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_and_a_large_grid_are_limits_in_every_format() {
    let mut fixture = Fixture::new([(START_US, "Open", 2), (START_US + 300 * MINUTE_US, "Open", 1)]);
    let spec = spec("10m", &["Open"]);
    for format in Format::ALL {
        fixture.limits.grid_rows = 1_000;
        fixture.with_reports(std::slice::from_ref(&spec), |reports| {
            let len = written(format, reports).unwrap().len();
            for bytes in [0, len / 2, len - 1] {
                let failed = write_to(format, reports, &SCREEN, &mut FullDisk(bytes)).unwrap_err();
                assert_eq!(failed.kind().exit_code(), 6, "{format} after {bytes}: {failed}");
            }
        });
        fixture.limits.grid_rows = 30;
        fixture.with_reports(std::slice::from_ref(&spec), |reports| {
            let mut bytes = Vec::new();
            let answer = write_to(format, reports, &SCREEN, &mut bytes);
            // A table is cut, and pictures have bars.
            if matches!(format, Format::Table | Format::Svg | Format::Png) {
                return answer.unwrap();
            }
            assert_eq!((answer.unwrap_err().kind().exit_code(), bytes.len()), (6, 0), "{format}");
        });
    }
}

#[test]
fn names_and_endings_say_the_format() {
    for format in Format::ALL {
        assert_eq!(Format::named(format.name()).unwrap(), format);
    }
    for (path, format) in [("a.csv", Format::Csv), ("b/A.JSON", Format::Json), ("x.jsonl", Format::Ndjson)] {
        assert_eq!(Format::of_path(Path::new(path)).unwrap(), format);
    }
    for path in ["a", "a.xlsx", "a.table", ".csv"] {
        assert_eq!(Format::of_path(Path::new(path)).unwrap_err().kind().exit_code(), 2, "{path}");
    }
    let error = Format::of_path(Path::new("a.xlsx")).unwrap_err();
    let (_, endings) = error.help_text().unwrap().split_once("let it end in ").unwrap();
    let (endings, _) = endings.split_once(", or add format table").unwrap();
    for ending in endings.split(" | ") {
        assert!(Format::of_path(Path::new(&format!("a{ending}"))).is_ok(), "{ending}");
    }
    assert_eq!(endings.split(" | ").count(), Format::ALL.len());
    assert_eq!(Format::named("CSV").unwrap_err().kind().exit_code(), 2);
}
