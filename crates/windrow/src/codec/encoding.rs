//! Encodings: what the bytes of a text mean.

use std::borrow::Cow;

use crate::error::{Code, Error, Result};

/// What the bytes of a text mean: UTF-8, or an encoding of one byte per character in which ASCII is ASCII.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Encoding(Option<&'static encoding_rs::Encoding>);

impl Encoding {
    /// The encoding with this label, which is one of the WHATWG's.
    ///
    /// # Errors
    /// Usage: there is none, or it is not of one byte per character.
    pub fn of_label(label: &str) -> Result<Self> {
        let known = encoding_rs::Encoding::for_label(label.as_bytes()).ok_or_else(|| {
            Error::usage(format!("`{}` is not an encoding", label.escape_debug())).with_code(Code::InvalidValue)
                .help("write a label of the WHATWG Encoding Standard, such as utf-8, latin1, windows-1252 or iso-8859-2")
        })?;
        if known == encoding_rs::UTF_8 {
            return Ok(Encoding(None));
        }
        if !known.is_single_byte() || !known.is_ascii_compatible() {
            let name = known.name();
            let error = Error::usage(format!(
                "files in {name} are not read: only UTF-8 and encodings of one byte per character are"
            ))
            .with_code(Code::NotBuilt);
            return Err(error.help(format!("convert them first: iconv -f {name} -t UTF-8 in.csv > utf8.csv")));
        }
        Ok(Encoding(Some(known)))
    }

    /// Whether it is UTF-8.
    pub fn is_utf8(self) -> bool {
        self.0.is_none()
    }

    /// Its name in lower case.
    pub fn name(self) -> String {
        self.0.unwrap_or(encoding_rs::UTF_8).name().to_lowercase()
    }

    /// Bytes of a file as UTF-8; those of a file in UTF-8 as they are, even where they are not.
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        match self.0.filter(|_| !bytes.is_ascii()) {
            None => Cow::Borrowed(bytes),
            Some(encoding) => {
                Cow::Owned(encoding.decode_without_bom_handling(bytes).0.into_owned().into_bytes())
            }
        }
    }

    /// Bytes of a file as text; what is not one is shown as U+FFFD.
    pub fn text(self, bytes: &[u8]) -> String {
        String::from_utf8_lossy(&self.decode(bytes)).into_owned()
    }
}
