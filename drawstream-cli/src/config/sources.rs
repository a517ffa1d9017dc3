//! The settings of the sources: where donations come from.

use std::net::IpAddr;
use std::time::Duration;

use url::Url;

use super::error::ConfigError;
use super::value::Reader;
use super::{IP_ADDRESS, http_url, ip_address, websocket_url};
use crate::secret::Secret;

/// Whether a source is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Use {
    /// Where it has what it needs.
    #[default]
    Auto,
    /// It is, and a lack is told.
    On,
    /// It is not.
    Off,
}

/// What follows for a source from its setting and from what it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// It starts.
    Now,
    /// It is off, and that is as it should be.
    Off,
    /// It is off because something is not set.
    Lacking,
}

impl Use {
    /// Whether to start a source whose key this is.
    pub fn start<T>(self, key: Option<&T>) -> Start {
        match (self, key) {
            (Self::Off, _) => Start::Off,
            (Self::Auto | Self::On, Some(_)) => Start::Now,
            (Self::Auto, None) => Start::Off,
            (Self::On, None) => Start::Lacking,
        }
    }
}

/// The DonatePay account.
#[derive(Clone, Debug)]
pub struct DonatePayConfig {
    /// Whether it is a source.
    pub enabled: Use,
    /// The account's API key.
    pub access_token: Option<Secret>,
    /// Numeric user id.
    pub user_id: Option<u64>,
    /// Centrifugo endpoint.
    pub ws_url: Url,
    /// REST base.
    pub api_base: Url,
    /// Time between REST polls.
    pub poll_interval: Duration,
}

/// The Twitch channel.
#[derive(Clone, Debug)]
pub struct TwitchConfig {
    /// Whether it is a source.
    pub enabled: Use,
    /// A user token of the broadcaster.
    pub access_token: Option<Secret>,
    /// Titles of the rewards that are painted; empty for every reward with a text.
    pub rewards: Vec<String>,
    /// EventSub endpoint.
    pub ws_url: Url,
    /// Helix base.
    pub api_base: Url,
    /// Where tokens are checked.
    pub auth_base: Url,
}

/// The StreamElements channel.
#[derive(Clone, Debug)]
pub struct StreamElementsConfig {
    /// Whether it is a source.
    pub enabled: Use,
    /// The channel's token.
    pub token: Option<Secret>,
    /// `jwt`, `apikey` or `oauth`.
    pub token_type: String,
    /// The channel, where it is not the token's own.
    pub channel: Option<String>,
    /// Astro endpoint.
    pub ws_url: Url,
}

/// Webhooks.
#[derive(Clone, Debug)]
pub struct WebhookConfig {
    /// Whether they are a source.
    pub enabled: Use,
    /// Address they are taken on.
    pub host: IpAddr,
    /// Port they are taken on; 0 takes any that is free.
    pub port: u16,
    /// Key of the signed webhook.
    pub secret: Option<Secret>,
    /// Ko-fi's verification token.
    pub kofi_token: Option<Secret>,
    /// The streamer's creator id on Throne.
    pub throne_creator: Option<String>,
    /// The streamer's user id on Kick.
    pub kick_broadcaster: Option<u64>,
}

/// The terminal.
#[derive(Clone, Debug)]
pub struct ConsoleConfig {
    /// Whether typed lines are read.
    pub enabled: Use,
}

pub(super) fn enabled(read: &Reader<'_>, path: &str) -> Result<Use, ConfigError> {
    let choices = [
        ("auto", Use::Auto),
        ("on", Use::On),
        ("off", Use::Off),
        ("true", Use::On),
        ("false", Use::Off),
    ];
    read.one_of(path, &choices)
}

pub(super) fn donatepay(read: &Reader<'_>) -> Result<DonatePayConfig, ConfigError> {
    Ok(DonatePayConfig {
        enabled: enabled(read, "donatepay.enabled")?,
        access_token: read.optional("donatepay.access_token").map(Secret::new),
        user_id: read.optional_parsed("donatepay.user_id", "a whole number", |t| t.parse().ok())?,
        ws_url: socket(read, "donatepay.ws_url")?,
        api_base: web(read, "donatepay.api_base")?,
        poll_interval: read.seconds("donatepay.poll_interval_sec", 1.0..=86_400.0)?,
    })
}

pub(super) fn twitch(read: &Reader<'_>) -> Result<TwitchConfig, ConfigError> {
    let rewards = read.text("twitch.rewards");
    let rewards = rewards.split(',').map(|title| title.trim().to_owned());
    Ok(TwitchConfig {
        enabled: enabled(read, "twitch.enabled")?,
        access_token: read.optional("twitch.access_token").map(Secret::new),
        rewards: rewards.filter(|title| !title.is_empty()).collect(),
        ws_url: socket(read, "twitch.ws_url")?,
        api_base: web(read, "twitch.api_base")?,
        auth_base: web(read, "twitch.auth_base")?,
    })
}

pub(super) fn streamelements(read: &Reader<'_>) -> Result<StreamElementsConfig, ConfigError> {
    let kinds = ["jwt", "apikey", "oauth"].map(|kind| (kind, kind.to_owned()));
    Ok(StreamElementsConfig {
        enabled: enabled(read, "streamelements.enabled")?,
        token: read.optional("streamelements.token").map(Secret::new),
        token_type: read.one_of("streamelements.token_type", &kinds)?,
        channel: read.optional("streamelements.channel"),
        ws_url: socket(read, "streamelements.ws_url")?,
    })
}

pub(super) fn webhook(read: &Reader<'_>) -> Result<WebhookConfig, ConfigError> {
    Ok(WebhookConfig {
        enabled: enabled(read, "webhook.enabled")?,
        host: read.parsed("webhook.host", IP_ADDRESS, ip_address)?,
        port: read.number("webhook.port", 0..=65_535)?,
        secret: read.optional("webhook.secret").map(Secret::new),
        kofi_token: read.optional("webhook.kofi_token").map(Secret::new),
        throne_creator: read.optional("webhook.throne_creator"),
        kick_broadcaster: read.optional_parsed(
            "webhook.kick_broadcaster",
            "a whole number",
            |t| t.parse().ok(),
        )?,
    })
}

pub(super) fn console(read: &Reader<'_>) -> Result<ConsoleConfig, ConfigError> {
    Ok(ConsoleConfig {
        enabled: enabled(read, "console.enabled")?,
    })
}

fn web(read: &Reader<'_>, path: &str) -> Result<Url, ConfigError> {
    read.parsed(path, "an http:// or https:// address", http_url)
}

fn socket(read: &Reader<'_>, path: &str) -> Result<Url, ConfigError> {
    read.parsed(path, "a ws:// or wss:// address", websocket_url)
}
