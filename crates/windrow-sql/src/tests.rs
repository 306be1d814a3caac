//! Expressions as they are written, over a few rows.

use proptest::prelude::*;

use crate::{Column, Expression, ExpressionFault, Presence, Readers, SqlType};

const READERS: Readers = Readers {
    decimal: |text| {
        let number: f64 = std::str::from_utf8(text).ok()?.trim().parse().ok()?;
        Some((number * 1e9).round() as i128)
    },
    push_decimal: |units, text| text.extend_from_slice(format!("{}", units as f64 / 1e9).as_bytes()),
    timestamp: |_| None,
    push_timestamp: |_, _| (),
};

/// `i` is a whole number, `d` a decimal, `b` a boolean, any other column a text.
fn type_of(name: &str) -> SqlType {
    match name {
        "i" => SqlType::Integer,
        "d" => SqlType::Decimal,
        "b" => SqlType::Boolean,
        _ => SqlType::Text,
    }
}

fn parse(text: &str) -> Result<Expression, ExpressionFault> {
    Expression::parse(text, &type_of, READERS)
}

/// The value of an expression in a row, whose columns all have the text `cell`.
fn value(text: &str, cell: &str) -> String {
    let expression = parse(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
    values(&expression, &[cell]).remove(0)
}

/// The same in many rows.
fn values(expression: &Expression, cells: &[&str]) -> Vec<String> {
    let texts = || cells.iter().map(|cell| cell.as_bytes()).collect();
    let columns = expression.columns().iter();
    let inputs: Vec<Column<'_>> =
        columns.map(|column| Column::of_texts(texts()).read_as(column.sql_type, READERS)).collect();
    let found = expression.evaluate(&inputs.iter().collect::<Vec<_>>(), cells.len());
    let text = |row: usize| match found.states[row] {
        Presence::Null => "null".to_owned(),
        Presence::Wrong => "wrong".to_owned(),
        Presence::There => {
            let mut text = Vec::new();
            found.push_text(row, READERS, &mut text);
            String::from_utf8(text).unwrap()
        }
    };
    (0..cells.len()).map(text).collect()
}

#[test]
fn what_is_not_reached_is_not_wrong() {
    for (text, cell, expected) in [
        ("i > 1 AND FALSE", "x", "wrong"),
        ("FALSE AND i > 1", "x", "false"),
        ("t = 'y' OR i > 1", "x", "wrong"),
        ("t = 'x' OR i > 1", "x", "true"),
        ("NULL AND i > 1", "x", "wrong"),
        ("NULL AND t = 'y'", "x", "false"),
        ("NULL OR t = 'y'", "x", "null"),
        ("CASE WHEN t = 'x' THEN 1 WHEN i > 1 THEN 2 END", "x", "1"),
        ("CASE WHEN t = 'y' THEN i END", "x", "null"),
        ("CASE WHEN i > 1 THEN 1 ELSE 2 END", "x", "wrong"),
        ("coalesce(t, CAST(t AS INTEGER) || '')", "x", "x"),
        ("i IS NULL", "x", "wrong"),
        ("TRY_CAST(t AS INTEGER) IS NULL", "x", "true"),
        ("nullif(t, 'x')", "x", "null"),
        ("nullif(t, NULL)", "x", "x"),
        ("b IS NOT TRUE", "", "true"),
        ("i BETWEEN 1 AND 3", " 2 ", "true"),
        ("NOT i IN (1, 2)", "", "null"),
    ] {
        let text = text.replace("CAST(t AS INTEGER) || ''", "CAST(CAST(t AS INTEGER) AS TEXT)");
        assert_eq!(value(&text, cell), expected, "{text}");
    }
}

#[test]
fn a_text_that_is_made_is_bounded() {
    let long = "x".repeat(32 << 10);
    for (text, expected) in [
        ("length(t || t)", "65536"),
        ("length(t || t || 'x')", "wrong"),
        ("length(replace(t, 'x', 'xy'))", "65536"),
        ("length(replace(t, 'x', 'xyz'))", "wrong"),
        ("length(replace(t, 'x', ''))", "0"),
    ] {
        assert_eq!(value(text, &long), expected, "{text}");
    }
}

#[test]
fn null_and_what_is_wrong_are_not_true() {
    let expression = parse("i > 1").unwrap();
    let column = Column::of_texts(vec![b"2".as_slice(), b"1", b"", b"x"]).read_as(SqlType::Integer, READERS);
    assert_eq!(expression.evaluate(&[&column], 4).are_true(), [true, false, false, false]);
    let not = parse("NOT i > 1").unwrap();
    assert_eq!(not.evaluate(&[&column], 4).are_true(), [false, true, false, false]);
}

#[test]
fn numbers_are_exact() {
    for (text, expected) in [
        ("0.1 + 0.2 = 0.3", "true"),
        ("1 / 3", "0.333333333"),
        ("2 / 3", "0.666666667"),
        ("-7 % 3", "-1"),
        ("-1 - -1", "0"),
        ("9223372036854775807 + 1", "wrong"),
        ("9223372036854775807 * 1.0 > 9223372036854775806", "true"),
        ("0.000000001 * 0.5", "0"),
        ("0.000000003 * 0.5", "0.000000002"),
        ("1 / 0", "wrong"),
        ("1 % 0", "wrong"),
        ("abs(-1.5)", "1.5"),
        ("1 + 2 * 3 = 7 AND (1 + 2) * 3 = 9", "true"),
    ] {
        assert_eq!(value(text, ""), expected, "{text}");
    }
}

#[test]
fn faults_have_a_place_and_say_what_to_write() {
    for (text, column, message, help) in [
        ("t >= 500", 1, "`t` is text, and `500` is a number", "write CAST(t AS INTEGER)"),
        ("substr(t, 1.5) = 'a'", 11, "`1.5` is a decimal, not a whole number", "write a whole number"),
        ("d > 0.0000000001", 5, "0.0000000001 has 10 digits behind the point", ""),
        ("i = 1 AND t <> ''", 11, "an empty text is null in a file", "write t IS NULL or t IS NOT NULL"),
        ("t IN ('a', '')", 1, "an empty text is null in a file", "write t IS NULL or t IS NOT NULL"),
        ("b AND 'x' < i", 7, "`'x'` is text, and `i` is a number", "CAST('x' AS INTEGER)"),
        ("i = '7'", 1, "`i` is a number, and `'7'` is text", "write it without quotes: 7"),
        ("b AND t", 7, "`t` is text, not true or false", "write CAST(t AS BOOLEAN)"),
        ("  lowr(t) = 'x'", 3, "unknown function `lowr`", "the functions are abs"),
        ("concat(t, t) = 'x'", 1, "unknown function `concat`", "write a || b"),
        ("t = 'a' t", 9, "the expression ends before t", "write one expression"),
        ("t LIKE 'a\\_'", 8, "what a backslash", "add ESCAPE"),
        ("CAST(t AS DOUBLE) > 1", 6, "DOUBLE is not a type", "write DECIMAL"),
        ("t ILIKE 'x'", 1, "ILIKE", "lower(column) LIKE"),
        ("substr(t, 0) = 'x'", 1, "has the number 1", ""),
        ("t IN (SELECT 1)", 1, "is not built", "what may be written"),
    ] {
        let fault = parse(text).unwrap_err();
        assert!(fault.message.contains(message), "{text}: {fault:?}");
        assert!(fault.help.as_deref().unwrap_or_default().contains(help), "{text}: {fault:?}");
        let found = fault.place.map(|place| place.column);
        assert!(found == Some(column) || found.is_none() && column == 1, "{text}: {fault:?}");
    }
    assert_eq!(parse("a.b >= 500").unwrap_err().declare, Some(("a.b".to_owned(), SqlType::Integer)));
}

#[test]
fn any_usual_name_is_one_of_a_column() {
    for name in [
        "user",
        "date",
        "time",
        "timestamp",
        "level",
        "type",
        "value",
        "action",
        "payload.user.id",
        "tags[0]",
        "a.b[1].c",
    ] {
        let found = parse(&format!("{name} = 'x'")).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
        assert_eq!(found.columns()[0].name, name);
        assert_eq!(value(&format!("length({name})"), "abc"), "3");
    }
    assert_eq!(parse("\"a b\" = 'x' AND `c d` = \"a b\"").unwrap().columns().len(), 2);
}

#[test]
fn depth_and_length_have_bounds() {
    for text in [
        format!("{}1{} = 1", "(".repeat(10_000), ")".repeat(10_000)),
        format!("{}b", "NOT ".repeat(4_000)),
        format!("i = 1{}", " + 1".repeat(4_000)),
        format!("i = {}", "1".repeat(20_000)),
        format!("{}{}", "CASE WHEN b THEN ".repeat(900), " END".repeat(900)),
    ] {
        let fault = parse(&text).unwrap_err();
        let words = ["deep", "part", "longer"];
        assert!(words.iter().any(|word| fault.message.contains(word)), "{fault:?}");
    }
    let beside = parse("b NOT b").unwrap_err();
    assert_eq!(beside.message, "the expression ends before NOT");
    assert_eq!(value(&format!("i = 1{}", " OR i = 2".repeat(1_500)), "2"), "true");
    assert_eq!(value("((((((((((i + 1))))))))))", "2"), "3");
}

/// Expressions of every kind.
const SOME: [&str; 10] = [
    "i > 1 AND t <> 'x' OR b",
    "CASE WHEN b THEN i WHEN i > 2 THEN i * 1000000000000000000 ELSE length(t) END",
    "coalesce(TRY_CAST(t AS INTEGER), i, 7) % 3",
    "lower(t) || '-' || upper(t)",
    "t LIKE '%1%' AND NOT (d / i BETWEEN 0.5 AND 1.5)",
    "t IN ('1', 'x', NULL) OR b IS NULL",
    "substr(t, 2, 1)",
    "nullif(i, 2)",
    "abs(d) * -1.5 >= d",
    "CASE t WHEN 'x' THEN 'ex' WHEN '1' THEN NULL ELSE t END",
];

proptest! {
    /// What a row is does not depend on the rows beside it.
    #[test]
    fn many_rows_are_as_each_by_itself(
        cells in prop::collection::vec(prop::sample::select(vec!["", " ", "0", "1", "2", "3.5", "true", "FALSE", "x", "-9223372036854775808", "ä"]), 1..20),
    ) {
        for text in SOME {
            let expression = parse(text).unwrap();
            let alone: Vec<String> = cells.iter().flat_map(|cell| values(&expression, &[cell])).collect();
            prop_assert_eq!(values(&expression, &cells), alone, "{}", text);
        }
    }

    #[test]
    fn no_text_panics(parts in prop::collection::vec(prop::sample::select(vec![
        "t", "i", "b", "(", ")", "=", "AND", "NOT", "'x'", "1", "1.5", "CASE", "WHEN", "THEN", "END", "IN", ",", "LIKE", "BETWEEN", "IS", "NULL",
        "CAST", "AS", "INTEGER", "-", "||", "lower", ".", "[", "]", "'", "\"", "ä", "*", "SELECT", "::", "DATE", "\n", "--", "/*", ";", "{", "$",
    ]), 0..12)) {
        let _ = parse(&parts.join(" "));
        let _ = parse(&parts.concat());
    }
}
