//! Look-back: which folders are not listed, because their names are days too long ago, and which files are known to be in them.
//!
//! Only names say the day: `2024-02-29`, `2024-02`, `date=2024-02-29` with any key, `date=20240229` (also `dt`, `ds`, `day`), the folders
//! `year=2024/month=02/day=29`, and `2024/02/29`, where only the third folder is a day.

use std::collections::HashSet;
use std::sync::Arc;

use crate::calendar::{date_of, day_of};
use crate::storage::FileVersion;

/// Which folders are too old to be listed.
#[derive(Clone, Debug)]
pub struct LookBack {
    /// The first day that is listed, in days since 1970-01-01.
    first_day: i64,
    /// The files that are known from earlier runs, sorted by identity.
    known: Vec<(Arc<str>, FileVersion)>,
    /// The folders that contain folders of days, written as the beginnings of identities, with a `/` at the end.
    above: HashSet<String>,
}

/// A folder that was not listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[non_exhaustive]
pub struct UnlistedFolder {
    /// The folder.
    pub folder: String,
    /// How many known files in it count as unchanged.
    pub files: u64,
}

impl LookBack {
    /// Lists folders from `days` before the newest day on. The newest day is that of the newest folder with a `known` file, but `today` at the
    /// latest. None if no known file is in a folder of a day.
    pub fn new(days: u32, today: i64, mut known: Vec<(Arc<str>, FileVersion)>) -> Option<Self> {
        known.sort_by(|(one, _), (other, _)| one.cmp(other));
        let (mut above, mut newest) = (HashSet::new(), None);
        let mut last_folder = "";
        for (identity, _) in &known {
            let folder = identity.rfind('/').map_or("", |end| &identity[..=end]);
            if folder == last_folder {
                continue;
            }
            last_folder = folder;
            let (mut begin, mut innermost) = (0, None);
            for (end, _) in folder.match_indices('/') {
                if let Some(day) = last_day(&folder[..=end]) {
                    innermost = Some(day.min(today));
                    above
                        .extend(folder[..begin].match_indices('/').map(|(end, _)| folder[..=end].to_owned()));
                }
                begin = end + 1;
            }
            newest = newest.max(innermost);
        }
        newest.map(|newest| LookBack { first_day: newest - i64::from(days), known, above })
    }

    /// The report on `folders`, which were not listed.
    pub(super) fn unlisted(&self, mut folders: Vec<UnlistedFolder>) -> Unlisted {
        folders.sort();
        folders.dedup();
        Unlisted { before: self.since(), folders }
    }

    /// The first day that is listed, as a date.
    fn since(&self) -> String {
        let (year, month, day) = date_of(self.first_day);
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// Whether `folder` is too old to be listed: its day is before the first one that is, and its parent contains folders of days with known
    /// files. `folder` is written as the beginning of its files' identities, with a `/` at the end.
    pub(super) fn leaves_out(&self, folder: &str) -> bool {
        let around = folder.trim_end_matches('/').rfind('/').map_or("", |end| &folder[..=end]);
        last_day(folder).is_some_and(|day| day < self.first_day) && self.leads_to_days(around)
    }

    /// Whether `folder` contains folders of days with known files.
    pub(super) fn leads_to_days(&self, folder: &str) -> bool {
        self.above.contains(folder)
    }

    /// The known files in `folder`, at any depth.
    pub(super) fn known_in(&self, folder: &str) -> impl Iterator<Item = &(Arc<str>, FileVersion)> {
        let begin = self.known.partition_point(|(identity, _)| &**identity < folder);
        self.known[begin..].iter().take_while(move |(identity, _)| identity.starts_with(folder))
    }
}

/// The folders that were not listed, and the date that their days are before.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Unlisted {
    /// The date: folders of days before it were not listed.
    pub before: String,
    /// These folders, sorted.
    pub folders: Vec<UnlistedFolder>,
}

impl Unlisted {
    /// How many known files count as unchanged.
    pub fn files(&self) -> u64 {
        self.folders.iter().map(|folder| folder.files).sum()
    }
}

/// The last day that a folder stands for, by its name and the names of the folders above it.
fn last_day(folder: &str) -> Option<i64> {
    let mut names = folder.trim_end_matches('/').rsplit('/');
    let name = names.next()?;
    let Some((key, value)) = name.split_once('=') else {
        let (month, year) = (names.next(), names.next());
        return iso(name).or_else(|| last_of(digits(year?, 4)?, digits(month?, 2)?, digits(name, 2)?));
    };
    let mut above = |key: &str| names.next()?.strip_prefix(key)?.strip_prefix('=');
    match key {
        "year" => last_of(digits(value, 4)?, 12, 31),
        "month" if digits(value, 1).is_some() || digits(value, 2).is_some() => {
            last_of_month(digits(above("year")?, 4)?, value.parse().ok()?)
        }
        "day" if value.len() <= 2 => {
            let (month, year) = (above("month")?, above("year")?);
            last_of(digits(year, 4)?, month.parse().ok()?, digits(value, value.len())?)
        }
        "date" | "dt" | "ds" | "day" if value.len() == 8 => {
            let all = digits(value, 8)?;
            last_of(all / 10_000, all / 100 % 100, all % 100)
        }
        _ => iso(value),
    }
}

/// The last day of `2024-02-29` or `2024-02`.
fn iso(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let (year, month, day) = (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, parts.next());
    match (day, parts.next()) {
        (Some(day), None) => last_of(year, month, digits(day, 2)?),
        (None, _) => last_of_month(year, month),
        _ => None,
    }
}

fn digits(text: &str, count: usize) -> Option<i64> {
    let is_number = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

fn last_of_month(year: i64, month: i64) -> Option<i64> {
    let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    (1..=12).contains(&month).then(|| day_of(next_year, next_month, 1) - 1)
}

/// The day of a date, in days since 1970-01-01; none if the calendar does not have it.
fn last_of(year: i64, month: i64, day: i64) -> Option<i64> {
    let found = day_of(year, month.clamp(1, 12), day);
    (date_of(found) == (year, month, day)).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(names: &[&str]) -> Vec<(Arc<str>, FileVersion)> {
        names.iter().map(|name| (Arc::from(*name), FileVersion::default())).collect()
    }

    #[test]
    fn folders_are_days_by_their_names() {
        for (folder, date) in [
            ("logs/2024-02-29/", Some((2024, 2, 29))),
            ("logs/2024-02/", Some((2024, 2, 29))),
            ("s3://b/date=2024-12-31/", Some((2024, 12, 31))),
            ("any=2024-12-31/", Some((2024, 12, 31))),
            ("dt=20241231/", Some((2024, 12, 31))),
            ("year=2024/", Some((2024, 12, 31))),
            ("year=2024/month=2/", Some((2024, 2, 29))),
            ("year=2024/month=12/", Some((2024, 12, 31))),
            ("year=2024/month=02/day=05/", Some((2024, 2, 5))),
            ("a/2024/02/05/", Some((2024, 2, 5))),
            // Numbers that may mean something else than a date.
            ("customers/2024/", None),
            ("customers/2024/02/", None),
            ("20240205/", None),
            ("user=20240205/", None),
            ("year=24/", None),
            ("month=02/", None),
            ("year=2024/month=13/", None),
            ("year=2024/x=1/day=05/", None),
            ("2023-02-29/", None),
            ("2024-02-05T00/", None),
            ("hour=05/", None),
            ("", None),
        ] {
            let expected = date.map(|(year, month, day)| day_of(year, month, day));
            assert_eq!(last_day(folder), expected, "{folder}");
        }
    }

    #[test]
    fn the_newest_known_day_or_today_decides() {
        let names = ["in/date=2024-01-01/a", "in/date=2024-01-09/a", "in/date=2099-01-01/a", "in/b"];
        for (today, known_of, since) in [
            (day_of(2024, 3, 1), &names[..2], "2024-01-02"),
            (day_of(2024, 1, 5), &names[..2], "2023-12-29"),
            // A day in the future does not hide the days before it.
            (day_of(2024, 3, 1), &names[..], "2024-02-23"),
        ] {
            let look_back = LookBack::new(7, today, known(known_of)).unwrap();
            assert_eq!(look_back.since(), since);
        }
        assert!(LookBack::new(7, day_of(2024, 3, 1), known(&names[3..])).is_none());
    }

    #[test]
    fn old_folders_are_left_out_with_what_is_known_in_them() {
        let names = [
            "in/date=2024-01-01/a",
            "in/date=2024-01-02/a",
            "in/date=2024-01-02/h=1/b",
            "in/date=2024-01-09/a",
        ];
        let look_back = LookBack::new(7, day_of(2024, 3, 1), known(&names)).unwrap();
        assert!(look_back.leaves_out("in/date=2024-01-01/") && !look_back.leaves_out("in/date=2024-01-02/"));
        assert!(!look_back.leaves_out("new/date=2024-01-01/"), "all of it is new");
        assert!(look_back.leads_to_days("in/") && !look_back.leads_to_days("in/date=2024-01-02/"));
        let found: Vec<&str> = look_back.known_in("in/date=2024-01-02/").map(|(name, _)| &**name).collect();
        assert_eq!(found, names[1..3]);
    }
}
