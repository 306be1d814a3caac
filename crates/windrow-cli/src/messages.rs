//! Messages: everything said on stderr. Notes and errors for people, or one JSON object per line for machines.

use std::io::{self, IsTerminal, Write, stderr};

use clap::{ArgAction, Args, ValueEnum};
use serde::Serialize;
use tracing_subscriber::EnvFilter;
use windrow::Error;
use windrow::error::Location;
use windrow::summary::Summary;
use windrow::text::escape;

/// What is said, and how.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Messages")]
pub(crate) struct MessageArgs {
    /// Increase verbosity: -v for steps, -vv for every detail
    #[arg(short, long, action = ArgAction::Count, global = true)]
    verbose: u8,
    /// Print only errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Format of messages on stderr
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value = "text",
        global = true,
        env = "WINDROW_LOG_FORMAT"
    )]
    log_format: LogFormat,
    /// What to log: a level, or levels by module (off, error, warn, info, debug, trace)
    #[arg(long, value_name = "FILTER", global = true, env = "WINDROW_LOG", hide = true)]
    log: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// Text
    Text,
    /// One JSON object per line
    Json,
}

/// A summary among the other events; the log itself has no nested fields.
#[derive(Serialize)]
struct SummaryEvent<'s> {
    level: &'static str,
    message: &'static str,
    #[serde(flatten)]
    summary: &'s Summary,
}

/// Says things on stderr.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Messages {
    quiet: bool,
    verbose: bool,
    json: bool,
}

impl Messages {
    /// Starts the log and says how to speak.
    pub(crate) fn new(args: &MessageArgs) -> windrow::Result<Messages> {
        let json = args.log_format == LogFormat::Json;
        // Libraries log every request that they make: WINDROW_LOG asks for that.
        let level = match (args.quiet, args.verbose) {
            (true, _) => "error",
            (false, 0) if json => "error,windrow=info",
            (false, 0) => "error",
            (false, 1) => "error,windrow=debug",
            (false, _) => "error,windrow=trace",
        };
        let filter = args.log.as_deref().unwrap_or(level);
        let filter = EnvFilter::try_new(filter).map_err(|error| {
            Error::usage(format!("WINDROW_LOG {filter:?} is not a filter: {error}"))
                .with_help("for example WINDROW_LOG=debug or WINDROW_LOG=windrow=trace")
        })?;
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || Visible { json });
        if json {
            log.json().flatten_event(true).without_time().init();
        } else {
            log.compact().without_time().with_ansi(false).init();
        }
        Ok(Messages { quiet: args.quiet, verbose: args.verbose > 0, json })
    }

    /// The messages before it is known how to speak.
    pub(crate) fn plain() -> Messages {
        Messages { quiet: false, verbose: false, json: false }
    }

    /// Says what was chosen or done.
    pub(crate) fn note(&self, text: &str) {
        if self.json {
            tracing::info!("{text}");
        } else if !self.quiet {
            self.write("", text);
        }
    }

    /// Says what only those want to know who ask for more.
    pub(crate) fn detail(&self, text: &str) {
        if self.json {
            tracing::debug!("{text}");
        } else if self.verbose {
            self.write("", text);
        }
    }

    /// Says what a run did: its lines for people, or one object with its numbers.
    pub(crate) fn summary(&self, summary: &Summary) {
        if !self.json {
            self.note(summary.to_string().trim_end());
        }
        self.record(summary);
    }

    /// Says to machines what a run did: one object with its numbers.
    pub(crate) fn record(&self, summary: &Summary) {
        if self.json
            && tracing::enabled!(tracing::Level::INFO)
            && let Ok(event) =
                serde_json::to_string(&SummaryEvent { level: "INFO", message: "summary", summary })
        {
            let _ = Visible { json: true }.write_all((event + "\n").as_bytes());
        }
    }

    /// Says what a person should look at.
    pub(crate) fn warn(&self, text: &str) {
        if self.json {
            tracing::warn!("{text}");
        } else if !self.quiet {
            self.write("warning: ", text);
        }
    }

    /// Says what went wrong and what to do next.
    pub(crate) fn error(&self, error: &Error) {
        if self.json {
            let Location { file, line, byte, column, .. } = error.location();
            let (file, column) = (file.as_deref(), column.as_deref());
            let (code, exit) = (error.code().name(), error.kind().exit_code());
            tracing::error!(code, exit, file, line, byte, column, help = error.help_text(), "{error}");
            return;
        }
        self.write(if stderr_has_color() { "\x1b[1;31merror\x1b[0m: " } else { "error: " }, error.message());
        if let Some(help) = error.help_text() {
            self.write("  help: ", help);
        }
    }

    /// Whether a progress bar may be drawn.
    pub(crate) fn may_draw(&self) -> bool {
        !self.quiet && !self.json && stderr().is_terminal()
    }

    /// A closed stderr does not fail a run.
    fn write(&self, before: &str, text: &str) {
        let _ = writeln!(stderr(), "{before}{}", escape::visible_lines(text));
    }
}

/// Stderr for the log: what may come from data is made visible, as JSON does it where the log is JSON.
struct Visible {
    json: bool,
}

impl Write for Visible {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let text = if self.json { escape::visible_json(&text) } else { escape::visible_lines(&text) };
        stderr().write_all(text.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        stderr().flush()
    }
}

/// Whether colours may go to stderr.
fn stderr_has_color() -> bool {
    crate::terminal::color(stderr().is_terminal())
}
