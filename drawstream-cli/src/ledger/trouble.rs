//! A database that cannot be read or written: the [`Trouble`], told once and until it is over.

use std::sync::{Arc, PoisonError, RwLock};

use super::LedgerError;

/// What keeps the ledger from being written now; clones tell of the same ledger.
#[derive(Clone, Debug, Default)]
pub struct Trouble(Arc<RwLock<Option<String>>>);

impl Trouble {
    /// What is wrong and what can be done about it, in one line for people; `None` while all is well.
    pub fn told(&self) -> Option<String> {
        let told = self.0.read().unwrap_or_else(PoisonError::into_inner);
        told.clone()
    }

    /// Takes notice of how a request went. `rows` is how many were changed by it: reading alone does not prove
    /// that a disk has room again.
    pub(super) fn observe(&self, error: Option<&LedgerError>, rows: u64) {
        let said = match error {
            Some(error @ LedgerError::Database(cause)) => {
                let hint = error.hint().map(|hint| format!("; {hint}"));
                Some(format!("{error}: {cause}{}", hint.unwrap_or_default()))
            }
            // Other errors are about one donation.
            Some(_) => return,
            None if rows > 0 => None,
            None => return,
        };
        let mut told = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if *told == said {
            return;
        }
        match &said {
            Some(said) => {
                tracing::error!("{said}. The show goes on, and what is donated meanwhile waits");
            }
            None => tracing::info!("the ledger is written again"),
        }
        *told = said;
    }
}
