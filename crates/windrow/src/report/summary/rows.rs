//! Where the rows went, as the sum that law 1 is about.

use std::collections::BTreeMap;
use std::fmt;

use super::Rows;
use crate::text::number::grouped;

impl fmt::Display for Rows {
    /// `rows 9 = counted 7 + rejected 2 (bad_time 2) + ignored 0`. Filtered rows are named only where there are some.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rows {} = counted {}", grouped(self.read), grouped(self.counted))?;
        if self.filtered > 0 {
            write!(f, " + filtered {}", grouped(self.filtered))?;
        }
        write!(f, " + rejected {}{}", grouped(self.rejected), in_brackets(&self.rejected_by_reason))?;
        write!(f, " + ignored {}{}", grouped(self.ignored), in_brackets(&self.ignored_by_kind))
    }
}

fn in_brackets(named: &BTreeMap<&str, u64>) -> String {
    let mut sorted: Vec<_> = named.iter().collect();
    sorted.sort_by_key(|(name, n)| (u64::MAX - **n, **name));
    let parts: Vec<_> = sorted.iter().map(|(name, n)| format!("{name} {}", grouped(**n))).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}
