//! How far a query is, as Spark tells it now and then.

use spark_connect_proto::execute_plan_response::ExecutionProgress;

/// What a query has done so far. Stages that Spark has not begun are not in it, so totals grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::engine::spark) struct QueryProgress {
    /// Tasks of the stages that were begun.
    pub(in crate::engine::spark) tasks_total: u64,
    /// Tasks of them that are done.
    pub(in crate::engine::spark) tasks_done: u64,
    /// Tasks that run now.
    pub(in crate::engine::spark) tasks_running: u64,
    /// Bytes of the inputs that the tasks have read.
    pub(in crate::engine::spark) input_bytes: u64,
}

impl From<&ExecutionProgress> for QueryProgress {
    fn from(progress: &ExecutionProgress) -> Self {
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        let mut watched =
            QueryProgress { tasks_running: count(progress.num_inflight_tasks), ..QueryProgress::default() };
        for stage in &progress.stages {
            watched.tasks_total += count(stage.num_tasks);
            watched.tasks_done += count(stage.num_completed_tasks);
            watched.input_bytes += count(stage.input_bytes_read);
        }
        watched
    }
}
