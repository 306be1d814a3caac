//! Faults of storage: what cannot be read is refused alone, what cannot be written is told as such, and nothing of an earlier
//! run passes for what this one tells.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use tempfile::TempDir;

use super::{DIRTY, EVENTS, contains, folder, names, run, said, windrow};

const JOB: &str = "version = 1\nname = \"j\"\n[source]\npath = \"in\"\ntime = \"time\"\nkeys = [\"action\"]\n\
                   [output]\npath = \"out\"\n[reports.r]\nevery = \"10m\"\n";

fn deny(folder: &TempDir, name: &str) {
    fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o000)).unwrap();
}

/// Whether permissions hold; they do not for root.
fn permissions_hold() -> bool {
    let folder = folder(&[("a", "")]);
    deny(&folder, "a");
    fs::read(folder.path().join("a")).is_err()
}

#[test]
fn a_full_disk_is_a_limit_wherever_it_is_met() {
    let folder = folder(&[("a.csv", DIRTY)]);
    let flags = ["run", "a.csv", "--time", "time", "--key", "action"];
    for place in [
        ["-o", "/dev/full", "--format=csv"],
        ["--summary-json", "/dev/full", "-q"],
        ["-o", "/dev/full", "--format=json"],
    ] {
        let said = run(&folder, &[&flags[..], &place].concat());
        assert_eq!(said.code, 6, "{place:?}: {}", said.err);
        contains(&said.err, &["/dev/full: ", "no space left on device", "help: free some space"]);
    }
    symlink("/dev/full", folder.path().join("rejects.csv")).unwrap();
    assert_eq!(run(&folder, &[&flags[..], &["--rejects", "rejects.csv"]].concat()).code, 6);
    let full = fs::File::create("/dev/full").unwrap();
    let mut command = windrow(&folder, &flags);
    assert_eq!(said(command.stdout(full).output().unwrap()).code, 6);
}

#[test]
fn an_output_that_may_not_be_written_is_storage() {
    if !permissions_hold() {
        return;
    }
    let folder = folder(&[("in/a.csv", EVENTS), ("shut/.keep", ""), ("job.toml", JOB)]);
    fs::set_permissions(folder.path().join("shut"), fs::Permissions::from_mode(0o555)).unwrap();
    for flags in [
        ["-o", "shut/x.csv"],
        ["--summary-json", "shut/x.json"],
        ["--rejects", "shut/x.csv"],
        ["--save-job", "shut/x.toml"],
    ] {
        let said = run(&folder, &[&["run", "in"][..], &flags].concat());
        assert_eq!(said.code, 4, "{flags:?}: {}", said.err);
        contains(&said.err, &["cannot write shut/x.", "permission denied", "help: check the owner"]);
    }
    fs::write(folder.path().join("job.toml"), JOB.replace("\"out\"", "\"shut/out\"")).unwrap();
    assert_eq!(run(&folder, &["run", "job.toml"]).code, 4);
    assert_eq!(run(&folder, &["check", "job.toml"]).code, 4);
}

#[test]
fn an_input_that_may_not_be_read_is_refused_alone() {
    if !permissions_hold() {
        return;
    }
    let folder = folder(&[("in/a.csv", EVENTS), ("in/b.csv", EVENTS), ("in/c/d.csv", EVENTS)]);
    deny(&folder, "in/b.csv");
    deny(&folder, "in/c");
    let said = run(&folder, &["run", "in"]);
    assert_eq!(said.code, 3, "{}", said.err);
    contains(&said.out, &["2024-01-01T00:20:00Z,2024-01-01T00:30:00Z,Open,1"]);
    contains(
        &said.err,
        &["1 file read, 2 refused", "refused in/b.csv: cannot read", "refused in/c: cannot read"],
    );
    fs::remove_file(folder.path().join("in/a.csv")).unwrap();
    let said = run(&folder, &["run", "in"]);
    assert_eq!((said.code, said.out.as_str()), (3, ""), "{}", said.err);
    fs::set_permissions(folder.path().join("in/c"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn an_input_without_a_named_column_is_refused_alone() {
    let other = "x,y\n1,2\n";
    let folder = folder(&[("in/a.csv", other), ("in/b.csv", EVENTS), ("in/c.csv", other)]);
    let alone = run(&folder, &["run", "in/b.csv", "--time", "time", "--key", "action"]);
    for flags in [&["--time", "time"][..], &["--time", "time", "--key", "action"], &["--key", "action"]] {
        let said = run(&folder, &[&["run", "in"], flags].concat());
        assert_eq!((said.code, &said.out), (3, &alone.out), "{flags:?}: {}", said.err);
        contains(&said.err, &["1 file read, 2 refused", "refused in/a.csv: no column", "refused in/c.csv"]);
    }
    let said = run(&folder, &["run", "in", "--time", "tme"]);
    assert_eq!(said.code, 2);
    contains(&said.err, &["in/a.csv has no column \"tme\""]);
}

#[test]
fn an_output_folder_that_is_a_file_cannot_be_written() {
    let folder = folder(&[("in/a.csv", EVENTS), ("file", "mine\n")]);
    for path in ["file", "file/out"] {
        fs::write(folder.path().join("job.toml"), JOB.replace("\"out\"", &format!("\"{path}\""))).unwrap();
        let commands = [
            &["run", "job.toml"][..],
            &["check", "job.toml"],
            &["plan", "job.toml"],
            &["digest", "job.toml"],
            &["show", "job.toml", "files"],
            &["why", "job.toml", "2024-01-01"],
            &["run", "in", "--keep", path],
        ];
        for command in commands {
            let said = run(&folder, command);
            assert_eq!(said.code, 4, "{command:?}: {}", said.err);
            contains(&said.err, &[&format!("{path} cannot be the output folder: file is not a folder")]);
        }
    }
    assert_eq!(fs::read_to_string(folder.path().join("file")).unwrap(), "mine\n");
}

#[test]
fn what_an_earlier_run_has_told_does_not_stay() {
    let folder = folder(&[("a.csv", EVENTS), ("dirty.csv", DIRTY), ("job.toml", JOB), ("in/a.csv", EVENTS)]);
    let told = ["--summary-json", "s.json", "--rejects", "r.csv"];
    let with = |given: &[&str]| run(&folder, &[given, &told].concat());
    let there =
        || names(folder.path()).into_iter().filter(|name| name.starts_with(['s', 'r'])).collect::<Vec<_>>();
    for failing in [
        &["run", "gone.csv"][..],
        &["run", "a.csv", "--time", "when"],
        &["run", "a.csv", "--every", "soon"],
        &["run", "a.csv", "-o", "x.csv", "--format", "json"],
        &["run", "a.csv", "--max-rejects", "1", "-o", "/dev/full", "--format", "csv"],
        &["run", "job.toml", "--output", "x.csv"],
    ] {
        assert_eq!(with(&["run", "dirty.csv", "--time", "time"]).code, 0);
        assert_eq!(there(), ["r.csv", "s.json"]);
        assert!(with(failing).code > 0, "{failing:?}");
        let summary = fs::read_to_string(folder.path().join("s.json")).unwrap_or_default();
        let rejects = fs::read_to_string(folder.path().join("r.csv")).unwrap_or_default();
        assert!(
            !summary.contains("\"read\": 3") && !rejects.contains("bad_time"),
            "{failing:?}: {summary}{rejects}"
        );
    }
    // What is somebody else's stays.
    fs::write(folder.path().join("s.json"), "{\"mine\": 1}").unwrap();
    fs::write(folder.path().join("r.csv"), "mine\n").unwrap();
    assert_eq!(with(&["run", "gone.csv"]).code, 2);
    assert_eq!(there(), ["r.csv", "s.json"]);
    // Rejects that are read are an input.
    fs::write(folder.path().join("r.csv"), "file,line,byte,column,reason,raw\n").unwrap();
    assert_eq!(run(&folder, &["run", "r.csv", "--rejects", "r.csv"]).code, 2);
    assert!(Path::new(&folder.path().join("r.csv")).exists());
}
