use windrow::{RunRequest, View};

use crate::measured::{check, rows};
use crate::storage::Memory;
use crate::work::{JobWords, TestWork};

const MOVING: &str = "cumulative = '1d'\nprevious = ['1h', '1d']";

fn work(lines: &str) -> TestWork {
    let reports = vec![("ten", format!("every = '1h'\nzone = 'Europe/Berlin'\n{lines}"))];
    let source = "on_gone = 'subtract'".to_owned();
    TestWork::new(JobWords { source, reports, ..JobWords::default() })
}

/// Some rows of every other hour of a day of March.
fn day(day: u32, more: u32) -> String {
    let row = |at: u32| {
        let action = ["close", "Open", "lock"][(at + at / 12 + day) as usize % 3];
        format!("2024-03-{day:02}T{:02}:{:02}:00Z,{action},{at},u\n", at * 2 % 24, at * 17 % 60)
    };
    "time,action,n,user\n".to_owned() + &(0..24 + more).map(row).collect::<String>()
}

#[test]
fn a_file_of_any_day_moves_what_comes_after_it() {
    for lines in [MOVING, "cumulative = '1w'\nprevious = ['1w', '1d']\nfrom = 2024-03-28", "previous = '2h'"]
    {
        let (mut work, memory) = (work(&format!("{lines}\nmeasures = ['sum(n)']")), Memory::default());
        let steps = [(28, 0), (31, 3), (30, 1), (27, 2), (30, 9), (26, 0), (28, 5)];
        for (of, more) in steps {
            work.write(&format!("in/{of}.csv"), &day(of, more));
            work.run(&memory.calm()).unwrap();
            check(&work, &memory);
        }
        for of in [31, 26, 27] {
            work.delete(&format!("in/{of}.csv"));
            work.run(&memory.calm()).unwrap();
            check(&work, &memory);
        }
    }
}

#[test]
fn what_moves_with_other_windows_is_not_told_as_changed() {
    let (mut work, memory) = (work(MOVING), Memory::default());
    work.write("in/a.csv", &day(29, 0));
    work.run(&memory.calm()).unwrap();
    work.write(
        "in/b.csv",
        "time,action,n,user\n2024-03-29T04:30:00Z,Open,1,u\n2024-03-29T22:30:00Z,Open,1,u\n",
    );
    let outcome = work.run(&memory.calm()).unwrap();
    let [report] = &outcome.published[..] else { panic!("one report") };
    assert_eq!((report.replaced.rows, report.replaced.windows), (2, 2));
    assert_eq!(report.changes.len(), 2, "{:?}", report.changes);
    check(&work, &memory);
}

#[test]
fn views_and_peaks_that_are_added_read_nothing() {
    let (mut work, memory) = (work(""), Memory::default());
    work.write("in/a.csv", &(day(29, 4) + &rows(0, 90)));
    work.run(&memory.calm()).unwrap();
    check(&work, &memory);
    for lines in [MOVING, "previous = '1h'", "peaks = { gaps = true, threshold = 0.5 }", ""] {
        work.question.reports = vec![("ten", format!("every = '1h'\nzone = 'Europe/Berlin'\n{lines}"))];
        let outcome = work.run_asked(&memory.calm(), &Default::default(), &RunRequest::default()).unwrap();
        assert_eq!(outcome.bytes_read, 0, "{lines}");
        check(&work, &memory);
        let peaks = outcome.report("ten").unwrap().batches(View::Peaks).unwrap().rows_total();
        assert_eq!(peaks > 0, lines.contains("peaks"), "{lines}");
    }
}
