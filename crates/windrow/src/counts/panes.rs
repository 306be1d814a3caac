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

/// The panes seen, each with the slot it was given.
#[derive(Clone, Debug, Default)]
pub(super) struct Panes {
    list: Vec<Pane>,
    /// Where the page with this number is. Apart from the pages, so that it is small.
    page_places: HashMap<i64, usize, FastHash>,
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
        let slot = self.pages[*self.page_places.get(&page)?][place];
        (slot != FREE).then_some(slot)
    }

    /// Gives `pane`, which has none, a slot.
    pub(super) fn add(&mut self, pane: Pane) -> Slot {
        let slot = self.list.len() as Slot;
        let (page, place) = page_and_place(pane);
        let page = *self.page_places.entry(page).or_insert(self.pages.len());
        if page == self.pages.len() {
            self.pages.push([FREE; PANES_PER_PAGE as usize]);
        }
        self.pages[page][place] = slot;
        self.list.push(pane);
        slot
    }
}

/// The panes of one width are numbered from 1970 on. Those before 1970 may have another width, but their numbers are
/// negative, so no two panes of a job share one.
#[inline(always)]
fn page_and_place(pane: Pane) -> (i64, usize) {
    let number = pane.start_us.div_euclid(pane.width_us);
    (number.div_euclid(PANES_PER_PAGE), number.rem_euclid(PANES_PER_PAGE) as usize)
}
