use std::collections::BTreeMap;
use std::sync::Mutex;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_select::concat::concat_batches;
use windrow::Fingerprint;
use windrow::IN_DOUBT;
use windrow::Job;
use windrow::Kind;
use windrow::Outcome;
use windrow::ReportData;
use windrow::delta::{DeltaTable, Store};
use windrow::job::column::OF_REPORTS;
use windrow::ledger::{Change, FileRow, KeptTable, Ledger, RejectRow, Sums, parts, read_rows};
use windrow::publish::delta::PublishedTable;
use windrow::{FileForecast, Forecast};

use crate::model::{Doubts, Model, ReportRow};
use crate::storage::Memory;
use crate::work::TestWork;

/// The rows of a report, as any reader of its table sees them.
pub(crate) fn published(store: &Store, job: &Job, name: &str) -> Vec<ReportRow> {
    match PublishedTable::open(store, job.report(name).unwrap(), &job.source.keys).unwrap() {
        Some(published) => rows_of(published.table()),
        None => Vec::new(),
    }
}

fn rows_of(table: &DeltaTable) -> Vec<ReportRow> {
    let mut rows = Vec::new();
    for file in table.files() {
        for batch in table.read(file, None, None).unwrap() {
            rows.extend(rows_of_batch(&batch.unwrap()));
        }
    }
    rows.sort();
    rows
}

fn rows_of_batch(batch: &RecordBatch) -> Vec<ReportRow> {
    let column = |name: &str| batch.column_by_name(name).unwrap();
    let schema = batch.schema();
    let names = schema.fields().iter().map(|field| field.name());
    let keys: Vec<&String> = names.filter(|name| !OF_REPORTS.contains(&name.as_str())).collect();
    let time = |name: &str, at| column(name).as_primitive::<TimestampMicrosecondType>().value(at);
    let text = |name: &str, at: usize| {
        let texts = column(name).as_string::<i32>();
        texts.is_valid(at).then(|| texts.value(at).to_owned())
    };
    let row = |at| ReportRow {
        start_us: time("window_start", at),
        end_us: time("window_end", at),
        label: text("label", at).unwrap(),
        keys: keys.iter().map(|name| text(name, at)).collect(),
        count: column("count").as_primitive::<Int64Type>().value(at) as u64,
        is_final: column("is_final").as_boolean().value(at),
    };
    (0..batch.num_rows()).map(row).collect()
}

/// The published events, as any reader of their table sees them, in order. Each is in the folder of its hour.
pub(crate) fn events(store: &Store) -> Vec<(i64, Option<String>)> {
    let mut events = Vec::new();
    let table = DeltaTable::open(store, windrow::publish::events::PATH).unwrap().unwrap();
    for file in table.files() {
        for batch in table.read(file, None, None).unwrap() {
            let batch = batch.unwrap();
            let column = |name: &str| batch.column_by_name(name).unwrap();
            let (times, keys) = (
                column("time").as_primitive::<TimestampMicrosecondType>(),
                column("action").as_string::<i32>(),
            );
            let (days, hours) =
                (column("date").as_primitive::<Date32Type>(), column("hour").as_primitive::<Int32Type>());
            for at in 0..batch.num_rows() {
                let us = times.value(at);
                let hour = i64::from(days.value(at)) * 24 + i64::from(hours.value(at));
                assert_eq!(us.div_euclid(3_600_000_000), hour, "{}", file.path());
                events.push((us, keys.is_valid(at).then(|| keys.value(at).to_owned())));
            }
        }
    }
    events.sort();
    events
}

/// Runs the job, and checks all that must hold. What must count follows from the files.
#[track_caller]
pub(crate) fn run(work: &TestWork, memory: &Memory, model: &mut Model) -> Outcome {
    let done = work.run(&memory.calm()).unwrap();
    follow(work, memory, model);
    done
}

/// The same, of a run that was done.
#[track_caller]
pub(crate) fn follow(work: &TestWork, memory: &Memory, model: &mut Model) {
    model.run(&work.job(), &work.files);
    check(&memory.calm(), &work.job(), model);
}

/// All that must hold after a run that ended well.
pub(crate) fn check(store: &Store, job: &Job, model: &Model) {
    for spec in &job.reports {
        assert_eq!(published(store, job, &spec.name), model.rows(job, spec), "the report {}", spec.name);
        check_changes(store, job, &spec.name);
    }
    check_peaks(store, job);
    if job.output.as_ref().is_some_and(|output| output.events.is_some()) {
        assert_eq!(events(store), model.events(job), "the published events");
    }
    let ledger = Ledger::open(store).unwrap().unwrap();
    let counted: Vec<&str> = ledger
        .rows()
        .filter(|row| row.contribution.is_some() && row.rows > ignored(row))
        .map(file_name)
        .collect();
    let mut counted = counted;
    counted.sort_unstable();
    assert_eq!(counted, model.counted.keys().map(String::as_str).collect::<Vec<_>>(), "what counts");
    check_accounts(store, &ledger);
}

/// Checks that the tables of peaks show the windows that stand out among all counted events.
pub(crate) fn check_peaks(store: &Store, job: &Job) {
    let ledger = Ledger::open(store).unwrap().unwrap();
    for spec in job.reports.iter().filter(|spec| spec.peaks.is_some()) {
        let counts = windrow::kept_counts(job, store, &ledger).unwrap();
        let report = ReportData::new(&counts, spec, &job.source.keys, &job.limits).unwrap();
        let expected = report.peaks_batch().unwrap();
        let table = DeltaTable::open(store, format!("peaks/{}", spec.name)).unwrap().unwrap();
        assert_eq!(table.schema().fields(), expected.schema().fields(), "peaks of {}", spec.name);
        let batches = table.files().flat_map(|file| table.read(file, None, None).unwrap());
        let batches: Vec<RecordBatch> = batches.map(Result::unwrap).collect();
        let found = concat_batches(table.schema(), &batches).unwrap();
        assert_eq!(found.columns(), expected.columns(), "peaks of {}", spec.name);
    }
}

fn file_name(row: &FileRow) -> &str {
    &row.file
}

fn ignored(row: &FileRow) -> i64 {
    row.blank + row.comment + row.repeated_header
}

/// Every row of every file is accounted for, and what is kept of a file is what its tally says.
fn check_accounts(store: &Store, ledger: &Ledger) {
    let mut rejects: BTreeMap<String, i64> = BTreeMap::new();
    read_rows(store, KeptTable::Rejects, None, &mut |row: RejectRow| {
        *rejects.entry(row.reading).or_default() += 1;
        Ok(())
    })
    .unwrap();
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    let sums = Sums::open(store, ledger).unwrap();
    sums.each_count(&ledger.contributions(), i64::MIN..i64::MAX, &mut |row| {
        *counts.entry(row.contribution.to_owned()).or_default() += row.count as i64;
        Ok(())
    })
    .unwrap();
    for row in ledger.rows() {
        assert_eq!(row.rows, row.counted + row.filtered + row.rejected + ignored(row), "{row:?}");
        if let Some(reading) = &row.reading {
            let found: i64 = parts(reading).filter_map(|part| rejects.get(part)).sum();
            assert_eq!(found, row.rejected, "{row:?}");
        }
        if let Some(contribution) = &row.contribution {
            let found: i64 = parts(contribution).filter_map(|part| counts.get(part)).sum();
            assert_eq!(found, row.counted, "{row:?}");
            assert_eq!(row.reading.as_ref(), Some(contribution), "{row:?}");
        }
    }
}

/// A window and a key.
type WindowKey = (i64, i64, String);

/// The numbers of first publications, by the id of their tables.
static FIRST: Mutex<BTreeMap<String, BTreeMap<WindowKey, i64>>> = Mutex::new(BTreeMap::new());

/// The changes since the first publication lead to the present numbers.
fn check_changes(store: &Store, job: &Job, name: &str) {
    let Some(published) = PublishedTable::open(store, job.report(name).unwrap(), &job.source.keys).unwrap()
    else {
        return;
    };
    let cells = |published: &PublishedTable| -> BTreeMap<WindowKey, i64> {
        let cell = |row: ReportRow| {
            ((row.start_us, row.end_us, serde_json::to_string(&row.keys).unwrap()), row.count as i64)
        };
        rows_of(published.table()).into_iter().map(cell).collect()
    };
    // The first version is cleaned away in time, and is then known from an earlier check.
    let mut known = FIRST.lock().unwrap();
    if let Some(first) = published.at(1).unwrap() {
        known.insert(published.table().id().to_owned(), cells(&first));
    }
    let mut numbers = known[published.table().id()].clone();
    drop(known);
    read_rows(store, KeptTable::Changes, None, &mut |change: Change| {
        assert_ne!(change.old, change.new);
        if change.report == name {
            let cell = (change.window_start.0, change.window_end.0, change.keys);
            *numbers.entry(cell).or_default() += change.new - change.old;
        }
        Ok(())
    })
    .unwrap();
    numbers.retain(|_, count| *count != 0);
    assert_eq!(numbers, cells(&published), "the changes of {name}");
}

/// The fingerprints that are kept are those of what counts.
pub(crate) fn check_fingerprints(store: &Store, model: &Model) {
    for row in Ledger::open(store).unwrap().unwrap().rows().filter(|row| row.contribution.is_some()) {
        if let (Some(kept), Some(text)) = (&row.fingerprint, model.counted.get(&*row.file)) {
            assert_eq!(*kept, Fingerprint::of(text.as_bytes()).to_string(), "{}", row.file);
        }
    }
}

/// The files that count and have no fingerprint, those that may be one that is gone, and those that count.
pub(crate) fn doubts(store: &Store) -> Doubts {
    let mut doubts = Doubts::default();
    for row in Ledger::open(store).unwrap().unwrap().rows() {
        match &row.contribution {
            Some(_) if row.fingerprint.is_none() => drop(doubts.unhashed.insert(row.file.to_string())),
            None if &*row.state == "refused" && *row.refusal == *IN_DOUBT => {
                doubts.refused.insert(row.file.to_string());
            }
            _ => {}
        }
        if row.contribution.is_some() {
            doubts.counted.insert(row.file.to_string());
        }
    }
    doubts
}

/// The versions of the tables that change with the answer.
pub(crate) fn versions(store: &Store, job: &Job) -> Vec<Option<u64>> {
    let reports = job.reports.iter().map(|spec| PublishedTable::path(&spec.name));
    let paths = ["state/ledger", "state/contributions", "rejects", "changes"].map(str::to_owned);
    paths
        .into_iter()
        .chain(reports)
        .map(|path| Some(DeltaTable::open(store, &path).unwrap()?.version()))
        .collect()
}

/// What one fresh run over the files that count publishes.
pub(crate) fn fresh(model: &Model, question: &crate::work::JobWords) -> Vec<Vec<ReportRow>> {
    let mut question = question.clone();
    (question.source, question.rejects) = ("duplicates = 'count'".to_owned(), "'none'");
    let mut work = crate::work::TestWork::new(question);
    for (at, text) in model.counted.values().enumerate() {
        work.write(&format!("in/{at}.csv"), text);
    }
    let (memory, job) = (Memory::default(), work.job());
    if let Err(error) = work.run(&memory.calm()) {
        // A first run in which no time reads asks for the format. It has no event to publish, and neither has the model.
        assert_eq!(error.kind(), Kind::Usage, "{error}");
        return job
            .reports
            .iter()
            .map(|spec| model.rows(&job, spec))
            .inspect(|rows| assert_eq!(*rows, []))
            .collect();
    }
    job.reports.iter().map(|spec| published(&memory.calm(), &job, &spec.name)).collect()
}

/// Checks that a run did what its plan said.
pub(crate) fn check_forecast(forecast: &Forecast, done: &Outcome) {
    let told = |is_it: &dyn Fn(&FileForecast) -> bool| {
        let mut files: Vec<&str> =
            forecast.files.iter().filter(|file| is_it(file)).map(|file| file.file.as_str()).collect();
        files.sort_unstable();
        files
    };
    let read: Vec<&str> = done.plan.reads().map(|file| &*file.identity).collect();
    assert_eq!(told(&|file| file.read != "nothing"), read, "what is read");
    let refused: Vec<&str> = done.refused().map(|out| out.file).collect();
    let will_be = told(&|file| file.read == "nothing" && file.cause.contains("refused"));
    assert!(will_be.len() as u64 == forecast.files_refused || !read.is_empty(), "{forecast:?}");
    if read.is_empty() {
        assert_eq!(will_be, refused, "what is refused: {forecast:?}");
        assert_eq!(done.bytes_read, 0, "what is not read");
    }
    for (told, made) in forecast.reports.iter().zip(&done.published) {
        if told.windows == "none" {
            assert_eq!(made.replaced.windows, 0, "{told:?}");
        }
        // Nothing is read for a plan, so it says only what is certain.
        let is_certain =
            read.is_empty() && told.shows_version.is_some() && told.why.contains("not count any more");
        assert!(!is_certain || done.reconciled.iter().any(|settled| settled.leaves.is_some()), "{told:?}");
    }
}
