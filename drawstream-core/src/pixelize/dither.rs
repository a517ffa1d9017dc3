//! Patterns that imitate colours between those of the palette.

use super::lab::{Lab, distance};
use super::options::Dither;
use super::palette_search::nearest;

/// Bayer's 4×4 matrix, 0 to 15: what pixel artists use. Of the 8×8 one a picture of a hundred pixels shows the holes.
const BAYER: [[u8; 4]; 4] = [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]];
/// What the unrest of a pattern costs, as a share of how far its pixels scatter about the mixture. Mixtures of less
/// than a ninth are never worth it: lone dots in a plain area.
const UNREST: f32 = 0.35;

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
        let threshold = (f32::from(BAYER[y % 4][x % 4]) + 0.5) / 16.0;
        let takes_far = share * strength > threshold;
        indices.push(if takes_far { far } else { near } as u8);
    }
    indices
}

/// The colour that, mixed with `near`, comes closest to `color` without much unrest, and its share of the mixture, up
/// to a half; `near` itself and 0 where no pattern is worth it.
fn partner(palette: &[Lab], near: usize, color: Lab) -> (usize, f32) {
    let base = palette[near];
    let mut best = (near, 0.0, distance(base, color));
    for (i, &p) in palette.iter().enumerate() {
        let along: Lab = std::array::from_fn(|c| p[c] - base[c]);
        let length: f32 = along.iter().map(|v| v * v).sum();
        if i == near || length < 1e-8 {
            continue;
        }
        let dot: f32 = (0..3).map(|c| along[c] * (color[c] - base[c])).sum();
        let share = (dot / length).clamp(0.0, 0.5);
        let mixed = std::array::from_fn(|c| base[c] + along[c] * share);
        let scatter = (length * share * (1.0 - share)).sqrt();
        let miss = distance(mixed, color) + UNREST * scatter;
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

#[cfg(test)]
mod tests {
    use super::*;

    const GREYS: [Lab; 3] = [[0.2, 0.0, 0.0], [0.6, 0.0, 0.0], [1.0, 0.0, 0.0]];

    /// How many of 8×8 cells of a grey take each of the three.
    fn counts(lightness: f32, dither: Dither) -> [usize; 3] {
        let found = dithered(&[[lightness, 0.0, 0.0]; 64], 8, &GREYS, dither).unwrap();
        [0, 1, 2].map(|i| found.iter().filter(|&&f| f == i).count())
    }

    #[test]
    fn a_grey_half_way_is_a_checkerboard_of_its_neighbours() {
        let ordered = Dither::Ordered { strength: 1.0 };
        assert_eq!(counts(0.401, ordered), [32, 32, 0]);
        let [dark, middle, light] = counts(0.401, Dither::Diffusion { strength: 1.0 });
        assert!((28..=36).contains(&dark) && light == 0, "{dark} {middle}");
    }

    #[test]
    fn a_grey_near_one_of_the_palette_gets_no_lone_dots() {
        assert_eq!(counts(0.63, Dither::Ordered { strength: 1.0 }), [0, 64, 0]);
    }
}
