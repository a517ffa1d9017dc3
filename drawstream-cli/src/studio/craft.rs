//! The [`Craft`]: one donation from the gate to its strokes. Each step is in the ledger before the next begins.

mod easel;

use std::sync::Arc;
use std::time::{Duration, Instant};

use drawstream_core::donation::{Donation, DonationId, RawText};
use drawstream_core::gate::{
    ApprovedRequest, ApprovedScene, Field, Gate, Judgement, Refusal, ScreenText,
};
use drawstream_core::pixelize::IndexedImage;
use drawstream_core::plan::{Limits, Plan};
use drawstream_core::scene::Decision;
use drawstream_core::sketch;
use drawstream_core::strokes::Tempo;
use drawstream_core::timeline::{Timeline, TimelineOptions};
use image::ImageFormat;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::control::{Approval, LiveSettings};
use crate::ledger::{
    Act, Approved, Attempt, Clerk, Ledger, LedgerError, Outcome, State, ToPrepare, Waiting,
};
use crate::meters::{Meters, Trade};
use crate::painters::{Painter, PainterError, Picture, Sitting};
use crate::planners::Planner;
use crate::playbill::Playbill;
use crate::scene_doc;
use crate::stagehand::Arrival;

use self::easel::{encode, ready, seed_of, stroke, underdrawing};
use super::card::{Card, Turn};

/// How long a rough first idea is drawn.
const UNDERDRAWING: Duration = Duration::from_secs(12);

/// Colours of a painting that the stage shows at most.
const MOST_DABS: usize = 64;

/// From picture to strokes, as configured.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pixels: u32,
    colors: u16,
    tempo: Tempo,
    stroke_by_stroke: Tempo,
    timeline: TimelineOptions,
    caption: String,
}

impl From<&Config> for Settings {
    fn from(config: &Config) -> Self {
        let pixel = &config.pixel;
        let stroke_by_stroke = Tempo::Classic {
            base: pixel.animation_base,
            per_px: pixel.animation_per_px,
            delay: pixel.animation_delay,
            chunk: pixel.stroke_chunk as usize,
        };
        Self {
            pixels: pixel.output_size,
            colors: pixel.palette_colors,
            tempo: pixel.duration.map_or(stroke_by_stroke, Tempo::Total),
            stroke_by_stroke,
            timeline: TimelineOptions {
                default_step: config.show.default_step,
                card_hold: config.show.hold,
            },
            caption: config.stage.caption.clone(),
        }
    }
}

/// Who does the work, and the benches at which one donation stands at a time.
#[derive(Debug)]
pub(super) struct Craft {
    pub(super) clerk: Clerk,
    pub(super) gate: Arc<Gate>,
    pub(super) planners: Vec<Box<dyn Planner>>,
    pub(super) painters: Vec<Box<dyn Painter>>,
    pub(super) planning: Semaphore,
    pub(super) painting: Semaphore,
    pub(super) card: Card,
    pub(super) settings: Settings,
    pub(super) live: watch::Receiver<LiveSettings>,
    pub(super) meters: Arc<Meters>,
}

/// What became of a donation in the studio.
#[derive(Debug)]
pub(super) enum Made {
    /// News for the stage.
    News(Arrival),
    /// It will be tried again.
    Again,
}

/// A way out of the making: somebody else has decided about the donation, or it has failed.
enum Stop {
    /// The operator was faster.
    Overtaken,
    /// It will not be drawn.
    Refused {
        reason: String,
        reply: Option<ScreenText>,
    },
    /// This try came to nothing.
    Failed(String),
    /// The ledger is gone.
    Ledger(LedgerError),
}

impl From<LedgerError> for Stop {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused {
            reason: format!("{:?}: {}", refusal.category, refusal.rule),
            reply: None,
        }
    }
}

impl Craft {
    /// Makes a donation into a painting, from where an earlier run left it.
    pub(super) async fn make(
        &self,
        next: ToPrepare,
        floor: &mpsc::Sender<Arrival>,
        cancel: &CancellationToken,
    ) -> Result<Made, LedgerError> {
        let id = next.donation.id;
        let bill = Arc::new(Playbill::closed(&self.gate, &next.donation));
        let made = tokio::select! {
            made = self.steps(&next, floor, cancel) => made,
            () = cancel.cancelled() => Err(Stop::Overtaken),
        };
        match made {
            Ok(arrival) => Ok(Made::News(arrival)),
            Err(Stop::Overtaken) => Ok(Made::News(Arrival::Withdrawn(id))),
            Err(Stop::Refused { reason, reply }) => self.refuse(id, bill, reason, reply).await,
            Err(Stop::Failed(reason)) => self.fail(&next.donation, &reason).await,
            Err(Stop::Ledger(error)) => Err(error),
        }
    }

    /// Gate → planner → gate → painter → pixel art → strokes.
    async fn steps(
        &self,
        next: &ToPrepare,
        floor: &mpsc::Sender<Arrival>,
        cancel: &CancellationToken,
    ) -> Result<Arrival, Stop> {
        let donation = &next.donation;
        let request = match self.gate.judge(donation.clone()) {
            Judgement::Approved(request) => request,
            Judgement::Refused(refusal) => return Err(refusal.into()),
        };
        if next.state == State::Received {
            self.store(donation.id, |ledger, id| {
                ledger.gated(id, r#"{"call":"allow"}"#)
            })
            .await?;
        }
        let bill = Arc::new(Playbill::open(&self.gate, donation).marked(next.origin));
        let waits_for_approval = self.waits_for_approval(next);
        if !waits_for_approval {
            let news = Arrival::Preparing {
                id: donation.id,
                bill: Arc::clone(&bill),
            };
            // Where the stage has gone, the program is about to end.
            let _ = floor.send(news).await;
        }
        let made = async {
            let scene = self.scene(next, &request).await?;
            let image = self.picture(next, &scene, floor, cancel).await?;
            Ok::<_, Stop>((scene, image))
        };
        let (scene, image) = tokio::select! {
            made = made => made?,
            never = self.first_idea(donation, &request, floor) => match never {},
        };
        let seed = scene.scene().seed;
        let (settings, id) = (self.settings(), donation.id);
        let (plan, timeline) = blocking(move || stroke(&settings, &image, seed)).await??;
        self.store(id, move |ledger, id| {
            // It may have been approved while it was made.
            if waits_for_approval && ledger.look(id)?.approved == Approved::NotYet {
                ledger.held(id, &plan)
            } else {
                ledger.ready(id, &plan)
            }
        })
        .await?;
        if self.clerk.ask(move |ledger| ledger.state(id)).await? == State::Held {
            tracing::info!(donation.id = id.0, "donation {id} waits for approval");
            return Ok(Arrival::Withdrawn(id));
        }
        tracing::info!(donation.id = id.0, "donation {id} is ready");
        Ok(ready(id, bill, timeline))
    }

    /// Whether a person has to see it before anybody else does.
    fn waits_for_approval(&self, next: &ToPrepare) -> bool {
        if next.approved == Approved::Yes {
            return false;
        }
        match self.live.borrow().approval {
            Approval::None => false,
            Approval::All => true,
            Approval::Suspicious => {
                let text = |text: &Option<RawText>, field| {
                    text.as_ref()
                        .is_some_and(|text| !self.gate.screen(text.expose(), field).hits.is_empty())
                };
                text(&next.donation.message, Field::Message)
                    || text(&next.donation.donor, Field::Name)
            }
        }
    }

    /// The settings with what people have changed meanwhile.
    fn settings(&self) -> Settings {
        let live = self.live.borrow().drawing;
        let mut settings = self.settings.clone();
        match (live, &settings.tempo) {
            (Some(total), _) => settings.tempo = Tempo::Total(total),
            (None, Tempo::Total(_)) => settings.tempo = settings.stroke_by_stroke,
            (None, _) => {}
        }
        settings
    }

    /// The scene: the one in the ledger, or the first planner's whose scene passes the gate.
    async fn scene(
        &self,
        next: &ToPrepare,
        request: &ApprovedRequest,
    ) -> Result<ApprovedScene, Stop> {
        let id = next.donation.id;
        if matches!(next.state, State::Planned | State::Painted) {
            let work = self.clerk.ask(move |ledger| ledger.work(id)).await?;
            if let Some(scene) = work.scene.as_deref().and_then(scene_doc::parse) {
                return Ok(self.gate.judge_scene(request, scene)?);
            }
        }
        let scene = self.plan(&next.donation, request).await?;
        let json = scene_doc::to_json(scene.scene());
        self.store(id, move |ledger, id| ledger.planned(id, &json))
            .await?;
        Ok(scene)
    }

    async fn plan(
        &self,
        donation: &Donation,
        request: &ApprovedRequest,
    ) -> Result<ApprovedScene, Stop> {
        let _bench = self.planning.acquire().await;
        let _card = self
            .card
            .take(Turn::Planners, &self.planners, &self.painters)
            .await;
        let seed = seed_of(donation);
        let mut last = None;
        for planner in &self.planners {
            let began = Instant::now();
            let planned = planner.plan(request, seed).await;
            let error = planned.as_ref().err().map(ToString::to_string);
            self.meters
                .worked(Trade::Planner, planner.name(), began.elapsed(), error);
            if let Ok(planned) = &planned {
                tracing::info!(
                    donation.id = donation.id.0,
                    planner = planner.name(),
                    planner.rung = planned.rung.name(),
                    planner.answers = planned.answers,
                    "donation {} is decided about",
                    donation.id
                );
            }
            match planned.map(|planned| planned.decision) {
                Ok(Decision::Draw(scene)) => match self.gate.judge_scene(request, scene) {
                    Ok(scene) => return Ok(scene),
                    Err(refusal) => {
                        tracing::warn!(
                            donation.id = donation.id.0,
                            planner = planner.name(),
                            "the gate stopped a scene"
                        );
                        last = Some(Stop::from(refusal));
                    }
                },
                Ok(Decision::Refuse { reason, reply }) => {
                    let reply = reply.and_then(|reply| self.gate.judge_reply(&reply));
                    let reason = format!(
                        "{}: {}",
                        planner.name(),
                        reason.chars().take(200).collect::<String>()
                    );
                    return Err(Stop::Refused { reason, reply });
                }
                Err(error) => {
                    tracing::warn!(
                        donation.id = donation.id.0,
                        planner = planner.name(),
                        "{error}"
                    );
                    last.get_or_insert(Stop::Failed("no planner gave a decision".to_owned()));
                }
            }
        }
        Err(last.unwrap_or_else(|| Stop::Failed("there is no planner".to_owned())))
    }

    /// The pixel art: of the picture in the ledger, or of the first painter's whose picture is usable.
    async fn picture(
        &self,
        next: &ToPrepare,
        scene: &ApprovedScene,
        floor: &mpsc::Sender<Arrival>,
        cancel: &CancellationToken,
    ) -> Result<IndexedImage, Stop> {
        let id = next.donation.id;
        let kept = match next.state {
            State::Painted => self.clerk.ask(move |ledger| ledger.work(id)).await?.picture,
            _ => None,
        };
        let picture = match kept
            .and_then(|png| image::load_from_memory_with_format(&png, ImageFormat::Png).ok())
        {
            Some(kept) => Picture::Painted(kept.to_rgb8()),
            None => {
                let picture = self.paint(id, scene, floor, cancel).await?;
                let png = encode(&picture).map_err(|error| Stop::Failed(error.to_string()))?;
                self.store(id, move |ledger, id| ledger.painted(id, &png))
                    .await?;
                picture
            }
        };
        let (wished, settings) = (scene.scene().clone(), self.settings.clone());
        let art =
            blocking(move || picture.pixel_art(&wished, settings.pixels, settings.colors)).await?;
        art.map_err(|error| Stop::Failed(error.to_string()))
    }

    async fn paint(
        &self,
        id: DonationId,
        scene: &ApprovedScene,
        floor: &mpsc::Sender<Arrival>,
        cancel: &CancellationToken,
    ) -> Result<Picture, Stop> {
        let _bench = self.painting.acquire().await;
        let _card = self
            .card
            .take(Turn::Painters, &self.planners, &self.painters)
            .await;
        for painter in &self.painters {
            for attempt in 0..2 {
                let (progress, progressed) = watch::channel(0.0);
                let sitting = Sitting {
                    cancel: cancel.clone(),
                    progress,
                    attempt,
                    ..Sitting::default()
                };
                let began = Instant::now();
                let painted = tokio::select! {
                    painted = painter.paint(scene, &sitting) => painted,
                    never = self.entertain(id, floor, progressed) => match never {},
                };
                let error = match &painted {
                    Ok(_) | Err(PainterError::Cancelled) => None,
                    Err(error) => Some(error.to_string()),
                };
                if !matches!(painted, Err(PainterError::Cancelled)) {
                    self.meters
                        .worked(Trade::Painter, painter.name(), began.elapsed(), error);
                }
                match painted {
                    Ok(picture) => return Ok(picture),
                    Err(PainterError::Cancelled) => return Err(Stop::Overtaken),
                    Err(error @ PainterError::Unusable(_)) => {
                        tracing::warn!(donation.id = id.0, painter = painter.name(), "{error}");
                    }
                    Err(error @ (PainterError::Unreachable(_) | PainterError::Broken(_))) => {
                        tracing::warn!(
                            donation.id = id.0,
                            painter = painter.name(),
                            "{error}; the next painter is asked"
                        );
                        break;
                    }
                }
            }
        }
        Err(Stop::Failed("no painter made a picture".to_owned()))
    }

    /// What the built-in planner and painter make of the request at once, so that nobody waits in front of an empty
    /// canvas while a language model thinks and an image model paints.
    async fn first_idea(
        &self,
        donation: &Donation,
        request: &ApprovedRequest,
        floor: &mpsc::Sender<Arrival>,
    ) -> std::convert::Infallible {
        // Those who are as quick as this need no entertainment.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let idea = sketch::plan(request.text(), seed_of(donation));
        if let Ok(idea) = self.gate.judge_scene(request, idea) {
            let settings = self.settings.clone();
            let drawn = blocking(move || underdrawing(&settings, idea.scene())).await;
            if let Ok(Some(timeline)) = drawn {
                let palette = timeline.palette(MOST_DABS).into();
                let idea = Arrival::Underdrawing {
                    id: donation.id,
                    timeline: Arc::new(timeline),
                    palette,
                };
                let _ = floor.send(idea).await;
            }
        }
        std::future::pending().await
    }

    /// While a painter works: how far it is.
    async fn entertain(
        &self,
        id: DonationId,
        floor: &mpsc::Sender<Arrival>,
        mut progress: watch::Receiver<f32>,
    ) -> std::convert::Infallible {
        loop {
            if progress.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            let done = *progress.borrow_and_update();
            let _ = floor.send(Arrival::Progress { id, done }).await;
        }
    }

    async fn refuse(
        &self,
        id: DonationId,
        bill: Arc<Playbill>,
        reason: String,
        reply: Option<ScreenText>,
    ) -> Result<Made, LedgerError> {
        let card = reply
            .as_ref()
            .map(|reply| reply.as_str().to_owned())
            .unwrap_or_default();
        tracing::info!(donation.id = id.0, "refused donation {id}");
        let stored = self
            .clerk
            .ask(move |ledger| ledger.refused(id, &reason, &card))
            .await?;
        Ok(Made::News(match stored {
            Outcome::Stored => Arrival::Refused { id, bill, reply },
            Outcome::Overtaken(_) => Arrival::Withdrawn(id),
        }))
    }

    /// Notes a failed try; after the last one the stage shows the card.
    pub(super) async fn fail(
        &self,
        donation: &Donation,
        reason: &str,
    ) -> Result<Made, LedgerError> {
        let (id, reason) = (donation.id, reason.to_owned());
        let bill = Arc::new(Playbill::closed(&self.gate, donation));
        tracing::warn!(
            donation.id = id.0,
            "donation {id} could not be made: {reason}"
        );
        let attempt = self
            .clerk
            .ask(move |ledger| ledger.attempt_failed(id, &reason, ""))
            .await?;
        Ok(match attempt {
            Attempt::Again { .. } => Made::Again,
            Attempt::GivenUp => Made::News(Arrival::Failed { id, bill }),
            Attempt::Overtaken(_) => Made::News(Arrival::Withdrawn(id)),
        })
    }

    /// What an earlier run left ready, as news for the stage.
    pub(super) async fn bring_back(
        &self,
        waiting: Waiting,
    ) -> Result<Option<Arrival>, LedgerError> {
        let (donation, origin) = (waiting.donation, waiting.origin);
        let id = donation.id;
        let closed = || Arc::new(Playbill::closed(&self.gate, &donation).marked(origin));
        let work = self.clerk.ask(move |ledger| ledger.work(id)).await?;
        Ok(Some(match waiting.act {
            Act::FailureCard => Arrival::Failed { id, bill: closed() },
            Act::ThanksCard => Arrival::Thanked { id, bill: closed() },
            Act::RefusalCard => {
                let reply = work
                    .plan
                    .as_deref()
                    .and_then(|reply| self.gate.judge_reply(reply));
                Arrival::Refused {
                    id,
                    bill: closed(),
                    reply,
                }
            }
            act @ (Act::Painting | Act::Finished) => {
                let plan = work
                    .plan
                    .as_deref()
                    .and_then(|json| Plan::parse(json, &Limits::default()).ok());
                let Some(plan) = plan else {
                    // Nothing that was paid for is lost by a damaged row: it is made again.
                    tracing::warn!(
                        donation.id = id.0,
                        "the plan of donation {id} cannot be read; it is made again"
                    );
                    let _ = self
                        .clerk
                        .ask(move |ledger| ledger.retry(id, "its plan could not be read"))
                        .await?;
                    return Ok(None);
                };
                let bill = Arc::new(Playbill::open(&self.gate, &donation).marked(origin));
                let timeline = Timeline::compile(&plan, &self.settings.timeline);
                if act == Act::Finished {
                    let palette = timeline.palette(MOST_DABS).into();
                    let timeline = Arc::new(timeline);
                    Arrival::Finished {
                        id,
                        bill,
                        timeline,
                        palette,
                    }
                } else {
                    ready(id, bill, timeline)
                }
            }
        }))
    }

    async fn store(
        &self,
        id: DonationId,
        change: impl FnOnce(&mut Ledger, DonationId) -> Result<Outcome, LedgerError> + Send + 'static,
    ) -> Result<(), Stop> {
        match self.clerk.ask(move |ledger| change(ledger, id)).await? {
            Outcome::Stored => Ok(()),
            Outcome::Overtaken(_) => Err(Stop::Overtaken),
        }
    }
}

/// CPU work on a thread of its own. A panic in it is this try's failure.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Stop> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Stop::Failed(format!("a defect of the program: {error}")))
}
