//! Signals: Ctrl-C and SIGTERM ask the run to stop; a second one, or a run that does not stop, ends the process.

use std::sync::Arc;

use windrow::Stop;

use crate::messages::Messages;

/// How long a run has to stop by itself; it may be waiting for the reader of its output.
const PATIENCE: std::time::Duration = std::time::Duration::from_millis(900);

/// Has signals ask `stop` to stop the run.
///
/// # Errors
/// Storage: the system refuses a handler.
pub(crate) fn watch(stop: &Stop, messages: Messages) -> windrow::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};

    let stop = stop.clone();
    // A file past the size limit of the process would end it; with a handler, writing it fails with a reason.
    signal_hook::flag::register(SIGXFSZ, Arc::default())
        .map_err(|error| windrow::Error::io("cannot watch for signals", &error))?;
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])
        .map_err(|error| windrow::Error::io("cannot watch for signals", &error))?;
    std::thread::spawn(move || {
        for (before, signal) in signals.forever().enumerate() {
            if before > 0 {
                end(&stop, messages);
            }
            stop.request(signal == SIGTERM);
            let stop = stop.clone();
            std::thread::spawn(move || {
                std::thread::sleep(PATIENCE);
                end(&stop, messages);
            });
        }
    });
    Ok(())
}

/// Ends the process, leaving no half-written file.
fn end(stop: &Stop, messages: Messages) -> ! {
    crate::temporary::remove();
    let code = stop.check().err().map_or(0, |error| {
        messages.error(&error);
        error.kind().exit_code()
    });
    std::process::exit(i32::from(code))
}
