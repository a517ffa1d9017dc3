//! What the operator sees of a source: its [`SourceStatus`], and the `Teller` by which the source tells it.

use std::time::SystemTime;

use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How far the connection of a source is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkState {
    /// It is not used.
    Off,
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

/// A source at work.
#[derive(Debug)]
pub struct Running {
    /// What the operator sees.
    pub status: watch::Receiver<SourceStatus>,
    /// Ends after the token with which the source was started is cancelled.
    pub task: JoinHandle<()>,
}

/// Tells how a source is, and logs what a person should know of it. Clones tell of the same source.
#[derive(Clone, Debug)]
pub(crate) struct Teller {
    name: &'static str,
    status: watch::Sender<SourceStatus>,
}

impl Teller {
    pub(crate) fn new(name: &'static str) -> (Self, watch::Receiver<SourceStatus>) {
        let (status, receiver) = watch::channel(SourceStatus {
            name,
            ..SourceStatus::default()
        });
        (Self { name, status }, receiver)
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// The connection is so far. A live one has no error and no alarm any more.
    pub(crate) fn link(&self, link: LinkState) {
        let name = self.name;
        self.change(|status| {
            if status.link != link {
                tracing::info!(source = name, ?link, "the connection is {link:?}");
            }
            status.link = link;
            if link == LinkState::Live {
                status.last_error = None;
                status.alarm = None;
            }
        });
    }

    /// Whether the connection is live.
    pub(crate) fn is_live(&self) -> bool {
        self.status.borrow().link == LinkState::Live
    }

    /// Something of a donation was heard.
    pub(crate) fn heard(&self) {
        self.change(|status| status.last_event = Some(SystemTime::now()));
    }

    /// Something could not be read.
    pub(crate) fn unreadable(&self, what: &str) {
        tracing::warn!(source = self.name, "{what}");
        self.change(|status| {
            status.unreadable += 1;
            status.last_error = Some(what.to_owned());
        });
    }

    /// Something went wrong, and is tried again by itself. `error` is for people, and names no secret.
    pub(crate) fn trouble(&self, error: &str) {
        let name = self.name;
        self.change(|status| {
            if status.last_error.as_deref() != Some(error) {
                tracing::warn!(source = name, "{error}");
            }
            status.last_error = Some(error.to_owned());
        });
    }

    /// Something needs a person.
    pub(crate) fn alarm(&self, alarm: &str) {
        let name = self.name;
        self.change(|status| {
            if status.alarm.as_deref() != Some(alarm) {
                tracing::error!(source = name, "{alarm}");
            }
            status.alarm = Some(alarm.to_owned());
        });
    }

    /// What needed a person is mended.
    pub(crate) fn calm(&self, alarm: &str) {
        let name = self.name;
        self.change(|status| {
            if status.alarm.as_deref() == Some(alarm) {
                tracing::info!(source = name, "all is well again");
                status.alarm = None;
            }
        });
    }

    /// When the token expires.
    pub(crate) fn token_expires(&self, at: Option<SystemTime>) {
        self.change(|status| status.token_expires = at);
    }

    /// So many donations were new.
    pub(crate) fn taken(&self, new: u64) {
        self.change(|status| status.taken += new);
    }

    fn change(&self, change: impl FnOnce(&mut SourceStatus)) {
        self.status.send_if_modified(|status| {
            let before = status.clone();
            change(status);
            *status != before
        });
    }
}
