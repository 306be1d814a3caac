//! Random histories of a folder, with a run after each: what counts is what counting all files at once gives, and what is
//! the same is not read.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use proptest::prelude::*;

use super::*;

mod expect;

type Name = usize;
type LineCounts = BTreeMap<Vec<u8>, u64>;

const NAMES: Name = 4;
const CONTENTS: [&str; 8] = ["", "a\n", "b\n", "a\nb\n", "b\na\n", "a\nb\na\n", "!\n", "a\nb"];
const TAILS: [&str; 4] = ["a\n", "b\n", "b", "\n"];

#[derive(Clone, Debug)]
enum ModelStep {
    Write(Name, usize),
    Append(Name, usize),
    Delete(Name),
    Rename(Name, Name),
    Copy(Name, Name, bool),
    Touch(Name),
    Wait,
    ToggleDuplicates,
    /// Another engine: one sees the bytes of files, and one does not.
    ToggleEngine,
    /// A run in which this file, if it is read, cannot be read.
    Fail(Name),
}

fn steps() -> impl Strategy<Value = Vec<ModelStep>> {
    let name = 0..NAMES;
    let step = prop_oneof![
        4 => (name.clone(), 0..CONTENTS.len()).prop_map(|(name, content)| ModelStep::Write(name, content)),
        3 => (name.clone(), 0..TAILS.len()).prop_map(|(name, tail)| ModelStep::Append(name, tail)),
        2 => name.clone().prop_map(ModelStep::Delete),
        2 => (name.clone(), name.clone()).prop_map(|(from, to)| ModelStep::Rename(from, to)),
        2 => (name.clone(), name.clone(), any::<bool>()).prop_map(|(from, to, p)| ModelStep::Copy(from, to, p)),
        1 => name.clone().prop_map(ModelStep::Touch),
        4 => Just(ModelStep::Wait),
        1 => Just(ModelStep::ToggleDuplicates),
        2 => Just(ModelStep::ToggleEngine),
        1 => name.prop_map(ModelStep::Fail),
    ];
    prop::collection::vec(step, 1..40)
}

#[derive(Clone, Debug, PartialEq)]
struct Disk {
    bytes: Vec<u8>,
    mtime_us: i64,
}

impl Disk {
    fn version(&self) -> FileVersion {
        FileVersion { size_bytes: self.bytes.len() as u64, stamp: Stamp::Mtime { us: self.mtime_us } }
    }
}

fn hash(bytes: &[u8]) -> u128 {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, bytes).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}

/// What a file is known by when it is renamed and has grown; an engine that sees all bytes or hashes lines has no need of the last ones.
fn ends(bytes: &[u8], has_last: bool) -> EndHashes {
    EndHashes { head: Some(hash(bytes)), last: has_last.then(|| hash(bytes)) }
}

fn lines(bytes: &[u8]) -> LineCounts {
    let mut lines = LineCounts::new();
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        *lines.entry(line.to_vec()).or_default() += 1;
    }
    lines
}

/// Whether two contents cannot be told apart without hashing them.
fn alike(a: &[u8], b: &[u8]) -> bool {
    let rows = |bytes| (lines(bytes).values().sum::<u64>(), lines(bytes).get(&b"!"[..]).copied());
    a.len() == b.len() && rows(a) == rows(b)
}

fn add(sum: &mut LineCounts, more: &LineCounts) {
    for (line, n) in more {
        *sum.entry(line.clone()).or_default() += n;
    }
}

/// The folder, the ledger, and what must count.
struct World {
    rules: Rules,
    sees_bytes: bool,
    /// Whether the engine that does not see bytes hashes lines.
    gives_lines: bool,
    /// Whether it hashes the last bytes if it hashes lines.
    gives_last: bool,
    clock_us: i64,
    runs: usize,
    disk: BTreeMap<Name, Disk>,
    /// What each file was when it was last read or known to be the same.
    known: BTreeMap<Name, Disk>,
    ledger: Vec<Seen>,
    contributions: BTreeMap<ContributionId, LineCounts>,
    /// What counts, followed by what enters and leaves.
    live: BTreeSet<ContributionId>,
    /// The counted content of the files that are there and count.
    held: BTreeMap<Name, Vec<u8>>,
    /// That of the files that are gone and count.
    gone: BTreeMap<Name, Vec<u8>>,
}

impl World {
    fn new(rules: Rules, (gives_lines, gives_last): (bool, bool)) -> Self {
        World {
            rules,
            sees_bytes: true,
            gives_lines,
            gives_last,
            clock_us: 1_000_000 * SECOND_US,
            runs: 0,
            disk: BTreeMap::new(),
            known: BTreeMap::new(),
            ledger: Vec::new(),
            contributions: BTreeMap::new(),
            live: BTreeSet::new(),
            held: BTreeMap::new(),
            gone: BTreeMap::new(),
        }
    }

    /// The store keeps steps of 10 ms.
    fn now_us(&self) -> i64 {
        self.clock_us.div_euclid(10_000) * 10_000
    }

    fn step(&mut self, step: &ModelStep) {
        self.clock_us += 1_000;
        let mtime_us = self.now_us();
        match *step {
            ModelStep::Write(name, content) => {
                let bytes = CONTENTS[content].as_bytes().to_vec();
                self.disk.insert(name, Disk { bytes, mtime_us });
            }
            ModelStep::Append(name, tail) => {
                if let Some(file) = self.disk.get_mut(&name) {
                    file.bytes.extend(TAILS[tail].bytes());
                    file.mtime_us = mtime_us;
                }
            }
            ModelStep::Delete(name) => drop(self.disk.remove(&name)),
            ModelStep::Rename(from, to) => {
                if from != to
                    && let Some(file) = self.disk.get(&from).cloned()
                    && self.shows(to, &file)
                {
                    self.disk.remove(&from);
                    self.disk.insert(to, file);
                }
            }
            ModelStep::Copy(from, to, keeps_time) => {
                let Some(mut file) = self.disk.get(&from).cloned().filter(|_| from != to) else { return };
                if !keeps_time {
                    file.mtime_us = mtime_us;
                }
                if self.shows(to, &file) {
                    self.disk.insert(to, file);
                }
            }
            ModelStep::Touch(name) => {
                if let Some(file) = self.disk.get_mut(&name) {
                    file.mtime_us = mtime_us;
                }
            }
            ModelStep::Wait => self.clock_us += 3 * SECOND_US,
            ModelStep::ToggleDuplicates if self.rules.on_gone == OnGone::Subtract => {
                self.rules.duplicates = match self.rules.duplicates {
                    Duplicates::Refuse => Duplicates::Count,
                    Duplicates::Count => Duplicates::Refuse,
                };
            }
            ModelStep::ToggleEngine => self.sees_bytes = !self.sees_bytes,
            ModelStep::ToggleDuplicates | ModelStep::Fail(_) => {}
        }
    }

    /// Another file put in the place of one, with its size and time of change, is what stamps do not show.
    fn shows(&self, to: Name, file: &Disk) -> bool {
        self.known.get(&to).is_none_or(|known| {
            known.mtime_us != file.mtime_us || known.bytes.len() != file.bytes.len() || known == file
        })
    }

    fn counted_part<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if self.rules.growing { &bytes[..end] } else { bytes }
    }

    fn reading(&mut self, planned: &Planned, file: &Disk) -> Reading {
        let counted = self.counted_part(&file.bytes);
        let prove = |bytes: &[u8]| {
            let [head, last] = Proof::ranges(bytes.len() as u64);
            let hash = |range: std::ops::Range<u64>| hash(&bytes[range.start as usize..range.end as usize]);
            Proof { head: hash(head), last: hash(last), ..Proof::default() }
        };
        let mut sum = lines(counted);
        let mut proven = None;
        if self.sees_bytes
            && let Read::Tail { from, proof } = planned.read
            && let Some((before, tail)) = counted.split_at_checked(from as usize)
            && prove(before) == proof
        {
            proven = Some(proof);
            let id = planned.seen.as_deref().and_then(|seen| seen.contribution.as_ref()).unwrap();
            sum = self.contributions[id].clone();
            add(&mut sum, &lines(tail));
        }
        let contribution = ContributionId(format!("{}/{}", self.runs, planned.identity));
        let rejected = lines(counted).get(&b"!"[..]).copied().unwrap_or_default();
        let rows = lines(counted).values().sum::<u64>();
        let mut tally = Tally { read: rows, counted: rows - rejected, ..Tally::default() };
        tally.rejected[0] = rejected;
        let content = CountedContent {
            opened: Opened { version: file.version(), at_us: self.clock_us },
            fingerprint: self.sees_bytes.then(|| hash(counted)),
            lines: (!self.sees_bytes && self.gives_lines).then(|| super::lines(hash(counted))),
            proof: (self.rules.growing && self.sees_bytes).then(|| prove(counted)),
            ends: ends(counted, !self.sees_bytes && (!self.gives_lines || self.gives_last)),
            begins_with: Vec::new(),
            proven,
            counted_bytes: counted.len() as u64,
            tally,
            span_us: None,
            contribution: contribution.clone(),
        };
        self.contributions.insert(contribution, sum);
        Reading::Counted(Box::new(content))
    }

    fn run(&mut self, fails: Option<Name>) {
        self.runs += 1;
        let listed: Vec<Listed> = self
            .disk
            .iter()
            .map(|(name, file)| Listed { identity: name.to_string().into(), version: file.version() })
            .collect();
        let plan = plan(&listed, &self.ledger, &self.rules).unwrap();
        let mut readings = BTreeMap::new();
        let known = self.known.clone();
        for planned in plan.reads() {
            let name: Name = planned.identity.parse().unwrap();
            let file = self.disk[&name].clone();
            let is_settled =
                planned.seen.as_deref().is_some_and(|seen| !seen.racy) && planned.cause != ReadReason::Rules;
            assert!(!(is_settled && self.known.get(&name) == Some(&file)), "{name} is the same and is read");
            let reading = if fails == Some(name) {
                Reading::Unread { reason: "it fails".into(), may_pass: true }
            } else {
                self.known.insert(name, file.clone());
                self.reading(planned, &file)
            };
            readings.insert(planned.identity.clone(), reading);
        }
        super::hash(&plan, &mut readings, &|name| {
            let file = &self.disk[&name.parse::<Name>().unwrap()];
            Some(hash(self.counted_part(&file.bytes)))
        });
        for prefix in prefixes(&plan, &readings).unwrap() {
            let bytes = &self.disk[&prefix.identity.parse::<Name>().unwrap()].bytes[..prefix.bytes as usize];
            let is_it = match prefix.fingerprint {
                Some(fingerprint) => fingerprint == hash(bytes),
                None if prefix.ends.last.is_none() => prefix.lines == Some(super::lines(hash(bytes))),
                None => prefix.ends == ends(bytes, true),
            };
            let Some(Reading::Counted(content)) = readings.get_mut(&prefix.identity) else { unreachable!() };
            content.begins_with.extend(is_it.then_some(prefix.of));
        }
        let reconciled = reconcile(&plan, &readings).unwrap();
        let mut unread = BTreeSet::new();
        for reconciled in
            reconciled.iter().filter(|reconciled| matches!(reconciled.became, Became::Unread { .. }))
        {
            let name: Name = reconciled.identity.parse().unwrap();
            unread.insert(name);
            match known.get(&name) {
                Some(before) => self.known.insert(name, before.clone()),
                None => self.known.remove(&name),
            };
        }
        assert!(fails.is_some() || unread.is_empty(), "what is there can be hashed");
        self.known.retain(|name, _| self.disk.contains_key(name));
        let is_unhashed = |row: &&Seen| row.contribution.is_some() && !row.is_hashed();
        let unhashed =
            self.ledger.iter().filter(is_unhashed).map(|row| row.identity.parse().unwrap()).collect();
        let unknown = reconciled.iter().zip(&plan.files).filter(|(reconciled, planned)| {
            let both = reconciled.row.as_deref().zip(planned.seen.as_deref());
            both.is_some_and(|(row, seen)| seen.contribution.is_some() && row.is_equal_to(seen).is_none())
        });
        let unknown = unknown.map(|(reconciled, _)| reconciled.identity.parse().unwrap()).collect();
        for reconciled in &reconciled {
            reconciled.leaves.iter().for_each(|id| assert!(self.live.remove(id)));
        }
        for reconciled in &reconciled {
            reconciled.enters.iter().for_each(|id| assert!(self.live.insert(id.clone())));
        }
        let counted = |row: Option<&Seen>| row.and_then(|row| row.contribution.clone());
        let takes = reconciled.iter().zip(&plan.files).filter(|(reconciled, planned)| {
            let has = counted(reconciled.row.as_deref());
            reconciled.enters.is_none() && has.is_some() && has != counted(planned.seen.as_deref())
        });
        let takes = takes.map(|(reconciled, _)| reconciled.identity.parse().unwrap()).collect();
        self.ledger =
            reconciled.into_iter().filter_map(|reconciled| reconciled.row.map(|row| *row)).collect();
        self.expect(&unread, (&unhashed, &unknown), &takes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn many_runs_count_what_one_does(
        steps in steps(), gives in any::<(bool, bool)>(), each in any::<bool>(), growing in any::<bool>(), count in any::<bool>(), subtract in any::<bool>(),
    ) {
        let rules = Rules {
            growing,
            duplicates: if count { Duplicates::Count } else { Duplicates::Refuse },
            on_gone: if subtract { OnGone::Subtract } else { OnGone::Keep },
            rejects: RejectLimit::Rows(0),
            gone_accepted: true,
            ..rules()
        };
        let mut world = World::new(rules, gives);
        for step in &steps {
            world.step(step);
            match step {
                ModelStep::Fail(name) => world.run(Some(*name)),
                // Several changes between two runs, and a run after each.
                ModelStep::Wait => world.run(None),
                _ if each => world.run(None),
                _ => {}
            }
        }
        world.clock_us += 3 * SECOND_US;
        world.run(None);
    }
}

#[test]
fn a_copy_counts_once_if_the_other_engine_counted_what_can_no_longer_be_read() {
    use ModelStep::{Fail, ToggleDuplicates, ToggleEngine, Wait, Write};
    for gives in [(true, true), (true, false), (false, false)] {
        let rules = Rules {
            on_gone: OnGone::Subtract,
            rejects: RejectLimit::Rows(0),
            gone_accepted: true,
            ..rules()
        };
        let mut world = World::new(rules, gives);
        let steps =
            [ToggleEngine, Write(1, 3), Wait, Write(2, 3), ToggleDuplicates, ToggleEngine, Wait, Write(1, 0)];
        for step in steps.into_iter().chain([ToggleDuplicates, Fail(1)]) {
            world.step(&step);
            match step {
                Fail(name) => world.run(Some(name)),
                Wait => world.run(None),
                _ => {}
            }
        }
    }
}
