//! What can be seen of the show at a moment.

use std::time::Duration;

use super::Card;
use crate::donation::DonationId;

/// What is on at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing, and requests are welcome.
    Idle,
    /// Nothing, and requests are not taken.
    Closed,
    /// Nothing yet: this donation is being made into a painting.
    Preparing(DonationId),
    /// A painting is being drawn.
    Drawing {
        /// Whose.
        id: DonationId,
        /// How far into it the show is.
        elapsed: Duration,
        /// How long it takes in all.
        duration: Duration,
    },
    /// A finished painting is held.
    Holding {
        /// Whose.
        id: DonationId,
        /// How long it still stays.
        remaining: Duration,
        /// How long it stays in all.
        hold: Duration,
    },
    /// A card is shown.
    Card {
        /// Whose.
        id: DonationId,
        /// Which.
        card: Card,
        /// How long it still stays.
        remaining: Duration,
    },
}

/// Whether time runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curtain {
    /// It does.
    Up,
    /// It stands still, and what is on stays visible.
    Paused,
    /// It stands still, and the stage is covered.
    Covered,
}

/// Whether requests are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Requests {
    /// They are.
    #[default]
    Open,
    /// They are not.
    Closed,
}

/// A donation in the queue and how long it will be until it is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Which.
    pub id: DonationId,
    /// From now, if nobody skips, pauses or holds.
    pub wait: Duration,
}
