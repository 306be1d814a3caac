//! Times at both ends of what is read, and the commands that are suggested for times that do not read.

use std::process::Command;

use super::kept::{ok, put};
use super::{contains, folder, run};

#[test]
fn a_never_in_the_year_9999_harms_no_run() {
    let job = "name = 'app'\nversion = 1\n[source]\npath = ['logs']\ntime = 'time'\n[limits]\nrejects = 'none'\n\
        [reports.years]\nevery = '1y'\nzone = 'Europe/Berlin'\nfill = 'none'\n\
        [reports.hours]\nevery = '20m'\nsize = '1h'\nfill = 'none'\n\
        [reports.days]\nevery = '1d'\nzone = 'America/New_York'\nfill = 'none'\n\
        [reports.sevens]\nevery = '7h'\nfill = 'none'\n[output]\npath = 'out'\n";
    let log =
        "time\n9999-12-31 23:59:59\n0001-01-01T00:00:00Z\n1850-07-01T12:00:00Z\n9998-12-31T23:59:59.999Z\n";
    let folder = folder(&[("job.toml", job), ("logs/a.csv", log)]);
    put(&folder, "logs/a.csv", log);
    for again in [&[][..], &[], &["--again", "all"], &["--again", "0001-01-01..9999-12-31"]] {
        let said = ok(&folder, &[&["run", "job.toml"], again].concat());
        assert!(!said.err.contains("damaged"), "{}", said.err);
    }
    contains(&ok(&folder, &["show", "job.toml", "rejects"]).out, &["out_of_range,9999-12-31 23:59:59"]);
    ok(&folder, &["plan", "job.toml"]);
    for report in ["years", "hours", "days", "sevens"] {
        let shown = ok(&folder, &["show", "job.toml", "windows", "--report", report]).out;
        let stateless = ok(&folder, &["run", "job.toml", "logs", "--report", report, "--format", "csv"]).out;
        assert_eq!(shown.lines().count(), stateless.lines().count());
        for (line, other) in shown.lines().zip(stateless.lines()).skip(1) {
            let [start, end] = [0, 1].map(|at| line.split(',').nth(at).unwrap());
            assert!(other.starts_with(&format!("{start},{end},")), "{line} and {other}");
            let why = ok(&folder, &["why", "job.toml", start, "--report", report]).out;
            contains(&why, &[&format!("the window {start} to {end}\n")]);
            for time in [start, end] {
                assert!(time.len() <= 25 && &time[..4] >= "0001", "{time}");
            }
        }
    }
    // A year, as the table shows it.
    contains(&ok(&folder, &["why", "job.toml", "1850"]).out, &["the window 1849-12-31T23:59:32+00:53 to "]);
}

/// Runs what is suggested, line by line: indented commands of a help.
#[test]
fn each_suggested_command_works() {
    let rows = |row: &dyn Fn(usize) -> String| (0..40).map(|at| row(at) + ",Open\n").collect::<String>();
    for (header, rows, format) in [
        ("when", rows(&|at| format!("17/06/09 20:10:{at:02}")), "%y/%m/%d %H:%M:%S"),
        ("when", rows(&|at| format!("12/31/1985 20:{at:02}")), "%m/%d/%Y %H:%M"),
        (
            "when",
            "N/A,Open\n".to_owned() + &rows(&|at| format!("31.12.2024 20:{at:02} UTC")),
            "%d.%m.%Y %H:%M %z",
        ),
        ("when", rows(&|at| format!("2024/12/31T20:{at:02}:00Z")), "%Y/%m/%dT%H:%M:%S%z"),
        ("when", rows(&|at| format!("17040672{at:02}.125")), "epoch_s"),
        ("when", rows(&|at| format!("[10/Oct/2000:13:55:{at:02} -0700]")), "[%d/%b/%Y:%H:%M:%S %z]"),
        ("when", rows(&|at| format!("2401{:02}", at % 31 + 1)), "%y%m%d"),
        ("when", rows(&|at| format!("2024-01-{:02}", at % 31 + 1)), "date"),
        (
            "deleted_at,when",
            rows(&|at| format!("{},1704067200{at:03}", if at == 7 { "2024-01-01 00:00" } else { "" })),
            "epoch_ms",
        ),
        ("Date,Time", rows(&|at| format!("03/25/2024,20:{at:02}:01")), "%m/%d/%Y %H:%M:%S"),
        ("Date,Time", rows(&|at| format!("2024-03-25,20:{at:02}:01")), "--time Date,Time"),
    ] {
        let folder = folder(&[("in.csv", &format!("{header},action\n{rows}"))]);
        let said = run(&folder, &["run", "in.csv", "--every", "1d"]);
        assert_eq!(said.code, 2, "{}", said.err);
        contains(&said.err, &[format]);
        let commands: Vec<&str> = said.err.lines().map(str::trim).filter(|line| is_command(line)).collect();
        assert!(!commands.is_empty(), "{}", said.err);
        let first = commands.iter().find(|command| command.starts_with("windrow")).unwrap();
        assert!(first.contains(format), "{first} is suggested first, not {format}");
        for command in commands {
            let windrow = env!("CARGO_BIN_EXE_windrow");
            let command = command.replacen("windrow", windrow, 1);
            let done = Command::new("sh").args(["-c", &command]).current_dir(folder.path()).output().unwrap();
            let (out, err) =
                (String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap());
            assert!(done.status.success(), "{command}: {err}");
            if command.starts_with(windrow) && !command.contains("deleted_at") {
                let counted: u64 = out
                    .lines()
                    .skip(1)
                    .map(|line| line.rsplit(',').next().unwrap().parse::<u64>().unwrap())
                    .sum();
                assert_eq!(counted, 40, "{command}: {out}{err}");
            }
        }
    }
}

fn is_command(line: &str) -> bool {
    line.starts_with("windrow run")
}

#[test]
fn keys_of_any_size_end_in_a_limit() {
    let job = "name = 'app'\nversion = 1\n[source]\npath = 'a.csv'\ntime = 'time'\nkeys = ['user']\n\
        [limits]\nkey_bytes = 1000000\n[reports.days]\nevery = '1d'\n";
    let row = |at: usize| format!("2024-01-01T00:00:00Z,{at}{}\n", "x".repeat(50_000));
    let rows: String = (0..30).map(row).collect();
    let folder = folder(&[("job.toml", job), ("a.csv", &format!("time,user\n{rows}"))]);
    let said = run(&folder, &["run", "job.toml"]);
    assert_eq!((said.code, said.out.as_str()), (6, ""), "{}", said.err);
    contains(
        &said.err,
        &[
            "different keys have",
            "more than the limit of 1.0 MB",
            "in job.toml, [limits]: key_bytes = 2000060",
        ],
    );
}
