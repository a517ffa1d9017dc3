//! Donation Alerts as a source: the socket for what happens now, REST for what was missed, the ledger for both.
//!
//! `session` decides; this file performs: it owns the clock, the socket and the requests, and hands each donation
//! to the ledger before it counts as known.
//!
//! | file | holds |
//! |---|---|
//! | `dialect` | what differs between the services that speak the protocol |
//! | `document` | the socket's documents: decode, encode |
//! | `row` | a donation as the service writes it |
//! | `session` | the state machine |
//! | `request`, `report` | what it asks, and what it tells
//! | `sweep` | reading the list back without leaving a gap |
//! | `pace` | waits and budgets |
//! | `rest`, `socket` | the network |
//! | `token`, `login` | the streamer's tokens, and how they are got |

pub(super) mod dialect;
mod document;
mod login;
pub(super) mod pace;
mod report;
pub(super) mod request;
pub(super) mod rest;
pub(super) mod row;
mod session;
pub(super) mod socket;
mod sweep;
#[cfg(test)]
mod test;
mod token;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

use drawstream_core::donation::{ExternalId, ShowTime, UnixTime};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use dialect::{DONATION_ALERTS, Dialect, Service};
pub(super) use document::mended;
pub use login::{Login, LoginError, SCOPES};
pub use pace::Pace;
use report::Report;
use request::{Request, RequestError};
use rest::Rest;
use session::{Input, Output, Session, SessionSettings};
use socket::{Event, Socket};
use sweep::{Memory, PageRead};
pub use token::{Application, Claims, TOKEN_FILE, TokenError, TokenStore, Tokens};

use super::status::{Running, SourceStatus};
use crate::ledger::{Clerk, Familiarity, LedgerError, NewDonation, Taken};

/// The source's name in the configuration and in the ledger.
pub const NAME: &str = "donation_alerts";

/// The public REST.
pub const API_BASE: &str = "https://www.donationalerts.com/api/v1";

/// The public socket.
pub const WS_URL: &str = "wss://centrifugo.donationalerts.com/connection/websocket";

/// What the source needs to know.
#[derive(Debug)]
pub struct DonationAlertsSettings {
    /// Base of REST, ending in `/api/v1`.
    pub api_base: String,
    /// The socket; `http` and `https` are read as `ws` and `wss`.
    pub ws_url: String,
    /// The streamer's tokens.
    pub tokens: TokenStore,
    /// For renewing them; without it a new login is needed when they expire.
    pub application: Option<Application>,
    /// The streamer's id; asked from the service where absent.
    pub user_id: Option<u64>,
    /// On the first start ever, take the donations that were made since then. Without it, those that are listed
    /// already are not drawn.
    pub backfill_since: Option<UnixTime>,
    /// Lengths of time.
    pub pace: Pace,
    /// Seed of the waits between connections.
    pub seed: u64,
}

/// The running source.
#[derive(Debug)]
pub struct DonationAlerts {
    /// What the operator sees.
    pub status: watch::Receiver<SourceStatus>,
    /// Ends after the token that [`Self::start`] took is cancelled.
    pub task: JoinHandle<()>,
}

impl DonationAlerts {
    /// Starts the source. `news` is notified whenever donations were taken into the ledger.
    ///
    /// # Errors
    /// Where HTTP cannot be set up, or the ledger not be read.
    pub async fn start(
        settings: DonationAlertsSettings,
        clerk: Clerk,
        news: Arc<Notify>,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        let rest = Rest::new(&settings.api_base, settings.application, settings.tokens)?;
        let backfill = Backfill {
            user_id: settings.user_id,
            since: settings.backfill_since,
        };
        let Running { status, task } = start_dialect(
            &DONATION_ALERTS,
            Service::DonationAlerts(rest),
            &settings.ws_url,
            backfill,
            (settings.pace, settings.seed),
            Books { clerk, news },
            stop,
        )
        .await?;
        Ok(Self { status, task })
    }
}

/// What is known and wished at a first start.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backfill {
    /// The streamer's id; asked from the service where absent.
    pub user_id: Option<u64>,
    /// Take the donations that were made since then; none of those that are listed already where absent.
    pub since: Option<UnixTime>,
}

/// Where donations are written, and who is told of it.
pub(super) struct Books {
    pub(super) clerk: Clerk,
    pub(super) news: Arc<Notify>,
}

/// Starts a source that speaks this protocol in a dialect. `pace` goes with the seed of the waits.
///
/// # Errors
/// Where the ledger cannot be read.
pub(super) async fn start_dialect(
    dialect: &'static Dialect,
    service: Service,
    ws_url: &str,
    backfill: Backfill,
    (pace, seed): (Pace, u64),
    Books { clerk, news }: Books,
    stop: CancellationToken,
) -> anyhow::Result<Running> {
    let memory = clerk
        .ask(move |ledger| {
            let number = |name| -> Result<Option<u64>, LedgerError> {
                let word = ledger.bookmark(dialect.name, name)?;
                Ok(word.and_then(|v| v.parse().ok()))
            };
            Ok(Memory {
                horizon: number("horizon")?,
                anchor: number("anchor")?.unwrap_or(0),
            })
        })
        .await?;
    let status = watch::Sender::new(SourceStatus {
        name: dialect.name,
        ..SourceStatus::default()
    });
    let receiver = status.subscribe();
    let driver = Driver {
        dialect,
        session: Session::new(SessionSettings {
            dialect,
            pace,
            seed,
            user_id: backfill.user_id,
            backfill_since: backfill.since,
            memory,
        }),
        rest: Arc::new(service),
        ws_url: websocket_url(ws_url),
        clerk,
        news,
        status,
        shown: Report::default(),
        began: Instant::now(),
        socket: None,
        request: None,
    };
    Ok(Running {
        status: receiver,
        task: tokio::spawn(driver.run(stop)),
    })
}

/// `http(s)` is read as `ws(s)`.
fn websocket_url(url: &str) -> String {
    match url.split_once("://") {
        Some(("http", rest)) => format!("ws://{rest}"),
        Some(("https", rest)) => format!("wss://{rest}"),
        _ => url.to_owned(),
    }
}

type Answer = Pin<Box<dyn Future<Output = Input> + Send>>;

/// The loop around a session.
struct Driver {
    session: Session,
    dialect: &'static Dialect,
    rest: Arc<Service>,
    ws_url: String,
    clerk: Clerk,
    news: Arc<Notify>,
    status: watch::Sender<SourceStatus>,
    shown: Report,
    began: Instant,
    socket: Option<Socket>,
    request: Option<Answer>,
}

impl Driver {
    async fn run(mut self, stop: CancellationToken) {
        let mut input = Input::Wake;
        loop {
            self.session.handle(self.now(), input);
            while let Some(output) = self.session.poll() {
                self.perform(output).await;
            }
            self.show();
            let wake = self.began + self.session.wake_at(self.now()).0;
            input = tokio::select! {
                () = stop.cancelled() => break,
                event = next_event(&mut self.socket) => self.told(event),
                answer = next_answer(&mut self.request) => {
                    self.request = None;
                    answer
                }
                () = sleep_until(wake) => Input::Wake,
            };
        }
    }

    fn now(&self) -> ShowTime {
        ShowTime(self.began.elapsed())
    }

    fn told(&mut self, event: Event) -> Input {
        match event {
            Event::Opened => Input::Opened,
            Event::Frame(text) => Input::Frame {
                text,
                heard_at: unix_now(),
            },
            Event::Heard => Input::Heard,
            Event::Closed { code, reason } => {
                self.socket = None;
                Input::Closed { code, reason }
            }
        }
    }

    async fn perform(&mut self, output: Output) {
        let name = self.dialect.name;
        match output {
            Output::Request(request) => {
                let rest = self.rest.clone();
                let clerk = self.clerk.clone();
                self.request = Some(Box::pin(async move {
                    ask(&rest, &clerk, request)
                        .await
                        .unwrap_or_else(Input::RequestFailed)
                }));
            }
            Output::Open => self.socket = Some(Socket::open(self.ws_url.clone())),
            Output::Send(frame) => {
                if let Some(socket) = &self.socket {
                    socket.send(frame);
                }
            }
            Output::Close => self.socket = None,
            Output::Take(batch) => self.take(batch).await,
            Output::MarkKnown(known, memory) => {
                let kept = known.clone();
                let marked = self
                    .clerk
                    .ask(move |ledger| ledger.settle(&known, name, &bookmarks(memory)));
                let input = match marked.await {
                    Ok(()) => Input::Marked,
                    Err(error) => {
                        tracing::debug!(%error, "the known ones could not be marked yet");
                        Input::NotMarked(kept)
                    }
                };
                self.session.handle(self.now(), input);
            }
            Output::Remember(memory) => {
                let kept = self
                    .clerk
                    .ask(move |ledger| ledger.settle(&[], name, &bookmarks(memory)));
                if let Err(error) = kept.await {
                    tracing::debug!(%error, "the ledger could not remember how far the list was read");
                }
            }
        }
    }

    async fn take(&mut self, batch: Vec<NewDonation>) {
        let name = self.dialect.name;
        let kept = batch.clone();
        let taken = self.clerk.ask(move |ledger| ledger.take(&batch)).await;
        let input = match taken {
            Ok(taken) => {
                let ids = taken.iter().filter_map(|taken| match taken {
                    Taken::New(id) => Some(id),
                    Taken::Known => None,
                });
                let mut new = 0;
                for id in ids {
                    tracing::info!(donation.id = id.0, source = name, "took donation {id}");
                    new += 1;
                }
                if new > 0 {
                    self.news.notify_one();
                }
                Input::Stored(new)
            }
            Err(error) => {
                tracing::warn!(%error, waiting = kept.len(), "donations wait for the ledger");
                Input::NotStored(kept)
            }
        };
        self.session.handle(self.now(), input);
    }

    /// Publishes the state if it changed, and logs what a person should know.
    fn show(&mut self) {
        let report = self.session.report().clone();
        if report == self.shown {
            return;
        }
        let now = SystemTime::now();
        let dialect = self.dialect;
        let name = dialect.name;
        if report.link != self.shown.link {
            tracing::info!(source = name, link = ?report.link, "the connection is {:?}", report.link);
        }
        if report.alarm != self.shown.alarm {
            match &report.alarm {
                Some(alarm) => tracing::error!(source = name, "{}", dialect.words(alarm)),
                None => tracing::info!(source = name, "all is well again"),
            }
        }
        if report.last_error != self.shown.last_error
            && let Some(error) = &report.last_error
        {
            tracing::warn!(source = name, "{error}");
        }
        let expires = self.rest.token_expires();
        let old = &self.shown;
        self.status.send_modify(|status| {
            status.link = report.link;
            if report.events != old.events {
                status.last_event = Some(now);
            }
            if report.polls != old.polls {
                status.last_poll = Some(now);
            }
            status.token_expires = expires;
            status.last_error.clone_from(&report.last_error);
            status.alarm = report.alarm.as_ref().map(|alarm| dialect.words(alarm));
            status.taken = report.taken;
            status.unreadable = report.unreadable;
        });
        self.shown = report;
    }
}

/// What is left in the ledger for the next start.
fn bookmarks(memory: Memory) -> Vec<(&'static str, String)> {
    let horizon = memory
        .horizon
        .map(|horizon| ("horizon", horizon.to_string()));
    let anchor = ("anchor", memory.anchor.to_string());
    horizon.into_iter().chain([anchor]).collect()
}

async fn next_event(socket: &mut Option<Socket>) -> Event {
    match socket {
        Some(socket) => socket.next().await,
        None => std::future::pending().await,
    }
}

async fn next_answer(request: &mut Option<Answer>) -> Input {
    match request {
        Some(request) => request.await,
        None => std::future::pending().await,
    }
}

/// Asks the service, and for a page the ledger too.
async fn ask(rest: &Service, clerk: &Clerk, request: Request) -> Result<Input, RequestError> {
    let unreadable = |_| RequestError::Trouble("the ledger could not be read".to_owned());
    match request {
        Request::Profile => {
            let profile = rest.profile().await?;
            Ok(Input::Profile {
                user_id: profile.user_id,
                socket_token: profile.socket_token,
            })
        }
        Request::ChannelToken { client, channel } => {
            let token = rest.channel_token(&client, &channel).await?;
            Ok(Input::ChannelToken(token))
        }
        Request::Page(number) => {
            let top = clerk.ask(|ledger| ledger.last_id()).await;
            let top = top.map_err(unreadable)?;
            let page = rest.page(number, unix_now()).await?;
            let ids: Vec<ExternalId> = page.rows.iter().map(|row| row.external.clone()).collect();
            let familiar = clerk.ask(move |ledger| ledger.familiar(&ids)).await;
            let familiar: Vec<Familiarity> = familiar.map_err(unreadable)?;
            Ok(Input::Page(PageRead {
                number,
                rows: page.rows.into_iter().zip(familiar).collect(),
                unreadable: page.unreadable,
                has_next: page.has_next,
                ledger_top: top.0,
            }))
        }
    }
}

fn unix_now() -> UnixTime {
    UnixTime(time::OffsetDateTime::now_utc().unix_timestamp())
}
