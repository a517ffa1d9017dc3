//! [`Layers`]: what each place says of each setting, the strongest last.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::ConfigError;
use super::key::{KEYS, Key};

/// Where a value was said; later ones are stronger.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Nowhere: it is what the program takes by itself.
    Default,
    /// In this file.
    File(PathBuf),
    /// In `.env`.
    Dotenv,
    /// In the environment.
    Environment,
    /// On the command line.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Dotenv => f.write_str(".env"),
            Self::Environment => f.write_str("environment"),
            Self::Flag => f.write_str("command line"),
        }
    }
}

/// A value as somebody wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) origin: Origin,
}

/// What is said of each setting, by its path; the strongest place only.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layers(BTreeMap<&'static str, Said>);

impl Layers {
    /// Gathers the places: the file, `.env` beside the working directory, the environment, `--set path=value`.
    ///
    /// A file that was named must be there; `drawstream.toml` need not.
    pub(crate) fn gather(
        file: Option<&Path>,
        flags: &[(String, String)],
    ) -> Result<Self, ConfigError> {
        let mut layers = Self::default();
        let default = Path::new("drawstream.toml");
        let path = file.unwrap_or(default);
        match fs::read_to_string(path) {
            Ok(text) => layers.add_toml(path, &text)?,
            Err(error) if file.is_none() && error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => {
                return Err(ConfigError::Unreadable {
                    path: path.to_owned(),
                    source,
                });
            }
        }
        match dotenvy::from_path_iter(".env") {
            Ok(pairs) => {
                let pairs: Result<Vec<_>, _> = pairs.collect();
                layers.add_environment(
                    pairs.map_err(|source| ConfigError::NotDotenv { source })?,
                    &Origin::Dotenv,
                );
            }
            Err(error) if error.not_found() => {}
            Err(source) => return Err(ConfigError::NotDotenv { source }),
        }
        // A variable that is not Unicode cannot be a value of ours, unless it has one of our names.
        let ours = KEYS
            .iter()
            .filter_map(|key| Some((key.env.to_owned(), std::env::var_os(key.env)?)));
        let ours = ours.map(|(name, value)| (name, value.to_string_lossy().into_owned()));
        layers.add_environment(ours, &Origin::Environment);
        for (path, text) in flags {
            layers.say(path, text.clone(), Origin::Flag)?;
        }
        Ok(layers)
    }

    /// What is said of a setting, or its default.
    pub(crate) fn said(&self, key: &Key) -> Option<Said> {
        let default = || {
            key.default.map(|text| Said {
                text: text.to_owned(),
                origin: Origin::Default,
            })
        };
        self.0.get(key.path).cloned().or_else(default)
    }

    pub(crate) fn add_toml(&mut self, path: &Path, text: &str) -> Result<(), ConfigError> {
        let table: toml::Table = toml::from_str(text).map_err(|source| ConfigError::NotToml {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        self.add_table("", &table, &Origin::File(path.to_owned()))
    }

    fn add_table(
        &mut self,
        prefix: &str,
        table: &toml::Table,
        origin: &Origin,
    ) -> Result<(), ConfigError> {
        for (name, value) in table {
            let path = if prefix.is_empty() {
                name.clone()
            } else {
                format!("{prefix}.{name}")
            };
            match value {
                toml::Value::Table(inner)
                    if KEYS.iter().any(|k| k.path.starts_with(&format!("{path}."))) =>
                {
                    self.add_table(&path, inner, origin)?;
                }
                toml::Value::String(text) => self.say(&path, text.clone(), origin.clone())?,
                toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Boolean(_) => {
                    self.say(&path, value.to_string(), origin.clone())?;
                }
                toml::Value::Array(items) if items.iter().all(toml::Value::is_str) => {
                    let joined: Vec<_> = items.iter().filter_map(toml::Value::as_str).collect();
                    self.say(&path, joined.join(","), origin.clone())?;
                }
                toml::Value::Array(_) | toml::Value::Table(_) | toml::Value::Datetime(_) => {
                    find(&path, origin)?;
                    return Err(ConfigError::NotAValue {
                        key: path,
                        origin: origin.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    /// Takes the names that are ours; an empty value says nothing.
    pub(crate) fn add_environment(
        &mut self,
        pairs: impl IntoIterator<Item = (String, String)>,
        origin: &Origin,
    ) {
        for (name, text) in pairs {
            if let Some(key) = KEYS.iter().find(|key| key.env == name)
                && !text.trim().is_empty()
            {
                self.0.insert(
                    key.path,
                    Said {
                        text,
                        origin: origin.clone(),
                    },
                );
            }
        }
    }

    fn say(&mut self, path: &str, text: String, origin: Origin) -> Result<(), ConfigError> {
        let key = find(path, &origin)?;
        self.0.insert(key.path, Said { text, origin });
        Ok(())
    }
}

/// The setting of this path; an error that names the most alike one where there is none.
fn find(path: &str, origin: &Origin) -> Result<&'static Key, ConfigError> {
    KEYS.iter().find(|key| key.path == path).ok_or_else(|| {
        let leaf = |p: &str| p.rsplit('.').next().unwrap_or(p).to_owned();
        let likeness = |key: &Key| {
            let whole = strsim::jaro_winkler(key.path, path);
            // A right name in the wrong section is the commonest mistake.
            if leaf(key.path) == leaf(path) {
                whole.max(0.95)
            } else {
                whole
            }
        };
        let nearest = KEYS
            .iter()
            .map(|key| (likeness(key), key.path))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let nearest = nearest
            .filter(|(score, _)| *score > 0.75)
            .map(|(_, path)| path);
        ConfigError::Unknown {
            key: path.to_owned(),
            origin: origin.clone(),
            nearest,
        }
    })
}
