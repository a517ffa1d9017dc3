//! `drawstream weights`: what is in a model's folder, and how a bundle of models is unpacked.

mod bundle;
mod check;

use clap::Subcommand;

use crate::failure::Failure;

/// Arguments of `drawstream weights`.
#[derive(Debug, clap::Args)]
pub struct WeightsArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say what is there, what is missing, and how much memory it needs.
    Check(check::CheckArgs),
    /// Unpack a .tar.gz of models.
    Unpack(bundle::UnpackArgs),
}

impl WeightsArgs {
    /// Runs it.
    ///
    /// # Errors
    /// A model with faults, or a bundle that cannot be unpacked.
    pub fn run(self) -> Result<(), Failure> {
        match self.action {
            Action::Check(args) => args.run(),
            Action::Unpack(args) => args.run(),
        }
    }
}
