//! Where Spark finds a file or an object that windrow sees, and what Spark calls it.

use std::collections::BTreeMap;
use std::path::Path;

/// The address for Spark of the file at `path` (absolute) or of an object by its address, and its name in Spark's answers. `places` says
/// where Spark finds what is in a folder; what is in several of them is found by the innermost, and what is in none at the same path,
/// or in the same store as Hadoop calls it.
pub(super) fn of(path: &str, places: &BTreeMap<String, String>) -> (String, String) {
    let here = places.iter().filter_map(|(here, there)| {
        let below = Path::new(path).strip_prefix(here).ok()?.to_str()?;
        Some((Path::new(here).components().count(), there, below))
    });
    let Some((_, there, below)) = here.max_by_key(|(depth, ..)| *depth) else {
        return match path.split_once("://") {
            Some(_) => in_store(path),
            None => written("file:", path),
        };
    };
    let (store, folder) = parted(there);
    written(&store, &format!("{}/{below}", folder.trim_end_matches('/')))
}

/// An object by the scheme that Hadoop has for its store: `s3a://`, `gs://`, `abfss://`.
fn in_store(path: &str) -> (String, String) {
    let (store, key) = parted(path);
    let store = match store.split_once("://") {
        Some(("s3", bucket)) => format!("s3a://{bucket}"),
        Some(("az", container)) => format!("abfss://{container}"),
        _ => store,
    };
    written(&store, key)
}

/// Scheme and host of an address, and the path in it.
fn parted(there: &str) -> (String, &str) {
    let (scheme, rest) = there.split_once(':').unwrap_or(("file", there));
    match rest.strip_prefix("//") {
        Some(rest) => {
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            // Hadoop leaves out the slashes before a host that is empty.
            (if host.is_empty() { format!("{scheme}:") } else { format!("{scheme}://{host}") }, path)
        }
        None => (format!("{scheme}:"), rest),
    }
}

fn written(store: &str, path: &str) -> (String, String) {
    (format!("{store}{}", escaped(path)), format!("{store}{}", quoted(path)))
}

/// A path in which nothing is a pattern: Hadoop takes the paths it is asked for as globs.
fn escaped(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for c in path.chars() {
        if r"{}[]*?\".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// A path as Java's `URI` quotes it, which is how Spark names files: what may not stand in a URI is written `%20`, but
/// letters of any script stand for themselves.
fn quoted(path: &str) -> String {
    let stands = |c: char| match c.is_ascii() {
        true => c.is_ascii_alphanumeric() || "-_.!~*'():@&=+$,;/".contains(c),
        false => !c.is_whitespace() && !c.is_control(),
    };
    let mut quoted = String::with_capacity(path.len());
    for c in path.chars() {
        match stands(c) {
            true => quoted.push(c),
            false => {
                c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| quoted.push_str(&format!("%{byte:02X}")))
            }
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_by_the_innermost_folder() {
        let places = [
            ("/mnt/lake", "s3a://lake"),
            ("/mnt/lake/old data/", "hdfs://nn:8020/old data/"),
            ("/mnt/dbfs", "dbfs:/lake"),
            ("/mnt/files", "file:///srv/files"),
            ("/srv", "/data"),
            ("s3://other/x", "s3a://mirror"),
        ];
        let places = places.map(|(here, there)| (here.to_owned(), there.to_owned())).into();
        for (path, address, name) in [
            ("s3://logs/a b.csv", "s3a://logs/a b.csv", "s3a://logs/a%20b.csv"),
            ("s3://other/x/a.csv", "s3a://mirror/a.csv", "s3a://mirror/a.csv"),
            ("gs://logs/a.csv", "gs://logs/a.csv", "gs://logs/a.csv"),
            (
                "az://box@me.dfs.core.windows.net/a.csv",
                "abfss://box@me.dfs.core.windows.net/a.csv",
                "abfss://box@me.dfs.core.windows.net/a.csv",
            ),
            ("/mnt/lake/a b.csv", "s3a://lake/a b.csv", "s3a://lake/a%20b.csv"),
            ("/mnt/lake/[1].csv", "s3a://lake/\\[1\\].csv", "s3a://lake/%5B1%5D.csv"),
            ("/mnt/lake/old data/x.csv", "hdfs://nn:8020/old data/x.csv", "hdfs://nn:8020/old%20data/x.csv"),
            ("/mnt/lakes/a.csv", "file:/mnt/lakes/a.csv", "file:/mnt/lakes/a.csv"),
            ("/mnt/dbfs/a.csv", "dbfs:/lake/a.csv", "dbfs:/lake/a.csv"),
            ("/mnt/files/a.csv", "file:/srv/files/a.csv", "file:/srv/files/a.csv"),
            ("/srv/a.csv", "file:/data/a.csv", "file:/data/a.csv"),
        ] {
            assert_eq!(of(path, &places), (address.to_owned(), name.to_owned()), "{path}");
        }
        let everything = BTreeMap::from([("/".to_owned(), "s3a://all/".to_owned())]);
        assert_eq!(of("/a.csv", &everything).0, "s3a://all/a.csv");
    }
}
