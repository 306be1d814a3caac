#![allow(warnings, clippy::all)]
use windrow::event::*;
use windrow::job::*;
use windrow::source::InputFile;
use windrow::window::Zone;
use windrow::*;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let path = &a[1];
    let threads: usize = a[2].parse().unwrap();
    let key = a.get(3).map(|s| s.as_str()).unwrap_or("action");
    let job = Job {
        name: "x".into(),
        source: Source {
            path: vec![],
            root: ".".into(),
            dialect: Default::default(),
            time: TimeRules {
                column: "time".into(),
                format: if a.get(4).map(|s| s == "ms").unwrap_or(false) {
                    TimeFormat::EpochMs
                } else {
                    TimeFormat::Iso
                },
                zone: Zone::utc(),
                local: LocalTimes::Reject,
                earliest_us: YEAR_1_US,
                latest_us: YEAR_9999_US,
            },
            keys: vec![key.into()],
        },
        cleaning: vec![Cleaning::default()],
        limits: Limits::default(),
        reports: vec![ReportSpec {
            name: "r".into(),
            every: Step { n: 10, unit: Unit::Minute },
            size: Step { n: 10, unit: Unit::Minute },
            zone: Zone::utc(),
            values: vec![],
            top: None,
            fill: Fill::Zero,
            from_us: None,
            to_us: None,
            shape: None,
        }],
    };
    let mut s = Settings::default();
    s.threads = std::num::NonZeroUsize::new(threads).unwrap();
    if let Ok(r) = std::env::var("READ") {
        s.read_size_bytes = r.parse::<usize>().unwrap() << 10;
    }
    if let Ok(r) = std::env::var("CHUNK") {
        s.chunk_size_bytes = r.parse::<u64>().unwrap() << 10;
    }
    let size = std::fs::metadata(path).unwrap().len();
    let t = windrow::clock::Stopwatch::start();
    let o = windrow::run::run(
        &job,
        &[InputFile { name: path.clone(), path: path.into(), size_bytes: size }],
        &windrow::engine::embedded::Embedded,
        &s,
        None,
    )
    .unwrap();
    println!(
        "{:?} {:?} groups {} rejects {:?}",
        t.elapsed(),
        o.tally,
        o.counts.groups(),
        o.first_rejects.len()
    );
}
