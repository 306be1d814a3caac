//! Rejects: the file that they are written to as they are found, and the first few shown on stderr.

use std::path::Path;

use windrow::publish::Format;
use windrow::text::escape;
use windrow::{Error, Place, Reject, Result};

/// The format that the ending of `path` names.
pub(crate) fn format_of(path: &Path) -> Result<Format> {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => Ok(Format::Csv),
        Some("ndjson") => Ok(Format::Ndjson),
        _ => Err(Error::usage(format!("--rejects {}: its ending names no format", escape::path(path)))
            .with_help("name it rejects.csv or rejects.ndjson")),
    }
}

/// A reject in one line for people, its raw text cut.
pub(crate) fn shown(file: &str, reject: &Reject) -> String {
    const RAW_CHARS_MAX: usize = 120;
    let Reject { place, column, reason, raw, .. } = reject;
    let column = column.as_ref().map(|column| format!("column {}", escape::for_people(column)));
    let mut raw = escape::exact(raw);
    if let Some((at, _)) = raw.char_indices().nth(RAW_CHARS_MAX) {
        raw.truncate(at);
        raw += "…";
    }
    let place = match (place, column) {
        (Place::Line { line, byte }, None) => format!("{file}:{line} (byte {byte})"),
        (Place::Line { line, byte }, Some(column)) => format!("{file}:{line} (byte {byte}, {column})"),
        (Place::Row(row), None) => format!("{file}: row {row}"),
        (Place::Row(row), Some(column)) => format!("{file}: row {row} ({column})"),
    };
    format!("{place}: {}: {raw}", reason.name())
}

#[cfg(test)]
mod tests {
    use windrow::Reason;

    use super::*;

    #[test]
    fn shows_one_line_without_control_characters() {
        let reject = Reject {
            place: Place::Line { line: 17, byte: 431 },
            column: Some("time".into()),
            reason: Reason::BadTime,
            value: None,
            raw: b"2016-13-01,\"a\\\xff\x1b[2J\"\"\xe2\x80\xae".to_vec(),
        };
        let line = shown("a.csv", &reject);
        assert_eq!(
            line,
            r#"a.csv:17 (byte 431, column time): bad_time: 2016-13-01,"a\\\xff\x1b[2J""\xe2\x80\xae"#
        );
        let of_row = Reject { place: Place::Row(7), ..reject.clone() };
        assert!(shown("a.parquet", &of_row).starts_with("a.parquet: row 7 (column time): bad_time: "));
        let long = Reject { raw: "ä".repeat(500).into_bytes(), ..reject.clone() };
        assert_eq!(shown("a.csv", &long).chars().filter(|char| *char == 'ä').count(), 120);
    }

    #[test]
    fn the_ending_names_the_format() {
        assert_eq!(format_of(Path::new("r.csv")).unwrap(), Format::Csv);
        assert_eq!(format_of(Path::new("r.ndjson")).unwrap(), Format::Ndjson);
        assert!(format_of(Path::new("r")).is_err());
    }
}
