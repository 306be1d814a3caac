//! The terminal: whether there is one, its size, and whether it wants colours.

use std::env::{var, var_os};
use std::io::{IsTerminal, stdout};

/// What text for people is laid out for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terminal {
    /// Columns of a line.
    pub(crate) width: u16,
    /// Lines.
    pub(crate) height: u16,
    /// Whether colours are wanted.
    pub(crate) color: bool,
}

/// Files, and pipes that no terminal is near.
const UNKNOWN: (u16, u16) = (80, 40);

impl Terminal {
    /// The size that `COLUMNS` and `LINES` say, else that of the terminal that stdout, stderr or stdin is.
    pub(crate) fn of_stdout() -> Terminal {
        let size = terminal_size::terminal_size().map(|(width, height)| (width.0, height.0));
        let (width, height) = size.filter(|(width, height)| *width > 0 && *height > 0).unwrap_or(UNKNOWN);
        let said = |name: &str| var(name).ok().and_then(|value| value.parse().ok()).filter(|n: &u16| *n > 0);
        Terminal {
            width: said("COLUMNS").unwrap_or(width),
            height: said("LINES").unwrap_or(height),
            color: color(is_stdout()),
        }
    }

    /// Where lines of text are cut: at the edge of a terminal, or where `COLUMNS` says; a pipe gets them whole.
    pub(crate) fn columns_of_text() -> usize {
        let is_said = var_os("COLUMNS").is_some();
        if is_said || is_stdout() { Terminal::of_stdout().width.into() } else { usize::MAX }
    }

    /// A file, which is the same wherever it is made.
    pub(crate) fn of_file() -> Terminal {
        let (width, height) = UNKNOWN;
        Terminal { width, height, color: false }
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
