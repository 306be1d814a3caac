//! Words: the closed lists of values that flags pass to the job as they are written.

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum DuplicatesFlag {
    /// It is refused
    Refuse,
    /// It counts too
    Count,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum UnmatchedFlag {
    /// It has no values in the columns of the table
    Keep,
    /// It is a reject
    Reject,
    /// It is filtered
    Filter,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum OnBadNumberFlag {
    /// Its row is a reject
    Reject,
    /// The value is null, and its row counts
    Null,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LocalTimesFlag {
    /// It is a reject
    Reject,
    /// It is read as the earlier of the two instants
    Earlier,
    /// It is read as the later one
    Later,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum CaseFlag {
    /// As it is
    Keep,
    /// lower case
    Lower,
    /// UPPER CASE
    Upper,
    /// First Letter Of Each Word
    Title,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum FillFlag {
    /// 0
    Zero,
    /// Nothing: an empty field
    Null,
    /// The window is left out
    None,
}

/// The name of a choice, as flags and job files write it.
pub(super) fn name(choice: impl ValueEnum) -> String {
    choice.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}
