//! Samples: the first rows of a file, as text.

use std::sync::Arc;

use super::column::column;
use super::contained::contained;
use super::keys::DecryptionKeys;
use super::kind::ColumnKind;
use super::path::{Leaf, all};
use super::secrets::{OfColumn, Secrets};
use super::table::{opened, unread_codec};
use crate::error::Result;
use crate::format::InputFormat;
use crate::format::csv::{ROWS_MAX, Sample};
use crate::storage::Input;
use crate::text::escape::for_people;

/// Maximum number of columns whose values are read.
const COLUMNS_MAX: usize = 1000;

/// The sample of a file: its columns outside lists, and its first rows.
///
/// # Errors
/// The file cannot be read, or is damaged.
pub(crate) fn sample(
    name: &str,
    input: &Arc<Input>,
    keys: &DecryptionKeys,
    rows_max: usize,
) -> Result<Sample> {
    let (file, metadata) = opened(input, keys)?;
    let schema = metadata.file_metadata().schema_descr();
    let header: Vec<(String, usize)> = all(schema).collect();
    let kinds: Vec<Option<ColumnKind>> =
        header.iter().map(|(_, column)| ColumnKind::of(&schema.column(*column)).ok()).collect();
    let times = |is_it: &dyn Fn(ColumnKind) -> bool| -> Vec<String> {
        let of_kind = header.iter().zip(&kinds).filter(|(_, kind)| kind.is_some_and(is_it));
        of_kind.map(|((name, _), _)| name.clone()).collect()
    };
    // Dates count as times only if there are no other times.
    let times = Some(times(&ColumnKind::is_time)).filter(|times| !times.is_empty());
    let (mut rows, mut sealed): (Vec<Vec<String>>, Vec<&str>) = (Vec::new(), Vec::new());
    let rows_max = rows_max.min(ROWS_MAX);
    let first = metadata.row_groups().iter().find(|group| group.num_rows() > 0);
    if let Some(group) = first.filter(|group| group.num_columns() == schema.num_columns()) {
        let wanted = group.num_rows().unsigned_abs().min(rows_max as u64) as usize;
        rows = vec![vec![String::new(); header.len()]; wanted];
        for (at, ((name, number), kind)) in header.iter().zip(&kinds).enumerate().take(COLUMNS_MAX) {
            // A column that cannot be read has no values here.
            let chunk = group.column(*number);
            if let OfColumn::Missing(_) = Secrets::of(file.secrets.as_deref(), chunk) {
                sealed.push(name.as_str());
                continue;
            }
            let Some(kind) = kind.filter(|_| unread_codec(chunk).is_none()) else { continue };
            let leaf = Leaf { name: name.clone(), column: *number, elements: Vec::new(), kind };
            let what = format!("column {name}");
            let mut values = contained(&what, || column(&file, group, &leaf))?;
            contained(&what, || values.fill(wanted))?;
            for (row, texts) in rows.iter_mut().enumerate() {
                let mut text = Vec::new();
                if let Some(value) = values.value(row) {
                    value.push_text(kind, &mut text);
                }
                texts[at] = String::from_utf8_lossy(&text).into_owned();
            }
        }
    }
    let written = match sealed.is_empty() {
        true => "Parquet".to_owned(),
        false => format!("Parquet (encrypted, without a key: {})", for_people(&sealed.join(", "))),
    };
    Ok(Sample {
        file: name.to_owned(),
        times: times.unwrap_or_else(|| {
            let dates = header.iter().zip(&kinds).filter(|(_, kind)| **kind == Some(ColumnKind::Date));
            dates.map(|((name, _), _)| name.clone()).collect()
        }),
        header: header.into_iter().map(|(name, _)| name).collect(),
        rows,
        bytes: input.size(),
        format: InputFormat::Parquet,
        written,
        ..Sample::default()
    })
}
