//! The [`Craft`]: one donation from the gate to its strokes. Each step is in the ledger before the next begins.

mod easel;
mod sitting;
mod verdict;

use std::sync::Arc;

use drawstream_core::donation::{Donation, DonationId, RawText};
use drawstream_core::gate::{Field, Gate, Judgement, Refusal, ScreenText};
use drawstream_core::plan::{Limits, Plan};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::config::{Previews, Unsure};
use crate::control::{Approval, LiveSettings};
use crate::image_gate::ImageCheck;
use crate::ledger::{
    Act, Approved, Attempt, Clerk, Ledger, LedgerError, Outcome, State, ToPrepare, Waiting,
};
use crate::meters::Meters;
use crate::painters::Painter;
use crate::planners::Planner;
use crate::playbill::Playbill;
use crate::stagehand::Arrival;

use self::easel::{ready, stroke};
use super::Hand;
use super::card::Card;

/// Colours of a painting that the stage shows at most.
const MOST_DABS: usize = 64;

/// Who does the work, and the benches at which one donation stands at a time.
#[derive(Debug)]
pub(super) struct Craft {
    pub(super) clerk: Clerk,
    pub(super) gate: Arc<Gate>,
    pub(super) planners: Vec<Box<dyn Planner>>,
    pub(super) painters: Vec<Box<dyn Painter>>,
    /// Looks at every picture before it is used.
    pub(super) image_check: Option<ImageCheck>,
    pub(super) planning: Semaphore,
    pub(super) painting: Benches,
    pub(super) card: Card,
    pub(super) hand: Hand,
    /// Who decides where no planner gives a verdict.
    pub(super) unsure: Unsure,
    /// Whether the stage shows what painters show of their work.
    pub(super) previews: Previews,
    pub(super) live: watch::Receiver<LiveSettings>,
    pub(super) meters: Arc<Meters>,
}

/// Where donations stand while they are painted.
#[derive(Debug)]
pub(super) struct Benches {
    /// On this machine: its painters share its card.
    here: Semaphore,
    /// On other machines.
    elsewhere: Semaphore,
}

impl Benches {
    /// One here, and as many elsewhere as are wanted at once.
    pub(super) fn new(elsewhere: usize) -> Self {
        Self {
            here: Semaphore::new(1),
            elsewhere: Semaphore::new(elsewhere),
        }
    }
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
    /// No planner gave a verdict: a person has to.
    Undecided,
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
            Err(Stop::Undecided) => self.leave_to_person(id).await,
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
        let (image, seed) = match self.unsure {
            Unsure::BuiltIn => {
                let made = async {
                    let scene = self.scene(next, &request).await?;
                    let image = self.picture(next, &scene, floor, cancel).await?;
                    Ok::<_, Stop>((image, scene.scene().seed))
                };
                tokio::select! {
                    made = made => made?,
                    never = self.first_idea(donation, &request, floor) => match never {},
                }
            }
            // Not a line is drawn of what nobody has given a verdict about.
            Unsure::Person => {
                let scene = self.scene(next, &request).await?;
                let image = tokio::select! {
                    image = self.picture(next, &scene, floor, cancel) => image?,
                    never = self.first_idea_of(donation.id, &scene, floor) => match never {},
                };
                (image, scene.scene().seed)
            }
        };
        let drawing = self.live.borrow().drawing;
        let (hand, id) = (self.hand.within(drawing), donation.id);
        let (plan, timeline) = blocking(move || stroke(&hand, &image, seed)).await??;
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

    /// It waits for a person, and the stage lets go of it.
    async fn leave_to_person(&self, id: DonationId) -> Result<Made, LedgerError> {
        tracing::warn!(
            donation.id = id.0,
            "no planner gave a verdict about donation {id}: it waits for a person"
        );
        let reason = "no planner gave a verdict: a person decides";
        let _ = self
            .clerk
            .ask(move |ledger| ledger.undecided(id, reason))
            .await?;
        Ok(Made::News(Arrival::Withdrawn(id)))
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
                let timeline = self.hand.compile(&plan);
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
