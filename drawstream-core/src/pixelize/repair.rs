//! Colours that a palette lacks: few cells have them, so the search took them for noise.

use super::lab::{Lab, distance, distance_squared};
use super::palette_search::nearest;

/// A palette and who has which of its colours, while colours are still added.
pub(crate) struct Draft<'a> {
    /// The cells' own colours, freed of what neighbours mixed in.
    pub(crate) colors: &'a [Lab],
    /// How far each may be from its true colour.
    pub(crate) scatter: &'a [f32],
    pub(crate) around: &'a [[u32; 8]],
    /// Which palette colour each cell has; kept true.
    pub(crate) labels: &'a mut [u8],
    pub(crate) palette: &'a mut Vec<Lab>,
    /// The most colours that the palette may have.
    pub(crate) most: usize,
}

impl Draft<'_> {
    /// Adds the colour that is missed most, in place of the least useful one where the palette is full.
    ///
    /// Says whether a colour was missing.
    pub(crate) fn add_missing(&mut self) -> bool {
        // What cells scatter without any contrast is judged below, by what is typical.
        let calm = self.scatter.iter().copied().fold(f32::MAX, f32::min);
        let off: Vec<f32> = (0..self.colors.len())
            .map(|cell| {
                let unexplained = distance(self.rest(cell), [0.0; 3]);
                (unexplained - (self.scatter[cell] - calm)).max(0.0)
            })
            .collect();
        let scale = Scale::new(median(&off));
        most_missed(self.colors, &off, &scale)
            .is_some_and(|(color, saving)| self.admit(color, saving, &scale).is_some())
    }

    /// Adds a colour that is worth so much, in place of a clearly less useful one where the palette is full.
    ///
    /// Returns its place in the palette; `None` where all others are worth more.
    pub(crate) fn admit(&mut self, color: Lab, worth: f32, scale: &Scale) -> Option<u8> {
        if self.palette.len() < self.most {
            self.palette.push(color);
            return Some((self.palette.len() - 1) as u8);
        }
        // A false colour, a shadow or a speck of noise, lies so near to another that nobody misses it.
        const CLEARLY: f32 = 1.3;
        let lost: Vec<f32> = self
            .without()
            .iter()
            .map(|&(cells, far)| scale.worth(cells, far))
            .collect();
        let cheapest = (0..lost.len()).min_by(|&a, &b| lost[a].total_cmp(&lost[b]))?;
        if lost[cheapest] * CLEARLY >= worth {
            return None;
        }
        self.palette[cheapest] = color;
        for (label, &c) in self.labels.iter_mut().zip(self.colors) {
            if usize::from(*label) == cheapest {
                *label = nearest(self.palette, c) as u8;
            }
        }
        Some(cheapest as u8)
    }

    /// What a cell is off from its colour once a neighbour's may be mixed into it, more than into cells on average.
    ///
    /// Among dithered cells and beside thin lines such mixtures look like colours of their own.
    pub(crate) fn rest(&self, cell: usize) -> Lab {
        rest(
            self.colors[cell],
            cell,
            &self.around[cell],
            self.labels,
            self.palette,
        )
    }

    /// Of each palette colour: how many cells have it, and how far they would be from their second choice on average.
    fn without(&self) -> Vec<(f32, f32)> {
        let mut sums = vec![(0.0f32, 0.0f32); self.palette.len()];
        let mut second = self.labels.to_vec();
        for (cell, &color) in self.colors.iter().enumerate() {
            let label = self.labels[cell];
            let own = usize::from(label);
            let others = (0..self.palette.len()).filter(|&k| k != own);
            let far = |k: usize| distance(self.palette[k], color);
            let Some(other) = others.min_by(|&a, &b| far(a).total_cmp(&far(b))) else {
                continue;
            };
            // As if this cell alone had changed: neighbours of its own colour say nothing about it.
            second[cell] = other as u8;
            let around = self.around[cell].map(|n| {
                if self.labels[n as usize] == label {
                    cell as u32
                } else {
                    n
                }
            });
            let rest = rest(color, cell, &around, &second, self.palette);
            sums[own].0 += 1.0;
            sums[own].1 += distance(rest, [0.0; 3]);
            second[cell] = label;
        }
        sums.iter()
            .map(|&(count, far)| (count, far / count.max(1.0)))
            .collect()
    }
}

/// See [`Draft::rest`]; with other labels than the draft's.
fn rest(color: Lab, cell: usize, around: &[u32; 8], labels: &[u8], palette: &[Lab]) -> Lab {
    // Less than nothing of a neighbour is in a cell where the picture was sharpened.
    const MOST: f32 = 0.25;
    let label = labels[cell];
    let own = palette[usize::from(label)];
    let off: Lab = std::array::from_fn(|c| color[c] - own[c]);
    let mut best = (off, distance_squared(color, own));
    for &n in around {
        if labels[n as usize] == label {
            continue;
        }
        let other = palette[usize::from(labels[n as usize])];
        let line: Lab = std::array::from_fn(|c| other[c] - own[c]);
        let square: f32 = line.iter().map(|v| v * v).sum();
        let dot: f32 = (0..3).map(|c| off[c] * line[c]).sum();
        let share = (dot / square.max(1e-9)).clamp(-MOST, MOST);
        let rest: Lab = std::array::from_fn(|c| off[c] - share * line[c]);
        let square = rest.iter().map(|v| v * v).sum();
        if square < best.1 {
            best = (rest, square);
        }
    }
    best.0
}

/// What counts as far, for a picture whose cells are typically so far from their colour.
pub(crate) struct Scale {
    /// Nearer is noise, and nothing is gained by mending it.
    dead: f32,
    /// Further is another colour.
    far: f32,
}

impl Scale {
    /// Every distance counts: for heaps of cells, whose middles noise hardly moves.
    pub(crate) const ALL: Self = Self {
        dead: 0.0,
        far: 0.0,
    };

    fn new(typical: f32) -> Self {
        Self {
            dead: 3.5 * typical,
            far: (6.0 * typical).max(0.045),
        }
    }

    /// What a colour is worth that so many cells have and whose nearest other is so far away.
    ///
    /// The power of 0.6 lets few cells be heard beside many, as in the search.
    pub(crate) fn worth(&self, cells: f32, distance: f32) -> f32 {
        let d = (distance - self.dead).clamp(0.0, 0.12);
        libm::powf(cells, 0.6) * d * d
    }
}

/// The colour of the cells that are farthest from theirs and alike, and what it would be worth.
fn most_missed(colors: &[Lab], off: &[f32], scale: &Scale) -> Option<(Lab, f32)> {
    // What three cells are worth that eyes can just tell from their colour.
    const LEAST: f32 = 0.003;
    // More cells than this would mean that the search has failed, and cost their square.
    const MOST: usize = 400;
    let mut missing: Vec<usize> = (0..off.len()).filter(|&i| off[i] > scale.far).collect();
    missing.sort_by(|&a, &b| off[b].total_cmp(&off[a]));
    missing.truncate(MOST);
    let alike = scale.far * 0.8;
    let mut best: Option<(Lab, f32)> = None;
    for &i in &missing {
        let mut sum = [0.0f32; 3];
        let (mut count, mut far) = (0.0f32, 0.0f32);
        for &j in &missing {
            if distance(colors[i], colors[j]) < alike {
                count += 1.0;
                far += off[j];
                for (s, c) in sum.iter_mut().zip(colors[j]) {
                    *s += c;
                }
            }
        }
        let worth = scale.worth(count, far / count);
        // One cell alone may be anything, unless it is glaring.
        let clear = count >= 2.0 || off[i] > 0.1;
        if clear && worth > LEAST && best.is_none_or(|b| worth > b.1) {
            best = Some((sum.map(|s| s / count), worth));
        }
    }
    best
}

fn median(values: &[f32]) -> f32 {
    let mut values = values.to_vec();
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}
