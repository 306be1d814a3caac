//! Files of JSON: which ones Spark reads, and how their times are written.

use std::collections::HashMap;

use windrow_scan::json::{JsonValue, NextObject, ObjectLine, ObjectShape, ObjectValues, read_line};

use crate::engine::file::OpenFile;
use crate::event::TimeFormat;
use crate::format::json::Objects;
use crate::job::Job;

use super::plain::{PlainTime, usual};
use super::plan;

/// Whether Spark reads the lines of a file of JSON that is not packed, or which it can unpack.
pub(super) fn is_read(job: &Job, open: &OpenFile, objects: &Objects) -> bool {
    objects.shape == ObjectShape::Lines
        && (open.is_stream() || open.size > open.header.body_start)
        && plan::is_in_sql(&job.source.time.format)
        && job.source.time.beside.is_none()
        // Lines that are appended while Spark reads must not be counted yet.
        && !job.source.growing
        // Values from the path are not in the lines.
        && job.source.in_path.is_empty()
        && job.source.time_in_path.is_none()
        && plan::Gate::new(&objects.names).is_ok()
}

/// How the times in most of the first lines, `sample`, are written; with `at_eof` the file ends with them. `None` if most are not alike,
/// or if an expression computes them.
pub(super) fn clock(job: &Job, objects: &Objects, sample: &[u8], at_eof: bool) -> Option<PlainTime> {
    let time = match &job.source.records.rules {
        Some(rules) => rules.column_of_time()?,
        None => 0,
    };
    let (mut at, mut lines, mut values) = (0, 0, ObjectValues::default());
    let mut clocks: HashMap<PlainTime, usize> = HashMap::new();
    while let NextObject::Line { what, whole: Some(whole), .. } =
        read_line(&objects.paths, &sample[at..], at_eof, &mut values)
    {
        lines += 1;
        let line = &sample[at..at + whole];
        at += whole;
        let clock = match (what, values.get(time), &job.source.time.format) {
            (ObjectLine::Object, Some(JsonValue::Plain { start, end }), TimeFormat::Iso) => {
                PlainTime::of(&line[*start as usize..*end as usize])
            }
            (ObjectLine::Object, Some(JsonValue::Plain { .. }), _) => Some(PlainTime::default()),
            _ => None,
        };
        if let Some(clock) = clock {
            *clocks.entry(clock).or_default() += 1;
        }
    }
    usual(clocks, lines)
}
