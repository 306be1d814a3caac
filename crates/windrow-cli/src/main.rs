//! The program `windrow`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(windrow_cli::main(std::env::args_os().skip(1)))
}
