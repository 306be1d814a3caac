//! Environment variables, named where a secret would be read by many: `env:NAME`.

/// How a value begins that names a variable.
pub(crate) const PREFIX: &str = "env:";

/// The variable that `written` names, if it names one that can be set.
pub(crate) fn named(written: &str) -> Option<&str> {
    written.strip_prefix(PREFIX).filter(|name| !name.is_empty() && !name.contains('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_named_by_what_can_be_set() {
        for (written, name) in [
            ("env:TOKEN", Some("TOKEN")),
            ("env:env:A", Some("env:A")),
            ("env:", None),
            ("env:A=b", None),
            ("ENV:TOKEN", None),
            ("TOKEN", None),
            ("", None),
        ] {
            assert_eq!(named(written), name, "{written}");
        }
    }
}
