//! Plans made in code: the same rules as for plans that are read.

use std::time::Duration;

use super::error::{JsonPath, PlanError};
use super::limits::Limits;
use super::{Animation, Canvas, CanvasSize, Content, Op, Plan, Run, Step};
use crate::color::Rgb8;

impl Canvas {
    /// A canvas with the default background.
    pub const fn new(size: CanvasSize) -> Self {
        Self {
            size,
            background: Self::DEFAULT_BACKGROUND,
        }
    }

    /// The same canvas with another background.
    #[must_use]
    pub const fn with_background(self, background: Rgb8) -> Self {
        Self { background, ..self }
    }
}

/// A step without an animation of its own.
impl From<Op> for Step {
    fn from(op: Op) -> Self {
        Self {
            op,
            animation: None,
        }
    }
}

impl Step {
    /// A step with its animation.
    pub fn animated(op: Op, animation: Animation) -> Self {
        Self {
            op,
            animation: Some(animation),
        }
    }
}

impl Plan {
    /// A painting. Durations and delays are rounded to the format's whole milliseconds.
    ///
    /// # Errors
    /// What a reader of the written document would say, with the same places: no steps, a text that is too long, a
    /// width of 0, over [`Limits::default`].
    pub fn from_steps(
        canvas: Canvas,
        caption: impl Into<String>,
        steps: Vec<Step>,
    ) -> Result<Self, PlanError> {
        let mut plan = Self {
            canvas,
            caption: caption.into(),
            palette: None,
            seed: None,
            duration: None,
            content: Content::Steps(steps),
        };
        plan.check(&Limits::default())?;
        Ok(plan)
    }

    /// A card with a text on it, held for the show's own time.
    ///
    /// # Errors
    /// The text is empty, or a text or the canvas is over [`Limits::default`].
    pub fn card(
        canvas: Canvas,
        caption: impl Into<String>,
        text: impl Into<String>,
    ) -> Result<Self, PlanError> {
        let mut plan = Self {
            canvas,
            caption: caption.into(),
            palette: None,
            seed: None,
            duration: None,
            content: Content::Card(text.into()),
        };
        plan.check(&Limits::default())?;
        Ok(plan)
    }

    /// The same plan, saying which colours it uses.
    #[must_use]
    pub fn with_palette(mut self, palette: Vec<Rgb8>) -> Self {
        self.palette = Some(palette);
        self
    }

    /// The same plan, saying from which seed it was made.
    #[must_use]
    pub fn with_seed(mut self, seed: i64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The same plan, saying how long its card is held: whole milliseconds, at least a second.
    #[must_use]
    pub fn with_duration(mut self, duration: Duration) -> Self {
        self.duration = Some(whole_millis(duration).max(Duration::from_secs(1)));
        self
    }

    fn check(&mut self, limits: &Limits) -> Result<(), PlanError> {
        let root = JsonPath::root();
        for (name, side) in [("w", self.canvas.size.w()), ("h", self.canvas.size.h())] {
            if side > limits.side {
                return Err(PlanError::TooLarge {
                    at: root.field("canvas").field(name),
                    found: side.to_string(),
                    most: i64::from(limits.side),
                });
            }
        }
        check_text(&self.caption, limits, || root.field("caption"))?;
        match &mut self.content {
            Content::Card(text) if text.is_empty() => Err(PlanError::Empty),
            Content::Card(text) => check_text(text, limits, || root.field("render_text")),
            Content::Steps(steps) if steps.is_empty() => Err(PlanError::Empty),
            Content::Steps(steps) => Tally::default().check(steps, limits, &Place::Document, 0),
        }
    }
}

/// A place that becomes a path only if something is wrong there.
enum Place<'a> {
    Document,
    Step(&'a Place<'a>, usize),
}

impl Place<'_> {
    fn path(&self) -> JsonPath {
        match self {
            Self::Document => JsonPath::root(),
            Self::Step(outer, index) => outer.path().field("steps").entry(*index),
        }
    }
}

/// Steps and points so far.
#[derive(Default)]
struct Tally {
    steps: usize,
    points: usize,
}

impl Tally {
    fn check(
        &mut self,
        steps: &mut [Step],
        limits: &Limits,
        outer: &Place<'_>,
        depth: usize,
    ) -> Result<(), PlanError> {
        self.steps += steps.len();
        if self.steps > limits.steps {
            return Err(PlanError::TooMany {
                at: JsonPath::root().field("steps"),
                what: "steps in all",
                found: self.steps,
                most: limits.steps,
            });
        }
        for (index, step) in steps.iter_mut().enumerate() {
            let place = Place::Step(outer, index);
            if let Some(animation) = &mut step.animation {
                check_animation(animation, &place)?;
            }
            self.points += listed_points(&step.op);
            if self.points > limits.points {
                return Err(PlanError::TooMany {
                    at: JsonPath::root().field("steps"),
                    what: "points in all",
                    found: self.points,
                    most: limits.points,
                });
            }
            check_op(&step.op, limits, &place)?;
            if let Op::Group { steps } = &mut step.op {
                if depth >= limits.depth {
                    return Err(PlanError::TooMany {
                        at: place.path(),
                        what: "nested groups",
                        found: depth + 1,
                        most: limits.depth,
                    });
                }
                self.check(steps, limits, &place, depth + 1)?;
            }
        }
        Ok(())
    }
}

fn listed_points(op: &Op) -> usize {
    match op {
        Op::Polygon { points, .. } | Op::Pixels { points, .. } => points.len(),
        Op::Runs { runs, .. } => runs.len(),
        Op::Brush { path, .. } => path.len(),
        Op::Rect { .. }
        | Op::Circle { .. }
        | Op::Line { .. }
        | Op::Text { .. }
        | Op::Group { .. } => 0,
    }
}

fn check_op(op: &Op, limits: &Limits, place: &Place<'_>) -> Result<(), PlanError> {
    let few = |name: &str, what, found, least| {
        if found >= least {
            return Ok(());
        }
        Err(PlanError::TooFew {
            at: place.path().field(name),
            what,
            found,
            least,
        })
    };
    let within = |name: &str, found: u32, least: u32, most: u32| {
        let at = || place.path().field(name);
        if found < least {
            return Err(PlanError::TooSmall {
                at: at(),
                found: found.to_string(),
                least: i64::from(least),
            });
        }
        if found > most {
            return Err(PlanError::TooLarge {
                at: at(),
                found: found.to_string(),
                most: i64::from(most),
            });
        }
        Ok(())
    };
    match op {
        Op::Rect { .. } | Op::Group { .. } => Ok(()),
        Op::Circle { r, .. } => within("r", *r, 0, Op::MOST_COORDINATE),
        Op::Line { width, .. } => within("width", *width, 1, Op::MOST_COORDINATE),
        Op::Polygon { points, .. } => few("points", "points", points.len(), 3),
        Op::Pixels { points, .. } => few("points", "points", points.len(), 1),
        Op::Text {
            value, font, size, ..
        } => {
            check_text(value, limits, || place.path().field("value"))?;
            if let Some(font) = font {
                check_text(font, limits, || place.path().field("font"))?;
            }
            within(
                "size",
                u32::from(*size),
                u32::from(Op::TEXT_SIZE.0),
                u32::from(Op::TEXT_SIZE.1),
            )
        }
        Op::Runs { runs, .. } => {
            few("runs", "runs", runs.len(), 1)?;
            runs.iter().enumerate().try_for_each(|(index, run)| {
                check_run(run.len, || place.path().field("runs").entry(index))
            })
        }
        Op::Brush { path, width, .. } => {
            few("points", "points", path.len(), 1)?;
            within("width", *width, 1, Op::MOST_BRUSH_WIDTH)
        }
    }
}

pub(super) fn check_run(len: i32, at: impl Fn() -> JsonPath) -> Result<(), PlanError> {
    if len == 0 {
        return Err(PlanError::WrongKind {
            at: at().entry(2),
            found: "0".to_owned(),
            expected: "a length that is not 0",
        });
    }
    if len.unsigned_abs() > Run::MOST_LEN {
        return Err(PlanError::TooLarge {
            at: at().entry(2),
            found: len.unsigned_abs().to_string(),
            most: i64::from(Run::MOST_LEN),
        });
    }
    Ok(())
}

fn check_animation(animation: &mut Animation, place: &Place<'_>) -> Result<(), PlanError> {
    let at = |name| place.path().field("animate").field(name);
    if let Some(speed) = animation.speed_px_per_s
        && !(speed.is_finite() && speed >= 0.0)
    {
        return Err(PlanError::WrongKind {
            at: at("speed_px_per_s"),
            found: speed.to_string(),
            expected: "a number of at least 0",
        });
    }
    animation.speed_px_per_s = animation.speed_px_per_s.map(tidy_speed);
    animation.delay = animation.delay.map(whole_millis);
    animation.duration = animation.duration.map(whole_millis);
    if animation.duration.is_some_and(|time| time.is_zero()) {
        return Err(PlanError::TooSmall {
            at: at("duration_ms"),
            found: "0".to_owned(),
            least: 1,
        });
    }
    Ok(())
}

/// A speed as documents keep it: twelve digits, so that it is read as exactly what was written whatever the
/// reader, and within what matters on any canvas.
pub(super) fn tidy_speed(speed: f64) -> f64 {
    if speed <= 0.0 {
        return 0.0;
    }
    let digits = format!("{:.11e}", speed.clamp(1e-9, 1e15));
    digits.parse().unwrap_or(speed)
}

/// To the nearest millisecond; a time that is not nothing stays something.
fn whole_millis(time: Duration) -> Duration {
    let rounded = (time.as_nanos() + 500_000) / 1_000_000;
    let millis = rounded.max(u128::from(!time.is_zero()));
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}

pub(super) fn check_text(
    text: &str,
    limits: &Limits,
    at: impl FnOnce() -> JsonPath,
) -> Result<(), PlanError> {
    // Counting characters of a text that is short in bytes can be skipped: it has no more of them.
    if text.len() <= limits.text {
        return Ok(());
    }
    let found = text.chars().count();
    if found <= limits.text {
        return Ok(());
    }
    Err(PlanError::TooMany {
        at: at(),
        what: "characters",
        found,
        most: limits.text,
    })
}

impl Op {
    /// The greatest radius, width and coordinate.
    pub const MOST_COORDINATE: u32 = i32::MAX.unsigned_abs();
    /// The widest brush of [`Op::Brush`], in pixels.
    pub const MOST_BRUSH_WIDTH: u32 = 64;
    /// The least and the greatest height of letters, in pixels.
    pub const TEXT_SIZE: (u8, u8) = (4, 64);
    /// The height of letters whose step names none.
    pub const DEFAULT_TEXT_SIZE: u8 = 8;
    /// The colour of letters whose step names none.
    pub const DEFAULT_TEXT_COLOR: Rgb8 = Rgb8::WHITE;
    /// The thickness of a line whose step names none.
    pub const DEFAULT_WIDTH: u32 = 1;
}

impl Run {
    /// The most pixels of a run, as many as a row of the largest canvas has.
    pub const MOST_LEN: u32 = 2048;

    /// A run of pixels; `None` for a length of 0.
    pub const fn new(start: super::CanvasPoint, len: i32) -> Option<Self> {
        if len == 0 {
            None
        } else {
            Some(Self { start, len })
        }
    }
}
