//! Deletion vectors of Delta tables: the deleted rows of a data file.

use flate2::Crc;
use roaring::RoaringTreemap;
use serde::Deserialize;

use super::ForeignFault;
use crate::storage::Storage;
use crate::text::percent::path_of_file;

/// The place of a deletion vector, from the log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeletionVector {
    storage_type: String,
    path_or_inline_dv: String,
    #[serde(default)]
    offset: Option<u64>,
    size_in_bytes: u64,
    /// The number of deleted rows.
    cardinality: u64,
}

/// The first bytes of a vector.
const MAGIC: u32 = 1_681_511_377;
/// Digits of the base 85 (Z85).
const DIGITS: &[u8; 85] =
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
/// Digits of a UUID.
const UUID_DIGITS: usize = 20;
/// Maximum number of bytes of a vector. With it 500 million rows can be deleted here and there.
const BYTES_MAX: u64 = 1 << 30;

impl DeletionVector {
    /// An id among the vectors of the same data file.
    pub(crate) fn id(&self) -> String {
        format!("{}{}@{}", self.storage_type, self.path_or_inline_dv, self.offset.unwrap_or_default())
    }

    /// The numbers of the deleted rows, from 0. `table` is the table's folder.
    ///
    /// # Errors
    /// The vector is damaged, or its storage cannot be read.
    pub(crate) fn rows(&self, table: &dyn Storage) -> Result<RoaringTreemap, ForeignFault> {
        let damaged =
            || ForeignFault::Damaged(format!("the deletion vector {} is damaged", self.path_or_inline_dv));
        let bytes = match self.storage_type.as_str() {
            "i" => decoded(&self.path_or_inline_dv).ok_or_else(damaged)?,
            "u" => self.read(table, &self.beside().ok_or_else(damaged)?)?,
            "p" => {
                let path = path_of_file(&self.path_or_inline_dv).map_err(ForeignFault::Storage)?;
                let outside =
                    || format!("the deletion vector {} is outside of its folder", self.path_or_inline_dv);
                self.read(table, &path.ok_or_else(|| ForeignFault::Damaged(outside()))?)?
            }
            other => {
                let what = format!("a deletion vector is kept as {other:?}, which cannot be read");
                return Err(ForeignFault::Damaged(what));
            }
        };
        let rows = bytes.strip_prefix(&MAGIC.to_le_bytes()).ok_or_else(damaged)?;
        let rows = RoaringTreemap::deserialize_from(rows).map_err(|_| damaged())?;
        if rows.len() == self.cardinality { Ok(rows) } else { Err(damaged()) }
    }

    /// The file in the table's folder: a prefix, and a UUID in base 85.
    fn beside(&self) -> Option<String> {
        let digits = self.path_or_inline_dv.len().checked_sub(UUID_DIGITS)?;
        let (prefix, uuid) = self.path_or_inline_dv.split_at_checked(digits)?;
        let uuid = uuid::Uuid::from_slice(&decoded(uuid)?).ok()?;
        let folder = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Some(format!("{folder}deletion_vector_{uuid}.bin"))
    }

    /// The bytes in the file at `path`: their number stands before them in four bytes, and their CRC-32 behind them.
    fn read(&self, table: &dyn Storage, path: &str) -> Result<Vec<u8>, ForeignFault> {
        let damaged = |how: &str| ForeignFault::Damaged(format!("the deletion vector {path} {how}"));
        if self.size_in_bytes > BYTES_MAX {
            return Err(damaged("is larger than is read"));
        }
        let start = self.offset.unwrap_or_default();
        let range = start..start.saturating_add(self.size_in_bytes + 8);
        let stored = table.get_range(path, range).map_err(ForeignFault::Storage)?;
        let stored = stored.ok_or_else(|| damaged("is missing"))?;
        let whole = stored.split_first_chunk::<4>().and_then(|(size, rest)| {
            let (bytes, sum) = rest.split_last_chunk::<4>()?;
            let mut crc = Crc::new();
            crc.update(bytes);
            let is_whole = u64::from(u32::from_be_bytes(*size)) == self.size_in_bytes
                && u32::from_be_bytes(*sum) == crc.sum();
            is_whole.then(|| bytes.to_vec())
        });
        whole.ok_or_else(|| damaged("is damaged"))
    }
}

/// The bytes of a text in base 85: five digits give four bytes.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 5 * 4);
    for digits in text.as_bytes().chunks(5) {
        let mut word: u64 = 0;
        for digit in digits {
            word = word * 85 + DIGITS.iter().position(|known| known == digit)? as u64;
        }
        if digits.len() != 5 {
            return None;
        }
        bytes.extend(u32::try_from(word).ok()?.to_be_bytes());
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_85_is_read() {
        // The example of the standard (ZeroMQ RFC 32).
        assert_eq!(decoded("HelloWorld").unwrap(), [0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B]);
        assert_eq!((decoded("Hello "), decoded("#####")), (None, None));
    }
}
