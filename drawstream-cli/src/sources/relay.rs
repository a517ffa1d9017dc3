//! A [`Relay`]: a socket, and the one that takes over from it when a server asks for that before it goes.

use super::donation_alerts::socket::{Event, Socket};

/// Which of the two sockets something came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Runner {
    /// The one that is in use.
    Current,
    /// The one that will take over.
    Next,
}

/// One socket, or for a moment two.
#[derive(Debug)]
pub(super) struct Relay {
    current: Socket,
    next: Option<Socket>,
}

impl Relay {
    pub(super) fn open(url: String) -> Self {
        Self {
            current: Socket::open(url),
            next: None,
        }
    }

    /// Opens the one that takes over. The current one goes on until then.
    pub(super) fn prepare(&mut self, url: String) {
        self.next = Some(Socket::open(url));
    }

    /// The other one is as far as the current one: from now on it is the current one.
    pub(super) fn hand_over(&mut self) {
        if let Some(next) = self.next.take() {
            self.current = next;
        }
    }

    /// Sends to one of them.
    pub(super) fn send(&self, runner: Runner, frame: String) {
        match (runner, &self.next) {
            (Runner::Current, _) => self.current.send(frame),
            (Runner::Next, Some(next)) => next.send(frame),
            (Runner::Next, None) => {}
        }
    }

    /// Asks the current one's server whether it is there.
    pub(super) fn ping(&self) {
        self.current.ping();
    }

    /// The next event. A close is told only where no other socket goes on.
    pub(super) async fn next(&mut self) -> (Runner, Event) {
        loop {
            let other = async {
                match &mut self.next {
                    Some(next) => next.next().await,
                    None => std::future::pending().await,
                }
            };
            let (runner, event) = tokio::select! {
                event = self.current.next() => (Runner::Current, event),
                event = other => (Runner::Next, event),
            };
            match (runner, &event) {
                (Runner::Current, Event::Closed { .. }) if self.next.is_some() => self.hand_over(),
                (Runner::Next, Event::Closed { .. }) => self.next = None,
                _ => return (runner, event),
            }
        }
    }
}
