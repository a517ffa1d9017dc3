//! [`Reader`]: the text of a setting → a value of its type, or an error that names the setting and its origin.

use std::fmt::{Debug, Display};
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use super::error::ConfigError;
use super::key::{KEYS, Key, Privacy};
use super::layers::{Layers, Origin, Said};

/// Reads values out of the layers.
pub(crate) struct Reader<'a> {
    layers: &'a Layers,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(layers: &'a Layers) -> Self {
        Self { layers }
    }

    /// The text of a setting; empty where it has no value.
    pub(crate) fn text(&self, path: &str) -> String {
        self.optional(path).unwrap_or_default()
    }

    /// The text of a setting that may be absent.
    pub(crate) fn optional(&self, path: &str) -> Option<String> {
        self.layers.said(key(path)).map(|said| said.text)
    }

    /// Whether anybody said something of a setting.
    pub(crate) fn is_said(&self, path: &str) -> bool {
        self.layers
            .said(key(path))
            .is_some_and(|said| said.origin != Origin::Default)
    }

    /// A value that `parse` understands.
    pub(crate) fn parsed<T>(
        &self,
        path: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, ConfigError> {
        let key = key(path);
        let said = self
            .layers
            .said(key)
            .expect("a setting without a default is read as an optional one");
        parse(said.text.trim()).ok_or_else(|| unfit(key, said, expected))
    }

    /// The same of a setting that may be absent.
    pub(crate) fn optional_parsed<T>(
        &self,
        path: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        if self.optional(path).is_none() {
            return Ok(None);
        }
        self.parsed(path, expected, parse).map(Some)
    }

    /// A number within a range.
    pub(crate) fn number<T>(&self, path: &str, range: RangeInclusive<T>) -> Result<T, ConfigError>
    where
        T: FromStr + PartialOrd + Display + Debug,
    {
        let expected = format!("a number from {} to {}", range.start(), range.end());
        self.parsed(path, &expected, |text| {
            text.parse().ok().filter(|n| range.contains(n))
        })
    }

    /// A time in seconds, with or without a fraction.
    pub(crate) fn seconds(
        &self,
        path: &str,
        range: RangeInclusive<f64>,
    ) -> Result<Duration, ConfigError> {
        self.number(path, range).map(Duration::from_secs_f64)
    }

    /// One of several names, in any case.
    pub(crate) fn one_of<T: Clone>(
        &self,
        path: &str,
        choices: &[(&str, T)],
    ) -> Result<T, ConfigError> {
        let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
        self.parsed(path, &format!("one of {}", names.join(", ")), |text| {
            choices
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(text))
                .map(|(_, value)| value.clone())
        })
    }
}

fn key(path: &str) -> &'static Key {
    KEYS.iter()
        .find(|key| key.path == path)
        .expect("every setting that is read is in the list of keys")
}

fn unfit(key: &'static Key, said: Said, expected: &str) -> ConfigError {
    let found = match key.privacy {
        Privacy::Open => said.text,
        Privacy::Secret => "…".to_owned(),
    };
    ConfigError::Unfit {
        key: key.path,
        origin: said.origin,
        found,
        expected: expected.to_owned(),
    }
}
