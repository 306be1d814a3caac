//! Measured values in SQL, up to the states of [`measure`](crate::measure): a number is a decimal, its bucket is computed with whole
//! numbers, and a text is identified by its `xxhash64`. Moments are columns beside the counts; buckets and hashes have rows of their own.
//!
//! Spark reads numbers that match [`PLAIN`]. Everything else is left to windrow.

use crate::measure::{FEW_DISTINCT, MeasuredColumn, States};

use super::Arguments;
use super::line::LineKind;

/// Numbers that Spark reads as windrow does: up to 18 digits before the point, and up to nine after it.
const PLAIN: &str = r"\A[+-]?(\d{1,18}(\.\d{0,9})?|\.\d{1,9})\z";

/// The type of such a number.
const NUMBER: &str = "DECIMAL(27, 9)";

/// The value of `what` in a row about a bucket is this minus the number of the column. In a row about hashes it is lower by the
/// number of measured columns.
pub(in crate::engine::spark) const PARTS: i32 = -2;

/// The measured columns, as parts of a query. The parts are empty if nothing is measured.
pub(super) struct Measures<'a>(pub(super) &'a [MeasuredColumn]);

impl Measures<'_> {
    fn each(&self, text: impl Fn(usize) -> String) -> String {
        (0..self.0.len()).map(text).collect()
    }

    /// The numbers of the columns that keep these states.
    fn having(&self, states: States) -> impl Iterator<Item = usize> {
        let columns = self.0.iter().enumerate();
        columns.filter(move |(_, column)| column.states.have(states)).map(|(at, _)| at)
    }

    fn of(&self, states: States, text: impl Fn(usize) -> String) -> String {
        self.having(states).map(text).collect()
    }

    /// The texts `m0`, `m1` without surrounding white space, from the SQL for each.
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

    /// The condition that Spark can read the numbers of a row. Empty if no column has numbers.
    pub(super) fn are_plain(&self, arguments: &mut Arguments) -> String {
        if self.having(States::MOMENTS).next().is_none() {
            return String::new();
        }
        let plain = arguments.text("plain_number", PLAIN);
        self.of(States::MOMENTS, |at| format!(" AND (m{at} = '' OR m{at} RLIKE {plain})"))
    }

    /// The tables after `judged`, and the name of the last one, which has the numbers `x0` of events, their buckets `b0` and the hashes
    /// `g0`. It is `judged` itself if nothing is measured.
    pub(super) fn tables(&self) -> (String, &'static str) {
        if self.0.is_empty() {
            return (String::new(), "judged");
        }
        let is_value = |at| format!("what = {} AND m{at} <> ''", LineKind::Event.number());
        let numbers = self.of(States::MOMENTS, |at| {
            format!(", CASE WHEN {} THEN try_cast(m{at} AS {NUMBER}) END AS x{at}", is_value(at))
        });
        let hashes = self.of(States::DISTINCT, |at| {
            format!(", CASE WHEN {} THEN xxhash64(m{at}) END AS g{at}", is_value(at))
        });
        let units = self.of(States::BUCKETS, |at| {
            format!(", CAST(abs(x{at}) * 1000000000BD AS DECIMAL(28, 0)) AS u{at}")
        });
        // A size of more than 63 bits loses its last 32 bits, as the first seven bits determine the bucket.
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

    /// The same, added up from sums.
    pub(super) fn moments_again(&self) -> String {
        self.of(States::MOMENTS, |at| {
            format!(
                ", sum(x{at}_n) AS x{at}_n, sum(x{at}_sum) AS x{at}_sum, min(x{at}_min) AS x{at}_min, max(x{at}_max) AS x{at}_max"
            )
        })
    }

    /// The same, as columns of the answer.
    pub(super) fn moments_told(&self) -> String {
        self.of(States::MOMENTS, |at| {
            let told = ["sum", "min", "max"]
                .map(|of| format!(", CAST(x{at}_{of} AS DECIMAL(38, 9)) AS x{at}_{of}"))
                .concat();
            format!(", x{at}_n{told}")
        })
    }

    /// The same for an answer without moments: counts of 0, and nulls.
    pub(super) fn no_moments(&self) -> String {
        self.of(States::MOMENTS, |at| {
            let told = ["sum", "min", "max"]
                .map(|of| format!(", CAST(NULL AS DECIMAL(38, 9)) AS x{at}_{of}"))
                .concat();
            format!(", 0L AS x{at}_n{told}")
        })
    }

    /// The columns that parts are grouped by: the number of the part, and its column.
    fn items(&self) -> impl Iterator<Item = (usize, String)> {
        let buckets = self.having(States::BUCKETS).map(|at| (at, format!("b{at}")));
        buckets.chain(self.having(States::DISTINCT).map(|at| (self.0.len() + at, format!("g{at}"))))
    }

    /// The grouping of events by `groups` and of their parts by `group_of_parts`, the columns `part` and `item` of parts, and the column
    /// `block`, which is negative for parts.
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
            // Many different blocks, so that their groups are small: rows of parts are grouped by block too, and these groups are left out.
            format!(
                "CASE WHEN grouping(block) = 0 THEN block ELSE -1L - shiftrightunsigned(coalesce({items}), 50) END AS block"
            ),
        )
    }

    /// How many columns Spark groups by for a job with this many keys.
    pub(super) fn grouped(&self, keys: usize) -> usize {
        let of_parts = if self.has_parts() { 2 } else { 0 };
        // `plan/count` groups twice: first by the parts themselves, then by where they belong.
        keys + (4 + self.items().count()).max(5 + of_parts)
    }

    /// Whether any parts have rows of their own.
    fn has_parts(&self) -> bool {
        self.items().next().is_some()
    }

    fn if_parts(&self, text: impl FnOnce(usize) -> String) -> String {
        if self.has_parts() { text(self.0.len()) } else { String::new() }
    }

    /// For the next grouping: the columns that say where rows of parts belong, the columns it groups them by, and its `WHERE`.
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

    /// The columns of a register, with its hashes and its rank, and the `HAVING` that leaves out the blocks of parts.
    pub(super) fn registers(&self) -> (String, String) {
        let columns = self.if_parts(|_| {
            ", part, spot, collect_list(hash) AS hashes, max(65 - length(bin(shiftleft(hash, 14) | 8192L))) AS rank"
                .to_owned()
        });
        (columns, self.if_parts(|_| "\nHAVING grouping(what) = 0 OR block >= 0".to_owned()))
    }

    /// The table after `table` that adds the number of hashes of each group of `groups`, and its name.
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

    /// The values of `what` and of `more` for a part.
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
