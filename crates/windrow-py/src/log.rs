//! The log: messages of the library's threads, which the waiting thread passes to Python's `logging`.

use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, Once, PoisonError};

use pyo3::prelude::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Messages that are not passed on yet: the level and the text.
static LINES: Mutex<Vec<(u8, String)>> = Mutex::new(Vec::new());
/// The lowest level that Python wants, as a number of `logging`.
static LEAST: AtomicU8 = AtomicU8::new(WARNING);

const DEBUG: u8 = 10;
const INFO: u8 = 20;
const WARNING: u8 = 30;

fn logger(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.import("logging")?.call_method1("getLogger", ("windrow",))
}

/// Keeps what is logged from now on at the levels that Python wants.
pub(crate) fn follow(py: Python<'_>) -> PyResult<()> {
    static FOLLOWED: Once = Once::new();
    let least: u32 = logger(py)?.call_method0("getEffectiveLevel")?.extract()?;
    LEAST.store(u8::try_from(least).unwrap_or(u8::MAX), Ordering::Relaxed);
    FOLLOWED.call_once(|| {
        // Only this library's own events come here, and nothing else sets it.
        let _ = tracing::subscriber::set_global_default(Follower);
    });
    Ok(())
}

/// Passes the kept messages to Python.
pub(crate) fn tell(py: Python<'_>) -> PyResult<()> {
    let lines = std::mem::take(&mut *LINES.lock().unwrap_or_else(PoisonError::into_inner));
    if lines.is_empty() {
        return Ok(());
    }
    let logger = logger(py)?;
    lines.into_iter().try_for_each(|(level, line)| logger.call_method1("log", (level, "%s", line)).map(drop))
}

/// Logs what was chosen.
pub(crate) fn note(line: String) {
    keep(INFO, line);
}

/// Logs what a person should look at.
pub(crate) fn warn(line: String) {
    keep(WARNING, line);
}

fn keep(level: u8, line: String) {
    if level >= LEAST.load(Ordering::Relaxed) {
        LINES.lock().unwrap_or_else(PoisonError::into_inner).push((level, line));
    }
}

struct Follower;

impl Subscriber for Follower {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("windrow") && number(*metadata.level()) >= LEAST.load(Ordering::Relaxed)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = LogMessage::default();
        event.record(&mut line);
        keep(number(*event.metadata().level()), line.0 + &line.1);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The message, and the fields after it.
#[derive(Default)]
struct LogMessage(String, String);

impl Visit for LogMessage {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.0, "{value:?}"),
            name => write!(self.1, " {name}={value:?}"),
        };
    }
}

fn number(level: Level) -> u8 {
    match level {
        Level::ERROR => 40,
        Level::WARN => WARNING,
        Level::INFO => INFO,
        _ => DEBUG,
    }
}
