//! Codes: a stable name for each thing that can go wrong, for programs that act on errors. docs/errors.md lists them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Kind;

macro_rules! codes {
    ($($variant:ident $name:literal $meaning:literal)*) => {
        /// What went wrong. Names are stable: none is ever renamed, and others may be added.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Code {
            $(#[doc = $meaning] #[serde(rename = $name)] $variant,)*
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Code] = &[$(Code::$variant),*];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// What it means.
            pub fn meaning(self) -> &'static str {
                match self { $(Code::$variant => $meaning,)* }
            }
        }
    };
}

codes! {
    NotFound "not-found" "A file or folder does not exist, or no input was found."
    NotAFile "not-a-file" "A folder, device or link is where a file is needed, or the other way round."
    PermissionDenied "permission-denied" "The system does not permit to read or write."
    NoSpace "no-space" "The disk or the quota is full."
    ReadOnly "read-only" "The file system cannot be written."
    FileSystem "file-system" "The file system lacks what windrow needs to keep its promises."
    StorageFailed "storage-failed" "Storage or network failed in another way."
    DamagedData "damaged-data" "Compressed data is damaged, or bytes follow it."
    ExpandsTooFar "expands-too-far" "Compressed data becomes larger than the limit allows."
    FileChanged "file-changed" "A file changed while it was read."
    Address "address" "A path, URL or glob cannot be read as one."
    OutputConflict "output-conflict" "An output is an input, the job file, another output, or lies where the next run would read it."

    JobFile "job-file" "A job file is not TOML, or has a value of another type."
    UnknownKey "unknown-key" "A job file has a key that windrow does not know."
    MissingKey "missing-key" "A job file lacks a key that it must have."
    InvalidValue "invalid-value" "A value is not one that its key or flag can have."
    Secret "secret" "A secret stands in a job file, or would be sent unencrypted."
    MissingVariable "missing-variable" "An environment variable that a job file names is not set."
    NotBuilt "not-built" "Something is not built yet, or not into this program."
    NoFont "no-font" "No font is installed to draw the text of a PNG with."
    NewerVersion "newer-version" "A job file, ledger or table is of a newer version of windrow or of its format."

    MissingColumn "missing-column" "A file has no column of this name."
    RepeatedColumn "repeated-column" "Several columns have a name that is needed."
    UnnamedColumn "unnamed-column" "The column that is needed has no name."
    NoHeader "no-header" "The first line of a file does not name its columns."
    WrongDelimiter "wrong-delimiter" "Another delimiter makes columns of the header."
    NoReadableTime "no-readable-time" "No value reads as a time in the declared format."
    SeveralTimeColumns "several-time-columns" "Several columns read as times, and none is named."
    KeyNotNamed "key-not-named" "Values are named, but not the column they are in."

    TooManyRejects "too-many-rejects" "A file has more rejects than the limit allows."
    UnreadableFormat "unreadable-format" "The content of a file is not in a format that is read."
    EncodingMismatch "encoding-mismatch" "A file is in another encoding than the declared one."
    IncompleteFile "incomplete-file" "A file was not written to its end."
    SameContent "same-content" "A file has the content of one that counts."
    NothingCounted "nothing-counted" "Rows were read, and none is an event."
    RepeatedKey "repeated-key" "Two rows of a look-up have the same key."
    FilesRefused "files-refused" "Some files are refused, for several reasons or by an earlier run."
    RefusedBefore "refused-before" "An earlier run refused the file, and only its reason was kept."

    TooManyCounts "too-many-counts" "There are more counts than the limit allows."
    KeysTooLarge "keys-too-large" "The values of the keys have more bytes than the limit allows."
    LookupTooLarge "lookup-too-large" "The tables of look-ups have more bytes than the limit allows."
    TooManyRows "too-many-rows" "A report has more rows than the limit allows."
    TooManyInputs "too-many-inputs" "There are more inputs than can be counted at once."
    CountTooLarge "count-too-large" "A count is larger than the output can hold."
    MessageTooLarge "message-too-large" "A message between windrow and a server is too large."

    NoLedger "no-ledger" "The job keeps no ledger, or no run has made it."
    FilesGone "files-gone" "Many counted files are gone."
    LedgerDamaged "ledger-damaged" "The state of a job is damaged or incomplete."
    TableDamaged "table-damaged" "A table is damaged, or is not what it should be."
    OtherJob "other-job" "The ledger is that of another job."
    OtherRules "other-rules" "The ledger was counted, or a report published, by other rules than those of the job."
    LostRace "lost-race" "Another run committed first."
    NeverPublished "never-published" "The report was never published."
    LateData "late-data" "The newest event is older than expected."

    UnknownReport "unknown-report" "The job has no report with this name."
    SeveralReports "several-reports" "There are several reports, and one must be chosen."
    UnknownValue "unknown-value" "The value never occurs."
    UnknownFile "unknown-file" "The ledger has no file of this name."
    UnknownRun "unknown-run" "The text names no run and no time."
    UnknownTable "unknown-table" "No table of a ledger has this name."
    NoPeaks "no-peaks" "No report asks for peaks."
    UnknownFormat "unknown-format" "No format has this name or file ending."
    OneTable "one-table" "The format holds one table, or not this one."
    DifferentWindows "different-windows" "The windows of two results are not comparable."
    UnreadableResult "unreadable-result" "A result to compare with cannot be read as counts per window."
    NotEqual "not-equal" "The compared results are not equal."

    SparkAddress "spark-address" "The address of a Spark server is wrong."
    SparkTls "spark-tls" "An encrypted connection to Spark cannot be made."
    SparkAccess "spark-access" "Spark, or a proxy before it, does not accept the user."
    SparkUnreachable "spark-unreachable" "Spark cannot be reached."
    SparkUnsupported "spark-unsupported" "The server is not a Spark that windrow can use."
    SparkLost "spark-lost" "Spark has lost or cancelled the query, or the connection is lost."
    SparkFailed "spark-failed" "The query failed on Spark."
    SparkFile "spark-file" "Spark cannot read a file, or has not read all of it."

    Usage "usage" "Other wrong arguments."
    Data "data" "Other refused data."
    Storage "storage" "Another failure of storage or network."
    Attention "attention" "Another state that a person must look at."
    Limit "limit" "Another limit was reached."
    Interrupted "interrupted" "The run was stopped by SIGINT (Ctrl-C)."
    Terminated "terminated" "The run was stopped by SIGTERM."
    Bug "bug" "A bug in windrow: please report it."
}

impl Code {
    /// The code of errors of this kind that have no other.
    pub(super) fn of(kind: Kind) -> Self {
        match kind {
            Kind::Bug => Code::Bug,
            Kind::Usage => Code::Usage,
            Kind::Data => Code::Data,
            Kind::Storage => Code::Storage,
            Kind::Attention => Code::Attention,
            Kind::Limit => Code::Limit,
            Kind::Interrupted => Code::Interrupted,
            Kind::Terminated => Code::Terminated,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page lists every code as it is here; `WINDROW_BLESS=1` writes the list anew.
    #[test]
    fn every_code_is_documented() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors.md");
        let page = std::fs::read_to_string(path).unwrap();
        let (before, rest) = page.split_once("| code | meaning |\n").unwrap();
        let after = rest.find("\n\n").map_or("", |end| &rest[end + 1..]);
        let rows = Code::ALL.iter().map(|code| format!("| `{code}` | {} |\n", code.meaning()));
        let made = format!("{before}| code | meaning |\n|---|---|\n{}{after}", rows.collect::<String>());
        if std::env::var_os("WINDROW_BLESS").is_some() {
            std::fs::write(path, &made).unwrap();
        } else {
            assert_eq!(page, made, "WINDROW_BLESS=1 writes it anew");
        }
    }

    #[test]
    fn names_of_codes_are_stable_words() {
        let mut names: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
        assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len(), "two codes have one name");
        for code in Code::ALL {
            let json = serde_json::to_string(code).unwrap();
            assert_eq!(json, format!("\"{code}\""));
        }
    }
}
