//! The subcommands, one file each.

pub mod history;
pub mod login;
pub mod pixelize;
pub mod simulate;

use clap::Subcommand;

use crate::failure::Failure;

/// What `drawstream` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What was donated, and what became of it.
    History(history::HistoryArgs),
    /// Let the program see your donations on Donation Alerts.
    Login(login::LoginArgs),
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
            Self::History(args) => args.run(),
            Self::Login(args) => args.run(),
            Self::Pixelize(args) => args.run(),
            Self::Simulate(args) => args.run(),
        }
    }
}
