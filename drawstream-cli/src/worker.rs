//! The [`Worker`]: paints what shows elsewhere want, one job after another, with this machine's painters.
//!
//! It goes around the shows and takes one job of each, so that a show with a long queue holds up nobody. A job is
//! acknowledged when its record is in the store: a worker that dies before loses nothing, since the server gives the
//! job to another; one that dies after has done it, which whoever gets the job next finds out before painting.

mod hand;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::jetstream::consumer::Consumer;
use async_nats::jetstream::consumer::pull::Config as PullConfig;
use async_nats::jetstream::{self, AckKind};
use async_nats::{Message, Subscriber};
use drawstream_core::gate::Gate;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use self::hand::{After, Hand};
use crate::config::Config;
use crate::failure::Failure;
use crate::painters::{self, Painter};
use crate::pool::desk::Desk;
use crate::pool::link::Link;
use crate::pool::roll::{BEAT, beat_subject, call_subject};
use crate::pool::{Pool, PoolError, WorkerBeat, WorkerState, bell_subject};

/// How often queues are looked into where no bell rings: for jobs that come back.
const LOOK: Duration = Duration::from_secs(1);
/// How often it is asked which shows there are.
const SHOWS: Duration = Duration::from_secs(5);
/// How long the server may take to say that a queue is empty.
const FETCH: Duration = Duration::from_secs(5);
/// How long a worker whose painters failed takes no job; twice as long each time.
const REST: Duration = Duration::from_secs(5);
/// The longest such rest.
const MOST_REST: Duration = Duration::from_secs(60);

/// What a worker tells of itself; it says so whenever it changes.
#[derive(Clone, Debug)]
struct Sign {
    beat: Arc<Mutex<WorkerBeat>>,
    link: Link,
}

impl Sign {
    async fn change(&self, change: impl FnOnce(&mut WorkerBeat)) {
        {
            let mut beat = self.beat.lock().unwrap_or_else(PoisonError::into_inner);
            change(&mut beat);
        }
        self.show().await;
    }

    async fn show(&self) {
        // What is sent without a connection would be told later, when it is not true any more.
        if self.link.is_up() {
            let beat = self
                .beat
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            let subject = beat_subject(&beat.name);
            let _ = self
                .link
                .client
                .publish(subject, beat.encode().into())
                .await;
        }
    }

    /// Shows it every few seconds, and when somebody calls.
    async fn keep_up(self) {
        let mut calls = self.link.client.subscribe(call_subject()).await.ok();
        loop {
            self.show().await;
            match &mut calls {
                Some(calls) => drop(timeout(BEAT, calls.next()).await),
                None => sleep(BEAT).await,
            }
        }
    }
}

/// A worker.
#[derive(Debug)]
pub struct Worker {
    pool: Pool,
    sign: Sign,
    hand: Hand,
    queues: BTreeMap<String, Consumer<PullConfig>>,
    bells: Option<Subscriber>,
    looked: Option<Instant>,
    /// The show that was served last: the one after it comes next.
    last: String,
    rest: Duration,
    stop: CancellationToken,
    _beats: AbortOnDropHandle<()>,
}

impl Worker {
    /// Comes to the pool with the painters of this machine; takes no job yet. It ends when `stop` is cancelled.
    ///
    /// # Errors
    /// Where no painter is set up, or the pool cannot be used.
    pub async fn start(config: &Config, stop: CancellationToken) -> Result<Self, Failure> {
        let painters = painters::workshop(config)?;
        let gate = config.gate.open()?;
        let name = config.pool.worker.clone().unwrap_or_else(machine_name);
        let opened = Pool::open(&config.pool, &format!("drawstream worker {name}")).await;
        let pool = opened.map_err(|error| {
            let hint = error.health().mend;
            let is_input = matches!(
                error,
                PoolError::Link(
                    crate::pool::link::LinkError::Nowhere
                        | crate::pool::link::LinkError::File { .. }
                )
            );
            let failure = if is_input {
                Failure::input(error)
            } else {
                Failure::world(error)
            };
            failure.with_maybe_hint(hint)
        })?;
        let name = free_name(&pool, name).await;
        Ok(Self::at_work(pool, painters, gate, name, stop))
    }

    fn at_work(
        pool: Pool,
        painters: Vec<Box<dyn Painter>>,
        gate: Gate,
        name: String,
        stop: CancellationToken,
    ) -> Self {
        let names = painters.iter().map(|painter| painter.name().to_owned());
        let names: Vec<String> = names.collect();
        tracing::info!(
            "worker {name} waits for jobs at {} (NATS {}); it paints with {}",
            pool.link.address(),
            pool.link.version(),
            names.join(", ")
        );
        let beat = WorkerBeat {
            name: name.clone(),
            painters: names,
            ..WorkerBeat::default()
        };
        let sign = Sign {
            beat: Arc::new(Mutex::new(beat)),
            link: pool.link.clone(),
        };
        let hand = Hand {
            desk: pool.desk.clone(),
            client: pool.link.client.clone(),
            painters,
            gate,
            name,
            stop: stop.clone(),
        };
        Self {
            hand,
            queues: BTreeMap::new(),
            bells: None,
            looked: None,
            last: String::new(),
            rest: REST,
            stop,
            _beats: AbortOnDropHandle::new(tokio::spawn(sign.clone().keep_up())),
            sign,
            pool,
        }
    }

    /// Works until it is to end. The job in hand is finished if that does not take long, or goes back to the queue.
    pub async fn run(mut self) {
        self.bells = self.pool.link.client.subscribe(bell_subject()).await.ok();
        while !self.stop.is_cancelled() {
            match self.next_job().await {
                Some((show, queue, message)) => self.work(show, &queue, message).await,
                None => {
                    let stop = self.stop.clone();
                    tokio::select! {
                        () = self.hear_a_bell() => {}
                        () = sleep(LOOK) => {}
                        () = stop.cancelled() => {}
                    }
                }
            }
        }
        self.sign
            .change(|beat| beat.state = WorkerState::Leaving)
            .await;
        // Whoever does not hear it finds out by the silence.
        let _ = timeout(FETCH, self.pool.link.client.flush()).await;
        tracing::info!("the worker has ended");
    }

    async fn hear_a_bell(&mut self) {
        match &mut self.bells {
            Some(bells) => {
                let bell = bells.next().await;
                self.note_bell(bell);
            }
            None => std::future::pending().await,
        }
    }

    /// Whoever rings and is not known is looked for at once.
    fn note_bell(&mut self, bell: Option<Message>) {
        let is_known = |bell: &Message| {
            let show = bell.subject.rsplit('.').next().unwrap_or_default();
            self.queues.contains_key(show)
        };
        if bell.is_some_and(|bell| !is_known(&bell)) {
            self.looked = None;
        }
    }

    /// The next job, of the show whose turn it is.
    async fn next_job(&mut self) -> Option<(String, Consumer<PullConfig>, jetstream::Message)> {
        // Bells that rang while a job was in hand.
        while let Some(Some(bell)) = self.bells.as_mut().and_then(|b| b.next().now_or_never()) {
            self.note_bell(Some(bell));
        }
        self.look_for_shows().await;
        let after = self.queues.range(self.last.clone()..);
        let after = after.filter(|(show, _)| **show != self.last);
        let before = self.queues.range(..=self.last.clone());
        let round: Vec<_> = after
            .chain(before)
            .map(|(show, queue)| (show.clone(), queue.clone()))
            .collect();
        for (show, queue) in round {
            if self.stop.is_cancelled() {
                return None;
            }
            match taken(&queue).await {
                Ok(Some(message)) => {
                    self.last.clone_from(&show);
                    return Some((show, queue, message));
                }
                Ok(None) => {}
                Err(error) => {
                    // The show's queue may be gone; the next look around finds those that are there.
                    tracing::debug!(%error, show, "a queue does not answer");
                    self.queues.remove(&show);
                    self.looked = None;
                }
            }
        }
        None
    }

    async fn look_for_shows(&mut self) {
        if self.looked.is_some_and(|at| at.elapsed() < SHOWS) {
            return;
        }
        self.looked = Some(Instant::now());
        let shows = match self.pool.desk.shows().await {
            Ok(shows) => shows,
            Err(error) => {
                tracing::debug!(%error, "the shows cannot be listed");
                if self.pool.link.is_up() {
                    // Somebody may have emptied the server; where that is not it, this changes nothing.
                    let _ = Desk::open(&self.pool.link).await;
                }
                return;
            }
        };
        self.queues.retain(|show, _| shows.contains(show));
        for show in shows {
            if !self.queues.contains_key(&show)
                && let Ok(queue) = self.pool.desk.queue(&show).await
            {
                self.queues.insert(show, queue);
            }
        }
    }

    async fn work(
        &mut self,
        show: String,
        queue: &Consumer<PullConfig>,
        message: jetstream::Message,
    ) {
        self.sign
            .change(|beat| {
                beat.state = WorkerState::Painting;
                beat.show = Some(show);
            })
            .await;
        let begun = Instant::now();
        let silence = queue.cached_info().config.ack_wait;
        let after = self.hand.take(message, silence).await;
        let seconds = (begun.elapsed().as_secs_f64() * 100.0).round() / 100.0;
        let mut rest = None;
        self.sign
            .change(|beat| {
                beat.state = WorkerState::Idle;
                beat.show = None;
                match after {
                    After::Painted => {
                        beat.done += 1;
                        beat.seconds = Some(seconds);
                    }
                    After::Nothing => {}
                    After::Failed(why) => {
                        beat.failed += 1;
                        beat.last_error = Some(why);
                    }
                    After::Trouble(why) => {
                        beat.failed += 1;
                        beat.last_error = Some(why);
                        beat.state = WorkerState::Resting;
                        rest = Some(());
                    }
                }
            })
            .await;
        match rest {
            None => self.rest = REST,
            Some(()) => {
                tracing::warn!(
                    rest.sec = self.rest.as_secs(),
                    "its painters cannot paint now; it takes no job for a while"
                );
                tokio::select! {
                    () = sleep(self.rest) => {}
                    () = self.stop.cancelled() => {}
                }
                self.rest = (self.rest * 2).min(MOST_REST);
                self.sign
                    .change(|beat| beat.state = WorkerState::Idle)
                    .await;
            }
        }
    }
}

/// One job, if there is one now.
async fn taken(
    queue: &Consumer<PullConfig>,
) -> Result<Option<jetstream::Message>, async_nats::Error> {
    let one = async {
        let mut batch = queue.fetch().max_messages(1).messages().await?;
        batch.next().await.transpose()
    };
    // What is lost between the server and us here is given out again.
    timeout(FETCH, one).await?
}

/// Says what becomes of a job; the server may be away meanwhile, and gives it to another then.
async fn say(message: &jetstream::Message, kind: AckKind) {
    for _ in 0..3 {
        match timeout(FETCH, message.double_ack_with(kind)).await {
            Ok(Ok(())) => return,
            Ok(Err(_)) | Err(_) => sleep(Duration::from_millis(500)).await,
        }
    }
    tracing::debug!("the server did not confirm what became of a job");
}

/// This machine's name, as far as it can be a part of subjects.
fn machine_name() -> String {
    let name = std::fs::read_to_string("/etc/hostname").ok();
    let name = name
        .or_else(|| std::env::var("COMPUTERNAME").ok())
        .or_else(|| std::env::var("HOSTNAME").ok())
        .unwrap_or_default();
    let fit = name.trim().chars().map(|c| match c {
        c if c.is_ascii_alphanumeric() || c == '-' || c == '_' => c,
        _ => '-',
    });
    let fit: String = fit.take(40).collect();
    if fit.is_empty() {
        "worker".to_owned()
    } else {
        fit
    }
}

/// Several workers on one machine are told apart by a number: each card has its own.
async fn free_name(pool: &Pool, name: String) -> String {
    let present = pool.roll.call(&pool.link).await;
    let is_free = |name: &str| present.iter().all(|worker| worker.name != name);
    if is_free(&name) {
        return name;
    }
    let mut numbered = (2..=99).map(|n| format!("{name}-{n}"));
    numbered
        .find(|name| is_free(name))
        .unwrap_or_else(|| format!("{name}-{}", std::process::id()))
}
