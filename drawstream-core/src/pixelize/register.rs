//! Corrects the grid's displacement by laying the painted cells over the picture.

use rayon::prelude::*;

use super::grid::Lattice;
use super::lab::{Lab, LabImage};

/// The picture at half its size: registration needs no finer one.
pub(crate) struct Half {
    image: LabImage,
}

impl Half {
    pub(crate) fn of(picture: &LabImage) -> Self {
        let (w, h) = (picture.width / 2, picture.height / 2);
        let mut pixels = Vec::with_capacity(w * h);
        for y in 0..h {
            let top = &picture.pixels[2 * y * picture.width..];
            let low = &picture.pixels[(2 * y + 1) * picture.width..];
            for (a, b) in top.chunks_exact(2).zip(low.chunks_exact(2)).take(w) {
                pixels.push(std::array::from_fn(|c| {
                    (a[0][c] + a[1][c] + b[0][c] + b[1][c]) * 0.25
                }));
            }
        }
        Self {
            image: blurred(LabImage {
                width: w,
                height: h,
                pixels,
            }),
        }
    }

    /// Shifts each tile of the lattice to where the painted cells explain the picture better.
    ///
    /// One step of Lucas and Kanade's method: the difference of picture and painting, told by the painting's slope.
    pub(crate) fn correct(&self, lattice: &mut Lattice, painted: &[Lab]) {
        let (w, h) = (self.image.width, self.image.height);
        if w < 3 || h < 3 {
            return;
        }
        let painting = blurred(self.painting(lattice, painted));
        let (columns, rows, tile) = lattice.field.shape();
        let tile = tile / 2.0;
        // Rows of tiles side by side: each adds up its own, in the same order on any number of threads.
        let sums: Vec<[f32; 5]> = (0..rows)
            .into_par_iter()
            .flat_map_iter(|row| {
                let within = |y: usize| ((y as f32 / tile) as usize).min(rows - 1) == row;
                let lines = (1..h - 1).filter(|&y| within(y));
                self.slopes(&painting, lines, tile, columns)
            })
            .collect();
        let shared = shared(&sums, columns, rows);
        for (shift, s) in lattice.field.shifts_mut().iter_mut().zip(&shared) {
            // A tile without slopes stays: this much slope it would need to move half way.
            const HOLD: f32 = 0.05;
            let (xx, yy) = (s[0] + HOLD, s[2] + HOLD);
            let determinant = xx * yy - s[1] * s[1];
            if determinant > 0.0 {
                let dx = (s[3] * yy - s[4] * s[1]) / determinant;
                let dy = (s[4] * xx - s[3] * s[1]) / determinant;
                // In half pixels; and no further at once than the slopes reach.
                shift[0] -= (2.0 * dx).clamp(-1.5, 1.5);
                shift[1] -= (2.0 * dy).clamp(-1.5, 1.5);
            }
        }
    }

    /// Per tile of a row of tiles, from these lines: slope products xx, xy, yy, and slope times difference x, y.
    fn slopes(
        &self,
        painting: &LabImage,
        lines: impl Iterator<Item = usize>,
        tile: f32,
        columns: usize,
    ) -> Vec<[f32; 5]> {
        let w = self.image.width;
        let mut sums = vec![[0.0f32; 5]; columns];
        for y in lines {
            for x in 1..w - 1 {
                let at = y * w + x;
                let p = &painting.pixels;
                let column = ((x as f32 / tile) as usize).min(columns - 1);
                let sum = &mut sums[column];
                let (left, right, up, down) = (p[at - 1], p[at + 1], p[at - w], p[at + w]);
                let off: Lab = std::array::from_fn(|c| self.image.pixels[at][c] - p[at][c]);
                let square = off[0] * off[0] + off[1] * off[1] + off[2] * off[2];
                // What is far off is another drawing, not a shifted one.
                let weight = 0.01 / (0.01 + square);
                for c in 0..3 {
                    let gx = (right[c] - left[c]) * 0.5;
                    let gy = (down[c] - up[c]) * 0.5;
                    sum[0] += weight * gx * gx;
                    sum[1] += weight * gx * gy;
                    sum[2] += weight * gy * gy;
                    sum[3] += weight * gx * off[c];
                    sum[4] += weight * gy * off[c];
                }
            }
        }
        sums
    }

    /// The cells painted at half size through the lattice.
    fn painting(&self, lattice: &Lattice, painted: &[Lab]) -> LabImage {
        let (w, h) = (self.image.width, self.image.height);
        let columns = lattice.columns();
        let [across, down] = [0, 1].map(|axis| Lookup::new(&lattice.ends[axis]));
        let mut pixels = vec![[0.0; 3]; w * h];
        let lines = pixels.par_chunks_exact_mut(w).enumerate();
        lines.for_each(|(y, line)| {
            let v = y as f32 * 2.0 + 1.0;
            let field = lattice.field.line(0, v);
            for (x, pixel) in line.iter_mut().enumerate() {
                let u = x as f32 * 2.0 + 1.0;
                let [dx, dy] = field.at(u);
                let cell = down.cell(v - dy) * columns + across.cell(u - dx);
                *pixel = painted[cell];
            }
        });
        LabImage {
            width: w,
            height: h,
            pixels,
        }
    }
}

/// Which cell each quarter of a pixel along an axis is in.
struct Lookup {
    cells: Vec<u16>,
    first: f32,
}

impl Lookup {
    fn new(ends: &[f32]) -> Self {
        let first = ends[0];
        let length = ends[ends.len() - 1] - first;
        let mut cells = vec![0u16; (length * 4.0) as usize + 1];
        for (i, pair) in ends.windows(2).enumerate() {
            let [from, to] = [pair[0], pair[1]].map(|e| ((e - first) * 4.0) as usize);
            let to = to.min(cells.len());
            cells[from.min(to)..to].fill(i as u16);
        }
        if let Some(last) = cells.last_mut() {
            *last = (ends.len() - 2) as u16;
        }
        Self { cells, first }
    }

    fn cell(&self, place: f32) -> usize {
        let bin = ((place - self.first) * 4.0) as usize;
        usize::from(self.cells[bin.min(self.cells.len() - 1)])
    }
}

/// Blurred by the binomial of five, both ways: a slope then reaches four pixels of the picture far.
fn blurred(image: LabImage) -> LabImage {
    const KERNEL: [f32; 3] = [0.375, 0.25, 0.0625];
    let (w, h) = (image.width, image.height);
    if w == 0 || h == 0 {
        return image;
    }
    let flat = image.pixels.as_flattened();
    let row = |y: usize| &flat[y * w * 3..(y + 1) * w * 3];
    let mut pixels = vec![[0.0; 3]; w * h];
    let lines = pixels.par_chunks_exact_mut(w).enumerate();
    lines.for_each_init(
        || vec![0.0f32; (w + 4) * 3],
        |smooth, (y, out)| {
            let [up2, up] = [2, 1].map(|d| row(y.saturating_sub(d)));
            let [down, down2] = [1, 2].map(|d| row((y + d).min(h - 1)));
            let here = row(y);
            for i in 0..w * 3 {
                smooth[i + 6] = KERNEL[0] * here[i]
                    + KERNEL[1] * (up[i] + down[i])
                    + KERNEL[2] * (up2[i] + down2[i]);
            }
            for c in 0..3 {
                (smooth[c], smooth[3 + c]) = (smooth[6 + c], smooth[6 + c]);
                let last = (w + 1) * 3 + c;
                (smooth[last + 3], smooth[last + 6]) = (smooth[last], smooth[last]);
            }
            let out = out.as_flattened_mut();
            for (i, out) in out.iter_mut().enumerate() {
                *out = KERNEL[0] * smooth[i + 6]
                    + KERNEL[1] * (smooth[i + 3] + smooth[i + 9])
                    + KERNEL[2] * (smooth[i] + smooth[i + 12]);
            }
        },
    );
    LabImage {
        width: w,
        height: h,
        pixels,
    }
}

/// Sums shared with the tiles around, whose displacement is alike.
fn shared(sums: &[[f32; 5]], columns: usize, rows: usize) -> Vec<[f32; 5]> {
    const SHARE: [f32; 3] = [0.35, 1.0, 0.35];
    let mut out = vec![[0.0; 5]; sums.len()];
    for y in 0..rows {
        for x in 0..columns {
            for v in y.saturating_sub(1)..(y + 2).min(rows) {
                for u in x.saturating_sub(1)..(x + 2).min(columns) {
                    let weight = SHARE[u + 1 - x] * SHARE[v + 1 - y];
                    for (o, s) in out[y * columns + x].iter_mut().zip(sums[v * columns + u]) {
                        *o += weight * s;
                    }
                }
            }
        }
    }
    out
}
