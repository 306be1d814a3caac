use proptest::prelude::*;

use super::*;
use crate::csv::LineEnd;

fn index(way: InstructionSet, dialect: &Dialect, bytes: &[u8]) -> RecordIndex {
    let mut index = RecordIndex::default();
    index.fill(way, dialect, bytes, 0);
    // What lies behind the stop decides nothing.
    if index.stop.is_some() {
        (index.has_high, index.has_quotes) = (false, false);
    }
    index
}

/// Bytes that make every kind of line, weighted so that good records are common.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => Just(b"2016-07-28T04:19:28Z,Open\n".to_vec()),
        4 => Just(b"\"a, quoted\nfield\",\"with \"\"doubled\"\" quotes\"\r\n".to_vec()),
        4 => prop::sample::select(&b"a,\n\"\r #"[..]).prop_map(|byte| vec![byte]),
        1 => Just("caf\u{e9},x\n".as_bytes().to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn every_way_finds_the_same(
        bytes in text(),
        comment in prop::option::of(Just(b'#')),
        line_end in prop::sample::select(vec![LineEnd::Lf, LineEnd::Cr]),
        cut in 0usize..70,
    ) {
        let dialect = Dialect { comment, line_end, ..Dialect::default() };
        let bytes = crate::csv::with_line_ends(bytes, line_end);
        let bytes = &bytes[cut.min(bytes.len())..];
        let oracle = index(InstructionSet::Scalar, &dialect, bytes);
        for way in InstructionSet::all() {
            prop_assert_eq!(&index(way, &dialect, bytes), &oracle, "{:?}", way);
        }
    }
}

#[test]
fn blocks_full_of_one_byte() {
    for byte in [b',', b'\n', b'"', 0, b'\r', 0xFF] {
        let bytes = vec![byte; 200];
        let oracle = index(InstructionSet::Scalar, &Dialect::default(), &bytes);
        for way in InstructionSet::all() {
            assert_eq!(index(way, &Dialect::default(), &bytes), oracle, "{way:?} on {byte}");
        }
    }
}
