use std::io::{Read, Write};
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::error::{Error, Kind, Result};
use crate::settings::Stop;

/// `bytes`, packed.
pub(crate) fn pack(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    let mut packer = Packer::new(Some(compression), Vec::new()).unwrap();
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn unpack(path: &Path, expansion: Expansion, ahead: usize, read_size: usize) -> Result<Vec<u8>> {
    let file = Unpacked::open(path, "cannot read")?;
    let mut forward = file.forward(expansion, ahead)?;
    let (mut bytes, mut piece) = (Vec::new(), vec![0; read_size]);
    loop {
        match forward.read(&mut piece, &Stop::default())? {
            0 => return Ok(bytes),
            read => bytes.extend_from_slice(&piece[..read]),
        }
    }
}

/// What is in a file of these bytes, read in every way.
#[track_caller]
fn content(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let ways = [(0, 1 << 16), (1, 1 << 16), (0, 7), (3, 1 << 16)];
    let mut found = ways.map(|(ahead, size)| unpack(file.path(), Expansion::ANY, ahead, size));
    let said = |found: &Result<Vec<u8>>| found.as_ref().map_err(Error::to_string).cloned();
    assert!(found.iter().all(|other| said(other) == said(&found[0])), "{found:?}");
    std::mem::replace(&mut found[0], Ok(Vec::new()))
}

fn text(lines: usize) -> Vec<u8> {
    (0..lines)
        .flat_map(|n| format!("2016-07-28T04:19:{:02}Z,action {}\n", n % 60, n % 97).into_bytes())
        .collect()
}

#[test]
fn what_was_packed_comes_out() {
    for (compression, _) in Compression::ALL {
        for text in [Vec::new(), b"t".to_vec(), text(20_000)] {
            let packed = pack(compression, &text);
            assert_eq!(Compression::of(&packed), Some(compression));
            assert_eq!(content(&packed).unwrap(), text, "{compression}");
            // Any number of members, frames and streams, empty ones among them.
            let empty = pack(compression, b"");
            let many = [&packed[..], &empty, &packed, &empty].concat();
            assert_eq!(content(&many).unwrap(), text.repeat(2), "{compression}");
        }
    }
}

#[test]
fn what_is_cut_or_damaged_or_followed_by_something_is_refused() {
    for (compression, _) in Compression::ALL {
        let text = text(500);
        let packed = pack(compression, &text);
        for len in (10..packed.len()).step_by(7).chain(packed.len() - 20..packed.len()) {
            let said = content(&packed[..len]).map_err(|error| error.to_string());
            let said = said.unwrap_err();
            assert!(said.contains("ends early"), "{compression} cut to {len} bytes: {said}");
        }
        let tails = [&b"\n"[..], b"\0\0\0\0", b"garbage that is longer than a header", &packed[..9]];
        let taken = tails.map(|tail| content(&[&packed[..], tail].concat()).is_ok());
        // xz streams may be padded with zeros.
        assert_eq!(taken, [false, compression == Compression::Xz, false, false], "{compression}");
        for at in (8..packed.len()).step_by(7) {
            let mut damaged = packed.clone();
            damaged[at] ^= 0x10;
            // The mark itself may be damaged, or what the content does not depend on, such as a time of change.
            let is_marked = Compression::of(&damaged) == Some(compression);
            if let Ok(other) = content(&damaged) {
                assert!(!is_marked || other == text, "{compression}: byte {at}");
            }
        }
    }
}

/// `text` in members that say how long they are.
fn bgzf(text: &[u8], member_bytes: usize) -> Vec<u8> {
    let member = |text: &[u8]| {
        let mut packed = pack(Compression::Gzip, text);
        let len = packed.len() + 8 - 1;
        packed[3] |= 4;
        packed.splice(10..10, [6, 0, b'B', b'C', 2, 0, len as u8, (len >> 8) as u8]);
        packed
    };
    text.chunks(member_bytes).chain([&b""[..]]).flat_map(member).collect()
}

/// `text` in frames, with what readers pass over between them.
fn frames(text: &[u8], frame_bytes: usize) -> Vec<u8> {
    let skipped = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    text.chunks(frame_bytes)
        .flat_map(|text| [pack(Compression::Zstd, text), skipped.to_vec()].concat())
        .collect()
}

/// One part after the other, and what is wrong with it.
fn one_after_the_other(compression: Compression, packed: &[u8]) -> (Vec<u8>, bool) {
    let mut text = Vec::new();
    let read = compression.unpack(std::io::Cursor::new(packed.to_vec())).unwrap().read_to_end(&mut text);
    (text, read.is_ok())
}

#[test]
fn parts_are_cut_where_members_and_frames_end() {
    let text = text(3_000);
    for (compression, packed) in
        [(Compression::Gzip, bgzf(&text, 1_000)), (Compression::Zstd, frames(&text, 10_000))]
    {
        assert_eq!(one_after_the_other(compression, &packed), (text.clone(), true));
        assert_eq!(parts::whole(compression, &packed), packed.len());
        let mut ends: Vec<usize> =
            (0..packed.len()).map(|len| parts::whole(compression, &packed[..len])).collect();
        ends.dedup();
        assert!(ends.len() > 10 && ends[0] == 0, "{ends:?}");
        for cut in ends.windows(2) {
            assert!(one_after_the_other(compression, &packed[cut[0]..cut[1]]).1, "{compression}: {cut:?}");
        }
        assert_eq!(content(&packed).unwrap(), text);
    }
    assert_eq!(
        parts::whole(Compression::Gzip, &pack(Compression::Gzip, &text)),
        0,
        "it does not say how long it is"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is wrong with the parts of a file, it is found as if they were unpacked one after the other.
    #[test]
    fn damage_does_not_depend_on_threads(
        (part_bytes, is_gzip) in (50usize..3_000, any::<bool>()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        cut in prop::option::of(any::<prop::sample::Index>()),
        tail in prop::sample::select(vec![&b""[..], b"", b"\0\0\0", b"more than a header of anything", b"\x1f\x8b\x08\x04"]),
    ) {
        let text = text(500);
        let mut packed = if is_gzip { bgzf(&text, part_bytes) } else { frames(&text, part_bytes) };
        for (at, byte) in changes {
            let at = at.index(packed.len() - 10) + 10;
            packed[at] = byte;
        }
        packed.truncate(cut.map_or(packed.len(), |cut| cut.index(packed.len() - 10) + 10));
        packed.extend_from_slice(tail);
        let compression = Compression::of(&packed).unwrap();
        let (text, is_whole) = one_after_the_other(compression, &packed);
        // Whatever the threads, one answer or one error.
        let found = content(&packed);
        prop_assert_eq!(found.is_ok(), is_whole, "{:?}", found);
        prop_assert!(found.is_err() || found.unwrap() == text);
    }
}

#[test]
fn what_expands_too_far_is_stopped() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = vec![b'a'; 4 << 20];
    for (compression, _) in Compression::ALL {
        std::fs::write(file.path(), pack(compression, &text)).unwrap();
        let within = |ratio, bytes| {
            unpack(file.path(), Expansion { ratio, bytes }, 0, 1 << 16)
                .map_err(|error| (error.kind(), error.setting().map(ToString::to_string)))
        };
        assert_eq!(within(1, 4 << 20).unwrap(), text, "the first GiB is free");
        let expected = (Kind::Limit, Some("limits.unpacked_bytes".to_owned()));
        assert_eq!(within(1 << 20, (4 << 20) - 1), Err(expected), "{compression}");
    }
}

#[test]
fn a_bomb_is_told_by_its_ratio() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut writer = zstd::stream::write::Encoder::new(file.reopen().unwrap(), 1).unwrap();
    std::io::copy(&mut std::io::repeat(b'a').take((1 << 30) + (1 << 20)), &mut writer).unwrap();
    writer.finish().unwrap();
    let read = |ratio| {
        let file = Unpacked::open(file.path(), "cannot read").unwrap();
        let mut forward = file.forward(Expansion { ratio, bytes: u64::MAX }, 1).unwrap();
        let mut piece = vec![0; 1 << 20];
        loop {
            match forward.read(&mut piece, &Stop::default()) {
                Ok(0) => return Ok(forward.position()),
                Ok(_) => {}
                Err(error) => return Err((error.kind(), forward.position() >> 20)),
            }
        }
    };
    assert_eq!(read(1 << 30), Ok((1 << 30) + (1 << 20)));
    // How much comes through a pipe is known at its end.
    let piped = |ratio| {
        let pipe = Pipe::at(file.path().to_owned()).open().unwrap();
        let mut forward = pipe.forward(Expansion { ratio, bytes: u64::MAX }, 1).unwrap();
        let mut piece = vec![0; 1 << 20];
        while forward.position() < (1 << 30) + (1 << 20) {
            forward.read(&mut piece, &Stop::default()).unwrap();
        }
        forward.read(&mut piece, &Stop::default()).map_err(|error| error.setting().map(ToString::to_string))
    };
    assert_eq!(piped(1 << 30), Ok(0));
    assert_eq!(piped(1_000), Err(Some("limits.expansion".to_owned())));
    assert!(matches!(read(1_000), Err((Kind::Limit, 1024..=1026))), "it is stopped where it is too large");
}

#[test]
fn the_beginning_can_be_looked_at_again() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = text(20_000);
    for (compression, _) in Compression::ALL {
        std::fs::write(file.path(), pack(compression, &text)).unwrap();
        let open = Unpacked::open(file.path(), "cannot read").unwrap();
        for (at, len) in [(0, 10), (300_000, 5), (0, 400_000), (text.len() - 3, 10), (text.len() + 9, 10)] {
            let mut bytes = vec![0; len];
            let read = open.read_at(&mut bytes, at as u64).unwrap();
            assert_eq!(
                &bytes[..read],
                &text[at.min(text.len())..(at + len).min(text.len()).max(at.min(text.len()))]
            );
        }
        let mut forward = open.forward(Expansion::ANY, 0).unwrap();
        let mut all = vec![0; text.len() + 1];
        let mut have = 0;
        while let read @ 1.. = forward.read(&mut all[have..], &Stop::default()).unwrap() {
            have += read;
        }
        assert_eq!(&all[..have], text);
        assert!(open.forward(Expansion::ANY, 0).is_err(), "it was taken");
    }
}

/// A Zstandard frame and an xz stream whose windows are of 1 GiB and 256 MiB, though they have little content.
fn with_large_windows() -> [Vec<u8>; 2] {
    // Magic, no flags, the window, a last block of two plain bytes.
    let zstd = [0x28, 0xb5, 0x2f, 0xfd, 0, (30 - 10) << 3, 0x11, 0, 0, b'a', b'b'];
    let mut xz = pack(Compression::Xz, b"ab");
    // The header of the first block begins with its length in words, and ends with its CRC.
    let (block, len) = (12, (usize::from(xz[12]) + 1) * 4);
    let window = xz[block..].windows(2).position(|bytes| bytes == [0x21, 1]).unwrap() + block + 2;
    xz[window] = 32;
    let mut crc = flate2::Crc::new();
    crc.update(&xz[block..block + len - 4]);
    xz[block + len - 4..block + len].copy_from_slice(&crc.sum().to_le_bytes());
    [zstd.to_vec(), xz]
}

#[test]
fn a_window_that_is_too_large_is_not_called_damage() {
    for (packed, [kind, command]) in
        with_large_windows().iter().zip([["Zstandard", "zstd -dc -M2GiB"], ["xz", "xz -dc"]])
    {
        let error = content(packed).unwrap_err();
        assert_eq!(
            error.message(),
            format!("its {kind} data has a window of more than 128 MiB, which is the limit")
        );
        let help = error.help_text().unwrap();
        assert_eq!(
            help,
            format!("compress it again with a smaller window: {command} FILE | zstd > events.zst")
        );
        let torn = content(&packed[..packed.len().min(9)]).unwrap_err();
        assert!(torn.message().starts_with("its "), "{torn}");
    }
}

#[test]
fn a_column_may_be_called_as_a_compression_begins() {
    for head in ["BZh9,time", "BZh\t1", "BZh91,y", "\u{fd}7zXZ", "(", ""] {
        assert_eq!(Compression::of(head.as_bytes()), None, "{head:?}");
    }
    assert_eq!(Compression::without_ending("a.csv.GZ"), "a.csv");
    assert_eq!(Compression::without_ending("\u{e9}z"), "\u{e9}z");
}
