//! Remedies: the settings in a help, as flags for those who asked by flags, and as keys for those who have a job file.

use std::ffi::OsString;
use std::path::Path;

use windrow::Error;
use windrow::error::{Help, HelpPart, Setting, lines};
use windrow::text::{escape, shell};

use crate::command_line::corrected;

/// The error with its help as someone needs it who has a job file, or who asked by flags.
pub(crate) fn worded(error: Error, job_file: Option<&Path>) -> Error {
    match error.help().map(|help| words(help, job_file)) {
        Some(help) => error.with_help(help),
        None => error,
    }
}

/// A help in those words.
pub(crate) fn words(help: &Help, job_file: Option<&Path>) -> String {
    let given = crate::given();
    worded_for(help, job_file, given)
}

fn worded_for(help: &Help, job_file: Option<&Path>, given: &[OsString]) -> String {
    help.parts().iter().map(|part| word(part, job_file, given)).collect()
}

fn word(part: &HelpPart, job_file: Option<&Path>, given: &[OsString]) -> String {
    match part {
        HelpPart::Text(text) => text.clone(),
        HelpPart::Table(table) => {
            format!("`windrow show {} {table}`", job_file.map_or("JOB".to_owned(), shell::word))
        }
        HelpPart::Run => {
            format!("run it once: windrow run {}", job_file.map_or("JOB".to_owned(), escape::path))
        }
        HelpPart::Name(setting) => match flag(setting).filter(|_| is_flag(setting, job_file)) {
            Some(flag) => flag.to_owned(),
            None => setting.key().to_owned(),
        },
        HelpPart::Set(setting, value) => match flag(setting).filter(|_| is_flag(setting, job_file)) {
            Some(flag) if *setting == Setting::AcceptGone => flag.to_owned(),
            Some(flag) => format!("{flag} {}", shell::word(value)),
            None => part.to_string(),
        },
        HelpPart::Count { file, into } => {
            format!("windrow run {} --output {}", shell::word(file), shell::word(into))
        }
        HelpPart::Changed(changes) => changed(changes, job_file, given),
    }
}

/// What was asked, with settings changed.
fn changed(changes: &[(Setting, String)], job_file: Option<&Path>, given: &[OsString]) -> String {
    let flags: Option<Vec<_>> =
        changes.iter().map(|(setting, value)| Some((flag(setting)?, value.as_str()))).collect();
    match (job_file, flags) {
        (Some(job), _) => format!("in {}, {}", escape::path(job), lines(changes)),
        (None, Some(flags)) => corrected(given, &flags),
        (None, None) => {
            let in_its_table = |(setting, value): &(Setting, String)| {
                let table = setting.table().unwrap_or_default();
                format!("{} in its [{table}]", setting.line(value))
            };
            let lines: Vec<String> = changes.iter().map(in_its_table).collect();
            format!("save the job with --save-job job.toml, and write {}", lines.join(", "))
        }
    }
}

/// Whether a setting is said by a flag: what is of one run always is.
fn is_flag(setting: &Setting, job_file: Option<&Path>) -> bool {
    job_file.is_none() || setting.table().is_none()
}

/// The flag of a setting; none: only a job file has it.
fn flag(setting: &Setting) -> Option<&'static str> {
    Some(match setting {
        Setting::Time => "--time",
        Setting::TimeFormat => "--time-format",
        Setting::Year => "--year",
        Setting::Keys => "--key",
        Setting::Measures(_) => "--measure",
        Setting::InputFormat => "--input-format",
        Setting::Delimiter => "--delimiter",
        Setting::Pattern => "--pattern",
        Setting::ParquetKey => "--parquet-key",
        Setting::Encoding => "--encoding",
        Setting::Comment => "--comment",
        Setting::SkipLines => "--skip-lines",
        Setting::Columns => "--columns",
        Setting::Type => "--type",
        Setting::Duplicates => "--duplicates",
        Setting::Fill(_) => "--fill",
        Setting::RejectsMax => "--max-rejects",
        Setting::KeyBytesMax
        | Setting::LookupBytesMax
        | Setting::GroupsMax
        | Setting::GridRowsMax
        | Setting::ExpansionMax
        | Setting::UnpackedBytesMax => return None,
        Setting::Output => "--keep",
        Setting::Again => "--again",
        Setting::AcceptGone => "--accept-gone",
        Setting::Rejects => "--rejects",
        Setting::Format => "--format",
        Setting::Report => "--report",
        Setting::Map => "--map",
        Setting::Zone => "--zone",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(help: &Help, job: Option<&str>, given: &str) -> String {
        let given: Vec<OsString> = given.split(' ').map(OsString::from).collect();
        worded_for(help, job.map(Path::new), &given)
    }

    #[test]
    fn a_help_is_told_in_flags_or_keys() {
        let help =
            Help::from("declare it with ").set(Setting::Encoding, "latin1").and(", or look at it with ");
        let help = help.set(Setting::Rejects, "r.csv");
        assert_eq!(
            said(&help, None, "windrow run a.csv"),
            "declare it with --encoding latin1, or look at it with --rejects r.csv"
        );
        assert_eq!(
            said(&help, Some("j.toml"), "windrow run j.toml"),
            "declare it with encoding = \"latin1\" in [source], or look at it with --rejects r.csv"
        );
        let gone = Help::from("add ").set(Setting::AcceptGone, "true");
        assert_eq!(said(&gone, Some("j.toml"), "windrow run j.toml"), "add --accept-gone");
    }

    #[test]
    fn a_changed_job_is_a_command_or_a_line() {
        let changes = vec![(Setting::Time, "ts".to_owned()), (Setting::TimeFormat, "%d \"x\"".to_owned())];
        let help = Help::default().with(HelpPart::Changed(changes));
        assert_eq!(
            said(&help, None, "windrow run a.csv --time t"),
            "windrow run a.csv --time ts --time-format '%d \"x\"'"
        );
        let line = said(&help, Some("j.toml"), "windrow run j.toml");
        let line = line.strip_prefix("in j.toml, [source]: time = \"ts\", time_format = ").unwrap();
        assert_eq!(format!("x = {line}").parse::<toml::Table>().unwrap()["x"].as_str(), Some("%d \"x\""));
        let limit = Help::default().changed(Setting::GroupsMax, "10");
        assert_eq!(
            said(&limit, None, "windrow run a.csv"),
            "save the job with --save-job job.toml, and write groups = 10 in its [limits]"
        );
    }
}
