//! Files that gzip has packed: which ones Spark unpacks, and when windrow reads them after it.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use super::*;

const LINES: [&str; 3] = ["time,action\n", "2016-07-28T04:19:28Z,Open\n", "2016-07-28T04:19:29Z,Open\n"];

fn packed(texts: &[&[u8]]) -> Vec<u8> {
    let member = |text: &&[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    texts.iter().flat_map(member).collect()
}

fn file_of(name: &str, bytes: &[u8]) -> (Job, InputFile) {
    let folder = tempfile::tempdir().unwrap().keep();
    let (job, file) = job(&folder, "action", "#");
    let file = InputFile { path: file.path.with_file_name(name), ..file };
    std::fs::write(&file.path, bytes).unwrap();
    (job, file)
}

fn open<'a>(job: &Job, file: &'a InputFile) -> SparkInput<'a> {
    SparkInput::open(job, file, &TimeReader::new(&job.source.time).unwrap()).unwrap()
}

#[test]
fn spark_unpacks_gzip_by_its_name() {
    let text = LINES.concat();
    let whole = packed(&[text.as_bytes()]);
    for (name, bytes, is_asked) in [
        ("a.csv.gz", whole.clone(), true),
        ("a.GZ", whole.clone(), false),
        ("a.csv", whole.clone(), false),
        ("_a.csv.gz", whole.clone(), false),
        ("mark.gz", packed(&[b"\xef\xbb\xbf", text.as_bytes()]), false),
        ("many.gz", packed(&[text.as_bytes(), b""]), false),
        ("header.gz", packed(&[LINES[0].as_bytes()]), false),
        ("utf16.gz", packed(&[b"\xff\xfet\0i\0m\0e\0,\0a\0c\0t\0i\0o\0n\0\n\0"]), false),
        ("dirt.gz", packed(&[b"time,action\nsoon,x\nsoon,x\n"]), false),
    ] {
        let (job, file) = file_of(name, &bytes);
        let input = open(&job, &file);
        assert_eq!((input.read_through, input.is_empty()), (!is_asked, false), "{name}");
        assert_eq!(input.packed.is_some_and(|_| !input.read_through), is_asked, "{name}");
        let asked = asked(&job, &[Ok(open(&job, &file))]).0;
        assert_eq!(asked.iter().filter(|file| file.is_packed).count(), usize::from(is_asked), "{name}");
    }
}

/// A count of lines that Spark says it has read in a file of `block` bytes, of which it leaves those in `odd` to windrow.
fn counted(job: &Job, block: u64, lines: &[&str], odd: &[u64]) -> FileCount {
    let mut counted = FileCount::nothing(job);
    let bytes = lines.iter().map(|line| line.len() as u64).sum();
    let (start, first_id) = (block.cast_signed(), 128);
    counted.blocks = vec![FileSplit { start, first_id, lines: lines.len() as u64, bytes, sums: None }];
    let set = |line: &u64| OddLines { block: start, what: LineKind::Unsure, first_id, bits: 1 << line };
    counted.odd = odd.iter().map(set).collect();
    counted.unsure = odd.len() as u64;
    counted.tally.read = lines.len() as u64 - counted.unsure;
    counted
}

#[test]
fn what_spark_has_read_of_a_packed_file_must_be_all_of_it() {
    let whole = packed(&[LINES.concat().as_bytes()]);
    let (mut job, file) = file_of("a.csv.gz", &whole);
    let bytes = whole.len() as u64;
    let is_left = |job: &Job, block, lines: &[&str], odd: &[u64]| {
        let counted = counted(job, block, lines, odd);
        (counted.is_left(&open(job, &file)), counted.whole_tally(&open(job, &file)).is_ok())
    };
    assert_eq!(is_left(&job, bytes, &LINES, &[0]), (false, true), "the header is left to windrow");
    assert_eq!(is_left(&job, bytes, &LINES, &[]), (false, true));
    assert!(is_left(&job, bytes, &LINES, &[0, 2]).0, "a later line is left to windrow");
    assert!(is_left(&job, bytes, &LINES[..2], &[0]).0, "Spark has read less");
    // Spark counts a line end that is not there.
    assert!(is_left(&job, bytes, &[&LINES[..], &["\n"]].concat(), &[0]).0);
    assert_eq!(is_left(&job, bytes + 1, &LINES, &[0]), (false, false), "Spark has read another file");
    job.limits.unpacked_bytes = LINES.concat().len() as u64 - 1;
    assert!(is_left(&job, bytes, &LINES, &[0]).0, "it may not be so large");
}

#[test]
fn the_header_of_a_packed_file_is_read_here() {
    let whole = packed(&[LINES.concat().as_bytes()]);
    let (job, file) = file_of("a.csv.gz", &whole);
    let (input, time) = (open(&job, &file), TimeReader::new(&job.source.time).unwrap());
    let counted = counted(&job, whole.len() as u64, &LINES, &[0]);
    let content = input.content_bytes(&counted).unwrap();
    let rescan = LineRescan::new(&job, &input, content, &time, &Stop::default()).unwrap();
    let read = rescan.all(&counted, usize::MAX, &mut |_| Ok(())).unwrap();
    assert_eq!((read.unsure, read.added.unwrap().tally.repeated_header), (1, 1));
    let ends = input.ends(content, &Stop::default()).unwrap();
    assert_eq!((ends.head, ends.last), (Some(crate::fingerprint::hash(LINES.concat().as_bytes())), None));
}
