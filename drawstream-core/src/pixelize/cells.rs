//! [`Cells`]: one robust colour for each pseudo pixel.

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

/// Samples across and down a cell.
const SIDE: usize = 7;
const SAMPLES: usize = SIDE * SIDE;
/// The share of a cell's width that is sampled: what lies further out is mixed with the neighbours.
const CENTRE: f32 = 0.62;

impl Cells {
    /// Samples a picture through a grid.
    pub(crate) fn sample(picture: &LabImage, lattice: &Lattice) -> Self {
        let (columns, rows) = (lattice.columns(), lattice.rows());
        let mut colors = Vec::with_capacity(columns * rows);
        let mut spreads = Vec::with_capacity(columns * rows);
        let weights = weights();
        for row in 0..rows {
            let (top, low) = (lattice.ends[1][row], lattice.ends[1][row + 1]);
            for column in 0..columns {
                let (left, right) = (lattice.ends[0][column], lattice.ends[0][column + 1]);
                let middle = [(left + right) / 2.0, (top + low) / 2.0];
                let shift = lattice.field.at(middle[0], middle[1]);
                let middle = [middle[0] + shift[0], middle[1] + shift[1]];
                let samples = gather(picture, middle, [right - left, low - top]);
                let (color, spread) = geometric_median(&samples, &weights);
                colors.push(color);
                spreads.push(spread);
            }
        }
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

/// A cell's samples, channel by channel.
type Samples = [[f32; SAMPLES]; 3];

fn gather(picture: &LabImage, middle: [f32; 2], size: [f32; 2]) -> Samples {
    let mut samples = [[0.0; SAMPLES]; 3];
    for i in 0..SIDE {
        let y = middle[1] + size[1] * CENTRE * offset(i);
        for j in 0..SIDE {
            let x = middle[0] + size[0] * CENTRE * offset(j);
            let color = picture.clamped(x, y);
            for c in 0..3 {
                samples[c][i * SIDE + j] = color[c];
            }
        }
    }
    samples
}

/// Where a sample lies from the middle, `-0.5..=0.5`.
fn offset(i: usize) -> f32 {
    i as f32 / (SIDE - 1) as f32 - 0.5
}

/// A Gaussian of 0.3 of the sampled width, summing to 1.
fn weights() -> [f32; SAMPLES] {
    let mut weights = [0.0; SAMPLES];
    for i in 0..SIDE {
        for j in 0..SIDE {
            let square = offset(i) * offset(i) + offset(j) * offset(j);
            weights[i * SIDE + j] = libm::expf(-square / (2.0 * 0.3 * 0.3));
        }
    }
    let sum: f32 = weights.iter().sum();
    weights.map(|w| w / sum)
}

/// The point with the least weighted sum of distances to the samples (Weiszfeld's iteration), and that sum.
fn geometric_median(samples: &Samples, weights: &[f32; SAMPLES]) -> (Lab, f32) {
    // Nearer than this counts as this near: the iteration must not stick to a sample.
    const NEAREST: f32 = 1e-5;
    let mut at: Lab = [0, 1, 2].map(|c| samples[c].iter().zip(weights).map(|(s, w)| s * w).sum());
    let mut spread = 0.0;
    for _ in 0..5 {
        let mut pulls = [0.0f32; SAMPLES];
        spread = 0.0;
        for i in 0..SAMPLES {
            let (l, a, b) = (
                samples[0][i] - at[0],
                samples[1][i] - at[1],
                samples[2][i] - at[2],
            );
            let d = (l * l + a * a + b * b + NEAREST).sqrt();
            pulls[i] = weights[i] / d;
            spread += weights[i] * d;
        }
        let sum: f32 = pulls.iter().sum();
        at = [0, 1, 2].map(|c| {
            samples[c]
                .iter()
                .zip(&pulls)
                .map(|(s, p)| s * p)
                .sum::<f32>()
                / sum
        });
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

impl Cells {
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
