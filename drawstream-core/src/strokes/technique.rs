//! [`Technique`]: how a hand works.

/// What the canvas looks like before the first stroke, where the caller doesn't say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Primer {
    /// Light or dark, whichever the picture stands out from more, so that every stroke is seen.
    Contrasting,
    /// White paper.
    Paper,
    /// Dark, as plans have it that name no background.
    Dark,
}

/// In which order tones follow each other within a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// As they lie beside each other.
    ByPlace,
    /// Light ones first, as where paint can only darken.
    LightToDark,
    /// Dark ones first, as where light paint covers.
    DarkToLight,
}

/// How the brush meets the canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// It glides.
    Sweep,
    /// It dabs: every other pixel on the way there, the ones between on the way back.
    Dots,
}

/// Time that a stroke takes, as weights: a painting's length is shared out by them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Weight of a stroke of the ground and the masses; the others are relative to it.
    pub masses: f32,
    /// Of the shapes.
    pub shapes: f32,
    /// Of outlines.
    pub lines: f32,
    /// Of details and highlights.
    pub details: f32,
    /// How a stroke's time grows with its pixels: its exponent, `0.0..=1.0`. A hand makes a long movement faster
    /// than a short one (isochrony: Viviani & Terzuolo 1982), so it lies below 1.
    pub growth: f32,
    /// How much the speed may vary from stroke to stroke, as standard deviation over mean.
    pub unevenness: f32,
    /// Weight of lifting the hand between two strokes, besides that of the way to the next one.
    pub lift: f32,
    /// Weight of taking another colour.
    pub rinse: f32,
    /// Weight of stepping back to look, between two stages.
    pub look: f32,
}

/// How a hand works: its brushes, its order and its tempo.
///
/// ```
/// use drawstream_core::strokes::Technique;
/// let bolder = Technique { squint: 0.3, ..Technique::ALLA_PRIMA };
/// assert_eq!(Technique::by_name("ink-and-wash"), Some(Technique::INK_AND_WASH));
/// # assert_ne!(bolder, Technique::ALLA_PRIMA);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Technique {
    /// What it is called, in lower case with hyphens.
    pub name: &'static str,
    /// The bare canvas.
    pub primer: Primer,
    /// Brush widths for masses, shapes and details, as shares of the picture's side.
    pub brushes: [f32; 3],
    /// How much of the difference to the bare canvas the masses may leave undone, `0.0..=1.0`: the more, the fewer
    /// and the larger they are.
    pub squint: f32,
    /// Whether dark lines come before everything else.
    pub lines_first: bool,
    /// The order of tones.
    pub values: Values,
    /// How the brush meets the canvas.
    pub touch: Touch,
    /// Which way the hand goes where a shape leaves it free: right and down, of any length.
    pub slant: (f32, f32),
    /// How much an area's strokes turn away from its direction, at most, as a tangent.
    pub wobble: f32,
    /// A bearable number of strokes for a picture of 96 × 96; it grows with the picture's side.
    pub strokes: u32,
    /// The shares of time.
    pub pace: Pace,
}

impl Technique {
    /// All at once, from broad to fine: the largest masses with a wide brush, shapes into them, lines, details, and
    /// the lights last.
    pub const ALLA_PRIMA: Self = Self {
        name: "alla-prima",
        primer: Primer::Contrasting,
        brushes: [0.11, 0.052, 0.03],
        squint: 0.1,
        lines_first: false,
        values: Values::ByPlace,
        touch: Touch::Sweep,
        slant: (1.0, -0.25),
        wobble: 0.08,
        strokes: 356,
        pace: Pace {
            masses: 0.6,
            shapes: 0.8,
            lines: 0.9,
            details: 1.0,
            growth: 0.7,
            unevenness: 1.12,
            lift: 3.0,
            rinse: 0.8,
            look: 8.0,
        },
    };

    /// The dark lines first, then washes of colour between them.
    pub const INK_AND_WASH: Self = Self {
        name: "ink-and-wash",
        primer: Primer::Paper,
        brushes: [0.13, 0.06, 0.03],
        lines_first: true,
        slant: (1.0, 0.35),
        strokes: 375,
        // A pen is quicker than a brush.
        pace: Pace {
            lines: 0.5,
            ..Self::ALLA_PRIMA.pace
        },
        ..Self::ALLA_PRIMA
    };

    /// Thin washes on white paper, from light to dark.
    pub const WATERCOLOUR: Self = Self {
        name: "watercolour",
        primer: Primer::Paper,
        brushes: [0.15, 0.075, 0.03],
        values: Values::LightToDark,
        slant: (1.0, 0.0),
        wobble: 0.03,
        ..Self::ALLA_PRIMA
    };

    /// Dots beside dots, the lights last.
    pub const POINTILLISM: Self = Self {
        name: "pointillism",
        brushes: [0.07, 0.045, 0.04],
        values: Values::DarkToLight,
        touch: Touch::Dots,
        slant: (0.7, -0.7),
        wobble: 0.3,
        strokes: 340,
        ..Self::ALLA_PRIMA
    };

    /// The named ones, the usual one first.
    pub const ALL: [Self; 4] = [
        Self::ALLA_PRIMA,
        Self::INK_AND_WASH,
        Self::WATERCOLOUR,
        Self::POINTILLISM,
    ];

    /// The named one that is called so.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.name == name)
    }
}

impl Default for Technique {
    fn default() -> Self {
        Self::ALLA_PRIMA
    }
}
