//! Rows that are joined to a look-up: those that are counted at once, and the same rows in a batch.

use std::sync::Arc;

use super::narrow::{measured_rows, text_of};
use super::*;
use crate::job::{Function, Measure, MeasuredColumn};
use crate::record::{Lookup, LookupTable, RecordRules, Unmatched, WantedColumns};

/// A look-up of lands by actions, and its table; not all actions are in it.
fn lands(column: &str, unmatched: Unmatched) -> (Lookup, Arc<LookupTable>) {
    let lookup = Lookup {
        on: vec![("action".to_owned(), "action".to_owned())],
        columns: vec![(column.to_owned(), column.to_owned())],
        unmatched,
    };
    let mut table = LookupTable::new(1, 1);
    let several = (0..300).filter(|n| n % 7 > 0).map(|n| format!("action_{n}"));
    let others =
        ["Open", "caf\u{e9}", "fifteen bytes it", "a key that is a long one", "a,b"].map(str::to_owned);
    for (at, action) in others.into_iter().chain(several).enumerate() {
        let land = ["DE", "", "a land with a long name"][at % 3];
        table.add([action.as_bytes()].into_iter(), [land.as_bytes()].into_iter()).unwrap();
    }
    (lookup, table.finish())
}

/// What the rows come to, with the states of what is measured, and their rejects.
fn said(
    text: &str,
    lookups: Vec<(Lookup, Arc<LookupTable>)>,
    settings: &Settings,
    is_json: bool,
) -> (EngineReport, Vec<Vec<u8>>) {
    let mut job = job(&["land"]);
    let sum = Measure { function: Function::Sum, column: "n".to_owned() };
    job.source.measured = MeasuredColumn::all(std::iter::once(&sum));
    job.source.format = Some(if is_json { InputFormat::Json } else { InputFormat::Csv });
    let (lookups, tables): (Vec<_>, Vec<_>) = lookups.into_iter().unzip();
    let (keys, measured) = (["land".to_owned()], ["n".to_owned()]);
    let wanted = WantedColumns { time: "time", beside: None, keys: &keys, measured: &measured };
    let rules = RecordRules::new(lookups, Vec::new(), &wanted).with_tables(tables);
    job.source.records.rules = Some(Arc::new(rules));
    let folder = tempfile::tempdir().unwrap();
    let inputs = inputs(folder.path(), &[text.as_bytes().to_vec()]);
    let (outcome, said) = outcome_of(&job, &inputs, settings).unwrap();
    (said, states_of(&outcome))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// With a second look-up that changes nothing all rows go into the batch.
    #[test]
    fn rows_counted_at_once_equal_those_of_a_batch(
        rows in measured_rows(), is_json in any::<bool>(),
        unmatched in prop::sample::select(vec![Unmatched::Keep, Unmatched::Reject, Unmatched::Filter]),
        threads in prop::sample::select(vec![1usize, 2]),
        read_size in prop::sample::select(vec![1usize, 100, 1 << 16]),
        chunk_size in prop::sample::select(vec![300u64, 1 << 22]),
    ) {
        let text = text_of(&rows, is_json, |n| serde_json::json!(n));
        let settings = settings(threads, read_size, chunk_size);
        let at_once = said(&text, vec![lands("land", unmatched)], &settings, is_json);
        let unused = lands("other", Unmatched::Keep);
        let in_batch = said(&text, vec![lands("land", unmatched), unused], &settings, is_json);
        prop_assert_eq!(at_once, in_batch);
    }
}
