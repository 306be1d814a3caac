//! Sliding windows of states: what the panes of a window come to, then those of the next one, which shares most of them.
//!
//! The least value of a state cannot be taken away, so panes wait in two stacks. Panes that come are merged into `back`. Panes that
//! leave next are in `front`, each with the state of all from itself up to `middle`, where `back` begins. Of these few are kept: every so many
//! panes one is marked, and those between two marks are made when they are due. So each pane is merged three times and each
//! window once, however many panes it holds, and memory grows with the root of that number.

use std::ops::Range;

use super::assemble::CleanCounts;
use super::measured::WindowStates;
use crate::error::Result;

/// The states of a window that moves on.
#[derive(Debug, Default)]
pub(super) struct Sliding {
    /// The panes that it holds, by their places among all.
    held: Range<usize>,
    middle: usize,
    /// Panes with the states of all from them up to `middle`; the first pane is the last here.
    front: Vec<(usize, WindowStates)>,
    marks: Vec<(usize, WindowStates)>,
    /// The states of the panes from `middle` on.
    back: WindowStates,
    /// Those of the window, where they are not `back` alone.
    both: WindowStates,
    /// How often states were merged or copied.
    #[cfg(test)]
    pub(super) merges: usize,
}

impl Sliding {
    /// The states of the panes `held` of `counts`; neither end is before that of the last call.
    ///
    /// # Errors
    /// Limit: a sum is past what a table can hold.
    pub(super) fn at(&mut self, counts: &CleanCounts, held: Range<usize>) -> Result<&WindowStates> {
        if held.start > self.middle {
            self.turn(counts, held.start)?;
        }
        for at in self.held.end.max(held.start)..held.end {
            self.back.add_pane(counts, at)?;
            self.merged();
        }
        self.held = held;
        self.make_due(counts)?;
        if let Some((_, front)) = self.front.last() {
            self.both.clone_from(front);
            self.both.add(&self.back)?;
            self.merged();
        }
        let states = self.states();
        states.check().map(|()| states)
    }

    /// The states of the window that was asked for last.
    pub(super) fn states(&self) -> &WindowStates {
        if self.front.is_empty() { &self.back } else { &self.both }
    }

    fn merged(&mut self) {
        #[cfg(test)]
        {
            self.merges += 1;
        }
    }

    /// Lets the panes before `start` leave `back`: those that stay are the new front.
    fn turn(&mut self, counts: &CleanCounts, start: usize) -> Result<()> {
        let stay = start..self.held.end.max(start);
        self.front.clear();
        self.marks.clear();
        self.back = WindowStates::default();
        self.middle = stay.end;
        let apart = stay.len().isqrt().max(1);
        let mut states = WindowStates::default();
        for at in stay.rev() {
            states.add_pane(counts, at)?;
            self.merged();
            if (at - start).is_multiple_of(apart) {
                self.marks.push((at, states.clone()));
                self.merged();
            }
        }
        Ok(())
    }

    /// Makes the first pane that is held the last of `front`, if it is before `middle`.
    fn make_due(&mut self, counts: &CleanCounts) -> Result<()> {
        let start = self.held.start;
        self.front.truncate(self.front.iter().take_while(|(at, _)| *at >= start).count());
        if start >= self.middle || !self.front.is_empty() {
            return Ok(());
        }
        while self.marks.pop_if(|(at, _)| *at < start).is_some() {}
        let (end, mut states) = match self.marks.last() {
            Some((at, states)) if *at > start => (*at, states.clone()),
            Some(_) => {
                self.front.extend(self.marks.pop());
                return Ok(());
            }
            None => (self.middle, WindowStates::default()),
        };
        for at in (start..end).rev() {
            states.add_pane(counts, at)?;
            self.front.push((at, states.clone()));
            self.merged();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::counts::Counts;
    use crate::event::Cleaning;
    use crate::measure::{Function, Measure, MeasuredColumn};
    use crate::pane::Pane;

    /// Counts of these panes, each of the keys and numbers of some events.
    fn counts(panes: &[Vec<(u8, i32)>]) -> CleanCounts {
        let measure = |function| Measure { function, column: "n".to_owned() };
        let asked = [measure(Function::Quantile(950)), measure(Function::Distinct)];
        let mut counts = Counts::new(1, 1 << 40, 0).measuring(&MeasuredColumn::all(asked.iter()));
        for (at, events) in panes.iter().enumerate() {
            let slot = counts.slot(Pane { start_us: at as i64 * 60, width_us: 60 });
            for (key, number) in events {
                let (value, text) = (key.to_string(), number.to_string());
                let key = counts.keys.id_of_one(value.as_bytes(), value.len());
                counts.add(slot, key, 1);
                counts.measured.read(0, text.as_bytes(), text.len()).unwrap();
                counts.measured.add_row(slot, key);
            }
        }
        CleanCounts::new(counts, &[Cleaning::default()]).unwrap()
    }

    fn panes() -> impl Strategy<Value = Vec<Vec<(u8, i32)>>> {
        prop::collection::vec(prop::collection::vec((0..4_u8, -50..50), 1..4), 1..60)
    }

    proptest! {
        /// However a window moves, its states are those of its panes.
        #[test]
        fn a_window_has_the_states_of_its_panes(
            panes in panes(), moves in prop::collection::vec((0..9_usize, 0..9_usize), 1..60),
        ) {
            let counts = counts(&panes);
            let (mut sliding, mut held) = (Sliding::default(), 0..0);
            for (leave, come) in moves {
                let end = (held.end + come).min(panes.len());
                held = (held.start + leave).min(end)..end;
                let mut plainly = WindowStates::default();
                held.clone().for_each(|at| plainly.add_pane(&counts, at).unwrap());
                let states = sliding.at(&counts, held.clone()).unwrap();
                prop_assert_eq!(states.listed(&counts), plainly.listed(&counts), "{:?}", held);
            }
        }
    }

    #[test]
    fn a_longer_window_takes_no_more_merges() {
        let panes = vec![vec![(0, 1)]; 2_000];
        let counts = counts(&panes);
        for size in [1, 10, 500] {
            let mut sliding = Sliding::default();
            for at in 0..2_000 - size {
                sliding.at(&counts, at..at + size).unwrap();
            }
            assert!(sliding.merges < 9_000, "{size}: {}", sliding.merges);
            assert!(sliding.front.capacity() + sliding.marks.capacity() <= 64);
        }
    }
}
