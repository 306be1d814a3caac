//! Content: the format of a file as its first bytes show it, and why a file is refused that cannot be read.

use super::InputFormat;
use super::binary::{self, is_binary};
use super::csv::BOM;
use super::text::{self, Preset};
use crate::codec::{Compression, ReadAt};
use crate::error::{Code, Error, Help, HelpPart, Result, Setting};
use crate::text::shell;

/// How many bytes of the start of a file [`refusal`] looks at, if the file is not shorter.
pub(super) const HEAD_BYTES: usize = 4096;

/// The format of the file `name`: the declared one, or else the one that its beginning shows. A name ending such as `.json`
/// is not enough to tell the format, and another ending does not rule JSON out.
///
/// # Errors
/// It cannot be read, is in another format, or its name and its beginning contradict each other.
pub(super) fn recognised(
    name: &str,
    declared: Option<InputFormat>,
    read_at: ReadAt<'_>,
) -> Result<InputFormat> {
    if declared == Some(InputFormat::Csv) {
        return Ok(InputFormat::Csv);
    }
    // When a Delta table was listed, it was replaced by its files.
    let declared = if declared == Some(InputFormat::Delta) { Some(InputFormat::Parquet) } else { declared };
    let mut head = vec![0; HEAD_BYTES];
    let read = read_at(&mut head, 0)?;
    head.truncate(read);
    match (is_parquet(&head), declared) {
        (true, None | Some(InputFormat::Parquet)) => return Ok(InputFormat::Parquet),
        (true, Some(InputFormat::Text)) => {
            return Err(Error::data(format!("{name} is Parquet, whose rows are not lines"))
                .with_code(Code::UnreadableFormat)
                .with_help(Help::from("leave out ").name(Setting::Pattern).and(": its columns have names")));
        }
        (false, Some(InputFormat::Parquet)) => {
            return Err(Error::data(format!(
                "{name} does not begin as Parquet does, and is declared to be it"
            ))
            .with_code(Code::UnreadableFormat)
            .with_help("declare the format that it has, or fetch it again:")
            .set(Setting::InputFormat, "auto"));
        }
        _ => {}
    }
    if let Some(error) = refusal(name, &head) {
        return Err(error);
    }
    if let (None | Some(InputFormat::Json), Some(error)) = (declared, page(name, &head)) {
        return Err(error);
    }
    let is_blank = head.trim_ascii().is_empty();
    match declared {
        Some(format) => Ok(format),
        None if is_json(&head) || (is_blank && is_named(name, InputFormat::Json)) => Ok(InputFormat::Json),
        None if is_named(name, InputFormat::Parquet) => {
            Err(Error::data(format!("{name} is named like Parquet, but does not begin like it"))
                .with_code(Code::IncompleteFile)
                .with_help(
                    Help::from("it was not fully written: fetch or write it again; if it is CSV:\n    ")
                        .changed(Setting::InputFormat, "csv"),
                ))
        }
        None if is_named(name, InputFormat::Json) => Err(not_objects(name, &head)),
        None if text::seen_in(read_at)?.is_some() => Ok(InputFormat::Text),
        None => Ok(InputFormat::Csv),
    }
}

/// The error for a file that is named like JSON and does not begin with an object: what it more likely is comes first.
fn not_objects(name: &str, head: &[u8]) -> Error {
    let head = head.strip_prefix(BOM).unwrap_or(head).trim_ascii_start();
    let is_value = head.first().is_some_and(|byte| matches!(byte, b'[' | b'{' | b'"' | b'-' | b'0'..=b'9'))
        || [&b"true"[..], b"false", b"null"].iter().any(|word| head.starts_with(word));
    let csv = |help: Help, first: &str| {
        help.and(format!("{first} it is CSV:\n    ")).changed(Setting::InputFormat, "csv")
    };
    let json = |help: Help, first: &str| {
        let help = help.and(format!("{first} JSON, rows that are not objects are rejected:\n    "));
        help.changed(Setting::InputFormat, "json")
    };
    let help = Help::from("declare the format; ");
    let help = match is_value {
        true => csv(json(help, "as"), "\n  if"),
        false => json(csv(help, "if"), "\n  as"),
    };
    Error::usage(format!(
        "{name} is named like JSON, but does not begin with an object or an array of objects"
    ))
    .with_code(Code::UnreadableFormat)
    .with_help(help)
}

/// Why a file that begins with `head` is not CSV, if it is JSON.
pub(super) fn json_for_csv(name: &str, head: &[u8]) -> Option<Error> {
    is_json(head).then(|| {
        Error::data(format!("{name} is JSON, but is read as CSV"))
            .with_code(Code::UnreadableFormat)
            .with_help("declare the format:")
            .set(Setting::InputFormat, "json")
    })
}

/// Why a file that begins with `head` is neither CSV nor JSON, if it is a page or XML. A pattern may read it.
pub(super) fn page(name: &str, head: &[u8]) -> Option<Error> {
    let what = binary::page(head)?;
    let file = shell::input(name);
    Some(
        Error::data(format!("{name} is {what}, which is not read"))
            .with_code(Code::UnreadableFormat)
            .with_help(format!(
                "a download that failed may leave such a file: look at it with head -c 500 {file}; \
                                write events in XML as CSV or JSON first"
            )),
    )
}

/// Whether a file begins like Parquet, with or without an encrypted footer, and is not a CSV file with such a column name.
fn is_parquet(head: &[u8]) -> bool {
    (head.starts_with(b"PAR1") || head.starts_with(b"PARE"))
        && (is_binary(head) || head.len() < PARQUET_BYTES_MIN)
}

/// Bytes of the shortest Parquet file: two marks and a length.
const PARQUET_BYTES_MIN: usize = 12;

/// Why a file that begins with `head` is not CSV, if it is the log of a web server. A file in logfmt may also be CSV.
pub(super) fn log_for_csv(name: &str, head: &[u8]) -> Option<Error> {
    let preset = text::of_head(head, false).filter(|preset| *preset != Preset::Logfmt)?;
    let declared =
        vec![(Setting::InputFormat, "text".to_owned()), (Setting::Pattern, preset.name().to_owned())];
    Some(
        Error::data(format!("{name} is a {}, but is read as CSV", preset.said()))
            .with_code(Code::UnreadableFormat)
            .with_help(Help::from("declare the format: ").with(HelpPart::Changed(declared))),
    )
}

/// Whether a file begins as an object, or as an array of objects.
fn is_json(head: &[u8]) -> bool {
    let head = head.strip_prefix(BOM).unwrap_or(head);
    let mut text = head.iter().filter(|byte| !byte.is_ascii_whitespace());
    matches!((text.next(), text.next()), (Some(b'{'), Some(b'"' | b'}')) | (Some(b'['), Some(b'{' | b']')))
}

fn is_named(name: &str, format: InputFormat) -> bool {
    format.endings().iter().any(|ending| ending.is_of(name))
}

/// Why a file that begins with `head` is refused whole, if it is neither CSV nor JSON in UTF-8.
pub(super) fn refusal(name: &str, head: &[u8]) -> Option<Error> {
    if let Some(compression) = Compression::of(head) {
        let command = compression.command();
        return Some(
            Error::data(format!("{name} is {compression} within another compression"))
                .with_code(Code::UnreadableFormat)
                .with_help(format!("unpack it first: {command} {}", shell::input(name))),
        );
    }
    if let Some((what, help)) = binary::form(head, name) {
        return Some(
            Error::data(format!("{name} is {what}")).with_code(Code::UnreadableFormat).with_help(help),
        );
    }
    if let Some(encoding) = wide_encoding(head) {
        return Some(
            Error::data(format!("{name} looks like {encoding}; only UTF-8 and UTF-16 are read"))
                .with_code(Code::EncodingMismatch)
                .with_help(format!(
                    "convert it first: iconv -f {encoding} -t UTF-8 {} > utf8.csv",
                    shell::input(name)
                )),
        );
    }
    if head.len() == HEAD_BYTES && head.iter().all(|byte| *byte == 0) {
        return Some(
            Error::data(format!("{name} begins with {HEAD_BYTES} zero bytes: it was not fully written"))
                .with_code(Code::IncompleteFile)
                .with_help("fetch or write it again"),
        );
    }
    is_parquet(head).then(|| {
        Error::data(format!("{name} is Parquet, and is declared to be another format"))
            .with_code(Code::UnreadableFormat)
            .with_help("declare the format:")
            .set(Setting::InputFormat, "parquet")
    })
}

/// UTF-32 by its byte order mark, or by its first characters where all are ASCII. UTF-16 comes as UTF-8.
fn wide_encoding(head: &[u8]) -> Option<&'static str> {
    match head {
        [0xff, 0xfe, 0, 0, ..] => return Some("UTF-32LE"),
        [0, 0, 0xfe, 0xff, ..] => return Some("UTF-32BE"),
        _ => {}
    }
    let (units, _) = head[..head.len().min(64)].as_chunks::<4>();
    let is_ascii = |order: fn([u8; 4]) -> u32| units.iter().all(|unit| (1..0x80).contains(&order(*unit)));
    match units.len() >= 4 {
        true if is_ascii(u32::from_le_bytes) => Some("UTF-32LE"),
        true if is_ascii(u32::from_be_bytes) => Some("UTF-32BE"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(head: &[u8]) -> Option<String> {
        refusal("in/a.csv", head).map(|error| format!("{error}; {}", error.help_text().unwrap()))
    }

    #[test]
    fn text_is_not_refused() {
        for head in [
            "",
            "t",
            "time,action\n",
            "\u{feff}time,action\n",
            "BZ,a\n",
            "ORCHID,time\n",
            "ORC,time\n",
            "PAR1,time\n1,2\n",
            "PARENT,time\n",
            "PARE,time\n1,2\n",
            "BZh9,time\n",
            "ARROW1,time\n",
            "animals,DUCK\n",
            "BZh\ttime\u{e9}\r\n\u{1b}[1m",
            "{x},a\n",
            "[x],a\n",
        ] {
            assert_eq!(said(head.as_bytes()), None, "{head:?}");
        }
    }

    #[test]
    fn other_forms_are_refused_by_name() {
        let gzip = said(b"\x1f\x8b\x08\x00").unwrap();
        assert_eq!(gzip, "in/a.csv is gzip within another compression; unpack it first: gunzip -k in/a.csv");
        let tar = [&b"in/\0"[..], &[0; 253], b"ustar\0"].concat();
        assert!(said(&tar).unwrap().contains("tar archive"));
        assert!(said(b"PAR1\x15\x04").unwrap().contains("Parquet"));
        assert!(said(b"PARE\x15\x04").unwrap().contains("Parquet"));
        assert!(said(b"BZh91AY&SY\x9d").unwrap().contains("bzip2"));
        assert!(said(b"BZh9\x17\x72E8P\x90\0\0\0\0").unwrap().contains("bzip2"));
        assert!(said(b"ORC\0\x01").unwrap().contains("ORC"));
        assert!(said(b"ARROW1\0\0\xff").unwrap().contains("Arrow IPC"));
        assert!(said(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\"").unwrap().contains("older Excel"));
        assert!(said(b"\x9c\x01\x02\x03\x04\x05\x06\x07DUCK\x40\0").unwrap().contains("DuckDB"));
        assert_eq!(
            said(&[&b"PK\x03\x04"[..], &[0; 26], b"[Content_Types].xml\0\0"].concat()).unwrap(),
            "in/a.csv is an Office file, such as xlsx, which is not read; save it as CSV first: \
             duckdb -c \"INSTALL excel; LOAD excel; COPY (FROM read_xlsx('in/a.csv')) TO 'events.csv'\""
        );
        assert!(said(&[0; HEAD_BYTES]).unwrap().contains("not fully written"));
    }

    #[test]
    fn wide_text_is_refused_with_its_encoding() {
        let text = "time,action\n2024-01-01T00:00:00Z,Open\n";
        let le: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
        let be: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
        assert!(said(&le).unwrap().contains("looks like UTF-32LE"));
        assert!(said(&be).unwrap().contains("looks like UTF-32BE"));
        assert!(said(b"\xff\xfe\0\0t\0\0\0").unwrap().contains("looks like UTF-32LE"));
    }
}
