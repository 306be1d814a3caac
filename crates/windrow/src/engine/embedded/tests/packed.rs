//! Packed files: counted as what they hold, or refused whole.

use super::*;
use crate::codec::{Compression, Pipe, pack};
use crate::error::Setting;
use crate::job::Duplicates;

/// Whether a file is packed, and how, and whether it comes through a pipe.
pub(super) type PackedAs = (Option<Compression>, bool);

/// The ways of some files; most are plain.
pub(super) fn ways() -> impl Strategy<Value = Vec<PackedAs>> {
    let compression = prop::sample::select(Compression::ALL.map(|(compression, _)| compression).to_vec());
    let packed = prop_oneof![2 => Just(None), 1 => compression.prop_map(Some)];
    prop::collection::vec((packed, prop::bool::weighted(0.2)), 4)
}

/// The inputs when those are written anew that are packed, and those that come through pipes do.
pub(super) fn in_ways(inputs: Vec<InputFile>, texts: &[Vec<u8>], ways: &[PackedAs]) -> Vec<InputFile> {
    let in_way = |((input, text), (compression, is_piped)): ((InputFile, &Vec<u8>), &PackedAs)| {
        if let Some(compression) = compression {
            std::fs::write(&input.path, pack(*compression, text)).unwrap();
        }
        let version = FileVersion::of(&input.path.metadata().unwrap());
        InputFile { version, pipe: is_piped.then(|| Pipe::at(input.path.clone())), ..input }
    };
    inputs.into_iter().zip(texts).zip(ways).map(in_way).collect()
}

fn rows(rows: usize) -> Vec<u8> {
    let rows = (0..rows).map(|n| format!("x,2016-07-28T04:{:02}:{:02}Z,Open\n", n / 60 % 60, n % 60));
    ["note,time,action\n".to_owned()].into_iter().chain(rows).collect::<String>().into_bytes()
}

#[test]
fn of_a_damaged_file_nothing_counts() {
    let folder = tempfile::tempdir().unwrap();
    for (compression, _) in Compression::ALL {
        let texts = [rows(90_000), rows(3)];
        let inputs = inputs(folder.path(), &texts);
        let packed = pack(compression, &texts[0]);
        for (damaged, said) in [
            (packed[..packed.len() - 5].to_vec(), "ends early"),
            ([&packed[..], b"and more"].concat(), compression.to_string().as_str()),
        ] {
            std::fs::write(&inputs[0].path, damaged).unwrap();
            for threads in [1, 2, 7] {
                let outcome =
                    run(&job(&["action"]), &inputs, &settings(threads, 1 << 12, 1 << 14), None).unwrap();
                assert_eq!((outcome.tally.counted, outcome.tally.read), (3, 3));
                let refused = outcome.partly_refused().unwrap();
                assert_eq!(refused.kind().exit_code(), 3, "{refused}");
                assert!(
                    refused.message().starts_with("0.csv: its ") && refused.message().contains(said),
                    "{refused}"
                );
            }
        }
    }
}

#[test]
fn a_file_that_expands_too_far_is_refused_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let texts = [rows(9_000), rows(3)];
    let ways = [(Some(Compression::Zstd), false), (None, false)];
    let inputs = in_ways(inputs(folder.path(), &texts), &texts, &ways);
    let mut job = job(&["action"]);
    job.limits.unpacked_bytes = 1_000;
    let outcome = run(&job, &inputs, &Settings::default(), None).unwrap();
    assert_eq!(outcome.tally.counted, 3);
    let refused = outcome.partly_refused().unwrap();
    assert_eq!(refused.kind().exit_code(), 6, "{refused}");
    assert_eq!(refused.setting(), Some(&Setting::UnpackedBytesMax));
}

#[test]
fn a_file_and_its_packed_copy_count_once() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, gzip, xz) = ((None, false), (Some(Compression::Gzip), false), (Some(Compression::Xz), false));
    let (pipe, zstd_pipe) = ((None, true), (Some(Compression::Zstd), true));
    for way in [[plain, gzip], [xz, plain], [gzip, gzip], [pipe, plain], [plain, pipe], [zstd_pipe, xz]] {
        let texts = [rows(1_000), rows(1_000)];
        let inputs = in_ways(inputs(folder.path(), &texts), &texts, &way);
        let mut job = job(&["action"]);
        job.source.duplicates = Duplicates::Refuse;
        let outcome = run(&job, &inputs, &Settings::default(), None).unwrap();
        assert_eq!(outcome.tally.counted, 1_000, "{way:?}");
        let refused = outcome.partly_refused().unwrap();
        assert!(refused.message().contains("its content is that of 0.csv"), "{refused}");
    }
}

#[test]
fn many_packed_files_and_one_add_up_alike() {
    let folder = tempfile::tempdir().unwrap();
    let texts: Vec<Vec<u8>> = (1..40).map(rows).collect();
    for threads in [1, 2, 7] {
        let ways: Vec<PackedAs> = (0..texts.len())
            .map(|at| (Compression::ALL.get(at % 5).map(|(compression, _)| *compression), at % 3 == 0))
            .collect();
        let inputs = in_ways(inputs(folder.path(), &texts), &texts, &ways);
        let said = said_by_engine(&job(&["action"]), &inputs, &settings(threads, 1 << 10, 1 << 12)).unwrap();
        assert_eq!(said, said_by_oracle(&job(&["action"]), &texts), "{threads} threads");
    }
}
