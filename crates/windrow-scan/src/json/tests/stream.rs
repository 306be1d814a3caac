use super::*;

/// The rows of a stream in reads of `read_size` bytes, and where and why it stops.
fn by_stream(shape: ObjectShape, text: &[u8], read_size: usize) -> (Vec<String>, Option<(i64, ObjectFault)>) {
    let (mut stream, mut found, mut at, mut held) =
        (ObjectStream::new(paths(), shape), Found::default(), 0, 0);
    loop {
        held = (held + read_size).min(text.len() - at);
        let at_eof = at + held == text.len();
        found.base = at;
        match stream.scan(&text[at..at + held], usize::MAX, at_eof, &mut found) {
            Err(stopped) => return (found.all, Some((at as i64 + stopped.at, stopped.fault))),
            Ok(scanned) => {
                (at, held) = (at + scanned.bytes, held - scanned.bytes);
                if at_eof && scanned.bytes == 0 {
                    assert_eq!(at, text.len(), "every byte is consumed");
                    return (found.all, None);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    /// The same rows as lines, in an array and one after the other, wherever white space is.
    #[test]
    fn streams_have_the_rows_of_lines(text in text(), space in prop::sample::select(vec!["", "\n", " ", "\r\n  "]), read_size in 1usize..80) {
        let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').filter(|line| line_of(line).is_some()).collect();
        let oracle: Vec<_> = lines.iter().map(|line| line_of(line).unwrap()).collect();
        let rows = |found: Vec<String>| found.iter().map(|row| without_place(row)).collect::<Vec<_>>();
        let array = [b"[", lines.join(format!("{space},{space}").as_bytes()).as_slice(), b"]"].concat();
        let (found, stopped) = by_stream(ObjectShape::Array, &array, read_size);
        prop_assert_eq!((rows(found), stopped), (oracle.clone(), None));
        let (found, stopped) = by_stream(ObjectShape::Concatenated, &lines.join(space.as_bytes()), read_size);
        prop_assert_eq!((rows(found), stopped), (oracle, None));
    }

    /// A stream stops at the same place with the same rows before, however its bytes arrive.
    #[test]
    fn a_stream_does_not_depend_on_reads(text in text(), is_array in any::<bool>(), read_size in 1usize..80) {
        let text: Vec<u8> = match is_array {
            true => [b"[", text.as_slice()].concat(),
            false => text,
        };
        let shape = if is_array { ObjectShape::Array } else { ObjectShape::Concatenated };
        prop_assert_eq!(by_stream(shape, &text, read_size), by_stream(shape, &text, usize::MAX >> 1));
    }
}

/// The row that a line is, if it is an object.
fn line_of(line: &[u8]) -> Option<String> {
    match &by_automaton(line)[..] {
        [row] if row.contains('[') => Some(without_place(row)),
        _ => None,
    }
}

/// The values of a row.
fn without_place(row: &str) -> String {
    let from = row.find('[').unwrap_or_default();
    row[from..].rsplit_once(' ').unwrap().0.to_owned()
}

#[test]
fn a_stream_goes_on_behind_what_is_no_object() {
    let array = br#"[ {"a":1}, 5, "x,]", [{"a":2},1], null, {"a":"\q"}, {"a":NaN} ,{"a":1,"a":2}, {"a":3} ]"#;
    let (found, stopped) = by_stream(ObjectShape::Array, array, 7);
    assert_eq!(stopped, None);
    let faults = ["NotObject", "BadEscape", "BadToken", "DuplicateName"]
        .map(|fault| found.iter().filter(|row| row.contains(fault)).count());
    assert_eq!((faults, found.len()), ([4, 1, 1, 1], 9));
    let (found, stopped) =
        by_stream(ObjectShape::Concatenated, b"{\"a\":1} noise {\"a\":2}\nmore noise\n{\"a\":3}", 3);
    assert_eq!((found.len(), stopped), (5, None));
}

#[test]
fn a_stream_that_cannot_be_told_apart_stops() {
    for (shape, text, at, fault) in [
        (ObjectShape::Array, "[{\"a\":1}", 8, ObjectFault::Unclosed),
        (ObjectShape::Array, "[{\"a\":1},", 9, ObjectFault::Unclosed),
        (ObjectShape::Array, "[{\"a\":1},]", 9, ObjectFault::BadToken),
        (ObjectShape::Array, "[,{\"a\":1}]", 1, ObjectFault::BadToken),
        (ObjectShape::Array, "[{\"a\":1} {\"a\":2}]", 9, ObjectFault::BadToken),
        (ObjectShape::Array, "[{\"a\":1}] x", 10, ObjectFault::TrailingText),
        (ObjectShape::Array, "[{\"a\":[1},{\"a\":2}]", 1, ObjectFault::BadToken),
        (ObjectShape::Array, "[{\"a\":1},{\"a\":\"x},{\"a\":2}]", 9, ObjectFault::Unclosed),
        (ObjectShape::Concatenated, "{\"a\":1}{\"a\":", 7, ObjectFault::Unclosed),
    ] {
        for read_size in [1, 5, 100] {
            let (_, stopped) = by_stream(shape, text.as_bytes(), read_size);
            assert_eq!(stopped, Some((at, fault)), "{text} in reads of {read_size}");
        }
    }
}

/// An object of about this many bytes, with brackets, quotes and escapes in its text.
fn object_of(bytes: usize) -> String {
    let value = r#"a \" ] } , [ { \\"#;
    format!("{{\"a\":[{{\"b\":\"{}\"}}, 1, \"\"] , \"c\" : null}}", value.repeat(bytes / value.len() + 1))
}

#[test]
fn a_row_that_is_too_long_is_passed_over() {
    let long = object_of(5 * crate::RECORD_BYTES_MAX / 2);
    let string = format!("\"{}\"", "x,]}".repeat(crate::RECORD_BYTES_MAX / 2));
    let array = format!("[{{\"a\":1}},{long} ,{{\"a\":2}},\n{string},{long}, {{\"a\":3}},{long}]");
    let noise = "noise ".repeat(crate::RECORD_BYTES_MAX / 3);
    let one_after_the_other = format!("{{\"a\":1}}{long}{{\"a\":2}} {noise}{{\"a\":3}}{long}\n{noise}");
    for (shape, text, too_long) in
        [(ObjectShape::Array, array, 4), (ObjectShape::Concatenated, one_after_the_other, 4)]
    {
        let (all, stopped) = by_stream(shape, text.as_bytes(), usize::MAX >> 1);
        assert_eq!((all.len(), stopped), (too_long + 3, None));
        let is_too_long = |row: &&String| row.contains("TooLong") && row.ends_with(" 1048576");
        assert_eq!(all.iter().filter(is_too_long).count(), too_long, "{all:?}");
        for read_size in [(1 << 16) - 1, 1 << 20, (1 << 20) + 1, 3 << 20] {
            assert_eq!(by_stream(shape, text.as_bytes(), read_size), (all.clone(), None), "{read_size}");
        }
    }
}

#[test]
fn a_row_that_is_too_long_by_a_byte_or_not_at_all() {
    for (more, is_too_long) in [(0, false), (1, true), (2, true)] {
        let fill = "x".repeat(crate::RECORD_BYTES_MAX - 8 + more);
        for (shape, open, close) in [(ObjectShape::Array, "[", "]"), (ObjectShape::Concatenated, "", " ")] {
            let text = format!("{open}{{\"a\":\"{fill}\"}}{close}");
            let (found, stopped) = by_stream(shape, text.as_bytes(), 1 << 16);
            assert_eq!(
                (found.len(), found[0].contains("TooLong"), stopped),
                (1, is_too_long, None),
                "{more}"
            );
        }
    }
}

#[test]
fn a_row_whose_end_cannot_be_relied_on_is_not_passed_over() {
    let fill = "x".repeat(2 * crate::RECORD_BYTES_MAX);
    let row = "{\"a\":1,\"c\":\"\"},";
    for (long, fault) in [
        // The quote that is missing again far behind would end the row.
        (format!("{{\"a\":\"{fill}}},{}{{\"a\":\"x}}]", row.repeat(9)), ObjectFault::BadToken),
        (format!("{{\"a\":\"{fill}\"x\"}}]"), ObjectFault::BadToken),
        (format!("{{\"a\":\"{fill}\",\"c\":[1}}]"), ObjectFault::BadToken),
        (format!("{{\"a\":\"{fill}\" \"c\"}}]"), ObjectFault::BadToken),
        (format!("{{\"a\":[\"{fill}\"],{}{}}}]", "[".repeat(200), "]".repeat(200)), ObjectFault::BadToken),
        (format!("{{\"a\":\"{fill}\\"), ObjectFault::Unclosed),
        (format!("{{\"a\":\"{fill}\""), ObjectFault::Unclosed),
    ] {
        let text = format!("[{{\"a\":1}},{long}");
        for read_size in [1 << 16, 1 << 20, usize::MAX >> 1] {
            let (_, stopped) = by_stream(ObjectShape::Array, text.as_bytes(), read_size);
            assert_eq!(stopped, Some((9, fault)), "{}", &long[long.len() - 40..]);
        }
    }
}
