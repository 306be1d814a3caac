//! What must count, by the rules in the documents.

use super::*;

impl World {
    /// Holds what counts now against the rules.
    /// `unhashed` had no hash before, and of `unknown` it is not known whether they have what they had; what counts for `takes` has counted for another name.
    pub(super) fn expect(
        &mut self,
        unread: &BTreeSet<Name>,
        (unhashed, unknown): (&BTreeSet<Name>, &BTreeSet<Name>),
        takes: &BTreeSet<Name>,
    ) {
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
        let mut freed: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        for name in in_doubt {
            let before = [gone.remove(&name), held.remove(&name)].into_iter().flatten().next();
            if let Some(before) = before.filter(|_| !unhashed.contains(&name)) {
                *freed.entry(before).or_default() += 1;
            }
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
        let mut had: BTreeMap<Name, Vec<u8>> = BTreeMap::new();
        let mut claims: BTreeMap<Vec<u8>, Vec<(bool, Name)>> = BTreeMap::new();
        for (name, file) in self.disk.iter().filter(|(name, _)| !doubted.contains(*name)) {
            let before = gone.remove(name).or_else(|| held.get(name).cloned());
            had.extend(before.clone().map(|before| (*name, before)));
            let now = if unread.contains(name) {
                before.clone().unwrap_or_default()
            } else {
                self.counted_part(&file.bytes).to_vec()
            };
            // What counted for a file that has another content now counts for the next that has this one.
            if let Some(before) = before.clone().filter(|before| *before != now && !unhashed.contains(name)) {
                *freed.entry(before).or_default() += 1;
            }
            let lines = lines(&now);
            if !lines.is_empty() && !lines.contains_key(&b"!"[..]) {
                // What is not known to be another may be what it was.
                let may_be_equal = |before: &Vec<u8>| unknown.contains(name) && alike(before, &now);
                let is_new = before.as_ref().is_none_or(|before| *before != now && !may_be_equal(before));
                claims.entry(now.clone()).or_default().push((is_new, *name));
            }
        }
        let mut new = BTreeSet::new();
        // Of equal files any may count; which one does matters once it cannot be read and stays what it was.
        let counts = |name: &Name| {
            self.ledger.iter().any(|row| row.contribution.is_some() && *row.identity == name.to_string())
        };
        for (content, mut names) in claims {
            names.sort_by_key(|(is_new, name)| (!counts(name), *is_new, *name));
            if self.rules.duplicates == Duplicates::Refuse {
                // It is unknown what is in a file that was never hashed and cannot be read now: it counts as before.
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
                let was_counted = match moved {
                    Some(from) => gone.remove(&from).is_some(),
                    // Without a fingerprint it is unknown.
                    None => is_new && takes.contains(&name) && freed.get_mut(&content).is_some_and(take_one),
                };
                let grows = |before: &Vec<u8>| content.starts_with(before);
                if !was_counted && !unread.contains(&name) && !had.get(&name).is_some_and(grows) {
                    new.insert(name);
                }
                self.held.insert(name, content.clone());
            }
        }
        // A file that is new and begins with one that is gone is that file, renamed and grown.
        for name in new {
            let begins = |(_, gone): &(&Name, &Vec<u8>)| {
                gone.len() < self.held[&name].len() && self.held[&name].starts_with(gone)
            };
            let longest =
                gone.iter().filter(begins).max_by_key(|(name, gone)| (gone.len(), usize::MAX - *name));
            longest.map(|(name, _)| *name).and_then(|from| gone.remove(&from));
        }
        self.gone = gone;
        let mut expected = LineCounts::new();
        for content in self.held.values().chain(self.gone.values()) {
            add(&mut expected, &lines(content));
        }
        let ids: Vec<_> = self.ledger.iter().filter_map(|row| row.contribution.clone()).collect();
        let mut counted = LineCounts::new();
        ids.iter().for_each(|id| add(&mut counted, &self.contributions[id]));
        assert_eq!(counted, expected, "{:#?}", self.ledger);
        assert_eq!(ids.len(), self.live.len(), "each contribution counts for one file");
        assert!(ids.iter().all(|id| self.live.contains(id)));
    }
}

fn take_one(n: &mut usize) -> bool {
    let is_there = *n > 0;
    *n -= usize::from(is_there);
    is_there
}
