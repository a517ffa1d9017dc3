//! The control API: who may speak to the show, what they may ask, and what they are told.
//!
//! It listens on this machine alone unless a token is set. Requests must name this server in `Host`, and a web page
//! of another origin is refused, so that a page that the streamer visits cannot press "skip".

mod border;
mod openapi;
mod problem;
mod routes;
mod snapshot;

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::config::ApiConfig;
use crate::intake::Intake;
use crate::secret::Secret;
use crate::stagehand::Order;

pub use self::problem::Problem;
pub use self::routes::{Accepted, Cleared, DonateBody, Health};
pub use self::snapshot::{Active, Link, Phase, QueueView, SourceView, Upcoming};

/// What the routes work with.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    pub(crate) queue: watch::Receiver<QueueView>,
    pub(crate) orders: mpsc::Sender<Order>,
    pub(crate) intake: Intake,
    pub(crate) stop: CancellationToken,
    pub(crate) border: border::Border,
}

/// Why the API cannot be offered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// It would listen to other machines, and anybody there could steer the show.
    #[error("the control API would listen on {address}, open to other machines, and has no token")]
    NeedsToken {
        /// Where.
        address: SocketAddr,
    },
    /// Another program has the port, or the address is not this machine's.
    #[error("the control API cannot listen on {address}")]
    Bind {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

impl ControlError {
    /// What the person can do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NeedsToken { .. } => {
                "set API_TOKEN to a long random text, or API_HOST to 127.0.0.1"
            }
            Self::Bind { .. } => {
                "another program (a second drawstream?) may have the port: choose another with API_PORT"
            }
        }
    }
}

/// Takes the port, so that whoever cannot have it learns so before the show begins.
///
/// # Errors
/// [`ControlError`].
pub async fn bind(config: &ApiConfig) -> Result<TcpListener, ControlError> {
    let address = SocketAddr::new(config.host, config.port);
    if !config.host.is_loopback() && config.token.is_none() {
        return Err(ControlError::NeedsToken { address });
    }
    TcpListener::bind(address)
        .await
        .map_err(|source| ControlError::Bind { address, source })
}

/// Answers until `stop` is cancelled, then finishes the answers under way.
pub async fn serve(
    listener: TcpListener,
    token: Option<Secret>,
    queue: watch::Receiver<QueueView>,
    orders: mpsc::Sender<Order>,
    intake: Intake,
    stop: CancellationToken,
) {
    let border = border::Border::new(listener.local_addr().ok(), token);
    let desk = Desk {
        queue,
        orders,
        intake,
        stop: stop.clone(),
        border,
    };
    let server = axum::serve(listener, routes::router(desk));
    if let Err(error) = server.with_graceful_shutdown(stop.cancelled_owned()).await {
        tracing::error!(%error, "the control API ended; the show goes on without it");
    }
}

#[cfg(test)]
mod tests;
