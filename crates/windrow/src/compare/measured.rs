//! Measures and moving views: columns of numbers in windrow's own results, which are not counts and are not compared.

use super::columns::Expected;
use super::result::Head;
use crate::job::column;

/// Whether the name of a column is that of a measure, in a result that windrow wrote: others may call a count so.
pub(super) fn is_measure(head: &Head, at: usize, expected: &Expected) -> bool {
    let name = &head.names[at];
    let is_own = ["window_start", "window_end"].iter().all(|own| head.names.iter().any(|name| name == own));
    let is_key = expected.keys.as_ref().is_some_and(|keys| keys.contains(name));
    is_own && !is_key && (column::is_measure(name) || column::is_moving(name))
}
