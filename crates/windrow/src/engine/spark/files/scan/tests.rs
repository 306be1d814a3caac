//! Scans of small files, cut as Spark cuts large ones.

use std::sync::Arc;

use arrow_array::BinaryArray;
use proptest::prelude::*;

use super::super::large::{AFTER_BYTES, ends};
use super::*;
use crate::format::csv::BOM;
use crate::storage::{Stamp, WantedLine};

/// A line as Spark reads it: its part, its id, and its bytes without its line end.
type ReadLine = (i64, i64, Vec<u8>);

/// The lines of a file as Spark reads them.
fn lines(file: &[u8], cuts: &[usize]) -> Vec<ReadLine> {
    let mut starts: Vec<usize> = cuts.iter().map(|cut| cut % file.len().max(1)).chain([0]).collect();
    starts.sort_unstable();
    starts.dedup();
    let (mut found, mut at, mut ids) = (Vec::new(), 0, vec![0; starts.len()]);
    while at < file.len() {
        let end = file[at..].iter().position(|byte| *byte == b'\n').map_or(file.len(), |end| at + end);
        // A line that begins where a part begins belongs to the part before.
        let part = starts.iter().rposition(|start| *start < at).unwrap_or(0);
        let text =
            if at == 0 { file[..end].strip_prefix(BOM).unwrap_or(&file[..end]) } else { &file[at..end] };
        found.push((starts[part] as i64, ((part as i64) << 33) + ids[part], text.to_vec()));
        ids[part] += 1;
        at = end + 1;
    }
    found
}

/// Spark's answer about these lines.
fn answer(lines: &[ReadLine], wanted: &WantedChunks, version: &FileVersion) -> ScanAnswer {
    let chunk = |id: i64| id >> CHUNK_BITS;
    let is_sent = |id: i64| wanted.chunks.contains(&chunk(id));
    let numbers = |of: &dyn Fn(&ReadLine) -> Option<i64>| {
        Arc::new(lines.iter().map(of).collect::<Int64Array>()) as ArrayRef
    };
    let Stamp::Mtime { us } = version.stamp else { unreachable!() };
    let sent = lines.iter().map(|(_, id, text)| is_sent(*id).then_some(text.as_slice()));
    let columns: [ArrayRef; 9] = [
        numbers(&|_| Some(version.size_bytes as i64)),
        numbers(&|_| Some(us)),
        numbers(&|(part, ..)| Some(*part)),
        numbers(&|(part, id, _)| wanted.parts.contains(part).then_some(chunk(*id))),
        numbers(&|(_, id, _)| is_sent(*id).then_some(*id)),
        Arc::new(sent.collect::<BinaryArray>()),
        numbers(&|_| Some(1)),
        numbers(&|(.., text)| Some(text.len() as i64 + 1)),
        numbers(&|(_, id, _)| Some(*id)),
    ];
    let columns = columns.into_iter().enumerate().map(|(at, column)| (at.to_string(), column, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut answer = ScanAnswer::default();
    answer.take(&batch).unwrap();
    answer
}

fn version(file: &[u8]) -> FileVersion {
    FileVersion { size_bytes: file.len() as u64, stamp: Stamp::Mtime { us: 7 } }
}

/// Every byte of `runs` is that of the file, and every run begins with the line that it says.
fn check_runs(file: &[u8], runs: &[SentRun]) {
    for run in runs {
        let (start, end) = (run.start as usize, run.start as usize + run.bytes.len());
        assert_eq!(file.get(start..end), Some(&run.bytes[..]), "line {}", run.line);
        let before = file[..start].iter().filter(|byte| **byte == b'\n').count() as u64;
        assert_eq!(run.line, before + 1);
        assert!(start == 0 || file[start - 1] == b'\n');
    }
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![9 => 0..60_usize, 1 => 0..3000_usize];
    (prop::collection::vec(line, 1..400), any::<bool>(), any::<bool>()).prop_map(
        |(lines, has_mark, ends_whole)| {
            let mut file = if has_mark { BOM.to_vec() } else { Vec::new() };
            for (at, len) in lines.iter().enumerate() {
                file.extend(std::iter::repeat_n(b'a' + (at % 26) as u8, *len));
                file.push(b'\n');
            }
            if !ends_whole {
                file.push(b'z');
            }
            file
        },
    )
}

proptest! {
    #[test]
    fn lines_that_are_wanted_are_there_with_what_follows(
        file in file(), cuts in prop::collection::vec(any::<usize>(), 0..6), picked in prop::collection::vec((any::<usize>(), any::<bool>()), 1..8),
    ) {
        let (version, lines) = (version(&file), lines(&file, &cuts));
        let (large, none) = answer(&lines, &WantedChunks::default(), &version).finish(&version).unwrap();
        assert_eq!(none, []);
        let mut picked: Vec<_> = picked.into_iter().map(|(line, may_go_on)| WantedLine { line: (line % lines.len()) as u64 + 1, may_go_on }).collect();
        picked.sort_unstable_by_key(|wanted| wanted.line);
        let (wanted, fetched) = large.chunks(&picked, 5_000, u64::MAX);
        assert_eq!(fetched, picked.len());
        let (again, runs) = answer(&lines, &wanted, &version).finish(&version).unwrap();
        assert_eq!(again, large);
        check_runs(&file, &runs);
        let mut begins = vec![0_u64];
        begins.extend(file.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at as u64 + 1));
        for WantedLine { line, .. } in &picked {
            let begin = begins[*line as usize - 1];
            assert!(runs.iter().any(|run| (run.start..run.start + run.bytes.len() as u64).contains(&begin)), "line {line}");
        }
    }
}

#[test]
fn as_much_follows_a_line_as_is_asked_for_also_in_the_next_part() {
    let file = "0123456789abcdefghijklmnopqrstu\n".repeat(2_000).into_bytes();
    let (version, lines) = (version(&file), lines(&file, &[20_000, 20_100, 40_000]));
    let (large, _) = answer(&lines, &WantedChunks::default(), &version).finish(&version).unwrap();
    for (may_go_on, after) in [(false, AFTER_BYTES), (true, 9_000)] {
        for line in 1..1_600 {
            let (wanted, _) = large.chunks(&[WantedLine { line, may_go_on }], 9_000, u64::MAX);
            let (_, runs) = answer(&lines, &wanted, &version).finish(&version).unwrap();
            check_runs(&file, &runs);
            let byte = (line - 1) * 32;
            let there = byte..byte + after;
            let has =
                |run: &SentRun| run.start <= there.start && there.end <= run.start + run.bytes.len() as u64;
            assert!(runs.iter().any(has), "{after} bytes from line {line} on");
        }
    }
}

#[test]
fn no_more_lines_are_fetched_at_once_than_fit() {
    let file = "0123456789abcdefghijklmnopqrstu\n".repeat(40_000).into_bytes();
    let (version, lines) = (version(&file), lines(&file, &[500_000]));
    let (large, _) = answer(&lines, &WantedChunks::default(), &version).finish(&version).unwrap();
    let all: Vec<_> = (0..30).map(|at| WantedLine { line: 1 + at * 1_000, may_go_on: at == 2 }).collect();
    let (mut from, mut batches) = (0, 0);
    while from < all.len() {
        let (wanted, fetched) = large.chunks(&all[from..], 20_000, 30_000);
        assert!(fetched > 0 && wanted.chunks.len() as u64 * 64 * 32 < 60_000);
        (from, batches) = (from + fetched, batches + 1);
    }
    assert!((4..15).contains(&batches), "{batches} batches");
}

#[test]
fn both_ends_of_a_large_file_are_sent() {
    for size_bytes in [64 << 20 | 1, 100_000_007, 1 << 30, 5_000_000_000, 1 << 40] {
        let (part_bytes, parts) = cut(size_bytes);
        let last = size_bytes - part_bytes * parts;
        assert!(part_bytes <= PART_BYTES && (LAST_BYTES..LAST_BYTES + parts).contains(&last), "{size_bytes}");
        let wanted = ends(size_bytes, 2);
        assert_eq!(wanted.parts, [0, (part_bytes * parts) as i64].into());
        let first = (parts as i64) << (33 - CHUNK_BITS);
        // Even if the last part is nothing but line ends.
        let lines = last as i64 + 1;
        assert!(
            [0, 1, first, first + (lines >> CHUNK_BITS)].iter().all(|chunk| wanted.chunks.contains(chunk))
        );
        assert!(!wanted.chunks.contains(&2));
    }
}

#[test]
fn another_version_and_other_bytes_are_refused() {
    let file = b"time,action\n2016,a\n".to_vec();
    let (version, lines) = (version(&file), lines(&file, &[]));
    let none = WantedChunks::default();
    let other = FileVersion { stamp: Stamp::Mtime { us: 8 }, ..version.clone() };
    assert!(answer(&lines, &none, &other).finish(&version).is_err());
    let missing = answer(&lines[..1], &none, &version).finish(&version).unwrap_err();
    assert!(missing.to_string().contains("read 12 of its 19 bytes"), "{missing}");
}
