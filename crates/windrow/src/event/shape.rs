//! Shapes: the formats that a text may have if it is a time, from its digits, words and signs. Few for each text, never all.

use super::TimeFormat;

/// The longest text that may be a time, in bytes.
const TEXT_MAX: usize = 48;

/// The formats that `text` may have if it is a time, the likeliest first. Not all of them can read it.
pub(crate) fn formats(text: &str) -> Vec<TimeFormat> {
    if text.len() > TEXT_MAX || !text.is_ascii() || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return vec![];
    }
    let mut at = Pieces(text);
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let is_number = unsigned.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let mut found = if is_number { epochs(unsigned) } else { vec![TimeFormat::Iso, TimeFormat::Date] };
    let start = at.signs() + &at.weekday();
    let rest = |at: &mut Pieces| Some(at.signs() + &clock(at)? + &end(at)?);
    let mut patterns: Vec<String> = Vec::new();
    for (dates, mut after) in [dates(at), numbers(at)].into_iter().flatten() {
        let ending = if after.0.is_empty() { Some(String::new()) } else { joined(&mut after, rest) };
        patterns
            .extend(ending.iter().flat_map(|ending| dates.iter().map(move |date| format!("{date}{ending}"))));
    }
    patterns.extend(year_last(at));
    found.extend(patterns.into_iter().map(|pattern| TimeFormat::Pattern(format!("{start}{pattern}"))));
    found
}

/// The units in which a number since 1970 may be counted: those that put it between 1973 and 2286.
fn epochs(unsigned: &str) -> Vec<TimeFormat> {
    let digits = unsigned.split('.').next().unwrap_or_default().len();
    let units = [TimeFormat::EpochS, TimeFormat::EpochMs, TimeFormat::EpochUs, TimeFormat::EpochNs];
    let firsts = [9, 12, 15, 18];
    let fits = firsts.into_iter().zip(units).filter(|(first, _)| (*first..first + 2).contains(&digits));
    fits.map(|(_, unit)| unit).collect()
}

/// The rest of a text: runs of digits, words, and signs.
#[derive(Clone, Copy)]
struct Pieces<'t>(&'t str);

impl<'t> Pieces<'t> {
    fn take(&mut self, is_part: impl Fn(char) -> bool) -> &'t str {
        let (part, rest) = self.0.split_at(self.0.find(|c| !is_part(c)).unwrap_or(self.0.len()));
        self.0 = rest;
        part
    }

    /// How many digits follow, at least one.
    fn digits(&mut self) -> Option<usize> {
        Some(self.take(|c| c.is_ascii_digit()).len()).filter(|digits| *digits > 0)
    }

    fn word(&mut self) -> &'t str {
        self.take(|c| c.is_ascii_alphabetic())
    }

    /// Signs and white space, as a pattern has them.
    fn signs(&mut self) -> String {
        self.take(|c| !c.is_ascii_alphanumeric()).replace('%', "%%")
    }

    fn sign(&mut self, any: &[char]) -> Option<char> {
        let sign = self.0.chars().next().filter(|c| any.contains(c))?;
        self.0 = &self.0[1..];
        Some(sign)
    }

    /// The name of a day of the week and the signs after it, if one follows.
    fn weekday(&mut self) -> String {
        let mut after = *self;
        if !is_name(after.word(), &["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]) {
            return String::new();
        }
        let signs = after.signs();
        *self = after;
        format!("%a{signs}")
    }

    fn month(&mut self) -> Option<&'static str> {
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let word = self.word();
        is_name(word, &MONTHS).then_some(if word.len() == 3 { "%b" } else { "%B" })
    }
}

/// Whether a word begins with one of these names' three letters.
fn is_name(word: &str, names: &[&str]) -> bool {
    word.get(..3).is_some_and(|short| names.iter().any(|name| name.eq_ignore_ascii_case(short)))
}

/// The ways to read a date, and the rest of the text.
type Dates<'t> = Option<(Vec<String>, Pieces<'t>)>;

/// A date in three parts.
fn dates(mut at: Pieces<'_>) -> Dates<'_> {
    let parts = if at.0.starts_with(|c: char| c.is_ascii_digit()) {
        let first = at.digits()?;
        let before = at.signs();
        let month = if at.0.starts_with(|c: char| c.is_ascii_digit()) {
            at.digits().filter(|digits| *digits <= 2).map(|_| None)?
        } else {
            Some(at.month()?)
        };
        let after = at.signs();
        let last = at.digits()?;
        match (first, month, last) {
            (4, None, 1..=2) => vec![format!("%Y{before}%m{after}%d")],
            (4, Some(month), 1..=2) => vec![format!("%Y{before}{month}{after}%d")],
            // Colons between small numbers mean a time of day.
            (1..=2, ..) if before == ":" => return None,
            (1..=2, None, 4) => {
                vec![format!("%d{before}%m{after}%Y"), format!("%m{before}%d{after}%Y")]
            }
            (1..=2, None, 2) => {
                let orders = [["%y", "%m", "%d"], ["%d", "%m", "%y"], ["%m", "%d", "%y"]];
                orders.map(|[a, b, c]| format!("{a}{before}{b}{after}{c}")).to_vec()
            }
            (1..=2, Some(month), 4) => vec![format!("%d{before}{month}{after}%Y")],
            (1..=2, Some(month), 2) => vec![format!("%d{before}{month}{after}%y")],
            _ => return None,
        }
    } else {
        let month = at.month()?;
        let before = at.signs();
        at.digits().filter(|digits| *digits <= 2)?;
        let after = at.signs();
        // The time of day may follow, and the year after it.
        (at.digits()? == 4).then(|| vec![format!("{month}{before}%d{after}%Y")])?
    };
    Some((parts, at))
}

/// A date, or a date and a time of day, in digits alone.
fn numbers(mut at: Pieces<'_>) -> Dates<'_> {
    let patterns: &[&str] = match at.digits()? {
        6 => &["%y%m%d", "%d%m%y", "%m%d%y"],
        8 => &["%Y%m%d", "%d%m%Y", "%m%d%Y"],
        12 => &["%Y%m%d%H%M", "%y%m%d%H%M%S"],
        14 => &["%Y%m%d%H%M%S"],
        17 => &["%Y%m%d%H%M%S%f"],
        _ => return None,
    };
    Some((patterns.iter().map(|pattern| (*pattern).to_owned()).collect(), at))
}

/// The signs between date and time of day, and the rest.
fn joined(at: &mut Pieces<'_>, rest: impl Fn(&mut Pieces<'_>) -> Option<String>) -> Option<String> {
    let mut closing = *at;
    if let Some(end) = end(&mut closing) {
        return Some(end);
    }
    let signs = at.signs();
    let joint = if at.0.starts_with(['T', 't']) { at.word() } else { "" };
    Some(format!("{signs}{joint}{}", rest(at)?))
}

/// A time of day, if one follows.
fn clock(at_text: &mut Pieces<'_>) -> Option<String> {
    let mut at = *at_text;
    let text = match at.digits()? {
        6 => "%H%M%S".to_owned(),
        4 => "%H%M".to_owned(),
        1..=2 => {
            let colon = at.sign(&[':', '.'])?;
            at.digits().filter(|digits| *digits == 2)?;
            match at.sign(&[colon]).map(|_| at.digits()) {
                None => format!("%H{colon}%M"),
                Some(seconds) => {
                    seconds.filter(|digits| *digits == 2)?;
                    format!("%H{colon}%M{colon}%S")
                }
            }
        }
        _ => return None,
    };
    let fraction = if text.ends_with("%S") { fraction(&mut at) } else { "" };
    let mut half_day = at;
    let space = half_day.signs();
    let text = if matches!(half_day.word().to_ascii_uppercase().as_str(), "AM" | "PM") {
        at = half_day;
        text.replace("%H", "%I") + fraction + &space + "%p"
    } else {
        text + fraction
    };
    *at_text = at;
    Some(text)
}

fn fraction(at: &mut Pieces<'_>) -> &'static str {
    let mut after = *at;
    let pattern = match after.sign(&['.', ',', ':']) {
        Some('.') => "%.f",
        Some(',') => ",%f",
        Some(_) => ":%f",
        None => return "",
    };
    if after.digits().is_none() {
        return "";
    }
    *at = after;
    pattern
}

/// An offset or nothing, closing signs, and then the end.
fn end(at: &mut Pieces<'_>) -> Option<String> {
    let offset = offset(at);
    let closing = at.signs();
    at.0.is_empty().then(|| offset + &closing)
}

/// An offset with the signs before it, or nothing.
fn offset(at: &mut Pieces<'_>) -> String {
    let mut after = *at;
    let space = after.take(|c| c == ' ').to_owned();
    let zone = match after.word() {
        "" => "",
        "Z" | "z" | "UTC" | "GMT" if !after.0.starts_with(['+', '-']) => {
            *at = after;
            return space + "%z";
        }
        word @ ("UTC" | "GMT") => word,
        _ => return String::new(),
    };
    let is_offset = after.sign(&['+', '-']).is_some()
        && match after.digits() {
            Some(4) => true,
            Some(2) => after.sign(&[':']).is_none() || after.digits() == Some(2),
            _ => false,
        };
    if !is_offset {
        return String::new();
    }
    *at = after;
    format!("{space}{zone}%z")
}

/// `Jul 28 04:19:28 2016`, as C writes it: with an offset before the year, or without.
fn year_last(mut at: Pieces<'_>) -> Option<String> {
    let month = at.month()?;
    let before = at.signs();
    at.digits().filter(|digits| *digits <= 2)?;
    let between = at.signs();
    let clock = clock(&mut at)?;
    let offset = offset(&mut at);
    let after = at.signs();
    (at.digits()? == 4).then_some(())?;
    let closing = at.signs();
    at.0.is_empty().then(|| format!("{month}{before}%d{between}{clock}{offset}{after}%Y{closing}"))
}

/// Whether a text is a time of day and no date.
pub(crate) fn is_clock(text: &str) -> bool {
    let mut at = Pieces(text);
    text.contains(':') && clock(&mut at).is_some() && end(&mut at).is_some()
}

#[cfg(test)]
mod tests;
