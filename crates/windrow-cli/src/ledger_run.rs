//! `windrow run` of a job that keeps a ledger: reads what changed, publishes, and says what it did.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use windrow::Plan;
use windrow::Stopwatch;
use windrow::engine::Engine;
use windrow::error::Code;
use windrow::source::identity_shown;
use windrow::summary::{self, REFUSED_SHOWN};
use windrow::text::number::{counted, grouped, size};
use windrow::text::{escape, shell};
use windrow::{Again, PublishedReport, RefusedInput, RejectSink, RunRequest};
use windrow::{Error, Job, Kind, Outcome, Result, RunOptions, Settings};

use crate::messages::Messages;
use crate::remedy;
use crate::run::show_rejects;
use crate::why;
use crate::work::{Purpose, Work};

/// The flags for what a run with a ledger is asked beside the job.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Jobs with [output]")]
pub(crate) struct AskedArgs {
    /// Re-read files even if they have not changed: all of them, or those with events in a span
    #[arg(long, value_name = "FROM..TO|all")]
    again: Option<String>,
    /// Continue even if many counted files are missing
    #[arg(long)]
    accept_gone: bool,
    /// List all folders, including those that are too old for the job's look_back
    #[arg(long)]
    list_all: bool,
}

/// The flags for jobs that keep a ledger.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Jobs with [output]")]
pub(crate) struct KeptArgs {
    #[command(flatten)]
    asked: AskedArgs,
    /// Exit with code 3 if the newest event is older than this
    #[arg(long, value_name = "TIME")]
    expect_through: Option<String>,
    /// If another run commits first, keep retrying for this long
    #[arg(long, value_name = "DURATION")]
    wait: Option<String>,
}

impl KeptArgs {
    /// See [`AskedArgs::purpose`].
    pub(crate) fn purpose(&self) -> Purpose {
        self.asked.purpose()
    }

    /// The flags that were given.
    pub(crate) fn given(&self) -> Vec<&'static str> {
        let flags = [
            ("--again", self.asked.again.is_some()),
            ("--accept-gone", self.asked.accept_gone),
            ("--list-all", self.asked.list_all),
            ("--expect-through", self.expect_through.is_some()),
            ("--wait", self.wait.is_some()),
        ];
        flags.into_iter().filter(|(_, is_given)| *is_given).map(|(flag, _)| flag).collect()
    }
}

impl AskedArgs {
    /// What is asked of a run of `job`.
    ///
    /// # Errors
    /// Usage: a span is none.
    pub(crate) fn asked(&self, job: &Job) -> Result<RunRequest> {
        let again = self.again.as_deref().map(|text| Again::read(text, job)).transpose();
        let again = again.map_err(|error| error.within("--again"))?;
        Ok(RunRequest { again, gone_accepted: self.accept_gone, lists_all: self.list_all })
    }

    /// What files are opened for. Files are read again in all folders, also those that are too old for the job's `look_back`.
    pub(crate) fn purpose(&self) -> Purpose {
        if self.list_all || self.again.is_some() { Purpose::Count } else { Purpose::Update }
    }
}

/// What counts, and how it is done.
#[derive(Clone, Copy)]
pub(crate) struct RunSettings<'a> {
    /// The job, for commands in messages.
    pub(crate) job_file: &'a Path,
    pub(crate) engine: &'a dyn Engine,
    pub(crate) settings: &'a Settings,
    /// Started with the command.
    pub(crate) watch: Stopwatch,
    /// Whether a progress bar is drawn.
    pub(crate) draw: bool,
}

/// Runs it; `halted` is told of a run that found a reason not to publish.
pub(crate) fn run(
    args: &KeptArgs,
    work: &Work,
    how: RunSettings<'_>,
    rejects: Option<&mut dyn RejectSink>,
    halted: &mut (dyn FnMut(&Outcome) + Send),
    messages: &Messages,
) -> Result<LedgerRun> {
    let watch = how.watch;
    let asked = args.asked.asked(&work.job)?;
    let through_us = args.expect_through.as_deref().map(|time| work.job.instant(time)).transpose()?;
    let wait = args.wait.as_deref().map(duration).transpose()?.unwrap_or_default();
    let mut sink = rejects;
    let done = loop {
        let rejects: Option<&mut dyn RejectSink> = match &mut sink {
            Some(sink) => Some(&mut **sink),
            None => None,
        };
        let mut planned = |plan: &Plan| messages.note(&plan.to_string());
        let options = RunOptions {
            engine: Some(how.engine),
            asked,
            rejects,
            planned: Some(&mut planned),
            halted: Some(&mut *halted),
            started: Some(watch),
            ..RunOptions::default()
        };
        match work.run(how.settings, options, how.draw) {
            Err(error) if error.kind() == Kind::Storage && watch.elapsed() < wait => {
                messages.note(&format!("{error}; beginning again"));
                how.settings.stop.check()?;
            }
            done => break done?,
        }
    };
    let job = shell::word(how.job_file);
    show_rejects(&done, None, &format!("windrow show {job} rejects"), messages);
    let refused = done.refused().count();
    for RefusedInput { file, reason, is_new, .. } in done.refused().take(REFUSED_SHOWN) {
        let file = identity_shown(file);
        messages.warn(&format!("{} {file}: {reason}", if is_new { "refused" } else { "still refused:" }));
    }
    if let Some(more @ 1..) = refused.checked_sub(REFUSED_SHOWN) {
        messages.warn(&format!("and {} more", grouped(more as u64)));
    }
    if let Some(damage) = &done.damage {
        let help = damage.help().map(|help| remedy::words(help, work.job_file.as_deref()));
        messages.warn(&format!("{damage}; {}", help.unwrap_or_default()));
    }
    for (stage, seconds) in done.stages.seconds() {
        messages.detail(&format!("{stage}: {seconds:.2} s"));
    }
    lines(&done).iter().for_each(|line| messages.note(line));
    if done.published.iter().any(|report| report.is_first) {
        messages.note(&format!("to see the answer: windrow show {job} windows"));
    }
    let late = through_us.filter(|through| done.span_us.is_none_or(|(_, newest)| newest < *through));
    let late = late.map(|through_us| {
        let newest = done.span_us.map_or("there is no event".to_owned(), |(_, us)| {
            format!("the newest event is from {}", work.job.shown(us))
        });
        Error::data(format!("{newest}, before {}", work.job.shown(through_us)))
            .with_code(Code::LateData)
            .with_help("what there is was published; run again when the rest has come")
    });
    Ok(LedgerRun { done, late })
}

/// A run that was done.
pub(crate) struct LedgerRun {
    pub(crate) done: Outcome,
    late: Option<Error>,
}

impl LedgerRun {
    /// What the program ends with.
    pub(crate) fn ending(&self) -> Result<()> {
        let refused = self.done.partly_refused();
        match (refused, &self.late) {
            (Some(error), _) => Err(error.within("published without the refused files")),
            (None, Some(late)) => Err(late.clone()),
            (None, None) => Ok(()),
        }
    }
}

/// What was done, for people.
fn lines(done: &Outcome) -> Vec<String> {
    let mut lines = Vec::new();
    let tally = &done.tally;
    if tally.read > 0 {
        lines.push(summary::Rows::of(tally).to_string());
    }
    for report in &done.published {
        let Some(line) = published(report) else { continue };
        lines.push(line);
        for change in &report.changes {
            let key: Vec<_> = change
                .keys
                .iter()
                .map(|key| key.as_deref().map_or("null".into(), escape::for_people))
                .collect();
            let file = change.file.as_deref().map(identity_shown);
            let why = why::because(file.as_deref(), change.files, change.cause);
            let numbers = match &change.measured {
                None => format!("{} → {}", change.old, change.new),
                Some((name, old, new)) => why::became((name, old.as_deref(), new.as_deref())),
            };
            lines.push(format!("  {} {} {numbers}, {why}", change.label, key.join(" ")));
        }
    }
    if let Some(events) = done.events.filter(|events| events.added + events.removed > 0) {
        lines.push(format!("events: {} added, {} removed", grouped(events.added), grouped(events.removed)));
    }
    if done.refused_tally.read > 0 {
        lines.push(format!("rows of refused files {}; they do not count", grouped(done.refused_tally.read)));
    }
    let nothing = done.windows_changed() == 0 && done.bytes_read == 0;
    let what = if nothing { "nothing new: " } else { "" };
    lines.push(format!(
        "{what}{} read, ledger version {}, run {}, {:.2} s",
        size(done.bytes_read),
        done.ledger_version.unwrap_or_default(),
        done.run,
        done.stages.elapsed_s()
    ));
    lines
}

fn published(report: &PublishedReport) -> Option<String> {
    let windows = counted(report.replaced.windows, "window");
    if report.is_repaired {
        return Some(format!(
            "{}: another program had changed the table; it was published again",
            report.name
        ));
    }
    match (report.is_first, report.replaced.windows) {
        (true, _) => Some(format!("{}: published, {windows}", report.name)),
        (false, 0) => None,
        (false, _) => {
            let (all, told) = (report.changes_total, report.changes.len() as u64);
            let numbers = match all > told {
                true => format!("; the first {told} of {} numbers:", grouped(all)),
                false => String::new(),
            };
            Some(format!("{}: {windows} changed{numbers}", report.name))
        }
    }
}

fn duration(text: &str) -> Result<Duration> {
    let step: windrow::Step = text.parse()?;
    let us = step.fixed_us().ok_or_else(|| {
        Error::usage(format!("--wait {text} is not a length of time")).with_help("for example 30s or 10m")
    })?;
    Ok(Duration::from_micros(us.unsigned_abs()))
}
