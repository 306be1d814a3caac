//! Results with a column per value, of very many values: what comparing them costs grows with their number, not its square.

use std::fmt::Write;

use super::{Desk, kinds};
use crate::compare::names::STEMS;
use crate::compare::result::{ResultField, ResultFiles};

/// One event each of `values` values, and a result that has a column for each of `columns` of them.
fn desk(values: usize, columns: usize) -> Desk {
    let mut log = "time,action\n".to_owned();
    (0..values).for_each(|value| writeln!(log, "2024-01-01T12:00:00Z,user {value}").unwrap());
    let head: String = (0..columns).fold(String::new(), |head, column| format!("{head},user {column}"));
    let old = format!("start{head}\n2024-01-01T12:00:00Z{}\n", ",1".repeat(columns));
    let desk = Desk::new(&[("in/a.csv", &log), ("old.csv", &old)]);
    desk.with_job("values = [\"Open\", \"Close\"]\n", "").with_job("case = \"title\"", "case = \"keep\"")
}

#[test]
fn columns_and_values_are_not_looked_at_in_pairs() {
    const MANY: usize = 600;
    // All columns, and half of them: the others are tried in all ways of cleaning values, and written out in words.
    for (columns, equal) in [(MANY, true), (MANY / 2, false)] {
        let desk = desk(MANY, columns);
        let before = STEMS.get();
        let found = desk.with_the_job("old.csv").unwrap();
        let made = STEMS.get() - before;
        assert_eq!((found.equal, found.events), (equal, [columns as u64, MANY as u64]), "{found}");
        assert_eq!(kinds(&found), if equal { vec![] } else { vec!["other"] }, "{found}");
        assert!(made > 0 && made < 100 * MANY as u64, "{made} stems for {MANY} values");
    }
}

#[test]
fn fields_stand_under_the_first_column_of_their_name_whatever_the_files_hold() {
    let desk = Desk::new(&[]);
    desk.write("old/a.json", b"{\"start\":\"2024-01-01T12:00:00Z\",\"Open\":1}\n{\"Close\":2,\"start\":\"2024-01-01T12:10:00Z\"}\n");
    let head = ResultFiles::find(&desk.path("old"), None).unwrap().head().unwrap();
    assert_eq!(head.names, ["Open", "start", "Close"]);
    assert_eq!(head.rows[0][0], ResultField::Whole(1));
    assert_eq!(
        (&head.rows[0][2], &head.rows[1][0], &head.rows[1][2]),
        (&ResultField::Null, &ResultField::Null, &ResultField::Whole(2))
    );
    desk.write("twice.csv", b"start,Open,Open\n2024-01-01T12:00:00Z,1,2\n");
    let head = ResultFiles::find(&desk.path("twice.csv"), None).unwrap().head().unwrap();
    assert_eq!((head.names.len(), &head.rows[0][1]), (2, &ResultField::Text("1".to_owned())));
}
