//! Since: a moment that a person gives as a run or a time. The versions of the ledger say what happened after it.

use crate::delta::Store;
use crate::error::{Code, Error, Help, HelpPart, Result};
use crate::job::ReportSpec;
use crate::ledger::{Change, RunRow};
use crate::text::suggest::nearest;

use super::order::{Ledgers, Rank};
use super::runs;

/// The moment after which changes are asked for.
#[derive(Clone, Debug)]
pub struct Since {
    ledgers: Ledgers,
    /// The last version before the moment, and its time.
    after: (Rank, i64),
    /// Changes at this time or later are asked for, whatever their version, in microseconds since 1970 UTC.
    from_us: i64,
}

/// The most runs that an error names.
const NAMED: usize = 3;

impl Since {
    /// The moment that `text` means: a time in the zone of `spec`, or the end of the run with that name or beginning of a name.
    ///
    /// # Errors
    /// Usage: it is neither a time nor a run, or several runs begin with it.
    pub fn read(text: &str, spec: &ReportSpec, store: &Store) -> Result<Since> {
        let runs = runs::all(store)?;
        let ledgers = Ledgers::of(&runs);
        // The names of runs have letters and digits only.
        if text.contains(['-', ':']) {
            return Ok(Since::time(spec.instant(text)?, &runs, ledgers));
        }
        let begins = |run: &&RunRow| !text.is_empty() && run.run.starts_with(&text.to_ascii_lowercase());
        let found: Vec<&RunRow> = runs.iter().filter(begins).collect();
        match found.as_slice() {
            [run] => {
                let (rank, _) = ledgers.of_run(run);
                Ok(Since { ledgers, after: (rank, run.ended.0), from_us: i64::MAX })
            }
            [] => Err(unknown(text, &runs)),
            several => {
                let names: Vec<&str> = several.iter().take(NAMED).map(|run| run.run.as_str()).collect();
                Err(Error::usage(format!("{} runs begin with {text}", several.len()))
                    .with_code(Code::UnknownRun)
                    .with_help(format!("write more of it: {}", names.join(", "))))
            }
        }
    }

    /// Since `from_us`: all that was published then or later, and every version after the first one that was made then or
    /// later, whatever the clock showed when it was published.
    fn time(from_us: i64, runs: &[RunRow], ledgers: Ledgers) -> Since {
        let made =
            runs.iter().filter(|run| run.ended.0 >= from_us && run.ledger_before != run.ledger_version);
        let first = made.map(|run| ledgers.of_run(run).0).min();
        let after = first.map_or((usize::MAX, 0), |(ledger, version)| (ledger, version - 1));
        Since { ledgers, after: (after, i64::MAX), from_us }
    }

    /// Whether `change` happened since then.
    pub(super) fn takes(&self, change: &Change) -> bool {
        (self.rank(change), change.at.0) > self.after || change.at.0 >= self.from_us
    }

    /// The version that `change` published.
    pub(super) fn rank(&self, change: &Change) -> Rank {
        self.ledgers.rank(change.at.0, change.ledger_version)
    }
}

fn unknown(text: &str, runs: &[RunRow]) -> Error {
    let error = Error::usage(format!("{text} is neither a run id nor a time")).with_code(Code::UnknownRun);
    match (nearest(text, runs.iter().map(|run| &*run.run)), runs.last()) {
        (Some(run), _) => error.with_help(format!("did you mean {run}?")),
        (None, Some(newest)) => error.with_help(
            Help::from(format!("the newest run is {}; ", newest.run))
                .with(HelpPart::Table("runs".to_owned()))
                .and(" lists them"),
        ),
        (None, None) => error.with_help("no run is known; write a time: 2024-01-31T12:00"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::order::tests::run;
    use super::super::{Starts, changes};
    use super::*;
    use crate::job::Job;
    use crate::ledger::{Instant, KeptTable, keep_rows};

    const MINUTE_US: i64 = 60_000_000;

    /// A store in which the clock was set back between the versions 3 and 4 of the ledger: its changes were published at
    /// 10:10 (version 2), 10:30 (3), 10:05 (4) and 10:40 (5).
    fn set_back() -> (tempfile::TempDir, Store, Job) {
        let text = "name = 'a'\nversion = 1\n[source]\npath = 'a'\ntime = 't'\nkeys = ['k']\n[reports.r]\nevery = '1h'";
        let job = Job::from_toml(text, std::path::Path::new("job.toml")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = Store::local(folder.path());
        let minutes = [
            (0, None, 1),
            (10, Some(1), 2),
            (30, Some(2), 3),
            (5, Some(3), 4),
            (40, Some(4), 5),
            (41, Some(5), 5),
        ];
        for (minute, before, version) in minutes {
            let (at_us, name) = ((600 + minute) * MINUTE_US, format!("run{minute}"));
            keep_rows(&store, KeptTable::Runs, &name, &[run(&name, at_us, before, version)]).unwrap();
            let change = Change {
                run: name.clone(),
                at: Instant(at_us),
                report: "r".to_owned(),
                ledger_version: version,
                window_start: Instant(0),
                window_end: Instant(60 * MINUTE_US),
                keys: "[\"Open\"]".to_owned(),
                old: version - 1,
                new: version,
                measure: None,
                old_value: None,
                new_value: None,
                cause: "arrived".to_owned(),
                file: None,
                files: 0,
            };
            if before.is_some_and(|before| before < version) {
                keep_rows(&store, KeptTable::Changes, &name, &[change]).unwrap();
            }
        }
        (folder, store, job)
    }

    #[test]
    fn what_changed_since_is_told_by_versions_and_not_by_the_clock() {
        let (_folder, store, job) = set_back();
        let since = |text: &str| -> Vec<i64> {
            let since = Since::read(text, &job.reports[0], &store).unwrap();
            let found = changes::of_window(&store, "r", 0, &since).unwrap();
            found.iter().map(|change| change.new).collect()
        };
        assert_eq!(since("1970-01-01"), [2, 3, 4, 5]);
        assert_eq!(since("1970-01-01T10:20"), [3, 4, 5], "version 4 came after 3");
        assert_eq!(since("1970-01-01T10:35"), [5]);
        assert_eq!(since("1970-01-01T10:41"), [0; 0], "a run that changed nothing");
        assert_eq!(since("run30"), [4, 5]);
        assert_eq!(since("run5"), [5]);
        assert_eq!(since("run40"), [0; 0]);
    }

    #[test]
    fn changes_are_shown_in_the_order_of_versions() {
        let (_folder, store, job) = set_back();
        let reports: Vec<&ReportSpec> = job.reports.iter().collect();
        let mut table = changes::changes(&job, &store, &reports, Starts::default()).unwrap();
        let mut shown = Vec::new();
        let take = &mut |_: &crate::calendar::Zone, batch: &arrow_array::RecordBatch| {
            use arrow_array::cast::AsArray;
            let versions = batch.column_by_name("ledger_version").unwrap();
            shown.extend(versions.as_primitive::<arrow_array::types::Int64Type>().values().iter().copied());
            Ok(())
        };
        (table.rows)(take).unwrap();
        assert_eq!(shown, [2, 3, 4, 5]);
    }
}
