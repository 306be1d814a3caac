//! The reader: from a line to the texts of the columns that are wanted.

use std::borrow::Cow;

use regex::bytes::{CaptureLocations, Regex};
use windrow_scan::text::access::{self, Access};
use windrow_scan::text::{FieldPlace, logfmt};

use super::layout::TextLayout;
use super::pattern::TextPattern;
use super::preset::{LogColumn, Preset};
use crate::reject::Reason;

/// Why a line has no values, and which wanted column that is about.
pub(super) type LineFault = (Reason, Option<usize>);

/// Takes lines apart.
pub(super) enum LineReader {
    Access { combined: bool, wanted: Vec<Option<LogColumn>>, access: Access },
    Logfmt { wanted: Vec<String>, values: Vec<Option<logfmt::LogfmtValue>> },
    Regex { regex: Regex, wanted: Vec<Option<usize>>, places: CaptureLocations },
}

impl LineReader {
    pub(super) fn new(layout: &TextLayout) -> Self {
        let TextLayout { pattern, names, .. } = layout;
        match pattern {
            TextPattern::Preset(Preset::Logfmt) => {
                LineReader::Logfmt { wanted: names.clone(), values: Vec::new() }
            }
            TextPattern::Preset(preset) => {
                // Names were checked when the layout was read: those that are not there are in the path.
                let wanted = names.iter().map(|name| LogColumn::named(name)).collect();
                let combined = *preset == Preset::Combined;
                LineReader::Access { combined, wanted, access: Access::default() }
            }
            TextPattern::Regex(regex) => {
                // Each thread has a regular expression of its own: they share nothing that they would wait for.
                let regex = regex.clone();
                let number =
                    |name: &String| regex.capture_names().position(|known| known == Some(name.as_str()));
                let wanted = names.iter().map(number).collect();
                let places = regex.capture_locations();
                LineReader::Regex { regex, wanted, places }
            }
        }
    }

    /// Takes `line` apart.
    #[inline(always)]
    pub(super) fn read(&mut self, line: &[u8]) -> Result<(), LineFault> {
        match self {
            LineReader::Access { combined, access, .. } => {
                *access = access::read(line, *combined).ok_or((Reason::NoMatch, None))?;
                Ok(())
            }
            LineReader::Logfmt { wanted, values } => logfmt::read(line, wanted, values).map_err(wrong),
            LineReader::Regex { regex, places, .. } => match regex.captures_read(places, line) {
                Some(_) => Ok(()),
                None => Err((Reason::NoMatch, None)),
            },
        }
    }

    /// Where the text of wanted column `number` stands in the line that was read; an empty place where there is none. None where
    /// the text is not what stands there: see [`LineReader::text`].
    #[inline(always)]
    pub(super) fn place(&self, line: &[u8], number: usize) -> Option<FieldPlace> {
        match self {
            LineReader::Access { wanted, access, .. } => {
                Some(wanted[number].map_or(0..0, |column| place_of(line, access, column)))
            }
            LineReader::Logfmt { values, .. } => match &values[number] {
                None | Some(logfmt::LogfmtValue::None) => Some(0..0),
                Some(logfmt::LogfmtValue::Plain(place)) => Some(place.clone()),
                Some(logfmt::LogfmtValue::Escaped(_)) => None,
            },
            LineReader::Regex { wanted, places, .. } => {
                let place = wanted[number].and_then(|group| places.get(group));
                Some(place.map_or(0..0, |(start, end)| start..end))
            }
        }
    }

    /// The text of wanted column `number` of the line that was read.
    pub(super) fn text<'l>(&self, line: &'l [u8], number: usize) -> Result<Cow<'l, [u8]>, LineFault> {
        if let Some(place) = self.place(line, number) {
            return Ok(Cow::Borrowed(&line[place]));
        }
        let LineReader::Logfmt { values, .. } = self else { return Ok(Cow::Borrowed(&[])) };
        let value = values[number].as_ref().unwrap_or(&logfmt::LogfmtValue::None);
        let text = logfmt::text_of(line, value).ok_or((Reason::BadEscape, Some(number)))?;
        if text.contains(&0) { Err((Reason::Nul, Some(number))) } else { Ok(text) }
    }

    /// The text of wanted column `number` as a value: `-` is none in the line of a web server.
    pub(super) fn measured_text<'l>(
        &self,
        line: &'l [u8],
        number: usize,
    ) -> Result<Cow<'l, [u8]>, LineFault> {
        match self.text(line, number)? {
            text if *text == *b"-" && matches!(self, LineReader::Access { .. }) => Ok(Cow::Borrowed(&[])),
            text => Ok(text),
        }
    }
}

/// Where a column of a web server's line stands; an empty place where there is none.
#[inline(always)]
fn place_of(line: &[u8], access: &Access, column: LogColumn) -> FieldPlace {
    match column {
        LogColumn::Host => access.host.clone(),
        LogColumn::Ident => access.ident.clone(),
        LogColumn::User => access.user.clone(),
        LogColumn::Time => access.time.clone(),
        LogColumn::Request => access.request.clone(),
        LogColumn::Status => access.status.clone(),
        LogColumn::Bytes => access.bytes.clone(),
        LogColumn::Referer => access.referer.clone(),
        LogColumn::UserAgent => access.user_agent.clone(),
        LogColumn::Rest => access.rest.clone().unwrap_or_default(),
        LogColumn::Method | LogColumn::Path | LogColumn::Protocol => {
            match access::parts_of(line, &access.request) {
                Some((method, ..)) if column == LogColumn::Method => method,
                Some((_, path, _)) if column == LogColumn::Path => path,
                Some((.., protocol)) => protocol.unwrap_or_default(),
                None => 0..0,
            }
        }
    }
}

fn wrong(fault: logfmt::LogfmtFault) -> LineFault {
    match fault {
        logfmt::LogfmtFault::NotPairs => (Reason::NoMatch, None),
        logfmt::LogfmtFault::UnclosedQuote => (Reason::UnclosedQuote, None),
        logfmt::LogfmtFault::TextAfterQuote => (Reason::TextAfterQuote, None),
        logfmt::LogfmtFault::DuplicateName(number) => (Reason::DuplicateName, Some(number)),
    }
}
