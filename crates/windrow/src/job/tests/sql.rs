//! Builds without SQL.

use super::*;

#[test]
fn a_build_without_sql_refuses_its_keys_by_name() {
    for (text, key) in [
        (source("where = 'a = 1'"), "source.where"),
        (format!("{SHORTEST}[source.derive]\na = 'b'\n"), "source.derive"),
    ] {
        refused(&text, &format!("{key}: this windrow was built without SQL"), "feature sql");
    }
}
