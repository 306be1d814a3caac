//! Times: SQL that reads times as `event::time` does. Patterns check the grammar first, since Spark's cast also accepts `2016-7-8`,
//! `now` and `epoch`.

use crate::calendar::Zone;
use crate::event::{TimeFormat, TimeRules};
use crate::job::Job;

use super::Arguments;

/// The layouts that Spark reads as windrow does: hours, minutes and seconds, at most six digits of a second, an offset with a colon.
const PLAIN: &str =
    r"\A(?!0000)\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-](0\d|1[0-7]):[0-5]\d|[+-]18:00)?\z";

/// Every layout of the default format. Its groups: date, hour and minute, seconds, at most six digits, hours and minutes of
/// the offset.
const ANY: &str = concat!(
    r"\A((?!0000)\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,6})\d*)?)?",
    r"(?:[Zz]|([+-](?:0\d|1[0-7]|18(?!:?(?:0[1-9]|[1-9]\d))))(?::?([0-5]\d))?)?\z"
);

/// The end of a time that has an offset.
const WITH_OFFSET: &str = r"([Zz]|:\d\d(\.\d+)?[+-]\d\d(:?\d\d)?)\z";

/// Whether SQL can read times of this format. It cannot read patterns.
pub(in crate::engine::spark) fn is_in_sql(format: &TimeFormat) -> bool {
    !matches!(format, TimeFormat::Pattern(_))
}

/// Whether times without an offset are on the clock of a zone, which only windrow reads.
pub(in crate::engine::spark) fn is_on_a_clock(rules: &TimeRules) -> bool {
    matches!(rules.format, TimeFormat::Iso | TimeFormat::Date) && rules.zone != Zone::utc()
}

/// The microseconds since 1970 UTC of the text `t`; null where it is not a time, or too far away.
pub(super) fn us(rules: &TimeRules, arguments: &mut Arguments) -> String {
    let fraction = |digits| format!("CAST(rpad({FRACTION}, {digits}, '0') AS BIGINT)");
    let cut = |digits| format!("substring({FRACTION}, {digits} + 1) RLIKE '[1-9]'");
    match rules.format {
        TimeFormat::Iso => iso(arguments, "t"),
        TimeFormat::Date => date(arguments, "t"),
        TimeFormat::EpochS => {
            let us = format!("try_add(try_multiply({WHOLE}, 1000000L), {})", fraction(6));
            epoch(arguments, &us, &cut(6))
        }
        TimeFormat::EpochMs => {
            let us = format!("try_add(try_multiply({WHOLE}, 1000L), {})", fraction(3));
            epoch(arguments, &us, &cut(3))
        }
        TimeFormat::EpochUs => epoch(arguments, WHOLE, &cut(0)),
        TimeFormat::EpochNs => {
            let is_cut = format!("({WHOLE} % 1000 <> 0 OR {})", cut(0));
            epoch(arguments, &format!("{WHOLE} div 1000"), &is_cut)
        }
        TimeFormat::Pattern(_) => "CAST(NULL AS BIGINT)".to_owned(),
    }
}

/// The instant in the text `t` as expressions read it: a time (in UTC unless it has an offset) or a date. Null if it is neither.
#[cfg(feature = "sql")]
pub(super) fn instant(arguments: &mut Arguments, t: &str) -> String {
    format!("coalesce({}, {})", iso(arguments, t), date(arguments, t))
}

fn iso(arguments: &mut Arguments, t: &str) -> String {
    let plain = arguments.text("plain_time", PLAIN);
    let any = arguments.text("any_time", ANY);
    let part = |group: u8| format!("regexp_extract({t}, {any}, {group})");
    let or_zeros = |group: u8| format!("coalesce(nullif({}, ''), '00')", part(group));
    let written_out = format!(
        "concat({}, 'T', {}, ':', {}, '.', rpad({}, 6, '0'), CASE WHEN {} = '' THEN 'Z' ELSE concat({}, ':', {}) END)",
        part(1),
        part(2),
        or_zeros(3),
        part(4),
        part(5),
        part(5),
        or_zeros(6)
    );
    format!(
        "CASE WHEN {t} RLIKE {plain} THEN unix_micros(try_cast({t} AS TIMESTAMP)) \
         WHEN {t} RLIKE {any} THEN unix_micros(try_cast({written_out} AS TIMESTAMP)) END"
    )
}

fn date(arguments: &mut Arguments, t: &str) -> String {
    let date = arguments.text("bare_date", r"\A(?!0000)\d{4}-\d\d-\d\d\z");
    format!(
        "CASE WHEN {t} RLIKE {date} THEN unix_micros(try_cast(concat({t}, 'T00:00:00Z') AS TIMESTAMP)) END"
    )
}

/// The digits of a number before and after its dot.
const WHOLE: &str = "try_cast(substring_index(trim(LEADING '-' FROM t), '.', 1) AS BIGINT)";
const FRACTION: &str = "CASE WHEN contains(t, '.') THEN substring_index(t, '.', -1) ELSE '' END";

/// The microseconds of a number without its sign, and whether a fraction of one is left. It is rounded down, before 1970 too.
fn epoch(arguments: &mut Arguments, us: &str, is_cut: &str) -> String {
    let number = arguments.text("number", r"\A-?[0-9]+(\.[0-9]+)?\z");
    // Null if it is not a number, or too large: `is_bad` tells these apart.
    format!(
        "CASE WHEN NOT t RLIKE {number} THEN NULL WHEN NOT startswith(t, '-') THEN {us} \
         ELSE - {us} - CASE WHEN {is_cut} THEN 1 ELSE 0 END END"
    )
}

/// Whether the text `t` had no offset.
pub(super) fn is_local(rules: &TimeRules, arguments: &mut Arguments) -> String {
    match rules.format {
        TimeFormat::Iso => {}
        TimeFormat::Date => return "us IS NOT NULL".to_owned(),
        _ => return "false".to_owned(),
    }
    let with_offset = arguments.text("with_offset", WITH_OFFSET);
    format!("us IS NOT NULL AND NOT endswith(t, 'Z') AND NOT t RLIKE {with_offset}")
}

/// Whether `t` is not a time.
pub(super) fn is_bad(rules: &TimeRules) -> &'static str {
    match rules.format {
        TimeFormat::EpochS | TimeFormat::EpochMs | TimeFormat::EpochUs | TimeFormat::EpochNs => {
            "NOT t RLIKE :number"
        }
        _ => "us IS NULL",
    }
}

/// Whether the instant of `t` is implausible.
pub(super) fn is_out_of_range(rules: &TimeRules, arguments: &mut Arguments) -> String {
    let earliest = arguments.number("earliest", rules.earliest_us);
    let latest = arguments.number("latest", rules.latest_us);
    format!("us IS NULL OR us < {earliest} OR us > {latest}")
}

/// The start of the pane that holds the instant `us`; early panes may have a width of their own.
pub(super) fn pane(job: &Job, arguments: &mut Arguments) -> String {
    let widths = job.pane_widths();
    let from = arguments.number("even_from", widths.even_from_us);
    let even = arguments.number("even_pane", widths.even_us);
    let early = arguments.number("early_pane", widths.early_us);
    format!("CASE WHEN us >= {from} THEN us - pmod(us, {even}) ELSE us - pmod(us, {early}) END")
}
