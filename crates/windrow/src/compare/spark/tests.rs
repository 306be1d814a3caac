use std::collections::BTreeMap;

use serde::Deserialize;

use super::SparkCsvOptions;
use super::cast::Cast;
use super::pattern::PATTERNS;
use super::rows::{SparkLayout, each_row};
use crate::calendar::Zone;
use crate::settings::Stop;

/// What a live Spark reads; `tests/spark/readings.py` writes it and says when it is stale.
const READINGS: &str = include_str!("readings.json");

#[derive(Deserialize)]
struct SparkReadings {
    lines: Vec<AbcFile>,
    times: BTreeMap<String, BTreeMap<String, Option<i64>>>,
    patterns: Patterns,
}

/// What each pattern reads, by zone.
#[derive(Deserialize)]
struct Patterns {
    texts: Vec<String>,
    read: BTreeMap<String, BTreeMap<String, BTreeMap<String, i64>>>,
}

/// A file of the columns a, b and c, and the values of b and c in its rows.
#[derive(Deserialize)]
struct AbcFile {
    text: String,
    rows: AbcRows,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum AbcRows {
    ByAll(Vec<[String; 2]>),
    ByReader(BTreeMap<String, Vec<[String; 2]>>),
}

fn read_by(reader: SparkCsvOptions, text: &str) -> Vec<[String; 2]> {
    let layout =
        SparkLayout { reader, delimiter: b',', comment: None, wanted: &[1, 2], columns: 3, has_header: true };
    let file = format!("a,b,c\n{text}");
    let mut rows = Vec::new();
    let is_whole = each_row(file.as_bytes(), "a.csv", &layout, &Stop::default(), |row| {
        let value = |at: usize| String::from_utf8_lossy(&row.values[at]).into_owned();
        rows.push([value(0), value(1)]);
    });
    assert_eq!(is_whole, Ok(true));
    rows
}

#[test]
fn lines_are_read_as_a_live_spark_reads_them() {
    let readings: SparkReadings = serde_json::from_str(READINGS).unwrap();
    assert!(readings.lines.len() > 500, "{}", readings.lines.len());
    let mut wrong = Vec::new();
    for line in &readings.lines {
        for reader in SparkCsvOptions::ALL {
            let rows = match &line.rows {
                AbcRows::ByAll(rows) => rows,
                AbcRows::ByReader(rows) => &rows[&reader.options().join(", ")],
            };
            let read = read_by(reader, &line.text);
            if read != *rows {
                wrong.push(format!("{:?} by {:?}: {read:?}, Spark: {rows:?}", line.text, reader.options()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

#[test]
fn times_are_cast_as_a_live_spark_casts_them() {
    let readings: SparkReadings = serde_json::from_str(READINGS).unwrap();
    assert!(readings.times.len() > 100, "{}", readings.times.len());
    let mut wrong = Vec::new();
    for (text, by_zone) in &readings.times {
        for (zone, us) in by_zone {
            let read = Cast::new(Zone::parse(zone).unwrap(), None).read(text.as_bytes());
            if read.map(|reading| reading.us) != *us {
                wrong.push(format!("{text:?} in {zone}: {read:?}, Spark: {us:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn times_are_read_by_patterns_as_a_live_spark_reads_them() {
    let readings: SparkReadings = serde_json::from_str(READINGS).unwrap();
    let known: Vec<&str> = readings.patterns.read.keys().map(String::as_str).collect();
    assert!(PATTERNS.iter().all(|pattern| known.contains(&pattern.0)) && known.len() == PATTERNS.len());
    let mut wrong = Vec::new();
    for (pattern, zone, text) in PATTERNS.iter().flat_map(|pattern| {
        let texts = readings.patterns.texts.iter();
        texts.flat_map(move |text| ["UTC", "Europe/Berlin"].map(|zone| (pattern, zone, text)))
    }) {
        let read = pattern.read(text.as_bytes(), &Zone::parse(zone).unwrap()).map(|reading| reading.us);
        let spark = readings.patterns.read[pattern.0].get(zone).and_then(|read| read.get(text)).copied();
        if read != spark {
            wrong.push(format!("{text:?} by {} in {zone}: {read:?}, Spark: {spark:?}", pattern.0));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
