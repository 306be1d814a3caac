//! Order: files are finished in any order and delivered in theirs.

use std::collections::BTreeMap;

use crate::engine::{Contribution, FingerprintWish, Receiver, Refusal};
use crate::error::Result;
use crate::reject::Reject;
use crate::source::InputFile;

/// Delivers to the receiver what the threads have finished.
pub(super) struct OrderedDelivery<'a> {
    inputs: &'a [InputFile],
    receiver: &'a mut dyn Receiver,
    /// The file whose turn it is.
    turn: usize,
    /// The rejects of that file up to this place are delivered.
    rejects_to: u64,
    /// What later files have to say, by their number.
    waiting: BTreeMap<usize, Vec<Delivered>>,
}

enum Delivered {
    Rejects(Vec<Reject>),
    End(Box<Result<Contribution, Refusal>>),
}

impl<'a> OrderedDelivery<'a> {
    pub(super) fn new(inputs: &'a [InputFile], receiver: &'a mut dyn Receiver) -> Self {
        OrderedDelivery { inputs, receiver, turn: 0, rejects_to: 0, waiting: BTreeMap::new() }
    }

    /// Whether the fingerprint of input number `at` is wanted.
    pub(super) fn wants_fingerprint(&self, at: usize) -> bool {
        self.receiver.fingerprint_wish(&self.inputs[at]) != FingerprintWish::No
    }

    /// The rejects of input number `at`, whose lines count from 0 after `lines_before` others.
    pub(super) fn rejects(&mut self, at: usize, lines_before: u64, mut rejects: Vec<Reject>) -> Result<()> {
        for reject in &mut rejects {
            reject.place = reject.place.below(lines_before + 1);
        }
        self.take(at, Delivered::Rejects(rejects))
    }

    /// The contribution of input number `at`, or why it is refused. Returns how many inputs are delivered.
    pub(super) fn end(&mut self, at: usize, end: Result<Contribution, Refusal>) -> Result<usize> {
        self.take(at, Delivered::End(Box::new(end)))?;
        Ok(self.turn)
    }

    fn take(&mut self, at: usize, delivery: Delivered) -> Result<()> {
        if at != self.turn {
            self.waiting.entry(at).or_default().push(delivery);
            return Ok(());
        }
        self.pass(delivery)?;
        while let Some(waiting) = self.waiting.remove(&self.turn) {
            let turn = self.turn;
            waiting.into_iter().try_for_each(|delivery| self.pass(delivery))?;
            if self.turn == turn {
                break;
            }
        }
        Ok(())
    }

    fn pass(&mut self, delivery: Delivered) -> Result<()> {
        let input = &self.inputs[self.turn];
        match delivery {
            Delivered::Rejects(mut rejects) => {
                // A file that is counted again has delivered its first rejects already.
                rejects.retain(|reject| reject.place.order() >= self.rejects_to);
                if let Some(last) = rejects.last() {
                    self.rejects_to = last.place.order() + 1;
                    self.receiver.rejects(input, rejects)?;
                }
                return Ok(());
            }
            Delivered::End(end) => match *end {
                Ok(contribution) => self.receiver.contribution(input, contribution)?,
                Err(refusal) => self.receiver.refused(input, refusal)?,
            },
        }
        self.turn += 1;
        self.rejects_to = 0;
        Ok(())
    }
}
