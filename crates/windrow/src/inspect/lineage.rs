//! What is behind a window: per file the counts that it adds, the spellings that were cleaned to a value, its tally and
//! rejects, and who read it when.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::calendar::Zone;
use crate::delta::Store;
use crate::error::{Error, Result};
use crate::event::Cleaning;
use crate::job::{Job, ReportSpec};
use crate::ledger::runs::began_us;
use crate::ledger::{self, FileRow, KeptRejects, Ledger, Loss, RunRow, Sums, key_values};
use crate::source::identity_shown;
use crate::window::Window;

use super::measured::{MeasureBehind, StatesBehind, merge};
use super::{rejects, runs};

/// A file that has events in the window.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct FileBehind {
    /// The file.
    pub file: String,
    /// Its state in the ledger: `counted`, or `gone`, whose counts stay.
    pub state: String,
    /// The number of its events in the window, with the value that is asked for.
    pub count: u64,
    /// The number of its events in the window, by raw value.
    pub parts: Vec<RawValueCount>,
    /// The results of the measures for its events in the window.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<MeasureBehind>,
    /// The number of its bytes that count.
    pub bytes: i64,
    /// The number of its rows: counted + filtered + rejected + ignored.
    pub rows: i64,
    /// Rows that count.
    pub counted: i64,
    /// Rows that `where` leaves out.
    pub filtered: i64,
    /// Rows that are rejects.
    pub rejected: i64,
    /// Lines that are not rows.
    pub ignored: i64,
    /// Rejects by reason.
    pub rejected_by_reason: BTreeMap<String, u64>,
    /// The first few rejects.
    pub first_rejects: Vec<RejectBehind>,
    /// Whether rejects that should be kept are missing.
    pub rejects_lost: bool,
    /// The hash of its content.
    pub fingerprint: Option<String>,
    /// The run that read it.
    pub run: String,
    /// When that run began.
    pub read_at: Option<String>,
    /// The engine that read it.
    pub engine: String,
    /// The version of windrow that read it, if its run is known.
    pub windrow: Option<String>,
}

/// Events of a file in the window with one raw value.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct RawValueCount {
    /// The values as they are reported.
    pub values: Vec<Option<String>>,
    /// The values as they are in the file.
    pub raw: Vec<String>,
    /// The number of events.
    pub count: u64,
}

/// A reject of such a file.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct RejectBehind {
    /// Its line, from 1, in text.
    pub line: Option<i64>,
    /// The byte at which it begins in text.
    pub byte: Option<i64>,
    /// Its number, from 1, in a file whose rows are not lines.
    pub row: Option<i64>,
    /// The column at fault, if it is one.
    pub column: Option<String>,
    /// Why it is not an event.
    pub reason: String,
    /// The row, cut; `None` if the job keeps no text.
    pub raw: Option<String>,
}

/// Events of a file by their values, clean and raw.
type FileEvents = BTreeMap<(Vec<Option<String>>, Vec<String>), u64>;

/// The most rejects of a file to show.
const REJECTS_SHOWN: usize = 3;

/// The files behind a window.
pub(super) struct WindowFiles {
    /// The files, sorted by name.
    pub(super) files: Vec<FileBehind>,
    /// The results of the measures over all of them.
    pub(super) measures: Vec<MeasureBehind>,
    /// The error for lost rejects, if there are any.
    pub(super) damage: Option<Error>,
}

/// The files with events in `window` of a report; only events whose clean values `wanted` accepts.
pub(super) fn files(
    (job, spec): (&Job, &ReportSpec),
    store: &Store,
    ledger: &Ledger,
    window: Window,
    wanted: &dyn Fn(&[Option<String>]) -> bool,
) -> Result<WindowFiles> {
    let mut states = StatesBehind::new(&job.source.measured);
    let mut parts: BTreeMap<String, FileEvents> = BTreeMap::new();
    let sums = Sums::open(store, ledger)?;
    sums.each_count(&ledger.contributions(), window.start_us..window.end_us, &mut |row| {
        let raw = key_values(row.keys)?;
        let values = Cleaning::clean_all(&job.cleaning, &raw);
        if wanted(&values) {
            let of_file = parts.entry(row.contribution.to_owned()).or_default();
            *of_file.entry((values, raw)).or_default() += row.count;
            states.add(row.contribution, row.state)?;
        }
        Ok(())
    })?;
    let is_behind = |row: &&FileRow| {
        row.contribution
            .as_deref()
            .is_some_and(|name| ledger::parts(name).any(|part| parts.contains_key(part)))
    };
    let rows: Vec<&FileRow> = ledger.rows().filter(is_behind).collect();
    let mut rejects = first_rejects(store, &rows)?;
    let kept = KeptRejects::open(store, job)?;
    let mut damage = None;
    let runs = runs::all(store)?;
    let mut whole = states.of(std::iter::empty())?;
    for row in &rows {
        let of_file = states.of(ledger::parts(row.contribution.as_deref().unwrap_or_default()))?;
        merge(&mut whole, &of_file)?;
    }
    let mut files = Vec::new();
    for row in rows {
        let name = row.contribution.as_deref().unwrap_or_default();
        let mut of_file = FileEvents::new();
        for (values, count) in ledger::parts(name).filter_map(|part| parts.get(part)).flatten() {
            *of_file.entry(values.clone()).or_default() += count;
        }
        let mut behind = file(row, name, of_file, &runs, &spec.zone);
        behind.measures = states.measures(spec, &states.of(ledger::parts(name))?, Some(&whole));
        let (found, first) = rejects.remove(&*row.file).unwrap_or_default();
        behind.first_rejects = first;
        if kept.loss(row, found) == Loss::Damage {
            behind.rejects_lost = true;
            damage.get_or_insert(kept.damage(store, ledger, row, found)?);
        }
        files.push(behind);
    }
    files.sort_by(|a, b| a.file.cmp(&b.file));
    Ok(WindowFiles { files, measures: states.measures(spec, &whole, None), damage })
}

/// The number of rejects that are kept of each of `files`, by name, and the first few.
fn first_rejects(store: &Store, files: &[&FileRow]) -> Result<BTreeMap<String, (u64, Vec<RejectBehind>)>> {
    let files: Vec<&FileRow> = files.iter().copied().filter(|row| row.rejected > 0).collect();
    let mut first: BTreeMap<String, (u64, Vec<RejectBehind>)> = BTreeMap::new();
    rejects::of_files(store, &files, &mut |rejects| {
        for reject in rejects {
            let (found, of_file) = first.entry(reject.file.clone()).or_default();
            *found += 1;
            if of_file.len() < REJECTS_SHOWN {
                of_file.push(RejectBehind {
                    line: reject.line,
                    byte: reject.byte,
                    row: reject.row,
                    column: reject.column.clone(),
                    reason: reject.reason.clone(),
                    raw: reject.raw.clone(),
                });
            }
        }
        Ok(())
    })?;
    Ok(first)
}

fn file(row: &FileRow, name: &str, parts: FileEvents, runs: &[RunRow], zone: &Zone) -> FileBehind {
    // The name of a contribution begins with the run that counted it, which may not be the run that wrote the row.
    let last = ledger::parts(name).last().unwrap_or(name);
    let run = last.split('-').next().unwrap_or(last);
    FileBehind {
        file: identity_shown(&row.file),
        state: row.state.to_string(),
        count: parts.values().sum(),
        parts: parts.into_iter().map(|((values, raw), count)| RawValueCount { values, raw, count }).collect(),
        measures: Vec::new(),
        bytes: row.counted_bytes,
        rows: row.rows,
        counted: row.counted,
        filtered: row.filtered,
        rejected: row.rejected,
        ignored: row.blank + row.comment + row.repeated_header,
        rejected_by_reason: serde_json::from_str(&row.rejected_by_reason).unwrap_or_default(),
        first_rejects: Vec::new(),
        rejects_lost: false,
        fingerprint: row.fingerprint.clone(),
        run: run.to_owned(),
        read_at: began_us(run).map(|us| zone.label(us.div_euclid(1_000_000) * 1_000_000)),
        engine: row.engine.to_string(),
        windrow: runs.iter().find(|known| known.run == run).map(|known| known.version.clone()),
    }
}
