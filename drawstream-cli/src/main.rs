//! Entry point of the program `drawstream`: parse, run, say what went wrong.

use std::process::ExitCode;

use clap::Parser;
use drawstream::args::Args;

fn main() -> ExitCode {
    match Args::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
