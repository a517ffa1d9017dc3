//! [`Edges`]: where colours change fastest, finer than a pixel.

use image::RgbImage;
use rayon::prelude::*;

use super::lab::LabImage;

/// A place where colour changes fastest across one axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EdgePoint {
    /// Where on the axis, in pixels.
    pub(crate) across: f32,
    /// Where along the other axis, in pixels.
    pub(crate) along: f32,
    /// How clear a change, above 0.
    pub(crate) weight: f32,
}

/// The edge points of a picture, and how large it is.
pub(crate) struct Edges {
    /// Changes from left to right, then changes from top to bottom.
    pub(crate) axes: [Vec<EdgePoint>; 2],
    /// Width, height.
    pub(crate) size: [usize; 2],
}

impl Edges {
    /// Edge points along every row and column of a picture.
    pub(crate) fn of(picture: &LabImage) -> Self {
        let (across, down) = rayon::join(|| points(picture, 1), || points(&picture.turned(), 1));
        Self {
            axes: [across, down],
            size: [picture.width, picture.height],
        }
    }

    /// Edge points along every `stride`th row and column of a picture: enough to find the grid.
    pub(crate) fn sparse(picture: &RgbImage, stride: usize) -> Self {
        let (across, down) = rayon::join(
            || points(&LabImage::of_rows(picture, stride), stride),
            || points(&LabImage::of_columns(picture, stride), stride),
        );
        Self {
            axes: [across, down],
            size: [picture.width() as usize, picture.height() as usize],
        }
    }
}

impl Edges {
    /// Whether there is more than the steps of 8 bits that a smooth gradient consists of: those are regular, too.
    pub(crate) fn are_drawn(&self) -> bool {
        // One step is a slope of up to 0.0015; what eyes see as two colours starts at four times that.
        const LEAST: f32 = 0.004;
        let points = || self.axes.iter().flatten();
        let sum: f32 = points().map(|p| p.weight).sum();
        let squares: f32 = points().map(|p| p.weight * p.weight).sum();
        squares > LEAST * sum
    }
}

/// A stronger change than this says nothing more about where the grid is; OKLab a pixel.
const STRONGEST: f32 = 0.12;

/// Edge points from left to right in a picture of every `stride`th row.
fn points(picture: &LabImage, stride: usize) -> Vec<EdgePoint> {
    let (w, h) = (picture.width, picture.height);
    if w < 5 || h < 5 {
        return Vec::new();
    }
    let slopes = slopes(picture, stride);
    let floor = 1.5 * median(&slopes);
    let mut points = Vec::with_capacity(w * h / 16);
    for (y, row) in slopes.chunks_exact(w).enumerate() {
        for x in 1..w - 1 {
            let (left, here, right) = (row[x - 1], row[x], row[x + 1]);
            if here > floor && here > left && here >= right {
                // The top of the parabola through the three.
                let shift = 0.5 * (left - right) / (left - 2.0 * here + right);
                points.push(EdgePoint {
                    across: x as f32 + 0.5 + shift,
                    along: (y * stride) as f32 + 0.5,
                    weight: (here - floor).min(STRONGEST),
                });
            }
        }
    }
    points
}

/// How fast colour changes from left to right at each pixel.
///
/// Noise is kept down by a blur of 1.0 px along the edge, where all its rows are there, and 0.6 px across it.
fn slopes(picture: &LabImage, stride: usize) -> Vec<f32> {
    // A Gaussian of 1.0 px at 0, ±1, ±2; the derivative of one of 0.6 px at ±1, ±2.
    const ALONG: [f32; 3] = [0.4026, 0.2442, 0.0545];
    const ACROSS: [f32; 2] = [0.3338, 0.0831];
    let (w, h) = (picture.width, picture.height);
    let flat = picture.pixels.as_flattened();
    let row = |y: usize| &flat[y * w * 3..(y + 1) * w * 3];
    let mut slopes = vec![0.0; w * h];
    let scratch = || (vec![0.0; w * 3], vec![0.0; w * 3]);
    let lines = slopes.par_chunks_exact_mut(w).enumerate();
    lines.for_each_init(scratch, |(smooth, steep), (y, out)| {
        let [up2, up] = [2, 1].map(|d| row(y.saturating_sub(d)));
        let [down, down2] = [1, 2].map(|d| row((y + d).min(h - 1)));
        let here = row(y);
        if stride == 1 {
            for i in 0..w * 3 {
                smooth[i] = ALONG[0] * here[i]
                    + ALONG[1] * (up[i] + down[i])
                    + ALONG[2] * (up2[i] + down2[i]);
            }
        } else {
            smooth.copy_from_slice(here);
        }
        let n = w * 3 - 12;
        let (a, b, c, d) = (&smooth[..n], &smooth[3..], &smooth[9..], &smooth[12..]);
        for ((((out, a), b), c), d) in steep[6..].iter_mut().zip(a).zip(b).zip(c).zip(d) {
            *out = ACROSS[0] * (c - b) + ACROSS[1] * (d - a);
        }
        for (out, s) in out.iter_mut().zip(steep.chunks_exact(3)) {
            *out = (s[0] * s[0] + s[1] * s[1] + s[2] * s[2]).sqrt();
        }
    });
    slopes
}

/// About the median: of every 13th value, which no row length of ours is a multiple of.
fn median(values: &[f32]) -> f32 {
    let mut sample: Vec<f32> = values.iter().copied().step_by(13).collect();
    let middle = sample.len() / 2;
    *sample.select_nth_unstable_by(middle, f32::total_cmp).1
}
