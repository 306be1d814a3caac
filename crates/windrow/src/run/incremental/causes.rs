//! Causes: which files make a window another between two versions of the ledger.

use std::collections::BTreeMap;
use std::ops::Range;

use hashbrown::HashSet;

use crate::error::Result;
use crate::increment::ContributionId;
use crate::ledger::{FileRow, Ledger, Sums};

/// The files whose contributions came or went, and the panes they touch.
#[derive(Debug, Default)]
pub(super) struct Causes {
    /// What happened, and to which file.
    files: Vec<(&'static str, String)>,
    /// By the start of a pane, the files that touch it, by their place in the list.
    by_pane: BTreeMap<i64, Vec<u32>>,
}

impl Causes {
    /// What is different between `before` and `after`.
    pub(super) fn between(before: &Ledger, after: &Ledger, sums: &Sums) -> Result<Self> {
        let mut causes = Causes::default();
        let (had, has) = (before.contributions(), after.contributions());
        let old: BTreeMap<&str, &FileRow> = before.rows().map(|row| (row.file.as_str(), row)).collect();
        let new: BTreeMap<&str, &FileRow> = after.rows().map(|row| (row.file.as_str(), row)).collect();
        let newest_us = before.newest_us().unwrap_or(i64::MIN);
        let mut of: BTreeMap<String, u32> = BTreeMap::new();
        for (file, row) in &new {
            let before = old.get(file).copied();
            let id = |row: &FileRow| row.contribution.clone().map(ContributionId);
            let came = id(row).filter(|id| !had.contains(id));
            let went = before.and_then(id).filter(|id| !has.contains(id));
            let is_late = row.first_event.is_some_and(|first| first.0 <= newest_us);
            let what = match (&came, &went) {
                (None, None) => continue,
                (Some(_), None) if is_late => "arrived late",
                (Some(_), None) => "arrived",
                (Some(_), Some(_)) => "changed",
                (None, Some(_)) if row.state == "refused" => "refused",
                (None, Some(_)) => "gone",
            };
            causes.add(what, file, &mut of, [came, went]);
        }
        for (file, row) in old.iter().filter(|(file, _)| !new.contains_key(*file)) {
            let went = row.contribution.clone().map(ContributionId).filter(|id| !has.contains(id));
            if went.is_some() {
                causes.add("gone", file, &mut of, [went, None]);
            }
        }
        let wanted: HashSet<ContributionId> = of.keys().cloned().map(ContributionId).collect();
        let by_pane = &mut causes.by_pane;
        sums.each_count(&wanted, i64::MIN..i64::MAX, &mut |row| {
            if let Some(file) = of.get(row.contribution) {
                let files = by_pane.entry(row.pane.start_us).or_default();
                if files.last() != Some(file) {
                    files.push(*file);
                }
            }
            Ok(())
        })?;
        Ok(causes)
    }

    fn add(
        &mut self,
        what: &'static str,
        file: &str,
        of: &mut BTreeMap<String, u32>,
        ids: [Option<ContributionId>; 2],
    ) {
        let at = self.files.len() as u32;
        self.files.push((what, file.to_owned()));
        of.extend(ids.into_iter().flatten().map(|id| (id.0, at)));
    }

    /// The starts of the panes that are touched.
    pub(super) fn panes_us(&self) -> impl Iterator<Item = i64> {
        self.by_pane.keys().copied()
    }

    /// What made the window `span_us` another: what happened, the first file by name that it happened to, and to how many.
    pub(super) fn of(&self, span_us: Range<i64>) -> Option<(&'static str, &str, u64)> {
        let files: std::collections::BTreeSet<u32> =
            self.by_pane.range(span_us).flat_map(|(_, files)| files.iter().copied()).collect();
        let first =
            files.iter().filter_map(|at| self.files.get(*at as usize)).min_by_key(|(_, file)| file)?;
        Some((first.0, &first.1, files.len() as u64))
    }
}
