//! The keys of encrypted files, by the environment variables that hold them. A key itself is in no job, message or ledger.

use std::collections::BTreeMap;

use crate::error::{Code, Error, Kind, Result};
use crate::text::escape::quoted;
use crate::text::variable;

/// The keys that decrypt the Parquet files of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecryptionKeys {
    /// The variable with the key of footers, and of all columns that have none of their own.
    pub footer: Option<String>,
    /// The variables with the keys of columns.
    pub columns: BTreeMap<String, String>,
    /// The AAD prefix that the files were encrypted with, if they do not store it.
    pub aad_prefix: Option<String>,
}

/// Bytes of a key, in AES-128 and AES-256.
const KEY_BYTES: [usize; 2] = [16, 32];

impl DecryptionKeys {
    /// The variable that `written` names.
    ///
    /// # Errors
    /// Usage: it names none, and may be the key itself.
    pub(crate) fn variable(written: &str) -> Result<String> {
        variable::named(written).map(str::to_owned).ok_or_else(|| {
            Error::usage("the key of an encrypted file is a secret, and is named rather than written")
                .with_code(Code::Secret)
                .with_help("name the environment variable that holds it: env:NAME")
        })
    }

    /// Whether nothing is declared.
    pub fn is_empty(&self) -> bool {
        *self == DecryptionKeys::default()
    }

    /// The key that `variable` holds.
    ///
    /// # Errors
    /// Storage: it is not set, or holds something else. The file is not at fault: the next run may have the key.
    pub(super) fn key(variable: &str) -> Result<Vec<u8>> {
        let name = quoted(variable);
        let value = std::env::var(variable).map_err(|_| {
            let unset = format!("the environment variable {name}, for a Parquet key, is not set");
            Error::new(Kind::Storage, unset)
                .with_code(Code::MissingVariable)
                .with_help("set it to the key, in hexadecimal or base64")
        })?;
        let value = value.trim();
        let bytes = of_hexadecimal(value).or_else(|| of_base64(value));
        bytes.filter(|bytes| KEY_BYTES.contains(&bytes.len())).ok_or_else(|| {
            let wrong = format!("the environment variable {name} does not hold a key of 16 or 32 bytes in hexadecimal or base64");
            Error::new(Kind::Storage, wrong)
                .with_code(Code::InvalidValue)
                .with_help("write it so, for example with: printf %s KEY | od -An -v -tx1 | tr -d ' \\n'")
        })
    }
}

fn of_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let digits =
        digits.filter(|digits| KEY_BYTES.contains(&(digits.len() / 2)) && digits.len().is_multiple_of(2))?;
    Some(digits.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect())
}

/// The bytes of a text in base64, of the usual alphabet or that of URLs.
fn of_base64(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0u32, 0u32);
    for letter in text.trim_end_matches('=').bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        (held, bits) = ((held << 6 | u32::from(value)) & 0xFFFF, bits + 6);
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_hexadecimal_and_base64() {
        let key = b"0123456789012345".to_vec();
        assert_eq!(of_hexadecimal("30313233343536373839303132333435"), Some(key.clone()));
        assert_eq!(of_hexadecimal("3031323334353637383930313233343"), None);
        assert_eq!(of_base64("MDEyMzQ1Njc4OTAxMjM0NQ=="), Some(key));
        assert_eq!(of_base64("_-8="), Some(vec![0xFF, 0xEF]));
        assert_eq!(of_base64("a b="), None);
    }

    #[test]
    fn a_key_itself_is_refused_and_not_told() {
        for written in ["geheim", "env:", "env:A=geheim"] {
            let error = DecryptionKeys::variable(written).unwrap_err();
            assert_eq!(error.code(), Code::Secret);
            assert!(!format!("{error:?}").contains("geheim"), "{error:?}");
        }
        assert_eq!(DecryptionKeys::variable("env:KEY").unwrap(), "KEY");
    }
}
