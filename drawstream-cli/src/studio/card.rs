//! [`Card`]: the graphics card that a language model and an image model share.

use futures_util::future::join_all;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::config::GpuSharing;
use crate::painters::Painter;
use crate::planners::Planner;

/// Who works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// The planners, and nobody paints.
    Planners,
    /// The painters, and nobody plans.
    Painters,
}

/// The card. Where both models fit, it is not here at all; where they do not, one works at a time, and whoever
/// worked before gives its memory back first.
#[derive(Debug)]
pub(super) struct Card(Option<Mutex<Option<Turn>>>);

impl Card {
    pub(super) fn new(sharing: GpuSharing) -> Self {
        Self(match sharing {
            GpuSharing::Keep => None,
            GpuSharing::Swap => Some(Mutex::new(None)),
        })
    }

    /// Takes the card for as long as the value lives.
    pub(super) async fn take(
        &self,
        turn: Turn,
        planners: &[Box<dyn Planner>],
        painters: &[Box<dyn Painter>],
    ) -> Option<MutexGuard<'_, Option<Turn>>> {
        let mut last = self.0.as_ref()?.lock().await;
        let begun = Instant::now();
        match (*last, turn) {
            (Some(Turn::Painters), Turn::Planners) => {
                join_all(painters.iter().map(|painter| painter.release())).await;
            }
            (Some(Turn::Planners), Turn::Painters) => {
                join_all(planners.iter().map(|planner| planner.release())).await;
            }
            (None, _)
            | (Some(Turn::Planners), Turn::Planners)
            | (Some(Turn::Painters), Turn::Painters) => {}
        }
        if last.is_some_and(|last| last != turn) {
            let waited = begun.elapsed().as_millis() as u64;
            tracing::info!(card.swap_ms = waited, "the card changed hands");
        }
        *last = Some(turn);
        Some(last)
    }
}
