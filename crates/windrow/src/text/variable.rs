//! Environment variables: `env:NAME` stands for a secret where many people can read the text.

/// The beginning of a value that names a variable.
pub(crate) const PREFIX: &str = "env:";

/// The variable that `written` names; none if it does not name one, or no variable can have that name.
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
