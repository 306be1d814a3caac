use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::Timestamp;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use windrow::Reason;

const LAYOUTS: [TimeLayout; 8] = [
    TimeLayout::Iso,
    TimeLayout::IsoSeconds,
    TimeLayout::Offset,
    TimeLayout::Local,
    TimeLayout::EpochS,
    TimeLayout::EpochMs,
    TimeLayout::EpochUs,
    TimeLayout::EpochNs,
];

fn log(recipe: &Recipe) -> (Vec<u8>, Tally) {
    let mut bytes = Vec::new();
    let tally = write(recipe, &mut bytes).unwrap();
    (bytes, tally)
}

/// The instant of a written time, read by jiff, cut down to milliseconds.
fn read_ms(text: &str, layout: TimeLayout) -> i64 {
    match layout {
        TimeLayout::Local => format!("{text}Z").parse::<Timestamp>().unwrap().as_millisecond(),
        TimeLayout::EpochS => text.parse::<i64>().unwrap() * 1_000,
        TimeLayout::EpochMs => text.parse().unwrap(),
        TimeLayout::EpochUs => text.parse::<i64>().unwrap().div_euclid(1_000),
        TimeLayout::EpochNs => text.parse::<i64>().unwrap().div_euclid(1_000_000),
        _ => text.parse::<Timestamp>().unwrap().as_millisecond(),
    }
}

/// Times and actions of a clean log without extra columns.
fn events(recipe: &Recipe) -> Vec<(i64, String)> {
    let text = String::from_utf8(log(recipe).0).unwrap();
    let rows = text.lines().skip(1).map(|line| line.split_once(',').unwrap());
    rows.map(|(time, action)| (read_ms(time, recipe.time_layout), action.to_owned())).collect()
}

/// Everything at once: what no later version may write in another way.
fn rich(order: Order, time_layout: TimeLayout) -> Recipe {
    Recipe {
        events: 2_000,
        time_layout,
        order,
        keys: vec!["action=Open:3,Close:1,\"Lost, found\"".parse().unwrap(), "step=40".parse().unwrap()],
        extra_columns: 12,
        dirt_ppm: 100_000,
        line_end: LineEnding::Crlf,
        ..Recipe::default()
    }
}

#[test]
fn same_seed_same_bytes_in_every_version() {
    let mut all = Sha256::new();
    for time_layout in LAYOUTS {
        for order in [Order::Sorted, Order::Shuffled, Order::Late { share_ppm: 50_000, by_us: 7_200_000_000 }]
        {
            all.update(log(&rich(order, time_layout)).0);
        }
    }
    let hash = all.finalize().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    });
    assert_eq!(hash, "341d4b632a011c196f99c48697cf98326593cf8395d55611d05c7b37f0434bf3");
}

#[test]
fn another_seed_is_another_log() {
    assert_ne!(events(&Recipe::default()), events(&Recipe { seed: 2, ..Recipe::default() }));
}

#[test]
fn the_default_looks_like_the_reference() {
    let text = String::from_utf8(log(&Recipe { events: 2, ..Recipe::default() }).0).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!((lines[0], lines.len()), ("time,action", 3));
    assert!(lines[1].starts_with("2016-07-2") && lines[1].as_bytes()[23] == b'Z', "{}", lines[1]);
}

#[test]
fn every_layout_writes_the_same_events() {
    let recipe = Recipe { events: 500, start_us: -86_400_000_000, ..Recipe::default() };
    let expected = events(&recipe);
    for time_layout in LAYOUTS {
        let whole_seconds = matches!(time_layout, TimeLayout::IsoSeconds | TimeLayout::EpochS);
        let unit_ms = if whole_seconds { 1_000 } else { 1 };
        let cut: Vec<_> =
            expected.iter().map(|(ms, action)| (ms.div_euclid(unit_ms) * unit_ms, action.clone())).collect();
        assert_eq!(events(&Recipe { time_layout, ..recipe.clone() }), cut, "{time_layout:?}");
    }
}

#[test]
fn late_rows_are_as_many_and_as_late_as_asked() {
    let sorted = Recipe { events: 20_000, ..Recipe::default() };
    let late = Recipe { order: Order::Late { share_ppm: 50_000, by_us: 7_200_000_000 }, ..sorted };
    let times: Vec<_> = events(&late).into_iter().map(|(ms, _)| ms).collect();
    let (mut latest, mut behind) = (times[0], 0);
    for ms in times {
        assert!(latest - ms <= 7_200_000, "{} ms late", latest - ms);
        behind += u32::from(ms < latest);
        latest = latest.max(ms);
    }
    assert!((900..=1_100).contains(&behind), "{behind} of 20000 rows are late");
}

#[test]
fn days_have_a_rhythm() {
    let mut hours = [0_u32; 24];
    for (ms, _) in events(&Recipe::default()) {
        hours[ms.div_euclid(3_600_000).rem_euclid(24) as usize] += 1;
    }
    assert!(hours[18] > 8 * hours[4], "{hours:?}");
}

#[test]
fn weights_are_shares() {
    let keys = vec!["action=Open:3,Close:1".parse().unwrap()];
    let rows = events(&Recipe { keys, ..Recipe::default() });
    let open = rows.iter().filter(|(_, action)| action == "Open").count();
    assert!((74_000..=76_000).contains(&open), "{open} of 100000");
}

#[test]
fn keys_are_read_as_written() {
    let key = |text: &str| text.parse::<Key>().map(|key| key.values);
    assert_eq!(
        key("a=x:2,y,u:v:3,z:b").unwrap(),
        [("x".into(), 2), ("y".into(), 1), ("u:v".into(), 3), ("z:b".into(), 1)]
    );
    assert_eq!(key("a=2").unwrap(), [("a_0001".into(), 1), ("a_0002".into(), 1)]);
    assert!(key("a").is_err() && key("a=0").is_err() && key("a=99999999").is_err());
}

#[test]
fn what_cannot_be_written_is_refused() {
    let good = Recipe::default();
    let double = vec!["time=a".parse().unwrap()];
    let nothing = vec!["action=Open:0".parse().unwrap()];
    for bad in [
        Recipe { span_us: 0, ..good.clone() },
        Recipe { start_us: i64::MAX, ..good.clone() },
        Recipe { start_us: windrow::YEAR_9998_US, time_layout: TimeLayout::EpochNs, ..good.clone() },
        Recipe { dirt_ppm: 1_000_001, ..good.clone() },
        Recipe { keys: double, ..good.clone() },
        Recipe { keys: nothing, ..good.clone() },
        Recipe { events: u64::MAX, ..good.clone() },
        Recipe { extra_columns: usize::MAX, ..good },
    ] {
        assert_eq!(write(&bad, &mut Vec::new()).unwrap_err().kind(), windrow::Kind::Usage, "{bad:?}");
    }
}

#[test]
fn files_hold_what_one_file_would() {
    let recipe = Recipe { events: 1_000, ..Recipe::default() };
    let (whole, _) = log(&recipe);
    let header = b"time,action\n".len();
    for files in [1, 2, 7, 999, 1_500] {
        let folder = tempfile::tempdir().unwrap();
        let path = |i| folder.path().join(format!("{i}"));
        let create = |i| Ok(std::fs::File::create(path(i)).unwrap());
        let tallies = write_files(&recipe, files, create, |_| Ok(())).unwrap();
        let mut joined = b"time,action\n".to_vec();
        for (i, tally) in (0..files).zip(&tallies) {
            let bytes = std::fs::read(path(i)).unwrap();
            assert_eq!((tally.bytes_total, tally.adds_up()), (bytes.len() as u64, true));
            joined.extend_from_slice(&bytes[header..]);
        }
        assert_eq!(joined, whole, "{files} files");
        assert_eq!(tallies.iter().map(|tally| tally.read).sum::<u64>(), 1_000);
    }
    assert!(write_files(&recipe, 0, |_| Ok(Vec::new()), |_| Ok(())).is_err());
}

#[test]
fn extra_columns_come_around_the_time_and_hold_line_ends() {
    let recipe = Recipe { events: 300, extra_columns: 10, ..Recipe::default() };
    let text = String::from_utf8(log(&recipe).0).unwrap();
    let header: Vec<_> = text.lines().next().unwrap().split(',').collect();
    assert_eq!((header.len(), header[4], header[9]), (12, "time", "action"));
    assert_eq!(header.iter().collect::<BTreeSet<_>>().len(), 12);
    assert!(text.lines().count() > 301, "notes of several lines");
    assert!(text.contains("\"said \"\"no\"\", then left\""), "quotes inside quotes");
}

/// What a line without quoted line ends is, found by looking at its bytes.
fn naive_tally(bytes: &[u8], header: &[u8], line_end: &[u8], width: usize) -> Tally {
    let mut tally =
        Tally { bytes_read: bytes.len() as u64, bytes_total: bytes.len() as u64, ..Tally::default() };
    let body = bytes.strip_suffix(line_end).unwrap();
    let lines: Vec<_> = match line_end.len() {
        1 => body.split(|byte| *byte == b'\n').collect(),
        _ => body.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect(),
    };
    for line in &lines[1..] {
        tally.read += 1;
        let has = |part: &[u8]| line.windows(part.len()).any(|at| at == part);
        let fields = line.iter().filter(|byte| **byte == b',').count() + 1;
        let reason = match () {
            () if line.is_empty() => {
                tally.blank += 1;
                continue;
            }
            () if *line == header => {
                tally.repeated_header += 1;
                continue;
            }
            () if fields < width => Reason::TooFewFields,
            () if fields > width => Reason::TooManyFields,
            () if has(b"\"ed") => Reason::TextAfterQuote,
            () if has(b"\"") => Reason::StrayQuote,
            () if has(b"\0") => Reason::Nul,
            () if std::str::from_utf8(line).is_err() => Reason::InvalidUtf8,
            () if has(b"yesterday") => Reason::BadTime,
            () => {
                tally.counted += 1;
                continue;
            }
        };
        tally.rejected[reason as usize] += 1;
    }
    tally
}

proptest! {
    #[test]
    fn the_tally_is_what_a_naive_reader_finds(
        seed: u64, events in 0..400_u64, dirt_ppm in 0..=1_000_000_u32, keys in 0..3_usize, crlf: bool,
        extra_columns in 0..4_usize,
    ) {
        let keys = ["a=Open,Close".parse().unwrap(), "b=30".parse().unwrap()][..keys].to_vec();
        let width = 1 + keys.len() + extra_columns;
        let line_end = if crlf { LineEnding::Crlf } else { LineEnding::Lf };
        let recipe = Recipe { seed, events, dirt_ppm, keys, line_end, extra_columns, ..Recipe::default() };
        let (bytes, tally) = log(&recipe);
        let end: &[u8] = if crlf { b"\r\n" } else { b"\n" };
        let header = &bytes[..bytes.windows(end.len()).position(|at| at == end).unwrap()];
        prop_assert!(tally.adds_up());
        prop_assert_eq!(&tally, &naive_tally(&bytes, header, end, width));
    }

    #[test]
    fn times_stay_in_the_span_and_sorted_is_sorted(
        seed: u64, n in 0..3_000_u64, start_ms in -100_000_000_000..100_000_000_000_i64,
        span_ms in 1..1_000_000_000_i64, shuffled: bool,
    ) {
        let (start_us, span_us) = (start_ms * 1_000, span_ms * 1_000);
        let order = if shuffled { Order::Shuffled } else { Order::Sorted };
        let recipe = Recipe { seed, events: n, start_us, span_us, order, ..Recipe::default() };
        let times: Vec<_> = events(&recipe).into_iter().map(|(ms, _)| ms).collect();
        prop_assert_eq!(times.len() as u64, n);
        prop_assert!(times.iter().all(|ms| (start_ms..start_ms + span_ms).contains(ms)));
        prop_assert!(shuffled || times.is_sorted());
    }
}
