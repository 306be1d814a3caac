//! Deletion vectors of Delta tables: the deleted rows of a data file.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use roaring::RoaringTreemap;
use serde::Deserialize;

/// The place of a deletion vector, from the log.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Vector {
    storage_type: String,
    path_or_inline_dv: String,
    #[serde(default)]
    offset: Option<u64>,
    size_in_bytes: u64,
}

/// The first bytes of a vector.
const MAGIC: u32 = 1_681_511_377;
/// Digits of the base 85 (Z85).
const DIGITS: &[u8; 85] =
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
/// Digits of a UUID.
const UUID_DIGITS: usize = 20;

impl Vector {
    /// An id among the vectors of the same data file.
    pub(crate) fn id(&self) -> String {
        format!("{}{}@{}", self.storage_type, self.path_or_inline_dv, self.offset.unwrap_or_default())
    }

    /// The numbers of the deleted rows; `Err` says what is wrong. `table` is the table's folder.
    pub(crate) fn rows(&self, table: &Path) -> Result<RoaringTreemap, String> {
        let damaged = || format!("the deletion vector {} is damaged", self.path_or_inline_dv);
        let bytes = match self.storage_type.as_str() {
            "i" => decoded(&self.path_or_inline_dv).ok_or_else(damaged)?,
            "u" => self.read(&self.beside(table).ok_or_else(damaged)?)?,
            "p" => {
                let path = self.path_or_inline_dv.strip_prefix("file://").unwrap_or(&self.path_or_inline_dv);
                self.read(Path::new(path))?
            }
            other => return Err(format!("a deletion vector is kept as {other:?}, which it cannot read")),
        };
        let (magic, rows) = bytes.split_first_chunk::<4>().ok_or_else(damaged)?;
        if u32::from_le_bytes(*magic) != MAGIC {
            return Err(damaged());
        }
        RoaringTreemap::deserialize_from(rows).map_err(|_| damaged())
    }

    /// The file in the table's folder: a prefix, and a UUID in base 85.
    fn beside(&self, table: &Path) -> Option<PathBuf> {
        let digits = self.path_or_inline_dv.len().checked_sub(UUID_DIGITS)?;
        let (prefix, uuid) = self.path_or_inline_dv.split_at_checked(digits)?;
        let uuid = uuid::Uuid::from_slice(&decoded(uuid)?).ok()?;
        Some(table.join(prefix).join(format!("deletion_vector_{uuid}.bin")))
    }

    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = File::open(path)?;
            // A size of four bytes comes before the vector.
            file.seek(SeekFrom::Start(self.offset.unwrap_or_default() + 4))?;
            let mut bytes = Vec::new();
            file.take(self.size_in_bytes).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_err(|error| format!("the deletion vector {} cannot be read: {error}", path.display()))
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
