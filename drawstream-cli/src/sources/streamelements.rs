//! StreamElements as a source: tips, through the Astro gateway.
//!
//! A connection subscribes to the topic `channel.tips` with the channel's token. Before the server goes it says so;
//! another connection takes over then. What happens while there is none is not told afterwards.
//!
//! Source: github.com/StreamElements/docs, docs/websockets (index, topics/channel-tips).

mod frame;
#[cfg(test)]
mod test;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::donation_alerts::Pace;
use super::donation_alerts::socket::Event;
use super::field;
use super::line::{self, End, Line, Speaker};
use super::relay::{Relay, Runner};
use super::status::{LinkState, Running};
use crate::config::StreamElementsConfig;
use crate::health::Health;
use crate::intake::Intake;
use crate::secret::Secret;
use frame::Frame;

/// The source's name in the configuration and in the ledger.
pub const NAME: &str = "streamelements";

/// What the source needs to know.
#[derive(Clone, Debug)]
pub struct StreamElementsSettings {
    /// The channel's token.
    pub token: Secret,
    /// `jwt`, `apikey` or `oauth`.
    pub token_type: String,
    /// The channel, where it is not the token's own.
    pub channel: Option<String>,
    /// Astro endpoint.
    pub ws_url: String,
    /// Lengths of time.
    pub pace: Pace,
    /// Seed of the waits between connections.
    pub seed: u64,
}

/// Starts the source.
pub fn start(settings: StreamElementsSettings, intake: Intake, stop: CancellationToken) -> Running {
    let (pace, seed) = (settings.pace.clone(), settings.seed);
    let driver = Driver {
        settings,
        nonces: 0,
    };
    line::start(NAME, driver, (pace, seed), intake, stop)
}

/// What a source with these settings needs to know; `None` where there is no token.
pub(crate) fn settings(config: &StreamElementsConfig) -> Option<StreamElementsSettings> {
    Some(StreamElementsSettings {
        token: config.token.clone()?,
        token_type: config.token_type.clone(),
        channel: config.channel.clone(),
        ws_url: config.ws_url.to_string(),
        pace: Pace::default(),
        // Waits between connections differ from program to program, so that not all come back at once.
        seed: u64::from(std::process::id()),
    })
}

/// Whether StreamElements takes the subscription. It is given up with the connection.
pub(crate) async fn check(settings: StreamElementsSettings) -> Health {
    let mut relay = Relay::open(settings.ws_url.clone());
    let mut driver = Driver {
        settings,
        nonces: 0,
    };
    let asked = driver.nonce();
    loop {
        match relay.next().await.1 {
            Event::Opened => relay.send(Runner::Current, driver.subscription(&asked)),
            Event::Heard => {}
            Event::Closed { .. } => {
                return Health::bad(
                    "StreamElements cannot be reached",
                    "check the network, and STREAMELEMENTS_WS_URL where it is set",
                );
            }
            Event::Frame(text) => match frame::read(&text, field::now()) {
                Ok(Frame::Response { nonce, error }) if nonce == asked => {
                    return match error.as_deref().map(refused) {
                        None => Health::good("logged in; tips"),
                        Some(End::Alarm(why)) => Health::bad(
                            why,
                            "copy the JWT from the channel's page at StreamElements once more",
                        ),
                        Some(End::Again(why)) => Health::fair(why, "try again in some minutes"),
                    };
                }
                Ok(
                    Frame::Response { .. } | Frame::Tip(_) | Frame::Reconnect { .. } | Frame::Other,
                )
                | Err(_) => {}
            },
        }
    }
}

struct Driver {
    settings: StreamElementsSettings,
    nonces: u64,
}

impl Speaker for Driver {
    async fn session(&mut self, line: &mut Line) -> End {
        let mut relay = Relay::open(self.settings.ws_url.clone());
        let pace = line.pace.clone();
        // Until the subscription is answered, that is waited for; then the server is asked when it is silent.
        let mut asked = None;
        let mut deadline = Instant::now() + pace.answer_within;
        let mut is_pinged = true;
        loop {
            tokio::select! {
                (runner, event) = relay.next() => {
                    if line.teller.is_live() {
                        deadline = Instant::now() + pace.silence;
                        is_pinged = false;
                    }
                    let text = match event {
                        Event::Opened => {
                            let nonce = self.nonce();
                            relay.send(runner, self.subscription(&nonce));
                            asked = Some((runner, nonce));
                            continue;
                        }
                        Event::Heard => continue,
                        Event::Closed { code, .. } => return End::closed(code),
                        Event::Frame(text) => text,
                    };
                    match frame::read(&text, field::now()) {
                        Ok(Frame::Tip(tip)) => line.taker.take(*tip),
                        Ok(Frame::Response { nonce, error }) => {
                            let Some((runner, _)) = asked.take_if(|(_, asked)| *asked == nonce) else {
                                continue;
                            };
                            match (error, runner) {
                                (None, Runner::Next) => relay.hand_over(),
                                (None, Runner::Current) => {
                                    line.backoff.reset();
                                    line.teller.link(LinkState::Live);
                                    deadline = Instant::now() + pace.silence;
                                    is_pinged = false;
                                }
                                (Some(error), _) => return refused(&error),
                            }
                        }
                        Ok(Frame::Reconnect { token }) => {
                            relay.prepare(with_token(&self.settings.ws_url, token.as_deref()));
                        }
                        Ok(Frame::Other) => {}
                        Err(error) => line.teller.unreadable(&error.to_string()),
                    }
                }
                () = sleep_until(deadline) => {
                    if is_pinged {
                        return End::Again("the server did not answer".to_owned());
                    }
                    relay.ping();
                    is_pinged = true;
                    deadline = Instant::now() + pace.answer_within;
                }
            }
        }
    }
}

impl Driver {
    fn nonce(&mut self) -> String {
        self.nonces += 1;
        format!("drawstream-{}-{}", std::process::id(), self.nonces)
    }

    fn subscription(&self, nonce: &str) -> String {
        let settings = &self.settings;
        frame::subscribe(
            nonce,
            settings.channel.as_deref(),
            settings.token.expose(),
            &settings.token_type,
        )
    }
}

/// The address for a connection that takes over.
fn with_token(ws_url: &str, token: Option<&str>) -> String {
    match (url::Url::parse(ws_url), token) {
        (Ok(mut url), Some(token)) => {
            url.query_pairs_mut().append_pair("reconnect_token", token);
            url.into()
        }
        _ => ws_url.to_owned(),
    }
}

fn refused(error: &str) -> End {
    match error {
        "err_unauthorized" => End::Alarm(
            "StreamElements does not accept the token: set a new STREAMELEMENTS_TOKEN".to_owned(),
        ),
        "err_bad_request" => End::Alarm(
            "StreamElements refuses the subscription: check STREAMELEMENTS_TOKEN_TYPE and STREAMELEMENTS_CHANNEL"
                .to_owned(),
        ),
        error => End::Again(format!("StreamElements answered {error}")),
    }
}
