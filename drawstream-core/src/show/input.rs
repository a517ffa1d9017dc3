//! What happens to the show.

use std::time::Duration;

use crate::donation::DonationId;

/// What happens to the show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Time has passed.
    Tick,
    /// A donation is being made into a painting.
    Preparing(DonationId),
    /// Its painting is ready.
    Ready {
        /// Whose.
        id: DonationId,
        /// How long the drawing takes.
        duration: Duration,
    },
    /// It will not be painted.
    Refused(DonationId),
    /// It could not be painted.
    Failed(DonationId),
    /// It is thanked for, and not painted.
    Thanked(DonationId),
    /// It may be announced once more, though it was shown: the operator wants it again.
    Recalled(DonationId),
    /// It was taken back while it was being prepared or waiting.
    Withdrawn(DonationId),
    /// A waiting one shall come at this position of the queue, 0 being the next.
    Move {
        /// Which.
        id: DonationId,
        /// Where to; past the end is the end.
        to: usize,
    },
    /// Ends what is on.
    Skip,
    /// Ends everything that waits; what is on goes on.
    Clear,
    /// Time stands still.
    Pause,
    /// Time goes on.
    Resume,
    /// What is on stays longer.
    HoldLonger,
    /// What is on is drawn from its beginning again.
    Replay,
    /// No more requests are taken: said on an idle stage.
    Close,
    /// Requests are taken again.
    Open,
    /// The stage is covered at once and time stands still; the queue stays.
    Panic,
    /// The cover is lifted.
    Unpanic,
}
