use std::cell::Cell;

use super::*;
use crate::codec::{Encoding, of_text};

/// The head of a text, and the most bytes that were read together.
fn read(text: &[u8], rules: &CsvRules) -> Result<(FileHead, usize)> {
    let most = Cell::new(0);
    let read_at = |bytes: &mut [u8], at: u64| {
        most.set(most.get().max(bytes.len()));
        of_text(text)(bytes, at)
    };
    let head = FileHead::read("in.csv", rules, line_end_of(rules, &read_at)?, &read_at)?;
    Ok((head, most.get()))
}

fn head(text: &str, rules: &CsvRules) -> FileHead {
    read(text.as_bytes(), rules).unwrap().0
}

#[test]
fn all_that_stands_before_the_rows_has_a_place() {
    let rules = CsvRules { comment: Some(b'#'), skip_lines: 2, ..CsvRules::default() };
    let head = head("\u{feff}A title\r\n\"by, us\n\n# note\n \n time ,\"a\nb\"\r\n1,2\n", &rules);
    assert_eq!((head.skipped, head.blank, head.comment, head.line_ends), (2, 2, 1, 7));
    assert_eq!((head.names, head.end), (vec!["time".to_owned(), "a\nb".to_owned()], 44));
    assert_eq!(head.line, b" time ,\"a\nb\"");
}

#[test]
fn more_lines_may_be_left_out_than_there_are() {
    for (text, skipped) in [("", 0), ("a", 1), ("a\n", 1), ("a\nb", 2), ("a\n\nb\n", 3)] {
        let head = head(text, &CsvRules { skip_lines: 9, ..CsvRules::default() });
        assert_eq!((head.skipped, head.end, head.names.len()), (skipped, text.len() as u64, 0), "{text:?}");
    }
}

#[test]
fn cr_ends_lines_where_there_is_no_lf() {
    let rules = CsvRules::default();
    let long = format!("a,b\r{}", "1,2\r".repeat(100_000));
    for (text, line_end, end) in [
        ("a,b\r1,2\r", LineEnd::Cr, 4),
        ("\"a\r\",b\r", LineEnd::Cr, 7),
        ("a,b\r\n1,2", LineEnd::Lf, 5),
        ("a,b\r1,2\n", LineEnd::Lf, 8),
        ("a,b", LineEnd::Lf, 3),
        (&long, LineEnd::Cr, 4),
        (&format!("{long}\n"), LineEnd::Lf, long.len() as u64 + 1),
    ] {
        let head = head(text, &rules);
        assert_eq!((head.dialect.line_end(), head.end), (line_end, end), "{}", &text[..8.min(text.len())]);
    }
    // Where that is seen in the first MiB, no more is read.
    let longer = format!("a,b\r{}\n", "1,2\r".repeat(300_000));
    let read_at = |bytes: &mut [u8], at: u64| {
        assert!(at <= RECORD_BYTES_MAX as u64, "byte {at} is read");
        of_text(longer.as_bytes())(bytes, at)
    };
    assert_eq!(line_end_of(&rules, &read_at).unwrap(), LineEnd::Cr);
    let declared = CsvRules { line_end: Some(LineEnd::Cr), ..CsvRules::default() };
    assert_eq!(head("a,b\r1,\"\n\"", &declared).end, 4);
}

#[test]
fn the_delimiter_separates_most_names() {
    let auto = CsvRules { delimiter: None, ..CsvRules::default() };
    for (text, delimiter) in [
        ("time;action\n1,2,3;4\n", b';'),
        ("time\taction", b'\t'),
        ("\"a;b;c;d\",e\n", b','),
        ("\n\n\"a\n,,,\"|b\n", b'|'),
        ("a;b,c\n", b','),
        ("time\n", b','),
        ("", b','),
    ] {
        assert_eq!(head(text, &auto).dialect.delimiter(), delimiter, "{text:?}");
    }
    let comments = CsvRules { comment: Some(b';'), ..auto.clone() };
    assert_eq!(head("a;b;c,d\n", &comments).dialect.delimiter(), b',');
    let long = format!("{};b\n", "a".repeat(200_000));
    assert_eq!(head(&long, &auto).names.len(), 2);
}

#[test]
fn names_are_in_the_declared_encoding() {
    let encoding = Encoding::of_label("latin1").unwrap();
    let rules = CsvRules { encoding, ..CsvRules::default() };
    assert_eq!(read(b"caf\xE9,\x80\n", &rules).unwrap().0.names, ["caf\u{e9}", "\u{20ac}"]);
    let error = read("\u{feff}a\n".as_bytes(), &rules).unwrap_err();
    assert!(error.message().contains("the mark of UTF-8"), "{error}");
}

/// What stands before the header is held neither line by line nor as a whole.
#[test]
fn a_head_of_any_length_is_read_in_pieces() {
    let title = "x".repeat(5 << 20);
    let skipping = CsvRules { skip_lines: 1, ..CsvRules::default() };
    let commented = CsvRules { comment: Some(b'#'), ..CsvRules::default() };
    let comments = "# a comment\n\n".repeat(300_000);
    let crs = format!("a,b\r{}", "1,2\r".repeat(1 << 20));
    for (text, rules, line_ends) in [
        (format!("{title}\na,b\n"), &skipping, 2),
        (format!("{comments}a,b\n"), &commented, 600_001),
        (crs, &skipping, 2),
    ] {
        let (head, most) = read(text.as_bytes(), rules).unwrap();
        assert_eq!((head.names.len(), head.line_ends), (2, line_ends));
        assert!(most <= READ_BYTES, "{most} bytes are read together");
    }
    let (error, most) = (read(title.as_bytes(), &CsvRules::default()).unwrap_err(), RECORD_BYTES_MAX);
    assert!(error.message().contains("line 1 is not a header: too_long"), "{error}; {most}");
}
