//! Measured values in SQL, to the states of [`measure`](crate::measure): a number is a decimal, its bucket is found by whole numbers, and
//! a text is told by its `xxhash64`. Moments stand beside the counts; buckets and hashes are rows of their own.
//!
//! Spark reads numbers of up to [`PLAIN`] digits. What is written otherwise, or is not a number, is left to windrow.

use crate::measure::{FEW_DISTINCT, MeasuredColumn, States};

use super::Arguments;
use super::line::What;

/// Numbers that Spark reads as we do: up to 18 digits, and up to nine behind the point.
const PLAIN: &str = r"\A[+-]?(\d{1,18}(\.\d{0,9})?|\.\d{1,9})\z";

/// The type of such a number.
const NUMBER: &str = "DECIMAL(27, 9)";

/// What stands as `what` in a row about a bucket or about hashes: this, less the number of the column, less that of all columns for
/// hashes.
pub(in crate::engine::spark) const PARTS: i32 = -2;

/// What is measured, as parts of a query; all are empty where nothing is.
pub(super) struct Measures<'a>(pub(super) &'a [MeasuredColumn]);

impl Measures<'_> {
    fn each(&self, text: impl Fn(usize) -> String) -> String {
        (0..self.0.len()).map(text).collect()
    }

    /// The numbers of the columns of which these states are kept.
    fn having(&self, states: States) -> impl Iterator<Item = usize> {
        let columns = self.0.iter().enumerate();
        columns.filter(move |(_, column)| column.states.have(states)).map(|(at, _)| at)
    }

    fn of(&self, states: States, text: impl Fn(usize) -> String) -> String {
        self.having(states).map(text).collect()
    }

    /// The texts `m0`, `m1` without white space around, from the SQL for each.
    pub(super) fn texts(&self, arguments: &mut Arguments, texts: &[String]) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let white = arguments.text("number_white", " \t\n\u{c}\r");
        self.each(|at| format!(", trim(BOTH {white} FROM {}) AS m{at}", texts[at]))
    }

    pub(super) fn names(&self) -> String {
        self.each(|at| format!(", m{at}"))
    }

    /// Whether Spark can read the numbers of a row; empty where there are none.
    pub(super) fn are_plain(&self, arguments: &mut Arguments) -> String {
        if self.having(States::MOMENTS).next().is_none() {
            return String::new();
        }
        let plain = arguments.text("plain_number", PLAIN);
        self.of(States::MOMENTS, |at| format!(" AND (m{at} = '' OR m{at} RLIKE {plain})"))
    }

    /// The tables after `judged` up to the one that is named here, which has of events the numbers `x0`, their buckets `b0` and the hashes `g0`; `judged`
    /// itself where nothing is measured.
    pub(super) fn tables(&self) -> (String, &'static str) {
        if self.0.is_empty() {
            return (String::new(), "judged");
        }
        let is_value = |at| format!("what = {} AND m{at} <> ''", What::Event.number());
        let numbers = self.of(States::MOMENTS, |at| {
            format!(", CASE WHEN {} THEN try_cast(m{at} AS {NUMBER}) END AS x{at}", is_value(at))
        });
        let hashes = self.of(States::DISTINCT, |at| {
            format!(", CASE WHEN {} THEN xxhash64(m{at}) END AS g{at}", is_value(at))
        });
        let units = self.of(States::BUCKETS, |at| {
            format!(", CAST(abs(x{at}) * 1000000000BD AS DECIMAL(28, 0)) AS u{at}")
        });
        // Of a size past 63 bits the first 59 and more are enough: a bucket is told by seven.
        let sizes = self.of(States::BUCKETS, |at| {
            let is_small = format!("u{at} < 9223372036854775808BD");
            format!(
                ", CASE WHEN {is_small} THEN CAST(u{at} AS BIGINT) ELSE u{at} div 4294967296BD END AS z{at},
    CASE WHEN {is_small} THEN 0 ELSE 32 END AS o{at}"
            )
        });
        let places = self
            .of(States::BUCKETS, |at| format!(", greatest(length(bin(z{at} | 1L)) + o{at} - 7, 0) AS w{at}"));
        let buckets = self.of(States::BUCKETS, |at| {
            format!(
                ", (CAST(w{at} AS BIGINT) * 64L + shiftright(z{at}, w{at} - o{at})) * CASE WHEN x{at} < 0 THEN -1L ELSE 1L END AS b{at}"
            )
        });
        let tables = format!(
            ",
numbered AS (SELECT *{numbers}{hashes} FROM judged),
in_units AS (SELECT *{units} FROM numbered),
in_bits AS (SELECT *{sizes} FROM in_units),
in_places AS (SELECT *{places} FROM in_bits),
measured AS (SELECT *{buckets} FROM in_places)"
        );
        (tables, "measured")
    }

    /// The columns of these tables that are added up.
    pub(super) fn values(&self) -> String {
        let numbers = self.of(States::MOMENTS, |at| format!(", x{at}"));
        numbers + &self.items().map(|(_, item)| format!(", {item}")).collect::<String>()
    }

    /// Moments, added up from `x0`.
    pub(super) fn moments(&self) -> String {
        self.of(States::MOMENTS, |at| {
            format!(
                ", count(x{at}) AS x{at}_n, sum(x{at}) AS x{at}_sum, min(x{at}) AS x{at}_min, max(x{at}) AS x{at}_max"
            )
        })
    }

    /// The same, added up from what was added up.
    pub(super) fn moments_again(&self) -> String {
        self.of(States::MOMENTS, |at| {
            format!(
                ", sum(x{at}_n) AS x{at}_n, sum(x{at}_sum) AS x{at}_sum, min(x{at}_min) AS x{at}_min, max(x{at}_max) AS x{at}_max"
            )
        })
    }

    /// The same, as they are told.
    pub(super) fn moments_told(&self) -> String {
        self.of(States::MOMENTS, |at| {
            let told = ["sum", "min", "max"]
                .map(|of| format!(", CAST(x{at}_{of} AS DECIMAL(38, 9)) AS x{at}_{of}"))
                .concat();
            format!(", x{at}_n{told}")
        })
    }

    /// The same where there are none.
    pub(super) fn no_moments(&self) -> String {
        self.of(States::MOMENTS, |at| {
            let told = ["sum", "min", "max"]
                .map(|of| format!(", CAST(NULL AS DECIMAL(38, 9)) AS x{at}_{of}"))
                .concat();
            format!(", 0L AS x{at}_n{told}")
        })
    }

    /// What is grouped by for rows of their own: the number of the part, and its column.
    fn items(&self) -> impl Iterator<Item = (usize, String)> {
        let buckets = self.having(States::BUCKETS).map(|at| (at, format!("b{at}")));
        buckets.chain(self.having(States::DISTINCT).map(|at| (self.0.len() + at, format!("g{at}"))))
    }

    /// The grouping of events by `groups`, and of their parts by `group_of_parts`; the columns `part` and `item` of these; and their
    /// block, which is none.
    pub(super) fn grouping(&self, groups: &str, group_of_parts: &str) -> (String, String, String) {
        if self.items().next().is_none() {
            return (groups.to_owned(), String::new(), "block".to_owned());
        }
        let sets: String = self.items().map(|(_, item)| format!(", ({group_of_parts}, {item})")).collect();
        let parts: String =
            self.items().map(|(part, item)| format!(" WHEN grouping({item}) = 0 THEN {part}")).collect();
        let items = self.items().map(|(_, item)| item).collect::<Vec<_>>().join(", ");
        (
            format!("GROUPING SETS (({groups}){sets})"),
            format!(", CASE{parts} END AS part, coalesce({items}) AS item"),
            // Many that are small: all rows of parts are grouped by it, and then left out.
            format!(
                "CASE WHEN grouping(block) = 0 THEN block ELSE -1L - shiftrightunsigned(coalesce({items}), 50) END AS block"
            ),
        )
    }

    /// How many columns Spark groups by if the job has this many keys.
    pub(super) fn grouped(&self, keys: usize) -> usize {
        let of_parts = if self.has_parts() { 2 } else { 0 };
        // `plan/count` groups twice: first by the parts themselves, then by where they belong.
        keys + (4 + self.items().count()).max(5 + of_parts)
    }

    /// Whether there are rows of their own.
    fn has_parts(&self) -> bool {
        self.items().next().is_some()
    }

    fn if_parts(&self, text: impl FnOnce(usize) -> String) -> String {
        if self.has_parts() { text(self.0.len()) } else { String::new() }
    }

    /// Of the rows of parts: where they belong in the next grouping, by its columns.
    pub(super) fn places(&self) -> (String, &'static str, String) {
        let columns = self.if_parts(|columns| {
            format!(
                ", CASE WHEN part >= {columns} THEN shiftrightunsigned(item, 50) ELSE item END AS spot,
    CASE WHEN part >= {columns} THEN item END AS hash"
            )
        });
        let groups = if self.has_parts() { ", part, spot" } else { "" };
        (columns, groups, self.if_parts(|_| " WHERE part IS NULL OR item IS NOT NULL".to_owned()))
    }

    /// The hashes of a register and its rank, and how the rows of parts are told from blocks.
    pub(super) fn registers(&self) -> (String, String) {
        let columns = self.if_parts(|_| {
            ", part, spot, collect_list(hash) AS hashes, max(65 - length(bin(shiftleft(hash, 14) | 8192L))) AS rank"
                .to_owned()
        });
        (columns, self.if_parts(|_| "\nHAVING grouping(what) = 0 OR block >= 0".to_owned()))
    }

    /// The table after `table` that says how many hashes a group has, by `groups`, and its name.
    pub(super) fn sized(&self, table: &'static str, groups: &str) -> (String, &'static str) {
        match self.has_parts() {
            false => (String::new(), table),
            true => (
                format!(
                    ",
sized AS (SELECT *, sum(size(hashes)) OVER (PARTITION BY is_block, part, {groups}) AS hashes_all FROM {table})"
                ),
                "sized",
            ),
        }
    }

    /// How a part is told: `what`, and what stands as `more`.
    pub(super) fn told(&self) -> (String, String) {
        let what = self.if_parts(|_| format!("WHEN part IS NOT NULL THEN {PARTS} - part "));
        let more = self.if_parts(|columns| {
            format!(
                " WHEN part < {columns} THEN array(spot) WHEN part IS NOT NULL AND hashes_all <= {FEW_DISTINCT} THEN concat(array(0L), hashes)
    WHEN part IS NOT NULL THEN array(1L, spot, CAST(rank AS BIGINT))"
            )
        });
        (what, more)
    }
}
