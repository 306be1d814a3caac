//! Settings from flags and `WINDROW_...` variables: how a run is done, never what it answers.

use std::num::NonZeroUsize;

use clap::Args;
use windrow::{Error, Result, Settings};

use crate::voice::Voice;

/// The flags for how a run is done.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "How it is done")]
pub(crate) struct SettingsArgs {
    /// Threads that count [default: one per processor]
    #[arg(long, value_name = "N", env = "WINDROW_THREADS", value_parser = threads)]
    threads: Option<NonZeroUsize>,
    /// What does the counting: embedded
    #[arg(long, value_name = "ENGINE", default_value = "embedded", env = "WINDROW_ENGINE")]
    engine: String,
    /// Show no progress bar
    #[arg(long)]
    pub(crate) no_progress: bool,
}

fn threads(text: &str) -> Result<NonZeroUsize, &'static str> {
    text.parse().map_err(|_| "write a whole number, at least 1")
}

impl SettingsArgs {
    /// The settings, with signals watched.
    ///
    /// # Errors
    /// Usage: the engine is not one that is built.
    pub(crate) fn settings(&self, voice: &Voice) -> Result<Settings> {
        match self.engine.as_str() {
            "embedded" => {}
            spark if spark.starts_with("sc://") => {
                return Err(Error::usage(format!("--engine {spark}: the Spark engine is not built yet"))
                    .help("leave --engine out: the embedded engine gives the same answer"));
            }
            other => {
                return Err(Error::usage(format!("--engine {other}: there is no such engine"))
                    .help("leave --engine out, or name embedded"));
            }
        }
        let mut settings = Settings::default();
        if let Some(threads) = self.threads {
            settings.threads = threads;
        }
        crate::signals::watch(&settings.stop, *voice)?;
        Ok(settings)
    }
}
