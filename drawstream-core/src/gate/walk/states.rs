//! The states that a walk is in: no two alike, and never too many.

use super::State;

/// Words of the filter: enough that among some hundred states few share a bit.
const FILTER_WORDS: usize = 64;

/// States in the order in which they came.
pub(super) struct States {
    list: Vec<State>,
    /// A bit for each node that may be among them, so that a new one is seldom compared with all.
    filter: [u64; FILTER_WORDS],
}

impl States {
    pub(super) fn new() -> Self {
        Self {
            list: Vec::with_capacity(64),
            filter: [0; FILTER_WORDS],
        }
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn at(&self, nth: usize) -> State {
        self.list[nth]
    }

    pub(super) fn as_slice(&self) -> &[State] {
        &self.list
    }

    pub(super) fn clear(&mut self) {
        if !self.list.is_empty() {
            self.list.clear();
            self.filter = [0; FILTER_WORDS];
        }
    }

    /// Adds a state, unless there are `most`, or one like it is there: the earlier beginning stays.
    pub(super) fn push(&mut self, state: State, most: usize) {
        let bit = state.node.0 as usize % (64 * FILTER_WORDS);
        let (word, mask) = (bit / 64, 1u64 << (bit % 64));
        let same = |other: &State| {
            other.node == state.node && other.stem == state.stem && other.origin == state.origin
        };
        let seen = self.filter[word] & mask != 0;
        if self.list.len() >= most || seen && self.list.iter().any(same) {
            return;
        }
        self.filter[word] |= mask;
        self.list.push(state);
    }
}
