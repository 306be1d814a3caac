//! Order: files are finished in any order and delivered in theirs, by one thread at a time, which holds no lock meanwhile.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{MutexGuard, PoisonError};

use crate::engine::{Contribution, Receiver, Refusal};
use crate::error::Result;
use crate::reject::Reject;
use crate::source::InputFile;

use super::queue::{Queue, QueueState};

/// Bytes of rejects that may wait for the files before theirs, per thread.
const REJECTS_AHEAD_BYTES: usize = 8 << 20;

/// What the threads have finished and the receiver does not have yet.
pub(super) struct Outbox<'a> {
    /// Away while a thread delivers. After an error it stays away.
    pub(super) receiver: Option<&'a mut dyn Receiver>,
    /// The file whose turn it is: how many inputs are delivered, or on their way.
    pub(super) turn: usize,
    /// The rejects of that file up to this place are delivered.
    rejects_to: u64,
    /// What that file and later ones have to say, by their number.
    waiting: BTreeMap<usize, VecDeque<DueDelivery>>,
    /// About how many bytes the rejects among it take.
    held_bytes: usize,
}

pub(super) enum DueDelivery {
    Rejects(Vec<Reject>),
    End(Box<Result<Contribution, Refusal>>),
}

impl<'a> Outbox<'a> {
    pub(super) fn new(receiver: &'a mut dyn Receiver) -> Self {
        Outbox { receiver: Some(receiver), turn: 0, rejects_to: 0, waiting: BTreeMap::new(), held_bytes: 0 }
    }

    /// Takes the rejects of input number `at`, whose lines count from 0 after `lines_before` others.
    pub(super) fn put_rejects(&mut self, at: usize, lines_before: u64, mut rejects: Vec<Reject>) {
        for reject in &mut rejects {
            reject.place = reject.place.below(lines_before + 1);
        }
        self.held_bytes += bytes_of(&rejects);
        self.waiting.entry(at).or_default().push_back(DueDelivery::Rejects(rejects));
    }

    /// Takes the contribution of input number `at`, or why it is refused.
    pub(super) fn put_end(&mut self, at: usize, end: Result<Contribution, Refusal>) {
        self.waiting.entry(at).or_default().push_back(DueDelivery::End(Box::new(end)));
    }

    /// How much waits that could be delivered.
    pub(super) fn due(&self) -> usize {
        self.waiting.get(&self.turn).map_or(0, VecDeque::len)
    }

    /// What is delivered next, and of which input it is.
    pub(super) fn next(&mut self) -> Option<(usize, DueDelivery)> {
        let at = self.turn;
        while let Some(delivery) = self.waiting.get_mut(&at)?.pop_front() {
            let DueDelivery::Rejects(mut rejects) = delivery else {
                self.waiting.remove(&at);
                (self.turn, self.rejects_to) = (at + 1, 0);
                return Some((at, delivery));
            };
            self.held_bytes -= bytes_of(&rejects);
            // A file that is counted again has delivered its first rejects already.
            rejects.retain(|reject| reject.place.order() >= self.rejects_to);
            if let Some(last) = rejects.last() {
                self.rejects_to = last.place.order() + 1;
                return Some((at, DueDelivery::Rejects(rejects)));
            }
        }
        None
    }
}

fn bytes_of(rejects: &[Reject]) -> usize {
    let value = |reject: &Reject| reject.value.as_ref().map_or(0, Vec::len);
    rejects.iter().map(|reject| size_of::<Reject>() + reject.raw.len() + value(reject)).sum()
}

impl DueDelivery {
    /// Gives it to the receiver, which may take its time.
    pub(super) fn to(self, receiver: &mut dyn Receiver, input: &InputFile) -> Result<()> {
        match self {
            DueDelivery::Rejects(rejects) => receiver.rejects(input, rejects),
            DueDelivery::End(end) => match *end {
                Ok(contribution) => receiver.contribution(input, contribution),
                Err(refusal) => receiver.refused(input, refusal),
            },
        }
    }
}

impl<'a> Queue<'a> {
    /// Delivers rejects of input number `at`, which is counted in order.
    pub(super) fn deliver_rejects(&self, at: usize, lines_before: u64, rejects: Vec<Reject>) -> Result<()> {
        let mut state = self.lock();
        state.outbox.put_rejects(at, lines_before, rejects);
        self.deliver_in_turn(at, state)
    }

    /// Delivers what is due. Where many rejects wait, a thread at input number `at` waits for the files before it.
    pub(super) fn deliver_in_turn<'q>(
        &'q self,
        at: usize,
        mut state: MutexGuard<'q, QueueState<'a>>,
    ) -> Result<()> {
        let held_max = REJECTS_AHEAD_BYTES * self.settings.threads.get();
        while state.outbox.turn < at && state.outbox.held_bytes > held_max && !state.given_up {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        self.deliver(state)
    }

    /// Delivers what input number `at` comes to.
    pub(super) fn end(&self, at: usize, end: Result<Contribution, Refusal>) -> Result<()> {
        let mut state = self.lock();
        state.outbox.put_end(at, end);
        self.deliver(state)
    }

    /// Delivers what is due, unless another thread does; then it waits as long as that one is far behind.
    fn deliver<'q>(&'q self, mut state: MutexGuard<'q, QueueState<'a>>) -> Result<()> {
        let Some(receiver) = state.outbox.receiver.take() else {
            while state.outbox.due() > self.settings.threads.get() && !state.given_up {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            return Ok(());
        };
        while let Some((at, delivery)) = state.outbox.next() {
            drop(state);
            delivery.to(receiver, &self.inputs[at])?;
            state = self.lock();
            self.changed.notify_all();
        }
        state.outbox.receiver = Some(receiver);
        Ok(())
    }

    /// About how many bytes of rejects wait.
    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.lock().outbox.held_bytes
    }
}
