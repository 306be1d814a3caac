//! Plain lines: a fast SQL test that recognises events and headers, for files whose first lines show that most lines are events. windrow reads
//! the lines that fail the test. The test may miss events, but must never accept a line that is not one.
//!
//! A line is plain if it has no quote, or if every field is quoted and contains no quote; if it has as many fields as the
//! header, no NUL, and is UTF-8; and if its time has the layout that the first lines show.

use crate::error::Result;
use crate::event::{TimeFormat, TimeRules};
use crate::job::Job;

use super::line::{LineKind, content};
use super::measures::Measures;
use super::records::RecordPlan;
use super::source::{QueriedFile, pattern};
use super::{Arguments, time};

use windrow_scan::csv::{Dialect, RECORD_BYTES_MAX};

/// 1000-01-01, the first year that needs four digits. Spark also reads years of five digits.
pub(super) const YEAR_1000_US: i64 = -30_610_224_000_000_000;

/// Whether the time `t` begins with a digit. Spark leaves out white space and control characters around a time, DEL among them.
pub(super) const BEGINS_WITH_DIGIT: &str = "t >= '1' AND t < ':'";

/// Up to this many bytes, searching a line is faster than splitting it: see [`is_judged`].
const SHORT_BYTES: usize = 256;

/// The tables after `lines` that end in `judged`, as those of [`line::judged`](super::line::judged), where lines are events,
/// headers or unsure.
///
/// # Errors
/// As there.
pub(super) fn judged(job: &Job, arguments: &mut Arguments, files: &[QueriedFile]) -> Result<String> {
    let rules = &job.source.time;
    let is_time_first = rules.format == TimeFormat::Iso
        && job.source.records.rules.is_none()
        && files
            .iter()
            .map(|file| &file.layout)
            .all(|layout| layout.time == 0 && layout.columns > 1 && !is_in_times(layout.delimiter));
    let fields = if is_time_first { LineFields::AfterTime } else { LineFields::All };
    let content = content(arguments);
    arguments.text("quote", char::from(Dialect::default().quote()));
    arguments.text("nul", "\0");
    let is_judged = is_judged(job, arguments, fields);
    let separated = separated(job, arguments, files);
    let (us, local) = us(rules, arguments);
    let from = arguments.number("plain_from", rules.earliest_us.max(YEAR_1000_US));
    let to = arguments.number("plain_to", rules.latest_us);
    let (event, unsure) = (LineKind::Event.number(), LineKind::Unsure.number());
    let records = RecordPlan::of(job, arguments, "halved", &|at| fields.field(at))?;
    let values = records.keys() + &records.fates();
    let measures = Measures(&job.source.measured);
    let (are_plain, measured) = (measures.are_plain(arguments), measures.texts(arguments, &records.measured));
    let names: String = (0..records.keys.len()).map(|at| format!(", k{at}")).collect();
    let names = names + &measures.names();
    // The time of a row that does not count is read too, because a repeated header has none.
    let other = format!("CASE WHEN c = header THEN {} ELSE {unsure} END", LineKind::Header.number());
    let no_event = match records.when_no_event() {
        no_event if no_event.is_empty() => no_event,
        no_event => format!("WHEN us IS NULL THEN {other} {no_event}"),
    };
    let (made, last, time) = (records.tables, records.last, records.time);
    let tail = from_byte("t", "time_mark_at");
    let (parted, is_whole) = (fields.parted(&is_judged), fields.is_whole());
    Ok(format!(
        "contents AS (SELECT *, octet_length(v) + 1 AS bytes, {content} AS c FROM lines),
{separated},
{parted},
{made}timed AS (SELECT *, {is_whole} AS is_whole, {time} AS t{values}{measured} FROM {last}),
tailed AS (SELECT *, CASE WHEN is_whole AND octet_length(t) = time_bytes AND {BEGINS_WITH_DIGIT} THEN {tail} END AS tail
    FROM timed),
placed AS (SELECT *, {us} AS us, {local} AS local FROM tailed),
judged AS (SELECT at, block, id, v, bytes, us, local, CASE {no_event}WHEN us >= {from} AND us <= {to}{are_plain} THEN {event} ELSE {other} END AS what{names}
    FROM placed)"
    ))
}

/// The tables after `contents`. The last one, `separated`, has `is_quoted` (whether all fields are), `bare` (see [`bare`]) and `d` (what
/// stands between two fields of `bare`).
///
/// Executors compile the code of a query anew for every session, so a query about files without quotes in their first lines contains
/// no code for quoted lines; if one occurs, it is unsure.
fn separated(job: &Job, arguments: &mut Arguments, files: &[QueriedFile]) -> String {
    if !files.iter().any(|file| file.has_quotes) {
        return "separated AS (SELECT *, false AS is_quoted, c AS bare, delimiter AS d FROM contents)"
            .to_owned();
    }
    let bare = bare(job, arguments);
    format!(
        "quoted AS (SELECT *, startswith(c, :quote) AS is_quoted FROM contents),
opened AS (SELECT *, CASE WHEN is_quoted AND octet_length(v) <= {SHORT_BYTES} THEN replace(c, {BETWEEN}, :nul) END AS opened FROM quoted),
bared AS (SELECT *, {bare} AS bare FROM opened),
separated AS (SELECT *, CASE WHEN NOT is_quoted THEN delimiter WHEN octet_length(v) <= {SHORT_BYTES} THEN :nul ELSE {BETWEEN} END AS d
    FROM bared)"
    )
}

/// What stands between two quoted fields.
const BETWEEN: &str = "concat(:quote, delimiter, :quote)";

/// The line with its fields separated by a delimiter; if the fields are quoted, without the quotes at both ends of the line.
///
/// In a short line of quoted fields, a NUL replaces [`BETWEEN`]. If [`BETWEEN`] occurs n - 1 times, and otherwise only the first and the last byte
/// are quotes, the line has n quoted fields without a quote in them; [`is_judged`] checks the latter. To find a text, Spark needs several
/// nanoseconds per byte. So a long line is not searched: a pattern checks all of it, and it is
/// split only up to the last wanted column. The pattern does not return bytes unchanged that are not UTF-8.
///
/// [`BETWEEN`] also occurs around a field that is itself a delimiter (`"a",",","b"`), so up to the
/// last wanted column the pattern accepts no such field.
fn bare(job: &Job, arguments: &mut Arguments) -> String {
    let quote = pattern(Dialect::default().quote());
    // A greedy class ends at a quote, like a possessive one, and is twice as fast in Java.
    let field = format!("[^{quote}\\x00]*{quote}");
    let mut text = |name: &str, value: String| arguments.text(name, value);
    let head = text("quoted_head", format!("\\A{quote}"));
    let tail = text("quoted_tail", format!("{field}\\z"));
    let next = text("quoted_next", field);
    let quote = text("quote_pattern", quote);
    let next = format!("{next}, delimiter_pattern, {quote}");
    let wanted = format!("concat('(?!', delimiter_pattern, {quote}, ')', {next})");
    let places = |name: &'static str, count: usize| (0..count).map(move |at| format!(", {name}{at}"));
    let columns: String = match &job.source.records.rules {
        Some(rules) => places("file_at", rules.file.len()).collect(),
        None => {
            let keys = places("key_at", job.source.keys.len());
            keys.chain(places("measure_at", job.source.measured.len())).collect()
        }
    };
    // How many fields are split off from the left; the last one is split off from the right.
    let n = format!("least(greatest(time_at, 0{columns}) + 1, columns - 1)");
    let wanted = times(&wanted, &n);
    let others = times(&format!("concat({next})"), &format!("(columns - 1 - {n})"));
    let whole = format!("concat({head}, {wanted}, {others}, {tail})");
    let inner = |of: &str| bytes(of, "2", &format!("octet_length({of}) - 2"));
    format!(
        "CASE WHEN NOT is_quoted THEN c
    WHEN octet_length(c) - octet_length(opened) = 2 * (columns - 1) AND octet_length(opened) > 1 AND startswith(opened, :quote)
    AND endswith(opened, :quote) THEN {}
    WHEN octet_length(v) > {SHORT_BYTES} AND octet_length(v) <= {RECORD_BYTES_MAX} AND regexp_extract(c, {whole}, 0) = c THEN {} END",
        inner("opened"),
        inner("c")
    )
}

/// The `count` bytes of the text `of` from byte `at` on, from 1. Spark cuts a text character by character, and bytes at once.
pub(super) fn bytes(of: &str, at: &str, count: &str) -> String {
    format!("CAST(substring(CAST({of} AS BINARY), {at}, {count}) AS STRING)")
}

/// The text `of` from byte `at` on, from 1.
pub(super) fn from_byte(of: &str, at: &str) -> String {
    format!("CAST(substring(CAST({of} AS BINARY), {at}) AS STRING)")
}

/// A pattern that matches the pattern `of` `count` times; both are SQL expressions. Each iteration matches several,
/// because in Java an iteration costs as much as a short field.
fn times(of: &str, count: &str) -> String {
    const IN_A_TURN: usize = 4;
    format!(
        "'(?:', repeat({of}, {IN_A_TURN}), '){{', {count} div {IN_A_TURN}, '}}+', repeat({of}, {count} % {IN_A_TURN})"
    )
}

/// Whether a time in ISO 8601 can have this byte. A line with such a delimiter may have one in what looks like its time.
fn is_in_times(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+-:. ".contains(&byte)
}

/// How the fields of a line are found. Spark takes several nanoseconds for each byte of a text in which it seeks a delimiter, so as little
/// text as possible is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LineFields {
    /// In all of the line.
    All,
    /// Behind the time, which is the first field and has `time_bytes` bytes. The test of the time itself rules out quotes, NUL, delimiters
    /// and bytes that are not UTF-8 there, so only the text after it is searched for them.
    AfterTime,
}

impl LineFields {
    /// The tables after `separated`. The last one, `halved`, has `p` (the line of which fields are taken), `first` and `last` (those fields), and
    /// `rest`, where the other fields are. They are null where the line is not plain, which `is_judged` says.
    fn parted(self, is_judged: &str) -> String {
        match self {
            LineFields::All => format!(
                "cut AS (SELECT *, CASE WHEN {is_judged} THEN bare END AS p FROM separated),
halved AS (SELECT *, p AS rest, substring_index(p, d, 1) AS first, substring_index(p, d, -1) AS last FROM cut)"
            ),
            LineFields::AfterTime => format!(
                "behind AS (SELECT *, CASE WHEN substring(CAST(bare AS BINARY), time_bytes + 1, octet_length(d)) = CAST(d AS BINARY)
    THEN {} END AS behind FROM separated),
cut AS (SELECT *, CASE WHEN {is_judged} THEN bare END AS p FROM behind),
timed_first AS (SELECT *, CASE WHEN p IS NOT NULL THEN behind END AS rest, {} AS first FROM cut),
halved AS (SELECT *, CASE WHEN columns = 2 THEN rest ELSE substring_index(rest, d, -1) END AS last FROM timed_first)",
                from_byte("bare", "time_bytes + octet_length(d) + 1"),
                bytes("p", "1", "time_bytes"),
            ),
        }
    }

    /// The text that is searched for what a plain line does not have.
    fn searched(self) -> &'static str {
        match self {
            LineFields::All => "bare",
            LineFields::AfterTime => "behind",
        }
    }

    /// Whether a line has as many fields as the header.
    fn is_whole(self) -> &'static str {
        match self {
            LineFields::All => {
                "CASE WHEN is_quoted THEN p IS NOT NULL \
                 WHEN columns = 2 THEN octet_length(first) + 1 + octet_length(last) = octet_length(p) \
                 ELSE octet_length(p) - octet_length(replace(p, d, '')) = columns - 1 END"
            }
            LineFields::AfterTime => {
                "CASE WHEN is_quoted THEN p IS NOT NULL WHEN columns = 2 THEN NOT contains(rest, d) \
                 ELSE octet_length(rest) - octet_length(replace(rest, d, '')) = columns - 2 END"
            }
        }
    }

    /// The field with the number `at`, an expression. The first and the last one are already known.
    fn field(self, at: &str) -> String {
        let count = match self {
            LineFields::AfterTime if at == "time_at" => return "first".to_owned(),
            LineFields::AfterTime => at.to_owned(),
            LineFields::All => format!("{at} + 1"),
        };
        format!(
            "CASE WHEN {at} = 0 THEN first WHEN {at} + 1 = columns THEN last \
             ELSE substring_index(substring_index(rest, d, {count}), d, -1) END"
        )
    }
}

/// Whether a line is a record that may be plain: not a comment, not too long, UTF-8, and without a NUL or another quote.
///
/// Spark searches texts byte by byte. It splits them at a single character at the speed of memory, but with a slower start. A split changes bytes
/// that are not UTF-8.
fn is_judged(job: &Job, arguments: &mut Arguments, fields: LineFields) -> String {
    let comment = match job.source.csv.comment {
        Some(comment) => {
            format!("NOT startswith(c, {}) AND ", arguments.text("comment", char::from(comment)))
        }
        None => String::new(),
    };
    let searched = fields.searched();
    // In a short line of quoted fields, `bare` has NULs between them.
    format!(
        "{comment}CASE WHEN octet_length(v) <= {SHORT_BYTES}
    THEN NOT contains({searched}, :quote) AND NOT contains(CASE WHEN is_quoted THEN c ELSE {searched} END, :nul) AND is_valid_utf8({searched})
    WHEN octet_length(v) <= {RECORD_BYTES_MAX}
    THEN is_quoted OR (size(split({searched}, :quote, 2)) = 1 AND {searched} = get(split({searched}, :nul, 2), 0)) END"
    )
}

/// The microseconds of the text `t`, null if it does not have the layout of the file's first times, and whether it has no offset.
pub(super) fn us(rules: &TimeRules, arguments: &mut Arguments) -> (String, String) {
    if rules.format != TimeFormat::Iso {
        return (
            format!("CASE WHEN is_whole THEN {} END", time::us(rules, arguments)),
            time::is_local(rules, arguments),
        );
    }
    // The cast accepts more than the grammar: fewer digits, longer years, zones by name. A fixed number of bytes, the separator
    // in its place, a digit at the end and a year from 1000 to 9999 rule all of that out. `tail` is the time from that separator on,
    // if the other conditions hold. What is put behind the last digit adds nothing to a time, and makes any zone before it wrong: no
    // zone ends in seven digits or has a point. Spark takes long to look up a zone, so the Z is left out.
    let last_digit = "substring(tail, time_digit_at - time_mark_at + 1, 1)";
    let in_layout = format!("startswith(tail, time_mark) AND {last_digit} >= '0' AND {last_digit} < ':'");
    let local = "time_is_local = 1";
    // On the clock of a zone only windrow reads times.
    let is_known = if time::is_on_a_clock(rules) { "time_is_local = 0 AND" } else { "" };
    let digits = bytes("t", "1", "time_digit_at");
    let us = format!(
        "CASE WHEN {is_known} {in_layout} AND ({local} OR endswith(t, 'Z')) THEN unix_micros(try_cast(\
        concat({digits}, CASE WHEN time_mark = '.' THEN '000000' ELSE '.0' END) AS TIMESTAMP)) END"
    );
    (us, local.to_owned())
}
