use super::{Desk, kinds};

const LOG: &str = "time,action\n2016-07-28T04:11:00Z,Close\n2016-07-28T04:12:00Z,Open\n2016-07-28T04:13:00Z, Open \n\
                   2016-07-28T04:14:00Z,open\n2016-07-28T04:15:00Z,\tOpen\n";
/// What Spark reads as `Open` and windrow rejects.
const SURPLUS: &str = "2016-07-28T04:12:00Z,Open,x\n";

fn plain(files: &[(&str, &str)]) -> Desk {
    Desk::new(files)
        .with_job("[clean]\naction = { case = \"title\" }\n", "")
        .with_job("rejects = \"none\"", "rejects = \"100%\"")
}

#[track_caller]
fn causes(desk: &Desk) -> Vec<String> {
    let found = desk.with_the_job("old.csv").unwrap();
    assert_eq!(found.windows_unexplained, Some(0), "{found}");
    let folder = format!("{}/", desk.path("").display()).replace("//", "/");
    found.causes.iter().map(|cause| cause.text.replace(&folder, "")).collect()
}

#[test]
fn of_two_cleanings_that_give_the_same_counts_neither_is_claimed() {
    // Without the spaces there are two, and without trimming but in any case there are two.
    let either = "either trims only spaces from values, or counts values in any case and does not trim them (the counts \
                  fit each of them); ";
    let surplus = SURPLUS.repeat(3);
    for (surplus, head, open) in [("", "old.csv ", 2), (&surplus, "old.csv reads the inputs as Spark's", 5)] {
        let old = format!("window_start,Open,Close\n2016-07-28T04:10:00Z,{open},1\n");
        let desk = plain(&[("in/a.csv", &format!("{LOG}{surplus}")), ("old.csv", &old)]);
        let text = causes(&desk).pop().unwrap();
        assert!(text.starts_with(head) && text.contains(either), "{text}");
    }
}

#[test]
fn an_option_that_changes_nothing_is_not_claimed() {
    let log = "time,action\n2016-07-28T04:12:00Z,\"Op\"\"en\"\n2016-07-28T04:12:00Z,Open,x\n";
    let old = "window_start,action,count\n2016-07-28T04:10:00Z,\"Op\"\"en\",1\n2016-07-28T04:10:00Z,Open,1\n";
    let text = causes(&plain(&[("in/a.csv", log), ("old.csv", old)])).pop().unwrap();
    assert!(text.contains("reader does with escape='\"' (1 row"), "{text}");
}

#[test]
fn a_file_that_may_be_missing_or_cleaned_otherwise_is_in_doubt() {
    let log = format!("time,action\n2016-07-28T04:11:00Z,Open\n{SURPLUS}");
    let old = "window_start,Open,Close\n2016-07-28T04:10:00Z,2,0\n";
    let more = "time,action\n2016-07-28T05:12:00Z,open\n";
    let desk = Desk::new(&[("in/a.csv", &log), ("in/b.csv", more), ("old.csv", old)])
        .with_job("rejects = \"none\"", "rejects = \"100%\"");
    let found = desk.with_the_job("old.csv").unwrap();
    assert_eq!(kinds(&found).last(), Some(&"either"), "{found}");
    let text = causes(&desk).pop().unwrap();
    assert!(text.starts_with("either old.csv reads"), "{text}");
    for words in [
        "cut), keeps the case of values",
        "b.csv is not in old.csv",
        ", or old.csv reads",
        "all windows are equal",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn files_are_missing_beside_one_that_is_so_small_that_it_could_be() {
    let rows = |rows: &[(&str, usize)]| {
        let rows = rows.iter().map(|(row, times)| format!("2016-07-28T{row}\n").repeat(*times));
        format!("time,action\n{}", rows.collect::<String>())
    };
    let old = "window_start,Open,Close\n2016-07-28T04:10:00Z,1,0\n";
    let small = rows(&[("04:11:00Z,Open", 1)]);
    let large = rows(&[("04:12:00Z,Open", 20), ("05:12:00Z,Close", 1)]);
    let other = rows(&[("04:13:00Z,Open", 30), ("05:12:00Z,Close", 3)]);
    let desk = plain(&[("in/a.csv", &small), ("in/b.csv", &large), ("old.csv", old)]);
    assert!(causes(&desk)[0].contains("b.csv is not in old.csv"), "{:?}", causes(&desk));
    desk.write("in/c.csv", other.as_bytes());
    let both = causes(&desk);
    assert!(both[0].contains("b.csv, ") && both[0].contains("c.csv are not in old.csv"), "{both:?}");
}

#[test]
fn a_value_under_another_name_is_not_left_out() {
    let log = "time,action\n2016-07-28T04:11:00Z,007\n2016-07-28T04:12:00Z,7\n2016-07-28T04:13:00Z,Reboot\n";
    for (value, said) in [("7,1", &["other"][..]), ("7,2", &[]), ("8,2", &[])] {
        let old = format!("window_start,action,count\n2016-07-28T04:10:00Z,{value}\n");
        let desk = plain(&[("in/a.csv", log), ("old.csv", &old)]);
        let found = desk.with_the_job("old.csv").unwrap();
        assert_eq!(kinds(&found), said, "{value}: {found}");
    }
}

#[test]
fn what_is_read_again_is_seen_in_the_progress() {
    let old = "window_start,Open,Close\n2016-07-28T04:10:00Z,17,4\n";
    let desk = plain(&[("in/a.csv", &format!("{LOG}{SURPLUS}")), ("old.csv", old)]);
    let found = desk.with_the_job("old.csv").unwrap();
    assert_eq!(found.windows_unexplained, Some(1), "{found}");
    let [total, done] = [&desk.settings.progress.bytes_total, &desk.settings.progress.bytes_done];
    let [total, done] = [total, done].map(|bytes| bytes.load(std::sync::atomic::Ordering::Relaxed));
    let size = (LOG.len() + SURPLUS.len()) as u64;
    // Once by the engine, once by windrow's rules, and at least twice by Spark's. The part before the first row is read separately.
    assert!(total.is_multiple_of(size) && total >= 4 * size, "{total} of {size}");
    assert!(
        done + "time,action\n".len() as u64 * total / size >= total && done <= total,
        "{done} of {total}"
    );
}

#[test]
fn a_reading_and_a_cleaning_that_give_the_same_counts_are_told_apart() {
    let old = "window_start,Open,Close\n2016-07-28T04:10:00Z,4,1\n";
    let desk = plain(&[("in/a.csv", &format!("{LOG}{}", SURPLUS.repeat(2))), ("old.csv", old)]);
    let text = causes(&desk).pop().unwrap();
    assert!(text.starts_with("either old.csv reads the inputs as Spark's CSV reader does"), "{text}");
    assert!(
        text.contains("trims only spaces from values, or old.csv counts values in any case (the"),
        "{text}"
    );
}

#[test]
fn a_reading_is_not_claimed_where_the_job_has_the_counts_as_well() {
    // With the row that Spark counts and windrow rejects, and with the tab kept, the counts are those of the job.
    let old = "window_start,Open,Close\n2016-07-28T04:10:00Z,3,1\n";
    let desk = plain(&[("in/a.csv", &format!("{LOG}{SURPLUS}")), ("old.csv", old)]);
    let found = desk.with_the_job("old.csv").unwrap();
    assert_eq!(kinds(&found), ["other"], "{found}");
}
