//! The studio: takes donations out of the ledger, one after another, and makes them into paintings.
//!
//! It works ahead of the show by a bounded number. Whatever fails on the way, the next best is taken: another try,
//! another planner, another painter; and where nobody can paint, the donation gets its card and can be retried.

mod card;
mod checkup;
mod craft;
mod errand;
mod hand;
mod order;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use drawstream_core::donation::DonationId;
use drawstream_core::gate::Gate;
use drawstream_core::stage::Turns;
use futures_util::FutureExt as _;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) use self::checkup::Checkup;
use self::craft::{Benches, Craft, Made};
pub use self::errand::Errand;
pub(crate) use self::errand::{Done, Reach};
pub(crate) use self::hand::Hand;
use self::order::InOrder;
use crate::config::{Config, PlannerBackend, Unsure};
use crate::control::{LiveSettings, SourceView};
use crate::intake::Intake;
use crate::ledger::{Clerk, LedgerError, Outcome, State, ToPrepare, Turn};
use crate::meters::Meters;
use crate::painters::Painter;
use crate::planners::Planner;
use crate::playbill::Playbill;
use crate::stagehand::{Arrival, Order};

/// Donations that are in the making besides those that are painted: while one is painted the next is planned.
const IN_HAND: usize = 1;
/// How long until a donation whose making failed is tried again, for each failed try.
const PUT_OFF: Duration = Duration::from_secs(5);
/// How long until a ledger that could not be read or written is tried again.
const LEDGER_PAUSE: Duration = Duration::from_secs(2);
/// How often the ledger is looked at where nobody announces anything.
const LOOK: Duration = Duration::from_secs(5);

/// Errands of people that may wait for the studio, which looks at them at once.
pub const ERRANDS: usize = 64;

/// The studio.
#[derive(Debug)]
pub struct Studio {
    clerk: Clerk,
    intake: Intake,
    craft: Arc<Craft>,
    floor: mpsc::Sender<Arrival>,
    orders: mpsc::Sender<Order>,
    errands: mpsc::Receiver<Errand>,
    /// Errands that wait until the work on their donation has stopped.
    interrupting: Vec<Errand>,
    sources: watch::Receiver<Vec<SourceView>>,
    most_prepared: u64,
    stop: CancellationToken,
    work: JoinSet<Finished>,
    most_in_hand: usize,
    /// What is worked on, and how to stop that.
    in_hand: BTreeMap<DonationId, CancellationToken>,
    /// What is tried again, and when.
    put_off: BTreeMap<DonationId, Instant>,
    order: InOrder<Arrival>,
    /// The turns that the stage was told of.
    told: BTreeMap<DonationId, Turn>,
    /// Whether turns come otherwise than by arrival, and those that the stage was told of, in that order.
    turns: Turns,
    in_turn: Vec<DonationId>,
}

/// Who works in the studio.
#[derive(Debug)]
pub struct Crew {
    /// Decides what may be drawn.
    pub gate: Arc<Gate>,
    /// In order of preference; the last one always gives a decision.
    pub planners: Vec<Box<dyn Planner>>,
    /// In order of preference; the last one always paints.
    pub painters: Vec<Box<dyn Painter>>,
    /// Looks at their pictures.
    pub image_check: Option<crate::image_gate::ImageCheck>,
}

/// The ends of the channels that lead to and from the studio.
#[derive(Debug)]
pub struct StudioLines {
    /// News for the stage.
    pub floor: mpsc::Sender<Arrival>,
    /// Orders for the stage.
    pub orders: mpsc::Sender<Order>,
    /// What people want done about single donations.
    pub errands: mpsc::Receiver<Errand>,
    /// How the sources are.
    pub sources: watch::Receiver<Vec<SourceView>>,
    /// What people change while the show goes on.
    pub settings: watch::Receiver<LiveSettings>,
    /// Where work is counted.
    pub meters: Arc<Meters>,
}

/// What a finished work left behind.
#[derive(Debug)]
struct Finished {
    id: DonationId,
    result: Result<Made, LedgerError>,
}

impl Studio {
    /// A studio with this crew and these lines.
    pub fn new(
        config: &Config,
        intake: Intake,
        crew: Crew,
        lines: StudioLines,
        stop: CancellationToken,
    ) -> Self {
        let clerk = intake.clerk().clone();
        let at_once = crew.painters.iter().map(|painter| painter.at_once());
        let at_once = at_once.max().unwrap_or(1);
        let craft = Craft {
            clerk: clerk.clone(),
            gate: crew.gate,
            planners: crew.planners,
            painters: crew.painters,
            image_check: crew.image_check,
            planning: Semaphore::new(1),
            painting: Benches::new(at_once),
            card: card::Card::new(config.gpu_sharing),
            hand: Hand::from(config),
            unsure: match config.planner.backend {
                // It always gives a verdict.
                PlannerBackend::Builtin => Unsure::BuiltIn,
                PlannerBackend::Ollama
                | PlannerBackend::LlamaCpp
                | PlannerBackend::Vllm
                | PlannerBackend::Tgi
                | PlannerBackend::OpenAi => config.planner.unsure,
            },
            previews: config.painter.previews,
            live: lines.settings,
            meters: lines.meters,
        };
        let most_prepared = config.queue_max_size as u64;
        Self {
            clerk,
            intake,
            craft: Arc::new(craft),
            floor: lines.floor,
            orders: lines.orders,
            errands: lines.errands,
            interrupting: Vec::new(),
            sources: lines.sources,
            most_prepared,
            stop,
            work: JoinSet::new(),
            most_in_hand: IN_HAND + at_once,
            in_hand: BTreeMap::new(),
            put_off: BTreeMap::new(),
            order: InOrder::default(),
            told: BTreeMap::new(),
            turns: config.rules.turns(),
            in_turn: Vec::new(),
        }
    }

    /// Who looks after the planners and painters.
    pub(crate) fn checkup(&self) -> Checkup {
        Checkup::new(Arc::clone(&self.craft))
    }

    /// Puts on the stage what an earlier run left ready, then works until the program stops. A ledger that cannot be
    /// read or written is waited for: its disk may have room again in a minute.
    ///
    /// # Errors
    /// Where the ledger is gone.
    pub async fn run(&mut self) -> Result<(), LedgerError> {
        // A run that died may have left things half done.
        self.work = JoinSet::new();
        self.in_hand.clear();
        self.put_off.clear();
        self.order = InOrder::default();
        let sources = self.sources.borrow().clone();
        self.send(Arrival::Sources(sources)).await;
        self.insist(Self::take_up).await?;
        while !self.stop.is_cancelled() {
            self.insist(Self::look_around).await?;
            self.wait_for_news().await?;
        }
        // What is in hand goes on from its last state when the program starts again.
        self.work.shutdown().await;
        Ok(())
    }

    /// Does it until the ledger lets it be done, or the program is to end.
    async fn insist(
        &mut self,
        step: impl AsyncFn(&mut Self) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        loop {
            match step(self).await {
                Err(LedgerError::Closed) => return Err(LedgerError::Closed),
                Err(error) => tracing::debug!(%error, "the studio waits for the ledger"),
                Ok(()) => return Ok(()),
            }
            tokio::select! {
                () = self.stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(LEDGER_PAUSE) => {}
            }
        }
    }

    /// What an earlier run had in hand comes before what it had finished after it, as if it had not been interrupted.
    async fn take_up(&mut self) -> Result<(), LedgerError> {
        let interrupted = self.clerk.ask(|ledger| ledger.interrupted()).await?;
        interrupted.into_iter().for_each(|id| self.order.begin(id));
        Ok(())
    }

    /// One look at the ledger: what the stage has not heard of, what is to be made, what nobody wants any more.
    async fn look_around(&mut self) -> Result<(), LedgerError> {
        if self.intake.is_to_be_retold() {
            self.told.clear();
            self.in_turn.clear();
            let sources = self.sources.borrow().clone();
            self.send(Arrival::Sources(sources)).await;
        }
        self.withdraw_overtaken().await?;
        self.tell_turns().await?;
        self.take_in_hand().await?;
        self.tell_backlog().await
    }

    async fn take_in_hand(&mut self) -> Result<(), LedgerError> {
        self.put_off.retain(|_, until| *until > Instant::now());
        while self.in_hand.len() < self.most_in_hand {
            let busy: Vec<_> = self
                .in_hand
                .keys()
                .chain(self.put_off.keys())
                .copied()
                .collect();
            let Some(next) = self.next(busy).await? else {
                break;
            };
            let id = next.donation.id;
            let cancel = self.stop.child_token();
            self.in_hand.insert(id, cancel.clone());
            self.order.begin(id);
            let (craft, floor) = (Arc::clone(&self.craft), self.floor.clone());
            self.work.spawn(async move {
                let donation = next.donation.clone();
                // A panic in one donation's work is that donation's failure and nothing else's.
                let made = AssertUnwindSafe(craft.make(next, &floor, &cancel))
                    .catch_unwind()
                    .await;
                let result = match made {
                    Ok(result) => result,
                    Err(_) => craft.fail(&donation, "a defect of the program").await,
                };
                Finished { id, result }
            });
        }
        Ok(())
    }

    /// Waits until something is to be done, and takes in what was made meanwhile.
    async fn wait_for_news(&mut self) -> Result<(), LedgerError> {
        let soonest = self.put_off.values().min().copied();
        let look =
            soonest.map_or_else(|| Instant::now() + LOOK, |at| at.min(Instant::now() + LOOK));
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = self.intake.arrival() => {}
            Some(errand) = self.errands.recv() => self.take_errand(errand).await,
            // A task ends without a word only where the runtime itself ends.
            Some(Ok(finished)) = self.work.join_next() => self.take_in(finished).await?,
            Ok(()) = self.sources.changed() => {
                let sources = self.sources.borrow_and_update().clone();
                self.send(Arrival::Sources(sources)).await;
            }
            () = tokio::time::sleep_until(look) => {}
        }
        Ok(())
    }

    async fn take_in(&mut self, Finished { id, result }: Finished) -> Result<(), LedgerError> {
        self.in_hand.remove(&id);
        let arrival = match result {
            Ok(Made::News(arrival)) => Some(arrival),
            Ok(Made::Again) => {
                self.put_off.insert(id, Instant::now() + PUT_OFF);
                None
            }
            Err(LedgerError::Closed) => return Err(LedgerError::Closed),
            // Nothing is wrong with the donation: those after it go on waiting for it.
            Err(_) => {
                self.put_off.insert(id, Instant::now() + LEDGER_PAUSE);
                self.run_interrupting(id).await;
                return Ok(());
            }
        };
        for arrival in self.order.end(id, arrival) {
            self.send(arrival).await;
        }
        self.run_interrupting(id).await;
        Ok(())
    }

    async fn send(&mut self, arrival: Arrival) {
        // What was made by this run is told without asking the ledger for its turn, which is asked for here.
        let id = match &arrival {
            Arrival::Ready { id, .. }
            | Arrival::Finished { id, .. }
            | Arrival::Refused { id, .. }
            | Arrival::Failed { id, .. }
            | Arrival::Thanked { id, .. } => Some(*id),
            Arrival::Preparing { .. }
            | Arrival::Underdrawing { .. }
            | Arrival::Progress { .. }
            | Arrival::Withdrawn(_)
            | Arrival::Recalled(_)
            | Arrival::InTurn(_)
            | Arrival::Backlog { .. }
            | Arrival::Sources(_)
            | Arrival::Past { .. } => None,
        };
        // Where the stage has gone, the program is about to end.
        let _ = self.floor.send(arrival).await;
        if let Some(id) = id
            && let Ok(Some(turn)) = self.clerk.ask(move |ledger| ledger.turn(id)).await
        {
            self.told.insert(id, turn);
        }
    }

    /// Tells the stage of turns that it has not heard of: what an earlier run left, and what the operator wants once
    /// more or does not want after all.
    async fn tell_turns(&mut self) -> Result<(), LedgerError> {
        let limit = usize::try_from(self.most_prepared).unwrap_or(usize::MAX);
        let turns = self.clerk.ask(move |ledger| ledger.turns(limit)).await?;
        self.told
            .retain(|id, _| turns.iter().any(|(other, _)| other == id));
        let in_turn: Vec<_> = turns.iter().map(|(id, _)| *id).collect();
        for (id, turn) in turns {
            let told = self.told.get(&id).copied();
            let is_made_here = self.in_hand.contains_key(&id) || self.order.holds_back(id);
            if told == Some(turn) || is_made_here {
                continue;
            }
            let Some(waiting) = self.clerk.ask(move |ledger| ledger.waiting(id)).await? else {
                continue;
            };
            let Some(arrival) = self.craft.bring_back(waiting).await? else {
                continue;
            };
            // It may wait there in another form, or may have been shown since.
            if told.is_some() {
                self.send(Arrival::Withdrawn(id)).await;
            }
            self.send(Arrival::Recalled(id)).await;
            self.order.begin(id);
            for arrival in self.order.end(id, Some(arrival)) {
                self.send(arrival).await;
            }
        }
        // In the order of arrival the stage keeps them by itself.
        if self.turns == Turns::ByAmount && self.in_turn != in_turn {
            self.in_turn.clone_from(&in_turn);
            self.send(Arrival::InTurn(in_turn)).await;
        }
        Ok(())
    }

    /// The next donation to make, if there is room for it ahead of the show. What others wait for needs no room.
    async fn next(&self, busy: Vec<DonationId>) -> Result<Option<ToPrepare>, LedgerError> {
        let room = self.most_prepared.saturating_sub(self.in_hand.len() as u64);
        let awaited: Vec<_> = self
            .order
            .unfinished()
            .filter(|&id| self.order.awaits(id))
            .collect();
        self.clerk
            .ask(move |ledger| {
                let Some(next) = ledger.next_to_prepare(&busy)? else {
                    return Ok(None);
                };
                let id = next.donation.id;
                if ledger.counts()?.prepared() >= room && !awaited.contains(&id) {
                    return Ok(None);
                }
                Ok(match ledger.begin(id)? {
                    Outcome::Stored => Some(next),
                    Outcome::Overtaken(_) => None,
                })
            })
            .await
    }

    /// Tells the stage what waits unmade. Nothing of a message is told: the gate has not seen it.
    async fn tell_backlog(&mut self) -> Result<(), LedgerError> {
        // What is ready or on comes first in that list, so that it has to reach past all of it.
        let reach = usize::try_from(self.most_prepared)
            .unwrap_or(usize::MAX)
            .saturating_add(6);
        let (total, queue, ready) = self
            .clerk
            .ask(move |ledger| {
                let ready = ledger.turns(reach)?;
                Ok((ledger.counts()?.preparing, ledger.queue(reach)?, ready))
            })
            .await?;
        let gate = &self.craft.gate;
        let unmade = queue
            .iter()
            .filter(|queued| State::PREPARING.contains(&queued.state))
            .take(5);
        let head = unmade
            .map(|q| {
                let bill = Playbill::closed(gate, &q.donation).marked(q.origin);
                (q.donation.id, Arc::new(bill))
            })
            .collect();
        let order = ready.into_iter().map(|(id, _)| id).collect();
        self.send(Arrival::Backlog { total, head, order }).await;
        Ok(())
    }

    /// Stops work on donations that the operator took back meanwhile, and waits for them no longer.
    async fn withdraw_overtaken(&mut self) -> Result<(), LedgerError> {
        let unfinished: Vec<_> = self.order.unfinished().collect();
        for id in unfinished {
            let state = self.clerk.ask(move |ledger| ledger.state(id)).await?;
            if State::PREPARING.contains(&state) {
                continue;
            }
            match self.in_hand.get(&id) {
                Some(cancel) => cancel.cancel(),
                None => {
                    for arrival in self.order.end(id, None) {
                        self.send(arrival).await;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
