//! Rows that `where` leaves out: those that are not put into a batch for one text, and the same rows in a batch.

use std::sync::Arc;

use super::narrow::{measured_rows, text_of};
use super::*;
use crate::job::{Function, Measure, MeasuredColumn};
use crate::record::{RecordRules, RuleStep, WantedColumns, expression};
use windrow_sql::SqlType;

/// What the rows come to under a condition, with their rejects. `keys` are counted by, and `n` is measured if `is_measured`.
fn said(
    text: &str,
    condition: &str,
    (keys, is_measured): (&[&str], bool),
    settings: &Settings,
    is_json: bool,
) -> std::result::Result<(EngineReport, Vec<Vec<u8>>), String> {
    let mut job = job(keys);
    job.source.format = Some(if is_json { InputFormat::Json } else { InputFormat::Csv });
    let sum = Measure { function: Function::Sum, column: "n".to_owned() };
    job.source.measured = MeasuredColumn::all(is_measured.then_some(&sum).into_iter());
    let condition = expression(condition, &|_: &str| SqlType::Text).unwrap();
    let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    let measured: Vec<String> = is_measured.then(|| "n".to_owned()).into_iter().collect();
    let wanted = WantedColumns { time: "time", beside: None, keys: &keys, measured: &measured };
    let rules = RecordRules::new(Vec::new(), vec![RuleStep::Where(Box::new(condition))], &wanted);
    job.source.records.rules = Some(Arc::new(rules));
    let folder = tempfile::tempdir().unwrap();
    let inputs = inputs(folder.path(), &[text.as_bytes().to_vec()]);
    let (outcome, said) = outcome_of(&job, &inputs, settings).map_err(|error| error.to_string())?;
    Ok((said, states_of(&outcome)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// With `|| ''` behind the column, all rows go into the batch.
    #[test]
    fn rows_left_out_early_equal_those_of_a_batch(
        rows in measured_rows(), is_json in any::<bool>(), is_measured in any::<bool>(),
        keys in prop::sample::select(vec![&[][..], &["action"], &["action", "n"], &["n"]]),
        condition in prop::sample::select(vec![
            "COLUMN = 'Open'", "'action_3' = COLUMN", "COLUMN IN ('Open', 'a key that is a long one', 'caf\u{e9}')",
            "COLUMN = 'Open' AND CAST(n AS BIGINT) > 1", "(COLUMN = 'Open' OR COLUMN IS NULL) AND n <> '1'",
            "CAST(n AS BIGINT) > 1 AND COLUMN = 'Open'", "COLUMN = 'Open' OR n = '1'", "COLUMN <> 'Open'",
        ]),
        threads in prop::sample::select(vec![1usize, 2]),
        read_size in prop::sample::select(vec![1usize, 100, 1 << 16]),
        chunk_size in prop::sample::select(vec![300u64, 1 << 22]),
    ) {
        // Some values are arrays: the row is a reject if the column is wanted.
        let number = |n: &str| if n.len() == 1 { serde_json::json!([n]) } else { serde_json::json!(n) };
        let text = text_of(&rows, is_json, number);
        let settings = settings(threads, read_size, chunk_size);
        let of = (keys, is_measured);
        let early = said(&text, &condition.replace("COLUMN", "action"), of, &settings, is_json);
        let in_batch = said(&text, &condition.replace("COLUMN", "(action || '')"), of, &settings, is_json);
        prop_assert_eq!(early, in_batch);
    }
}
