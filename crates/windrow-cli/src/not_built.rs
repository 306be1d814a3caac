//! What is not built yet: refused by its name, so that nobody takes it for a slip of the pen.

use clap::error::{ContextKind, ContextValue};
use windrow::Error;

use crate::voice::Voice;

const COMMANDS: [&str; 3] = ["plan", "show", "why"];

/// Ends the process that was given arguments it does not know: says that they are not built yet, if so.
pub(crate) fn refuse(unknown: clap::Error) -> ! {
    let Some(error) = not_built(&unknown) else { unknown.exit() };
    Voice::plain().error(&error);
    std::process::exit(i32::from(error.kind().exit_code()))
}

fn not_built(unknown: &clap::Error) -> Option<Error> {
    let name = |kind| match unknown.get(kind) {
        Some(ContextValue::String(name)) => name.as_str(),
        _ => "",
    };
    let command = name(ContextKind::InvalidSubcommand);
    COMMANDS.contains(&command).then(|| {
        Error::usage(format!("`windrow {command}` is not built yet"))
            .help("`windrow --help` lists the commands that are")
    })
}
