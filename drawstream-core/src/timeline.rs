//! A compiled plan: when each step plays, and a [`Playhead`] that shows any moment of it.
//!
//! Steps play one after another. A step waits its delay after the one before it ended, then plays for its
//! duration; without one, for its painted pixels ÷ its speed; without either, for the default. A group's
//! animation covers what in it has none of its own: mode and ease are taken over, and the group's time is shared
//! out by painted pixels.
//!
//! A timeline holds shapes, never surfaces: four bytes for a point of a pixel list, about a hundred for any other
//! step. All times are whole nanoseconds, so a frame depends on its moment alone and not on how it was reached.

mod ease;
mod playhead;
mod schedule;

use std::ops::Range;
use std::time::Duration;

pub use playhead::Playhead;

use crate::color::Rgb8;
use crate::plan::{Canvas, Ease, Mode, Op, Plan};
use crate::raster::Framebuffer;
use crate::raster::span::Span;
use crate::raster::trace::{Trace, Tracer};
use crate::raster::{draw_card, shape};

/// What a plan leaves to the show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimelineOptions {
    /// How long a step plays that has neither a duration nor a speed.
    pub default_step: Duration,
    /// How long a card is held that says no duration itself.
    pub card_hold: Duration,
}

/// 700 ms a step, 90 s a card.
impl Default for TimelineOptions {
    fn default() -> Self {
        Self {
            default_step: Duration::from_millis(700),
            card_hold: Duration::from_secs(90),
        }
    }
}

/// A plan with every moment decided; cheap to share in an `Arc`.
#[derive(Clone, Debug)]
pub struct Timeline {
    canvas: Canvas,
    card: Option<String>,
    leaves: Vec<Leaf>,
    points: Vec<u32>,
    duration: Duration,
}

/// One shape and when it plays, in nanoseconds from the start.
#[derive(Clone, Debug)]
struct Leaf {
    start: u64,
    end: u64,
    mode: Mode,
    ease: Ease,
    shape: LeafShape,
}

#[derive(Clone, Debug)]
enum LeafShape {
    /// Entries of [`Timeline::points`]: a pixel list, already clipped.
    Points { range: Range<usize>, color: Rgb8 },
    /// Any other op but a group.
    Op(Op),
}

impl Timeline {
    /// Decides every moment of a plan.
    ///
    /// ```
    /// use std::time::Duration;
    /// use drawstream_core::color::Rgb8;
    /// use drawstream_core::plan::{Canvas, CanvasPoint, CanvasSize, Op, Plan, Step};
    /// use drawstream_core::timeline::{Timeline, TimelineOptions};
    ///
    /// let canvas = Canvas::new(CanvasSize::new(8, 8).expect("not empty"));
    /// let dot = Op::Pixels { points: vec![CanvasPoint::new(3, 4)], color: Rgb8::WHITE };
    /// let plan = Plan::from_steps(canvas, "a dot", vec![Step::from(dot)])?;
    /// let timeline = Timeline::compile(&plan, &TimelineOptions::default());
    /// assert_eq!(timeline.duration(), Duration::from_millis(700));
    /// assert_eq!(timeline.finished().color_at(3, 4), Some(Rgb8::WHITE));
    /// # Ok::<(), drawstream_core::plan::PlanError>(())
    /// ```
    pub fn compile(plan: &Plan, options: &TimelineOptions) -> Self {
        schedule::compile(plan, options)
    }

    /// From the first moment to the last step's end, or how long the card is held.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// What it is painted on.
    pub fn canvas(&self) -> Canvas {
        self.canvas
    }

    /// How many shapes are drawn, groups not counted.
    pub fn strokes(&self) -> usize {
        self.leaves.len()
    }

    /// When the stroke ends that is under way at this moment; the moment itself between strokes.
    pub fn stroke_end(&self, position: Duration) -> Duration {
        let at = u64::try_from(position.as_nanos()).unwrap_or(u64::MAX);
        let next = self.leaves.partition_point(|leaf| leaf.end <= at);
        let under_way = self.leaves.get(next).filter(|leaf| leaf.start < at);
        under_way.map_or(position, |leaf| Duration::from_nanos(leaf.end))
    }

    /// Its colours in the order in which they are first seen, at most `most` of them.
    pub fn palette(&self, most: usize) -> Vec<Rgb8> {
        let mut palette: Vec<Rgb8> = Vec::new();
        for leaf in &self.leaves {
            self.paint(leaf, &mut |_, color| {
                if palette.len() < most
                    && palette.last() != Some(&color)
                    && !palette.contains(&color)
                {
                    palette.push(color);
                }
            });
        }
        palette
    }

    /// The finished picture, drawn at once.
    pub fn finished(&self) -> Framebuffer {
        let mut buffer = self.blank();
        for leaf in &self.leaves {
            self.paint(leaf, &mut |span, color| buffer.paint(span, color));
        }
        buffer
    }

    /// The canvas before the first step: blank, or the card.
    fn blank(&self) -> Framebuffer {
        let mut buffer = Framebuffer::new(self.canvas.size, self.canvas.background);
        if let Some(text) = &self.card {
            draw_card(&mut buffer, text);
        }
        buffer
    }

    /// The pixels of a leaf in the order in which they are uncovered.
    fn trace(&self, leaf: &Leaf, tracer: &mut Tracer) -> Trace {
        match &leaf.shape {
            LeafShape::Points { range, color } => {
                Trace::of_points(&self.points[range.clone()], *color)
            }
            LeafShape::Op(op) => tracer.trace(op),
        }
    }

    /// Enumerates a whole leaf in an order whose result is the finished shape.
    fn paint(&self, leaf: &Leaf, paint: &mut dyn FnMut(Span, Rgb8)) {
        match &leaf.shape {
            LeafShape::Points { range, color } => {
                for index in &self.points[range.clone()] {
                    paint(Span::single(*index), *color);
                }
            }
            LeafShape::Op(op) => shape::paint(op, self.canvas.size, paint),
        }
    }
}

#[cfg(test)]
mod test;
