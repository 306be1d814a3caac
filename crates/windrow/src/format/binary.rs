//! Binary files that are not read, told by their first bytes: what each is, and what to do.

use super::csv::BOM;
use crate::text::shell;

/// Where the bytes are that tell a form, which they are, what the form is, and what to do; `{}` is the file's name.
type BinaryForm = (usize, &'static [u8], &'static str, &'static str);

const OFFICE: &str = "save it as CSV first";
const EXCEL: &str = "save it as CSV first: duckdb -c \"INSTALL excel; LOAD excel; COPY (FROM read_xlsx('FILE')) TO 'events.csv'\"";
const UNZIP: &str = "unpack it first: unzip {}";
const ARROW: &str = "write it as Parquet first: python3 -c \"import sys, pyarrow.feather as f, pyarrow.parquet as p; \
    p.write_table(f.read_table(sys.argv[1]), 'events.parquet')\" {}";
const ORC: &str = "write it as Parquet first: python3 -c \"import sys, pyarrow.orc as o, pyarrow.parquet as p; \
    p.write_table(o.read_table(sys.argv[1]), 'events.parquet')\" {}";
const AVRO: &str = "write it as Parquet first: duckdb -c \"INSTALL avro; LOAD avro; COPY (FROM read_avro('FILE')) TO 'events.parquet'\"";
const TABLE: &str = "write the table with the events as CSV first";
const PCAP: &str = "write its packets as CSV first: tshark -r {} -T fields -E header=y -E separator=, -e frame.time_epoch \
    -e _ws.col.protocol > events.csv";
const PICKLE: &str = "if you trust it, write its table as Parquet first: python3 -c \"import sys, pandas; \
    pandas.read_pickle(sys.argv[1]).to_parquet('events.parquet')\" {}";
const EXPORT: &str = "name a file of events: CSV, JSON, Parquet or a text log";

/// The forms, of those that begin alike the narrower first.
const FORMS: &[BinaryForm] = &[
    (0, b"\x04\x22\x4d\x18", "LZ4, which is not read", "unpack it first: unlz4 {}"),
    (0, b"\xff\x06\0\0sNaPpY", "Snappy, which is not read", "unpack it first: snzip -dk {}"),
    (0, b"\x1f\x9d", "compressed by compress, which is not read", "unpack it first: uncompress -k {}"),
    (0, b"\x5d\0\0", "LZMA in its older form (.lzma), which is not read", "unpack it first: unlzma -k {}"),
    (0, b"LZIP\x01", "lzip, which is not read", "unpack it first: lzip -dk {}"),
    (257, b"ustar", "a tar archive", "unpack it first: tar xf {}"),
    (30, b"[Content_Types].xml", "an Office file, such as xlsx, which is not read", EXCEL),
    (30, b"_rels/", "an Office file, such as xlsx, which is not read", EXCEL),
    (30, b"xl/", "an Office file, such as xlsx, which is not read", EXCEL),
    (30, b"docProps/", "an Office file, such as xlsx, which is not read", EXCEL),
    (
        38,
        b"application/vnd.oasis.opendocument",
        "an OpenDocument file, such as ods, which is not read",
        OFFICE,
    ),
    (0, b"PK\x03\x04", "a zip archive", UNZIP),
    (0, b"PK\x05\x06", "a zip archive without files", UNZIP),
    (
        0,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "a spreadsheet of an older Excel (xls), or another old Office file, which is not read",
        OFFICE,
    ),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it first: 7z x {}"),
    (0, b"Rar!\x1a\x07", "a RAR archive", "unpack it first: unrar x {}"),
    (0, b"ORC", "ORC, which is not read", ORC),
    (0, b"Obj\x01", "Avro, which is not read", AVRO),
    (
        0,
        b"SEQ\x06",
        "a sequence file of Hadoop, which is not read",
        "let Spark or Hive write it as Parquet first",
    ),
    (0, b"ARROW1", "Arrow IPC (Feather), which is not read", ARROW),
    (0, b"FEA1", "Feather, which is not read", ARROW),
    (0, b"\xff\xff\xff\xff", "a stream of Arrow, which is not read", "write it as Parquet first"),
    (
        0,
        b"SQLite format 3\0",
        "an SQLite database",
        "write the table with the events as CSV first: sqlite3 -header -csv {} 'SELECT * FROM …' > events.csv",
    ),
    (
        8,
        b"DUCK",
        "a DuckDB database",
        "write the table with the events as Parquet first: duckdb {} \"COPY … TO 'events.parquet'\"",
    ),
    (0, b"\x89HDF\r\n\x1a\n", "HDF5, which is not read", TABLE),
    (0, b"\x80\x02", "a pickle of Python, which is not read", PICKLE),
    (0, b"\x80\x03", "a pickle of Python, which is not read", PICKLE),
    (0, b"\x80\x04\x95", "a pickle of Python, which is not read", PICKLE),
    (0, b"\x80\x05\x95", "a pickle of Python, which is not read", PICKLE),
    (0, b"\x93NUMPY", "an array of NumPy, which is not read", TABLE),
    (0, b"RDX", "a file of R, which is not read", TABLE),
    (0, b"$FL2", "a file of SPSS, which is not read", TABLE),
    (0, b"<stata_dta>", "a file of Stata, which is not read", TABLE),
    (0, b"\xd4\xc3\xb2\xa1", "a capture of packets (pcap), which is not read", PCAP),
    (0, b"\xa1\xb2\xc3\xd4", "a capture of packets (pcap), which is not read", PCAP),
    (0, b"\x4d\x3c\xb2\xa1", "a capture of packets (pcap), which is not read", PCAP),
    (0, b"\x0a\x0d\x0d\x0a", "a capture of packets (pcapng), which is not read", PCAP),
    (
        0,
        b"ElfFile\0",
        "an event log of Windows (evtx), which is not read",
        "write it as CSV first, in PowerShell: Get-WinEvent -Path {} | Select TimeCreated,Id,LevelDisplayName,ProviderName | \
         Export-Csv -NoTypeInformation -Encoding utf8 events.csv",
    ),
    (
        0,
        b"LPKSHHRH",
        "a journal of systemd, which is not read",
        "let journalctl write it as JSON first (-o json)",
    ),
    (0, b"{\\rtf", "a text document (RTF)", EXPORT),
    (0, b"%PDF-", "a PDF", EXPORT),
    (0, b"\x89PNG\r\n\x1a\n", "an image (PNG)", EXPORT),
    (0, b"\xff\xd8\xff", "an image (JPEG)", EXPORT),
    (0, b"GIF8", "an image (GIF)", EXPORT),
    (8, b"WEBP", "an image (WebP)", EXPORT),
    (0, b"II*\0", "an image (TIFF)", EXPORT),
    (0, b"\x7fELF", "a program", EXPORT),
];

/// What a file is that begins with `head`, and what to do; none: nothing of these.
pub(super) fn form(head: &[u8], name: &str) -> Option<(&'static str, String)> {
    let is_zip = head.starts_with(b"PK\x03\x04");
    let is_it = |(at, magic, ..): &&BinaryForm| {
        let inside_zip = (30..=38).contains(at);
        head.get(*at..).is_some_and(|bytes| bytes.starts_with(magic))
            && (is_zip || !inside_zip)
            && (inside_zip || !is_a_name(magic) || is_binary(head))
    };
    let (.., what, help) = FORMS.iter().find(is_it)?;
    if name == shell::STDIN && (help.contains("{}") || help.contains("FILE")) {
        let help = help.replace("{}", "FILE");
        return Some((what, format!("write it to a file first, FILE; then {help}")));
    }
    // In SQL a quote is doubled, within the double quotes of the shell.
    let in_sql = name.replace('\'', "''");
    Some((what, help.replace("{}", &shell::word(name)).replace("FILE", &in_sql)))
}

/// Whether a column may be called so, or its name begin so.
fn is_a_name(magic: &[u8]) -> bool {
    magic.iter().all(u8::is_ascii_alphanumeric)
}

/// Whether there are bytes that no text has, in whatever encoding; bzip2 has them further on, behind a mark of its own.
pub(super) fn is_binary(head: &[u8]) -> bool {
    let is_control = |byte: &u8| matches!(byte, 0..=8 | 14..=26 | 28..=31);
    head.get(4..10) == Some(b"1AY&SY") || head.iter().any(is_control)
}

/// Beginnings of pages and of XML, in lower case.
const PAGES: [(&str, &str); 4] =
    [("<!doctype html", "a page (HTML)"), ("<html", "a page (HTML)"), ("<?xml", "XML"), ("<!doctype", "XML")];

/// What a file is that begins like a page or like XML.
pub(super) fn page(head: &[u8]) -> Option<&'static str> {
    let head = head.strip_prefix(BOM).unwrap_or(head).trim_ascii_start();
    let is_it = |(begins, _): &&(&str, &str)| {
        head.get(..begins.len()).is_some_and(|head| head.eq_ignore_ascii_case(begins.as_bytes()))
    };
    PAGES.iter().find(is_it).map(|(_, what)| *what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_told_by_its_first_bytes() {
        for (at, magic, what, _) in FORMS {
            let mut head = vec![0; 300];
            if (30..=38).contains(at) {
                head[..4].copy_from_slice(b"PK\x03\x04");
            }
            head[*at..at + magic.len()].copy_from_slice(magic);
            assert_eq!(form(&head, "a.csv").map(|(what, _)| what), Some(*what));
        }
    }

    #[test]
    fn pages_are_told_by_their_beginning() {
        for (head, what) in [
            ("<!DOCTYPE html>\n<html>", Some("a page (HTML)")),
            ("\u{feff}\r\n <HTML lang=\"en\">", Some("a page (HTML)")),
            ("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", Some("XML")),
            ("<!DOCTYPE plist>", Some("XML")),
            ("<DATE>\t<TIME>\t<OPEN>\n", None),
            ("<34>Oct 11 22:14:15 host su: started\n", None),
            ("", None),
        ] {
            assert_eq!(page(head.as_bytes()), what, "{head}");
        }
    }

    #[test]
    fn text_is_none_of_them() {
        for head in [
            "GIF8,time\n",
            "ARROW1,a\n",
            "12345678DUCK\n",
            "RIFFabcdWEBP,a\n",
            "7z,b\n",
            "ORC,b\n",
            "RDX,b\n",
        ] {
            assert_eq!(form(head.as_bytes(), "a.csv"), None, "{head}");
        }
        let text = format!("{}[Content_Types].xml,time\n", "x".repeat(30));
        assert_eq!(form(text.as_bytes(), "a.csv"), None);
        let text = format!("{}ustar,time\n", "x".repeat(257));
        assert_eq!(form(text.as_bytes(), "a.csv"), None);
    }
}
