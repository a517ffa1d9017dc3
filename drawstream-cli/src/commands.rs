//! The subcommands, one file each.

pub mod simulate;

use clap::Subcommand;

use crate::failure::Failure;

/// What `drawstream` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a Donation Alerts service on this machine.
    Simulate(simulate::SimulateArgs),
}

impl Command {
    /// Runs it.
    ///
    /// # Errors
    /// What went wrong, as [`Failure`].
    pub fn run(self) -> Result<(), Failure> {
        match self {
            Self::Simulate(args) => args.run(),
        }
    }
}
