use super::{Desk, EVENTS, OLD, kinds};

/// A second file, in windows of its own and in one that the first has too: 12:00 (Open 1), 14:00 (Close 2).
const MORE: &str =
    "time,action\n2024-01-01T12:02:00Z,Open\n2024-01-01T14:00:01Z,Close\n2024-01-01T14:03:00Z,Close\n";

#[track_caller]
fn is_because(desk: &Desk, kind: &str, words: &str) {
    let found = desk.with_the_job("old.csv").unwrap();
    assert!(!found.equal);
    assert_eq!(kinds(&found), [kind], "{found}");
    assert!(found.causes[0].text.contains(words), "{found}");
    assert!(found.causes[0].text.contains("all windows are equal"), "{found}");
    // Another difference beside it: the cause does not explain it, and where it touches what is blamed, nothing is.
    let old = std::fs::read_to_string(desk.path("old.csv")).unwrap();
    let mut lines: Vec<&str> = old.lines().collect();
    let far = match lines[0].matches(',').count() {
        2 => "2024-01-09T12:00:00Z,Open,7",
        _ => "2024-01-09T12:00:00Z,2024-01-09T12:10:00Z,7,0,3.5",
    };
    lines.push(far);
    desk.write("old.csv", (lines.join("\n") + "\n").as_bytes());
    let found = desk.with_the_job("old.csv").unwrap();
    for cause in &found.causes {
        assert!(
            !cause.text.contains("all windows are equal") || cause.kind == "null" || cause.kind == "case",
            "{found}"
        );
    }
    assert!(found.first.iter().any(|window| window.window_start.starts_with("2024-01-09")), "{found}");
}

/// The same of one file of events and what an old job made of it.
#[track_caller]
fn is_explained(events: &str, old: &str, kind: &str, words: &str) {
    is_because(&Desk::new(&[("in/a.csv", events), ("old.csv", old)]), kind, words);
}

#[test]
fn a_difference_without_a_cause_has_none() {
    let desk = Desk::new(&[("in/a.csv", EVENTS), ("in/b.csv", MORE), ("old.csv", OLD)]);
    desk.write("in/b.csv", b"time,action\n");
    for (from, to) in [(",2,1,1.5", ",3,1,2.0"), (",1,2,1.5", ",1,1,1.0"), (",0,1,0.5", ",4,9,6.5")] {
        desk.write("old.csv", OLD.replace(from, to).as_bytes());
        let found = desk.with_the_job("old.csv").unwrap();
        assert_eq!((found.equal, found.windows, found.windows_differing), (false, 4, 1));
        assert_eq!(kinds(&found), [""; 0], "{found}");
    }
    let found = desk.with_the_job("old.csv").unwrap();
    let window = &found.first[0];
    assert_eq!(window.window_start, "2024-01-01T12:10:00Z");
    assert_eq!(window.counts.iter().map(|count| (count.a, count.b)).collect::<Vec<_>>(), [(4, 0), (9, 1)]);
    assert!(window.files[0].ends_with("a.csv (1)"), "{found}");
    assert!(window.lines[0].ends_with("a.csv:5: 2024-01-01T12:10:30Z,Close"), "{found}");
}

#[test]
fn windows_of_another_clock() {
    let later = OLD.replace("T13:", "T14:").replace("T12:", "T13:");
    is_explained(EVENTS, &later, "zone", "the clock of Europe/Berlin");
    let shifted = OLD.replace("T13:", "T09:").replace("T12:", "T08:");
    is_explained(EVENTS, &shifted, "zone", "4:00 h earlier");
}

#[test]
fn local_times_of_days_read_in_another_zone() {
    let events =
        "time,action\n2024-06-01 23:30:00,Open\n2024-06-01 12:00:00,Open\n2024-06-03 00:30:00,Close\n";
    let old = "window_start,window_end,Open,Close,avg_actions\n\
               2024-06-01 00:00:00,2024-06-02 00:00:00,2,0,1.0\n2024-06-02 00:00:00,2024-06-03 00:00:00,0,1,0.5\n";
    let desk = Desk::new(&[("in/a.csv", events), ("old.csv", old)]).with_job("10m", "1d");
    is_because(&desk, "zone", "reads the times without an offset by the clock of Europe/Berlin");
}

#[test]
fn days_of_another_zone() {
    let events =
        "time,action\n2024-06-01T23:30:00Z,Open\n2024-06-01T12:00:00Z,Open\n2024-06-03T00:30:00Z,Close\n";
    let old = "window_start,window_end,Open,Close,avg_actions\n\
               2024-05-31T22:00:00Z,2024-06-01T22:00:00Z,1,0,0.5\n2024-06-01T22:00:00Z,2024-06-02T22:00:00Z,1,0,0.5\n\
               2024-06-02T22:00:00Z,2024-06-03T22:00:00Z,0,1,0.5\n";
    let desk = Desk::new(&[("in/a.csv", events), ("old.csv", old)]).with_job("10m", "1d");
    is_because(&desk, "zone", "follow the clock of Europe/Berlin");
}

#[test]
fn values_spelled_otherwise() {
    let dirty =
        EVENTS.replace("12:31:00Z,Open", "12:31:00Z,open").replace("12:39:00Z,Close", "12:39:00Z, Close ");
    // The old job does not clean: what is not spelled as its columns are is in none of them.
    let old = OLD.replace("1,2,1.5", "0,1,0.5");
    let desk = Desk::new(&[("in/a.csv", &dirty), ("old.csv", &old)]);
    is_because(&desk, "case", "keeps the case of values and does not trim them");
    let long = "window_start,action,count\n2024-01-01T12:00:00Z,OPEN,2\n2024-01-01T12:00:00Z,close,1\n\
                2024-01-01T12:10:00Z,close,1\n2024-01-01T12:30:00Z,OPEN,1\n2024-01-01T12:30:00Z,close,2\n\
                2024-01-01T13:00:00Z,OPEN,1\n";
    desk.write("long.csv", long.as_bytes());
    let found = desk.with_the_job("long.csv").unwrap();
    assert_eq!(kinds(&found), ["case"], "{found}");
    assert_eq!(found.causes[0].windows, 4);
    desk.write("long.csv", long.replace("OPEN,2", "OPEN,5").as_bytes());
    let found = desk.with_the_job("long.csv").unwrap();
    assert!(found.causes[0].text.contains("\"close\"") && !found.causes[0].text.contains("OPEN"), "{found}");
}

#[test]
fn events_without_a_value() {
    let some = EVENTS.to_owned() + "2024-01-01T12:00:03Z, \n2024-01-01T13:01:00Z,\n";
    let long = |null: &str| {
        format!(
            "window_start,action,count\n2024-01-01T12:00:00Z,Open,2\n2024-01-01T12:00:00Z,Close,1\n{null}\
             2024-01-01T12:10:00Z,Close,1\n2024-01-01T12:30:00Z,Open,1\n2024-01-01T12:30:00Z,Close,2\n\
             2024-01-01T13:00:00Z,Open,1\n"
        )
    };
    let desk = Desk::new(&[("in/a.csv", &some)]);
    let as_text = "2024-01-01T12:00:00Z,null,1\n2024-01-01T13:00:00Z,null,1\n";
    for (null, words) in
        [(as_text, "as a value or as none"), ("", "leaves out the events without a value (2 events)")]
    {
        desk.write("old.csv", long(null).as_bytes());
        let found = desk.with_the_job("old.csv").unwrap();
        assert_eq!(kinds(&found), ["null"], "{found}");
        assert!(found.causes[0].text.contains(words), "{found}");
    }
    desk.write("old.csv", long("2024-01-01T12:00:00Z,,1\n2024-01-01T13:00:00Z,\"\",1\n").as_bytes());
    assert!(desk.with_the_job("old.csv").unwrap().equal);
}

#[test]
fn unknown_values_are_left_out() {
    let some = EVENTS.to_owned() + "2024-01-01T12:00:03Z,Reboot\n2024-01-01T15:01:00Z,Reboot\n";
    is_explained(&some, OLD, "other", "leaves out the values that it has no column for (2 events)");
}

#[test]
fn values_that_are_left_out_are_named_or_counted() {
    let rows: String = ('a'..='g').map(|value| format!("2024-01-01T12:00:03Z,{value}\n")).collect();
    let long = "window_start,action,count\n2024-01-01T12:00:00Z,Open,2\n2024-01-01T12:00:00Z,Close,1\n\
                2024-01-01T12:10:00Z,Close,1\n2024-01-01T12:30:00Z,Open,1\n2024-01-01T12:30:00Z,Close,2\n\
                2024-01-01T13:00:00Z,Open,1\n";
    is_because(
        &Desk::new(&[("in/a.csv", &(EVENTS.to_owned() + &rows)), ("old.csv", long)])
            .with_job("values = [\"Open\", \"Close\"]\n", ""),
        "other",
        "leaves out the values A, B, C, D, E, 2 more (7 events)",
    );
}

#[test]
fn a_rule_that_takes_a_value_away_is_no_cause() {
    // In lower case nothing would be `Open`: that is not why the old job has it in other windows.
    let other =
        "window_start,window_end,Open,Close,avg_actions\n2024-01-02T12:00:00Z,2024-01-02T12:10:00Z,2,7,4.5\n";
    let found = Desk::new(&[("in/a.csv", EVENTS), ("old.csv", other)]).with_the_job("old.csv").unwrap();
    assert_eq!(kinds(&found), [""; 0], "{found}");
}

#[test]
fn a_file_cannot_be_missing_more_often_than_it_counts() {
    let cells = |n: u64| super::super::answer::CountsByWindow::from([((0, 0), n)]);
    let none = super::super::answer::CountsByWindow::new();
    let changed = |less: u64| crate::compare::cause::changed(&cells(2), &none, &cells(less));
    assert_eq!((changed(1), changed(2), changed(3)), (Some(cells(1)), Some(none.clone()), None));
}

#[test]
fn two_causes_are_told_apart() {
    let some = EVENTS.to_owned() + "2024-01-01T12:00:03Z,Reboot\n";
    let desk = Desk::new(&[("in/a.csv", &some), ("in/b.csv", MORE), ("old.csv", OLD)]);
    let found = desk.with_the_job("old.csv").unwrap();
    assert_eq!(kinds(&found).len(), 2, "{found}");
    assert_eq!(kinds(&found)[0], "other");
    assert!(found.causes[0].text.contains("2 windows still differ"), "{found}");
    assert!(found.causes[1].text.contains("b.csv is not in"), "{found}");
}

#[test]
fn rows_that_are_rejects_here_and_count_there() {
    let some =
        EVENTS.to_owned() + "2024-01-01T12:03:00Z,Open,surplus\n2024-01-01T14:00:01Z,Close\"\nbad,Open\n";
    let both = OLD.replace(",2,1,1.5", ",3,1,2.0");
    is_explained(
        &some,
        &both,
        "spark",
        "reads the inputs as Spark's CSV reader does (1 row with surplus fields cut, 1 row with quotes kept as text)",
    );
    let found = Desk::new(&[("in/a.csv", &some), ("old.csv", &both)]).with_the_job("old.csv").unwrap();
    assert!(
        found.first[0].lines.iter().any(|line| line.contains("a.csv:10: rejected, too_many_fields")),
        "{found}"
    );
}

#[test]
fn windows_that_hold_their_end() {
    // An event on the edge of 12:00 and one on that of 12:40.
    let some = EVENTS.to_owned() + "2024-01-01T12:40:00Z,Open\n";
    let moved = "window_start,window_end,Open,Close,avg_actions\n\
                 2024-01-01T11:50:00Z,2024-01-01T12:00:00Z,1,0,0.5\n2024-01-01T12:00:00Z,2024-01-01T12:10:00Z,1,1,1.0\n\
                 2024-01-01T12:10:00Z,2024-01-01T12:20:00Z,0,1,0.5\n2024-01-01T12:30:00Z,2024-01-01T12:40:00Z,2,2,2.0\n\
                 2024-01-01T13:00:00Z,2024-01-01T13:10:00Z,1,0,0.5\n";
    is_explained(&some, moved, "boundary", "hold their end and not their start");
    let twice = "window_start,window_end,Open,Close,avg_actions\n\
                 2024-01-01T11:50:00Z,2024-01-01T12:00:00Z,1,0,0.5\n2024-01-01T12:00:00Z,2024-01-01T12:10:00Z,2,1,1.5\n\
                 2024-01-01T12:10:00Z,2024-01-01T12:20:00Z,0,1,0.5\n2024-01-01T12:30:00Z,2024-01-01T12:40:00Z,2,2,2.0\n\
                 2024-01-01T12:40:00Z,2024-01-01T12:50:00Z,1,0,0.5\n2024-01-01T13:00:00Z,2024-01-01T13:10:00Z,1,0,0.5\n";
    is_explained(&some, twice, "boundary", "hold their start and their end");
}

#[test]
fn files_that_count_twice_or_not_or_came_late() {
    let twice = OLD.replace(",2,1,1.5", ",4,1,2.5") + "2024-01-01T14:00:00Z,2024-01-01T14:10:00Z,0,4,2.0\n";
    is_because(
        &Desk::new(&[("in/a.csv", EVENTS), ("in/b.csv", MORE), ("old.csv", &twice)]),
        "twice",
        "b.csv is counted twice in",
    );
    is_because(
        &Desk::new(&[("in/a.csv", EVENTS), ("in/b.csv", MORE), ("old.csv", OLD)]),
        "missing",
        "b.csv is not in",
    );
    let late = Desk::new(&[("in/a.csv", EVENTS), ("in/b.csv", MORE), ("old.csv", OLD)]);
    let old_file = std::fs::File::options().append(true).open(late.path("old.csv")).unwrap();
    let at = |s: u64| std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000 + s);
    old_file.set_modified(at(10)).unwrap();
    std::fs::File::options().append(true).open(late.path("in/a.csv")).unwrap().set_modified(at(5)).unwrap();
    let found = late.with_the_job("old.csv").unwrap();
    assert_eq!(kinds(&found), ["late"], "{found}");
    assert!(found.causes[0].text.contains("newer than"), "{found}");
}

#[test]
fn a_file_that_is_refused_here_and_counts_there() {
    let dirty = MORE.to_owned() + "bad,Open\n";
    let all = OLD.replace(",2,1,1.5", ",3,1,2.0") + "2024-01-01T14:00:00Z,2024-01-01T14:10:00Z,0,2,1.0\n";
    let desk =
        Desk::new(&[("in/a.csv", EVENTS), ("in/b.csv", &dirty), ("old.csv", &all)]).with_job("\"none\"", "0");
    is_because(&desk, "refused", "b.csv, which job.toml does not count");
}

#[test]
fn line_breaks_in_quotes_that_another_reader_takes_for_two_rows() {
    let some = EVENTS
        .replace("time,action", "time,action,note")
        .replace("Z,Open", "Z,Open,x")
        .replace("Z,Close", "Z,Close,y")
        + "2024-01-01T12:11:00Z,Open,\"a\nb\"\n";
    is_explained(&some, OLD, "line_breaks", "1 row with a line break in quotes");
}

#[test]
fn rows_without_a_window_are_told() {
    let desk = Desk::new(&[("in/a.csv", EVENTS), ("old.csv", &(OLD.to_owned() + ",,3,0,1.5\n"))]);
    let found = desk.with_the_job("old.csv").unwrap();
    assert_eq!((found.equal, found.events_without_window), (false, [3, 0]));
    assert_eq!(found.causes[0].kind, "no_window");
}
