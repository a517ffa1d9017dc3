//! The painter `remote`: workers on other machines, who take their jobs from the pool's queue.
//!
//! What it asks for is known by show, donation, attempt and scene. So a show that starts again finds the job that it had
//! asked for before, waiting, in a worker's hand or painted; and whatever a worker does twice is taken once.

use std::sync::Arc;
use std::time::Duration;

use async_nats::{Message, Subscriber};
use drawstream_core::gate::ApprovedScene;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

use super::order::OnDrop;
use super::{Painter, PainterError, Picture, Sitting, parcel};
use crate::config::PoolConfig;
use crate::health::Health;
use crate::pool::desk::{Desk, DeskError, Filed};
use crate::pool::job::{Job, News, Previews};
use crate::pool::record::{Ending, Lack, Record};
use crate::pool::{Pool, PoolDoor, PoolError, WorkerBeat, WorkerState};

/// How often it is looked whether the picture is there: what is told of it may be lost.
const LOOK: Duration = Duration::from_secs(2);
/// How long until what the server did not take is offered again.
const AGAIN: Duration = Duration::from_millis(500);
/// How long no able worker may be there before another painter is asked: one that was restarted is back by then.
const DESERTED: Duration = Duration::from_secs(30);
/// A job may be in workers' hands for so many times the painters' own patience.
const PATIENCE: u32 = 4;
/// How long a picture stays in the store after the show took it, so that a crash before it was written down costs
/// nothing.
const KEPT: Duration = Duration::from_secs(60);
/// How much later than the first the last worker may answer a call.
const ANSWERS: Duration = Duration::from_millis(300);
/// The longest preview in bytes.
const LONGEST_PREVIEW: usize = 1 << 20;

/// The painters on other machines. Clones are the same painter.
#[derive(Clone, Debug)]
pub struct Remote {
    door: Arc<PoolDoor>,
    /// How long nothing may be heard of a job.
    patience: Duration,
}

impl Remote {
    pub(super) fn new(config: &PoolConfig, patience: Duration) -> Self {
        Self {
            door: Arc::new(PoolDoor::new(config.clone())),
            patience,
        }
    }

    /// The pool, connected when it is first asked for.
    pub(crate) async fn pool(&self) -> Result<&Pool, PoolError> {
        self.door.open().await
    }

    /// The show's name in the pool.
    pub(crate) fn show(&self) -> &str {
        &self.door.config().show
    }

    async fn painted(
        &self,
        scene: &ApprovedScene,
        sitting: &Sitting,
    ) -> Result<Picture, PainterError> {
        let pool = self.pool().await.map_err(|error| match error {
            PoolError::Link(_) => PainterError::Unreachable(error.to_string()),
            PoolError::Desk(_) | PoolError::Roll(_) => PainterError::Broken(error.to_string()),
        })?;
        let mut job = Job::new(self.show(), sitting.donation, scene, sitting.attempt);
        match self.found(pool, &job.id).await? {
            Some(filed) if matches!(filed.record.ending, Ending::Painted { .. }) => {
                return self.take(pool, &job, &filed).await;
            }
            Some(filed) => job.after = Some(filed.mark),
            None => {}
        }
        if pool.roll.call(&pool.link).await.is_empty() {
            return Err(PainterError::Unreachable("no worker is there".to_owned()));
        }
        // Whoever looks has begun to look by now.
        if sitting.is_watched() {
            job.previews = Previews::Wanted;
        }
        let mut ears = Ears::open(pool, &job).await?;
        let place = tokio::select! {
            place = self.submit(pool, &job) => place?,
            () = sitting.cancel.cancelled() => return Err(PainterError::Cancelled),
        };
        let given_up = OnDrop::new({
            let (desk, client) = (pool.desk.clone(), pool.link.client.clone());
            let (job, show) = (job.clone(), self.show().to_owned());
            move || {
                tokio::spawn(async move { give_up(&desk, &client, &job, place, show).await });
            }
        });
        let filed = tokio::select! {
            filed = self.wait(pool, &job, sitting, &mut ears) => filed?,
            () = sitting.cancel.cancelled() => return Err(PainterError::Cancelled),
        };
        given_up.disarm();
        self.take(pool, &job, &filed).await
    }

    /// What is known of a job already.
    async fn found(&self, pool: &Pool, id: &str) -> Result<Option<Filed>, PainterError> {
        if let Ok(found) = pool.desk.look_up(id).await {
            return Ok(found);
        }
        // Somebody may have emptied the server.
        let desk = Desk::open(&pool.link).await;
        let desk = desk.map_err(|error| unreachable(&error))?;
        desk.look_up(id).await.map_err(|error| unreachable(&error))
    }

    /// Puts the job into the queue, through breaks of the connection too.
    async fn submit(&self, pool: &Pool, job: &Job) -> Result<u64, PainterError> {
        let until = Instant::now() + self.patience;
        loop {
            let error = match self.submit_once(pool, job).await {
                Ok(place) => return Ok(place),
                Err(error) => error,
            };
            if Instant::now() + AGAIN > until {
                return Err(unreachable(&error));
            }
            sleep(AGAIN).await;
            if let DeskError::Unwilling { .. } = error {
                // Somebody may have emptied the server; where that is not it, this changes nothing.
                let _ = Desk::open(&pool.link).await;
            }
        }
    }

    async fn submit_once(&self, pool: &Pool, job: &Job) -> Result<u64, DeskError> {
        let config = self.door.config();
        // It is there since the first time, unless somebody has removed it: nobody would take the job then.
        pool.desk.open_show(&config.show, config.silence).await?;
        pool.desk.submit(job).await
    }

    /// Waits until something became of the job.
    async fn wait(
        &self,
        pool: &Pool,
        job: &Job,
        sitting: &Sitting,
        ears: &mut Ears,
    ) -> Result<Filed, PainterError> {
        let begun = Instant::now();
        let mut heard = begun;
        let mut seen = begun;
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let deadline = (heard + self.patience).min(begun + self.patience * PATIENCE);
            tokio::select! {
                Some(message) = ears.news.next() => match News::parse(&message.payload) {
                    Some(News::Painting(share)) => {
                        heard = Instant::now();
                        if share > 0.0 {
                            sitting.progress.send_replace(share);
                        }
                        continue;
                    }
                    Some(News::Over) => heard = Instant::now(),
                    None => continue,
                },
                Some(message) = next_of(&mut ears.previews) => {
                    if message.payload.len() <= LONGEST_PREVIEW {
                        sitting.show(message.payload.to_vec()).await;
                    }
                    continue;
                }
                _ = looks.tick() => {}
                () = sleep_until(deadline) => {
                    let seconds = self.patience.as_secs();
                    let why = format!("no worker finished it, and nothing was heard for {seconds} s");
                    return Err(PainterError::Unreachable(why));
                }
            }
            // A server that does not answer now is asked again, until the deadline.
            if let Ok(Some(filed)) = pool.desk.look_up(&job.id).await
                && Some(&filed.mark) != job.after.as_ref()
            {
                return Ok(filed);
            }
            let present = pool.roll.present();
            let is_able = |worker: &WorkerBeat| worker.state != WorkerState::Resting;
            if !pool.link.is_up() || present.iter().any(is_able) {
                seen = Instant::now();
            } else if seen.elapsed() > DESERTED {
                let why = if present.is_empty() {
                    "the last worker has gone"
                } else {
                    "the painters of all workers are in trouble"
                };
                return Err(PainterError::Unreachable(why.to_owned()));
            }
        }
    }

    /// Takes what the worker made.
    async fn take(&self, pool: &Pool, job: &Job, filed: &Filed) -> Result<Picture, PainterError> {
        let Record { ending, by } = &filed.record;
        let form = match ending {
            Ending::Painted {
                form,
                painter,
                millis,
            } => {
                tracing::info!(
                    paint.worker = by,
                    paint.by = painter,
                    paint.duration_ms = millis,
                    "worker {by} painted {}",
                    job.id
                );
                *form
            }
            Ending::Failed { lack, why } => {
                let why = format!("{why} (worker {by})");
                return Err(match lack {
                    Lack::Unusable => PainterError::Unusable(why),
                    Lack::Broken => PainterError::Broken(why),
                });
            }
            Ending::Cancelled => return Err(PainterError::Cancelled),
            Ending::Taken => {
                return Err(PainterError::Broken(
                    "another show of the same name has taken the picture: NATS_SHOW".to_owned(),
                ));
            }
        };
        let bytes = pool.desk.fetch(&job.id, filed, parcel::LONGEST).await;
        let bytes = bytes.map_err(|error| match error {
            DeskError::TooLong { .. } | DeskError::Cut => PainterError::Unusable(error.to_string()),
            DeskError::Silent(_) | DeskError::Unwilling { .. } => unreachable(&error),
        });
        let unwrapped = match bytes {
            Ok(bytes) => tokio::task::spawn_blocking(move || parcel::unwrap(form, &bytes))
                .await
                .unwrap_or_else(|error| Err(PainterError::Broken(error.to_string()))),
            Err(error) => Err(error),
        };
        let (desk, id, show) = (pool.desk.clone(), job.id.clone(), self.show().to_owned());
        // A picture that cannot be used must not be found again.
        let pause = if unwrapped.is_ok() {
            KEPT
        } else {
            Duration::ZERO
        };
        tokio::spawn(async move {
            sleep(pause).await;
            // The server forgets it by itself after an hour.
            let _ = desk.taken(&id, &show).await;
        });
        unwrapped
    }
}

/// What is told of a job while it is in a worker's hand.
struct Ears {
    news: Subscriber,
    previews: Option<Subscriber>,
}

impl Ears {
    async fn open(pool: &Pool, job: &Job) -> Result<Self, PainterError> {
        let client = &pool.link.client;
        let deaf = |error: async_nats::SubscribeError| PainterError::Broken(error.to_string());
        let previews = match job.previews {
            Previews::Wanted => Some(client.subscribe(job.preview()).await.map_err(deaf)?),
            Previews::Unwanted => None,
        };
        let news = client.subscribe(job.news()).await.map_err(deaf)?;
        Ok(Self { news, previews })
    }
}

async fn next_of(subscriber: &mut Option<Subscriber>) -> Option<Message> {
    match subscriber {
        Some(subscriber) => subscriber.next().await,
        None => std::future::pending().await,
    }
}

/// Nobody wants it any more: it is so noted, taken out of the queue, and told to whoever has it in hand.
async fn give_up(desk: &Desk, client: &async_nats::Client, job: &Job, place: u64, by: String) {
    let _ = client.publish(job.cancel(), "".into()).await;
    let ending = Ending::Cancelled;
    // The note comes first: whoever takes the job before it is out of the queue finds that it is over.
    let noted = desk.file(&job.id, &Record { ending, by }, &[]).await;
    let withdrawn = desk.withdraw(place).await;
    if let Some(error) = noted.err().or(withdrawn.err()) {
        tracing::debug!(%error, "a job is still in the queue, and nobody wants it");
    }
}

fn unreachable(error: &DeskError) -> PainterError {
    PainterError::Unreachable(error.to_string())
}

impl Painter for Remote {
    fn name(&self) -> &'static str {
        "remote"
    }

    fn paint<'a>(
        &'a self,
        scene: &'a ApprovedScene,
        sitting: &'a Sitting,
    ) -> BoxFuture<'a, Result<Picture, PainterError>> {
        self.painted(scene, sitting).boxed()
    }

    fn check(&self) -> BoxFuture<'_, Health> {
        async {
            let pool = match self.pool().await {
                Ok(pool) => pool,
                Err(error) => return error.health(),
            };
            let address = pool.link.address();
            if !pool.link.is_up() {
                return Health::bad(
                    format!("{address} does not answer"),
                    "start it again: nats-server -c nats.conf",
                );
            }
            if !pool.roll.call(&pool.link).await.is_empty() {
                // Those who were called too, and answer a little later.
                sleep(ANSWERS).await;
            }
            let workers = pool.roll.present();
            let names: Vec<&str> = workers.iter().map(|worker| worker.name.as_str()).collect();
            let waiting = match pool.desk.depth(self.show()).await {
                Ok(depth) => depth.of_all,
                Err(error) => return PoolError::Desk(error).health(),
            };
            if names.is_empty() {
                return Health::bad(
                    format!("{address} answers, and no worker is there"),
                    "start one on a machine with a graphics card: drawstream worker --nats nats://…",
                );
            }
            Health::good(format!(
                "{address} (NATS {}): {} ({}), {waiting} jobs",
                pool.link.version(),
                if names.len() == 1 {
                    "1 worker".to_owned()
                } else {
                    format!("{} workers", names.len())
                },
                super::server::some(&names),
            ))
        }
        .boxed()
    }

    fn at_once(&self) -> usize {
        self.door.config().at_once
    }

    fn remote(&self) -> Option<Remote> {
        Some(self.clone())
    }
}
