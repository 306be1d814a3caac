//! The command line: what was typed, and what should be typed instead.

use std::ffi::OsString;

use windrow::job::without_secrets;
use windrow::source::sniff::source_lines;
use windrow::text::shell;

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

/// The lines of a job file that say what flags and values say.
pub(crate) fn corrected_job(job: &str, changes: &[(&str, &str)]) -> String {
    format!("in {job}, {}", source_lines(changes))
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

    #[test]
    fn a_corrected_job_is_told_in_its_words() {
        let said = corrected_job("job.toml", &[("--time", "ts"), ("--time-format", "%d \"x\"")]);
        let (_, line) = said.split_once("time_format = ").unwrap();
        assert!(said.starts_with("in job.toml, [source]: time = \"ts\", "), "{said}");
        let read: toml::Table = format!("x = {line}").parse().unwrap();
        assert_eq!(read["x"].as_str(), Some("%d \"x\""));
    }
}
