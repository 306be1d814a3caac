//! Panes and their slots: the rows of the table of counts.

use hashbrown::HashMap;

use super::FastHash;
use crate::pane::Pane;

/// Where a pane's counts are kept: its row.
pub type Slot = u32;

/// Panes that share a page. Pages keep the search for a pane in the processor's cache when times come in no order,
/// and cost little when every pane is far from the next.
const PANES_PER_PAGE: i64 = 64;

const FREE: Slot = Slot::MAX;

/// A place of the directory without a page.
const NO_PAGE: u32 = u32::MAX;

/// The directory may have this many places and four per page.
const DIRECTORY_MIN: u64 = 1024;

/// The panes seen, each with the slot it was given.
#[derive(Clone, Debug, Default)]
pub(super) struct Panes {
    list: Vec<Pane>,
    /// Where the page with this number is. Apart from the pages, so that it is small.
    page_places: HashMap<i64, usize, FastHash>,
    /// The same of all pages from `directory_start` on, without a search; pages far from it are only in the map.
    directory: Vec<u32>,
    directory_start: i64,
    pages: Vec<[Slot; PANES_PER_PAGE as usize]>,
}

impl Panes {
    /// The panes, in the order of their slots.
    pub(super) fn list(&self) -> &[Pane] {
        &self.list
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The slot of `pane`, if it has one.
    #[inline(always)]
    pub(super) fn find(&self, pane: Pane) -> Option<Slot> {
        let (page, place) = page_and_place(pane);
        let at = match self.directory.get(page.wrapping_sub(self.directory_start) as usize) {
            Some(at) => *at as usize,
            None => *self.page_places.get(&page)?,
        };
        let slot = self.pages.get(at)?[place];
        (slot != FREE).then_some(slot)
    }

    /// Gives `pane`, which has none, a slot.
    pub(super) fn add(&mut self, pane: Pane) -> Slot {
        let slot = self.list.len() as Slot;
        let (page, place) = page_and_place(pane);
        let at = *self.page_places.entry(page).or_insert(self.pages.len());
        if at == self.pages.len() {
            self.pages.push([FREE; PANES_PER_PAGE as usize]);
            self.enter(page, at);
        }
        self.pages[at][place] = slot;
        self.list.push(pane);
        slot
    }

    /// Enters a new page into the directory, which is made longer where that is not too much.
    fn enter(&mut self, page: i64, at: usize) {
        if let Some(entry) = self.directory.get_mut(page.wrapping_sub(self.directory_start) as usize) {
            *entry = at as u32;
            return;
        }
        let (mut first, mut last) = (page, page);
        if !self.directory.is_empty() {
            first = first.min(self.directory_start);
            last = last.max(self.directory_start + self.directory.len() as i64 - 1);
        }
        let len = first.abs_diff(last) + 1;
        if len > DIRECTORY_MIN + 4 * self.pages.len() as u64 {
            return;
        }
        // Twice as long towards where the page is, so that times that go one way seldom come here.
        self.directory_start = if page == first { first - len as i64 } else { first };
        self.directory = vec![NO_PAGE; 2 * len as usize];
        for (page, at) in &self.page_places {
            if let Some(entry) = self.directory.get_mut(page.wrapping_sub(self.directory_start) as usize) {
                *entry = *at as u32;
            }
        }
    }
}

/// Panes are numbered by their width, from 1970 on. Early ones may be narrower than the others, which gives them lower
/// numbers still, as all of them are before 1970: no two panes of a job share one.
#[inline(always)]
fn page_and_place(pane: Pane) -> (i64, usize) {
    let number = pane.start_us.div_euclid(pane.width_us);
    (number.div_euclid(PANES_PER_PAGE), number.rem_euclid(PANES_PER_PAGE) as usize)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn pane(number: i64) -> Pane {
        Pane { start_us: number * 60, width_us: 60 }
    }

    proptest! {
        /// Panes near and far, in any order, in steps that the directory follows and does not follow.
        #[test]
        fn every_pane_has_the_slot_it_was_given(
            runs in prop::collection::vec((
                prop::sample::select(vec![-90_000_000i64, -70_000, -3, 0, 500, 64_000, 66_000, 1 << 40]),
                prop::sample::select(vec![-20_000i64, -64, -1, 1, 63, 64, 700, 70_000]),
                1..60i64,
            ), 1..8),
        ) {
            let (mut panes, mut naive) = (Panes::default(), BTreeMap::new());
            for number in runs.iter().flat_map(|(from, step, n)| (0..*n).map(move |at| from + at * step)) {
                prop_assert_eq!(panes.find(pane(number)), naive.get(&number).copied());
                naive.entry(number).or_insert_with(|| panes.add(pane(number)));
            }
            for (number, slot) in &naive {
                prop_assert_eq!(panes.find(pane(*number)), Some(*slot));
                prop_assert_eq!(panes.list()[*slot as usize], pane(*number));
                prop_assert_eq!(panes.find(pane(number + 1)), naive.get(&(number + 1)).copied());
            }
            prop_assert!(panes.directory.len() as u64 <= 2 * (DIRECTORY_MIN + 4 * panes.pages.len() as u64));
        }
    }

    #[test]
    fn panes_that_follow_on_each_other_are_in_the_directory() {
        for step in [1, -1] {
            let mut panes = Panes::default();
            (0..1_000_000).for_each(|at| {
                panes.add(pane(at * step));
            });
            for page in panes.page_places.keys() {
                let at = panes.directory[(page - panes.directory_start) as usize];
                assert_eq!(at as usize, panes.page_places[page]);
            }
        }
    }
}
