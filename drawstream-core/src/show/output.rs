//! What the show wants done.

use super::Card;
use crate::donation::{DonationId, ShowTime};

/// What the caller shall do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Begin to draw this painting, from its start.
    Draw(DonationId),
    /// Its last stroke is down and it is held.
    Drawn(DonationId),
    /// It was shown in full; write that down.
    Shown(DonationId),
    /// It was ended before its last stroke; write that down.
    Skipped(DonationId),
    /// These paintings were taken from the queue, in its order; write that down.
    Cleared(Vec<DonationId>),
    /// Show this card.
    ShowCard(DonationId, Card),
    /// The card has been read.
    CardEnded(DonationId),
    /// Give [`Input::Tick`](super::Input::Tick) then. It takes the place of every earlier one.
    WakeAt(ShowTime),
}
