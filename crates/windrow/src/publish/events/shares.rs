//! Shares: which rows of a data file belong to which contribution. A data file is written with one share. Those of closed hours
//! are merged and have several, one after the other.

use std::ops::Range;

use crate::delta::DataFile;

/// The tag that names the contribution whose events a data file holds.
const CONTRIBUTION: &str = "windrow.contribution";

/// The tag that says which copy a data file belongs to, from 1, if the contribution counts for several inputs.
const COPY: &str = "windrow.copy";

/// The tag of a data file that holds events of several contributions.
const SHARES: &str = "windrow.shares";

/// The rows of a data file that belong to one contribution, for one of the inputs that it counts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) contribution: String,
    pub(super) copy: u64,
    pub(super) rows: u64,
}

/// The shares of a data file, in the order of its rows; none if the file does not list them for all of its rows.
pub(super) fn shares(file: &DataFile) -> Option<Vec<Share>> {
    let rows = file.rows()?;
    let shares = match file.tag(SHARES) {
        Some(text) => read(text)?,
        None => {
            let copy = file.tag(COPY).map_or(Some(0), |copy| copy.parse().ok())?;
            vec![Share { contribution: file.tag(CONTRIBUTION)?.to_owned(), copy, rows }]
        }
    };
    (shares.iter().try_fold(0_u64, |sum, share| sum.checked_add(share.rows))? == rows).then_some(shares)
}

/// Whether a data file was merged from others.
pub(super) fn is_merged(file: &DataFile) -> bool {
    file.tag(SHARES).is_some()
}

/// The number of shares that a data file lists.
pub(super) fn count(file: &DataFile) -> u64 {
    file.tag(SHARES).map_or(1, |text| 1 + text.bytes().filter(|byte| *byte == b' ').count() as u64)
}

/// Tags `file` as one whose rows all belong to copy number `copy` of a contribution.
pub(super) fn of_one(file: DataFile, contribution: &str, copy: u64) -> DataFile {
    let file = file.with_tag(CONTRIBUTION, contribution);
    if copy > 0 { file.with_tag(COPY, copy.to_string()) } else { file }
}

/// Tags `file` as merged, with rows of these shares.
pub(super) fn of_several(file: DataFile, shares: &[Share]) -> DataFile {
    file.with_tag(SHARES, written(shares))
}

/// The rows of the wanted shares, as ranges.
pub(super) fn stretches(shares: &[Share], is_wanted: &dyn Fn(&Share) -> bool) -> Vec<Range<u64>> {
    let mut stretches: Vec<Range<u64>> = Vec::new();
    let mut at = 0;
    for share in shares {
        let (from, to) = (at, at + share.rows);
        at = to;
        match stretches.last_mut() {
            _ if !is_wanted(share) => {}
            Some(last) if last.end == from => last.end = to,
            _ => stretches.push(from..to),
        }
    }
    stretches
}

/// The part of a contribution's name before the first `-`: the run that counted it, which many shares of a file have in common.
fn run_of(contribution: &str) -> &str {
    contribution.split_once('-').map_or("", |(run, _)| run)
}

/// The text of the tag: `RUN-NUMBER=ROWS`, with `*COPY` before the `=` if there is one. `RUN` is left out if it is the same as
/// in the share before.
fn written(shares: &[Share]) -> String {
    let (mut text, mut run) = (String::new(), "");
    for Share { contribution, copy, rows } in shares {
        let separator = if text.is_empty() { "" } else { " " };
        let of = run_of(contribution);
        let name = if !of.is_empty() && of == run { &contribution[run.len()..] } else { contribution };
        let copy = if *copy > 0 { format!("*{copy}") } else { String::new() };
        text += &format!("{separator}{name}{copy}={rows}");
        run = of;
    }
    text
}

fn read(text: &str) -> Option<Vec<Share>> {
    let (mut shares, mut run) = (Vec::new(), "");
    for share in text.split(' ') {
        let (name, rows) = share.split_once('=')?;
        let (name, copy) = match name.split_once('*') {
            Some((name, copy)) => (name, copy.parse().ok()?),
            None => (name, 0),
        };
        let contribution = match name.starts_with('-') {
            true => format!("{run}{name}"),
            false => {
                run = run_of(name);
                name.to_owned()
            }
        };
        shares.push(Share { contribution, copy, rows: rows.parse().ok()? });
    }
    Some(shares)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_run_is_written_once() {
        let share = |contribution: &str, copy, rows| Share { contribution: contribution.into(), copy, rows };
        let shares = [
            share("a1-000000", 0, 7),
            share("a1-000001", 2, 1),
            share("b2-f00003.2", 0, 5),
            share("b2-000009", 0, 1),
        ];
        let text = "a1-000000=7 -000001*2=1 b2-f00003.2=5 -000009=1";
        assert_eq!((written(&shares).as_str(), read(text).as_deref()), (text, Some(&shares[..])));
        for wrong in ["", "a1-000000", "a1-000000=", "a1-0=x", "a1-0*=1", "a1-0*x=1"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    fn any_share() -> impl Strategy<Value = Share> {
        let name = prop::sample::select(vec!["a-1", "a-2", "a-f0.2", "ab-1", "b-1-2", "b-1", "c"]);
        (name, 0..3u64, 1..9u64).prop_map(|(name, copy, rows)| Share {
            contribution: name.to_owned(),
            copy,
            rows,
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(shares in prop::collection::vec(any_share(), 1..20)) {
            prop_assert_eq!(read(&written(&shares)), Some(shares));
        }

        #[test]
        fn stretches_have_the_rows_that_are_wanted(shares in prop::collection::vec(any_share(), 0..20)) {
            let is_wanted = |share: &Share| share.copy != 1;
            let each = |share: &Share| std::iter::repeat_n(is_wanted(share), share.rows as usize);
            let rows: Vec<u64> = (0..).zip(shares.iter().flat_map(each)).filter(|row| row.1).map(|row| row.0).collect();
            let stretches = stretches(&shares, &is_wanted);
            prop_assert!(stretches.windows(2).all(|two| two[0].end < two[1].start));
            prop_assert_eq!(stretches.into_iter().flatten().collect::<Vec<_>>(), rows);
        }
    }
}
