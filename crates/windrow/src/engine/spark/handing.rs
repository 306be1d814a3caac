//! Handing on: what the count came to, with the lines that windrow has to see itself, in the order of the files.

use std::collections::HashMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, RecordBatch};

use crate::engine::{Contribution, FingerprintWish, Receiver, Refusal};
use crate::error::{Error, Kind, Result};
use crate::event::TimeReader;
use crate::job::Job;
use crate::reject::Reject;
use crate::settings::Stop;
use crate::source::InputFile;

use super::client::Session;
use super::counted::Counted;
use super::layout::{Input, Layout, layout_of};
use super::plan::{Asked, Wanted, lines};
use super::reading::{Rejects, Through, lines_do_not_add_up};

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
    rejects: Vec<Reject>,
}

/// How the lines of a file are read.
#[derive(Default)]
enum Reading<'a> {
    /// No line came.
    #[default]
    Nothing,
    /// Some are rejects, the others are counted by Spark.
    Rejects(Box<Rejects<'a>>),
    /// All lines come.
    Through(Box<Through<'a>>),
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
            reading: Reading::Nothing,
            rejects: Vec::new(),
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
        let counted = self.counted.get(&at);
        let wanted = match counted {
            _ if is_read_through(input, counted) => Wanted::All,
            Some(counted) if counted.tally.rejected_total() > 0 => {
                Wanted::Rejects(self.receiver.rejects_wanted())
            }
            _ => return None,
        };
        if wanted == Wanted::Rejects(0) {
            return None;
        }
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
        let query = lines(self.job, layout, &asked);
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
        let ends = column("ends")?.as_boolean_opt().ok_or_else(odd)?;
        for row in 0..batch.num_rows() {
            let at =
                *usize::try_from(files.value(row)).ok().and_then(|at| numbers.get(at)).ok_or_else(odd)?;
            if at < self.turn {
                return Err(Error::bug("Spark's lines came in another order than that of the files"));
            }
            self.end_before(at)?;
            match (lines.is_null(row), &self.inputs[at]) {
                (true, Ok(input)) => self.line(input, pieces.value(row), ends.value(row))?,
                (false, Ok(input)) => {
                    let number = |number: i64| u64::try_from(number).map_err(|_| odd());
                    let (line, byte) = (number(lines.value(row))?, number(bytes.value(row))?);
                    self.reject(input, line, byte, pieces.value(row))?;
                }
                (_, Err(_)) => return Err(odd()),
            }
        }
        Ok(())
    }

    /// The next piece of a file that is read through.
    fn line(&mut self, input: &'a Input<'a>, piece: &[u8], ends: bool) -> Result<()> {
        if let Reading::Nothing = self.reading {
            let wish = self.receiver.fingerprint_wish(input.file);
            self.reading = Reading::Through(Box::new(Through::new(self.job, input, &self.time, wish)));
        }
        let Reading::Through(through) = &mut self.reading else {
            return Err(Error::bug("Spark's lines are mixed up"));
        };
        let rejects = through.take(piece, ends);
        self.hold(input.file, rejects)
    }

    /// A reject of a file that Spark has counted.
    fn reject(&mut self, input: &'a Input<'a>, line: u64, byte: u64, content: &[u8]) -> Result<()> {
        if let Reading::Nothing = self.reading {
            self.reading = Reading::Rejects(Box::new(Rejects::new(self.job, input, &self.time)));
        }
        let Reading::Rejects(rejects) = &mut self.reading else {
            return Err(Error::bug("Spark's lines are mixed up"));
        };
        let reject = rejects.take(line, byte, content)?;
        self.hold(input.file, vec![reject])
    }

    /// Keeps rejects until some can be handed on together.
    fn hold(&mut self, file: &InputFile, rejects: Vec<Reject>) -> Result<()> {
        self.rejects.extend(rejects);
        if self.rejects.len() < REJECTS_TOGETHER { Ok(()) } else { self.hand_on_rejects(file) }
    }

    fn hand_on_rejects(&mut self, file: &InputFile) -> Result<()> {
        if self.rejects.is_empty() {
            return Ok(());
        }
        self.receiver.rejects(file, std::mem::take(&mut self.rejects))
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
        if Refusal::is_due(self.job, &contribution.tally) {
            return Ok(Err(Refusal::for_rejects(name, &contribution.tally, input.opened.clone())));
        }
        Ok(Ok(contribution))
    }

    /// What the file whose turn it is adds, by Spark's count or by its lines.
    fn contribution(&mut self, input: &'a Input<'a>) -> Result<Contribution> {
        let counted = self.counted.remove(&self.turn);
        let found = match std::mem::take(&mut self.reading) {
            Reading::Through(through) => {
                let (rejects, contribution) = through.finish()?;
                self.rejects.extend(rejects);
                return Ok(contribution);
            }
            Reading::Rejects(rejects) => *rejects.found(),
            Reading::Nothing => Default::default(),
        };
        let (counted, tally) = match counted {
            None if input.is_empty() => (Counted::nothing(self.job), input.header.tally.clone()),
            Some(counted) if !is_read_through(input, Some(&counted)) => match counted.whole_tally(input) {
                Some(tally) => (counted, tally),
                None => return Err(lines_do_not_add_up(input, counted.tally.bytes_read)),
            },
            _ => return Err(lines_do_not_add_up(input, 0)),
        };
        if found != tally.rejected && tally.rejected_total() <= self.receiver.rejects_wanted() as u64 {
            return Err(Error::bug(format!(
                "{}: Spark has counted other rejects than it has handed over",
                input.file.name
            )));
        }
        let fingerprint = match self.receiver.fingerprint_wish(input.file) {
            FingerprintWish::Needed => Some(input.fingerprint(self.stop)?),
            _ => None,
        };
        Ok(Contribution {
            counts: counted.counts,
            tally,
            span_us: counted.span_us,
            fingerprint,
            opened: input.opened.clone(),
            proof: None,
            proven: None,
        })
    }
}

/// Whether windrow reads all lines of a file.
fn is_read_through(input: &Input<'_>, counted: Option<&Counted>) -> bool {
    input.read_through || counted.is_some_and(|counted| counted.is_unsure)
}
