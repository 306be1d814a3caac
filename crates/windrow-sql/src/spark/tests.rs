//! What the SQL of expressions looks like. Whether Spark answers by it as windrow does, `tests/spark/sql_test.py` asks one.

use crate::types::SqlType;
use crate::{Expression, Readers, SparkArguments, SparkQuery, SparkValue};

const READERS: Readers = Readers {
    decimal: |text| std::str::from_utf8(text).ok()?.parse().ok().map(|number: f64| (number * 1e9) as i128),
    push_decimal: |_, _| (),
    timestamp: |_| None,
    push_timestamp: |_, _| (),
};

/// Keeps what was handed over.
#[derive(Default)]
struct HandedOver(Vec<String>);

impl SparkArguments for HandedOver {
    fn text(&mut self, value: &str) -> String {
        self.0.push(value.to_owned());
        format!(":v{}", self.0.len())
    }

    fn integer(&mut self, value: i64) -> String {
        self.text(&value.to_string())
    }

    fn instant(&mut self, of: &str) -> String {
        format!("instant({of})")
    }
}

/// The SQL of an expression over columns `f0`, `f1`, where it is sure, and the tables, with names as they are written in them.
fn written(text: &str) -> (String, Option<String>, Vec<String>) {
    let type_of = |name: &str| if name.starts_with('i') { SqlType::Integer } else { SqlType::Text };
    let expression = Expression::parse(text, &type_of, READERS).unwrap();
    let mut handed = HandedOver::default();
    let mut query = SparkQuery::new(&mut handed);
    let columns = expression.columns().iter().enumerate();
    let inputs: Vec<SparkValue> =
        columns.map(|(at, column)| query.column(&format!("f{at}"), column.sql_type, None)).collect();
    let value = query.value(&expression, &inputs.iter().collect::<Vec<_>>()).unwrap();
    let (sql, sure) = (value.sql().to_owned(), value.sure().map(str::to_owned));
    (sql, sure, query.tables())
}

/// The SQL that a name of a column stands for.
fn of_name<'t>(tables: &'t [String], name: &str) -> &'t str {
    let end = format!(" AS {name}");
    let column = |table: &'t String| table.split(",\n    ").find_map(|column| column.strip_suffix(&end));
    tables.iter().find_map(column).unwrap_or_else(|| panic!("{name} is not among {tables:#?}"))
}

#[test]
fn texts_are_sure() {
    for text in
        ["a = 'x'", "a LIKE '%_b' AND b <> 'it''s'", "CASE WHEN a IN ('x', 'y') THEN trim(b) ELSE b END = ''"]
    {
        let (sql, sure, tables) = written(text);
        assert_eq!(sure, None, "{text}");
        assert!(!of_name(&tables, &sql).contains('x'), "a text is handed over: {tables:?}");
    }
}

/// What a row does not reach does not have to be sure.
#[test]
fn what_is_reached_is_sure() {
    for (text, expected) in [
        ("a = 'x' AND i0 = 1", "(E IS FALSE OR E)"),
        ("a = 'x' OR i0 = 1", "(E IS TRUE OR E)"),
        ("i0 = 1 AND a = 'x'", "(E IS NOT NULL OR coalesce(trim(BOTH :v1 FROM f0) = '', true))"),
        ("CASE WHEN a = 'x' THEN i0 ELSE 1 END = 1", "CASE WHEN E THEN E ELSE true END"),
        ("coalesce(a, CAST(i0 AS TEXT)) = 'x'", "(f0 IS NOT NULL OR E)"),
        ("TRY_CAST(a AS INTEGER) = 1 AND i0 = 1", "(E IS FALSE OR E)"),
        ("lower(a) = 'x'", "coalesce(octet_length(f0) = char_length(f0), true)"),
    ] {
        let (_, sure, tables) = written(text);
        let sure = sure.unwrap_or_else(|| panic!("{text} is always sure"));
        let words = of_name(&tables, &sure).split_inclusive([' ', '(', ')', ',']);
        let nameless = words.map(|word| {
            let name = word.trim_end_matches([' ', '(', ')', ',']);
            let is_name = name.len() > 1
                && name.starts_with('e')
                && name[1..].bytes().all(|byte| byte.is_ascii_digit());
            if is_name { word.replacen(name, "E", 1) } else { word.to_owned() }
        });
        assert_eq!(nameless.collect::<String>(), expected, "{text}");
    }
}

#[test]
fn what_stands_twice_is_made_once() {
    let numbers: Vec<String> = (0..500).map(|number| number.to_string()).collect();
    let (_, sure, tables) = written(&format!("CAST(a AS INTEGER) IN ({})", numbers.join(", ")));
    let all = tables.concat();
    assert_eq!(all.matches("try_cast").count(), 1, "{all}");
    assert!(sure.is_some() && tables.len() < 8, "{}", tables.len());
}

/// Parsers call themselves for each bracket: a long expression is cut up.
#[test]
fn long_expressions_are_not_deep() {
    let parts: Vec<String> = (0..400).map(|at| format!("CAST(a{at} AS INTEGER) = {at}")).collect();
    let text = parts.join(" AND ");
    let (_, _, tables) = written(&text);
    let depth = |sql: &String| {
        let mut open = 0_i32;
        sql.bytes()
            .map(|byte| {
                open += i32::from(byte == b'(') - i32::from(byte == b')');
                open
            })
            .max()
    };
    assert!(tables.iter().filter_map(depth).max() < Some(100));
    assert!(tables.iter().map(String::len).sum::<usize>() < 30 * text.len());
    let nested = format!("{}a{}", "lower(".repeat(30), ")".repeat(30));
    assert!(written(&format!("{nested} = 'x'")).2.concat().len() < 6_000);
}

#[test]
fn a_function_that_spark_does_otherwise_has_a_name() {
    let type_of = |_: &str| SqlType::Text;
    let found = |text: &str| Expression::parse(text, &type_of, READERS).unwrap().not_in_spark();
    assert_eq!(found("lower(a) = 'x'"), None);
    let (name, others) = found("a = 'x' OR CASE WHEN regexp_like(a, 'x') THEN TRUE END").unwrap();
    assert_eq!((name, others.len(), others.contains(&name)), ("regexp_like", 17, false));
}
