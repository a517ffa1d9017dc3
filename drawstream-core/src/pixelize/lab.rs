//! [`LabImage`]: a picture in OKLab, three floats a pixel.

use std::sync::LazyLock;

use image::RgbImage;
use rayon::prelude::*;

use crate::color::{Oklab, Rgb8, linear};

/// An OKLab colour (see [`Oklab`]) as an array: lightness, green–red, blue–yellow.
pub(crate) type Lab = [f32; 3];

/// The square of two colours' distance.
#[inline]
pub(crate) fn distance_squared(p: Lab, q: Lab) -> f32 {
    let (l, a, b) = (p[0] - q[0], p[1] - q[1], p[2] - q[2]);
    l * l + a * a + b * b
}

/// Two colours' distance.
#[inline]
pub(crate) fn distance(p: Lab, q: Lab) -> f32 {
    distance_squared(p, q).sqrt()
}

/// The nearest displayable colour.
pub(crate) fn to_rgb(lab: Lab) -> Rgb8 {
    Rgb8::from(Oklab {
        l: lab[0],
        a: lab[1],
        b: lab[2],
    })
}

/// The colour of one sRGB triple.
pub(crate) fn of_rgb(color: Rgb8) -> Lab {
    let Oklab { l, a, b } = Oklab::from(color);
    [l, a, b]
}

/// A picture in OKLab, row by row.
#[derive(Clone, Debug)]
pub(crate) struct LabImage {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) pixels: Vec<Lab>,
}

impl LabImage {
    /// Converts a whole picture.
    pub(crate) fn of(picture: &RgbImage) -> Self {
        let mut pixels = vec![[0.0; 3]; picture.as_raw().len() / 3];
        // So many pixels at a time: a whole number of the conversion's own steps.
        const PART: usize = 1 << 13;
        let parts = pixels.par_chunks_mut(PART);
        let bytes = picture.as_raw().par_chunks(3 * PART);
        parts.zip(bytes).for_each(|(out, rgb)| convert(rgb, out));
        Self {
            width: picture.width() as usize,
            height: picture.height() as usize,
            pixels,
        }
    }

    /// Every `stride`th row; `None` where that is the picture itself.
    pub(crate) fn every_row(&self, stride: usize) -> Option<Self> {
        if stride == 1 {
            return None;
        }
        let rows = self.pixels.chunks_exact(self.width).step_by(stride);
        let height = self.height.div_ceil(stride);
        let mut pixels = Vec::with_capacity(self.width * height);
        rows.for_each(|row| pixels.extend_from_slice(row));
        Some(Self {
            width: self.width,
            height,
            pixels,
        })
    }

    /// Every `stride`th column, each as a row.
    pub(crate) fn every_column(&self, stride: usize) -> Self {
        // Blocks of 16 keep both sides of the copy in the nearest cache.
        const BLOCK: usize = 16;
        let (w, h) = (self.width, self.height);
        let columns = w.div_ceil(stride);
        let mut pixels = vec![[0.0; 3]; columns * h];
        for by in (0..h).step_by(BLOCK) {
            for bx in (0..columns).step_by(BLOCK) {
                for x in bx..(bx + BLOCK).min(columns) {
                    for y in by..(by + BLOCK).min(h) {
                        pixels[x * h + y] = self.pixels[y * w + x * stride];
                    }
                }
            }
        }
        Self {
            width: h,
            height: columns,
            pixels,
        }
    }

    /// The pixel at a place, the border's where it lies outside.
    #[inline]
    pub(crate) fn clamped(&self, x: f32, y: f32) -> Lab {
        // A cast from float saturates, so what lies left of or above the picture becomes 0.
        let x = (x as usize).min(self.width - 1);
        let y = (y as usize).min(self.height - 1);
        self.pixels[y * self.width + x]
    }
}

/// Converts sRGB bytes (three a pixel) to OKLab, some 5 ns a pixel: [`Oklab::from`] takes 60.
pub(crate) fn convert(rgb: &[u8], out: &mut [Lab]) {
    // Eight at a time, so that the cube roots run in vector registers.
    const LANES: usize = 8;
    let tables = &*TABLES;
    for (rgb, out) in rgb.chunks(LANES * 3).zip(out.chunks_mut(LANES)) {
        let mut cones = [[0.5f32; LANES]; 3];
        for (i, px) in rgb.chunks_exact(3).enumerate() {
            let r = &tables[0][usize::from(px[0])];
            let g = &tables[1][usize::from(px[1])];
            let b = &tables[2][usize::from(px[2])];
            for c in 0..3 {
                cones[c][i] = r[c] + g[c] + b[c];
            }
        }
        for lane in &mut cones {
            for light in lane {
                *light = cube_root(*light);
            }
        }
        let [l, m, s] = &cones;
        for (i, out) in out.iter_mut().enumerate() {
            *out = [
                0.210_454_26 * l[i] + 0.793_617_8 * m[i] - 0.004_072_047 * s[i],
                1.977_998_5 * l[i] - 2.428_592_2 * m[i] + 0.450_593_7 * s[i],
                0.025_904_037 * l[i] + 0.782_771_77 * m[i] - 0.808_675_77 * s[i],
            ];
        }
    }
}

/// What each value of each channel adds to the three cones' light (flare included).
static TABLES: LazyLock<[[Lab; 256]; 3]> = LazyLock::new(|| {
    const FLARE: f32 = 0.0025;
    const CONES: [[f32; 3]; 3] = [
        [0.412_221_46, 0.211_903_5, 0.088_302_46],
        [0.536_332_55, 0.680_699_5, 0.281_718_85],
        [0.051_445_995, 0.107_396_96, 0.629_978_7],
    ];
    std::array::from_fn(|channel| {
        std::array::from_fn(|value| {
            let light = (linear(value as u8) + FLARE) / (1.0 + FLARE);
            CONES[channel].map(|share| share * light)
        })
    })
});

/// The cube root of `1e-3..=1.0`, within 2e-7 of the value: a third of the exponent, then Halley's step twice.
#[inline]
fn cube_root(x: f32) -> f32 {
    let mut y = f32::from_bits(x.to_bits() / 3 + 709_958_130);
    for _ in 0..2 {
        let cube = y * y * y;
        y *= (cube + 2.0 * x) / (2.0 * cube + x);
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_conversion_agrees_with_the_exact_one() {
        let bytes: Vec<u8> = (0..=255u8)
            .flat_map(|v| [v, v.wrapping_mul(7), v.wrapping_mul(31).wrapping_add(9)])
            .collect();
        let mut fast = vec![[0.0; 3]; 256];
        convert(&bytes, &mut fast);
        for (px, &lab) in bytes.chunks_exact(3).zip(&fast) {
            let exact = of_rgb(Rgb8::new(px[0], px[1], px[2]));
            assert!(distance(lab, exact) < 2e-6, "{px:?}: {lab:?} {exact:?}");
        }
    }
}
