use std::collections::{BTreeMap, BTreeSet};

use crate::work::is_packed;
use windrow::job::{Duplicates, Job, OnGone, ReportSpec};

/// The first line of every file.
pub(crate) const HEADER: &str = "time,action";

/// What the rows of a file are, read the plainest way.
#[derive(Clone, Debug, Default)]
pub(crate) struct ModelContent {
    pub(crate) events: Vec<(i64, String)>,
    pub(crate) rejected: u64,
    /// Blank lines and repeated headers.
    ignored: u64,
}

impl ModelContent {
    /// None where the header has not each column once. A torn line may be one with the header, and have it still.
    pub(crate) fn of(text: &str) -> Option<ModelContent> {
        let mut lines = text.split('\n');
        let header = lines.next()?;
        let names: Vec<&str> = header.split(',').collect();
        let column = |name| {
            let mut places = (0..names.len()).filter(|at| names[*at] == name);
            places.next().filter(|_| places.next().is_none())
        };
        let (time, key) = (column("time")?, column("action")?);
        let mut content = ModelContent::default();
        let mut lines: Vec<&str> = lines.collect();
        // What stands behind the last line end is a line where there is something.
        lines.pop_if(|line| line.is_empty());
        for line in lines {
            if line.trim().is_empty() || line == header {
                content.ignored += 1;
                continue;
            }
            let fields: Vec<&str> = line.split(',').collect();
            let is_time = |text: &str| text.len() == 20 && text.ends_with('Z');
            match fields.get(time).filter(|text| fields.len() == names.len() && is_time(text)) {
                Some(text) => match text.parse() {
                    Ok(us) => {
                        content.events.push((jiff::Timestamp::as_microsecond(us), fields[key].to_owned()))
                    }
                    Err(_) => content.rejected += 1,
                },
                None => content.rejected += 1,
            }
        }
        Some(content)
    }

    fn rows(&self) -> u64 {
        self.events.len() as u64 + self.rejected
    }

    /// Whether it has rows, and not more rejects than the limit allows.
    fn is_accepted(&self, job: &Job) -> bool {
        self.rows() > 0 && !job.limits.rejects.is_passed(self.rejected, self.rows() + self.ignored)
    }

    /// Whether files with these texts cannot be told apart by their sizes and what was found in them.
    pub(crate) fn are_alike(a: &str, b: &str) -> bool {
        let found = |text| {
            let content = ModelContent::of(text)?;
            let times = || content.events.iter().map(|event| event.0);
            Some((content.events.len(), content.rejected, times().min(), times().max()))
        };
        a.len() == b.len() && found(a) == found(b)
    }
}

/// A row of a published report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ReportRow {
    pub(crate) start_us: i64,
    pub(crate) end_us: i64,
    pub(crate) label: String,
    pub(crate) keys: Vec<Option<String>>,
    pub(crate) count: u64,
    pub(crate) is_final: bool,
}

/// The last line of a growing file waits for its end; a packed one does not grow.
fn counted_part<'t>(job: &Job, name: &str, text: &'t str) -> &'t str {
    let grows = job.source.growing && !is_packed(name);
    let end = text.rfind('\n').filter(|_| grows).map_or(text.len(), |end| end + 1);
    &text[..end]
}

/// What a run could not know.
#[derive(Clone, Debug, Default)]
pub(crate) struct Doubts {
    /// The files that counted without a fingerprint before it.
    pub(crate) unhashed: BTreeSet<String>,
    /// The files that it has refused because they may be one of these that is gone.
    pub(crate) refused: BTreeSet<String>,
    /// The files that count now: which of two equal ones does not matter.
    pub(crate) counted: BTreeSet<String>,
}

/// Which text counts under which name. A name may be of a file that is gone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) counted: BTreeMap<String, String>,
}

impl Model {
    /// Whether no event counts after a run over the `listed` files.
    pub(crate) fn will_count_nothing(&self, job: &Job, listed: &BTreeMap<String, String>) -> bool {
        let is_empty = |text: &str| ModelContent::of(text).is_none_or(|content| content.events.is_empty());
        let accepted = |text: &str| ModelContent::of(text).is_some_and(|content| content.is_accepted(job));
        let gone = self.counted.iter().filter(|(name, _)| !listed.contains_key(*name));
        let mut texts = listed.iter().map(|(name, text)| counted_part(job, name, text));
        texts.all(|text| is_empty(text) || !accepted(text))
            && (job.source.on_gone == OnGone::Subtract
                || gone.map(|(_, text)| text).all(|text| is_empty(text)))
    }

    /// A run over the `listed` files was true.
    pub(crate) fn run(&mut self, job: &Job, listed: &BTreeMap<String, String>) {
        self.run_in_doubt(job, listed, &Doubts::default());
    }

    /// A run was true that did not know everything.
    pub(crate) fn run_in_doubt(&mut self, job: &Job, listed: &BTreeMap<String, String>, doubts: &Doubts) {
        let refuses = job.source.duplicates == Duplicates::Refuse;
        let mut listed = listed.clone();
        let mut left = Vec::new();
        for name in &doubts.refused {
            left.extend(self.counted.remove(name).filter(|_| !doubts.unhashed.contains(name)));
            let text = listed.remove(name).unwrap_or_default();
            let text = counted_part(job, name, &text);
            let may_be = |(other, counted): (&String, &String)| {
                doubts.unhashed.contains(other)
                    && !listed.contains_key(other)
                    && ModelContent::are_alike(counted, text)
            };
            let is_doubtful = refuses && job.source.on_gone == OnGone::Keep;
            assert!(is_doubtful && self.counted.iter().any(may_be), "{name} is refused for nothing");
        }
        let listed = &listed;
        let is_accepted = |text: &str| ModelContent::of(text).is_some_and(|content| content.is_accepted(job));
        let mut by_text: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, text) in listed {
            let text = counted_part(job, name, text);
            if is_accepted(text) {
                by_text.entry(text).or_default().push(name);
            }
        }
        let before = std::mem::take(&mut self.counted);
        let (mut moved, mut new) = (BTreeSet::new(), BTreeSet::new());
        for (text, names) in by_text {
            // What counted without a fingerprint may be what it was.
            let had = |name: &&str| {
                before.get(*name).is_some_and(|counted| {
                    counted == text
                        || doubts.unhashed.contains(*name) && ModelContent::are_alike(counted, text)
                })
            };
            let counts = |name: &&&str| doubts.counted.contains(**name);
            let winners = match job.source.duplicates {
                Duplicates::Count => names,
                Duplicates::Refuse => {
                    let first = names.iter().find(counts).or_else(|| names.iter().find(|name| had(name)));
                    vec![*first.unwrap_or(&names[0])]
                }
            };
            // Where copies may count, what cannot be told from a file that is gone does.
            let is_known = |name: &String| refuses || !doubts.unhashed.contains(name);
            let gone = before
                .iter()
                .filter(|(name, counted)| *counted == text && !listed.contains_key(*name) && is_known(name));
            let takers = winners.iter().filter(|name| !had(name)).count();
            let moving: Vec<String> = gone.take(takers).map(|(name, _)| name.clone()).collect();
            let changed =
                |name: &str| listed.get(name).is_some_and(|now| counted_part(job, name, now) != text);
            let freed = before.iter().filter(|(name, counted)| {
                *counted == text && !doubts.unhashed.contains(*name) && changed(name)
            });
            // Of what counts for the first time, and has not only grown under its name.
            let is_grown = |name: &&str| before.get(*name).is_some_and(|counted| text.starts_with(counted));
            let first = winners
                .iter()
                .filter(|name| !had(name))
                .skip(moving.len() + freed.count() + left.iter().filter(|left| *left == text).count());
            let alike = winners.iter().filter(|name| had(name));
            new.extend(first.chain(alike).filter(|name| !is_grown(name)).map(|name| (*name).to_owned()));
            moved.extend(moving);
            self.counted.extend(winners.into_iter().map(|name| (name.to_owned(), text.to_owned())));
        }
        if job.source.on_gone == OnGone::Keep {
            let gone = before.into_iter().filter(|(name, _)| !listed.contains_key(name));
            let mut gone: BTreeMap<String, String> = gone.filter(|(name, _)| !moved.contains(name)).collect();
            // A file that is new and begins with one that is gone is that file, renamed and grown.
            for text in new.iter().map(|name| &self.counted[name]) {
                let begins =
                    |(_, gone): &(&String, &String)| gone.len() < text.len() && text.starts_with(*gone);
                let longest = gone
                    .iter()
                    .filter(begins)
                    .max_by_key(|(name, gone)| (gone.len(), std::cmp::Reverse(*name)));
                longest.map(|(name, _)| name.clone()).and_then(|name| gone.remove(&name));
            }
            self.counted.extend(gone);
        }
    }

    fn raw_events(&self) -> Vec<(i64, String)> {
        let contents = self.counted.values().filter_map(|text| ModelContent::of(text));
        contents.flat_map(|content| content.events).collect()
    }

    /// The events that count, cleaned, in order.
    pub(crate) fn events(&self, job: &Job) -> Vec<(i64, Option<String>)> {
        let clean = |key: &String| job.cleaning[0].clean(key).map(|key| key.into_owned());
        let mut events: Vec<_> = self.raw_events().iter().map(|(us, key)| (*us, clean(key))).collect();
        events.sort();
        events
    }

    /// The rows of a report, counted one event after the other.
    pub(crate) fn rows(&self, job: &Job, spec: &ReportSpec) -> Vec<ReportRow> {
        let windows = spec.windows();
        let events = self.raw_events();
        let newest_us = events.iter().map(|event| event.0).max().unwrap_or(i64::MIN);
        let mut counts: BTreeMap<(i64, i64, Option<String>), u64> = BTreeMap::new();
        for (us, key) in events {
            let key = job.cleaning[0].clean(&key).map(|key| key.into_owned());
            for window in windows.each_window_of(us) {
                let is_wanted = spec.from_us.is_none_or(|from| window.start_us >= windows.floor(from))
                    && spec.to_us.is_none_or(|to| window.start_us < to);
                if is_wanted {
                    *counts.entry((window.start_us, window.end_us, key.clone())).or_default() += 1;
                }
            }
        }
        let row = |((start_us, end_us, key), count)| ReportRow {
            start_us,
            end_us,
            label: windows.label(start_us),
            keys: vec![key],
            count,
            is_final: end_us <= newest_us,
        };
        let mut rows: Vec<ReportRow> = counts.into_iter().map(row).collect();
        rows.sort();
        rows
    }
}
