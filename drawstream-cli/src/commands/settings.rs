//! Flags that every command has which reads the settings, and `drawstream config`.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use crate::config::{Config, ConfigError};
use crate::failure::Failure;

/// Where the settings come from.
#[derive(Clone, Debug, Default, Args)]
pub struct Settings {
    /// Settings file [default: drawstream.toml, where there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One setting, stronger than everything else: --set stage.theme=gallery
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("write NAME=VALUE, as in stage.theme=gallery")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// The first that cannot be used.
    pub fn load(&self) -> Result<Config, Failure> {
        self.load_with(&[])
    }

    /// The same; `own` are a command's own flags, which `--set` can still overrule.
    ///
    /// # Errors
    /// The first that cannot be used.
    pub fn load_with(&self, own: &[(&str, String)]) -> Result<Config, Failure> {
        Config::load(self.config.as_deref(), &self.flags(own)).map_err(unusable)
    }

    fn flags(&self, own: &[(&str, String)]) -> Vec<(String, String)> {
        let own = own
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        own.chain(self.set.iter().cloned()).collect()
    }
}

fn unusable(error: ConfigError) -> Failure {
    let hint = error.hint();
    Failure::input(error).with_maybe_hint(hint)
}

/// Print every setting, its value and where it came from
#[derive(Debug, Args)]
pub struct ConfigArgs {
    #[command(flatten)]
    settings: Settings,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl ConfigArgs {
    /// Runs it.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn run(self) -> Result<(), Failure> {
        let lines = Config::lines(self.settings.config.as_deref(), &self.settings.flags(&[]))
            .map_err(unusable)?;
        let mut out = std::io::stdout().lock();
        for line in lines {
            if self.json {
                let object = serde_json::json!({
                    "key": line.key, "env": line.env, "value": line.value,
                    "origin": line.origin.to_string(), "meaning": line.meaning,
                });
                writeln!(out, "{object}")?;
            } else {
                let value = line.value.as_deref().unwrap_or("(not set)");
                writeln!(
                    out,
                    "{:<36} {:<56} {:<28} {}",
                    line.key, value, line.env, line.origin
                )?;
            }
        }
        Ok(())
    }
}
