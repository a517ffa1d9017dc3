//! The [`Board`]: what is known of each donation that is on or waits.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use drawstream_core::donation::DonationId;
use drawstream_core::gate::ScreenText;

use super::easel::Work;
use crate::control::{Link, SourceView};
use crate::playbill::Playbill;

/// What comes onto the stage of a donation.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// It is still being made.
    Unready,
    /// A painting, to be drawn.
    Painting(Work),
    /// A painting that was drawn before, to be held.
    Finished(Work),
    /// A card, and what it says where that is not the locale's line.
    Card { reply: Option<ScreenText> },
}

/// A donation on the board.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) bill: Arc<Playbill>,
    pub(crate) act: Act,
    /// How far its painter is.
    pub(crate) progress: Option<f32>,
    /// A rough first idea of its painting.
    pub(crate) idea: Option<Work>,
}

/// What is known of the donations that are on, wait, or are being made.
#[derive(Debug, Default)]
pub(crate) struct Board {
    entries: BTreeMap<DonationId, Entry>,
    backlog_total: u64,
    backlog: Vec<(DonationId, Arc<Playbill>)>,
    pub(crate) sources: Vec<SourceView>,
}

/// A row of what comes next; the wait is not known of what is not ready.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: DonationId,
    pub(crate) bill: Arc<Playbill>,
    pub(crate) wait: Option<Duration>,
}

impl Board {
    pub(crate) fn entry(&self, id: DonationId) -> Option<&Entry> {
        self.entries.get(&id)
    }

    pub(crate) fn put(&mut self, id: DonationId, bill: Arc<Playbill>, act: Act) {
        self.entries.insert(
            id,
            Entry {
                bill,
                act,
                progress: None,
                idea: None,
            },
        );
    }

    pub(crate) fn set_progress(&mut self, id: DonationId, done: f32) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.progress = Some(done.clamp(0.0, 1.0));
        }
    }

    /// The source that the stage names: the first that is in trouble, else the first that is on.
    pub(crate) fn source(&self) -> Option<&SourceView> {
        let on = || self.sources.iter().filter(|s| s.link != Link::Off);
        on().find(|source| source.is_in_trouble())
            .or_else(|| on().next())
            .or(self.sources.first())
    }

    pub(crate) fn set_idea(&mut self, id: DonationId, idea: Work) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.idea = Some(idea);
        }
    }

    pub(crate) fn remove(&mut self, id: DonationId) {
        self.entries.remove(&id);
    }

    pub(crate) fn set_backlog(&mut self, total: u64, head: Vec<(DonationId, Arc<Playbill>)>) {
        self.backlog_total = total;
        self.backlog = head;
    }

    /// The next five: first what is ready, in the show's order, then what is still to be made.
    pub(crate) fn next_five(&self, ready: &[(DonationId, Duration)]) -> Vec<Row> {
        let known = ready.iter().filter_map(|&(id, wait)| {
            let bill = Arc::clone(&self.entries.get(&id)?.bill);
            Some(Row {
                id,
                bill,
                wait: Some(wait),
            })
        });
        let unmade = self
            .backlog
            .iter()
            .filter(|(id, _)| !ready.iter().any(|(other, _)| other == id));
        let unmade = unmade.map(|(id, bill)| Row {
            id: *id,
            bill: Arc::clone(bill),
            wait: None,
        });
        known.chain(unmade).take(5).collect()
    }

    /// How many wait, prepared or not.
    pub(crate) fn waiting(&self, ready: usize) -> u64 {
        self.backlog_total + ready as u64
    }
}
