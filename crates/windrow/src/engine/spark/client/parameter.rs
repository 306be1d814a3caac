//! The parameters of an address: `name=value;…`. Names may be in any case, and values percent-encoded or in a variable.

use std::env;
use std::path::{Path, PathBuf};

use super::address::wrong;
use crate::error::Result;
use crate::text::escape::quoted;
use crate::text::{percent, variable};

/// A parameter after decoding.
pub(super) struct Parameter {
    /// The name in lower case. Otherwise `Token` would be taken for a header, and a secret would be in the wrong place.
    pub(super) name: String,
    /// The decoded value, or that of the variable that it names.
    pub(super) value: String,
}

/// All parameters of an address.
///
/// # Errors
/// Usage: one has no name or no value, is there twice, or names a variable that is not set.
pub(super) fn all(text: &str) -> Result<Vec<Parameter>> {
    let mut all: Vec<Parameter> = Vec::new();
    for parameter in text.split(';').filter(|parameter| !parameter.is_empty()) {
        let (name, value) =
            parameter.split_once('=').ok_or_else(|| wrong("a parameter is not of the form name=value"))?;
        if name.is_empty() {
            return Err(wrong("a parameter has no name"));
        }
        let name = name.to_ascii_lowercase();
        if all.iter().any(|before| before.name == name) {
            return Err(wrong(format_args!("the parameter {name} is there twice", name = quoted(name))));
        }
        let value = resolved(&name, decoded(&name, value)?)?;
        all.push(Parameter { name, value });
    }
    Ok(all)
}

fn resolved(name: &str, value: String) -> Result<String> {
    match value.strip_prefix(variable::PREFIX) {
        None => Ok(value),
        Some(variable) => env::var(variable).map_err(|_| {
            wrong(format_args!(
                "the environment variable {variable}, which holds {name}, is not set",
                variable = quoted(variable)
            ))
        }),
    }
}

pub(super) fn token(value: &str) -> Result<String> {
    match value.trim() {
        "" => Err(wrong("the token is empty")),
        trimmed => header("token", trimmed.to_owned()),
    }
}

pub(super) fn truth(name: &str, value: &str) -> Result<bool> {
    match value {
        _ if value.eq_ignore_ascii_case("true") => Ok(true),
        _ if value.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(wrong(format_args!("{name} is neither true nor false"))),
    }
}

pub(super) fn number(name: &str, value: &str) -> Result<usize> {
    match value.parse() {
        Ok(number) if (1..=i32::MAX as usize).contains(&number) => Ok(number),
        _ => Err(wrong(format_args!("{name} is not a number from 1 to 2147483647"))),
    }
}

/// The path of a file, relative to `folder`.
pub(super) fn file(name: &str, value: &str, folder: &Path) -> Result<PathBuf> {
    match value {
        "" => Err(wrong(format_args!("{name} is empty"))),
        path => Ok(folder.join(path)),
    }
}

/// A value that a header can hold.
pub(super) fn header(name: &str, value: String) -> Result<String> {
    match value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        true => Ok(value),
        false => Err(wrong(format_args!("{name} has characters other than ASCII ones"))),
    }
}

/// A name that a header can have. Some names are reserved for gRPC.
pub(super) fn name_of_header(name: String) -> Result<String> {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    match plain && !name.starts_with("grpc-") && !name.ends_with("-bin") {
        true => Ok(name),
        false => Err(wrong(format_args!(
            "there is no parameter {name}, and no header may have that name",
            name = quoted(name)
        ))),
    }
}

/// Decodes a percent-encoded value: `%41` is `A`.
fn decoded(name: &str, value: &str) -> Result<String> {
    let bytes = percent::decoded(value)
        .ok_or_else(|| wrong(format_args!("{name} has a % without two hexadecimal digits")))?;
    String::from_utf8(bytes).map_err(|_| wrong(format_args!("{name} is not UTF-8 when it is decoded")))
}
