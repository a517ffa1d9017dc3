//! What the session tells its operator.

use crate::sources::status::LinkState;

/// Something that needs a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Alarm {
    #[error("Donation Alerts wants a new login: run `drawstream login`")]
    LoginNeeded,
    #[error(
        "Donation Alerts closed the connection with code {0} and asked not to come again; trying slowly"
    )]
    Refused(u16),
    #[error("the ledger cannot be written: donations wait in memory")]
    LedgerUnwritable,
}

/// What the operator is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) link: LinkState,
    pub(crate) events: u64,
    pub(crate) polls: u64,
    pub(crate) taken: u64,
    pub(crate) unreadable: u64,
    pub(crate) alarm: Option<Alarm>,
    pub(crate) last_error: Option<String>,
}
