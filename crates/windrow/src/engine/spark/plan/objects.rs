//! Lines of JSON: a line that matches a [gate](Gate) is an object, and what the gate gives are its values. windrow reads the others.

use windrow_scan::RECORD_BYTES_MAX;

use crate::engine::spark::template::LineTemplates;
use crate::error::{Error, Result};
use crate::event::{TimeFormat, TimeRules};
use crate::job::Job;

use super::gate::{AFTER_MARK, Gate, MARK};
use super::line::LineKind;
use super::measures::Measures;
use super::plain::{self, BEGINS_WITH_DIGIT, YEAR_1000_US, bytes, from_byte};
use super::records::RecordPlan;
use super::source::QueriedFile;
use super::{Arguments, time};

/// The tables after `lines` that end in `judged`, as those of [`line::judged`](super::line::judged). The lines of these
/// files are events, filtered, blank or unsure. With `has_clock` the first times of the files show how times are written.
///
/// # Errors
/// An internal error if these files have no gate.
pub(super) fn judged(
    job: &Job,
    arguments: &mut Arguments,
    files: &[QueriedFile],
    has_clock: bool,
) -> Result<String> {
    let first = files.first().ok_or_else(|| Error::bug("Spark is asked about no file"))?;
    let paths = &first.layout.paths;
    let mark = arguments.text("gate_mark", MARK);
    let after_mark = arguments.text("after_mark", AFTER_MARK);
    let found = found(arguments, files, paths, &after_mark)?;
    let (count, has_width) = (paths.len(), has_width(job, has_clock));
    let values = MarkedValues { mark: &mark, after_mark: &after_mark, count, has_width };
    let parted = values.parted();
    let white = arguments.text("white_of_json", " \t\r");
    let number = |name: Option<&String>| name.and_then(|name| paths.iter().position(|path| path == name));
    let field = |name: &str| {
        let (of, at) = name.split_once("_at").unwrap_or((name, ""));
        let at = at.parse().unwrap_or(0);
        let number = match of {
            "key" => number(job.source.keys.get(at)),
            "measure" => number(job.source.measured.get(at).map(|column| &column.name)),
            _ => Some(at),
        };
        values.field(number.unwrap_or_default())
    };
    let records = RecordPlan::of(job, arguments, "parted", &field)?;
    let values = records.keys() + &records.fates();
    let measures = Measures(&job.source.measured);
    let (are_plain, measured) = (measures.are_plain(arguments), measures.texts(arguments, &records.measured));
    let names: String = (0..records.keys.len()).map(|at| format!(", k{at}")).collect();
    let names = names + &measures.names();
    let times = ObjectTime::of(&job.source.time, arguments, has_clock);
    let (event, blank, unsure) =
        (LineKind::Event.number(), LineKind::Blank.number(), LineKind::Unsure.number());
    let no_event = match records.when_no_event() {
        no_event if no_event.is_empty() => no_event,
        no_event => format!("WHEN us IS NULL THEN {unsure} {no_event}"),
    };
    let (text, us, local, counts) = (times.text(&records.time), times.us, times.local, times.counts);
    let (made, last, tail) = (records.tables, records.last, from_byte("t", "time_mark_at"));
    // A gate gives texts that begin with the mark. A line that is not matched stays as it is, and may begin with the mark itself. In
    // Spark a comparison takes less time than `startswith`.
    Ok(format!(
        "{found},
matched AS (SELECT *, CASE WHEN found < {after_mark} AND v >= {after_mark} THEN found END AS p FROM contents),
parted AS (SELECT *{parted} FROM matched),
{made}timed AS (SELECT *, p IS NOT NULL AS is_whole, {text} AS t{values}{measured} FROM {last}),
tailed AS (SELECT *, CASE WHEN octet_length(t) = time_bytes AND {BEGINS_WITH_DIGIT} THEN {tail} END AS tail FROM timed),
placed AS (SELECT *, {us} AS us, {local} AS local FROM tailed),
judged AS (SELECT at, block, id, v, bytes, us, local,
    CASE WHEN v < '!' AND octet_length(v) <= {RECORD_BYTES_MAX} AND trim(BOTH {white} FROM v) = '' THEN {blank}
    {no_event}WHEN {counts}{are_plain} THEN {event} ELSE {unsure} END AS what{names} FROM placed)"
    ))
}

/// Whether the time is the first value, and the first lines show how many bytes it has. Rules for records may want it for more than the time.
fn has_width(job: &Job, has_clock: bool) -> bool {
    has_clock && job.source.time.format == TimeFormat::Iso && job.source.records.rules.is_none()
}

/// The values in the text `p`, each behind the mark. Spark takes several nanoseconds for each byte of a text in which it seeks a mark, so it
/// seeks as few as it can.
struct MarkedValues<'a> {
    mark: &'a str,
    after_mark: &'a str,
    /// How many there are.
    count: usize,
    /// Whether the first one has `time_bytes` bytes. If it has not, the line is not an event, whatever its other values are.
    has_width: bool,
}

impl MarkedValues<'_> {
    /// The column `rest`: the text from behind the first value on, if that has a width.
    fn parted(&self) -> String {
        match self.has_width && self.count > 1 {
            true => format!(", {} AS rest", from_byte("p", "time_bytes + 2")),
            false => String::new(),
        }
    }

    /// The value with this number.
    fn field(&self, number: usize) -> String {
        let (mark, after_mark) = (self.mark, self.after_mark);
        let within = |text: &str, number: usize, count: usize| match number + 1 == count {
            true if count == 1 => from_byte(text, "2"),
            true => format!("substring_index({text}, {mark}, -1)"),
            false => format!("substring_index(substring_index({text}, {mark}, {}), {mark}, -1)", number + 2),
        };
        match number.checked_sub(1) {
            _ if !self.has_width || self.count == 1 => within("p", number, self.count),
            None => format!(
                "CASE WHEN rest >= {mark} AND rest < {after_mark} THEN {} END",
                bytes("p", "2", "time_bytes")
            ),
            Some(number) => within("rest", number, self.count - 1),
        }
    }
}

/// The SQL for the tables that end in `contents`, which has the text `found` that a gate makes of a line.
fn found(
    arguments: &mut Arguments,
    files: &[QueriedFile],
    paths: &[String],
    after_mark: &str,
) -> Result<String> {
    let mut replaced = |name: &str, gate: Gate| {
        let (pattern, found) =
            (arguments.text(name, gate.pattern), arguments.text(&format!("{name}_found"), gate.found));
        format!("regexp_replace(v, {pattern}, {found})")
    };
    let all = replaced("gate", Gate::new(paths).map_err(Error::bug)?);
    let mut templates = LineTemplates::default();
    files.iter().for_each(|file| templates.add_all(&file.templates));
    let usual = Gate::usual(paths, &templates).map(|gate| replaced("usual", gate));
    let if_short = |found: &str| format!("CASE WHEN octet_length(v) <= {RECORD_BYTES_MAX} THEN {found} END");
    Ok(match usual {
        None => format!("contents AS (SELECT *, octet_length(v) + 1 AS bytes, {} AS found FROM lines)", if_short(&all)),
        Some(usual) => format!(
            "tried AS (SELECT *, octet_length(v) + 1 AS bytes, {} AS tried FROM lines),
contents AS (SELECT *, CASE WHEN tried IS NULL OR tried < {after_mark} THEN tried ELSE {all} END AS found FROM tried)",
            if_short(&usual)
        ),
    })
}

/// The SQL for times.
struct ObjectTime {
    /// The white space around a time, if it may have some.
    white: Option<String>,
    /// The microseconds of the text `t`, and whether it has no offset.
    us: String,
    local: String,
    /// Whether a row with this time counts.
    counts: String,
}

impl ObjectTime {
    fn of(rules: &TimeRules, arguments: &mut Arguments, has_clock: bool) -> ObjectTime {
        let earliest = if has_clock { rules.earliest_us.max(YEAR_1000_US) } else { rules.earliest_us };
        let (from, to) =
            (arguments.number("earliest", earliest), arguments.number("latest", rules.latest_us));
        let counts = format!("us >= {from} AND us <= {to}");
        if has_clock {
            let (us, local) = plain::us(rules, arguments);
            return ObjectTime { white: None, us, local, counts };
        }
        let on_a_clock = if time::is_on_a_clock(rules) { " AND NOT local" } else { "" };
        ObjectTime {
            white: Some(arguments.text("time_white", " \t\n\u{c}\r")),
            us: format!("CASE WHEN is_whole THEN {} END", time::us(rules, arguments)),
            local: time::is_local(rules, arguments),
            counts: counts + on_a_clock,
        }
    }

    /// The text of a time.
    fn text(&self, field: &str) -> String {
        match &self.white {
            Some(white) => format!("trim(BOTH {white} FROM {field})"),
            None => field.to_owned(),
        }
    }
}
