//! `windrow completions` and `windrow man`: made from the same description as the help.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};
use windrow::text::escape;
use windrow::{Error, Result};

use crate::Cli;
use crate::stdout::Stdout;

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  windrow completions bash > ~/.local/share/bash-completion/completions/windrow
  windrow completions zsh > ~/.zfunc/_windrow
  windrow completions fish > ~/.config/fish/completions/windrow.fish";

/// Print a completion script for a shell
#[derive(Args, Clone, Debug)]
#[command(after_help = COMPLETIONS_EXAMPLES)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Prints the completions.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "windrow", &mut script);
    print(&script)
}

const MAN_EXAMPLES: &str = "\
Examples:
  windrow man | man -l -
  windrow man --dir ~/.local/share/man/man1";

/// Print the manual page, or write the pages of all commands
#[derive(Args, Clone, Debug)]
#[command(after_help = MAN_EXAMPLES)]
pub(crate) struct ManArgs {
    /// Write the pages into this folder, which must exist
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

/// Prints or writes the manual.
pub(crate) fn man(args: &ManArgs) -> Result<()> {
    match &args.dir {
        Some(dir) => clap_mangen::generate_to(Cli::command(), dir)
            .map_err(|error| Error::output(format!("cannot write into {}", escape::path(dir)), &error)),
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command())
                .render(&mut page)
                .map_err(|error| Error::bug(format!("the manual page: {error}")))?;
            print(&page)
        }
    }
}

fn print(text: &[u8]) -> Result<()> {
    let mut out = Stdout::open()?;
    let written = out.write_all(text).and_then(|()| out.flush());
    out.finish(written.map_err(|error| Error::output("cannot write to stdout", &error)))
}
