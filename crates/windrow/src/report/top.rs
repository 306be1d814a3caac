//! The busiest windows as a table.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, TimestampMicrosecondArray};
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use super::ReportData;
use super::columns::whole;
use super::measured::{NumberBuilder, field as measure_field};
use crate::error::{Error, Result};

impl ReportData {
    /// The busiest windows that the job asks for, the busiest first.
    ///
    /// # Errors
    /// Limit: a count is past 2^63.
    pub fn top_batch(&self) -> Result<RecordBatch> {
        let times = |us: fn(&crate::window::Window) -> i64| -> ArrayRef {
            let us = self.top().iter().map(|top| us(&top.window));
            Arc::new(TimestampMicrosecondArray::from_iter_values(us).with_timezone("UTC"))
        };
        let counts = self.top().iter().map(|top| whole(top.count)).collect::<Result<Vec<_>>>()?;
        let mut columns = vec![
            times(|window| window.start_us),
            times(|window| window.end_us),
            Arc::new(Int64Array::from(counts)),
        ];
        let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let mut fields = vec![
            Field::new("window_start", time.clone(), false),
            Field::new("window_end", time, false),
            Field::new("count", DataType::Int64, false),
        ];
        if let Some(measure) = self.spec().top.as_ref().and_then(|top| top.measure.as_ref()) {
            let field = measure_field(measure);
            let mut numbers = NumberBuilder::of_type(field.data_type());
            let null = measure.function.null();
            self.top().iter().try_for_each(|top| numbers.append(top.number.unwrap_or(null)))?;
            columns.push(numbers.finish());
            fields.push(field);
        }
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
            .map_err(|error| Error::bug(format!("the busiest windows as a table: {error}")))
    }
}
