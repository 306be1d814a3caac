//! Lines: SQL that tells what a line is. It mirrors the automaton of `windrow-scan`, and recognises repeated headers.

use windrow_scan::csv::{Dialect, RECORD_BYTES_MAX};

use crate::error::Result;
use crate::event::TimeRules;
use crate::job::Job;
use crate::reject::Reason;

use super::measures::Measures;
use super::records::RecordPlan;
use super::source::pattern;
use super::{Arguments, time};

/// What a line is, as a number in the queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine::spark) enum LineKind {
    /// A row that is an event.
    Event,
    /// Only white space.
    Blank,
    /// A comment.
    Comment,
    /// The header, or a repetition of it.
    Header,
    /// A row that is filtered, because `where` is not true for it.
    Filtered,
    /// A row that is a reject.
    Reject(Reason),
    /// A line that cannot be judged alone, or only by windrow: windrow reads it.
    Unsure,
}

/// The first number of the rejects.
const REJECTS: i32 = 10;
/// The number of unsure lines: a quoted field is not closed within the line, the line is longer than a record may be, or the time
/// is on the clock of a zone.
const UNSURE: i32 = 90;

impl LineKind {
    /// Its number in the queries.
    pub(in crate::engine::spark) fn number(self) -> i32 {
        match self {
            LineKind::Event => 0,
            LineKind::Blank => 1,
            LineKind::Comment => 2,
            LineKind::Header => 3,
            LineKind::Filtered => 4,
            LineKind::Reject(reason) => REJECTS + reason as i32,
            LineKind::Unsure => UNSURE,
        }
    }

    /// The kind with this number, if there is one.
    pub(in crate::engine::spark) fn of(number: i32) -> Option<Self> {
        let reject = |number: i32| Reason::ALL.get(usize::try_from(number - REJECTS).ok()?).copied();
        match number {
            0 => Some(LineKind::Event),
            1 => Some(LineKind::Blank),
            2 => Some(LineKind::Comment),
            3 => Some(LineKind::Header),
            4 => Some(LineKind::Filtered),
            UNSURE => Some(LineKind::Unsure),
            _ => reject(number).map(LineKind::Reject),
        }
    }
}

/// Whether windrow reads the line itself: it is a reject, or unsure.
pub(super) fn is_odd() -> String {
    format!("what >= {REJECTS}")
}

/// The tables after `lines` that end in `judged`: `at`, `block`, `id`, `v`, `bytes` (with the LF), `what`, and of an event `us`
/// (its time), `local` (whether it had no offset), its keys `k0`, `k1` and its measured texts `m0`, `m1`.
///
/// # Errors
/// Usage: an expression of the job is not one that Spark does alike.
pub(super) fn judged(job: &Job, arguments: &mut Arguments) -> Result<String> {
    let content = content(arguments);
    let quoted = quoted(arguments);
    let fault = quote_fault();
    let fields = fields(arguments);
    let shape = shape(job, arguments);
    let row = LineKind::Event.number();
    let field = |at: &str| format!("CASE WHEN shape = {row} THEN get(fields, {at}) END");
    let records = RecordPlan::of(job, arguments, "shaped", &field)?;
    let text = time_text(arguments, &records.time);
    let us = time::us(&job.source.time, arguments);
    let local = time::is_local(&job.source.time, arguments);
    let measures = Measures(&job.source.measured);
    let are_plain = measures.are_plain(arguments);
    let what = what(&job.source.time, &records.when_no_event(), &are_plain, arguments);
    let values = records.keys() + &records.fates();
    let measured = measures.texts(arguments, &records.measured);
    let names: String = (0..records.keys.len()).map(|at| format!(", k{at}")).collect();
    let names = names + &measures.names();
    let (made, last) = (records.tables, records.last);
    Ok(format!(
        "contents AS (SELECT *, octet_length(v) + 1 AS bytes, {content} AS c FROM lines),
parted AS (SELECT *, {quoted} AS q FROM contents),
faulty AS (SELECT *, {fault} AS fault, {fields} AS fields FROM parted),
shaped AS (SELECT *, {shape} AS shape FROM faulty),
{made}timed AS (SELECT *, {text} AS t{values}{measured} FROM {last}),
placed AS (SELECT *, {us} AS us, {local} AS local FROM timed),
judged AS (SELECT at, block, id, v, bytes, us, local, {what} AS what{names} FROM placed)"
    ))
}

/// The line without its line end. It may not be valid text, so it is cut as bytes.
pub(super) fn content(arguments: &mut Arguments) -> String {
    let cr = arguments.text("cr", "\r");
    format!(
        "CASE WHEN endswith(v, {cr}) \
         THEN CAST(substring(CAST(v AS BINARY), 1, octet_length(v) - 1) AS STRING) ELSE v END"
    )
}

/// The parts between the quotes of a line. The even ones (from 0) are outside of quotes.
fn quoted(arguments: &mut Arguments) -> String {
    let quote = arguments.text("quote", char::from(Dialect::default().quote()));
    let pattern = arguments.text("quote_pattern", pattern(Dialect::default().quote()));
    // A line that is too long is not split: it may be larger than the memory.
    format!(
        "CASE WHEN octet_length(c) <= {RECORD_BYTES_MAX} AND contains(c, {quote}) THEN split(c, {pattern}, -1) END"
    )
}

/// The first part outside of quotes that may not stand next to a quote: a quoted field must begin where a field begins and end
/// where one ends. An empty part between two quotes is a doubled quote.
fn quote_fault() -> String {
    "CASE WHEN q IS NOT NULL THEN get(filter(sequence(0, size(q) - 1, 2), i -> CASE \
     WHEN i = 0 THEN NOT (get(q, 0) = '' OR endswith(get(q, 0), delimiter)) \
     WHEN get(q, i) = '' THEN false \
     WHEN NOT startswith(get(q, i), delimiter) THEN true \
     WHEN i = size(q) - 1 THEN false \
     ELSE NOT endswith(get(q, i), delimiter) END), 0) END"
        .to_owned()
}

/// The values of the fields. In a line with quotes, the delimiters outside of them are first replaced by NUL, which records do not
/// contain.
fn fields(arguments: &mut Arguments) -> String {
    let nul = arguments.text("nul", "\0");
    format!(
        "CASE WHEN octet_length(c) > {RECORD_BYTES_MAX} THEN NULL WHEN q IS NULL THEN split(c, delimiter_pattern, -1) \
         ELSE split(array_join(transform(q, (part, i) -> CASE WHEN i % 2 = 1 THEN part \
         WHEN part = '' AND i > 0 AND i < size(q) - 1 THEN :quote \
         ELSE replace(part, delimiter, {nul}) END), ''), {nul}, -1) END"
    )
}

/// What a line is, apart from its time. The cases are in the order of `windrow_scan::csv::record::read`: first the kind of the line,
/// then its first fault: quotes, NUL, UTF-8, number of fields.
fn shape(job: &Job, arguments: &mut Arguments) -> String {
    let reject = |reason: Reason| LineKind::Reject(reason).number();
    let mut cases = vec![format!("WHEN octet_length(c) > {RECORD_BYTES_MAX} THEN {UNSURE}")];
    if let Some(comment) = job.source.csv.comment {
        let comment = arguments.text("comment", char::from(comment));
        cases.push(format!("WHEN startswith(c, {comment}) THEN {}", LineKind::Comment.number()));
    }
    let bom = arguments.text("bom", "\u{feff}");
    cases.extend([
        // Only a line that begins with a byte below `!` can be blank, which is a cheap check.
        format!("WHEN v < '!' AND trim(BOTH white FROM v) = '' THEN {}", LineKind::Blank.number()),
        format!(
            "WHEN c = header OR (startswith(c, {bom}) AND substring(c, 2) = header) THEN {}",
            LineKind::Header.number()
        ),
        format!(
            "WHEN fault > 0 AND NOT startswith(get(q, fault), delimiter) THEN {}",
            reject(Reason::TextAfterQuote)
        ),
        format!("WHEN fault IS NOT NULL THEN {}", reject(Reason::StrayQuote)),
        format!("WHEN size(q) % 2 = 0 THEN {UNSURE}"),
        format!("WHEN contains(c, :nul) THEN {}", reject(Reason::Nul)),
        format!("WHEN NOT is_valid_utf8(c) THEN {}", reject(Reason::InvalidUtf8)),
        format!("WHEN size(fields) < columns THEN {}", reject(Reason::TooFewFields)),
        format!("WHEN size(fields) > columns THEN {}", reject(Reason::TooManyFields)),
    ]);
    format!("CASE {} ELSE {} END", cases.join(" "), LineKind::Event.number())
}

/// The text of a row's time.
fn time_text(arguments: &mut Arguments, field: &str) -> String {
    let white = arguments.text("time_white", " \t\n\u{c}\r");
    let row = LineKind::Event.number();
    format!("CASE WHEN shape = {row} THEN trim(BOTH {white} FROM {field}) END")
}

/// What a line is.
fn what(rules: &TimeRules, when_no_event: &str, are_plain: &str, arguments: &mut Arguments) -> String {
    let row = LineKind::Event.number();
    let reject = |reason: Reason| LineKind::Reject(reason).number();
    let out_of_range = time::is_out_of_range(rules, arguments);
    let on_a_clock =
        if time::is_on_a_clock(rules) { format!("WHEN local THEN {UNSURE} ") } else { String::new() };
    // windrow decides whether another text is a number, and which one.
    let other_numbers = if are_plain.is_empty() {
        String::new()
    } else {
        format!("WHEN NOT (true{are_plain}) THEN {UNSURE} ")
    };
    format!(
        "CASE WHEN shape <> {row} THEN shape {when_no_event}WHEN {} THEN {} {on_a_clock}WHEN {out_of_range} THEN {} {other_numbers}ELSE {row} END",
        time::is_bad(rules),
        reject(Reason::BadTime),
        reject(Reason::OutOfRange)
    )
}
