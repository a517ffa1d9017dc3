//! The [`Hand`]: one job from the queue to its record.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_nats::Client;
use async_nats::jetstream::{self, AckKind};
use drawstream_core::gate::{ApprovedScene, Gate, Judgement};
use futures_util::{FutureExt as _, StreamExt as _};
use image::{ImageFormat, RgbImage};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::say;
use crate::commands::paint::donation;
use crate::painters::{Painter, PainterError, Picture, Sitting, parcel};
use crate::pool::desk::Desk;
use crate::pool::job::{Job, News, Previews};
use crate::pool::record::{Ending, Form, Lack, Record};

/// How often one job is handed out before nobody tries it any more: it may be what the workers die of.
const MOST_DELIVERIES: i64 = 6;
/// How long a worker that is to end goes on with its painting.
const GRACE: Duration = Duration::from_secs(5);
/// How long it is insisted that the server takes the picture.
const INSIST: Duration = Duration::from_secs(120);
/// The longest wait between two signs of life.
const MOST_SILENT: Duration = Duration::from_secs(5);
/// How long whoever has a job in hand may take to say so.
const WHO: Duration = Duration::from_millis(800);
/// How long a job rests that no painter here could paint.
const PUT_OFF: Duration = Duration::from_secs(3);
/// The longest preview in bytes: it travels as one message.
const LONGEST_PREVIEW: usize = 512 << 10;

/// What came of a job, as far as the worker is concerned.
#[derive(Debug)]
pub(super) enum After {
    /// It is painted.
    Painted,
    /// There was nothing to paint.
    Nothing,
    /// The job was no good.
    Failed(String),
    /// The painters here are no good now.
    Trouble(String),
}

/// How painting ended.
enum Painting {
    Done(&'static str, Picture),
    /// Nobody wants it any more.
    Cancelled,
    /// The worker is to end.
    Interrupted,
    /// The scene, or its picture, is no good.
    Failed(Lack, String),
    /// The painters are no good.
    Trouble(String),
}

/// Who does a job.
#[derive(Debug)]
pub(super) struct Hand {
    pub(super) desk: Desk,
    pub(super) client: Client,
    pub(super) painters: Vec<Box<dyn Painter>>,
    pub(super) gate: Gate,
    pub(super) name: String,
    pub(super) stop: CancellationToken,
}

impl Hand {
    /// Does a job, and says to the server what became of it.
    pub(super) async fn take(&self, message: jetstream::Message, silence: Duration) -> After {
        let job = match Job::parse(&message.subject, &message.payload) {
            Ok(job) => job,
            Err(error) => {
                tracing::error!("a job cannot be read, and is thrown away: {error}");
                say(&message, AckKind::Term).await;
                return After::Failed(format!("a job: {error}"));
            }
        };
        match self.desk.look_up(&job.id).await {
            Ok(Some(filed)) if Some(&filed.mark) != job.after.as_ref() => {
                say(&message, AckKind::Ack).await;
                return After::Nothing;
            }
            Ok(Some(_) | None) => {}
            Err(error) => {
                tracing::warn!("{error}; the job goes back to the queue");
                say(&message, AckKind::Nak(Some(PUT_OFF))).await;
                return After::Nothing;
            }
        }
        let delivered = message.info().map_or(1, |info| info.delivered);
        if delivered > 1 {
            if self.is_in_hand(&job).await {
                // The server was away, or its answer was: whoever paints it goes on.
                say(&message, AckKind::Nak(Some(silence))).await;
                return After::Nothing;
            }
            if delivered > MOST_DELIVERIES {
                let why = format!("given up after {MOST_DELIVERIES} tries");
                return self.end(&message, &job, Lack::Broken, why).await;
            }
            tracing::info!(delivered, "job {} comes again", job.id);
        }
        let begun = Instant::now();
        let painted = match self.approved(&job) {
            Some(scene) => self.paint(&message, &job, &scene, silence).await,
            None => Painting::Failed(Lack::Broken, "the worker's gate refuses it".to_owned()),
        };
        match painted {
            Painting::Done(painter, picture) => {
                let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
                let wrapped = tokio::task::spawn_blocking(move || parcel::wrap(&picture)).await;
                match wrapped.map_err(|error| error.to_string()).flatten() {
                    Ok((form, png)) => {
                        let ending = Ending::Painted {
                            form,
                            painter: painter.to_owned(),
                            millis,
                        };
                        self.hand_in(&message, &job, ending, &png, silence).await
                    }
                    Err(why) => self.end(&message, &job, Lack::Broken, why).await,
                }
            }
            Painting::Cancelled => {
                tracing::info!("nobody wants job {} any more", job.id);
                say(&message, AckKind::Term).await;
                After::Nothing
            }
            Painting::Interrupted => {
                tracing::info!("job {} goes back to the queue", job.id);
                self.hand_back(&message, &job, None).await;
                After::Nothing
            }
            Painting::Failed(lack, why) => self.end(&message, &job, lack, why).await,
            Painting::Trouble(why) if delivered >= MOST_DELIVERIES => {
                self.end(&message, &job, Lack::Broken, why).await
            }
            Painting::Trouble(why) => {
                tracing::warn!("job {} goes back to the queue: {why}", job.id);
                self.hand_back(&message, &job, Some(PUT_OFF)).await;
                After::Trouble(why)
            }
        }
    }

    /// The scene past this machine's gate: whoever can write into the queue gets nothing painted that it stops.
    fn approved(&self, job: &Job) -> Option<ApprovedScene> {
        match self.gate.judge(donation("")) {
            Judgement::Approved(request) => self.gate.judge_scene(&request, job.scene.clone()).ok(),
            Judgement::Refused(_) => None,
        }
    }

    /// Whether another worker has it in hand.
    async fn is_in_hand(&self, job: &Job) -> bool {
        let asked = self.client.request(job.who_has(), "".into());
        matches!(timeout(WHO, asked).await, Ok(Ok(_)))
    }

    /// Paints, with signs of life to the server and to the show.
    async fn paint(
        &self,
        message: &jetstream::Message,
        job: &Job,
        scene: &ApprovedScene,
        silence: Duration,
    ) -> Painting {
        let sitting = Sitting {
            attempt: job.attempt,
            ..Sitting::default()
        };
        let mut progress = sitting.progress.subscribe();
        let mut previews = (job.previews == Previews::Wanted).then(|| sitting.preview.subscribe());
        let mut cancels = self.client.subscribe(job.cancel()).await.ok();
        let mut asked = self.client.subscribe(job.who_has()).await.ok();
        let mut signs = interval((silence / 3).min(MOST_SILENT));
        signs.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut grace = std::pin::pin!(async {
            self.stop.cancelled().await;
            sleep(GRACE).await;
        });
        let mut work = std::pin::pin!(self.try_painters(scene, &sitting));
        let mut share = 0.0;
        loop {
            tokio::select! {
                painted = &mut work => return painted,
                _ = signs.tick() => {
                    // Where the server does not hear it, it gives the job out again, and that worker asks who has it.
                    let _ = message.ack_with(AckKind::Progress).await;
                    self.tell(job, &News::Painting(share)).await;
                }
                Ok(()) = progress.changed() => {
                    share = *progress.borrow_and_update();
                    self.tell(job, &News::Painting(share)).await;
                }
                Some(rough) = changed(&mut previews) => self.tell_preview(job, rough).await,
                Some(question) = heard(&mut asked) => {
                    if let Some(reply) = question.reply {
                        let _ = self.client.publish(reply, self.name.clone().into()).await;
                    }
                }
                Some(_) = heard(&mut cancels) => {
                    sitting.cancel.cancel();
                    // A painter that does not hear it is dropped.
                    let _ = timeout(GRACE, work).await;
                    return Painting::Cancelled;
                }
                () = &mut grace => {
                    sitting.cancel.cancel();
                    let _ = timeout(MOST_SILENT, work).await;
                    return Painting::Interrupted;
                }
            }
        }
    }

    /// Each painter in turn, until one has a picture.
    async fn try_painters(&self, scene: &ApprovedScene, sitting: &Sitting) -> Painting {
        let mut unusable = None;
        let mut trouble = None;
        for painter in &self.painters {
            // A panic in a painting is that painting's failure and nothing else's.
            let painted = AssertUnwindSafe(painter.paint(scene, sitting)).catch_unwind();
            let error = match painted.await {
                Ok(Ok(picture)) => return Painting::Done(painter.name(), picture),
                Ok(Err(PainterError::Cancelled)) => return Painting::Cancelled,
                Ok(Err(error)) => error,
                Err(_) => PainterError::Broken("a defect of the program".to_owned()),
            };
            tracing::warn!(painter = painter.name(), "{error}");
            let why = format!("{}: {error}", painter.name());
            match error {
                PainterError::Unusable(_) => unusable = Some(why),
                PainterError::Unreachable(_) | PainterError::Broken(_) => trouble = Some(why),
                PainterError::Cancelled => return Painting::Cancelled,
            }
        }
        match (unusable, trouble) {
            (Some(why), _) => Painting::Failed(Lack::Unusable, why),
            (None, Some(why)) => Painting::Trouble(why),
            (None, None) => Painting::Trouble("there is no painter".to_owned()),
        }
    }

    /// Writes down how it ended, and only then tells the queue. The picture is worth some patience.
    async fn hand_in(
        &self,
        message: &jetstream::Message,
        job: &Job,
        ending: Ending,
        png: &[u8],
        silence: Duration,
    ) -> After {
        let by = self.name.clone();
        let record = Record { ending, by };
        let until = Instant::now() + INSIST;
        let filed = async {
            loop {
                match self.file_once(job, &record, png).await {
                    Ok(after) => return Some(after),
                    Err(why) if Instant::now() > until => {
                        tracing::error!("job {} is painted, and lost: {why}", job.id);
                        return None;
                    }
                    Err(why) => tracing::debug!(why, "the record is written again"),
                }
                sleep(Duration::from_millis(500)).await;
            }
        };
        let mut asked = self.client.subscribe(job.who_has()).await.ok();
        let mut filed = std::pin::pin!(filed);
        let mut signs = interval((silence / 3).min(MOST_SILENT));
        let after = loop {
            tokio::select! {
                after = &mut filed => break after,
                _ = signs.tick() => drop(message.ack_with(AckKind::Progress).await),
                Some(question) = heard(&mut asked) => {
                    if let Some(reply) = question.reply {
                        let _ = self.client.publish(reply, self.name.clone().into()).await;
                    }
                }
            }
        };
        match after {
            Some(after) => {
                self.tell(job, &News::Over).await;
                say(message, AckKind::Ack).await;
                after
            }
            None => {
                say(message, AckKind::Nak(None)).await;
                After::Failed("the server did not take its picture".to_owned())
            }
        }
    }

    /// Files the record, unless the job is over already.
    async fn file_once(&self, job: &Job, record: &Record, png: &[u8]) -> Result<After, String> {
        let known = self.desk.look_up(&job.id).await;
        let known = known.map_err(|error| error.to_string())?;
        if known.is_some_and(|filed| Some(&filed.mark) != job.after.as_ref()) {
            return Ok(After::Nothing);
        }
        let filed = self.desk.file(&job.id, record, png).await;
        filed.map_err(|error| error.to_string())?;
        Ok(match &record.ending {
            Ending::Painted { painter, form, .. } => {
                let what = match form {
                    Form::Painted => "a picture",
                    Form::Indexed => "pixel art",
                };
                tracing::info!("{painter} painted {what} for job {}", job.id);
                After::Painted
            }
            Ending::Failed { why, .. } => After::Failed(why.clone()),
            Ending::Cancelled | Ending::Taken => After::Nothing,
        })
    }

    /// Nobody will paint it.
    async fn end(&self, message: &jetstream::Message, job: &Job, lack: Lack, why: String) -> After {
        tracing::warn!("job {} is given up: {why}", job.id);
        let ending = Ending::Failed { lack, why };
        self.hand_in(message, job, ending, &[], MOST_SILENT).await
    }

    /// Somebody else shall paint it.
    async fn hand_back(&self, message: &jetstream::Message, job: &Job, rest: Option<Duration>) {
        say(message, AckKind::Nak(rest)).await;
        let _ = self.client.publish(job.bell(), "".into()).await;
    }

    async fn tell(&self, job: &Job, news: &News) {
        // Whoever misses it looks by itself.
        let _ = self.client.publish(job.news(), news.encode().into()).await;
    }

    async fn tell_preview(&self, job: &Job, rough: Arc<RgbImage>) {
        let mut png = std::io::Cursor::new(Vec::new());
        let is_written = rough.write_to(&mut png, ImageFormat::Png).is_ok();
        let png = png.into_inner();
        if is_written && png.len() <= LONGEST_PREVIEW {
            let _ = self.client.publish(job.preview(), png.into()).await;
        }
    }
}

async fn changed(
    previews: &mut Option<watch::Receiver<Option<Arc<RgbImage>>>>,
) -> Option<Arc<RgbImage>> {
    match previews {
        Some(previews) => {
            if previews.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            previews.borrow_and_update().clone()
        }
        None => std::future::pending().await,
    }
}

async fn heard(subscriber: &mut Option<async_nats::Subscriber>) -> Option<async_nats::Message> {
    match subscriber {
        Some(subscriber) => subscriber.next().await,
        None => std::future::pending().await,
    }
}
