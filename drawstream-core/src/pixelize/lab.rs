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

/// Gamma-encoded channels, not held to `0.0..=1.0`: a sharpened picture's colours may lie outside.
pub(crate) fn to_gamma(lab: Lab) -> [f32; 3] {
    let [l, a, b] = lab;
    Oklab { l, a, b }.to_linear().map(|light| {
        if light <= 0.003_130_8 {
            light * 12.92
        } else {
            1.055 * libm::powf(light, 1.0 / 2.4) - 0.055
        }
    })
}

/// The colour of gamma-encoded channels.
pub(crate) fn of_gamma(channels: [f32; 3]) -> Lab {
    let Oklab { l, a, b } = Oklab::from_linear(channels.map(|c| {
        if c <= 0.040_45 {
            c / 12.92
        } else {
            libm::powf((c + 0.055) / 1.055, 2.4)
        }
    }));
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
        parts
            .zip(bytes)
            .for_each(|(out, rgb)| convert::<EXACT>(rgb, out));
        Self {
            width: picture.width() as usize,
            height: picture.height() as usize,
            pixels,
        }
    }

    /// Every `stride`th row of a picture.
    pub(crate) fn of_rows(picture: &RgbImage, stride: usize) -> Self {
        let width = picture.width() as usize;
        let height = (picture.height() as usize).div_ceil(stride);
        let mut pixels = vec![[0.0; 3]; width * height];
        let rows = picture.as_raw().par_chunks_exact(width * 3);
        pixels
            .par_chunks_exact_mut(width)
            .zip(rows.step_by(stride))
            .for_each(|(out, rgb)| convert::<NEAR>(rgb, out));
        Self {
            width,
            height,
            pixels,
        }
    }

    /// Every `stride`th column of a picture, each as a row.
    pub(crate) fn of_columns(picture: &RgbImage, stride: usize) -> Self {
        let (w, h) = (picture.width() as usize, picture.height() as usize);
        let columns = w.div_ceil(stride);
        let raw = picture.as_raw();
        let mut pixels = vec![[0.0; 3]; columns * h];
        // So many columns at a time: a row's share of them then lies in few lines of the nearest cache.
        const BLOCK: usize = 16;
        let blocks = pixels.par_chunks_mut(BLOCK * h).enumerate();
        blocks.for_each_init(Vec::new, |bytes: &mut Vec<u8>, (block, out)| {
            bytes.resize(out.len() * 3, 0);
            for y in 0..h {
                for (i, column) in bytes.chunks_exact_mut(h * 3).enumerate() {
                    let from = (y * w + (block * BLOCK + i) * stride) * 3;
                    column[y * 3..y * 3 + 3].copy_from_slice(&raw[from..from + 3]);
                }
            }
            convert::<NEAR>(bytes, out);
        });
        Self {
            width: h,
            height: columns,
            pixels,
        }
    }

    /// The picture with columns for rows.
    pub(crate) fn turned(&self) -> Self {
        // Blocks of 16 keep both sides of the copy in the nearest cache.
        const BLOCK: usize = 16;
        let (w, h) = (self.width, self.height);
        let mut pixels = vec![[0.0; 3]; w * h];
        for by in (0..h).step_by(BLOCK) {
            for bx in (0..w).step_by(BLOCK) {
                for x in bx..(bx + BLOCK).min(w) {
                    for y in by..(by + BLOCK).min(h) {
                        pixels[x * h + y] = self.pixels[y * w + x];
                    }
                }
            }
        }
        Self {
            width: h,
            height: w,
            pixels,
        }
    }
}

/// Steps towards a cube root after which it is right to the last bit but one.
pub(crate) const EXACT: usize = 2;
/// Steps after which it is right to a hundredth of what 8 bits can tell: enough for a first look.
pub(crate) const NEAR: usize = 1;

/// Converts sRGB bytes (three a pixel) to OKLab, some 3 ns a pixel: [`Oklab::from`] takes 60.
pub(crate) fn convert<const STEPS: usize>(rgb: &[u8], out: &mut [Lab]) {
    // Pixels that are converted at once.
    const N: usize = 32;
    let table = &*LIGHT;
    let mut light = [[0.5f32; N]; 3];
    for (rgb, out) in rgb.chunks(N * 3).zip(out.chunks_mut(N)) {
        for (i, px) in rgb.chunks_exact(3).enumerate() {
            light[0][i] = table[usize::from(px[0])];
            light[1][i] = table[usize::from(px[1])];
            light[2][i] = table[usize::from(px[2])];
        }
        let [l, a, b] = of_light::<STEPS, N>(&light);
        for (i, out) in out.iter_mut().enumerate() {
            *out = [l[i], a[i], b[i]];
        }
    }
}

/// OKLab of the light of `N` pixels, flare included; both channel by channel, so that vector registers can do it.
#[inline(always)]
pub(crate) fn of_light<const STEPS: usize, const N: usize>(
    [r, g, b]: &[[f32; N]; 3],
) -> [[f32; N]; 3] {
    let mut lab = [[0.0f32; N]; 3];
    let [lightness, green_red, blue_yellow] = &mut lab;
    for i in 0..N {
        let (r, g, b) = (r[i], g[i], b[i]);
        let l = cube_root::<STEPS>(0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b);
        let m = cube_root::<STEPS>(0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b);
        let s = cube_root::<STEPS>(0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b);
        lightness[i] = 0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s;
        green_red[i] = 1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s;
        blue_yellow[i] = 0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s;
    }
    lab
}

/// The cube root of `1e-3..=1.0`: a third of the exponent, then Halley's step, which triples the digits that are
/// right. One step is within 6e-5 of the value, two within 2e-7.
#[inline(always)]
fn cube_root<const STEPS: usize>(x: f32) -> f32 {
    // A float's bits are about its logarithm. A third of them is reckoned in floats, since vectors divide no
    // integers, in units of 512, so that it fits into the bits below the exponent of 3 · 2^22; from there it is
    // shifted to its place.
    const UNIT: f32 = 512.0;
    const WHOLE: f32 = 12_582_912.0;
    let third = x.to_bits() as i32 as f32 * (1.0 / (3.0 * UNIT)) + (709_958_130.0 / UNIT + WHOLE);
    let mut y = f32::from_bits((third.to_bits() << 9) & 0x7FFF_FFFF);
    for _ in 0..STEPS {
        let cube = y * y * y;
        y *= (cube + 2.0 * x) / (2.0 * cube + x);
    }
    y
}

/// The light of each value of a channel, with its share of the flare.
pub(crate) static LIGHT: LazyLock<[f32; 256]> = LazyLock::new(|| {
    const FLARE: f32 = 0.0025;
    std::array::from_fn(|value| (linear(value as u8) + FLARE) / (1.0 + FLARE))
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_conversions_agree_with_the_slow_one() {
        let bytes: Vec<u8> = (0..=255u8)
            .flat_map(|v| [v, v.wrapping_mul(7), v.wrapping_mul(31).wrapping_add(9)])
            .collect();
        let mut near = vec![[0.0; 3]; 256];
        let mut exact = near.clone();
        convert::<NEAR>(&bytes, &mut near);
        convert::<EXACT>(&bytes, &mut exact);
        for ((px, &near), &exact) in bytes.chunks_exact(3).zip(&near).zip(&exact) {
            let lab = of_rgb(Rgb8::new(px[0], px[1], px[2]));
            assert!(distance(exact, lab) < 2e-6, "{px:?}: {exact:?} {lab:?}");
            assert!(distance(near, lab) < 2e-4, "{px:?}: {near:?} {lab:?}");
        }
    }
}
