//! The subcommands, one file each.

use clap::Subcommand;

use crate::failure::Failure;

/// What `drawstream` can do.
#[derive(Debug, Subcommand)]
pub enum Command {}

impl Command {
    /// Runs it.
    ///
    /// # Errors
    /// What went wrong, as [`Failure`].
    pub fn run(self) -> Result<(), Failure> {
        match self {}
    }
}
