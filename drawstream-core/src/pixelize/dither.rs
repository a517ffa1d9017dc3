//! Patterns that imitate colours between those of the palette.

use super::lab::{Lab, distance};
use super::options::Dither;
use super::palette_search::nearest;

/// Bayer's 8×8 matrix, 0 to 63.
const BAYER: [[u8; 8]; 8] = [
    [0, 32, 8, 40, 2, 34, 10, 42],
    [48, 16, 56, 24, 50, 18, 58, 26],
    [12, 44, 4, 36, 14, 46, 6, 38],
    [60, 28, 52, 20, 62, 30, 54, 22],
    [3, 35, 11, 43, 1, 33, 9, 41],
    [51, 19, 59, 27, 49, 17, 57, 25],
    [15, 47, 7, 39, 13, 45, 5, 37],
    [63, 31, 55, 23, 61, 29, 53, 21],
];

/// The index of a palette colour for each cell; `None` where no pattern is asked for.
pub(crate) fn dithered(
    colors: &[Lab],
    columns: usize,
    palette: &[Lab],
    dither: Dither,
) -> Option<Vec<u8>> {
    match dither {
        Dither::Off => None,
        Dither::Ordered { strength } => Some(ordered(colors, columns, palette, strength)),
        Dither::Diffusion { strength } => Some(diffused(colors, columns, palette, strength)),
    }
}

/// Each cell takes the nearer or the farther end of the line through its colour, as the matrix decides.
fn ordered(colors: &[Lab], columns: usize, palette: &[Lab], strength: f32) -> Vec<u8> {
    let mut indices = Vec::with_capacity(colors.len());
    for (i, &color) in colors.iter().enumerate() {
        let (x, y) = (i % columns, i / columns);
        let near = nearest(palette, color);
        let (far, share) = partner(palette, near, color);
        let threshold = (f32::from(BAYER[y % 8][x % 8]) + 0.5) / 64.0;
        let takes_far = share * strength > threshold;
        indices.push(if takes_far { far } else { near } as u8);
    }
    indices
}

/// The colour that, mixed with `near`, comes closest to `color`, and its share of the mixture, up to a half.
fn partner(palette: &[Lab], near: usize, color: Lab) -> (usize, f32) {
    let base = palette[near];
    let mut best = (near, 0.0, f32::MAX);
    for (i, &p) in palette.iter().enumerate() {
        let along: Lab = std::array::from_fn(|c| p[c] - base[c]);
        let length: f32 = along.iter().map(|v| v * v).sum();
        if i == near || length < 1e-8 {
            continue;
        }
        let dot: f32 = (0..3).map(|c| along[c] * (color[c] - base[c])).sum();
        let share = (dot / length).clamp(0.0, 0.5);
        let mixed = std::array::from_fn(|c| base[c] + along[c] * share);
        // Of equally good mixtures the one of nearer colours is calmer.
        let miss = distance(mixed, color) + 0.05 * length.sqrt() * share;
        if miss < best.2 {
            best = (i, share, miss);
        }
    }
    (best.0, best.1)
}

fn diffused(colors: &[Lab], columns: usize, palette: &[Lab], strength: f32) -> Vec<u8> {
    let rows = colors.len() / columns;
    let mut indices = vec![0; colors.len()];
    let mut here = vec![[0.0f32; 3]; columns];
    let mut below = vec![[0.0f32; 3]; columns];
    for y in 0..rows {
        for step in 0..columns {
            // Every other row runs backwards, so that errors don't all drift to one side.
            let forth = y % 2 == 0;
            let x = if forth { step } else { columns - 1 - step };
            let side = |by: isize| {
                let by = if forth { by } else { -by };
                x.checked_add_signed(by).filter(|&x| x < columns)
            };
            let wanted: Lab = std::array::from_fn(|c| colors[y * columns + x][c] + here[x][c]);
            let chosen = nearest(palette, wanted);
            indices[y * columns + x] = chosen as u8;
            let error: Lab = std::array::from_fn(|c| (wanted[c] - palette[chosen][c]) * strength);
            let give = |row: &mut [Lab], at: Option<usize>, share: f32| {
                if let Some(at) = at {
                    for (slot, e) in row[at].iter_mut().zip(error) {
                        *slot += e * share;
                    }
                }
            };
            give(&mut here, side(1), 7.0 / 16.0);
            give(&mut below, side(-1), 3.0 / 16.0);
            give(&mut below, Some(x), 5.0 / 16.0);
            give(&mut below, side(1), 1.0 / 16.0);
        }
        std::mem::swap(&mut here, &mut below);
        below.fill([0.0; 3]);
    }
    indices
}
