//! The document as it is written, field by field: what [`Plan::to_json`](super::Plan::to_json) serializes and what
//! [`schema`](super::schema) describes.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::{Animation, CanvasPoint, Ease, Mode, Op, Paint, Run, Step};
use crate::color::Rgb8;

/// A plan of drawstream's Canvas-DSL: a painting as timed steps, or a card with a text.
#[derive(Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Canvas-DSL")]
pub(super) struct PlanDoc<'a> {
    /// The version of the format.
    pub(super) version: &'static str,
    /// The line under the picture, at most 2000 characters.
    pub(super) caption: &'a str,
    /// What it is painted on.
    pub(super) canvas: CanvasDoc,
    /// The colours that the painting uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) palette: Option<Vec<HexColor>>,
    /// The seed that the painting was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seed: Option<i64>,
    /// How many seconds a card is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub(super) duration_sec: Option<serde_json::Number>,
    /// The text of a card; not beside steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2000))]
    pub(super) render_text: Option<&'a str>,
    /// The steps of a painting, drawn one after another.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 50000))]
    pub(super) steps: Option<Vec<StepDoc<'a>>>,
}

/// Size and background.
#[derive(Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Canvas")]
pub(super) struct CanvasDoc {
    /// Pixels across.
    #[schemars(range(min = 1, max = 2048))]
    pub(super) w: u16,
    /// Pixels down.
    #[schemars(range(min = 1, max = 2048))]
    pub(super) h: u16,
    /// The colour before the first step.
    #[serde(default = "default_background")]
    pub(super) bg: HexColor,
}

fn default_background() -> HexColor {
    HexColor(super::Canvas::DEFAULT_BACKGROUND)
}

/// `#RGB` or `#RRGGBB`, in either case.
#[derive(Clone, Copy, JsonSchema)]
#[schemars(rename = "Color", extend("pattern" = "^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$"))]
pub(super) struct HexColor(#[schemars(with = "String")] pub(super) Rgb8);

impl Serialize for HexColor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A place on the canvas, `[x, y]`; it may lie outside.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[schemars(rename = "Point")]
pub(super) struct PointDoc(i32, i32);

/// Pixels of one row, `[x, y, length]`: to the left where the length is negative, never 0, at most 2048.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[schemars(rename = "Run")]
pub(super) struct RunDoc(i32, i32, i32);

/// How a step comes to be seen.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Mode")]
pub(super) enum ModeDoc {
    /// Pixels are uncovered along the path of the shape.
    Stroke,
    /// The whole shape's opacity rises.
    Fill,
    /// Pixels are uncovered in the order of the points.
    PixelReveal,
}

/// How progress is bent.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Ease")]
pub(super) enum EaseDoc {
    /// Not at all.
    Linear,
    /// Slow at both ends.
    EaseInOut,
}

/// When and how a step plays.
#[derive(Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Animate")]
pub(super) struct AnimateDoc {
    /// How the step comes to be seen.
    pub(super) mode: ModeDoc,
    /// Painted pixels a second, where there is no duration; 0 for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub(super) speed_px_per_s: Option<f64>,
    /// How long the step plays.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub(super) duration_ms: Option<u64>,
    /// How long the step waits after the one before it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delay_ms: Option<u64>,
    /// How progress is bent.
    #[serde(default = "linear")]
    #[serde(skip_serializing_if = "is_linear")]
    pub(super) ease: EaseDoc,
}

fn linear() -> EaseDoc {
    EaseDoc::Linear
}

fn is_linear(ease: &EaseDoc) -> bool {
    matches!(ease, EaseDoc::Linear)
}

fn default_width() -> u32 {
    Op::DEFAULT_WIDTH
}

fn default_size() -> u8 {
    Op::DEFAULT_TEXT_SIZE
}

fn default_ink() -> HexColor {
    HexColor(Op::DEFAULT_TEXT_COLOR)
}

/// One step.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "Step")]
pub(super) enum StepDoc<'a> {
    /// A rectangle; nothing where w or h is not positive.
    Rect {
        x: i32,
        y: i32,
        w: i32,
        h: i32,
        #[serde(skip_serializing_if = "Option::is_none")]
        fill: Option<HexColor>,
        #[serde(skip_serializing_if = "Option::is_none")]
        outline: Option<HexColor>,
        #[serde(skip_serializing_if = "Option::is_none")]
        animate: Option<AnimateDoc>,
    },
    /// A circle of the diameter 2r.
    Circle {
        cx: i32,
        cy: i32,
        #[schemars(range(min = 0, max = 2147483647))]
        r: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        fill: Option<HexColor>,
        #[serde(skip_serializing_if = "Option::is_none")]
        outline: Option<HexColor>,
        #[serde(skip_serializing_if = "Option::is_none")]
        animate: Option<AnimateDoc>,
    },
    /// A straight line, both ends inclusive.
    Line {
        x1: i32,
        y1: i32,
        x2: i32,
        y2: i32,
        #[serde(default = "default_width")]
        #[schemars(range(min = 1, max = 2147483647))]
        width: u32,
        color: HexColor,
        #[serde(skip_serializing_if = "Option::is_none")]
        animate: Option<AnimateDoc>,
    },
    /// A closed polygon.
    Polygon {
        #[schemars(length(min = 3))]
        points: Vec<PointDoc>,
        #[serde(skip_serializing_if = "Option::is_none")]
        fill: Option<HexColor>,
        #[serde(skip_serializing_if = "Option::is_none")]
        outline: Option<HexColor>,
        #[serde(skip_serializing_if = "Option::is_none")]
        animate: Option<AnimateDoc>,
    },
    /// Single pixels, revealed in their order.
    Pixels {
        color: HexColor,
        #[serde(skip_serializing_if = "Option::is_none")]
        animate: Option<AnimateDoc>,
        #[schemars(length(min = 1))]
        points: Vec<PointDoc>,
    },
    /// Letters, from their top left corner on.
    Text {
        x: i32,
        y: i32,
        #[schemars(length(max = 2000))]
        value: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        font: Option<&'a str>,
        #[serde(default = "default_size")]
        #[schemars(range(min = 4, max = 64))]
        size: u8,
        #[serde(default = "default_ink")]
        color: HexColor,
        #[serde(skip_serializing_if = "Option::is_none")]
        animate: Option<AnimateDoc>,
    },
    /// Steps that share one animation; at most 16 groups in each other.
    Group {
        #[serde(skip_serializing_if = "Option::is_none")]
        animate: Option<AnimateDoc>,
        steps: Vec<StepDoc<'a>>,
    },
    /// Version 1.1: rows of pixels, revealed in their order.
    Runs {
        color: HexColor,
        #[serde(skip_serializing_if = "Option::is_none")]
        animate: Option<AnimateDoc>,
        #[schemars(length(min = 1))]
        runs: Vec<RunDoc>,
    },
    /// Version 1.1: a round brush of a width, drawn along a path.
    Brush {
        color: HexColor,
        #[serde(default = "default_width")]
        #[schemars(range(min = 1, max = 64))]
        width: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        animate: Option<AnimateDoc>,
        #[schemars(length(min = 1))]
        points: Vec<PointDoc>,
    },
}

impl<'a> From<&'a Step> for StepDoc<'a> {
    fn from(step: &'a Step) -> Self {
        let animate = step.animation.map(AnimateDoc::from);
        match &step.op {
            Op::Rect { at, w, h, paint } => {
                let (fill, outline) = hex_paint(*paint);
                Self::Rect {
                    x: at.x,
                    y: at.y,
                    w: *w,
                    h: *h,
                    fill,
                    outline,
                    animate,
                }
            }
            Op::Circle { center, r, paint } => {
                let (fill, outline) = hex_paint(*paint);
                Self::Circle {
                    cx: center.x,
                    cy: center.y,
                    r: *r,
                    fill,
                    outline,
                    animate,
                }
            }
            Op::Line {
                from,
                to,
                width,
                color,
            } => Self::Line {
                x1: from.x,
                y1: from.y,
                x2: to.x,
                y2: to.y,
                width: *width,
                color: HexColor(*color),
                animate,
            },
            Op::Polygon { points, paint } => {
                let (fill, outline) = hex_paint(*paint);
                Self::Polygon {
                    points: point_docs(points),
                    fill,
                    outline,
                    animate,
                }
            }
            Op::Pixels { points, color } => Self::Pixels {
                color: HexColor(*color),
                animate,
                points: point_docs(points),
            },
            Op::Text {
                at,
                value,
                font,
                size,
                color,
            } => Self::Text {
                x: at.x,
                y: at.y,
                value,
                font: font.as_deref(),
                size: *size,
                color: HexColor(*color),
                animate,
            },
            Op::Group { steps } => Self::Group {
                animate,
                steps: steps.iter().map(StepDoc::from).collect(),
            },
            Op::Runs { runs, color } => Self::Runs {
                color: HexColor(*color),
                animate,
                runs: runs.iter().map(|run| run_doc(*run)).collect(),
            },
            Op::Brush { path, width, color } => Self::Brush {
                color: HexColor(*color),
                width: *width,
                animate,
                points: point_docs(path),
            },
        }
    }
}

impl From<Animation> for AnimateDoc {
    fn from(animation: Animation) -> Self {
        let millis =
            |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            mode: match animation.mode {
                Mode::Stroke => ModeDoc::Stroke,
                Mode::Fill => ModeDoc::Fill,
                Mode::PixelReveal => ModeDoc::PixelReveal,
            },
            speed_px_per_s: animation.speed_px_per_s,
            duration_ms: animation.duration.map(millis),
            delay_ms: animation.delay.map(millis),
            ease: match animation.ease {
                Ease::Linear => EaseDoc::Linear,
                Ease::InOut => EaseDoc::EaseInOut,
            },
        }
    }
}

fn hex_paint(paint: Paint) -> (Option<HexColor>, Option<HexColor>) {
    (paint.fill.map(HexColor), paint.outline.map(HexColor))
}

fn point_docs(points: &[CanvasPoint]) -> Vec<PointDoc> {
    points.iter().map(|p| PointDoc(p.x, p.y)).collect()
}

fn run_doc(run: Run) -> RunDoc {
    RunDoc(run.start.x, run.start.y, run.len)
}
