//! Dice: the only source of chance, xoshiro256++ and integer arithmetic.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// What is drawn from where. The order is part of what a seed means: new streams go to the end.
#[derive(Clone, Copy)]
pub(super) enum DrawStream {
    Times,
    Rhythm,
    Keys,
    Flaws,
    Extras,
    Offsets,
}

/// An endless stream of draws that depends on the seed and its own number alone.
#[derive(Clone)]
pub(super) struct Dice(Xoshiro256PlusPlus);

impl Dice {
    pub(super) fn new(seed: u64, stream: DrawStream) -> Self {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
        (0..stream as u8).for_each(|_| generator.jump());
        Dice(generator)
    }

    /// A number in `0..n`, or 0 where `n` is 0. The bias of at most `n / 2^64` is the price of one draw each.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// One of `choices`, which must not be empty.
    pub(super) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len() as u64) as usize]
    }
}
