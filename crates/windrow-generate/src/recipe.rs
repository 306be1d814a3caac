//! The recipe: everything that decides the bytes of a log.

use std::collections::HashSet;
use std::str::FromStr;

use super::access;
use super::columns::extra_names;
use windrow::{DAY_US, YEAR_1_US, YEAR_9998_US};
use windrow::{Error, Result};

const EVENTS_MAX: u64 = 1_000_000_000_000_000;
const EXTRA_COLUMNS_MAX: usize = 1_000;
const WEIGHTS_MAX: u64 = 1 << 20;
const PPM_MAX: u32 = 1_000_000;

/// Everything that decides the bytes of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// Another seed, another log of the same kind.
    pub seed: u64,
    /// Lines after the header, flawed ones included.
    pub events: u64,
    /// The first instant an event may have, in microseconds since 1970 UTC.
    pub start_us: i64,
    /// How long it goes on, in microseconds: all times are in `[start, start + span)`.
    pub span_us: i64,
    /// How times are written, in the column `time`.
    pub time_layout: TimeLayout,
    /// The order in time of the lines.
    pub order: Order,
    /// The columns to count by.
    pub keys: Vec<Key>,
    /// How many columns there are beside the time and the keys: users, paths, quoted texts with commas and
    /// line ends, ... With any of them the time is not the first column.
    pub extra_columns: usize,
    /// How many of a million lines have a [`Flaw`](super::Flaw).
    pub dirt_ppm: u32,
    /// What ends a line.
    pub line_end: LineEnding,
    /// How a row is written.
    pub format: RowFormat,
}

impl Default for Recipe {
    /// Three days in July 2016, 100,000 times `Open` or `Close`.
    fn default() -> Self {
        Recipe {
            seed: 1,
            events: 100_000,
            start_us: 1_469_491_200_000_000,
            span_us: 3 * DAY_US,
            time_layout: TimeLayout::Iso,
            order: Order::Sorted,
            keys: vec![Key { name: "action".into(), values: vec![("Open".into(), 1), ("Close".into(), 1)] }],
            extra_columns: 0,
            dirt_ppm: 0,
            line_end: LineEnding::Lf,
            format: RowFormat::Csv,
        }
    }
}

/// How times are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeLayout {
    /// `2016-07-28T04:19:28.123Z`
    Iso,
    /// `2016-07-28T04:19:28Z`
    IsoSeconds,
    /// `2016-07-28T06:19:28.123+02:00`, with another offset from line to line
    Offset,
    /// `2016-07-28T04:19:28.123`: UTC that does not say so
    Local,
    /// `28/Jul/2016:04:19:28 +0000`, as web servers write it
    CommonLog,
    /// Whole seconds since 1970 UTC
    EpochS,
    /// Whole milliseconds since 1970 UTC
    EpochMs,
    /// Whole microseconds since 1970 UTC
    EpochUs,
    /// Whole nanoseconds since 1970 UTC
    EpochNs,
}

impl TimeLayout {
    /// All of them: the name of each, and an example or what it is.
    pub const ALL: [(&str, TimeLayout, &str); 9] = [
        ("iso", TimeLayout::Iso, "2016-07-28T04:19:28.123Z"),
        ("iso-seconds", TimeLayout::IsoSeconds, "2016-07-28T04:19:28Z"),
        ("offset", TimeLayout::Offset, "2016-07-28T06:19:28.123+02:00, another offset from line to line"),
        ("local", TimeLayout::Local, "2016-07-28T04:19:28.123, without an offset"),
        ("common-log", TimeLayout::CommonLog, "28/Jul/2016:04:19:28 +0000"),
        ("epoch_s", TimeLayout::EpochS, "Seconds since 1970"),
        ("epoch_ms", TimeLayout::EpochMs, "Milliseconds since 1970"),
        ("epoch_us", TimeLayout::EpochUs, "Microseconds since 1970"),
        ("epoch_ns", TimeLayout::EpochNs, "Nanoseconds since 1970"),
    ];
}

/// The order in time of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Earliest first, busier by day than by night.
    Sorted,
    /// Each anywhere in the span.
    Shuffled,
    /// As sorted, but some lines come late.
    Late {
        /// How many of a million lines come late.
        share_ppm: u32,
        /// By how much at most, in microseconds.
        by_us: i64,
    },
}

impl Order {
    /// All of them: the name of each, and what it is. Of a late order one line in twenty comes late, by two hours at most.
    pub const ALL: [(&str, Order, &str); 3] = [
        ("sorted", Order::Sorted, "Earliest first, busier by day than by night"),
        ("shuffled", Order::Shuffled, "Each anywhere in the span"),
        ("late", Order::Late { share_ppm: 50_000, by_us: DAY_US / 12 }, "As sorted, but some come late"),
    ];

    /// The same order; where lines come late, this share of them, and by this much at most.
    pub fn with_late(self, late_ppm: Option<u32>, late_us: Option<i64>) -> Order {
        match self {
            Order::Late { share_ppm, by_us } => {
                Order::Late { share_ppm: late_ppm.unwrap_or(share_ppm), by_us: late_us.unwrap_or(by_us) }
            }
            order => order,
        }
    }
}

/// How a row is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFormat {
    /// Fields between commas, after a header.
    Csv,
    /// An object of JSON.
    Json,
    /// A row of a Parquet file.
    Parquet,
    /// A line of a web server's log, in the combined format.
    Combined,
}

impl RowFormat {
    /// All of them: the name of each, and what it is.
    pub const ALL: [(&str, RowFormat, &str); 4] = [
        ("csv", RowFormat::Csv, "Fields between commas, after a header"),
        ("json", RowFormat::Json, "An object of JSON per line"),
        ("parquet", RowFormat::Parquet, "A Parquet file, compressed by Zstandard"),
        (
            "combined",
            RowFormat::Combined,
            "A line of a web server's log; keys that it has no column for stand in the query of the path",
        ),
    ];

    /// How times are usually written in it.
    pub fn usual_times(self) -> TimeLayout {
        match self {
            RowFormat::Combined => TimeLayout::CommonLog,
            _ => TimeLayout::Iso,
        }
    }
}

/// What ends a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnding {
    /// `\n`
    Lf,
    /// `\r\n`
    Crlf,
}

impl LineEnding {
    /// All of them: the name of each, and what it is.
    pub const ALL: [(&str, LineEnding, &str); 2] =
        [("lf", LineEnding::Lf, "A line feed"), ("crlf", LineEnding::Crlf, "Carriage return and line feed")];
}

/// A column to count by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The column's name.
    pub name: String,
    /// Its values, each with its weight: of the values `Open` with 3 and `Close` with 1, three of four are `Open`.
    pub values: Vec<(String, u32)>,
}

impl FromStr for Key {
    type Err = Error;

    /// `action=Open,Close`, `action=Open:3,Close:1` or `action=1000`: that many values with made-up names,
    /// `action_0001` and so on. A colon that no whole number follows belongs to the value.
    fn from_str(text: &str) -> Result<Self> {
        let (name, values) = text.split_once('=').ok_or_else(|| {
            Error::usage(format!("`{text}` is not a key and its values"))
                .with_help("write for example action=Open,Close")
        })?;
        let values = match values.parse::<u64>() {
            Ok(n @ 1..=WEIGHTS_MAX) => (1..=n).map(|i| (format!("{name}_{i:04}"), 1)).collect(),
            Ok(n) => return Err(too_many(name, n)),
            Err(_) => values.split(',').map(weighted).collect(),
        };
        Ok(Key { name: name.to_owned(), values })
    }
}

impl Recipe {
    /// An error that says what cannot be written.
    pub fn check(&self) -> Result<()> {
        if self.events > EVENTS_MAX {
            return Err(Error::usage(format!("{} events are more than {EVENTS_MAX}", self.events)));
        }
        if self.extra_columns > EXTRA_COLUMNS_MAX {
            let columns = self.extra_columns;
            return Err(Error::usage(format!("{columns} extra columns are more than {EXTRA_COLUMNS_MAX}")));
        }
        check_share("the dirt", self.dirt_ppm)?;
        if self.dirt_ppm > 0 && self.format != RowFormat::Csv {
            return Err(Error::usage("dirt is for the format csv alone").with_help("leave out the dirt"));
        }
        if self.format == RowFormat::Combined {
            access::check(self)?;
        }
        if let Order::Late { share_ppm, by_us } = self.order {
            check_share("the share of late rows", share_ppm)?;
            if by_us < 0 {
                return Err(Error::usage("rows cannot be late by less than nothing"));
            }
        }
        self.check_times()?;
        self.check_columns()
    }

    fn check_times(&self) -> Result<()> {
        if self.span_us < 1 {
            return Err(Error::usage("the span is empty").with_help("write for example 3d"));
        }
        // The margin of a day lets offsets move the written date.
        let (first_us, last_us) = match self.time_layout {
            TimeLayout::EpochNs => (i64::MIN / 1_000, i64::MAX / 1_000),
            _ => (YEAR_1_US + DAY_US, YEAR_9998_US - DAY_US),
        };
        let end_us = self.start_us.saturating_add(self.span_us);
        if self.start_us < first_us || end_us > last_us {
            return Err(Error::usage("the span leaves the years that this time format can write")
                .with_help("choose another start or a shorter span"));
        }
        Ok(())
    }

    fn check_columns(&self) -> Result<()> {
        let mut names: HashSet<String> = extra_names(self.extra_columns).collect();
        names.insert("time".into());
        for key in &self.keys {
            if key.name.is_empty() || !names.insert(key.name.clone()) {
                return Err(Error::usage(format!("a second column would have the name `{}`", key.name))
                    .with_help("choose another name for the key"));
            }
            let weights: u64 = key.values.iter().map(|(_, weight)| u64::from(*weight)).sum();
            if weights == 0 {
                return Err(Error::usage(format!("the key `{}` has no value that can occur", key.name)));
            }
            if weights > WEIGHTS_MAX {
                return Err(too_many(&key.name, weights));
            }
        }
        Ok(())
    }
}

/// `Open:3` is `Open` with weight 3, any other text a value with weight 1.
fn weighted(text: &str) -> (String, u32) {
    let split = text.rsplit_once(':').and_then(|(value, weight)| Some((value, weight.parse().ok()?)));
    let (value, weight) = split.unwrap_or((text, 1));
    (value.to_owned(), weight)
}

fn check_share(what: &str, ppm: u32) -> Result<()> {
    if ppm > PPM_MAX {
        return Err(Error::usage(format!("{what} is more than all")).with_help("write for example 0.1%"));
    }
    Ok(())
}

fn too_many(key: &str, n: u64) -> Error {
    Error::usage(format!(
        "the key `{key}` has {n} values (weights included); 1 to {WEIGHTS_MAX} are possible"
    ))
    .with_help("name fewer values, or give them smaller weights")
}
