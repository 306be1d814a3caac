//! Merging: if an answer is not held, both are compared as they are read, window by window, in constant memory.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::answer::{ComparedSide, CountsByWindow, Label};
use super::same_length;
use super::values::SideLabels;
use super::windows::{SideWindow, WindowDifferences, side_of};
use crate::error::{Error, Result};

/// A window of a side.
struct MergedWindow {
    start_us: i64,
    end_us: Option<i64>,
    side: SideWindow,
}

/// Windows in a chunk.
const CHUNK: usize = 1024;
/// Chunks that may wait for the other side.
const WAITING: usize = 4;

type Chunk = Result<Vec<MergedWindow>>;

/// Compares two answers. The `cells` of an answer that is held use the numbers of `values`.
///
/// # Errors
/// Usage: the windows differ in length. Those of reading.
pub(super) fn compare(
    answers: [&ComparedSide; 2],
    cells: [&CountsByWindow; 2],
    values: &SideLabels,
    limit: usize,
) -> Result<WindowDifferences> {
    thread::scope(|scope| {
        let [mut a, mut b] = [0, 1].map(|at| {
            let (send, receive) = sync_channel(WAITING);
            scope.spawn(move || {
                let mut sender = Sender { waiting: Vec::new(), send };
                let ended = read(answers[at], cells[at], values, &mut sender);
                sender.end(ended);
            });
            WindowSink { receive, chunk: Vec::new().into_iter().peekable() }
        });
        let mut found = WindowDifferences::default();
        let none = SideWindow::default();
        let mut is_one_length = false;
        loop {
            let starts = [a.start_us()?, b.start_us()?];
            let Some(start_us) = starts.into_iter().flatten().min() else { return Ok(found) };
            let [a, b] = [&mut a, &mut b].map(|side| side.take(start_us));
            if let (Some(a), Some(b), false) = (&a, &b, is_one_length)
                && let (Some(of_a), Some(of_b)) = (a.end_us, b.end_us)
            {
                same_length(answers, start_us, of_a, of_b)?;
                is_one_length = true;
            }
            let sides = [&a, &b].map(|window| window.as_ref().map_or(&none, |window| &window.side));
            found.compare(start_us, sides, limit);
        }
    })
}

/// Delivers the windows of an answer, in their order.
fn read(
    answer: &ComparedSide,
    cells: &CountsByWindow,
    values: &SideLabels,
    sender: &mut Sender,
) -> Result<()> {
    let Some(rows) = &answer.rows else {
        let starts: BTreeSet<i64> =
            cells.keys().map(|(start_us, _)| *start_us).chain(answer.means.keys().copied()).collect();
        return starts.into_iter().try_for_each(|start_us| {
            let end_us = answer.ends_us.get(&start_us).copied().flatten();
            sender.push(MergedWindow { start_us, end_us, side: side_of(cells, &answer.means, start_us) })
        });
    };
    let number = |label: &Label| values.number(label).unwrap_or_default();
    let numbers: Vec<u32> = answer.labels.iter().map(number).collect();
    let mut current: Option<MergedWindow> = None;
    rows.each(&mut answer.labels.clone(), &mut |row| {
        let Some(start_us) = row.start_us else { return Ok(()) };
        if current.as_ref().is_none_or(|window| window.start_us != start_us) {
            let next = MergedWindow { start_us, end_us: row.end_us, side: SideWindow::default() };
            current.replace(next).map_or(Ok(()), |window| sender.push(window))?;
        }
        if let Some(MergedWindow { side, .. }) = &mut current {
            for (label, n) in row.counts.iter().filter(|(_, n)| *n > 0) {
                *side.counts.entry(numbers[*label as usize]).or_default() += n;
            }
            side.mean = row.mean.or(side.mean);
        }
        Ok(())
    })?;
    current.map_or(Ok(()), |window| sender.push(window))
}

/// Gathers windows into chunks and sends them.
struct Sender {
    waiting: Vec<MergedWindow>,
    send: SyncSender<Chunk>,
}

impl Sender {
    fn push(&mut self, window: MergedWindow) -> Result<()> {
        self.waiting.push(window);
        if self.waiting.len() < CHUNK {
            return Ok(());
        }
        let chunk = std::mem::take(&mut self.waiting);
        // If the other side has failed, this one is not read further.
        self.send.send(Ok(chunk)).map_err(|_| Error::bug("the other side has ended"))
    }

    fn end(self, ended: Result<()>) {
        let last = ended.map(|()| self.waiting);
        // After an error, it is not received.
        let _ = self.send.send(last);
    }
}

/// Receives the windows of a side.
struct WindowSink {
    receive: Receiver<Chunk>,
    chunk: std::iter::Peekable<std::vec::IntoIter<MergedWindow>>,
}

impl WindowSink {
    /// The start of the next window; `None` at the end.
    fn start_us(&mut self) -> Result<Option<i64>> {
        while self.chunk.peek().is_none() {
            match self.receive.recv() {
                Ok(chunk) => self.chunk = chunk?.into_iter().peekable(),
                Err(_) => return Ok(None),
            }
        }
        Ok(self.chunk.peek().map(|window| window.start_us))
    }

    /// The next window, if it starts at `start_us`.
    fn take(&mut self, start_us: i64) -> Option<MergedWindow> {
        self.chunk.next_if(|window| window.start_us == start_us)
    }
}
