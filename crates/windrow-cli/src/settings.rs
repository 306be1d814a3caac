//! Settings from flags and `WINDROW_...` variables: how a run is done, never what it answers.

use std::num::NonZeroUsize;

use clap::Args;
use windrow::engine::Engine;
use windrow::engine::choice::EngineChoice;
use windrow::{Job, Result, Settings};

use crate::messages::Messages;

/// The flags for how a run is done.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "How it is done")]
pub(crate) struct SettingsArgs {
    /// Number of threads [default: one per processor]
    #[arg(long, value_name = "N", env = "WINDROW_THREADS", value_parser = threads)]
    threads: Option<NonZeroUsize>,
    /// Engine: embedded, or a Spark server at sc://host:port[/;token=env:NAME] [default: that of the job, else embedded]
    #[arg(long, value_name = "ENGINE", env = "WINDROW_ENGINE", hide_env_values = true)]
    engine: Option<String>,
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
    pub(crate) fn settings(&self, messages: &Messages) -> Result<Settings> {
        self.choice()?;
        let mut settings = Settings::default();
        if let Some(threads) = self.threads {
            settings.threads = threads;
        }
        crate::signals::watch(&settings.stop, *messages)?;
        Ok(settings)
    }

    /// The engine that is asked for by flag or variable.
    pub(crate) fn choice(&self) -> Result<Option<EngineChoice>> {
        let parse = |text: &String| EngineChoice::parse(text).map_err(|error| error.within("--engine"));
        self.engine.as_ref().map(parse).transpose()
    }

    /// What counts the events of `job`: what is asked for, else what the job says, else the embedded engine.
    ///
    /// # Errors
    /// Usage: there is no such engine, or windrow was built without it.
    pub(crate) fn engine(&self, job: &Job) -> Result<Box<dyn Engine>> {
        EngineChoice::opened(self.choice()?.as_ref(), &job.engine)
    }
}
