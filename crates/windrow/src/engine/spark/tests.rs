//! The engine against the embedded one, on a Spark that the tests are given.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::engine::embedded::Embedded;
use crate::job::Job;
use crate::reject::Reject;
use crate::run::{Outcome, RejectSink, run};

#[derive(Default)]
struct Kept(Vec<(String, Reject)>);

impl RejectSink for Kept {
    fn write(&mut self, name: &str, rejects: &[Reject]) -> Result<()> {
        self.0.extend(rejects.iter().map(|reject| (name.to_owned(), reject.clone())));
        Ok(())
    }
}

fn counted_by(
    engine: &dyn Engine,
    job: &Job,
    files: &[InputFile],
) -> Result<(Outcome, Vec<(String, Reject)>)> {
    let mut kept = Kept::default();
    let outcome = run(job, files, engine, &Settings::default(), Some(&mut kept))?;
    Ok((outcome, kept.0))
}

fn said(outcome: &Outcome) -> String {
    let mut text = format!("{:?} {:?}\n", outcome.tally, outcome.span_us);
    for file in &outcome.files {
        text += &format!(
            "{} {:?} {:?}\n",
            file.name,
            file.tally,
            file.refused.as_ref().map(|error| error.message().to_owned())
        );
    }
    let counts = &outcome.counts;
    let mut cells = BTreeMap::new();
    for (pane, slot) in counts.panes_in_order() {
        counts.row(slot, |key, n| {
            cells.insert(
                (
                    pane,
                    counts
                        .keys
                        .tuple(key)
                        .iter()
                        .map(|v| String::from_utf8_lossy(v).into_owned())
                        .collect::<Vec<_>>(),
                ),
                n,
            );
        });
    }
    for (cell, n) in cells {
        text += &format!("{cell:?} {n}\n");
    }
    text
}

#[test]
#[ignore = "needs a Spark Connect server"]
fn the_embedded_engine_counts_the_same() {
    let conf = BTreeMap::from([
        ("spark.sql.files.maxPartitionBytes".to_owned(), "4096".to_owned()),
        ("spark.sql.files.openCostInBytes".to_owned(), "0".to_owned()),
    ]);
    let spark = Spark::new(&std::env::var("WINDROW_TEST_SPARK").unwrap(), conf).unwrap();
    let folder = std::env::var("DIFF").unwrap();
    let mut jobs: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.join("job.toml").exists())
        .collect();
    jobs.sort();
    let (mut same, mut different) = (0, 0);
    for at in jobs {
        let path = at.join("job.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        let Ok(job) = Job::from_toml(&text, Path::new(&path)) else { continue };
        let listing = match crate::source::list(&job.source.path, &job.source.root) {
            Ok(l) => l,
            Err(_) => continue,
        };
        let a = counted_by(&Embedded, &job, &listing.files)
            .map(|(o, r)| (said(&o), r))
            .map_err(|e| format!("{:?} {}", e.kind(), e.message()));
        let b = counted_by(&spark, &job, &listing.files)
            .map(|(o, r)| (said(&o), r))
            .map_err(|e| format!("{:?} {}", e.kind(), e.message()));
        if a == b {
            same += 1
        } else {
            different += 1;
            println!("== {}\n", at.display());
            match (&a, &b) {
                (Ok((a, ra)), Ok((b, rb))) => {
                    let (x, y): (Vec<_>, Vec<_>) = (a.lines().collect(), b.lines().collect());
                    for l in x.iter().filter(|l| !y.contains(l)).take(5) {
                        println!("- {l}");
                    }
                    for l in y.iter().filter(|l| !x.contains(l)).take(5) {
                        println!("+ {l}");
                    }
                    for l in ra.iter().filter(|l| !rb.contains(l)).take(3) {
                        println!("- {l:?}");
                    }
                    for l in rb.iter().filter(|l| !ra.contains(l)).take(3) {
                        println!("+ {l:?}");
                    }
                }
                _ => println!(
                    "- {:.300?}\n+ {:.3000}",
                    a.as_ref().err(),
                    b.as_ref().err().cloned().unwrap_or_default()
                ),
            }
        }
    }
    println!("{same} same, {different} different");
    assert_eq!(different, 0);
}
