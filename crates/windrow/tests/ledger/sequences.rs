use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use windrow::ledger::Ledger;
use windrow::{Kind, Settings};
use windrow::{Outcome, RunRequest};

use crate::model::{Doubts, HEADER, Model};
use crate::storage::{Memory, OperationFate};
use crate::truth;
use crate::work::{JobWords, TestWork};

/// Sequences that are tried unless more are asked for.
const SEEDS: u64 = 200;

/// Sequences on two engines; they differ in few steps.
const SEEDS_ON_TWO: u64 = 40;

/// Numbers by chance, the same for a seed everywhere.
pub(crate) struct Draws(pub(crate) u64);

impl Draws {
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn of<'c, T>(&mut self, choices: &'c [T]) -> &'c T {
        &choices[self.below(choices.len() as u64) as usize]
    }

    fn line(&mut self) -> String {
        let key = *self.of(&["Open", "open", " OPEN ", "Close", "close", "open door", "", "  "]);
        let second = match self.below(40) {
            0 => return "no time,Open".to_owned(),
            1 => return "2024-03-31T00:00:00Z,Open,more".to_owned(),
            2 => return if self.below(2) == 0 { String::new() } else { HEADER.to_owned() },
            3 => -1 - self.below(100_000) as i64,
            4 => 1_800_000_000,
            // The clocks of Berlin go forward in these days.
            _ => 1_711_756_800 + self.below(200_000) as i64,
        };
        format!("{},{key}", jiff::Timestamp::from_second(second).unwrap())
    }

    pub(crate) fn lines(&mut self, n: u64) -> String {
        (0..n).fold(String::new(), |mut lines, _| {
            writeln!(lines, "{}", self.line()).unwrap();
            lines
        })
    }

    pub(crate) fn text(&mut self) -> String {
        let n = self.below(12);
        format!("{HEADER}\n{}", self.lines(n))
    }
}

fn spoilt() -> String {
    format!("{HEADER}\n{}", "bad,row\n".repeat(9))
}

/// Something happens to the files.
pub(crate) fn change_files(dice: &mut Draws, work: &mut TestWork) {
    let names: Vec<String> = work.files.keys().cloned().collect();
    let ending = *dice.of(&["", "", ".gz"]);
    let free = format!("in/{}{}.csv{ending}", dice.below(4), dice.below(4));
    if names.is_empty() || dice.below(4) == 0 {
        let text = dice.text();
        return work.write(&free, &text);
    }
    let name = dice.of(&names).clone();
    let mut text = work.files[&name].clone();
    match dice.below(14) {
        12 | 13 if !work.files.contains_key(&free) => {
            // A log is rotated: it grows, gets another name, and may begin anew.
            let begins_anew = dice.below(2) == 0;
            text += &dice.lines(2);
            work.rename(&name, &free);
            work.write(&free, &text);
            if begins_anew {
                let text = dice.text();
                work.write(&name, &text);
            }
        }
        0 | 1 => {
            text += &dice.lines(2);
            work.write(&name, &text);
        }
        2 => {
            let more = dice.lines(2);
            text += &more[..more.len().saturating_sub(1 + dice.below(25) as usize)];
            work.write(&name, &text);
        }
        3 => {
            text = dice.text();
            work.write(&name, &text);
        }
        4 => {
            text = text.replacen("Open", "Shut", 1) + &dice.lines(1);
            work.write(&name, &text);
        }
        5 | 6 => work.delete(&name),
        7 if !work.files.contains_key(&free) => work.rename(&name, &free),
        8 => work.write(&free, &text),
        9 => work.touch(&name),
        10 => {
            // Nothing but its bytes tells it from what it was.
            let place = if dice.below(2) == 0 { &name } else { &free };
            work.write(place, &text.replacen("Open", "Shut", 1));
        }
        _ => {
            let text = if dice.below(2) == 0 { spoilt() } else { HEADER.to_owned() };
            work.write(&name, &text);
        }
    }
}

/// Something is asked otherwise. Panes become wider, and never narrower: that needs every file again.
fn change_question(dice: &mut Draws, question: &mut JobWords) {
    question.rejects = *dice.of::<&'static str>(&["0", "3", "3", "20", "'30%'", ""]);
    question.case = *dice.of(&["title", "lower", "keep"]);
    question.reports.truncate(1);
    if dice.below(8) == 0 {
        question.reports[0].1 = "every = '1h'\nzone = 'Europe/Berlin'".to_owned();
    }
    let is_wide = question.reports[0].1.contains("1h");
    if dice.below(4) > 0 {
        let every = dice.of(match is_wide {
            true => &["1h", "6h", "1d", "1mo", "1h'\nsize = '6h"],
            false => &["10m", "30m", "1h", "6h", "1d", "1mo", "10m'\nsize = '1h"][..],
        });
        let zone = dice.of(match is_wide {
            true => &["UTC", "Europe/Berlin"],
            false => &["UTC", "Europe/Berlin", "Asia/Kolkata"][..],
        });
        let bounds = dice.of(&["", "", "from = '2024-03-31T01:00'\nto = '2024-04-01'", "fill = 'none'"]);
        question.reports.push(("other", format!("every = '{every}'\nzone = '{zone}'\n{bounds}")));
    }
}

/// What a run did. None: no row that it has read counts, and nothing else does; so nothing was kept or published.
fn run(work: &TestWork, memory: &Memory, model: &Model) -> Option<Outcome> {
    let job = work.job();
    let nothing_counts = model.will_count_nothing(&job, &work.files);
    let told = || {
        let mut versions = truth::versions(&memory.calm(), &job);
        // Contributions and rejects that no row of the ledger names count for nothing.
        versions.drain(1..3);
        versions
    };
    let before = told();
    match work.run(&memory.calm()) {
        Ok(done) => {
            let is_told = done.tally.rejected_total() == 0 || done.refused().next().is_some();
            assert!(!nothing_counts || is_told, "an empty answer replaces the one that is there: {done:?}");
            Some(done)
        }
        Err(error) => {
            let said = format!("{error}: {:?}", error.help_text());
            assert!(nothing_counts && is_no_answer(&error), "{said}");
            assert_eq!((error.kind(), told()), (Kind::Data, before), "{said}");
            None
        }
    }
}

/// Whether a run has ended because no event counts: of what it has read, or of what stays when the files with events are gone.
fn is_no_answer(error: &windrow::Error) -> bool {
    ["no row was counted", "no row counts"].iter().any(|told| error.message().contains(told))
}

/// A run that is stopped, or whose store fails from some operation on. Whether it was true shows in the ledger.
fn interrupted(dice: &mut Draws, work: &TestWork, memory: &Memory) -> bool {
    let version = || Ledger::open(&memory.calm()).unwrap().map(|ledger| ledger.version()).filter(|v| *v > 0);
    let before = version();
    let (left, stops) = (dice.below(90), dice.below(2) == 0);
    let settings = Settings::default();
    let (done, stop) = (Arc::new(AtomicU64::new(0)), settings.stop.clone());
    let store = memory.wild(Box::new(move |_, _| {
        let is_over = done.fetch_add(1, Ordering::Relaxed) >= left;
        match stops {
            true if is_over => stop.request(false),
            false if is_over => return OperationFate::Before,
            _ => {}
        }
        OperationFate::Pass
    }));
    let asked = RunRequest { gone_accepted: true, ..RunRequest::default() };
    if let Err(error) = work.run_asked(&store, &settings, &asked) {
        let is_cut = matches!(error.kind(), Kind::Storage | Kind::Interrupted);
        assert!(is_cut || is_no_answer(&error), "{error}");
    }
    version() != before
}

/// A sequence whose runs take turns, if they are `mixed`, between an engine that sees the bytes of files and one that does not.
fn sequence(seed: u64, mixed: bool) {
    let mut dice = Draws(seed);
    let source = [
        "",
        "",
        "duplicates = 'count'",
        "on_gone = 'subtract'",
        "growing = true",
        "growing = true\nduplicates = 'count'",
    ];
    let source = (*dice.of(&source)).to_owned();
    // What publishes the events themselves is not built for the other engine.
    let events = !mixed && seed.is_multiple_of(2);
    let of_events = if seed.is_multiple_of(4) { "partition_by = ['action']" } else { "" };
    let question = JobWords { source, events, of_events, ..JobWords::default() };
    let mut work = TestWork::new(question);
    let (memory, mut model) = (Memory::default(), Model::default());
    work.write("in/first.csv", &format!("{HEADER}\n2024-03-31T00:30:00Z,Open\n"));
    work.run(&memory.calm()).unwrap();
    model.run(&work.job(), &work.files);
    for _ in 0..2 + dice.below(8) {
        (0..dice.below(4)).for_each(|_| change_files(&mut dice, &mut work));
        if dice.below(3) == 0 {
            change_question(&mut dice, &mut work.question);
            if work.question.events {
                // Otherwise cleaned ones need every file again.
                work.question.case = "title";
            }
        }
        let mut before = truth::doubts(&memory.calm());
        work.sees_bytes = !mixed || dice.below(2) == 0;
        if dice.below(3) == 0 && interrupted(&mut dice, &work, &memory) {
            before = follow(&work, &memory, &mut model, before, mixed);
            work.sees_bytes = !mixed || dice.below(2) == 0;
            (0..dice.below(2)).for_each(|_| change_files(&mut dice, &mut work));
        }
        let forecast = work.forecast(&memory.calm());
        let Some(done) = run(&work, &memory, &model) else { continue };
        truth::check_forecast(&forecast, &done);
        follow(&work, &memory, &mut model, before, mixed);
        if given("WINDROW_SEED").is_some() {
            show(&work, &memory, &model);
        }
        truth::check(&memory.calm(), &work.job(), &model);
        truth::check_fingerprints(&memory.calm(), &model);
    }
    let job = work.job();
    let before = truth::versions(&memory.calm(), &job);
    let Some(done) = run(&work, &memory, &model) else { return };
    assert_eq!((done.bytes_read, done.plan.reads().count()), (0, 0), "nothing is new");
    assert_eq!(truth::versions(&memory.calm(), &job), before, "nothing is new");
    let fresh = truth::fresh(&model, &work.question);
    for (spec, rows) in job.reports.iter().zip(fresh) {
        assert_eq!(truth::published(&memory.calm(), &job, &spec.name), rows, "one full run");
    }
}

/// The model after a run that was true, with what the run could not know: `before` is what had no fingerprint.
fn follow(work: &TestWork, memory: &Memory, model: &mut Model, before: Doubts, mixed: bool) -> Doubts {
    let after = truth::doubts(&memory.calm());
    assert!(mixed || after.unhashed.is_empty() && after.refused.is_empty(), "nothing is in doubt");
    match mixed {
        true => model.run_in_doubt(
            &work.job(),
            &work.files,
            &Doubts { unhashed: before.unhashed, ..after.clone() },
        ),
        false => model.run(&work.job(), &work.files),
    }
    after
}

/// What a run ended with, for the one sequence that is looked into.
fn show(work: &TestWork, memory: &Memory, model: &Model) {
    println!("{:?}\nlisted {:?}\ncounted {:?}", work.question, work.files, model.counted.keys());
    for row in Ledger::open(&memory.calm()).unwrap().unwrap().rows() {
        let other = row.reason.as_ref().or(row.other.as_ref());
        println!("{} {} {:?} {other:?}", row.file, row.state, row.contribution);
    }
}

/// The number that an environment variable gives.
pub(crate) fn given(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn seeds(usual: u64) -> std::ops::Range<u64> {
    match given("WINDROW_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..given("WINDROW_SEEDS").unwrap_or(usual),
    }
}

#[test]
fn sequences_end_as_one_full_run() {
    for seed in seeds(SEEDS) {
        println!("WINDROW_SEED={seed}");
        sequence(seed, false);
    }
}

#[test]
fn sequences_on_two_engines_end_as_one_full_run() {
    for seed in seeds(SEEDS_ON_TWO) {
        println!("WINDROW_SEED={seed}");
        sequence(seed, true);
    }
}
