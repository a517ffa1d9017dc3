//! Colours that hide in another: few cells have them, and not much parts the two.

use super::lab::{Lab, distance, distance_squared};
use super::repair::{Draft, Scale};
use super::splits;

/// Nearer heaps are one colour to the eye.
const LEAST: f32 = 0.03;
/// Two heaps of cells whose middles are so many of their own spreads apart are two: more than what
/// [`super::splits`] would join again. Any cut leaves 2.65.
const TWO_HEAPS: f32 = 3.5;
/// Fewer cells than this may be noise of any kind.
const LEAST_CELLS: usize = 4;
/// Cells that are merely astray lie about; those of one colour lie together, at most so much wider than the rest.
const WIDER: f32 = 1.5;

impl Draft<'_> {
    /// Parts the colour whose cells are plainly two heaps, though the smaller is too near or too small to be missed.
    ///
    /// A cell alone says little where noise is half as large as what parts two colours; a dozen cells do. So many
    /// `places` of each colour are looked at: one may be a stray, more than four have not been seen to find another.
    /// Says whether there was such a colour.
    pub(crate) fn part_hidden(&mut self, places: usize) -> bool {
        let rests: Vec<Lab> = (0..self.colors.len()).map(|cell| self.rest(cell)).collect();
        let together = self.together(&rests);
        let mut best: Option<Heap> = None;
        for label in 0..self.palette.len() {
            let cells: Vec<usize> = (0..self.labels.len())
                .filter(|&cell| usize::from(self.labels[cell]) == label)
                .collect();
            for seed in seeds(&cells, &together, places) {
                let Some(heap) = Heap::about(together[seed].0, &cells, &rests) else {
                    continue;
                };
                let better = best.as_ref().is_none_or(|b| heap.worth() > b.worth());
                if better && self.is_drawn(&heap) {
                    best = Some(heap);
                }
            }
        }
        let Some(heap) = best else {
            return false;
        };
        let own = self.palette[usize::from(self.labels[heap.cells[0]])];
        let color = std::array::from_fn(|c| own[c] + heap.middle[c]);
        let Some(place) = self.admit(color, heap.worth(), &Scale::ALL) else {
            return false;
        };
        for &cell in &heap.cells {
            self.labels[cell] = place;
        }
        true
    }

    /// Whether a heap's cells have a colour of their own.
    fn is_drawn(&self, heap: &Heap) -> bool {
        // A square of two by two touches others twice a cell; stray cells do four times.
        const OFTEN: usize = 2;
        let label = self.labels[heap.cells[0]];
        let cells = heap.cells.len();
        let is_other = |n: u32| {
            self.labels[n as usize] == label && heap.cells.binary_search(&(n as usize)).is_err()
        };
        let mut touching = 0;
        for &cell in &heap.cells {
            touching += self.around[cell][..4]
                .iter()
                .filter(|&&n| is_other(n))
                .count();
        }
        (heap.parted >= TWO_HEAPS && touching <= OFTEN * cells)
            || splits::are_apart(heap.middle, touching, cells)
    }

    /// What each cell and those of its colour around it are off from that, on average, and how telling that is.
    fn together(&self, rests: &[Lab]) -> Vec<(Lab, f32)> {
        (0..rests.len())
            .map(|cell| {
                let mut sum = rests[cell];
                let mut count = 1.0f32;
                for &n in &self.around[cell] {
                    let n = n as usize;
                    if n != cell && self.labels[n] == self.labels[cell] {
                        count += 1.0;
                        for (s, r) in sum.iter_mut().zip(rests[n]) {
                            *s += r;
                        }
                    }
                }
                let mean = sum.map(|s| s / count);
                // Nine cells off by a little are as telling as one by three times that.
                (mean, distance(mean, [0.0; 3]) * count.sqrt())
            })
            .collect()
    }
}

/// So many of the cells that tell most of another colour.
fn seeds(cells: &[usize], together: &[(Lab, f32)], most: usize) -> Vec<usize> {
    let telling = |cell: &usize| together[*cell].1 >= LEAST;
    let mut seeds: Vec<usize> = cells.iter().copied().filter(telling).collect();
    seeds.sort_by(|&p, &q| together[q].1.total_cmp(&together[p].1));
    seeds.truncate(most);
    seeds
}

/// Cells of one label that are off together.
struct Heap {
    cells: Vec<usize>,
    /// Where their middle lies from their label's colour.
    middle: Lab,
    /// How far it is from the others', in spreads of both.
    parted: f32,
}

impl Heap {
    /// The cells that are off like `seed`; `None` where they are no heap beside the others of their label.
    fn about(seed: Lab, cells: &[usize], rests: &[Lab]) -> Option<Self> {
        // Cuts of one heap wander to its middle within these rounds.
        const ROUNDS: usize = 12;
        let mut middles = [[0.0; 3], seed];
        let mut sides: [Vec<usize>; 2] = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            sides.iter_mut().for_each(Vec::clear);
            for &cell in cells {
                let far = middles.map(|m| distance_squared(m, rests[cell]));
                sides[usize::from(far[1] < far[0])].push(cell);
            }
            if sides[1].len() < LEAST_CELLS || sides[0].len() < sides[1].len() {
                return None;
            }
            let before = middles;
            middles = sides.each_ref().map(|side| mean(side, rests));
            if middles == before {
                break;
            }
        }
        let apart = distance(middles[0], middles[1]);
        if apart < LEAST {
            return None;
        }
        let along: Lab = std::array::from_fn(|c| (middles[1][c] - middles[0][c]) / apart);
        let [large, small] = [0, 1].map(|i| Spread::of(&sides[i], rests, middles[i], along));
        let pooled = ((large.along + small.along) / cells.len() as f32).sqrt();
        let wide = |spread: &Spread, n: usize| (spread.all / n as f32).sqrt();
        let heap = wide(&small, sides[1].len()) <= WIDER * wide(&large, sides[0].len());
        let [_, cells] = sides;
        heap.then_some(Self {
            cells,
            middle: middles[1],
            parted: apart / pooled.max(1e-6),
        })
    }

    fn worth(&self) -> f32 {
        Scale::ALL.worth(self.cells.len() as f32, distance(self.middle, [0.0; 3]))
    }
}

fn mean(cells: &[usize], rests: &[Lab]) -> Lab {
    let mut sum = [0.0f32; 3];
    for &cell in cells {
        for (s, r) in sum.iter_mut().zip(rests[cell]) {
            *s += r;
        }
    }
    sum.map(|s| s / cells.len() as f32)
}

/// Sums of squares about a heap's middle.
struct Spread {
    along: f32,
    all: f32,
}

impl Spread {
    fn of(cells: &[usize], rests: &[Lab], middle: Lab, along: Lab) -> Self {
        let mut spread = Self {
            along: 0.0,
            all: 0.0,
        };
        for &cell in cells {
            let off: Lab = std::array::from_fn(|c| rests[cell][c] - middle[c]);
            let place = off[0] * along[0] + off[1] * along[1] + off[2] * along[2];
            spread.along += place * place;
            spread.all += off[0] * off[0] + off[1] * off[1] + off[2] * off[2];
        }
        spread
    }
}
