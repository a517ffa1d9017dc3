//! The [`Taker`]: writes what a socket brings into the ledger, so that the socket's reader never waits for the disk.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::status::Teller;
use crate::intake::Intake;
use crate::ledger::NewDonation;

/// Donations that may wait for the disk: more than any stream gets while somebody makes room on it.
const WAITING: usize = 4096;
/// How long until a write that failed is tried again.
const AGAIN: Duration = Duration::from_secs(3);

const UNWRITABLE: &str = "the ledger cannot be written: donations wait in memory";
const LOST: &str = "the ledger could not be written for too long, and a donation is lost; look for it at the service";

/// The hand that takes donations for one source, each once and in the order in which they came.
#[derive(Debug)]
pub(crate) struct Taker {
    waiting: mpsc::Sender<NewDonation>,
    teller: Teller,
}

impl Taker {
    /// Starts to write. The task ends when this is dropped, or `stop` is cancelled, and what waits is written.
    pub(crate) fn start(
        intake: Intake,
        teller: Teller,
        stop: CancellationToken,
    ) -> (Self, JoinHandle<()>) {
        let (waiting, donations) = mpsc::channel(WAITING);
        let task = tokio::spawn(write(intake, teller.clone(), donations, stop));
        (Self { waiting, teller }, task)
    }

    /// Takes a donation. It is on the disk a moment later, or as soon as the disk takes it.
    pub(crate) fn take(&self, donation: NewDonation) {
        self.teller.heard();
        if self.waiting.try_send(donation).is_err() {
            self.teller.alarm(LOST);
        }
    }
}

async fn write(
    intake: Intake,
    teller: Teller,
    mut donations: mpsc::Receiver<NewDonation>,
    stop: CancellationToken,
) {
    let mut batch = Vec::new();
    while donations.recv_many(&mut batch, WAITING).await > 0 {
        loop {
            match intake.take(teller.name(), batch.clone()).await {
                Ok(new) => {
                    teller.taken(new);
                    teller.calm(UNWRITABLE);
                    break;
                }
                Err(error) => {
                    tracing::error!(%error, source = teller.name(), waiting = batch.len(), "cannot write the ledger");
                    teller.alarm(UNWRITABLE);
                }
            }
            tokio::select! {
                () = tokio::time::sleep(AGAIN) => {}
                () = stop.cancelled() => return,
            }
        }
        batch.clear();
    }
}
