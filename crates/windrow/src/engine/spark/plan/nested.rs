//! Nested queries: a chain of tables in a `WITH` clause, written as subqueries.
//!
//! A table is made of the one before it, step by step, which reads well as `WITH a AS (…), b AS (SELECT … FROM a) …`. But Spark's analyzer
//! takes time that grows with the square of the number of such tables. With subqueries it takes less than half the time for twenty tables
//! (measured with Spark 4.3). Both mean the same.
//!
//! The name of a table stands behind `FROM ` or `JOIN ` where it is used, and an alias is written with ` AS `.

/// How deep subqueries are, at most: Spark's parser is recursive.
const DEPTH_MAX: usize = 40;

/// The query with each table of its `WITH` clause that is used once as a subquery in its place. Other tables stay in the clause.
pub(super) fn nested(query: &str) -> String {
    let Some((mut tables, mut rest)) = parted(query) else { return query.to_owned() };
    let (mut kept, mut depths): (Vec<(String, String)>, _) = (Vec::new(), vec![0; tables.len() + 1]);
    while !tables.is_empty() {
        let ((name, select), depth) = (tables.remove(0), depths.remove(0) + 1);
        let later = || tables.iter().map(|(_, select)| select).chain([&rest]);
        let uses =
            later().enumerate().flat_map(|(text, select)| uses(select, &name).map(move |at| (text, at)));
        let (text, at) = match uses.collect::<Vec<_>>()[..] {
            [only] if depth <= DEPTH_MAX => only,
            _ => {
                kept.push((name, select));
                continue;
            }
        };
        depths[text] = depths[text].max(depth);
        let text = tables.get_mut(text).map_or(&mut rest, |(_, select)| select);
        let end = at + name.len();
        let alias = if text[end..].starts_with(" AS ") { String::new() } else { format!(" AS {name}") };
        text.replace_range(at..end, &format!("({select}){alias}"));
    }
    let kept: Vec<String> = kept.iter().map(|(name, select)| format!("{name} AS ({select})")).collect();
    if kept.is_empty() { rest } else { format!("WITH {}\n{rest}", kept.join(",\n")) }
}

/// The tables of a `WITH` clause, by name, and the query after it. `None` if the query does not begin with such a clause.
fn parted(query: &str) -> Option<(Vec<(String, String)>, String)> {
    let (mut tables, mut rest) = (Vec::new(), query.strip_prefix("WITH ")?);
    loop {
        let (name, after) = rest.split_once(" AS (")?;
        let end = closed(after)?;
        tables.push((name.trim().to_owned(), after[..end].to_owned()));
        let after = &after[end + 1..];
        match after.strip_prefix(',') {
            Some(next) => rest = next.trim_start(),
            None => return Some((tables, after.trim_start().to_owned())),
        }
    }
}

/// Where the parenthesis is closed that was opened before `text`. Those in quotes do not count.
fn closed(text: &str) -> Option<usize> {
    let (mut depth, mut is_quoted, mut is_escaped) = (0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_quoted,
            b'\'' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            b'(' => depth += 1,
            b')' if depth == 0 => return Some(at),
            b')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Where `text` takes rows from the table `name`.
fn uses<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = usize> + 't {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(name).map(|(at, _)| at).filter(move |at| {
        let (before, after) = (&text[..*at], &text[at + name.len()..]);
        (before.ends_with("FROM ") || before.ends_with("JOIN ")) && !after.starts_with(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_is_used_once_is_a_subquery() {
        for (query, expected) in [
            ("SELECT 1", "SELECT 1"),
            ("WITH a AS (SELECT 1 AS x)\nSELECT x FROM a", "SELECT x FROM (SELECT 1 AS x) AS a"),
            (
                "WITH a AS (SELECT * FROM raw),\nb AS (SELECT l.x FROM a AS l JOIN other AS o ON l.x = o.x)\nSELECT x FROM b",
                "SELECT x FROM (SELECT l.x FROM (SELECT * FROM raw) AS l JOIN other AS o ON l.x = o.x) AS b",
            ),
            // Names in names, and parentheses and quotes in quotes.
            (
                r"WITH a AS (SELECT ')\')(' AS x FROM aa), ab AS (SELECT * FROM a) SELECT a FROM ab",
                r"SELECT a FROM (SELECT * FROM (SELECT ')\')(' AS x FROM aa) AS a) AS ab",
            ),
        ] {
            assert_eq!(nested(query), expected, "{query}");
        }
    }

    #[test]
    fn a_long_chain_is_cut() {
        let tables: Vec<String> =
            (1..=99).map(|at| format!("t{at} AS (SELECT * FROM t{})", at - 1)).collect();
        let nested = nested(&format!("WITH {}\nSELECT * FROM t99", tables.join(",\n")));
        assert_eq!(nested.matches("SELECT").count(), 100);
        assert!(nested.starts_with("WITH t41 AS (") && nested.contains(",\nt82 AS ("), "{nested}");
        let mut depth = 0;
        for c in nested.chars() {
            depth += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            assert!((0..=DEPTH_MAX as i32 + 1).contains(&depth));
        }
    }

    #[test]
    fn a_table_that_is_used_more_than_once_stays() {
        let query = "WITH a AS (SELECT 1), b AS (SELECT * FROM a), c AS (SELECT * FROM b)\nSELECT * FROM c UNION ALL SELECT * FROM b";
        let expected = "WITH b AS (SELECT * FROM (SELECT 1) AS a)\nSELECT * FROM (SELECT * FROM b) AS c UNION ALL SELECT * FROM b";
        assert_eq!(nested(query), expected);
        let joined = "WITH a AS (SELECT 1)\nSELECT * FROM a AS x JOIN a AS y";
        assert_eq!(nested(joined), joined);
        let unused = "WITH a AS (SELECT 1)\nSELECT 2";
        assert_eq!(nested(unused), unused);
    }
}
