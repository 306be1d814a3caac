//! How a job counts: what its counts are known by, and whether what was counted before still serves.

use std::fmt::{self, Display, Formatter};

use crate::pane::PaneWidths;

/// How a job counts: which events there are, the panes they are counted in, and what look-ups say.
#[derive(Clone, Debug)]
pub struct Counting {
    pub(super) events: String,
    pub(super) widths: PaneWidths,
    /// What is joined, look-up by look-up; nothing of a job whose look-ups were not read.
    pub(super) tables: Vec<String>,
}

impl Counting {
    /// Whether what was counted under the fingerprint `counted_by`, from the time `first_us` on, serves: the same events, in
    /// panes each of which lies within one of these. What look-ups said is not looked at.
    pub fn is_served_by(&self, counted_by: &str, first_us: i64) -> bool {
        counted_by.split_once('/').is_some_and(|(events, widths)| {
            let widths = widths.parse::<PaneWidths>();
            events == self.events && widths.is_ok_and(|widths| widths.fit_in(&self.widths, first_us))
        })
    }

    /// The number of the first look-up whose table has changed since something was counted under `counted_by`.
    pub fn changed_table(&self, counted_by: &str) -> Option<usize> {
        let (_, tables) = counted_by.rsplit_once('/')?;
        let known: Vec<&str> = tables.split('+').collect();
        (0..self.tables.len()).find(|number| known.get(*number) != Some(&self.tables[*number].as_str()))
    }

    /// Whether `counted_by` and `other` are of the same events, and only look-ups say something else.
    pub(crate) fn differs_in_tables(counted_by: &str, other: &str) -> bool {
        let parts =
            |text: &str| text.rsplit_once('/').map(|(rules, tables)| (rules.to_owned(), tables.to_owned()));
        match (parts(counted_by), parts(other)) {
            (Some((rules, tables)), Some((other_rules, other_tables))) => {
                rules == other_rules && tables != other_tables
            }
            _ => false,
        }
    }

    /// Whether files were counted under `counted_by` by a version of windrow that wrote no widths of panes: by rules
    /// that no longer hold.
    pub fn is_older(counted_by: &str) -> bool {
        !counted_by.contains('/')
    }

    /// Whether `counted_by` has the same events, in whatever panes.
    pub fn has_events_of(&self, counted_by: &str) -> bool {
        counted_by.split('/').next() == Some(&self.events)
    }
}

impl Display for Counting {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.events, self.widths)?;
        match self.tables.is_empty() {
            true => Ok(()),
            false => write!(f, "/{}", self.tables.join("+")),
        }
    }
}
