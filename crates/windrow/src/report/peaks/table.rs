//! Peaks as a table.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use super::super::ReportData;
use super::Peak;
use crate::error::{Error, Result};
use crate::job::PeaksBy;
use crate::window::Window;

impl ReportData {
    /// The windows that stand out, a row each: the highest score first.
    ///
    /// # Errors
    /// A bug only.
    pub fn peaks_batch(&self) -> Result<RecordBatch> {
        let peaks = self.peaks();
        let times = |us: fn(&Window) -> i64| -> ArrayRef {
            let us = peaks.iter().map(|peak| us(&peak.window));
            Arc::new(TimestampMicrosecondArray::from_iter_values(us).with_timezone("UTC"))
        };
        let texts = |text: fn(&Peak) -> &str| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(peaks.iter().map(text)))
        };
        let reals = |number: fn(&Peak) -> f64| -> ArrayRef {
            Arc::new(Float64Array::from_iter_values(peaks.iter().map(number)))
        };
        let is_measure =
            self.spec().peaks.as_ref().is_some_and(|peaks| matches!(peaks.by, PeaksBy::Measure(_)));
        let values: ArrayRef = match is_measure {
            true => reals(|peak| peak.value),
            false => Arc::new(Int64Array::from_iter_values(peaks.iter().map(|peak| peak.value as i64))),
        };
        let time = || DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let columns = vec![
            ("window_start", time(), times(|window| window.start_us)),
            ("window_end", time(), times(|window| window.end_us)),
            ("kind", DataType::Utf8, texts(|peak| if peak.is_quiet { "quiet" } else { "peak" })),
            ("value", values.data_type().clone(), values),
            ("expected", DataType::Float64, reals(|peak| peak.expected)),
            ("score", DataType::Float64, reals(|peak| peak.score)),
            ("reason", DataType::Utf8, texts(|peak| &peak.reason)),
        ];
        let fields = columns.iter().map(|(name, of, _)| Field::new(*name, of.clone(), false));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        RecordBatch::try_new(schema, columns.into_iter().map(|(.., column)| column).collect())
            .map_err(|error| Error::bug(format!("peaks as a table: {error}")))
    }
}
