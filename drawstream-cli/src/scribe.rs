//! The [`Scribe`]: writes down in the ledger what happened on the stage, in the order in which it happened.
//!
//! The stage never waits for the disk; it hands over a note and goes on. A note that the disk does not take is tried
//! until it is taken, since a painting that was shown and not written down would be drawn again after a restart.

use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use drawstream_core::donation::DonationId;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::ledger::{Clerk, Ledger, LedgerError};
use crate::staff::Post;

/// Notes that may wait for the disk: what a show makes in an evening.
const NOTES: usize = 4_096;
/// How long after a note was not taken it is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// How often notes are tried once the program is to end, all together.
const LAST_TRIES: u32 = 5;

/// What happened on the stage.
#[derive(Debug)]
pub(crate) enum Note {
    /// It is on.
    Drawing(DonationId),
    /// Its last stroke is down.
    Drawn(DonationId),
    /// The stage broke over it.
    Broke(DonationId),
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

/// What the thread writes with.
struct Desk {
    clerk: Clerk,
    stop: CancellationToken,
    tries_left: u32,
}

impl Scribe {
    /// Starts to write. The second value ends when every pen is gone and every note is written, or soon after `stop`
    /// where the disk takes nothing.
    pub(crate) fn hire(
        clerk: Clerk,
        stop: CancellationToken,
        post: Post,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (notes, mut received) = mpsc::channel(NOTES);
        let thread = Builder::new().name("scribe".to_owned()).spawn(move || {
            let mut desk = Desk {
                clerk,
                stop,
                tries_left: LAST_TRIES,
            };
            while let Some(note) = received.blocking_recv() {
                desk.write(note);
            }
            drop(post);
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

impl Desk {
    fn write(&mut self, note: Note) {
        match note {
            Note::Drawing(id) => {
                self.insist("drawing", move |ledger| ledger.start_drawing(id).map(drop));
            }
            Note::Drawn(id) => {
                self.insist("drawn", move |ledger| ledger.drawn(id).map(drop));
            }
            Note::Broke(id) => {
                self.insist("broke", move |ledger| ledger.broke(id).map(drop));
            }
            Note::Shown(id) => {
                self.insist("shown", move |ledger| ledger.shown(id).map(drop));
            }
            Note::Skipped(id) => {
                self.insist("skipped", move |ledger| {
                    ledger.skip(id, "skipped by the operator").map(drop)
                });
            }
            Note::Cleared(answer) => {
                let cleared =
                    self.insist("cleared", |ledger| ledger.clear("cleared by the operator"));
                if let Some(cleared) = cleared {
                    // Whoever asked may have gone by now.
                    let _ = answer.send(cleared);
                }
            }
        }
    }

    /// Has the ledger do it, however often that takes. The ledger itself says what is wrong with it.
    fn insist<T: Send + 'static>(
        &mut self,
        what: &'static str,
        change: impl Fn(&mut Ledger) -> Result<T, LedgerError> + Clone + Send + 'static,
    ) -> Option<T> {
        loop {
            match self.clerk.ask_blocking(change.clone()) {
                Ok(done) => return Some(done),
                Err(error @ LedgerError::Database(_)) => {
                    tracing::debug!(%error, "the ledger does not take '{what}' yet");
                    if self.stop.is_cancelled() {
                        if self.tries_left == 0 {
                            break;
                        }
                        self.tries_left -= 1;
                    }
                    std::thread::sleep(PAUSE);
                }
                Err(error) => {
                    tracing::error!(%error, "the ledger does not take '{what}'");
                    return None;
                }
            }
        }
        tracing::error!(
            "the ledger never took '{what}'; the painting may be drawn again after a restart"
        );
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{State, Taken};

    #[test]
    fn a_note_waits_for_the_disk_and_none_is_overtaken_by_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let (mut ledger, _) = Ledger::open(&path).unwrap();
        let id = ledger.take_ready_for_tests();
        let (clerk, thread) = Clerk::hire(ledger).unwrap();
        let (scribe, writing) = {
            use crate::staff::{Policy, Staff};
            let stop = CancellationToken::new();
            let staff = Staff::new(tokio_util::task::TaskTracker::new(), stop.clone());
            Scribe::hire(
                clerk.clone(),
                stop,
                staff.post("scribe", Policy::EndProgram),
            )
            .unwrap()
        };
        // Another program holds the file for longer than the ledger itself waits.
        let other = rusqlite::Connection::open(&path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        scribe.note(Note::Drawing(id));
        scribe.note(Note::Drawn(id));
        scribe.note(Note::Shown(id));
        while clerk.trouble().is_none() {
            std::thread::yield_now();
        }
        assert!(clerk.trouble().unwrap().contains("another program has"));
        other.execute_batch("ROLLBACK").unwrap();
        drop(scribe);
        writing.join().unwrap();
        assert_eq!(clerk.trouble(), None);
        let state = clerk.ask_blocking(move |ledger| ledger.state(id)).unwrap();
        assert_eq!(state, State::Shown);
        drop(clerk);
        thread.join().unwrap();
    }

    impl Ledger {
        fn take_ready_for_tests(&mut self) -> DonationId {
            let new = crate::ledger::NewDonation {
                external: drawstream_core::donation::ExternalId {
                    source: "test".to_owned(),
                    id: "1".to_owned(),
                },
                donor: None,
                message: None,
                audio_url: None,
                amount: drawstream_core::donation::Money::parse(
                    "5",
                    drawstream_core::donation::Currency::parse("EUR").unwrap(),
                )
                .unwrap(),
                own_hundredths: None,
                created_at: drawstream_core::donation::UnixTime(1),
                origin: crate::ledger::Origin::Paid,
            };
            let Some(Taken::New(id)) = self.take(&[new]).unwrap().first().copied() else {
                panic!("it is new")
            };
            let _ = self.gated(id, "{}").unwrap();
            let _ = self.planned(id, "{}").unwrap();
            let _ = self.painted(id, b"").unwrap();
            let _ = self.ready(id, "{}").unwrap();
            id
        }
    }
}
