//! What the service is asked over HTTP, and how that fails.

use std::time::Duration;

/// Something the service is asked over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// Who the streamer is, and a token for the socket.
    Profile,
    /// A token for a channel on this connection.
    ChannelToken { client: String, channel: String },
    /// A page of donations.
    Page(u32),
}

/// Why a request failed; what to do about it depends on this alone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RequestError {
    #[error("the login is not accepted any more")]
    LoginNeeded,
    #[error("the service asks for fewer requests")]
    TooMany { after: Option<Duration> },
    #[error("{0}")]
    Trouble(String),
}
