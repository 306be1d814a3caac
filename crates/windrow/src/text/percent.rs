//! Percent-encoding, as in URLs.

use std::fmt::Write;
use std::path::Path;

use super::escape::for_people;
use crate::error::{Code, Error, Result};

/// The bytes that percent signs stand for; none if two hexadecimal digits do not follow one of them.
pub(crate) fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        rest = more;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digit = |at: usize| more.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        bytes.push(u8::try_from(digit(0)? * 16 + digit(1)?).ok()?);
        rest = &more[2..];
    }
    Some(bytes)
}

/// [`decoded`] as text; none also if the result is not UTF-8.
pub(crate) fn decoded_text(text: &str) -> Option<String> {
    String::from_utf8(decoded(text)?).ok()
}

/// `bytes` as text, in which `%`, control characters and bytes that are not UTF-8 are written as `%25`, `%0A`, `%FF`.
pub(crate) fn encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c == '%' || c.is_control() {
                let mut utf8 = [0; 4];
                push_hex(c.encode_utf8(&mut utf8).as_bytes(), &mut text);
            } else {
                text.push(c);
            }
        }
        push_hex(chunk.invalid(), &mut text);
    }
    text
}

fn push_hex(bytes: &[u8], text: &mut String) {
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "%{byte:02X}");
    }
}

/// The absolute path that a `file:` address names (`file:///srv/a.csv`, or `file:/srv/a.csv` as from Spark); none if the text is not
/// such an address.
///
/// # Errors
/// Usage: it names another machine, a relative path, or is not valid text.
pub fn path_of_file(address: &str) -> Result<Option<String>> {
    let scheme = address.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("file:"));
    let Some(rest) = scheme.map(|scheme| &address[scheme.len()..]).filter(|rest| rest.starts_with('/'))
    else {
        return Ok(None);
    };
    let wrong = |what: &str| {
        Err(Error::usage(format!("{address}: {what}", address = for_people(address)))
            .with_code(Code::Address)
            .with_help("write file:///srv/logs/a.csv, or the path alone"))
    };
    let path = match rest.strip_prefix("//") {
        None => rest,
        Some(rest) => match rest.split_at(rest.find('/').unwrap_or(rest.len())) {
            (_, "") => return wrong("a path is missing"),
            ("" | "localhost", path) => path,
            _ => return wrong("files of another machine cannot be read"),
        },
    };
    match decoded(path).map(String::from_utf8) {
        Some(Ok(path)) if Path::new(&path).is_absolute() && !path.contains('\0') => Ok(Some(path)),
        None => wrong("a % does not begin two hexadecimal digits; write one that stands for itself as %25"),
        Some(_) => wrong("it is not a path"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_from_their_text() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"a b/c.csv", "a b/c.csv"),
            (b"50%", "50%25"),
            (b"\0\n\x7f", "%00%0A%7F"),
            ("ö\u{85}".as_bytes(), "ö%C2%85"),
            (b"\xffa\xc3", "%FFa%C3"),
        ] {
            assert_eq!(encoded(bytes), text);
            assert_eq!(decoded(text).as_deref(), Some(bytes), "{text}");
            assert_eq!(decoded_text(text), String::from_utf8(bytes.to_vec()).ok(), "{text}");
        }
        assert_eq!(decoded_text("%c3%B6"), Some("ö".to_owned()));
        for text in ["%", "a%4", "%zz", "%+1", "%%41"] {
            assert_eq!((decoded(text), decoded_text(text)), (None, None), "{text}");
        }
    }

    #[test]
    fn a_file_address_is_a_path() {
        for (address, path) in [
            ("file:///srv/a%20b.csv", Some("/srv/a b.csv")),
            ("file:/srv/*.csv", Some("/srv/*.csv")),
            ("FILE://localhost/a", Some("/a")),
            ("file:///", Some("/")),
            ("file", None),
            ("file:a.csv", None),
            ("files/a.csv", None),
            ("s3://bucket/a.csv", None),
            ("ä:///", None),
        ] {
            assert_eq!(path_of_file(address).unwrap().as_deref(), path, "{address}");
        }
        for (address, said) in [
            ("file://other/a.csv", "another machine"),
            ("file://srv", "a path is missing"),
            ("file:///50%.csv", "%25"),
            ("file:///%ff", "not a path"),
            ("file:///a%00", "not a path"),
        ] {
            let error = path_of_file(address).unwrap_err();
            assert!(error.message().contains(said) && error.help_text().is_some(), "{address}: {error:?}");
        }
    }
}
