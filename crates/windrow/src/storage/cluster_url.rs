//! Addresses of files that only a cluster sees: `hdfs://namenode:8020/logs`, `dbfs:/logs`, or any other after `spark:`.

use super::object_url::{ObjectUrl, Scheme};
use crate::error::{Code, Error, Result};
use crate::text::escape::for_people;
use crate::text::percent::decoded_text;

/// What stands before the address of a file system that this program also reads itself, or does not know.
pub(super) const BY_SPARK: &str = "spark:";

/// The file systems of Hadoop that this program does not read itself.
const OF_HADOOP: [&str; 14] = [
    "hdfs", "webhdfs", "swebhdfs", "viewfs", "dbfs", "wasb", "wasbs", "adl", "oss", "obs", "cosn", "ofs",
    "maprfs", "alluxio",
];

/// Those whose addresses need not name a host.
const WITHOUT_HOST: [&str; 2] = ["file", "dbfs"];

/// Reads the address of a file of a cluster; none if `text` is another address, or a path. Its store is what stands before the path.
///
/// # Errors
/// Usage: it is not a valid address.
pub(super) fn parse(text: &str) -> Result<Option<ObjectUrl>> {
    let by_spark = text.get(..BY_SPARK.len()).is_some_and(|start| start.eq_ignore_ascii_case(BY_SPARK));
    let address = if by_spark { &text[BY_SPARK.len()..] } else { text };
    let wrong = |what: &str, help: &str| {
        // Before the host may be a password.
        let shown = address.rsplit_once('@').map_or(address, |(_, shown)| shown);
        Err(Error::usage(format!("{} {what}", for_people(shown))).with_code(Code::Address).with_help(help))
    };
    let parts = address.split_once(':').filter(|(_, rest)| rest.starts_with('/'));
    let Some((scheme, rest)) = parts else {
        return match by_spark {
            true => wrong(
                "is not an address of Hadoop",
                "write it behind spark: as Spark reads it, for example spark:s3a://lake/logs or spark:file:///data/logs",
            ),
            false => Ok(None),
        };
    };
    let scheme = scheme.to_ascii_lowercase();
    if !by_spark && !OF_HADOOP.contains(&scheme.as_str()) {
        return Ok(None);
    }
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(letters) {
        return wrong(
            "does not begin with a scheme",
            "write it as Spark reads it, for example hdfs://namenode:8020/logs",
        );
    }
    let (host, key) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_once('/').unwrap_or((rest, "")),
        None => ("", &rest[1..]),
    };
    if host.is_empty() && !WITHOUT_HOST.contains(&scheme.as_str()) {
        return wrong(
            "names no host",
            "write the host or bucket, as Spark's answers name it: for example hdfs://namenode:8020/logs",
        );
    }
    if host.split_once('@').is_some_and(|(user, _)| user.contains(':')) {
        return wrong(
            "has a name or password in it",
            "give the credentials to the cluster, or to the session by [engine.spark.conf]",
        );
    }
    if !host.chars().all(|c| c.is_ascii_alphanumeric() || "-._:@$[]".contains(c)) {
        return wrong("has a name of a host that none can have", "check the address");
    }
    let Some(key) = decoded_text(key) else {
        return wrong(
            "has a % without two hexadecimal digits behind it, or one that is not UTF-8",
            "write a % that stands for itself as %25",
        );
    };
    if key.starts_with('/') || key.contains("//") {
        return wrong("has an empty name between two slashes", "check the path");
    }
    let prefix = if by_spark && !OF_HADOOP.contains(&scheme.as_str()) { BY_SPARK } else { "" };
    Ok(Some(ObjectUrl { scheme: Scheme::Cluster, store: format!("{prefix}{scheme}://{host}"), key }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_a_cluster_sees_has_one_address() {
        for (text, identity, on_cluster) in [
            ("hdfs://nn:8020/logs/a%20b.csv", "hdfs://nn:8020/logs/a b.csv", "hdfs://nn:8020/x"),
            ("spark:HDFS://nn:8020/a", "hdfs://nn:8020/a", "hdfs://nn:8020/x"),
            ("dbfs:/logs/a.csv", "dbfs:///logs/a.csv", "dbfs:///x"),
            ("dbfs:///logs/a.csv", "dbfs:///logs/a.csv", "dbfs:///x"),
            ("Spark:s3a://lake/a=ä", "spark:s3a://lake/a=ä", "s3a://lake/x"),
            ("spark:file:/data/a.csv", "spark:file:///data/a.csv", "file:///x"),
            ("spark:my-fs://me@host/a", "spark:my-fs://me@host/a", "my-fs://me@host/x"),
            (
                "wasbs://box@me.blob.core.windows.net/",
                "wasbs://box@me.blob.core.windows.net/",
                "wasbs://box@me.blob.core.windows.net/x",
            ),
        ] {
            let url = ObjectUrl::parse(text).unwrap().unwrap();
            assert_eq!(url.identity(&url.key), identity, "{text}");
            assert_eq!(ObjectUrl::parse(identity).unwrap().as_ref(), Some(&url), "{text}");
            assert_eq!(url.on_cluster("x").as_deref(), Some(on_cluster), "{text}");
        }
        for text in ["a.csv", "hdfs", "hdfs:a", "dbfs", "my-fs:/a", "sparks:/a", "C:/a"] {
            assert_eq!(parse(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn wrong_addresses_say_what_is_wrong_and_no_secret() {
        for (text, part) in [
            ("spark:/data", "is not an address of Hadoop"),
            ("spark://host:7077/data", "is not an address of Hadoop"),
            ("hdfs:///logs", "names no host"),
            ("hdfs:/logs", "names no host"),
            ("spark:ftp://me:secret@host/a", "a name or password"),
            ("hdfs://nn/a//b", "an empty name"),
            ("hdfs://nn/%", "has a % without"),
            ("hdfs://n n/a", "none can have"),
        ] {
            let error = ObjectUrl::parse(text).unwrap_err();
            assert!(error.to_string().contains(part), "{text}: {error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
