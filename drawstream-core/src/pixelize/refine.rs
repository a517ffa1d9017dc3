//! Grid, colours and labels of a picture with a grid, refined together.

use super::cells::Cells;
use super::grid::Lattice;
use super::lab::{self, Lab, LabImage, distance};
use super::labels::Labelling;
use super::mixing::{Mixing, neighbours};
use super::options::Quality;
use super::palette_search;
use super::register::Half;
use super::repair::Draft;
use super::splits;

/// What a picture's cells were found to be painted with.
pub(crate) struct Painted {
    pub(crate) palette: Vec<Lab>,
    pub(crate) labels: Vec<u8>,
    pub(crate) cells: Cells,
}

/// How often all is gone through.
const ROUNDS: usize = 5;
/// In how many of the first rounds the palette is searched anew.
const SEARCHES: usize = 3;

/// How many missing colours a round may add.
const REPAIRS: usize = 3;

/// Finds the palette (`given` where it is settled) and each cell's colour, and corrects the lattice on the way.
pub(crate) fn refine(
    picture: &LabImage,
    lattice: &mut Lattice,
    mut cells: Cells,
    most: usize,
    given: Option<&[Lab]>,
) -> Painted {
    let half = Half::of(picture);
    let around = neighbours(lattice.columns(), lattice.rows());
    let mut shade = vec![[0.0f32; 3]; cells.colors.len()];
    let mut mixing = Mixing::default();
    let mut palette: Vec<Lab> = Vec::new();
    let mut labels: Vec<u8> = Vec::new();
    for round in 0..ROUNDS {
        if round > 0 {
            cells = Cells::sample::<7, 56>(picture, lattice);
        }
        let seen = cells.colors.clone();
        for (color, shade) in cells.colors.iter_mut().zip(&shade) {
            for c in 0..3 {
                color[c] -= shade[c];
            }
        }
        if let Some(given) = given {
            palette = given.to_vec();
        } else if round < SEARCHES {
            let mut pure = cells.clone();
            if round > 0 {
                unmix(&mut pure.colors, mixing, &around, &labels, &palette);
            } else {
                mixing = Mixing::measured(&cells.colors, cells.columns, cells.noise);
                pure.colors = mixing.undone(&cells.colors, &around);
            }
            palette = palette_search::find(&pure, most, Quality::Best);
        }
        let noise = cells.noise.max(0.004);
        cells.noise = noise;
        let scatter = cells.scatter();
        if round < SEARCHES {
            labels = cells
                .colors
                .iter()
                .map(|&c| palette_search::nearest(&palette, c) as u8)
                .collect();
        }
        for attempt in 0..=REPAIRS {
            let labelling = Labelling {
                colors: &cells.colors,
                weights: &cells.purity,
                around: &around,
                palette: &palette,
                mixing,
                noise,
            };
            labelling.improve(&mut labels, 3);
            mixing = Mixing::fit(
                &cells.colors,
                &cells.purity,
                &around,
                &labels,
                &palette,
                &scatter,
                |_| true,
            );
            if given.is_some() || round == 0 || attempt == REPAIRS {
                break;
            }
            let mut own = cells.colors.clone();
            unmix(&mut own, mixing, &around, &labels, &palette);
            while splits::join_one(&own, &around, &mut labels, &mut palette) {}
            let mut draft = Draft {
                colors: &own,
                scatter: &scatter,
                around: &around,
                labels: &mut labels,
                palette: &mut palette,
                most,
            };
            if !draft.add_missing() && !draft.part_hidden(4) {
                break;
            }
        }
        if given.is_none() {
            mixing.settle_palette(
                &mut palette,
                &cells.colors,
                &cells.purity,
                &around,
                &labels,
                &scatter,
            );
        }
        shade = shading(&seen, &cells, mixing, &around, &labels, &palette);
        if round + 1 < ROUNDS {
            let painted: Vec<Lab> = labels.iter().map(|&l| palette[usize::from(l)]).collect();
            half.correct(lattice, &painted);
        }
    }
    if given.is_none() {
        polish(&mut palette, &cells, &around, &labels);
    }
    Painted {
        palette,
        labels,
        cells,
    }
}

/// Settles the palette once more where pictures are blurred and sharpened: in gamma-encoded channels.
///
/// OKLab bends what was mixed there in straight lines, and a colour of a few lone cells beside a strong contrast, none
/// of which is pure, comes out too light or too dark.
fn polish(palette: &mut [Lab], cells: &Cells, around: &[[u32; 8]], labels: &[u8]) {
    let colors: Vec<[f32; 3]> = cells.colors.iter().map(|&c| lab::to_gamma(c)).collect();
    let mut encoded: Vec<[f32; 3]> = palette.iter().map(|&c| lab::to_gamma(c)).collect();
    // How far apart in channels is what is so far apart in OKLab.
    let (mut far, mut far_in_lab) = (0.0, 0.0);
    for (cell, &label) in labels.iter().enumerate() {
        far += distance(colors[cell], encoded[usize::from(label)]);
        far_in_lab += distance(cells.colors[cell], palette[usize::from(label)]);
    }
    let scale = far / far_in_lab.max(1e-6);
    let scatter: Vec<f32> = cells.scatter().iter().map(|s| s * scale).collect();
    let purity = &cells.purity;
    // What ran into black or white tells nothing of how far it would have gone.
    let tells = |channel: f32| (0.03..=0.97).contains(&channel);
    let mixing = Mixing::fit(&colors, purity, around, labels, &encoded, &scatter, tells);
    mixing.settle_palette(&mut encoded, &colors, purity, around, labels, &scatter);
    for (color, encoded) in palette.iter_mut().zip(encoded) {
        *color = lab::of_gamma(encoded);
    }
}

/// What one pass can do: colours that are one are joined, one that hides is found, and cells once choose with their neighbours in mind.
pub(crate) fn tidy(painted: &mut Painted, around: &[[u32; 8]], most: usize) {
    let Painted {
        palette,
        labels,
        cells,
    } = painted;
    while splits::join_one(&cells.colors, around, labels, palette) {}
    let scatter = cells.scatter();
    let mut draft = Draft {
        colors: &cells.colors,
        scatter: &scatter,
        around,
        labels,
        palette,
        most,
    };
    draft.part_hidden(1);
    let labelling = Labelling {
        colors: &cells.colors,
        weights: &cells.purity,
        around,
        palette,
        mixing: Mixing::default(),
        noise: cells.noise.max(0.004),
    };
    labelling.improve(labels, 1);
}

/// Takes out of each cell what its neighbours mixed into it.
fn unmix(colors: &mut [Lab], mixing: Mixing, around: &[[u32; 8]], labels: &[u8], palette: &[Lab]) {
    for (cell, color) in colors.iter_mut().enumerate() {
        let own = palette[usize::from(labels[cell])];
        let shown = mixing.predicted(cell, &around[cell], labels, palette);
        for c in 0..3 {
            color[c] -= shown[c] - own[c];
        }
    }
}

/// Slow illumination: how far the cells about each one are off together.
fn shading(
    seen: &[Lab],
    cells: &Cells,
    mixing: Mixing,
    around: &[[u32; 8]],
    labels: &[u8],
    palette: &[Lab],
) -> Vec<Lab> {
    // Illumination changes over a quarter of the picture; noise and wrong labels do within a few cells.
    let reach = (cells.columns.max(cells.rows) / 10).max(2);
    let far = 3.0 * cells.noise.max(0.004);
    let mut values: Vec<[f32; 4]> = seen
        .iter()
        .enumerate()
        .map(|(cell, color)| {
            let shown = mixing.predicted(cell, &around[cell], labels, palette);
            let d = distance(*color, shown) / far;
            let weight = cells.purity[cell] / (1.0 + d * d);
            [
                weight * (color[0] - shown[0]),
                weight * (color[1] - shown[1]),
                weight * (color[2] - shown[2]),
                weight,
            ]
        })
        .collect();
    for _ in 0..2 {
        values = boxed(&values, cells.columns, 1, reach);
        values = boxed(&values, cells.columns, cells.columns, reach);
    }
    values
        .iter()
        .map(|v| std::array::from_fn(|c| v[c] / (v[3] + 0.05)))
        .collect()
}

/// The mean over `reach` cells to both sides, along rows (`stride` 1) or columns (`stride` = columns).
fn boxed(values: &[[f32; 4]], columns: usize, stride: usize, reach: usize) -> Vec<[f32; 4]> {
    let rows = values.len() / columns;
    let (lines, length, step) = if stride == 1 {
        (rows, columns, columns)
    } else {
        (columns, rows, 1)
    };
    let mut out = vec![[0.0; 4]; values.len()];
    for line in 0..lines {
        let at = |i: usize| line * step + i * stride;
        for i in 0..length {
            let (from, to) = (i.saturating_sub(reach), (i + reach + 1).min(length));
            let mut sum = [0.0f32; 4];
            for j in from..to {
                for (s, v) in sum.iter_mut().zip(values[at(j)]) {
                    *s += v;
                }
            }
            out[at(i)] = sum.map(|s| s / (to - from) as f32);
        }
    }
    out
}
