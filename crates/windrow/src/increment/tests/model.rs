//! Random histories of a folder, with a run after each: what counts is what counting all files at once gives, and what is
//! the same is not read.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use proptest::prelude::*;

use super::*;

type Name = usize;
type Lines = BTreeMap<Vec<u8>, u64>;

const NAMES: Name = 4;
const CONTENTS: [&str; 8] = ["", "a\n", "b\n", "a\nb\n", "b\na\n", "a\nb\na\n", "!\n", "a\nb"];
const TAILS: [&str; 4] = ["a\n", "b\n", "b", "\n"];

#[derive(Clone, Debug)]
enum Step {
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

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = 0..NAMES;
    let step = prop_oneof![
        4 => (name.clone(), 0..CONTENTS.len()).prop_map(|(name, content)| Step::Write(name, content)),
        3 => (name.clone(), 0..TAILS.len()).prop_map(|(name, tail)| Step::Append(name, tail)),
        2 => name.clone().prop_map(Step::Delete),
        2 => (name.clone(), name.clone()).prop_map(|(from, to)| Step::Rename(from, to)),
        2 => (name.clone(), name.clone(), any::<bool>()).prop_map(|(from, to, p)| Step::Copy(from, to, p)),
        1 => name.clone().prop_map(Step::Touch),
        4 => Just(Step::Wait),
        1 => Just(Step::ToggleDuplicates),
        2 => Just(Step::ToggleEngine),
        1 => name.prop_map(Step::Fail),
    ];
    prop::collection::vec(step, 1..40)
}

#[derive(Clone, Debug, PartialEq)]
struct Disk {
    bytes: Vec<u8>,
    mtime_us: i64,
}

fn hash(bytes: &[u8]) -> u128 {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, bytes).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}

fn lines(bytes: &[u8]) -> Lines {
    let mut lines = Lines::new();
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

fn add(sum: &mut Lines, more: &Lines) {
    for (line, n) in more {
        *sum.entry(line.clone()).or_default() += n;
    }
}

/// The folder, the ledger, and what must count.
struct World {
    rules: Rules,
    sees_bytes: bool,
    clock_us: i64,
    runs: usize,
    disk: BTreeMap<Name, Disk>,
    /// What each file was when it was last read or known to be the same.
    known: BTreeMap<Name, Disk>,
    ledger: Vec<Seen>,
    contributions: BTreeMap<ContributionId, Lines>,
    /// What counts, followed by what enters and leaves.
    live: BTreeSet<ContributionId>,
    /// The counted content of the files that are there and count.
    held: BTreeMap<Name, Vec<u8>>,
    /// That of the files that are gone and count.
    gone: BTreeMap<Name, Vec<u8>>,
}

impl World {
    fn new(rules: Rules) -> Self {
        World {
            rules,
            sees_bytes: true,
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

    fn step(&mut self, step: &Step) {
        self.clock_us += 1_000;
        let mtime_us = self.now_us();
        match *step {
            Step::Write(name, content) => {
                let bytes = CONTENTS[content].as_bytes().to_vec();
                self.disk.insert(name, Disk { bytes, mtime_us });
            }
            Step::Append(name, tail) => {
                if let Some(file) = self.disk.get_mut(&name) {
                    file.bytes.extend(TAILS[tail].bytes());
                    file.mtime_us = mtime_us;
                }
            }
            Step::Delete(name) => drop(self.disk.remove(&name)),
            Step::Rename(from, to) => {
                if from != to
                    && let Some(file) = self.disk.get(&from).cloned()
                    && self.shows(to, &file)
                {
                    self.disk.remove(&from);
                    self.disk.insert(to, file);
                }
            }
            Step::Copy(from, to, keeps_time) => {
                let Some(mut file) = self.disk.get(&from).cloned().filter(|_| from != to) else { return };
                if !keeps_time {
                    file.mtime_us = mtime_us;
                }
                if self.shows(to, &file) {
                    self.disk.insert(to, file);
                }
            }
            Step::Touch(name) => {
                if let Some(file) = self.disk.get_mut(&name) {
                    file.mtime_us = mtime_us;
                }
            }
            Step::Wait => self.clock_us += 3 * SECOND_US,
            Step::ToggleDuplicates if self.rules.on_gone == OnGone::Subtract => {
                self.rules.duplicates = match self.rules.duplicates {
                    Duplicates::Refuse => Duplicates::Count,
                    Duplicates::Count => Duplicates::Refuse,
                };
            }
            Step::ToggleEngine => self.sees_bytes = !self.sees_bytes,
            Step::ToggleDuplicates | Step::Fail(_) => {}
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

    fn reading(&mut self, planned: &Planned, is_needed: bool, file: &Disk) -> Reading {
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
            let id = planned.seen.as_ref().and_then(|seen| seen.contribution.as_ref()).unwrap();
            sum = self.contributions[id].clone();
            add(&mut sum, &lines(tail));
        }
        let contribution = ContributionId(format!("{}/{}", self.runs, planned.identity));
        let rejected = lines(counted).get(&b"!"[..]).copied().unwrap_or_default();
        let rows = lines(counted).values().sum::<u64>();
        let mut tally = Tally { read: rows, counted: rows - rejected, ..Tally::default() };
        tally.rejected[0] = rejected;
        let content = Content {
            opened: Opened {
                size_bytes: file.bytes.len() as u64,
                stamp: Stamp::Mtime { us: file.mtime_us },
                at_us: self.clock_us,
            },
            fingerprint: (self.sees_bytes || is_needed).then(|| hash(counted)),
            proof: (self.rules.growing && self.sees_bytes).then(|| prove(counted)),
            proven,
            counted_bytes: counted.len() as u64,
            tally,
            span_us: None,
            contribution: contribution.clone(),
        };
        self.contributions.insert(contribution, sum);
        Reading::Counted(content)
    }

    fn run(&mut self, fails: Option<Name>) {
        self.runs += 1;
        let listed: Vec<Listed> = self
            .disk
            .iter()
            .map(|(name, file)| Listed {
                identity: name.to_string(),
                size_bytes: file.bytes.len() as u64,
                stamp: Stamp::Mtime { us: file.mtime_us },
            })
            .collect();
        let plan = plan(&listed, &self.ledger, &self.rules).unwrap();
        let mut readings = BTreeMap::new();
        let needed: Vec<&str> = plan.needs_fingerprint().map(|planned| planned.identity.as_str()).collect();
        let known = self.known.clone();
        for planned in plan.reads() {
            let name: Name = planned.identity.parse().unwrap();
            let file = self.disk[&name].clone();
            let is_settled =
                planned.seen.as_ref().is_some_and(|seen| !seen.racy) && planned.cause != Cause::Rules;
            assert!(!(is_settled && self.known.get(&name) == Some(&file)), "{name} is the same and is read");
            let reading = if fails == Some(name) {
                Reading::Unread { reason: "it fails".into(), may_pass: true }
            } else {
                self.known.insert(name, file.clone());
                self.reading(planned, needed.contains(&planned.identity.as_str()), &file)
            };
            readings.insert(planned.identity.clone(), reading);
        }
        super::hash(&plan, &mut readings, &|name| {
            let file = &self.disk[&name.parse::<Name>().unwrap()];
            Some(hash(self.counted_part(&file.bytes)))
        });
        let settled = settle(&plan, &readings).unwrap();
        let mut unread = BTreeSet::new();
        for settled in settled.iter().filter(|settled| matches!(settled.became, Became::Unread { .. })) {
            let name: Name = settled.identity.parse().unwrap();
            unread.insert(name);
            match known.get(&name) {
                Some(before) => self.known.insert(name, before.clone()),
                None => self.known.remove(&name),
            };
        }
        assert!(fails.is_some() || unread.is_empty(), "what is there can be hashed");
        self.known.retain(|name, _| self.disk.contains_key(name));
        let is_unhashed = |row: &&Seen| row.contribution.is_some() && row.fingerprint.is_none();
        let unhashed =
            self.ledger.iter().filter(is_unhashed).map(|row| row.identity.parse().unwrap()).collect();
        for settled in &settled {
            settled.leaves.iter().for_each(|id| assert!(self.live.remove(id)));
        }
        for settled in &settled {
            settled.enters.iter().for_each(|id| assert!(self.live.insert(id.clone())));
        }
        self.ledger = settled.into_iter().filter_map(|settled| settled.row).collect();
        self.expect(&unread, &unhashed);
    }

    /// What must count now, by the rules as they are told to users.
    /// `unhashed` had no fingerprint before.
    fn expect(&mut self, unread: &BTreeSet<Name>, unhashed: &BTreeSet<Name>) {
        let in_doubt: BTreeSet<Name> = self
            .ledger
            .iter()
            .filter(|row| row.is_in_doubt())
            .map(|row| row.identity.parse().unwrap())
            .collect();
        let mut doubted = BTreeSet::new();
        let (mut held, mut gone) = (std::mem::take(&mut self.held), std::mem::take(&mut self.gone));
        let keeps = self.rules.on_gone == OnGone::Keep;
        let refuses = self.rules.duplicates == Duplicates::Refuse;
        if keeps {
            gone.extend(held.clone().into_iter().filter(|(name, _)| !self.disk.contains_key(name)));
        }
        for name in in_doubt {
            gone.remove(&name);
            held.remove(&name);
            let now = self.counted_part(&self.disk[&name].bytes);
            let is_doubted = |(other, text): (&Name, &Vec<u8>)| {
                unhashed.contains(other) && !self.disk.contains_key(other) && alike(text, now)
            };
            // What cannot be read stays what it was, whatever has come back since.
            assert!(
                unread.contains(&name) || keeps && refuses && gone.iter().any(is_doubted),
                "{name} is in doubt: {:#?}",
                self.ledger
            );
            doubted.insert(name);
        }
        let mut claims: BTreeMap<Vec<u8>, Vec<(bool, Name)>> = BTreeMap::new();
        for (name, file) in self.disk.iter().filter(|(name, _)| !doubted.contains(*name)) {
            let before = gone.remove(name).or_else(|| held.get(name).cloned());
            let now = if unread.contains(name) {
                before.clone().unwrap_or_default()
            } else {
                self.counted_part(&file.bytes).to_vec()
            };
            let lines = lines(&now);
            if !lines.is_empty() && !lines.contains_key(&b"!"[..]) {
                // What counted without a fingerprint may be what it was.
                let may_be_equal = |before: &Vec<u8>| unhashed.contains(name) && alike(before, &now);
                let is_new = before.as_ref().is_none_or(|before| *before != now && !may_be_equal(before));
                claims.entry(now.clone()).or_default().push((is_new, *name));
            }
        }
        for (content, mut names) in claims {
            names.sort();
            if self.rules.duplicates == Duplicates::Refuse {
                // Nobody knows what is in a file that was never hashed and cannot be read now: it counts as before.
                let unknown = |name: &Name| unread.contains(name) && unhashed.contains(name);
                let mut known = 0;
                names.retain(|(_, name)| {
                    known += usize::from(!unknown(name));
                    unknown(name) || known == 1
                });
            }
            for (is_new, name) in names {
                let moved = gone
                    .iter()
                    .find(|(from, gone)| {
                        // Where copies may count, what cannot be told from a file that is gone does.
                        is_new && **gone == content && (refuses || !unhashed.contains(*from))
                    })
                    .map(|(name, _)| *name);
                moved.and_then(|from| gone.remove(&from));
                self.held.insert(name, content.clone());
            }
        }
        self.gone = gone;
        let mut expected = Lines::new();
        for content in self.held.values().chain(self.gone.values()) {
            add(&mut expected, &lines(content));
        }
        let ids: Vec<_> = self.ledger.iter().filter_map(|row| row.contribution.clone()).collect();
        let mut counted = Lines::new();
        ids.iter().for_each(|id| add(&mut counted, &self.contributions[id]));
        assert_eq!(counted, expected, "{:#?}", self.ledger);
        assert_eq!(ids.len(), self.live.len(), "each contribution counts for one file");
        assert!(ids.iter().all(|id| self.live.contains(id)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn many_runs_count_what_one_does(
        steps in steps(), each in any::<bool>(), growing in any::<bool>(), count in any::<bool>(), subtract in any::<bool>(),
    ) {
        let mut world = World::new(Rules {
            growing,
            duplicates: if count { Duplicates::Count } else { Duplicates::Refuse },
            on_gone: if subtract { OnGone::Subtract } else { OnGone::Keep },
            rejects: RejectLimit::Rows(0),
            gone_accepted: true,
            ..rules()
        });
        for step in &steps {
            world.step(step);
            match step {
                Step::Fail(name) => world.run(Some(*name)),
                // Several changes between two runs, and a run after each.
                Step::Wait => world.run(None),
                _ if each => world.run(None),
                _ => {}
            }
        }
        world.clock_us += 3 * SECOND_US;
        world.run(None);
    }
}
