//! The reader: from a line to the texts of the columns that are wanted.

use std::borrow::Cow;

use regex::bytes::{CaptureLocations, Regex};
use windrow_scan::text::access::{self, Access};
use windrow_scan::text::{Place, logfmt};

use super::layout::Layout;
use super::pattern::Pattern;
use super::preset::{Column, Preset};
use crate::reject::Reason;

/// Why a line has no values, and which wanted column that is about.
pub(super) type Wrong = (Reason, Option<usize>);

/// Takes lines apart.
pub(super) enum Reader {
    Access { combined: bool, wanted: Vec<Option<Column>>, access: Access },
    Logfmt { wanted: Vec<String>, values: Vec<Option<logfmt::Value>> },
    Regex { regex: Regex, wanted: Vec<Option<usize>>, places: CaptureLocations },
}

impl Reader {
    pub(super) fn new(layout: &Layout) -> Self {
        let Layout { pattern, names, .. } = layout;
        match pattern {
            Pattern::Preset(Preset::Logfmt) => Reader::Logfmt { wanted: names.clone(), values: Vec::new() },
            Pattern::Preset(preset) => {
                // Names were checked when the layout was read: those that are not there are in the path.
                let wanted = names.iter().map(|name| Column::named(name)).collect();
                let combined = *preset == Preset::Combined;
                Reader::Access { combined, wanted, access: Access::default() }
            }
            Pattern::Regex(regex) => {
                // Each thread has a regular expression of its own: they share nothing that they would wait for.
                let regex = regex.clone();
                let number =
                    |name: &String| regex.capture_names().position(|known| known == Some(name.as_str()));
                let wanted = names.iter().map(number).collect();
                let places = regex.capture_locations();
                Reader::Regex { regex, wanted, places }
            }
        }
    }

    /// Takes `line` apart.
    #[inline(always)]
    pub(super) fn read(&mut self, line: &[u8]) -> Result<(), Wrong> {
        match self {
            Reader::Access { combined, access, .. } => {
                *access = access::read(line, *combined).ok_or((Reason::NoMatch, None))?;
                Ok(())
            }
            Reader::Logfmt { wanted, values } => logfmt::read(line, wanted, values).map_err(wrong),
            Reader::Regex { regex, places, .. } => match regex.captures_read(places, line) {
                Some(_) => Ok(()),
                None => Err((Reason::NoMatch, None)),
            },
        }
    }

    /// Where the text of wanted column `number` stands in the line that was read; an empty place where there is none. None where
    /// the text is not what stands there: see [`Reader::text`].
    #[inline(always)]
    pub(super) fn place(&self, line: &[u8], number: usize) -> Option<Place> {
        match self {
            Reader::Access { wanted, access, .. } => {
                Some(wanted[number].map_or(0..0, |column| place_of(line, access, column)))
            }
            Reader::Logfmt { values, .. } => match &values[number] {
                None | Some(logfmt::Value::None) => Some(0..0),
                Some(logfmt::Value::Plain(place)) => Some(place.clone()),
                Some(logfmt::Value::Escaped(_)) => None,
            },
            Reader::Regex { wanted, places, .. } => {
                let place = wanted[number].and_then(|group| places.get(group));
                Some(place.map_or(0..0, |(start, end)| start..end))
            }
        }
    }

    /// The text of wanted column `number` of the line that was read.
    pub(super) fn text<'l>(&self, line: &'l [u8], number: usize) -> Result<Cow<'l, [u8]>, Wrong> {
        if let Some(place) = self.place(line, number) {
            return Ok(Cow::Borrowed(&line[place]));
        }
        let Reader::Logfmt { values, .. } = self else { return Ok(Cow::Borrowed(&[])) };
        let value = values[number].as_ref().unwrap_or(&logfmt::Value::None);
        let text = logfmt::text_of(line, value).ok_or((Reason::BadEscape, Some(number)))?;
        if text.contains(&0) { Err((Reason::Nul, Some(number))) } else { Ok(text) }
    }

    /// The text of wanted column `number` as a value: `-` is none in the line of a web server.
    pub(super) fn measured_text<'l>(&self, line: &'l [u8], number: usize) -> Result<Cow<'l, [u8]>, Wrong> {
        match self.text(line, number)? {
            text if *text == *b"-" && matches!(self, Reader::Access { .. }) => Ok(Cow::Borrowed(&[])),
            text => Ok(text),
        }
    }
}

/// Where a column of a web server's line stands; an empty place where there is none.
#[inline(always)]
fn place_of(line: &[u8], access: &Access, column: Column) -> Place {
    match column {
        Column::Host => access.host.clone(),
        Column::Ident => access.ident.clone(),
        Column::User => access.user.clone(),
        Column::Time => access.time.clone(),
        Column::Request => access.request.clone(),
        Column::Status => access.status.clone(),
        Column::Bytes => access.bytes.clone(),
        Column::Referer => access.referer.clone(),
        Column::UserAgent => access.user_agent.clone(),
        Column::Rest => access.rest.clone().unwrap_or_default(),
        Column::Method | Column::Path | Column::Protocol => match access::parts_of(line, &access.request) {
            Some((method, ..)) if column == Column::Method => method,
            Some((_, path, _)) if column == Column::Path => path,
            Some((.., protocol)) => protocol.unwrap_or_default(),
            None => 0..0,
        },
    }
}

fn wrong(fault: logfmt::Fault) -> Wrong {
    match fault {
        logfmt::Fault::NotPairs => (Reason::NoMatch, None),
        logfmt::Fault::UnclosedQuote => (Reason::UnclosedQuote, None),
        logfmt::Fault::TextAfterQuote => (Reason::TextAfterQuote, None),
        logfmt::Fault::DuplicateName(number) => (Reason::DuplicateName, Some(number)),
    }
}
