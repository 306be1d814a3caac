//! Reports of a job: from `[reports.NAME]` as written to a checked question.

use super::check::{missing, never_occurs, not_named, zone_or_utc};
use super::file::{ReportFile, TopFile};
use super::keyword::Word;
use super::literal::{instant_of_person_us, instant_us};
use super::span::{At, Fault};
use super::{Fill, Moving, ReportSpec, TableShape, Top, column, measures, moving};
use crate::calendar::{DAY_US, Step, Unit, Weekday};
use crate::error::{Error, Result};
use crate::event::Cleaning;
use crate::text::escape::for_people;

/// Most windows that may hold one instant.
const OVERLAP_MAX: u32 = 100_000;

/// The column of what is outside the named values.
const OTHER_COLUMN: &str = "other_count";

impl ReportFile {
    /// The report `name` over `keys`, which are cleaned by `cleaning`.
    pub(super) fn check(
        &self,
        name: &str,
        keys: &[String],
        cleaning: &[Cleaning],
    ) -> Result<ReportSpec, Fault> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if name.is_empty() || !name.chars().all(is_plain) {
            let error = Error::invalid(format!("`{}` cannot be a report's name", for_people(name)));
            return Err(error.with_help("use letters, digits, `_` and `-`")).at(&["reports", name]);
        }
        let (every, size) = self.steps(name)?;
        let offset = self.offset.as_deref().filter(|text| !is_no_time(text));
        let offset = offset.map(|text| offset_of(text, every)).transpose();
        let zone = zone_or_utc(self.zone.as_deref()).at(&["reports", name, "zone"])?;
        let instant = |text: Option<&str>| text.map(|text| instant_us(text, &zone)).transpose();
        let mut report = ReportSpec {
            name: name.to_owned(),
            every,
            size,
            offset: offset.at(&["reports", name, "offset"])?,
            week_start: self.week_start(every).at(&["reports", name, "week_start"])?,
            values: self.values.clone(),
            measures: measures::measures(&self.measures, name)?,
            top: self
                .top
                .as_ref()
                .map(|top| top.check(&self.values))
                .transpose()
                .at(&["reports", name, "top"])?,
            peaks: None,
            moving: Moving::default(),
            fill: self.fill.as_deref().map(Fill::of_word).transpose().at(&["reports", name, "fill"])?,
            from_us: instant(self.from.as_deref()).at(&["reports", name, "from"])?,
            to_us: instant(self.to.as_deref()).at(&["reports", name, "to"])?,
            shape: self
                .shape
                .as_deref()
                .map(TableShape::of_word)
                .transpose()
                .at(&["reports", name, "shape"])?,
            zone,
        };
        if let (Some(from_us), Some(to_us)) = (report.from_us, report.to_us)
            && from_us >= to_us
        {
            return Err(Error::invalid("from is not before to")).at(&["reports", name, "from"]);
        }
        check_values(&report, keys, cleaning)?;
        check_shape(&report)?;
        report.peaks = match &self.peaks {
            None => None,
            Some(peaks) => Some(peaks.check(&report, (keys, cleaning))?),
        };
        report.moving = self.moving(&report)?;
        measures::check_columns(&report, keys)?;
        moving::check_columns(&report, keys)?;
        Ok(report)
    }

    fn week_start(&self, every: Step) -> Result<Weekday> {
        let day = self.week_start.as_deref().map_or(Ok(Weekday::default()), Weekday::of_word)?;
        match every.unit == Unit::Week || day == Weekday::default() {
            true => Ok(day),
            false => Err(Error::invalid(format!("steps of {every} are not weeks, so no day begins them"))
                .with_help("leave it out, or use steps of weeks, such as 1w")),
        }
    }

    /// Step and size.
    fn steps(&self, name: &str) -> Result<(Step, Step), Fault> {
        let every = self.every.as_deref().ok_or_else(|| missing("every", "every = \"10m\""));
        let every: Step = every.and_then(str::parse).at(&["reports", name, "every"])?;
        let size = self.size.as_deref().map_or(Ok(every), str::parse).at(&["reports", name, "size"])?;
        let wrong = match size.steps_of(every) {
            0 => format!("size {size} is not a whole number of steps of {every}"),
            overlap if overlap > OVERLAP_MAX => {
                format!("size {size} every {every} puts each event into {overlap} windows")
            }
            _ => return Ok((every, size)),
        };
        let help = "a size is a whole number of steps of its kind, at most 100,000: by the clock (ms s m h), by days (d w) or by months (mo q y)";
        Err(Error::invalid(wrong).with_help(help)).at(&["reports", name, "size"])
    }
}

/// Whether a text is the time 0, with or without a unit.
fn is_no_time(text: &str) -> bool {
    let unit = text.trim_start_matches('0');
    unit.len() < text.len()
        && !unit.starts_with(|c: char| c.is_ascii_digit())
        && (unit.is_empty() || format!("1{unit}").parse::<Step>().is_ok())
}

/// How much later windows begin: less than a step by the clock, and less than a day.
fn offset_of(text: &str, every: Step) -> Result<Step> {
    let offset: Step = text.parse()?;
    let most_us = every.fixed_us().unwrap_or(DAY_US).min(DAY_US);
    match offset.fixed_us() {
        Some(us) if us < most_us => Ok(offset),
        _ => Err(Error::invalid(format!("windows every {every} cannot begin {offset} later"))
            .with_help("an offset is in h, m, s or ms, and less than a step and than a day")),
    }
}

impl TopFile {
    /// What is asked of a report that names these values: `by` is one of them, or a measure, or a value that is not named.
    fn check(&self, values: &[String]) -> Result<Top> {
        let n = self.n.ok_or_else(|| missing("top.n", "n = 10"))?;
        let by = self.by.clone();
        let measure = by
            .as_slice()
            .iter()
            .filter(|by| !values.contains(by))
            .flat_map(|by| measures::readable(std::slice::from_ref(by)))
            .next();
        let by = by.filter(|_| measure.is_none());
        match usize::try_from(n) {
            Ok(n) if n > 0 => Ok(Top { by, measure, n }),
            _ => Err(Error::invalid("top.n is 0, which shows nothing").with_help("write 1 or more")),
        }
    }
}

impl ReportSpec {
    /// The instant that a person writes in a command, by this report's clock where it has no offset.
    ///
    /// # Errors
    /// Usage: it is not a time.
    pub fn instant(&self, text: &str) -> Result<i64> {
        instant_of_person_us(text, &self.zone)
    }

    /// The same report in `shape`.
    ///
    /// # Errors
    /// Usage: the report cannot be wide, as it names no values or two of them need one column.
    pub fn in_shape(self, shape: TableShape) -> Result<Self, Fault> {
        let report = ReportSpec { shape: Some(shape), ..self };
        check_shape(&report).map(|()| report)
    }

    /// What windows without events show in exports of this report over `keys` keys. Unless the user chose, they show
    /// zeros where a window is one row, and are left out where it is a row per value that occurs.
    pub fn fill(&self, keys: usize) -> Fill {
        let has_row_per_value = self.shape() == TableShape::Long && keys > 0;
        self.fill.unwrap_or(if has_row_per_value { Fill::None } else { Fill::Zero })
    }

    /// Wide when values are named and nothing else was asked for.
    pub fn shape(&self) -> TableShape {
        self.shape.unwrap_or(if self.values.is_empty() { TableShape::Long } else { TableShape::Wide })
    }
}

/// Values and `top.by` name values that the one key can have.
fn check_values(report: &ReportSpec, keys: &[String], cleaning: &[Cleaning]) -> Result<(), Fault> {
    for (at, value) in report.values.iter().enumerate() {
        let at_value = ["reports", &report.name, "values", &at.to_string()];
        check_value(value, report, keys, cleaning).at(match keys.len() {
            1 => &at_value,
            _ => &at_value[..3],
        })?;
        if report.values[..at].contains(value) {
            return Err(Error::invalid(format!("`{}` is named twice", for_people(value)))).at(&at_value);
        }
    }
    let by = report.top.as_ref().and_then(|top| top.by.as_deref());
    let checked = by.map_or(Ok(()), |by| check_value(by, report, keys, cleaning));
    checked.at(&["reports", &report.name, "top", "by"])
}

/// The one key can have `value`, and it is one of the values of `report` where it names them.
pub(super) fn check_value(
    value: &str,
    report: &ReportSpec,
    keys: &[String],
    cleaning: &[Cleaning],
) -> Result<()> {
    let ([key], [cleaning]) = (keys, cleaning) else {
        let error =
            Error::invalid(format!("named values need exactly one key, and there are {}", keys.len()));
        return Err(
            error.with_help("name one column in source.keys, or leave out values, top.by and peaks.by")
        );
    };
    match cleaning.clean(value) {
        Some(read) if read != value => Err(never_occurs(value, Some(&read), key)),
        None if !value.is_empty() => Err(never_occurs(value, None, key)),
        _ if !report.values.is_empty() && !report.values.iter().any(|named| named == value) => {
            Err(not_named(value, &report.values))
        }
        _ => Ok(()),
    }
}

/// A wide report has named values, and a column for each.
fn check_shape(report: &ReportSpec) -> Result<(), Fault> {
    if report.shape() == TableShape::Long {
        return Ok(());
    }
    if report.values.is_empty() {
        let error = Error::invalid("a wide report has a column for each of its values, and none is named");
        return Err(error.with_help("name its values, or choose the shape long: a row per window and value"))
            .at(&["reports", &report.name, "shape"]);
    }
    let columns: Vec<String> = report.values.iter().map(|value| column::of_value(value)).collect();
    let taken = |at: &usize| columns[*at] == OTHER_COLUMN || columns[..*at].contains(&columns[*at]);
    let Some(at) = (0..columns.len()).find(taken) else { return Ok(()) };
    let error = Error::invalid(format!(
        "`{}` needs the column {}, which is taken already",
        for_people(&report.values[at]),
        columns[at]
    ));
    Err(error.with_help("leave the value out, or choose the shape long, where values are rows")).at(&[
        "reports",
        &report.name,
        "values",
        &at.to_string(),
    ])
}
