//! Text logs that are read as CSV: what shows that a line is one of a log, and the pattern to begin with.

use crate::error::{Help, HelpPart, Setting};
use crate::event::{TimeFormat, TimeReader, TimeRules, formats, is_clock};

/// An example of a pattern for lines of text.
pub(super) const TEXT_LOG: &str = r"(?P<time>\S+ \S+) (?P<level>\S+) (?P<message>.*)";
/// The same for times of one word.
const TIME_OF_ONE_WORD: &str = r"(?P<time>\S+) (?P<level>\S+) (?P<message>.*)";

/// The fewest words of a line that may be one of a text log.
const WORDS_MIN: usize = 4;

/// The words that `line` begins with, if they are a time of day on a date and more words follow: no header begins so.
pub(crate) fn time_before_words(line: &str) -> Option<String> {
    let words = words(line)?;
    if is_syslog(&words) {
        return Some(words[..3].join(" "));
    }
    let texts = [2, 1].map(|count| words[..count].join(" "));
    texts.into_iter().find(|text| text.contains(':') && is_time(text))
}

/// How to split lines like `line` into columns; none for lines of few words.
pub(crate) fn pattern_for(line: &str) -> Option<Help> {
    let words = words(line)?;
    let help = Help::from("if it is a text log, say how to split its lines, such as ");
    Some(match is_syslog(&words) {
        true => help.with(HelpPart::Changed(vec![
            (Setting::Pattern, r"(?P<time>\w+ +\d+ \S+) (?P<host>\S+) (?P<message>.*)".to_owned()),
            (Setting::TimeFormat, "%b %d %H:%M:%S".to_owned()),
            (Setting::Year, "2024".to_owned()),
        ])),
        false if time_before_words(line).is_some_and(|time| !time.contains(' ')) => {
            help.set(Setting::Pattern, TIME_OF_ONE_WORD)
        }
        false => help.set(Setting::Pattern, TEXT_LOG),
    })
}

fn words(line: &str) -> Option<Vec<&str>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    (words.len() >= WORDS_MIN).then_some(words)
}

/// Month, day and time of day: syslog writes no year.
fn is_syslog(words: &[&str]) -> bool {
    words[0].bytes().all(|byte| byte.is_ascii_alphabetic())
        && words[0].len() == 3
        && words[1].parse::<u8>().is_ok()
        && is_clock(words[2])
}

fn is_time(text: &str) -> bool {
    formats(text).into_iter().filter(|format| !matches!(format, TimeFormat::Date)).any(|format| {
        let reader = TimeReader::new(&TimeRules::of(format));
        reader.is_ok_and(|reader| reader.read_plainly(text.as_bytes()).is_ok())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_log_begins_with_its_time() {
        for (line, time) in [
            ("2024-01-01 00:00:00 INFO started", Some("2024-01-01 00:00:00")),
            ("2024-01-01 00:00:00,123 INFO started", Some("2024-01-01 00:00:00,123")),
            ("2024-01-01T00:00:00Z INFO it started, at last", Some("2024-01-01T00:00:00Z")),
            ("[2024-01-01 00:00:00] INFO started", Some("[2024-01-01 00:00:00]")),
            ("01.01.2024 00:00:00 [main] INFO a, b", Some("01.01.2024 00:00:00")),
            ("Jan  1 00:00:00 host sshd[1]: started", Some("Jan 1 00:00:00")),
            ("2024-01-01 00:00:00,Open,a long text", None),
            ("2024-01-01 00:00:00 started", None),
            ("time of the event,user name,what was done", None),
            ("2024-01-01 to 2024-01-31 by day", None),
            ("Total sales: all, by 12:30 o'clock", None),
            ("", None),
        ] {
            assert_eq!(time_before_words(line).as_deref(), time, "{line}");
        }
    }

    #[test]
    fn the_pattern_follows_the_time() {
        let help = |line: &str| pattern_for(line).unwrap().text().replace(r"\\", r"\");
        assert!(help("2024-01-01T00:00:00Z INFO started now").contains(r"(?P<time>\S+) (?P<level>"));
        assert!(help("2024-01-01 00:00:00 INFO started").contains(r"(?P<time>\S+ \S+) (?P<level>"));
        assert!(help("Jan  1 00:00:00 host sshd[1]: started").contains("year"));
        assert_eq!(pattern_for("too few words"), None);
    }
}
