//! The same texts by other rules of CSV.

use super::*;
use crate::codec::Encoding;

/// Rules by which the same texts are read otherwise.
pub(super) fn csv_rules() -> impl Strategy<Value = CsvRules> {
    let line_ends = prop::sample::select(vec![None, None, Some(LineEnd::Cr)]);
    (
        line_ends,
        prop::sample::select(vec!["utf-8", "utf-8", "latin1", "windows-1253", "shift_jis", "gb18030"]),
    )
        .prop_map(|(line_end, label)| CsvRules {
            comment: Some(b'#'),
            line_end,
            encoding: Encoding::of_label(label).unwrap(),
            ..CsvRules::default()
        })
}

/// Texts with the line ends and without the mark that the rules forbid.
pub(super) fn with_line_ends(texts: Vec<Vec<u8>>, csv: &CsvRules) -> Vec<Vec<u8>> {
    let swap = |byte: u8| match (csv.line_end, byte) {
        (Some(LineEnd::Cr), b'\n') => b'\r',
        (Some(LineEnd::Cr), b'\r') => b'\n',
        _ => byte,
    };
    let text = |text: Vec<u8>| {
        let mark = if csv.encoding.is_utf8() {
            0
        } else {
            text.len() - text.strip_prefix(BOM).unwrap_or(&text).len()
        };
        text[mark..].iter().copied().map(swap).collect()
    };
    texts.into_iter().map(text).collect()
}

/// Runs the embedded engine alone.
pub(super) fn run(
    job: &Job,
    inputs: &[InputFile],
    settings: &Settings,
    rejects: Option<&mut dyn RejectSink>,
) -> Result<Outcome> {
    let options = RunOptions { engine: Some(&Embedded), rejects, ..RunOptions::default() };
    run_with(job, Inputs::Files(inputs), settings, options)
}

#[test]
fn a_quoted_header_after_a_byte_order_mark_is_known_again() {
    let text = "\u{feff}\"note\",time,action\nx,2016-07-28T04:19:28Z,Open\n".repeat(2).into_bytes();
    let folder = tempfile::tempdir().unwrap();
    let inputs = inputs(folder.path(), &[text]);
    let outcome = run(&job(&["action"]), &inputs, &Settings::default(), None).unwrap();
    assert_eq!((outcome.tally.counted, outcome.tally.repeated_header), (2, 1));
}
