//! Writing the events of an input: data files of one hour or day each.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use hashbrown::{HashMap, HashSet};

use super::EventTable;
use super::copy::copied;
use super::folders::{InputFolders, KnownFolders};
use super::publish::{staged as staged_rows, staged_file};
use super::rows::{CleanPart, EventRows};
use super::shares::{Share, shares};
use crate::counts::{KeptPart, KeptRules};
use crate::delta::{BackgroundPuts, DataFile, DeltaTable, Store, TextMap};
use crate::engine::EventSink;
use crate::error::{Error, Result};
use crate::job::Job;
use crate::ledger::{NamedContributions, StagedRow, parts};
use crate::source::InputFile;
use crate::wait::at_once;

/// Bytes of events that all threads together keep in memory, about; one event has 12 and those of its measures.
const KEPT_BYTES_MAX: usize = 64 << 20;

/// Rows of a data file, at most: it is in memory until it is whole.
pub(super) const FILE_ROWS_MAX: usize = 1 << 19;

/// Writes the events of inputs, which count once the ledger names their contributions.
#[derive(Debug)]
pub(crate) struct EventWriter {
    layout: EventTable,
    table: DeltaTable,
    folders: KnownFolders,
    job: Job,
    threads: NonZeroUsize,
    puts: BackgroundPuts,
}

impl EventWriter {
    /// Of the events of `job`, into the table in `store`; none where it does not publish them.
    ///
    /// # Errors
    /// As those of the table.
    pub(crate) fn new(job: &Job, store: &Store, run: &str, threads: NonZeroUsize) -> Result<Option<Self>> {
        let Some(layout) = EventTable::of(job) else { return Ok(None) };
        let table = layout.create(store, run)?;
        let folders = KnownFolders::of(&layout, &table);
        let puts = BackgroundPuts::default();
        Ok(Some(EventWriter { layout, table, folders, job: job.clone(), threads, puts }))
    }

    /// Waits until all data files are stored: before that, the ledger must not name their contributions.
    ///
    /// # Errors
    /// Storage: one cannot be stored.
    pub(crate) fn finish(&self) -> Result<()> {
        self.puts.finish()
    }

    /// Writes the events of contributions as those of one that is made of them: of each of `folds`, their names and its name.
    ///
    /// # Errors
    /// Attention: they are damaged. Storage.
    pub(crate) fn fold(&self, store: &Store, folds: &[(&str, &str)]) -> Result<Vec<StagedRow>> {
        let wanted: NamedContributions = folds.iter().map(|(names, _)| *names).collect();
        let mut of: HashMap<&str, Vec<&DataFile>> = HashMap::new();
        let known: HashSet<&str> = folds.iter().flat_map(|(names, _)| parts(names)).collect();
        for file in self.table.files() {
            for share in shares(file).unwrap_or_default() {
                if share.copy == 0
                    && let Some(part) = known.get(share.contribution.as_str())
                {
                    of.entry(*part).or_default().push(file);
                }
            }
        }
        // A run may have died before it published them.
        let mut staged: HashMap<String, Vec<DataFile>> = HashMap::new();
        StagedRow::each(store, &wanted, &mut |row| {
            if !of.contains_key(row.contribution.as_str()) {
                let file = staged_file(&self.layout, &row)?;
                staged.entry(row.contribution).or_default().push(file);
            }
            Ok(())
        })?;
        let mut rows = Vec::new();
        for (names, folded) in folds {
            let names: HashSet<&str> = parts(names).collect();
            let there = names.iter().filter_map(|part| of.get(part)).flatten().copied();
            let files = there.chain(names.iter().filter_map(|part| staged.get(*part)).flatten());
            // A merged file may hold several of these parts.
            let files: BTreeMap<&str, &DataFile> = files.map(|file| (file.path(), file)).collect();
            let files: Vec<&DataFile> = files.into_values().collect();
            let is_part = |share: &Share| share.copy == 0 && names.contains(share.contribution.as_str());
            let copied = copied(&self.layout, &self.table, &files, &is_part, (folded, 0))?;
            rows.extend(staged_rows(folded, copied)?);
        }
        Ok(rows)
    }

    /// Writes the events of stretch `number`.
    fn write_stretch(
        &self,
        file: &str,
        number: i64,
        (parts, folders): (&[CleanPart<'_>], &InputFolders),
    ) -> Result<Vec<DataFile>> {
        let mut files = Vec::new();
        let mut rows: Vec<EventRows<'_>> = Vec::new();
        rows.resize_with(folders.values.len(), || {
            EventRows::new(&self.layout, &self.job.source.measured, file)
        });
        let mut waiting = 0;
        for (at, part) in parts.iter().enumerate() {
            part.kept.each(number, &mut |us, key, values| {
                let place = folders.place(at, key);
                let Some(of) = rows.get_mut(place) else { return Err(Error::bug("events without a folder")) };
                of.push(us, (at, key), values);
                waiting += 1;
                if waiting == FILE_ROWS_MAX {
                    let most = (0..rows.len()).max_by_key(|place| rows[*place].len()).unwrap_or(place);
                    waiting -= rows[most].len();
                    let partition = self.layout.partition(number, &folders.values[most]);
                    files.extend(self.write_file(&partition, &mut rows[most], parts)?);
                }
                Ok(())
            })?;
        }
        for (rows, values) in rows.iter_mut().zip(&folders.values) {
            files.extend(self.write_file(&self.layout.partition(number, values), rows, parts)?);
        }
        Ok(files)
    }

    fn write_file(
        &self,
        partition: &TextMap,
        rows: &mut EventRows<'_>,
        parts: &[CleanPart<'_>],
    ) -> Result<Option<DataFile>> {
        if rows.len() == 0 {
            return Ok(None);
        }
        let mut writer = self.layout.writer(&self.table, partition)?;
        rows.each_batch(parts, &mut |batch| writer.write(&batch))?;
        self.puts.put(writer).map(Some)
    }
}

impl EventSink for EventWriter {
    fn rules(&self) -> KeptRules {
        KeptRules {
            width_us: self.layout.width_us(),
            texts: self.job.source.measured.iter().map(|column| column.is_text()).collect(),
            bytes_max: KEPT_BYTES_MAX,
        }
    }

    fn write(&self, file: &InputFile, parts: &[KeptPart]) -> Result<Vec<DataFile>> {
        let path = self.job.source.path_values(file);
        let parts: Vec<CleanPart<'_>> = parts
            .iter()
            .map(|part| CleanPart::new(part, &self.job.cleaning, &path))
            .collect::<Result<_>>()?;
        let numbers: BTreeSet<i64> = parts.iter().flat_map(|part| part.kept.numbers()).collect();
        let numbers: Vec<i64> = numbers.into_iter().collect();
        let folders = InputFolders::new(&self.layout, &self.folders, &parts)?;
        let written = at_once(self.threads.get(), &numbers, |number| {
            self.write_stretch(&file.identity, *number, (&parts, &folders))
        })?;
        Ok(written.into_iter().flatten().collect())
    }
}
