//! Twitch as a source: cheers and channel-point redemptions, through EventSub's WebSocket.
//!
//! Each connection gets a session, and subscriptions are made for it over HTTP within ten seconds. Before the server
//! goes it names another address; the old connection serves until the new one is welcome. Nothing may be sent to it
//! but answers to its pings, so that its keep-alive messages alone tell whether it is there.
//!
//! What happens while there is no connection is not told afterwards, which Twitch says of itself.
//!
//! Source: dev.twitch.tv/docs/eventsub/handling-websocket-events and …/websocket-reference.

mod helix;
mod message;
#[cfg(test)]
mod test;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::donation_alerts::Pace;
use super::donation_alerts::socket::Event;
use super::field;
use super::line::{self, End, Line, Speaker};
use super::relay::{Relay, Runner};
use super::status::{LinkState, Running};
use crate::health::Health;
use crate::intake::Intake;
use crate::secret::Secret;
use helix::{Helix, HelixError, Identity};
use message::Message;

/// The source's name in the configuration and in the ledger.
pub const NAME: &str = "twitch";

/// What is subscribed to.
const EVENTS: [&str; 2] = [message::CHEER, message::REDEMPTION];

/// What a token has to allow for them.
const SCOPES: [&str; 2] = ["bits:read", "channel:read:redemptions"];

/// Tokens are to be checked every hour, says Twitch.
const CHECK_EVERY: Duration = Duration::from_secs(3600);

/// What the source needs to know.
#[derive(Clone, Debug)]
pub struct TwitchSettings {
    /// A user token of the broadcaster.
    pub access_token: Secret,
    /// Titles of the rewards that are painted; empty for every reward with a text.
    pub rewards: Vec<String>,
    /// EventSub endpoint.
    pub ws_url: String,
    /// Helix base.
    pub api_base: String,
    /// Where tokens are checked.
    pub auth_base: String,
    /// Lengths of time.
    pub pace: Pace,
    /// Seed of the waits between connections.
    pub seed: u64,
}

/// Starts the source.
///
/// # Errors
/// Where HTTP cannot be set up.
pub fn start(
    settings: TwitchSettings,
    intake: Intake,
    stop: CancellationToken,
) -> Result<Running, reqwest::Error> {
    let helix = Helix::new(
        &settings.api_base,
        &settings.auth_base,
        settings.access_token.clone(),
    )?;
    let (pace, seed) = (settings.pace.clone(), settings.seed);
    let driver = Driver {
        helix: Arc::new(helix),
        settings,
    };
    Ok(line::start(NAME, driver, (pace, seed), intake, stop))
}

/// Whether Twitch takes a token, and what it allows.
pub(crate) async fn check(api_base: &str, auth_base: &str, token: Secret) -> Health {
    let mend =
        "set TWITCH_ACCESS_TOKEN to a user token with bits:read and channel:read:redemptions";
    let Ok(helix) = Helix::new(api_base, auth_base, token) else {
        return Health::bad("HTTP cannot be set up", "update the system's certificates");
    };
    match helix.identity().await {
        Ok(identity) => {
            let lacks = SCOPES
                .iter()
                .filter(|scope| !identity.scopes.iter().any(|has| has == *scope));
            let lacks: Vec<&str> = lacks.copied().collect();
            match lacks.as_slice() {
                [] => Health::good("logged in; cheers and channel points"),
                lacks if lacks.len() == SCOPES.len() => {
                    Health::bad(format!("the token lacks {}", lacks.join(" and ")), mend)
                }
                lacks => Health::fair(format!("the token lacks {}", lacks.join(" and ")), mend),
            }
        }
        Err(HelixError::LoginNeeded) => Health::bad("Twitch does not accept the token", mend),
        Err(error @ (HelixError::Forbidden(_) | HelixError::Trouble(_))) => Health::bad(
            error.to_string(),
            "check the network: curl -I https://id.twitch.tv",
        ),
    }
}

impl From<HelixError> for End {
    fn from(error: HelixError) -> Self {
        match error {
            HelixError::LoginNeeded => Self::Alarm(
                "Twitch does not accept the token any more: set a new TWITCH_ACCESS_TOKEN"
                    .to_owned(),
            ),
            HelixError::Forbidden(_) => Self::Alarm(error.to_string()),
            HelixError::Trouble(_) => Self::Again(error.to_string()),
        }
    }
}

/// Something that Twitch is asked while the connection is read on.
type Asked<T> = Pin<Box<dyn Future<Output = Result<T, HelixError>> + Send>>;

struct Driver {
    helix: Arc<Helix>,
    settings: TwitchSettings,
}

impl Speaker for Driver {
    async fn session(&mut self, line: &mut Line) -> End {
        let identity = match self.helix.identity().await {
            Ok(identity) => identity,
            Err(error) => return error.into(),
        };
        line.teller.token_expires(identity.expires);
        let mut relay = Relay::open(self.settings.ws_url.clone());
        let mut silence = line.pace.answer_within;
        let mut heard = Instant::now();
        let mut check_at = heard + CHECK_EVERY;
        let mut subscribing: Option<Asked<Option<HelixError>>> = None;
        let mut checking: Option<Asked<Identity>> = None;
        loop {
            tokio::select! {
                (runner, event) = relay.next() => {
                    heard = Instant::now();
                    match event {
                        Event::Opened | Event::Heard => {}
                        Event::Closed { code, .. } => return End::closed(code),
                        Event::Frame(text) => match self.read(&text, line) {
                            Some(Message::Welcome { session, keepalive }) => {
                                // A message may be late by as much as it is due.
                                silence = keepalive * 2;
                                match runner {
                                    Runner::Next => relay.hand_over(),
                                    Runner::Current => {
                                        subscribing = Some(self.subscribe(session, identity.clone()));
                                    }
                                }
                            }
                            Some(Message::Reconnect { url }) => relay.prepare(url),
                            Some(Message::Revoked { kind, status }) => {
                                line.teller.alarm(&format!("Twitch ended {kind}: {status}"));
                            }
                            Some(Message::Given(_) | Message::Other) | None => {}
                        },
                    }
                }
                done = answer(&mut subscribing) => {
                    subscribing = None;
                    match done {
                        Ok(refused) => {
                            line.backoff.reset();
                            line.teller.link(LinkState::Live);
                            if let Some(error) = refused {
                                line.teller.trouble(&error.to_string());
                            }
                        }
                        Err(error) => return error.into(),
                    }
                }
                done = answer(&mut checking) => {
                    checking = None;
                    match done {
                        Ok(identity) => line.teller.token_expires(identity.expires),
                        Err(HelixError::LoginNeeded) => return HelixError::LoginNeeded.into(),
                        // Asked again in an hour; the connection itself is well.
                        Err(_) => {}
                    }
                }
                () = sleep_until(check_at) => {
                    check_at += CHECK_EVERY;
                    let helix = Arc::clone(&self.helix);
                    checking = Some(Box::pin(async move { helix.identity().await }));
                }
                () = sleep_until(heard + silence) => {
                    return End::Again("the connection fell silent".to_owned());
                }
            }
        }
    }
}

impl Driver {
    /// Reads a frame; what somebody gave is taken at once.
    fn read(&self, text: &str, line: &Line) -> Option<Message> {
        match message::read(text, &self.settings.rewards, field::now()) {
            Ok(Message::Given(donation)) => {
                line.taker.take(*donation);
                None
            }
            Ok(message) => Some(message),
            Err(error) => {
                line.teller.unreadable(&error.to_string());
                None
            }
        }
    }

    /// Subscribes to everything. A token that allows one of the two is good for that one; the refusal of the other
    /// is told.
    fn subscribe(&self, session: String, identity: Identity) -> Asked<Option<HelixError>> {
        let helix = Arc::clone(&self.helix);
        Box::pin(async move {
            let mut refused = None;
            for kind in EVENTS {
                match helix.subscribe(kind, &session, &identity).await {
                    Ok(()) => {}
                    Err(error @ HelixError::Forbidden(_)) if refused.is_none() => {
                        refused = Some(error);
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(refused)
        })
    }
}

async fn answer<T>(asked: &mut Option<Asked<T>>) -> Result<T, HelixError> {
    match asked {
        Some(asked) => asked.await,
        None => std::future::pending().await,
    }
}
