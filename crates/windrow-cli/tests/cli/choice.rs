//! Which engine counts, command by command; and that no secret of its address is shown.

use std::fs;
use std::net::TcpListener;

use super::kept::settled;
use super::{EVENTS, Said, contains, folder, run, said, windrow};

const JOB: &str = "name = \"j\"\nversion = 1\n[source]\npath = [\"in\"]\ntime = \"time\"\nkeys = [\"action\"]\n\
                   [reports.r]\nevery = \"10m\"\n";

/// The address of a Spark that is not there: nothing listens on the port.
fn absent_spark() -> String {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("sc://{}", free.local_addr().unwrap())
}

/// Spark was to count, and either is not reached or not built in.
#[track_caller]
fn is_spark(said: &Said, address: &str) {
    let (code, part) = match cfg!(feature = "spark") {
        true => (4, format!("cannot reach Spark at {address}: nothing listens there")),
        false => (2, format!("{address}: this windrow was built without the Spark engine")),
    };
    assert_eq!((said.code, said.out.lines().count().min(1)), (code, 0), "{}{}", said.out, said.err);
    contains(&said.err, &["error: ", &part, "\n  help: "]);
}

#[track_caller]
fn is_embedded(said: &Said) {
    assert_eq!(said.code, 0, "{}", said.err);
}

#[test]
fn the_flag_decides_then_the_variable_then_the_job() {
    let spark = absent_spark();
    let on_spark = format!("{JOB}[engine]\naddress = \"{spark}\"\n");
    let folder = folder(&[("in/a.csv", EVENTS), ("job.toml", JOB), ("spark.toml", &on_spark)]);
    for command in ["run", "digest"] {
        is_embedded(&run(&folder, &[command, "job.toml"]));
        is_spark(&run(&folder, &[command, "spark.toml"]), &spark);
        is_spark(&run(&folder, &[command, "spark.toml", "in/a.csv"]), &spark);
        is_spark(&run(&folder, &[command, "job.toml", "--engine", &spark]), &spark);
        is_spark(&run(&folder, &[command, "in/a.csv", "--engine", &spark]), &spark);
        is_embedded(&run(&folder, &[command, "spark.toml", "--engine", "embedded"]));
        let with = |engine: &str, arguments: &[&str]| {
            let mut command = windrow(&folder, &[&[command], arguments].concat());
            said(command.env("WINDROW_ENGINE", engine).output().unwrap())
        };
        is_spark(&with(&spark, &["job.toml"]), &spark);
        is_embedded(&with("embedded", &["spark.toml"]));
        is_embedded(&with(&spark, &["job.toml", "--engine", "embedded"]));
        is_spark(&with("embedded", &["job.toml", "--engine", &spark]), &spark);
        let wrong = with("spark", &["job.toml"]);
        assert_eq!((wrong.code, wrong.out.as_str()), (2, ""), "{}", wrong.err);
        contains(&wrong.err, &["--engine: unknown engine spark", "sc://host:port"]);
    }
}

#[test]
fn a_job_that_keeps_a_ledger_says_which_engine_read() {
    let spark = absent_spark();
    let kept = format!("{JOB}[output]\npath = \"out\"\n[engine]\naddress = \"{spark}\"\n");
    let folder = folder(&[("in/a.csv", EVENTS), ("kept.toml", &kept)]);
    settled(&folder.path().join("in/a.csv"));
    is_spark(&run(&folder, &["run", "kept.toml"]), &spark);
    // What reads no event needs no engine.
    assert_eq!(run(&folder, &["plan", "kept.toml"]).code, 0);
    is_embedded(&run(&folder, &["run", "kept.toml", "--engine", "embedded"]));
    assert_eq!(run(&folder, &["digest", "kept.toml"]).code, 0);
    for table in ["files", "runs"] {
        let said = run(&folder, &["show", "kept.toml", table, "--format", "csv"]);
        contains(&said.out, &["engine", "embedded"]);
    }
    contains(&run(&folder, &["why", "kept.toml", "2024-01-01"]).out, &["(engine embedded, windrow "]);
    // Another engine does not make another job: a run with nothing to read asks no server and counts nothing again.
    fs::write(
        folder.path().join("kept.toml"),
        kept.replace("[engine]", "[engine.spark.conf]\n'a.b' = 1\n[engine]"),
    )
    .unwrap();
    let again = run(&folder, &["run", "kept.toml", "--engine", "embedded"]);
    assert_eq!(again.code, 0, "{}", again.err);
    contains(&again.err, &["1 same"]);
}

#[test]
fn the_engines_are_operands_of_compare() {
    let spark = absent_spark();
    let folder = folder(&[("in/a.csv", EVENTS), ("job.toml", JOB)]);
    let equal = "equal: 2 windows, 2 values, 3 events\n";
    let embedded = run(&folder, &["compare", "job.toml@embedded", "job.toml"]);
    assert_eq!((embedded.code, embedded.out.as_str()), (0, equal), "{}", embedded.err);
    assert_eq!(run(&folder, &["run", "job.toml", "-o", "x.csv"]).code, 0);
    for operands in [["job.toml@embedded", "x.csv"], ["x.csv", "job.toml@embedded"]] {
        assert_eq!(run(&folder, &[&["compare"][..], &operands].concat()).out, equal);
    }
    for operands in
        [["job.toml@embedded", &format!("job.toml@{spark}")], [&format!("job.toml@{spark}"), "x.csv"]]
    {
        is_spark(&run(&folder, &[&["compare"][..], &operands].concat()), &spark);
    }
    // `@` asks for one side; the flag for both.
    is_spark(&run(&folder, &["compare", "x.csv", "job.toml", "--engine", &spark]), &spark);
    assert_eq!(run(&folder, &["compare", "x.csv", "job.toml@embedded", "--engine", &spark]).out, equal);
    let wrong = run(&folder, &["compare", "job.toml@spark", "x.csv"]);
    assert_eq!((wrong.code, wrong.out.as_str()), (2, ""), "{}", wrong.err);
    contains(&wrong.err, &["job.toml: unknown engine spark"]);

    // Files that have such names are themselves.
    for name in ["old@home.csv", "job.toml@embedded.csv"] {
        fs::copy(folder.path().join("x.csv"), folder.path().join(name)).unwrap();
        let said = run(&folder, &["compare", name, "job.toml"]);
        assert_eq!((said.code, said.out.as_str()), (0, equal), "{name}: {}", said.err);
    }
    fs::create_dir(folder.path().join("a.toml@b")).unwrap();
    fs::write(folder.path().join("a.toml@b/job.toml"), JOB.replace("\"in\"", "\"../in\"")).unwrap();
    let said = run(&folder, &["compare", "a.toml@b/job.toml@embedded", "x.csv"]);
    assert_eq!((said.code, said.out.as_str()), (0, equal), "{}", said.err);
}

#[test]
fn a_job_with_a_ledger_is_counted_anew_by_an_engine_that_is_named() {
    let kept = format!("{JOB}[output]\npath = \"out\"\n");
    let folder = folder(&[("in/a.csv", EVENTS), ("kept.toml", &kept)]);
    assert_eq!(run(&folder, &["run", "kept.toml"]).code, 0);
    let added = "time,action\n2024-01-01T05:00:00Z,Open\n";
    fs::write(folder.path().join("in/b.csv"), added).unwrap();
    let said = run(&folder, &["compare", "kept.toml", "kept.toml@embedded"]);
    assert_eq!(said.code, 3, "{}", said.err);
    contains(&said.err, &["kept.toml and kept.toml@embedded are not equal: 1 of 3 windows differs"]);
}

#[test]
fn no_secret_of_an_address_is_shown() {
    let address = format!("{}/;token=geheim", absent_spark());
    let epochs = "ts,action\n1469679568123,Open\n";
    let in_job = format!("{JOB}[engine]\naddress = \"{address}\"\n");
    let kept = format!("{JOB}[output]\npath = \"out\"\n");
    let folder = folder(&[
        ("in/a.csv", EVENTS),
        ("job.toml", JOB),
        ("kept.toml", &kept),
        ("secret.toml", &in_job),
        ("epochs.csv", epochs),
    ]);
    let operand = format!("job.toml@{address}");
    let wrong = address.replace("sc://", "spark://");
    for arguments in [
        &["run", "in/a.csv", "--engine", &address][..],
        &["run", "in/a.csv", "--engine", &address, "-vv"],
        &["run", "in/a.csv", "--engine", &address, "--log-format", "json"],
        &["run", "in/a.csv", "--engine", &wrong],
        &["run", "kept.toml", "--engine", &address],
        &["run", "in/a.csv", "--save-job", "saved.toml", "--summary-json", "s.json", "--engine", &address],
        &["check", "job.toml", "--engine", &address],
        &["compare", &operand, "job.toml"],
        &["run", "secret.toml"],
        &["run", "secret.toml", "--engine", "embedded"],
        // The full command is shown, corrected.
        &["run", "epochs.csv", "--engine", &address],
        &["run", "epochs.csv", &format!("--engine={address}")],
        &["run", "in/a.csv", "--engine", &address, "--frobnicate"],
        &["run", "--help"],
    ] {
        let mut command = windrow(&folder, arguments);
        if arguments.contains(&"--help") {
            command.env("WINDROW_ENGINE", &address);
        }
        let said = said(command.output().unwrap());
        assert!(
            !said.out.contains("geheim") && !said.err.contains("geheim"),
            "{arguments:?}: {}{}",
            said.out,
            said.err
        );
    }
    let said = run(&folder, &["run", "secret.toml", "--engine", "embedded"]);
    assert_eq!(said.code, 2);
    contains(&said.err, &["secret.toml:10:11: engine.address: a token is a secret", "token=env:NAME"]);
    let said = run(&folder, &["run", "epochs.csv", "--engine", &address]);
    contains(&said.err, &["token=…", "--time-format epoch_ms"]);
    let mut folders = vec![folder.path().to_owned()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(at).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if !entry.ends_with("secret.toml") {
                let bytes = fs::read(&entry).unwrap();
                assert!(!bytes.windows(6).any(|at| at == b"geheim"), "{}", entry.display());
            }
        }
    }
}
