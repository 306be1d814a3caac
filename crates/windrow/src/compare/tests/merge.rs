//! Results that are not held are compared as those that are.

use proptest::prelude::*;

use super::{Comparison, Desk, EVENTS};
use crate::calendar::Zone;
use crate::compare::answer;
use crate::compare::columns::{ResultColumns, Shape};
use crate::compare::instant::Instants;
use crate::compare::result::ResultFiles;

const VALUES: [&str; 3] = ["Open", "Close", "Zoom"];

/// Rows (window, value, count) as a long result, or as a wide one; in order of time unless they are reversed.
fn text(rows: &[(u8, u8, u8)], is_wide: bool, is_reversed: bool) -> String {
    let time = |at: u8| format!("2024-01-01T{:02}:{:02}:00Z", at / 6, at % 6 * 10);
    let mut lines: Vec<String> = if is_wide {
        let count = |at: u8, of: usize| {
            let of = rows.iter().filter(|(start, value, _)| *start == at && usize::from(*value) == of);
            of.map(|(.., n)| u64::from(*n)).sum::<u64>()
        };
        let starts: std::collections::BTreeSet<u8> = rows.iter().map(|(at, ..)| *at).collect();
        let line = |at: u8| {
            let [open, close, zoom] = [0, 1, 2].map(|of| count(at, of));
            let mean = (open + close + zoom) as f64 / 3.0;
            format!("{},{},{open},{close},{zoom},{mean}", time(at), time(at + 1))
        };
        starts.into_iter().map(line).collect()
    } else {
        let mut rows = rows.to_vec();
        rows.sort_unstable();
        let line =
            |(at, value, n): &(u8, u8, u8)| format!("{},{},{n}", time(*at), VALUES[usize::from(*value)]);
        rows.iter().map(line).collect()
    };
    if is_reversed {
        lines.reverse();
    }
    let header = if is_wide {
        "window_start,window_end,Open,Close,Zoom,avg_actions"
    } else {
        "window_start,action,count"
    };
    std::iter::once(header.to_owned()).chain(lines).map(|line| line + "\n").collect()
}

/// What was found, without what is only found of results that are held.
fn found(desk: &Desk, names: [&str; 2]) -> Comparison {
    let found = desk.two(names[0], names[1]).unwrap();
    Comparison { causes: vec![], notes: vec![], ..found }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_not_held_is_compared_as_what_is(
        a in prop::collection::vec((0u8..20, 0u8..3, 0u8..3), 1..40),
        changed in prop::collection::vec((0u8..20, 0u8..3, 1u8..3), 0..3),
        wide in any::<[bool; 2]>(), reversed in any::<[bool; 2]>(), held in 0u64..30,
    ) {
        let b = [&a[..], &changed].concat();
        let desk = Desk::new(&[]);
        desk.write("a.csv", text(&a, wide[0], reversed[0]).as_bytes());
        desk.write("b.csv", text(&b, wide[1], reversed[1]).as_bytes());
        let all = found(&desk, ["a.csv", "b.csv"]);
        let merged = found(&Desk { held, ..desk }, ["a.csv", "b.csv"]);
        prop_assert_eq!(serde_json::to_string(&all).unwrap(), serde_json::to_string(&merged).unwrap());
    }
}

#[test]
fn a_sorted_result_past_the_limit_is_not_held_and_an_unsorted_one_is() {
    let rows: Vec<(u8, u8, u8)> = (0..20).map(|at| (at, 0, 1)).collect();
    let desk = Desk::new(&[("in/a.csv", EVENTS)]);
    desk.write("sorted.csv", text(&rows, false, false).as_bytes());
    desk.write("reversed.csv", text(&rows, false, true).as_bytes());
    let read = |name: &str, held: u64| {
        let rows = answer::ResultRows {
            result: ResultFiles::find(&desk.path(name), None).unwrap(),
            columns: ResultColumns {
                start: "window_start".to_owned(),
                end: None,
                shape: Shape::Long { keys: vec!["action".to_owned()], count: "count".to_owned() },
                measures: Vec::new(),
            },
            instants: Instants::new(&Zone::utc()).unwrap(),
        };
        let answer = answer::ComparedSide::of_result(rows, held).unwrap();
        (answer.rows.is_some(), answer.cells.len(), answer.ends_us.len())
    };
    assert_eq!(read("sorted.csv", 19), (true, 0, 0));
    assert_eq!(read("sorted.csv", 20), (false, 20, 20));
    assert_eq!(read("reversed.csv", 19), (false, 20, 20));
}

#[test]
fn a_result_that_is_not_held_is_compared_with_a_job_and_says_that_causes_are_not_looked_for() {
    let desk = Desk::new(&[("in/a.csv", EVENTS), ("old.csv", super::OLD)]);
    let desk = Desk { held: 2, ..desk };
    let equal = desk.with_the_job("old.csv").unwrap();
    assert_eq!(equal.to_string(), "equal: 4 windows, 2 values, 8 events\n");
    desk.write("old.csv", super::OLD.replace(",1,2,1.5", ",1,3,2").as_bytes());
    let found = desk.with_the_job("old.csv").unwrap();
    assert_eq!((found.windows_differing, found.causes.len()), (1, 0));
    assert!(found.notes.iter().any(|note| note.contains("more than 2 rows")), "{:?}", found.notes);
    let hours = "window_start,window_end,Open,Close\n2024-01-01T12:00:00Z,2024-01-01T13:00:00Z,3,4\n";
    desk.write(
        "old.csv",
        (hours.to_owned() + &hours.replace("T12", "T13").lines().skip(1).collect::<String>()).as_bytes(),
    );
    let desk = Desk { held: 0, ..desk };
    assert!(desk.with_the_job("old.csv").unwrap_err().to_string().contains("windows of 60 minutes"));
}
