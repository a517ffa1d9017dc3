//! [`ConfigError`]: a setting that cannot be used, and where it was said.

use std::path::PathBuf;

use super::layers::Origin;

/// Why the settings cannot be used. Every one names the setting and where it came from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the settings in {}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{} is not TOML", path.display())]
    NotToml {
        /// Which file.
        path: PathBuf,
        /// Line, column and reason.
        source: Box<toml::de::Error>,
    },
    /// `.env` cannot be read.
    #[error("cannot read .env")]
    NotDotenv {
        /// Line and reason.
        source: dotenvy::Error,
    },
    /// No such setting.
    #[error("{origin}: there is no setting {key}")]
    Unknown {
        /// What was written.
        key: String,
        /// Where.
        origin: Origin,
        /// The most alike that there is.
        nearest: Option<&'static str>,
    },
    /// A table or list stands where one value belongs.
    #[error("{origin}: {key} is one value, not a table or list")]
    NotAValue {
        /// Which setting.
        key: String,
        /// Where it was said.
        origin: Origin,
    },
    /// A value of another kind, or out of its range.
    #[error("{origin}: {key} = {found:?} is not {expected}")]
    Unfit {
        /// Which setting.
        key: &'static str,
        /// Where it was said.
        origin: Origin,
        /// What was said; `…` for a secret.
        found: String,
        /// What it must be.
        expected: String,
    },
}

impl ConfigError {
    /// What the person can do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown {
                nearest: Some(nearest),
                ..
            } => Some(format!("did you mean {nearest}?")),
            Self::Unknown { nearest: None, .. } => {
                Some("`drawstream config` lists every setting".to_owned())
            }
            Self::Unreadable { .. } => Some("name another file with --config".to_owned()),
            Self::NotToml { .. }
            | Self::NotDotenv { .. }
            | Self::NotAValue { .. }
            | Self::Unfit { .. } => None,
        }
    }
}
