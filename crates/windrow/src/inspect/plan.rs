//! The plan of a run: what it would read and rebuild, why, and how long that took before.

use hashbrown::HashSet;
use serde::Serialize;

use crate::delta::Store;
use crate::engine::choice::reaching;
use crate::error::{Code, Error, Kind, Result};
use crate::increment::{self, Became, FileState, Plan, Planned, Read, ReadReason, Reading, Reconciled};
use crate::job::{Job, OnGone};
use crate::ledger::{Ledger, Sums};
use crate::publish::table::Table;
use crate::run::{self, Again, Inputs, Note, RunInputs, RunOptions, RunRequest, nothing_left};
use crate::settings::Stop;
use crate::source::{InputFile, Unlisted};
use crate::text::escape::for_people;
use crate::text::number::counted;
use crate::wait;

use super::answer::{Standing, TableState, standing};
use super::columns::{batch, integer, schema, text};
use super::past::Past;
use super::runs;

/// A forecast of what a run would do.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Forecast {
    schema: u32,
    /// The job's name.
    pub job: String,
    /// The version of the ledger; `None`: there is no ledger yet.
    pub ledger_version: Option<u64>,
    /// The number of files that would be read.
    pub files_to_read: u64,
    /// The number of bytes that would be read.
    pub bytes: u64,
    /// The estimated number of rows in them, from past runs; `None`: no run has read anything.
    pub rows_about: Option<u64>,
    /// The estimated seconds to read them; `None`: no run has read anything.
    pub seconds_about: Option<f64>,
    /// Why a person must act first, unless the files to read turn out to be the missing ones under new names.
    pub may_stop: Option<String>,
    /// Why the run will publish nothing, whatever is in the files to read.
    pub will_stop: Option<String>,
    /// The same as the error that the run will end with.
    #[serde(skip)]
    pub stop: Option<Error>,
    /// The number of files that will certainly be refused, with those refused before: the run ends with exit code 3.
    pub files_refused: u64,
    /// The folders that were not listed, because they are older than the job's `look_back`; `None`: all were listed.
    pub unlisted: Option<Unlisted>,
    /// The reports.
    pub reports: Vec<ReportForecast>,
    /// The files: first those to read, then others that have changed, then the rest; each group sorted by name.
    pub files: Vec<FileForecast>,
}

/// What a run would do with one file.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct FileForecast {
    /// The file.
    pub file: String,
    /// What happened to it since the ledger, in a word.
    pub cause: String,
    /// The part to read: `all`, `tail` or `nothing`.
    pub read: &'static str,
    /// Its size in bytes; `None`: it is gone.
    pub size: Option<u64>,
    /// The number of bytes to read.
    pub bytes: u64,
    /// The estimated number of rows in them.
    pub rows_about: Option<u64>,
    /// Why, in a sentence.
    pub why: String,
}

/// What a run would do with one report.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ReportForecast {
    /// Its name.
    pub report: String,
    /// Which windows would be rebuilt: `all`, `some` or `none`.
    pub windows: &'static str,
    /// Why.
    pub why: String,
    /// The version of the ledger that it shows; `None`: it was never published.
    pub shows_version: Option<u64>,
}

/// Says what a call of [`run_with`](run::run_with) with the same arguments would do. Its errors are those of that call.
///
/// # Errors
/// Usage: no ledger is kept. Attention: the counting rules of the job differ from those of the ledger, or too many files are gone.
pub fn plan(job: &Job, inputs: Inputs<'_>, options: &RunOptions<'_>) -> Result<Forecast> {
    let (asked, store) = (options.asked, inputs.store(job, options)?);
    let store = store
        .ok_or_else(|| Error::usage("only a job that keeps a ledger has a plan").with_code(Code::NoLedger))?;
    wait::outside_runtime(|| {
        let job = &*reaching(job, None);
        let job = &*job.with_lookups(&Stop::default())?;
        let ledger = Ledger::open(&store)?;
        let RunInputs { files, unlisted } = inputs.files(job, Some(&store), &asked)?;
        Ok(Forecast { unlisted, ..of_files(job, &files, &store, ledger.as_ref(), &asked)? })
    })
}

fn of_files(
    job: &Job,
    files: &[InputFile],
    store: &Store,
    ledger: Option<&Ledger>,
    asked: &RunRequest,
) -> Result<Forecast> {
    if let Some(ledger) = ledger {
        run::check_moment(job, store, ledger, asked)?;
        if asked.again != Some(Again::All) {
            Sums::open(store, ledger)?;
        }
    }
    let plan = run::plan(job, files, ledger, asked)?;
    let past = Past::of(&runs::all(store)?);
    let known: HashSet<&str> = ledger.into_iter().flat_map(Ledger::rows).map(|row| &*row.file).collect();
    let (certain, may_stop) = certain(&plan)?;
    let mut ranked: Vec<(u8, FileForecast)> = Vec::new();
    for (file, reconciled) in plan.files.iter().zip(&certain) {
        let rank = match (file.read, file.cause, &reconciled.became) {
            (Read::Skip, ReadReason::Same, Became::Same) => 2,
            (Read::Skip, ..) => 1,
            _ => 0,
        };
        let mut told = file_forecast(file, job, &past, known.contains(&*file.identity));
        if file.read == Read::Skip {
            foretell(&mut told, &reconciled.became);
        }
        ranked.push((rank, told));
    }
    ranked.sort_by(|(a, one), (b, other)| (a, &one.file).cmp(&(b, &other.file)));
    let bytes = plan.files.iter().map(Planned::bytes).sum();
    let new_bytes = plan.files.iter().map(new_bytes).sum();
    let files_refused =
        plan.files.iter().zip(&certain).filter(|(file, reconciled)| is_refused(file, reconciled)).count()
            as u64;
    let stop = stop(job, store, ledger, asked, (&plan, &certain, files_refused))?;
    let mut reports = Vec::new();
    for spec in &job.reports {
        let standing = standing(job, spec, store, ledger)?;
        let mut told = report_forecast(&spec.name, standing, &plan, &certain, ledger, asked);
        if stop.is_some() {
            (told.windows, told.why) = ("none", "the run will publish nothing".to_owned());
        }
        reports.push(told);
    }
    Ok(Forecast {
        schema: 1,
        job: job.name.clone(),
        ledger_version: ledger.map(Ledger::version),
        files_to_read: plan.reads().count() as u64,
        bytes,
        rows_about: past.rows(new_bytes),
        seconds_about: past.seconds(bytes),
        may_stop: may_stop.map(|error| error.message().to_owned()),
        will_stop: stop.as_ref().map(|error| error.message().to_owned()),
        stop,
        files_refused,
        unlisted: None,
        reports,
        files: ranked.into_iter().map(|(_, file)| file).collect(),
    })
}

/// The error that keeps the run from publishing, if it is certain before anything is read.
fn stop(
    job: &Job,
    store: &Store,
    ledger: Option<&Ledger>,
    asked: &RunRequest,
    (plan, certain, files_refused): (&Plan, &[Reconciled], u64),
) -> Result<Option<Error>> {
    if let Some(error) = Note::open(store)?.and_then(|note| note.error(job, plan, ledger, asked)) {
        return Ok(Some(error));
    }
    if job.limits.strict && files_refused > 0 {
        let files = counted(files_refused, "file");
        let error = Error::data(format!("the job is strict, and {files} will be refused, or stay so"))
            .with_code(Code::FilesRefused);
        return Ok(Some(error.with_help("correct the files, raise the limit, or move them away")));
    }
    Ok(nothing_left(certain).filter(|_| plan.reads().next().is_none()))
}

impl Forecast {
    /// The files, for people.
    ///
    /// # Errors
    /// Bug: they do not fit into a table.
    pub fn table(&self, job: &Job) -> Result<Table<'static>> {
        let columns = schema([
            text("file"),
            text("cause"),
            text("read"),
            integer("bytes"),
            integer("rows_about"),
            text("why"),
        ]);
        #[derive(Serialize)]
        struct PlanRow<'f> {
            file: &'f str,
            cause: &'f str,
            read: &'f str,
            bytes: u64,
            rows_about: Option<u64>,
            why: &'f str,
        }
        let rows: Vec<PlanRow<'_>> = self
            .files
            .iter()
            .map(|file| PlanRow {
                file: &file.file,
                cause: &file.cause,
                read: file.read,
                bytes: file.bytes,
                rows_about: file.rows_about,
                why: &file.why,
            })
            .collect();
        Ok(Table::of(batch(&columns, &rows)?, job.clock()))
    }
}

fn file_forecast(file: &Planned, job: &Job, past: &Past, is_known: bool) -> FileForecast {
    let bytes = file.bytes();
    // A file that is read again on demand is planned as if it were new.
    let is_again = file.cause == ReadReason::New && is_known;
    FileForecast {
        file: file.identity.to_string(),
        cause: if is_again { "again".to_owned() } else { file.cause.to_string() },
        read: match file.read {
            Read::Skip => "nothing",
            Read::Whole => "all",
            Read::Tail { .. } => "tail",
        },
        size: file.listed.as_ref().map(|listed| listed.version.size_bytes),
        bytes,
        rows_about: if bytes == 0 { Some(0) } else { past.rows(new_bytes(file)) },
        why: if is_again { "it is asked for".to_owned() } else { why(file, job) },
    }
}

/// The state of each file after the run, as far as it is certain before reading, and the error that the run may end with.
fn certain(plan: &Plan) -> Result<(Vec<Reconciled>, Option<Error>)> {
    let unread = || Reading::Unread { reason: String::new(), may_pass: true };
    let readings = plan.reads().map(|file| (file.identity.clone(), unread())).collect();
    match increment::reconcile(plan, &readings) {
        Ok(reconciled) => Ok((reconciled, None)),
        Err(error) if error.kind() == Kind::Attention && !plan.rules.gone_accepted => {
            let mut accepted = plan.clone();
            accepted.rules.gone_accepted = true;
            Ok((increment::reconcile(&accepted, &readings)?, Some(error)))
        }
        Err(error) => Err(error),
    }
}

/// Whether the file exists, is not read, and will not count.
fn is_refused(file: &Planned, reconciled: &Reconciled) -> bool {
    let is_refused = reconciled.row.as_ref().is_some_and(|row| row.state == FileState::Refused);
    file.listed.is_some() && file.read == Read::Skip && is_refused
}

/// Corrects the forecast of a file that is not read, if its size and time do not tell its result.
fn foretell(told: &mut FileForecast, became: &Became) {
    let (cause, why) = match became {
        Became::Refused(reason) => {
            ("will be refused", format!("it is as it was, and will be refused: {reason}"))
        }
        Became::DuplicateOf(other) => (
            "will be refused",
            format!("it is as it was, and will be refused: its content is that of {other}"),
        ),
        Became::MovedFrom(other) => {
            ("moved", format!("its content is what counts for {other}, which leaves it"))
        }
        Became::MovedTo(other) => {
            ("moved", format!("it is not there any more; its content counts for {other}"))
        }
        _ => return,
    };
    (told.cause, told.why) = (cause.to_owned(), why);
}

/// Bytes whose rows are counted: without those that are read only to recognise a file before its tail.
fn new_bytes(file: &Planned) -> u64 {
    match file.read {
        Read::Tail { from, .. } => {
            file.listed.as_ref().map_or(0, |listed| listed.version.size_bytes.saturating_sub(from))
        }
        _ => file.bytes(),
    }
}

/// Why a file is read, or why not, in a sentence.
fn why(file: &Planned, job: &Job) -> String {
    let counts = file.seen.as_deref().is_some_and(|seen| seen.contribution.is_some());
    let reason = || file.seen.as_deref().and_then(|seen| seen.reason.clone()).unwrap_or_default();
    match file.cause {
        ReadReason::New => "the ledger does not know it".to_owned(),
        ReadReason::Grown => "it has grown".to_owned(),
        ReadReason::Changed => {
            let size = |n: Option<u64>| n.unwrap_or_default();
            let before = size(file.seen.as_deref().map(|seen| seen.version.size_bytes));
            let now = size(file.listed.as_ref().map(|listed| listed.version.size_bytes));
            format!("its size was {before} bytes and is {now}")
        }
        ReadReason::Touched => "its time of change is another".to_owned(),
        ReadReason::Racy => "it was changed just before it was read".to_owned(),
        ReadReason::Returned => "it was gone and is there again".to_owned(),
        ReadReason::Rules => format!("it was refused by other rules: {}", reason()),
        ReadReason::OtherTable(number) => match job.source.lookup_paths().nth(number) {
            Some(path) => format!("{} changed since it was counted", for_people(path)),
            None => "a look-up changed since it was counted".to_owned(),
        },
        ReadReason::Again => "it is asked for".to_owned(),
        ReadReason::Same => "it is as it was".to_owned(),
        ReadReason::Refused => format!("it is as it was, and refused: {}", reason()),
        ReadReason::Gone | ReadReason::GoneBefore if counts && job.source.on_gone == OnGone::Subtract => {
            "it is not there any more; its counts leave".to_owned()
        }
        ReadReason::Gone | ReadReason::GoneBefore if counts => {
            "it is not there any more; its counts stay".to_owned()
        }
        ReadReason::Gone | ReadReason::GoneBefore => {
            "it is not there any more, and counts nothing".to_owned()
        }
    }
}

fn report_forecast(
    name: &str,
    standing: Standing,
    plan: &Plan,
    certain: &[Reconciled],
    ledger: Option<&Ledger>,
    asked: &RunRequest,
) -> ReportForecast {
    let reads = plan.reads().count();
    let leave = certain.iter().filter(|reconciled| reconciled.leaves.is_some()).count();
    let version = ledger.map_or(0, Ledger::version);
    let files = |n: usize| if n == 1 { "1 file".to_owned() } else { format!("{n} files") };
    let again_all = asked.again == Some(Again::All);
    let (windows, why) = match (standing, standing.stale(version)) {
        (Standing::Shows(_, TableState::Behind | TableState::Ahead), Some(why)) => ("some", why),
        (_, Some(why)) => ("all", why),
        (_, None) if again_all => ("some", "those that differ once every file was read again".to_owned()),
        (_, None) if reads > 0 && leave > 0 => (
            "some",
            format!(
                "those with events of {} to read or of {} that will not count any more",
                files(reads),
                files(leave)
            ),
        ),
        (_, None) if reads > 0 => ("some", format!("those with events of {} to read", files(reads))),
        (_, None) if leave > 0 => {
            ("some", format!("those with events of {} that will not count any more", files(leave)))
        }
        (_, None) => ("none", format!("it shows version {version} of the ledger, and nothing is new")),
    };
    ReportForecast { report: name.to_owned(), windows, why, shows_version: standing.shown() }
}
