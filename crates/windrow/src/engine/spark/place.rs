//! Where Spark finds a file or an object that windrow sees, and what Spark calls it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Component, Path};

use crate::error::{Code, Error, Result};
use crate::job::Job;
use crate::source::InputFile;
use crate::storage::ObjectUrl;

/// A folder that only the cluster sees.
#[derive(Clone, Debug)]
pub(super) struct ClusterPlace {
    /// Scheme and host.
    store: String,
    path: String,
}

impl ClusterPlace {
    /// The folder at this address of Hadoop.
    pub(super) fn of(address: &str) -> Self {
        let (store, path) = parted(address);
        ClusterPlace { store, path: path.trim_end_matches('/').to_owned() }
    }

    /// Its address, as Spark's lists have it.
    pub(super) fn address(&self) -> String {
        format!("{}{}", self.store, self.path)
    }

    /// The address of the file at `path` in the folder, as Spark is asked for it: nothing in it is a pattern.
    pub(super) fn escaped(&self, path: &str) -> String {
        self.both(path).0
    }

    /// The same as Spark's lists have it.
    pub(super) fn plain(&self, path: &str) -> String {
        format!("{}/{path}", self.address())
    }

    /// The same as Spark is asked for it, and its name in Spark's answers.
    pub(super) fn both(&self, path: &str) -> (String, String) {
        written(&self.store, &format!("{}/{path}", self.path))
    }

    /// The path in the folder of a file that a list of Spark has.
    pub(super) fn below<'a>(&self, address: &'a str) -> Option<&'a str> {
        address.strip_prefix(&self.store)?.strip_prefix(&self.path)?.strip_prefix('/')
    }
}

impl fmt::Display for ClusterPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.address())
    }
}

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

/// Name endings of files that Spark takes for compressed ones, whatever they contain (Hadoop's codecs).
const COMPRESSED: [&str; 8] = ["gz", "bz2", "deflate", "lz4", "snappy", "zst", "zstd", "passthrough"];

/// The ending of files that Spark unpacks by gzip. It must be in lower case.
const GZIP_ENDING: &str = ".gz";

/// The address of a file for Spark, and its name in Spark's answers. With `is_packed`, Spark unpacks it by gzip.
pub(super) fn of_file(job: &Job, file: &InputFile, is_packed: bool) -> Result<(String, String)> {
    let path = match &file.object {
        Some(_) => {
            let url = object_url(&file.path)?;
            check_name(url.key.rsplit('/').next().unwrap_or_default(), is_packed)?;
            if let Some(store) = url.on_cluster("") {
                return Ok(ClusterPlace::of(&store).both(&url.key));
            }
            format!("{}/{}", url.root(), url.key)
        }
        None => absolute(&file.path, is_packed)?,
    };
    Ok(of(&path, &job.engine.spark_paths))
}

/// The path of a file for Spark, whose machines must have it in the same place.
fn absolute(path: &Path, is_packed: bool) -> Result<String> {
    let mut absolute = std::path::absolute(path).map_err(|error| Error::io("cannot read", &error))?;
    if let (true, Some(folder), Some(name)) = (goes_up(&absolute), absolute.parent(), absolute.file_name()) {
        // After a symbolic link, `..` means the parent of its target.
        absolute = folder.canonicalize().map_err(|error| Error::io("cannot read", &error))?.join(name);
    }
    check_name(&absolute.file_name().unwrap_or_default().to_string_lossy(), is_packed)?;
    match absolute.to_str() {
        Some(path) => Ok(path.to_owned()),
        None => Err(refused("its name is not UTF-8").with_help("give the file another name")),
    }
}

/// The address of an object.
fn object_url(identity: &Path) -> Result<ObjectUrl> {
    let url = identity.to_str().map_or(Ok(None), ObjectUrl::parse)?;
    let url = url.ok_or_else(|| Error::bug("an object without an address"))?;
    if url.is_web() {
        return Err(refused("it is on a web server").with_help("count with the embedded engine"));
    }
    Ok(url)
}

fn refused(why: &str) -> Error {
    Error::data(format!("Spark cannot read it: {why}")).with_code(Code::SparkFile)
}

/// Refuses file names that have a special meaning for Hadoop.
fn check_name(name: &str, is_packed: bool) -> Result<()> {
    if name.starts_with(['_', '.']) || name.ends_with("._COPYING_") {
        return Err(refused("it leaves out files whose names begin with _ or . or end in ._COPYING_")
            .with_help("give the file another name"));
    }
    if name.contains(':') {
        return Err(refused("it takes what is before a colon in a name for a scheme")
            .with_help("give the file another name"));
    }
    if is_packed {
        return match name.ends_with(GZIP_ENDING) {
            true => Ok(()),
            false => Err(refused(&format!("it unpacks only files that end in {GZIP_ENDING}"))),
        };
    }
    if let Some(ending) = compressed_ending(name) {
        return Err(refused(&format!("it takes a file that ends in .{ending} for a compressed one"))
            .with_help("give the file another name"));
    }
    Ok(())
}

/// Whether Spark takes a file of this name for a compressed one.
pub(super) fn is_unpacked(name: &str) -> bool {
    compressed_ending(name).is_some()
}

/// The ending of a file that Spark takes for a compressed one.
fn compressed_ending(name: &str) -> Option<String> {
    let ending = Path::new(name).extension()?.to_string_lossy().to_lowercase();
    Some(ending).filter(|ending| COMPRESSED.contains(&ending.as_str()))
}

fn goes_up(path: &Path) -> bool {
    path.components().any(|part| part == Component::ParentDir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_cluster_lists_is_below_the_folder_that_was_asked_for() {
        for (folder, listed, path) in [
            ("hdfs://nn:8020/logs", "hdfs://nn:8020/logs/day=1/a b.csv", Some("day=1/a b.csv")),
            ("hdfs://nn:8020/", "hdfs://nn:8020/logs/a.csv", Some("logs/a.csv")),
            ("file:///", "file:/data/a.csv", Some("data/a.csv")),
            ("dbfs:///lake", "dbfs:/lake/a.csv", Some("a.csv")),
            ("hdfs://nn:8020/logs", "hdfs://nn:8020/logs2/a.csv", None),
            ("hdfs://nn:8020/logs", "hdfs://other:8020/logs/a.csv", None),
        ] {
            let place = ClusterPlace::of(folder);
            assert_eq!(place.below(listed), path, "{folder}");
            if let Some(path) = path {
                assert_eq!(place.plain(path), listed, "{folder}");
            }
        }
        assert_eq!(ClusterPlace::of("file:///data/a.csv").address(), "file:/data/a.csv");
        let names = ClusterPlace::of("viewfs://lake/logs").both("[1] %.csv");
        let expected = ("viewfs://lake/logs/\\[1\\] %.csv", "viewfs://lake/logs/%5B1%5D%20%25.csv");
        assert_eq!(names, (expected.0.to_owned(), expected.1.to_owned()));
    }

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
