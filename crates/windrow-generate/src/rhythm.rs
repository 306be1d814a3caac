//! The rhythm of a day: more events by day than by night, no two slices the same.

use super::dice::Dice;

/// How busy each hour of the day (UTC) begins; between two hours it changes evenly.
const BUSY: [u64; 24] =
    [22, 15, 11, 8, 7, 9, 15, 28, 46, 62, 74, 82, 88, 84, 80, 79, 81, 86, 95, 100, 92, 73, 51, 34];

const MINUTE_US: i64 = 60_000_000;
const SLICE_US: i64 = 10 * MINUTE_US;
const SLICES_MAX: i64 = 1 << 20;

/// One stretch of the span and how many of the events fall into it.
pub(super) struct Slice {
    pub(super) start_us: i64,
    pub(super) length_us: i64,
    pub(super) events: u64,
}

/// The slices of a span, in order; their events add up to exactly the number asked for.
pub(super) struct Slices {
    events: u64,
    weight_total: u128,
    weight_before: u128,
    weights: Weights,
}

impl Slices {
    pub(super) fn new(start_us: i64, span_us: i64, events: u64, noise: Dice) -> Self {
        let weights = Weights::new(start_us, span_us, noise);
        let weight_total = weights.clone().map(|(_, _, weight)| weight).sum();
        Slices { events, weight_total, weight_before: 0, weights }
    }
}

impl Iterator for Slices {
    type Item = Slice;

    fn next(&mut self) -> Option<Slice> {
        let (start_us, length_us, weight) = self.weights.next()?;
        let events_up_to = |weight| (u128::from(self.events) * weight / self.weight_total) as u64;
        let before = events_up_to(self.weight_before);
        self.weight_before += weight;
        Some(Slice { start_us, length_us, events: events_up_to(self.weight_before) - before })
    }
}

/// Start, length and weight of each slice.
#[derive(Clone)]
struct Weights {
    next_us: i64,
    end_us: i64,
    slice_us: i64,
    noise: Dice,
}

impl Weights {
    fn new(start_us: i64, span_us: i64, noise: Dice) -> Self {
        let slice_us = SLICE_US.max(span_us / SLICES_MAX + 1);
        Weights { next_us: start_us, end_us: start_us + span_us, slice_us, noise }
    }
}

impl Iterator for Weights {
    type Item = (i64, i64, u128);

    fn next(&mut self) -> Option<Self::Item> {
        let start_us = self.next_us;
        let length_us = self.slice_us.min(self.end_us - start_us);
        if length_us <= 0 {
            return None;
        }
        self.next_us += length_us;
        let weight = busy(start_us + length_us / 2) * (80 + self.noise.below(41));
        Some((start_us, length_us, u128::from(weight) * length_us as u128))
    }
}

/// How busy the instant is, in 1/60 of the unit of [`BUSY`].
fn busy(us: i64) -> u64 {
    let minute = us.div_euclid(MINUTE_US).rem_euclid(24 * 60) as u64;
    let (hour, past) = ((minute / 60) as usize, minute % 60);
    BUSY[hour] * (60 - past) + BUSY[(hour + 1) % 24] * past
}
