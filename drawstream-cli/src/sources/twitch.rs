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

use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::donation_alerts::Pace;
use super::donation_alerts::pace::Backoff;
use super::donation_alerts::socket::Event;
use super::field;
use super::relay::{Relay, Runner};
use super::status::{LinkState, Running, Teller};
use super::taker::Taker;
use crate::intake::Intake;
use crate::secret::Secret;
use helix::{Helix, HelixError, Identity};
use message::Message;

/// The source's name in the configuration and in the ledger.
pub const NAME: &str = "twitch";

/// What is subscribed to.
const EVENTS: [&str; 2] = [message::CHEER, message::REDEMPTION];

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
    let (teller, status) = Teller::new(NAME);
    let (taker, taking) = Taker::start(intake, teller.clone(), stop.clone());
    let driver = Driver {
        helix: Arc::new(helix),
        backoff: Backoff::new(settings.seed),
        settings,
        taker,
        teller,
    };
    let task = tokio::spawn(async move {
        driver.run(stop).await;
        if let Err(error) = taking.await {
            tracing::error!("the source's writer ended by a defect of the program: {error}");
        }
    });
    Ok(Running { status, task })
}

/// Why a connection ended.
enum End {
    /// Try again soon.
    Again(String),
    /// Somebody has to do something; try again seldom.
    Alarm(String),
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
    backoff: Backoff,
    taker: Taker,
    teller: Teller,
}

impl Driver {
    async fn run(mut self, stop: CancellationToken) {
        loop {
            self.teller.link(LinkState::Connecting);
            let end = tokio::select! {
                () = stop.cancelled() => return,
                end = self.session() => end,
            };
            let wait = match end {
                End::Again(why) => {
                    self.teller.trouble(&why);
                    self.backoff.next(&self.settings.pace)
                }
                End::Alarm(why) => {
                    self.teller.trouble(&why);
                    self.teller.alarm(&why);
                    self.settings.pace.refused_wait
                }
            };
            self.teller.link(LinkState::Down);
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(wait) => {}
            }
        }
    }

    /// One connection, and those that take over from it, until none is left.
    async fn session(&mut self) -> End {
        let identity = match self.helix.identity().await {
            Ok(identity) => identity,
            Err(error) => return error.into(),
        };
        self.teller.token_expires(identity.expires);
        let mut relay = Relay::open(self.settings.ws_url.clone());
        let mut silence = self.settings.pace.answer_within;
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
                        Event::Closed { code, .. } => return End::Again(closed(code)),
                        Event::Frame(text) => match self.read(&text) {
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
                                self.teller.alarm(&format!("Twitch ended {kind}: {status}"));
                            }
                            Some(Message::Given(_) | Message::Other) | None => {}
                        },
                    }
                }
                done = answer(&mut subscribing) => {
                    subscribing = None;
                    match done {
                        Ok(refused) => {
                            self.backoff.reset();
                            self.teller.link(LinkState::Live);
                            if let Some(error) = refused {
                                self.teller.trouble(&error.to_string());
                            }
                        }
                        Err(error) => return error.into(),
                    }
                }
                done = answer(&mut checking) => {
                    checking = None;
                    match done {
                        Ok(identity) => self.teller.token_expires(identity.expires),
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

    /// Reads a frame; what somebody gave is taken at once.
    fn read(&self, text: &str) -> Option<Message> {
        match message::read(text, &self.settings.rewards, field::now()) {
            Ok(Message::Given(donation)) => {
                self.taker.take(*donation);
                None
            }
            Ok(message) => Some(message),
            Err(error) => {
                self.teller.unreadable(&error.to_string());
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

fn closed(code: Option<u16>) -> String {
    code.map_or_else(
        || "the connection was lost".to_owned(),
        |code| format!("the connection was closed with code {code}"),
    )
}
