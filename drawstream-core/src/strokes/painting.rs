//! [`Painting`]: the strokes of a picture, with their times.

use std::time::Duration;

use image::{Rgba, RgbaImage};

use super::stage::Stage;
use crate::color::Rgb8;
use crate::plan::{
    Animation, Canvas, CanvasPoint, CanvasSize, Ease, Mode, Op, Plan, PlanError, Step,
};
use crate::scene::Seed;

/// One movement of the brush.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stroke {
    /// Which part of the work it belongs to.
    pub stage: Stage,
    /// Its colour.
    pub color: Rgb8,
    /// How long the hand waits before it; whole milliseconds.
    pub delay: Duration,
    /// How long it takes; whole milliseconds, at least one.
    pub duration: Duration,
    /// Its pixels in painting order, each once; at least one.
    pub pixels: Vec<CanvasPoint>,
}

/// A picture as strokes: what [`paint`](super::paint) made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Painting {
    pub(crate) size: CanvasSize,
    pub(crate) background: Rgb8,
    pub(crate) palette: Vec<Rgb8>,
    pub(crate) seed: Seed,
    pub(crate) strokes: Vec<Stroke>,
}

impl Painting {
    /// Its strokes, in painting order; at least one.
    pub fn strokes(&self) -> &[Stroke] {
        &self.strokes
    }

    /// The size of the canvas: the picture's.
    pub fn size(&self) -> CanvasSize {
        self.size
    }

    /// The colour of the bare canvas.
    pub fn background(&self) -> Rgb8 {
        self.background
    }

    /// How long it takes from the first pause to the end of the last stroke.
    pub fn duration(&self) -> Duration {
        self.strokes.iter().map(|s| s.delay + s.duration).sum()
    }

    /// The painting as a plan with this line under it.
    ///
    /// Strokes are brush strokes and runs of version 1.1; a document of version 1.0 has their pixels in the same
    /// order, so that every frame is the same.
    ///
    /// # Errors
    /// [`PlanError`], where the caption or the picture is larger than plans may be.
    pub fn plan(&self, caption: impl Into<String>) -> Result<Plan, PlanError> {
        let canvas = Canvas::new(self.size).with_background(self.background);
        let steps = self.strokes.iter().map(Stroke::step).collect();
        let plan = Plan::from_steps(canvas, caption, steps)?;
        Ok(plan
            .with_palette(self.palette.clone())
            .with_seed(self.seed.0.cast_signed())
            .with_runs())
    }

    /// What each stage puts on the canvas, in painting order, transparent where it puts nothing. Laid over each
    /// other on the background they are the picture. A stage that the hand comes back to has a layer each time.
    pub fn layers(&self) -> Vec<(Stage, RgbaImage)> {
        let mut layers: Vec<(Stage, RgbaImage)> = Vec::new();
        for stroke in &self.strokes {
            if layers
                .last()
                .is_none_or(|(stage, _)| *stage != stroke.stage)
            {
                let blank = RgbaImage::new(u32::from(self.size.w()), u32::from(self.size.h()));
                layers.push((stroke.stage, blank));
            }
            let Some((_, layer)) = layers.last_mut() else {
                continue;
            };
            let [r, g, b] = stroke.color.channels();
            for point in &stroke.pixels {
                let (x, y) = (point.x.cast_unsigned(), point.y.cast_unsigned());
                layer.put_pixel(x, y, Rgba([r, g, b, 255]));
            }
        }
        layers
    }
}

/// From this many pixels on a hand speeds up and slows down within a stroke.
const SWEEP: usize = 40;

impl Stroke {
    fn step(&self) -> Step {
        let op = match self.path() {
            Some(path) => Op::Brush {
                path,
                width: 1,
                color: self.color,
            },
            None => Op::Pixels {
                points: self.pixels.clone(),
                color: self.color,
            },
        };
        let animation = Animation {
            mode: Mode::PixelReveal,
            speed_px_per_s: None,
            duration: Some(self.duration),
            delay: (self.delay > Duration::ZERO).then_some(self.delay),
            ease: if self.pixels.len() >= SWEEP {
                Ease::InOut
            } else {
                Ease::Linear
            },
        };
        Step::animated(op, animation)
    }

    /// The corners of the line that the stroke is, if it is one that never lifts, and shorter to write so.
    fn path(&self) -> Option<Vec<CanvasPoint>> {
        let mut path: Vec<CanvasPoint> = vec![*self.pixels.first()?];
        let mut heading = (0, 0);
        for pair in self.pixels.windows(2) {
            let to = (pair[1].x - pair[0].x, pair[1].y - pair[0].y);
            if to.0.abs().max(to.1.abs()) != 1 {
                return None;
            }
            match path.last_mut() {
                Some(end) if to == heading => *end = pair[1],
                _ => path.push(pair[1]),
            }
            heading = to;
        }
        (self.pixels.len() > 1 && path.len() * 3 < self.pixels.len() * 2).then_some(path)
    }
}
