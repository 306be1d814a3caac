//! The command line: what was typed, and what should be typed instead.

use std::ffi::OsString;

use clap::{Arg, Command};
use windrow::job::without_secrets;
use windrow::text::shell;

use crate::job_flags;

/// The command that was given, with these flags and values changed, and without secrets.
pub(crate) fn corrected(given: &[OsString], changes: &[(&str, &str)]) -> String {
    let is_changed = |text: &str| changes.iter().any(|(flag, _)| text == *flag);
    let mut words = vec!["windrow".to_owned()];
    let mut given = given.iter().skip(1);
    while let Some(next) = given.next() {
        // A word that is not UTF-8 is a path.
        let word = next.to_str().unwrap_or_default();
        match word.split_once('=') {
            Some(("--engine", address)) => {
                words.push(shell::word(format!("--engine={}", without_secrets(address))))
            }
            _ if word == "--engine" => {
                words.push(word.to_owned());
                let address = given.next().map(|address| without_secrets(&address.to_string_lossy()));
                words.extend(address.map(shell::word));
            }
            Some((flag, _)) if is_changed(flag) => {}
            _ if is_changed(word) => {
                given.next();
            }
            _ => words.push(shell::word(next)),
        }
    }
    words.extend(changes.iter().flat_map(|(flag, value)| [(*flag).to_owned(), shell::word(value)]));
    words.join(" ")
}

/// The flags that change the answer, beside the [job flags](crate::job_flags::JobFlags).
const OF_THE_ANSWER: [&str; 2] = ["report", "shape"];

/// The command that makes the same answer: what was given to `program`'s command, without where the answer goes and how it is made.
pub(crate) fn of_the_answer(given: &[OsString], program: &Command) -> String {
    let mut words = vec!["windrow".to_owned()];
    let mut command = program;
    let mut given = given.iter().skip(1);
    while let Some(next) = given.next() {
        let word = next.to_str().unwrap_or_default();
        let Some(arg) = flag(word, command).or_else(|| flag(word, program)) else {
            command = command.find_subcommand(word).unwrap_or(command);
            words.push(shell::word(next));
            continue;
        };
        let is_kept = arg.get_help_heading() == Some(job_flags::HEADING)
            || OF_THE_ANSWER.contains(&arg.get_id().as_str());
        // A value follows unless it is in the same word: `--every=10m`, `-ofile`.
        let has_value = if word.starts_with("--") { word.contains('=') } else { word.chars().count() > 2 };
        let value = if arg.get_action().takes_values() && !has_value { given.next() } else { None };
        if is_kept {
            words.extend([next].into_iter().chain(value).map(shell::word));
        }
    }
    words.join(" ")
}

/// The argument that a word is a flag of.
fn flag<'c>(word: &str, command: &'c Command) -> Option<&'c Arg> {
    let long = word.strip_prefix("--").map(|name| name.split_once('=').map_or(name, |(name, _)| name));
    let short = word.strip_prefix('-').and_then(|name| name.chars().next());
    command.get_arguments().find(|arg| match long {
        Some(name) => {
            arg.get_long() == Some(name)
                || arg.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
        }
        None => short.is_some() && arg.get_short() == short,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corrected_command_keeps_the_rest() {
        let given =
            ["/bin/windrow", "run", "my log.csv", "--time-format", "epoch_s", "--delimiter=;", "--top", "5"];
        let given: Vec<OsString> = given.map(OsString::from).to_vec();
        assert_eq!(
            corrected(&given, &[("--time", "it's"), ("--time-format", "%d/%m/%Y")]),
            r"windrow run 'my log.csv' '--delimiter=;' --top 5 --time 'it'\''s' --time-format '%d/%m/%Y'"
        );
        assert_eq!(
            corrected(&given, &[("--delimiter", "\\t")]),
            r"windrow run 'my log.csv' --time-format epoch_s --top 5 --delimiter '\t'"
        );
    }

    #[test]
    fn the_command_of_an_answer_has_no_setting_and_no_place() {
        use clap::CommandFactory;
        let program = crate::Cli::command();
        for given in [
            "windrow run logs/ --every 1h --values=Open,Close --top Open:3",
            "/usr/bin/windrow -q run logs/ --threads 4 --every 1h -o page.html --values=Open,Close --top Open:3 -vv",
            "windrow run --format=html --output page.html logs/ --rejects r.csv --every 1h --no-progress \
             --values=Open,Close --engine sc://host/;token=t --all --top Open:3 --log-format json",
        ] {
            let given: Vec<OsString> = given.split_whitespace().map(OsString::from).collect();
            let shown = of_the_answer(&given, &program);
            assert_eq!(shown, "windrow run logs/ --every 1h --values=Open,Close --top Open:3");
        }
        let given =
            ["windrow", "run", "job.toml", "a b.csv", "--report", "daily", "--shape=long", "-oout.html"];
        let shown = of_the_answer(&given.map(OsString::from), &program);
        assert_eq!(shown, "windrow run job.toml 'a b.csv' --report daily --shape=long");
    }

    #[test]
    fn a_corrected_command_shows_no_token() {
        for engine in [
            &["--engine", "sc://spark/;use_ssl=true;token=geheim;x-key=geheim"][..],
            &["--engine=sc://spark/;token=geheim"],
        ] {
            let given = [&["windrow", "run", "a.csv"][..], engine].concat();
            let given: Vec<OsString> = given.into_iter().map(OsString::from).collect();
            let shown = corrected(&given, &[("--time", "ts")]);
            assert!(shown.contains("sc://spark/;") && shown.contains("token=…"), "{shown}");
            assert!(shown.ends_with(" --time ts") && !shown.contains("geheim"), "{shown}");
        }
    }
}
