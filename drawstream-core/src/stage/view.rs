//! Everything that a stage is told to show: a [`StageView`].

use std::time::Duration;

use crate::color::Rgb8;
use crate::donation::{Money, ShowTime};
use crate::gate::ScreenText;
use crate::plan::CanvasPoint;
use crate::raster::{CanvasRect, Framebuffer};
use crate::show::{Card, Curtain, Requests, State};

/// What is on, as the stage shows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Act<'a> {
    /// Nothing: how to take part is told.
    Idle,
    /// Nothing, and requests are not taken.
    Closed,
    /// A painting is being made.
    Preparing {
        /// How far the painter is, `0.0..=1.0`, where it says so.
        progress: Option<f32>,
    },
    /// A painting is being drawn.
    Drawing {
        /// How long it has been.
        elapsed: Duration,
        /// How long it takes in all.
        duration: Duration,
    },
    /// A finished painting is held.
    Holding {
        /// How long it still stays.
        remaining: Duration,
        /// How long it stays in all.
        hold: Duration,
    },
    /// A request was refused.
    Refused {
        /// What the donor is told; the locale's own line where absent.
        reply: Option<&'a ScreenText>,
        /// How long the card still stays.
        remaining: Duration,
    },
    /// Somebody gave what is not painted, and is thanked.
    Thanked {
        /// How long the card still stays.
        remaining: Duration,
    },
    /// A request could not be painted.
    Failed {
        /// What the donor is told; the locale's own line where absent.
        reply: Option<&'a ScreenText>,
        /// How long the card still stays.
        remaining: Duration,
    },
}

impl<'a> Act<'a> {
    /// What the stage shows of a show's state. `progress` is the painter's, while a painting is prepared; `reply` is
    /// what a refused or failed request's donor is told.
    pub fn of(state: State, progress: Option<f32>, reply: Option<&'a ScreenText>) -> Self {
        match state {
            State::Idle => Self::Idle,
            State::Closed => Self::Closed,
            State::Preparing(_) => Self::Preparing { progress },
            State::Drawing {
                elapsed, duration, ..
            } => Self::Drawing { elapsed, duration },
            State::Holding {
                remaining, hold, ..
            } => Self::Holding { remaining, hold },
            State::Card {
                card: Card::Refused,
                remaining,
                ..
            } => Self::Refused { reply, remaining },
            State::Card {
                card: Card::Failed,
                remaining,
                ..
            } => Self::Failed { reply, remaining },
            State::Card {
                card: Card::Thanked,
                remaining,
                ..
            } => Self::Thanked { remaining },
        }
    }
}

/// The donation that is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestView<'a> {
    /// Who gave it; `None` is nobody who wants to be named.
    pub donor: Option<&'a ScreenText>,
    /// What was given, in its own currency; `None` where it shall not be seen.
    pub amount: Option<&'a Money>,
    /// What was asked for.
    pub message: Option<&'a ScreenText>,
}

/// A donation that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueRow<'a> {
    /// Who gave it.
    pub donor: Option<&'a ScreenText>,
    /// What was given; `None` where it shall not be seen.
    pub amount: Option<&'a Money>,
    /// How long until it is on; `None` while nobody knows.
    pub wait: Option<Duration>,
}

/// What of the canvas differs from the frame before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CanvasDamage {
    /// Perhaps all of it: another painting, a jump in time.
    All,
    /// Nothing outside of this.
    Within(CanvasRect),
    /// Nothing.
    Nothing,
}

impl From<Option<CanvasRect>> for CanvasDamage {
    /// As [`Playhead::take_damage`](crate::timeline::Playhead::take_damage) tells it.
    fn from(damage: Option<CanvasRect>) -> Self {
        damage.map_or(Self::Nothing, Self::Within)
    }
}

/// The canvas as it is now.
#[derive(Clone, Copy, Debug)]
pub struct CanvasView<'a> {
    /// Its pixels.
    pub frame: &'a Framebuffer,
    /// What of them changed since the view before.
    pub damage: CanvasDamage,
}

/// The brush that is on the canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrushView {
    /// Its tip.
    pub at: CanvasPoint,
    /// What it paints with.
    pub color: Rgb8,
}

/// A colour on the palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dab {
    /// Which.
    pub color: Rgb8,
    /// Whether the brush has been in it.
    pub touched: Touched,
}

/// Whether a colour of the palette has been used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Touched {
    /// It has.
    Yes,
    /// It has not yet.
    NotYet,
}

/// How the connection to where donations come from is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceState {
    /// It is being made for the first time.
    Connecting,
    /// It stands.
    Live,
    /// It was lost and is being made again.
    Reconnecting,
    /// It was lost, and nobody is trying.
    Offline,
}

/// A source and how its connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SourceView<'a> {
    /// Its name, as people know it; from the configuration.
    pub name: &'a str,
    /// Its connection.
    pub state: SourceState,
}

/// What the rules of the house mean for those who watch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HouseView<'a> {
    /// In which order requests come.
    pub turns: Turns,
    /// Whether requests are taken.
    pub requests: Requests,
    /// The least amount that is painted, in the streamer's own currency; `None` where there is none.
    pub least: Option<&'a Money>,
}

/// In which order requests come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Turns {
    /// First come, first painted; nothing is said of it.
    #[default]
    FirstCome,
    /// Larger ones come sooner, by a time that is bounded.
    ByAmount,
}

/// Whether somebody paid for what is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Worth {
    /// Somebody did.
    #[default]
    Paid,
    /// The streamer tries something out, and it is said.
    Test,
}

/// What is around the canvas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Hud {
    /// The panels.
    #[default]
    Shown,
    /// Nothing: the canvas is alone in the middle.
    Hidden,
}

/// Whether things may move that need not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Motion {
    /// They may: panels fade, long texts glide.
    #[default]
    Full,
    /// They may not: panels change at once, long texts turn page by page.
    Reduced,
}

/// Everything that the stage shows at a moment.
#[derive(Clone, Copy, Debug)]
pub struct StageView<'a> {
    /// The moment. Motion runs by it; the same moment with the same view gives the same picture.
    pub now: ShowTime,
    /// What is on.
    pub act: Act<'a>,
    /// Whether time stands still or the stage is covered.
    pub curtain: Curtain,
    /// The donation that is on, or that is being made into a painting.
    pub request: Option<RequestView<'a>>,
    /// Whether somebody paid for it.
    pub worth: Worth,
    /// The canvas; absent, an empty one is shown.
    pub canvas: Option<CanvasView<'a>>,
    /// The brush, where one is on the canvas.
    pub brush: Option<BrushView>,
    /// The painting's colours; at most 64 are shown.
    pub palette: &'a [Dab],
    /// What comes next; at most five are shown.
    pub queue: &'a [QueueRow<'a>],
    /// How many wait in all, without the one that is on.
    pub waiting: usize,
    /// The rules that those who watch should know.
    pub house: HouseView<'a>,
    /// Where donations come from.
    pub source: Option<SourceView<'a>>,
    /// The time of day as it shall be read, like `21:34`; empty shows none.
    pub clock: &'a str,
    /// Frames per second; off by default on air.
    pub fps: Option<u32>,
    /// What is around the canvas.
    pub hud: Hud,
    /// Whether things may move that need not.
    pub motion: Motion,
}

impl Default for StageView<'_> {
    /// An idle stage at its beginning, with nobody waiting.
    fn default() -> Self {
        Self {
            now: ShowTime::ZERO,
            act: Act::Idle,
            curtain: Curtain::Up,
            request: None,
            worth: Worth::default(),
            canvas: None,
            brush: None,
            palette: &[],
            queue: &[],
            waiting: 0,
            house: HouseView::default(),
            source: None,
            clock: "",
            fps: None,
            hud: Hud::default(),
            motion: Motion::default(),
        }
    }
}
