//! A Donation Alerts service on this machine: OAuth, REST and the Centrifugo v1 socket, on loopback.
//!
//! It speaks what the real one speaks, quirks included: Laravel pages of 30 newest first, a private channel whose
//! token is bound to the connection, zero values left out, up to four documents a frame, recovery newest first,
//! joins and leaves of others, pings every 25 s. Tests break it on purpose; the demo and bot authors use it as a
//! service.
//!
//! | file | holds |
//! |---|---|
//! | `service` | the account: donations, tokens, the channel's history, who is connected |
//! | `listing` | rows and pages
//! | `command` | what the socket answers to a command |
//! | `socket` | one connection |
//! | `http` | REST |
//! | `oauth` | the pages that give out tokens |
//! | `donors` | people who donate to the demo |
//! | `scenario` | troubles, scripted |

mod command;
pub mod donors;
mod http;
mod listing;
mod oauth;
pub mod scenario;
mod service;
mod socket;
#[cfg(test)]
mod test;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use service::{Announce, RestFault, SimulatedDonation, Stats};
use service::{Out, Service};

/// Which Centrifugo the socket behaves like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// 2.5 to 2.7 in seq mode, most likely what the real service runs: both `seq` and `offset` in replies, `seq`
    /// alone in pushes, mistakes answered by errors.
    #[default]
    V27,
    /// 2.8 in seq mode: `seq` alone; mistakes close the connection.
    V28Seq,
    /// 2.8 in offset mode: `offset` alone, recovery oldest first.
    V28Offset,
}

/// How the service behaves.
#[derive(Clone, Debug)]
pub struct SimulatorOptions {
    /// Port on loopback; 0 takes a free one.
    pub port: u16,
    /// Which Centrifugo it is like.
    pub dialect: Dialect,
    /// The streamer's user id.
    pub user_id: u64,
    /// Seed of tokens, client ids and epochs.
    pub seed: u64,
    /// Id of the first donation. A service that is started anew must not give out old ids again: to a program
    /// that remembers, those donations are the old ones.
    pub first_id: u64,
    /// How many publications the channel remembers.
    pub history_size: usize,
    /// How far from its place a donation may stand in the pages; 0 lists strictly newest first.
    pub listing_jitter: usize,
    /// Requests a minute before 429; the real limit is 60.
    pub requests_per_minute: Option<u32>,
    /// How often the socket pings; it cuts who has not answered within a ninth of it.
    pub ping_every: Duration,
    /// Lifetime of access tokens.
    pub token_lifetime: Duration,
    /// Lifetime of a connection, told as `ttl` in the connect reply.
    pub connection_ttl: Option<Duration>,
}

impl Default for SimulatorOptions {
    fn default() -> Self {
        Self {
            port: 0,
            dialect: Dialect::default(),
            user_id: 13_900_001,
            seed: 1,
            first_id: 164_405_432,
            history_size: 100,
            listing_jitter: 0,
            requests_per_minute: Some(60),
            ping_every: Duration::from_secs(25),
            token_lifetime: Duration::from_secs(365 * 24 * 3600),
            connection_ttl: None,
        }
    }
}

impl SimulatorOptions {
    /// Options for a service beside a program that remembers: ids grow from one start to the next.
    pub fn with_new_ids(self) -> Self {
        let now = time::OffsetDateTime::now_utc().unix_timestamp();
        // Nobody donates as often as ten times a second for the whole life of a service.
        let first_id = now.unsigned_abs().saturating_mul(10);
        Self { first_id, ..self }
    }
}

/// The id and the secret of the one application that the service knows.
pub const CLIENT: (&str, &str) = ("1234", "SIMULATED-SECRET");

type Shared = Arc<Desk>;

/// The service's state and the news about it.
struct Desk {
    service: Mutex<Service>,
    stats: watch::Sender<Stats>,
    stop: CancellationToken,
}

impl Desk {
    /// Does something with the service and tells those who wait for its numbers.
    fn with<T>(&self, action: impl FnOnce(&mut Service) -> T) -> T {
        let mut service = self.lock();
        let result = action(&mut service);
        let stats = service.stats();
        drop(service);
        self.stats.send_if_modified(|old| {
            let changed = *old != stats;
            *old = stats;
            changed
        });
        result
    }

    fn lock(&self) -> MutexGuard<'_, Service> {
        // A panic in one request leaves whole values behind: every change is a few assignments.
        self.service.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running service. It stops when this is dropped.
pub struct Simulator {
    desk: Shared,
    address: SocketAddr,
}

impl Simulator {
    /// Starts the service.
    ///
    /// # Errors
    /// Where the port is taken.
    pub async fn start(options: SimulatorOptions) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let address = listener.local_addr()?;
        let service = Service::new(options, address);
        let desk = Arc::new(Desk {
            stats: watch::Sender::new(service.stats()),
            service: Mutex::new(service),
            stop: CancellationToken::new(),
        });
        let router = http::router(desk.clone());
        let stop = desk.stop.clone();
        tokio::spawn(async move {
            let served =
                axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned());
            if let Err(error) = served.await {
                tracing::warn!(%error, "the simulator stopped");
            }
        });
        Ok(Self { desk, address })
    }

    /// Where OAuth is: `http://127.0.0.1:PORT`. REST is under `/api/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Base of REST, as `DA_API_BASE` takes it.
    pub fn api_url(&self) -> String {
        format!("http://{}/api/v1", self.address)
    }

    /// The socket, as `DA_WS_URL` takes it.
    pub fn ws_url(&self) -> String {
        format!("ws://{}/connection/websocket", self.address)
    }

    /// An access token with all scopes.
    pub fn access_token(&self) -> String {
        self.desk.with(|service| service.grant().access)
    }

    /// A refresh token that gives a new access token once.
    pub fn refresh_token(&self) -> String {
        self.desk.with(|service| service.grant().refresh)
    }

    /// Somebody donates: it is listed by REST and pushed over the socket. Says its id.
    pub fn push(&self, donation: &SimulatedDonation) -> u64 {
        self.announce(donation, Announce::Everywhere)
    }

    /// Somebody donates, and only a part of the service tells of it.
    pub fn announce(&self, donation: &SimulatedDonation, how: Announce) -> u64 {
        self.desk.with(|service| service.donate(donation, how))
    }

    /// Pushes a donation over the socket once more, as happens after reconnects.
    pub fn repeat(&self, id: u64) {
        self.desk.with(|service| service.repeat(id));
    }

    /// Sends any text to all who are subscribed, as a document of its own.
    pub fn send_raw(&self, text: &str) {
        self.desk.with(|service| service.send_raw(text));
    }

    /// Closes all connections with a code and Centrifugo's reason for it.
    pub fn disconnect(&self, code: u16) {
        self.desk
            .with(|service| service.close_all(&Out::Close(code)));
    }

    /// Cuts all connections without a word, as a failing network does.
    pub fn cut(&self) {
        self.desk.with(|service| service.close_all(&Out::Cut));
    }

    /// Takes the subscription away from all who are subscribed, and asks them to come again.
    pub fn unsubscribe(&self) {
        self.desk.with(Service::unsubscribe_all);
    }

    /// From now on the socket says nothing, not even pings, and hangs up on nobody.
    pub fn fall_silent(&self) {
        self.desk.with(|service| service.silent = true);
    }

    /// The socket speaks again.
    pub fn speak(&self) {
        self.desk.with(|service| service.silent = false);
    }

    /// The channel's history is lost and a new epoch begins, as after a restart of the server.
    pub fn new_epoch(&self) {
        self.desk.with(Service::new_epoch);
    }

    /// All tokens given out so far are worth nothing any more, except for refreshing.
    pub fn expire_tokens(&self) {
        self.desk.with(Service::expire_tokens);
    }

    /// The next REST requests fail in these ways, one each.
    pub fn fail_next(&self, faults: impl IntoIterator<Item = RestFault>) {
        self.desk.with(|service| service.faults.extend(faults));
    }

    /// When the list of donations told somebody of this one for the first time.
    pub fn listed_at(&self, id: u64) -> Option<std::time::SystemTime> {
        self.desk.lock().told.get(&id).copied()
    }

    /// What has happened so far.
    pub fn stats(&self) -> Stats {
        self.desk.stats.borrow().clone()
    }

    /// Waits until the numbers are as wished.
    pub async fn wait_until(&self, wished: impl FnMut(&Stats) -> bool) {
        // The sender lives in the same desk, so that waiting cannot fail.
        let _ = self.desk.stats.subscribe().wait_for(wished).await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.desk.stop.cancel();
        self.desk
            .with(|service| service.close_all(&Out::Close(3001)));
    }
}
