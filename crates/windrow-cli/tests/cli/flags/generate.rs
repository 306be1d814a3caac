//! `windrow generate`: the ending of the output says how the log is written, as far as flags do not.

use std::fs;

use crate::{contains, folder, run};

const QUESTION: [&str; 4] = ["--every", "1d", "--key", "action"];

#[test]
fn the_ending_says_format_and_compression() {
    let folder = folder(&[]);
    let log =
        |arguments: &[&str]| run(&folder, &[&["generate", "--events", "100", "-o"], arguments].concat());
    let mut digests = Vec::new();
    for (arguments, head) in [
        (&["a.csv"][..], &b"time,action\n"[..]),
        (&["a.txt"], b"time,action\n"),
        (&["a.ndjson"], b"{\"time\""),
        (&["a.JSON"], b"{\"time\""),
        (&["a.parquet"], b"PAR1"),
        (&["a.csv.gz"], b"\x1f\x8b"),
        (&["a.jsonl.zst"], b"\x28\xb5\x2f\xfd"),
        (&["a.log", "--format", "json", "--codec", "xz"], b"\xfd7zXZ"),
        (&["b.csv", "--codec", "none"], b"time,action\n"),
    ] {
        let said = log(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {}", said.err);
        let bytes = fs::read(folder.path().join(arguments[0])).unwrap();
        assert!(bytes.starts_with(head), "{arguments:?}: {:?}", &bytes[..12]);
        let digest = run(&folder, &[&["digest", arguments[0], "-q"], &QUESTION[..]].concat());
        assert_eq!(digest.code, 0, "{arguments:?}: {}", digest.err);
        digests.push(digest.out);
    }
    assert!(digests.iter().all(|digest| *digest == digests[0]), "{digests:?}");
    for (arguments, message) in [
        (&["c.parquet", "--format", "csv"][..], "the format contradicts the ending of c.parquet"),
        (&["c.csv.gz", "--codec", "none"], "the codec contradicts the ending of c.csv.gz"),
        (&["c.csv.gz", "--codec", "zstd"], "the codec contradicts the ending of c.csv.gz"),
        (&["c.parquet.gz"], "Parquet compresses its own pages\n  help: name the file events.parquet"),
        (&["c.parquet", "--codec", "zstd"], "Parquet compresses its own pages\n  help: leave out the codec"),
        (&["c.json", "--dirt", "1%"], "dirt is for the format csv alone\n  help: leave out the dirt"),
        (&["c.log", "--format", "combined", "--dirt", "1%"], "dirt is for the format csv alone"),
    ] {
        let said = log(arguments);
        assert_eq!(said.code, 2, "{arguments:?}: {}", said.err);
        contains(&said.err, &[message]);
        assert!(!folder.path().join(arguments[0]).exists(), "{arguments:?}");
    }
}
