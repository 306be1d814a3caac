//! Results in JSON: an array of objects, an object per line, or an object with an array per report.

use std::cell::RefCell;
use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{EachRow, Go, ResultField, cannot_read};
use crate::error::{Code, Error, Help, Result, Setting};
use crate::text::escape;

/// Calls `each` with every row of the file; `report` names the one to read of several.
pub(super) fn read(path: &Path, report: Option<&str>, each: &mut EachRow<'_>) -> Result<Go> {
    let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    let rows =
        RefCell::new(JsonResultRows { path, report, each, rows: 0, reports: vec![], ended: Ok(Go::On) });
    let mut json = serde_json::Deserializer::from_reader(BufReader::new(file));
    // Objects follow one another until the text ends.
    loop {
        if json.end().is_ok() {
            break;
        }
        let done = JsonTop(&rows).deserialize(&mut json);
        let ended = std::mem::replace(&mut rows.borrow_mut().ended, Ok(Go::On))?;
        if ended == Go::Stop {
            return Ok(Go::Stop);
        }
        done.map_err(|error| {
            Error::data(format!("{} does not read as JSON: {error}", escape::path(path)))
                .with_code(Code::UnreadableResult)
                .with_help("a result is an array of objects, or an object per line")
        })?;
    }
    rows.into_inner().settled()
}

struct JsonResultRows<'a, 'e> {
    path: &'a Path,
    report: Option<&'a str>,
    each: &'a mut EachRow<'e>,
    rows: u64,
    /// The reports found so far.
    reports: Vec<String>,
    ended: Result<Go>,
}

impl JsonResultRows<'_, '_> {
    fn is_wanted(&mut self, report: &str) -> bool {
        if !self.reports.iter().any(|known| known == report) {
            self.reports.push(report.to_owned());
        }
        self.report.unwrap_or(&self.reports[0]) == report
    }

    /// Delivers a row; `Err`: no more rows are wanted.
    fn row(&mut self, object: Map<String, Value>) -> Result<(), ()> {
        if let Some(Value::String(report)) = object.get("report")
            && !self.is_wanted(report)
        {
            return Ok(());
        }
        self.rows += 1;
        let (mut names, mut fields) = (Vec::new(), Vec::new());
        flatten("", object, &mut names, &mut fields);
        let (path, row) = (self.path, self.rows);
        self.ended = (self.each)(&names, &fields, &|| format!("{}, row {row}", escape::path(path)));
        if self.ended == Ok(Go::On) { Ok(()) } else { Err(()) }
    }

    fn settled(self) -> Result<Go> {
        match (self.report, self.reports.as_slice()) {
            (None, [_, _, ..]) => Err(Error::usage(format!(
                "{} has several reports: {}",
                escape::path(self.path),
                self.reports.join(", ")
            ))
            .with_code(Code::SeveralReports)
            .with_help(Help::from("choose one with ").set(Setting::Report, "NAME"))),
            (Some(report), [_, ..]) if !self.reports.iter().any(|known| known == report) => {
                Err(Error::usage(format!("{} has no report {report}", escape::path(self.path)))
                    .with_code(Code::UnknownReport)
                    .with_help(format!("it has {}", self.reports.join(", "))))
            }
            _ => Ok(Go::On),
        }
    }
}

fn flatten(before: &str, object: Map<String, Value>, names: &mut Vec<String>, fields: &mut Vec<ResultField>) {
    for (name, value) in object {
        let name = if before.is_empty() { name } else { format!("{before}.{name}") };
        let field = match value {
            Value::Object(inside) => {
                flatten(&name, inside, names, fields);
                continue;
            }
            Value::Null => ResultField::Null,
            Value::String(text) if text.is_empty() => ResultField::Null,
            Value::String(text) => ResultField::Text(text),
            Value::Bool(value) => ResultField::Text(value.to_string()),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => ResultField::Whole(whole),
                (None, Some(real)) => ResultField::Real(real),
                _ => ResultField::Other,
            },
            Value::Array(_) => ResultField::Other,
        };
        names.push(name);
        fields.push(field);
    }
}

/// The top-level value: an array of rows, a row, or an object of reports.
struct JsonTop<'r, 'a, 'e>(&'r RefCell<JsonResultRows<'a, 'e>>);

impl<'de> DeserializeSeed<'de> for JsonTop<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

fn stopped<E: serde::de::Error>(_: ()) -> E {
    E::custom("no more rows are wanted")
}

impl<'de> Visitor<'de> for JsonTop<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows: an array of objects, or objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        while let Some(object) = array.next_element::<Map<String, Value>>()? {
            self.0.borrow_mut().row(object).map_err(stopped)?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let mut row = Map::new();
        while let Some((name, value)) = object.next_entry::<String, Value>()? {
            let Value::Array(rows) = value else {
                row.insert(name, value);
                continue;
            };
            if !self.0.borrow_mut().is_wanted(&name) {
                continue;
            }
            for inside in rows {
                if let Value::Object(inside) = inside {
                    self.0.borrow_mut().row(inside).map_err(stopped)?;
                }
            }
        }
        if row.is_empty() { Ok(()) } else { self.0.borrow_mut().row(row).map_err(stopped) }
    }
}
