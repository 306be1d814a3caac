//! Settings: what can be set, in a job file or for one run, as an error names it.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What can be set. The list is closed: a program that words help for its users has a name for each.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Setting {
    /// The time column.
    Time,
    /// How times are written.
    TimeFormat,
    /// The year of times without one.
    Year,
    /// The columns that are counted by.
    Keys,
    /// What is measured of a column, by this function.
    Measures(String),
    /// The format of the inputs.
    InputFormat,
    /// What separates the fields of a row.
    Delimiter,
    /// How the lines of a text log are taken apart.
    Pattern,
    /// What decrypts a Parquet file: the variable that holds a key, after the name of its column and `=` where it is of one.
    ParquetKey,
    /// How the bytes of text are read.
    Encoding,
    /// How lines begin that are not rows.
    Comment,
    /// Lines before the header.
    SkipLines,
    /// The columns of files without a header, with commas between.
    Columns,
    /// What a column is that expressions name: its name, `=`, and its type.
    Type,
    /// What is done with files of the same content.
    Duplicates,
    /// Which windows without events the report of this name shows.
    Fill(String),
    /// The most rejects of a file.
    RejectsMax,
    /// The most bytes of keys.
    KeyBytesMax,
    /// The most bytes of the tables of look-ups.
    LookupBytesMax,
    /// The most counts.
    GroupsMax,
    /// The most rows of a report.
    GridRowsMax,
    /// How many times larger compressed data may become.
    ExpansionMax,
    /// The most bytes that compressed data may become.
    UnpackedBytesMax,
    /// Where a ledger is kept.
    Output,
    /// For one run: which files are read again.
    Again,
    /// For one run: that many counted files are gone is accepted.
    AcceptGone,
    /// For one run: where all rejects are written.
    Rejects,
    /// For one run: the format of the answer.
    Format,
    /// For one run: which report is meant.
    Report,
    /// For one comparison: which columns hold what.
    Map,
    /// For one comparison: the zone of times without an offset.
    Zone,
}

impl Setting {
    /// The table of a job file that it stands in; none: it is of one run, and in no job file.
    pub fn table(&self) -> Option<Cow<'static, str>> {
        match (self, self.place().0) {
            (Setting::Fill(report), _) => Some(format!("reports.{report}").into()),
            (_, "") => None,
            (_, table) => Some(table.into()),
        }
    }

    /// Its key in that table, or its name for one run.
    pub fn key(&self) -> &'static str {
        self.place().1
    }

    /// Its table, empty for what is of one run, and its key.
    fn place(&self) -> (&'static str, &'static str) {
        match self {
            Setting::Time => ("source", "time"),
            Setting::TimeFormat => ("source", "time_format"),
            Setting::Year => ("source", "year"),
            Setting::Keys => ("source", "keys"),
            Setting::InputFormat => ("source", "format"),
            Setting::Delimiter => ("source", "delimiter"),
            Setting::Pattern => ("source", "pattern"),
            Setting::ParquetKey => ("source", "parquet"),
            Setting::Encoding => ("source", "encoding"),
            Setting::Comment => ("source", "comment"),
            Setting::SkipLines => ("source", "skip_lines"),
            Setting::Columns => ("source", "columns"),
            Setting::Type => ("source", "types"),
            Setting::Duplicates => ("source", "duplicates"),
            Setting::Measures(_) => ("reports.NAME", "measures"),
            Setting::Fill(_) => ("reports.NAME", "fill"),
            Setting::RejectsMax => ("limits", "rejects"),
            Setting::KeyBytesMax => ("limits", "key_bytes"),
            Setting::LookupBytesMax => ("limits", "lookup_bytes"),
            Setting::GroupsMax => ("limits", "groups"),
            Setting::GridRowsMax => ("limits", "grid_rows"),
            Setting::ExpansionMax => ("limits", "expansion"),
            Setting::UnpackedBytesMax => ("limits", "unpacked_bytes"),
            Setting::Output => ("output", "path"),
            Setting::Again => ("", "again"),
            Setting::AcceptGone => ("", "accept_gone"),
            Setting::Rejects => ("", "rejects"),
            Setting::Format => ("", "format"),
            Setting::Report => ("", "report"),
            Setting::Map => ("", "map"),
            Setting::Zone => ("", "zone"),
        }
    }

    /// The line of a job file that gives it this value.
    pub fn line(&self, value: &str) -> String {
        let text = || toml::Value::String(value.to_owned()).to_string();
        let is_number = value.parse::<u64>().is_ok();
        let value = match self {
            Setting::Keys | Setting::Measures(_) => format!("[{}]", text()),
            Setting::Time if value.contains(',') => {
                toml::Value::Array(value.split(',').map(toml::Value::from).collect()).to_string()
            }
            Setting::Columns => {
                let names: Vec<toml::Value> = value.split(',').map(toml::Value::from).collect();
                return format!("header = false, {} = {}", self.key(), toml::Value::Array(names));
            }
            Setting::AcceptGone => value.to_owned(),
            Setting::Type => {
                let (column, word) = value.rsplit_once('=').unwrap_or((value, "text"));
                let is_bare =
                    column.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
                let quoted = || toml::Value::from(column).to_string();
                let column = if is_bare { column.to_owned() } else { quoted() };
                format!("{{ {column} = {} }}", toml::Value::from(word))
            }
            Setting::ParquetKey => match value.rsplit_once("=env:") {
                None => format!("{{ footer_key = {} }}", text()),
                Some((column, variable)) => {
                    let [column, variable] =
                        [column.to_owned(), format!("env:{variable}")].map(toml::Value::from);
                    format!("{{ column_keys = {{ {column} = {variable} }} }}")
                }
            },
            Setting::SkipLines | Setting::Year if is_number => value.to_owned(),
            _ if is_number && self.place().0 == "limits" => value.to_owned(),
            _ => text(),
        };
        format!("{} = {value}", self.key())
    }
}

impl fmt::Display for Setting {
    /// Its key with the table: `source.time`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.table() {
            Some(table) => write!(f, "{table}.{}", self.key()),
            None => f.write_str(self.key()),
        }
    }
}
