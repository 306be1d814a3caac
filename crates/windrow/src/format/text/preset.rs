//! Presets: the lines of common servers and libraries, by name.

use windrow_scan::text::{NextLine, access, logfmt, next_line};

use crate::codec::ReadAt;
use crate::error::Result;
use crate::event::{COMMON_LOG, TimeFormat};
use crate::format::csv::BOM;

/// A layout of lines that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// The common log format of web servers.
    Common,
    /// The same with the referer and the user agent.
    Combined,
    /// `name=value` again and again.
    Logfmt,
}

/// A column of the common and the combined format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LogColumn {
    Host,
    Ident,
    User,
    Time,
    Request,
    Method,
    Path,
    Protocol,
    Status,
    Bytes,
    Referer,
    UserAgent,
    Rest,
}

impl LogColumn {
    const ALL: [(&str, LogColumn); 13] = [
        ("host", LogColumn::Host),
        ("ident", LogColumn::Ident),
        ("user", LogColumn::User),
        ("time", LogColumn::Time),
        ("request", LogColumn::Request),
        ("method", LogColumn::Method),
        ("path", LogColumn::Path),
        ("protocol", LogColumn::Protocol),
        ("status", LogColumn::Status),
        ("bytes", LogColumn::Bytes),
        ("referer", LogColumn::Referer),
        ("user_agent", LogColumn::UserAgent),
        ("rest", LogColumn::Rest),
    ];
    /// As many of them has the common format.
    const OF_COMMON: usize = 10;

    pub(super) fn named(name: &str) -> Option<LogColumn> {
        LogColumn::ALL.iter().find(|(known, _)| *known == name).map(|(_, column)| *column)
    }
}

impl Preset {
    /// Every preset and its name.
    pub const ALL: [(&str, Preset); 3] =
        [("common", Preset::Common), ("combined", Preset::Combined), ("logfmt", Preset::Logfmt)];

    /// Its name.
    pub fn name(self) -> &'static str {
        Preset::ALL.iter().find(|(_, preset)| *preset == self).map_or("", |(name, _)| name)
    }

    /// What it is, in words.
    pub fn said(self) -> &'static str {
        match self {
            Preset::Common => "common log",
            Preset::Combined => "combined log",
            Preset::Logfmt => "logfmt",
        }
    }

    /// Its columns; none: those that lines name.
    pub(super) fn columns(self) -> Option<Vec<&'static str>> {
        let columns = match self {
            Preset::Common => &LogColumn::ALL[..LogColumn::OF_COMMON],
            Preset::Combined => &LogColumn::ALL,
            Preset::Logfmt => return None,
        };
        Some(columns.iter().map(|(name, _)| *name).collect())
    }

    /// The formats that its times are in: the first one, unless a sample shows another. No text is a time in two of them.
    pub(crate) fn time_formats(self) -> Vec<TimeFormat> {
        match self {
            Preset::Logfmt => vec![TimeFormat::Iso],
            _ => vec![TimeFormat::Pattern(COMMON_LOG.to_owned()), TimeFormat::EpochS, TimeFormat::Iso],
        }
    }

    /// The pattern that says what its lines are; none: no pattern can.
    pub fn pattern(self) -> Option<String> {
        const PART: &str = r#"(?:[^"\\ ]|\\[^ ])+"#;
        const QUOTED: &str = r#"(?:[^"\\]|\\.)*"#;
        let common = format!(
            r#"^(?P<host>[^ ]+) (?P<ident>[^ ]+) (?P<user>-|-[^ \[][^\[]*|[^ \[-][^\[]*) \[(?P<time>[^\]]*)\] "(?P<request>(?P<method>{PART}) (?P<path>{PART})(?: (?P<protocol>{PART}))?|{QUOTED})" (?P<status>[0-9]{{3}}) (?P<bytes>[0-9]+|-)"#
        );
        match self {
            Preset::Common => Some(common + "$"),
            Preset::Combined => Some(format!(
                r#"{common} "(?P<referer>{QUOTED})" "(?P<user_agent>{QUOTED})"(?: (?P<rest>.*))?$"#
            )),
            Preset::Logfmt => None,
        }
    }

    /// Whether a line is one of this layout, beyond doubt: that of logfmt begins with a value, has two
    /// at least, plain names, and fewer names that stand alone.
    fn is_of(self, line: &[u8]) -> bool {
        match self {
            Preset::Common => access::read(line, false).is_some(),
            Preset::Combined => access::read(line, true).is_some(),
            Preset::Logfmt => is_logfmt(line),
        }
    }
}

fn is_logfmt(line: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-./@".contains(byte);
    let (mut at, mut values, mut pairs) = (0, 0_usize, 0_usize);
    loop {
        match logfmt::next_pair(line, at) {
            Ok(Some(pair)) if line[pair.name.clone()].iter().all(is_plain) => {
                let has_value = pair.value != logfmt::LogfmtValue::None;
                if pairs == 0 && !has_value {
                    return false;
                }
                values += usize::from(has_value);
                pairs += 1;
                at = pair.end;
            }
            Ok(None) => return values >= 2 && values * 2 > pairs,
            _ => return false,
        }
    }
}

/// Bytes of a file, and lines in them, that tell its layout.
const BYTES: usize = 64 << 10;
const LINES: usize = 16;

/// The preset that most of the first lines of a file are of, if there is one.
///
/// # Errors
/// It cannot be read.
pub(crate) fn seen_in(read_at: ReadAt<'_>) -> Result<Option<Preset>> {
    let mut head = vec![0; BYTES];
    let read = read_at(&mut head, 0)?;
    head.truncate(read);
    Ok(of_head(&head, read < BYTES))
}

/// The preset of a file that begins with `head`; with `is_all` nothing follows.
pub(crate) fn of_head(head: &[u8], is_all: bool) -> Option<Preset> {
    let mut rest = head.strip_prefix(BOM).unwrap_or(head);
    let (mut lines, mut found) = (0, [0; Preset::ALL.len()]);
    while lines < LINES
        && let NextLine::Line { content, whole: Some(whole) } = next_line(rest, is_all)
    {
        let line = &rest[..content];
        rest = &rest[whole..];
        if line.trim_ascii().is_empty() {
            continue;
        }
        lines += 1;
        for ((_, preset), found) in Preset::ALL.iter().zip(&mut found) {
            *found += usize::from(preset.is_of(line));
        }
    }
    let seen = Preset::ALL.iter().zip(found).find(|(_, found)| *found * 2 > lines);
    seen.map(|((_, preset), _)| *preset)
}
