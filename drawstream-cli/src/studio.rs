//! The studio: takes donations out of the ledger, one after another, and makes them into paintings.
//!
//! It works ahead of the show by a bounded number. Whatever fails on the way, the next best is taken: another try,
//! another planner, another painter; and where nobody can paint, the donation gets its card and can be retried.

mod craft;
mod order;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use drawstream_core::donation::DonationId;
use drawstream_core::gate::Gate;
use futures_util::FutureExt as _;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::craft::{Craft, Made};
use self::order::InOrder;
use crate::config::Config;
use crate::control::SourceView;
use crate::intake::Intake;
use crate::ledger::{Clerk, LedgerError, Outcome, State, ToPrepare};
use crate::painters::Painter;
use crate::planners::Planner;
use crate::playbill::Playbill;
use crate::stagehand::Arrival;

/// Donations that are in the making at once: while one is painted the next is planned.
const IN_HAND: usize = 2;
/// How long until a donation whose making failed is tried again, for each failed try.
const PUT_OFF: Duration = Duration::from_secs(5);
/// How often the ledger is looked at where nobody announces anything.
const LOOK: Duration = Duration::from_secs(5);

/// The studio.
#[derive(Debug)]
pub struct Studio {
    clerk: Clerk,
    intake: Intake,
    craft: Arc<Craft>,
    floor: mpsc::Sender<Arrival>,
    sources: watch::Receiver<Vec<SourceView>>,
    most_prepared: u64,
    stop: CancellationToken,
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
}

/// What a finished work left behind.
struct Finished {
    id: DonationId,
    result: Result<Made, LedgerError>,
}

impl Studio {
    /// A studio with this crew. News go to `floor`, those of the sources too.
    pub fn new(
        config: &Config,
        intake: Intake,
        crew: Crew,
        floor: mpsc::Sender<Arrival>,
        sources: watch::Receiver<Vec<SourceView>>,
        stop: CancellationToken,
    ) -> Self {
        let clerk = intake.clerk().clone();
        let craft = Craft {
            clerk: clerk.clone(),
            gate: crew.gate,
            planners: crew.planners,
            painters: crew.painters,
            planning: Semaphore::new(1),
            painting: Semaphore::new(1),
            settings: craft::Settings::from(config),
        };
        let most_prepared = config.queue_max_size as u64;
        Self {
            clerk,
            intake,
            craft: Arc::new(craft),
            floor,
            sources,
            most_prepared,
            stop,
        }
    }

    /// Puts on the stage what an earlier run left ready, then works until the program stops.
    ///
    /// # Errors
    /// Where the ledger is gone.
    pub async fn run(mut self) -> Result<(), LedgerError> {
        self.bring_back_ready().await?;
        let mut work: JoinSet<Finished> = JoinSet::new();
        let mut in_hand: BTreeMap<DonationId, CancellationToken> = BTreeMap::new();
        let mut put_off: BTreeMap<DonationId, tokio::time::Instant> = BTreeMap::new();
        let mut order = InOrder::default();
        loop {
            put_off.retain(|_, until| *until > tokio::time::Instant::now());
            while in_hand.len() < IN_HAND {
                let busy: Vec<_> = in_hand.keys().chain(put_off.keys()).copied().collect();
                let Some(next) = self.next(busy, in_hand.len()).await? else {
                    break;
                };
                let id = next.donation.id;
                let cancel = self.stop.child_token();
                in_hand.insert(id, cancel.clone());
                order.begin(id);
                let (craft, floor) = (Arc::clone(&self.craft), self.floor.clone());
                work.spawn(async move {
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
            self.tell_backlog().await?;
            let soonest = put_off.values().min().copied();
            let look = soonest.unwrap_or_else(|| tokio::time::Instant::now() + LOOK);
            tokio::select! {
                () = self.stop.cancelled() => break,
                () = self.intake.arrival() => self.withdraw_overtaken(&in_hand).await?,
                Some(finished) = work.join_next() => {
                    // A task ends without a word only where the runtime itself ends.
                    let Ok(Finished { id, result }) = finished else { continue };
                    let made = result?;
                    in_hand.remove(&id);
                    if matches!(made, Made::Again) {
                        put_off.insert(id, tokio::time::Instant::now() + PUT_OFF);
                    }
                    for arrival in order.end(id, made.into_arrival()) {
                        self.send(arrival).await;
                    }
                }
                Ok(()) = self.sources.changed() => {
                    let sources = self.sources.borrow_and_update().clone();
                    self.send(Arrival::Sources(sources)).await;
                }
                () = tokio::time::sleep_until(look) => self.withdraw_overtaken(&in_hand).await?,
            }
        }
        // What is in hand goes on from its last state when the program starts again.
        work.shutdown().await;
        Ok(())
    }

    async fn send(&self, arrival: Arrival) {
        // Where the stage has gone, the program is about to end.
        let _ = self.floor.send(arrival).await;
    }

    async fn bring_back_ready(&self) -> Result<(), LedgerError> {
        let sources = self.sources.borrow().clone();
        self.send(Arrival::Sources(sources)).await;
        let limit = usize::try_from(self.most_prepared).unwrap_or(usize::MAX);
        for waiting in self
            .clerk
            .ask(move |ledger| ledger.ready_in_order(limit))
            .await?
        {
            if let Some(arrival) = self.craft.bring_back(waiting).await? {
                self.send(arrival).await;
            }
        }
        Ok(())
    }

    /// The next donation to make, if there is room for it ahead of the show.
    async fn next(
        &self,
        busy: Vec<DonationId>,
        in_hand: usize,
    ) -> Result<Option<ToPrepare>, LedgerError> {
        let room = self.most_prepared.saturating_sub(in_hand as u64);
        self.clerk
            .ask(move |ledger| {
                if ledger.counts()?.prepared() >= room {
                    return Ok(None);
                }
                let Some(next) = ledger.next_to_prepare(&busy)? else {
                    return Ok(None);
                };
                Ok(match ledger.begin(next.donation.id)? {
                    Outcome::Stored => Some(next),
                    Outcome::Overtaken(_) => None,
                })
            })
            .await
    }

    /// Tells the stage what waits unmade. Nothing of a message is told: the gate has not seen it.
    async fn tell_backlog(&self) -> Result<(), LedgerError> {
        // What is ready or on comes first in that list, so that it has to reach past all of it.
        let reach = usize::try_from(self.most_prepared)
            .unwrap_or(usize::MAX)
            .saturating_add(6);
        let (total, queue) = self
            .clerk
            .ask(move |ledger| Ok((ledger.counts()?.preparing, ledger.queue(reach)?)))
            .await?;
        let gate = &self.craft.gate;
        let unmade = queue
            .iter()
            .filter(|queued| State::PREPARING.contains(&queued.state))
            .take(5);
        let head = unmade
            .map(|q| (q.donation.id, Arc::new(Playbill::closed(gate, &q.donation))))
            .collect();
        self.send(Arrival::Backlog { total, head }).await;
        Ok(())
    }

    /// Stops work on donations that the operator took back meanwhile.
    async fn withdraw_overtaken(
        &self,
        in_hand: &BTreeMap<DonationId, CancellationToken>,
    ) -> Result<(), LedgerError> {
        for (&id, cancel) in in_hand {
            let state = self.clerk.ask(move |ledger| ledger.state(id)).await?;
            if !State::PREPARING.contains(&state) {
                cancel.cancel();
            }
        }
        Ok(())
    }
}
