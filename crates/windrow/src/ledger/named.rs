//! Names of contributions and readings. Several may count for a file: that of its first reading, and one for each
//! time that it was appended to. Its row holds them as one name, with `+` between the parts.

use hashbrown::HashMap;

use crate::increment::ContributionId;

/// The contributions that count, and how many files each counts for: a file that holds what another one held before it was
/// appended to shares a part with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedContributions(HashMap<String, u64>);

/// The separator between the parts of a name.
const BETWEEN: char = '+';

/// The parts of `name`.
pub fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(BETWEEN)
}

/// The name of `before` and `added` together.
pub(crate) fn with(before: &str, added: &str) -> String {
    format!("{before}{BETWEEN}{added}")
}

/// The text after the run in the name of a contribution that was merged from several.
const FOLDED: &str = "-f";

/// The text before the level in such a name; without it, the level is 1.
const LEVEL: char = '.';

/// This many parts of one level are merged into one of the next: a part is written again as often as there are levels.
const PARTS_MAX: usize = 8;

/// The level of the first reading of a file, which may be much larger than what is appended to it.
const FIRST_LEVEL: u32 = 2;

/// The parts of a name to merge into one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Compaction<'n> {
    /// The parts before them, which stay; `None`: there are no such parts.
    stay: Option<&'n str>,
    /// The parts to merge, as one name.
    pub(crate) parts: &'n str,
    level: u32,
}

impl<'n> Compaction<'n> {
    /// The last parts of `name`, if there are too many of a level.
    pub(crate) fn of(name: &'n str) -> Option<Self> {
        let levels: Vec<u32> = parts(name)
            .enumerate()
            .map(|(at, part)| if at == 0 { level(part).max(FIRST_LEVEL) } else { level(part) })
            .collect();
        let (mut from, mut reached) = (levels.len(), 0);
        // The merged parts from `from` on count as one part of the level that is reached.
        loop {
            let before = levels[..from].iter().rev().take_while(|level| **level <= reached).count();
            if before + usize::from(from < levels.len()) < PARTS_MAX {
                break;
            }
            (from, reached) = (from - before, reached + 1);
        }
        let bytes: usize = parts(name).take(from).map(|part| part.len() + BETWEEN.len_utf8()).sum();
        (from < levels.len()).then(|| Compaction {
            stay: bytes.checked_sub(BETWEEN.len_utf8()).map(|end| &name[..end]),
            parts: &name[bytes..],
            level: reached,
        })
    }

    /// Whether it takes all parts of its name.
    pub(crate) fn is_all(&self) -> bool {
        self.stay.is_none()
    }

    /// The name of part number `at` that `run` merges them into.
    pub(crate) fn part(&self, run: &str, at: usize) -> String {
        match self.level {
            1 => format!("{run}{FOLDED}{at:05}"),
            level => format!("{run}{FOLDED}{at:05}{LEVEL}{level}"),
        }
    }

    /// The whole name after the merge into `part`.
    pub(crate) fn whole(&self, part: &str) -> String {
        self.stay.map_or_else(|| part.to_owned(), |stay| with(stay, part))
    }
}

/// The level of a part: how often its content was merged.
fn level(part: &str) -> u32 {
    let Some((_, folded)) = part.split_once(FOLDED) else { return 0 };
    folded.split_once(LEVEL).and_then(|(_, level)| level.parse().ok()).unwrap_or(1)
}

/// Whether the contribution was merged from several.
pub(super) fn is_folded(part: &str) -> bool {
    part.contains(FOLDED)
}

impl NamedContributions {
    /// How many files the contribution counts for.
    pub fn times(&self, contribution: &str) -> u64 {
        self.0.get(contribution).copied().unwrap_or_default()
    }

    /// The first and the last name, in order.
    pub(crate) fn bounds(&self) -> Option<(&str, &str)> {
        let names = || self.0.keys().map(String::as_str);
        names().min().zip(names().max())
    }
}

impl<'n> FromIterator<&'n str> for NamedContributions {
    /// The contributions that rows of the ledger name.
    fn from_iter<I: IntoIterator<Item = &'n str>>(names: I) -> Self {
        let mut named = NamedContributions::default();
        for part in names.into_iter().flat_map(parts) {
            match named.0.get_mut(part) {
                Some(times) => *times += 1,
                None => drop(named.0.insert(part.to_owned(), 1)),
            }
        }
        named
    }
}

impl<'n> FromIterator<&'n ContributionId> for NamedContributions {
    fn from_iter<I: IntoIterator<Item = &'n ContributionId>>(ids: I) -> Self {
        ids.into_iter().map(|id| id.0.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_written_again_as_often_as_there_are_levels() {
        let (mut name, mut written, mut most) = ("r-000000".to_owned(), 0, 0);
        // How many appends a part stands for, by its name.
        let mut holds: HashMap<String, usize> = HashMap::new();
        holds.insert(name.clone(), 0);
        for run in 1..=5_000 {
            if let Some(fold) = Compaction::of(&name) {
                let sum: usize = parts(fold.parts).map(|part| holds[part]).sum();
                let part = fold.part(&format!("run{run}"), 0);
                assert!(is_folded(&part));
                written += sum;
                // What was first counted is written again rarely.
                assert!(!fold.is_all() || run > 7 * 64, "{name}");
                holds.insert(part.clone(), sum);
                name = fold.whole(&part);
            }
            let added = format!("run{run}-000000");
            name = with(&name, &added);
            holds.insert(added, 1);
            most = most.max(parts(&name).count());
            assert_eq!(parts(&name).map(|part| holds[part]).sum::<usize>(), run);
        }
        // 8^4 < 5,000 < 8^5.
        assert!(written <= 5 * 5_000, "{written}");
        assert!(most <= 5 * PARTS_MAX, "{most}");
    }

    #[test]
    fn what_an_older_windrow_has_folded_is_of_the_first_level() {
        let name = [["a-f00000"; 8], ["a-000000"; 8]].concat().join("+");
        let fold = Compaction::of(&name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!((fold.whole("x"), fold.part("b", 3)), ("a-f00000+x".to_owned(), "b-f00003.2".to_owned()));
        assert_eq!(Compaction::of(&["a-000000"; 8].join("+")), None);
    }
}
