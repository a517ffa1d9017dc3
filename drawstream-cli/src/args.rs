//! The command line.

use clap::Parser;

use crate::commands::Command;
use crate::failure::Failure;

/// Donations become paintings, live, stroke by stroke.
#[derive(Debug, Parser)]
#[command(name = "drawstream", version, max_term_width = 100)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

impl Args {
    /// Runs the command that was named.
    ///
    /// # Errors
    /// What went wrong, with the exit status and a hint for the person who typed it.
    pub fn run(self) -> Result<(), Failure> {
        self.command.run()
    }
}
