//! How the answer looks: tables fit where they go, and what is written to a file is the same wherever it is made. How inputs look: what is
//! recognised of them, said in one line for all that are alike.

use super::kept::ok;
use super::*;

fn log(rows: u32) -> String {
    let row = |n: u32| {
        format!("2024-01-{:02}T{:02}:00:00Z,{}\n", 1 + n / 24, n % 24, ["Open", "Close"][n as usize % 2])
    };
    "time,action\n".to_owned() + &(0..rows).map(row).collect::<String>()
}

fn widest(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or_default()
}

#[test]
fn tables_fit_the_screen_and_a_file_is_the_same_on_every_screen() {
    let folder = folder(&[("a.csv", &log(100))]);
    let arguments = ["run", "a.csv", "--every", "1h", "--values", "Open,Close,Knock", "--top", "3", "-q"];
    let table = |columns: Option<&str>, more: &[&str]| {
        let mut command = windrow(&folder, &[&arguments[..], more].concat());
        columns.map(|columns| command.env("COLUMNS", columns));
        said(command.output().unwrap()).out
    };
    let piped = ["--format", "table"];
    let header = |text: &str| text.lines().nth(1).unwrap_or_default().to_owned();
    let fitted = "window_start       open_count   close_count   knock_count   avg_actions";
    assert_eq!(header(&table(None, &piped)), fitted, "80 columns have no place for the windows' ends");
    assert!(widest(&table(None, &piped)) <= 80);
    assert!(header(&table(Some("90"), &piped)).contains("window_end"));
    let narrow = table(Some("60"), &piped);
    assert!(widest(&narrow) <= 60 && narrow.contains("more column"), "{narrow}");
    let whole = table(Some("50"), &["--format", "table", "--all"]);
    assert!(whole.contains("window_end") && whole.matches("2024-01-0").count() > 100, "{whole}");
    let files = [None, Some("50"), Some("200")].map(|columns| {
        table(columns, &["--output", "a.txt"]);
        fs::read_to_string(folder.path().join("a.txt")).unwrap()
    });
    assert!(files.iter().all(|file| *file == files[0]) && widest(&files[0]) <= 80);
}

#[test]
fn a_page_depends_on_the_job_and_the_inputs() {
    let folder = folder(&[("a.csv", &log(100))]);
    let page = |arguments: &[&str], file: &str| {
        let run = [&["run", "a.csv", "--every", "1h", "--key", "action"], arguments, &["-o", file]].concat();
        let said = said(windrow(&folder, &run).output().unwrap());
        assert_eq!(said.code, 0, "{}", said.err);
        let page = fs::read_to_string(folder.path().join(file)).unwrap();
        // When it was made is all that may differ.
        let (before, run) = page.split_once("<time class=\"run\"").unwrap();
        before.to_owned() + run.split_once("</time>").unwrap().1
    };
    let one = page(&["--threads", "1", "-q"], "one.html");
    assert_eq!(one, page(&["--threads", "3", "--no-progress", "--rejects", "r.csv"], "two.html"));
    assert!(one.contains("windrow run a.csv --every 1h --key action</bdi>"), "{one}");
    assert!(one.contains("<title>windows · 2024-01-01 – 2024-01-05 · windrow</title>"));
}

#[test]
fn why_fits_the_screen() {
    let file = "logs/of/a/folder/that/lies/rather/deep/2024-01-31-events-of-all-doors.csv";
    let job = "name = \"doors\"\nversion = 1\n[source]\npath = [\"logs\"]\ntime = \"time\"\nkeys = [\"action\"]\n[limits]\nrejects = \"none\"\n\
               [reports.daily]\nevery = \"1d\"\n[output]\npath = \"out\"\n";
    let row = format!("{},surplus\n", "x".repeat(70));
    let folder = folder(&[(file, &(log(20) + "yesterday," + &row)), ("job.toml", job)]);
    let run = said(windrow(&folder, &["run", "job.toml"]).output().unwrap());
    assert_eq!(run.code, 0, "{}", run.err);
    let why = |columns: &str| {
        let mut command = windrow(&folder, &["why", "job.toml", "2024-01-01"]);
        said(command.env("COLUMNS", columns).output().unwrap()).out
    };
    let narrow = why("60");
    let lines = |start: &str| narrow.lines().filter(|line| line.starts_with(start)).collect::<Vec<_>>();
    let [name] = lines("…")[..] else { panic!("{narrow}") };
    assert!(name.ends_with("-events-of-all-doors.csv: 20 events") && widest(name) == 60, "{narrow}");
    let [reject] = lines("    line 22 ")[..] else { panic!("{narrow}") };
    assert!(reject.ends_with('…') && widest(reject) == 60, "{narrow}");
    assert!(why("200").contains(&format!("\n{file}: 20 events\n")));
}

const COMMA: &str = "time,action\n2024-01-01T00:00:00Z,Open\n";

#[test]
fn files_of_a_mixed_folder_have_each_its_own_delimiter_and_format() {
    let folder = folder(&[
        ("in/a.csv", COMMA),
        ("in/b.csv", "time,action\n2024-01-01T00:01:00Z,Open\n"),
        ("in/c.tsv", "time\taction\n2024-01-01T00:00:00Z\tOpen\n"),
        ("in/d.csv", "action;time\nOpen;2024-01-01T00:00:00Z\n"),
        ("in/e.ndjson", "{\"time\":\"2024-01-01T00:00:00Z\",\"action\":\"Open\"}\n"),
    ]);
    let said = ok(&folder, &["run", "in", "--every", "1d", "--key", "action"]);
    contains(&said.out, &["Open,5"]);
    let line = |form: &str, files: &str| format!("format: {form} (in {files}; ");
    for line in [
        line("CSV, delimiter comma, UTF-8, columns time, action", "in/a.csv and 1 more"),
        line("CSV, delimiter tab, UTF-8, columns time, action", "in/c.tsv"),
        line("CSV, delimiter semicolon, UTF-8, columns action, time", "in/d.csv"),
        line("JSON, one object per line, UTF-8, columns time, action", "in/e.ndjson"),
    ] {
        assert_eq!(said.err.matches(&line).count(), 1, "{line}: {}", said.err);
    }
    contains(&said.err, &["--input-format and --delimiter name others)", "--input-format names another)"]);
    // What is named holds for all of them.
    let said = run(&folder, &["run", "in/c.tsv", "in/d.csv", "--every", "1d", "--delimiter", "tab"]);
    assert_eq!(said.code, 3, "{}", said.err);
    contains(&said.err, &["in/d.csv"]);
}

#[test]
fn packing_and_encoding_are_said() {
    let folder = folder(&[("a.csv", COMMA)]);
    let text: Vec<u8> = format!("\u{feff}{COMMA}").encode_utf16().flat_map(u16::to_be_bytes).collect();
    std::fs::write(folder.path().join("b.csv"), text).unwrap();
    ok(&folder, &["generate", "--events", "100", "--codec", "gzip", "-o", "c.csv.gz"]);
    ok(&folder, &["generate", "--events", "100", "-o", "d.ndjson.zst"]);
    let log: Vec<u8> =
        "time=2024-01-01 level=info\n".repeat(9).encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(folder.path().join("e.log.gz"), super::pipes::gzip(&log)).unwrap();
    for (arguments, form) in [
        (&["run", "b.csv"][..], "CSV, delimiter comma, UTF-16BE, columns time, action"),
        (&["run", "d.ndjson.zst"], "JSON, one object per line, UTF-8, Zstandard, columns time, action"),
        (&["run", "e.log.gz", "--time-format", "date"], "logfmt, UTF-16LE, gzip, columns time, level"),
        (&["run", "c.csv.gz"], "CSV, delimiter comma, UTF-8, gzip, columns time, action"),
        (
            &["run", "a.csv", "--encoding", "latin1"],
            "CSV, delimiter comma, windows-1252, columns time, action",
        ),
    ] {
        contains(&ok(&folder, arguments).err, &[&format!("format: {form} (in {}; ", arguments[1])]);
    }
}

#[test]
fn binary_files_are_never_read_as_csv() {
    let sheet = "PK\u{3}\u{4}\u{14}\0\u{6}\0\u{8}\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\u{13}\0\u{8}\u{2}[Content_Types].xml";
    let folder =
        folder(&[("in/a.csv", sheet), ("in/b.xlsx", sheet), ("p.log", "%PDF-1.7\n"), ("ok.csv", COMMA)]);
    let said = run(&folder, &["run", "in/a.csv", "ok.csv", "--every", "1d"]);
    assert_eq!(said.code, 3, "{}", said.err);
    contains(&said.err, &["an Office file, such as xlsx", "read_xlsx('in/a.csv')"]);
    let said = run(&folder, &["run", "p.log"]);
    assert_eq!(said.code, 3, "{}", said.err);
    contains(&said.err, &["p.log is a PDF"]);
    let said = run(&folder, &["run", "in"]);
    contains(&said.err, &["skipped in/b.xlsx (not read in a folder: its ending names another form of data)"]);
}
