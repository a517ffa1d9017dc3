//! The [`Hand`]: from a picture to pixel art, from pixel art to strokes, as configured.

use std::time::Duration;

use drawstream_core::pixelize::{IndexedImage, PixelizeError};
use drawstream_core::plan::{CanvasSize, Plan, PlanError};
use drawstream_core::scene::{Scene, Seed};
use drawstream_core::sketch;
use drawstream_core::strokes::{self, Commission, Painting, StrokesError, Tempo};
use drawstream_core::timeline::{Timeline, TimelineOptions};

use crate::config::Config;
use crate::painters::Picture;

/// How long a rough first idea is drawn.
const UNDERDRAWING: Duration = Duration::from_secs(12);
/// How long it takes to go over it with what a painter shows of its work.
const PREVIEW: Duration = Duration::from_secs(2);

/// How pictures become strokes.
#[derive(Clone, Debug)]
pub(crate) struct Hand {
    pixels: u32,
    colors: u16,
    tempo: Tempo,
    stroke_by_stroke: Tempo,
    timeline: TimelineOptions,
    caption: String,
}

impl From<&Config> for Hand {
    fn from(config: &Config) -> Self {
        let pixel = &config.pixel;
        let stroke_by_stroke = Tempo::Classic {
            base: pixel.animation_base,
            per_px: pixel.animation_per_px,
            delay: pixel.animation_delay,
            chunk: pixel.stroke_chunk as usize,
        };
        Self {
            pixels: pixel.output_size,
            colors: pixel.palette_colors,
            tempo: pixel.duration.map_or(stroke_by_stroke, Tempo::Total),
            stroke_by_stroke,
            timeline: TimelineOptions {
                default_step: config.show.default_step,
                card_hold: config.show.hold,
            },
            caption: config.stage.caption.clone(),
        }
    }
}

impl Hand {
    /// The same hand, where people want a drawing to take another time from now on; stroke by stroke with `None`.
    pub(crate) fn within(&self, drawing: Option<Duration>) -> Self {
        let tempo = match (drawing, self.tempo) {
            (Some(total), _) => Tempo::Total(total),
            (None, Tempo::Total(_)) => self.stroke_by_stroke,
            (None, classic @ Tempo::Classic { .. }) => classic,
        };
        Self {
            tempo,
            ..self.clone()
        }
    }

    /// A picture as pixel art.
    ///
    /// # Errors
    /// As [`Picture::pixel_art`].
    pub(crate) fn pixel_art(
        &self,
        picture: Picture,
        scene: &Scene,
    ) -> Result<IndexedImage, PixelizeError> {
        picture.pixel_art(scene, self.pixels, self.colors)
    }

    /// The strokes of pixel art.
    ///
    /// # Errors
    /// Where it is larger than canvases are.
    pub(crate) fn painting(
        &self,
        image: &IndexedImage,
        seed: Seed,
    ) -> Result<Painting, StrokesError> {
        let commission = Commission {
            tempo: self.tempo,
            seed,
            ..Commission::default()
        };
        strokes::paint(image, &commission)
    }

    /// The strokes as a plan.
    ///
    /// # Errors
    /// Where it is larger than plans are.
    pub(crate) fn plan(&self, painting: &Painting) -> Result<Plan, PlanError> {
        painting.plan(self.caption.clone())
    }

    /// A plan as it is played.
    pub(crate) fn compile(&self, plan: &Plan) -> Timeline {
        Timeline::compile(plan, &self.timeline)
    }

    /// A rough first idea of a scene, drawn within the time that painters usually need.
    pub(super) fn underdrawing(&self, scene: &Scene) -> Option<Timeline> {
        let side = u16::try_from(self.pixels).ok()?;
        let image = sketch::underdrawing(scene, CanvasSize::new(side, side)?);
        self.rough(UNDERDRAWING, &image, scene.seed)
    }

    /// What a painter shows of its work, as strokes over what was there before.
    pub(super) fn preview(&self, picture: Picture, scene: &Scene) -> Option<Timeline> {
        let image = self.pixel_art(picture, scene).ok()?;
        self.rough(PREVIEW, &image, scene.seed)
    }

    fn rough(&self, time: Duration, image: &IndexedImage, seed: Seed) -> Option<Timeline> {
        let quick = Self {
            tempo: Tempo::Total(time),
            ..self.clone()
        };
        let painting = quick.painting(image, seed).ok()?;
        Some(self.compile(&self.plan(&painting).ok()?))
    }
}
