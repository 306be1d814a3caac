use proptest::prelude::*;

use super::*;

fn index(way: InstructionSet, bytes: &[u8]) -> TokenIndex {
    let mut index = TokenIndex::default();
    index.fill(way, bytes, 0);
    index
}

/// Bytes that meet every border, weighted so that most strings are closed.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => Just(br#"{"time":"2016-07-28T04:19:28Z","n":[1, true]}"#.to_vec()),
        4 => Just(br#""\"\\ \\\\\" \u00e9""#.to_vec()),
        4 => prop::sample::select(&b"a,:\n\"\\ {}[]1"[..]).prop_map(|byte| vec![byte]),
        2 => (0usize..70).prop_map(|len| [b"\"".to_vec(), vec![b'\\'; len * 2], b"\"".to_vec()].concat()),
        2 => Just("\"caf\u{e9}\u{1f600}\"".as_bytes().to_vec()),
        1 => prop::sample::select(&b"\t\r\x0c\x1a\x1b\x1f\x7f;<@`"[..]).prop_map(|byte| vec![byte]),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn every_way_finds_the_same(bytes in text(), cut in 0usize..70) {
        let bytes = &bytes[cut.min(bytes.len())..];
        let oracle = index(InstructionSet::Scalar, bytes);
        for way in InstructionSet::all() {
            prop_assert_eq!(&index(way, bytes), &oracle, "{:?}", way);
        }
    }
}

#[test]
fn blocks_full_of_one_byte() {
    for byte in 0..=u8::MAX {
        for before in ["", "\"", "\"\\"] {
            let bytes = [before.as_bytes().to_vec(), vec![byte; 200]].concat();
            let oracle = index(InstructionSet::Scalar, &bytes);
            for way in InstructionSet::all() {
                assert_eq!(index(way, &bytes), oracle, "{way:?} on {byte} behind {before:?}");
            }
        }
    }
}
