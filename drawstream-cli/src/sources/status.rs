//! What the operator sees of a source: its [`SourceStatus`].

use std::time::SystemTime;

/// How far the connection of a source is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkState {
    /// Not connected; the next try comes by itself.
    #[default]
    Down,
    /// On the way.
    Connecting,
    /// Connected and subscribed: donations arrive as they are made.
    Live,
}

/// The state of a source, as the dashboard shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceStatus {
    /// The source's name in the configuration.
    pub name: &'static str,
    /// How far its connection is.
    pub link: LinkState,
    /// When it last heard of a donation.
    pub last_event: Option<SystemTime>,
    /// When it last asked for the list of donations, and was answered.
    pub last_poll: Option<SystemTime>,
    /// When its token expires, where that is known.
    pub token_expires: Option<SystemTime>,
    /// The last thing that went wrong, in words for people; never a token or a viewer's text.
    pub last_error: Option<String>,
    /// Something that needs a person, until it is mended.
    pub alarm: Option<String>,
    /// Donations that it brought since the program started.
    pub taken: u64,
    /// Documents and rows that could not be read.
    pub unreadable: u64,
}
