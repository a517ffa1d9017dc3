//! [`Cells`]: one robust colour for each pseudo pixel.

use rayon::prelude::*;

use super::grid::Lattice;
use super::lab::{Lab, LabImage, distance, distance_squared};

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

impl Cells {
    /// Samples a picture through a grid: `SIDE` by `SIDE` samples a cell, at most 7 by 7.
    pub(crate) fn sample<const SIDE: usize>(picture: &LabImage, lattice: &Lattice) -> Self {
        let (columns, rows) = (lattice.columns(), lattice.rows());
        let weights = weights::<SIDE>();
        let sampled = |row: usize| {
            let (top, low) = (lattice.ends[1][row], lattice.ends[1][row + 1]);
            let weights = &weights;
            (0..columns).map(move |column| {
                let (left, right) = (lattice.ends[0][column], lattice.ends[0][column + 1]);
                let middle = [(left + right) / 2.0, (top + low) / 2.0];
                let shift = lattice.field.at(middle[0], middle[1]);
                let middle = [middle[0] + shift[0], middle[1] + shift[1]];
                let samples = gather::<SIDE>(picture, middle, [right - left, low - top]);
                geometric_median(&samples, weights, SIDE * SIDE)
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

/// Sums run in so many lanes, which vector registers add up at once.
const LANES: usize = 8;
/// Room for 7 by 7 samples in whole lanes; what is left over has no weight.
const ROOM: usize = 56;

/// A cell's samples, channel by channel.
type Samples = [[f32; ROOM]; 3];

fn gather<const SIDE: usize>(picture: &LabImage, middle: [f32; 2], size: [f32; 2]) -> Samples {
    let mut samples = [[0.0; ROOM]; 3];
    for i in 0..SIDE {
        let y = middle[1] + size[1] * CENTRE * offset(i, SIDE);
        for j in 0..SIDE {
            let x = middle[0] + size[0] * CENTRE * offset(j, SIDE);
            let color = picture.clamped(x, y);
            for c in 0..3 {
                samples[c][i * SIDE + j] = color[c];
            }
        }
    }
    samples
}

/// Where a sample lies from the middle, `-0.5..=0.5`.
fn offset(i: usize, side: usize) -> f32 {
    i as f32 / (side - 1) as f32 - 0.5
}

/// A Gaussian of 0.3 of the sampled width, summing to 1.
fn weights<const SIDE: usize>() -> [f32; ROOM] {
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

/// The sum of the products of two rows, lane by lane.
fn dot(p: &[f32], q: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    for (p, q) in p.chunks_exact(LANES).zip(q.chunks_exact(LANES)) {
        for i in 0..LANES {
            lanes[i] += p[i] * q[i];
        }
    }
    lanes.iter().sum()
}

/// The point with the least weighted sum of distances to the samples (Weiszfeld's iteration), and that sum.
fn geometric_median(samples: &Samples, weights: &[f32; ROOM], count: usize) -> (Lab, f32) {
    // Nearer than this counts as this near: the iteration must not stick to a sample.
    const NEAREST: f32 = 1e-5;
    const ONES: [f32; ROOM] = [1.0; ROOM];
    let room = count.next_multiple_of(LANES);
    let [l, a, b] = samples.each_ref().map(|channel| &channel[..room]);
    let weights = &weights[..room];
    let mut at: Lab = [dot(l, weights), dot(a, weights), dot(b, weights)];
    let mut spread = 0.0;
    let mut pulls = [0.0f32; ROOM];
    let mut reach = [0.0f32; ROOM];
    // Few samples need few steps: beyond these nothing moves that could be seen.
    let steps = if count > 32 { 5 } else { 3 };
    for _ in 0..steps {
        for i in 0..room {
            let (l, a, b) = (l[i] - at[0], a[i] - at[1], b[i] - at[2]);
            let d = (l * l + a * a + b * b + NEAREST).sqrt();
            pulls[i] = weights[i] / d;
            reach[i] = weights[i] * d;
        }
        let pulls = &pulls[..room];
        spread = dot(&reach[..room], &ONES[..room]);
        let sum = dot(pulls, &ONES[..room]);
        at = [
            dot(l, pulls) / sum,
            dot(a, pulls) / sum,
            dot(b, pulls) / sum,
        ];
    }
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

    fn bilateral(&self, colors: &[Lab]) -> Vec<Lab> {
        // Colours further apart than twice the noise are others.
        let unit = 2.0 * self.noise.max(0.003);
        let scale = 1.0 / (unit * unit);
        let (w, h) = (self.columns as isize, self.rows as isize);
        let mut out = Vec::with_capacity(colors.len());
        for y in 0..h {
            for x in 0..w {
                let here = colors[(y * w + x) as usize];
                let mut sum = [0.0f32; 3];
                let mut mass = 0.0;
                for v in (y - 2).max(0)..(y + 3).min(h) {
                    for u in (x - 2).max(0)..(x + 3).min(w) {
                        let i = (v * w + u) as usize;
                        let near = 1.0 - distance_squared(colors[i], here) * scale;
                        if near > 0.0 {
                            let weight = near * near * self.purity[i];
                            mass += weight;
                            for (s, c) in sum.iter_mut().zip(colors[i]) {
                                *s += weight * c;
                            }
                        }
                    }
                }
                out.push(if mass > 0.0 {
                    sum.map(|s| s / mass)
                } else {
                    here
                });
            }
        }
        out
    }
}
