//! The stage's pixels, and the few ways to put something on them.

use tiny_skia::{
    Color, FillRule, LineCap, Paint, Path, PathBuilder, Pixmap, PremultipliedColorU8, Rect, Shader,
    Stroke, Transform,
};

use super::rect::StageRect;
use crate::color::Rgb8;

/// How much of what is below is covered: 0 nothing, 255 all.
pub(crate) type Alpha = u8;

/// Opaque pixels of a fixed size.
pub(crate) struct Surface(Pixmap);

impl Surface {
    /// All of one colour. The sides are those of a stage, so they are positive and small enough.
    pub(crate) fn new(w: u16, h: u16, color: Rgb8) -> Self {
        let mut pixmap = Pixmap::new(u32::from(w.max(1)), u32::from(h.max(1)))
            .expect("16-bit sides are within what a pixmap may have");
        pixmap.fill(opaque(color, 255));
        Self(pixmap)
    }

    pub(crate) fn bounds(&self) -> StageRect {
        StageRect::new(0, 0, self.0.width() as i32, self.0.height() as i32)
    }

    /// RGBA, row by row from the top.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.data()
    }

    fn row(&self, y: i32, x: i32, w: i32) -> &[PremultipliedColorU8] {
        let start = (y * self.0.width() as i32 + x) as usize;
        &self.0.pixels()[start..start + w as usize]
    }

    /// Pixels of a row; the caller has clipped.
    pub(crate) fn row_mut(&mut self, y: i32, x: i32, w: i32) -> &mut [PremultipliedColorU8] {
        let start = (y * self.0.width() as i32 + x) as usize;
        &mut self.0.pixels_mut()[start..start + w as usize]
    }

    /// RGBA of a part of a row; the caller has clipped.
    pub(crate) fn row_bytes(&self, y: i32, x: i32, w: i32) -> &[u8] {
        let start = (y * self.0.width() as i32 + x) as usize * 4;
        &self.0.data()[start..start + w as usize * 4]
    }

    /// RGBA of a part of a row; what is written stays opaque, and the caller has clipped.
    pub(crate) fn row_bytes_mut(&mut self, y: i32, x: i32, w: i32) -> &mut [u8] {
        let start = (y * self.0.width() as i32 + x) as usize * 4;
        &mut self.0.data_mut()[start..start + w as usize * 4]
    }

    /// Copies a part of a row to another row.
    pub(crate) fn repeat_row(&mut self, from: i32, to: i32, x: i32, w: i32) {
        let width = self.0.width() as i32;
        let start = (from * width + x) as usize;
        let target = (to * width + x) as usize;
        self.0
            .pixels_mut()
            .copy_within(start..start + w as usize, target);
    }

    /// Copies a part of another surface of the same size.
    pub(crate) fn copy_from(&mut self, other: &Self, area: StageRect) {
        let area = area.intersect(self.bounds());
        for y in area.y..area.bottom() {
            self.row_mut(y, area.x, area.w)
                .copy_from_slice(other.row(y, area.x, area.w));
        }
    }

    /// The pixels of an area, which may reach over the edge.
    pub(crate) fn save(&self, area: StageRect) -> Saved {
        let area = area.intersect(self.bounds());
        let mut pixels = Vec::with_capacity(area.area().unsigned_abs() as usize);
        for y in area.y..area.bottom() {
            pixels.extend_from_slice(self.row(y, area.x, area.w));
        }
        Saved { area, pixels }
    }

    /// Puts saved pixels back and tells where that was.
    pub(crate) fn restore(&mut self, saved: &Saved) -> StageRect {
        let area = saved.area;
        if !area.is_empty() {
            for (y, pixels) in (area.y..).zip(saved.pixels.chunks_exact(area.w as usize)) {
                self.row_mut(y, area.x, area.w).copy_from_slice(pixels);
            }
        }
        area
    }

    /// Fills an area without smoothing.
    pub(crate) fn fill(&mut self, area: StageRect, color: Rgb8) {
        let area = area.intersect(self.bounds());
        for y in area.y..area.bottom() {
            self.row_mut(y, area.x, area.w).fill(pixel(color));
        }
    }

    /// Fills what of a rectangle is around another one inside of it.
    pub(crate) fn fill_border(&mut self, outer: StageRect, inner: StageRect, color: Rgb8) {
        let (above, rest) = outer.split_top(inner.y - outer.y);
        let (rest, below) = rest.split_bottom(outer.bottom() - inner.bottom());
        let (left, rest) = rest.split_left(inner.x - outer.x);
        let (_, right) = rest.split_right(outer.right() - inner.right());
        for side in [above, below, left, right] {
            self.fill(side, color);
        }
    }

    /// Fills a rectangle with round corners.
    pub(crate) fn fill_round(&mut self, area: StageRect, radius: f32, color: Rgb8, alpha: Alpha) {
        if let Some(path) = round_rect(area, radius) {
            self.fill_path(&path, color, alpha);
        }
    }

    /// Fills what of a rectangle with round corners is outside of another rectangle.
    pub(crate) fn fill_ring(
        &mut self,
        area: StageRect,
        radius: f32,
        hole: StageRect,
        ink: (Rgb8, Alpha),
    ) {
        let hole = hole.intersect(area);
        let inner = Rect::from_xywh(hole.x as f32, hole.y as f32, hole.w as f32, hole.h as f32);
        let (Some(outer), Some(inner)) = (round_rect(area, radius), inner) else {
            return;
        };
        let mut ring = PathBuilder::new();
        ring.push_path(&outer);
        ring.push_rect(inner);
        if let Some(path) = ring.finish() {
            let paint = paint(ink.0, ink.1);
            self.0.fill_path(
                &path,
                &paint,
                FillRule::EvenOdd,
                Transform::identity(),
                None,
            );
        }
    }

    /// Draws the inner edge of a rectangle with round corners, `width` pixels thick.
    pub(crate) fn stroke_round(&mut self, area: StageRect, radius: f32, width: f32, color: Rgb8) {
        let inset = width / 2.0;
        if let Some(path) = round_box(
            area.x as f32 + inset,
            area.y as f32 + inset,
            area.w as f32 - width,
            area.h as f32 - width,
            radius - inset,
        ) {
            self.stroke_path(&path, width, color, 255);
        }
    }

    /// Fills a circle.
    pub(crate) fn fill_circle(&mut self, center: (f32, f32), r: f32, color: Rgb8, alpha: Alpha) {
        if let Some(path) = PathBuilder::from_circle(center.0, center.1, r) {
            self.fill_path(&path, color, alpha);
        }
    }

    pub(crate) fn fill_path(&mut self, path: &Path, color: Rgb8, alpha: Alpha) {
        self.0.fill_path(
            path,
            &paint(color, alpha),
            FillRule::Winding,
            Transform::identity(),
            None,
        );
    }

    pub(crate) fn stroke_path(&mut self, path: &Path, width: f32, color: Rgb8, alpha: Alpha) {
        let stroke = Stroke {
            width,
            line_cap: LineCap::Round,
            ..Stroke::default()
        };
        self.0.stroke_path(
            path,
            &paint(color, alpha),
            &stroke,
            Transform::identity(),
            None,
        );
    }

    /// Colours the pixels that a mask covers; `mask` is row by row, `area` its place, `clip` where it may be seen.
    pub(crate) fn stencil(
        &mut self,
        mask: &[u8],
        area: StageRect,
        clip: StageRect,
        ink: (Rgb8, Alpha),
    ) {
        let seen = area.intersect(clip).intersect(self.bounds());
        let (color, alpha) = ink;
        for y in seen.y..seen.bottom() {
            let start = ((y - area.y) * area.w + (seen.x - area.x)) as usize;
            let coverage = &mask[start..start + seen.w as usize];
            for (below, &c) in self.row_mut(y, seen.x, seen.w).iter_mut().zip(coverage) {
                if c != 0 {
                    *below = mix(*below, color, scale(c, alpha));
                }
            }
        }
    }

    /// Puts a picture with transparency on top.
    pub(crate) fn stamp(&mut self, image: &Pixmap, at: (i32, i32), clip: StageRect, alpha: Alpha) {
        let area = StageRect::new(at.0, at.1, image.width() as i32, image.height() as i32);
        let seen = area.intersect(clip).intersect(self.bounds());
        for y in seen.y..seen.bottom() {
            let start = ((y - area.y) * area.w + (seen.x - area.x)) as usize;
            let above = &image.pixels()[start..start + seen.w as usize];
            for (below, above) in self.row_mut(y, seen.x, seen.w).iter_mut().zip(above) {
                if above.alpha() != 0 {
                    *below = over(*below, *above, alpha);
                }
            }
        }
    }
}

/// Pixels kept from under something that will go away again.
#[derive(Default)]
pub(crate) struct Saved {
    area: StageRect,
    pixels: Vec<PremultipliedColorU8>,
}

impl Saved {
    pub(crate) fn area(&self) -> StageRect {
        self.area
    }
}

pub(crate) fn pixel(color: Rgb8) -> PremultipliedColorU8 {
    PremultipliedColorU8::from_rgba(color.r, color.g, color.b, 255)
        .expect("an opaque colour is premultiplied already")
}

fn opaque(color: Rgb8, alpha: Alpha) -> Color {
    Color::from_rgba8(color.r, color.g, color.b, alpha)
}

pub(crate) fn paint<'a>(color: Rgb8, alpha: Alpha) -> Paint<'a> {
    Paint {
        shader: Shader::SolidColor(opaque(color, alpha)),
        anti_alias: true,
        ..Paint::default()
    }
}

/// `a * b / 255`, rounded.
pub(crate) fn scale(a: u8, b: u8) -> u8 {
    let product = u32::from(a) * u32::from(b) + 128;
    ((product + (product >> 8)) >> 8) as u8
}

fn mix(below: PremultipliedColorU8, color: Rgb8, alpha: Alpha) -> PremultipliedColorU8 {
    let channel = |b: u8, c: u8| scale(c, alpha) + scale(b, 255 - alpha).min(255 - scale(c, alpha));
    pixel(Rgb8::new(
        channel(below.red(), color.r),
        channel(below.green(), color.g),
        channel(below.blue(), color.b),
    ))
}

fn over(
    below: PremultipliedColorU8,
    above: PremultipliedColorU8,
    alpha: Alpha,
) -> PremultipliedColorU8 {
    let rest = 255 - scale(above.alpha(), alpha);
    let channel = |b: u8, a: u8| scale(a, alpha).saturating_add(scale(b, rest));
    pixel(Rgb8::new(
        channel(below.red(), above.red()),
        channel(below.green(), above.green()),
        channel(below.blue(), above.blue()),
    ))
}

fn round_rect(area: StageRect, radius: f32) -> Option<Path> {
    round_box(
        area.x as f32,
        area.y as f32,
        area.w as f32,
        area.h as f32,
        radius,
    )
}

/// A closed path around a box; `None` where it is empty.
pub(crate) fn round_box(x: f32, y: f32, w: f32, h: f32, radius: f32) -> Option<Path> {
    if w <= 0.0 || h <= 0.0 {
        return None;
    }
    let r = radius.clamp(0.0, w.min(h) / 2.0);
    // The length of a cubic's arm that makes a quarter circle of radius 1.
    let k = r * (1.0 - 0.552_284_8);
    let (right, bottom) = (x + w, y + h);
    let mut path = PathBuilder::new();
    path.move_to(x + r, y);
    path.line_to(right - r, y);
    path.cubic_to(right - k, y, right, y + k, right, y + r);
    path.line_to(right, bottom - r);
    path.cubic_to(right, bottom - k, right - k, bottom, right - r, bottom);
    path.line_to(x + r, bottom);
    path.cubic_to(x + k, bottom, x, bottom - k, x, bottom - r);
    path.line_to(x, y + r);
    path.cubic_to(x, y + k, x + k, y, x + r, y);
    path.close();
    path.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixing_ends_exactly_at_both_colours() {
        let below = pixel(Rgb8::new(3, 77, 200));
        let color = Rgb8::new(250, 0, 9);
        assert_eq!(mix(below, color, 0), below);
        assert_eq!(mix(below, color, 255), pixel(color));
    }

    #[test]
    fn what_is_saved_at_the_edge_comes_back() {
        let mut surface = Surface::new(8, 8, Rgb8::WHITE);
        let saved = surface.save(StageRect::new(5, 5, 9, 9));
        surface.fill(StageRect::new(0, 0, 8, 8), Rgb8::BLACK);
        assert_eq!(surface.restore(&saved), StageRect::new(5, 5, 3, 3));
        let white = surface.0.pixels().iter().filter(|p| p.red() == 255).count();
        assert_eq!(white, 9);
    }
}
