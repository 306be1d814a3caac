use proptest::prelude::*;

use super::*;
use crate::csv::LineEnd;

/// What a scan found, as text: one entry per row or line.
#[derive(Default)]
struct ScannedRecords {
    base: usize,
    all: Vec<String>,
}

impl RecordVisitor for ScannedRecords {
    fn row(&mut self, row: RecordRow<'_>) {
        let columns = row.delimiters.len() + 1;
        let values: Vec<_> = (0..columns)
            .map(|column| {
                let value = row.value(column);
                if let Some((following, len)) = row.value_in_place(column) {
                    assert_eq!(value.as_ref(), &following[..len]);
                }
                String::from_utf8_lossy(&value).into_owned()
            })
            .collect();
        self.all.push(format!("{} row {values:?} {}", self.base + row.start(), row.content().len()));
    }

    fn line(&mut self, line: OtherLine<'_>) {
        self.all.push(format!("{} {:?} {}", self.base + line.start, line.what, line.content.len()));
    }
}

/// The oracle: the automaton alone, over the whole text.
fn by_automaton(dialect: &Dialect, columns: usize, text: &[u8]) -> Vec<String> {
    let (mut at, mut fields, mut found) = (0, Vec::new(), Vec::new());
    while let NextRecord::Line { what, content, whole } =
        record::read(dialect, Some(columns), &text[at..], true, &mut fields)
    {
        if what == RecordLine::Record {
            let values: Vec<_> = fields
                .iter()
                .map(|field| {
                    String::from_utf8_lossy(&record::unquote(dialect, &text[at..][field.clone()]))
                        .into_owned()
                })
                .collect();
            found.push(format!("{at} row {values:?} {content}"));
        } else {
            found.push(format!("{at} {what:?} {content}"));
        }
        at = match whole {
            Some(whole) => at + whole,
            None => memchr(dialect.line_end.byte(), &text[at..]).map_or(text.len(), |end| at + end + 1),
        };
    }
    found
}

/// The scan, given the text in reads of `read_size` bytes and stopped at `limit`.
fn by_scan(
    way: InstructionSet,
    dialect: &Dialect,
    columns: usize,
    text: &[u8],
    read_size: usize,
) -> (Vec<String>, u64) {
    let mut scanner = RecordScanner { way, ..RecordScanner::new(*dialect, columns) };
    let (mut found, mut at, mut held, mut line_ends) = (ScannedRecords::default(), 0, 0, 0);
    let mut lines = 0;
    loop {
        held = (held + read_size).min(text.len() - at);
        let at_eof = at + held == text.len();
        found.base = at;
        let scanned = scanner.scan(&text[at..at + held], usize::MAX, at_eof, &mut found);
        lines += scanned.lines;
        (at, held, line_ends) = (at + scanned.bytes, held - scanned.bytes, line_ends + scanned.line_ends);
        if at_eof && scanned.bytes == 0 {
            assert_eq!(at, text.len(), "every byte is consumed");
            assert_eq!(lines, found.all.len() as u64);
            return (found.all, line_ends);
        }
    }
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => Just(b"2016-07-28T04:19:28Z,Open\n".to_vec()),
        3 => Just(b"\"a, quoted\nfield\",\"with \"\"doubled\"\" quotes\"\r\n".to_vec()),
        2 => Just("caf\u{e9},x\n\n \r\n".as_bytes().to_vec()),
        4 => prop::sample::select(&b"a,\n\"\r #"[..]).prop_map(|byte| vec![byte]),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    prop::collection::vec(piece, 0..50).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    /// Whatever the machine's instructions, the read size and the text: what the automaton says.
    #[test]
    fn scan_equals_automaton(
        text in text(),
        columns in 1usize..4,
        comment in prop::option::of(Just(b'#')),
        delimiter in prop::sample::select(vec![b',', b' ', b'\t']),
        line_end in prop::sample::select(vec![LineEnd::Lf, LineEnd::Cr]),
        is_utf8 in any::<bool>(),
        read_size in prop::sample::select(vec![1usize, 2, 3, 7, 64, 65, 1 << 20]),
    ) {
        let dialect = Dialect { comment, delimiter, line_end, is_utf8, ..Dialect::default() };
        let text = crate::csv::with_line_ends(text, line_end);
        let oracle = by_automaton(&dialect, columns, &text);
        let line_ends = text.iter().filter(|byte| **byte == line_end.byte()).count() as u64;
        for way in InstructionSet::all() {
            let (found, counted) = by_scan(way, &dialect, columns, &text, read_size);
            prop_assert_eq!(&found, &oracle, "{:?}", way);
            prop_assert_eq!(counted, line_ends);
        }
    }

    /// A scan with a limit takes the lines that begin before it; one that begins there takes the rest.
    #[test]
    fn a_limit_cuts_between_lines(text in text(), cut in 0usize..3000) {
        let dialect = Dialect::default();
        let limit = cut.min(text.len());
        let mut scanner = RecordScanner::new(dialect, 2);
        let mut found = ScannedRecords::default();
        let first = scanner.scan(&text, limit, true, &mut found);
        for entry in &found.all {
            let start: usize = entry.split(' ').next().unwrap().parse().unwrap();
            prop_assert!(start < limit);
        }
        prop_assert!(first.bytes >= limit);
        found.base = first.bytes;
        scanner.scan(&text[first.bytes..], usize::MAX, true, &mut found);
        prop_assert_eq!(found.all, by_automaton(&dialect, 2, &text));
    }
}

#[test]
fn lines_too_long_to_hold() {
    let long = "x".repeat(3 * RECORD_BYTES_MAX);
    let open = format!("\"{}", "y\n".repeat(RECORD_BYTES_MAX));
    let text = format!("a,b\n{long}\nc,d\n{long},\"\n{open}");
    let dialect = Dialect::default();
    let oracle = by_automaton(&dialect, 2, text.as_bytes());
    for read_size in [60_000, 1 << 20, 5 << 20] {
        let (found, _) = by_scan(InstructionSet::fastest(), &dialect, 2, text.as_bytes(), read_size);
        assert!(found == oracle, "read size {read_size}");
    }
}
