//! StreamElements as a source: tips, through the Astro gateway.
//!
//! A connection subscribes to the topic `channel.tips` with the channel's token. Before the server goes it says so;
//! another connection takes over then. What happens while there is none is not told afterwards.
//!
//! Source: github.com/StreamElements/docs, docs/websockets (index, topics/channel-tips).

mod frame;
#[cfg(test)]
mod test;

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
    let (teller, status) = Teller::new(NAME);
    let (taker, taking) = Taker::start(intake, teller.clone(), stop.clone());
    let driver = Driver {
        backoff: Backoff::new(settings.seed),
        settings,
        taker,
        teller,
        nonces: 0,
    };
    let task = tokio::spawn(async move {
        driver.run(stop).await;
        if let Err(error) = taking.await {
            tracing::error!("the source's writer ended by a defect of the program: {error}");
        }
    });
    Running { status, task }
}

/// Why a connection ended.
enum End {
    /// Try again soon.
    Again(String),
    /// Somebody has to do something; try again seldom.
    Alarm(String),
}

struct Driver {
    settings: StreamElementsSettings,
    backoff: Backoff,
    taker: Taker,
    teller: Teller,
    nonces: u64,
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
        let mut relay = Relay::open(self.settings.ws_url.clone());
        let pace = self.settings.pace.clone();
        // Until the subscription is answered, that is waited for; then the server is asked when it is silent.
        let mut asked = None;
        let mut deadline = Instant::now() + pace.answer_within;
        let mut is_pinged = true;
        loop {
            tokio::select! {
                (runner, event) = relay.next() => {
                    if self.teller.is_live() {
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
                        Event::Closed { code, .. } => return End::Again(closed(code)),
                        Event::Frame(text) => text,
                    };
                    match frame::read(&text, field::now()) {
                        Ok(Frame::Tip(tip)) => self.taker.take(*tip),
                        Ok(Frame::Response { nonce, error }) => {
                            let Some((runner, _)) = asked.take_if(|(_, asked)| *asked == nonce) else {
                                continue;
                            };
                            match (error, runner) {
                                (None, Runner::Next) => relay.hand_over(),
                                (None, Runner::Current) => {
                                    self.backoff.reset();
                                    self.teller.link(LinkState::Live);
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
                        Err(error) => self.teller.unreadable(&error.to_string()),
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

fn closed(code: Option<u16>) -> String {
    code.map_or_else(
        || "the connection was lost".to_owned(),
        |code| format!("the connection was closed with code {code}"),
    )
}
