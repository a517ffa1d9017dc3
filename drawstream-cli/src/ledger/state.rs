//! What has become of a donation: its [`State`].

use std::fmt;

/// Where a donation stands on its way from money to picture.
///
/// ```text
/// received → gated → planned → painted → (held →) ready → drawing → shown
///               ↕ held, where no planner gave a verdict
///     or refused, thanked, failed, skipped, cleared
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Written down; nobody has looked at it yet.
    Received,
    /// The gate let it through.
    Gated,
    /// The planner made a scene of it.
    Planned,
    /// A picture exists.
    Painted,
    /// A person has to approve it: the painting before it may be seen, or, where no planner gave a verdict, the words
    /// before they are painted.
    Held,
    /// A plan of strokes exists: it waits for the stage.
    Ready,
    /// It is on the stage now.
    Drawing,
    /// It was drawn and held to the end.
    Shown,
    /// The gate or the planner said no.
    Refused,
    /// By the rules of the house it is thanked for, and not painted.
    Thanked,
    /// It could not be made, and may be tried again by the operator.
    Failed,
    /// The operator ended it.
    Skipped,
    /// The operator emptied the queue with it inside.
    Cleared,
}

impl State {
    /// All of them, in the order of the road.
    pub const ALL: [Self; 13] = [
        Self::Received,
        Self::Gated,
        Self::Planned,
        Self::Painted,
        Self::Held,
        Self::Ready,
        Self::Drawing,
        Self::Shown,
        Self::Refused,
        Self::Thanked,
        Self::Failed,
        Self::Skipped,
        Self::Cleared,
    ];

    /// The states in which the studio still has work with it.
    pub const PREPARING: [Self; 4] = [Self::Received, Self::Gated, Self::Planned, Self::Painted];

    /// Its name, as it stands in the database and in what people read.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Gated => "gated",
            Self::Planned => "planned",
            Self::Painted => "painted",
            Self::Held => "held",
            Self::Ready => "ready",
            Self::Drawing => "drawing",
            Self::Shown => "shown",
            Self::Refused => "refused",
            Self::Thanked => "thanked",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Cleared => "cleared",
        }
    }

    /// The state of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether nothing more will happen to it unless the operator asks.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Shown
                | Self::Refused
                | Self::Thanked
                | Self::Failed
                | Self::Skipped
                | Self::Cleared
        )
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_read_back_from_its_name() {
        for state in State::ALL {
            assert_eq!(State::parse(state.name()), Some(state));
        }
        assert_eq!(State::parse("lost"), None);
    }
}
