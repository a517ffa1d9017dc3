//! A place in a timeline, and the canvas as it looks there.

use std::sync::Arc;
use std::time::Duration;

use super::ease::parts_done;
use super::{Leaf, Timeline};
use crate::color::Rgb8;
use crate::plan::{CanvasPoint, Mode};
use crate::raster::span::Span;
use crate::raster::trace::{Trace, Tracer};
use crate::raster::{CanvasRect, Framebuffer, fade};

/// A place in a [`Timeline`] and the canvas's pixels there.
///
/// Going forward draws only what has come since; going back draws anew from the start, which takes as long as the
/// finished picture takes (a plan of 9 000 points: some ten microseconds), not as long as it plays.
#[derive(Clone, Debug)]
pub struct Playhead {
    timeline: Arc<Timeline>,
    position: u64,
    frame: Framebuffer,
    /// Leaves that are wholly on the canvas.
    finished: usize,
    current: Option<Current>,
    damage: Damage,
    tracer: Tracer,
    ground: Option<Ground>,
}

/// What stood on the canvas before, and is painted over.
#[derive(Clone, Debug)]
struct Ground {
    frame: Framebuffer,
    /// The pixels that no stroke ever reaches, in the order in which the canvas's own colour takes them back.
    bare: Vec<u32>,
    /// How many of them it has.
    washed: usize,
}

/// The part of a painting's time in which what no stroke reaches becomes the canvas's own colour.
const WASH: u64 = 3;

/// The leaf that is being painted, or for which the brush is on its way.
#[derive(Clone, Debug)]
struct Current {
    trace: Trace,
    /// Entries of the trace that are on the canvas.
    shown: usize,
    /// The pixel that the brush comes from: the last one of the strokes before.
    from: Option<u32>,
    /// For a fade: the canvas below every entry of the trace, and the opacity that is on the canvas.
    fade: Option<Fade>,
}

#[derive(Clone, Debug)]
struct Fade {
    below: Vec<Rgb8>,
    alpha: u8,
}

impl Playhead {
    /// At the first moment of a timeline.
    pub fn new(timeline: Arc<Timeline>) -> Self {
        let size = timeline.canvas.size;
        let mut playhead = Self {
            frame: timeline.blank(),
            timeline,
            position: 0,
            finished: 0,
            current: None,
            damage: Damage::whole(CanvasRect::whole(size)),
            tracer: Tracer::new(size),
            ground: None,
        };
        playhead.settle();
        playhead
    }

    /// At the first moment of a timeline that is painted over what stands on the canvas, such as an underdrawing.
    ///
    /// Strokes go over it; what none of them reaches becomes the background in the first third of the time, so that
    /// the end is exactly the timeline's own picture. `None` where `ground` is not of the canvas's size.
    pub fn over(timeline: Arc<Timeline>, ground: &Framebuffer) -> Option<Self> {
        let size = timeline.canvas.size;
        if ground.size() != size {
            return None;
        }
        let mut reached = vec![false; size.area()];
        for leaf in &timeline.leaves {
            timeline.paint(leaf, &mut |span, _| {
                let first = span.lowest() as usize;
                reached[first..first + span.len as usize].fill(true);
            });
        }
        let all = (0u32..).zip(&reached);
        let mut bare: Vec<u32> = all
            .filter(|(_, reached)| !**reached)
            .map(|(at, _)| at)
            .collect();
        // From the top down with a ragged edge, as a wide brush leaves it.
        let width = u32::from(size.w());
        bare.sort_by_key(|&at| (at / width * 4 + (at.wrapping_mul(0x9E37_79B9) >> 27), at));
        let mut playhead = Self {
            frame: ground.clone(),
            timeline,
            position: 0,
            finished: 0,
            current: None,
            damage: Damage::whole(CanvasRect::whole(size)),
            tracer: Tracer::new(size),
            ground: Some(Ground {
                frame: ground.clone(),
                bare,
                washed: 0,
            }),
        };
        playhead.settle();
        Some(playhead)
    }

    /// What it plays.
    pub fn timeline(&self) -> &Arc<Timeline> {
        &self.timeline
    }

    /// How far from the start it stands, never past the end.
    pub fn position(&self) -> Duration {
        Duration::from_nanos(self.position)
    }

    /// Its part of the way, `0.0..=1.0`; 1 where the timeline takes no time.
    pub fn progress(&self) -> f32 {
        let duration = self.timeline.duration.as_secs_f64();
        if duration > 0.0 {
            (self.position().as_secs_f64() / duration) as f32
        } else {
            1.0
        }
    }

    /// Whether it stands at the end.
    pub fn is_finished(&self) -> bool {
        self.position() >= self.timeline.duration
    }

    /// Goes to a moment, forward or back; past the end is the end.
    pub fn seek(&mut self, position: Duration) {
        let position = position.min(self.timeline.duration);
        let position = u64::try_from(position.as_nanos()).unwrap_or(u64::MAX);
        if position < self.position {
            self.rewind();
        }
        self.position = position;
        self.settle();
        self.wash();
    }

    /// Goes on by a time: `advance(a); advance(b)` is `advance(a + b)`.
    pub fn advance(&mut self, time: Duration) {
        self.seek(self.position().saturating_add(time));
    }

    /// The canvas at this moment.
    pub fn frame(&self) -> &Framebuffer {
        &self.frame
    }

    /// What has changed since this was last asked, the whole canvas at first; `None` where nothing has.
    pub fn take_damage(&mut self) -> Option<CanvasRect> {
        self.damage.take()
    }

    /// Where the brush is and its colour; between two strokes it is on its way to the next one.
    ///
    /// `None` once the picture is finished, for a card, and for a step that paints nothing.
    pub fn brush(&self) -> Option<(CanvasPoint, Rgb8)> {
        let current = self.current.as_ref()?;
        let leaf = self.timeline.leaves.get(self.finished)?;
        if self.position < leaf.start {
            let (next, color) = current.trace.at(0)?;
            let next = self.point(next);
            let from = current.from.map_or(next, |pixel| self.point(pixel));
            let left = match self.finished {
                0 => 0,
                n => self.timeline.leaves[n - 1].end,
            };
            let (done, way) = (self.position - left, leaf.start - left);
            return Some((between(from, next, done, way), color));
        }
        let place = match current.fade {
            Some(_) => done(leaf, current.trace.len(), self.position),
            None => current.shown,
        };
        let (index, color) = current.trace.at(place.saturating_sub(1))?;
        Some((self.point(index), color))
    }

    fn point(&self, index: u32) -> CanvasPoint {
        let (x, y) = (index % self.frame.width(), index / self.frame.width());
        CanvasPoint::new(x.cast_signed(), y.cast_signed())
    }

    fn rewind(&mut self) {
        self.frame = match &mut self.ground {
            Some(ground) => {
                ground.washed = 0;
                ground.frame.clone()
            }
            None => self.timeline.blank(),
        };
        self.finished = 0;
        self.current = None;
        self.damage = Damage::whole(CanvasRect::whole(self.timeline.canvas.size));
    }

    /// Gives the background those pixels that no stroke reaches, as many as are due.
    fn wash(&mut self) {
        let Some(ground) = &mut self.ground else {
            return;
        };
        let whole = u64::try_from(self.timeline.duration.as_nanos()).unwrap_or(u64::MAX);
        let all = ground.bare.len();
        let due = match whole / WASH {
            0 => all,
            time => {
                let part = u128::from(self.position.min(time)) * all as u128 / u128::from(time);
                usize::try_from(part).unwrap_or(all)
            }
        };
        let width = self.frame.width();
        for &at in ground.bare.get(ground.washed..due).unwrap_or_default() {
            self.frame.set(at, self.timeline.canvas.background);
            self.damage.add(Span::single(at), width);
        }
        ground.washed = ground.washed.max(due);
    }

    /// Draws what the position asks for; everything on the canvas is from an earlier moment.
    fn settle(&mut self) {
        let timeline = Arc::clone(&self.timeline);
        while let Some(leaf) = timeline.leaves.get(self.finished) {
            if leaf.end > self.position {
                self.play(&timeline, leaf);
                return;
            }
            match self.current.take() {
                Some(current) => self.complete(&current),
                None => self.paint_whole(&timeline, leaf),
            }
            self.finished += 1;
        }
    }

    fn paint_whole(&mut self, timeline: &Timeline, leaf: &Leaf) {
        let (frame, damage) = (&mut self.frame, &mut self.damage);
        let width = frame.width();
        timeline.paint(leaf, &mut |span, color| {
            frame.paint(span, color);
            damage.add(span, width);
        });
    }

    /// Puts what is left of the current leaf on the canvas.
    fn complete(&mut self, current: &Current) {
        let first = match current.fade {
            Some(_) => 0,
            None => current.shown,
        };
        self.uncover(&current.trace, first, current.trace.len());
    }

    fn uncover(&mut self, trace: &Trace, first: usize, end: usize) {
        let width = self.frame.width();
        for (index, color) in (first..end).filter_map(|place| trace.at(place)) {
            self.frame.set(index, color);
            self.damage.add(Span::single(index), width);
        }
    }

    /// Shows a leaf that is not finished at this moment.
    fn play(&mut self, timeline: &Timeline, leaf: &Leaf) {
        let mut current = match self.current.take() {
            Some(current) => current,
            None => Current {
                trace: timeline.trace(leaf, &mut self.tracer),
                shown: 0,
                from: self.last_pixel(timeline, leaf),
                fade: None,
            },
        };
        if self.position >= leaf.start {
            match leaf.mode {
                Mode::Fill => self.play_fade(leaf, &mut current),
                Mode::Stroke | Mode::PixelReveal => {
                    let shown = done(leaf, current.trace.len(), self.position);
                    self.uncover(&current.trace, current.shown, shown);
                    current.shown = shown;
                }
            }
        }
        self.current = Some(current);
    }

    /// Where the brush sets out from for a leaf that has not begun: the end of the last leaf that painted anything.
    fn last_pixel(&mut self, timeline: &Timeline, leaf: &Leaf) -> Option<u32> {
        if self.position >= leaf.start {
            return None;
        }
        let before = timeline.leaves[..self.finished].iter().rev();
        let mut traces = before.map(|leaf| timeline.trace(leaf, &mut self.tracer));
        let (pixel, _) = traces.find_map(|trace| trace.at(trace.len().checked_sub(1)?))?;
        Some(pixel)
    }

    fn play_fade(&mut self, leaf: &Leaf, current: &mut Current) {
        let (elapsed, length) = (self.position - leaf.start, leaf.end - leaf.start);
        let alpha = u8::try_from(parts_done(255, leaf.ease, elapsed, length)).unwrap_or(255);
        let (frame, trace) = (&mut self.frame, &current.trace);
        let faded = current.fade.get_or_insert_with(|| Fade {
            below: trace.iter().map(|(index, _)| frame.color(index)).collect(),
            alpha: 0,
        });
        if faded.alpha == alpha {
            return;
        }
        faded.alpha = alpha;
        let width = frame.width();
        for ((index, color), below) in trace.iter().zip(&faded.below) {
            frame.set(index, fade(*below, color, alpha));
            self.damage.add(Span::single(index), width);
        }
    }
}

/// Entries of a leaf's trace that are uncovered at a moment within it: at least one, as soon as it has begun.
fn done(leaf: &Leaf, entries: usize, position: u64) -> usize {
    let (elapsed, length) = (position - leaf.start, leaf.end - leaf.start);
    let parts = parts_done(entries as u64, leaf.ease, elapsed, length);
    usize::try_from(parts)
        .unwrap_or(entries)
        .clamp(1.min(entries), entries)
}

/// The place after `done` of `way` from one point to another.
fn between(from: CanvasPoint, to: CanvasPoint, done: u64, way: u64) -> CanvasPoint {
    let mix = |a: i32, b: i32| {
        let moved = i128::from(b - a) * i128::from(done) / i128::from(way.max(1));
        a + i32::try_from(moved).unwrap_or(0)
    };
    CanvasPoint::new(mix(from.x, to.x), mix(from.y, to.y))
}

/// Bounds of the changed pixels.
#[derive(Clone, Debug)]
struct Damage(Option<CanvasRect>);

impl Damage {
    fn whole(rect: CanvasRect) -> Self {
        Self(Some(rect))
    }

    fn take(&mut self) -> Option<CanvasRect> {
        self.0.take()
    }

    fn add(&mut self, span: Span, width: u32) {
        let (x, y) = (span.lowest() % width, span.lowest() / width);
        let narrow = |v: u32| u16::try_from(v).unwrap_or(u16::MAX);
        let changed = CanvasRect {
            x: narrow(x),
            y: narrow(y),
            w: narrow(span.len),
            h: 1,
        };
        self.0 = Some(match self.0 {
            Some(rect) => rect.union(changed),
            None => changed,
        });
    }
}
