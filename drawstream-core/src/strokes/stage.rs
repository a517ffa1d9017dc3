//! [`Stage`]: which part of the work a stroke belongs to.

/// The parts of a painting's making, in the order of the classical hand; a technique may order the later ones
/// otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The largest areas, with the widest brush: sky, ground, a wall.
    Ground,
    /// The other large areas.
    Masses,
    /// What the masses are divided into.
    Shapes,
    /// Long thin lines.
    Outlines,
    /// Everything small.
    Details,
    /// Small lights on darker surroundings.
    Highlights,
}

impl Stage {
    /// All of them, in their usual order.
    pub const ALL: [Self; 6] = [
        Self::Ground,
        Self::Masses,
        Self::Shapes,
        Self::Outlines,
        Self::Details,
        Self::Highlights,
    ];

    /// Its name, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ground => "ground",
            Self::Masses => "masses",
            Self::Shapes => "shapes",
            Self::Outlines => "outlines",
            Self::Details => "details",
            Self::Highlights => "highlights",
        }
    }
}
