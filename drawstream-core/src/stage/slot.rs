//! The places of a stage that are drawn one by one, and the keys by which they are known to be up to date.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::layout::ROWS;

/// A place whose content is drawn again when its key changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Cover,
    Source,
    Clock,
    NowWhole,
    NowHead,
    NowMessage,
    NowDabs,
    NowBar,
    NowTime,
    NextHead,
    NextRow(usize),
    Caption,
    Fps,
    Plaque,
}

impl Slot {
    pub(crate) const COUNT: usize = 13 + ROWS;

    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Cover => 0,
            Self::Source => 1,
            Self::Clock => 2,
            Self::NowWhole => 3,
            Self::NowHead => 4,
            Self::NowMessage => 5,
            Self::NowDabs => 6,
            Self::NowBar => 7,
            Self::NowTime => 8,
            Self::NextHead => 9,
            Self::Caption => 10,
            Self::Fps => 11,
            Self::Plaque => 12,
            Self::NextRow(n) => 13 + n,
        }
    }
}

/// A number that is another one when the content is, but for one case in 2⁶⁴.
pub(crate) fn key_of(content: &(impl Hash + ?Sized)) -> u64 {
    // The standard hasher without keys is the same in each run.
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
}
