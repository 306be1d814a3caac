//! Sides: the two things to compare, and how to turn them into answers.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::CompareOptions;
use super::answer::{ComparedSide, ResultRows};
use super::columns::{Expected, ResultColumns, Shape};
use super::instant::{self, Instants};
use super::names::RoleMap;
use super::result::{Head, ResultFiles};
use crate::calendar::Zone;
use crate::delta::DeltaTable;
use crate::error::{Code, Error, Result};
use crate::job::{Job, ReportSpec, column};
use crate::report::CleanCounts;
use crate::source::InputFile;
use crate::text::escape::quoted;
use crate::text::number::counted;

/// One of the two sides of a comparison.
pub enum Side<'s> {
    /// A result in files.
    Result(ResultFiles),
    /// A job.
    Job(JobSide<'s>),
}

/// A job, its answer, and its inputs.
pub struct JobSide<'s> {
    /// Its name, for people.
    pub name: String,
    /// The job.
    pub job: &'s Job,
    /// The report that is compared.
    pub report: &'s ReportSpec,
    /// Its answer.
    pub answer: JobAnswer<'s>,
    /// Its inputs.
    pub files: &'s [InputFile],
    /// Names of inputs that do not count.
    pub refused: BTreeSet<String>,
}

/// Where a job's answer is.
pub enum JobAnswer<'s> {
    /// Counted now.
    Counted(Arc<CleanCounts>),
    /// Published before.
    Published(&'s DeltaTable),
}

/// Reads both answers. What is known of one side helps to find the columns of the other.
pub(super) fn answers(
    sides: &[Side<'_>; 2],
    options: &CompareOptions,
    zone: &Zone,
    notes: &mut Vec<String>,
) -> Result<[ComparedSide; 2]> {
    let mut answers: [Option<ComparedSide>; 2] = [None, None];
    let mut expected = [Expected::default(), Expected::default()];
    for (at, side) in sides.iter().enumerate() {
        let Side::Job(job) = side else { continue };
        let answer = job.answer(zone)?;
        let named = job.report.values.clone();
        let mut values = named.clone();
        let known: HashSet<&String> = named.iter().collect();
        values.extend(answer.values().into_iter().filter(|value| !known.contains(value)));
        expected[1 - at] = Expected { keys: Some(job.job.source.keys.clone()), named, values };
        answers[at] = Some(answer);
    }
    let mut heads: Vec<(usize, &ResultFiles, Head)> = Vec::new();
    for (at, side) in sides.iter().enumerate() {
        if let Side::Result(result) = side {
            notes.extend(result.warning().map(|warning| format!("warning: {warning}")));
            let head = result.head()?;
            let is_bare = head.names.is_empty() && result.is_whole();
            if head.rows.is_empty() && (is_bare || !head.names.is_empty()) {
                notes.push(format!("warning: {} has no rows", result.name()));
            }
            if is_bare {
                answers[at] = Some(ComparedSide::without_rows(result));
            } else {
                heads.push((at, result, head));
            }
        }
    }
    // A result without rows may have had the columns that the user names.
    if heads.len() == sides.iter().filter(|side| matches!(side, Side::Result(_))).count() {
        check_map(&options.map, &heads)?;
    }
    // Results with a row per value first: their values name the columns of the others.
    let is_wide = |head: &Head, expected: &Expected, name: &str| {
        let columns = ResultColumns::find(name, head, expected, &options.map);
        columns.is_ok_and(|(columns, _)| matches!(columns.shape, Shape::Wide { .. }))
    };
    heads.sort_by_key(|(at, result, head)| is_wide(head, &expected[*at], result.name()));
    for (at, result, head) in heads {
        let (columns, said) = ResultColumns::find(result.name(), &head, &expected[at], &options.map)?;
        let mut instants = Instants::new(zone)?;
        let start = head.names.iter().position(|name| *name == columns.start);
        let of_start = start.into_iter().flat_map(|at| head.values(at));
        let unit = instants.infer_epoch(of_start.filter(|field| instant::whole(field).is_some()));
        let unit = unit.map(|unit| format!(" ({unit} since 1970)")).unwrap_or_default();
        notes.extend(said.iter().map(|line| {
            line.replacen(&columns.start, &format!("{}{unit}", columns.start), usize::from(!unit.is_empty()))
        }));
        let rows = ResultRows { result: (*result).clone(), columns, instants };
        let answer = ComparedSide::of_result(rows, options.held)?;
        if answer.repeated > 0 {
            let rows = counted(answer.repeated, "row");
            notes.push(format!(
                "warning: {}: {rows} of windows that come more than once; their counts are added up",
                answer.name
            ));
        }
        if expected[1 - at].keys.is_none() && expected[1 - at].values.is_empty() && answer.is_long() {
            expected[1 - at].values = answer.values();
        }
        answers[at] = Some(answer);
    }
    match answers {
        [Some(a), Some(b)] => Ok([a, b]),
        _ => Err(Error::bug("a side was not read")),
    }
}

/// Checks that at least one result has each column that the user names.
fn check_map(map: &RoleMap, heads: &[(usize, &ResultFiles, Head)]) -> Result<()> {
    let mut known = HashSet::new();
    let all = heads.iter().flat_map(|(_, _, head)| &head.names).map(String::as_str);
    let names: Vec<&str> = all.filter(|name| known.insert(*name)).collect();
    let is_there = |column: &str| names.iter().any(|name| name.eq_ignore_ascii_case(column));
    match map.columns().find(|column| !is_there(column)) {
        Some(column) => Err(Error::usage(format!("no column {} in either result", quoted(column)))
            .with_code(Code::MissingColumn)
            .with_help(format!("the columns are {}", names.join(", ")))),
        None => Ok(()),
    }
}

impl JobSide<'_> {
    fn answer(&self, zone: &Zone) -> Result<ComparedSide> {
        let mut answer = match &self.answer {
            JobAnswer::Counted(counts) => ComparedSide::of_job(&self.name, self.report, counts)?,
            JobAnswer::Published(table) => {
                let columns = ResultColumns {
                    start: "window_start".to_owned(),
                    end: Some("window_end".to_owned()),
                    shape: Shape::Long {
                        keys: column::of_keys(&self.job.source.keys),
                        count: "count".to_owned(),
                    },
                    measures: self.report.measures.iter().map(column::of_measure).collect(),
                };
                let table = ResultFiles::of_table((*table).clone());
                let rows = ResultRows { result: table, columns, instants: Instants::new(zone)? };
                let mut answer = ComparedSide::of_result(rows, u64::MAX)?;
                answer.take_means(self.report);
                answer
            }
        };
        answer.name.clone_from(&self.name);
        Ok(answer)
    }
}
