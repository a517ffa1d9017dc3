//! The show's own time: it stands still while the show does.

use std::time::Duration;

use crate::donation::ShowTime;

/// Maps the time outside to the time that the show has lived through.
///
/// Everything in the show is dated in this inner time, so a pause needs no deadline to be moved. It never goes
/// back, even if the caller's time does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FreezableClock {
    /// How much time the show has spent frozen.
    lag: Duration,
    /// The latest inner time that was asked for.
    latest: ShowTime,
    pace: Pace,
}

#[derive(Clone, Copy, Debug)]
enum Pace {
    Running,
    Frozen { at: ShowTime },
}

impl FreezableClock {
    /// A running clock.
    pub(crate) const fn new() -> Self {
        Self {
            lag: Duration::ZERO,
            latest: ShowTime::ZERO,
            pace: Pace::Running,
        }
    }

    /// The inner time at `now`, without remembering it.
    pub(crate) fn read(&self, now: ShowTime) -> ShowTime {
        match self.pace {
            Pace::Running => ShowTime(now.0.saturating_sub(self.lag)).max(self.latest),
            Pace::Frozen { at } => at,
        }
    }

    /// The inner time at `now`; later readings are not before it.
    pub(crate) fn advance(&mut self, now: ShowTime) -> ShowTime {
        self.latest = self.read(now);
        self.latest
    }

    /// Stops; nothing if it stands already.
    pub(crate) fn freeze(&mut self, now: ShowTime) {
        let at = self.advance(now);
        self.pace = Pace::Frozen { at };
    }

    /// Goes on from where it stopped; nothing if it runs.
    pub(crate) fn thaw(&mut self, now: ShowTime) {
        match self.pace {
            Pace::Running => {}
            Pace::Frozen { at } => {
                self.lag = now.since(at);
                self.pace = Pace::Running;
            }
        }
    }

    /// When it will be `inner`; `None` while it stands.
    pub(crate) fn outside(&self, inner: ShowTime) -> Option<ShowTime> {
        match self.pace {
            Pace::Running => Some(inner + self.lag),
            Pace::Frozen { .. } => None,
        }
    }
}
