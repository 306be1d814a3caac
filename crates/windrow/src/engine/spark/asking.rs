//! Asking Spark: which files are in a query, and in which way their lines are counted.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use crate::error::Result;
use crate::job::Job;
use crate::settings::Settings;

use super::client::{Session, Watched};
use super::counted::{Counted, Counting};
use super::deliver::Looked;
use super::layout::Layout;
use super::plain::Clock;
use super::plan::{Asked, Way, count};

/// Bytes of names and headers that one query may hold: servers take messages of 128 MB.
const QUERY_BYTES: usize = 32 << 20;

/// Asks about the files that Spark reads.
pub(super) struct Asking<'a> {
    pub(super) job: &'a Job,
    pub(super) inputs: &'a [Looked<'a>],
    pub(super) session: &'a mut Session,
    /// Whether the hashes of lines are wanted.
    pub(super) hashed: bool,
    pub(super) settings: &'a Settings,
}

impl Asking<'_> {
    /// Counts them: in one query those whose first lines are plain, in one the others, unless they are very many.
    pub(super) fn counted(mut self) -> Result<HashMap<usize, Counted>> {
        let mut counting = Counting::new(self.job);
        let (plain, mut full) = asked(self.job, self.inputs);
        for files in queries(plain) {
            self.ask(&files, Way::Plain, &mut counting)?;
            // What the first lines have shown is not so of the others: they are counted again.
            let again = files.into_iter().filter(|file| counting.takes_again(file.at)).collect::<Vec<_>>();
            again.iter().for_each(|file| self.forget(file.at));
            full.extend(again);
        }
        full.iter_mut().for_each(|file| file.layout.clock = Clock::default());
        for files in queries(full) {
            self.ask(&files, Way::Full, &mut counting)?;
        }
        let left = counting.files.iter().filter(|(_, counted)| counted.is_mostly_unsure());
        left.for_each(|(at, _)| self.forget(*at));
        let rows: u64 = counting.files.values().map(|counted| counted.tally.read).sum();
        self.settings.progress.rows_done.store(rows, Ordering::Relaxed);
        Ok(counting.files)
    }

    /// A file is read again: it is not done yet.
    fn forget(&self, at: usize) {
        if let Ok(input) = &self.inputs[at] {
            self.settings.progress.bytes_done.fetch_sub(input.size, Ordering::Relaxed);
        }
    }

    /// Asks one query.
    fn ask(&mut self, files: &[Asked], way: Way, counting: &mut Counting<'_>) -> Result<()> {
        let progress = &self.settings.progress.bytes_done;
        let before = progress.load(Ordering::Relaxed);
        let bytes: u64 = files.iter().filter_map(|file| Some(self.inputs[file.at].as_ref().ok()?.size)).sum();
        let mut watch = |watched: &Watched| {
            progress.store(before + watched.input_bytes.min(bytes), Ordering::Relaxed);
        };
        let query = count(self.job, files, way, self.hashed)?;
        self.session.query(query, &mut watch, &mut |batch| counting.take(&batch))?;
        progress.store(before + bytes, Ordering::Relaxed);
        Ok(())
    }
}

/// The files that Spark reads: those whose first lines are plain, and the others.
pub(super) fn asked(job: &Job, inputs: &[Looked<'_>]) -> (Vec<Asked>, Vec<Asked>) {
    let (mut plain, mut full) = (Vec::new(), Vec::new());
    for (at, input) in inputs.iter().enumerate() {
        let Some(input) = input.as_ref().ok().filter(|input| !input.is_empty() && !input.read_through) else {
            continue;
        };
        let file = Asked {
            at,
            name: input.name.clone(),
            address: input.address.clone(),
            layout: Layout::of(job, &input.header, input.clock),
        };
        if input.clock.is_some() { plain.push(file) } else { full.push(file) }
    }
    (plain, full)
}

/// The files of each query.
fn queries(files: Vec<Asked>) -> Vec<Vec<Asked>> {
    let mut queries: Vec<Vec<Asked>> = Vec::new();
    let mut bytes = 0;
    for file in files {
        let more = file.name.len() + file.address.len() + file.layout.header_text().len();
        bytes += more;
        match queries.last_mut() {
            Some(query) if bytes <= QUERY_BYTES => query.push(file),
            _ => {
                queries.push(vec![file]);
                bytes = more;
            }
        }
    }
    queries
}
