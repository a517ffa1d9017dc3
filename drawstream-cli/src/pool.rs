//! The painting pool: shows and workers that meet at a NATS server.
//!
//! | what | where on the server |
//! |---|---|
//! | jobs | stream `DRAWSTREAM_JOBS`, a work queue; subject `drawstream.job.<show>`; one durable consumer a show |
//! | pictures, and what else became of jobs | object store `drawstream-pictures`, by the job's id, for an hour |
//! | "there is a job" | `drawstream.bell.<show>` |
//! | news and previews of a job | `drawstream.news.<show>.<id>`, `drawstream.preview.<show>.<id>` |
//! | "nobody wants it any more" | `drawstream.cancel.<show>.<id>` |
//! | "who has it in hand?" | `drawstream.whohas.<show>.<id>`, answered by the worker |
//! | workers' states | `drawstream.worker.<name>`, every few seconds and after `drawstream.rollcall` |
//!
//! Only the first two are kept by the server; the rest is told to whoever listens, and nothing depends on it but speed.
//! All that comes from there is read as if a stranger had written it.

pub(crate) mod desk;
pub(crate) mod job;
pub(crate) mod link;
pub(crate) mod record;
pub(crate) mod roll;
pub(crate) mod watch;

use tokio::sync::OnceCell;

use self::desk::{Desk, DeskError};
use self::link::{Link, LinkError};
use self::roll::Roll;
pub use self::roll::{WorkerBeat, WorkerState};
pub use self::watch::PoolView;
use crate::config::PoolConfig;
use crate::health::Health;

/// The first part of every subject.
const ROOT: &str = "drawstream";

/// The subject of all shows' bells.
pub(crate) fn bell_subject() -> String {
    format!("{ROOT}.bell.*")
}

/// Why there is no pool to work with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum PoolError {
    /// There is no connection.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The server does not keep what the pool needs.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The server does not tell of workers.
    #[error("the pool's server does not tell of workers")]
    Roll(#[from] async_nats::SubscribeError),
}

impl PoolError {
    pub(crate) fn health(&self) -> Health {
        match self {
            Self::Link(error) => error.health(),
            Self::Desk(_) => Health::bad(
                self.to_string(),
                "the server needs JetStream (nats-server -js, or jetstream {} in its file), and its user the rights of docs/SCALING.md",
            ),
            Self::Roll(_) => Health::bad(self.to_string(), "start the server again"),
        }
    }
}

/// The pool as a show or a worker has it before it.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) link: Link,
    pub(crate) desk: Desk,
    pub(crate) roll: Roll,
}

impl Pool {
    /// Connects, and makes on the server what is not there yet.
    pub(crate) async fn open(config: &PoolConfig, name: &str) -> Result<Self, PoolError> {
        let link = Link::connect(config, name).await?;
        let desk = Desk::open(&link).await?;
        let roll = Roll::start(&link).await?;
        Ok(Self { link, desk, roll })
    }
}

/// A pool that is opened when it is first needed.
#[derive(Debug)]
pub(crate) struct PoolDoor {
    config: PoolConfig,
    pool: OnceCell<Pool>,
}

impl PoolDoor {
    pub(crate) fn new(config: PoolConfig) -> Self {
        Self {
            config,
            pool: OnceCell::new(),
        }
    }

    pub(crate) fn config(&self) -> &PoolConfig {
        &self.config
    }

    /// The pool; connected once, and by itself again after breaks.
    pub(crate) async fn open(&self) -> Result<&Pool, PoolError> {
        let open = || async {
            let name = format!("drawstream show {}", self.config.show);
            let pool = Pool::open(&self.config, &name).await?;
            pool.desk
                .open_show(&self.config.show, self.config.silence)
                .await?;
            Ok(pool)
        };
        self.pool.get_or_try_init(open).await
    }
}
