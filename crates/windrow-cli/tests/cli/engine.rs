//! The choice of an engine: by flag, variable and job file, in that order.

use std::fs;

use super::{EVENTS, contains, folder, run, said, windrow};

/// No Spark Connect server listens here.
const NOWHERE: &str = "sc://127.0.0.1:1";

/// A job with this `[engine]`.
fn job(engine: &str) -> String {
    format!(
        "name = 'j'\nversion = 1\n[source]\npath = 'a.csv'\ntime = 'time'\nkeys = ['action']\n\
         [reports.r]\nevery = '10m'\n{engine}"
    )
}

/// What becomes of a run on Spark where there is none, or where windrow cannot do it.
fn nowhere() -> (i32, &'static str) {
    match cfg!(feature = "spark") {
        true => (4, "nothing listens there"),
        false => (2, "built without the Spark engine"),
    }
}

#[test]
fn a_flag_goes_before_a_variable_and_a_variable_before_the_job() {
    let folder = folder(&[("a.csv", EVENTS), ("spark.toml", &job(&format!("[engine]\naddress = '{NOWHERE}'\n")))]);
    let (code, why) = nowhere();
    let by_job = run(&folder, &["run", "spark.toml"]);
    assert_eq!(by_job.code, code, "{}", by_job.err);
    contains(&by_job.err, &["sc://127.0.0.1:1", why, "\n  help: "]);

    let by_variable = said(windrow(&folder, &["run", "spark.toml"]).env("WINDROW_ENGINE", "embedded").output().unwrap());
    assert_eq!(by_variable.code, 0, "{}", by_variable.err);
    let by_flag = windrow(&folder, &["run", "spark.toml", "--engine", NOWHERE]).env("WINDROW_ENGINE", "embedded").output();
    assert_eq!(said(by_flag.unwrap()).code, code);
    for command in ["check", "digest"] {
        let said = run(&folder, &[command, "spark.toml"]);
        assert_eq!(said.code, code, "{command}: {}", said.err);
        assert_eq!(run(&folder, &[command, "spark.toml", "--engine", "embedded"]).code, 0, "{command}");
    }
}

#[test]
fn engines_are_operands_of_a_comparison() {
    let folder = folder(&[("a.csv", EVENTS), ("j.toml", &job(""))]);
    let same = run(&folder, &["compare", "j.toml@embedded", "j.toml"]);
    assert_eq!(same.code, 0, "{}", same.err);
    let spark = run(&folder, &["compare", "j.toml@embedded", &format!("j.toml@{NOWHERE}")]);
    let (code, why) = nowhere();
    assert_eq!(spark.code, code, "{}", spark.err);
    contains(&spark.err, &[why]);
    // A file that is called so is itself.
    fs::copy(folder.path().join("j.toml"), folder.path().join("j.toml@2.toml")).unwrap();
    assert_eq!(run(&folder, &["compare", "j.toml@2.toml", "j.toml"]).code, 0);
}

#[test]
fn an_engine_that_is_none_is_refused_and_no_token_is_shown() {
    let folder = folder(&[("a.csv", EVENTS)]);
    let unknown = run(&folder, &["run", "a.csv", "--engine", "spark://host:7077/;token=geheim"]);
    assert_eq!(unknown.code, 2);
    contains(&unknown.err, &["there is no engine spark://host:7077", "sc://host:port"]);
    let far = run(&folder, &["run", "a.csv", "--engine", "sc://192.0.2.1:15002/;token=geheim"]);
    assert_eq!(far.code, 2, "{}", far.err);
    for said in [unknown, far] {
        assert!(!said.err.contains("geheim"), "{}", said.err);
    }
}

#[test]
fn what_is_wrong_with_the_engine_of_a_job_has_a_place() {
    for (engine, part) in [
        ("[engine]\naddress = 'sc://host/;use_ssl=true;token=geheim'\n", "a token is a secret"),
        ("[engine.spark.conf]\n'spark.executor.memory' = 1.5\n", "neither a text"),
        ("[engine.spark.conf]\nspark.sql.shuffle.partitions = 4\n", "in quotes"),
        ("[engine.spark]\nversion = 4\n", "version"),
    ] {
        let folder = folder(&[("a.csv", EVENTS), ("j.toml", &job(engine))]);
        let said = run(&folder, &["run", "j.toml"]);
        assert_eq!(said.code, 2, "{engine}: {}", said.err);
        contains(&said.err, &["j.toml:", part]);
        assert!(!said.err.contains("geheim"), "{}", said.err);
    }
}
