//! `windrow why`: what is behind a number, and what changed it.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use windrow::Result;
use windrow::summary::Rows;
use windrow::text::escape::for_people as shown;
use windrow::text::number::{counted, grouped, size};
use windrow::text::shell::word;
use windrow::text::width::{cut_end, cut_start, width};
use windrow::{ChangeOf, FileBehind, MeasureBehind, Traced, WantedWindow, keys_shown};

use crate::messages::Messages;
use crate::table_output::{ExplanationFormat, print, print_json};
use crate::terminal::Terminal;
use crate::work;

const EXAMPLES: &str = "\
Examples:
  windrow why daily.toml 2024-01-31
  windrow why daily.toml '2024-01-31 02:40' Open --report ten_minutes
  windrow why daily.toml 2024-01-31T02:40 Open --since 2024-02-01
  windrow why daily.toml 2024-01-31 --format json | jq .files";

/// Show what is behind a number: files, spellings, rejects and runs, and what changed it
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct WhyArgs {
    /// The job file, which must have [output]
    #[arg(value_name = "JOB.toml")]
    pub(crate) job: PathBuf,
    /// A time in the window: 2024-01-31, 2024-01-31T02:40, '2024-01-31 02:40', with or without an offset
    #[arg(value_name = "WINDOW")]
    window: String,
    /// Show only this value
    #[arg(value_name = "VALUE")]
    value: Option<String>,
    /// The report [default: the first of the job]
    #[arg(long, value_name = "NAME")]
    report: Option<String>,
    /// Show what changed since this time, or after this run (its id, or the beginning of it)
    #[arg(long, value_name = "RUN|TIME")]
    since: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: ExplanationFormat,
}

/// Files that people are shown.
const FILES_SHOWN: usize = 20;
/// However narrow the terminal, the name of a file keeps this many columns.
const NAME_MIN: usize = 20;

/// Runs it.
pub(crate) fn run(args: &WhyArgs, messages: &Messages) -> Result<()> {
    let job = work::job_alone(&args.job)?;
    let kept = windrow::Kept::open(&job)?;
    let wanted = WantedWindow {
        window: &args.window,
        value: args.value.as_deref(),
        report: args.report.as_deref(),
        since: args.since.as_deref(),
    };
    let traced = windrow::why(&job, &kept, wanted)?;
    traced.warnings.iter().for_each(|warning| messages.warn(warning));
    let damage = traced.damage.clone().map_or(Ok(()), Err);
    if args.format == ExplanationFormat::Json {
        return print_json(&traced).and(damage);
    }
    let mut text = window(&traced);
    match &traced.changes {
        Some(changes) => text += &changes_told(&traced, changes, args.since.as_deref().unwrap_or_default()),
        None => {
            let job = word(&args.job);
            let columns = Terminal::columns_of_text();
            traced.files.iter().take(FILES_SHOWN).for_each(|of| text += &file(of, &job, columns));
            if let Some(more) = traced.files.len().checked_sub(FILES_SHOWN).filter(|more| *more > 0) {
                let more = counted(more as u64, "more file");
                text += &format!("\nand {more}: --format json has all of them\n");
            }
        }
    }
    text += &state(&traced);
    print(&text).and(damage)
}

/// The window and its numbers.
fn window(traced: &Traced) -> String {
    let mut text =
        format!("report {}: the window {} to {}\n", traced.report, traced.window_start, traced.window_end);
    if traced.windows_that_hold_it > 1 {
        let n = traced.windows_that_hold_it;
        // Writing to a String does not fail.
        let _ = writeln!(text, "{n} windows hold this time; this is the last of them");
    }
    if traced.is_outside {
        text += "from and to leave it out of the report\n";
    }
    if !traced.is_final {
        text += "it is not final: no event is later than its end\n";
    }
    let width = traced.numbers.iter().map(|of| label(&of.values).chars().count()).max().unwrap_or_default();
    for number in &traced.numbers {
        let published = match number.published {
            Some(published) if published != number.count => {
                format!(" (published: {})", grouped(published))
            }
            _ => String::new(),
        };
        let label = label(&number.values);
        let _ = writeln!(text, "  {label:width$}  {}{published}", grouped(number.count));
    }
    text += &measures(&traced.measures);
    if traced.numbers.is_empty() {
        text += "it holds no event\n";
    }
    for (nearest, side) in [(&traced.nearest_before, "before"), (&traced.nearest_after, "after")] {
        if let Some(nearest) = nearest {
            let _ = writeln!(text, "the nearest window with events {side} it: {nearest}");
        }
    }
    text
}

/// What is measured: `sum(bytes) 1200, 62.5 % of it`.
fn measures(measures: &[MeasureBehind]) -> String {
    let line = |of: &MeasureBehind| {
        let share = of.share.map_or(String::new(), |share| format!(", {:.1} % of it", share * 100.0));
        format!("  {} {}{share}\n", shown(&of.measure), of.value.as_deref().unwrap_or("null"))
    };
    measures.iter().map(line).collect()
}

fn label(values: &[Option<String>]) -> String {
    shown(&keys_shown(values)).into_owned()
}

/// A file, and what it adds. Its name loses its beginning and its rejects their ends where they are longer than `columns`.
fn file(of: &FileBehind, job: &str, columns: usize) -> String {
    let gone = if of.state == "counted" { String::new() } else { format!(" ({})", of.state) };
    let rest = format!("{gone}: {}", counted(of.count, "event"));
    let name = cut_start(&of.file, columns.saturating_sub(width(&rest)).max(NAME_MIN));
    let mut text = format!("\n{name}{rest}\n");
    for parts in of.parts.chunk_by(|a, b| a.values == b.values) {
        let count: u64 = parts.iter().map(|part| part.count).sum();
        let raw: Vec<String> = parts
            .iter()
            .filter(|part| !part.raw.is_empty())
            .map(|part| {
                let raw: Vec<String> = part.raw.iter().map(|raw| format!("\"{}\"", shown(raw))).collect();
                format!("{} {}", raw.join(" "), grouped(part.count))
            })
            .collect();
        let written = if raw.is_empty() { String::new() } else { format!(", written {}", raw.join(", ")) };
        let _ = writeln!(text, "  {} {}{written}", label(&parts[0].values), grouped(count));
    }
    text += &measures(&of.measures);
    let rows = Rows {
        read: of.rows.unsigned_abs(),
        counted: of.counted.unsigned_abs(),
        filtered: of.filtered.unsigned_abs(),
        rejected: of.rejected.unsigned_abs(),
        ignored: of.ignored.unsigned_abs(),
        ..Rows::default()
    };
    let _ = writeln!(text, "  the whole file: {rows}, {}", size(of.bytes.unsigned_abs()));
    if of.rejected > 0 {
        let reasons: Vec<String> =
            of.rejected_by_reason.iter().map(|(reason, n)| format!("{reason} {n}")).collect();
        let _ = writeln!(text, "  rejects: {}", reasons.join(", "));
        for reject in &of.first_rejects {
            let column = reject.column.as_ref().map(|column| format!("column {}", shown(column)));
            let place = match (reject.line, reject.byte, reject.row) {
                (Some(line), Some(byte), _) => (format!("line {line}"), Some(format!("byte {byte}"))),
                (_, _, row) => (format!("row {}", row.unwrap_or_default()), None),
            };
            let details: Vec<String> = place.1.into_iter().chain(column).collect();
            let details =
                if details.is_empty() { String::new() } else { format!(" ({})", details.join(", ")) };
            let raw = reject.raw.as_ref().map_or(String::new(), |raw| format!(": {}", shown(raw)));
            let line = format!("    {}{details}: {}{raw}", place.0, reject.reason);
            text += &(cut_end(&line, columns) + "\n");
        }
        let more = of.rejected.unsigned_abs().saturating_sub(of.first_rejects.len() as u64);
        if of.rejects_lost {
            text += "    some of their rows are lost\n";
        } else if of.first_rejects.is_empty() {
            text += "    their rows are kept no longer\n";
        } else if more > 0 {
            let _ = writeln!(
                text,
                "    and {} more: windrow show {job} rejects --file {}",
                grouped(more),
                word(&of.file)
            );
        }
    }
    let at = of.read_at.as_ref().map_or(String::new(), |at| format!(" of {at}"));
    let version = of.windrow.as_ref().map_or(String::new(), |version| format!(", windrow {version}"));
    let _ = writeln!(text, "  read by run {}{at} (engine {}{version})", of.run, of.engine);
    if let Some(fingerprint) = &of.fingerprint {
        let _ = writeln!(text, "  its content has the fingerprint {fingerprint}");
    }
    text
}

/// What changed.
fn changes_told(traced: &Traced, changes: &[ChangeOf], since: &str) -> String {
    if changes.is_empty() {
        return format!("\nnothing changed since {}\n", shown(since));
    }
    let mut text = format!("\nsince {}:\n", shown(since));
    for change in changes {
        let why = because(change.file.as_deref(), change.files.unsigned_abs(), &change.cause);
        let start = &traced.window_start;
        let of = label(&change.values);
        let numbers = match &change.measure {
            None => format!("{} → {}", change.old, change.new),
            Some(name) => became((name, change.old_value.as_deref(), change.new_value.as_deref())),
        };
        let _ = writeln!(text, "  {start} {of} {numbers}, run {}, {why} ({})", change.run, change.at);
    }
    text
}

/// A measure that changed: `sum_bytes 5 → 7`.
pub(crate) fn became((name, old, new): (&str, Option<&str>, Option<&str>)) -> String {
    format!("{} {} → {}", shown(name), old.unwrap_or("null"), new.unwrap_or("null"))
}

/// What changed a number: the first of the files that did, and what happened to them.
pub(crate) fn because(file: Option<&str>, files: u64, cause: &str) -> String {
    match (file, files) {
        (Some(file), 0 | 1) => format!("{file} {cause}"),
        (Some(file), n) => format!("{file} and {} more: {cause}", n - 1),
        (None, _) => cause.to_owned(),
    }
}

/// What the numbers are of.
fn state(traced: &Traced) -> String {
    let published = match traced.published_version {
        Some(version) if version == traced.ledger_version => "which is published".to_owned(),
        Some(version) => format!("version {version} is published"),
        None => "nothing is published".to_owned(),
    };
    format!(
        "\nfrom the ledger, version {}, {published}; counted by the job of fingerprint {}\n",
        traced.ledger_version,
        &traced.counted_by[..traced.counted_by.len().min(16)]
    )
}
