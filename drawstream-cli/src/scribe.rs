//! The [`Scribe`]: writes down in the ledger what happened on the stage, in the order in which it happened.
//!
//! The stage never waits for the disk; it hands over a note and goes on. A note that the disk does not take is
//! tried again, since a painting that was shown and not written down would be drawn again after a restart.

use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use drawstream_core::donation::DonationId;
use tokio::sync::{mpsc, oneshot};

use crate::ledger::{Clerk, Ledger, LedgerError};

/// Notes that may wait for the disk: more than a show can make in the minutes for which notes are tried again.
const NOTES: usize = 4_096;
/// How often a note is tried, a second apart.
const TRIES: u32 = 60;

/// What happened on the stage.
#[derive(Debug)]
pub(crate) enum Note {
    /// It is on.
    Drawing(DonationId),
    /// It, or its card, was shown to the end.
    Shown(DonationId),
    /// It was ended by the operator.
    Skipped(DonationId),
    /// Everything that waits was cleared by the operator; the number goes back.
    Cleared(oneshot::Sender<u64>),
}

/// The pen: notes are put into it.
#[derive(Clone, Debug)]
pub(crate) struct Scribe {
    notes: mpsc::Sender<Note>,
}

impl Scribe {
    /// Starts to write. The second value ends when every pen is gone and every note is written.
    pub(crate) fn hire(clerk: Clerk) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (notes, mut received) = mpsc::channel(NOTES);
        let thread = Builder::new().name("scribe".to_owned()).spawn(move || {
            while let Some(note) = received.blocking_recv() {
                write(&clerk, note);
            }
        })?;
        Ok((Self { notes }, thread))
    }

    /// Takes a note.
    pub(crate) fn note(&self, note: Note) {
        if let Err(error) = self.notes.try_send(note) {
            tracing::error!(%error, "a note about the show was lost; the painting may be drawn again after a restart");
        }
    }
}

fn write(clerk: &Clerk, note: Note) {
    match note {
        Note::Drawing(id) => insist(clerk, "drawing", move |ledger| {
            ledger.start_drawing(id).map(drop)
        }),
        Note::Shown(id) => insist(clerk, "shown", move |ledger| ledger.shown(id).map(drop)),
        Note::Skipped(id) => {
            insist(clerk, "skipped", move |ledger| {
                ledger.skip(id, "skipped by the operator").map(drop)
            });
        }
        Note::Cleared(answer) => {
            match clerk.ask_blocking(|ledger| ledger.clear("cleared by the operator")) {
                // Whoever asked may have gone by now.
                Ok(cleared) => drop(answer.send(cleared)),
                Err(error) => tracing::error!(%error, "the queue could not be cleared"),
            }
        }
    }
}

fn insist(
    clerk: &Clerk,
    what: &'static str,
    change: impl Fn(&mut Ledger) -> Result<(), LedgerError> + Clone + Send + 'static,
) {
    for attempt in 1..=TRIES {
        match clerk.ask_blocking(change.clone()) {
            Ok(()) => return,
            Err(LedgerError::Closed) => break,
            Err(error) if attempt == 1 => {
                tracing::error!(%error, "the ledger does not take '{what}'; trying again");
            }
            Err(_) => {}
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    tracing::error!(
        "the ledger never took '{what}'; the painting may be drawn again after a restart"
    );
}
