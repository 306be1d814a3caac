//! Reports: which rows of a table of several reports are read.

use std::cell::RefCell;

use super::{EachRow, Go, ResultField};
use crate::error::{Code, Error, Help, Result, Setting};
use crate::text::escape::quoted;

/// The rows of one report, in a table whose first column names the report of each row.
pub(super) struct OfReport<'r> {
    name: &'r str,
    wanted: Option<&'r str>,
    /// The reports found so far.
    met: RefCell<Vec<String>>,
}

impl<'r> OfReport<'r> {
    /// The rows of the report `wanted` in the table `name`; `None`: of its only report.
    pub(super) fn new(name: &'r str, wanted: Option<&'r str>) -> Self {
        OfReport { name, wanted, met: RefCell::default() }
    }

    /// Delivers a row if it is of that report.
    ///
    /// # Errors
    /// Usage: there are several reports, and none is named.
    pub(super) fn row(
        &self,
        names: &[String],
        fields: &[ResultField],
        place: &dyn Fn() -> String,
        each: &mut EachRow<'_>,
    ) -> Result<Go> {
        let ([of, start, ..], [ResultField::Text(report), ..]) = (names, fields) else {
            return each(names, fields, place);
        };
        if of != "report" || start != "window_start" {
            return each(names, fields, place);
        }
        let mut met = self.met.borrow_mut();
        if !met.contains(report) {
            met.push(report.clone());
        }
        match (self.wanted, met.as_slice()) {
            (Some(wanted), _) if wanted != report => return Ok(Go::On),
            (None, [one, other, ..]) => {
                return Err(Error::usage(format!("{} has several reports", self.name))
                    .with_code(Code::SeveralReports)
                    .with_help(
                        Help::from("choose one: ").name(Setting::Report).and(format!(" {one} | {other}")),
                    ));
            }
            _ => {}
        }
        drop(met);
        each(names, fields, place)
    }

    /// After all rows are read: an error if no row is of the report that is named.
    pub(super) fn check(&self) -> Result<()> {
        let met = self.met.borrow();
        match self.wanted {
            Some(wanted) if !met.is_empty() && met.iter().all(|report| report != wanted) => {
                let error = Error::usage(format!("{} has no report {}", self.name, quoted(wanted)))
                    .with_code(Code::UnknownReport);
                Err(error.with_help(format!("name one of {}", met.join(", "))))
            }
            _ => Ok(()),
        }
    }
}
