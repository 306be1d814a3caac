//! Handing on: what the count came to, with the lines that windrow has to see itself, in the order of the files.

use std::collections::HashMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, RecordBatch};

use crate::engine::{Contribution, FingerprintWish, Receiver, Refusal, union};
use crate::error::{Error, Kind, Result};
use crate::event::TimeReader;
use crate::increment::Ends;
use crate::job::Job;
use crate::reject::Reject;
use crate::settings::Stop;
use crate::source::InputFile;
use crate::tally::Tally;

use super::client::Session;
use super::counted::{Counted, Lines, lines_do_not_add_up};
use super::layout::{Input, Layout, layout_of};
use super::plan::{Asked, Wanted, What, lines};
use super::reading::{Rejects, Through, Unsure};

/// An input, looked at, or why it is refused.
pub(super) type Looked<'a> = Result<Input<'a>, Box<Refusal>>;

/// Files of which lines are fetched by one query, at most.
const FILES_PER_QUERY: usize = 256;

/// Rejects that are handed on together.
const REJECTS_TOGETHER: usize = 1024;

/// Hands files on.
pub(super) struct Handing<'a> {
    job: &'a Job,
    files: &'a [InputFile],
    inputs: &'a [Looked<'a>],
    counted: HashMap<usize, Counted>,
    time: TimeReader,
    stop: &'a Stop,
    receiver: &'a mut dyn Receiver,
    /// The file whose turn it is.
    turn: usize,
    /// How its lines are read, once some came.
    reading: Reading<'a>,
    /// Its rejects that are not handed on yet.
    held: Vec<Reject>,
}

/// How the lines of a file are read.
#[derive(Default)]
struct Reading<'a> {
    /// Those that are rejects by themselves.
    rejects: Option<Box<Rejects<'a>>>,
    /// Those that are unsure, of a file whose other lines Spark has counted.
    unsure: Option<Box<Unsure<'a>>>,
    /// All of them.
    through: Option<Box<Through<'a>>>,
}

impl<'a> Handing<'a> {
    pub(super) fn new(
        job: &'a Job,
        files: &'a [InputFile],
        inputs: &'a [Looked<'a>],
        counted: HashMap<usize, Counted>,
        time: TimeReader,
        stop: &'a Stop,
        receiver: &'a mut dyn Receiver,
    ) -> Self {
        Handing {
            job,
            files,
            inputs,
            counted,
            time,
            stop,
            receiver,
            turn: 0,
            reading: Reading::default(),
            held: Vec::new(),
        }
    }

    /// Hands all files on. There is a session where Spark has anything to read.
    pub(super) fn hand_on(&mut self, session: Option<&mut Session>) -> Result<()> {
        if let Some(session) = session {
            let (mut layout, mut asked): (Option<Layout>, Vec<(usize, Asked)>) = (None, Vec::new());
            for at in 0..self.inputs.len() {
                let Some((of, file)) = self.asked(at) else { continue };
                if layout.as_ref() != Some(&of) || asked.len() == FILES_PER_QUERY {
                    self.fetch(session, layout.as_ref(), std::mem::take(&mut asked))?;
                }
                layout = Some(of);
                asked.push((at, file));
            }
            self.fetch(session, layout.as_ref(), asked)?;
        }
        self.end_before(self.inputs.len())
    }

    /// Which lines are wanted of an input, if any are.
    fn asked(&self, at: usize) -> Option<(Layout, Asked)> {
        let input = self.inputs[at].as_ref().ok().filter(|input| !input.is_empty())?;
        let wanted = match self.counted.get(&at) {
            None => Wanted::All,
            Some(counted) if counted.unsure.n > 0 => Wanted::Unsure,
            Some(counted) if counted.tally.rejected_total() > 0 && self.receiver.rejects_wanted() > 0 => {
                Wanted::Rejects
            }
            Some(_) => return None,
        };
        Some((layout_of(input), Asked { name: input.name.clone(), address: input.address.clone(), wanted }))
    }

    /// Fetches lines, and hands on the files they are of and those before.
    fn fetch(
        &mut self,
        session: &mut Session,
        layout: Option<&Layout>,
        asked: Vec<(usize, Asked)>,
    ) -> Result<()> {
        let (Some(layout), false) = (layout, asked.is_empty()) else { return Ok(()) };
        let (numbers, asked): (Vec<usize>, Vec<Asked>) = asked.into_iter().unzip();
        let query = lines(self.job, layout, &asked, self.receiver.rejects_wanted());
        session.query(query, &mut |_| {}, &mut |batch| self.take(&batch, &numbers))
    }

    /// Takes lines; the number of a file in the query is a place in `numbers`.
    fn take(&mut self, batch: &RecordBatch, numbers: &[usize]) -> Result<()> {
        let odd = || Error::bug("the columns of Spark's lines are others than were asked for");
        let column = |name: &str| batch.column_by_name(name).ok_or_else(odd);
        let files = column("at")?.as_primitive_opt::<Int32Type>().ok_or_else(odd)?;
        let lines = column("line")?.as_primitive_opt::<Int64Type>().ok_or_else(odd)?;
        let bytes = column("byte")?.as_primitive_opt::<Int64Type>().ok_or_else(odd)?;
        let pieces = column("piece")?.as_binary_opt::<i32>().ok_or_else(odd)?;
        let whats = column("what")?.as_primitive_opt::<Int32Type>().ok_or_else(odd)?;
        let unsure = column("unsure")?.as_boolean_opt().ok_or_else(odd)?;
        let ends = column("ends")?.as_boolean_opt().ok_or_else(odd)?;
        for row in 0..batch.num_rows() {
            let at =
                *usize::try_from(files.value(row)).ok().and_then(|at| numbers.get(at)).ok_or_else(odd)?;
            if at < self.turn {
                return Err(Error::bug("Spark's lines came in another order than that of the files"));
            }
            self.end_before(at)?;
            let input = self.inputs[at].as_ref().map_err(|_| odd())?;
            let (piece, ends) = (pieces.value(row), ends.value(row));
            let number = |number: i64| u64::try_from(number).map_err(|_| odd());
            let rejects = match (lines.is_null(row), unsure.value(row)) {
                (true, _) => self.through(input).take(piece, ends),
                (false, true) => {
                    let (line, byte) = (number(lines.value(row))?, number(bytes.value(row))?);
                    self.unsure(input).take(line, byte, piece, ends)
                }
                (false, false) => {
                    let (line, byte) = (number(lines.value(row))?, number(bytes.value(row))?);
                    let mut rejects =
                        self.reading.unsure.as_mut().map(|unsure| unsure.end()).unwrap_or_default();
                    let What::Reject(reason) = What::of(whats.value(row)).ok_or_else(odd)? else {
                        return Err(odd());
                    };
                    let reject = self.rejects(input).take(line, byte, piece, reason);
                    rejects.push(reject.ok_or_else(|| differs(input, "rejects"))?);
                    rejects
                }
            };
            self.hold(input.file, rejects)?;
        }
        Ok(())
    }

    fn through(&mut self, input: &'a Input<'a>) -> &mut Through<'a> {
        let wish = self.receiver.fingerprint_wish(input.file);
        self.reading.through.get_or_insert_with(|| Box::new(Through::new(self.job, input, &self.time, wish)))
    }

    fn unsure(&mut self, input: &'a Input<'a>) -> &mut Unsure<'a> {
        self.reading.unsure.get_or_insert_with(|| Box::new(Unsure::new(self.job, input, &self.time)))
    }

    fn rejects(&mut self, input: &'a Input<'a>) -> &mut Rejects<'a> {
        self.reading.rejects.get_or_insert_with(|| Box::new(Rejects::new(self.job, input, &self.time)))
    }

    /// Keeps rejects until some can be handed on together.
    fn hold(&mut self, file: &InputFile, rejects: Vec<Reject>) -> Result<()> {
        self.held.extend(rejects);
        if self.held.len() < REJECTS_TOGETHER { Ok(()) } else { self.hand_on_rejects(file) }
    }

    fn hand_on_rejects(&mut self, file: &InputFile) -> Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        self.receiver.rejects(file, std::mem::take(&mut self.held))
    }

    /// Hands on the files before number `at`: none of their lines comes any more.
    fn end_before(&mut self, at: usize) -> Result<()> {
        while self.turn < at {
            let file = &self.files[self.turn];
            let end = match &self.inputs[self.turn] {
                Ok(input) => self.end(input)?,
                Err(refusal) => Err((**refusal).clone()),
            };
            self.hand_on_rejects(file)?;
            match end {
                Ok(contribution) => self.receiver.contribution(file, contribution)?,
                Err(refusal) => self.receiver.refused(file, refusal)?,
            }
            self.turn += 1;
        }
        Ok(())
    }

    /// What the file whose turn it is comes to.
    fn end(&mut self, input: &'a Input<'a>) -> Result<Result<Contribution, Refusal>> {
        let name = &input.file.name;
        let refused = |error| Refusal { error, tally: None, opened: Some(input.opened.clone()) };
        let contribution = match self.contribution(input) {
            Err(error) if error.kind() == Kind::Storage => return Ok(Err(refused(error))),
            contribution => contribution?,
        };
        contribution.check(name)?;
        if let Err(error) = input.check_unchanged() {
            return Ok(Err(refused(error.within(name))));
        }
        if Refusal::is_due(self.job, &contribution) {
            return Ok(Err(Refusal::for_rejects(name, &contribution.tally, input.opened.clone())));
        }
        Ok(Ok(contribution))
    }

    /// What the file whose turn it is adds, by Spark's count and by the lines that came.
    fn contribution(&mut self, input: &'a Input<'a>) -> Result<Contribution> {
        let Reading { rejects, unsure, through } = std::mem::take(&mut self.reading);
        if let Some(through) = through {
            let (rejects, contribution) = through.finish()?;
            self.held.extend(rejects);
            return Ok(contribution);
        }
        let counted = self.counted.remove(&self.turn);
        let (counted, mut tally) = match counted {
            Some(counted) => {
                let tally = counted.whole_tally(input)?;
                (counted, tally)
            }
            None if input.is_empty() => (Counted::nothing(self.job), input.header.tally.clone()),
            None => return Err(lines_do_not_add_up(input, 0)),
        };
        let found = rejects.map_or_else(Default::default, |rejects| *rejects.found());
        if found != tally.rejected && tally.rejected_total() <= self.receiver.rejects_wanted() as u64 {
            return Err(differs(input, "rejects"));
        }
        let (mut counts, mut span_us, mut taken) = (counted.counts, counted.span_us, Lines::default());
        if let Some(mut unsure) = unsure {
            self.held.extend(unsure.end());
            let (partial, lines) = unsure.finish();
            counts.merge(partial.counts);
            tally.add(&Tally { bytes_read: 0, ..partial.tally });
            span_us = union(span_us, partial.span_us);
            taken = lines;
        }
        if taken != counted.unsure {
            return Err(differs(input, "lines"));
        }
        let (fingerprint, ends) = match self.receiver.fingerprint_wish(input.file) {
            FingerprintWish::Needed => (Some(input.fingerprint(self.stop)?), input.ends()?),
            FingerprintWish::IfFree => (None, input.ends()?),
            FingerprintWish::No => (None, Ends::default()),
        };
        let opened = input.opened.clone();
        Ok(Contribution { counts, tally, span_us, fingerprint, opened, proof: None, ends, proven: None })
    }
}

/// Two queries have not read the same: the file was changed in between, or Spark and windrow are not of one mind.
fn differs(input: &Input<'_>, what: &str) -> Error {
    match input.check_unchanged() {
        Err(error) => error.within(&input.file.name),
        Ok(()) => {
            Error::bug(format!("{}: Spark has counted other {what} than it has handed over", input.file.name))
        }
    }
}
