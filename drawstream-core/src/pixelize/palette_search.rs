//! Which colours a picture was painted with, found from its cells.

use super::cells::Cells;
use super::lab::{Lab, distance, distance_squared};
use super::options::Quality;

/// Colours nearer than this are one to the eye, side by side and in small areas.
const ALIKE: f32 = 0.02;
/// A cell further than this from its colour is plainly wrong, and no more wrong the further it is.
const PLAINLY_WRONG: f32 = 0.12;

/// At most `most` colours that explain the cells.
pub(crate) fn find(cells: &Cells, most: usize, quality: Quality) -> Vec<Lab> {
    // Some hundreds of candidates tell all there is to tell; they cost their square.
    let (candidates, alike) = match quality {
        Quality::Best => (400, ALIKE),
        // Nobody looks at neighbours afterwards: colours must be told apart cell by cell.
        Quality::Fast => (150, 1.4 * ALIKE),
    };
    let denoised = cells.denoised();
    let scatter = cells.scatter();
    let candidates = Candidates::of(&denoised, &cells.purity, &scatter, cells.noise, candidates);
    let costs = Costs::of(&candidates);
    let mut chosen = costs.greedy(&candidates, most);
    costs.swap(&candidates, &mut chosen);
    let mut palette: Vec<Lab> = chosen.iter().map(|&c| candidates.colors[c]).collect();
    candidates.settle(&mut palette);
    for _ in 0..12 {
        merge_alike(&mut palette, &candidates, alike);
        if !candidates.repair(&mut palette, most) {
            break;
        }
        candidates.settle(&mut palette);
    }
    merge_alike(&mut palette, &candidates, alike);
    settle(&mut palette, &denoised, &cells.purity, cells.noise);
    palette
}

/// Of given colours those that the cells need most, at most `most`, in the order given.
pub(crate) fn most_useful(mut given: Vec<Lab>, cells: &[Lab], most: usize) -> Vec<Lab> {
    while given.len() > most {
        // The one whose cells lose least by going to their second choice is dropped.
        let mut loss = vec![0.0f32; given.len()];
        for &cell in cells {
            let (mut first, mut second) = ((0, f32::MAX), f32::MAX);
            for (i, &g) in given.iter().enumerate() {
                let d = distance(g, cell);
                if d < first.1 {
                    second = first.1;
                    first = (i, d);
                } else {
                    second = second.min(d);
                }
            }
            loss[first.0] += second - first.1;
        }
        let least = (0..given.len()).min_by(|&a, &b| loss[a].total_cmp(&loss[b]));
        given.remove(least.unwrap_or(0));
    }
    given
}

/// Draws each colour towards the nearest wish, the less the further that is.
pub(crate) fn pull(palette: &mut [Lab], wishes: &[Lab], pull: f32) {
    // A wish further away than this is another colour: blue isn't to become red.
    const FARTHEST: f32 = 0.2;
    if wishes.is_empty() {
        return;
    }
    for color in palette {
        let wish = wishes[nearest(wishes, *color)];
        let near = (1.0 - distance(wish, *color) / FARTHEST).max(0.0).sqrt();
        let share = pull.clamp(0.0, 1.0) * near;
        *color = std::array::from_fn(|c| color[c] + (wish[c] - color[c]) * share);
    }
}

/// The index of the nearest colour; the first of equals.
pub(crate) fn nearest(palette: &[Lab], color: Lab) -> usize {
    let mut best = (0, f32::MAX);
    for (i, &p) in palette.iter().enumerate() {
        let d = distance_squared(p, color);
        if d < best.1 {
            best = (i, d);
        }
    }
    best.0
}

/// Moves each colour to the middle of the cells that are nearest to it, outliers counting little.
fn settle(palette: &mut [Lab], colors: &[Lab], weights: &[f32], noise: f32) {
    let unit = (2.0 * noise.max(0.003)) * (2.0 * noise.max(0.003));
    for _ in 0..3 {
        let mut sums = vec![([0.0f32; 3], 0.0f32); palette.len()];
        for (&color, &weight) in colors.iter().zip(weights) {
            let i = nearest(palette, color);
            let weight = weight / (1.0 + distance_squared(palette[i], color) / unit);
            for (s, c) in sums[i].0.iter_mut().zip(color) {
                *s += weight * c;
            }
            sums[i].1 += weight;
        }
        for (p, (sum, mass)) in palette.iter_mut().zip(sums) {
            if mass > 0.0 {
                *p = sum.map(|s| s / mass);
            }
        }
    }
}

/// Joins pairs that are one to the eye or within noise.
fn merge_alike(palette: &mut Vec<Lab>, candidates: &Candidates, alike: f32) {
    loop {
        let own = candidates.shares(palette);
        // How near two are, as a share of what is one colour.
        let mut closest = (0, 0, 1.0);
        for i in 0..palette.len() {
            for j in i + 1..palette.len() {
                let scatter = if own[i].0 < own[j].0 {
                    own[i].1
                } else {
                    own[j].1
                };
                let near = distance(palette[i], palette[j]) / alike.max(2.0 * scatter);
                if near < closest.2 {
                    closest = (i, j, near);
                }
            }
        }
        let (i, j, near) = closest;
        if near >= 1.0 {
            return;
        }
        let (mi, mj) = (own[i].0, own[j].0);
        let share = if mi + mj > 0.0 { mj / (mi + mj) } else { 0.5 };
        let (p, q) = (palette[i], palette[j]);
        palette[i] = std::array::from_fn(|c| p[c] + (q[c] - p[c]) * share);
        palette.remove(j);
    }
}

/// The cells' colours, gathered into small bins: places where a palette colour may be.
struct Candidates {
    colors: Vec<Lab>,
    masses: Vec<f32>,
    /// What a candidate counts: its mass to the power of 0.6, so that few but clear cells are heard.
    weights: Vec<f32>,
    /// How far a candidate's cells may be from their true colour.
    scatter: Vec<f32>,
    noise: f32,
}

impl Candidates {
    fn of(colors: &[Lab], purity: &[f32], scatter: &[f32], noise: f32, most: usize) -> Self {
        let mut side = 0.012;
        let mut found = Self::binned(colors, purity, scatter, noise, side);
        while found.colors.len() > most {
            // Colours lie on surfaces rather than in volumes: their number falls with the side's square.
            side *= (found.colors.len() as f32 / most as f32).sqrt().max(1.1);
            found = Self::binned(&found.colors, &found.masses, &found.scatter, noise, side);
        }
        found
    }

    fn binned(colors: &[Lab], purity: &[f32], scatter: &[f32], noise: f32, side: f32) -> Self {
        let mut keyed: Vec<(u32, u32)> = colors
            .iter()
            .zip(0..)
            .map(|(c, i)| {
                // OKLab's a and b lie within ±0.5.
                let [l, a, b] =
                    [c[0], c[1] + 0.5, c[2] + 0.5].map(|v| ((v / side).max(0.0) as u32).min(1023));
                (l << 20 | a << 10 | b, i)
            })
            .collect();
        keyed.sort_unstable();
        let mut found = Self {
            colors: Vec::new(),
            masses: Vec::new(),
            weights: Vec::new(),
            scatter: Vec::new(),
            noise,
        };
        for bin in keyed.chunk_by(|a, b| a.0 == b.0) {
            let mut sum = [0.0f32; 3];
            let mut mass = 0.0;
            let mut astray = 0.0;
            for &(_, i) in bin {
                let weight = purity[i as usize].max(1e-3);
                mass += weight;
                astray += weight * scatter[i as usize];
                for (s, c) in sum.iter_mut().zip(colors[i as usize]) {
                    *s += weight * c;
                }
            }
            found.colors.push(sum.map(|s| s / mass));
            found.masses.push(mass);
            found.scatter.push(astray / mass);
            found.weights.push(libm::powf(mass, 0.6));
        }
        found
    }

    /// [`settle`], by the candidates instead of all cells: as good while searching, and much faster.
    fn settle(&self, palette: &mut [Lab]) {
        settle(palette, &self.colors, &self.masses, self.noise);
    }

    /// How badly a colour stands for a candidate: nothing within the noise.
    fn cost(&self, candidate: usize, color: Lab) -> f32 {
        let d = (distance(self.colors[candidate], color) - 2.0 * self.scatter[candidate]).max(0.0);
        let d = d.min(PLAINLY_WRONG);
        self.weights[candidate] * d * d
    }

    /// The least that a further colour must save: three cells' worth of what eyes can just tell apart.
    fn worthwhile(&self) -> f32 {
        libm::powf(3.0, 0.6) * ALIKE * ALIKE
    }

    /// How much of these costs a candidate would save.
    fn saving(&self, costs: &[f32], candidate: usize) -> f32 {
        let color = self.colors[candidate];
        (0..costs.len())
            .filter(|&i| costs[i] > 0.0)
            .map(|i| (costs[i] - self.cost(i, color)).max(0.0))
            .sum()
    }

    /// The candidate that would save most of these costs, and how much.
    fn most_saving(&self, costs: &[f32]) -> (usize, f32) {
        let mut best = (0, f32::MIN);
        for c in 0..self.colors.len() {
            let saving = self.saving(costs, c);
            if saving > best.1 {
                best = (c, saving);
            }
        }
        best
    }

    /// Of each candidate: which of these colours is nearest, what that costs, and what the second would.
    fn served(&self, palette: &[Lab]) -> Vec<(usize, f32, f32)> {
        (0..self.colors.len())
            .map(|i| {
                let worst = self.weights[i] * PLAINLY_WRONG * PLAINLY_WRONG;
                let mut best = (0, f32::MAX, worst);
                for (k, &color) in palette.iter().enumerate() {
                    let cost = self.cost(i, color);
                    if cost < best.1 {
                        best = (k, cost, best.1.min(worst));
                    } else {
                        best.2 = best.2.min(cost);
                    }
                }
                best
            })
            .collect()
    }

    fn costs(&self, palette: &[Lab]) -> Vec<f32> {
        (0..self.colors.len())
            .map(|i| self.cost(i, palette[nearest(palette, self.colors[i])]))
            .collect()
    }

    /// Of each colour: the mass of the candidates nearest to it, and their mean scatter.
    fn shares(&self, palette: &[Lab]) -> Vec<(f32, f32)> {
        let mut shares = vec![(0.0, 0.0); palette.len()];
        for (i, &color) in self.colors.iter().enumerate() {
            let share = &mut shares[nearest(palette, color)];
            share.0 += self.masses[i];
            share.1 += self.masses[i] * self.scatter[i];
        }
        for share in &mut shares {
            share.1 = if share.0 > 0.0 {
                share.1 / share.0
            } else {
                self.noise
            };
        }
        shares
    }

    /// Adds the colour that saves most, in place of the least useful one where the palette is full.
    /// Says whether it helped.
    fn repair(&self, palette: &mut Vec<Lab>, most: usize) -> bool {
        let costs = self.costs(palette);
        let (best, saving) = self.most_saving(&costs);
        if saving <= self.worthwhile() {
            return false;
        }
        if palette.len() < most {
            palette.push(self.colors[best]);
            return true;
        }
        let mut with: Vec<Lab> = palette.clone();
        with.push(self.colors[best]);
        let before: f32 = costs.iter().sum();
        // What each colour's own would lose by going to their second choice.
        let mut lost = vec![0.0f32; with.len()];
        let mut after = 0.0;
        for (k, first, second) in self.served(&with) {
            after += first;
            lost[k] += second - first;
        }
        let mut cheapest = (0, f32::MAX);
        for (k, lost) in lost[..palette.len()].iter().enumerate() {
            if after + lost < cheapest.1 {
                cheapest = (k, after + lost);
            }
        }
        if cheapest.1 < before - self.worthwhile() / 2.0 {
            palette[cheapest.0] = self.colors[best];
            return true;
        }
        false
    }
}

/// What each candidate would cost with each other one for its colour.
struct Costs {
    /// Row by row, a row for each colour.
    costs: Vec<f32>,
    candidates: usize,
}

impl Costs {
    fn of(candidates: &Candidates) -> Self {
        let n = candidates.colors.len();
        let with = |&color: &Lab| (0..n).map(move |i| candidates.cost(i, color));
        Self {
            costs: candidates.colors.iter().flat_map(with).collect(),
            candidates: n,
        }
    }

    /// What each candidate costs where this one's is its colour.
    fn with(&self, color: usize) -> &[f32] {
        &self.costs[color * self.candidates..][..self.candidates]
    }

    /// Candidates chosen one after another, each the one that saves most.
    ///
    /// A candidate's saving only shrinks as others are chosen, so an old figure that is beaten by a fresh one needs
    /// no second look: that makes it fast.
    fn greedy(&self, candidates: &Candidates, most: usize) -> Vec<usize> {
        let mut costs: Vec<f32> = candidates
            .weights
            .iter()
            .map(|w| w * PLAINLY_WRONG * PLAINLY_WRONG)
            .collect();
        let mut savings: Vec<(f32, usize)> = (0..costs.len())
            .map(|c| (self.saving(&costs, c), c))
            .collect();
        let mut chosen = Vec::new();
        while chosen.len() < most {
            // Descending, the first of equals in front.
            savings.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let mut best = (0, f32::MIN);
            for (old, c) in &mut savings {
                if *old <= best.1 {
                    break;
                }
                *old = self.saving(&costs, *c);
                if *old > best.1 {
                    best = (*c, *old);
                }
            }
            if !chosen.is_empty() && best.1 <= candidates.worthwhile() {
                break;
            }
            chosen.push(best.0);
            for (cost, new) in costs.iter_mut().zip(self.with(best.0)) {
                *cost = cost.min(*new);
            }
        }
        chosen
    }

    /// How much of these costs a candidate would save.
    fn saving(&self, costs: &[f32], candidate: usize) -> f32 {
        let new = costs.iter().zip(self.with(candidate));
        new.map(|(cost, new)| (cost - new).max(0.0)).sum()
    }

    /// Exchanges chosen candidates for others as long as that saves.
    fn swap(&self, candidates: &Candidates, chosen: &mut [usize]) {
        // More exchanges than this have not been seen to change a picture.
        const MOST_EXCHANGES: usize = 24;
        for _ in 0..(2 * chosen.len()).min(MOST_EXCHANGES) {
            let places: Vec<Lab> = chosen.iter().map(|&c| candidates.colors[c]).collect();
            let served = candidates.served(&places);
            let mut best = (0, 0, 1e-7);
            let mut lost = vec![0.0; chosen.len()];
            for c in 0..served.len() {
                let mut saved = 0.0;
                lost.fill(0.0);
                for (&(k, first, second), &cost) in served.iter().zip(self.with(c)) {
                    if second <= 0.0 {
                        continue;
                    }
                    saved += (first - cost).max(0.0);
                    // Without k this one falls to the newcomer or to its second.
                    lost[k] += cost.min(second) - cost.min(first);
                }
                for (k, lost) in lost.iter().enumerate() {
                    if saved - lost > best.2 {
                        best = (k, c, saved - lost);
                    }
                }
            }
            if best.2 <= 1e-7 {
                return;
            }
            chosen[best.0] = best.1;
        }
    }
}
