//! The subcommands, one file each.

pub mod pixelize;
pub mod simulate;

use clap::Subcommand;

use crate::failure::Failure;

/// What `drawstream` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make clean pixel art of a picture.
    Pixelize(pixelize::PixelizeArgs),
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
            Self::Pixelize(args) => args.run(),
            Self::Simulate(args) => args.run(),
        }
    }
}
