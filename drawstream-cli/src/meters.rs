//! The [`Meters`]: what is counted while the show goes on, for `/metrics` and for the dashboard.
//!
//! Counting is a few atomic additions: nobody waits for it, least of all the stage.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::control::WorkerView;
use crate::health::{Grade, Health};
use crate::pool::PoolView;

/// A frame that took longer than this was missed by everybody at 30 frames a second.
const LATE: Duration = Duration::from_millis(33);

/// Times sorted into buckets.
#[derive(Debug)]
pub(crate) struct Histogram<const N: usize> {
    /// Upper bounds in seconds, ascending; one bucket more counts what is above.
    pub(crate) bounds: [f64; N],
    buckets: [AtomicU64; N],
    count: AtomicU64,
    nanos: AtomicU64,
}

impl<const N: usize> Histogram<N> {
    fn new(bounds: [f64; N]) -> Self {
        Self {
            bounds,
            buckets: std::array::from_fn(|_| AtomicU64::new(0)),
            count: AtomicU64::new(0),
            nanos: AtomicU64::new(0),
        }
    }

    fn add(&self, time: Duration) {
        let seconds = time.as_secs_f64();
        if let Some(bucket) = self.bounds.iter().position(|&bound| seconds <= bound) {
            self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        }
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.nanos.fetch_add(nanos, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// How many times were at most as long as each bound.
    pub(crate) fn cumulated(&self) -> [u64; N] {
        let mut sum = 0;
        std::array::from_fn(|bucket| {
            sum += self.buckets[bucket].load(Ordering::Relaxed);
            sum
        })
    }

    /// How many times there were, and their sum in seconds.
    pub(crate) fn totals(&self) -> (u64, f64) {
        let nanos = self.nanos.load(Ordering::Relaxed);
        (self.count.load(Ordering::Relaxed), nanos as f64 / 1e9)
    }
}

/// Who works on donations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trade {
    Planner,
    Painter,
}

impl Trade {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Planner => "planner",
            Self::Painter => "painter",
        }
    }
}

/// Somebody who watches: by which of the ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Watching {
    Events,
    Canvas,
}

/// What is counted.
#[derive(Debug)]
pub struct Meters {
    pub(crate) frames: Histogram<8>,
    pub(crate) paintings: Histogram<8>,
    late_frames: AtomicU64,
    events: AtomicI64,
    canvas: AtomicI64,
    workers: Mutex<Vec<WorkerView>>,
    pool: Mutex<Option<PoolView>>,
    told: watch::Sender<u64>,
}

impl Meters {
    /// Meters that have counted nothing, and a crew that has done nothing yet: planners and painters by name.
    pub fn new<'a>(
        planners: impl Iterator<Item = &'a str>,
        painters: impl Iterator<Item = &'a str>,
    ) -> Self {
        let worker = |trade: Trade| {
            move |name: &str| WorkerView {
                name: name.to_owned(),
                trade: trade.name().to_owned(),
                ..WorkerView::default()
            }
        };
        let mut workers: Vec<_> = planners.map(worker(Trade::Planner)).collect();
        workers.extend(painters.map(worker(Trade::Painter)));
        Self {
            frames: Histogram::new([0.000_25, 0.000_5, 0.001, 0.002, 0.004, 0.008, 0.016, 0.033]),
            paintings: Histogram::new([0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 180.0, 600.0]),
            late_frames: AtomicU64::new(0),
            events: AtomicI64::new(0),
            canvas: AtomicI64::new(0),
            workers: Mutex::new(workers),
            pool: Mutex::new(None),
            told: watch::Sender::new(0),
        }
    }

    /// A frame was drawn and handed on in this time.
    pub(crate) fn frame(&self, time: Duration) {
        self.frames.add(time);
        if time > LATE {
            self.late_frames.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Frames that took over 33 ms.
    pub(crate) fn late_frames(&self) -> u64 {
        self.late_frames.load(Ordering::Relaxed)
    }

    /// A planner or painter did its work, or did not.
    pub(crate) fn worked(&self, trade: Trade, name: &str, time: Duration, error: Option<String>) {
        if trade == Trade::Painter && error.is_none() {
            self.paintings.add(time);
        }
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(worker) = workers
            .iter_mut()
            .find(|worker| worker.name == name && worker.trade == trade.name())
        {
            worker.seconds = Some((time.as_secs_f64() * 100.0).round() / 100.0);
            worker.up = Some(error.is_none());
            match error {
                None => worker.done += 1,
                Some(error) => {
                    worker.failed += 1;
                    worker.last_error = Some(error.chars().take(300).collect());
                }
            }
        }
        drop(workers);
        self.told.send_modify(|count| *count += 1);
    }

    /// A planner or painter was looked at. Says how it was before, where that differs from how it is now; the inner
    /// `None` is before the first look.
    pub(crate) fn looked(
        &self,
        trade: Trade,
        name: &str,
        health: &Health,
    ) -> Option<Option<Grade>> {
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        let worker = workers
            .iter_mut()
            .find(|worker| worker.name == name && worker.trade == trade.name())?;
        worker.up = Some(health.grade != Grade::Bad);
        if worker.health.as_ref() == Some(health) {
            return None;
        }
        let before = worker.health.replace(health.clone());
        drop(workers);
        self.told.send_modify(|count| *count += 1);
        Some(before.map(|health| health.grade))
    }

    /// The planners and painters, in the order in which they are asked.
    pub(crate) fn workers(&self) -> Vec<WorkerView> {
        self.workers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The painting pool is so now.
    pub(crate) fn pool_is(&self, view: PoolView) {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.as_ref() == Some(&view) {
            return;
        }
        *pool = Some(view);
        drop(pool);
        self.told.send_modify(|count| *count += 1);
    }

    /// The painting pool, where the show has one.
    pub(crate) fn pool(&self) -> Option<PoolView> {
        self.pool
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Changes whenever a planner or painter has worked, and when the pool has changed.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.told.subscribe()
    }

    /// Counts somebody who watches, until what is returned is dropped.
    pub(crate) fn watching(self: &std::sync::Arc<Self>, what: Watching) -> Watcher {
        self.watchers(what).fetch_add(1, Ordering::Relaxed);
        Watcher {
            meters: std::sync::Arc::clone(self),
            what,
        }
    }

    fn watchers(&self, what: Watching) -> &AtomicI64 {
        match what {
            Watching::Events => &self.events,
            Watching::Canvas => &self.canvas,
        }
    }

    /// How many watch now.
    pub(crate) fn watched(&self, what: Watching) -> i64 {
        self.watchers(what).load(Ordering::Relaxed)
    }
}

/// Somebody who watches.
#[derive(Debug)]
pub(crate) struct Watcher {
    meters: std::sync::Arc<Meters>,
    what: Watching,
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.meters
            .watchers(self.what)
            .fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_fall_into_the_buckets_that_hold_them_and_longer_ones_are_only_counted() {
        let histogram = Histogram::new([0.001, 0.01]);
        for millis in [1, 5, 500] {
            histogram.add(Duration::from_millis(millis));
        }
        assert_eq!(histogram.cumulated(), [1, 2]);
        let (count, sum) = histogram.totals();
        assert_eq!(count, 3);
        assert!((sum - 0.506).abs() < 1e-9);
    }

    #[test]
    fn a_painter_that_failed_keeps_its_last_error_when_it_works_again() {
        let meters = Meters::new(["a"].into_iter(), ["b"].into_iter());
        let second = Duration::from_secs(1);
        meters.worked(Trade::Painter, "b", second, Some("no answer".to_owned()));
        meters.worked(Trade::Painter, "b", second, None);
        let painter = meters.workers().pop().unwrap();
        assert_eq!(
            (painter.up, painter.done, painter.failed),
            (Some(true), 1, 1)
        );
        assert_eq!(painter.last_error.as_deref(), Some("no answer"));
        assert_eq!(meters.paintings.totals().0, 1);
    }
}
