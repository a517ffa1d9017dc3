//! The easel: the canvas enlarged by a whole factor, its frame, and the brush over it.
//!
//! It remembers the canvas pixels that it has put on the stage, so that only those that differ are drawn again,
//! whatever the caller says about them.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::brush::BrushSprite;
use super::crossfade::Crossfade;
use super::layout::Layout;
use super::rect::{Damage, StageRect};
use super::surface::{Saved, Surface, pixel};
use super::theme::Theme;
use super::view::{BrushView, CanvasDamage, CanvasView, Motion};
use crate::color::Rgb8;
use crate::donation::ShowTime;
use crate::plan::{CanvasPoint, CanvasSize};
use crate::raster::CanvasRect;

/// How canvas pixels become stage pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// Each is a square of this side.
    Enlarge(i32),
    /// Each stage pixel is the mean of a square of this side: the canvas is larger than its place.
    Reduce(i32),
}

impl Fit {
    fn new(size: CanvasSize, w: i32, h: i32) -> Self {
        let (cw, ch) = (i32::from(size.w()), i32::from(size.h()));
        let factor = (w / cw).min(h / ch);
        if factor >= 1 {
            Self::Enlarge(factor)
        } else {
            let by = |canvas: i32, place: i32| (canvas + place.max(1) - 1) / place.max(1);
            Self::Reduce(by(cw, w).max(by(ch, h)))
        }
    }

    /// How many stage pixels so many canvas pixels take up.
    fn length(self, canvas: u16) -> i32 {
        match self {
            Self::Enlarge(k) => i32::from(canvas) * k,
            Self::Reduce(n) => (i32::from(canvas) + n - 1) / n,
        }
    }
}

/// What is inside the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    Nothing,
    Canvas,
    /// Something else, known by this.
    Other(u64),
}

/// A canvas of which more than one pixel in so many differs at once is another painting, and comes in softly.
const ANOTHER: usize = 8;

/// How far the frame's shadow is seen, on a stage of 1080 lines.
const SHADOW: f32 = 10.0;

/// The canvas's place on the stage and what is in it.
pub(crate) struct Easel {
    place: StageRect,
    /// Everything that the picture, its shadow and its plaque may take up.
    room: StageRect,
    plaque: StageRect,
    frame: i32,
    shadow: i32,
    size: CanvasSize,
    fit: Fit,
    picture: StageRect,
    inside: Inside,
    /// What was inside before, where it is still seen.
    crossfade: Option<Crossfade>,
    /// RGBA of the canvas as it is on the stage, without what is still seen of the picture before.
    shown: Vec<u8>,
    brush: Option<BrushSprite>,
    under_brush: Option<(BrushView, Saved)>,
}

impl Easel {
    pub(crate) fn new(layout: &Layout, size: CanvasSize) -> Self {
        let mut easel = Self {
            place: layout.easel,
            room: layout
                .easel
                .outset(layout.px(SHADOW))
                .union(layout.plaque)
                .intersect(layout.stage),
            plaque: layout.plaque,
            frame: layout.px(12.0),
            shadow: layout.px(SHADOW),
            size,
            fit: Fit::Enlarge(1),
            picture: StageRect::default(),
            inside: Inside::Nothing,
            crossfade: None,
            shown: Vec::new(),
            brush: None,
            under_brush: None,
        };
        easel.measure(size);
        easel
    }

    fn measure(&mut self, size: CanvasSize) {
        let inner = self.place.outset(-self.frame);
        self.size = size;
        self.fit = Fit::new(size, inner.w, inner.h);
        self.picture = self
            .place
            .centered(self.fit.length(size.w()), self.fit.length(size.h()))
            .intersect(self.place);
        self.forget();
    }

    /// Where the canvas itself is, without its frame.
    pub(crate) fn picture(&self) -> StageRect {
        self.picture
    }

    /// Where the plaque is: right below the frame, however high the picture is.
    pub(crate) fn plaque(&self) -> StageRect {
        let below = self.place.bottom() - self.picture.bottom() - self.frame;
        let y = self.plaque.y - below;
        StageRect { y, ..self.plaque }
    }

    /// Forgets what is on the stage: all of it is drawn at the next call.
    pub(crate) fn forget(&mut self) {
        self.inside = Inside::Nothing;
        self.crossfade = None;
        self.under_brush = None;
    }

    /// Whether one picture is giving way to another.
    pub(crate) fn is_fading(&self) -> bool {
        self.crossfade.is_some()
    }

    /// Whether the next picture will be hung anew: everything around it is drawn again then.
    pub(crate) fn is_new(&self, size: CanvasSize) -> bool {
        self.size != size || self.inside == Inside::Nothing
    }

    /// Hangs the frame anew if the canvas's size is another one, or if nothing is on the stage yet.
    fn hang(&mut self, ground: &mut Ground<'_>, size: CanvasSize) {
        if self.size != size {
            self.measure(size);
        }
        if self.inside == Inside::Nothing {
            ground.surface.copy_from(ground.wall, self.room);
            let outer = self.picture.outset(self.frame);
            draw_shadow(ground.surface, outer, self.shadow);
            draw_frame(ground.surface, ground.theme, self.picture, self.frame);
            ground.damage.add(self.room);
        }
    }

    /// Shows the canvas and the brush over it.
    pub(crate) fn show_canvas(
        &mut self,
        ground: &mut Ground<'_>,
        canvas: &CanvasView<'_>,
        brush: Option<BrushView>,
    ) {
        let pixels = canvas.frame.pixels();
        self.hang(ground, canvas.frame.size());
        if self.is_another(canvas) {
            self.begin_crossfade(ground);
        }
        let fades = self.advance_crossfade(ground.now);
        let fresh = self.inside != Inside::Canvas;
        let rows = if fresh { 0..0 } else { self.suspects(canvas) };
        let changed = fresh || fades || !rows.is_empty();
        let lifted = changed || self.under_brush.as_ref().map(|(brush, _)| *brush) != brush;
        if lifted {
            self.lift_brush(ground);
        }
        if fresh || fades || (changed && self.is_fading()) {
            self.shown.clear();
            self.shown.extend_from_slice(pixels);
            let (w, h) = (i32::from(self.size.w()), i32::from(self.size.h()));
            self.draw_rows(ground, 0, h, (0, w));
            self.lay_over(ground.surface);
            self.inside = Inside::Canvas;
        } else {
            for y in rows {
                self.update_row(ground, pixels, y, columns(canvas));
            }
        }
        if lifted && let Some(brush) = brush {
            self.put_brush(ground, brush);
        }
    }

    /// Whether this canvas is another picture than what is inside the frame, and not the same one a little further.
    fn is_another(&self, canvas: &CanvasView<'_>) -> bool {
        match self.inside {
            Inside::Nothing => false,
            Inside::Other(_) => true,
            Inside::Canvas => {
                canvas.damage == CanvasDamage::All && {
                    let (new, _) = canvas.frame.pixels().as_chunks::<4>();
                    let (old, _) = self.shown.as_chunks::<4>();
                    let differ = new.iter().zip(old).filter(|(new, old)| new != old).count();
                    differ > new.len() / ANOTHER
                }
            }
        }
    }

    /// What is inside the frame now will be seen for a while through what comes.
    fn begin_crossfade(&mut self, ground: &mut Ground<'_>) {
        if ground.motion == Motion::Full {
            self.lift_brush(ground);
            self.crossfade = Some(Crossfade::begin(ground.surface, self.picture, ground.now));
        }
    }

    /// Says whether the picture has to be drawn again for it.
    fn advance_crossfade(&mut self, now: ShowTime) -> bool {
        let Some(crossfade) = &mut self.crossfade else {
            return false;
        };
        let changed = crossfade.advance(now);
        if crossfade.is_over() {
            self.crossfade = None;
        }
        changed
    }

    /// Lays what is still seen of the picture before over the one that was drawn.
    pub(crate) fn lay_over(&self, surface: &mut Surface) {
        if let Some(crossfade) = &self.crossfade {
            crossfade.lay_over(surface);
        }
    }

    /// Which rows may differ from what is shown.
    fn suspects(&self, canvas: &CanvasView<'_>) -> std::ops::Range<u16> {
        match canvas.damage {
            CanvasDamage::Nothing => 0..0,
            CanvasDamage::All if self.shown == canvas.frame.pixels() => 0..0,
            CanvasDamage::All => 0..self.size.h(),
            CanvasDamage::Within(CanvasRect { y, h, .. }) => {
                let end = y.saturating_add(h).min(self.size.h());
                y.min(end)..end
            }
        }
    }

    /// Draws what of a row differs from what is shown.
    fn update_row(&mut self, ground: &mut Ground<'_>, pixels: &[u8], y: u16, columns: (u16, u16)) {
        let width = usize::from(self.size.w()) * 4;
        let left = usize::from(columns.0.min(self.size.w())) * 4;
        let right = usize::from(columns.1.min(self.size.w())) * 4;
        let row = usize::from(y) * width;
        let (new, old) = (
            &pixels[row + left..row + right],
            &mut self.shown[row + left..row + right],
        );
        let differs = |(a, b): (&[u8; 4], &[u8; 4])| a != b;
        let (new_pixels, _) = new.as_chunks::<4>();
        let (old_pixels, _) = old.as_chunks::<4>();
        let pairs = || new_pixels.iter().zip(old_pixels);
        let Some(first) = pairs().position(differs) else {
            return;
        };
        let last = pairs().rposition(differs).map_or(first, |at| at);
        old.copy_from_slice(new);
        let start = (left / 4 + first) as i32;
        let end = (left / 4 + last + 1) as i32;
        let y = i32::from(y);
        self.draw_rows(ground, y, y + 1, (start, end));
    }

    /// Puts shown canvas pixels on the stage.
    fn draw_rows(&self, ground: &mut Ground<'_>, top: i32, bottom: i32, columns: (i32, i32)) {
        let area = match self.fit {
            Fit::Enlarge(k) => {
                for y in top..bottom {
                    self.enlarge_row(ground.surface, y, columns, k);
                }
                StageRect::new(
                    self.picture.x + columns.0 * k,
                    self.picture.y + top * k,
                    (columns.1 - columns.0) * k,
                    (bottom - top) * k,
                )
            }
            Fit::Reduce(n) => {
                let (left, right) = (columns.0 / n, (columns.1 + n - 1) / n);
                let (top, bottom) = (top / n, (bottom + n - 1) / n);
                for y in top..bottom {
                    self.reduce_row(ground.surface, y, (left, right), n);
                }
                StageRect::new(
                    self.picture.x + left,
                    self.picture.y + top,
                    right - left,
                    bottom - top,
                )
            }
        };
        ground.damage.add(area.intersect(self.picture));
    }

    fn enlarge_row(&self, surface: &mut Surface, y: i32, columns: (i32, i32), k: i32) {
        let x = self.picture.x + columns.0 * k;
        let width = (columns.1 - columns.0) * k;
        let top = self.picture.y + y * k;
        let start = (y * i32::from(self.size.w()) + columns.0) as usize * 4;
        let end = start + (columns.1 - columns.0) as usize * 4;
        let (colors, _) = self.shown[start..end].as_chunks::<4>();
        let row = surface.row_mut(top, x, width);
        for (square, color) in row.chunks_exact_mut(k as usize).zip(colors) {
            square.fill(pixel(Rgb8::new(color[0], color[1], color[2])));
        }
        for below in 1..k {
            surface.repeat_row(top, top + below, x, width);
        }
    }

    fn reduce_row(&self, surface: &mut Surface, y: i32, columns: (i32, i32), n: i32) {
        let (w, h) = (i32::from(self.size.w()), i32::from(self.size.h()));
        let (columns, y) = (
            (columns.0, columns.1.min(self.picture.w)),
            y.min(self.picture.h - 1),
        );
        let row = surface.row_mut(
            self.picture.y + y,
            self.picture.x + columns.0,
            columns.1 - columns.0,
        );
        for (x, below) in (columns.0..columns.1).zip(row) {
            let (mut sum, mut count) = ([0u32; 3], 0u32);
            for cy in y * n..((y + 1) * n).min(h) {
                for cx in x * n..((x + 1) * n).min(w) {
                    let at = (cy * w + cx) as usize * 4;
                    for (sum, channel) in sum.iter_mut().zip(&self.shown[at..at + 3]) {
                        *sum += u32::from(*channel);
                    }
                    count += 1;
                }
            }
            let mean = sum.map(|sum| (sum / count.max(1)) as u8);
            *below = pixel(Rgb8::from(mean));
        }
    }

    /// Shows something else inside the frame: says where it is to be drawn, which it is when it is another thing than
    /// before or comes further in. [`Easel::lay_over`] follows.
    pub(crate) fn show_other(
        &mut self,
        ground: &mut Ground<'_>,
        size: CanvasSize,
        key: impl Hash,
    ) -> Option<StageRect> {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let inside = Inside::Other(hasher.finish());
        let is_same = self.inside == inside && self.size == size;
        if !is_same && self.inside != Inside::Nothing && self.size == size {
            self.begin_crossfade(ground);
        }
        let fades = self.advance_crossfade(ground.now);
        if is_same && !fades {
            return None;
        }
        self.lift_brush(ground);
        self.hang(ground, size);
        self.inside = inside;
        ground.damage.add(self.picture);
        ground.surface.fill(self.picture, ground.theme.linen);
        Some(self.picture)
    }

    fn put_brush(&mut self, ground: &mut Ground<'_>, brush: BrushView) {
        let side = self.place.w.min(self.place.h) / 9;
        if self.brush.as_ref().map(BrushSprite::color) != Some(brush.color) {
            self.brush = BrushSprite::new(brush.color, side);
        }
        let Some(sprite) = &self.brush else { return };
        let at = sprite.top_left(self.middle_of(brush.at));
        let image = sprite.image();
        let area = StageRect::new(at.0, at.1, image.width() as i32, image.height() as i32);
        // The handle may lean over the frame, and no further.
        let clip = self.picture.outset(self.frame).intersect(self.place);
        let saved = ground.surface.save(area.intersect(clip));
        ground.surface.stamp(image, at, clip, 255);
        ground.damage.add(saved.area());
        self.under_brush = Some((brush, saved));
    }

    fn lift_brush(&mut self, ground: &mut Ground<'_>) {
        if let Some((_, saved)) = self.under_brush.take() {
            let area = ground.surface.restore(&saved);
            ground.damage.add(area);
        }
    }

    /// The middle of a canvas pixel on the stage; a point outside is taken to the nearest edge.
    fn middle_of(&self, at: CanvasPoint) -> (i32, i32) {
        let x = at.x.clamp(0, i32::from(self.size.w()) - 1);
        let y = at.y.clamp(0, i32::from(self.size.h()) - 1);
        let (x, y) = match self.fit {
            Fit::Enlarge(k) => (x * k + k / 2, y * k + k / 2),
            Fit::Reduce(n) => (x / n, y / n),
        };
        (self.picture.x + x, self.picture.y + y)
    }
}

/// What the easel stands before.
pub(crate) struct Ground<'a> {
    pub(crate) surface: &'a mut Surface,
    pub(crate) wall: &'a Surface,
    pub(crate) theme: &'a Theme,
    pub(crate) damage: &'a mut Damage,
    pub(crate) now: ShowTime,
    pub(crate) motion: Motion,
}

fn columns(canvas: &CanvasView<'_>) -> (u16, u16) {
    match canvas.damage {
        CanvasDamage::All => (0, canvas.frame.size().w()),
        CanvasDamage::Within(CanvasRect { x, w, .. }) => (x, x.saturating_add(w)),
        CanvasDamage::Nothing => (0, 0),
    }
}

/// A soft shadow, a little lower than what throws it. Only its rings are filled: what is below the picture is never
/// seen, and is most of the stage.
fn draw_shadow(surface: &mut Surface, outer: StageRect, depth: i32) {
    for n in (1..=depth).rev() {
        let lower = (depth - n) / 3;
        let ring = StageRect {
            y: outer.y + lower,
            ..outer
        };
        surface.fill_ring(ring.outset(n - lower), n as f32, outer, (Rgb8::BLACK, 12));
    }
}

/// A wooden frame with light from above left, and a narrow lip around the picture.
fn draw_frame(surface: &mut Surface, theme: &Theme, picture: StageRect, width: i32) {
    let outer = picture.outset(width);
    let edge = (width / 4).max(1);
    let lit = StageRect::new(outer.x, outer.y, outer.w - edge, outer.h - edge);
    let wood = outer.outset(-edge);
    let lip = picture.outset((width / 6).max(1));
    surface.fill_border(outer, lit, theme.frame_dark);
    surface.fill_border(lit, wood, theme.frame_light);
    surface.fill_border(wood, lip, theme.frame);
    surface.fill_border(lip, picture, theme.frame_dark);
}
