//! What a job says of encrypted Parquet: which environment variables hold its keys.

use std::fmt;

use super::file::{ParquetFile, SourceFile};
use super::save::quoted;
use super::span::{At, Fault};
use crate::error::{Error, Result};
use crate::format::InputFormat;
use crate::format::parquet::DecryptionKeys;

impl ParquetFile {
    /// What keys as they are written for one run say: `env:NAME`, or `COLUMN=env:NAME`.
    pub fn of_keys<'k>(keys: impl IntoIterator<Item = &'k String>) -> ParquetFile {
        let mut file = ParquetFile::default();
        for key in keys {
            match key.rsplit_once("=env:") {
                Some((column, variable)) => {
                    file.column_keys.insert(column.to_owned(), format!("env:{variable}"));
                }
                None => file.footer_key = Some(key.clone()),
            }
        }
        file
    }
}

/// The keys of the files.
pub(super) fn keys(written: &SourceFile, format: Option<InputFormat>) -> Result<DecryptionKeys, Fault> {
    let ParquetFile { footer_key, column_keys, aad_prefix } = &written.parquet;
    let footer = footer_key.as_deref().map(DecryptionKeys::variable).transpose();
    let column = |(name, variable): (&String, &String)| {
        let variable = DecryptionKeys::variable(variable).at(&["source", "parquet", "column_keys", name])?;
        Ok((name.clone(), variable))
    };
    let keys = DecryptionKeys {
        footer: footer.at(&["source", "parquet", "footer_key"])?,
        columns: column_keys.iter().map(column).collect::<Result<_, Fault>>()?,
        aad_prefix: aad_prefix.clone(),
    };
    match format {
        Some(InputFormat::Csv | InputFormat::Json | InputFormat::Text) if !keys.is_empty() => {
            Err(Error::invalid("this is for Parquet")
                .with_help("add `format = \"parquet\"`, or leave it out"))
            .at(&["source", "parquet"])
        }
        _ => Ok(keys),
    }
}

/// The value that says these keys in a job file.
pub(super) fn to_toml(keys: &DecryptionKeys) -> String {
    let variable = |name: &String| quoted(&format!("env:{name}"));
    let columns: Vec<String> =
        keys.columns.iter().map(|(name, key)| format!("{} = {}", quoted(name), variable(key))).collect();
    let lines = [
        keys.footer.as_ref().map(|name| format!("footer_key = {}", variable(name))),
        (!columns.is_empty()).then(|| format!("column_keys = {{ {} }}", columns.join(", "))),
        keys.aad_prefix.as_ref().map(|prefix| format!("aad_prefix = {}", quoted(prefix))),
    ];
    format!("{{ {} }}", lines.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// Nothing of what was written, which may be a key by mistake.
impl fmt::Debug for ParquetFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetFile").finish_non_exhaustive()
    }
}
