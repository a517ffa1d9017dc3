//! [`Cells`]: one robust colour for each pseudo pixel.

use image::RgbImage;
use rayon::prelude::*;

use super::grid::Lattice;
use super::lab::{self, LIGHT, Lab, LabImage, NEAR, distance};

/// One colour for each cell of a grid, row by row, and how sure it is.
#[derive(Clone, Debug)]
pub(crate) struct Cells {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    pub(crate) colors: Vec<Lab>,
    /// Near 1 where a cell's samples agree, near 0 where they don't.
    pub(crate) purity: Vec<f32>,
    /// How far cells of the same true colour differ, typically; OKLab.
    pub(crate) noise: f32,
}

/// The share of a cell's width that is sampled: what lies further out is mixed with the neighbours.
const CENTRE: f32 = 0.62;

/// A cell's samples, channel by channel; what lies beyond the last has no weight.
type Samples<const ROOM: usize> = [[f32; ROOM]; 3];

/// A picture that cells can be sampled from.
pub(crate) trait Sampled: Sync {
    /// The colours at these columns and rows, row by row.
    fn gather<const SIDE: usize, const ROOM: usize>(
        &self,
        xs: [f32; SIDE],
        ys: [f32; SIDE],
    ) -> Samples<ROOM>;
}

/// The pixel that a place lies in, the border's where it lies outside.
fn within(place: f32, length: usize) -> usize {
    // A cast from float saturates, so what lies before the first pixel becomes 0.
    (place as usize).min(length - 1)
}

impl Sampled for LabImage {
    fn gather<const SIDE: usize, const ROOM: usize>(
        &self,
        xs: [f32; SIDE],
        ys: [f32; SIDE],
    ) -> Samples<ROOM> {
        let xs = xs.map(|x| within(x, self.width));
        let mut samples = [[0.0; ROOM]; 3];
        for (i, y) in ys.into_iter().enumerate() {
            let row = &self.pixels[within(y, self.height) * self.width..][..self.width];
            for (j, &x) in xs.iter().enumerate() {
                let color = row[x];
                for c in 0..3 {
                    samples[c][i * SIDE + j] = color[c];
                }
            }
        }
        samples
    }
}

/// Only the pixels that are looked at are converted, and no more exactly than a first look needs.
impl Sampled for RgbImage {
    fn gather<const SIDE: usize, const ROOM: usize>(
        &self,
        xs: [f32; SIDE],
        ys: [f32; SIDE],
    ) -> Samples<ROOM> {
        let (w, h) = (self.width() as usize, self.height() as usize);
        let xs = xs.map(|x| 3 * within(x, w));
        let light = &*LIGHT;
        let mut lights = [[0.5f32; ROOM]; 3];
        for (i, y) in ys.into_iter().enumerate() {
            let row = &self.as_raw()[within(y, h) * w * 3..][..w * 3];
            for (j, &x) in xs.iter().enumerate() {
                let px = &row[x..x + 3];
                for c in 0..3 {
                    lights[c][i * SIDE + j] = light[usize::from(px[c])];
                }
            }
        }
        lab::of_light::<NEAR, ROOM>(&lights)
    }
}

/// Sums run in so many lanes, which vector registers add up at once.
const LANES: usize = 8;

impl Cells {
    /// Samples a picture through a grid: `SIDE` by `SIDE` samples a cell, in `ROOM` of whole [`LANES`].
    pub(crate) fn sample<const SIDE: usize, const ROOM: usize>(
        picture: &impl Sampled,
        lattice: &Lattice,
    ) -> Self {
        let (columns, rows) = (lattice.columns(), lattice.rows());
        let weights = weights::<SIDE, ROOM>();
        let sampled = |row: usize| {
            let (top, low) = (lattice.ends[1][row], lattice.ends[1][row + 1]);
            let weights = &weights;
            (0..columns).map(move |column| {
                let (left, right) = (lattice.ends[0][column], lattice.ends[0][column + 1]);
                let middle = [(left + right) / 2.0, (top + low) / 2.0];
                let shift = lattice.field.at(middle[0], middle[1]);
                let places = |middle: f32, size: f32| {
                    std::array::from_fn(|i| middle + size * CENTRE * offset(i, SIDE))
                };
                let xs = places(middle[0] + shift[0], right - left);
                let ys = places(middle[1] + shift[1], low - top);
                geometric_median(&picture.gather::<SIDE, ROOM>(xs, ys), weights)
            })
        };
        let (colors, spreads): (Vec<Lab>, Vec<f32>) =
            (0..rows).into_par_iter().flat_map_iter(sampled).unzip();
        let noise = noise(&colors, columns);
        // A spread of three times the noise halves a cell's say.
        let unit = 3.0 * noise.max(0.004);
        let purity = spreads
            .iter()
            .map(|s| 1.0 / (1.0 + (s / unit) * (s / unit)))
            .collect();
        Self {
            columns,
            rows,
            colors,
            purity,
            noise,
        }
    }
}

/// Where a sample lies from the middle, `-0.5..=0.5`.
fn offset(i: usize, side: usize) -> f32 {
    i as f32 / (side - 1) as f32 - 0.5
}

/// A Gaussian of 0.3 of the sampled width, summing to 1.
fn weights<const SIDE: usize, const ROOM: usize>() -> [f32; ROOM] {
    let mut weights = [0.0; ROOM];
    for i in 0..SIDE {
        for j in 0..SIDE {
            let (y, x) = (offset(i, SIDE), offset(j, SIDE));
            weights[i * SIDE + j] = libm::expf(-(x * x + y * y) / (2.0 * 0.3 * 0.3));
        }
    }
    let sum: f32 = weights.iter().sum();
    weights.map(|w| w / sum)
}

/// The sums of samples' colours and of their weights.
fn sums(samples: [&[f32]; 3], weights: &[f32]) -> (Lab, f32) {
    let [l, a, b, mass] = lane_sums(samples, weights)
        .map(|[a, b, c, d, e, f, g, h]| ((a + e) + (c + g)) + ((b + f) + (d + h)));
    ([l, a, b], mass)
}

/// [`sums`], lane by lane.
///
/// Not inlined: where the compiler sees a single number come of it, it leaves the vector registers alone.
#[inline(never)]
fn lane_sums([l, a, b]: [&[f32]; 3], weights: &[f32]) -> [[f32; LANES]; 4] {
    let mut lanes = [[0.0f32; LANES]; 4];
    let parts = l.chunks_exact(LANES).zip(a.chunks_exact(LANES));
    let parts = parts.zip(b.chunks_exact(LANES).zip(weights.chunks_exact(LANES)));
    for ((l, a), (b, weights)) in parts {
        for i in 0..LANES {
            lanes[0][i] += weights[i] * l[i];
            lanes[1][i] += weights[i] * a[i];
            lanes[2][i] += weights[i] * b[i];
            lanes[3][i] += weights[i];
        }
    }
    lanes
}

/// The point with the least weighted sum of distances to the samples (Weiszfeld's iteration), and that sum.
fn geometric_median<const ROOM: usize>(
    [l, a, b]: &Samples<ROOM>,
    weights: &[f32; ROOM],
) -> (Lab, f32) {
    // Nearer than this counts as this near: the iteration must not stick to a sample.
    const NEAREST: f32 = 1e-5;
    let samples: [&[f32]; 3] = [l, a, b];
    let (mut at, _) = sums(samples, weights);
    let mut pulls = [0.0f32; ROOM];
    let mut far = [0.0f32; ROOM];
    // Few samples need few steps: beyond these nothing moves that could be seen.
    let steps = if ROOM > 32 { 5 } else { 3 };
    for _ in 0..steps {
        for i in 0..ROOM {
            let (dl, da, db) = (l[i] - at[0], a[i] - at[1], b[i] - at[2]);
            far[i] = (dl * dl + da * da + db * db + NEAREST).sqrt();
            pulls[i] = weights[i] / far[i];
        }
        let (sum, mass) = sums(samples, &pulls);
        at = sum.map(|sum| sum / mass);
    }
    let spread: f32 = far.iter().zip(weights).map(|(far, w)| far * w).sum();
    (at, (spread - NEAREST.sqrt()).max(0.0))
}

/// The noise of cells' colours: the lower quartile of neighbours' differences, since most neighbours are alike.
fn noise(colors: &[Lab], columns: usize) -> f32 {
    let mut differences: Vec<f32> = colors
        .chunks_exact(columns)
        .flat_map(|row| row.windows(2).map(|pair| distance(pair[0], pair[1])))
        .chain(
            colors
                .iter()
                .zip(colors.iter().skip(columns))
                .map(|(&a, &b)| distance(a, b)),
        )
        .collect();
    if differences.is_empty() {
        return 0.0;
    }
    let quarter = differences.len() / 4;
    *differences
        .select_nth_unstable_by(quarter, f32::total_cmp)
        .1
}

/// How far a cell may be from its true colour beside a contrast, as a share of that: blur and ringing reach further
/// than the next cell, and the model of mixing doesn't.
const ASTRAY: f32 = 0.05;

impl Cells {
    /// How far each cell may typically be from its true colour: the noise, and more where neighbours differ.
    pub(crate) fn scatter(&self) -> Vec<f32> {
        let (w, h) = (self.columns, self.rows);
        let at = |x: usize, y: usize| self.colors[y * w + x];
        let mut scatter = Vec::with_capacity(w * h);
        for y in 0..h {
            for x in 0..w {
                let here = at(x, y);
                let contrast = distance(here, at(x.saturating_sub(1), y))
                    + distance(here, at((x + 1).min(w - 1), y))
                    + distance(here, at(x, y.saturating_sub(1)))
                    + distance(here, at(x, (y + 1).min(h - 1)));
                scatter.push(self.noise.max(ASTRAY * 0.25 * contrast));
            }
        }
        scatter
    }

    /// The colours with noise taken out: each cell averaged with those around that are as good as equal.
    pub(crate) fn denoised(&self) -> Vec<Lab> {
        let once = self.bilateral(&self.colors);
        self.bilateral(&once)
    }

    /// Rows are taken channel by channel and neighbour by neighbour, so that vector registers can add them up.
    fn bilateral(&self, colors: &[Lab]) -> Vec<Lab> {
        // Colours further apart than twice the noise are others.
        let unit = 2.0 * self.noise.max(0.003);
        let scale = 1.0 / (unit * unit);
        let (w, h) = (self.columns, self.rows);
        // Lightness, the two hues and purity of each row, with neighbours of no weight on both sides.
        let wide = w + 2 * REACH;
        let mut planes = vec![0.0f32; 4 * wide * h];
        for (y, plane) in planes.chunks_exact_mut(4 * wide).enumerate() {
            for x in 0..w {
                let [l, a, b] = colors[y * w + x];
                let values = [l, a, b, self.purity[y * w + x]];
                for (c, v) in values.into_iter().enumerate() {
                    plane[c * wide + REACH + x] = v;
                }
            }
        }
        let row = |y: usize| -> [&[f32]; 4] {
            std::array::from_fn(|c| &planes[(4 * y + c) * wide..][..wide])
        };
        let mut out = Vec::with_capacity(colors.len());
        let mut sums: [Vec<f32>; 4] = std::array::from_fn(|_| vec![0.0f32; w]);
        for y in 0..h {
            sums.iter_mut().for_each(|sum| sum.fill(0.0));
            let here = row(y).map(|v| &v[REACH..REACH + w]);
            for v in y.saturating_sub(REACH)..(y + REACH + 1).min(h) {
                for u in 0..=2 * REACH {
                    let there = row(v).map(|v| &v[u..u + w]);
                    add_similar(&mut sums, here, there, scale);
                }
            }
            for x in 0..w {
                let mass = sums[3][x];
                out.push(if mass > 0.0 {
                    [0, 1, 2].map(|c| sums[c][x] / mass)
                } else {
                    colors[y * w + x]
                });
            }
        }
        out
    }
}

/// How many cells to each side are averaged.
const REACH: usize = 2;

/// Adds to each cell of a row another one, as far as it is similar and pure; the last sum is of the weights.
fn add_similar(sums: &mut [Vec<f32>; 4], here: [&[f32]; 4], there: [&[f32]; 4], scale: f32) {
    let n = here[0].len();
    let [l, a, b, mass] = sums.each_mut().map(|sum| &mut sum[..n]);
    let [hl, ha, hb, _] = here.map(|v| &v[..n]);
    let [tl, ta, tb, purity] = there.map(|v| &v[..n]);
    for i in 0..n {
        let (dl, da, db) = (tl[i] - hl[i], ta[i] - ha[i], tb[i] - hb[i]);
        let near = (1.0 - (dl * dl + da * da + db * db) * scale).max(0.0);
        let weight = near * near * purity[i];
        mass[i] += weight;
        l[i] += weight * tl[i];
        a[i] += weight * ta[i];
        b[i] += weight * tb[i];
    }
}
