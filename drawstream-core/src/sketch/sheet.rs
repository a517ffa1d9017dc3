//! [`Sheet`]: the paper of the built-in painter, and the few marks it makes on it.

use crate::color::{Oklab, Rgb8};

/// How much a pixel counts when the common palette is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rank {
    /// Sky, ground, decoration.
    Backdrop,
    /// What was asked for.
    Subject,
}

/// A picture being painted. Marks outside of it are ignored.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    pub(crate) w: i32,
    pub(crate) h: i32,
    pixels: Vec<Rgb8>,
    ranks: Vec<Rank>,
}

impl Sheet {
    pub(crate) fn new(w: i32, h: i32, color: Rgb8) -> Self {
        let area = (w.max(1) * h.max(1)) as usize;
        Self {
            w: w.max(1),
            h: h.max(1),
            pixels: vec![color; area],
            ranks: vec![Rank::Backdrop; area],
        }
    }

    fn at(&self, x: i32, y: i32) -> Option<usize> {
        let inside = x >= 0 && y >= 0 && x < self.w && y < self.h;
        inside.then(|| (y * self.w + x) as usize)
    }

    pub(crate) fn set(&mut self, x: i32, y: i32, color: Rgb8) {
        if let Some(at) = self.at(x, y) {
            self.pixels[at] = color;
            self.ranks[at] = Rank::Backdrop;
        }
    }

    pub(crate) fn set_ranked(&mut self, x: i32, y: i32, color: Rgb8, rank: Rank) {
        if let Some(at) = self.at(x, y) {
            self.pixels[at] = color;
            self.ranks[at] = rank;
        }
    }

    /// The pixel here, or the nearest one inside.
    pub(crate) fn get(&self, x: i32, y: i32) -> Rgb8 {
        let (x, y) = (x.clamp(0, self.w - 1), y.clamp(0, self.h - 1));
        self.pixels[(y * self.w + x) as usize]
    }

    pub(crate) fn pixels(&self) -> &[Rgb8] {
        &self.pixels
    }

    pub(crate) fn ranks(&self) -> &[Rank] {
        &self.ranks
    }

    /// From `top` down to `bottom`, both included.
    pub(crate) fn column(&mut self, x: i32, top: i32, bottom: i32, color: Rgb8) {
        for y in top.max(0)..=bottom.min(self.h - 1) {
            self.set(x, y, color);
        }
    }

    pub(crate) fn row(&mut self, left: i32, right: i32, y: i32, color: Rgb8) {
        for x in left.max(0)..=right.min(self.w - 1) {
            self.set(x, y, color);
        }
    }

    /// `left..right` by `top..bottom`, rounded.
    pub(crate) fn block(&mut self, left: f32, top: f32, right: f32, bottom: f32, color: Rgb8) {
        for y in round(top)..round(bottom) {
            self.row(round(left), round(right) - 1, y, color);
        }
    }

    pub(crate) fn ellipse(&mut self, cx: f32, cy: f32, rx: f32, ry: f32, color: Rgb8) {
        for y in (cy - ry).floor() as i32..=(cy + ry).ceil() as i32 {
            for x in (cx - rx).floor() as i32..=(cx + rx).ceil() as i32 {
                let (dx, dy) = ((x as f32 + 0.5 - cx) / rx, (y as f32 + 0.5 - cy) / ry);
                if dx * dx + dy * dy <= 1.0 {
                    self.set(x, y, color);
                }
            }
        }
    }

    pub(crate) fn disc(&mut self, cx: f32, cy: f32, r: f32, color: Rgb8) {
        self.ellipse(cx, cy, r, r, color);
    }

    /// Fills a polygon by the even-odd rule at pixel centres.
    pub(crate) fn polygon(&mut self, points: &[(f32, f32)], color: Rgb8) {
        let top = points.iter().map(|p| p.1).fold(f32::MAX, f32::min).floor() as i32;
        let bottom = points.iter().map(|p| p.1).fold(f32::MIN, f32::max).ceil() as i32;
        for y in top.max(0)..=bottom.min(self.h - 1) {
            let line = y as f32 + 0.5;
            let mut cuts: Vec<f32> = Vec::new();
            for (i, &(ax, ay)) in points.iter().enumerate() {
                let (bx, by) = points[(i + 1) % points.len()];
                if (ay <= line) != (by <= line) {
                    cuts.push(ax + (line - ay) / (by - ay) * (bx - ax));
                }
            }
            cuts.sort_by(f32::total_cmp);
            for pair in cuts.chunks_exact(2) {
                self.row(round(pair[0]), round(pair[1]) - 1, y, color);
            }
        }
    }

    /// A line one pixel wide.
    pub(crate) fn line(&mut self, from: (f32, f32), to: (f32, f32), color: Rgb8) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = dx.abs().max(dy.abs()).ceil().clamp(1.0, 2048.0);
        for i in 0..=steps as i32 {
            let t = i as f32 / steps;
            let (x, y) = (from.0 + dx * t, from.1 + dy * t);
            self.set(x.floor() as i32, y.floor() as i32, color);
        }
    }
}

/// To the nearest whole pixel edge.
pub(crate) fn round(v: f32) -> i32 {
    (v + 0.5).floor() as i32
}

/// Bayer's 4×4 thresholds, `0.0..1.0`: a shade `t` shows its second colour where `t` is above.
pub(crate) fn bayer(x: i32, y: i32) -> f32 {
    const ORDER: [[u8; 4]; 4] = [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]];
    let rank = ORDER[(y & 3) as usize][(x & 3) as usize];
    (f32::from(rank) + 0.5) / 16.0
}

/// One of two colours, so that from afar they mix in the ratio `t`.
pub(crate) fn dither(x: i32, y: i32, t: f32, from: Rgb8, to: Rgb8) -> Rgb8 {
    if t > bayer(x, y) { to } else { from }
}

/// The colour between two others, as eyes see it.
pub(crate) fn mix(from: Rgb8, to: Rgb8, t: f32) -> Rgb8 {
    let (a, b) = (Oklab::from(from), Oklab::from(to));
    Rgb8::from(Oklab {
        l: a.l + (b.l - a.l) * t,
        a: a.a + (b.a - a.a) * t,
        b: a.b + (b.b - a.b) * t,
    })
}

/// Lighter (above 0) or darker (below 0) by this much of OKLab's lightness; shades lean to blue, lights to yellow.
pub(crate) fn shade(color: Rgb8, by: f32) -> Rgb8 {
    let lab = Oklab::from(color);
    let l = (lab.l + by).clamp(0.04, 0.99);
    let keep = if lab.l > 0.0 {
        (l / lab.l).clamp(0.55, 1.15)
    } else {
        1.0
    };
    Rgb8::from(Oklab {
        l,
        a: lab.a * keep - by * 0.02,
        b: lab.b * keep + by * 0.09,
    })
}
