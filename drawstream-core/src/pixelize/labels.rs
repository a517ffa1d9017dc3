//! Which colour each cell has, its neighbours considered.

use super::lab::{Lab, distance_squared};
use super::mixing::Mixing;
use super::palette_search::nearest;

/// What is known when cells get their colours.
pub(crate) struct Labelling<'a> {
    /// The cells' colours as seen, illumination taken out.
    pub(crate) colors: &'a [Lab],
    /// How much each cell's colour is to be believed.
    pub(crate) weights: &'a [f32],
    pub(crate) around: &'a [[u32; 8]],
    pub(crate) palette: &'a [Lab],
    pub(crate) mixing: Mixing,
    /// Typical distance of a cell from what it should show.
    pub(crate) noise: f32,
}

/// What a different neighbour costs, in units of the squared noise: beside, diagonal.
const DIFFERENT: [f32; 2] = [1.0, 0.5];
/// What it is worth that two colours are often beside each other in this picture.
const OFTEN: f32 = 0.3;
/// A cell that is this many squared noises off is wrong, and no more wrong beyond.
const WRONG: f32 = 12.0;

impl Labelling<'_> {
    /// Lets cells change to the colour that fits them and their neighbours best, `sweeps` times over.
    ///
    /// A cell only ever chooses among colours about as near to it as its nearest: so thin lines and lone pixels,
    /// which no neighbour speaks for, stay.
    pub(crate) fn improve(&self, labels: &mut [u8], sweeps: usize) {
        let choices = self.choices();
        let mut off: Vec<Lab> = (0..labels.len())
            .map(|cell| {
                let shown = self
                    .mixing
                    .predicted(cell, &self.around[cell], labels, self.palette);
                std::array::from_fn(|c| self.colors[cell][c] - shown[c])
            })
            .collect();
        for _ in 0..sweeps {
            let beside = self.beside(labels);
            let mut changed = false;
            for (cell, choices) in choices.iter().enumerate() {
                if choices.len() > 1 {
                    changed |= self.choose(cell, choices, &beside, labels, &mut off);
                }
            }
            if !changed {
                break;
            }
        }
    }

    /// The colours that each cell may have.
    fn choices(&self) -> Vec<Vec<u8>> {
        let slack = (5.0 * self.noise).max(0.06);
        self.colors
            .iter()
            .map(|&color| {
                let best = distance_squared(self.palette[nearest(self.palette, color)], color);
                let most = (best.sqrt() + slack) * (best.sqrt() + slack);
                (0..self.palette.len())
                    .filter(|&i| distance_squared(self.palette[i], color) <= most)
                    .map(|i| i as u8)
                    .collect()
            })
            .collect()
    }

    /// What it costs that a colour lies beside another: less the more often they do.
    fn beside(&self, labels: &[u8]) -> Vec<f32> {
        let k = self.palette.len();
        let mut counts = vec![0.0f32; k * k];
        let mut totals = vec![0.0f32; k];
        for (cell, around) in self.around.iter().enumerate() {
            let own = usize::from(labels[cell]);
            for &n in &around[..4] {
                counts[own * k + usize::from(labels[n as usize])] += 1.0;
                totals[own] += 1.0;
            }
        }
        let all: f32 = totals.iter().sum();
        (0..k * k)
            .map(|i| {
                // How much more often than by chance, two chance meetings added against small numbers.
                let chance = totals[i / k] * totals[i % k] / all;
                -OFTEN * libm::logf((counts[i] + 2.0) / (chance + 2.0))
            })
            .collect()
    }

    /// The cost of a cell's distance from what it should show.
    fn misfit(&self, cell: usize, off: Lab) -> f32 {
        let square = off[0] * off[0] + off[1] * off[1] + off[2] * off[2];
        let unit = self.noise * self.noise;
        // A lone pixel's samples never agree in a soft picture; it must still be heard against its neighbours.
        let heard = 0.4 + 0.6 * self.weights[cell];
        heard * (square / (2.0 * unit)).min(WRONG)
    }

    /// Gives one cell its best colour; says whether that is another than before.
    fn choose(
        &self,
        cell: usize,
        choices: &[u8],
        beside: &[f32],
        labels: &mut [u8],
        off: &mut [Lab],
    ) -> bool {
        let k = self.palette.len();
        let shares = self.mixing.shares();
        let around = &self.around[cell];
        let before = labels[cell];
        let own_share = 1.0 - shares.iter().sum::<f32>();
        let mut best = (before, f32::MAX);
        for &choice in choices {
            let label = usize::from(choice);
            let step: Lab = std::array::from_fn(|c| {
                self.palette[label][c] - self.palette[usize::from(before)][c]
            });
            let moved =
                |off: Lab, share: f32| -> Lab { std::array::from_fn(|c| off[c] - share * step[c]) };
            let mut cost = self.misfit(cell, moved(off[cell], own_share));
            for (i, (&n, &share)) in around.iter().zip(&shares).enumerate() {
                let n = n as usize;
                if n == cell {
                    continue;
                }
                cost += self.misfit(n, moved(off[n], share));
                let other = usize::from(labels[n]);
                let diagonal = usize::from(i >= 4);
                if other != label {
                    cost += DIFFERENT[diagonal];
                }
                if diagonal == 0 {
                    cost += beside[label * k + other];
                }
            }
            if cost < best.1 {
                best = (choice, cost);
            }
        }
        if best.0 == before {
            return false;
        }
        let step: Lab = std::array::from_fn(|c| {
            self.palette[usize::from(best.0)][c] - self.palette[usize::from(before)][c]
        });
        labels[cell] = best.0;
        for c in 0..3 {
            off[cell][c] -= own_share * step[c];
        }
        for (&n, &share) in around.iter().zip(&shares) {
            if n as usize != cell {
                for c in 0..3 {
                    off[n as usize][c] -= share * step[c];
                }
            }
        }
        true
    }
}
