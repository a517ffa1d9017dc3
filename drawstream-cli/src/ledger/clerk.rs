//! The [`Clerk`]: the one thread that writes the ledger, and the handle by which tasks ask it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Weak};

use tokio::sync::{oneshot, watch};

use super::{Ledger, LedgerError, Trouble};

/// Requests that may wait for the disk. Whoever finds it full waits: a slow disk slows the askers, and nothing
/// piles up in memory.
const DESK: usize = 256;

type Request = Box<dyn FnOnce(&mut Ledger) + Send>;

/// A handle to the thread that owns the [`Ledger`]. Clones ask the same thread.
///
/// The thread ends, and the ledger closes, when the last handle is dropped.
#[derive(Clone, Debug)]
pub struct Clerk {
    desk: SyncSender<Request>,
    /// Held by the thread: when it is gone, so is the thread.
    alive: Weak<()>,
    trouble: Trouble,
    changes: watch::Receiver<u64>,
}

impl Clerk {
    /// Gives the ledger to a thread of its own. The second value waits until it has closed the ledger.
    ///
    /// # Errors
    /// Where the system has no thread left.
    pub fn hire(ledger: Ledger) -> Result<(Self, std::thread::JoinHandle<()>), LedgerError> {
        let (desk, requests) = sync_channel(DESK);
        let alive = Arc::new(());
        let trouble = ledger.trouble.clone();
        let weak = Arc::downgrade(&alive);
        let (changed, changes) = watch::channel(0);
        let thread = std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || {
                let _alive = alive;
                serve(ledger, &requests, &changed);
            })
            .map_err(LedgerError::Thread)?;
        let clerk = Self {
            desk,
            alive: weak,
            trouble,
            changes,
        };
        Ok((clerk, thread))
    }

    /// Whether the thread is there to answer.
    pub fn is_open(&self) -> bool {
        self.alive.strong_count() > 0
    }

    /// What keeps the ledger from being written now, in one line for people.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.told()
    }

    /// Changes whenever something was written: who shows the ledger to people looks again then.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.clone()
    }

    /// Has `request` done on the ledger and waits for what it says, without blocking the caller's thread.
    ///
    /// ```no_run
    /// # async fn example(clerk: drawstream::ledger::Clerk) -> Result<(), drawstream::ledger::LedgerError> {
    /// let counts = clerk.ask(|ledger| ledger.counts()).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of `request`, and [`LedgerError::Closed`] where the clerk is gone or `request` panicked.
    pub async fn ask<T, F>(&self, request: F) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Ledger) -> Result<T, LedgerError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let mut request: Request = Box::new(move |ledger| {
            let _ = answer.send(observed(ledger, request));
        });
        // A full desk is rare and short, so that looking again now and then is enough.
        loop {
            match self.desk.try_send(request) {
                Ok(()) => break,
                Err(std::sync::mpsc::TrySendError::Full(back)) => request = back,
                Err(std::sync::mpsc::TrySendError::Disconnected(_)) => {
                    return Err(LedgerError::Closed);
                }
            }
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        answered.await.unwrap_or(Err(LedgerError::Closed))
    }

    /// The same for a thread that may block.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn ask_blocking<T, F>(&self, request: F) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Ledger) -> Result<T, LedgerError> + Send + 'static,
    {
        let (answer, answered) = sync_channel(1);
        let request: Request = Box::new(move |ledger| {
            let _ = answer.send(observed(ledger, request));
        });
        self.desk.send(request).map_err(|_| LedgerError::Closed)?;
        answered.recv().unwrap_or(Err(LedgerError::Closed))
    }
}

/// Does what is asked and takes notice of how it went.
fn observed<T>(
    ledger: &mut Ledger,
    request: impl FnOnce(&mut Ledger) -> Result<T, LedgerError>,
) -> Result<T, LedgerError> {
    let before = ledger.connection.total_changes();
    let result = request(ledger);
    let rows = ledger.connection.total_changes() - before;
    ledger.trouble.observe(result.as_ref().err(), rows);
    result
}

/// Serves until all handles are gone. A request that panics is lost, and its asker is told; the ledger goes on,
/// since a transaction that was not committed is rolled back.
fn serve(mut ledger: Ledger, requests: &Receiver<Request>, changed: &watch::Sender<u64>) {
    while let Ok(request) = requests.recv() {
        if catch_unwind(AssertUnwindSafe(|| request(&mut ledger))).is_err() {
            tracing::error!("a request to the ledger panicked; its change was rolled back");
        }
        let written = ledger.connection.total_changes();
        changed.send_if_modified(|before| std::mem::replace(before, written) != written);
    }
    if let Err(error) = ledger.close() {
        tracing::warn!(%error, "the ledger did not close cleanly; the next start repairs it");
    }
}
