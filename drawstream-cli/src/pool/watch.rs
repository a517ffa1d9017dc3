//! The [`Lookout`]: keeps the dashboard's view of the pool true.

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::desk::Depth;
use super::roll::WorkerBeat;
use crate::meters::Meters;
use crate::painters::Remote;

/// How often the queue is asked for its length.
const LOOK: Duration = Duration::from_secs(3);
/// Beats of many workers are told together.
const GATHER: Duration = Duration::from_millis(300);

/// The painting pool at a moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PoolView {
    /// Whether its server answers.
    pub up: bool,
    /// How it is, for a person.
    pub state: String,
    /// Jobs of this show that wait for a worker.
    pub waiting: u64,
    /// Jobs of this show that workers have in hand.
    pub in_hand: u64,
    /// Jobs of all shows, waiting or in hand.
    pub of_all: u64,
    /// The workers that are there.
    pub workers: Vec<WorkerBeat>,
}

/// Watches the pool for as long as the show goes on.
#[derive(Debug)]
pub(crate) struct Lookout {
    remote: Remote,
    meters: Arc<Meters>,
}

impl Lookout {
    pub(crate) fn new(remote: Remote, meters: Arc<Meters>) -> Self {
        Self { remote, meters }
    }

    /// Looks until it is dropped.
    pub(crate) async fn watch(&self) {
        loop {
            let pool = match self.remote.pool().await {
                Ok(pool) => pool,
                Err(why) => {
                    self.meters.pool_is(PoolView {
                        state: why.to_string(),
                        ..PoolView::default()
                    });
                    tokio::time::sleep(LOOK).await;
                    continue;
                }
            };
            let mut changes = pool.roll.changes();
            let depth = pool.desk.depth(self.remote.show()).await;
            let view = match depth {
                Ok(depth) if pool.link.is_up() => view(pool.roll.present(), depth),
                Ok(_) | Err(_) => PoolView {
                    state: "its server does not answer; the connection is tried again".to_owned(),
                    ..PoolView::default()
                },
            };
            self.meters.pool_is(view);
            // The first beat after a look is what the next look is for; then many come together.
            let _ = tokio::time::timeout(LOOK, changes.changed()).await;
            tokio::time::sleep(GATHER).await;
        }
    }
}

fn view(workers: Vec<WorkerBeat>, depth: Depth) -> PoolView {
    let Depth {
        waiting,
        in_hand,
        of_all,
    } = depth;
    let there = match workers.len() {
        0 => "no worker".to_owned(),
        1 => "1 worker".to_owned(),
        n => format!("{n} workers"),
    };
    PoolView {
        up: true,
        state: format!("{there}; {waiting} wait, {in_hand} in hand, {of_all} of all shows"),
        waiting,
        in_hand,
        of_all,
        workers,
    }
}
