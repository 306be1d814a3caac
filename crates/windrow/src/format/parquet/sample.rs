//! Samples: the first rows of a file, as text.

use std::sync::Arc;

use super::column::column;
use super::contained::contained;
use super::keys::DecryptionKeys;
use super::kind::ColumnKind;
use super::path::{ColumnNames, Leaf, if_there};
use super::secrets::{OfColumn, Secrets};
use super::table::{opened, unread_codec};
use crate::error::Result;
use crate::format::InputFormat;
use crate::format::csv::{ROWS_MAX, Sample};
use crate::source::InputFile;
use crate::storage::Input;
use crate::text::escape::for_people;

/// Maximum number of columns whose values are read.
const COLUMNS_MAX: usize = 1000;

/// The sample of a file: its columns outside lists, those that `named` paths lead to, and its first rows.
///
/// # Errors
/// The file cannot be read, or is damaged; what is `named` is not one value.
pub(crate) fn sample(
    of: &InputFile,
    input: &Arc<Input>,
    keys: &DecryptionKeys,
    rows_max: usize,
    named: &[String],
) -> Result<Sample> {
    let (file, metadata) = opened(input, keys)?;
    let schema = metadata.file_metadata().schema_descr();
    let columns = ColumnNames::new(schema, of.mapped_columns())?;
    let outside_lists = columns
        .all()
        .into_iter()
        .map(|(name, column)| (name, column, Vec::new(), ColumnKind::of(&schema.column(column)).ok()));
    let mut header: Vec<(String, usize, Vec<u64>, Option<ColumnKind>)> = outside_lists.collect();
    for name in named {
        if header.iter().all(|(known, ..)| known != name)
            && let Some(Leaf { name, column, elements, kind }) = if_there(columns.find(name))?
        {
            header.push((name, column, elements, Some(kind)));
        }
    }
    let of_kind = |is_it: &dyn Fn(ColumnKind) -> bool| -> Vec<String> {
        let of_kind = header.iter().filter(|(.., kind)| kind.is_some_and(is_it));
        of_kind.map(|(name, ..)| name.clone()).collect()
    };
    let (times, dates) = (of_kind(&ColumnKind::is_time), of_kind(&|kind| kind == ColumnKind::Date));
    let (mut rows, mut sealed): (Vec<Vec<String>>, Vec<&str>) = (Vec::new(), Vec::new());
    let rows_max = rows_max.min(ROWS_MAX);
    let first = metadata.row_groups().iter().find(|group| group.num_rows() > 0);
    if let Some(group) = first.filter(|group| group.num_columns() == schema.num_columns()) {
        let wanted = group.num_rows().unsigned_abs().min(rows_max as u64) as usize;
        rows = vec![vec![String::new(); header.len()]; wanted];
        for (at, (name, number, elements, kind)) in header.iter().enumerate() {
            if at >= COLUMNS_MAX && !named.contains(name) {
                continue;
            }
            // A column that cannot be read has no values here.
            let chunk = group.column(*number);
            if let OfColumn::Missing(_) = Secrets::of(file.secrets.as_deref(), chunk) {
                sealed.push(name.as_str());
                continue;
            }
            let Some(kind) = kind.filter(|_| unread_codec(chunk).is_none()) else { continue };
            let leaf = Leaf { name: name.clone(), column: *number, elements: elements.clone(), kind };
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
        file: of.name.to_string(),
        times,
        dates,
        header: header.into_iter().map(|(name, ..)| name).collect(),
        rows,
        bytes: input.size(),
        format: InputFormat::Parquet,
        written,
        ..Sample::default()
    })
}
