//! The canvas's pixels: a [`Framebuffer`], and the exact rules by which shapes fall onto it.
//!
//! A shape is enumerated as spans that are already clipped, in the order in which it is painted.
//! Everything else stands on that one enumeration: drawing a finished step, uncovering it pixel by pixel and
//! counting what it paints. Work is bounded by the canvas, never by a coordinate.

mod blend;
mod brush;
mod card;
mod circle;
mod font;
mod line;
mod polygon;
mod rect;
pub(crate) mod shape;
pub(crate) mod span;
mod text;
pub(crate) mod trace;

pub(crate) use blend::fade;
pub(crate) use card::draw_card;

use crate::color::Rgb8;
use crate::plan::CanvasSize;

/// A rectangle of canvas pixels, inside of the canvas and not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CanvasRect {
    /// The leftmost column.
    pub x: u16,
    /// The top row.
    pub y: u16,
    /// Columns, at least 1.
    pub w: u16,
    /// Rows, at least 1.
    pub h: u16,
}

impl CanvasRect {
    /// The whole of a canvas.
    pub const fn whole(size: CanvasSize) -> Self {
        Self {
            x: 0,
            y: 0,
            w: size.w(),
            h: size.h(),
        }
    }

    /// The smallest rectangle that holds both.
    pub fn union(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let right = (self.x + self.w).max(other.x + other.w);
        let bottom = (self.y + self.h).max(other.y + other.h);
        Self {
            x,
            y,
            w: right - x,
            h: bottom - y,
        }
    }
}

/// The pixels of a canvas: RGBA, 8 bits a channel, row by row from the top left, always opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Framebuffer {
    size: CanvasSize,
    pixels: Vec<u8>,
}

impl Framebuffer {
    /// A canvas of one colour.
    pub fn new(size: CanvasSize, background: Rgb8) -> Self {
        let mut pixels = vec![0; size.area() * 4];
        fill_row(&mut pixels, background);
        Self { size, pixels }
    }

    /// Its width and height.
    pub fn size(&self) -> CanvasSize {
        self.size
    }

    /// Pixels across.
    pub fn width(&self) -> u32 {
        u32::from(self.size.w())
    }

    /// Pixels down.
    pub fn height(&self) -> u32 {
        u32::from(self.size.h())
    }

    /// The bytes `r, g, b, 255` of every pixel, row by row: `width × height × 4` of them.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The colour at a place, `None` outside of the canvas.
    pub fn color_at(&self, x: u32, y: u32) -> Option<Rgb8> {
        if x >= self.width() || y >= self.height() {
            return None;
        }
        Some(self.color(y * self.width() + x))
    }

    /// Every pixel as a square of `scale × scale` pixels, in the same layout as [`Framebuffer::pixels`].
    ///
    /// The result has `(width × scale) × (height × scale) × 4` bytes; a scale of 0 gives none.
    pub fn enlarged(&self, scale: u32) -> Vec<u8> {
        let k = scale as usize;
        let row_bytes = self.size.w() as usize * 4 * k;
        let mut out = Vec::with_capacity(row_bytes * k * self.size.h() as usize);
        for row in self.pixels.chunks_exact(self.size.w() as usize * 4) {
            let start = out.len();
            for pixel in row.chunks_exact(4) {
                for _ in 0..k {
                    out.extend_from_slice(pixel);
                }
            }
            for _ in 1..k {
                out.extend_from_within(start..start + row_bytes);
            }
        }
        out
    }

    /// The smallest rectangle within `rect` that holds all pixels in which two canvases of one size differ.
    ///
    /// # Panics
    /// The canvases are of different sizes.
    pub fn changed_within(&self, other: &Self, rect: CanvasRect) -> Option<CanvasRect> {
        assert_eq!(self.size, other.size, "canvases of one size are compared");
        let mut changed: Option<CanvasRect> = None;
        for y in rect.y..rect.y + rect.h {
            let row = self.row_of(rect, y);
            let (now, before) = (&self.pixels[row.clone()], &other.pixels[row]);
            if now == before {
                continue;
            }
            let differs = |(a, b): (&[u8], &[u8])| a != b;
            let pairs = || now.chunks_exact(4).zip(before.chunks_exact(4));
            let narrow = |column: usize| u16::try_from(column).unwrap_or(u16::MAX);
            let first = pairs().position(differs).map_or(0, narrow);
            let last = pairs().rposition(differs).map_or(0, narrow);
            let here = CanvasRect {
                x: rect.x + first,
                y,
                w: last - first + 1,
                h: 1,
            };
            changed = Some(changed.map_or(here, |rect| rect.union(here)));
        }
        changed
    }

    /// Takes over the pixels of a rectangle from another canvas of the same size.
    ///
    /// # Panics
    /// The canvases are of different sizes.
    pub fn copy_rect(&mut self, from: &Self, rect: CanvasRect) {
        assert_eq!(self.size, from.size, "canvases of one size are copied");
        for y in rect.y..rect.y + rect.h {
            let row = self.row_of(rect, y);
            self.pixels[row.clone()].copy_from_slice(&from.pixels[row]);
        }
    }

    /// The bytes of a rectangle's part of a row.
    fn row_of(&self, rect: CanvasRect, y: u16) -> std::ops::Range<usize> {
        let start = (usize::from(y) * usize::from(self.size.w()) + usize::from(rect.x)) * 4;
        start..start + usize::from(rect.w) * 4
    }

    /// The colour of the pixel with this index, counted row by row.
    pub(crate) fn color(&self, index: u32) -> Rgb8 {
        let at = index as usize * 4;
        Rgb8::new(self.pixels[at], self.pixels[at + 1], self.pixels[at + 2])
    }

    pub(crate) fn set(&mut self, index: u32, color: Rgb8) {
        let at = index as usize * 4;
        self.pixels[at..at + 4].copy_from_slice(&opaque(color));
    }

    pub(crate) fn paint(&mut self, span: span::Span, color: Rgb8) {
        let first = span.lowest() as usize * 4;
        fill_row(
            &mut self.pixels[first..first + span.len as usize * 4],
            color,
        );
    }
}

const fn opaque(color: Rgb8) -> [u8; 4] {
    [color.r, color.g, color.b, 255]
}

fn fill_row(row: &mut [u8], color: Rgb8) {
    for pixel in row.chunks_exact_mut(4) {
        pixel.copy_from_slice(&opaque(color));
    }
}
