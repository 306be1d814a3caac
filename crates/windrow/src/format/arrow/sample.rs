//! Samples: the first rows of a table in memory, as text.

use super::path::{ColumnPath, all};
use super::values::{ArrowValues, damaged};
use crate::error::Result;
use crate::format::InputFormat;
use crate::format::csv::{ROWS_MAX, Sample};
use crate::format::parquet::{ColumnKind, if_there};
use crate::storage::MemoryTable;

/// The sample of a table: its columns outside lists, those that `named` paths lead to, and its first rows. Columns of
/// unsupported types are empty.
///
/// # Errors
/// Data: the table is damaged. Usage: what is `named` is not one value.
pub(crate) fn sample(name: &str, memory: &MemoryTable, rows_max: usize, named: &[String]) -> Result<Sample> {
    let mut header = all(memory.schema());
    for name in named {
        if !header.contains(name) && if_there(ColumnPath::find(memory.schema(), name))?.is_some() {
            header.push(name.clone());
        }
    }
    let ways: Vec<Option<(ColumnPath, ColumnKind)>> =
        header.iter().map(|name| ColumnPath::find(memory.schema(), name).ok()).collect();
    let of_kind = |is_it: &dyn Fn(ColumnKind) -> bool| -> Vec<String> {
        let of_kind =
            header.iter().zip(&ways).filter(|(_, way)| way.as_ref().is_some_and(|(_, kind)| is_it(*kind)));
        of_kind.map(|(name, _)| name.clone()).collect()
    };
    let wanted = memory.rows().min(rows_max.min(ROWS_MAX) as u64);
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (_, batch, of_batch) in memory.parts(0..wanted) {
        let first = rows.len();
        rows.resize(first + of_batch.len(), vec![String::new(); header.len()]);
        for (at, (way, kind)) in ways.iter().enumerate().filter_map(|(at, way)| Some((at, way.as_ref()?))) {
            let values = way.values(batch, of_batch.clone()).and_then(|array| ArrowValues::of(&array));
            let values = values.map_err(damaged)?;
            for (row, texts) in rows[first..].iter_mut().enumerate() {
                let mut text = Vec::new();
                if let Some(value) = values.get(row) {
                    value.push_text(*kind, &mut text);
                }
                texts[at] = String::from_utf8_lossy(&text).into_owned();
            }
        }
    }
    Ok(Sample {
        file: name.to_owned(),
        times: of_kind(&ColumnKind::is_time),
        dates: of_kind(&|kind| kind == ColumnKind::Date),
        header,
        rows,
        bytes: memory.version().size_bytes,
        format: InputFormat::Parquet,
        ..Sample::default()
    })
}
