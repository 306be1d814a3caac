//! Progress: a bar on stderr while files are read, where stderr is a terminal.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use windrow::Progress;
use windrow::Stopwatch;

/// Runs that are over sooner show no bar.
const BEFORE_SHOWN: Duration = Duration::from_millis(400);
const BETWEEN_DRAWS: Duration = Duration::from_millis(100);

/// Does `work` with a bar on stderr that follows `progress`, if `draw`.
pub(crate) fn shown<T>(draw: bool, progress: &Arc<Progress>, work: impl FnOnce() -> T) -> T {
    if !draw {
        return work();
    }
    let (done, wait) = channel::<()>();
    let watch = Stopwatch::start();
    thread::scope(|scope| {
        scope.spawn(move || {
            if wait.recv_timeout(BEFORE_SHOWN) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = bar(progress);
            while wait.recv_timeout(BETWEEN_DRAWS) == Err(RecvTimeoutError::Timeout) {
                follow(&bar, progress, watch.elapsed());
            }
            bar.finish_and_clear();
        });
        let result = work();
        drop(done);
        result
    })
}

fn bar(progress: &Progress) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(
        Some(progress.bytes_total.load(Relaxed)),
        ProgressDrawTarget::stderr_with_hz(10),
    );
    // How much comes through a pipe its end tells.
    let layout = match progress.bytes_total.load(Relaxed) {
        0 => "{bytes} read, {msg}",
        _ => "{wide_bar:.cyan} {bytes} of {total_bytes}, {msg}, {eta} left",
    };
    // The layout is ours and right; a bar without it is still a bar.
    if let Ok(style) = ProgressStyle::with_template(layout) {
        bar.set_style(style);
    }
    bar
}

fn follow(bar: &ProgressBar, progress: &Progress, elapsed: Duration) {
    bar.set_length(progress.bytes_total.load(Relaxed));
    bar.set_position(progress.bytes_done.load(Relaxed));
    let rows = progress.rows_done.load(Relaxed);
    let rows_per_s = u128::from(rows) * 1000 / elapsed.as_millis().max(1);
    bar.set_message(format!("{} rows, {}/s", HumanCount(rows), HumanCount(rows_per_s as u64)));
}
