//! Duplicates: files with the content of one that counts already, in a run without a ledger.

use hashbrown::{HashMap, HashSet};

use crate::engine::{Contribution, FingerprintWish};
use crate::error::{Code, Error, Kind, Result, Setting};
use crate::fingerprint::Fingerprint;
use crate::job::{Duplicates, Job, PathValues};
use crate::settings::Stop;
use crate::source::{InputFile, fingerprint_of};
use crate::storage::{MemoryTable, Opened};

/// Finds files with the content of one that counts already, where only one of them may count.
#[derive(Default)]
pub(super) struct DuplicateCheck {
    /// Whether there are files that could be twins.
    is_on: bool,
    /// The sizes that several files have. An engine that reads such a file hashes it meanwhile. Others are hashed only if their content
    /// turns out to have the size of another's, as that of a compressed file may.
    sizes: HashSet<u64>,
    /// The files that count, by the size of their content.
    counted: HashMap<u64, SameSize>,
    /// The tables in memory that count.
    tables: Vec<InputFile>,
    stop: Stop,
}

/// The files that count and whose content has one size.
#[derive(Default)]
struct SameSize {
    /// The names of those with a fingerprint.
    hashed: HashMap<Fingerprint, String>,
    /// The others. Files of equal content have equal rows, so they are hashed only when rows are met again.
    unhashed: HashMap<RowFacts, FileContent>,
    /// The rows of all.
    rows: HashSet<RowFacts>,
}

/// What a count says of the rows of a file.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct RowFacts {
    read: u64,
    events: u64,
    span_us: Option<(i64, i64)>,
}

/// What is in a file that counts.
struct FileContent {
    file: InputFile,
    /// What its path says: rows that are equal in files of other paths are other events.
    path: PathValues,
    opened: Opened,
    bytes: u64,
}

impl DuplicateCheck {
    pub(super) fn among(job: &Job, files: &[InputFile], stop: &Stop) -> Self {
        let mut check = DuplicateCheck { stop: stop.clone(), ..DuplicateCheck::default() };
        if job.source.duplicates == Duplicates::Refuse && files.len() > 1 {
            check.is_on = true;
            let mut met = HashSet::new();
            check.sizes =
                files.iter().map(|file| file.version.size_bytes).filter(|size| !met.insert(*size)).collect();
        }
        check
    }

    pub(super) fn wish(&self, file: &InputFile) -> FingerprintWish {
        match file.pipe {
            _ if !self.is_on || file.memory.is_some() => FingerprintWish::No,
            // A pipe can be hashed only while it is read.
            Some(_) => FingerprintWish::Needed,
            None if self.sizes.contains(&file.version.size_bytes) => FingerprintWish::IfRead,
            None => FingerprintWish::No,
        }
    }

    /// Why this file is refused: it has the content of one that counts, or that cannot be told, because one of them cannot be read
    /// any more or has changed. A file without rows has no twin.
    ///
    /// # Errors
    /// The run was stopped.
    pub(super) fn find(
        &mut self,
        file: &InputFile,
        path: PathValues,
        contribution: &Contribution,
    ) -> Result<Option<Error>> {
        let tally = &contribution.tally;
        if !self.is_on || tally.read == tally.ignored() {
            return Ok(None);
        }
        if let Some(table) = &file.memory {
            return Ok(self.find_table(file, table));
        }
        let rows = RowFacts { read: tally.read, events: tally.counted, span_us: contribution.span_us };
        let same_size = self.counted.entry(tally.bytes_total).or_default();
        let opened = contribution.opened.clone();
        let content = || FileContent { file: file.clone(), path, opened, bytes: tally.bytes_total };
        let is_met = !same_size.rows.insert(rows);
        let fingerprint = match contribution.fingerprint {
            None if !is_met => {
                same_size.unhashed.insert(rows, content());
                return Ok(None);
            }
            None => match content().fingerprint(&self.stop) {
                Err(error) if error.kind() == Kind::Storage => return Ok(Some(error)),
                fingerprint => fingerprint?,
            },
            Some(fingerprint) => fingerprint,
        };
        if let Some(other) = same_size.unhashed.remove(&rows) {
            match other.fingerprint(&self.stop) {
                Err(error) if error.kind() == Kind::Storage => {
                    same_size.unhashed.insert(rows, other);
                    return Ok(Some(not_compared(&file.name, &error)));
                }
                fingerprint => same_size.hashed.insert(fingerprint?, other.file.name),
            };
        }
        Ok(match same_size.hashed.entry(fingerprint) {
            hashbrown::hash_map::Entry::Occupied(twin) => Some(same_content(&file.name, twin.get())),
            hashbrown::hash_map::Entry::Vacant(free) => {
                free.insert(file.name.clone());
                None
            }
        })
    }

    /// The same for a table in memory. Tables are not hashed but compared, which ends at the first row that differs.
    fn find_table(&mut self, file: &InputFile, table: &MemoryTable) -> Option<Error> {
        let is_same = |other: &&InputFile| other.memory.as_ref().is_some_and(|other| table.equals(other));
        if let Some(twin) = self.tables.iter().find(is_same) {
            return Some(same_content(&file.name, &twin.name));
        }
        self.tables.push(file.clone());
        None
    }
}

impl FileContent {
    /// The fingerprint of its bytes, which is taken now.
    fn fingerprint(&self, stop: &Stop) -> Result<Fingerprint> {
        let fingerprint = fingerprint_of(&self.file, self.bytes, &self.opened.version, false, stop)
            .map_err(|error| error.within(&self.file.name))?;
        Ok(Fingerprint(self.path.with(fingerprint.0)))
    }
}

/// The refusal of a file whose rows are like those of one that counts and cannot be read any more.
fn not_compared(name: &str, error: &Error) -> Error {
    Error::new(Kind::Storage, format!("{name}: its content may be that of a file that counts: {error}"))
        .with_code(error.code())
        .with_help("run again when nothing writes to the files, or count both:")
        .set(Setting::Duplicates, "count")
}

fn same_content(name: &str, twin: &str) -> Error {
    Error::data(format!("{name}: its content is that of {twin}, which counts"))
        .with_code(Code::SameContent)
        .with_help("leave one of them out, or count both:")
        .set(Setting::Duplicates, "count")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Counts;
    use crate::fingerprint::EndHashes;
    use crate::storage::FileVersion;
    use crate::tally::Tally;

    fn job() -> Job {
        let text = "name = 'a'\nversion = 1\n[source]\npath = 'in'\ntime = 't'\nkeys = ['x']\n[reports.r]\nevery = '1h'\n";
        Job::from_toml(text, std::path::Path::new("job.toml")).unwrap()
    }

    /// A file of 8 bytes.
    fn file(folder: &std::path::Path, name: &str, content: &[u8; 8]) -> InputFile {
        let path = folder.join(name);
        std::fs::write(&path, content).unwrap();
        let version = FileVersion::of(&path.metadata().unwrap());
        InputFile { name: name.to_owned(), path, version, ..InputFile::default() }
    }

    /// What was counted of it: so many events, from one time on.
    fn contribution(job: &Job, file: &InputFile, events: u64, from_us: i64) -> Contribution {
        Contribution {
            counts: Counts::new(1, &job.limits, 0),
            tally: Tally { read: events, counted: events, bytes_total: 8, ..Tally::default() },
            span_us: Some((from_us, from_us + 1)),
            fingerprint: None,
            lines: None,
            opened: Opened { version: file.version.clone(), at_us: 0 },
            proof: None,
            ends: EndHashes::default(),
            proven: None,
            events: Vec::new(),
        }
    }

    fn check(job: &Job, files: &[&InputFile]) -> DuplicateCheck {
        let files: Vec<InputFile> = files.iter().map(|file| (*file).clone()).collect();
        DuplicateCheck::among(job, &files, &Stop::default())
    }

    fn twin_of(found: Result<Option<Error>>) -> Option<String> {
        let error = found.unwrap()?;
        assert_eq!(error.code(), Code::SameContent);
        Some(error.to_string())
    }

    #[test]
    fn files_are_read_again_only_if_their_rows_are_alike() {
        let (folder, job) = (tempfile::tempdir().unwrap(), job());
        let [a, b, c, d] = [("a", b"12345678"), ("b", b"87654321"), ("c", b"12345678"), ("d", b"1234567x")]
            .map(|(name, content)| file(folder.path(), name, content));
        let mut check = check(&job, &[&a, &b, &c, &d]);
        assert_eq!(check.wish(&a), FingerprintWish::IfRead);
        let mut find = |file: &InputFile, events, from_us| {
            twin_of(check.find(file, PathValues::default(), &contribution(&job, file, events, from_us)))
        };
        assert_eq!(find(&a, 2, 0), None);
        // It could not be hashed.
        std::fs::remove_file(&b.path).unwrap();
        assert_eq!(find(&b, 3, 0), None);
        assert_eq!(find(&c, 2, 0), Some("c: its content is that of a, which counts".to_owned()));
        assert_eq!(find(&d, 2, 0), None);
        assert_eq!(find(&c, 2, 7), None);
        // With rows like those of a file that is gone, a file is refused, and so is one that is gone itself.
        let mut found = |file: &InputFile| {
            let found = check.find(file, PathValues::default(), &contribution(&job, file, 3, 0));
            found.unwrap().map(|error| (error.kind(), error.to_string()))
        };
        let (kind, message) = found(&d).unwrap();
        assert_eq!(kind, Kind::Storage);
        assert!(message.starts_with("d: its content may be that of a file that counts: b: "), "{message}");
        assert!(found(&b).is_some_and(|(kind, message)| kind == Kind::Storage && message.starts_with("b: ")));
    }

    #[test]
    fn a_file_that_was_hashed_is_compared_with_one_that_was_not() {
        let (folder, job) = (tempfile::tempdir().unwrap(), job());
        let [a, b, c] = ["a", "b", "c"].map(|name| file(folder.path(), name, b"12345678"));
        let mut check = check(&job, &[&a, &b, &c]);
        let hashed = |file: &InputFile| Contribution {
            fingerprint: Some(Fingerprint::of(b"12345678")),
            ..contribution(&job, file, 2, 0)
        };
        let mut find = |file: &InputFile, of| twin_of(check.find(file, PathValues::default(), &of));
        assert_eq!(find(&a, contribution(&job, &a, 2, 0)), None);
        assert!(find(&b, hashed(&b)).is_some_and(|twin| twin.contains("that of a,")));
        assert!(find(&c, contribution(&job, &c, 2, 0)).is_some_and(|twin| twin.contains("that of a,")));
        // A path that says something makes other events of the same bytes.
        let path = PathValues { time: Some("2024-01-01".to_owned()), ..PathValues::default() };
        assert_eq!(twin_of(check.find(&c, path, &contribution(&job, &c, 2, 0))), None);
    }
}
