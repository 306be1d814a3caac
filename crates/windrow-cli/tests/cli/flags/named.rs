//! Columns that flags name: paths into lists, and names with commas, mean what they mean in a job file.

use std::path::Path;

use crate::restore::copy;
use crate::{contains, folder, run};

const OBJECTS: &str = "{\"t\":[\"2024-01-01T00:00:00Z\"],\"user\":{\"action\":\"Open\",\"tags\":[\"a\",\"b\"]},\"n\":[2]}\n\
    {\"t\":[\"2024-01-01T00:01:00Z\"],\"user\":{\"action\":\"Open\",\"tags\":[\"a\"]},\"n\":[3]}\n";

#[test]
fn flags_name_values_in_lists_of_parquet() {
    let folder = folder(&[]);
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases/parquet-paths"), folder.path());
    let answer = |arguments: &[&str]| {
        let said = run(&folder, &[&["digest", "--csv", "-q"], arguments].concat());
        assert_eq!(said.code, 0, "{arguments:?}: {}", said.err);
        said.out
    };
    let of_job = answer(&["job.toml"]);
    let file = ["in/events.parquet", "--time", "at.time"];
    let keys = "payload.user.action,\"log.level\",tags[1],items[1].names[0]";
    let of_flags = answer(&[&file[..], &["--key", keys]].concat());
    // A quoted name is the column without quotes.
    assert_eq!(of_flags, of_job);
    for (key, what) in [("tags", "list"), ("items[1]", "struct"), ("payload", "struct")] {
        let said = run(&folder, &[&["run"], &file[..], &["--key", key]].concat());
        assert_eq!(said.code, 2, "{key}: {}", said.err);
        contains(&said.err, &[&format!("column \"{key}\" is a {what}, not one value")]);
    }
    let said = run(&folder, &[&["run"], &file[..], &["--key", "tagz[0]"]].concat());
    contains(&said.err, &["has no column \"tagz[0]\""]);
}

#[test]
fn flags_name_values_in_arrays_of_json() {
    let folder = folder(&[("a.ndjson", OBJECTS)]);
    let question = ["run", "a.ndjson", "--time", "t[0]", "--every", "1d"];
    let said = run(&folder, &[&question[..], &["--key", "user.tags[1]", "--measure", "sum(n[0])"]].concat());
    assert_eq!(said.code, 0, "{}", said.err);
    contains(&said.out, &["2024-01-02T00:00:00Z,b,1,2", "2024-01-02T00:00:00Z,,1,3"]);
    let said = run(&folder, &[&question[..], &["--key", "user.tags"]].concat());
    assert_eq!(said.code, 2, "{}", said.err);
    contains(&said.err, &["a.ndjson: column \"user.tags\" is a list or an object, not one value"]);
}

#[test]
fn a_name_with_a_comma_is_quoted_beside_others() {
    let folder = folder(&[
        ("a.csv", "time,\"a,b\",c\n2024-01-01T00:00:00Z,x,y\n"),
        ("a.ndjson", "{\"time\":\"2024-01-01T00:00:00Z\",\"a,b\":\"x\",\"c\":\"y\"}\n"),
    ]);
    for file in ["a.csv", "a.ndjson"] {
        for keys in [&["--key", "\"a,b\",c"][..], &["--key", "\"a,b\"", "--key", "c"]] {
            let said = run(&folder, &[&["run", file, "--every", "1d"], keys].concat());
            assert_eq!(said.code, 0, "{file}: {}", said.err);
            contains(&said.out, &["2024-01-02T00:00:00Z,x,y,1"]);
        }
    }
}

#[test]
fn objects_in_a_list_of_one_object_are_taken_out() {
    let rows = "[{\"time\":\"2024-01-01T00:00:00Z\",\"a\":1},{\"time\":\"2024-01-01T00:00:01Z\",\"a\":2}]";
    let long = format!("[{}]", vec![rows.trim_matches(['[', ']']); 40_000].join(","));
    let folder = folder(&[
        ("one.json", &format!("{{\"Records\":{rows}}}")),
        ("long.json", &format!("{{\n \"Records\": {long}}}\n")),
        ("beside.json", "{\"a b\":[{}],\"at\":\"2024-01-01T00:00:00Z\"}"),
    ]);
    for file in ["one.json", "long.json"] {
        let said = run(&folder, &["run", file]);
        assert_eq!(said.code, 2, "{}", said.err);
        contains(
            &said.err,
            &[
                "is one object with a list of objects, Records",
                &format!("\n    jq -c '.Records[]' {file} | windrow run -\n"),
            ],
        );
    }
    contains(&run(&folder, &["run", "beside.json"]).err, &["jq -c '.\"a b\"[]' beside.json"]);
    let said = run(&folder, &["run", "beside.json", "--time", "at", "--no-key"]);
    assert_eq!(said.code, 0, "{}", said.err);
}

#[test]
fn lines_of_text_ask_for_a_pattern() {
    let folder = folder(&[
        (
            "sys.log",
            "Jan  1 00:00:00 host sshd[1]: Failed password\nJan  2 00:00:00 host sshd[1]: Failed password\n",
        ),
        (
            "err.log",
            "[Mon Jan 01 00:00:00.123456 2024] [core:error] [pid 1] msg\n[Mon Jan 01 00:00:01.5 2024] [core:error] [pid 1] end\n",
        ),
        ("iis.log", "#Software: IIS\n#Fields: date time s-ip cs-method\n2024-01-01 00:00:00 1.1.1.1 GET\n"),
        ("quote.log", "2024-01-01 00:00:00 \"GET / HTTP/1.1\" 200 0.5\n"),
        ("notes.csv", "note\nfew words\n"),
    ]);
    for file in ["err.log", "iis.log", "quote.log"] {
        contains(
            &run(&folder, &["run", file]).err,
            &["say how to split its lines, such as --pattern '(?P<time>"],
        );
    }
    let said = run(&folder, &["run", "sys.log"]);
    let command = r"windrow run sys.log --pattern '(?P<time>\w+ +\d+ \S+) (?P<host>\S+) (?P<message>.*)' --time-format '%b %d %H:%M:%S' --year 2024";
    contains(&said.err, &[command]);
    let arguments = [r"(?P<time>\w+ +\d+ \S+) (?P<host>\S+) (?P<message>.*)", "%b %d %H:%M:%S"];
    let said = run(
        &folder,
        &["run", "sys.log", "--pattern", arguments[0], "--time-format", arguments[1], "--year", "2024"],
    );
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(!run(&folder, &["run", "notes.csv"]).err.contains("--pattern"));
}
