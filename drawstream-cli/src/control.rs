//! The control API: who may speak to the show, what they may ask, and what they are told.
//!
//! It listens on this machine alone unless a token is set. Requests must name this server in `Host`, and a web page
//! of another origin is refused, so that a page that the streamer visits cannot press "skip".
//!
//! | file | holds |
//! |---|---|
//! | `border`, `links`, `role` | who may come in, by which token, and how much they may do |
//! | `rate`, `idempotency` | not too many commands, and each once |
//! | `routes`, `donation`, `settings` | what can be asked |
//! | `herald`, `event` | the stream of everything that changes |
//! | `canvas` | the canvas as changed pixels |
//! | `page` | the dashboard and the browser source |
//! | `metrics`, `openapi` | for machines |

mod border;
mod canvas;
mod donation;
mod event;
mod herald;
mod history;
mod idempotency;
mod links;
mod metrics;
mod openapi;
mod page;
mod problem;
mod rate;
mod role;
mod routes;
mod settings;
mod snapshot;

use std::net::SocketAddr;
use std::sync::Arc;

use drawstream_core::gate::Gate;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::config::ApiConfig;
use crate::gallery::Gallery;
use crate::intake::Intake;
use crate::ledger::Clerk;
use crate::meters::Meters;
use crate::staff::TaskView;
use crate::stagehand::{CanvasShot, Order};
use crate::studio::Errand;

pub use self::donation::{
    DonationList, DonationView, EditBody, ListQuery, Mark, MoveBody, ShelfName,
};
pub use self::event::{CountView, EventView, LookView, PulseView, QueueTopic, ShowView, Topics};
pub use self::history::{ForgetBody, Forgotten};
pub use self::links::Links;
pub use self::page::{SessionBody, SessionView};
pub use self::problem::Problem;
pub use self::role::Role;
pub use self::routes::{Accepted, Cleared, DonateBody, Health};
pub use self::settings::{Approval, LiveSettings, SettingsPatch, SettingsView};
pub use self::snapshot::{
    Active, CurtainView, Link, OutputState, OutputView, Phase, QueueView, SourceView, Upcoming,
    WorkerView,
};

/// What the routes work with.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    pub(crate) queue: watch::Receiver<QueueView>,
    pub(crate) orders: mpsc::Sender<Order>,
    pub(crate) errands: mpsc::Sender<Errand>,
    pub(crate) intake: Intake,
    pub(crate) gate: Arc<Gate>,
    pub(crate) settings: Arc<watch::Sender<LiveSettings>>,
    pub(crate) meters: Arc<Meters>,
    pub(crate) bulletins: watch::Receiver<Arc<herald::Bulletin>>,
    pub(crate) canvas: canvas::CanvasFeed,
    pub(crate) undos: donation::Undos,
    pub(crate) answers: idempotency::Answers,
    pub(crate) rate: rate::Rate,
    /// Pictures and time-lapses are made one at a time.
    pub(crate) busy: Arc<Semaphore>,
    pub(crate) tasks: watch::Receiver<Vec<TaskView>>,
    pub(crate) outputs: watch::Receiver<Vec<OutputView>>,
    pub(crate) gallery: Gallery,
    pub(crate) stop: CancellationToken,
    pub(crate) border: border::Border,
}

impl Desk {
    pub(crate) fn clerk(&self) -> &Clerk {
        self.intake.clerk()
    }
}

/// The ends of the channels that lead to the rest of the program.
#[derive(Debug)]
pub struct ControlLines {
    /// What is on.
    pub queue: watch::Receiver<QueueView>,
    /// The canvas.
    pub canvas: watch::Receiver<CanvasShot>,
    /// To the stage.
    pub orders: mpsc::Sender<Order>,
    /// To the studio.
    pub errands: mpsc::Sender<Errand>,
    /// The door for test donations, and the ledger behind it.
    pub intake: Intake,
    /// What cleans texts for screens.
    pub gate: Arc<Gate>,
    /// What people change while the show goes on.
    pub settings: Arc<watch::Sender<LiveSettings>>,
    /// What is counted.
    pub meters: Arc<Meters>,
    /// The program's tasks, and how they are.
    pub tasks: watch::Receiver<Vec<TaskView>>,
    /// Videos and streams, and how they are.
    pub outputs: watch::Receiver<Vec<OutputView>>,
    /// The pictures of what was shown.
    pub gallery: Gallery,
    /// The stage's language.
    pub locale: &'static str,
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
///
/// # Errors
/// Why it ended early.
pub async fn serve(
    listener: TcpListener,
    links: Links,
    lines: ControlLines,
    stop: CancellationToken,
) -> Result<(), String> {
    let border = border::Border::new(listener.local_addr().ok(), links);
    let desk = desk(lines, border, stop.clone());
    let app = routes::router(desk).into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, app);
    let served = server.with_graceful_shutdown(stop.cancelled_owned()).await;
    served.map_err(|error| error.to_string())
}

fn desk(lines: ControlLines, border: border::Border, stop: CancellationToken) -> Desk {
    let herald = herald::Herald {
        clerk: lines.intake.clerk().clone(),
        gate: Arc::clone(&lines.gate),
        view: lines.queue.clone(),
        settings: lines.settings.subscribe(),
        meters: Arc::clone(&lines.meters),
        outputs: lines.outputs.clone(),
        locale: lines.locale,
    };
    Desk {
        bulletins: herald.start(stop.clone()),
        canvas: canvas::CanvasFeed::start(lines.canvas, stop.clone()),
        queue: lines.queue,
        orders: lines.orders,
        errands: lines.errands,
        intake: lines.intake,
        gate: lines.gate,
        settings: lines.settings,
        meters: lines.meters,
        undos: donation::Undos::default(),
        answers: idempotency::Answers::default(),
        rate: rate::Rate::default(),
        tasks: lines.tasks,
        outputs: lines.outputs,
        gallery: lines.gallery,
        busy: Arc::new(Semaphore::new(1)),
        stop,
        border,
    }
}

#[cfg(test)]
mod tests;
