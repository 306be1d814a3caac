//! `windrow`: arguments, terminal, exit code. What is counted, and how, is decided in the library.
// Comments on arguments are printed by --help. Their brackets and angles are plain text, not links or tags.
#![allow(rustdoc::broken_intra_doc_links, rustdoc::invalid_html_tags, reason = "texts of --help")]
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod backup;
mod check;
mod choice;
mod command_line;
mod compare;
mod digest;
mod generate;
mod job_flags;
mod ledger_run;
mod manual;
mod messages;
mod output_paths;
mod parts;
mod plan;
mod progress;
mod publish;
mod rejects;
mod remedy;
mod run;
mod saved;
mod settings;
mod show;
mod signals;
mod stdout;
mod table_output;
mod temporary;
mod terminal;
mod why;
mod work;
mod wrong;

use std::ffi::OsString;
use std::panic::catch_unwind;
use std::path::PathBuf;
use std::slice;
use std::sync::OnceLock;

use clap::{Parser, Subcommand};
use windrow::{Error, Result};

use crate::messages::{MessageArgs, Messages};

const EXAMPLES: &str = "\
Examples:
  windrow run events.csv
  windrow run logs/ --every 1h --key action --values Open,Close -o windows.csv
  windrow run logs/ --every 1d --zone Europe/Berlin --keep daily
  windrow run daily/job.toml
  windrow check daily/job.toml
  windrow plan daily/job.toml
  windrow show daily/job.toml windows
  windrow why daily/job.toml 2024-01-31

Exit codes:
  0 ok                         1 a bug            2 arguments or job file
  3 data refused, some or all  4 storage: a retry is safe and may help
  5 a person must act          6 a limit          130, 143 stopped by a signal";

/// One row per window: counts of events per window of time, with every row accounted for
#[derive(Parser, Clone, Debug)]
#[command(name = "windrow", version, after_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    messages: MessageArgs,
}

#[derive(Subcommand, Clone, Debug)]
enum Command {
    Run(Box<run::RunArgs>),
    Check(check::CheckArgs),
    Plan(plan::PlanArgs),
    Show(show::ShowArgs),
    Why(why::WhyArgs),
    Compare(compare::CompareArgs),
    Digest(digest::DigestArgs),
    Backup(backup::BackupArgs),
    Restore(backup::RestoreArgs),
    Generate(Box<generate::GenerateArgs>),
    Completions(manual::CompletionsArgs),
    Man(manual::ManArgs),
}

/// Does what `arguments` say, which follow the program's name; gives its exit code. For a process of its own: it answers to signals,
/// and ends the process where help was asked for.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let given: Vec<OsString> = ["windrow".into()].into_iter().chain(arguments).collect();
    let given = GIVEN.get_or_init(|| given);
    let cli = match Cli::try_parse_from(given) {
        Ok(mut cli) => {
            // As programs have it, `-` is stdout.
            if let Some(output) = cli.command.output() {
                output.take_if(|output| output.as_os_str() == "-");
            }
            cli
        }
        Err(error) => return wrong::arguments(&error),
    };
    let messages = match Messages::new(&cli.messages) {
        Ok(messages) => messages,
        Err(error) => {
            Messages::plain().error(&error);
            return error.kind().exit_code();
        }
    };
    let done =
        catch_unwind(|| cli.command.run(&messages)).unwrap_or_else(|_| Err(Error::bug("windrow panicked")));
    match done {
        Ok(()) => 0,
        Err(error) => {
            let error = remedy::worded(error, cli.command.arguments().and_then(work::job_file));
            messages.error(&error);
            error.kind().exit_code()
        }
    }
}

/// What was typed: the program's name and its arguments.
static GIVEN: OnceLock<Vec<OsString>> = OnceLock::new();

/// What was typed: the program's name and its arguments.
pub(crate) fn given() -> &'static [OsString] {
    GIVEN.get().map_or(&[], Vec::as_slice)
}

impl Command {
    /// The job, or the files, of a command that takes either.
    fn arguments(&self) -> Option<&[PathBuf]> {
        match self {
            Command::Run(args) => Some(&args.arguments),
            Command::Check(args) => Some(&args.arguments),
            Command::Digest(args) => Some(&args.arguments),
            Command::Plan(args) => Some(slice::from_ref(&args.job)),
            Command::Show(args) => Some(slice::from_ref(&args.job)),
            Command::Why(args) => Some(slice::from_ref(&args.job)),
            Command::Backup(args) => Some(slice::from_ref(&args.job)),
            Command::Restore(args) => Some(slice::from_ref(&args.job)),
            _ => None,
        }
    }

    /// Where the answer of a command goes, that can go to a file.
    fn output(&mut self) -> Option<&mut Option<PathBuf>> {
        match self {
            Command::Run(args) => Some(args.output_mut()),
            Command::Show(args) => Some(args.output_mut()),
            Command::Generate(args) => Some(args.output_mut()),
            _ => None,
        }
    }

    fn run(&self, messages: &Messages) -> Result<()> {
        match self {
            Command::Run(args) => run::run(args, messages),
            Command::Check(args) => check::run(args, messages),
            Command::Plan(args) => plan::run(args, messages),
            Command::Show(args) => show::run(args, messages),
            Command::Why(args) => why::run(args, messages),
            Command::Compare(args) => compare::run(args, messages),
            Command::Digest(args) => digest::run(args, messages),
            Command::Backup(args) => backup::run(args, messages),
            Command::Restore(args) => backup::restore(args, messages),
            Command::Generate(args) => generate::run(args, messages),
            Command::Completions(args) => manual::completions(args),
            Command::Man(args) => manual::man(args),
        }
    }
}
