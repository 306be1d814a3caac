//! Ruled: rows below a header and a rule, in columns that fit the screen. Numbers and times are never cut.

use std::collections::HashSet;

use super::{Paint, paint};
use crate::publish::Screen;
use crate::text::number::counted;
use crate::text::width::{cut_end, cut_start, padded, width};

/// What a column holds: how it is aligned, and how it may be made narrower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::publish) enum Holds {
    /// To the right, whole.
    Number,
    /// Whole, in its short form where it has one.
    Time,
    /// Cut at its end.
    Text,
    /// The name of a file: cut at its start.
    Path,
}

/// One column.
#[derive(Clone, Debug)]
pub(in crate::publish) struct RuledColumn {
    pub(in crate::publish) name: String,
    pub(in crate::publish) holds: Holds,
}

/// One cell; what is shown of it where the screen is narrow.
#[derive(Clone, Debug)]
pub(in crate::publish) struct Shown {
    pub(in crate::publish) text: String,
    pub(in crate::publish) short: Option<String>,
}

impl From<String> for Shown {
    fn from(text: String) -> Self {
        Shown { text, short: None }
    }
}

/// A table for a terminal.
pub(in crate::publish) struct Ruled {
    columns: Vec<RuledColumn>,
    rows: Vec<Vec<Shown>>,
    gap: usize,
    left_out: Vec<String>,
}

/// Between two columns, and where that is too wide.
const GAP: usize = 3;
const GAP_MIN: usize = 2;
/// However narrow the screen, texts and names of columns keep this much.
const TEXT_MIN: usize = 12;
const NAME_MIN: usize = 10;
/// The column that follows from the one before it: the first to go.
const WINDOW_END: &str = "window_end";
/// The column that is never left out.
const COUNT: &str = "count";

impl Ruled {
    pub(in crate::publish) fn new(columns: impl IntoIterator<Item = RuledColumn>) -> Self {
        Ruled { columns: columns.into_iter().collect(), rows: Vec::new(), gap: GAP, left_out: Vec::new() }
    }

    pub(in crate::publish) fn push(&mut self, row: Vec<Shown>) {
        self.rows.push(row);
    }

    /// Makes the table fit: leaves out the windows' ends, then shortens times, gaps, texts and names; columns that still have no
    /// place are left out.
    pub(in crate::publish) fn fit(mut self, screen_width: usize) -> Self {
        if self.width() <= screen_width {
            return self;
        }
        if let Some(at) = self.columns.iter().position(|column| column.name == WINDOW_END) {
            self.remove(at);
        }
        if self.width() > screen_width {
            let cells = self.rows.iter_mut().flatten();
            cells.for_each(|cell| {
                cell.text = cell.short.take().unwrap_or_else(|| std::mem::take(&mut cell.text))
            });
        }
        if self.width() > screen_width {
            self.gap = GAP_MIN;
        }
        while self.total(&self.least_widths()) > screen_width {
            let droppable = (1..self.columns.len()).rev().find(|at| self.columns[*at].name != COUNT);
            let Some(at) = droppable else { break };
            self.left_out.insert(0, self.columns[at].name.clone());
            self.remove(at);
        }
        self.shorten(screen_width);
        self
    }

    /// The names of the columns that have no place, but for the windows' ends, which follow from their starts.
    fn note_of_left_out(&self, screen: &Screen) -> Option<String> {
        let n = self.left_out.len() as u64;
        let names = self.left_out.join(", ");
        let columns = counted(n, "more column");
        let rest = rest(screen);
        let screen_width = usize::from(screen.width);
        let room = screen_width.saturating_sub(width(&columns) + width(&rest) + "  …  ()".chars().count());
        let has_room = room >= width(&names).min(TEXT_MIN);
        let names = if has_room { format!(" ({})", cut_end(&names, room)) } else { String::new() };
        (n > 0).then(|| format!("  … {columns}{names}{rest}"))
    }

    /// The lines; `hidden` rows are left out after the first `at`.
    pub(in crate::publish) fn lines(&self, (at, hidden): (usize, u64), screen: &Screen) -> String {
        let colour = screen.colour;
        let widths = self.widths();
        let mut text = String::new();
        let mut line = |cells: &mut dyn Iterator<Item = &str>, painted: Option<Paint>| {
            let cells = cells.zip(&widths).zip(&self.columns);
            let cells: Vec<_> = cells
                .map(|((cell, width), column)| padded(cell, *width, column.holds == Holds::Number))
                .collect();
            let cells = cells.join(&" ".repeat(self.gap));
            let cells = cells.trim_end();
            text += &painted.map_or_else(|| cells.to_owned(), |how| paint(cells, how, colour));
            text.push('\n');
        };
        line(&mut self.columns.iter().map(|column| column.name.as_str()), None);
        line(&mut std::iter::once("─".repeat(self.total(&widths)).as_str()), Some(Paint::Dim));
        for (place, row) in self.rows.iter().enumerate() {
            if hidden > 0 && place == at {
                let more = format!("  … {}{}", counted(hidden, "more row"), rest(screen));
                line(&mut std::iter::once(more.as_str()), Some(Paint::Dim));
            }
            line(&mut row.iter().map(|cell| cell.text.as_str()), None);
        }
        if let Some(note) = self.note_of_left_out(screen) {
            line(&mut std::iter::once(note.as_str()), Some(Paint::Dim));
        }
        text
    }

    fn remove(&mut self, at: usize) {
        self.columns.remove(at);
        self.rows.iter_mut().for_each(|row| {
            row.remove(at);
        });
    }

    fn width(&self) -> usize {
        self.total(&self.widths())
    }

    fn total(&self, widths: &[usize]) -> usize {
        widths.iter().sum::<usize>() + self.gap * widths.len().saturating_sub(1)
    }

    fn widths(&self) -> Vec<usize> {
        let names = self.columns.iter().map(|column| width(&column.name));
        names.zip(self.widest_cells()).map(|(name, cell)| name.max(cell)).collect()
    }

    fn widest_cells(&self) -> Vec<usize> {
        let mut widest = vec![0; self.columns.len()];
        for row in &self.rows {
            widest.iter_mut().zip(row).for_each(|(widest, cell)| *widest = width(&cell.text).max(*widest));
        }
        widest
    }

    /// What the columns can be cut down to. Names that are told apart stay so.
    fn least_widths(&self) -> Vec<usize> {
        let names: HashSet<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        let longest = names.iter().map(|name| width(name)).max().unwrap_or_default();
        let cut = |at: usize| names.iter().map(|name| cut_end(name, at)).collect::<HashSet<_>>().len();
        let name_min = (NAME_MIN..longest).find(|at| cut(*at) == names.len()).unwrap_or(longest);
        let columns = self.columns.iter().zip(self.widest_cells());
        columns
            .map(|(column, cell)| {
                let name = width(&column.name).min(name_min);
                match column.holds {
                    Holds::Number | Holds::Time => cell.max(name),
                    Holds::Text | Holds::Path => cell.min(TEXT_MIN).max(name),
                }
            })
            .collect()
    }

    /// Cuts what is longest until the lines fit, or nothing more can be cut.
    fn shorten(&mut self, screen_width: usize) {
        let least = self.least_widths();
        let mut widths = self.widths();
        let mut surplus = self.total(&widths).saturating_sub(screen_width);
        while surplus > 0 {
            let longest =
                (0..widths.len()).filter(|at| widths[*at] > least[*at]).max_by_key(|at| widths[*at]);
            let Some(at) = longest else { break };
            widths[at] -= 1;
            surplus -= 1;
        }
        for (at, (column, width)) in self.columns.iter_mut().zip(widths).enumerate() {
            column.name = cut_end(&column.name, width);
            let cut = match column.holds {
                Holds::Path => cut_start,
                _ => cut_end,
            };
            for row in &mut self.rows {
                row[at].text = cut(&row[at].text, width);
            }
        }
    }
}

/// How what has no place is seen.
fn rest(screen: &Screen) -> String {
    screen.rest.map_or_else(String::new, |rest| format!(": {rest}"))
}
