//! Canvas-DSL: the published format of a painting, as a [`Plan`].

mod build;
mod convert;
mod doc;
mod error;
mod limits;
mod read;
mod schema;
mod write;

pub use error::{JsonPath, PlanError};
pub use limits::Limits;
pub use schema::schema;

use std::time::Duration;

use crate::color::Rgb8;

/// Which version of the format a document is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// The published format that other programs write.
    #[default]
    V1_0,
    /// With [`Op::Runs`] and [`Op::Brush`].
    V1_1,
}

/// Width and height of a canvas in its own pixels; both at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CanvasSize {
    w: u16,
    h: u16,
}

impl CanvasSize {
    /// `None` if a side is 0.
    pub const fn new(w: u16, h: u16) -> Option<Self> {
        if w == 0 || h == 0 {
            None
        } else {
            Some(Self { w, h })
        }
    }

    /// Pixels across.
    pub const fn w(self) -> u16 {
        self.w
    }

    /// Pixels down.
    pub const fn h(self) -> u16 {
        self.h
    }

    /// Pixels in all.
    pub const fn area(self) -> usize {
        self.w as usize * self.h as usize
    }
}

/// What a plan is painted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canvas {
    /// Its size.
    pub size: CanvasSize,
    /// The colour before the first stroke.
    pub background: Rgb8,
}

impl Canvas {
    /// The background of a document that names none.
    pub const DEFAULT_BACKGROUND: Rgb8 = Rgb8::new(0x20, 0x20, 0x20);
}

/// A place on the canvas in its pixels, from the top left; may lie outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CanvasPoint {
    /// To the right.
    pub x: i32,
    /// Down.
    pub y: i32,
}

impl CanvasPoint {
    /// The point at these coordinates.
    pub const fn new(x: i32, y: i32) -> Self {
        Self { x, y }
    }
}

/// Inside and edge of a shape; both may be absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paint {
    /// Colour of the inside.
    pub fill: Option<Rgb8>,
    /// Colour of the one-pixel edge, drawn after the inside.
    pub outline: Option<Rgb8>,
}

/// A row of pixels of [`Op::Runs`]: `len` pixels from `(x, y)` to the right, or to the left where it is negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first pixel painted.
    pub start: CanvasPoint,
    /// How many and which way; never 0, and at most [`Run::MOST_LEN`].
    pub len: i32,
}

/// What a step puts on the canvas.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// A rectangle; nothing where `w` or `h` is not positive.
    Rect {
        /// Its top left pixel.
        at: CanvasPoint,
        /// Pixels across.
        w: i32,
        /// Pixels down.
        h: i32,
        /// Its colours.
        paint: Paint,
    },
    /// A circle of an even diameter.
    Circle {
        /// Its centre, between pixels.
        center: CanvasPoint,
        /// Half its diameter.
        r: u32,
        /// Its colours.
        paint: Paint,
    },
    /// A straight line.
    Line {
        /// Where it begins.
        from: CanvasPoint,
        /// Where it ends, inclusive.
        to: CanvasPoint,
        /// Its thickness in pixels, at least 1.
        width: u32,
        /// Its colour.
        color: Rgb8,
    },
    /// A closed polygon of at least three points.
    Polygon {
        /// Its corners in order.
        points: Vec<CanvasPoint>,
        /// Its colours.
        paint: Paint,
    },
    /// Single pixels, in the order in which they are revealed.
    Pixels {
        /// At least one.
        points: Vec<CanvasPoint>,
        /// Their colour.
        color: Rgb8,
    },
    /// A line of letters.
    Text {
        /// Their top left corner.
        at: CanvasPoint,
        /// What is written.
        value: String,
        /// The name of a font; the bundled one is used whatever it says.
        font: Option<String>,
        /// Height of the letters in pixels, `4..=64`.
        size: u8,
        /// Their colour.
        color: Rgb8,
    },
    /// Steps that share one animation.
    Group {
        /// What is in it.
        steps: Vec<Step>,
    },
    /// Version 1.1: rows of pixels, in the order in which they are revealed.
    Runs {
        /// At least one.
        runs: Vec<Run>,
        /// Their colour.
        color: Rgb8,
    },
    /// Version 1.1: a brush of a width drawn along a path.
    Brush {
        /// The path's corners, at least one; between them it runs straight.
        path: Vec<CanvasPoint>,
        /// Diameter of the brush in pixels, at least 1.
        width: u32,
        /// Its colour.
        color: Rgb8,
    },
}

/// How a step comes to be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// The painted pixels are uncovered along the path of the shape.
    #[default]
    Stroke,
    /// The whole shape's opacity rises.
    Fill,
    /// The painted pixels are uncovered in the order of the points.
    PixelReveal,
}

/// How progress is bent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ease {
    /// Not at all.
    #[default]
    Linear,
    /// Slow at both ends: `2u²` up to the middle, then its mirror image.
    InOut,
}

/// When and how a step plays; steps play one after another.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Animation {
    /// How it comes to be seen.
    pub mode: Mode,
    /// Painted pixels a second, where no duration is given; 0 means not given.
    pub speed_px_per_s: Option<f64>,
    /// How long it plays.
    pub duration: Option<Duration>,
    /// How long it waits after the step before it has ended.
    pub delay: Option<Duration>,
    /// How its progress is bent.
    pub ease: Ease,
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it puts on the canvas.
    pub op: Op,
    /// When and how; the defaults where absent.
    pub animation: Option<Animation>,
}

/// What a document is about: a painting, or a card with text on it.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// At least one step.
    Steps(Vec<Step>),
    /// A card with this text.
    Card(String),
}

/// A drawable plan: every colour is read, every limit holds, nothing is left to check.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub(crate) canvas: Canvas,
    pub(crate) caption: String,
    pub(crate) palette: Option<Vec<Rgb8>>,
    pub(crate) seed: Option<i64>,
    pub(crate) duration: Option<Duration>,
    pub(crate) content: Content,
}

impl Plan {
    /// What it is painted on.
    pub fn canvas(&self) -> Canvas {
        self.canvas
    }

    /// The line under the picture.
    pub fn caption(&self) -> &str {
        &self.caption
    }

    /// The colours it says that it uses.
    pub fn palette(&self) -> Option<&[Rgb8]> {
        self.palette.as_deref()
    }

    /// The seed it was made from.
    pub fn seed(&self) -> Option<i64> {
        self.seed
    }

    /// How long it says that its card is held; of a painting it says nothing.
    pub fn duration(&self) -> Option<Duration> {
        self.duration
    }

    /// Its steps or its card.
    pub fn content(&self) -> &Content {
        &self.content
    }
}
