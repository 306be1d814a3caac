//! A run that counts nothing: nothing is published, the cause is said, and the command in the help reads the file.

use super::*;

/// The command in the last line of a help, run as it stands.
fn follow(folder: &TempDir, err: &str) -> Said {
    let line = err.lines().rev().find(|line| line.contains("windrow run ") || line.contains("sed ")).unwrap();
    let at = line.find("windrow run ").or(line.find("sed ")).unwrap();
    let program = format!("windrow() {{ '{}' \"$@\"; }}; {}", env!("CARGO_BIN_EXE_windrow"), &line[at..]);
    said(Command::new("sh").current_dir(folder.path()).args(["-c", &program]).output().unwrap())
}

#[test]
fn the_old_output_stays_and_the_help_is_a_command_that_works() {
    let rows = "2024-01-01T00:00:00Z,Open\n2024-01-01T00:01:00Z,Close\n";
    let commas = rows.replace('\n', ",\n");
    for (text, cause, fixed) in [
        (format!("time,action\n{commas}"), "one field more than the header", false),
        (format!("A title\n\ntime,action\n{rows}"), "line 3, after a title", true),
        (format!("# a note\ntime,action\n{rows}"), "a comment, not a header", true),
    ] {
        let folder = folder(&[("in.csv", &text), ("out.csv", "the old answer\n")]);
        let said = run(&folder, &["run", "in.csv", "-o", "out.csv"]);
        assert_eq!((said.code, said.out.as_str()), (3, ""), "{}", said.err);
        contains(&said.err, &["no row of in.csv was counted", cause]);
        assert_eq!(fs::read_to_string(folder.path().join("out.csv")).unwrap(), "the old answer\n");
        let followed = follow(&folder, &said.err);
        assert_eq!(followed.code, 0, "{}", followed.err);
        let answer = match fixed {
            true => "out.csv",
            false => {
                assert_eq!(run(&folder, &["run", "fixed.csv", "-o", "fixed-out.csv"]).code, 0);
                "fixed-out.csv"
            }
        };
        contains(&fs::read_to_string(folder.path().join(answer)).unwrap(), &["Open,1", "Close,1"]);
    }
}

#[test]
fn a_wrong_delimiter_and_a_wrong_encoding_are_named() {
    let folder = folder(&[]);
    fs::write(folder.path().join("in.csv"), b"time,action\n2024-01-01T00:00:00Z,\xd6ffnen\n").unwrap();
    let told = run(&folder, &["run", "in.csv"]);
    assert_eq!(told.code, 3, "{}", told.err);
    contains(&told.err, &["not UTF-8", "windrow run in.csv --encoding latin1"]);
    let followed = follow(&folder, &told.err);
    contains(&followed.out, &["\u{d6}ffnen,1"]);
}

#[test]
fn an_input_without_a_row_has_an_empty_answer() {
    let folder = folder(&[("in.csv", "time,action\n\n"), ("out.csv", "the old answer\n")]);
    let said = run(&folder, &["run", "in.csv", "-o", "out.csv"]);
    assert_eq!(said.code, 0, "{}", said.err);
    contains(&said.err, &["warning: no input has a row: the answer is empty"]);
    let answer = fs::read_to_string(folder.path().join("out.csv")).unwrap();
    assert_eq!(answer.lines().count(), 1, "a header alone: {answer}");
}

const JOB: &str = "name = 'j'\nversion = 1\n[source]\npath = 'in/*.csv'\ntime = 'time'\nkeys = ['action']\n[limits]\nrejects = 'none'\n\
    [reports.r]\nevery = '10m'\n[output]\npath = 'out'\n";

#[test]
fn a_job_with_an_output_keeps_and_publishes_nothing_that_is_no_answer() {
    let bad = "time,action\n2024-01-01T00:00:00Z,Open,\n";
    let good = bad.replace("Open,", "Open");
    let folder = folder(&[("job.toml", JOB), ("in/a.csv", bad)]);
    let first = run(&folder, &["run", "job.toml"]);
    assert_eq!(first.code, 3, "{}", first.err);
    contains(
        &first.err,
        &["nothing was kept or published", "one field more", "sed 's/[,][[:space:]]*$//' in/a.csv"],
    );
    assert!(!folder.path().join("out/reports").exists());

    fs::write(folder.path().join("in/a.csv"), &good).unwrap();
    assert_eq!(run(&folder, &["run", "job.toml"]).code, 0);
    let published = run(&folder, &["show", "job.toml", "windows"]).out;
    contains(&published, &["Open"]);
    // The only file that counts becomes one of rejects: the numbers that are published stay.
    fs::write(folder.path().join("in/a.csv"), bad.repeat(2)).unwrap();
    let again = run(&folder, &["run", "job.toml"]);
    assert_eq!(again.code, 3, "{}", again.err);
    assert_eq!(run(&folder, &["show", "job.toml", "windows"]).out, published);
    // Beside a file that counts, one of rejects alone is rejects.
    fs::write(folder.path().join("in/b.csv"), &good).unwrap();
    assert_eq!(run(&folder, &["run", "job.toml"]).code, 0);
    fs::remove_file(folder.path().join("in/a.csv")).unwrap();
}

#[test]
fn rules_that_leave_out_every_row_are_no_answer() {
    let text = "time,action\n2024-01-01T00:00:00Z,Open\n2024-01-01T00:01:00Z,Close\n";
    for (flags, rule, cause, flag) in [
        (["--skip-lines", "5000"], "skip_lines = 5000", "all of its 3 lines are left out", "--skip-lines 0"),
        (
            ["--comment", "2"],
            "comment = '2'",
            "begin with '2', and are left out as comments",
            "--comment '#'",
        ),
    ] {
        let job = JOB.replace("[limits]", &format!("{rule}\n[limits]"));
        let folder = folder(&[
            ("in/a.csv", text),
            ("empty.csv", ""),
            ("out.csv", "the old answer\n"),
            ("job.toml", &job),
        ]);
        for inputs in [&["in/a.csv"][..], &["empty.csv", "in/a.csv"]] {
            let told = run(&folder, &[&["run"], inputs, &flags, &["-o", "out.csv"]].concat());
            assert_eq!((told.code, told.out.as_str()), (3, ""), "{}", told.err);
            contains(&told.err, &["no row of in/a.csv was counted", cause, flag]);
            assert_eq!(fs::read_to_string(folder.path().join("out.csv")).unwrap(), "the old answer\n");
        }
        let told = run(&folder, &["run", "job.toml"]);
        assert_eq!(told.code, 3, "{}", told.err);
        contains(&told.err, &["nothing was kept or published", cause]);
        assert!(!folder.path().join("out/reports").exists());
        // An input without a row under any rules has no rows to leave out.
        for nothing in ["", "time,action\n", "time,action\n# an end, of sorts\n"] {
            fs::write(folder.path().join("empty.csv"), nothing).unwrap();
            let told = run(&folder, &["run", "empty.csv", "--comment", "#"]);
            assert_eq!(told.code, 0, "{}", told.err);
        }
    }
}

#[test]
fn a_header_in_another_encoding_and_one_under_padded_titles_are_found() {
    let rows = "2024-01-01T00:00:00Z,Open,1\n2024-01-01T00:01:00Z,Close,2\n";
    let semicolons = format!("Report,,\n,,\ntime,action,n\n{rows}").replace(',', ";");
    for text in [format!("My title,,\nx,y,z\ntime,action,b\n{rows}"), semicolons] {
        let folder = folder(&[("in.csv", &text)]);
        let told = run(&folder, &["run", "in.csv"]);
        assert_eq!(told.code, 3, "{}", told.err);
        contains(&told.err, &["its header is line 3, after a title", "windrow run in.csv --skip-lines 2"]);
        contains(&follow(&folder, &told.err).out, &["Open,1", "Close,1"]);
    }
    let folder = folder(&[]);
    fs::write(folder.path().join("in.csv"), b"t\xe9mps,action\n2024-01-01T00:00:00Z,x\n").unwrap();
    let told = run(&folder, &["run", "in.csv"]);
    contains(&told.err, &["line 1 is not a header", "declare it with --encoding latin1\n"]);
    // Who has a job file is told its key, and what is not part of a job stays a flag.
    let job =
        "name = 'j'\nversion = 1\n[source]\npath = 'in.csv'\ntime = 'time'\n[reports.r]\nevery = '1h'\n";
    fs::write(folder.path().join("j.toml"), job).unwrap();
    contains(&run(&folder, &["run", "j.toml"]).err, &["declare it with encoding = \"latin1\" in [source]\n"]);
    contains(&run(&folder, &["run", "in.csv", "--encoding", "latin1"]).out, &["x,1"]);
}

#[test]
fn data_in_place_of_a_header_is_named_by_its_line() {
    let rows = "2024-01-01T00:00:00Z,Open\n".repeat(3);
    let folder = folder(&[("in.csv", &format!("A title\n\ntime,action\n{rows}"))]);
    let told = run(&folder, &["run", "in.csv", "--skip-lines", "3"]);
    assert_eq!(told.code, 2, "{}", told.err);
    contains(&told.err, &["line 4 is data", "leave out fewer lines with --skip-lines", "tail -n +4 in.csv"]);
}

#[test]
fn a_date_and_a_time_of_day_have_a_command_that_names_both() {
    let text = "Date,Time,user\n03/04/2024,10:20:30,a\n,10:20:30,a\n25/04/2024,,b\n25/04/2024,10:20:31,b\n25/04/2024,10:20:32,b\n";
    let folder =
        folder(&[("my x's.csv", text), ("logs/a.csv", text), ("logs/b.csv", &text.replace(",a", ",c"))]);
    let told = run(&folder, &["run", "my x's.csv", "--no-key"]);
    contains(&told.err, &["--no-key --time Date,Time --time-format '%d/%m/%Y %H:%M:%S'"]);
    for inputs in [&["logs"][..], &["logs/*.csv"], &["logs/a.csv", "logs/b.csv"]] {
        let told = run(&folder, &[&["run"], inputs].concat());
        assert_eq!(told.code, 2, "{}", told.err);
        contains(&told.err, &["--time Date,Time"]);
    }
    let unnamed = run(&folder, &["run", "my x's.csv", "--key", " "]);
    assert!(!unnamed.err.contains("did you mean --key ''"), "{}", unnamed.err);
}

#[cfg(feature = "sql")]
#[test]
fn a_time_that_is_cast_to_a_date_is_told_of_as_soon_as_one_row_is_a_reject() {
    let advice = "write CAST(CAST(time AS TIMESTAMP) AS DATE)";
    let text = "time,action\n2024-01-01T00:00:00Z,Open\n2024-01-01T00:01:00Z,Close\n";
    let folder = folder(&[("in.csv", text)]);
    for (rule, code) in [("action = 'Open' OR ", 0), ("", 3)] {
        let rule = format!("{rule}CAST(time AS DATE) > DATE '2023-01-01'");
        let said = run(&folder, &["run", "in.csv", "--where", &rule]);
        assert_eq!(said.code, code, "{}", said.err);
        assert_eq!(said.err.matches(advice).count(), 1, "{}", said.err);
    }
    let said = run(&folder, &["run", "in.csv", "--where", "action = 'Open' OR CAST(action AS DATE) IS NULL"]);
    assert!(!said.err.contains(advice), "{}", said.err);
}
