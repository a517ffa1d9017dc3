//! [`InOrder`]: several donations are made at once, and they reach the stage in the order in which they came.

use std::collections::BTreeMap;

use drawstream_core::donation::DonationId;

/// Holds back what is finished until everything before it is finished too.
#[derive(Debug)]
pub(crate) struct InOrder<T> {
    in_hand: BTreeMap<DonationId, Option<Option<T>>>,
}

impl<T> Default for InOrder<T> {
    fn default() -> Self {
        Self {
            in_hand: BTreeMap::new(),
        }
    }
}

impl<T> InOrder<T> {
    /// Work on this one begins.
    pub(crate) fn begin(&mut self, id: DonationId) {
        self.in_hand.insert(id, None);
    }

    /// Those that are not finished, in order.
    pub(crate) fn unfinished(&self) -> impl Iterator<Item = DonationId> + '_ {
        let unfinished = self.in_hand.iter().filter(|(_, made)| made.is_none());
        unfinished.map(|(&id, _)| id)
    }

    /// Whether this one is finished and held back for those before it.
    pub(crate) fn holds_back(&self, id: DonationId) -> bool {
        matches!(self.in_hand.get(&id), Some(Some(_)))
    }

    /// Whether something is held back until this one is finished.
    pub(crate) fn awaits(&self, id: DonationId) -> bool {
        let later = (std::ops::Bound::Excluded(id), std::ops::Bound::Unbounded);
        self.in_hand.contains_key(&id) && self.in_hand.range(later).any(|(_, made)| made.is_some())
    }

    /// What was finished of this one, and waits for an earlier one, shall not reach the stage any more.
    pub(crate) fn forget(&mut self, id: DonationId) {
        if self.holds_back(id) {
            self.in_hand.remove(&id);
        }
    }

    /// Work on this one has ended, with or without something for the stage. Says what may go there now, in order.
    pub(crate) fn end(&mut self, id: DonationId, made: Option<T>) -> Vec<T> {
        self.in_hand.insert(id, Some(made));
        let mut due = Vec::new();
        while let Some(first) = self.in_hand.first_entry()
            && first.get().is_some()
        {
            due.extend(first.remove().flatten());
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_one_waits_for_an_earlier_one_and_nothing_is_held_back_at_the_end() {
        let mut order = InOrder::default();
        (1..=3).for_each(|n| order.begin(DonationId(n)));
        assert_eq!(order.end(DonationId(2), Some("two")), Vec::<&str>::new());
        assert!(order.holds_back(DonationId(2)) && order.awaits(DonationId(1)));
        assert!(!order.awaits(DonationId(3)));
        assert_eq!(
            order.unfinished().collect::<Vec<_>>(),
            [DonationId(1), DonationId(3)]
        );
        assert_eq!(order.end(DonationId(1), None), ["two"]);
        assert_eq!(order.end(DonationId(3), Some("three")), ["three"]);
    }
}
