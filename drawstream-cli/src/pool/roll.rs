//! The [`Roll`]: which workers there are, as they say of themselves every few seconds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::ROOT;
use super::link::Link;
use super::record::tidy;
use crate::config::is_name;

/// How often a worker says how it is.
pub(crate) const BEAT: Duration = Duration::from_secs(3);
/// Whoever was not heard for so long is gone.
const GONE: Duration = Duration::from_secs(10);
/// How long workers are waited for after they were called.
const CALL: Duration = Duration::from_millis(1_500);
/// The longest beat in bytes.
const LONGEST_BEAT: usize = 4 << 10;
/// Workers that are kept in mind.
const MOST_WORKERS: usize = 500;

/// What a worker does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkerState {
    /// It waits for a job.
    #[default]
    Idle,
    /// It paints.
    Painting,
    /// Its painters failed; it takes no job for a while.
    Resting,
    /// It ends.
    Leaving,
}

impl WorkerState {
    /// Every one.
    pub(crate) const ALL: [Self; 4] = [Self::Idle, Self::Painting, Self::Resting, Self::Leaving];

    /// As metrics name it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Painting => "painting",
            Self::Resting => "resting",
            Self::Leaving => "leaving",
        }
    }
}

/// A worker, as it tells of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkerBeat {
    /// Its name.
    pub name: String,
    /// What it does.
    pub state: WorkerState,
    /// The show that it paints for.
    pub show: Option<String>,
    /// Its painters, in order of preference.
    pub painters: Vec<String>,
    /// Paintings since it started.
    pub done: u64,
    /// Jobs that it could not paint.
    pub failed: u64,
    /// Seconds that its last painting took.
    pub seconds: Option<f64>,
    /// What went wrong last.
    pub last_error: Option<String>,
}

impl WorkerBeat {
    pub(crate) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads what somebody said of itself.
    fn parse(payload: &[u8]) -> Option<Self> {
        if payload.len() > LONGEST_BEAT {
            return None;
        }
        let mut beat: Self = serde_json::from_slice(payload).ok()?;
        beat.painters.truncate(8);
        beat.painters.iter_mut().for_each(|name| *name = tidy(name));
        beat.last_error = beat.last_error.as_deref().map(tidy);
        beat.seconds = beat.seconds.filter(|seconds| seconds.is_finite());
        let is_fit = is_name(&beat.name) && beat.show.as_deref().is_none_or(is_name);
        is_fit.then_some(beat)
    }
}

/// The subject on which a worker says how it is.
pub(crate) fn beat_subject(name: &str) -> String {
    format!("{ROOT}.worker.{name}")
}

/// The subject on which workers are called.
pub(crate) fn call_subject() -> String {
    format!("{ROOT}.rollcall")
}

type Heard = BTreeMap<String, (WorkerBeat, Instant)>;

/// Who was heard of, and when.
#[derive(Debug)]
pub(crate) struct Roll {
    heard: Arc<watch::Sender<Heard>>,
    _listener: AbortOnDropHandle<()>,
}

impl Roll {
    /// Begins to listen. A break of the connection is no end of it.
    pub(crate) async fn start(link: &Link) -> Result<Self, async_nats::SubscribeError> {
        let subject = format!("{ROOT}.worker.*");
        let mut beats = link.client.subscribe(subject).await?;
        let heard = Arc::new(watch::Sender::new(Heard::new()));
        let told = Arc::clone(&heard);
        let listener = tokio::spawn(async move {
            while let Some(message) = beats.next().await {
                if let Some(beat) = WorkerBeat::parse(&message.payload) {
                    told.send_modify(|heard| note(heard, beat));
                }
            }
        });
        Ok(Self {
            heard,
            _listener: AbortOnDropHandle::new(listener),
        })
    }

    /// The workers that are there, by name.
    pub(crate) fn present(&self) -> Vec<WorkerBeat> {
        let heard = self.heard.borrow();
        let here = heard.values().filter(|(_, at)| at.elapsed() < GONE);
        here.map(|(beat, _)| beat.clone()).collect()
    }

    /// The same; where nobody is known they are called, and waited for a moment.
    pub(crate) async fn call(&self, link: &Link) -> Vec<WorkerBeat> {
        let known = self.present();
        if !known.is_empty() {
            return known;
        }
        let mut heard = self.heard.subscribe();
        heard.borrow_and_update();
        // Without a connection nobody answers, which is found out in the same way.
        let _ = link.client.publish(call_subject(), "".into()).await;
        let _ = tokio::time::timeout(CALL, heard.changed()).await;
        self.present()
    }

    /// Changes with every beat.
    pub(crate) fn changes(&self) -> watch::Receiver<Heard> {
        self.heard.subscribe()
    }
}

fn note(heard: &mut Heard, beat: WorkerBeat) {
    heard.retain(|_, (_, at)| at.elapsed() < GONE);
    if beat.state == WorkerState::Leaving {
        heard.remove(&beat.name);
    } else if heard.contains_key(&beat.name) || heard.len() < MOST_WORKERS {
        heard.insert(beat.name.clone(), (beat, Instant::now()));
    }
}
