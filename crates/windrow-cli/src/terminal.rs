//! The terminal: whether there is one, its size, and whether it wants colours.

use std::env::var_os;
use std::io::{IsTerminal, stdout};

/// The terminal that stdout is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terminal {
    /// Characters in a line.
    pub(crate) width: u16,
    /// Lines.
    pub(crate) height: u16,
    /// Whether colours are wanted.
    pub(crate) color: bool,
}

/// What a terminal of unknown size is taken for.
const UNKNOWN: (u16, u16) = (100, 40);

impl Terminal {
    /// The terminal that stdout is; what a table is laid out for when stdout is none.
    pub(crate) fn of_stdout() -> Terminal {
        let size = terminal_size::terminal_size().map(|(width, height)| (width.0, height.0));
        let (width, height) = size.filter(|(width, height)| *width > 0 && *height > 0).unwrap_or(UNKNOWN);
        Terminal { width, height, color: color(is_stdout()) }
    }
}

/// Whether stdout is a terminal.
pub(crate) fn is_stdout() -> bool {
    stdout().is_terminal()
}

/// Whether colours go to a stream: `NO_COLOR` forbids, `CLICOLOR_FORCE` forces, else only to a terminal.
pub(crate) fn color(is_terminal: bool) -> bool {
    let is_set = |name: &str| var_os(name).is_some_and(|value| !value.is_empty());
    let is_forced = is_set("CLICOLOR_FORCE") && var_os("CLICOLOR_FORCE").is_none_or(|value| value != "0");
    !is_set("NO_COLOR") && (is_forced || is_terminal)
}
