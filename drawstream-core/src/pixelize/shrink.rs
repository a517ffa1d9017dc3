//! Pictures without a grid: each cell becomes the mean light of its area.

use image::RgbImage;

use super::cells::Cells;
use super::lab::Lab;
use crate::color::{Oklab, linear};

/// One colour a cell, `columns` by `rows`: light is averaged, as an eye from afar does.
pub(crate) fn area_average(picture: &RgbImage, columns: usize, rows: usize) -> Cells {
    let (w, h) = (picture.width() as usize, picture.height() as usize);
    let light: [f32; 256] = std::array::from_fn(|v| linear(v as u8));
    let across = Shares::new(w, columns);
    let down = Shares::new(h, rows);
    let raw = picture.as_raw();
    let mut colors = Vec::with_capacity(columns * rows);
    let mut sums = vec![[0.0f32; 3]; w];
    for row in 0..rows {
        // First the rows of pixels into one, then its stretches: each pixel is touched once.
        sums.fill([0.0; 3]);
        for (y, share) in down.of(row) {
            let line = &raw[y * w * 3..(y + 1) * w * 3];
            for (sum, px) in sums.iter_mut().zip(line.chunks_exact(3)) {
                for c in 0..3 {
                    sum[c] += share * light[usize::from(px[c])];
                }
            }
        }
        for column in 0..columns {
            let mut sum = [0.0f32; 3];
            for (x, share) in across.of(column) {
                for c in 0..3 {
                    sum[c] += share * sums[x][c];
                }
            }
            let Oklab { l, a, b } = Oklab::from_linear(sum);
            colors.push([l, a, b]);
        }
    }
    flat_cells(columns, rows, colors)
}

/// Cells that are as sure as each other and free of noise.
pub(crate) fn flat_cells(columns: usize, rows: usize, colors: Vec<Lab>) -> Cells {
    Cells {
        columns,
        rows,
        purity: vec![1.0; colors.len()],
        colors,
        noise: 0.0,
    }
}

/// How much of each pixel along an axis belongs to each cell.
struct Shares {
    pixels: usize,
    cells: usize,
}

impl Shares {
    fn new(pixels: usize, cells: usize) -> Self {
        Self { pixels, cells }
    }

    /// The pixels that a cell covers, each with its share of the cell; the shares sum to 1.
    fn of(&self, cell: usize) -> impl Iterator<Item = (usize, f32)> {
        // In units of 1/cells of a pixel everything is whole.
        let (from, to) = (cell * self.pixels, (cell + 1) * self.pixels);
        let (n, size) = (self.cells, self.pixels);
        (from / n..to.div_ceil(n)).map(move |pixel| {
            let covered = to.min((pixel + 1) * n) - from.max(pixel * n);
            (pixel, covered as f32 / size as f32)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_every_cell_sum_to_one_whatever_the_sizes() {
        for (pixels, cells) in [(1, 1), (7, 3), (3, 7), (768, 96), (10, 9), (1, 96)] {
            let shares = Shares::new(pixels, cells);
            for cell in 0..cells {
                let parts: Vec<_> = shares.of(cell).collect();
                let sum: f32 = parts.iter().map(|p| p.1).sum();
                assert!((sum - 1.0).abs() < 1e-5, "{pixels}/{cells}: {parts:?}");
                assert!(parts.iter().all(|p| p.0 < pixels && p.1 > 0.0));
            }
        }
    }
}
