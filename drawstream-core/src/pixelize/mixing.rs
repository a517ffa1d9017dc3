//! [`Mixing`]: how much of its neighbours' colours each cell's colour has, and what that tells of the palette.

use super::lab::{Lab, distance_squared};

/// What neighbours add to a cell: a soft picture mixes them in (above 0), a sharpened one takes them out (below).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mixing {
    /// Share of each neighbour left and right.
    pub(crate) across: f32,
    /// Share of each neighbour above and below.
    pub(crate) down: f32,
    /// Share of each diagonal neighbour.
    pub(crate) diagonal: f32,
}

/// The eight neighbours: left, right, up, down, then the diagonals.
const AROUND: [(isize, isize); 8] = [
    (-1, 0),
    (1, 0),
    (0, -1),
    (0, 1),
    (-1, -1),
    (1, -1),
    (-1, 1),
    (1, 1),
];

/// For each cell its eight neighbours' places; at the border the cell itself stands for what is missing.
pub(crate) fn neighbours(columns: usize, rows: usize) -> Vec<[u32; 8]> {
    let mut all = Vec::with_capacity(columns * rows);
    for y in 0..rows {
        for x in 0..columns {
            all.push(AROUND.map(|(dx, dy)| {
                let u = x.checked_add_signed(dx).filter(|&u| u < columns);
                let v = y.checked_add_signed(dy).filter(|&v| v < rows);
                let place = match (u, v) {
                    (Some(u), Some(v)) => v * columns + u,
                    _ => y * columns + x,
                };
                place as u32
            }));
        }
    }
    all
}

impl Mixing {
    /// The shares as edges beside plain areas tell them, before any palette is known.
    ///
    /// Of three cells in a row the first two of one colour, the third of another: what the middle one is off from
    /// the first is the third's share in it.
    pub(crate) fn measured(colors: &[Lab], columns: usize, noise: f32) -> Self {
        let rows = colors.len() / columns;
        let at = |x: usize, y: usize| colors[y * columns + x];
        let (mut across, mut down) = (Vec::new(), Vec::new());
        for y in 0..rows {
            for x in 2..columns.saturating_sub(1) {
                let line = [at(x - 2, y), at(x - 1, y), at(x, y), at(x + 1, y)];
                across.extend(share(line, noise));
            }
            for x in 0..columns.saturating_sub(3) {
                let line = [at(x + 3, y), at(x + 2, y), at(x + 1, y), at(x, y)];
                across.extend(share(line, noise));
            }
        }
        for x in 0..columns {
            for y in 2..rows.saturating_sub(1) {
                let line = [at(x, y - 2), at(x, y - 1), at(x, y), at(x, y + 1)];
                down.extend(share(line, noise));
            }
            for y in 0..rows.saturating_sub(3) {
                let line = [at(x, y + 3), at(x, y + 2), at(x, y + 1), at(x, y)];
                down.extend(share(line, noise));
            }
        }
        let [across, down] = [across, down].map(|mut shares: Vec<f32>| {
            // Fewer than this may be chance.
            if shares.len() < 20 {
                return 0.0;
            }
            let middle = shares.len() / 2;
            let median = *shares.select_nth_unstable_by(middle, f32::total_cmp).1;
            median.clamp(-0.12, 0.15)
        });
        Self {
            across,
            down,
            diagonal: 0.0,
        }
    }

    /// What the cells would show if nothing were mixed into them.
    pub(crate) fn undone(self, colors: &[Lab], around: &[[u32; 8]]) -> Vec<Lab> {
        let shares = self.shares();
        let own = 1.0 - shares.iter().sum::<f32>();
        let mut pure = colors.to_vec();
        // Each step brings the neighbours nearer to what they are; shares are small, so the second is near enough.
        for _ in 0..2 {
            let before = pure.clone();
            for (cell, pure) in pure.iter_mut().enumerate() {
                let mut color = colors[cell];
                for (&n, share) in around[cell].iter().zip(shares) {
                    for c in 0..3 {
                        color[c] -= share * before[n as usize][c];
                    }
                }
                *pure = color.map(|v| v / own);
            }
        }
        pure
    }

    /// The shares in the order of the neighbours.
    pub(crate) fn shares(self) -> [f32; 8] {
        let Self {
            across: x,
            down: y,
            diagonal: d,
        } = self;
        [x, x, y, y, d, d, d, d]
    }

    /// The colour that a cell should show.
    pub(crate) fn predicted(
        self,
        cell: usize,
        around: &[u32; 8],
        labels: &[u8],
        palette: &[Lab],
    ) -> Lab {
        let own = palette[usize::from(labels[cell])];
        let mut mixed = own;
        for (&n, share) in around.iter().zip(self.shares()) {
            let other = palette[usize::from(labels[n as usize])];
            for c in 0..3 {
                mixed[c] += share * (other[c] - own[c]);
            }
        }
        mixed
    }

    /// The shares that explain the cells best (least squares, outliers counting little), by the channels of which
    /// `tells` says that they tell anything.
    pub(crate) fn fit(
        colors: &[Lab],
        weights: &[f32],
        around: &[[u32; 8]],
        labels: &[u8],
        palette: &[Lab],
        scatter: &[f32],
        tells: impl Fn(f32) -> bool,
    ) -> Self {
        let mut normal = [[0.0f64; 3]; 3];
        let mut right = [0.0f64; 3];
        for (cell, color) in colors.iter().enumerate() {
            let unit = 9.0 * scatter[cell] * scatter[cell];
            let own = palette[usize::from(labels[cell])];
            let tells = color.map(&tells);
            let off: Lab = std::array::from_fn(|c| if tells[c] { color[c] - own[c] } else { 0.0 });
            let mut parts = [[0.0f32; 3]; 3];
            for (i, &n) in around[cell].iter().enumerate() {
                let other = palette[usize::from(labels[n as usize])];
                let kind = (i / 2).min(2);
                for c in (0..3).filter(|&c| tells[c]) {
                    parts[kind][c] += other[c] - own[c];
                }
            }
            let square: f32 = off.iter().map(|v| v * v).sum();
            let weight = f64::from(weights[cell] * unit / (unit + square));
            for i in 0..3 {
                let dot = |p: &Lab, q: &Lab| f64::from(p[0] * q[0] + p[1] * q[1] + p[2] * q[2]);
                right[i] += weight * dot(&parts[i], &off);
                for j in 0..3 {
                    normal[i][j] += weight * dot(&parts[i], &parts[j]);
                }
            }
        }
        // A picture with few edges says little: it is held to no mixing.
        for (i, row) in normal.iter_mut().enumerate() {
            row[i] += 0.05;
        }
        let mut flat: Vec<f64> = normal.as_flattened().to_vec();
        let mut solved = right.to_vec();
        if !solve(&mut flat, &mut solved, 1) {
            return Self::default();
        }
        // Beyond these a cell would be more its neighbours' than its own.
        let [across, down] = [solved[0], solved[1]].map(|v| v.clamp(-0.12, 0.15) as f32);
        Self {
            across,
            down,
            diagonal: solved[2].clamp(-0.06, 0.06) as f32,
        }
    }

    /// Moves the palette to where, mixed, it explains the cells best.
    pub(crate) fn settle_palette(
        self,
        palette: &mut [Lab],
        colors: &[Lab],
        weights: &[f32],
        around: &[[u32; 8]],
        labels: &[u8],
        scatter: &[f32],
    ) {
        let k = palette.len();
        let mut normal = vec![0.0f64; k * k];
        let mut right = vec![0.0f64; k * 3];
        for (cell, &color) in colors.iter().enumerate() {
            let unit = 4.0 * scatter[cell] * scatter[cell];
            let predicted = self.predicted(cell, &around[cell], labels, palette);
            let weight = weights[cell] * unit / (unit + distance_squared(color, predicted));
            // Which colours the cell is made of, and how much of each; equal ones are summed.
            let mut parts = [(0usize, 0.0f32); 9];
            let mut count = 1;
            parts[0] = (usize::from(labels[cell]), 1.0);
            for (&n, share) in around[cell].iter().zip(self.shares()) {
                let label = usize::from(labels[n as usize]);
                parts[0].1 -= share;
                if let Some(part) = parts[..count].iter_mut().find(|p| p.0 == label) {
                    part.1 += share;
                } else {
                    parts[count] = (label, share);
                    count += 1;
                }
            }
            for &(i, p) in &parts[..count] {
                for &(j, q) in &parts[..count] {
                    normal[i * k + j] += f64::from(weight * p * q);
                }
                for c in 0..3 {
                    right[i * 3 + c] += f64::from(weight * p * color[c]);
                }
            }
        }
        // A colour that few cells have stays where it is rather than flying off.
        const HOLD: f64 = 0.1;
        for i in 0..k {
            normal[i * k + i] += HOLD;
            for c in 0..3 {
                right[i * 3 + c] += HOLD * f64::from(palette[i][c]);
            }
        }
        if solve(&mut normal, &mut right, 3) {
            for (p, r) in palette.iter_mut().zip(right.chunks_exact(3)) {
                *p = [r[0] as f32, r[1] as f32, r[2] as f32];
            }
        }
    }
}

/// The share of the fourth cell's colour in the third, where the first two and the third are of one colour.
fn share([far, before, here, beyond]: [Lab; 4], noise: f32) -> Option<f32> {
    // A weaker contrast drowns in noise.
    let least = (8.0 * noise).max(0.1);
    let step: Lab = std::array::from_fn(|c| beyond[c] - before[c]);
    let square: f32 = step.iter().map(|v| v * v).sum();
    let plain = distance_squared(far, before) < 0.01 * square;
    if square < least * least || !plain {
        return None;
    }
    let off: Lab = std::array::from_fn(|c| here[c] - before[c]);
    let along = (0..3).map(|c| off[c] * step[c]).sum::<f32>() / square;
    // Aside of the line between the two lies another colour.
    let aside = off.iter().map(|v| v * v).sum::<f32>() / square - along * along;
    (along.abs() < 0.2 && aside < 0.01).then_some(along)
}

/// Solves a symmetric positive system of `right.len() / columns` unknowns in place; false where it has no solution.
fn solve(normal: &mut [f64], right: &mut [f64], columns: usize) -> bool {
    let n = right.len() / columns;
    for i in 0..n {
        let pivot = normal[i * n + i];
        if pivot.is_nan() || pivot <= 1e-12 {
            return false;
        }
        for r in i + 1..n {
            let factor = normal[r * n + i] / pivot;
            if factor == 0.0 {
                continue;
            }
            for c in i..n {
                normal[r * n + c] -= factor * normal[i * n + c];
            }
            for c in 0..columns {
                right[r * columns + c] -= factor * right[i * columns + c];
            }
        }
    }
    for i in (0..n).rev() {
        for c in 0..columns {
            let mut value = right[i * columns + c];
            for j in i + 1..n {
                value -= normal[i * n + j] * right[j * columns + c];
            }
            right[i * columns + c] = value / normal[i * n + i];
        }
    }
    true
}
