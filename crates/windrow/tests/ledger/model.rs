use std::collections::{BTreeMap, BTreeSet};

use windrow::job::{Duplicates, Job, OnGone, ReportSpec};
use windrow::window::Windows;

/// The first line of every file.
pub(crate) const HEADER: &str = "time,action";

/// What the rows of a file are, read the plainest way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    pub(crate) events: Vec<(i64, String)>,
    pub(crate) rejected: u64,
}

impl Content {
    /// None where the header has not each column once. A torn line may be one with the header, and have it still.
    pub(crate) fn of(text: &str) -> Option<Content> {
        let mut lines = text.split('\n');
        let header = lines.next()?;
        let names: Vec<&str> = header.split(',').collect();
        let column = |name| {
            let mut places = (0..names.len()).filter(|at| names[*at] == name);
            places.next().filter(|_| places.next().is_none())
        };
        let (time, key) = (column("time")?, column("action")?);
        let mut content = Content::default();
        for line in lines.filter(|line| !line.trim().is_empty() && *line != header) {
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
}

/// A row of a published report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) start_us: i64,
    pub(crate) end_us: i64,
    pub(crate) label: String,
    pub(crate) keys: Vec<Option<String>>,
    pub(crate) count: u64,
    pub(crate) is_final: bool,
}

/// Which text counts under which name. A name may be of a file that is gone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) counted: BTreeMap<String, String>,
}

impl Model {
    /// A run over the `listed` files was true.
    pub(crate) fn run(&mut self, job: &Job, listed: &BTreeMap<String, String>) {
        let is_accepted = |text: &str| {
            Content::of(text).is_some_and(|content| {
                content.rows() > 0 && !job.limits.rejects.is_passed(content.rejected, content.rows())
            })
        };
        let mut by_text: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, text) in listed {
            // The last line of a growing file waits for its end.
            let end = text.rfind('\n').filter(|_| job.source.growing).map_or(text.len(), |end| end + 1);
            if is_accepted(&text[..end]) {
                by_text.entry(&text[..end]).or_default().push(name);
            }
        }
        let before = std::mem::take(&mut self.counted);
        let mut moved = BTreeSet::new();
        for (text, names) in by_text {
            let had = |name: &&str| before.get(*name).is_some_and(|counted| counted == text);
            let winners = match job.source.duplicates {
                Duplicates::Count => names,
                Duplicates::Refuse => vec![*names.iter().find(|name| had(name)).unwrap_or(&names[0])],
            };
            let gone =
                before.iter().filter(|(name, counted)| *counted == text && !listed.contains_key(*name));
            let takers = winners.iter().filter(|name| !had(name)).count();
            moved.extend(gone.take(takers).map(|(name, _)| name.clone()));
            self.counted.extend(winners.into_iter().map(|name| (name.to_owned(), text.to_owned())));
        }
        if job.source.on_gone == OnGone::Keep {
            let gone = before.into_iter().filter(|(name, _)| !listed.contains_key(name));
            self.counted.extend(gone.filter(|(name, _)| !moved.contains(name)));
        }
    }

    /// The rows of a report, counted one event after the other.
    pub(crate) fn rows(&self, job: &Job, spec: &ReportSpec) -> Vec<Row> {
        let windows = Windows::of(spec);
        let events: Vec<(i64, String)> = self
            .counted
            .values()
            .filter_map(|text| Content::of(text))
            .flat_map(|content| content.events)
            .collect();
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
        let row = |((start_us, end_us, key), count)| Row {
            start_us,
            end_us,
            label: windows.label(start_us),
            keys: vec![key],
            count,
            is_final: end_us <= newest_us,
        };
        let mut rows: Vec<Row> = counts.into_iter().map(row).collect();
        rows.sort();
        rows
    }
}
