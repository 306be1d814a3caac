//! Causes: which files change a number between two versions of the ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use hashbrown::HashMap;

use crate::error::{Error, Kind, Result};
use crate::event::Cleaning;
use crate::job::Counting;
use crate::ledger::{FileRow, Ledger, NamedContributions, Sums, key_values, parts};

/// The files whose contributions came or went, and what they add to which counts.
#[derive(Debug, Default)]
pub(super) struct Causes {
    /// What happened, and to which file.
    files: Vec<(&'static str, String)>,
    /// Numbers of clean keys, by their values as [`keys_as_json`] writes them.
    keys: HashMap<String, u32>,
    /// By the number of a key and the start of a pane, the files that change its count, by their place in the list, and
    /// by how much: less what their old contribution has.
    by_key: BTreeMap<(u32, i64), Vec<(u32, i64)>>,
    /// The starts of the panes that these contributions have.
    panes_us: BTreeSet<i64>,
}

/// The values of a key, as they are kept in tables.
pub(super) fn keys_as_json<T: serde::Serialize>(values: &[Option<T>]) -> Result<String> {
    serde_json::to_string(values).map_err(|error| Error::bug(format!("a key as JSON: {error}")))
}

impl Causes {
    /// See [`Causes::between`]; none where the contributions of either are damaged.
    pub(super) fn known_between(
        before: &Ledger,
        after: &Ledger,
        sums: &Sums,
        cleaning: &[Cleaning],
    ) -> Result<Option<Self>> {
        match Causes::between(before, after, sums, cleaning) {
            Err(error) if error.kind() == Kind::Attention => {
                tracing::warn!(%error, "what is different between two versions of the ledger cannot be told");
                Ok(None)
            }
            causes => causes.map(Some),
        }
    }

    /// What is different between `before` and `after`, of keys that are cleaned by `cleaning`.
    fn between(before: &Ledger, after: &Ledger, sums: &Sums, cleaning: &[Cleaning]) -> Result<Self> {
        let mut causes = Causes::default();
        let (had, has) = (before.contributions(), after.contributions());
        let old: BTreeMap<&str, &FileRow> = before.rows().map(|row| (&*row.file, row)).collect();
        let new: BTreeMap<&str, &FileRow> = after.rows().map(|row| (&*row.file, row)).collect();
        let newest_us = before.newest_us().unwrap_or(i64::MIN);
        let mut of: BTreeMap<String, (u32, i64)> = BTreeMap::new();
        let mut moved: Vec<(&FileRow, Vec<String>)> = Vec::new();
        for (file, row) in &new {
            let before = old.get(file).copied();
            let came = gained(row, before, &had, &has);
            let went = before.map(|before| gained(before, Some(row), &has, &had)).unwrap_or_default();
            if came.is_empty() && !went.is_empty() && &*row.state == "moved" {
                moved.push((row, went));
                continue;
            }
            let counted = before.is_some_and(|before| before.contribution.is_some());
            let is_same = before.is_some_and(|before| row.has_content_of(before));
            let is_late = row.first_event.is_some_and(|first| first.0 <= newest_us);
            let what = match (came.is_empty(), went.is_empty()) {
                (true, true) => continue,
                // What was appended is a change of the file.
                (false, true) if counted && row.contribution.is_some() => "changed",
                (false, true) if is_late => "arrived late",
                (false, true) => "arrived",
                (false, false) if is_same && before.is_some_and(|before| is_rejoined(row, before)) => {
                    "joined to a changed look-up"
                }
                (false, false) if is_same => "counted by other rules",
                (false, false) => "changed",
                (true, false) if &*row.state == "refused" => "refused",
                (true, false) => "gone",
            };
            causes.add(what, file, &mut of, came, went);
        }
        for (row, went) in moved {
            // What counted of a file is replaced by what counts of it under its new name.
            let other = row.other.as_deref();
            match causes.files.iter_mut().zip(0..).find(|((_, file), _)| Some(file.as_str()) == other) {
                Some(((what, _), at)) => {
                    *what = "renamed and grown";
                    of.extend(went.into_iter().map(|id| (id, (at, -1))));
                }
                None => causes.add("gone", &row.file, &mut of, Vec::new(), went),
            }
        }
        for (file, row) in old.iter().filter(|(file, _)| !new.contains_key(*file)) {
            let went = gained(row, None, &has, &had);
            if !went.is_empty() {
                causes.add("gone", file, &mut of, Vec::new(), went);
            }
        }
        let wanted: NamedContributions = of.keys().map(String::as_str).collect();
        let mut of_raw: HashMap<String, u32> = HashMap::new();
        sums.each_count(&wanted, i64::MIN..i64::MAX, &mut |row| {
            let Some((file, sign)) = of.get(row.contribution) else { return Ok(()) };
            let key = match of_raw.get(row.keys) {
                Some(key) => *key,
                None => {
                    let clean = keys_as_json(&Cleaning::clean_all(cleaning, &key_values(row.keys)?))?;
                    let next = causes.keys.len() as u32;
                    let key = *causes.keys.entry(clean).or_insert(next);
                    of_raw.insert(row.keys.to_owned(), key);
                    key
                }
            };
            causes.panes_us.insert(row.pane.start_us);
            let files = causes.by_key.entry((key, row.pane.start_us)).or_default();
            let by = sign * row.count as i64;
            match files.iter_mut().rev().find(|(of, _)| of == file) {
                Some((_, sum)) => *sum += by,
                None => files.push((*file, by)),
            }
            Ok(())
        })?;
        Ok(causes)
    }

    fn add(
        &mut self,
        what: &'static str,
        file: &str,
        of: &mut BTreeMap<String, (u32, i64)>,
        came: Vec<String>,
        went: Vec<String>,
    ) {
        let at = self.files.len() as u32;
        self.files.push((what, file.to_owned()));
        of.extend(came.into_iter().map(|id| (id, (at, 1))));
        of.extend(went.into_iter().map(|id| (id, (at, -1))));
    }

    /// The starts of the panes that are touched.
    pub(super) fn panes_us(&self) -> impl Iterator<Item = i64> {
        self.panes_us.iter().copied()
    }

    /// What changed the count of `keys` in the window `span_us`, or its measures: what happened, the first file by name that it
    /// happened to, and how many files changed this number. Where some files add and others take away, as where one
    /// is written anew, it is a file that moved the number the way it went. Measures may change where a file adds as many events as before.
    pub(super) fn of(
        &self,
        span_us: Range<i64>,
        keys: &str,
        is_measure: bool,
    ) -> Option<(&'static str, &str, u64)> {
        let key = *self.keys.get(keys)?;
        let mut changed_by: BTreeMap<u32, i64> = BTreeMap::new();
        for (_, files) in self.by_key.range((key, span_us.start)..(key, span_us.end)) {
            files.iter().for_each(|(file, by)| *changed_by.entry(*file).or_default() += by);
        }
        changed_by.retain(|_, by| is_measure || *by != 0);
        let went = changed_by.values().sum::<i64>();
        let files = changed_by.iter().filter_map(|(at, by)| Some((by, self.files.get(*at as usize)?)));
        let (_, first) = files.min_by_key(|(by, (_, file))| ((**by < 0) != (went < 0), file))?;
        Some((first.0, &first.1, changed_by.len() as u64))
    }
}

/// Whether a row is counted as before, but for what look-ups say.
fn is_rejoined(row: &FileRow, before: &FileRow) -> bool {
    Counting::differs_in_tables(&row.counted_by, &before.counted_by)
}

/// What counts for `row` and not for `other`, of the same file, and counts for another number of files in `has` than in
/// `had`: what has only moved to another file changes no window.
fn gained(
    row: &FileRow,
    other: Option<&FileRow>,
    had: &NamedContributions,
    has: &NamedContributions,
) -> Vec<String> {
    let of = |row: &FileRow| row.contribution.clone().unwrap_or_default();
    let other = other.map(of).unwrap_or_default();
    let own = of(row);
    let is_new = |part: &&str| {
        !part.is_empty() && !parts(&other).any(|other| other == *part) && had.times(part) != has.times(part)
    };
    parts(&own).filter(is_new).map(str::to_owned).collect()
}
