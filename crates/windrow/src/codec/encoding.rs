//! Encodings: which characters the bytes of a text stand for.

use std::borrow::Cow;

use crate::error::{Error, Result};

/// The encoding of a text: UTF-8, or an encoding in which ASCII is ASCII, and no byte of another character ends a line or is
/// a quote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Encoding(Option<&'static encoding_rs::Encoding>);

/// The encodings with several bytes per character. Bytes after the first are at least `0`.
const MULTI_BYTE: [&encoding_rs::Encoding; 6] = [
    encoding_rs::SHIFT_JIS,
    encoding_rs::EUC_JP,
    encoding_rs::EUC_KR,
    encoding_rs::BIG5,
    encoding_rs::GBK,
    encoding_rs::GB18030,
];

impl Encoding {
    /// The encoding with this label, which is one of the WHATWG's.
    ///
    /// # Errors
    /// Usage: the encoding is unknown, or its bytes depend on a byte order.
    pub fn of_label(label: &str) -> Result<Self> {
        let known = encoding_rs::Encoding::for_label(label.as_bytes()).ok_or_else(|| {
            Error::invalid(format!("`{}` is not an encoding", label.escape_debug()))
                .with_help("write a label of the WHATWG Encoding Standard, such as utf-8, latin1, windows-1252 or shift_jis")
        })?;
        if known == encoding_rs::UTF_8 {
            return Ok(Encoding(None));
        }
        if known == encoding_rs::UTF_16LE || known == encoding_rs::UTF_16BE {
            let name = known.name();
            let error = Error::not_built(format!("{name} needs no declaration: it is detected"));
            return Err(error.with_help(format!(
                "leave the encoding out; convert files that are not recognised: iconv -f {name} -t UTF-8 in.csv > utf8.csv"
            )));
        }
        if MULTI_BYTE.contains(&known) || known.is_single_byte() && known.is_ascii_compatible() {
            return Ok(Encoding(Some(known)));
        }
        let name = known.name();
        let error = Error::not_built(format!("files in {name} are not read"));
        Err(error.with_help(format!("convert them first: iconv -f {name} -t UTF-8 in.csv > utf8.csv")))
    }

    /// Whether it is UTF-8.
    pub fn is_utf8(self) -> bool {
        self.0.is_none()
    }

    /// Whether some bytes are not text in it, so that rows must be checked. Rows in UTF-8 are checked as they are read.
    pub(crate) fn is_checked(self) -> bool {
        !self.is_utf8() && !self.is_sound(&(0x80..=0xff).collect::<Vec<u8>>())
    }

    /// Whether these bytes are text.
    pub(crate) fn is_sound(self, bytes: &[u8]) -> bool {
        let encoding = self.0.unwrap_or(encoding_rs::UTF_8);
        bytes.is_ascii() || encoding.decode_without_bom_handling_and_without_replacement(bytes).is_some()
    }

    /// Whether this byte is a part of other characters too, so that it cannot separate fields.
    pub(crate) fn is_within_characters(self, byte: u8) -> bool {
        self.0.is_some_and(|known| MULTI_BYTE.contains(&known)) && matches!(byte, b'0'..=b'9' | b'@'..=b'~')
    }

    /// Its name in lower case.
    pub fn name(self) -> String {
        self.0.unwrap_or(encoding_rs::UTF_8).name().to_lowercase()
    }

    /// Its name, for people.
    pub fn shown(self) -> String {
        self.0.unwrap_or(encoding_rs::UTF_8).name().to_owned()
    }

    /// Bytes of a file as UTF-8. Bytes of a file in UTF-8 stay as they are, even if they are invalid.
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        match self.0.filter(|_| !bytes.is_ascii()) {
            None => Cow::Borrowed(bytes),
            Some(encoding) => {
                Cow::Owned(encoding.decode_without_bom_handling(bytes).0.into_owned().into_bytes())
            }
        }
    }

    /// Bytes of a file as text; invalid bytes become U+FFFD.
    pub fn text(self, bytes: &[u8]) -> String {
        String::from_utf8_lossy(&self.decode(bytes)).into_owned()
    }
}
