//! Batches: chunks in order, no gap, nothing twice.

use std::sync::Arc;

use arrow_array::{Int64Array, RecordBatch};
use arrow_ipc::writer::StreamWriter;
use spark_connect_proto::execute_plan_response::ArrowBatch;

use super::super::batches::BatchAssembly;
use crate::error::{Kind, Result};

fn bytes(rows: i64) -> Vec<u8> {
    let column = Arc::new(Int64Array::from_iter_values(0..rows)) as _;
    let batch = RecordBatch::try_from_iter([("id", column)]).unwrap();
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn whole(rows: i64, offset: Option<i64>) -> ArrowBatch {
    ArrowBatch { row_count: rows, data: bytes(rows).into(), start_offset: offset, ..Default::default() }
}

fn chunks(rows: i64, offset: i64, count: usize) -> Vec<ArrowBatch> {
    let bytes = bytes(rows);
    let parts = bytes.chunks(bytes.len().div_ceil(count));
    parts
        .enumerate()
        .map(|(index, part)| ArrowBatch {
            row_count: rows,
            data: part.to_vec().into(),
            start_offset: Some(offset),
            chunk_index: Some(index as i64),
            num_chunks_in_batch: Some(count as i64),
        })
        .collect()
}

/// Rows of all batches, once the messages have ended well.
fn rows(messages: Vec<ArrowBatch>) -> Result<usize> {
    let mut batches = BatchAssembly::default();
    let mut rows = 0;
    for message in messages {
        rows += batches.take(message)?.iter().map(RecordBatch::num_rows).sum::<usize>();
    }
    batches.finish()?;
    Ok(rows)
}

#[test]
fn batches_and_chunks_in_order() {
    assert_eq!(rows(vec![whole(3, Some(0)), whole(0, Some(3)), whole(4, Some(3)), whole(1, None)]), Ok(8));
    let mut messages = vec![whole(5, Some(0))];
    messages.extend(chunks(100, 5, 7));
    messages.extend(chunks(1, 105, 1));
    messages.push(whole(2, Some(106)));
    assert_eq!(rows(messages), Ok(108));
}

#[test]
fn what_does_not_add_up_is_refused() {
    let mut lying = whole(3, Some(0));
    lying.row_count = 4;
    let mut torn = whole(3, Some(0));
    torn.data = torn.data.slice(..torn.data.len() / 2);
    let mut swapped = chunks(100, 0, 3);
    swapped.swap(1, 2);
    let mut twice = chunks(100, 0, 3);
    twice[2] = twice[1].clone();
    let mut mixed = chunks(100, 0, 3);
    mixed[1] = whole(100, Some(0));
    for (what, messages) in [
        ("gap", vec![whole(3, Some(0)), whole(3, Some(4))]),
        ("twice", vec![whole(3, Some(0)), whole(3, Some(0))]),
        ("first rows missing", vec![whole(3, Some(3))]),
        ("row count", vec![lying]),
        ("torn", vec![torn]),
        ("swapped chunks", swapped),
        ("a chunk twice", twice),
        ("a batch within chunks", mixed),
        ("first chunk missing", chunks(100, 0, 3)[1..].to_vec()),
        ("last chunk missing", chunks(100, 0, 3)[..2].to_vec()),
    ] {
        let error = rows(messages).expect_err(what);
        assert_eq!(error.kind(), Kind::Storage, "{what}: {error}");
    }
}
