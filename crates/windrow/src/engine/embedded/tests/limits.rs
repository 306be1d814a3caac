//! Limits are judged on whole files.

use super::*;

#[test]
fn past_its_limit_a_file_is_refused_whole_and_the_others_go_on() {
    let good = b"note,time,action\nx,2016-07-28T04:19:28Z,Open\n".to_vec();
    let bad = b"note,time,action\nx,2016-07-28T04:19:28Z,Open\nx,y,z\n".to_vec();
    let folder = tempfile::tempdir().unwrap();
    let inputs = inputs(folder.path(), &[bad, good]);
    let mut job = job(&["action"]);
    job.limits.rejects = RejectLimit::Rows(0);
    let mut rejects = AllRejects::default();
    let outcome = run(&job, &inputs, &Settings::default(), Some(&mut rejects)).unwrap();
    assert_eq!(outcome.tally.counted, 1);
    assert_eq!(outcome.partly_refused().unwrap().kind().exit_code(), 3);
    assert_eq!(rejects.0.len(), 1, "rejects are delivered in every case");
    job.limits.strict = true;
    let strict = run(&job, &inputs, &Settings::default(), None).unwrap();
    assert_eq!(strict.failure().unwrap().kind().exit_code(), 3);
}

#[test]
fn limits_are_judged_on_whole_files_whatever_the_threads() {
    // Past both limits; which thread counts what must not decide which one is told.
    let rows: String =
        (0..30_000).map(|n| format!("x,2016-07-28T04:19:28Z,action {n}\nbad,row,{n}\n")).collect();
    let folder = tempfile::tempdir().unwrap();
    let inputs = inputs(folder.path(), &[format!("note,time,action\n{rows}").into_bytes()]);
    let mut job = job(&["action"]);
    job.limits.groups = 29_000;
    job.limits.rejects = RejectLimit::Rows(10);
    for threads in [1, 2, 7, 7, 7] {
        let error = run(&job, &inputs, &settings(threads, 1 << 10, 1 << 10), None).unwrap_err();
        assert_eq!(error.kind().exit_code(), 6, "{threads} threads: {error}");
    }
}
