//! Where cells begin and end along an axis: the best path over the edges' histogram.

use super::edges::Edges;

/// Histogram bins a pixel: boundaries are placed to a quarter of a pixel.
pub(crate) const BINS: usize = 4;

/// How much edge weight lies at each small stretch of an axis.
pub(crate) struct Histogram {
    bins: Vec<f32>,
    /// Bins a pixel.
    fine: f32,
}

impl Histogram {
    /// Of an axis `length` pixels long, from places and weights, in quarters of a pixel.
    pub(crate) fn new(length: usize, points: impl Iterator<Item = (f32, f32)>) -> Self {
        let mut bins = vec![0.0; length * BINS + 2];
        let last = bins.len() - 2;
        for (place, weight) in points {
            // Shared out between the two nearest bins.
            let place = (place * BINS as f32).clamp(0.0, last as f32);
            let bin = place as usize;
            let rest = place - bin as f32;
            bins[bin] += weight * (1.0 - rest);
            bins[bin + 1] += weight * rest;
        }
        bins.pop();
        Self {
            bins,
            fine: BINS as f32,
        }
    }

    /// As fine as is useful for this pitch: large cells need no quarters of a pixel, and time grows with their square.
    fn for_pitch(&self, pitch: f32) -> Self {
        let join = match pitch {
            p if p > 24.0 => 4,
            p if p > 12.0 => 2,
            _ => 1,
        };
        // Bin i stands for the place i / fine: joined bins are centred on theirs.
        let joined = |i: usize| {
            let from = (i * join).saturating_sub(join / 2);
            let to = (i * join + join.div_ceil(2)).min(self.bins.len());
            self.bins[from..to].iter().sum()
        };
        Self {
            bins: (0..self.bins.len().div_ceil(join)).map(joined).collect(),
            fine: self.fine / join as f32,
        }
    }

    /// Blurred by about half a pixel: as far as edge points scatter around their boundary.
    fn blurred(&self) -> Vec<f32> {
        const KERNEL: [f32; 5] = [0.2, 0.18, 0.12, 0.07, 0.03];
        let n = self.bins.len();
        (0..n)
            .map(|i| {
                let mut sum = KERNEL[0] * self.bins[i];
                for (d, k) in KERNEL.iter().enumerate().skip(1) {
                    let left = if i >= d { self.bins[i - d] } else { 0.0 };
                    let right = self.bins.get(i + d).copied().unwrap_or(0.0);
                    sum += k * (left + right);
                }
                sum
            })
            .collect()
    }

    /// What a boundary at each bin is worth: −1 to 3, the mean of a stretch as large as the cells about it is 0.
    fn rewards(&self, pitch: f32) -> Vec<f32> {
        let blurred = self.blurred();
        let n = blurred.len();
        let mut sums = vec![0.0f64; n + 1];
        for (i, v) in blurred.iter().enumerate() {
            sums[i + 1] = sums[i] + f64::from(*v);
        }
        // Where there are hardly any edges they say nothing: this much of the mean damps them.
        let floor = 0.15 * (sums[n] / n as f64) as f32;
        let reach = (2.0 * pitch * self.fine) as usize;
        (0..n)
            .map(|i| {
                let (from, to) = (i.saturating_sub(reach), (i + reach + 1).min(n));
                let envelope = ((sums[to] - sums[from]) / (to - from) as f64) as f32;
                if envelope + floor <= 0.0 {
                    return 0.0;
                }
                ((blurred[i] - envelope) / (envelope + floor)).min(3.0)
            })
            .collect()
    }

    /// The boundaries along the axis, in pixels, ascending: about `pitch` apart, on edges where there are some.
    ///
    /// Dynamic programming over (place, interval before it), both in bins.
    pub(crate) fn trace(&self, pitch: f32) -> Vec<f32> {
        self.for_pitch(pitch).best_path(pitch, 0.0)
    }

    /// [`Histogram::trace`] where each boundary is worth so much more or less: more or fewer come out.
    pub(crate) fn trace_leaning(&self, pitch: f32, lean: f32) -> Vec<f32> {
        self.for_pitch(pitch).best_path(pitch, lean)
    }

    fn best_path(&self, pitch: f32, lean: f32) -> Vec<f32> {
        let bins = self.fine;
        let least = ((1.0 - STRAY) * pitch * bins).ceil().max(1.0) as usize;
        let most = (((1.0 + STRAY) * pitch * bins) as usize).max(least);
        if self.bins.len() <= most {
            return Vec::new();
        }
        let rewards = self.rewards(pitch);
        let leave = (least..=most).map(|d| {
            let off = (d as f32 / bins - pitch) / pitch;
            LEAVE * off * off
        });
        let per_change = CHANGE / (pitch * pitch * bins * bins);
        let costs = std::array::from_fn(|i| {
            let change = i.abs_diff(MOST_CHANGE) as f32;
            per_change * change * change
        });
        let mut paths = Paths::new(rewards.len(), least, leave.collect(), costs);
        for (at, &reward) in rewards.iter().enumerate() {
            paths.reach(at, reward + lean);
        }
        let places = paths.walk_back();
        places.into_iter().map(|at| at as f32 / self.fine).collect()
    }

    /// The share of the weight within `reach` pixels of a boundary.
    pub(crate) fn share_near(&self, boundaries: &[f32], reach: f32) -> f32 {
        let mut near = 0.0;
        let total: f32 = self.bins.iter().sum();
        for b in boundaries {
            let from = ((b - reach) * BINS as f32).max(0.0).ceil() as usize;
            let to = (((b + reach) * BINS as f32) as usize + 1).min(self.bins.len());
            near += self.bins.get(from..to).unwrap_or(&[]).iter().sum::<f32>();
        }
        if total > 0.0 { near / total } else { 0.0 }
    }

    /// The pitch as boundaries 6, 12, 24 and 48 cells apart have it, those on clear edges above all.
    pub(crate) fn measured_pitch(&self, boundaries: &[f32]) -> Option<f32> {
        let blurred = self.blurred();
        let strength: Vec<f32> = boundaries
            .iter()
            .map(|b| {
                let bin = ((b * BINS as f32) as usize).min(blurred.len() - 1);
                blurred[bin]
            })
            .collect();
        let (mut sum, mut mass) = (0.0, 0.0);
        for apart in [6, 12, 24, 48] {
            for i in apart..boundaries.len() {
                let weight = strength[i].min(strength[i - apart]) * apart as f32;
                sum += weight * (boundaries[i] - boundaries[i - apart]) / apart as f32;
                mass += weight;
            }
        }
        (mass > 0.0).then(|| sum / mass)
    }
}

/// How much of the edges' weight a grid of this pitch explains beyond what chance would.
pub(crate) fn explained(histograms: &[Histogram; 2], pitch: f32) -> f32 {
    // Near is within an eighth of a cell: with a fixed reach the finest grid would always explain all.
    const REACH: f32 = 0.125;
    let chance = 2.0 * REACH;
    let shares = histograms
        .each_ref()
        .map(|histogram| histogram.share_near(&histogram.trace(pitch), REACH * pitch));
    let share = (shares[0] + shares[1]) / 2.0;
    ((share - chance) / (1.0 - chance)).max(0.0)
}

/// Both axes' histograms of edge points as they were found.
pub(crate) fn histograms(edges: &Edges) -> [Histogram; 2] {
    [0, 1].map(|axis| {
        let points = edges.axes[axis].iter().map(|p| (p.across, p.weight));
        Histogram::new(edges.size[axis], points)
    })
}

/// Intervals stray so far from the pitch: what diffusion models' grids do.
const STRAY: f32 = 0.16;
/// What leaving the pitch costs, for its square.
const LEAVE: f32 = 6.0;
/// What changing the interval costs: 0.35 a squared quarter of a pixel where cells are 8 px, which is 1/32 of the
/// cell: of larger and smaller cells it is the same share.
const CHANGE: f32 = 0.35 * 32.0 * 32.0;
/// A larger change of the interval, in bins, costs more than any reward gives back.
const MOST_CHANGE: usize = 3;
/// Changes from all the way down to all the way up.
const CHANGES: usize = 2 * MOST_CHANGE + 1;

/// The best paths to each state, a state being a place and the interval before it, both in bins.
///
/// A state at `at` with interval `least + kind` comes from one at `at - least - kind` whose kind is that of it or up
/// to three off. States are laid out by `at + kind`, so that for each change those of all kinds lie side by side and
/// vector registers can compare them. Which one was best is not kept but found again on the way back.
struct Paths {
    values: Vec<f32>,
    least: usize,
    kinds: usize,
    /// Kinds of a row, with room to both sides.
    wide: usize,
    places: usize,
    leave: Vec<f32>,
    costs: [f32; CHANGES],
    /// Scratch: what each kind's best predecessor is worth.
    best: Vec<f32>,
}

/// The larger of two numbers; unlike `f32::max` one instruction, since it needn't care for what is no number.
#[inline(always)]
fn larger(p: f32, q: f32) -> f32 {
    if p > q { p } else { q }
}

/// A vector register's worth of kinds.
const LANES: usize = 8;
/// More than any path is worth.
const NEVER: f32 = 1e9;

impl Paths {
    fn new(places: usize, least: usize, mut leave: Vec<f32>, costs: [f32; CHANGES]) -> Self {
        let kinds = leave.len();
        // Kinds that there aren't, to fill the last lanes, are worth nothing.
        let filled = kinds.next_multiple_of(LANES);
        leave.resize(filled, NEVER);
        let wide = filled + 2 * MOST_CHANGE;
        Self {
            values: vec![-NEVER; (places + filled) * wide],
            least,
            kinds,
            wide,
            places,
            best: vec![0.0; filled],
            leave,
            costs,
        }
    }

    /// Where the value of a state lies.
    fn state(&self, at: usize, kind: usize) -> usize {
        (at + kind) * self.wide + MOST_CHANGE + kind
    }

    /// Values the states at the next place.
    fn reach(&mut self, at: usize, reward: f32) {
        // Paths start where there is no room for an interval before.
        if at < self.least + self.kinds + MOST_CHANGE {
            for kind in 0..self.kinds {
                let best = self.predecessor(at, kind).map_or(0.0, |(_, value)| value);
                let state = self.state(at, kind);
                self.values[state] = best + reward - self.leave[kind];
            }
            return;
        }
        let rows = (at - self.least - MOST_CHANGE) * self.wide;
        let filled = self.best.len();
        self.best.fill(-NEVER);
        for (change, &cost) in self.costs.iter().enumerate() {
            let before = &self.values[rows + change * (self.wide + 1)..][..filled];
            for (best, value) in self.best.iter_mut().zip(before) {
                *best = larger(*best, value - cost);
            }
        }
        for (best, leave) in self.best.iter_mut().zip(&self.leave) {
            *best += reward - leave;
        }
        let mut state = self.state(at, 0);
        for &value in &self.best[..self.kinds] {
            self.values[state] = value;
            state += self.wide + 1;
        }
    }

    /// The kind of the best state before this one, and its value less the change's cost; `None` where a path starts.
    fn predecessor(&self, at: usize, kind: usize) -> Option<(usize, f32)> {
        let from = at.checked_sub(self.least + kind)?;
        let mut best = (kind, f32::MIN);
        for before in kind.saturating_sub(MOST_CHANGE)..(kind + MOST_CHANGE + 1).min(self.kinds) {
            let cost = self.costs[before + MOST_CHANGE - kind];
            let value = self.values[self.state(from, before)] - cost;
            if value > best.1 {
                best = (before, value);
            }
        }
        Some(best)
    }

    /// The places of the best path that ends within one interval of the axis's end, ascending.
    fn walk_back(&self) -> Vec<usize> {
        let value = |(at, kind): (usize, usize)| self.values[self.state(at, kind)];
        let mut best = (self.places - self.least, 0);
        for at in self.places - self.least..self.places {
            for kind in 0..self.kinds {
                if value((at, kind)) > value(best) {
                    best = (at, kind);
                }
            }
        }
        let (mut at, mut kind) = best;
        let mut places = vec![at];
        while let Some((before, _)) = self.predecessor(at, kind) {
            at -= self.least + kind;
            kind = before;
            places.push(at);
        }
        places.reverse();
        places
    }
}
