//! The [`Checkup`]: asks planners and painters how they are, before the first donation and then now and again, so
//! that what a server lacks is said before somebody has paid for it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, sleep_until, timeout};

use super::craft::Craft;
use crate::health::{Grade, Health};
use crate::meters::Trade;

/// How long the first look may keep the first donation waiting; whoever has not answered by then is asked again.
const FIRST: Duration = Duration::from_secs(2);
/// How long a look may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long until one is looked at again that is not well; twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest such time, and how often those are looked at that are well.
const MOST_PAUSE: Duration = Duration::from_secs(300);

/// Looks after the crew of a studio.
#[derive(Clone, Debug)]
pub(crate) struct Checkup {
    craft: Arc<Craft>,
    visits: Vec<Visit>,
}

/// When somebody is looked at next.
#[derive(Clone, Copy, Debug)]
struct Visit {
    trade: Trade,
    place: usize,
    due: Instant,
    pause: Duration,
}

impl Visit {
    fn seen(&mut self, grade: Grade, now: Instant) {
        let wait = match grade {
            Grade::Good | Grade::Fair => {
                self.pause = FIRST_PAUSE;
                MOST_PAUSE
            }
            Grade::Bad => {
                let wait = self.pause;
                self.pause = (self.pause * 2).min(MOST_PAUSE);
                wait
            }
        };
        self.due = now + wait;
    }
}

impl Checkup {
    pub(super) fn new(craft: Arc<Craft>) -> Self {
        let due = Instant::now();
        let visit = |trade| {
            move |place| Visit {
                trade,
                place,
                due,
                pause: FIRST_PAUSE,
            }
        };
        let mut visits: Vec<_> = (0..craft.planners.len())
            .map(visit(Trade::Planner))
            .collect();
        visits.extend((0..craft.painters.len()).map(visit(Trade::Painter)));
        Self { craft, visits }
    }

    /// Looks at everybody at once, for two seconds at most.
    pub(crate) async fn first(&mut self) {
        let craft = &self.craft;
        let looks = self.visits.iter_mut().map(|visit| async {
            let looked = timeout(FIRST, look(craft, visit.trade, visit.place));
            if let Ok(grade) = looked.await {
                visit.seen(grade, Instant::now());
            }
        });
        join_all(looks).await;
    }

    /// Looks at each whenever it is due.
    pub(crate) async fn go_on(mut self) -> Result<(), String> {
        loop {
            let Some(visit) = self.visits.iter_mut().min_by_key(|visit| visit.due) else {
                return std::future::pending().await;
            };
            sleep_until(visit.due).await;
            let grade = look(&self.craft, visit.trade, visit.place).await;
            visit.seen(grade, Instant::now());
        }
    }
}

/// Looks at one, says what has changed, and tells the dashboard.
async fn look(craft: &Craft, trade: Trade, place: usize) -> Grade {
    let (name, check) = match trade {
        Trade::Planner => (craft.planners[place].name(), craft.planners[place].check()),
        Trade::Painter => (craft.painters[place].name(), craft.painters[place].check()),
    };
    let health = timeout(PATIENCE, check).await.unwrap_or_else(|_| {
        let hangs = format!("no answer within {} s", PATIENCE.as_secs());
        Health::bad(hangs, "it hangs: start it again")
    });
    let Some(before) = craft.meters.looked(trade, name, &health) else {
        return health.grade;
    };
    let trade = trade.name();
    let Health { grade, state, mend } = &health;
    let mend = mend
        .as_ref()
        .map_or(String::new(), |mend| format!(" → {mend}"));
    match grade {
        Grade::Bad => tracing::error!("the {trade} {name} is out of work: {state}{mend}"),
        Grade::Fair => tracing::warn!("the {trade} {name}: {state}{mend}"),
        Grade::Good if before == Some(Grade::Bad) => {
            tracing::info!("the {trade} {name} is back: {state}");
        }
        Grade::Good => tracing::debug!("the {trade} {name}: {state}"),
    }
    health.grade
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sick_are_seen_again_soon_then_ever_more_seldom_and_the_well_seldom() {
        let begun = Instant::now();
        let mut visit = Visit {
            trade: Trade::Painter,
            place: 0,
            due: begun,
            pause: FIRST_PAUSE,
        };
        let mut next = |grade| {
            let now = visit.due;
            visit.seen(grade, now);
            (visit.due - now).as_secs()
        };
        let waits: Vec<u64> = (0..8).map(|_| next(Grade::Bad)).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(
            [Grade::Good, Grade::Bad, Grade::Fair].map(next),
            [300, 5, 300]
        );
    }
}
