//! How often: waits between connections, and a budget of requests.

use std::collections::VecDeque;
use std::time::Duration;

use drawstream_core::donation::ShowTime;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// The lengths of time that the source keeps to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The shortest wait before connecting again.
    pub least_wait: Duration,
    /// The longest, but for refusals.
    pub most_wait: Duration,
    /// The wait after the server said not to come again.
    pub refused_wait: Duration,
    /// How often REST is asked while the socket is up.
    pub poll_up: Duration,
    /// How often at the most while it is down; the least is half of it.
    pub poll_down: Duration,
    /// How long an answer may take.
    pub answer_within: Duration,
    /// After so long a silence the server is asked whether it is there; the real one pings every 25 s.
    pub silence: Duration,
    /// How long what is pushed may wait for older donations that REST still tells of.
    pub hold: Duration,
    /// How long to wait before asking again where a new login is needed.
    pub login_wait: Duration,
    /// Requests a minute; the service allows 60 to an application.
    pub requests_per_minute: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            least_wait: Duration::from_secs(1),
            most_wait: Duration::from_secs(30),
            refused_wait: Duration::from_secs(60),
            poll_up: Duration::from_secs(30),
            poll_down: Duration::from_secs(10),
            answer_within: Duration::from_secs(10),
            silence: Duration::from_secs(26),
            hold: Duration::from_secs(10),
            login_wait: Duration::from_secs(30),
            requests_per_minute: 55,
        }
    }
}

/// Waits that grow with each failure and are drawn at random, so that many programs don't come back at once.
#[derive(Clone, Debug)]
pub(in crate::sources) struct Backoff {
    rng: ChaCha8Rng,
    failures: u32,
}

impl Backoff {
    pub(in crate::sources) fn new(seed: u64) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            failures: 0,
        }
    }

    /// The next wait: anything between the least and twice, four times, … the least, up to the most.
    pub(in crate::sources) fn next(&mut self, pace: &Pace) -> Duration {
        self.failures = (self.failures + 1).min(16);
        let most = pace
            .least_wait
            .saturating_mul(1 << self.failures)
            .min(pace.most_wait);
        self.between(pace.least_wait, most)
    }

    /// The connection works: the next failure is the first.
    pub(in crate::sources) const fn reset(&mut self) {
        self.failures = 0;
    }

    /// Anything between the two.
    pub(super) fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let range = least.as_millis() as u64..=most.max(least).as_millis() as u64;
        Duration::from_millis(self.rng.random_range(range))
    }
}

/// Requests of the last minute.
#[derive(Clone, Debug, Default)]
pub(super) struct Budget {
    recent: VecDeque<ShowTime>,
}

impl Budget {
    /// When the next request is allowed: `None` is now.
    pub(super) fn free_at(&mut self, now: ShowTime, per_minute: usize) -> Option<ShowTime> {
        const MINUTE: Duration = Duration::from_secs(60);
        while let Some(oldest) = self.recent.front()
            && now.since(*oldest) >= MINUTE
        {
            self.recent.pop_front();
        }
        (self.recent.len() >= per_minute.max(1)).then(|| self.recent[0] + MINUTE)
    }

    /// A request is sent.
    pub(super) fn spend(&mut self, now: ShowTime) {
        self.recent.push_back(now);
    }
}
