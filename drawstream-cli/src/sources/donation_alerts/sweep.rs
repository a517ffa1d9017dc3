//! A [`Sweep`]: reading REST's pages back until a whole page holds nothing that could hide a gap.
//!
//! "Known" alone is no place to stop: thirty donations pushed after a break would fill the first page, and what
//! was missed before them would stand on the second. So a sweep stops at a page whose rows were all in the ledger
//! when the *last complete sweep began* (the anchor), were marked as known, or are older than the very first
//! page that was ever read (the horizon). All that was made before the last sweep began was found by it.

use std::collections::BTreeSet;

use drawstream_core::donation::{ExternalId, UnixTime};

use crate::ledger::{Familiarity, NewDonation};

/// Pages that one sweep reads at most: ninety thousand donations.
const MOST_PAGES: u32 = 3_000;

/// A page of REST's list, compared with the ledger.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PageRead {
    pub(crate) number: u32,
    pub(crate) rows: Vec<(NewDonation, Familiarity)>,
    /// Rows that are no donations.
    pub(crate) unreadable: u64,
    pub(crate) has_next: bool,
    /// The ledger's last number before the page was asked for.
    pub(crate) ledger_top: u64,
}

/// What the source remembers from one start to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Memory {
    /// Ids below it are older than the first page that was ever read; `None` before the first start's reading.
    pub(crate) horizon: Option<u64>,
    /// The ledger's last number when the last complete sweep began.
    pub(crate) anchor: u64,
}

/// What follows from a page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// Read this page next.
    Next(u32),
    /// Done: take these and remember this. On a first start `old` is to be marked as known.
    Done {
        new: Vec<NewDonation>,
        old: Vec<ExternalId>,
        memory: Memory,
    },
}

/// Pages read so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sweep {
    ledger_top: u64,
    collected: Vec<NewDonation>,
    old: Vec<ExternalId>,
    least_id: Option<u64>,
}

impl Sweep {
    /// Looks at the next page. `since` says from when on a first start's donations are drawn.
    pub(crate) fn read(&mut self, page: PageRead, memory: Memory, since: Option<UnixTime>) -> Step {
        if page.number == 1 {
            self.ledger_top = page.ledger_top;
        }
        let last = !page.has_next || page.rows.is_empty() || page.number >= MOST_PAGES;
        let mut settled = true;
        for (donation, familiarity) in page.rows {
            let id = donation.external.id.parse::<u64>().ok();
            self.least_id = self.least_id.into_iter().chain(id).min();
            match (memory.horizon, familiarity) {
                (_, Familiarity::Marked) => {}
                (_, Familiarity::Taken(number)) => settled &= number.0 <= memory.anchor,
                (None, Familiarity::New) => {
                    if since.is_some_and(|since| donation.created_at >= since) {
                        settled = false;
                        self.collected.push(donation);
                    } else {
                        self.old.push(donation.external);
                    }
                }
                (Some(horizon), Familiarity::New) => {
                    if id.is_none_or(|id| id >= horizon) {
                        settled = false;
                        self.collected.push(donation);
                    }
                }
            }
        }
        if !settled && !last {
            return Step::Next(page.number + 1);
        }
        let horizon = memory.horizon.or_else(|| {
            // The list ends here: there is nothing older.
            Some(if page.has_next {
                self.least_id.unwrap_or(0)
            } else {
                0
            })
        });
        Step::Done {
            new: std::mem::take(&mut self.collected),
            old: std::mem::take(&mut self.old),
            memory: Memory {
                horizon,
                anchor: self.ledger_top,
            },
        }
    }

    /// What was found so far, where the rest cannot be read.
    pub(crate) fn abandon(self) -> Vec<NewDonation> {
        let mut seen = BTreeSet::new();
        let mut found = self.collected;
        found.retain(|donation| seen.insert(donation.external.clone()));
        found
    }
}
