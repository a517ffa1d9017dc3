//! Webhooks: services that tell of a donation by calling this program.
//!
//! They are taken on a port of their own, never on the control API's: a service on the internet reaches this machine
//! only through a tunnel or a proxy, and whoever is let in there must find nothing but this.
//!
//! A request is answered with 200 when its donation is on the disk. Anything else makes the service try again.
//!
//! | address | who | proof |
//! |---|---|---|
//! | `/hook` | any program: Streamer.bot, a script | HMAC-SHA256 over `timestamp.body`, five minutes |
//! | `/kofi` | Ko-fi | the token in the body |
//! | `/throne` | Throne | Ed25519 over `timestamp.body`, five minutes, and the creator |
//! | `/kick` | Kick | RSA-SHA256 over `id.timestamp.body`, five minutes, and the broadcaster |

mod kick;
mod kofi;
mod proof;
mod signed;
#[cfg(test)]
mod test;
mod throne;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use drawstream_core::donation::UnixTime;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::field;
use super::status::{LinkState, Running, Teller};
use crate::config::WebhookConfig;
use crate::intake::Intake;
use crate::ledger::NewDonation;
use proof::{Keys, ProofError};

/// The source's name in the configuration, and that of signed webhooks in the ledger.
pub const NAME: &str = "webhook";

/// The longest body that is read, in bytes: the longest documented one takes some two thousand.
const LONGEST: usize = 64 * 1024;

/// What a request told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    /// Somebody gave something.
    Donation(Box<NewDonation>),
    /// Something else, which is none of our business.
    Nothing,
}

/// Why a request is not taken. None of the texts holds what was sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HookError {
    #[error(transparent)]
    Proof(#[from] ProofError),
    #[error("the body is not what this address takes: {0}")]
    Body(&'static str),
    #[error("this address is not set up")]
    Closed,
}

impl HookError {
    const fn status(&self) -> StatusCode {
        match self {
            Self::Proof(_) => StatusCode::UNAUTHORIZED,
            Self::Body(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Closed => StatusCode::NOT_FOUND,
        }
    }
}

/// What a service sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) now: UnixTime,
}

impl Call<'_> {
    /// A header; empty where it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// The body as JSON; a broken character harms itself alone.
    pub(crate) fn json(&self) -> Result<Value, HookError> {
        parse(&String::from_utf8_lossy(self.body))
    }
}

/// Reads JSON with lone surrogates in it too.
fn parse(text: &str) -> Result<Value, HookError> {
    serde_json::from_str(&super::donation_alerts::mended(text))
        .map_err(|_| HookError::Body("it is no JSON"))
}

/// Whether the settings open any address.
pub fn is_equipped(config: &WebhookConfig) -> bool {
    config.secret.is_some()
        || config.kofi_token.is_some()
        || config.throne_creator.is_some()
        || config.kick_broadcaster.is_some()
}

#[derive(Clone)]
struct Door {
    config: Arc<WebhookConfig>,
    keys: Arc<Keys>,
    intake: Intake,
    teller: Teller,
}

/// Takes the port, so that whoever cannot have it learns so before the show begins.
///
/// # Errors
/// Where another program has it.
pub async fn bind(config: &WebhookConfig) -> std::io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::new(config.host, config.port)).await
}

/// Starts to answer.
pub fn start(
    listener: TcpListener,
    config: WebhookConfig,
    intake: Intake,
    stop: CancellationToken,
) -> Running {
    start_with(listener, config, Keys::published(), intake, stop)
}

fn start_with(
    listener: TcpListener,
    config: WebhookConfig,
    keys: Keys,
    intake: Intake,
    stop: CancellationToken,
) -> Running {
    let (teller, status) = Teller::new(NAME);
    let door = Door {
        config: Arc::new(config),
        keys: Arc::new(keys),
        intake,
        teller: teller.clone(),
    };
    let router = Router::new()
        .route("/hook", post(hook))
        .route("/kofi", post(on_kofi))
        .route("/throne", post(on_throne))
        .route("/kick", post(on_kick))
        .layer(DefaultBodyLimit::max(LONGEST))
        .with_state(door);
    let task = tokio::spawn(async move {
        teller.link(LinkState::Live);
        let server = axum::serve(listener, router);
        if let Err(error) = server.with_graceful_shutdown(stop.cancelled_owned()).await {
            tracing::error!(%error, "webhooks are not taken any more");
            teller.trouble("the port cannot be used any more");
            teller.link(LinkState::Down);
        }
    });
    Running { status, task }
}

type Answer = (StatusCode, Json<Value>);

async fn hook(State(door): State<Door>, headers: HeaderMap, body: Bytes) -> Answer {
    let told = match &door.config.secret {
        None => Err(HookError::Closed),
        Some(secret) => signed::read(&call(&headers, &body), secret, door.intake.currency()),
    };
    door.answer("/hook", NAME, told).await
}

async fn on_kofi(State(door): State<Door>, headers: HeaderMap, body: Bytes) -> Answer {
    let told = match &door.config.kofi_token {
        None => Err(HookError::Closed),
        Some(token) => kofi::read(&call(&headers, &body), token),
    };
    door.answer("/kofi", kofi::NAME, told).await
}

async fn on_throne(State(door): State<Door>, headers: HeaderMap, body: Bytes) -> Answer {
    let told = match &door.config.throne_creator {
        None => Err(HookError::Closed),
        Some(creator) => throne::read(&call(&headers, &body), &door.keys, creator),
    };
    door.answer("/throne", throne::NAME, told).await
}

async fn on_kick(State(door): State<Door>, headers: HeaderMap, body: Bytes) -> Answer {
    let told = match door.config.kick_broadcaster {
        None => Err(HookError::Closed),
        Some(broadcaster) => kick::read(&call(&headers, &body), &door.keys, broadcaster),
    };
    door.answer("/kick", kick::NAME, told).await
}

fn call<'a>(headers: &'a HeaderMap, body: &'a Bytes) -> Call<'a> {
    Call {
        headers,
        body,
        now: field::now(),
    }
}

impl Door {
    async fn answer(
        &self,
        address: &str,
        source: &'static str,
        told: Result<Told, HookError>,
    ) -> Answer {
        let donation = match told {
            Ok(Told::Donation(donation)) => *donation,
            Ok(Told::Nothing) => return (StatusCode::OK, Json(json!({ "taken": 0 }))),
            Err(error) => {
                if !matches!(error, HookError::Closed) {
                    self.teller.unreadable(&format!("{address}: {error}"));
                }
                let status = error.status();
                return (status, Json(json!({ "error": error.to_string() })));
            }
        };
        self.teller.heard();
        match self.intake.take(source, vec![donation]).await {
            Ok(new) => {
                self.teller.taken(new);
                (StatusCode::OK, Json(json!({ "taken": new })))
            }
            Err(error) => {
                tracing::error!(%error, source, "cannot write the ledger");
                self.teller
                    .trouble("the ledger cannot be written; the service was asked to try again");
                let error = "the donation could not be written down; try again";
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    Json(json!({ "error": error })),
                )
            }
        }
    }
}
