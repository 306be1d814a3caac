use std::path::Path;

use super::*;
use crate::job::{Job, JobFile};

const SHORTEST: &str =
    "name = 'a'\nversion = 1\nsource = { path = 'a.csv', time = 't' }\nreports.r.every = '1h'\n";

fn read(engine: &str) -> Result<Job> {
    Job::from_toml(&format!("{SHORTEST}{engine}"), Path::new("job.toml"))
}

#[test]
fn settings_of_spark_are_taken_as_they_are_written() {
    let job = read(
        "[engine]\naddress = 'sc://host:15002/;token=env:TOKEN'\n[engine.spark.conf]\n'spark.a.b' = 64\nspark.c = true\n'd.e' = '256m'\n",
    );
    // Without quotes it is a table of a table.
    assert!(job.unwrap_err().message().starts_with("job.toml:9:1: engine.spark.conf.spark: "));
    let job = read("[engine.spark.conf]\n'spark.a.b' = 64\n'spark.c' = true\n'd.e' = '256m'\n").unwrap();
    let conf: Vec<(&str, &str)> =
        job.engine.spark_conf.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(conf, [("d.e", "256m"), ("spark.a.b", "64"), ("spark.c", "true")]);
    assert_eq!(job.engine.address, None);
}

#[test]
fn what_is_no_engine_and_no_setting_is_refused_at_its_place() {
    for (text, said) in [
        (
            "[engine]\naddress = 'spark://host'\n",
            "job.toml:6:11: engine.address: unknown engine spark://host",
        ),
        ("[engine]\nadress = 'sc://host'\n", "job.toml:6:1: unknown key `adress`"),
        ("[engine.spark.conf]\n'' = 1\n", "job.toml:6:"),
        ("[engine.spark.conf]\n'partitions' = 1\n", "\"partitions\" is not a Spark setting"),
        ("[engine.spark.conf]\n'spark..a' = 1\n", "\"spark..a\" is not a Spark setting"),
        ("[engine.spark.conf]\n'spark.a b' = 1\n", "\"spark.a b\" is not a Spark setting"),
        (
            "[engine.spark.conf]\n'spark.a' = 1.5\n",
            "spark.a is neither a text, a whole number, true nor false",
        ),
        (
            "[engine.spark.conf]\n'spark.a' = [1]\n",
            "spark.a is neither a text, a whole number, true nor false",
        ),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.message().contains(said), "{text}: {error}");
        assert!(error.help_text().is_some(), "{text}");
    }
}

#[test]
fn a_secret_is_named_and_never_written_or_shown() {
    for (text, help) in [
        ("[engine]\naddress = 'sc://host/;use_ssl=true;token=geheim'\n", "token=env:NAME"),
        ("[engine]\naddress = 'sc://host/;use_ssl=true;TOKEN=geheim'\n", "TOKEN=env:NAME"),
        ("[engine]\naddress = 'sc://host/;use_ssl=true;X-Api-Key=geheim'\n", "X-Api-Key=env:NAME"),
        ("[engine]\naddress = 'sc://host/;use_ssl=true;cookie=geheim'\n", "cookie=env:NAME"),
        ("[engine.spark.conf]\n'fs.azure.account.key.x.dfs.core.windows.net' = 'geheim'\n", "\"env:NAME\""),
        ("[engine.spark.conf]\n'spark.hadoop.fs.s3a.secret.key' = 'geheim'\n", "\"env:NAME\""),
        ("[engine.spark.conf]\n'spark.some.Password' = 'geheim'\n", "\"env:NAME\""),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.message().contains("is a secret and does not stand in a job file"), "{error}");
        assert!(error.help_text().is_some_and(|next| next.contains(help)), "{error:?}");
        let file = JobFile::from_toml(&format!("{SHORTEST}{text}"), Path::new("job.toml")).unwrap();
        for shown in [format!("{error:?} {error}"), format!("{file:?}")] {
            assert!(!shown.contains("geheim"), "{shown}");
        }
    }
    let text = "[engine]\naddress = 'sc://host/;use_ssl=true;token=env:TOKEN;X-Key=env:KEY;ssl_ca_file=ca.pem;x-team=geheim'\n\
                [engine.spark.conf]\n'spark.a.secret' = 'env:PATH'\n'spark.b' = 'geheim'\n";
    let job = read(text).unwrap();
    let shown = format!("{job:?}");
    assert!(
        !shown.contains("geheim")
            && shown.contains("token=env:TOKEN;X-Key=env:KEY;ssl_ca_file=ca.pem;x-team=…"),
        "{shown}"
    );
    assert_eq!(job.engine.conf().unwrap()["spark.a.secret"], std::env::var("PATH").unwrap());
    let unset = read("[engine.spark.conf]\n'spark.a.secret' = 'env:WINDROW_IS_NOT_SET'\n").unwrap();
    let error = unset.engine.conf().unwrap_err();
    assert_eq!(error.message(), "spark.a.secret: the environment variable \"WINDROW_IS_NOT_SET\" is not set");
}

#[test]
fn the_engine_is_in_no_fingerprint() {
    let [without, with] = ["", "[engine]\naddress = 'sc://host'\n[engine.spark.conf]\n'spark.a' = 1\n[engine.spark.paths]\n'/a' = 's3a://b'\n"]
        .map(|text| read(text).unwrap());
    assert_ne!(without, with);
    assert_eq!(without.count_fingerprint(), with.count_fingerprint());
    assert_eq!(without.report_fingerprint("r"), with.report_fingerprint("r"));
    assert_eq!(without.refusal_fingerprint(), with.refusal_fingerprint());
}

#[test]
fn paths_of_spark_are_addresses() {
    let job = read("[engine.spark.paths]\n'/mnt/lake' = 's3a://lake/'\n'/' = '/data'\n'/x' = 'file:///'\n's3://b/x' = 's3a://c'\n")
        .unwrap();
    let paths: Vec<(&str, &str)> =
        job.engine.spark_paths.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(
        paths,
        [("/", "/data"), ("/mnt/lake", "s3a://lake/"), ("/x", "file:///"), ("s3://b/x", "s3a://c")]
    );
    for (text, said) in [
        ("'mnt' = 's3a://lake'", "engine.spark.paths.mnt: \"mnt\" is neither an absolute path"),
        ("'/mnt/../lake' = 's3a://lake'", "is neither an absolute path"),
        ("'/mnt' = 'lake'", "\"lake\" is not an address of Hadoop"),
        ("'/mnt' = 's3a:lake'", "\"s3a:lake\" is not an address of Hadoop"),
        ("'/mnt' = 's3a://lake/../x'", "is not an address of Hadoop"),
        ("'/mnt' = 'hdfs:///lake'", "names no host"),
        ("'/mnt' = 's3a://me:geheim@lake'", "a password does not stand in a job file"),
    ] {
        let error = read(&format!("[engine.spark.paths]\n{text}\n")).unwrap_err();
        assert!(error.message().contains(said), "{text}: {error}");
        assert!(error.help_text().is_some() && !format!("{error:?}").contains("geheim"), "{text}: {error:?}");
    }
    read("[engine.spark.paths]\n'/mnt' = 'abfss://box@account.dfs.core.windows.net'\n").unwrap();
}
