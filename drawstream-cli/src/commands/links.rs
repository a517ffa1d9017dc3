//! `drawstream links`: lets others in.

use std::io::Write as _;

use clap::{Args, ValueEnum};

use super::settings::Settings;
use super::steer::reachable;
use crate::control::{Links, Role};
use crate::failure::Failure;

/// Make links that let others in; the links that they had before end
#[derive(Debug, Args)]
pub struct LinksArgs {
    /// For whom [default: everybody]
    #[arg(value_enum)]
    roles: Vec<Guest>,
    #[command(flatten)]
    settings: Settings,
}

/// For whom a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Guest {
    /// Steers everything
    Owner,
    /// Steers the show, and sees no amounts
    Moderator,
    /// Shows the stage, as in OBS on another machine
    Stage,
}

impl LinksArgs {
    /// Runs it.
    ///
    /// # Errors
    /// Where the data folder cannot be written.
    pub fn run(self) -> Result<(), Failure> {
        let config = self.settings.load()?;
        let all = [Guest::Owner, Guest::Moderator, Guest::Stage];
        let wanted = if self.roles.is_empty() {
            all.as_slice()
        } else {
            &self.roles
        };
        let roles: Vec<Role> = wanted
            .iter()
            .map(|guest| match guest {
                Guest::Owner => Role::Owner,
                Guest::Moderator => Role::Moderator,
                Guest::Stage => Role::Viewer,
            })
            .collect();
        let made = Links::renew(&config.data_dir, &roles).map_err(Failure::world)?;
        let address = reachable(&config.api);
        let mut out = std::io::stdout().lock();
        for (role, token) in made {
            let page = match role {
                Role::Owner | Role::Moderator => "",
                Role::Viewer => "stage",
            };
            writeln!(
                out,
                "{:<10} http://{address}/{page}#token={}",
                role.name(),
                token.expose()
            )?;
        }
        if config.api.host.is_loopback() {
            writeln!(
                out,
                "They open on this machine alone: for others set API_HOST and API_TOKEN, and give them this machine's address."
            )?;
        }
        Ok(())
    }
}
