//! Asking Spark: which files are in a query, and in which way their lines are counted.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use spark_connect_proto::Relation;

use crate::error::{Code, Error, Result};
use crate::job::Job;
use crate::settings::Settings;

use super::client::{QueryProgress, Session};
use super::counted::{CountCollector, FileCount};
use super::deliver::Looked;
use super::folders;
use super::layout::{FileLayout, SparkInput};
use super::plain::PlainTime;
use super::plan::{LineCheck, QueriedFile, count, count_tables, hashes};
use super::table::AskedTable;

/// Maximum bytes of names and headers in one query. Servers accept messages of 128 MB.
const QUERY_BYTES: usize = 32 << 20;

/// Maximum number of table layouts in one query. Each layout is a table of its own in the query.
const LAYOUTS_MAX: usize = 64;

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
    /// Counts the files: one query for those whose first lines are plain, one for other files of lines, and others for JSON and for
    /// Parquet. Very many files are split into several queries.
    pub(super) fn counted(mut self) -> Result<HashMap<usize, FileCount>> {
        let mut counting = CountCollector::about(self.job, std::iter::empty());
        let (plain, mut full) = asked(self.job, self.inputs);
        for mut files in queries(plain) {
            self.ask(&mut files, LineCheck::Plain, &mut counting)?;
            // If the first lines of a file were not typical, the file is counted again in the full way.
            let again = files.into_iter().filter(|file| counting.takes_again(file.at)).collect::<Vec<_>>();
            again.iter().for_each(|file| self.forget(file.at));
            full.extend(again);
        }
        full.iter_mut().for_each(|file| file.layout.clock = PlainTime::default());
        for mut files in queries(full) {
            self.ask(&mut files, LineCheck::Full, &mut counting)?;
        }
        for (files, way) in asked_objects(self.job, self.inputs) {
            for mut files in queries(files) {
                self.ask(&mut files, way, &mut counting)?;
            }
        }
        self.count_tables(&mut counting)?;
        let is_left = |at: &usize, counted: &FileCount| {
            self.inputs[*at].as_ref().is_ok_and(|input| counted.is_left(input))
        };
        let left = counting.files.iter().filter(|(at, counted)| is_left(at, counted));
        left.for_each(|(at, _)| self.forget(*at));
        let rows: u64 = counting.files.values().map(|counted| counted.tally.read).sum();
        self.settings.progress.rows_done.store(rows, Ordering::Relaxed);
        Ok(counting.files)
    }

    /// Counts the lines of `files`, without those that Spark cannot read.
    fn ask(
        &mut self,
        files: &mut Vec<QueriedFile>,
        way: LineCheck,
        counting: &mut CountCollector<'_>,
    ) -> Result<()> {
        let (hashed, inputs) = (self.hashed, self.inputs);
        let by_folder =
            &|job: &Job, files: &[QueriedFile]| count(job, &folders::by_folder(inputs, files), way, hashed);
        match self.count_readable(files, by_folder, counting) {
            // There may be a new file in a folder, which cannot be read and is not asked for.
            Err(error) if is_unread(&error) => {
                self.count_readable(files, &|job, files| count(job, files, way, hashed), counting)
            }
            counted => counted,
        }
    }

    /// Counts `files` with the query that `query` makes. If Spark reports that it cannot read a file, windrow reads that file itself, and the
    /// query is repeated without it, as `files` then is.
    fn count_readable<F: InQuery>(
        &mut self,
        files: &mut Vec<F>,
        query: &dyn Fn(&Job, &[F]) -> Result<Relation>,
        counting: &mut CountCollector<'_>,
    ) -> Result<()> {
        while !files.is_empty() {
            let mut some = CountCollector::about(self.job, files.iter().map(|file| (file.at(), file.name())));
            let ats: Vec<usize> = files.iter().map(InQuery::at).collect();
            match self.query(&ats, query(self.job, files)?, &mut some) {
                Ok(()) => {
                    counting.files.extend(some.files);
                    break;
                }
                Err(error) => {
                    let Some(unread) = unread(files, &error) else { return Err(error) };
                    let file = files.remove(unread);
                    tracing::warn!("{}: Spark cannot read it, so windrow does: {error}", file.name());
                    let nothing = FileCount { is_unread: true, ..FileCount::nothing(self.job) };
                    counting.files.insert(file.at(), nothing);
                }
            }
        }
        Ok(())
    }

    /// Counts the rows of Parquet files.
    fn count_tables(&mut self, counting: &mut CountCollector<'_>) -> Result<()> {
        for mut files in table_queries(tables(self.inputs)) {
            self.count_readable(&mut files, &|job, files| count_tables(job, files), counting)?;
            if self.hashed && !files.is_empty() {
                self.hash_tables(&files, counting)?;
            }
        }
        Ok(())
    }

    /// Hashes Parquet files line by line, as if they were text. A ledger recognises a file by this hash.
    fn hash_tables(&mut self, files: &[AskedTable], counting: &mut CountCollector<'_>) -> Result<()> {
        let asked: Vec<QueriedFile> = files.iter().map(AskedTable::as_lines).collect();
        let names = asked.iter().map(|file| (file.at, &*file.name));
        let mut hashing = CountCollector::about(self.job, names);
        let query = hashes(self.job, &asked)?;
        self.session.query(query, &mut |_| {}, &mut |batch| hashing.take(&batch))?;
        for file in files {
            let size = self.inputs[file.at].as_ref().map_or(0, |input| input.size);
            // Each line counts with a line end, but the last line of a Parquet file has none.
            let hashed = hashing.files.get(&file.at).filter(|hashed| hashed.bytes() == size + 1);
            let lines = hashed.and_then(|hashed| hashed.lines(size));
            if let Some(counted) = counting.files.get_mut(&file.at) {
                counted.hash = lines;
            }
        }
        Ok(())
    }

    /// Takes a file out of the progress, because it will be read again.
    fn forget(&self, at: usize) {
        if let Ok(input) = &self.inputs[at] {
            self.settings.progress.bytes_done.fetch_sub(input.size, Ordering::Relaxed);
        }
    }

    /// Sends a query about the files with the numbers `ats`, takes in its answer, and reports progress.
    fn query(&mut self, ats: &[usize], query: Relation, counting: &mut CountCollector<'_>) -> Result<()> {
        let progress = &self.settings.progress.bytes_done;
        let before = progress.load(Ordering::Relaxed);
        let bytes: u64 = ats.iter().filter_map(|at| Some(self.inputs[*at].as_ref().ok()?.size)).sum();
        let mut watch = |watched: &QueryProgress| {
            progress.store(before + watched.input_bytes.min(bytes), Ordering::Relaxed);
        };
        let asked = self.session.query(query, &mut watch, &mut |batch| counting.take(&batch));
        progress.store(if asked.is_ok() { before + bytes } else { before }, Ordering::Relaxed);
        asked
    }
}

/// A file in a query.
trait InQuery {
    /// Its number among the inputs.
    fn at(&self) -> usize;
    /// The name that Spark gives it. Its hash is the file's number in answers.
    fn name(&self) -> &str;
}

impl InQuery for QueriedFile {
    fn at(&self) -> usize {
        self.at
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl InQuery for AskedTable {
    fn at(&self) -> usize {
        self.at
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// Whether Spark reports a file as unreadable.
fn is_unread(error: &Error) -> bool {
    error.code() == Code::SparkFailed && error.to_string().contains("FAILED_READ_FILE")
}

/// The index in `files` of the file that Spark reports as unreadable.
fn unread<F: InQuery>(files: &[F], error: &Error) -> Option<usize> {
    if !is_unread(error) {
        return None;
    }
    let said = error.to_string();
    // Spark writes local paths with `file:///` or `file:/`. If several names match, the longest one is meant.
    let path = |name: &str| name.strip_prefix("file:").unwrap_or(name).to_owned();
    let named = files.iter().enumerate().filter(|(_, file)| said.contains(&path(file.name())));
    named.max_by_key(|(_, file)| file.name().len()).map(|(at, _)| at)
}

/// The Parquet files that Spark reads.
pub(super) fn tables(inputs: &[Looked<'_>]) -> Vec<AskedTable> {
    let inputs = inputs.iter().enumerate().filter_map(|(at, input)| Some((at, input.as_ref().ok()?)));
    let tables = inputs.filter(|(_, input)| !input.read_through).filter_map(|(at, input)| {
        let layout = input.table()?.layout.clone();
        Some(AskedTable { at, name: input.name.clone(), address: input.address.clone(), layout })
    });
    tables.collect()
}

/// Splits Parquet files into queries.
fn table_queries(mut files: Vec<AskedTable>) -> Vec<Vec<AskedTable>> {
    let mut queries: Vec<Vec<AskedTable>> = Vec::new();
    let (mut bytes, mut layouts) = (0, Vec::new());
    for file in files.drain(..) {
        bytes += file.name.len() + file.address.len();
        if !layouts.contains(&file.layout) {
            layouts.push(file.layout.clone());
        }
        match queries.last_mut() {
            Some(query) if bytes <= QUERY_BYTES && layouts.len() <= LAYOUTS_MAX => query.push(file),
            _ => {
                (bytes, layouts) = (file.name.len() + file.address.len(), vec![file.layout.clone()]);
                queries.push(vec![file]);
            }
        }
    }
    queries
}

/// The files of CSV that Spark reads: those whose first lines are plain, and the others.
pub(super) fn asked(job: &Job, inputs: &[Looked<'_>]) -> (Vec<QueriedFile>, Vec<QueriedFile>) {
    of_lines(job, inputs, |input| input.objects.is_none())
}

/// The files of JSON that Spark reads, and how: those whose times are mostly written alike, and the others.
pub(super) fn asked_objects(job: &Job, inputs: &[Looked<'_>]) -> [(Vec<QueriedFile>, LineCheck); 2] {
    let (alike, others) = of_lines(job, inputs, |input| input.objects.is_some());
    let way = |has_clock| LineCheck::Objects { has_clock };
    [(alike, way(true)), (others, way(false))]
}

/// The files of lines that Spark reads and for which `is_meant` is true: those whose first lines are alike, and the others.
fn of_lines(
    job: &Job,
    inputs: &[Looked<'_>],
    is_meant: impl Fn(&SparkInput<'_>) -> bool,
) -> (Vec<QueriedFile>, Vec<QueriedFile>) {
    let (mut plain, mut full) = (Vec::new(), Vec::new());
    for (at, input) in inputs.iter().enumerate() {
        let Some(input) = input.as_ref().ok().filter(|input| !input.is_empty() && !input.read_through) else {
            continue;
        };
        if input.table.is_some() || !is_meant(input) {
            continue;
        }
        let file = QueriedFile {
            at,
            name: input.name.clone(),
            address: input.address.clone(),
            layout: FileLayout::of(job, input),
            has_quotes: input.has_quotes,
            is_packed: input.packed.is_some(),
            templates: input.templates.clone(),
        };
        if input.clock.is_some() { plain.push(file) } else { full.push(file) }
    }
    (plain, full)
}

/// Splits files of lines into queries. Packed files are in queries of their own.
fn queries(files: Vec<QueriedFile>) -> Vec<Vec<QueriedFile>> {
    let (packed, others): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.is_packed);
    [others, packed].into_iter().flat_map(queries_by_size).collect()
}

fn queries_by_size(files: Vec<QueriedFile>) -> Vec<Vec<QueriedFile>> {
    let mut queries: Vec<Vec<QueriedFile>> = Vec::new();
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
