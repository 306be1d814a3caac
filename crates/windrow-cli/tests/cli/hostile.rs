//! Hostile names and values: whatever a log, a file or a job is called, nothing that people are shown moves their cursor, hides, or
//! turns the text around it.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::process::Command;

use super::{folder, windrow};

/// Bytes of a terminal's commands, a line's end, marks of direction and of nothing, and what is not UTF-8.
const HOSTILE: &[u8] = b"a\x1b[31m\x07\x08\n\xe2\x80\xae\xe2\x80\x8b\xc2\x9b\x7f";

fn hostile(before: &str, after: &str) -> String {
    format!("{before}{}{after}", String::from_utf8(HOSTILE.to_vec()).unwrap())
}

/// Says which character of a text has power over a terminal.
fn power(text: &str) -> Option<char> {
    text.chars().find(|c| (c.is_control() && *c != '\n') || "\u{202e}\u{200b}\u{feff}".contains(*c))
}

fn check(command: &mut Command, stdout_too: bool) {
    let output = command.output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(power(&err), None, "{command:?}\n{}", err.escape_debug());
    assert!(!err.contains("panicked") && output.status.code() != Some(1), "{command:?}\n{err}");
    for line in err.lines() {
        let chars = line.chars().count();
        assert!(
            chars < 2_000,
            "{command:?}: {chars} characters: {}",
            line.chars().take(200).collect::<String>()
        );
    }
    if stdout_too {
        let out = String::from_utf8(output.stdout).unwrap();
        assert_eq!(power(&out), None, "{command:?}\n{}", out.escape_debug());
    }
}

#[test]
fn no_command_shows_a_hostile_name_or_value_as_it_is() {
    let column = format!("\"{}\"", hostile("", ""));
    let value = format!("\"{}\"", hostile("v", ""));
    let long = "x".repeat(100_000);
    let rows = format!(
        "time,{column},{long}\n2024-01-01T00:00:00Z,{value},1\n2024-01-01T00:30:00Z,Open,2\n\x1b[2J,{value},3\n{long}\n"
    );
    let folder = folder(&[]);
    let mut bytes = HOSTILE.to_vec();
    bytes.extend(b"\xff.csv");
    let file = OsString::from_vec(bytes);
    let inputs = folder.path().join("in");
    fs::create_dir(&inputs).unwrap();
    fs::write(inputs.join(&file), &rows).unwrap();
    fs::write(folder.path().join(&file), &rows).unwrap();
    fs::write(inputs.join(OsString::from_vec([HOSTILE, b".bin"].concat())), "").unwrap();
    let toml = |text: &str| serde_json::to_string(text).unwrap().replace('\u{7f}', "\\u007f");
    let job = format!(
        "name = {}\nversion = 1\n[source]\npath = \"in\"\ntime = \"time\"\nkeys = [{}]\n[limits]\nrejects = \"none\"\n\
         [output]\npath = \"out\"\n[reports.r]\nevery = \"10m\"\nvalues = [{}, \"Opne\"]\n",
        toml(&hostile("j", "")),
        toml(&hostile("", "")),
        toml(&hostile("v", ""))
    );
    fs::write(folder.path().join("job.toml"), &job).unwrap();
    fs::write(folder.path().join("plain.toml"), job.replace("[output]\npath = \"out\"\n", "")).unwrap();
    let name = hostile("", "");
    let path = |arguments: &[&str]| {
        let mut command = windrow(&folder, arguments);
        command.arg(&file);
        command
    };
    // By flags: what is chosen, refused and suggested.
    for arguments in [
        &["run", "--format", "table"][..],
        &["run", "--format", "table", "--key", &name],
        &["run", "--key", &name, "--time", &name, "--format", "table"],
        &["run", "--key", &hostile("no", ""), "--format", "table"],
        &["run", "--every", &name],
        &["run", "--zone", &name],
        &["run", "--time-format", &name],
        &["run", "--top", &name],
        &["run", "--delimiter", &name],
        &["run", "-o", &hostile("none/", ".csv")],
        &["run", "--save-job", &name],
        &["run", "-v", "--format", "table", "--key", &name],
        &["run", "-vv", "--format", "table", "--key", &name],
        &["run", "--log-format", "json", "-v", "--format", "table", "--key", &name],
        &["run", "--format", "html", "--key", &name],
        &["run", &hostile("--", "")],
        &["check"],
        &["digest", "--key", &name],
        &["compare", "job.toml"],
        &["run", "in/*.csv", "in/nothing*"],
        &[],
    ] {
        check(&mut path(arguments), true);
    }
    // By a job that keeps a ledger.
    for arguments in [
        &["check", "job.toml"][..],
        &["plan", "job.toml"],
        &["run", "job.toml"],
        &["run", "plain.toml", "--format", "table"],
        &["run", "plain.toml", "--format", "html"],
        &["run", "plain.toml", "--format", "svg"],
        &["plan", "job.toml", "--all"],
        &["show", "job.toml", "windows", "--format", "table"],
        &["show", "job.toml", "rejects", "--format", "table"],
        &["show", "job.toml", "files", "--format", "table", "--all"],
        &["show", "job.toml", "runs", "--format", "table"],
        &["show", "job.toml", "changes", "--format", "table"],
        &["show", "job.toml", "rejects", "--file", &name],
        &["why", "job.toml", "2024-01-01"],
        &["why", "job.toml", "2024-01-01", &hostile("v", "")],
        &["why", "job.toml", "2024-01-01", &hostile("w", "")],
        &["why", "job.toml", &name],
        &["why", "job.toml", "2024-01-01", "--since", &name],
        &["digest", "job.toml"],
        &["compare", "job.toml", "plain.toml"],
        &["compare", "job.toml", &name],
        &["compare", "job.toml", "plain.toml", "--map", &name],
        &[&name],
        &[&hostile("x/", "")],
    ] {
        check(&mut windrow(&folder, arguments), true);
    }
    fs::write(inputs.join(&file), rows.replace("Open", "Shut")).unwrap();
    check(&mut windrow(&folder, &["run", "job.toml"]), true);
    check(&mut windrow(&folder, &["show", "job.toml", "changes", "--format", "table"]), true);
    check(&mut windrow(&folder, &["why", "job.toml", "2024-01-01T00:30", "--since", "2024-01-01"]), true);
}
