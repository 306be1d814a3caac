//! Environment variables, named where a secret would be read by many: `env:NAME`.

/// How a value begins that names a variable.
pub(crate) const PREFIX: &str = "env:";

/// The variable that `written` names, if it names one that can be set.
pub(crate) fn named(written: &str) -> Option<&str> {
    written.strip_prefix(PREFIX).filter(|name| !name.is_empty() && !name.contains('='))
}
