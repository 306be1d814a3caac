//! Names: the columns that one text of a person names, `a,b`, when the columns of the inputs are known.

use windrow_scan::json::{PathStep, steps};

/// The columns that `texts` name. A text that `is_column` is one; any other is divided at its commas outside quotes.
pub(super) fn columns_named(texts: &[String], is_column: &dyn Fn(&str) -> bool) -> Vec<String> {
    let each = texts.iter().flat_map(|text| match is_column(text) {
        true => vec![text.as_str()],
        false => divided(text),
    });
    each.map(|name| meant(name, is_column)).collect()
}

/// The names that `texts` list, where no header says what is one: a name in double quotes may have commas.
pub fn names_in(texts: &[String]) -> Vec<String> {
    let unquoted = |name: &str| match steps(name).ok().as_deref() {
        Some([PathStep::Member(bare)]) if name.starts_with('"') => String::from_utf8(bare.to_vec()).ok(),
        _ => None,
    };
    let each = texts.iter().flat_map(|text| divided(text));
    each.map(|name| unquoted(name).unwrap_or_else(|| name.to_owned())).collect()
}

/// Whether a name that no column has may lead to a value in one: it goes into a list, or is quoted.
pub(super) fn may_be_path(name: &str) -> bool {
    steps(name).is_ok_and(|steps| {
        name.starts_with('"') || steps.iter().any(|step| matches!(step, PathStep::Element(_)))
    })
}

/// The column that `name` means: a quoted name is the one without quotes, unless a column is called so.
fn meant(name: &str, is_column: &dyn Fn(&str) -> bool) -> String {
    let unquoted = || match steps(name).ok()?.as_slice() {
        [PathStep::Member(bare)] => String::from_utf8(bare.to_vec()).ok().filter(|bare| is_column(bare)),
        _ => None,
    };
    if is_column(name) { name.to_owned() } else { unquoted().unwrap_or_else(|| name.to_owned()) }
}

/// The parts of `text` between its commas outside quotes. Quotes open at the beginning of a name, or behind a dot.
fn divided(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    let mut begins = true;
    while let Some(byte) = text.as_bytes().get(at) {
        match byte {
            b',' => {
                parts.push(text[start..at].trim());
                (start, begins) = (at + 1, true);
            }
            b'"' if begins => {
                at = closing_quote(text, at).unwrap_or(at);
                begins = false;
            }
            b' ' if begins => {}
            byte => begins = *byte == b'.',
        }
        at += 1;
    }
    parts.push(text[start..].trim());
    parts
}

/// The place of the quote that closes the one at `at`.
fn closing_quote(text: &str, at: usize) -> Option<usize> {
    let mut is_escaped = false;
    let is_end = |byte: &u8| {
        let is_end = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        is_end
    };
    text.as_bytes()[at + 1..].iter().position(is_end).map(|len| at + 1 + len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_in_quotes_is_part_of_a_name() {
        let header = ["a,b", "c", "\"q\"", "d\"e", "log.level"];
        let is_column = |name: &str| header.contains(&name);
        for (text, columns) in [
            ("a,b", &["a,b"][..]),
            ("c,\"a,b\"", &["c", "a,b"]),
            ("\"a,b\", c", &["a,b", "c"]),
            ("c,a", &["c", "a"]),
            ("\"q\",c", &["\"q\"", "c"]),
            ("d\"e,c", &["d\"e", "c"]),
            ("\"log.level\"", &["log.level"]),
            ("x.\"y,z\"[0],c", &["x.\"y,z\"[0]", "c"]),
            ("\"x\\\"y,z\",c", &["\"x\\\"y,z\"", "c"]),
            ("\"open,c", &["\"open", "c"]),
        ] {
            assert_eq!(columns_named(&[text.to_owned()], &is_column), columns, "{text}");
        }
    }

    #[test]
    fn names_without_a_header_may_be_quoted() {
        let names = |text: &str| names_in(&[text.to_owned()]);
        assert_eq!(names("time,action"), ["time", "action"]);
        assert_eq!(names("\"a,b\", \"c d\",log.level,x[0]"), ["a,b", "c d", "log.level", "x[0]"]);
        assert_eq!(names("\"say \\\"a,b\\\"\",\"open"), ["say \"a,b\"", "\"open"]);
        assert_eq!(names("a,,b"), ["a", "", "b"]);
    }

    #[test]
    fn a_path_leads_into_a_list_or_is_quoted() {
        for (name, is_path) in
            [("a", false), ("a.b", false), ("a[0]", true), ("a[0].b", true), ("\"a.b\"", true), ("a[", false)]
        {
            assert_eq!(may_be_path(name), is_path, "{name}");
        }
    }
}
