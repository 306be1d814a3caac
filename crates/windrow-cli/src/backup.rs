//! `windrow backup` and `windrow restore`: what a job keeps, copied to another folder or store, and back.

use std::path::PathBuf;

use clap::Args;
use windrow::{Result, Stop, backup};

use crate::messages::Messages;
use crate::{signals, work};

const BACKUP_EXAMPLES: &str = "\
Examples:
  windrow backup daily.toml /backup/daily-2024-01-31
  windrow backup daily.toml s3://bucket/backup/daily-2024-01-31";

/// Copy everything a job keeps to another folder or store, as it was at one moment
///
/// Copies the output folder of the job: ledger, reports, rejects, changes, runs and events. The job may run at the same time. An interrupted backup is
/// never mistaken for a complete one; run the same command again to finish it.
#[derive(Args, Clone, Debug)]
#[command(after_help = BACKUP_EXAMPLES)]
pub(crate) struct BackupArgs {
    /// The job file, which must have [output]
    #[arg(value_name = "JOB.toml")]
    pub(crate) job: PathBuf,
    /// An empty folder, or the address of one in a store
    #[arg(value_name = "TO")]
    to: String,
}

const RESTORE_EXAMPLES: &str = "\
Examples:
  windrow restore daily.toml /backup/daily-2024-01-31
  windrow restore daily.toml s3://bucket/backup/daily-2024-01-31";

/// Copy a backup back to the output folder of a job, which must be empty
///
/// Each file is checked against the list in the backup. The ledger is written last; if the command was interrupted, run it again to continue.
#[derive(Args, Clone, Debug)]
#[command(after_help = RESTORE_EXAMPLES)]
pub(crate) struct RestoreArgs {
    /// The job file, which must have [output]
    #[arg(value_name = "JOB.toml")]
    pub(crate) job: PathBuf,
    /// The folder of a backup, or its address in a store
    #[arg(value_name = "FROM")]
    from: String,
}

/// Makes a backup.
pub(crate) fn run(args: &BackupArgs, messages: &Messages) -> Result<()> {
    let job = work::job_alone(&args.job)?;
    let stop = Stop::default();
    signals::watch(&stop, *messages)?;
    messages.note(&backup::back_up_to(&job, &args.to, &stop)?);
    Ok(())
}

/// Restores a backup.
pub(crate) fn restore(args: &RestoreArgs, messages: &Messages) -> Result<()> {
    let job = work::job_alone(&args.job)?;
    let stop = Stop::default();
    signals::watch(&stop, *messages)?;
    messages.note(&backup::restore_from(&job, &args.from, &stop)?);
    Ok(())
}
