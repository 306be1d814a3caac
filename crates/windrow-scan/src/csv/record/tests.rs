use super::*;

/// Reads all lines of `text` and writes them as `kind:field|field`, whole lines given at once.
fn lines(text: &[u8]) -> Vec<String> {
    lines_of(&Dialect { comment: Some(b'#'), ..Dialect::default() }, text)
}

fn lines_of(dialect: &Dialect, text: &[u8]) -> Vec<String> {
    let (mut at, mut fields, mut all) = (0, Vec::new(), Vec::new());
    loop {
        match read(dialect, Some(2), &text[at..], true, &mut fields) {
            NextRecord::End => return all,
            NextRecord::More => panic!("more is asked for at the end"),
            NextRecord::Line { what, content, whole } => {
                let line = &text[at..at + content];
                let shown = match what {
                    RecordLine::Record => fields
                        .iter()
                        .map(|field| {
                            String::from_utf8_lossy(&unquote(dialect, &line[field.clone()])).into_owned()
                        })
                        .collect::<Vec<_>>()
                        .join("|"),
                    RecordLine::Malformed { fault, field } => format!(
                        "{fault:?}{}:{}",
                        field.map(|f| f.to_string()).unwrap_or_default(),
                        String::from_utf8_lossy(line)
                    ),
                    other => format!("{other:?}"),
                };
                all.push(shown);
                at += whole.expect("short lines end");
            }
        }
    }
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(lines(text.as_bytes()), expected, "{text:?}");
}

#[test]
fn line_ends() {
    check("a,b\nc,d\r\ne,f", &["a|b", "c|d", "e|f"]);
    check("a,b\rc\r\n", &["a|b\rc"]);
    check("a,b\r\r\n", &["a|b\r"]);
    check("a,b\r", &["a|b\r"]);
    check("a,\r\n", &["a|"]);
    check(",\n,", &["|", "|"]);
}

#[test]
fn lines_that_end_with_cr() {
    let dialect = Dialect { line_end: crate::csv::LineEnd::Cr, ..Dialect::default() };
    let check = |text: &str, expected: &[&str]| assert_eq!(lines_of(&dialect, text.as_bytes()), expected);
    check("a,b\rc,d\re,f", &["a|b", "c|d", "e|f"]);
    check("a,b\n\r\r \n\r,\r", &["a|b\n", "Blank", "Blank", "|"]);
    check("\"a\r\n\",\"b\"\r\"c\"\n,d\re,\"\"", &["a\r\n|b", "TextAfterQuote0:\"c\"\n,d", "e|"]);
}

#[test]
fn bytes_of_other_encodings_are_taken_as_they_are() {
    let dialect = Dialect { is_utf8: false, ..Dialect::default() };
    assert_eq!(lines_of(&dialect, b"caf\xE9,\xFF\na,\0\n"), ["caf\u{FFFD}|\u{FFFD}", "Nul1:a,\0"]);
}

#[test]
fn quoted_fields() {
    check("\"a\",\"b\"\n", &["a|b"]);
    check("\"a,\n\"\"x\"\"\",b\r\n", &["a,\n\"x\"|b"]);
    check("a,\"\"\r\n\"\",\"\"", &["a|", "|"]);
    check("\"a\r\n\",\"b\"", &["a\r\n|b"]);
}

#[test]
fn wrong_quotes_cost_one_line() {
    check("a,b\"c\nd,e\n", &["StrayQuote1:a,b\"c", "d|e"]);
    check("\"a\"x,b\nd,e\n", &["TextAfterQuote0:\"a\"x,b", "d|e"]);
    check("a,\"b\"\r", &["TextAfterQuote1:a,\"b\"\r"]);
    check("a,\"b\nc,d\ne,f\n", &["UnclosedQuote1:a,\"b", "c|d", "e|f"]);
    check("a,\"b\nc,d\ne,\"f\ng,h", &["TextAfterQuote1:a,\"b", "c|d", "UnclosedQuote1:e,\"f", "g|h"]);
}

#[test]
fn blank_and_comment_lines() {
    check("\n\r\n  \t\n#a,\"b\na,b\n ", &["Blank", "Blank", "Blank", "Comment", "a|b", "Blank"]);
    check("a\n", &["TooFewFields:a"]);
    check("a,b,c\n", &["TooManyFields:a,b,c"]);
    check(" \"a\",b\n", &["StrayQuote0: \"a\",b"]);
}

#[test]
fn bytes_that_are_not_text() {
    assert_eq!(lines(b"a,\0\n"), ["Nul1:a,\0"]);
    assert_eq!(lines(b"a,\xFF\nb,\xC3\xA9\n"), ["InvalidUtf81:a,\u{FFFD}", "b|\u{e9}"]);
    assert_eq!(lines(b"a,b,\0\n"), ["Nul2:a,b,\0"], "bytes are judged before fields are counted");
}

#[test]
fn long_records() {
    let dialect = Dialect::default();
    let mut fields = Vec::new();
    let mut judge = |text: &[u8], at_eof| read(&dialect, Some(1), text, at_eof, &mut fields);
    let max = RECORD_BYTES_MAX;
    for end in ["", "\n", "\r\n"] {
        let fits = ["x".repeat(max).as_bytes(), end.as_bytes()].concat();
        assert!(
            matches!(judge(&fits, true), NextRecord::Line { what: RecordLine::Record, content, .. } if content == max)
        );
        let over = ["x".repeat(max + 1).as_bytes(), end.as_bytes()].concat();
        let NextRecord::Line { what: RecordLine::Malformed { fault: RecordFault::TooLong, .. }, .. } =
            judge(&over, true)
        else {
            panic!("a byte more than fits, ended by {end:?}");
        };
    }
    let endless = "x".repeat(max + 2);
    assert!(matches!(judge(endless.as_bytes(), false), NextRecord::Line { whole: None, .. }));
    assert_eq!(judge(&endless.as_bytes()[..max + 1], false), NextRecord::More);
    let open = format!("\"{}\n{}", "x".repeat(10), "y\n".repeat(max / 2));
    assert_eq!(
        judge(open.as_bytes(), false),
        NextRecord::Line {
            what: RecordLine::Malformed { fault: RecordFault::UnclosedQuote, field: Some(0) },
            content: 11,
            whole: Some(12)
        }
    );
}

/// Fewer bytes than the whole may only ever give "more", never another answer.
#[test]
fn a_prefix_never_gives_another_answer() {
    let dialect = Dialect::default();
    let alphabet = [b'a', b',', b'"', b'\n', b'\r', b' '];
    let mut fields = Vec::new();
    for number in 0..6usize.pow(6) {
        let text: Vec<u8> = (0..6).map(|at| alphabet[number / 6usize.pow(at) % 6]).collect();
        let all = read(&dialect, Some(2), &text, true, &mut fields);
        for cut in 0..text.len() {
            let part = read(&dialect, Some(2), &text[..cut], false, &mut fields);
            assert!(
                part == NextRecord::More || part == all,
                "{text:?} cut at {cut}: {part:?} is not {all:?}"
            );
        }
    }
}
