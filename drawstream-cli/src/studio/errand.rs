//! The [`Errand`]: what a person wants done about one donation, wherever it is.
//!
//! The studio runs it, since the studio may have the donation in hand: work on it is stopped first, then the stage
//! lets go of it, then the ledger is changed, and what is ready after that goes to the stage again. So a donation
//! that was refused a moment ago is never drawn, and words that were replaced are never painted.

use drawstream_core::donation::DonationId;
use tokio::sync::oneshot;

use super::{State, Studio};
use crate::ledger::{Ledger, LedgerError, Outcome};
use crate::stagehand::{Order, Whereabouts};

/// What is done to the ledger.
type Change = Box<dyn FnOnce(&mut Ledger) -> Result<Outcome, LedgerError> + Send + Sync>;

/// How far an errand reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Only into the ledger: work under way goes on, and so does what is queued.
    Ledger,
    /// Work under way is stopped, and the stage lets go of it.
    Whole,
}

/// What became of an errand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// It is done, and on the disk.
    Stored,
    /// The donation stands where this cannot be done.
    Overtaken(State),
    /// It is on the stage, which is what skipping is for.
    OnStage,
}

/// What a person wants done about one donation.
pub struct Errand {
    pub(crate) id: DonationId,
    pub(crate) reach: Reach,
    change: Change,
    answer: oneshot::Sender<Result<Done, LedgerError>>,
}

impl std::fmt::Debug for Errand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { id, reach, .. } = self;
        f.debug_struct("Errand")
            .field("id", id)
            .field("reach", reach)
            .finish_non_exhaustive()
    }
}

impl Errand {
    /// An errand, and where its answer comes.
    pub(crate) fn new(
        id: DonationId,
        reach: Reach,
        change: impl FnOnce(&mut Ledger) -> Result<Outcome, LedgerError> + Send + Sync + 'static,
    ) -> (Self, oneshot::Receiver<Result<Done, LedgerError>>) {
        let (answer, answered) = oneshot::channel();
        let errand = Self {
            id,
            reach,
            change: Box::new(change),
            answer,
        };
        (errand, answered)
    }
}

impl Studio {
    /// Takes an errand: at once, or when the work that it stops has come to its end.
    pub(super) async fn take_errand(&mut self, errand: Errand) {
        match self.in_hand.get(&errand.id) {
            Some(cancel) if errand.reach == Reach::Whole => {
                cancel.cancel();
                self.interrupting.push(errand);
            }
            Some(_) | None => self.run_errand(errand).await,
        }
    }

    /// Runs the errands that have waited for the work on this donation to stop.
    pub(super) async fn run_interrupting(&mut self, id: DonationId) {
        let all = std::mem::take(&mut self.interrupting);
        let (due, later) = all.into_iter().partition(|errand| errand.id == id);
        self.interrupting = later;
        for errand in due {
            self.run_errand(errand).await;
        }
    }

    /// The next look around tells the stage whatever follows from it.
    async fn run_errand(&mut self, errand: Errand) {
        let Errand {
            id,
            reach,
            change,
            answer,
        } = errand;
        let done = match reach {
            Reach::Whole if self.take_off(id).await == Whereabouts::OnStage => Ok(Done::OnStage),
            Reach::Whole | Reach::Ledger => self.clerk.ask(change).await.map(Done::from),
        };
        // Whoever asked may have gone by now; what was asked is done all the same.
        let _ = answer.send(done);
    }

    async fn take_off(&mut self, id: DonationId) -> Whereabouts {
        self.order.forget(id);
        let (answer, answered) = oneshot::channel();
        // Where the stage has gone, nothing is on.
        if self.orders.send(Order::Withdraw(id, answer)).await.is_err() {
            return Whereabouts::Gone;
        }
        let whereabouts = answered.await.unwrap_or(Whereabouts::Gone);
        if whereabouts == Whereabouts::Gone {
            self.told.remove(&id);
            self.put_off.remove(&id);
        }
        whereabouts
    }
}

impl From<Outcome> for Done {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Stored => Self::Stored,
            Outcome::Overtaken(state) => Self::Overtaken(state),
        }
    }
}
