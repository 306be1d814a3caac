use super::{Desk, kinds};

/// What the documents say of a PySpark job, a line of a log after the other.
const DOCUMENT: &str = include_str!("../../../../../docs/compare.md");

/// Rows that both read the same way, and their counts.
const BOTH: &str = "2016-07-28T04:11:00Z,Close\n2016-07-28T00:01:00Z,Close\n2016-07-28T02:13:00Z, Close \n";
const COUNTS: &str = "window_start,action,count\n2016-07-28T04:10:00Z,Close,1\n2016-07-28T00:00:00Z,Close,1\n\
                      2016-07-28T02:10:00Z,Close,1\n";

fn desk(lines: &str) -> Desk {
    Desk::new(&[("in/a.csv", &format!("time,action\n{BOTH}{lines}"))])
        .with_job("[clean]\naction = { case = \"title\" }\n", "")
        .with_job("values = [\"Open\", \"Close\"]\n", "")
        .with_job("\"none\"", "\"100%\"")
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('"', "\"\""))
}

#[track_caller]
fn is_because_of_spark(desk: &Desk, words: &[&str]) {
    let found = desk.with_the_job("old.csv").unwrap();
    assert!(!found.equal, "{found}");
    assert!(kinds(&found).contains(&"spark"), "{found}");
    assert!(found.causes.last().unwrap().text.ends_with("all windows are equal"), "{found}");
    assert_eq!(found.windows_unexplained, Some(0), "{found}");
    for words in words {
        assert!(found.causes.iter().any(|cause| cause.text.contains(words)), "{words}: {found}");
    }
}

#[test]
fn every_line_of_the_document_is_explained_as_it_says() {
    let rows = DOCUMENT.lines().skip_while(|line| !line.contains("| Spark counts |")).skip(2);
    let rows: Vec<&str> = rows.take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() >= 15, "{rows:?}");
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [line, counts, windrow, says] = cells[..] else { panic!("{row}") };
        is_explained(row, line, counts, windrow, says);
    }
}

#[track_caller]
fn is_explained(row: &str, line: &str, counts: &str, windrow: &str, says: &str) {
    let bare = |cell: &str| cell.trim().trim_matches('`').replace("\\t", "\t").replace("\\n", "\n");
    let desk = desk(&(bare(line) + "\n"));
    let old = match counts.trim().split_once(" at ") {
        Some((value, start)) => {
            let value = if value == "null" { String::new() } else { quoted(&bare(value)) };
            format!("{COUNTS}{}:00Z,{value},1\n", bare(start))
        }
        None => {
            assert_eq!(counts, "nothing", "{row}");
            COUNTS.to_owned()
        }
    };
    desk.write("old.csv", old.as_bytes());
    let found = desk.with_the_job("old.csv").unwrap();
    let text = found.to_string();
    assert!(text.contains(&bare(says)) && found.windows_unexplained == Some(0), "{row}\n{found}");
    // What windrow makes of it: a reject, or a count of the value.
    let ours = match windrow.trim().starts_with('`') {
        true => found
            .first
            .iter()
            .any(|window| window.counts.iter().any(|count| count.value == bare(windrow) && count.b > 0)),
        false => desk.reasons().contains(&windrow.trim().to_owned()),
    };
    assert!(ours, "{row}\n{found}");
}

#[test]
fn two_habits_in_one_window_are_explained_together() {
    let log = "2016-07-28T04:12:00Z,Open,x\n2016-07-28T04:12:00Z,Open,y\n2016-07-28T04:13Z,Open\n\
               2016-07-28T04:14:00Z,\tOpen\n2016-07-28T04:15:00Z, Open\n";
    let desk = desk(log);
    let old = format!("{COUNTS}2016-07-28T04:10:00Z,Open,3\n2016-07-28T04:10:00Z,\"\tOpen\",1\n");
    desk.write("old.csv", old.as_bytes());
    let words = [
        "2 rows with surplus fields cut",
        "1 time null",
        "trims only spaces from values",
        "rejects or reads",
    ];
    is_because_of_spark(&desk, &words[..3]);
    let text = desk.with_the_job("old.csv").unwrap().to_string();
    assert!(!text.contains(words[3]) && !text.contains("leaves out the values"), "{text}");
}

#[test]
fn options_of_the_reader_are_told_apart() {
    let log =
        "2016-07-28T04:12:00Z,\"Op\nen\"\n2016-07-28T04:13:00Z,\"Op\"\"en\"\n2016-07-28T04:14:00Z,Open,x\n";
    for (options, broken, doubled) in [
        ("does with multiLine=True (", "Op\nen", "\"Op\"\"en\""),
        ("does with multiLine=True, escape='\"' (", "Op\nen", "Op\"en"),
        ("does with escape='\"' (", "Op", "Op\"en"),
        ("does (", "Op", "\"Op\"\"en\""),
    ] {
        let desk = desk(log);
        let value = |value: &str| format!("2016-07-28T04:10:00Z,{},1\n", quoted(value));
        desk.write(
            "old.csv",
            (COUNTS.to_owned() + &value(broken) + &value(doubled) + &value("Open")).as_bytes(),
        );
        is_because_of_spark(&desk, &[options]);
    }
}

#[test]
fn times_that_a_pattern_reads_are_told_by_it() {
    let log = "2016-07-28T04:12:00Z,Open\n2016-07-28 04:13:00,Open\n2016-07-28T04:14:00.5Z,Open\n2016-07-28T04:15:00+02:00,Open\n";
    let log = format!("time,action\n{log}");
    for (pattern, open, more) in [
        ("yyyy-MM-dd HH:mm:ss", 1, ""),
        ("yyyy-MM-dd'T'HH:mm:ss'Z' or yyyy-MM-dd'T'HH:mm:ssX", 1, ""),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", 1, "2016-07-28T02:10:00Z,Open,1\n"),
        (
            "yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX] or yyyy-MM-dd'T'HH:mm:ss[.SSSSSS]XXX",
            2,
            "2016-07-28T02:10:00Z,Open,1\n",
        ),
    ] {
        // Each has a row of its own, so that the counts tell them apart.
        let own = if pattern.starts_with("yyyy-MM-dd HH") {
            "2016-07-28 08:13:00,Close\n"
        } else {
            "2016-07-28T08:13:00Z,Close\n"
        };
        let desk = Desk::new(&[("in/a.csv", &format!("{log}{own}"))]).with_job("\"none\"", "\"100%\"");
        let close = "2016-07-28T08:10:00Z,Close,1\n";
        let old = format!("window_start,action,count\n2016-07-28T04:10:00Z,Open,{open}\n{more}{close}");
        desk.write("old.csv", old.as_bytes());
        is_because_of_spark(
            &desk,
            &[&format!("as Spark's CSV reader does and its times as the pattern {pattern} does (")],
        );
    }
}

#[test]
fn every_pattern_that_reads_the_times_alike_is_named() {
    // The last time but one is read by windrow, the last one by a cast, and neither by the pattern.
    let log = "time,action\n2016-07-28T04:12:00.0Z,Open\n2016-07-28T04:12:01.0Z,Open\n2016-07-28T04:12:02.0Z,Open\n2016-07-28T04:13Z,Open\n2016-07,Open\n";
    let old = "window_start,action,count\n2016-07-28T04:10:00Z,Open,3\n";
    let desk = Desk::new(&[("in/a.csv", log), ("old.csv", old)]).with_job("\"none\"", "\"100%\"");
    let patterns = ["ss.SSS'Z'", "ss.SSSX", "ss.SSSXXX", "ss.SSSSSSX", "ss[.SSS][XXX]", "ss[.SSSSSS]XXX"]
        .map(|end| format!("yyyy-MM-dd'T'HH:mm:{end}"))
        .join(" or ");
    // The first of them takes the Z for a letter: the instant is the same.
    is_because_of_spark(&desk, &[&format!("the pattern {patterns} does (1 time null that job.toml reads);")]);
}

#[test]
fn malformed_rows_are_dropped_where_spark_sees_them() {
    let rows = "2016-07-28T04:12:00Z,Op\"en\n2016-07-28T04:13:00Z\n2016-07-28T04:14:00Z,Close,x\n";
    let count = |value: &str| format!("2016-07-28T04:10:00Z,{},1\n", quoted(value));
    let desk = desk(rows);
    desk.write("old.csv", (COUNTS.to_owned() + &count("Op\"en")).as_bytes());
    is_because_of_spark(&desk, &["does with mode='DROPMALFORMED' (1 row with quotes kept as text)"]);
    desk.write(
        "old.csv",
        (COUNTS.replacen("Close,1", "Close,2", 1) + &count("Op\"en") + &count("")).as_bytes(),
    );
    is_because_of_spark(&desk, &["does (1 row with surplus fields cut, 1 row with missing fields null"]);
    // With a column that the job does not use, the parser does not see how many fields there are.
    let rows = rows.replace("2016", "n,2016");
    let desk = self::desk("");
    desk.write("in/a.csv", format!("note,time,action\n{}{rows}", BOTH.replace("2016", "n,2016")).as_bytes());
    desk.write("old.csv", (COUNTS.to_owned() + &count("Op\"en")).as_bytes());
    is_because_of_spark(&desk, &["does with multiLine=True, mode='DROPMALFORMED' ("]);
}

#[test]
fn what_spark_does_is_found_beside_other_causes() {
    let desk = desk("2016-07-28T04:12:00Z,Open,x\n2016-07-28T04:13:00Z,Reboot\n2016-07-28T04:14:00Z,\n");
    desk.write("in/b.csv", b"time,action\n2016-07-28T04:12:00Z,Open\n2016-07-28T09:12:00Z,Open\n");
    let open = format!("{COUNTS}2016-07-28T04:10:00Z,Open,1\n");
    desk.write("old.csv", open.as_bytes());
    is_because_of_spark(
        &desk,
        &["b.csv is not in", "leaves out the values Reboot (1 event)", "without a value"],
    );
    // Counts that neither side has explain nothing.
    desk.write("old.csv", open.replace("Close,1\n2016-07-28T00", "Close,9\n2016-07-28T00").as_bytes());
    let found = desk.with_the_job("old.csv").unwrap();
    assert!(found.windows_unexplained > Some(0), "{found}");
    assert!(found.to_string().contains("\nnot explained: "), "{found}");
}

#[test]
fn rows_without_a_time_are_those_that_spark_cannot_read() {
    let desk = desk("2016-07-28T04:18Z,Open\nyesterday,Close\n2016-07-28T04:14:00Z,Open,x\n");
    let open = format!("{COUNTS}2016-07-28T04:10:00Z,Open,1\n");
    desk.write("old.csv", format!("{open},Open,1\n,Close,1\n").as_bytes());
    is_because_of_spark(&desk, &["1 time null that job.toml reads"]);
    // A pattern that reads none of them.
    desk.write("old.csv", b"window_start,action,count\n,Open,2\n,Close,4\n");
    is_because_of_spark(&desk, &["as the pattern yyyy-MM-dd'T'HH:mm:ss.SSS'Z' or "]);
    assert!(desk.with_the_job("old.csv").unwrap().to_string().contains(" or yyyy-MM-dd HH:mm:ss or "));
    desk.write("old.csv", b"window_start,action,count\n,Open,3\n,Close,4\n");
    let found = desk.with_the_job("old.csv").unwrap();
    assert!(kinds(&found).is_empty(), "{found}");
    desk.write("old.csv", format!("{open},Open,7\n").as_bytes());
    let found = desk.with_the_job("old.csv").unwrap();
    assert!(!kinds(&found).contains(&"spark"), "{found}");
}

#[test]
fn a_time_of_day_is_one_of_the_day_on_which_the_result_was_written() {
    let desk = desk("04:18,Open\n");
    desk.write("old.csv", format!("{COUNTS}2020-02-29T04:10:00Z,Open,1\n").as_bytes());
    let written = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_582_979_400);
    let old = std::fs::File::options().append(true).open(desk.path("old.csv")).unwrap();
    old.set_modified(written).unwrap();
    is_because_of_spark(&desk, &["1 time that job.toml rejects"]);
    old.set_modified(written + std::time::Duration::from_secs(86_400)).unwrap();
    assert!(!kinds(&desk.with_the_job("old.csv").unwrap()).contains(&"spark"));
}

#[test]
fn part_files_are_read_as_spark_writes_them() {
    let desk = desk("2016-07-28T04:12:00Z,\"a\"\",b\"\n");
    let old = format!("{COUNTS}2016-07-28T04:10:00Z,\"a\\\",b\",1\n");
    desk.write("old/part-00000-c000.csv", old.as_bytes());
    desk.write("old/_SUCCESS", b"");
    let found = desk.with_the_job("old").unwrap();
    assert!(found.equal, "{found}");
    desk.write("old/part-00000-c000.csv", old.replace("Close,1", "Close,1,1").as_bytes());
    assert!(desk.with_the_job("old").unwrap_err().to_string().contains("too_many_fields"));
}
