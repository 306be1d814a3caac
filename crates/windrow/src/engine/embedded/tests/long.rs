//! Lines longer than any record: they cost no memory, no second reading of what they hold, and no other row.

use super::fingerprint::Fingerprints;
use super::*;
use crate::fingerprint::Fingerprint;

const CHUNK_BYTES: u64 = 1 << 18;
const READ_BYTES: usize = 1 << 16;

/// Most bytes that a thread may hold: a record, two reads, and what a buffer grows by.
const HELD_BYTES_MAX: usize = 2 * (windrow_scan::csv::RECORD_BYTES_MAX + 2 * READ_BYTES);

/// A file with a good row, a line of `bytes` bytes that begins with `start` and ends with `end`, and a good row.
fn file_with(header: &str, start: &str, filler: u8, bytes: usize, end: &str) -> Vec<u8> {
    let row = match header {
        "time,action" => "2016-07-28T04:19:28Z,Open",
        _ => "x,2016-07-28T04:19:28Z,Open",
    };
    let mut text = format!("{header}\n{row}\n{start}").into_bytes();
    text.resize(text.len() + bytes, filler);
    text.extend(format!("{end}\n{row}\n").bytes());
    text
}

#[test]
fn a_line_longer_than_any_record_costs_no_memory_and_no_other_row() {
    let lines = [("", 0, ""), ("", b'x', ""), ("\"", b'y', "\""), ("#", b' ', "")];
    for header in ["time,action", "note,time,action"] {
        for ((start, filler, end), threads) in lines.into_iter().flat_map(|line| [(line, 1), (line, 3)]) {
            let text = file_with(header, start, filler, 9 << 20, end);
            let folder = tempfile::tempdir().unwrap();
            let files = inputs(folder.path(), std::slice::from_ref(&text));
            let job = job(&["action"]);
            let settings = settings(threads, READ_BYTES, CHUNK_BYTES);
            let said = said_by_engine(&job, &files, &settings).unwrap();
            assert_eq!(said.tally.counted, 2, "{header} {start}{filler}");
            assert_eq!(said.tally.rejected_total(), 1);
            assert_eq!(
                (said.rejects[0].1.place.parts().0.unwrap(), said.rejects[0].1.raw.len()),
                (3, crate::reject::RAW_BYTES_MAX)
            );

            let mut fingerprints = Fingerprints::default();
            let held = {
                let queue = Queue::new(&files, &settings, &mut fingerprints);
                let mut worker = Worker::new(&job, &settings, &queue).unwrap();
                worker.work().unwrap();
                worker.buffer.capacity()
            };
            assert!(held <= HELD_BYTES_MAX, "{held} bytes are held");
            assert_eq!(fingerprints.0["0.csv"], Some(Fingerprint::of(&text)));
        }
    }
}

/// A long line does not make its file be counted a second time, in order and by one thread.
#[test]
fn chunks_without_a_line_end_belong_to_the_line_before() {
    let text = file_with("time,action", "", 0, 3 << 20, "");
    let folder = tempfile::tempdir().unwrap();
    let files = inputs(folder.path(), &[text.clone(), text[..text.len() - 30].to_vec()]);
    let settings = settings(1, READ_BYTES, CHUNK_BYTES);
    run(&job(&["action"]), &files, &settings, None).unwrap();
    let done = settings.progress.bytes_done.load(std::sync::atomic::Ordering::Relaxed);
    let bodies: usize =
        files.iter().map(|file| file.version.size_bytes as usize - "time,action\n".len()).sum();
    assert_eq!(done, bodies as u64, "each byte is scanned once");
}
