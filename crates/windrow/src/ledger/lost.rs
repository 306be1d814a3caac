//! Lost rejects: whether the table of rejects has all that the ledger has counted. No number depends on that table, so
//! nothing else would notice.

use hashbrown::HashMap;

use super::named::{NamedContributions, is_folded, parts};
use super::runs::began_us;
use super::tables::{self, KeptTable};
use super::upkeep::KeepTimes;
use super::{FileRow, Ledger, rows};
use crate::clock;
use crate::delta::{ColumnRange, DataFile, DeltaTable, StatsValue, Store};
use crate::error::{Code, Error, Help, Kind, Result, Setting};
use crate::job::Job;
use crate::text::escape;
use crate::text::number::{counted, grouped};

/// The name under which the table keeps since when readings have all their rejects, in milliseconds since 1970: older
/// rejects were dropped for their age.
const DROPPED_BEFORE: &str = "windrow.dropped_before";

/// The mark of the commit that drops `files` for their age: the readings in them, and older ones, may have lost rejects.
pub(super) fn dropped_mark(table: &DeltaTable, files: &[DataFile]) -> Option<(String, i64)> {
    let newest_us = files.iter().filter_map(|file| match file.bounds("reading")? {
        (_, StatsValue::Text(reading)) => began_us(&reading),
        _ => None,
    });
    let before_ms = newest_us.max()? / 1_000 + 1;
    (table.txn(DROPPED_BEFORE) < Some(before_ms)).then(|| (DROPPED_BEFORE.to_owned(), before_ms))
}

/// The rejects that are kept, to compare with those that the ledger has counted.
#[derive(Debug)]
pub(crate) struct KeptRejects {
    table: Option<DeltaTable>,
    place: String,
    /// Readings that began before may have been dropped for their age, in milliseconds since 1970.
    dropped_before_ms: Option<i64>,
}

/// Whether rejects of a file are lost, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// None are lost.
    None,
    /// They are older than the job keeps them.
    Aged,
    /// They are missing and should be there.
    Damage,
}

/// The part of a row of the table that says which reading and file it is of.
struct OfReading {
    reading: String,
}

rows::row!(OfReading: reading);

impl KeptRejects {
    /// The rejects in `store`, kept as long as `job` says.
    ///
    /// # Errors
    /// As [`DeltaTable::open`].
    pub(crate) fn open(store: &Store, job: &Job) -> Result<Self> {
        let table = tables::open(store, KeptTable::Rejects)?;
        let kept_since = KeepTimes::of(job).rejects_ms.map(|ms| clock::unix_ms() - ms);
        let dropped_before_ms = kept_since.max(table.as_ref().and_then(|table| table.txn(DROPPED_BEFORE)));
        Ok(KeptRejects { table, place: KeptTable::Rejects.folder().place(store), dropped_before_ms })
    }

    /// Which rejects of the file of `row` are lost; `found` is the number that exist.
    pub(crate) fn loss(&self, row: &FileRow, found: u64) -> Loss {
        if row.reading.is_none() || i64::try_from(found) == Ok(row.rejected) {
            Loss::None
        } else if self.may_be_dropped(row) {
            Loss::Aged
        } else {
            Loss::Damage
        }
    }

    /// Whether rejects of the file may have been dropped because of their age. A reading that was folded from several has lost its age.
    fn may_be_dropped(&self, row: &FileRow) -> bool {
        let Some(before_ms) = self.dropped_before_ms else { return false };
        let is_old = |part: &str| began_us(part).is_none_or(|us| us / 1_000 < before_ms);
        row.reading.as_deref().into_iter().flat_map(parts).any(|part| is_folded(part) || is_old(part))
    }

    /// Checks that the rejects of `files` are there.
    ///
    /// # Errors
    /// Attention: some are not, as long as `ledger` is still the newest; else storage: another run has changed it.
    pub(crate) fn check(&self, store: &Store, ledger: &Ledger, files: &[&FileRow]) -> Result<()> {
        let found = self.by_reading(files)?;
        for row in files {
            let names = row.reading.as_deref().into_iter().flat_map(parts);
            let found = names.filter_map(|part| found.get(part)).sum();
            if self.loss(row, found) == Loss::Damage {
                return Err(self.damage(store, ledger, row, found)?);
            }
        }
        Ok(())
    }

    /// How many rejects are kept of each reading of `files`.
    fn by_reading(&self, files: &[&FileRow]) -> Result<HashMap<String, u64>> {
        let mut found: HashMap<String, u64> = HashMap::new();
        let names: NamedContributions = files.iter().filter_map(|row| row.reading.as_deref()).collect();
        let (Some(table), Some((from, to))) = (&self.table, names.bounds()) else { return Ok(found) };
        let (from, to) = (StatsValue::Text(from.to_owned()), StatsValue::Text(to.to_owned()));
        let range = ColumnRange { column: "reading".to_owned(), from, to };
        for file in table.files().filter(|file| file.may_hold(&range)) {
            for batch in table.read(file, Some(&["reading"]), Some(&range))? {
                for row in rows::rows::<OfReading>(&batch?, table)? {
                    *found.entry(row.reading).or_default() += 1;
                }
            }
        }
        Ok(found)
    }

    /// The error for the file of `row`, with the number of its rejects that were `found`.
    pub(crate) fn damage(&self, store: &Store, ledger: &Ledger, row: &FileRow, found: u64) -> Result<Error> {
        let is_this = |now: Ledger| (now.id(), now.version()) == (ledger.id(), ledger.version());
        let is_newest = Ledger::open(store)?.is_some_and(is_this);
        if !is_newest {
            let message = format!("{}: another run has changed what is kept meanwhile", self.place);
            return Ok(Error::new(Kind::Storage, message)
                .with_code(Code::LostRace)
                .with_help("a retry is safe"));
        }
        let (file, all) = (escape::for_people(&row.file), counted(row.rejected.unsigned_abs(), "reject"));
        let what = format!("the ledger has counted {all} of {file}, and {} are there", grouped(found));
        Ok(self.damaged(&what))
    }

    /// The error if fewer rejects are kept than `ledger` has counted, as far as that shows without reading them.
    ///
    /// # Errors
    /// As [`KeptRejects::open`].
    pub(crate) fn too_few(store: &Store, job: &Job, ledger: &Ledger) -> Result<Option<Error>> {
        let with_rejects = || ledger.rows().filter(|row| row.rejected > 0 && row.reading.is_some());
        if with_rejects().next().is_none() {
            return Ok(None);
        }
        let kept = KeptRejects::open(store, job)?;
        let readings: NamedContributions = ledger.rows().filter_map(|row| row.reading.as_deref()).collect();
        // Rejects that several files share are stored once.
        let is_alone = |row: &&FileRow| {
            row.reading.as_deref().into_iter().flat_map(parts).all(|part| readings.times(part) == 1)
        };
        let counted: u64 = with_rejects()
            .filter(|row| !kept.may_be_dropped(row))
            .filter(is_alone)
            .map(|row| row.rejected.unsigned_abs())
            .sum();
        let Some(found) =
            kept.table.iter().flat_map(DeltaTable::files).map(DataFile::rows).sum::<Option<u64>>()
        else {
            return Ok(None);
        };
        let what = || {
            format!("the ledger has counted {} rejects, and {} are there", grouped(counted), grouped(found))
        };
        Ok((found < counted).then(|| kept.damaged(&what())))
    }

    fn damaged(&self, what: &str) -> Error {
        Error::new(Kind::Attention, format!("{}: {what}", self.place))
            .with_code(Code::LedgerDamaged)
            .with_help(Help::from(format!("restore {} from a backup of the same moment; or find the rejects of all files that are there again with ", self.place))
            .set(Setting::Again, "all"))
    }
}
