//! Rows that `where` leaves out: those that are not put into a batch for one text, and the same rows in a batch.

use std::sync::Arc;

use super::narrow::measured_rows;
use super::*;
use crate::record::{RecordRules, RuleStep, WantedColumns, expression};
use windrow_sql::SqlType;

/// What the rows come to under a condition, with their rejects.
fn said(
    text: &str,
    condition: &str,
    settings: &Settings,
    is_json: bool,
) -> std::result::Result<EngineReport, String> {
    let mut job = job(&["action"]);
    job.source.format = Some(if is_json { InputFormat::Json } else { InputFormat::Csv });
    let condition = expression(condition, &|_: &str| SqlType::Text).unwrap();
    let keys = ["action".to_owned()];
    let wanted = WantedColumns { time: "time", beside: None, keys: &keys, measured: &[] };
    let rules = RecordRules::new(Vec::new(), vec![RuleStep::Where(Box::new(condition))], &wanted);
    job.source.records.rules = Some(Arc::new(rules));
    let folder = tempfile::tempdir().unwrap();
    let inputs = inputs(folder.path(), &[text.as_bytes().to_vec()]);
    said_by_engine(&job, &inputs, settings).map_err(|error| error.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// With `|| ''` behind the column, all rows go into the batch.
    #[test]
    fn rows_left_out_early_equal_those_of_a_batch(
        rows in measured_rows(), is_json in any::<bool>(),
        condition in prop::sample::select(vec![
            "COLUMN = 'Open'", "'action_3' = COLUMN", "COLUMN IN ('Open', 'a key that is a long one', 'caf\u{e9}')",
            "COLUMN = 'Open' AND CAST(n AS BIGINT) > 1", "(COLUMN = 'Open' OR COLUMN IS NULL) AND n <> '1'",
            "CAST(n AS BIGINT) > 1 AND COLUMN = 'Open'", "COLUMN = 'Open' OR n = '1'", "COLUMN <> 'Open'",
        ]),
        threads in prop::sample::select(vec![1usize, 2]),
        read_size in prop::sample::select(vec![1usize, 100, 1 << 16]),
        chunk_size in prop::sample::select(vec![300u64, 1 << 22]),
    ) {
        let text: String = match is_json {
            false => rows.iter().map(|[time, action, n]| format!("{time},{action},{n}\n")).collect(),
            true => {
                let object = |[time, action, n]: &[String; 3]| {
                    // Some values are arrays: the row is a reject if the column is wanted.
                    let n = if n.len() == 1 { serde_json::json!([n]) } else { serde_json::json!(n) };
                    format!("{}\n", serde_json::json!({"time": time, "action": action, "n": n}))
                };
                rows.iter().map(object).collect()
            }
        };
        let text = if is_json { text } else { format!("time,action,n\n{text}") };
        let settings = settings(threads, read_size, chunk_size);
        let early = said(&text, &condition.replace("COLUMN", "action"), &settings, is_json);
        let in_batch = said(&text, &condition.replace("COLUMN", "(action || '')"), &settings, is_json);
        prop_assert_eq!(early, in_batch);
    }
}
