//! Look-ups of a job: from what is written to the tables that are joined to rows.

use std::borrow::Cow;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use super::check::{missing, word_or};
use super::file::{LookupFile, SourceFile};
use super::keyword::{Word, not_among};
use super::save::quoted;
use super::span::{At, Fault};
use super::{Job, Limits, Output};
use crate::codec::{Encoding, Expansion};
use crate::error::{Code, Error, Help, HelpPart, Location, Result, Setting};
use crate::format::{collect, columns_of, endings};
use crate::record::{Collected, Lookup, LookupTable, Unmatched};
use crate::reject::Place;
use crate::settings::Stop;
use crate::source::{self, InputFile};
use crate::storage::{ObjectUrl, Stores};
use crate::text::escape::{for_people, quoted as in_quotes};
use crate::text::number::size;
use crate::text::percent::path_of_file;
use crate::text::shell::word;
use crate::text::suggest::nearest;

/// A look-up as a job describes it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LookupSpec {
    /// The table as written.
    pub(super) path: String,
    /// The columns of rows that are joined on, each with that of the table.
    on: Vec<(String, String)>,
    /// The columns that are named; none: all.
    columns: Vec<String>,
    prefix: String,
    encoding: Encoding,
    unmatched: Unmatched,
    /// The columns that rows get; none: the table was not looked at yet.
    found: Option<Vec<String>>,
    /// Columns that the job names and the first rows lack.
    unseen: Vec<String>,
}

impl LookupFile {
    /// What `users.csv on user` says, or `users.csv on shop,product`, or `users.csv on user=id` where the table calls `id` what rows
    /// call `user`.
    pub fn of_text(text: &str) -> LookupFile {
        let (path, on) = text.rsplit_once(ON).map_or((text, ""), |(path, on)| (path, on));
        let pair = |column: &str| match column.split_once('=') {
            Some((column, of_table)) => (column.trim().to_owned(), of_table.trim().to_owned()),
            None => (column.trim().to_owned(), column.trim().to_owned()),
        };
        let on = on.split(',').filter(|column| !column.trim().is_empty()).map(pair).collect();
        LookupFile { path: Some(path.trim().to_owned()), on, ..LookupFile::default() }
    }
}

/// The word between a table and the columns that are joined on.
const ON: &str = " on ";

/// What is written in `[[source.lookup]]`.
pub(super) fn written(source: &SourceFile) -> Result<Vec<LookupSpec>, Fault> {
    let of = |(at, written): (usize, &LookupFile)| {
        spec(written, source).map_err(|Fault { keys, error }| {
            let at = ["source".to_owned(), "lookup".to_owned(), at.to_string()];
            Fault { keys: at.into_iter().chain(keys).collect(), error }
        })
    };
    source.lookup.iter().enumerate().map(of).collect()
}

fn spec(written: &LookupFile, source: &SourceFile) -> Result<LookupSpec, Fault> {
    let wrong = |what: String| Error::invalid(what);
    let path = written.path.clone().ok_or_else(|| missing("path", "path = \"users.csv\"")).at(&[])?;
    let path = match path_of_file(&path) {
        _ if path.is_empty() => Err(wrong("the path is empty".to_owned())),
        Ok(None) => ObjectUrl::parse(&path).map(|_| None),
        found => found,
    }
    .at(&["path"])?
    .unwrap_or(path);
    if written.on.is_empty() {
        let error = Error::usage("what the table is joined on is missing").with_code(Code::MissingKey);
        return Err(error.with_help("add `on = \"user\"`, or write it behind the table: 'users.csv on user'"))
            .at(&[]);
    }
    for (at, (column, of_table)) in written.on.iter().enumerate() {
        if column.is_empty() || of_table.is_empty() {
            return Err(wrong("the name of a column is empty".to_owned())).at(&["on"]);
        }
        if written.on[..at].iter().any(|(other, _)| other == column) {
            return Err(wrong(format!("`{}` is named twice", for_people(column)))).at(&["on"]);
        }
        if source.derive.iter().any(|(name, _)| name == column) {
            let what =
                format!("`{}` is a derived column, and rows are joined before these", for_people(column));
            return Err(wrong(what).with_help("join on columns of the files, or of look-ups before this one"))
                .at(&["on"]);
        }
    }
    for (at, column) in written.columns.iter().enumerate() {
        if column.is_empty() || written.columns[..at].contains(column) {
            return Err(wrong(format!("`{}` is empty or named twice", for_people(column)))).at(&["columns"]);
        }
    }
    let encoding = written.encoding.as_deref().map(Encoding::of_label).transpose().at(&["encoding"])?;
    Ok(LookupSpec {
        path,
        on: written.on.clone(),
        columns: written.columns.clone(),
        prefix: written.prefix.clone().unwrap_or_default(),
        encoding: encoding.unwrap_or_default(),
        unmatched: word_or(written.unmatched.as_deref(), Unmatched::default()).at(&["unmatched"])?,
        found: None,
        unseen: Vec::new(),
    })
}

impl LookupSpec {
    /// Whether rows get a column with this name, or may get it, if the table was not looked at yet.
    pub(super) fn may_have(&self, name: &str) -> bool {
        let columns = self.found.as_ref().unwrap_or(&self.columns);
        let is_open = self.found.is_none() && self.columns.is_empty() && name.starts_with(&self.prefix);
        is_open || columns.iter().any(|column| self.name(column) == name)
    }

    /// The name that a column of the table has in rows.
    fn name(&self, column: &str) -> String {
        format!("{}{column}", self.prefix)
    }

    /// The names of the columns that rows get, as far as they are known.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        self.found.as_ref().unwrap_or(&self.columns).iter().map(|column| self.name(column))
    }

    /// What is joined, with the columns of the table if they are known, else with those that the job names.
    pub(super) fn lookup(&self) -> Lookup {
        let columns = self.found.as_ref().unwrap_or(&self.columns).iter();
        Lookup {
            on: self.on.clone(),
            columns: columns.map(|column| (self.name(column), column.clone())).collect(),
            unmatched: self.unmatched,
        }
    }

    /// As a job file says it.
    pub(super) fn push(&self, text: &mut String) {
        let list = |columns: &[String]| {
            let columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
            format!("[{}]", columns.join(", "))
        };
        let on = match self.on.iter().all(|(column, of_table)| column == of_table) {
            true => list(&self.on.iter().map(|(column, _)| column.clone()).collect::<Vec<_>>()),
            false => {
                let pairs = self.on.iter().map(|(one, other)| format!("{} = {}", quoted(one), quoted(other)));
                format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
            }
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n[[source.lookup]]\npath = {}\non = {on}", quoted(&self.path));
        if !self.columns.is_empty() {
            let _ = writeln!(text, "columns = {}", list(&self.columns));
        }
        if !self.prefix.is_empty() {
            let _ = writeln!(text, "prefix = {}", quoted(&self.prefix));
        }
        if !self.encoding.is_utf8() {
            let _ = writeln!(text, "encoding = {}", quoted(&self.encoding.name()));
        }
        let unmatched = self.unmatched.word().unwrap_or_default();
        let _ = writeln!(text, "unmatched = {}  # keep, reject or filter", quoted(unmatched));
    }

    /// The files of the table, whose paths start from `root`.
    fn files(&self, root: &Path, stores: &Stores) -> Result<Vec<InputFile>> {
        let source::Listing { files, skipped, .. } =
            source::list(&[&self.path], root, &endings(None), stores)?;
        // Inputs are read without it, and with a warning; rows of a table that are missed change what other rows say.
        if let Some(skipped) = skipped.iter().find(|skipped| skipped.rule.may_hide_rows()) {
            return Err(Error::usage(format!("not all of it can be read: {skipped}"))
                .with_code(Code::UnreadableFormat)
                .with_help("move it away, or name the files of the table by a glob: 'tables/*.csv'"));
        }
        source::are_no_pipes(&files, "a look-up is read more than once")?;
        Ok(files)
    }

    /// Finds out which columns the table has, and checks that it has those that are named.
    fn look(&mut self, files: &[InputFile]) -> Result<()> {
        let (mut all, mut is_open) = (Vec::<String>::new(), false);
        for file in files {
            let (columns, has_others) = columns_of(file, self.encoding)?;
            is_open |= has_others;
            let new: Vec<String> = columns.into_iter().filter(|column| !all.contains(column)).collect();
            all.extend(new);
        }
        if all.is_empty() && !is_open {
            return Err(Error::usage("the table has no columns: it is empty")
                .with_code(Code::MissingColumn)
                .with_help("write it with a line that names its columns, at least"));
        }
        let known: Vec<&str> = all.iter().map(String::as_str).collect();
        for column in self.on.iter().map(|(_, column)| column).chain(&self.columns) {
            // Later rows of JSON may have columns that the first ones do not.
            let may_have = is_open && nearest(column, known.iter().copied()).is_none();
            match all.contains(column) {
                true => {}
                false if may_have => self.unseen.push(column.clone()),
                false => {
                    return Err(
                        not_among(column, "column of the table", &known).with_code(Code::MissingColumn)
                    );
                }
            }
        }
        let joined = |column: &String| self.on.iter().any(|(_, on)| on == column);
        let found = match self.columns.is_empty() {
            true => all.into_iter().filter(|column| !joined(column)).collect(),
            false => self.columns.clone(),
        };
        self.found = Some(found);
        Ok(())
    }
}

/// An error about the table of a look-up.
fn within(spec: &LookupSpec, error: Error) -> Error {
    let path = for_people(&spec.path);
    // Settings apply to inputs; how a look-up is read is detected from its content.
    let parts = error.help().map(Help::parts).unwrap_or_default();
    let setting = parts.iter().find_map(|part| match part {
        HelpPart::Name(setting) | HelpPart::Set(setting, _) => Some(setting),
        HelpPart::Changed(changes) => changes.first().map(|(setting, _)| setting),
        _ => None,
    });
    let error = match setting {
        Some(Setting::Encoding) => {
            let file = word(&*spec.path);
            error.with_help(format!("say its encoding in the job: encoding = \"latin1\" in [[source.lookup]]; or convert it: iconv -f latin1 -t utf-8 {file} > utf8.csv"))
        }
        None | Some(Setting::LookupBytesMax) => error,
        Some(_) => {
            error.with_help("write it as plain CSV: a line that names the columns, and a line for each row")
        }
    };
    let error = match error.message().strip_prefix(&*path).is_some_and(|rest| rest.starts_with(": ")) {
        true => error.about("the look-up"),
        false => error.within(format!("the look-up {path}")),
    };
    error.at(Location::of(&*spec.path))
}

/// Refuses a table that is part of the job's output: a run would change what it has read.
fn check_output(output: &Output, files: &[InputFile]) -> Result<()> {
    let url = output.url()?.map(|url| url.identity(&url.folder()));
    let folder = output.path.canonicalize().ok();
    let is_written = |file: &InputFile| match (&url, &folder) {
        (Some(url), _) => file.object.is_some() && file.path.to_string_lossy().starts_with(url.as_str()),
        (None, Some(folder)) => file.path.canonicalize().is_ok_and(|path| path.starts_with(folder)),
        (None, None) => false,
    };
    if !files.iter().any(is_written) {
        return Ok(());
    }
    Err(Error::usage("it is a part of the output of this job")
        .with_code(Code::OutputConflict)
        .with_help("join a table that another job writes, or a copy"))
}

impl Job {
    /// The job with the tables of its look-ups, which are read unless that was done before.
    ///
    /// # Errors
    /// Usage: a table or a column is missing, or several columns have one name. Data: a table cannot be read, or has a key twice.
    /// Limit: a table is too large.
    pub fn with_lookups(&self, stop: &Stop) -> Result<Cow<'_, Job>> {
        let records = &self.source.records;
        if records.rules.as_ref().is_none_or(|rules| !rules.lacks_tables()) {
            return Ok(Cow::Borrowed(self));
        }
        let mut job = self.clone();
        let mut specs = records.lookups.clone();
        let (mut files, stores) = (Vec::with_capacity(specs.len()), self.stores());
        for spec in &mut specs {
            let of_table = spec.files(&self.source.root, &stores).map_err(|error| within(spec, error))?;
            self.output
                .as_ref()
                .map_or(Ok(()), |output| check_output(output, &of_table))
                .and_then(|()| spec.look(&of_table))
                .map_err(|error| within(spec, error))?;
            files.push(of_table);
        }
        job.source.records.lookups = specs;
        job.source.make_rules()?;
        let Some(rules) = job.source.records.rules.take() else {
            return Err(Error::bug("a job with look-ups has no rules for records"));
        };
        let (mut tables, mut bytes_left) = (Vec::with_capacity(files.len()), self.limits.lookup_bytes);
        for (number, (spec, files)) in job.source.records.lookups.iter().zip(&files).enumerate() {
            let columns = rules.columns_read(number);
            let (table, bytes) = read(spec, files, &columns, (bytes_left, &self.limits), stop)
                .map_err(|error| within(spec, error))?;
            bytes_left = bytes_left.saturating_sub(bytes);
            tables.push(table);
        }
        let rules = Arc::unwrap_or_clone(rules).with_tables(tables);
        job.source.records.rules = Some(Arc::new(rules));
        Ok(Cow::Owned(job))
    }
}

/// Reads these columns of a look-up's `files`. Returns its table, and the number of bytes that it holds.
fn read(
    spec: &LookupSpec,
    files: &[InputFile],
    columns: &[String],
    (bytes_left, limits): (u64, &Limits),
    stop: &Stop,
) -> Result<(Arc<LookupTable>, u64)> {
    let expansion = Expansion { ratio: limits.expansion, bytes: limits.unpacked_bytes };
    let mut rows = Collected::new(columns.len(), bytes_left);
    let mut ends = Vec::with_capacity(files.len());
    for file in files {
        rows = collect(file, (columns, spec.encoding), rows, expansion, stop)?;
        ends.push(rows.rows());
        if rows.is_past_limit() {
            let most = limits.lookup_bytes;
            return Err(Error::limit(format!(
                "it has more bytes than the limit of {} for all look-ups",
                size(most)
            ))
            .with_code(Code::LookupTooLarge)
            .with_help("name the columns that are needed, leave out rows that are not, or raise the limit:")
            .set(Setting::LookupBytesMax, most.saturating_mul(2).to_string()));
        }
    }
    let on = spec.on.len();
    let mut table = LookupTable::new(on, columns.len() - on);
    // The numbers, among all rows read, of the rows that are in the table.
    let mut numbers: Vec<usize> = Vec::with_capacity(rows.rows());
    for row in 0..rows.rows() {
        let text = |column: usize| rows.text(row, column);
        // An empty key is null, which matches no row.
        if (0..on).any(|column| text(column).is_empty()) {
            continue;
        }
        match table.add((0..on).map(text), (on..columns.len()).map(text)) {
            Ok(()) => numbers.push(row),
            Err(known) => {
                let places = [numbers[known as usize], row].map(|row| place(row, &rows, &ends, files));
                let of: Vec<String> = (0..on)
                    .map(|column| {
                        let value = String::from_utf8_lossy(text(column)).into_owned();
                        format!("{} {}", for_people(&columns[column]), in_quotes(value))
                    })
                    .collect();
                let [first, again] = places;
                return Err(Error::data(format!("{first} and {again} have the same key: {}", of.join(", ")))
                    .with_code(Code::RepeatedKey)
                    .with_help("leave one of them out, or join on more columns: a row can have one match"));
            }
        }
    }
    check_unseen(spec, columns, &rows)?;
    Ok((table.finish(), rows.size()))
}

/// An error for a column that no row has, which is possible in JSON.
fn check_unseen(spec: &LookupSpec, columns: &[String], rows: &Collected) -> Result<()> {
    let is_empty = |column: usize| (0..rows.rows()).all(|row| rows.text(row, column).is_empty());
    let unseen = columns.iter().enumerate().filter(|(_, name)| spec.unseen.contains(name));
    match unseen.into_iter().find(|(column, _)| rows.rows() > 0 && is_empty(*column)) {
        None => Ok(()),
        Some((_, name)) => Err(Error::usage(format!("no row has a column {}", in_quotes(name)))
            .with_code(Code::MissingColumn)
            .with_help("name columns that the table has")),
    }
}

/// The place of a row, in words.
fn place(row: usize, rows: &Collected, ends: &[usize], files: &[InputFile]) -> String {
    let file = ends.partition_point(|end| *end <= row);
    let of = match files {
        [_] => String::new(),
        files => files.get(file).map(|file| format!("{}, ", file.name)).unwrap_or_default(),
    };
    match rows.place(row) {
        Place::Line { line, .. } => format!("{of}line {line}"),
        Place::Row(row) => format!("{of}row {row}"),
    }
}
