//! What the count came to, file by file: from the rows of its answer to contributions.

use std::collections::HashMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Int32Array, Int64Array, RecordBatch, StringArray};

use crate::counts::Counts;
use crate::engine::union;
use crate::error::{Error, Kind, Result};
use crate::job::Job;
use crate::pane::Pane;
use crate::tally::Tally;

use super::layout::Input;
use super::plan::What;

/// What Spark has counted of one file.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    /// Counts per pane and raw key.
    pub(super) counts: Counts,
    /// Where its rows went. Its header is among them, and bytes are not counted.
    pub(super) tally: Tally,
    /// The times of the first and the last event.
    pub(super) span_us: Option<(i64, i64)>,
    /// Its lines that are unsure, and their bytes; the tally has none of them.
    pub(super) unsure: Lines,
    /// The bytes of all lines, each with an LF.
    bytes: u64,
}

/// Some lines of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lines {
    /// How many they are.
    pub(super) n: u64,
    /// Their bytes, each with an LF.
    pub(super) bytes: u64,
}

impl Counted {
    /// Nothing yet.
    pub(super) fn nothing(job: &Job) -> Self {
        Counted {
            counts: Counts::new(job.source.keys.len(), &job.limits, 0),
            tally: Tally::default(),
            span_us: None,
            unsure: Lines::default(),
            bytes: 0,
        }
    }

    /// Whether more of its lines are unsure than not.
    pub(super) fn is_mostly_unsure(&self) -> bool {
        self.unsure.n > self.tally.read
    }

    /// The tally of the lines that are sure, with the bytes of the whole file.
    ///
    /// # Errors
    /// Storage: its lines do not add up to the bytes it has.
    pub(super) fn whole_tally(&self, input: &Input<'_>) -> Result<Tally> {
        // The header is the first of the lines that are like it.
        match self.tally.repeated_header.checked_sub(1) {
            Some(repeated_header) if self.bytes == input.bytes_of_lines() => Ok(Tally {
                repeated_header,
                read: self.tally.read - 1,
                bytes_read: input.size,
                bytes_total: input.size,
                ..self.tally.clone()
            }),
            _ => Err(lines_do_not_add_up(input, self.bytes)),
        }
    }
}

/// Spark's lines of a file have another number of bytes than the file.
pub(super) fn lines_do_not_add_up(input: &Input<'_>, bytes: u64) -> Error {
    let (has, name) = (input.size, &input.file.name);
    Error::new(Kind::Storage, format!("{name}: Spark has read {bytes} of its {has} bytes"))
        .help("run again when nothing writes to the file; every machine of the cluster must see the same file under this path, or where [engine.spark.paths] says")
}

/// Takes in the rows of a count.
pub(super) struct Counting<'a> {
    job: &'a Job,
    /// The numbers of the inputs, by the names they have in Spark.
    numbers: HashMap<&'a str, usize>,
    /// What was counted, by number.
    pub(super) files: HashMap<usize, Counted>,
}

impl<'a> Counting<'a> {
    pub(super) fn new(job: &'a Job, numbers: HashMap<&'a str, usize>) -> Self {
        Counting { job, numbers, files: HashMap::new() }
    }

    /// Takes in some rows.
    pub(super) fn take(&mut self, batch: &RecordBatch) -> Result<()> {
        let rows = Rows::of(batch, self.job.source.keys.len())?;
        let widths = self.job.pane_widths();
        for row in 0..batch.num_rows() {
            let file = self.file(rows.files.value(row))?;
            let (n, bytes) = (whole(rows.n.value(row))?, whole(rows.bytes.value(row))?);
            file.bytes += bytes;
            let what = What::of(rows.whats.value(row));
            let what = what.ok_or_else(|| Error::bug("Spark has made up a kind of line"))?;
            if what == What::Unsure {
                file.unsure = Lines { n: file.unsure.n + n, bytes: file.unsure.bytes + bytes };
                continue;
            }
            file.tally.read += n;
            match what {
                What::Blank => file.tally.blank += n,
                What::Comment => file.tally.comment += n,
                What::Header => file.tally.repeated_header += n,
                What::Reject(reason) => file.tally.rejected[reason as usize] += n,
                What::Unsure => {}
                What::Event => {
                    let (first, last) = (rows.firsts.value(row), rows.lasts.value(row));
                    let pane = widths.pane_of(first);
                    if pane.start_us != rows.panes.value(row) || pane != widths.pane_of(last) {
                        return Err(Error::bug(format!("Spark has put {first} to {last} into another pane")));
                    }
                    file.tally.counted += n;
                    file.tally.without_offset += whole(rows.locals.value(row))?;
                    file.span_us = union(file.span_us, Some((first, last)));
                    add(&mut file.counts, pane, rows.keys.iter().map(|key| key.value(row)), n);
                }
            }
        }
        Ok(())
    }

    /// What is counted of the file that Spark names so.
    fn file(&mut self, name: &str) -> Result<&mut Counted> {
        let unknown = || Error::bug(format!("Spark has read {name:?}, which nobody asked for"));
        let at = *self.numbers.get(name).ok_or_else(unknown)?;
        Ok(self.files.entry(at).or_insert_with(|| Counted::nothing(self.job)))
    }
}

fn add<'k>(counts: &mut Counts, pane: Pane, key: impl Iterator<Item = &'k str>, n: u64) {
    let slot = counts.slot(pane);
    let key = counts.keys.id_of(key.map(str::as_bytes));
    counts.add(slot, key, n);
}

fn whole(number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| Error::bug(format!("Spark has counted {number}")))
}

/// The columns of a count's answer.
struct Rows<'b> {
    files: &'b StringArray,
    whats: &'b Int32Array,
    panes: &'b Int64Array,
    n: &'b Int64Array,
    bytes: &'b Int64Array,
    firsts: &'b Int64Array,
    lasts: &'b Int64Array,
    locals: &'b Int64Array,
    keys: Vec<&'b StringArray>,
}

impl<'b> Rows<'b> {
    fn of(batch: &'b RecordBatch, keys: usize) -> Result<Self> {
        let column = |name: &str| {
            batch
                .column_by_name(name)
                .ok_or_else(|| Error::bug(format!("Spark's answer has no column {name}")))
        };
        let odd = |name: &str| Error::bug(format!("the column {name} of Spark's answer has another type"));
        let numbers = |name: &str| column(name)?.as_primitive_opt::<Int64Type>().ok_or_else(|| odd(name));
        let texts = |name: &str| column(name)?.as_string_opt::<i32>().ok_or_else(|| odd(name));
        Ok(Rows {
            files: texts("file")?,
            whats: column("what")?.as_primitive_opt::<Int32Type>().ok_or_else(|| odd("what"))?,
            panes: numbers("pane")?,
            n: numbers("n")?,
            bytes: numbers("bytes")?,
            firsts: numbers("first")?,
            lasts: numbers("last")?,
            locals: numbers("local")?,
            keys: (0..keys).map(|at| texts(&format!("k{at}"))).collect::<Result<_>>()?,
        })
    }
}
