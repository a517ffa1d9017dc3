//! What the session tells its operator.

use crate::sources::status::LinkState;

/// Something that needs a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Alarm {
    /// The token is not accepted.
    LoginNeeded,
    /// The server closed the connection with this code and asked not to come again.
    Refused(u16),
    /// Donations wait in memory.
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
