//! When the events happen, line by line.

use super::dice::{Dice, DrawStream};
use super::recipe::{Order, Recipe};
use super::rhythm::{Slice, Slices};

/// Binary digits behind the point of a step between two events.
const FRACTION_BITS: u32 = 20;

/// The times of the events in the order they are written, without end.
pub(super) struct Times {
    dice: Dice,
    order: Order,
    start_us: i64,
    span_us: i64,
    slices: Slices,
    slice: Slice,
    taken: u64,
    step: u64,
}

impl Times {
    pub(super) fn new(recipe: &Recipe) -> Self {
        let (start_us, span_us) = (recipe.start_us, recipe.span_us);
        Times {
            dice: Dice::new(recipe.seed, DrawStream::Times),
            order: recipe.order,
            start_us,
            span_us,
            slices: Slices::new(start_us, span_us, recipe.events, Dice::new(recipe.seed, DrawStream::Rhythm)),
            slice: Slice { start_us, length_us: 0, events: 0 },
            taken: 0,
            step: 0,
        }
    }

    /// The time of the next event, in microseconds since 1970 UTC.
    pub(super) fn draw(&mut self) -> i64 {
        match self.order {
            Order::Sorted => self.draw_sorted(),
            Order::Shuffled => self.start_us + self.dice.below(self.span_us as u64) as i64,
            Order::Late { share_ppm, by_us } => {
                let on_time_us = self.draw_sorted();
                if self.dice.below(1_000_000) >= share_ppm.into() {
                    return on_time_us;
                }
                let late_us = self.dice.below(by_us as u64 + 1) as i64;
                on_time_us.saturating_sub(late_us).max(self.start_us)
            }
        }
    }

    /// A slice with n events is cut into n equal steps, and each holds one event at a random place:
    /// sorted without sorting.
    fn draw_sorted(&mut self) -> i64 {
        while self.taken == self.slice.events {
            let Some(slice) = self.slices.next() else { break };
            self.step = ((slice.length_us as u64) << FRACTION_BITS) / slice.events.max(1);
            self.slice = slice;
            self.taken = 0;
        }
        let into_slice = self.taken * self.step + self.dice.below(self.step);
        self.taken += 1;
        self.slice.start_us + (into_slice >> FRACTION_BITS) as i64
    }
}
