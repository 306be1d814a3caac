//! What is kept, as it was written: the output of a job and its rejects.

use serde::Deserialize;

#[cfg(test)]
use {
    super::tests::words,
    crate::job::{EventsBy, RawText},
    schemars::JsonSchema,
};

/// `[output]` as it was written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("required" = ["path"])))]
pub struct OutputFile {
    /// The folder of the ledger and the published tables, relative to the job file's folder.
    #[cfg_attr(test, schemars(extend("examples" = ["out"])))]
    pub path: Option<String>,
    /// Publishes the [cleaned events](events.md) themselves, beside the reports.
    pub events: Option<EventsFile>,
}

/// `[output.events]` as it was written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct EventsFile {
    /// What a folder of the table holds, in UTC.
    #[cfg_attr(test, schemars(extend("default" = "hour", "examples" = ["day"], "enum" = words::<EventsBy>())))]
    pub by: Option<String>,
    /// How long after its end, by the time of the newest event, the data files of an hour or day [are merged](events.md#compaction); or `never`.
    #[cfg_attr(test, schemars(extend("default" = "1h", "examples" = ["2d"])))]
    pub compact_after: Option<String>,
    /// The keys whose values [each have a folder](events.md#folders-of-values), within the folder of the hour or day.
    #[cfg_attr(test, schemars(extend("default" = Vec::<String>::new(), "examples" = [["action"]])))]
    pub partition_by: Vec<String>,
}

/// `[rejects]` as it was written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RejectsFile {
    /// How much of a reject's text is kept.
    #[cfg_attr(test, schemars(extend("default" = "full", "examples" = ["none"], "enum" = words::<RawText>())))]
    pub raw: Option<String>,
    /// How long rejects are kept, in days or weeks.
    #[cfg_attr(test, schemars(extend("x-default" = "for ever", "examples" = ["30d"])))]
    pub keep: Option<String>,
}
