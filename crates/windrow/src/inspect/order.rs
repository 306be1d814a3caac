//! The order of runs and changes: by the versions of the ledger, as a clock may be set back.

use crate::ledger::RunRow;

/// The ledgers that runs have begun: there are several if one was made anew in the same folder.
#[derive(Clone, Debug)]
pub(super) struct Ledgers {
    began_us: Vec<i64>,
}

/// The number of a ledger, and a version of it. The clock decides only between ledgers.
pub(super) type Rank = (usize, i64);

impl Ledgers {
    /// The ledgers that `runs` have begun.
    pub(super) fn of(runs: &[RunRow]) -> Self {
        let firsts = runs.iter().filter(|run| run.ledger_before.is_none());
        let mut began_us: Vec<i64> = firsts.map(|run| run.started.0).collect();
        began_us.sort_unstable();
        Ledgers { began_us }
    }

    /// The rank of the ledger's `version` at the time `us`.
    pub(super) fn rank(&self, us: i64, version: i64) -> Rank {
        // If there is only one ledger, it is that one, whatever the clock says.
        (self.began_us.partition_point(|began_us| *began_us <= us).max(1), version)
    }

    /// The rank of the version that `run` left, and of the one it began from.
    pub(super) fn of_run(&self, run: &RunRow) -> (Rank, Option<i64>) {
        (self.rank(run.started.0, run.ledger_version.unwrap_or_default()), run.ledger_before)
    }
}

/// Puts `runs` in order, the newest last.
pub(super) fn sort(runs: &mut [RunRow]) {
    let ledgers = Ledgers::of(runs);
    runs.sort_by_cached_key(|run| (ledgers.of_run(run), run.started.0, run.run.clone()));
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::ledger::Instant;

    /// A run at a time, from one version of the ledger to another.
    pub(crate) fn run(name: &str, at_us: i64, before: Option<i64>, after: i64) -> RunRow {
        RunRow {
            run: name.to_owned(),
            started: Instant(at_us),
            ended: Instant(at_us),
            outcome: String::new(),
            ledger_before: before,
            ledger_version: Some(after),
            files_listed: 0,
            files_read: 0,
            files: String::new(),
            rows: 0,
            bytes_read: 0,
            windows_changed: 0,
            stages: String::new(),
            bottleneck: String::new(),
            engine: String::new(),
            version: String::new(),
        }
    }

    fn sorted(mut runs: Vec<RunRow>) -> String {
        sort(&mut runs);
        runs.iter().map(|run| run.run.as_str()).collect()
    }

    #[test]
    fn runs_follow_the_versions_of_their_ledger() {
        let set_back = [
            run("d", 5, Some(3), 3),
            run("c", 10, Some(2), 3),
            run("b", 20, Some(1), 2),
            run("a", 30, None, 1),
        ];
        assert_eq!(sorted(set_back.to_vec()), "abcd");
    }

    #[test]
    fn a_ledger_that_is_made_anew_comes_after_the_one_before() {
        let anew = [
            run("c", 30, None, 1),
            run("b", 20, Some(1), 2),
            run("d", 40, Some(1), 2),
            run("a", 10, None, 1),
        ];
        assert_eq!(sorted(anew.to_vec()), "abcd");
    }
}
