//! Signals: Ctrl-C and SIGTERM ask the run to stop; a second one ends the process at once.

use windrow::settings::Stop;

/// Has signals ask `stop` to stop the run.
///
/// # Errors
/// Storage: the system refuses a handler.
#[cfg(unix)]
pub fn watch(stop: &Stop) -> windrow::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};

    let stop = stop.clone();
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])
        .map_err(|error| windrow::Error::io("cannot watch for signals", &error))?;
    std::thread::spawn(move || {
        for (before, signal) in signals.forever().enumerate() {
            if before > 0 {
                crate::leftovers::remove();
                std::process::exit(if signal == SIGTERM { 143 } else { 130 });
            }
            stop.request(signal == SIGTERM);
        }
    });
    Ok(())
}

/// Elsewhere the system ends the process.
#[cfg(not(unix))]
pub fn watch(_: &Stop) -> windrow::Result<()> {
    Ok(())
}
