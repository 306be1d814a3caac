//! Flags: what may be typed, what is said to those who typed what another tool takes, and jobs that flags make and keep.

mod generate;
mod named;

use std::fs;

use super::kept::settled;
use super::{EVENTS, contains, folder, names, run};

const TWO_KEYS: &str =
    "time,action,user,\"a,b\"\n2024-01-01T00:00:00Z,Open,u,x\n2024-01-01T00:01:00Z,Close,u,y\n";

#[test]
fn keys_may_stand_in_one_flag_and_steps_may_be_words() {
    let folder = folder(&[("a.csv", TWO_KEYS)]);
    let digest = |flags: &[&str]| {
        let said = run(&folder, &[&["digest", "a.csv", "--csv", "-q"], flags].concat());
        assert_eq!(said.code, 0, "{flags:?}: {}", said.err);
        said.out
    };
    let two = digest(&["--key", "action", "--key", "user"]);
    contains(&two, &["window_start,window_end,action,user,count\n", "Close,u,1\n"]);
    assert_eq!(digest(&["--key", "action,user"]), two);
    assert_eq!(digest(&["--key", "action, user"]), two);
    contains(&digest(&["--key", "a,b"]), &["00:10:00Z,x,1\n"]);
    contains(
        &digest(&["--no-key", "--every", "1hour"]),
        &["window_start,window_end,count\n", "01:00:00Z,2\n"],
    );
    for (word, step) in [("10min", "10m"), ("1 hour", "1h"), ("1day", "1d")] {
        assert_eq!(digest(&["--every", word]), digest(&["--every", step]));
    }
    assert_eq!(run(&folder, &["run", "a.csv", "--no-key", "--key", "user"]).code, 2);
}

#[test]
fn files_of_one_content_count_where_that_is_asked() {
    let folder = folder(&[("in/a.csv", EVENTS), ("in/b.csv", EVENTS)]);
    let refused = run(&folder, &["run", "in"]);
    assert_eq!(refused.code, 3, "{}", refused.err);
    contains(
        &refused.err,
        &["  help: leave one of them out, or count both:\n    windrow run in --duplicates count\n"],
    );
    fs::write(folder.path().join("z.csv.gz"), b"\x1f\x8b\x08\0").unwrap();
    contains(
        &run(&folder, &["run", "in", "z.csv.gz"]).err,
        &["2 of 3 files are refused", "count both:\n    windrow run in z.csv.gz --duplicates count\n"],
    );
    let both = run(&folder, &["run", "in", "--duplicates", "count", "--save-job", "j.toml"]);
    assert_eq!(both.code, 0, "{}", both.err);
    contains(&both.err, &["rows 6 = counted 6"]);
    let job = fs::read_to_string(folder.path().join("j.toml")).unwrap().replace("\"count\"", "\"refuse\"");
    fs::write(folder.path().join("j.toml"), job).unwrap();
    contains(
        &run(&folder, &["run", "j.toml"]).err,
        &["count both:\n    in j.toml, [source]: duplicates = \"count\"\n"],
    );
}

#[test]
fn flags_of_other_tools_are_answered_with_ours() {
    let folder = folder(&[("a b.csv", EVENTS)]);
    for (flags, said) in [
        (&["--group-by", "action"][..], "windrow run 'a b.csv' --key action"),
        (&["--sep=;"], "windrow run 'a b.csv' '--delimiter=;'"),
        (&["--tz", "Europe/Berlin"], "windrow run 'a b.csv' --zone Europe/Berlin"),
        (&["--window", "1h"], "windrow run 'a b.csv' --every 1h"),
        (&["--limit", "3"], "windrow run 'a b.csv' --top 3"),
    ] {
        let wrong = run(&folder, &[&["run", "a b.csv"], flags].concat());
        assert_eq!(wrong.code, 2);
        contains(&wrong.err, &["error: windrow has no --", "its flag is --", said]);
    }
    let no_command = run(&folder, &["a b.csv", "--every", "1h"]);
    assert_eq!(no_command.code, 2);
    contains(&no_command.err, &["error: a b.csv is not a command", "windrow run 'a b.csv' --every 1h"]);
    contains(&run(&folder, &["rnu"]).err, &["unrecognized subcommand 'rnu'"]);
    contains(&run(&folder, &["run", "a b.csv", "--evry", "1h"]).err, &["--every"]);
}

#[test]
fn a_job_of_flags_keeps_a_ledger_in_a_folder() {
    let folder = folder(&[("in/a.csv", EVENTS), ("in/b.csv", EVENTS)]);
    for name in ["in/a.csv", "in/b.csv"] {
        settled(&folder.path().join(name));
    }
    let flags = ["run", "in/*.csv", "--keep", "out", "--every", "20m", "--duplicates", "count"];
    let first = run(&folder, &flags);
    assert_eq!(first.code, 0, "{}", first.err);
    contains(
        &first.err,
        &["job saved: out/job.toml", "\nto see the answer: windrow show out/job.toml windows\n"],
    );
    let shown = run(&folder, &["show", "out/job.toml", "windows", "--format", "csv"]);
    contains(&shown.out, &["2024-01-01T00:00:00Z,2024-01-01T00:20:00Z,Open,2,"]);
    let again = run(&folder, &flags);
    assert_eq!(again.code, 0, "{}", again.err);
    contains(&again.err, &["2 files: 2 same", "nothing new"]);
    let by_file = run(&folder, &["run", "out/job.toml"]);
    assert_eq!(by_file.code, 0, "{}", by_file.err);
    contains(&by_file.err, &["nothing new"]);
    let other = run(&folder, &["run", "in/*.csv", "--keep", "out", "--every", "1h"]);
    assert_eq!(other.code, 2);
    contains(&other.err, &["out/job.toml is there and says something else", "windrow run out/job.toml"]);
    assert_eq!(run(&folder, &["run", "in/a.csv", "--wait", "1s"]).code, 2);
}

#[test]
fn a_saved_job_is_known_by_its_name_and_not_replaced_unasked() {
    let folder = folder(&[("a.csv", EVENTS)]);
    let save = |flags: &[&str]| run(&folder, &[&["run", "a.csv", "-q"], flags].concat());
    let wrong = save(&["--save-job", "job"]);
    assert_eq!(wrong.code, 2);
    contains(&wrong.err, &["the name of a job file ends in .toml", "--save-job job.toml"]);
    assert_eq!(save(&["--save-job", "job.toml"]).code, 0);
    assert_eq!(save(&["--save-job", "job.toml"]).code, 0, "it says the same");
    let other = save(&["--save-job", "job.toml", "--every", "1h"]);
    assert_eq!((other.code, other.out.as_str()), (2, ""));
    contains(&other.err, &["job.toml is there and says something else", "--force"]);
    assert_eq!(save(&["--save-job", "job.toml", "--every", "1h", "--force"]).code, 0);
    contains(&fs::read_to_string(folder.path().join("job.toml")).unwrap(), &["every = \"1h\""]);
}

const TWO_REPORTS: &str = "name = \"j\"\nversion = 1\n[source]\npath = \"a.csv\"\ntime = \"time\"\nkeys = [\"action\"]\n\
                           [reports.fine]\nevery = \"10m\"\n[reports.day]\nevery = \"1d\"\n";

#[test]
fn one_table_is_written_of_one_report() {
    let folder = folder(&[("a.csv", EVENTS), ("j.toml", TWO_REPORTS)]);
    for flags in [&[][..], &["--format", "csv"], &["-o", "x.csv"], &["-o", "x.parquet"]] {
        let said = run(&folder, &[&["run", "j.toml"], flags].concat());
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{flags:?}");
        contains(
            &said.err,
            &["holds one table, and the job has 2 reports: fine, day", "--report fine", "{report}."],
        );
    }
    let each = run(&folder, &["run", "j.toml", "-o", "{report}.csv"]);
    assert_eq!((each.code, each.out.as_str()), (0, ""), "{}", each.err);
    assert_eq!(names(folder.path()), ["a.csv", "day.csv", "fine.csv", "j.toml"]);
    let day = fs::read_to_string(folder.path().join("day.csv")).unwrap();
    assert_eq!(day, run(&folder, &["run", "j.toml", "--report", "day"]).out);
    for flags in [
        &["-o", "{report}.html"][..],
        &["-o", "{report}.parquet"],
        &["-o", "{report}.dat", "--format", "parquet"],
    ] {
        let said = run(&folder, &[&["run", "j.toml"], flags].concat());
        assert_eq!(said.code, 0, "{flags:?}: {}", said.err);
    }
    for file in ["day.parquet", "fine.parquet", "day.dat", "fine.dat"] {
        assert!(fs::read(folder.path().join(file)).unwrap().starts_with(b"PAR1"), "{file}");
    }
    // Nor is anything else that is written.
    for (flag, file) in [("--rejects", "day.csv"), ("--summary-json", "./fine.csv")] {
        let said = run(&folder, &["run", "j.toml", "-o", "{report}.csv", flag, file]);
        assert_eq!(said.code, 2, "{flag}");
        contains(&said.err, &[&format!("--output and {flag} both name {file}")]);
    }
    assert_eq!(fs::read_to_string(folder.path().join("day.csv")).unwrap(), day);
    let said = run(&folder, &["run", "j.toml", "-o", "{report}/x.csv"]);
    contains(&said.err, &["mkdir -p fine\n"]);
    for format in ["json", "ndjson", "table"] {
        assert_eq!(run(&folder, &["run", "j.toml", "--format", format]).code, 0, "{format}");
    }
    // No report is written over an input.
    let job = TWO_REPORTS.replace("a.csv", "fine.csv");
    fs::write(folder.path().join("j.toml"), job).unwrap();
    fs::write(folder.path().join("fine.csv"), EVENTS).unwrap();
    let said = run(&folder, &["run", "j.toml", "-o", "{report}.csv"]);
    assert_eq!(said.code, 2, "{}", said.err);
    assert_eq!(fs::read_to_string(folder.path().join("fine.csv")).unwrap(), EVENTS);
    // Nor where the next run would read it.
    fs::write(folder.path().join("j.toml"), TWO_REPORTS.replace("a.csv", "[af]*.csv")).unwrap();
    let said = run(&folder, &["run", "j.toml", "-o", "{report}-new.csv"]);
    assert_eq!(said.code, 2, "{}", said.err);
    contains(&said.err, &["--output fine-new.csv is inside the input [af]*.csv: the next run would read it"]);
    assert!(!folder.path().join("fine-new.csv").exists());
}

#[test]
fn what_is_said_comes_after_the_answer_and_is_short() {
    let mut files: Vec<(String, String)> =
        (0..9).map(|n| (format!("in/b{n}.csv"), "no,columns\n1,2\n".to_owned())).collect();
    files.push(("in/a.csv".to_owned(), EVENTS.to_owned() + "foo,Open\n"));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let folder = folder(&files);
    let said = run(
        &folder,
        &["run", "in/*.csv", "--time", "time", "--key", "action", "--summary-json", "/dev/stdout"],
    );
    assert_eq!(said.code, 3, "{}", said.err);
    assert_eq!(said.err.matches("refused in/").count(), 5, "{}", said.err);
    contains(&said.err, &["\n  and 4 more\n"]);
    let job = "name = \"j\"\nversion = 1\n[source]\npath = \"../in\"\ntime = \"time\"\nkeys = [\"action\"]\n[reports.r]\nevery = \"1h\"\n";
    fs::create_dir(folder.path().join("jobs")).unwrap();
    fs::write(folder.path().join("jobs/j.toml"), job).unwrap();
    let said = run(&folder, &["run", "jobs/j.toml", "-v"]);
    contains(&said.err, &["rejected in/a.csv:5", "inputs: 10 files, ", "\nin/a.csv: rows 4 = counted 3"]);
    contains(&said.err, &["listed and counted in "]);
}

#[test]
fn what_from_and_to_leave_out_is_no_warning() {
    let folder = folder(&[("a.csv", EVENTS)]);
    let said = run(
        &folder,
        &["run", "a.csv", "--values", "Open,Close", "--from", "2024-01-01T00:10", "--to", "2024-01-01T00:30"],
    );
    contains(
        &said.err,
        &["\n  2 events are outside from and to\n", "the value \"Close\" occurs only outside from and to"],
    );
    assert!(
        !said.err.contains("warning: report windows: 2 events") && !said.err.contains("never occurs"),
        "{}",
        said.err
    );
}

#[test]
fn advice_suits_what_was_typed() {
    let job = TWO_REPORTS.replace("a.csv", "short.csv");
    let folder = folder(&[
        ("a.csv", "time,action\n2024-01-01T00:00:00Z,Open\n2024-01-01T00:01:00Z,open\n"),
        ("short.csv", "time,action\nfoo\n"),
        ("j.toml", &job),
    ]);
    for (arguments, said) in [
        (&["run", "a.csv", "--shape", "wide"][..], &["name its values, or choose the shape long"][..]),
        (&["run", "a.csv", "--values", "Open,open"], &["leave the value out, or choose the shape long"]),
        (
            &["run", "j.toml", "--group-by", "x"],
            &["its flag is --key, and j.toml says that already", "edit j.toml"],
        ),
        (&["run", "a.csv", "--group-by", "action"], &["windrow run a.csv --key action"]),
        (&["check", "j.toml"], &["the first row has 1 field, the header has 2", "head -n 5 short.csv"]),
        (&["check", "a.csv"], &["sample: the first 2 rows of a.csv"]),
    ] {
        let told = run(&folder, arguments);
        contains(&told.err, said);
    }
    let fill =
        ["run", "a.csv", "--fill", "zero", "--from", "2000-01-01", "--to", "9000-01-01", "--every", "1m"];
    contains(&run(&folder, &fill).err, &["limit the report to a span of time", "--fill none"]);
    let piped = run(&folder, &["run", "/dev/stdin"]);
    assert!(!piped.err.contains("cat "), "{}", piped.err);
}

#[test]
fn a_file_address_is_the_path_that_it_names() {
    let folder = folder(&[("my in/a.csv", EVENTS)]);
    let at = folder.path().canonicalize().unwrap().display().to_string();
    let job = format!(
        "name = \"j\"\nversion = 1\n[source]\npath = [\"file://{at}/my%20in/*.csv\"]\ntime = \"time\"\n\
         keys = [\"action\"]\n[reports.r]\nevery = \"10m\"\n"
    );
    fs::write(folder.path().join("job.toml"), job).unwrap();
    let plain = run(&folder, &["run", &format!("{at}/my in")]);
    assert_eq!(plain.code, 0, "{}", plain.err);
    for address in [
        format!("file://{at}/my%20in"),
        format!("file:{at}/my%20in/a.csv"),
        format!("file://localhost{at}/my%20in/*"),
    ] {
        let said = run(&folder, &["run", &address]);
        assert_eq!((said.code, &said.out), (0, &plain.out), "{address}: {}", said.err);
    }
    assert_eq!(run(&folder, &["run", "job.toml"]).code, 0);
    // What is an output is still known as an input.
    let said = run(&folder, &["run", &format!("file://{at}/my%20in"), "-o", "my in/a.csv"]);
    assert_eq!(said.code, 2, "{}", said.err);
    assert_eq!(fs::read_to_string(folder.path().join("my in/a.csv")).unwrap(), EVENTS);
    let said = run(&folder, &["run", "file://other/a.csv"]);
    assert_eq!(said.code, 2, "{}", said.err);
    contains(&said.err, &["file://other/a.csv: files of another machine cannot be read"]);
}

/// `-` is stdout, as in other programs, and no file of that name is made.
#[test]
fn a_dash_is_stdout() {
    let folder = folder(&[("a.csv", EVENTS)]);
    let plain = run(&folder, &["run", "a.csv", "-q", "--format", "csv"]);
    contains(&plain.out, &["window_start,"]);
    for dash in [&["-o", "-"][..], &["-o-"], &["--output=-"]] {
        let said = run(&folder, &[&["run", "a.csv", "-q", "--format", "csv"], dash].concat());
        assert_eq!((said.code, said.out), (0, plain.out.clone()), "{}", said.err);
    }
    let made = run(&folder, &["generate", "--events", "3", "-o", "-"]);
    assert_eq!((made.code, made.out.lines().count()), (0, 4), "{}", made.err);
    assert_eq!(names(folder.path()), ["a.csv"]);
}

#[cfg(feature = "sql")]
#[test]
fn names_and_values_are_told_apart_by_a_sign() {
    let folder = folder(&[("a.csv", EVENTS)]);
    for (flags, said) in [
        (
            &["--derive", "x"][..],
            "--derive: `x` has no name with a = after it\n  help: write NAME=EXPRESSION",
        ),
        (&["--type", "action"], "--type: `action` has no name with a = after it"),
        (&["--type", "action=integer", "--type", "action=date"], "--type: `action` is named twice"),
        (&["--derive", "x=action", "--derive", "x=time"], "--derive: `x` is named twice"),
        (&["--derive", "=action"], "--derive: the name of a derived column is empty"),
    ] {
        let refused = run(&folder, &[&["run", "a.csv"], flags].concat());
        assert_eq!(refused.code, 2, "{flags:?}: {}", refused.err);
        contains(&refused.err, &[said]);
    }
}

#[test]
fn an_offset_of_nothing_is_none() {
    let folder = folder(&[("a.csv", EVENTS)]);
    let windows =
        |offset: &[&str]| run(&folder, &[&["run", "a.csv", "--every", "1d", "-q"], offset].concat());
    let usual = windows(&[]);
    assert_eq!(usual.code, 0, "{}", usual.err);
    for offset in ["0", "0h", "00 min", "0d"] {
        assert_eq!(windows(&["--offset", offset]).out, usual.out, "{offset}");
    }
    contains(&windows(&["--offset", "06h"]).out, &["2023-12-31T06:00:00Z"]);
    for offset in ["0x", "0.5", ""] {
        assert_eq!(windows(&["--offset", offset]).code, 2, "{offset}");
    }
    let of_days = windows(&["--week-start", "sunday"]);
    contains(
        &of_days.err,
        &["--week-start: steps of 1d are not weeks", "leave it out, or use steps of weeks"],
    );
}

#[test]
fn only_the_answer_goes_to_stdout_by_a_dash() {
    let folder = folder(&[("a.csv", EVENTS)]);
    for flag in ["--summary-json", "--rejects", "--save-job"] {
        let said = run(&folder, &["run", "a.csv", flag, "-"]);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{flag}: {}", said.err);
    }
    let said = run(&folder, &["run", "a.csv", "--summary-json", "-"]);
    contains(&said.err, &["--summary-json -: only the answer", "--summary-json /dev/stdout"]);
    assert_eq!(names(folder.path()), ["a.csv"]);
}
